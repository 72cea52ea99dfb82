package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	readLimit = 1 << 20          // bytes of a message; slack-go sets none
	helloTime = 10 * time.Second // within which a new connection says hello
	quietTime = 30 * time.Second // without a ping or an answer to ours it is dead
	pingEvery = 10 * time.Second // our own pings: they find out a half-open connection
	writeTime = 10 * time.Second
	leaveTime = 15 * time.Second // how long a connection that was told to go is still read
	// steady is how long a connection must have lived to count as one that works.
	steady = time.Minute
)

// backoff is how long to wait before the next try: twice as long each time, by
// chance a little shorter, at most five minutes.
type backoff struct{ n int }

func (b *backoff) next() time.Duration {
	d := min(5*time.Minute, time.Second<<min(b.n, 9))
	b.n++
	return d/2 + rand.N(d/2) //nolint:gosec // jitter
}

// link is a Socket Mode connection.
type link struct {
	s       *server
	conn    *websocket.Conn
	write   turn
	told    chan string   // why it was told to go
	gone    chan struct{} // closed when it has ended
	leaving atomic.Bool
}

// sockets keeps a connection to Slack until ctx ends. When Slack announces that
// one will end, the next is opened before that, and acts come over both; however
// often Slack sends it away, it never dials faster than backoff lets it.
func (s *server) sockets(ctx context.Context) error {
	ready := sync.OnceFunc(func() {
		if s.opt.Ready != nil {
			s.opt.Ready("Slack, Socket Mode")
		}
	})
	for wait := (backoff{}); ctx.Err() == nil; {
		l, err := s.dial(ctx)
		switch {
		case errors.Is(err, errFatal):
			return err
		case err != nil:
			s.opt.Log.Warn("slack: not connected", "try", wait.n+1, "err", err)
		default:
			ready()
			s.look() // what changed meanwhile was not heard
			began := time.Now()
			l.stay(ctx)
			if time.Since(began) >= steady {
				wait.n = 0
				continue
			}
		}
		if wait.n == 5 {
			s.opt.Log.Error("slack: no connection stays; HTTP may help", "tries", wait.n)
		}
		_ = sleep(ctx, wait.next())
	}
	return nil
}

// stay returns when it is time for the next connection.
func (l *link) stay(ctx context.Context) {
	select {
	case why := <-l.told:
		l.s.opt.Log.Info("slack: told to reconnect", "why", why)
	case <-l.gone:
		l.s.opt.Log.Warn("slack: connection lost")
	case <-ctx.Done():
	}
}

// dial opens a connection and waits for its hello.
func (s *server) dial(ctx context.Context) (*link, error) {
	var url string
	err := s.call(ctx, "apps.connections.open", func(ctx context.Context) (err error) {
		_, url, err = s.api.StartSocketModeContext(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.opt.Dial == nil && !strings.HasPrefix(url, "wss://") {
		return nil, errors.New("apps.connections.open: not a wss address")
	}
	d := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, NetDialContext: s.opt.Dial, HandshakeTimeout: callTime,
		WriteBufferSize: 32 << 10, // one frame for every answer: Slack does not put parts together
	}
	conn, res, err := d.DialContext(ctx, url, nil)
	if res != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("no socket (%T)", err) // err itself holds the ticket
	}
	conn.SetReadLimit(readLimit)
	l := &link{s: s, conn: conn, write: newTurn(), told: make(chan string, 1), gone: make(chan struct{})}
	if err := l.hello(); err != nil {
		_ = conn.Close()
		return nil, err
	}
	s.mu.Lock()
	s.conns = append(s.conns, l)
	s.links.Add(1)
	s.mu.Unlock()
	s.readers.Go(l.read)
	s.readers.Go(l.ping)
	return l, nil
}

// frame is a message of Socket Mode.
type frame struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload"`
	Reason  string          `json:"reason"`
	Count   int             `json:"num_connections"`
}

func (l *link) hello() error {
	_ = l.conn.SetReadDeadline(time.Now().Add(helloTime))
	_, b, err := l.conn.ReadMessage()
	if err != nil {
		return fmt.Errorf("no hello (%T)", err)
	}
	var f frame
	if json.Unmarshal(b, &f) != nil || f.Type != "hello" {
		return fmt.Errorf("no hello but %q, %q", cut(f.Type, 40), cut(f.Reason, 40))
	}
	l.s.peers.Store(int32(min(f.Count, 1<<10)))
	l.s.opt.Log.Info("slack: connected", "connections", f.Count)
	return nil
}

