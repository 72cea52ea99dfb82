package main_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// model says what people should see, from the rules of DOMAIN chapter 4 and the
// configuration alone, in the plainest way: day by day, with nothing kept but
// what each signal owes.
type model struct {
	c       config.Config
	k       *config.Calendar
	roster  roster.Roster
	duties  map[store.Reference]*debt
	ends    map[store.Reference]*debt // what is erased one day
	bundled map[string]bool           // the days that had their message
	today   map[string]int            // what should be seen today
	total   map[string]int
	round   map[string]time.Time // the last occurrence of what comes round
}

// erased stands for a clock where it is said that a signal is erased.
const erased = "erased"

// debt is the deadline of one signal, or until when it is kept.
type debt struct {
	ref            store.Reference
	due            time.Time
	clock, urgency string
	holder         string
	next           time.Time
	apart          bool
	snoozed        int
	ends           bool
}

func newModel(c config.Config, k *config.Calendar) *model {
	none := func() map[store.Reference]*debt { return map[store.Reference]*debt{} }
	return &model{c: c, k: k, duties: none(), ends: none(), bundled: map[string]bool{}, today: map[string]int{}, total: map[string]int{}, round: map[string]time.Time{}}
}

// set is told what a signal owes now, and until when it is kept.
func (m *model) set(s store.Signal, now time.Time) {
	old := m.duties[s.Ref]
	if end := m.ends[s.Ref]; !s.Keep.Until.IsZero() && (end == nil || !end.due.Equal(s.Keep.Until)) {
		end = &debt{ref: s.Ref, due: s.Keep.Until, holder: old.holder, clock: erased, ends: true}
		end.next = m.warning(end, now, true)
		m.ends[s.Ref] = end
	}
	switch {
	case s.Due.IsZero():
		delete(m.duties, s.Ref)
	case old == nil:
		old = &debt{ref: s.Ref}
		m.duties[s.Ref] = old
		fallthrough
	case !old.due.Equal(s.Due) || old.clock != s.Clock:
		old.due, old.clock, old.urgency, old.snoozed = s.Due, s.Clock, string(s.Urgency), 0
		old.next, old.apart = m.moment(old, now, true)
	}
}

// nine is the hour of the bundle on a day.
func (m *model) nine(d config.Date) time.Time { return d.At(m.c.Reminders.At, m.k.Location()) }

// hours reports whether a deadline does not wait for a day's message.
func (m *model) hours(o *debt) bool {
	return o.urgency == "acute" && m.c.Terms.Clocks()[o.clock].Acute.Workdays == 0
}

// moment is the first time after an instant that a deadline comes up: it looks
// at every day.
func (m *model) moment(o *debt, after time.Time, fresh bool) (time.Time, bool) {
	if m.hours(o) && after.Before(o.due) {
		return o.due, true
	}
	r := m.c.Reminders.Clocks.Of(o.clock)
	on := m.k.Date(o.due)
	for !m.k.IsWorkday(on) {
		on = on.Add(1)
	}
	for d := m.k.Date(after); ; d = d.Add(1) {
		if !m.k.IsWorkday(d) || !m.nine(d).After(after) {
			continue
		}
		before, late := m.between(d, on), m.between(on, d)
		switch {
		case d == on, d.Compare(on) < 0 && before == r.Before:
			if !m.hours(o) {
				return m.nine(d), false
			}
		case d.Compare(on) < 0:
			continue
		}
		if late > 0 && (late%r.Repeat == 0 || fresh) {
			return m.nine(d), false
		}
		if fresh && m.hours(o) {
			return m.nine(d), false
		}
	}
}

// warning is the first time after an instant that an erasure comes up; zero is
// never.
func (m *model) warning(o *debt, after time.Time, fresh bool) (at time.Time) {
	for _, n := range m.c.Retention.WarnDays {
		d := m.k.Date(o.due).Add(-1 - n)
		for !m.k.IsWorkday(d) {
			d = d.Add(-1)
		}
		if at = m.nine(d); at.After(after) {
			return at
		}
	}
	if fresh {
		return at
	}
	return time.Time{}
}

// erase forgets what is erased at an instant.
func (m *model) erase(now time.Time) {
	for ref, o := range m.ends {
		if !now.Before(o.due) {
			delete(m.ends, ref)
			delete(m.duties, ref)
			m.total["erased"]++
		}
	}
}

// between counts working days after a day, up to and with another.
func (m *model) between(from, to config.Date) int {
	n := 0
	for d := from.Add(1); d.Compare(to) <= 0; d = d.Add(1) {
		if m.k.IsWorkday(d) {
			n++
		}
	}
	return n
}

// snooze is told that somebody put something off.
func (m *model) snooze(ref store.Reference, now time.Time, days int) {
	o := m.duties[ref]
	d := m.k.Date(now)
	for days > 0 {
		if d = d.Add(1); m.k.IsWorkday(d) {
			days--
		}
	}
	o.next, o.snoozed = m.nine(d), o.snoozed+1
	if o.snoozed > m.c.Reminders.Snooze.Times || o.urgency == "acute" || o.clock == "read" {
		m.today["put off what may not be "+string(ref)]++
	}
}

