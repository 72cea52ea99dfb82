package mattermost_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/mattermost"
	"github.com/meldroute/meldroute/config/private"
)

// clerk is a handler that gives a form to whoever types "melden" and notes what
// comes back.
type clerk struct {
	mu     sync.Mutex
	form   adapters.Form
	answer adapters.Answer // to a form
	err    error
	filled []adapters.Filled
	texts  []string
	send   func(ctx context.Context, m adapters.Message) // besides an answer to a form
}

func (c *clerk) Early(m adapters.Message) *adapters.Reply {
	if m.Text.Reveal() != "SPOED" {
		return nil
	}
	return &adapters.Reply{Key: "112." + m.ID, Text: "Bel 112."}
}

func (c *clerk) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case m.Filled != nil:
		c.filled = append(c.filled, *m.Filled)
		if c.send != nil {
			c.send(ctx, m)
		}
		return c.answer, c.err
	case m.Text.Reveal() == "melden":
		f := c.form
		return adapters.Answer{Form: &f}, nil
	}
	c.texts = append(c.texts, m.Text.Reveal())
	return adapters.Answer{}, nil
}

func (c *clerk) says(a adapters.Answer, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer, c.err = a, err
}

func (c *clerk) got() []adapters.Filled {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]adapters.Filled(nil), c.filled...)
}

func report() adapters.Form {
	return adapters.Form{
		Token: "form-one", Title: "Wat heb je gezien?", Intro: "Geen BSN.", Submit: "Volgende",
		Fields: []adapters.Field{
			{Name: "what", Label: "Wat is er?", Kind: adapters.Area, Max: 50},
			{Name: "where", Label: "Waar?", Kind: adapters.Line, Max: 100, Optional: true, Value: private.List("Bergpad 9")},
			{Name: "when", Label: "Wanneer?", Kind: adapters.Date, Optional: true},
			{Name: "self", Label: "Zelf gezien?", Kind: adapters.One, Options: []adapters.Option{{Value: "yes", Label: "Ja"}, {Value: "no", Label: "Nee"}}},
			{Name: "signs", Label: "Welke signalen?", Kind: adapters.Many, Optional: true, Options: []adapters.Option{
				{Value: "a", Label: "Is bang"}, {Value: "b", Label: "Geen papieren, geen geld"}, {Value: "none", Label: "Geen van deze", Alone: true}}},
		},
		Acts: []adapters.Act{{Value: "skip", Label: "Weet ik niet"}, {Value: "back", Label: "Terug", Tone: adapters.ToneQuiet}},
	}
}

// talk is one person who types and reads.
type talk struct {
	t   *testing.T
	x   *house
	tab *tab
}

// says types, and waits for a post or an answer that holds all of want.
func (k talk) says(text string, want ...string) {
	k.t.Helper()
	k.tab.post(text)
	k.reads(want...)
}

func (k talk) reads(want ...string) {
	k.t.Helper()
	holds := func(s string) bool {
		for _, w := range want {
			if !strings.Contains(s, w) {
				return false
			}
		}
		return true
	}
	eventually(k.t, strings.Join(want, " + "), func() bool {
		posts := k.tab.posts()
		for i := len(posts) - 1; i >= 0 && posts[i].UserId == k.x.bot.Id; i-- {
			text := posts[i].Message
			for _, at := range posts[i].Attachments() {
				text += "\n" + at.Text
			}
			if holds(plain(text)) {
				return true
			}
		}
		return false
	})
}

func typing(t *testing.T, c *clerk, change func(*mattermost.Options)) talk {
	t.Helper()
	x := start(t, c, change)
	return talk{t, x, openTab(t, x, x.people[0])}
}

