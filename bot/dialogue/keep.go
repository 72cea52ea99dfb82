package dialogue

import "time"

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
		t.effects.Keep = &keep
	}
}
