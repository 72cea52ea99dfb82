package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/bot/desk"
	"github.com/meldroute/meldroute/bot/dialogue"
	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/bot/reminder"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
)

// Replica is the program as serve assembles it, with platforms and a clock of
// the test. What serve does as time goes by is done by Sweep.
type Replica struct {
	Store    *store.Store
	Dialogue *dialogue.Dialogue
	Desk     *desk.Desk
	Reminder *reminder.Reminder
	b        *bot
}

// NewReplica starts one. On SQLite only one is the first.
func NewReplica(ctx context.Context, c config.Config, first bool, now func() time.Time, platforms ...adapters.Adapter) (*Replica, error) {
	m := alongside
	if first {
		m = serving
	}
	b, err := newBot(&env{ctx: ctx, config: c, out: io.Discard, err: io.Discard, now: now}, m, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	b.adapters = platforms
	if err := b.wire(); err != nil {
		return nil, err
	}
	return &Replica{Store: b.store, Dialogue: b.dialogue, Desk: b.desk, Reminder: b.reminder, b: b}, nil
}

// Screens gives a desk what serve makes for its coördinators.
func Screens(o *desk.Options) {
	screen := figuresScreen{
		book:  figures.New(figures.Options{Store: o.Store, Config: o.Config, Texts: o.Texts, Now: o.Now}),
		texts: o.Texts, config: o.Config,
	}
	o.Rights, o.Figures, o.Training = rightsScreen(o.Store, o.Config, o.Texts), screen, screen
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

// Handle takes a message as an adapter would bring it.
func (r *Replica) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	return r.b.handler().Handle(ctx, m)
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