// Without a way in a form is asked field by field, after it was said that what
// is typed stays; it is handed over as a form that was filled in. In between
// the bot may start again.
func TestTypedForm(t *testing.T) {
	t.Parallel()
	c := &clerk{form: report()}
	k := typing(t, c, nil)
	k.says("melden", "Wat heb je gezien?", "Geen BSN.", "stays in Mattermost", "1 Go on", "2 I will call")
	k.says("wat?", "do not understand")
	k.says("1", "Wat is er? (1/5)", "‘back’", "type: ‘Weet ik niet’.")
	k.says("-", "need to know")
	k.says(strings.Repeat("x", 51), "too long")
	k.says("Een man\nin een busje", "Waar? (2/5)", "Type - to skip", "Type = if")
	k.says("terug", "Wat is er? (1/5)")
	k.says("Twee mannen", "Waar? (2/5)")
	if err := k.x.end(); err != nil {
		t.Fatal(err)
	}
	k.x.run()
	k.says("=", "Wanneer? (3/5)", "23-11-2026")
	k.says("gisteren", "Type the date")
	k.says("3-2-2026", "Zelf gezien? (4/5)", "1 Ja", "2 Nee")
	k.says("3", "do not understand")
	k.says("nee", "Welke signalen? (5/5)")
	k.says("1, 3", "only be chosen by itself")
	k.tab.post("1 2")
	eventually(t, "the form is handed over", func() bool { return len(c.got()) == 1 })
	f := c.got()[0]
	got := map[string][]string{}
	for name := range f.Values {
		got[name] = f.Values.Many(name)
	}
	want := map[string][]string{"what": {"Twee mannen"}, "where": {"Bergpad 9"}, "when": {"2026-02-03"}, "self": {"no"}, "signs": {"a", "b"}}
	if diff := cmp.Diff(want, got); diff != "" || f.Token != "form-one" || f.Act != "" {
		t.Errorf("handed over %s %q (-want +got):\n%s", f.Token, f.Act, diff)
	}
	for _, p := range k.x.posts(t, k.tab.channel) {
		for _, s := range []string{"Twee mannen", "Bergpad", "busje"} {
			if strings.Contains(p.Message, s) {
				t.Errorf("the bot repeats %q", s)
			}
		}
	}
	// Asked once, it is not asked again the same day.
	k.says("melden", "Wat is er? (1/5)")
	k.tab.post("Weet ik niet.")
	eventually(t, "the act is handed over", func() bool { return len(c.got()) == 2 })
	if f := c.got()[1]; f.Act != "skip" {
		t.Errorf("got act %q", f.Act)
	}
}

// The question after a form that was typed stands under what was typed: in the
// place of the one before nobody would see it.
func TestTypedFormMovesOn(t *testing.T) {
	t.Parallel()
	form := report()
	form.Fields, form.Acts = form.Fields[3:4], nil
	c := &clerk{form: form}
	k := typing(t, c, nil)
	reply(t, k.x.adapter, address(k.x.people[0]), adapters.Reply{Key: "q1", Text: "Zelf gezien?", Choices: []adapters.Choice{{Token: "x", Key: "1", Label: "Invullen"}}})
	c.send = func(ctx context.Context, m adapters.Message) {
		for range 2 { // once, also when it is sent again
			if err := k.x.adapter.Send(ctx, m.At, adapters.Reply{Key: "q2", Over: "q1", Text: "En nu?", Choices: []adapters.Choice{{Token: "y", Key: "1", Label: "Klaar"}}}); err != nil {
				t.Errorf("send: %v", err)
			}
		}
	}
	k.says("melden", "Zelf gezien?", "1 Ja")
	k.says("ja", "En nu?")
	eventually(t, "a stub of the question before", func() bool { return k.x.texts(t, k.tab.channel)[0] == "Filled in." })
	got := k.x.texts(t, k.tab.channel)
	if got[len(got)-1] != "En nu?" || len(got) != 3 {
		t.Errorf("got %q", got)
	}
	reply(t, k.x.adapter, address(k.x.people[0]), adapters.Reply{Key: "q3", Over: "q1", Text: "Later."})
	if got := k.x.texts(t, k.tab.channel); got[len(got)-1] != "Later." || len(got) != 3 {
		t.Errorf("what replaces the first replaces the last: got %q", got)
	}
}

// What is wrong with a form is said, and only that is asked again. What could
// not be taken is brought again by itself.
func TestTypedFormErrors(t *testing.T) {
	t.Parallel()
	form := report()
	form.Fields = form.Fields[:2]
	c := &clerk{form: form}
	k := typing(t, c, nil)
	k.says("melden", "stays")
	k.says("ja, graag", "understand")
	k.says("ja", "Wat is er? (1/2)")
	k.says("Iets", "Waar? (2/2)")
	c.says(adapters.Answer{Errors: map[string]string{"what": "Dit lijkt een BSN."}}, nil)
	k.says("-", "Wat is er: Dit lijkt een BSN.")
	k.reads("Wat is er?", "Type")
	c.says(adapters.Answer{Notice: "Ik kan nu niets opslaan."}, adaptertest.ErrMemory)
	k.says("Iets anders", "Ik kan nu niets opslaan.")
	c.says(adapters.Answer{}, nil)
	n := len(c.got())
	eventually(t, "it is brought again", func() bool { return len(c.got()) > n })
	eventually(t, "that it failed is no longer said", func() bool {
		return !strings.Contains(fmt.Sprint(k.x.texts(t, k.tab.channel)), "Ik kan nu niets opslaan.")
	})
	for _, f := range c.got()[1:] {
		if f.Values.One("what") != "Iets anders" || f.Values.One("where") != "" {
			t.Errorf("got %q and %q", f.Values.One("what"), f.Values.One("where"))
		}
	}
}

