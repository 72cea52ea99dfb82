package main_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	main "github.com/meldroute/meldroute/bot"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/bot/copen"
	"github.com/meldroute/meldroute/bot/desk"
	"github.com/meldroute/meldroute/bot/dialogue"
	"github.com/meldroute/meldroute/bot/reminder"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/postgres"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/vault"
)

// replica is the program without its platforms: a store, a dialogue, a desk
// and the loop, wired as serve.go wires them, with a chat that only remembers.
type replica struct {
	t        testing.TB
	config   config.Config
	store    *store.Store
	driver   store.Driver
	dialogue *dialogue.Dialogue
	desk     *desk.Desk
	reminder *reminder.Reminder
	chat     *chat
	room     *room
	clock    *clock
	log      *slog.Logger
	paged    bool // the bot has a page of its own
	pictured bool // the chat shows pictures
	meeting  func(ctx context.Context, half, lang string) ([]byte, string, error)
}

// ground is where replicas stand: keys and a database.
type ground struct {
	keys string
	open func(ctx context.Context) (store.Driver, error)
}

func onFile(t testing.TB) ground {
	dir := t.TempDir()
	return newGround(t, dir, func(ctx context.Context) (store.Driver, error) {
		return sqlite.Open(ctx, filepath.Join(dir, "meldroute.db"))
	})
}

func onServer(t testing.TB, url string) ground {
	return newGround(t, t.TempDir(), onServerAt(url))
}

func onServerAt(url string) func(context.Context) (store.Driver, error) {
	return func(ctx context.Context) (store.Driver, error) { return postgres.Open(ctx, url) }
}

func newGround(t testing.TB, dir string, open func(context.Context) (store.Driver, error)) ground {
	t.Helper()
	g := ground{keys: filepath.Join(dir, "sleutels.json"), open: open}
	if err := vault.Create(g.keys); err != nil {
		t.Fatal(err)
	}
	return g
}

// replica starts one more.
func (g ground) replica(t testing.TB, c *chat, k *clock) *replica {
	t.Helper()
	return g.configured(t, c, k, config.Default())
}

// configured starts one more with a configuration.
func (g ground) configured(t testing.TB, c *chat, k *clock, conf config.Config) *replica {
	t.Helper()
	v, err := vault.Open(g.keys)
	if err != nil {
		t.Fatal(err)
	}
	d, err := g.open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	r := &replica{t: t, config: conf, driver: d, chat: c, clock: k, log: slog.New(slog.DiscardHandler), paged: true, pictured: true}
	r.room = &room{config: r.config}
	calendar, err := config.NewCalendar(r.config)
	if err != nil {
		t.Fatal(err)
	}
	o := store.Options{Now: k.now, Remind: reminder.Remind(r.config, calendar), Warn: reminder.Warn(r.config, calendar)}
	if r.store, err = store.Open(context.Background(), d, v, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.store.Close() })
	r.wire()
	return r
}

