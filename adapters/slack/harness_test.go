package slack_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

// Whatever the adapter starts has ended when its tests have, and whatever it sent
// in them Slack's own types take.
func TestMain(m *testing.M) { recorded.tests = m; goleak.VerifyTestMain(recorded) }

// The people of the workspace.
const (
	sanne   = "U0SANNE"
	youssef = "U0YOUSSEF"
	ineke   = "U0INEKE"
	desk    = "C0MELDPUNT"
)

// house is a running adapter in a workspace, over a memory that outlives it.
type house struct {
	t       testing.TB
	ws      *slacktest.Workspace
	memory  *adaptertest.Memory
	log     *adaptertest.Log
	handler adapters.Handler
	http    bool
	change  func(*slack.Options)

	mu      sync.Mutex
	adapter *slack.Adapter
	stop    func() error
}

func workspace(t testing.TB) *slacktest.Workspace {
	ws := slacktest.New(t)
	ws.Record = recorded.keep
	ws.Scopes = slack.Scopes() // no more than the manifest asks for
	for _, u := range []slacktest.User{{ID: sanne, Name: "Sanne", Locale: "nl-NL"}, {ID: youssef, Name: "Youssef", Locale: "en-GB"}, {ID: ineke, Name: "Ineke", Locale: "nl-NL"}} {
		ws.AddUser(u)
	}
	ws.AddChannel(slacktest.Channel{ID: desk, Private: true, Members: []string{ineke, slacktest.Bot}})
	return ws
}

func options(t testing.TB, ws *slacktest.Workspace, m adapters.Memory) slack.Options {
	return slack.Options{
		BotToken: slacktest.BotToken, AppToken: slacktest.AppToken, Secret: slacktest.Secret, Team: slacktest.Team,
		Memory: m, Say: adaptertest.Say(t, "slack"), API: slacktest.URL, Dial: ws.Dial,
		Home: func(lang string) string { return "- Politie: **0900-8844** (" + lang + ")" },
	}
}

func start(t testing.TB, h adapters.Handler, http bool, change func(*slack.Options)) *house {
	t.Helper()
	x := &house{t: t, ws: workspace(t), memory: &adaptertest.Memory{}, log: &adaptertest.Log{}, handler: h, http: http, change: change}
	x.run()
	t.Cleanup(func() { _ = x.end() })
	return x
}

// run starts an adapter and waits until it takes acts.
func (x *house) run() {
	x.t.Helper()
	ready := make(chan string, 1)
	a, stop, done := x.begin(func(how string) { ready <- how })
	x.mu.Lock()
	defer x.mu.Unlock()
	select {
	case how := <-ready:
		if x.http {
			x.ws.UseHTTP(how)
		}
	case err := <-done:
		x.t.Fatalf("run: %v", err)
	}
	x.adapter = a
	x.stop = sync.OnceValue(func() error { stop(); return <-done })
}

// begin starts an adapter.
func (x *house) begin(ready func(string)) (*slack.Adapter, context.CancelFunc, chan error) {
	x.t.Helper()
	o := options(x.t, x.ws, x.memory)
	o.Log = slog.New(slog.NewTextHandler(x.log, nil))
	o.Ready = ready
	if x.http {
		o.Listen = "127.0.0.1:0"
	}
	if x.change != nil {
		x.change(&o)
	}
	a, err := slack.New(o)
	if err != nil {
		x.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, x.handler) }()
	return a, stop, done
}

func (x *house) end() error {
	x.mu.Lock()
	stop := x.stop
	x.mu.Unlock()
	return stop()
}

// platform is the house as the conformance suite sees it.
func platform(http bool) adaptertest.Open {
	return func(t *testing.T, h adapters.Handler) *adaptertest.Platform {
		x := start(t, h, http, nil)
		p := &adaptertest.Platform{
			Adapter: x.adapter,
			People:  [2]adapters.Address{address(sanne), address(youssef)},
			Unknown: address("U0NIEMAND"),
			Tab: func(t *testing.T, who adapters.Address) adaptertest.Tab {
				return &tab{t: t, x: x, who: who.ID.Reveal(), person: x.ws.Person(who.ID.Reveal())}
			},
			Stop:  x.end,
			Break: x.memory.Break,
		}
		p.Restart = func(t *testing.T) adapters.Adapter {
			if err := x.end(); err != nil {
				t.Fatalf("run: %v", err)
			}
			x.run()
			p.Adapter = x.adapter
			return x.adapter
		}
		return p
	}
}

