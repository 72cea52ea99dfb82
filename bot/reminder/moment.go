package reminder

import (
	"time"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
)

// Remind says when a deadline is brought up: a pure function of its term, its
// date, the urgency and the configuration.
//
// What is acute and has a term by the clock is brought up when it is due, at
// once. Everything else is, at the hour of the bundle, so many working days
// before, on the day, and then every so many; a deadline that is late already
// when it is set is brought up on the next working day. So a missed moment is
// found again from the date alone.
func Remind(c config.Config, k *config.Calendar) store.Remind {
	return func(s store.Signal, after time.Time, fresh bool) store.Moment {
		if s.Due.IsZero() {
			return store.Moment{}
		}
		clock := c.Reminders.Clocks.Of(s.Clock)
		at := func(d config.Date) time.Time { return d.At(c.Reminders.At, k.Location()).UTC() }
		day := k.Workday(k.Date(s.Due))
		moments := []time.Time{at(k.WorkdaysBefore(day, clock.Before)), at(day)}
		if byClock(c, s) {
			if after.Before(s.Due) {
				return store.Moment{At: s.Due, Apart: true}
			}
			moments = nil
		}
		for _, m := range moments {
			if m.After(after) {
				return store.Moment{At: m}
			}
		}
		if fresh {
			tomorrow := k.Workday(k.Date(after))
			if !at(tomorrow).After(after) {
				tomorrow = k.AddWorkdays(tomorrow, 1)
			}
			return store.Moment{At: at(tomorrow)}
		}
		for {
			if day = k.AddWorkdays(day, clock.Repeat); at(day).After(after) {
				return store.Moment{At: at(day)}
			}
		}
	}
}

// Warn says when it is brought up that a signal is erased (T11): at the hour of
// the bundle, so many days before the last on which it is kept, and when nobody
// works then, on the working day before. What is past is left out; but when the
// date was set just then, the last warning remains.
func Warn(c config.Config, k *config.Calendar) store.Warn {
	return func(r store.Retention, after time.Time, fresh bool) time.Time {
		var at time.Time
		for _, n := range c.Retention.WarnDays {
			d := k.LastDay(r.Until).Add(-n)
			if !k.IsWorkday(d) {
				d = k.WorkdaysBefore(d, 1)
			}
			if at = d.At(c.Reminders.At, k.Location()).UTC(); at.After(after) {
				return at
			}
		}
		if fresh {
			return at
		}
		return time.Time{}
	}
}

// byClock reports whether a deadline cannot wait for the bundle of a day: it is
// acute and its term is one of hours.
func byClock(c config.Config, s store.Signal) bool {
	term, ok := c.Terms.Clocks()[s.Clock]
	return ok && s.Urgency == acute && term.Of(acute).Workdays == 0
}

// acute is the urgency that does not wait.
const acute = "acute"

// begun is when a deadline is brought up first.
func (r *Reminder) begun(s store.Signal) time.Time {
	day := r.o.Calendar.Workday(r.o.Calendar.Date(s.Due))
	day = r.o.Calendar.WorkdaysBefore(day, r.o.Config.Reminders.Clocks.Of(s.Clock).Before)
	return day.At(r.o.Config.Reminders.At, r.o.Calendar.Location())
}
