package config

import (
	"fmt"
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/nl"
)

// Holiday is the name of a public holiday, as the file writes it.
type Holiday string

// holidays are those of art. 3 of the Algemene termijnenwet. Unlike in many
// offices, 5 May counts each year.
func holidays() map[Holiday]*cal.Holiday {
	return map[Holiday]*cal.Holiday{
		"nieuwjaarsdag":      nl.Nieuwjaar,
		"goede_vrijdag":      nl.GoedeVrijdag,
		"tweede_paasdag":     nl.TweedePaasdag,
		"koningsdag":         nl.Koningsdag,
		"bevrijdingsdag":     nl.BevrijdingsDag,
		"hemelvaartsdag":     nl.Hemelvaart,
		"tweede_pinksterdag": nl.TweedePinksterDag,
		"eerste_kerstdag":    nl.EersteKerstdag,
		"tweede_kerstdag":    nl.TweedeKerstdag,
	}
}

// Calendar knows working days and office hours. It is safe for concurrent use.
// The law itself does not govern our terms; we only borrow its list of days.
type Calendar struct {
	loc      *time.Location
	hours    OfficeHours
	holidays []*cal.Holiday
	free     map[Date]bool
	worked   map[Date]bool
}

// maxSearch bounds the search for a working day, in days. The lists that
// Validate lets through hold 400 free days at most, so that it is found sooner.
const maxSearch = 1000

// NewCalendar makes the calendar of c, which Load has found valid. The error is
// about an unknown time zone or holiday.
func NewCalendar(c Config) (*Calendar, error) {
	loc, err := c.Location()
	if err != nil {
		return nil, fmt.Errorf("config: calendar: %w", err)
	}
	k := &Calendar{loc: loc, hours: c.OfficeHours, free: map[Date]bool{}, worked: map[Date]bool{}}
	known := holidays()
	for _, name := range c.Calendar.Holidays {
		h, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("config: calendar: unknown holiday %q", name)
		}
		k.holidays = append(k.holidays, h)
	}
	for _, d := range slices.Concat(c.Calendar.Equated, c.Calendar.Extra) {
		k.free[d] = true
	}
	for _, d := range c.Calendar.Worked {
		k.worked[d] = true
	}
	return k, nil
}

// Location is the zone in which days begin and end.
func (k *Calendar) Location() *time.Location { return k.loc }

// Date returns the day of an instant.
func (k *Calendar) Date(at time.Time) Date { return DateOf(at.In(k.loc)) }

// IsWorkday reports whether people work on d. Days that the municipality says
// are worked go before everything, the weekend included.
func (k *Calendar) IsWorkday(d Date) bool {
	if k.worked[d] {
		return true
	}
	if wd := d.At(0, time.UTC).Weekday(); wd == time.Saturday || wd == time.Sunday || k.free[d] {
		return false
	}
	for _, h := range k.holidays {
		if act, obs := h.Calc(d.Year); DateOf(act) == d || DateOf(obs) == d {
			return false
		}
	}
	return true
}

// AddWorkdays returns the n-th working day after d; d itself does not count.
// For n of zero or less it returns d.
func (k *Calendar) AddWorkdays(d Date, n int) Date {
	for ; n > 0; n-- {
		d = k.next(d)
	}
	return d
}

// WorkdaysBefore returns the n-th working day before d; d itself does not count.
func (k *Calendar) WorkdaysBefore(d Date, n int) Date {
	for ; n > 0; n-- {
		for range maxSearch {
			if d = d.Add(-1); k.IsWorkday(d) {
				break
			}
		}
	}
	return d
}

// Workday returns d when people work then, else the first day after it on which
// they do.
func (k *Calendar) Workday(d Date) Date {
	if k.IsWorkday(d) {
		return d
	}
	return k.next(d)
}

// Workdays counts the working days after from, up to and with to; 0 when to is
// not later.
func (k *Calendar) Workdays(from, to Date) int {
	n := 0
	for d := from.Add(1); d.Compare(to) <= 0; d = d.Add(1) {
		if k.IsWorkday(d) {
			n++
		}
	}
	return n
}

// next returns the first working day after d.
func (k *Calendar) next(d Date) Date {
	for range maxSearch {
		if d = d.Add(1); k.IsWorkday(d) {
			break
		}
	}
	return d
}

// InOfficeHours reports whether people are at work at this instant.
func (k *Calendar) InOfficeHours(at time.Time) bool {
	d := k.Date(at)
	return k.IsWorkday(d) && !at.Before(d.At(k.hours.From, k.loc)) && at.Before(d.At(k.hours.To, k.loc))
}

// NextOfficeHours returns at itself when people are at work then, else the
// instant at which they begin next.
func (k *Calendar) NextOfficeHours(at time.Time) time.Time {
	if k.InOfficeHours(at) {
		return at
	}
	d := k.Date(at)
	if open := d.At(k.hours.From, k.loc); k.IsWorkday(d) && at.Before(open) {
		return open.UTC()
	}
	return k.next(d).At(k.hours.From, k.loc).UTC()
}

// Deadline returns when a term that starts at from is over, in UTC. A term in
// working days ends with the office hours of that day, by date and not by hours,
// so that daylight saving does not move it. A term by the clock runs day and
// night.
func (k *Calendar) Deadline(from time.Time, t Term) time.Time {
	if t.Workdays > 0 {
		return k.AddWorkdays(k.Date(from), t.Workdays).At(k.hours.To, k.loc).UTC()
	}
	return from.Add(t.Span.Duration()).UTC()
}

// OfficeDeadline is Deadline, but a term by the clock runs in office hours only:
// what comes in on Friday evening with one hour to go is due on Monday at 09:30.
func (k *Calendar) OfficeDeadline(from time.Time, t Term) time.Time {
	if t.Workdays > 0 {
		return k.Deadline(from, t)
	}
	left := t.Span.Duration()
	at := k.NextOfficeHours(from)
	for {
		closing := k.Date(at).At(k.hours.To, k.loc)
		today := closing.Sub(at)
		if left <= today || today <= 0 {
			return at.Add(left).UTC()
		}
		left -= today
		at = k.NextOfficeHours(closing)
	}
}

// ReadBy returns when a signal of this urgency (acute, soon, normal), received
// at from, must have been read. An acute term runs day and night only where
// somebody is rostered day and night (AcuteCover); else it runs in office hours.
func (c Config) ReadBy(k *Calendar, urgency string, from time.Time) time.Time {
	return c.Due(k, "read", urgency, from)
}

// Due returns when a term of a signal that runs from a moment is over, by the
// name of its clock (Terms.Clocks); zero when there is no such clock.
func (c Config) Due(k *Calendar, clock, urgency string, from time.Time) time.Time {
	by, ok := c.Terms.Clocks()[clock]
	switch {
	case !ok:
		return time.Time{}
	case urgency == "acute" && c.AcuteCover.Always:
		return k.Deadline(from, by.Of(urgency))
	}
	return k.OfficeDeadline(from, by.Of(urgency))
}

// AcuteIsCovered reports whether somebody is there for an acute signal at this
// instant. If not, the reporter reads that only 112 and 0900-8844 answer.
func (c Config) AcuteIsCovered(k *Calendar, at time.Time) bool {
	return c.AcuteCover.Always || k.InOfficeHours(at)
}
