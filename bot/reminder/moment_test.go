package reminder_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/meldroute/meldroute/bot/reminder"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
)

// woerden is the default configuration, its calendar and its moments.
func woerden(t testing.TB, more string) (config.Config, *config.Calendar, store.Remind) {
	t.Helper()
	c, err := config.Parse("m.yaml", []byte(more), nil)
	if err != nil {
		t.Fatal(err)
	}
	k, err := config.NewCalendar(c)
	if err != nil {
		t.Fatal(err)
	}
	return c, k, reminder.Remind(c, k)
}

const minute = "2006-01-02 15:04"

// local reads a time of the municipality.
func local(t testing.TB, k *config.Calendar, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(minute, s, k.Location())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// first are the moments of a deadline, one after the other, as far as the nth.
func first(k *config.Calendar, remind store.Remind, s store.Signal, set time.Time, n int) string {
	var out []string
	m := remind(s, set, true)
	for range n {
		if m.At.IsZero() {
			break
		}
		at := m.At.In(k.Location()).Format(minute)
		if m.Apart {
			at += "!"
		}
		out = append(out, at)
		m = remind(s, m.At, false)
	}
	return strings.Join(out, ", ")
}

// A deadline is brought up so many working days before, on the day, and then
// every so many, at nine, over weekends, holidays, both changes of the clock,
// a leap day and the turn of the year (the vectors of DOMAIN chapter 4).
func TestMoments(t *testing.T) {
	t.Parallel()
	_, k, remind := woerden(t, "")
	for _, c := range []struct{ clock, urgency, set, due, want string }{
		{"read", "normal", "2026-12-23 12:00", "2026-12-29 17:00", "2026-12-29 09:00, 2026-12-30 09:00, 2026-12-31 09:00, 2027-01-04 09:00"},
		{"read", "soon", "2026-12-31 10:00", "2027-01-04 17:00", "2027-01-04 09:00, 2027-01-05 09:00"},
		{"enrich", "normal", "2027-03-22 10:00", "2027-03-30 17:00", "2027-03-25 09:00, 2027-03-30 09:00, 2027-04-01 09:00"},
		{"enrich", "normal", "2027-04-20 10:00", "2027-04-28 17:00", "2027-04-26 09:00, 2027-04-28 09:00, 2027-04-30 09:00, 2027-05-04 09:00, 2027-05-11 09:00"},
		{"decide", "normal", "2028-04-24 10:00", "2028-05-01 17:00", "2028-04-25 09:00, 2028-05-01 09:00, 2028-05-03 09:00"},
		{"decide", "normal", "2028-05-23 10:00", "2028-05-30 17:00", "2028-05-24 09:00, 2028-05-30 09:00, 2028-06-01 09:00"},
		{"firstword", "soon", "2028-02-24 10:00", "2028-02-29 17:00", "2028-02-28 09:00, 2028-02-29 09:00, 2028-03-01 09:00"},
		{"feedback", "normal", "2026-03-20 10:00", "2026-03-30 17:00", "2026-03-30 09:00, 2026-04-15 09:00, 2026-04-30 09:00"},
		{"feedback", "normal", "2026-10-01 10:00", "2026-10-23 17:00", "2026-10-23 09:00, 2026-11-06 09:00, 2026-11-20 09:00, 2026-12-04 09:00"},
		{"feedback", "normal", "2026-10-01 10:00", "2026-10-24 23:59", "2026-10-26 09:00, 2026-11-09 09:00"}, // the officer chose a Saturday
		{"rest", "normal", "2026-11-01 10:00", "2026-11-30 17:00", "2026-11-30 09:00, 2026-12-07 09:00, 2026-12-14 09:00"},
		// Set when the day itself has begun, or has passed: the next working day.
		{"care", "normal", "2026-11-27 10:00", "2026-11-27 17:00", "2026-11-30 09:00, 2026-12-01 09:00"},
		{"feedback", "normal", "2026-11-27 08:00", "2026-11-02 17:00", "2026-11-27 09:00, 2026-11-30 09:00, 2026-12-14 09:00"},
		// Acute and by the clock: when it is due, at once, and then in the bundle.
		{"read", "acute", "2026-11-27 15:00", "2026-11-27 16:00", "2026-11-27 16:00!, 2026-11-30 09:00, 2026-12-01 09:00"},
		{"decide", "acute", "2026-11-27 15:00", "2026-11-30 10:30", "2026-11-30 10:30!, 2026-12-02 09:00"},
		{"enrich", "acute", "2026-11-27 15:00", "2026-12-01 17:00", "2026-11-30 09:00, 2026-12-01 09:00, 2026-12-03 09:00"},
		{"read", "soon", "2026-11-27 15:00", "", ""},
	} {
		s := store.Signal{Clock: c.clock, Urgency: flows.Urgency(c.urgency)}
		if c.due != "" {
			s.Due = local(t, k, c.due)
		}
		n := strings.Count(c.want, ",") + 1
		if got := first(k, remind, s, local(t, k, c.set), n); got != c.want {
			t.Errorf("%s %s due %s:\n got %s\nwant %s", c.urgency, c.clock, c.due, got, c.want)
		}
	}
}

// The municipality's own numbers go before the default.
func TestMomentsConfigured(t *testing.T) {
	t.Parallel()
	_, k, remind := woerden(t, "reminders: {at: \"13:30\", clocks: {read: {before: 2, repeat: 3}}}")
	s := store.Signal{Clock: "read", Urgency: "normal", Due: local(t, k, "2026-11-26 17:00")}
	want := "2026-11-24 13:30, 2026-11-26 13:30, 2026-12-01 13:30"
	if got := first(k, remind, s, local(t, k, "2026-11-20 10:00"), 3); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// That a signal is erased is brought up thirty and seven days before its last
// one, or on the working day before that; what was missed is left out, and one
// remains however short the term.
func TestWarnings(t *testing.T) {
	t.Parallel()
	c, k, _ := woerden(t, "")
	warn := reminder.Warn(c, k)
	for _, x := range []struct{ last, set, want string }{
		{"2026-12-31", "2026-06-01 10:00", "2026-12-01 09:00, 2026-12-24 09:00"},
		{"2027-05-23", "2026-11-23 10:00", "2027-04-23 09:00, 2027-05-14 09:00"}, // Whitsun is seven days before
		{"2027-04-04", "2027-01-01 10:00", "2027-03-05 09:00, 2027-03-25 09:00"}, // Easter is, and Good Friday is free
		{"2028-03-07", "2028-02-29 08:59", "2028-02-29 09:00"},
		{"2028-03-07", "2028-02-29 09:00", "2028-02-29 09:00"},
		{"2026-12-31", "2026-12-30 10:00", "2026-12-24 09:00"},
	} {
		r := store.Retention{Until: k.EndOf(date(t, x.last))}
		var got []string
		for at, fresh := local(t, k, x.set), true; ; fresh = false {
			if at = warn(r, at, fresh); at.IsZero() {
				break
			}
			got = append(got, at.In(k.Location()).Format(minute))
		}
		if got := strings.Join(got, ", "); got != x.want {
			t.Errorf("kept until %s: got %s, want %s", x.last, got, x.want)
		}
	}
	if at := warn(store.Retention{Until: k.EndOf(date(t, "2026-12-31"))}, local(t, k, "2026-12-28 10:00"), false); !at.IsZero() {
		t.Errorf("both were missed, and %v is next", at)
	}
}

func date(t testing.TB, s string) config.Date {
	t.Helper()
	var d config.Date
	if err := d.UnmarshalText([]byte(s)); err != nil {
		t.Fatal(err)
	}
	return d
}

// Whatever the deadline and whenever it is asked: the next moment is later than
// that, on a working day at nine unless it is acute, and asking from a missed
// moment on gives the same as asking at each.
func TestMomentsAreWhole(t *testing.T) {
	t.Parallel()
	c, k, remind := woerden(t, "")
	var clocks []string
	for name := range c.Terms.Clocks() {
		clocks = append(clocks, name)
	}
	slices.Sort(clocks)
	start := local(t, k, "2026-01-01 00:00")
	rapid.Check(t, func(t *rapid.T) {
		s := store.Signal{
			Clock:   rapid.SampledFrom(clocks).Draw(t, "clock"),
			Urgency: flows.Urgency(rapid.SampledFrom([]string{"acute", "soon", "normal"}).Draw(t, "urgency")),
			Due:     start.Add(time.Duration(rapid.Int64Range(0, 900*24*3600).Draw(t, "due")) * time.Second),
		}
		after := start.Add(time.Duration(rapid.Int64Range(0, 900*24*3600).Draw(t, "after")) * time.Second)
		fresh := rapid.Bool().Draw(t, "fresh")
		m := remind(s, after, fresh)
		if !m.At.After(after) {
			t.Fatalf("%v is not after %v", m.At, after)
		}
		at := m.At.In(k.Location())
		if m.Apart != (s.Urgency == "acute" && m.At.Equal(s.Due)) {
			t.Fatalf("%v stands apart: %v", at, m.Apart)
		}
		if !m.Apart && (at.Hour() != 9 || at.Minute() != 0 || !k.IsWorkday(k.Date(at))) {
			t.Fatalf("%v is no hour of a bundle", at)
		}
		if fresh {
			return
		}
		// As if each moment since the deadline was set had been seen.
		step := remind(s, start.Add(-400*24*time.Hour), false)
		for !step.At.After(after) {
			step = remind(s, step.At, false)
		}
		if step != m {
			t.Fatalf("after %v: %v, and step by step %v", after, m, step)
		}
	})
}
