package main_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	main "github.com/meldroute/meldroute/bot"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/bot/copen"
	"github.com/meldroute/meldroute/bot/desk"
	"github.com/meldroute/meldroute/bot/dialogue"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/vault"
)

// The platforms' own limits.
var platforms = map[string]platform{
	// docs.slack.dev, Block Kit: section text 3000; actions 25 elements, of
	// which a message takes several; button text 75; modal title 24; input label 2000; option text 75;
	// static_select 100 options, checkboxes 10; plain_text_input 3000; 100
	// blocks in a modal.
	"slack": {
		limits: adapters.Limits{
			Text: 3000, Choices: 100, ChoiceLabel: 75, FormTitle: 24, FieldLabel: 2000, OptionLabel: 75, Options: 100,
			Fields: 98, FieldText: 3000, Forms: true, NextForm: true,
		},
		many: 10, intro: 3000, submit: 24, help: 2000,
	},
	// server/public/model, integration_action.go and post.go: title and
	// display_name 24 bytes, help_text 150 bytes, textarea 3000; a post 4000
	// on the oldest schemas.
	"mattermost": {
		limits: adapters.Limits{
			Text: 4000, FormTitle: 24, ShortBytes: 24, OptionLabel: 75, FieldText: 3000, Forms: true, NextForm: true,
		},
		titleBytes: 24, helpBytes: 150, intro: 4000,
	},
}

type platform struct {
	limits                    adapters.Limits
	many, intro, submit, help int // runes; 0 is no limit
	titleBytes, helpBytes     int
}

func (p platform) form(f adapters.Form) []string {
	var bad []string
	over := func(what string, got, most int) {
		if most > 0 && got > most {
			bad = append(bad, fmt.Sprintf("%s is %d, at most %d", what, got, most))
		}
	}
	if err := p.limits.Form(f); err != nil {
		bad = append(bad, err.Error())
	}
	over("intro", utf8.RuneCountInString(f.Intro), p.intro)
	over("submit", utf8.RuneCountInString(f.Submit), p.submit)
	over("title in bytes", len(f.Title), p.titleBytes)
	for _, fd := range f.Fields {
		over("help of "+fd.Name, utf8.RuneCountInString(fd.Help), p.help)
		over("help in bytes of "+fd.Name, len(fd.Help), p.helpBytes)
		if fd.Kind == adapters.Many {
			over("checkboxes of "+fd.Name, len(fd.Options), p.many)
		}
	}
	for _, a := range f.Acts {
		over("button", utf8.RuneCountInString(a.Label), p.limits.ChoiceLabel)
	}
	return bad
}

// screens is a house without a platform: it keeps what would be shown, and
// holds it against every platform's limits.
type screens struct {
	t        *testing.T
	lang     string
	store    *store.Store
	dialogue *dialogue.Dialogue
	desk     *desk.Desk
	config   config.Config

	mu    sync.Mutex
	last  map[string][]adapters.Reply // by address
	shown map[string]bool
	ids   int
}

func (x *screens) Send(_ context.Context, to adapters.Address, r adapters.Reply) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.last[to.Key()] = append(x.last[to.Key()], r)
	x.shown[r.Text] = true
	for name, p := range platforms {
		if err := p.limits.Reply(r); err != nil {
			x.t.Errorf("%s, %s: %v: %q", name, x.lang, err, r.Text)
		}
	}
	x.whole(r.Text)
	for _, c := range r.Choices {
		x.whole(c.Label)
	}
	return nil
}

func (x *screens) whole(texts ...string) {
	for _, s := range texts {
		if unsaid.MatchString(s) {
			x.t.Errorf("%s: a text was not said: %q", x.lang, s)
		}
	}
}

func (x *screens) form(f *adapters.Form) {
	if f == nil {
		return
	}
	for name, p := range platforms {
		for _, bad := range p.form(*f) {
			x.t.Errorf("%s, %s: form %q: %s", name, x.lang, f.Title, bad)
		}
	}
	x.whole(f.Title, f.Intro, f.Submit)
	for _, fd := range f.Fields {
		x.whole(fd.Label, fd.Short, fd.Help)
		for _, o := range fd.Options {
			x.whole(o.Label, o.Help)
		}
	}
	for _, fact := range f.Facts {
		x.whole(fact.Label, fact.Value.Reveal())
	}
	for _, a := range f.Acts {
		x.whole(a.Label)
	}
}

