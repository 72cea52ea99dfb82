package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// How long things may take. Slack waits three seconds for an answer; what comes
// later is still done, and told by another way.
const (
	actTime  = 30 * time.Second
	keepTime = time.Second
	stopTime = 3 * time.Second
)

// How much may wait: of one person, and in all. What is more is not
// acknowledged, and Slack brings it again.
const (
	maxWaiting = 16
	maxBusy    = 256
)

// server is one run of the adapter.
type server struct {
	*Adapter
	handler   adapters.Handler
	team, bot string // once begun

	life   context.Context // of acts: it outlives the end of Run by a moment
	cancel context.CancelFunc
	busy   sync.WaitGroup

	readers sync.WaitGroup
	changed chan struct{} // holds a token when who reads the channel may have changed

	mu    sync.Mutex
	ended bool                // nothing more is begun
	seats map[string][]func() // of who is at work, what waits
	conns []*link             // oldest first
}

func newServer(a *Adapter, h adapters.Handler) *server {
	s := &server{Adapter: a, handler: h, seats: map[string][]func(){}, changed: make(chan struct{}, 1)}
	s.life, s.cancel = context.WithCancel(context.Background())
	return s
}

// begin learns who the bot is, and tries again when Slack does not answer.
func (s *server) begin(ctx context.Context) error {
	for b := (backoff{}); ; {
		id, err := s.who(ctx)
		if err == nil {
			s.bot, s.team = id.user, id.team
			return nil
		}
		if errors.Is(err, errFatal) {
			return err
		}
		s.opt.Log.Warn("slack: not begun yet", "err", err)
		if err := sleep(ctx, b.next()); err != nil {
			return err
		}
	}
}

// end waits until what was taken in is done, for a moment, and then cuts it off.
func (s *server) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	t := time.AfterFunc(stopTime, s.cancel)
	defer t.Stop()
	s.busy.Wait()
	s.cancel()
	s.mu.Lock()
	links := slices.Clone(s.conns)
	s.mu.Unlock()
	for _, l := range links {
		_ = l.conn.Close()
	}
	s.readers.Wait()
}

// begins does f beside all else; it is false at the end, when nothing more is
// begun.
func (s *server) begins(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.busy.Go(f)
	}
	return !s.ended
}

// sit lets f wait for its turn: acts of one person are done one at a time, in
// the order in which they came, those of others beside them. It never blocks; it
// is false at the end, and when too much waits already.
func (s *server) sit(user string, f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting, busy := s.seats[user]
	if s.ended || len(waiting) >= maxWaiting || s.Waiting() >= maxBusy {
		return false
	}
	s.waiting.Add(1)
	s.seats[user] = append(waiting, f)
	if !busy {
		s.busy.Go(func() { s.work(user) })
	}
	return true
}

// work does what waits for one person, until nothing does.
func (s *server) work(user string) {
	for {
		s.mu.Lock()
		waiting := s.seats[user]
		if len(waiting) == 0 {
			delete(s.seats, user)
			s.mu.Unlock()
			return
		}
		f := waiting[0]
		s.seats[user] = waiting[1:]
		s.mu.Unlock()
		f()
		s.waiting.Add(-1)
	}
}

// take takes an act in. It never waits: done is called when the act is over,
// whether or not it was acknowledged.
func (s *server) take(x *act, done func()) {
	if x.kind == ignored {
		x.ack(nil)
		done()
		return
	}
	w := s.newWindow(x)
	shown := s.early(x)
	ok := s.sit(x.user, func() {
		defer done()
		defer w.close()
		<-shown
		ctx, cancel := context.WithTimeout(s.life, actTime)
		defer cancel()
		s.do(ctx, x, w)
	})
	if !ok {
		s.opt.Log.Warn("slack: an act is left for later")
		w.close()
		done()
	}
}

// early shows what must be read at once. The channel is closed when it is shown,
// or could not be.
func (s *server) early(x *act) <-chan struct{} {
	shown := make(chan struct{})
	r := s.handler.Early(x.m)
	if r == nil {
		close(shown)
		return shown
	}
	ok := s.begins(func() {
		defer close(shown)
		ctx, cancel := context.WithTimeout(s.life, callTime)
		defer cancel()
		at, err := s.place(ctx, x.m.At)
		var c content
		if err == nil {
			c, err = s.render(*r, s.opt.Lang)
		}
		if err == nil {
			err = s.book.now(ctx, at, r.Key, c)
		}
		if err != nil {
			s.opt.Log.Error("slack: what must be read at once was not shown", "act", x.m.ID, "err", err)
			return
		}
		// Kept as far as can be: the handler decides what must be.
		keep, done := context.WithTimeout(ctx, keepTime)
		defer done()
		if err := s.book.put(keep, at, r.Key, "", c); err != nil {
			s.opt.Log.Warn("slack: a message was shown and not kept", "act", x.m.ID, "err", err)
		}
	})
	if !ok {
		close(shown)
	}
	return shown
}

// offering is where, in its context, the handler's sends find the act that they
// answer.
type offering struct{}

// do does one act, when it is its turn.
func (s *server) do(ctx context.Context, x *act, w *window) {
	if x.kind == looked {
		s.home(ctx, x)
		return
	}
	p, err := s.people.get(ctx, x.user, knownTalking)
	if err != nil {
		s.opt.Log.Warn("slack: who it is is not known", "act", x.m.ID, "err", err)
	}
	x.m.Name, x.m.Lang = private.New(p.name), p.lang
	switch {
	case p.bot:
		x.ack(nil)
		return
	case p.guest: // a guest, or somebody of another workspace
		s.answer(ctx, x, w, adapters.Answer{Notice: s.say(x, "slack.guest")}, nil)
		return
	case x.kind == opening:
		s.open(ctx, x, w)
		return
	}
	got, err := s.handle(context.WithValue(ctx, offering{}, x), x.m)
	if err != nil {
		s.opt.Log.Error("slack: act was not taken", "act", x.m.ID, "err", err)
	}
	s.answer(ctx, x, w, got, err)
}

// handle calls the handler and turns a panic into an error without content.
func (s *server) handle(ctx context.Context, m adapters.Message) (got adapters.Answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			got, err = adapters.Answer{}, fmt.Errorf("handler panicked (%T)", v)
		}
	}()
	return s.handler.Handle(ctx, m)
}

// say gives a text in the language of who acted.
func (s *server) say(x *act, id string) string { return s.opt.Say(s.lang(x), id, nil) }

func (s *server) lang(x *act) string {
	if x.m.Lang != "" {
		return x.m.Lang
	}
	return s.opt.Lang
}
