package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Label is a text in both languages.
type Label struct {
	NL string `yaml:"nl"`
	EN string `yaml:"en"`
}

// In returns the text in lang; for anything but "en" that is Dutch.
func (l Label) In(lang string) string {
	if lang == "en" && l.EN != "" {
		return l.EN
	}
	return l.NL
}

// Who is the address of a person or channel: platform, colon, the platform's
// own immutable id ("web:aandachtsfunctionaris-1").
type Who string

// Platform returns the part before the colon.
func (w Who) Platform() string {
	p, _, _ := strings.Cut(string(w), ":")
	return p
}

// ID returns the part after the colon.
func (w Who) ID() string {
	_, id, _ := strings.Cut(string(w), ":")
	return id
}

// FilePath is the path of a file that the environment may name instead:
// MELDROUTE_DATA_KEY_FILE for data.key_file.
type FilePath string

// errForm says that a value is not written as its type demands. What is
// demanded is told by the decoder, in the operator's language.
var errForm = errors.New("config: malformed value")

// Span is a length of time by the clock: "2 minuten", "1 uur".
type Span time.Duration

// Duration returns s as a duration.
func (s Span) Duration() time.Duration { return time.Duration(s) }

// String returns s as it is written in the file.
func (s Span) String() string {
	d := time.Duration(s)
	for _, u := range []struct {
		size      time.Duration
		one, many string
	}{{time.Hour, "uur", "uur"}, {time.Minute, "minuut", "minuten"}} {
		if d >= u.size && d%u.size == 0 {
			return count(int(d/u.size), u.one, u.many)
		}
	}
	return count(int(d/time.Second), "seconde", "seconden")
}

// MarshalText writes what UnmarshalText reads.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a whole number of seconds, minutes or hours, at most
// 90 days (longer terms are counted in working days).
func (s *Span) UnmarshalText(b []byte) error {
	n, unit, err := amount(string(b))
	if err != nil {
		return err
	}
	size, ok := map[string]time.Duration{
		"seconde": time.Second, "seconden": time.Second,
		"minuut": time.Minute, "minuten": time.Minute,
		"uur": time.Hour, "uren": time.Hour,
	}[unit]
	if !ok || n > int(90*24*time.Hour/size) {
		return errForm
	}
	*s = Span(time.Duration(n) * size)
	return nil
}

// Term is a deadline's length: a Span by the clock, or a number of working
// days ("3 werkdagen"). Exactly one of the two is used: Workdays when it is
// above zero.
type Term struct {
	Span     Span
	Workdays int
}

// String returns t as it is written in the file.
func (t Term) String() string {
	if t.Workdays > 0 {
		return count(t.Workdays, "werkdag", "werkdagen")
	}
	return t.Span.String()
}

// MarshalText writes what UnmarshalText reads.
func (t Term) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a Span or a number of working days from 1 to 400.
func (t *Term) UnmarshalText(b []byte) error {
	n, unit, err := amount(string(b))
	if err != nil {
		return err
	}
	if unit == "werkdag" || unit == "werkdagen" {
		if n < 1 || n > 400 {
			return errForm
		}
		*t = Term{Workdays: n}
		return nil
	}
	var s Span
	if err := s.UnmarshalText(b); err != nil {
		return err
	}
	*t = Term{Span: s}
	return nil
}

// Months is a term by the calendar, in whole months ("6 maanden", "5 jaar").
// It ends on a date: see Calendar.KeptUntil.
type Months int

// maxMonths is the longest term: for ever is not one (P28).
const maxMonths = 30 * 12

// String returns m as it is written in the file.
func (m Months) String() string { return count(int(m), "maand", "maanden") }

// MarshalText writes what UnmarshalText reads.
func (m Months) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a number of months or years, from 1 month to 30 years.
func (m *Months) UnmarshalText(b []byte) error {
	n, unit, err := amount(string(b))
	if err != nil {
		return err
	}
	size, ok := map[string]int{"maand": 1, "maanden": 1, "jaar": 12, "jaren": 12}[unit]
	if !ok || n < 1 || n > maxMonths/size {
		return errForm
	}
	*m = Months(n * size)
	return nil
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func amount(s string) (int, string, error) {
	num, unit, ok := strings.Cut(s, " ")
	n, err := strconv.Atoi(num)
	if !ok || err != nil || n < 0 || strings.HasPrefix(num, "+") {
		return 0, "", errForm
	}
	return n, unit, nil
}

// Clock is a time of day in minutes after midnight, written "08:30".
type Clock int

// String returns c as "08:30".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalText writes what UnmarshalText reads.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads "00:00" to "23:59".
func (c *Clock) UnmarshalText(b []byte) error {
	t, err := time.Parse("15:04", string(b))
	if err != nil || len(b) != len("15:04") {
		return errForm
	}
	*c = Clock(t.Hour()*60 + t.Minute())
	return nil
}

// Date is a day in the municipality's time zone. The zero Date is no day.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// IsZero reports whether d is no day.
func (d Date) IsZero() bool { return d == Date{} }

// At returns the instant of c on this day in loc. A time that daylight saving
// skips is moved as time.Date does.
func (d Date) At(c Clock, loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, int(c)/60, int(c)%60, 0, 0, loc)
}

// Add returns the day n days later.
func (d Date) Add(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// AddMonths returns the same day n months later or, where that month is too
// short, its last day: 31 August and six months is 28 or 29 February.
func (d Date) AddMonths(n int) Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{first.Year(), first.Month(), min(d.Day, last)}
}

// Compare returns -1, 0 or 1 as d is before, on or after e.
func (d Date) Compare(e Date) int {
	return d.At(0, time.UTC).Compare(e.At(0, time.UTC))
}

// String returns d as 2026-12-31, or nothing for no day.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.At(0, time.UTC).Format(time.DateOnly)
}

// MarshalText writes what UnmarshalText reads.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2026-12-31, or an empty text for no day.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	t, err := time.Parse(time.DateOnly, string(b))
	if err != nil || t.Year() < 2000 {
		return errForm
	}
	*d = DateOf(t)
	return nil
}
