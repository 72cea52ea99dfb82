package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/bot/desk"
	"github.com/meldroute/meldroute/bot/dialogue"
	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/bot/reminder"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
)

// Replica is the program as serve assembles it, with a clock of the test. What
// serve does as time goes by is done by Sweep and Upkeep.
type Replica struct {
	Store    *store.Store
	Dialogue *dialogue.Dialogue
	Desk     *desk.Desk
	Reminder *reminder.Reminder
	b        *bot
	said     chan string // what it tells the operator
}

// NewReplica starts one. On SQLite only one is the first. It is given what
// through makes of each platform that the configuration asks for.
func NewReplica(ctx context.Context, c config.Config, first bool, now func() time.Time, log *slog.Logger, through func(adapters.Adapter) adapters.Adapter) (*Replica, error) {
	m := alongside
	if first {
		m = serving
	}
	said := make(chan string, 1)
	b, err := newBot(&env{ctx: ctx, config: c, out: operator(said), err: io.Discard, now: now}, m, log)
	if err != nil {
		return nil, err
	}
	if err := b.open(c); err != nil {
		return nil, err
	}
	for i, a := range b.adapters {
		b.adapters[i] = through(a)
	}
	if err := b.wire(); err != nil {
		return nil, err
	}
	return &Replica{Store: b.store, Dialogue: b.dialogue, Desk: b.desk, Reminder: b.reminder, b: b, said: said}, nil
}

type operator chan string

func (o operator) Write(p []byte) (int, error) {
	o <- string(p)
	return len(p), nil
}

// Serve runs the platforms, as serve does, until stop, and returns where their
// pages are.
func (r *Replica) Serve(ctx context.Context) (url string, stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	if err := r.b.dialogue.Resume(ctx); err != nil {
		cancel()
		return "", nil, err
	}
	ended := make(chan error, len(r.b.adapters))
	var all sync.WaitGroup
	for _, a := range r.b.adapters {
		all.Go(func() { ended <- a.Run(ctx, r.b.handler()) })
	}
	stop = func() error { cancel(); all.Wait(); return <-ended }
	for {
		select {
		case err := <-ended:
			cancel()
			return "", nil, fmt.Errorf("a platform ended: %w", err)
		case line := <-r.said:
			if _, at, ok := strings.Cut(line, "Meldroute draait op "); ok {
				return strings.TrimRight(at, "/\n"), stop, nil
			}
		}
	}
}

// Screens gives a desk what serve makes for its coördinators, and returns what
// it makes for the Copen meeting.
func Screens(o *desk.Options) (meeting func(ctx context.Context, half, lang string) ([]byte, string, error)) {
	screen := figuresScreen{
		book:  figures.New(figures.Options{Store: o.Store, Config: o.Config, Texts: o.Texts, Now: o.Now}),
		texts: o.Texts, config: o.Config,
	}
	o.Rights, o.Figures, o.Training = rightsScreen(o.Store, o.Config, o.Texts), screen, screen
	return screen.meeting
}

// Platforms are the adapters that serve opens, with a clock of the test.
func Platforms(ctx context.Context, c config.Config, now func() time.Time) (all []adapters.Adapter, done func() error, err error) {
	b, err := newBot(&env{ctx: ctx, config: c, out: io.Discard, err: io.Discard, now: now}, serving, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	err = b.open(c)
	return b.adapters, b.store.Close, err
}

// Sweep does all that is due at now.
func (r *Replica) Sweep(ctx context.Context, now time.Time) { r.b.loop.Sweep(ctx, now) }

// Upkeep does what is not owed to anybody.
func (r *Replica) Upkeep(ctx context.Context, now time.Time) {
	for _, j := range r.b.jobs() {
		if err := j.do(ctx, now); err != nil {
			panic(err)
		}
	}
}

// Waiting is how much the platforms have to do.
func (r *Replica) Waiting() (n int) {
	for _, a := range r.b.adapters {
		if q, ok := a.(adapters.Queue); ok {
			n += q.Waiting()
		}
	}
	return n
}

// Metrics are what /metrics says.
func (r *Replica) Metrics() string {
	w := httptest.NewRecorder()
	promhttp.HandlerFor(r.b.ops.registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// NewSlack starts a replica on a Slack of the test.
func NewSlack(ctx context.Context, c config.Config, now func() time.Time, log *slog.Logger, change func(*slack.Options)) (*Replica, error) {
	said := make(chan string, 1)
	b, err := onlySlack(&env{ctx: ctx, config: c, out: operator(said), err: io.Discard, now: now}, log, change)
	if err != nil {
		return nil, err
	}
	return &Replica{Store: b.store, Dialogue: b.dialogue, Desk: b.desk, Reminder: b.reminder, b: b, said: said}, nil
}

// ServeSlack serves on Slack as serve does, on a Slack of the test.
func ServeSlack(ctx context.Context, c config.Config, out io.Writer, log *slog.Logger, change func(*slack.Options)) error {
	b, err := onlySlack(&env{ctx: ctx, config: c, out: out, err: io.Discard, now: time.Now}, log, change)
	if err != nil {
		return err
	}
	return b.serve(ctx)
}

// ProbeSlack is the command "slack probe", in a workspace of the test's.
func ProbeSlack(ctx context.Context, c config.Config, person string, in io.Reader, out io.Writer, change func(*slack.Options)) error {
	o := slackOptions(c)
	change(&o)
	return slackProbeCmd{Person: person, Wait: time.Minute}.run(&env{ctx: ctx, config: c, in: in, out: out, err: io.Discard, now: time.Now}, o)
}

// onlySlack is a bot on Slack, with other options than those of its
// configuration.
func onlySlack(e *env, log *slog.Logger, change func(*slack.Options)) (*bot, error) {
	b, err := newBot(e, serving, log)
	if err != nil {
		return nil, err
	}
	o := slackOptions(e.config)
	change(&o)
	a, err := b.makeSlack(o)
	if err != nil {
		return nil, err
	}
	b.adapters = []adapters.Adapter{a}
	return b, b.wire()
}

// Handler is what every platform hands its messages to.
func (r *Replica) Handler() adapters.Handler { return r.b.handler() }