// Room is the channel with everybody who reads, and nobody else.
func (x *screens) Room(context.Context, adapters.Address) (adapters.Room, error) {
	room := adapters.Room{Private: true}
	for _, r := range x.config.Readers() {
		a, err := adapters.ParseAddress(string(r.Person))
		if err != nil {
			return room, err
		}
		room.Members = append(room.Members, adapters.Member{Address: a})
	}
	return room, nil
}

func openScreens(t *testing.T, lang string) *screens {
	t.Helper()
	ctx := t.Context()
	c := config.Default()
	c.Municipality.Language = lang
	x := &screens{t: t, lang: lang, config: c, last: map[string][]adapters.Reply{}, shown: map[string]bool{}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	must(vault.Create(filepath.Join(dir, "keys")))
	v, err := vault.Open(filepath.Join(dir, "keys"))
	must(err)
	d, err := sqlite.Open(ctx, filepath.Join(dir, "db"), sqlite.Serving())
	must(err)
	x.store, err = store.Open(ctx, d, v, store.Options{Log: slog.New(slog.DiscardHandler)})
	must(err)
	t.Cleanup(func() { _ = x.store.Close() })
	texts, err := config.LoadTexts(nil)
	must(err)
	cal, err := config.NewCalendar(c)
	must(err)
	senders, log := map[string]adapters.Sender{"web": x}, slog.New(slog.DiscardHandler)
	o := desk.Options{Store: x.store, Config: c, Calendar: cal, Texts: texts, Senders: senders,
		Rooms: map[string]adapters.Rooms{"web": x}, Copen: copen.PressOpen, Now: time.Now, Log: log}
	main.Screens(&o)
	x.desk, err = desk.New(o)
	must(err)
	x.dialogue, err = dialogue.New(ctx, dialogue.Options{Store: x.store, Config: c, Calendar: cal, Texts: texts, Senders: senders, Desk: x.desk, Now: time.Now, Log: log})
	must(err)
	return x
}

// does hands one message over, and holds its answer against the limits.
func (x *screens) does(h adapters.Handler, who string, m adapters.Message) adapters.Answer {
	x.t.Helper()
	x.ids++
	m.ID, m.From, m.Lang, m.Direct = fmt.Sprintf("screens-%d", x.ids), adapters.NewAddress("web", who), x.lang, true
	m.Name, m.Sent = private.New("Test"), time.Now()
	if m.At.IsZero() {
		m.At = m.From
	}
	if r := h.Early(m); r != nil {
		_ = x.Send(x.t.Context(), m.At, *r)
	}
	a, err := h.Handle(x.t.Context(), m)
	if err != nil {
		x.t.Fatalf("%s: %v", who, err)
	}
	x.form(a.Form)
	x.whole(a.Notice)
	for _, e := range a.Errors {
		x.whole(e)
	}
	return a
}

func (x *screens) says(who, text string) adapters.Answer {
	x.t.Helper()
	return x.does(x.dialogue, who, adapters.Message{Text: private.New(text)})
}

// choice is the newest choice that holds.
func (x *screens) choice(who string, holds func(adapters.Choice) bool) adapters.Choice {
	x.t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range slices.Backward(x.last["web:"+who]) {
		for _, c := range r.Choices {
			if holds(c) {
				return c
			}
		}
	}
	x.t.Fatalf("%s has no such choice", who)
	return adapters.Choice{}
}

// walk is one way through a flow: what was answered, step by step.
type walk []flows.Row

// walks finds, by wandering, a short way to every screen that a flow has: to
// every step, with every set of questions and options.
func walks(f flows.Flow, first flows.State) map[string]walk {
	found := map[string]walk{}
	for seed := range 1500 {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		s, way := first, walk{}
		for range 25 {
			st := f.At(s)
			if w, ok := found[screenKey(st)]; !ok || len(way) < len(w) {
				found[screenKey(st)] = slices.Clone(way)
			}
			row := wander(r, st)
			next, res, problems := f.Answer(s, row)
			if len(problems) > 0 {
				continue
			}
			way = append(way, row)
			if res.End != flows.GoesOn {
				break
			}
			s = next
		}
	}
	return found
}

func screenKey(st flows.Step) string {
	var b strings.Builder
	b.WriteString(st.ID)
	for _, q := range st.Questions {
		b.WriteString("|" + q.ID)
		if st.Change { // too many to see all
			continue
		}
		for _, o := range q.Options {
			b.WriteString("," + o.ID)
		}
	}
	return b.String()
}

func wander(r *rand.Rand, st flows.Step) flows.Row {
	row := flows.Row{}
	if st.Skip && r.IntN(3) == 0 {
		return flows.Row{flows.Unknown: private.List(flows.Unknown)}
	}
	for _, q := range st.Questions {
		switch {
		case len(q.Options) > 0 && (!q.Optional || r.IntN(3) == 0):
			row[q.ID] = private.List(q.Options[r.IntN(len(q.Options))].ID)
		case q.Kind == flows.Date:
			row[q.ID] = private.List("2026-01-05")
		case q.Kind == flows.Phone:
			row[q.ID] = private.List("0348 428911")
		case len(q.Options) == 0 && !q.Optional, q.ID == "name" && r.IntN(2) == 0:
			row[q.ID] = private.List("Test")
		}
	}
	return row
}

// play does a walk in the real dialogue, from the screen that stands now.
func (x *screens) play(who string, f flows.Flow, s flows.State, w walk, a adapters.Answer) {
	x.t.Helper()
	for i, row := range w {
		st := f.At(s)
		next, _, _ := f.Answer(s, row)
		if st.Asks() == flows.Buttons {
			q := st.Questions[0]
			n := slices.IndexFunc(q.Options, func(o flows.Option) bool { return o.ID == row.First(q.ID).Reveal() })
			key := fmt.Sprint(n + 1)
			c := x.choice(who, func(c adapters.Choice) bool { return c.Key == key })
			a = x.does(x.dialogue, who, adapters.Message{Press: c.Token})
		} else {
			if a.Form == nil {
				c := x.choice(who, func(c adapters.Choice) bool { return strings.HasSuffix(c.Token, "-open") })
				a = x.does(x.dialogue, who, adapters.Message{Press: c.Token})
			}
			filled := adapters.Filled{Token: a.Form.Token, Values: adapters.Values(row)}
			if row.Skipped() {
				filled.Act, filled.Values = "skip", nil
			}
			a = x.does(x.dialogue, who, adapters.Message{Filled: &filled})
		}
		if len(a.Errors) > 0 || i == len(w)-1 && a.Form == nil && f.At(next).Asks() == flows.Window {
			x.t.Fatalf("%s: step %s went otherwise: %v %q", f.Name, st.ID, a.Errors, a.Notice)
		}
		s = next
	}
}

// The coördinator's windows about the figures fit too, with every row of the
// exact table in them.
func TestStoryFiguresFit(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"nl", "en"} {
		x := openScreens(t, lang)
		does := func(m adapters.Message) *adapters.Form {
			t.Helper()
			a := x.does(x.desk, "coordinator", m)
			if a.Form == nil {
				t.Fatalf("%s: no window: %+v", lang, a)
			}
			return a.Form
		}
		fills := func(f *adapters.Form, act string, kv ...string) *adapters.Form {
			t.Helper()
			in := adapters.Values{}
			for i := 0; i < len(kv); i += 2 {
				in[kv[i]] = private.List(kv[i+1])
			}
			return does(adapters.Message{Filled: &adapters.Filled{Token: f.Token, Act: act, Values: in}})
		}
		open := func() *adapters.Form { t.Helper(); return does(adapters.Message{Press: desk.FiguresPress()}) }
		f := fills(open(), "trained")
		for _, d := range x.config.Departments {
			f = fills(f, "", "halfyear", f.Fields[0].Options[1].Value, "team", d.ID, "trained", "10000")
		}
		if n := len(open().Facts); n < 6+1+len(x.config.Departments) {
			t.Errorf("%s: the exact figures hold %d facts", lang, n)
		}
		fills(open(), "share")
	}
}

// Every screen of every flow, in both languages, fits Slack and Mattermost, and
// says everything that it has to say.
func TestStoryScreensFit(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"nl", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			x := openScreens(t, lang)
			f := intake.Build(dialogue.Params(x.config))
			ways := walks(f, flows.State{})
			seen := map[string]bool{"stop": true} // TestStoryPostsFit
			for i, key := range slices.Sorted(maps.Keys(ways)) {
				who := fmt.Sprintf("wandelaar-%d", i)
				x.play(who, f, flows.State{}, ways[key], x.says(who, ""))
				seen[strings.SplitN(key, "|", 2)[0]] = true
			}
			enter := intake.Enter(dialogue.Params(x.config))
			for _, way := range walks(enter, flows.State{}) {
				const who = "aandachtsfunctionaris-1"
				x.play(who, enter, flows.State{}, way, x.says(who, "invoeren"))
				x.says(who, "stop")
				x.says(who, "1")
			}
			for _, st := range f.Steps {
				if !seen[st.ID] {
					t.Errorf("step %s was never shown", st.ID)
				}
			}
			t.Logf("%d screens, %d texts", len(ways), len(x.shown))
		})
	}
}
