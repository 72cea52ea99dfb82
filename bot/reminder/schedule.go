package reminder

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// kindRound begins the kinds of what comes round; the name of its schedule
// follows.
const kindRound = "round."

// rounds sees to it that of each schedule the next occurrence is planned, and no
// other. One that was missed is still there, past due: it is sent once, and only
// then the next is planned.
func (r *Reminder) rounds(ctx context.Context, now time.Time) error {
	all := r.o.Config.Reminders.Rounds.All()
	names := slices.Sorted(maps.Keys(all))
	kinds := make([]string, len(names))
	for i, name := range names {
		kinds[i] = kindRound + name
	}
	planned, err := r.o.Store.Planned(ctx, kinds)
	if err != nil {
		return err
	}
	var e store.Effects
	for i, name := range names {
		want := store.Notice{NoticeID: store.NoticeID{Kind: kinds[i]}, To: store.ToConcerned}
		at := all[name].Schedule.Next(now.In(r.o.Calendar.Location()))
		on := !at.IsZero()
		if on {
			want.N, want.Due = number(r.o.Calendar.Date(at)), r.o.Calendar.NextOfficeHours(at)
		}
		stands := false
		for _, p := range planned {
			switch {
			case p.Kind != want.Kind:
			case r.occurs(all[name].Schedule, p.N):
				stands = true
			default: // the schedule was changed
				e.Done = append(e.Done, p.NoticeID)
			}
		}
		if on && !stands {
			e.Notices = append(e.Notices, want)
		}
	}
	if len(e.Done)+len(e.Notices) == 0 {
		return nil
	}
	_, err = r.o.Store.Turn(ctx, store.Event{}, func(store.View) (store.Effects, error) { return e, nil })
	return err
}

// occurs reports whether a schedule has an occurrence on a day.
func (r *Reminder) occurs(s config.Schedule, day int) bool {
	begin := time.Date(day/10000, time.Month(day/100%100), day%100, 0, 0, 0, 0, r.o.Calendar.Location())
	at := s.Next(begin.Add(-time.Second))
	return !at.IsZero() && number(r.o.Calendar.Date(at)) == day
}

// round sends what came round to everybody whom the configuration names. Nobody
// is asked whether he read it.
func (r *Reminder) round(ctx context.Context, n store.Notice) error {
	now := r.o.Now()
	if open := r.o.Calendar.NextOfficeHours(now); open.After(now) {
		return Later{Until: open}
	}
	name := strings.TrimPrefix(n.Kind, kindRound)
	s, ok := r.o.Config.Reminders.Rounds.All()[name]
	if !ok {
		return nil // a schedule of another version
	}
	c, err := r.crew(ctx)
	if err != nil {
		return err
	}
	to := c.addressees(s)
	reply := adapters.Reply{Key: fmt.Sprintf("%s.%d", n.Kind, n.N)}
	switch name {
	case "question":
		id := questions[(n.N/10000*12+n.N/100%100)%len(questions)]
		reply.Text = r.say("", "remind.question", nil) + "\n\n" + r.say("", id, nil) + "\n\n" + r.say("", "remind.question.end", nil)
	case "offer":
		reply.Text = r.say("", "remind.offer", nil) + "\n\n" + r.say("", "remind.offer.kit", nil)
	case "contacts":
		due, err := r.unchecked(ctx)
		if err != nil || len(due) == 0 {
			return err
		}
		to = append(to, r.owners(due)...)
		reply.Text = r.say("", "remind.contacts", map[string]any{"Count": len(due)})
	case "figures":
		half, said, err := r.o.Figures(ctx)
		if err != nil {
			return err
		}
		if half != "" { // however often the schedule comes round in it
			reply.Key = n.Kind + "." + half
		}
		reply.Text = said
		reply.Choices = []adapters.Choice{{Token: r.o.FiguresPress, Label: r.say("", "remind.figures", nil), Tone: adapters.ToneMain}}
	default:
		reply.Text = r.say("", "remind."+name, nil)
	}
	return r.each(ctx, n, to, reply)
}

// each sends what came round to everybody once. One who is gone is passed over.
func (r *Reminder) each(ctx context.Context, n store.Notice, to []store.Person, reply adapters.Reply) error {
	var failed error
	for i, p := range to {
		if slices.Contains(to[:i], p) {
			continue
		}
		own := reply
		if n.Kind == kindRound+"contacts" {
			if err := r.withCheck(ctx, p, &own); err != nil {
				return err
			}
		}
		if err := r.send(ctx, p, own); errors.Is(err, adapters.ErrGone) {
			r.o.Log.Warn("reminder: somebody is gone", "kind", n.Kind, "err", err)
		} else {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// questions are the questions of the month, one after the other.
var questions = [...]string{
	"remind.question.one", "remind.question.two", "remind.question.three",
	"remind.question.four", "remind.question.five", "remind.question.six",
}

// addressees are to whom a schedule goes.
func (c crew) addressees(s config.Round) []store.Person {
	var out []store.Person
	for _, to := range s.To {
		if to != config.RoleOfficers && to != config.RoleCoordinators {
			out = append(out, private.New(to))
			continue
		}
		out = append(out, c.role(to)...)
	}
	return out
}
