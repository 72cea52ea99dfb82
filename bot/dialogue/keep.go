package dialogue

import (
	"time"

	"github.com/meldroute/meldroute/store"
)

// postpone keeps an old signal at least so long after new input, so that an
// officer can look at it; who reported it stays reachable as long (P27).
func (t *turn) postpone() {
	keep, terms, k := t.view.Case.Keep, t.d.o.Config.Retention, t.d.o.Calendar
	later := func(at, least time.Time) time.Time {
		if at.IsZero() || at.After(least) {
			return at
		}
		return least
	}
	keep.Until = later(keep.Until, k.KeptUntil(t.view.Now, terms.AfterInput))
	keep.ReporterUntil = later(keep.ReporterUntil, k.KeptUntil(t.view.Now, terms.Reporter))
	if keep != t.view.Case.Keep {
		t.keep(keep)
	}
}

// keep writes until when a signal is kept, and plans the warnings of a new date
// (T11).
func (t *turn) keep(keep store.Retention) {
	t.effects.Keep = &keep
	if keep.Until.IsZero() || keep.Hold || keep.Until.Equal(t.view.Case.Keep.Until) {
		return
	}
	at := t.d.o.Calendar.Warnings(t.view.Now, keep.Until, t.d.o.Config.Retention.WarnDays)
	t.effects.Notices = append(t.effects.Notices, keep.Warnings(t.view.Case.Ref, at)...)
}
