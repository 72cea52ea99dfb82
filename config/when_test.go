package config_test

import (
	"testing"
	"time"

	"github.com/meldroute/meldroute/config"
)

// A moment is written in the municipality's own time, in words.
func TestMoment(t *testing.T) {
	t.Parallel()
	k, err := config.NewCalendar(config.Default())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 23, 5, 0, 0, time.UTC)
	for lang, want := range map[string]string{"nl": "maandag 23 november om 00.05 uur", "en": "Monday 23 November at 00:05"} {
		if got := k.Moment(lang, at); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Everybody who can read a signal is a reader once; alarms always have somebody.
func TestReadersAndRoles(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Roles.Officers = []config.Officer{{Person: "web:a"}, {Person: "web:b"}}
	c.Roles.Coordinators = []config.Person{{Person: "web:a"}}
	if got := len(c.Readers()); got != 2 {
		t.Errorf("got %d readers, want 2", got)
	}
	c.Roles.Coordinators = nil
	if got := len(c.Role("coordinators")); got != 2 {
		t.Errorf("got %d people for an alarm, want the 2 officers", got)
	}
}
