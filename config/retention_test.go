package config_test

import (
	"errors"
	"testing"
	"time"

	"github.com/meldroute/meldroute/config"
)

// A term in months ends by date: on the last day of a month that is too short,
// on 28 February of three years in four, and at midnight in summer and winter.
func TestKeptUntil(t *testing.T) {
	t.Parallel()
	k, err := config.NewCalendar(config.Default())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from string
		m    config.Months
		want string
	}{
		{"2026-01-31T12:00:00Z", 6, "2026-07-31T22:00:00Z"}, // kept on 31 July, summer time
		{"2026-08-31T12:00:00Z", 6, "2027-02-28T23:00:00Z"},
		{"2027-08-31T12:00:00Z", 6, "2028-02-29T23:00:00Z"},
		{"2028-02-29T12:00:00Z", 24, "2030-02-28T23:00:00Z"},
		{"2028-02-29T12:00:00Z", 48, "2032-02-29T23:00:00Z"},
		{"2026-12-31T22:30:00Z", 1, "2027-01-31T23:00:00Z"},
		{"2026-12-31T23:30:00Z", 1, "2027-02-01T23:00:00Z"}, // already 1 January here
		{"2026-09-28T12:00:00Z", 6, "2027-03-28T22:00:00Z"}, // the night in which clocks change
	} {
		from, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.KeptUntil(from, c.m).Format(time.RFC3339); got != c.want {
			t.Errorf("%s and %s: got %s, want %s", c.from, c.m, got, c.want)
		}
	}
}

// Terms for ever, an extension of more than a year and warnings out of order
// are refused; a reason that nobody knows keeps longest.
func TestRetentionIsBounded(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"retention: {withdrawn: 0 maanden}", "retention: {withdrawn: 31 jaar}", "retention: {reporter: 3 werkdagen}",
		"retention: {extend: 13 maanden}", "retention: {warn_days: [7, 30]}", "retention: {warn_days: []}", "retention: {warn_days: [0]}",
	} {
		var ps config.Problems
		if _, err := config.Parse("x.yaml", []byte(bad), nil); !errors.As(err, &ps) || len(ps) == 0 {
			t.Errorf("%s is taken: %v", bad, err)
		}
	}
	c, err := config.Parse("x.yaml", []byte("retention: {journal: 7 jaar, closed: {duplicate: 1 maand}}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := c.Retention
	if r.Journal != 84 || r.Closed.Of("duplicate") != 1 || r.Closed.Of("action_taken") != 24 || r.Closed.Of("?") != 24 {
		t.Errorf("got %+v", r)
	}
}
