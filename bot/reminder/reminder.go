// Package reminder sends what is owed. Its Loop claims the notices that are due,
// one lease at a time, hands each to whoever can say it, and settles it. What a
// signal or an act causes is planned where it happens (bot/dialogue, bot/desk);
// what follows from the time alone is said here: deadlines and erasures, in one
// message a day for each person, and what comes round by a schedule.
//
// No replica leads: each plans by unique keys and claims by lease, so that a
// missed moment is found again from the state.
package reminder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// Options are what a Reminder works with; every field is needed.
type Options struct {
	Store    *store.Store
	Config   config.Config
	Calendar *config.Calendar
	Texts    *config.Texts
	Senders  map[string]adapters.Sender // by platform
	// Open makes the capability behind "Openen" of a signal, for one place.
	Open func(ctx context.Context, about store.Reference, at adapters.Address) (token string, err error)
	// Overview is the press that asks for the overview.
	Overview string
	// May says who reads as a member of the desk; ok is false for all others.
	May func(ctx context.Context, who adapters.Address) (v store.Viewer, ok bool, err error)
	// Figures shows the charts of the last half-year that is over in the desk's
	// channel, once; said is what there is to tell of half, "" for one that
	// cannot be shown.
	Figures func(ctx context.Context) (half, said string, err error)
	// FiguresPress is the press that opens the figures.
	FiguresPress string
	Now          func() time.Time
	Log          *slog.Logger
}

// Reminder is safe for concurrent use.
type Reminder struct{ o Options }

// New returns a Reminder.
func New(o Options) *Reminder { return &Reminder{o: o} }

// Plan plans what follows from the time alone: the bundle of the day, from its
// hour until people go home, and what comes round.
func (r *Reminder) Plan(ctx context.Context, now time.Time) error {
	k := r.o.Calendar
	d := k.Date(now)
	var err error
	if k.InOfficeHours(now) && !now.Before(d.At(r.o.Config.Reminders.At, k.Location())) {
		_, err = r.o.Store.Bundle(ctx, now, number(d))
	}
	return errors.Join(err, r.rounds(ctx, now))
}

// number is a day as the store counts them.
func number(d config.Date) int { return store.Day(d.At(0, time.UTC)) }

// Deliver sends a notice to those whom it concerns.
func (r *Reminder) Deliver(ctx context.Context, n store.Notice) error {
	switch n.Kind {
	case store.KindDaily:
		return r.daily(ctx, n)
	case store.KindDuty:
		return r.apart(ctx, n)
	}
	return r.round(ctx, n)
}

// apart brings up one deadline by itself, at once.
func (r *Reminder) apart(ctx context.Context, n store.Notice) error {
	duties, err := r.o.Store.Duty(ctx, n.NoticeID, r.readers())
	if err != nil || len(duties) == 0 {
		return err // met meanwhile
	}
	_, err = r.tell(ctx, fmt.Sprintf("%s.%s.%d", n.Kind, n.About, n.N), "remind.now", duties)
	return err
}

// daily sends the bundle of a day. Until people go home, whoever cannot be
// reached is tried again; then the day ends: what reached somebody counts, and
// what reached nobody waits for the next bundle.
func (r *Reminder) daily(ctx context.Context, n store.Notice) error {
	now := r.o.Now()
	today := number(r.o.Calendar.Date(now))
	last := today != n.N || !r.o.Calendar.InOfficeHours(now)
	if last && n.Tries <= 1 { // nobody has any of it: the day is over
		return r.o.Store.Brought(ctx, n.N, n.N, nil)
	}
	duties, err := r.o.Store.Bundled(ctx, n.N, r.readers())
	if err != nil {
		return err
	}
	told, err := r.tell(ctx, fmt.Sprintf("%s.%d", n.Kind, n.N), "remind.daily", duties)
	if err != nil && !last {
		return err
	}
	return r.o.Store.Brought(ctx, n.N, today, told)
}

// readers are all who may receive signals.
func (r *Reminder) readers() []store.Person {
	var out []store.Person
	for _, p := range r.o.Config.Readers() {
		out = append(out, private.New(string(p.Person)))
	}
	return out
}

// send shows a reply to a person, a channel or, with the platform "mail", at an
// address; one that cannot be reached at all is adapters.ErrGone.
func (r *Reminder) send(ctx context.Context, to store.Person, reply adapters.Reply) error {
	ctx, cancel := context.WithTimeout(ctx, delivery)
	defer cancel()
	a, err := adapters.ParseAddress(to.Reveal())
	if err != nil {
		return fmt.Errorf("reminder: %w: %w", err, adapters.ErrGone)
	}
	s, ok := r.o.Senders[a.Platform]
	if !ok {
		return fmt.Errorf("reminder: no platform %q: %w", a.Platform, adapters.ErrGone)
	}
	return s.Send(ctx, a, reply)
}

// mailTo is the address of a mailbox.
func mailTo(box string) store.Person { return private.New("mail:" + box) }

func (r *Reminder) say(lang, id string, args map[string]any) string {
	if lang == "" {
		lang = r.o.Config.Municipality.Language
	}
	return r.o.Texts.Say(lang, id, args)
}