// wire makes dialogue and desk anew, as a restart does.
func (r *replica) wire() {
	r.t.Helper()
	texts, err := config.LoadTexts(r.config.Texts)
	if err != nil {
		r.t.Fatal(err)
	}
	calendar, err := config.NewCalendar(r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	senders := map[string]adapters.Sender{"web": r.chat, "mail": r.chat}
	pages := map[string]adapters.Pages{}
	if r.paged {
		pages["web"] = r.chat
	}
	o := desk.Options{
		Store: r.store, Config: r.config, Calendar: calendar, Texts: texts, Senders: senders,
		Rooms: map[string]adapters.Rooms{"web": r.room}, Pages: pages, Copen: copen.PressOpen, Now: r.clock.now, Log: r.log,
		Alarms: []adapters.Address{adapters.NewAddress("mail", "wacht@example.org")},
	}
	if r.pictured {
		o.Pictures = map[string]adapters.Pictures{"web": r.chat}
	}
	r.meeting = main.Screens(&o)
	r.desk, err = desk.New(o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.dialogue, err = dialogue.New(context.Background(), dialogue.Options{
		Store: r.store, Config: r.config, Calendar: calendar, Texts: texts, Senders: senders, Desk: r.desk, Now: r.clock.now, Log: r.log,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.reminder = reminder.New(reminder.Options{
		Store: r.store, Config: r.config, Calendar: calendar, Texts: texts, Senders: senders,
		Open: r.desk.OpenToken, Overview: desk.OverviewPress(), May: r.desk.Viewer,
		Figures: r.desk.ShowFigures, FiguresPress: desk.FiguresPress(), Now: r.clock.now, Log: r.log,
	})
}

// loop runs what is owed until the test ends. Between two moments of the clock
// it is woken by wake.
func (r *replica) loop() *ledger {
	l := &ledger{Store: r.store, wake: make(chan struct{}, 1), looked: make(chan time.Time, 1000)}
	loop := r.owed(l)
	loop.Changed = l.wake
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = loop.Run(ctx) })
	r.t.Cleanup(func() { cancel(); done.Wait() })
	return l
}

// owed is the loop as serve.go wires it.
func (r *replica) owed(l reminder.Ledger) *reminder.Loop {
	return &reminder.Loop{
		Ledger: l, Plan: r.reminder.Plan, Now: r.clock.now, Log: r.log,
		Deliver: map[store.Role]reminder.Deliver{
			store.ToReporter: r.dialogue.Deliver, store.ToChannel: r.desk.Deliver,
			store.ToOfficers: r.desk.Deliver, store.ToCoordinators: r.desk.Deliver,
			store.ToConcerned: r.reminder.Deliver,
		},
	}
}

// ledger tells when the loop found nothing more to do.
type ledger struct {
	*store.Store
	wake   chan struct{}
	looked chan time.Time // with nothing due
	lost   atomic.Bool    // what was sent is not written down
}

func (l *ledger) Settle(ctx context.Context, n store.Notice, done bool, again time.Time) error {
	if l.lost.Load() {
		return store.ErrDown
	}
	return l.Store.Settle(ctx, n, done, again)
}

func (l *ledger) Claim(ctx context.Context, now time.Time, n int) ([]store.Notice, time.Time, error) {
	claimed, next, err := l.Store.Claim(ctx, now, n)
	if err == nil && len(claimed) == 0 {
		l.looked <- now
	}
	return claimed, next, err
}

// run lets the loop do all that is due at the clock's time.
func (l *ledger) run(t testing.TB, k *clock) {
	t.Helper()
	k.on(time.Millisecond) // what was found before does not count
	now := k.now()
	limit := time.After(patience)
	for {
		select {
		case l.wake <- struct{}{}:
		case at := <-l.looked:
			if !at.Before(now) {
				return
			}
		case <-limit:
			t.Fatal("the loop does not come to rest")
		}
	}
}

// clock is a clock that stands still between two moments.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (k *clock) now() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.at
}

func (k *clock) on(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at = k.at.Add(d)
}

// monday is a working day, in the morning.
func monday() *clock { return &clock{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

// chat is a platform that shows each key once in a place, and replaces in
// place.
type chat struct {
	mu     sync.Mutex
	places map[string]*spot
	refuse func(to string) error // when set
	before func(to string)       // when set, what happens while something is sent
}

type spot struct {
	order   []string // slots
	shown   map[string]adapters.Reply
	slot    map[string]string // key to slot, also of keys that were replaced
	sends   map[string]int
	current map[string]string // slot to the key it shows
}

func newChat() *chat { return &chat{places: map[string]*spot{}} }

func (c *chat) Send(_ context.Context, to adapters.Address, r adapters.Reply) error {
	if c.before != nil {
		c.before(to.Key())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuse != nil {
		if err := c.refuse(to.Key()); err != nil {
			return err
		}
	}
	p := c.places[to.Key()]
	if p == nil {
		p = &spot{shown: map[string]adapters.Reply{}, slot: map[string]string{}, sends: map[string]int{}, current: map[string]string{}}
		c.places[to.Key()] = p
	}
	p.sends[r.Key]++
	slot, known := p.slot[r.Key]
	over, replaces := p.slot[r.Over]
	switch {
	case known && p.current[slot] != r.Key:
		return nil // it was replaced since
	case known:
	case replaces:
		slot = over
	default:
		slot = r.Key
		p.order = append(p.order, slot)
	}
	p.slot[r.Key], p.current[slot], p.shown[slot] = slot, r.Key, r
	return nil
}

// SendPicture shows a picture as its words, and as what stands above it.
func (c *chat) SendPicture(ctx context.Context, to adapters.Address, p adapters.Picture) error {
	if err := p.Check(); err != nil {
		return err
	}
	return c.Send(ctx, to, adapters.Reply{Key: p.Key, Text: p.Text + "\n[" + p.Alt + "]"})
}

// at are the replies that stand in a place.
func (c *chat) at(address string) []adapters.Reply {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.places[address]
	if p == nil {
		return nil
	}
	var out []adapters.Reply
	for _, slot := range p.order {
		out = append(out, p.shown[slot])
	}
	return out
}

// sent is how often something was sent to a place, also again.
func (c *chat) sent(address string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	if p := c.places[address]; p != nil {
		for _, k := range p.sends {
			n += k
		}
	}
	return n
}

// keys is how many keys with a beginning were sent to a place.
func (c *chat) keys(address, beginning string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	if p := c.places[address]; p != nil {
		for key := range p.sends {
			if strings.HasPrefix(key, beginning) {
				n++
			}
		}
	}
	return n
}

// count is how many replies in a place hold a text.
func (c *chat) count(address, text string) int {
	n := 0
	for _, r := range c.at(address) {
		if strings.Contains(r.Text, text) {
			n++
		}
	}
	return n
}

func (c *chat) fail(f func(to string) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse = f
}

// room is the desk's channel, with its readers as its members.
type room struct {
	config config.Config
	mu     sync.Mutex
	odd    func(adapters.Room) (adapters.Room, error)
}

func (r *room) Room(context.Context, adapters.Address) (adapters.Room, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := adapters.Room{Private: true}
	for _, one := range r.config.Readers() {
		a, err := adapters.ParseAddress(string(one.Person))
		if err != nil {
			return got, err
		}
		got.Members = append(got.Members, adapters.Member{Address: a})
	}
	if r.odd != nil {
		return r.odd(got)
	}
	return got, nil
}

func (r *room) become(odd func(adapters.Room) (adapters.Room, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.odd = odd
}

var errBroken = errors.New("the platform does not answer")

// message is something that an employee does in his own dialogue.
func (r *replica) message(who, id string) adapters.Message {
	a := adapters.NewAddress("web", who)
	return adapters.Message{ID: id, From: a, At: a, Name: private.New("Naam van " + who), Direct: true, Lang: "nl", Sent: r.clock.now()}
}

func typed(m adapters.Message, text string) adapters.Message {
	m.Text = private.New(text)
	return m
}

func pressed(m adapters.Message, token string) adapters.Message {
	m.Press = token
	return m
}

func filled(m adapters.Message, f *adapters.Form, act string, kv ...string) adapters.Message {
	in := &adapters.Filled{Token: f.Token, Act: act, Values: map[string][]private.Text{}}
	for i := 0; i < len(kv); i += 2 {
		in.Values[kv[i]] = append(in.Values[kv[i]], private.New(kv[i+1]))
	}
	m.Filled = in
	return m
}
