package slack_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

// bot is the handler of the tests.
type bot struct {
	mu     sync.Mutex
	early  func(adapters.Message) *adapters.Reply
	handle func(context.Context, adapters.Message) (adapters.Answer, error)
	got    []adapters.Message
}

func (b *bot) Early(m adapters.Message) *adapters.Reply {
	if b.early == nil {
		return nil
	}
	return b.early(m)
}

func (b *bot) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	b.mu.Lock()
	b.got = append(b.got, m)
	f := b.handle
	b.mu.Unlock()
	if f == nil {
		return adapters.Answer{}, nil
	}
	return f(ctx, m)
}

func (b *bot) does(f func(context.Context, adapters.Message) (adapters.Answer, error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handle = f
}

func (b *bot) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = nil
}

func (b *bot) messages() []adapters.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]adapters.Message(nil), b.got...)
}

// shows lets every act be answered with a form.
func (b *bot) shows(f *adapters.Form) {
	b.does(func(context.Context, adapters.Message) (adapters.Answer, error) { return adapters.Answer{Form: f}, nil })
}

func send(t testing.TB, a adapters.Sender, to string, r adapters.Reply) {
	t.Helper()
	if err := a.Send(t.Context(), address(to), r); err != nil {
		t.Fatalf("send: %v", err)
	}
}

// question is a message with one button.
func question(t testing.TB, x *house, to string) {
	t.Helper()
	send(t, x.adapter, to, adapters.Reply{Key: "q", Text: "vraag", Choices: []adapters.Choice{{Token: "token", Label: "Invullen"}}})
}

// However often Slack sends it away, the adapter dials no faster than its
// backoff, and is there again soon after Slack lets it.
func TestStormOfDisconnects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		before := len(x.ws.Dials())
		x.ws.Storm("too_many_websockets")
		x.ws.Disconnect("too_many_websockets")
		<-time.After(time.Hour)
		if x.adapter.Linked() {
			t.Error("in the storm it is linked")
		}
		dials := x.ws.Dials()[before:]
		if n := len(dials); n < 5 || n > 40 {
			t.Errorf("in an hour of disconnects it dialled %d times", n)
		}
		for i, at := range dials[1:] {
			if gap := at.Sub(dials[i]); gap < 400*time.Millisecond {
				t.Errorf("dialled again after %v", gap)
			}
		}
		if !strings.Contains(x.log.String(), "no connection stays") {
			t.Error("nobody is told")
		}
		x.ws.Storm("")
		<-time.After(6 * time.Minute)
		if !x.adapter.Linked() {
			t.Error("after the storm it is not linked")
		}
		if got := x.ws.Person(sanne).Type("hallo"); !got.OK || len(b.messages()) != 1 {
			t.Errorf("after the storm: acknowledged %v, %d messages", got.OK, len(b.messages()))
		}
	})
}

// Before a connection that Slack will close has ended, the next is open: no act
// falls between them, and what came over the old one is acknowledged over it.
func TestRefreshLeavesNoGap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, func(o *slack.Options) { // over a slow line
			dial := o.Dial
			o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				<-time.After(300 * time.Millisecond)
				return dial(ctx, network, address)
			}
		})
		question(t, x, sanne)
		<-time.After(2 * time.Minute)
		for range 3 {
			x.ws.Disconnect("warning")
			synctest.Wait()
			for range 20 {
				if got := x.ws.Person(sanne).Press("Invullen"); !got.OK {
					t.Fatal("a press was lost")
				}
				<-time.After(1050 * time.Millisecond) // never as it closes: then Slack itself loses it
				if x.ws.Connections() == 0 || !x.adapter.Linked() {
					t.Fatal("no connection is open")
				}
			}
			<-time.After(2 * time.Minute)
			if n := x.ws.Connections(); n != 1 {
				t.Errorf("%d connections are left open", n)
			}
		}
		if n := len(b.messages()); n != 60 {
			t.Errorf("got %d presses, want 60", n)
		}
	})
}

// A connection over which nothing passes any more is found out by its silence.
// What was typed meanwhile comes again; a press is lost, and can be done again.
func TestGhost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		x.ws.Retries = true
		question(t, x, sanne)
		x.ws.Haunt()
		p := x.ws.Person(sanne)
		if p.Press("Invullen").OK || p.Type("hallo").OK {
			t.Fatal("a ghost acknowledged")
		}
		<-time.After(7 * time.Minute)
		got := b.messages()
		if len(got) != 1 || got[0].Text.Reveal() != "hallo" {
			t.Fatalf("got %d messages, want what was typed", len(got))
		}
		if !p.Press("Invullen").OK || len(b.messages()) != 2 {
			t.Error("pressed again, it was lost again")
		}
	})
}

