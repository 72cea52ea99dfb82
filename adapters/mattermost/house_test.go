package mattermost_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
	"go.uber.org/goleak"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/mattermost"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
)

// Whatever the adapter starts has ended when its tests have. The server that
// all tests share, and the way to it, last as long as they do.
func TestMain(m *testing.M) {
	code := m.Run()
	const test = "github.com/meldroute/meldroute/adapters/mattermost/mattermosttest.(*"
	if s := shared.Load(); s != nil {
		s.Admin.Client.HTTPClient.CloseIdleConnections()
	}
	err := goleak.Find(
		goleak.IgnoreAnyFunction(test+"Link).accept"), goleak.IgnoreAnyFunction(test+"Link).carry"), goleak.IgnoreAnyFunction(test+"Link).copy"),
		goleak.IgnoreAnyFunction(test+"tail).follow"), goleak.IgnoreAnyFunction("github.com/meldroute/meldroute/store/storetest.startServer.func1"))
	if err != nil && code == 0 {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}

var shared atomic.Pointer[mattermosttest.Server]

// patience is how long anything may take before a test fails.
const patience = 30 * time.Second

// house is a running adapter on a real server, over a memory that outlives it.
type house struct {
	t       *testing.T
	server  *mattermosttest.Server
	team    *model.Team
	people  [2]mattermosttest.User
	bot     mattermosttest.User
	channel *model.Channel
	handler *watched
	memory  *adaptertest.Memory
	log     *adaptertest.Log
	change  func(*mattermost.Options)

	mu      sync.Mutex
	adapter *mattermost.Adapter
	stop    func() error
	wait    func() error // for the end of Run, which the test did not ask for
}

// settle makes what a house needs on a server: a team, two people, a bot, and a
// private channel with the first of them.
func settle(t *testing.T, s *mattermosttest.Server, h adapters.Handler, change func(*mattermost.Options)) *house {
	t.Helper()
	x := &house{t: t, server: s, memory: &adaptertest.Memory{}, log: &adaptertest.Log{}, change: change, handler: newWatched(h)}
	x.team = s.Team(t)
	x.people = [2]mattermosttest.User{s.User(t, x.team), s.User(t, x.team)}
	x.bot = s.Bot(t, x.team)
	x.channel = s.Channel(t, x.team, x.people[0], x.bot)
	return x
}

// start is a house on the server that all tests share.
func start(t *testing.T, h adapters.Handler, change func(*mattermost.Options)) *house {
	t.Helper()
	s := mattermosttest.Shared(t)
	shared.Store(s)
	x := settle(t, s, h, change)
	x.run()
	t.Cleanup(func() {
		if err := x.end(); err != nil {
			t.Errorf("run: %v", err)
		}
		x.quiet()
	})
	return x
}

// quiet fails the test when the log holds anything of anybody.
func (x *house) quiet() {
	log := x.log.String()
	secret := []string{"Zilvervos", "geheim", x.bot.Token, x.bot.Id, x.channel.Id, x.team.Id}
	for _, p := range x.people {
		secret = append(secret, p.Id, p.Username, p.Email)
	}
	for _, s := range secret {
		if strings.Contains(log, s) {
			x.t.Errorf("the log holds %q:\n%s", s, log)
		}
	}
}

func (x *house) options() mattermost.Options {
	o := mattermost.Options{
		URL: x.server.URL, Token: x.bot.Token, Channel: x.channel.Id, Memory: x.memory, Say: adaptertest.Say(x.t, "mattermost"),
		Typed: true, Log: slog.New(slog.NewTextHandler(x.log, nil)),
	}
	if x.change != nil {
		x.change(&o)
	}
	return o
}

// callback is a way in on this machine.
func callback(o *mattermost.Options) {
	o.Callback = mattermost.Callback{Listen: "127.0.0.1:0", URL: "http://127.0.0.1:0"}
}

func (x *house) run() {
	x.t.Helper()
	ready := make(chan struct{})
	o := x.options()
	o.Ready = func(string) { close(ready) }
	a, err := mattermost.New(o)
	if err != nil {
		x.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(x.t.Context()))
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, x.handler) }()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.adapter = a
	ended := sync.OnceValue(func() error {
		err := <-done
		cancel()
		a.Close()
		return err
	})
	x.wait = ended
	x.stop = func() error { cancel(); return ended() }
	select {
	case <-ready:
	case err := <-done:
		x.t.Fatalf("run: %v", err)
	case <-time.After(patience):
		x.t.Fatalf("not ready: %s", x.log)
	}
}

func (x *house) end() error {
	x.mu.Lock()
	stop := x.stop
	x.mu.Unlock()
	return stop()
}

func (x *house) user(who adapters.Address) mattermosttest.User {
	for _, p := range x.people {
		if p.Id == who.ID.Reveal() {
			return p
		}
	}
	x.t.Fatalf("nobody has this address")
	return mattermosttest.User{}
}

func address(u mattermosttest.User) adapters.Address {
	return adapters.NewAddress(mattermost.Platform, u.Id)
}

// platform is the house as the conformance suite sees it.
func platform(change func(*mattermost.Options)) adaptertest.Open {
	return func(t *testing.T, h adapters.Handler) *adaptertest.Platform {
		x := start(t, h, change)
		p := &adaptertest.Platform{
			Adapter: x.adapter,
			People:  [2]adapters.Address{address(x.people[0]), address(x.people[1])},
			Unknown: adapters.NewAddress(mattermost.Platform, model.NewId()),
			Tab:     func(t *testing.T, who adapters.Address) adaptertest.Tab { return openTab(t, x, x.user(who)) },
			Stop:    x.end,
			Break:   func(on bool) { x.memory.Break(on) },
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

// watched is a handler of which a test can see what it was given.
type watched struct {
	adapters.Handler
	mu      sync.Mutex
	changed chan struct{}
	done    map[string]int // by id of the message
	form    *adapters.Form // the newest
	looked  int            // how often the channel was looked at
}

func newWatched(h adapters.Handler) *watched {
	return &watched{Handler: h, changed: make(chan struct{}), done: map[string]int{}}
}

func (w *watched) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	defer w.update(func() { w.done[m.ID]++ })
	a, err := w.Handler.Handle(ctx, m)
	if a.Form != nil {
		w.update(func() { w.form = a.Form })
	}
	return a, err
}

func (w *watched) Changed(context.Context, adapters.Address) error {
	w.update(func() { w.looked++ })
	return nil
}

func (w *watched) update(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	close(w.changed)
	w.changed = make(chan struct{})
}

// await waits until ok holds, which is called under the lock.
func (w *watched) await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	limit := time.After(patience)
	for {
		w.mu.Lock()
		is, changed := ok(), w.changed
		w.mu.Unlock()
		if is {
			return
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("%s: not in time", what)
		}
	}
}

// handled is how often a message was handled.
func (w *watched) handled(id string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.done[id]
}
