package config

import "time"

// Retention says how long is kept what nobody works on any more (P27, P28).
// Every term ends on a date, in the municipality's time zone.
type Retention struct {
	Closed     ByReason `yaml:"closed"`      // from the closing
	Withdrawn  Months   `yaml:"withdrawn"`   // from the last act on a signal that its reporter withdrew and nobody closed
	Reporter   Months   `yaml:"reporter"`    // from the last contact, when the reporter got the last word: name, address and contact wish
	AfterInput Months   `yaml:"after_input"` // at least this long after new input on an old case
	Extend     Months   `yaml:"extend"`      // an extension reaches at most so far ahead
	Journal    Months   `yaml:"journal"`     // lines of the journal
	WarnDays   []int    `yaml:"warn_days"`   // T11: so many days before the end, most first
}

// ByReason is a term per reason of closing, by the names of the meldroute.
type ByReason struct {
	ActionTaken    Months `yaml:"action_taken"`
	Moved          Months `yaml:"moved_municipality"`
	TooLittle      Months `yaml:"insufficient_info"`
	NotTrafficking Months `yaml:"not_trafficking"`
	Duplicate      Months `yaml:"duplicate"`
}

// Of returns the term of a reason. One that nobody knows gets the longest, so
// that nothing goes too early.
func (b ByReason) Of(reason string) Months {
	switch reason {
	case "action_taken":
		return b.ActionTaken
	case "moved_municipality":
		return b.Moved
	case "insufficient_info":
		return b.TooLittle
	case "not_trafficking":
		return b.NotTrafficking
	case "duplicate":
		return b.Duplicate
	}
	return max(b.ActionTaken, b.Moved, b.TooLittle, b.NotTrafficking, b.Duplicate)
}

// In writes m in words: "3 maanden", "1 month".
func (m Months) In(lang string) string {
	if lang == "en" {
		return count(int(m), "month", "months")
	}
	return m.String()
}

// KeptUntil returns when a term that starts at from is over: the first moment
// of the day after its last one, in UTC. It counts dates, not hours, so that
// neither daylight saving nor a short month moves it.
func (k *Calendar) KeptUntil(from time.Time, m Months) time.Time {
	return k.EndOf(k.Date(from).AddMonths(int(m)))
}

// EndOf returns the first moment after a day, in UTC.
func (k *Calendar) EndOf(d Date) time.Time { return d.Add(1).At(0, k.loc).UTC() }

// LastDay returns the last day of what is kept until an instant.
func (k *Calendar) LastDay(until time.Time) Date { return k.Date(until.Add(-time.Nanosecond)) }