func address(id string) adapters.Address { return adapters.NewAddress(slack.Platform, id) }

// tab is a person at his screen, as the conformance suite knows him.
type tab struct {
	t      *testing.T
	x      *house
	who    string
	person *slacktest.Person
	again  func()
}

func (b *tab) do(f, again func()) {
	b.again = again
	f()
}

func (b *tab) redeliver() { b.x.ws.Again() }

func (b *tab) Type(text string)   { b.do(func() { b.person.Type(text) }, b.redeliver) }
func (b *tab) Press(label string) { b.do(func() { b.person.Press(label) }, b.redeliver) }

// Redeliver brings an event again; a form he sends again by its button, since
// Slack never does.
func (b *tab) Redeliver() { b.again() }

func (b *tab) Fill(act string, values map[string][]string) {
	m := b.person.Modal()
	if m == nil {
		b.t.Error("no form is open")
		return
	}
	for name, list := range values {
		for _, id := range m.Inputs {
			if field(id) == name {
				if err := b.person.Set(id, list...); err != nil {
					b.t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	if act != "" {
		b.do(func() { b.person.PressModal(act) }, b.redeliver)
		return
	}
	if empty := b.person.Empty(); len(empty) > 0 {
		b.t.Errorf("Slack does not send it without %q", empty)
	}
	submit := func() { b.person.Submit() }
	b.do(submit, submit)
}

// field is the name of the field of a block.
func field(block string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(block, "f/"), "#")
	return name
}

func (b *tab) Await(what string, ok func(adaptertest.View) bool) adaptertest.View {
	b.t.Helper()
	limit := time.After(10 * time.Second)
	for {
		changed := b.x.ws.Changed()
		v := b.view()
		if ok(v) {
			return v
		}
		select {
		case <-changed:
		case <-limit:
			b.t.Fatalf("%s: not seen; posts %+v, notice %q, form %+v\n%s", what, v.Posts, v.Notice, v.Form, b.x.log)
		}
	}
}

func (b *tab) view() adaptertest.View {
	var v adaptertest.View
	for _, s := range b.x.ws.Posts(b.who) {
		v.Posts = append(v.Posts, post(s))
	}
	if all := b.person.Notices(); len(all) > 0 {
		v.Notice = collapse(all[len(all)-1].Text)
	}
	m := b.person.Modal()
	switch {
	case m == nil || m.Callback == "wait":
		return v
	case m.Callback == "done":
		v.Notice = collapse(m.Body)
		return v
	}
	v.Form = &adaptertest.Form{Title: m.Title, Text: collapse(m.Text), Link: m.Link, Values: map[string][]string{}, Errors: map[string]string{}}
	if len(m.Blocks) > 0 && m.Blocks[0] == "header" {
		v.Form.Title, _, _ = strings.Cut(m.Text, "\n")
	}
	for id, list := range m.Values {
		v.Form.Values[field(id)] = append(v.Form.Values[field(id)], list...)
	}
	for id, text := range m.Errors {
		name := field(id)
		if id == m.Inputs[len(m.Inputs)-1] { // above the button: what is wrong with the whole
			name, v.Notice = "", text
		}
		v.Form.Errors[name] = text
	}
	return v
}

// post is a message without its marks: progress and urgency stand in a small
// line above it; a message of small lines alone is a quiet one.
func post(s slacktest.Seen) adaptertest.Post {
	p := adaptertest.Post{Text: collapse(s.Body), Choices: s.Buttons}
	if len(s.Blocks) > 0 && s.Blocks[0] == "context" && s.Body == "" && s.Image == nil {
		p.Text, p.Quiet = collapse(s.Text), true
	}
	if s.Image != nil {
		p.Picture = &adaptertest.Picture{Alt: s.Alt, PNG: s.Image}
	}
	return p
}

func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }
