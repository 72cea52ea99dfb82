package mattermost

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// For the tests of package mattermost_test.
const (
	Breaker  = breaker
	PropMark = propMark
)

// Close ends the connections that the adapter keeps for later.
func (a *Adapter) Close() { a.client.wire.base.CloseIdleConnections() }

// Markdown is how a reply's text is written.
func Markdown(text string) string { return markdown(text) }

// Intro is what a dialog shows above the fields of a form.
func Intro(f adapters.Form) string {
	return sheet{form: f, say: func(id string) string { return id }}.intro()
}

// Socket is a socket of which a test sees what it hands on.
type Socket struct {
	*socket
	Seen []string
}

// NewSocket makes one with its own patience.
func NewSocket(address, token string, hello, deaf time.Duration) *Socket {
	s := &Socket{socket: newSocket(address, token)}
	s.hello, s.deaf = hello, deaf
	s.event = func(ev *model.WebSocketEvent) {
		s.Seen = append(s.Seen, fmt.Sprintf("%s %d", ev.EventType(), ev.GetSequence()))
	}
	s.begin = func(lost bool) {
		if lost {
			s.Seen = append(s.Seen, "begin lost")
		} else {
			s.Seen = append(s.Seen, "begin")
		}
	}
	s.clock = func(time.Time, int64) {}
	return s
}

// Connect holds one connection until it ends.
func (s *Socket) Connect(ctx context.Context) (bool, error) { return s.connect(ctx) }

// Take gives one line to a socket that was greeted.
func Take(line string) {
	s := NewSocket("http://x", "", 0, 0)
	s.id, s.next = "one", 1
	heard := true
	_ = s.take([]byte(line), &heard)
}

// Longest makes posts shorter.
func (a *Adapter) Longest(runes int64) { a.longest.Store(runes) }

// Listens is where callbacks are taken.
func (a *Adapter) Listens() string { return "127.0.0.1:" + *a.port.Load() }

// Path is that of a kind of callback.
func (a *Adapter) Path(ctx context.Context, kind string) string {
	address, err := a.callbackURL(ctx, kind)
	if err != nil {
		panic(err)
	}
	u, _ := url.Parse(address)
	return u.Path
}

// Dialog is what a form becomes.
func Dialog(f adapters.Form, multi bool) model.Dialog {
	return sheet{form: f, say: func(id string) string { return id }, multi: multi}.dialog("state")
}

// Read is what a submitted dialog is read as.
func Read(f adapters.Form, multi bool, in map[string]any) (values map[string][]string, act string, wrong map[string]string, ok bool) {
	v, act, wrong, ok := sheet{form: f, say: func(id string) string { return id }, multi: multi}.read(in)
	values = map[string][]string{}
	for name := range v {
		values[name] = v.Many(name)
	}
	return values, act, wrong, ok
}

// Slowed reports whether the server said that the bot was too fast.
func (a *Adapter) Slowed() bool {
	a.client.wire.pace.mu.Lock()
	defer a.client.wire.pace.mu.Unlock()
	return !a.client.wire.pace.pause.IsZero()
}
