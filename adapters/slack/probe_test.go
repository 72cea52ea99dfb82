package slack_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

// walker is the person who does what a probe asks, by its words.
type walker struct {
	t       *testing.T
	ws      *slacktest.Workspace
	http    bool
	instead map[string]func() // what he does in place of what he is asked
	leaves  bool              // what was posted cannot be removed
	say     func(id string) string

	busy  sync.WaitGroup
	asked []string
	told  []slack.Step
}

// asks are the things that he can be asked, with what he does.
func (w *walker) asks() map[string]func(p *slacktest.Person) {
	button := w.say("slack.probe.button")
	submit := func(p *slacktest.Person) {
		if m := p.Modal(); m != nil && len(m.Inputs) > 0 {
			_ = p.Set(m.Inputs[0], "proef")
		}
		p.Submit()
	}
	opened := func(callback string) {
		w.await(func() bool { m := w.ws.Person(sanne).Modal(); return m != nil && m.Callback == callback })
	}
	return map[string]func(p *slacktest.Person){
		"slack.probe.press.ask":   func(p *slacktest.Person) { p.Press(button) },
		"slack.probe.submit.ask":  submit,
		"slack.probe.errors.ask":  func(p *slacktest.Person) { w.await(func() bool { return len(p.Modal().Errors) > 0 }); submit(p) },
		"slack.probe.update.ask":  func(p *slacktest.Person) { w.await(func() bool { return len(p.Modal().Inputs) == 0 }); submit(p) },
		"slack.probe.large.ask":   func(p *slacktest.Person) { w.await(func() bool { return len(p.Modal().JSON) > 20<<10 }); submit(p) },
		"slack.probe.notice.ask":  func(p *slacktest.Person) { p.Press(button) },
		"slack.probe.notice.seen": func(p *slacktest.Person) { p.Press(w.say("slack.probe.yes")) },
		"slack.probe.slow.ask": func(p *slacktest.Person) {
			p.CloseModal()
			p.Press(button)
			opened("form")
			p.Submit()
		},
		"slack.probe.typed.ask":    func(p *slacktest.Person) { p.Type("proef") },
		"slack.probe.home.ask":     func(p *slacktest.Person) { p.OpenHome() },
		"slack.probe.command.ask":  func(p *slacktest.Person) { p.Command("/signaal", "") },
		"slack.probe.shortcut.ask": func(p *slacktest.Person) { p.Shortcut("report") },
		"slack.probe.joined.ask": func(*slacktest.Person) {
			w.ws.ChangeChannel(desk, func(c *slacktest.Channel) { c.Members = append(c.Members, youssef) })
			w.ws.Person(youssef).Event("member_joined_channel", map[string]any{"channel": desk})
		},
	}
}

// await waits until something can be seen.
func (w *walker) await(ok func() bool) {
	limit := time.After(10 * time.Second)
	for {
		changed := w.ws.Changed()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-limit:
			return
		}
	}
}

// ask does what is asked, beside the probe.
func (w *walker) ask(text string) {
	for id, do := range w.asks() {
		if w.say(id) == text {
			w.asked = append(w.asked, id)
			if other, ok := w.instead[id]; ok {
				w.busy.Go(other)
			} else {
				w.busy.Go(func() { do(w.ws.Person(sanne)) })
			}
			return
		}
	}
	w.t.Errorf("nobody knows how to do %q", text)
}

// walk runs a probe to its end.
func (w *walker) walk(change func(*slack.Options, *slack.Probe)) []slack.Step {
	w.t.Helper()
	say := adaptertest.Say(w.t, "slack")
	w.say = func(id string) string { return say("nl", id, nil) }
	o := options(w.t, w.ws, nil)
	o.Channel, o.Home = desk, nil
	if w.http {
		o.Listen = "127.0.0.1:0"
	}
	p := slack.Probe{
		Person: sanne, Wait: time.Minute, Ask: w.ask,
		Tell: func(s slack.Step) {
			if w.http && s.ID == "slack.probe.link" {
				w.ws.UseHTTP(s.Seen)
			}
			w.told = append(w.told, s)
		},
	}
	if change != nil {
		change(&o, &p)
	}
	got, err := p.Run(w.t.Context(), o)
	if err != nil {
		w.t.Errorf("probe: %v", err)
	}
	w.busy.Wait()
	if diff := cmp.Diff(w.told, got); diff != "" {
		w.t.Errorf("told and returned differ:\n%s", diff)
	}
	for _, at := range []string{sanne, desk} {
		if posts := w.ws.Posts(at); !w.leaves && len(posts) > 0 {
			w.t.Errorf("%d messages are left in %s", len(posts), at)
		}
	}
	return got
}