// sweep adds what should be seen at an instant.
func (m *model) sweep(now time.Time) {
	d := m.k.Date(now)
	working := m.k.IsWorkday(d) && !now.Before(d.At(m.c.OfficeHours.From, m.k.Location())) && now.Before(d.At(m.c.OfficeHours.To, m.k.Location()))
	var bundle []*debt
	for _, o := range slices.AppendSeq(slices.Collect(maps.Values(m.duties)), maps.Values(m.ends)) {
		switch {
		case o.next.IsZero(), o.next.After(now):
		case o.apart:
			m.show("duty", now, []*debt{o})
		case working && !now.Before(m.nine(d)) && !m.bundled[d.String()]:
			bundle = append(bundle, o)
		}
	}
	if len(bundle) > 0 {
		m.bundled[d.String()] = true
		m.show("daily", now, bundle)
	}
	if working {
		m.rounds(d, now)
	}
}

// line is a deadline in a message to somebody, and why it stands there.
type line struct {
	*debt
	why string
}

// show is one message to everybody whom some deadlines concern.
func (m *model) show(kind string, now time.Time, what []*debt) {
	slices.SortFunc(what, func(a, b *debt) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.ref, b.ref)) })
	lines, told, alone := map[string][]line{}, map[*debt]bool{}, map[*debt]bool{}
	for _, o := range what {
		for to, why := range m.who(o, now) {
			lines[to] = append(lines[to], line{o, why})
			if why == "nobody" {
				alone[o] = true
			}
		}
	}
	for to, lines := range lines {
		kind, most := kind, m.c.Reminders.Cap
		if to == chain {
			kind, most = "chain", len(lines)
		}
		m.today[to+" "+kind]++
		if len(lines) > most { // what is erased goes before what stands in the overview too
			var ends, rest []line
			for _, l := range lines {
				if l.ends {
					ends = append(ends, l)
				} else {
					rest = append(rest, l)
				}
			}
			lines = append(ends, rest...)
			m.today[to+" "+kind+" rest"] += len(lines) - most
			lines = lines[:most]
		}
		for _, l := range lines {
			m.today[to+" "+kind+" "+string(l.ref)+" "+l.clock]++
			m.total[l.why+" "+l.clock]++
			told[l.debt] = true
		}
	}
	for _, o := range what {
		switch {
		case !o.ends:
			o.next, o.apart = m.moment(o, now, false)
		case told[o]:
			o.next = m.warning(o, now, false)
		}
	}
	if n := len(alone); n > 0 {
		m.today[coordinator+" nobody"]++
		m.today[coordinator+" nobody waiting"] += n
		m.today[alarm+" nobody"]++
	}
}

// who hears of a deadline today, and why: it is his "own", "nobody" else is
// there, or it is so late that it goes to the "substitute" too, the "coordinator"
// or the "chain".
func (m *model) who(o *debt, now time.Time) map[string]string {
	d := m.k.Date(now)
	there := func(people ...string) (out []string) {
		for _, p := range people {
			if who, ok := m.roster.For(p, d.String()); ok {
				out = append(out, who)
			}
		}
		return out
	}
	to := map[string]string{}
	tell := func(people []string, why string) {
		for _, p := range people {
			if to[p] == "" {
				to[p] = why
			}
		}
	}
	officers, coordinators := there(first, second), there(coordinator)
	if len(coordinators) == 0 {
		coordinators = []string{coordinator}
	}
	if o.holder != "" {
		tell(there(o.holder), "own")
	}
	if len(to) == 0 {
		tell(officers, "own")
	}
	if len(to) == 0 {
		tell(coordinators, "nobody")
	}
	if o.ends {
		return to
	}
	r, late := m.c.Reminders.Clocks.Of(o.clock), m.between(m.k.Date(o.due), d)
	passed := func(n int) bool { return n > 0 && (late >= n || m.hours(o) && !now.Before(o.due)) }
	if passed(r.Substitute) {
		tell(officers, "substitute")
	}
	if passed(r.Coordinator) {
		tell(coordinators, "coordinator")
	}
	if r.Chain > 0 && late >= r.Chain {
		tell([]string{chain}, "chain")
	}
	return to
}

// rounds adds what comes round: each occurrence once, at the first working hour.
func (m *model) rounds(d config.Date, now time.Time) {
	for name, s := range m.c.Reminders.Rounds.All() {
		if s.Schedule == "" {
			continue
		}
		last := begin.At(0, m.k.Location())
		for at := s.Schedule.Next(last); !at.After(now); at = s.Schedule.Next(at) {
			last = at
		}
		if last.Equal(begin.At(0, m.k.Location())) || !last.After(m.round[name]) {
			continue
		}
		m.round[name] = last
		to := coordinator
		if name == "question" {
			to = deskChannel
		}
		m.today[to+" round"]++
		if name == "figures" {
			m.today[deskChannel+" figures"] += 4 // charts
		}
	}
}

// count adds up what was seen on a day.
func (m *model) count(got map[string]int) {
	for key, n := range got {
		f := strings.Fields(key)
		switch {
		case len(f) == 4:
			m.total["lines"] += n
		case len(f) == 3:
			m.total[f[2]] += n
		case f[0] == alarm:
			m.total["nobody mail"] += n
		default:
			m.total[f[1]] += n
		}
	}
}