// alive puts off the end that silence is.
func (l *link) alive() {
	if !l.leaving.Load() {
		_ = l.conn.SetReadDeadline(time.Now().Add(quietTime))
	}
}

// read takes in what comes, until the connection ends.
func (l *link) read() {
	defer close(l.gone)
	defer func() {
		l.s.links.Add(-1)
		_ = l.conn.Close()
		l.s.mu.Lock()
		l.s.conns = slices.DeleteFunc(l.s.conns, func(x *link) bool { return x == l })
		l.s.mu.Unlock()
	}()
	pong := l.conn.PingHandler()
	l.conn.SetPingHandler(func(data string) error { l.alive(); return pong(data) })
	l.conn.SetPongHandler(func(string) error { l.alive(); return nil })
	l.alive()
	for {
		_, b, err := l.conn.ReadMessage()
		if err != nil {
			return
		}
		l.s.frame(l, b)
	}
}

func (l *link) ping() {
	t := time.NewTicker(pingEvery)
	defer t.Stop()
	for {
		select {
		case <-l.gone:
			return
		case <-t.C:
			_ = l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTime))
		}
	}
}

// leave lets the next connection be opened, and this one end by itself.
func (l *link) leave(why string) {
	if !l.leaving.Swap(true) {
		_ = l.conn.SetReadDeadline(time.Now().Add(leaveTime))
	}
	select {
	case l.told <- why:
	default:
	}
}

// frame takes one message in. What cannot be read is acknowledged, since it will
// not be read better the next time, and is an alarm: somebody's act was lost.
func (s *server) frame(l *link, b []byte) {
	var f frame
	if err := json.Unmarshal(b, &f); err != nil {
		s.opt.Log.Error("slack: a message could not be read", "bytes", len(b))
		return
	}
	if f.Type == "disconnect" {
		l.leave(cut(f.Reason, 40))
		return
	}
	if f.ID == "" {
		return
	}
	x, err := s.read(f)
	if err != nil {
		s.opt.Log.Error("slack: an act could not be read", "kind", cut(f.Type, 40), "why", why(err))
		x = &act{}
	}
	x.ack = func(answer any) { l.ack(f.ID, answer) }
	s.take(x, func() {})
}

// why is an error of decoding without what it quotes.
func why(err error) string {
	if errors.Is(err, errTeam) {
		return err.Error()
	}
	return fmt.Sprintf("%T", err)
}

func (s *server) read(f frame) (*act, error) {
	switch f.Type {
	case "events_api":
		var o outer
		if err := json.Unmarshal(f.Payload, &o); err != nil {
			return nil, err
		}
		return s.event(o)
	case "interactive":
		var in interaction
		if err := json.Unmarshal(f.Payload, &in); err != nil {
			return nil, err
		}
		return s.interactive(in)
	case "slash_commands":
		var c slashCommand
		if err := json.Unmarshal(f.Payload, &c); err != nil {
			return nil, err
		}
		return s.slash(c)
	}
	return &act{}, nil
}

// ack acknowledges an envelope, over its own connection or, when that has ended,
// over the newest.
func (l *link) ack(id string, answer any) {
	b, err := json.Marshal(struct {
		ID      string `json:"envelope_id"`
		Payload any    `json:"payload,omitempty"`
	}{id, answer})
	if err != nil || len(b) >= maxAck {
		l.s.opt.Log.Error("slack: an answer is too large", "bytes", len(b))
		b, _ = json.Marshal(map[string]string{"envelope_id": id})
	}
	l.s.mu.Lock()
	var newest *link
	if n := len(l.s.conns); n > 0 {
		newest = l.s.conns[n-1]
	}
	l.s.mu.Unlock()
	if l.send(b) != nil && (newest == l || cmp.Or(newest, l).send(b) != nil) {
		l.s.opt.Log.Warn("slack: an act was not acknowledged")
	}
}

func (l *link) send(b []byte) error {
	defer l.write.take()()
	_ = l.conn.SetWriteDeadline(time.Now().Add(writeTime))
	return l.conn.WriteMessage(websocket.TextMessage, b)
}