// unheld are the steps that did not hold, each with what was seen.
func unheld(steps []slack.Step) []string {
	var out []string
	for _, s := range steps {
		if s.Outcome != slack.Held {
			out = append(out, string(s.Outcome)+" "+strings.TrimPrefix(s.ID, "slack.probe.")+": "+s.Seen)
		}
	}
	return out
}

// In a workspace that is as it should be everything holds, in both transports,
// and nothing is left of it.
func TestProbe(t *testing.T) {
	t.Parallel()
	for name, http := range map[string]bool{"socket": false, "http": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := func(t *testing.T) {
				w := &walker{t: t, ws: workspace(t), http: http}
				got := w.walk(nil)
				if bad := unheld(got); len(bad) > 0 {
					t.Errorf("did not hold: %q", bad)
				}
				if want := len(w.asks()); len(w.asked) != want {
					t.Errorf("asked %d things, want %d", len(w.asked), want)
				}
				if problems := w.ws.Problems(); len(problems) != 2 { // a label that is too long, and a delete
					t.Errorf("Slack did not like %q", problems)
				}
			}
			if http {
				run(t)
			} else {
				synctest.Test(t, run)
			}
		})
	}
}

// What is broken is told by its step, and the rest goes on.
func TestProbeTellsWhatIsBroken(t *testing.T) {
	t.Parallel()
	const before = "Een stap hiervoor hield niet."
	lame := func(ids ...string) func(*walker) {
		return func(w *walker) {
			w.instead = map[string]func(){}
			for _, id := range ids {
				w.instead["slack.probe."+id] = func() {}
			}
		}
	}
	for name, tt := range map[string]struct {
		breaks func(*walker)
		want   []string
	}{
		"a scope": {
			func(w *walker) {
				w.ws.Scopes = slices.DeleteFunc(slack.Scopes(), func(s string) bool { return s == "im:history" })
			},
			[]string{
				"failed scopes: Dit ontbreekt: im:history.",
				"failed change: conversations.history: missing_scope",
				"failed again: conversations.history: missing_scope",
				"failed kept: conversations.history: missing_scope",
			},
		},
		"the channel": {
			func(w *walker) { w.ws.ChangeChannel(desk, func(c *slacktest.Channel) { c.Private = false }) },
			[]string{
				"failed channel: Het kanaal is niet besloten, of het wordt gedeeld.",
				"skipped card: " + before, "skipped joined: " + before,
			},
		},
		"a guest": {
			func(w *walker) { w.ws.ChangeUser(ineke, func(u *slacktest.User) { u.Guest = true }) },
			[]string{"failed channel: Gasten en bots: 1.", "skipped card: " + before, "skipped joined: " + before},
		},
		"the press": {
			lame("press.ask"),
			[]string{
				"failed press: Er kwam niets binnen.",
				"skipped modal: " + before, "skipped submit: " + before, "skipped errors: " + before,
				"skipped update: " + before, "skipped large: " + before,
			},
		},
		"the modal": {
			func(w *walker) { w.ws.Refuse("views.open", 1) },
			[]string{
				"failed modal: views.open: internal_error",
				"skipped submit: " + before, "skipped errors: " + before, "skipped update: " + before, "skipped large: " + before,
			},
		},
		"the large window": {
			func(w *walker) { w.ws.Refuse("views.update", 1) },
			[]string{"failed large: views.update: internal_error"},
		},
		"the notice": {
			func(w *walker) { w.ws.Refuse("chat.postEphemeral", 1) },
			[]string{"failed notice: chat.postEphemeral: internal_error"},
		},
		"home":         {lame("home.ask"), []string{"failed home: Er kwam niets binnen."}},
		"the command":  {lame("command.ask"), []string{"failed command: Er kwam niets binnen."}},
		"the shortcut": {lame("shortcut.ask"), []string{"failed shortcut: Er kwam niets binnen."}},
		"what is typed": {
			lame("typed.ask"),
			[]string{"failed typed: Er kwam niets binnen.", "skipped kept: " + before},
		},
		"the slow answer": {lame("slow.ask"), []string{"failed slow: Er kwam niets binnen."}},
		"who joins":       {lame("joined.ask"), []string{"failed joined: Er kwam niets binnen."}},
		"history": {
			func(w *walker) { w.ws.Bare() },
			[]string{
				"failed change: Het staat er 0 keer, en het oude 0 keer.",
				"failed again: Het staat er 0 keer, en het oude 0 keer.",
			},
		},
		"the tokens, halfway": {
			func(w *walker) {
				w.leaves = true
				w.instead = map[string]func(){"slack.probe.home.ask": w.ws.Revoke}
			},
			[]string{
				"failed home: apps.connections.open: token_revoked",
				"failed command: apps.connections.open: token_revoked",
				"failed shortcut: apps.connections.open: token_revoked",
				"failed channel: conversations.info: token_revoked",
				"skipped card: " + before, "skipped joined: " + before,
				"failed clean: chat.delete: token_revoked",
			},
		},
		"the person": {
			func(w *walker) { w.ws.ChangeUser(sanne, func(u *slacktest.User) { u.Guest = true }) },
			[]string{"failed person: Dit is een gast, een bot, of iemand die is uitgeschakeld."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &walker{t: t, ws: workspace(t)}
				tt.breaks(w)
				got := unheld(w.walk(nil))
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
				w.ws.Problems()
			})
		})
	}
}

