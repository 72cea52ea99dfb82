package mattermost

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// Adapter is the chat of a Mattermost server. Make it with New.
type Adapter struct {
	opt    Options
	client *client
	people *people
	secret *secret
	order  *locks
	skew   skew
	port   atomic.Pointer[string] // where callbacks are taken, once Run listens

	longest atomic.Int64 // a post may be, in runes
	linked  atomic.Bool  // the server is heard
	lanes   *lanes
}

var (
	_ adapters.Adapter = (*Adapter)(nil)
	_ adapters.Rooms   = (*Adapter)(nil)
	_ adapters.Linked  = (*Adapter)(nil)
	_ adapters.Queue   = (*Adapter)(nil)
)

func newAdapter(o Options) *Adapter {
	c := newClient(o.URL, o.Token)
	a := &Adapter{opt: o, client: c, people: newPeople(c), secret: &secret{memory: o.Memory}, order: newLocks(), lanes: newLanes()}
	a.longest.Store(maxPost)
	return a
}

// Name is "mattermost".
func (a *Adapter) Name() string { return Platform }

// Linked reports whether the server is heard.
func (a *Adapter) Linked() bool { return a.linked.Load() }

// The limits of a dialog, in bytes (server/public/model, integration_action.go).
const (
	titleBytes = 24
	labelBytes = 24
	helpBytes  = 150
	lineMax    = 150  // of a text element
	areaMax    = 3000 // of a textarea element
)

// Waiting is how many acts came in and are not done.
func (a *Adapter) Waiting() int { return a.lanes.waiting() }

// Limits are those of dialogs, and of a text that stays readable in a chat. A
// server older than 11.1 cannot follow a dialog by another at once.
func (a *Adapter) Limits() adapters.Limits {
	v := a.version()
	return adapters.Limits{
		Text: 4000, Choices: 25, ChoiceLabel: 80,
		FormTitle: 100, ShortBytes: labelBytes, OptionLabel: 75, Options: 100, Fields: 100, FieldText: areaMax,
		Forms: a.opt.Callback.On(), NextForm: a.opt.Callback.On() && v.atLeast(11, 1),
	}
}

// version is the server's; the oldest that is supported until it was heard.
func (a *Adapter) version() version {
	if v := a.client.wire.version.Load(); v != nil {
		return *v
	}
	return version{9, 10}
}

// How long things may take at the end, and between looks at the token.
const (
	stopTime  = 3 * time.Second
	checkTime = time.Minute
	flushTime = 2 * time.Second
)

// run is one run of the adapter.
type run struct {
	*Adapter
	handler adapters.Handler
	me      person
	trails  *trails
	parts   sync.WaitGroup
	life    context.Context // ends when what was begun must end
	intake  *intake
	ready   sync.Once
	changed chan struct{} // the desk's channel changed
}

// Run takes in messages until ctx ends. It returns ErrToken when the server
// does not take the bot's token, and an error when it cannot listen for
// callbacks; a server that is away is waited for.
func (a *Adapter) Run(ctx context.Context, h adapters.Handler) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer a.client.wire.base.CloseIdleConnections()
	r := &run{
		Adapter: a, handler: h, life: life,
		changed: make(chan struct{}, 1),
	}
	r.lanes.take, r.lanes.drop = r.take, r.giveUp
	r.trails = newTrails(r)
	r.intake = newIntake(r)
	if err := r.begin(ctx); err != nil {
		return err
	}
	var parts sync.WaitGroup
	part := func(f func(context.Context) error) {
		parts.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				fail(err)
			}
		})
	}
	if a.opt.Callback.On() {
		serve, err := r.listen(ctx)
		if err != nil {
			return err
		}
		part(serve)
	}
	part(r.follow)
	part(r.intake.catchUp)
	part(r.upkeep)
	part(r.watch)
	<-ctx.Done()
	r.lanes.close()
	parts.Wait()
	r.finish(end)
	return ended(ctx)
}

// ended is why Run ends: nothing when it was told to.
func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// finish lets what was begun end, for at most stopTime, and keeps how far it
// came.
func (r *run) finish(end func()) {
	done := make(chan struct{})
	go func() { r.lanes.parts.Wait(); r.parts.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(stopTime):
		r.opt.Log.Warn("mattermost: acts were cut off at the end")
		end()
		<-done
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.life), time.Second)
	defer cancel()
	if err := r.trails.flush(ctx); err != nil {
		r.opt.Log.Warn("mattermost: how far it was read is not kept", "err", err)
	}
}