// An event that was not taken comes again until it is, as the same event, and
// not after that.
func TestEventsComeAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		x.ws.Retries = true
		var tries []time.Duration
		began := time.Now()
		b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
			tries = append(tries, time.Since(began).Round(10*time.Second))
			if len(tries) < 3 {
				return adapters.Answer{}, errors.New("not now")
			}
			return adapters.Answer{}, nil
		})
		x.ws.Person(sanne).Type("hallo")
		<-time.After(30 * time.Minute)
		if len(tries) != 3 || tries[2] < time.Minute {
			t.Errorf("tried at %v", tries)
		}
		for _, m := range b.messages() {
			if m.ID != b.messages()[0].ID {
				t.Error("brought again, it is another event")
			}
		}
	})
}

// A block that slack-go cannot read is no reason to lose what was typed; what
// cannot be read at all is acknowledged and logged, without what it says.
func TestMalformed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		event := func(inner string) string {
			return `{"type":"events_api","payload":{"type":"event_callback","team_id":"` + slacktest.Team + `","event_id":"Ev1","event":` + inner + `}}`
		}
		bad := `{"type":"message","channel_type":"im","channel":"D1","user":"` + sanne + `","ts":"1.1","text":"Zilvervos","blocks":[{"type":"section","text":42},{"type":7}]}`
		if got := x.ws.Raw(event(bad)); !got.OK || len(b.messages()) != 1 || b.messages()[0].Text.Reveal() != "Zilvervos" {
			t.Errorf("a malformed block: acknowledged %v, %d messages", got.OK, len(b.messages()))
		}
		for _, raw := range []string{
			event(`{"type":"message","channel_type":"im","user":"` + sanne + `","ts":"1.1","text":{"Zilvervos":1}}`),
			`{"type":"interactive","payload":{"type":"block_actions","team":"Zilvervos"}}`,
			`{"type":"interactive","payload":["Zilvervos"]}`,
			`{"type":"slash_commands","payload":"Zilvervos"}`,
			`{"type":"something_new","payload":{"a":"Zilvervos"}}`,
			`{"type":"interactive","payload":{"type":"view_submission","team":{"id":"` + slacktest.Team + `"},"user":{"id":"` + sanne + `"},"view":{"state":{"values":{"Zilvervos":3}}}}}`,
			`{"type":"interactive","payload":{"type":"block_actions","team":{"id":"T0ELDERS"},"user":{"id":"` + sanne + `"},"actions":[{"action_id":"press.0","value":"x"}]}}`,
		} {
			if !x.ws.Raw(raw).OK {
				t.Errorf("not acknowledged: %s", raw)
			}
		}
		if n := len(b.messages()); n != 1 {
			t.Errorf("%d messages came of what cannot be read", n-1)
		}
		if log := x.log.String(); !strings.Contains(log, "could not be read") || strings.Contains(log, "Zilvervos") {
			t.Errorf("log: %s", log)
		}
	})
}

// A message that is larger than any of Slack's ends its connection, not the
// program's memory.
func TestReadLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		<-time.After(2 * time.Minute)
		if x.ws.Raw(`{"type":"events_api","payload":{"x":"` + strings.Repeat("a", 2<<20) + `"}}`).OK {
			t.Error("2 MiB were read")
		}
		<-time.After(10 * time.Second)
		if !x.ws.Person(sanne).Type("hallo").OK {
			t.Error("it did not come back")
		}
	})
}

// A token that is not valid, or of another workspace, ends Run with an error;
// that Slack does not answer does not.
func TestRunEndsWhenItIsOfNoUse(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*slack.Options){
		"revoked": func(o *slack.Options) { o.BotToken = "xoxb-other" },
		"app":     func(o *slack.Options) { o.AppToken = "xapp-other" },
		"team":    func(o *slack.Options) { o.Team = "T0ELDERS" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := &house{t: t, ws: workspace(t), memory: &adaptertest.Memory{}, log: &adaptertest.Log{}, handler: &bot{}, change: change}
				_, stop, done := x.begin(nil)
				defer stop()
				if err := <-done; err == nil {
					t.Error("run ended without an error")
				}
			})
		})
	}
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			x := &house{t: t, ws: workspace(t), memory: &adaptertest.Memory{}, log: &adaptertest.Log{}, handler: &bot{}}
			x.ws.Lose("auth.test", 3)
			x.ws.Lose("apps.connections.open", 2)
			_, stop, done := x.begin(nil)
			<-time.After(time.Minute)
			if n := x.ws.Connections(); n != 1 {
				t.Errorf("%d connections", n)
			}
			stop()
			if err := <-done; err != nil {
				t.Errorf("run: %v", err)
			}
		})
	})
}

// What is misconfigured is refused at once.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	ws := workspace(t)
	for name, change := range map[string]func(*slack.Options){
		"no memory":    func(o *slack.Options) { o.Memory = nil },
		"no texts":     func(o *slack.Options) { o.Say = nil },
		"a user token": func(o *slack.Options) { o.BotToken = "xoxp-1" },
		"no app token": func(o *slack.Options) { o.AppToken = "" },
		"no secret":    func(o *slack.Options) { o.Listen, o.Secret = "127.0.0.1:0", "" },
		"in the open":  func(o *slack.Options) { o.Dial = nil },
	} {
		o := options(t, ws, &adaptertest.Memory{})
		change(&o)
		if _, err := slack.New(o); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
