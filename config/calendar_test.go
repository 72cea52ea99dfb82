package config_test

import (
	"testing"
	"time"

	"github.com/meldroute/meldroute/config"
)

func calendar(t *testing.T, yaml string) (config.Config, *config.Calendar) {
	t.Helper()
	c, err := config.Parse("m.yaml", []byte(yaml), nil)
	if err != nil {
		t.Fatal(err)
	}
	k, err := config.NewCalendar(c)
	if err != nil {
		t.Fatal(err)
	}
	return c, k
}

func day(t *testing.T, s string) config.Date {
	t.Helper()
	var d config.Date
	if err := d.UnmarshalText([]byte(s)); err != nil {
		t.Fatal(err)
	}
	return d
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	v, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Terms in working days end on the days of DOMAIN chapter 4.
func TestAddWorkdays(t *testing.T) {
	t.Parallel()
	_, k := calendar(t, "")
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-12-23", 3, "2026-12-29"}, {"2026-12-31", 1, "2027-01-04"}, {"2027-03-25", 1, "2027-03-30"},
		{"2027-04-26", 1, "2027-04-28"}, {"2027-05-04", 1, "2027-05-10"}, {"2028-04-26", 1, "2028-05-01"},
		{"2028-05-24", 2, "2028-05-30"}, {"2026-05-13", 1, "2026-05-18"}, {"2027-12-24", 1, "2027-12-27"},
		{"2026-11-27", 5, "2026-12-04"}, {"2026-11-28", 0, "2026-11-28"}, {"2026-11-28", -1, "2026-11-28"},
	} {
		if got := k.AddWorkdays(day(t, c.from), c.n).String(); got != c.want {
			t.Errorf("%s + %d: got %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

// A year has as many working days as DOMAIN chapter 4 counts.
func TestWorkdaysInYear(t *testing.T) {
	t.Parallel()
	_, k := calendar(t, "")
	for year, want := range map[int]int{2026: 251, 2027: 253, 2028: 250} {
		got := 0
		for d := (config.Date{Year: year, Month: 1, Day: 1}); d.Year == year; d = d.Add(1) {
			if k.IsWorkday(d) {
				got++
			}
		}
		if got != want {
			t.Errorf("%d: got %d, want %d", year, got, want)
		}
	}
}

// King's Day moves to Saturday when the 27th is a Sunday, so that the Monday is worked.
func TestKingsDayOnSunday(t *testing.T) {
	t.Parallel()
	_, k := calendar(t, "")
	if !k.IsWorkday(day(t, "2031-04-28")) || !k.IsWorkday(day(t, "2031-04-25")) {
		t.Error("the Monday after, or the Friday before, is free")
	}
}

// A municipality can leave out a holiday, close besides, and work on a free day;
// a Saturday is worked when it is said so.
func TestOwnDays(t *testing.T) {
	t.Parallel()
	_, k := calendar(t, `calendar:
  holidays: [nieuwjaarsdag, koningsdag]
  extra_free_days: [2026-12-24]
  worked_days: [2026-04-27, 2026-05-15, 2026-12-26]`)
	for s, want := range map[string]bool{
		"2026-04-03": true, "2026-12-24": false, "2026-04-27": true, "2026-05-15": true, "2026-12-26": true, "2026-12-27": false, "2026-01-01": false,
	} {
		if got := k.IsWorkday(day(t, s)); got != want {
			t.Errorf("%s: got %v, want %v", s, got, want)
		}
	}
}

// Office hours begin at their first minute and end before their last, by the
// clock on the wall in summer and winter, wherever the instant was noted.
func TestInOfficeHours(t *testing.T) {
	t.Parallel()
	_, k := calendar(t, "")
	for s, want := range map[string]bool{
		"2026-11-23 08:29": false, "2026-11-23 08:30": true, "2026-11-23 16:59": true, "2026-11-23 17:00": false,
		"2026-07-01 08:30": true, "2026-11-22 12:00": false, "2026-12-25 12:00": false,
	} {
		if got := k.InOfficeHours(at(t, s).UTC()); got != want {
			t.Errorf("%s: got %v, want %v", s, got, want)
		}
	}
}

// A term in working days ends with the office hours of its day, also when the
// clock was changed in between; a term by the clock runs on, or in office hours.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	_, k := calendar(t, "")
	days := func(n int) config.Term { return config.Term{Workdays: n} }
	span := func(d time.Duration) config.Term { return config.Term{Span: config.Span(d)} }
	for _, c := range []struct {
		name, from string
		term       config.Term
		want       string
		office     string
	}{
		{"winter comes", "2026-10-23 10:00", days(1), "2026-10-26 17:00", "2026-10-26 17:00"},
		{"summer comes", "2027-03-24 23:30", days(2), "2027-03-30 17:00", "2027-03-30 17:00"},
		{"in a weekend", "2026-11-21 12:00", days(1), "2026-11-23 17:00", "2026-11-23 17:00"},
		{"just before midnight", "2026-11-23 23:59", days(1), "2026-11-24 17:00", "2026-11-24 17:00"},
		{"an hour at noon", "2026-11-23 12:00", span(time.Hour), "2026-11-23 13:00", "2026-11-23 13:00"},
		{"an hour at closing", "2026-11-27 16:30", span(time.Hour), "2026-11-27 17:30", "2026-11-30 09:00"},
		{"exactly till closing", "2026-11-27 16:00", span(time.Hour), "2026-11-27 17:00", "2026-11-27 17:00"},
		{"an hour in the night", "2026-11-28 03:00", span(time.Hour), "2026-11-28 04:00", "2026-11-30 09:30"},
		{"before opening", "2026-11-23 07:00", span(time.Hour), "2026-11-23 08:00", "2026-11-23 09:30"},
		{"two days of office hours", "2026-11-23 08:30", span(17 * time.Hour), "2026-11-24 01:30", "2026-11-24 17:00"},
		{"the hour that comes twice", "2026-10-25 01:30", span(3 * time.Hour), "2026-10-25 03:30", "2026-10-26 11:30"},
	} {
		if got, want := k.Deadline(at(t, c.from), c.term), at(t, c.want); !got.Equal(want) {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
		if got, want := k.OfficeDeadline(at(t, c.from), c.term), at(t, c.office); !got.Equal(want) {
			t.Errorf("%s in office hours: got %v, want %v", c.name, got, want)
		}
	}
}

// An acute signal at night is due at once only where somebody is there at night.
func TestReadBy(t *testing.T) {
	t.Parallel()
	night := at(t, "2026-11-28 03:00")
	for yaml, want := range map[string]string{
		"": "2026-11-30 09:30", "acute_cover: {always: true}": "2026-11-28 04:00",
	} {
		c, k := calendar(t, yaml)
		if got := c.ReadBy(k, "acute", night); !got.Equal(at(t, want)) {
			t.Errorf("acute: got %v, want %s", got, want)
		}
		if got, want := c.AcuteIsCovered(k, night), yaml != ""; got != want {
			t.Errorf("covered: got %v, want %v", got, want)
		}
		if got := c.ReadBy(k, "normal", night); !got.Equal(at(t, "2026-12-02 17:00")) {
			t.Errorf("normal: got %v", got)
		}
	}
}

// A calendar that is closed for ever ends its search.
func TestClosedForEver(t *testing.T) {
	t.Parallel()
	c, _ := calendar(t, "")
	for d := (config.Date{Year: 2026, Month: 1, Day: 1}); d.Year < 2030; d = d.Add(1) {
		c.Calendar.Extra = append(c.Calendar.Extra, d)
	}
	k, err := config.NewCalendar(c)
	if err != nil {
		t.Fatal(err)
	}
	k.AddWorkdays(day(t, "2026-01-01"), 3)
	k.OfficeDeadline(at(t, "2026-01-01 12:00"), config.Term{Span: config.Span(1000 * time.Hour)})
}

// Counting back ends where counting on begins, over five years of days.
func TestWorkdaysBefore(t *testing.T) {
	t.Parallel()
	k, err := config.NewCalendar(config.Default())
	if err != nil {
		t.Fatal(err)
	}
	for d := (config.Date{Year: 2026, Month: 1, Day: 1}); d.Year < 2031; d = d.Add(1) {
		before, on := k.WorkdaysBefore(d, 2), k.Workday(d)
		if !k.IsWorkday(before) || before.Compare(d) >= 0 || !k.IsWorkday(on) || on.Compare(d) < 0 {
			t.Fatalf("%v: got %v and %v", d, before, on)
		}
		if k.IsWorkday(d) && (k.AddWorkdays(before, 2) != d || on != d) {
			t.Fatalf("%v: two working days after %v is %v", d, before, k.AddWorkdays(before, 2))
		}
	}
	for _, c := range []struct {
		from config.Date
		n    int
		want string
	}{{config.Date{Year: 2028, Month: 4, Day: 18}, 2, "2028-04-12"}, {config.Date{Year: 2028, Month: 3, Day: 1}, 1, "2028-02-29"}} {
		if got := k.WorkdaysBefore(c.from, c.n).String(); got != c.want {
			t.Errorf("%d before %v: got %s, want %s", c.n, c.from, got, c.want)
		}
	}
}

// A schedule fires at its hour by the clock on the wall, on both sides of a
// change of the clock and on a leap day.
func TestScheduleNext(t *testing.T) {
	t.Parallel()
	loc, err := config.Default().Location()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ spec, after, want string }{
		{"0 14 8 4,10 *", "2026-10-08T13:59:59+02:00", "2026-10-08T14:00:00+02:00"},
		{"0 14 8 4,10 *", "2026-10-08T14:00:00+02:00", "2027-04-08T14:00:00+02:00"},
		{"0 9 * * *", "2027-03-27T09:00:00+01:00", "2027-03-28T09:00:00+02:00"},
		{"0 9 * * *", "2027-10-30T09:00:00+02:00", "2027-10-31T09:00:00+01:00"},
		{"0 9 29 2 *", "2026-01-01T00:00:00+01:00", "2028-02-29T09:00:00+01:00"},
		{"", "2026-01-01T00:00:00+01:00", "0001-01-01T00:00:00Z"},
	} {
		after, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		if got := config.Schedule(c.spec).Next(after.In(loc)).Format(time.RFC3339); got != c.want {
			t.Errorf("%q after %s: got %s, want %s", c.spec, c.after, got, c.want)
		}
	}
}