// begin waits for the server and the store, and learns who the bot is.
func (r *run) begin(ctx context.Context) error {
	for wait := (backoff{}); ; {
		var err error
		if r.me, err = r.people.look(ctx); err == nil {
			err = r.bounds(ctx)
		}
		if err == nil {
			_, err = r.secret.get(ctx)
		}
		if err == nil {
			err = r.trails.load(ctx)
		}
		if err == nil || errors.Is(err, ErrToken) {
			return err
		}
		r.opt.Log.Warn("mattermost: waits for the server and the store", "err", err)
		if !rest(ctx, wait.next()) {
			return nil
		}
	}
}

// bounds learns how long a post may be: a server with an old database says
// 4000. One that does not say is one that takes the usual.
func (r *run) bounds(ctx context.Context) error {
	config, err := r.client.config(ctx)
	if n, nerr := strconv.Atoi(config["MaxPostSize"]); nerr == nil && n > 0 {
		r.longest.Store(int64(n))
	}
	return err
}

// follow keeps the socket open.
func (r *run) follow(ctx context.Context) error {
	s := newSocket(r.opt.URL, r.opt.Token)
	s.event, s.begin = r.event, func(lost bool) {
		r.linked.Store(true)
		r.opt.Log.Info("mattermost: connected", "lost", lost)
		if lost {
			r.intake.kick()
			r.noticed()
		}
	}
	s.clock = func(began time.Time, server int64) {
		now := r.opt.Now()
		r.skew.measure(now.Add(-time.Since(began)), now, server)
	}
	wait := backoff{}
	for ctx.Err() == nil {
		heard, err := s.connect(ctx)
		r.linked.Store(false)
		if heard {
			wait = backoff{}
		}
		if _, err := r.people.look(ctx); errors.Is(err, ErrToken) {
			return ErrToken
		}
		if ctx.Err() == nil {
			r.opt.Log.Warn("mattermost: connection ended", "err", err)
		}
		rest(ctx, wait.next())
	}
	return nil
}

// upkeep keeps how far was read, and looks whether the token still counts.
func (r *run) upkeep(ctx context.Context) error {
	flush, check := time.NewTicker(flushTime), time.NewTicker(checkTime)
	defer flush.Stop()
	defer check.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-flush.C:
			if err := r.trails.flush(ctx); err != nil && ctx.Err() == nil {
				r.opt.Log.Warn("mattermost: how far it was read is not kept", "err", err)
			}
			continue
		case <-check.C:
		case <-r.client.wire.denied:
		}
		if _, err := r.people.look(ctx); errors.Is(err, ErrToken) {
			return ErrToken
		}
	}
}

// event takes one event of the socket. It does not wait.
func (r *run) event(ev *model.WebSocketEvent) {
	switch ev.EventType() {
	case model.WebsocketEventPosted:
		r.intake.posted(ev)
	case model.WebsocketEventReactionAdded:
		r.reacted(ev)
	default:
		if r.concerns(ev) {
			r.noticed()
		}
	}
}

// noticed has the desk's channel looked at.
func (r *run) noticed() {
	select {
	case r.changed <- struct{}{}:
	default: // it will be
	}
}

// backoff is the pause before something is tried again: 1 to 60 s.
type backoff struct{ tries int }

func (b *backoff) next() time.Duration {
	d := min(time.Second<<min(b.tries, 6), time.Minute)
	b.tries++
	return jitter(d)
}

// locks orders what is done in one channel.
type locks struct {
	mu  sync.Mutex
	all map[string]*lock
}

type lock struct {
	held chan struct{}
	want int
}

func newLocks() *locks { return &locks{all: map[string]*lock{}} }

// lock waits until it is this caller's turn.
func (l *locks) lock(ctx context.Context, id string) (unlock func(), err error) {
	l.mu.Lock()
	k, ok := l.all[id]
	if !ok {
		k = &lock{held: make(chan struct{}, 1)}
		l.all[id] = k
	}
	k.want++
	l.mu.Unlock()
	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if k.want--; k.want == 0 {
			delete(l.all, id)
		}
	}
	select {
	case k.held <- struct{}{}:
		return func() { <-k.held; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
