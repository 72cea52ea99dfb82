package desk

import (
	"slices"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

// retention is until when the case is kept, as it stands in the record (P27,
// P28): by the reason of its closing, at least so long after new input, as an
// officer extended it, and never at once when a legal hold is lifted. What is
// still open has no date.
func (w *work) retention() store.Retention {
	terms, k := w.d.o.Config.Retention, w.d.o.Calendar
	keep := store.Retention{Hold: w.rec.OnHold(), Anonymous: w.view.Case.Keep.Anonymous}
	var from time.Time
	switch {
	case w.rec.Closed():
		last := w.rec.Closings[len(w.rec.Closings)-1]
		from = last.Stamp.At
		keep.Until = k.KeptUntil(from, terms.Closed.Of(last.Reason))
	case w.status() == store.Withdrawn:
		from = w.rec.Touched
		if from.IsZero() {
			from = w.view.Now
		}
		keep.Until = k.KeptUntil(from, terms.Withdrawn)
	default:
		keep.ReporterUntil = w.reporterUntil()
		return keep
	}
	if at := w.input(); at.After(from) {
		keep.Until = latest(keep.Until, k.KeptUntil(at, terms.AfterInput))
	}
	for _, x := range w.rec.Extended {
		if d, ok := w.date(x.Until); ok && !x.Stamp.At.Before(from) {
			keep.Until = latest(keep.Until, k.EndOf(d))
		}
	}
	if n := len(w.rec.Holds); n > 0 && !keep.Hold { // as long as a warning needs
		keep.Until = latest(keep.Until, k.EndOf(k.Date(w.rec.Holds[n-1].Stamp.At).Add(terms.WarnDays[0])))
	}
	keep.ReporterUntil = w.reporterUntil()
	return keep
}

// reporterUntil is until when it is kept who reported: so long after the last
// contact, once the reporter got the last word or the case was closed without
// (P27). Reopening takes the date away.
func (w *work) reporterUntil() time.Time {
	last, final := w.rec.Contact()
	at := last.At
	if w.rec.Closed() && at.IsZero() { // he could not be reached
		at, final = w.rec.Closings[len(w.rec.Closings)-1].Stamp.At, true
	}
	if !final {
		return time.Time{}
	}
	return w.d.o.Calendar.KeptUntil(latest(at, w.input()), w.d.o.Config.Retention.Reporter)
}

// input is when the reporter last added or said something; zero is never.
func (w *work) input() time.Time {
	var at time.Time
	for _, a := range w.view.Case.Additions {
		if a.By.Empty() {
			at = latest(at, a.At)
		}
	}
	return at
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (w *work) date(s string) (config.Date, bool) {
	var d config.Date
	err := d.UnmarshalText([]byte(s))
	return d, err == nil && !d.IsZero()
}

// keep writes until when the case is kept.
func (w *work) keep(e *store.Effects) {
	if now := w.retention(); now != w.view.Case.Keep {
		e.Keep = &now
	}
}

// kept shows what is erased and when, and why not.
func (w *work) kept(s *sheet) {
	keep := w.view.Case.Keep
	if keep.Hold {
		x := w.rec.Holds[len(w.rec.Holds)-1]
		s.fact("desk.f.hold", w.d.say(w.lang, "desk.keep.held", map[string]any{
			"Date": w.d.o.Calendar.Date(x.Stamp.At).Long(w.lang), "Who": w.officer(x.Stamp.By), "Why": x.Why.Reveal(),
		}))
	}
	if !keep.Until.IsZero() && !keep.Hold {
		s.fact("desk.f.kept", w.lastDay("desk.keep.until", keep.Until))
	}
	switch {
	case keep.Anonymous:
		s.fact("desk.f.keptreporter", w.d.say(w.lang, "desk.keep.anonymous", nil))
	case !keep.ReporterUntil.IsZero() && !keep.Hold:
		s.fact("desk.f.keptreporter", w.lastDay("desk.keep.reporter", keep.ReporterUntil))
	}
}

func (w *work) lastDay(id string, until time.Time) string {
	return w.d.say(w.lang, id, map[string]any{"Date": w.d.o.Calendar.LastDay(until).Long(w.lang)})
}

// kept is why the case was kept longer.
func (p *past) kept() {
	w := p.w
	for _, x := range w.rec.Extended {
		until, _ := w.date(x.Until)
		p.add(x.Stamp, w.title("keep")+": "+w.option("keep", keepExtend), until.Long(w.lang), x.Why.Reveal())
	}
	for _, x := range w.rec.Holds {
		what := map[bool]string{true: keepHold, false: keepRelease}[x.On]
		p.add(x.Stamp, w.title("keep")+": "+w.option("keep", what), x.Why.Reveal())
	}
}

// What can be done about keeping a case.
const (
	keepExtend  = "extend"
	keepHold    = "hold"
	keepRelease = "release"
)

// keepable is what this officer may do about keeping the case now.
func (w *work) keepable() []string {
	var out []string
	if keep := w.view.Case.Keep; !keep.Until.IsZero() && !keep.Hold {
		out = append(out, keepExtend)
	}
	if w.d.coordinates(w.by.By, w.team) {
		if w.rec.OnHold() {
			return append(out, keepRelease)
		}
		out = append(out, keepHold)
	}
	return out
}

// furthest is the last day that an extension may reach.
func (w *work) furthest() config.Date {
	return w.d.o.Calendar.Date(w.view.Now).AddMonths(int(w.d.o.Config.Retention.Extend))
}

func keepFields(w *work) []adapters.Field {
	until := optional(w.field("keepuntil", adapters.Date))
	until.Value = private.List(w.furthest().String())
	return append([]adapters.Field{w.choose("keep", adapters.One, w.options("keep", w.keepable()...)), until}, reason(w)...)
}

func keepActs(w *work, in adapters.Values) ([]handling.Act, error) {
	what := in.One("keep")
	if !slices.Contains(w.keepable(), what) {
		return nil, store.ErrNotFound
	}
	if what != keepExtend {
		return []handling.Act{handling.Hold{Stamp: w.by, On: what == keepHold, Why: in.Text("why")}}, nil
	}
	now, most := w.d.o.Calendar.LastDay(w.view.Case.Keep.Until), w.furthest()
	d, ok := w.date(in.One("keepuntil"))
	if !ok || d.Compare(now) <= 0 || d.Compare(most) > 0 {
		return nil, told{w.d.say(w.lang, "desk.keep.limit", map[string]any{"From": now.Long(w.lang), "Most": most.Long(w.lang)})}
	}
	return []handling.Act{handling.Extend{Stamp: w.by, Until: d.String(), Why: in.Text("why")}}, nil
}

// keepReason is the reason of an act that keeps a case longer, for the journal.
func keepReason(acts []handling.Act) private.Text {
	for _, a := range acts {
		switch a := a.(type) {
		case handling.Extend:
			return a.Why
		case handling.Hold:
			return a.Why
		}
	}
	return private.Text{}
}