// Danger goes before any question, and other commands reach the bot too; who
// would rather call is told whom.
func TestTypedFormIsLeft(t *testing.T) {
	t.Parallel()
	c := &clerk{form: report()}
	k := typing(t, c, nil)
	heard := func(text string) {
		t.Helper()
		eventually(t, text+" reaches the bot", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.texts) > 0 && c.texts[len(c.texts)-1] == text
		})
	}
	k.says("melden", "stays")
	k.tab.post("2")
	heard("bellen")
	k.tab.post("hallo")
	heard("hallo")
	k.says("melden", "stays")
	k.says("1", "Wat is er?")
	k.tab.post("contact")
	heard("contact")
	k.says("SPOED", "Bel 112.")
	heard("SPOED")
	k.tab.post("en nu dit")
	heard("en nu dit")
	k.says("melden", "Wat is er?")
	k.tab.post("Stop!")
	heard("Stop!")
	if n := len(c.got()); n != 0 {
		t.Errorf("%d forms were handed over", n)
	}
	if got := k.x.memory.Kept("walk/"); len(got) != 1 {
		t.Errorf("%d are kept after the end", len(got))
	}
}

// What holds content does not become a post; where typing is not wanted it is
// not asked for.
func TestTypedFormRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*adapters.Form){
		"sensitive": func(f *adapters.Form) { f.Sensitive = true },
		"facts":     func(f *adapters.Form) { f.Facts = []adapters.Fact{{Label: "Naam", Value: private.New("Zilvervos")}} },
		"never":     nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clerk{form: report()}
			never := func(o *mattermost.Options) { o.Typed = false }
			want := "I cannot ask you this here."
			if change != nil {
				change(&c.form)
				never, want = nil, "I do not show this in a message."
			}
			k := typing(t, c, never)
			k.says("melden", want)
			k.tab.Type("en nu dit")
			for _, p := range k.tab.posts() {
				if strings.Contains(p.Message, "Wat is er") || strings.Contains(p.Message, "Zilvervos") {
					t.Errorf("the bot posts %q", p.Message)
				}
			}
		})
	}
}

// A reaction counts on a choice of the bot's own post that still stands, of the
// person's own channel, and nowhere else.
func TestReactions(t *testing.T) {
	t.Parallel()
	h := &heard{}
	x := start(t, h, nil)
	to := address(x.people[0])
	choices := []adapters.Choice{{Token: "token-a", Key: "1", Label: "Ja"}, {Token: "token-b", Key: "2", Label: "Nee"}}
	reply(t, x.adapter, to, adapters.Reply{Key: "old", Text: "oud", Choices: choices})
	reply(t, x.adapter, to, adapters.Reply{Key: "past", Over: "old", Text: "Beantwoord.", Quiet: true})
	reply(t, x.adapter, to, adapters.Reply{Key: "q", Text: "vraag", Choices: choices})
	reply(t, x.adapter, adapters.NewAddress("mattermost", x.channel.Id), adapters.Reply{Key: "c", Text: "kaart", Choices: choices})
	tab := openTab(t, x, x.people[0])
	own := tab.post("hallo")
	h.await(t, 1)
	direct := x.posts(t, tab.channel)
	for post, emoji := range map[string]string{
		direct[0].Id: "one", direct[1].Id: "nine", own.Id: "one", x.posts(t, x.channel.Id)[0].Id: "one",
	} {
		react(t, x, post, emoji)
	}
	react(t, x, direct[1].Id, "smile")
	react(t, x, direct[1].Id, "two")
	h.await(t, 2)
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.from[1]; m.Press != "token-b" || !m.Text.Empty() || !m.Direct || m.At != to || len(h.from) != 2 {
		t.Errorf("got %d messages, the last with press %q", len(h.from), m.Press)
	}
}

func react(t *testing.T, x *house, post, emoji string) {
	t.Helper()
	who := x.people[0]
	if _, _, err := who.Client.SaveReaction(t.Context(), &model.Reaction{UserId: who.Id, PostId: post, EmojiName: emoji}); err != nil {
		t.Fatal(err)
	}
}
