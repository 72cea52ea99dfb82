package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
	"github.com/meldroute/meldroute/config"
)

// painter shows what is in a gallery in a Slack of the tests, through the adapter
// and over its wire, and keeps what was sent.
type painter struct {
	ws      *slacktest.Workspace
	adapter *slack.Adapter

	mu   sync.Mutex
	next adapters.Answer // to whatever is done
	sent []slacktest.Payload
}

func (p *painter) Early(adapters.Message) *adapters.Reply { return nil }

func (p *painter) Handle(context.Context, adapters.Message) (adapters.Answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next, nil
}

func (p *painter) answers(a adapters.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next, p.sent = a, nil
}

func (p *painter) takes() []slacktest.Payload {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.sent
	p.sent = nil
	return out
}

// painted is a payload, and the room of what it shows.
type painted struct {
	slacktest.Payload
	room string
}

// paint is all that Slack is sent to show these, and the Home tab.
func paint(t *testing.T, lang, phones string, all []*exhibit) (out []painted) {
	t.Helper()
	texts, err := config.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	locale := map[string]string{"nl": "nl-NL", "en": "en-GB"}[lang]
	synctest.Test(t, func(t *testing.T) {
		p := &painter{ws: slacktest.New(t)}
		p.ws.Scopes = slack.Scopes()
		p.ws.Record = func(x slacktest.Payload) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.sent = append(p.sent, x)
		}
		p.adapter, err = slack.New(slack.Options{
			BotToken: slacktest.BotToken, AppToken: slacktest.AppToken, Team: slacktest.Team, Memory: &adaptertest.Memory{}, Say: texts.Say,
			API: slacktest.URL, Dial: p.ws.Dial, Home: func(string) string { return phones },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.adapter.Run(ctx, p) }()
		defer func() { stop(); <-ended }()
		synctest.Wait()
		for i, e := range all {
			user := fmt.Sprintf("U0%05d", i)
			p.ws.AddUser(slacktest.User{ID: user, Name: odd("Sanne", 60), Locale: locale})
			for _, x := range p.shows(t, user, e) {
				x.Name = e.name
				out = append(out, painted{x, e.room})
			}
		}
		p.ws.AddUser(slacktest.User{ID: "U0HOME", Name: "Sanne", Locale: locale})
		p.ws.Person("U0HOME").OpenHome()
		synctest.Wait()
		for _, x := range p.takes() {
			x.Name = "home"
			out = append(out, painted{x, "home"})
		}
	})
	return out
}

// shows shows one of them to a person.
func (p *painter) shows(t *testing.T, user string, e *exhibit) []slacktest.Payload {
	t.Helper()
	ctx, to, who := t.Context(), adapters.NewAddress(slack.Platform, user), p.ws.Person(user)
	answer := func(a adapters.Answer, do func()) {
		p.answers(a)
		do()
		synctest.Wait()
	}
	report := func() { who.Shortcut("report") }
	var err error
	switch {
	case e.reply != nil:
		p.takes()
		err = p.adapter.Send(ctx, to, stable(*e.reply))
	case e.picture != nil:
		p.takes()
		err = p.adapter.SendPicture(ctx, to, *e.picture)
	case e.answer.Form != nil || e.from == nil:
		a := e.answer
		if a.Form != nil {
			a.Form = stableForm(*a.Form)
		}
		answer(a, report)
	default:
		from := stableForm(*e.from)
		answer(adapters.Answer{Form: from}, report)
		do := func() { who.Submit() }
		if from.Submit == "" {
			do = func() { who.PressModal(from.Acts[0].Value) }
		}
		answer(e.answer, do)
	}
	if err != nil {
		t.Errorf("%s: %v", e.name, err)
	}
	return p.takes()
}

// stable is a reply with tokens that are always the same, and as long.
func stable(r adapters.Reply) adapters.Reply {
	r.Key, r.Over = "k", ""
	r.Choices = slices.Clone(r.Choices)
	for i, c := range r.Choices {
		r.Choices[i].Token = strings.Repeat("t", len(c.Token))
	}
	return r
}

func stableForm(f adapters.Form) *adapters.Form {
	f.Token = strings.Repeat("t", len(f.Token))
	return &f
}

// passing are the arguments that are another every time.
var passing = []string{"channel", "ts", "thread_ts", "trigger_id", "view_id", "hash", "user", "user_id"}

// golden are payloads as a file: each once, a line for each of their values, and
// the same every time.
func golden(t *testing.T, all []slacktest.Payload) []byte {
	t.Helper()
	var out bytes.Buffer
	seen := map[string]bool{}
	for _, x := range all {
		var body map[string]any
		if err := json.Unmarshal(x.Body, &body); err != nil {
			t.Fatal(err)
		}
		for _, k := range passing {
			if s, ok := body[k].(string); ok {
				body[k] = strings.Repeat("0", len(s))
			}
		}
		if m, ok := body["metadata"].(map[string]any); ok {
			for k, v := range m["event_payload"].(map[string]any) {
				m["event_payload"].(map[string]any)[k] = strings.Repeat("0", len(fmt.Sprint(v)))
			}
		}
		var line, lines bytes.Buffer
		to := json.NewEncoder(&line)
		to.SetEscapeHTML(false)
		err := to.Encode(map[string]any{"name": x.Name, "type": x.Type, "body": body})
		if err == nil {
			err = json.Indent(&lines, line.Bytes(), "", "")
		}
		if err != nil {
			t.Fatal(err)
		}
		if s := plainly(lines.String()); !seen[s] {
			seen[s] = true
			out.WriteString(s)
		}
	}
	return out.Bytes()
}
