package slack_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

var long = flag.Bool("long", false, "more rounds, for the night")

// errDead is what a replica that was killed gets from everything.
var errDead = errors.New("killed")

// ledger is the store of the test: what was taken, and what is owed for it.
type ledger struct {
	mu    sync.Mutex
	taken map[string]int // by what was typed
	ids   map[string]bool
	owed  map[string]adapters.Reply // by key, to whom
	to    map[string]adapters.Address
}

// replica is one process: an adapter with its connections and its part of the
// memory and the store, which can die at any call.
type replica struct {
	house  *house
	ledger *ledger
	rand   *rand.Rand

	mu      sync.Mutex
	dead    bool
	risk    float64
	conns   []net.Conn
	adapter *slack.Adapter
	stop    context.CancelFunc
	done    chan error
}

// alive may kill the replica.
func (r *replica) alive() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.dead && r.rand.Float64() < r.risk {
		r.dead = true
		for _, c := range r.conns {
			_ = c.Close()
		}
		r.stop()
	}
	return !r.dead
}

func (r *replica) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !r.alive() {
		return nil, errDead
	}
	c, err := r.house.ws.Dial(ctx, network, address)
	if err == nil {
		r.mu.Lock()
		r.conns = append(r.conns, c)
		r.mu.Unlock()
	}
	return c, err
}

func (r *replica) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := options(r.house.t, r.house.ws, mortal{r})
	o.Dial, o.Log = r.dial, slog.New(slog.NewTextHandler(io.Discard, nil))
	a, err := slack.New(o)
	if err != nil {
		r.house.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	r.adapter, r.stop, r.done, r.dead, r.conns = a, stop, done, false, nil
	go func() { done <- a.Run(ctx, r) }()
}

// Early implements adapters.Handler.
func (r *replica) Early(adapters.Message) *adapters.Reply { return nil }

// Handle takes a message as the bot does: a commit that knows what it took, then
// what is shown, which is owed until it is.
func (r *replica) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	if !r.alive() {
		return adapters.Answer{}, errDead
	}
	l, what := r.ledger, m.Text.Reveal()
	key := "re-" + what
	l.mu.Lock()
	if !l.ids[m.ID] {
		l.ids[m.ID] = true
		l.taken[what]++
		l.owed[key], l.to[key] = adapters.Reply{Key: key, Text: "antwoord op " + what}, m.At
	}
	l.mu.Unlock()
	if !r.alive() { // after the commit, before anything is shown
		return adapters.Answer{}, errDead
	}
	r.show(ctx, key)
	return adapters.Answer{}, nil
}

func (r *replica) show(ctx context.Context, key string) {
	l := r.ledger
	l.mu.Lock()
	reply, owed := l.owed[key]
	to := l.to[key]
	l.mu.Unlock()
	if owed && r.adapter.Send(ctx, to, reply) == nil && r.alive() {
		l.mu.Lock()
		delete(l.owed, key)
		l.mu.Unlock()
	}
}

// resume shows what is owed.
func (r *replica) resume() {
	r.ledger.mu.Lock()
	var keys []string
	for k := range r.ledger.owed {
		keys = append(keys, k)
	}
	r.ledger.mu.Unlock()
	for _, k := range keys {
		r.show(context.Background(), k)
	}
}

// mortal is the memory as a replica that can die has it.
type mortal struct{ r *replica }

func (m mortal) Get(ctx context.Context, scope, key string) (adapters.Item, bool, error) {
	if !m.r.alive() {
		return adapters.Item{}, false, errDead
	}
	return m.r.house.memory.Get(ctx, scope, key)
}

func (m mortal) Put(ctx context.Context, it adapters.Item) (int64, bool, error) {
	if !m.r.alive() {
		return 0, false, errDead
	}
	seq, fresh, err := m.r.house.memory.Put(ctx, it)
	if !m.r.alive() {
		return 0, false, errDead
	}
	return seq, fresh, err
}

func (m mortal) List(ctx context.Context, scope string, after int64, limit int) ([]adapters.Item, error) {
	return m.r.house.memory.List(ctx, scope, after, limit)
}

func (m mortal) Forget(ctx context.Context, scope, key string) error {
	if !m.r.alive() {
		return errDead
	}
	return m.r.house.memory.Forget(ctx, scope, key)
}

// Two replicas over one memory, killed at any moment, with Slack losing answers
// on top: what was acknowledged was taken, once, and is visible, once.
func TestSurvives(t *testing.T) {
	t.Parallel()
	rounds := uint64(8)
	if *long {
		rounds = 400
	}
	for seed := range rounds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { survive(t, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

func survive(t *testing.T, rnd *rand.Rand) {
	x := &house{t: t, ws: workspace(t), memory: &adaptertest.Memory{}, log: &adaptertest.Log{}}
	x.ws.Retries = true
	l := &ledger{taken: map[string]int{}, ids: map[string]bool{}, owed: map[string]adapters.Reply{}, to: map[string]adapters.Address{}}
	var both []*replica
	for i := range 2 {
		r := &replica{house: x, ledger: l, risk: 0.03, rand: rand.New(rand.NewPCG(rnd.Uint64(), uint64(i)))}
		r.start()
		both = append(both, r)
	}
	kills := 0
	again := func() {
		for _, r := range both {
			r.mu.Lock()
			dead := r.dead
			r.mu.Unlock()
			if dead {
				kills++
				<-r.done
				r.start()
			}
		}
	}
	const each = 25
	people := []string{sanne, youssef}
	for i := range each {
		for _, id := range people {
			go x.ws.Person(id).Type(fmt.Sprintf("%s-%d", id, i))
		}
		if rnd.IntN(4) == 0 {
			x.ws.Lose([]string{"chat.postMessage", "conversations.open", "users.info"}[rnd.IntN(3)], 1)
		}
		<-time.After(time.Duration(rnd.IntN(10000)) * time.Millisecond)
		again()
	}
	<-time.After(15 * time.Minute)
	for _, r := range both {
		r.mu.Lock()
		r.risk = 0
		r.mu.Unlock()
	}
	again()
	for range 3 {
		<-time.After(time.Minute)
		both[0].resume()
	}
	for _, r := range both {
		r.stop()
		<-r.done
	}
	check(t, x.ws, l, people, each)
	if kills < 5 {
		t.Errorf("only %d kills", kills)
	}
}

func check(t *testing.T, ws *slacktest.Workspace, l *ledger, people []string, each int) {
	t.Helper()
	seen := map[string]int{}
	for _, id := range people {
		for _, p := range ws.Posts(id) {
			seen[p.Body]++
		}
	}
	missing := 0
	for _, id := range people {
		for i := range each {
			what := fmt.Sprintf("%s-%d", id, i)
			if l.taken[what] == 0 {
				missing++
			}
			if l.taken[what] > 1 || seen["antwoord op "+what] != l.taken[what] {
				t.Errorf("%s: taken %d times, seen %d times", what, l.taken[what], seen["antwoord op "+what])
			}
		}
	}
	if missing > ws.Lost() {
		t.Errorf("%d were not taken, and %d were never acknowledged", missing, ws.Lost())
	}
}
