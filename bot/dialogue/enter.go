package dialogue

import (
	"context"
	"slices"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/flows/intake"
	"github.com/meldroute/meldroute/store"
)

// right is whether somebody may read signals: only he may enter one, and nobody
// else is told that it can be done.
type right int

const (
	unasked right = iota
	denied
	granted
)

func (d *Dialogue) right(ctx context.Context, who adapters.Address) (right, error) {
	ok, err := d.o.Desk.Reads(ctx, who)
	if err != nil || !ok {
		return denied, err
	}
	return granted, nil
}

func (t *turn) mayEnter() bool { return t.reads == granted }

// reporting reports whether a signal is being put in: by its reporter, or by an
// officer for another.
func (t *turn) reporting() bool {
	return t.flow != nil && (t.flow.Name == intake.Name || t.flow.Name == intake.EnterName)
}

// busy reports whether there are answers of a report that would be lost.
func (t *turn) busy() bool { return t.reporting() && !intake.Choosing(t.c.State) }

// enter begins a signal that came by phone or on paper, or a case that was
// running already.
func (t *turn) enter() error {
	switch {
	case t.reporting() && t.flow.Name == intake.EnterName:
		return t.repeat("")
	case t.busy():
		return t.repeat("d.busy")
	}
	if err := t.start(intake.EnterName, flows.State{}, ""); err != nil {
		return err
	}
	t.answer.Form = t.screen().form
	return nil
}

// entered files what an officer entered. He read it, so its first term is met;
// the others count from the day of receipt, or from now for a case that was
// running. Its reporter has no chat: nothing is owed to him there.
func (t *turn) entered() error {
	rep, src, entry := intake.ReadEntry(t.flow, t.c.State)
	switch left, ok, err := t.nobodyLeft(); {
	case err != nil:
		return err
	case ok:
		return t.leave("d.outside", left)
	}
	now, by := t.view.Now, person(t.m.From)
	rep.Origin = flows.Origin{How: entry.How, By: by.Reveal(), At: now}
	received := t.d.received(entry.Day, now)
	f := t.d.filing(rep, received)
	f.Received, f.Read = received, true
	f.Deadline = t.d.next(f, rep.Origin.Since(received))
	f.Reporter = store.Reporter{Name: entry.Giver, Lang: t.lang, Source: src}
	if !slices.Contains(f.LeaveOut, by) && !slices.Contains(f.Assign, by) {
		f.Assign = append(f.Assign, by)
	}
	t.effects.File = f
	plan := func(kind string, n int, to store.Role) {
		t.effects.Notices = append(t.effects.Notices, store.Notice{NoticeID: store.NoticeID{Kind: kind, N: n}, To: to, Due: now})
	}
	direct := len(f.LeaveOut) > 0
	if !direct {
		plan(KindCard, 2, store.ToChannel) // the card of a signal that was read
	}
	if direct || f.Urgency == flows.Acute {
		plan(KindUrgent, 1, store.ToOfficers)
	}
	t.effects.Journal = []store.Line{{Action: "signal.entered", Person: by, Outcome: "ok"}}
	if err := t.leave("", nil); err != nil {
		return err
	}
	t.say = t.say[:len(t.say)-1] // the desk shows him the signal
	return nil
}

// received is when a signal of a day came in: today it is now, of an earlier day
// the beginning, so that no term is longer than it was.
func (d *Dialogue) received(day string, now time.Time) time.Time {
	var date config.Date
	if err := date.UnmarshalText([]byte(day)); err != nil || date == d.o.Calendar.Date(now) {
		return now
	}
	return date.At(d.o.Config.OfficeHours.From, d.o.Calendar.Location()).UTC()
}

// next is the first deadline of a signal that was read and that nobody took yet.
func (d *Dialogue) next(f *store.Filing, from time.Time) store.Deadline {
	terms := handling.Terms{Received: from, Due: func(c handling.Clock, from time.Time) time.Time {
		if c == handling.ClockRead {
			c = handling.ClockEnrich
		}
		return d.o.Config.Due(d.o.Calendar, string(c), string(f.Urgency), from)
	}}
	next, _ := handling.Next(handling.FactsOf(f.Report, handling.DefaultParams(nil)), handling.Record{}, terms)
	return store.Deadline{At: next.Due, Clock: string(next.Duty.Clock)}
}