// Without a channel, with another connection of the app, and with a person who
// goes on: what was not looked at is skipped.
func TestProbeSkips(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ws := workspace(t)
		x := &house{t: t, ws: ws, memory: &adaptertest.Memory{}, log: &adaptertest.Log{}, handler: &bot{}}
		x.run()
		skip := make(chan struct{})
		w := &walker{t: t, ws: ws, instead: map[string]func(){"slack.probe.home.ask": func() { skip <- struct{}{} }}}
		got := w.walk(func(o *slack.Options, p *slack.Probe) {
			o.Channel = ""
			p.Skip = skip
			tell := p.Tell
			p.Tell = func(s slack.Step) {
				if s.ID == "slack.probe.link" { // from here on acts come to the probe
					_ = x.end()
				}
				tell(s)
			}
		})
		for _, want := range []string{
			"failed alone: Slack telt 2 verbindingen. Stop de bot, anders gaan klikken naar de andere.",
			"skipped home: ", "skipped channel: Er is geen kanaal ingesteld.",
		} {
			if !slices.Contains(unheld(got), want) {
				t.Errorf("no %q in %q", want, unheld(got))
			}
		}
		ws.Problems()
	})
}

// Somebody else is told that nothing arrives now, and to call in danger; an end
// in the middle still removes what was posted.
func TestProbeEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &walker{t: t, ws: workspace(t)}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		p := slack.Probe{Person: sanne, Wait: time.Minute, Tell: func(slack.Step) {}}
		p.Ask = func(string) {
			w.busy.Go(func() {
				other := w.ws.Person(youssef)
				other.Command("/signaal", "")
				other.Type("Zilvervos")
				w.await(func() bool { return len(other.Notices()) == 2 })
				for _, n := range other.Notices() {
					if !strings.Contains(n.Text, "A trial is running.") || !strings.Contains(n.Text, "Call 112.") {
						t.Errorf("somebody else reads %q", n.Text)
					}
				}
				if other.Modal() != nil {
					t.Error("somebody else has a window")
				}
				stop()
			})
		}
		if _, err := p.Run(ctx, options(t, w.ws, nil)); err == nil {
			t.Error("it was ended, and says that it was not")
		}
		w.busy.Wait()
		if n := len(w.ws.Posts(sanne)); n != 0 {
			t.Errorf("%d messages are left", n)
		}
	})
}
