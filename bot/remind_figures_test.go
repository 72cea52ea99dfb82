package main_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
)

// The figures of a half-year come round once, by default two months after it and
// before the Copen meeting: the charts in the channel, and to the coördinator
// that the pack is ready, with the way to it. What was missed comes once, of the
// last half-year; a schedule that comes round more often says nothing twice.
func TestReminderFigures(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	r.sweep()
	r.local("2027-02-28 10:00")
	if n := len(r.chat.at(deskChannel)); n != 0 {
		t.Errorf("before its time: %d", n)
	}
	r.local("2027-03-01 10:00")
	charts := func(want ...string) {
		t.Helper()
		got := r.chat.at(deskChannel)
		if len(got) != 4*len(want) {
			t.Fatalf("%d charts, want %d", len(got), 4*len(want))
		}
		for i, last := range want {
			if !strings.Contains(got[4*i].Text, "tot en met "+last+"**") {
				t.Errorf("got %q, want those to %s", got[4*i].Text, last)
			}
		}
	}
	charts("31 december 2026")
	got := r.last(coordinator)
	if got.Text != "De cijfers van 1 januari 2025 tot en met 31 december 2026 zijn klaar. De grafieken staan in het kanaal. Het hele pakket haal je bij Cijfers." ||
		len(got.Choices) != 1 || got.Choices[0].Label != "Cijfers" {
		t.Errorf("the coördinator reads %+v", got)
	}
	if n := len(r.chat.at(first)); n != 0 {
		t.Errorf("an officer is told %d times", n)
	}
	boss := (&bureau{t: t, r: r, chat: r.chat, clock: r.clock}).clerk("coordinator")
	if f := boss.does(pressed(boss.b.message(boss.id), got.Choices[0].Token)).Form; f == nil || f.Title != "Cijfers" {
		t.Error("the button does not open the figures")
	}
	r.local("2027-03-02 10:00")
	boss.sharing()
	boss.fills("half", "2026-2", "what", "charts") // they stand there already
	charts("31 december 2026")
	r.local("2028-11-06 23:00") // down for three of them, and back at night
	charts("31 december 2026")
	r.local("2028-11-07 08:30")
	r.local("2028-11-08 08:30")
	charts("31 december 2026", "30 juni 2028")
	for _, often := range []config.Schedule{"", "0 10 * * *"} {
		r.config.Reminders.Rounds.Figures.Schedule = often
		r.wire()
		r.sweep()
	}
	for _, at := range []string{"2028-11-08 09:00", "2028-11-09 10:00", "2028-11-10 10:00", "2028-11-14 10:00"} {
		r.local(at)
		r.sweep()
	}
	charts("31 december 2026", "30 juni 2028")
	if n := r.chat.count(coordinator, "zijn klaar"); n != 2 {
		t.Errorf("the coördinator is told %d times", n)
	}
	r.config.Reminders.Rounds.Figures.Schedule = ""
	r.wire()
	r.local("2029-03-05 10:00")
	charts("31 december 2026", "30 juni 2028")
}

// Two replicas, one of which fails half-way, show each chart and tell the
// coördinator once.
func TestReminderFiguresOnce(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	r.sweep()
	failed := 0
	r.chat.fail(func(to string) error {
		if to == coordinator && failed < 3 {
			failed++
			return errBroken
		}
		return nil
	})
	var both sync.WaitGroup
	r.clock.on(98*24*time.Hour + time.Hour) // 1 March, at eleven
	for range 2 {
		both.Go(r.sweep)
	}
	both.Wait()
	for range 20 {
		r.clock.on(5 * time.Minute)
		for range 2 {
			both.Go(r.sweep)
		}
		both.Wait()
	}
	if n := len(r.chat.at(deskChannel)); n != 4 || failed != 3 {
		t.Errorf("%d charts, %d failures", n, failed)
	}
	if n := r.chat.count(coordinator, "zijn klaar"); n != 1 {
		t.Errorf("the coördinator is told %d times", n)
	}
}

// When the channel is unfit nothing is posted there, and when the figures cannot
// be made there is nothing to post: the coördinator reads why.
func TestReminderFiguresThatCannotBeShown(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	r.sweep()
	r.room.become(func(x adapters.Room) (adapters.Room, error) { x.Private = false; return x, nil })
	r.local("2027-03-01 10:00")
	r.sweep()
	if got := r.last(coordinator).Text; !strings.HasSuffix(got, "zijn klaar. De grafieken staan niet in het kanaal. Het kanaal is niet besloten.") {
		t.Errorf("an open channel: the coördinator reads %q", got)
	}
	r.room.become(func(x adapters.Room) (adapters.Room, error) { return x, errBroken })
	r.local("2027-09-01 10:00")
	r.sweep()
	if got := r.last(coordinator).Text; !strings.HasSuffix(got, "Ik kan niet zien wie er meelezen.") {
		t.Errorf("a channel that nobody can look into: the coördinator reads %q", got)
	}
	r.room.become(nil)
	r.config.Figures.Step = 7
	r.wire()
	r.local("2028-03-01 10:00")
	if got := r.last(coordinator).Text; !strings.HasPrefix(got, "Ik kon de cijfers van dit halfjaar niet maken. De stap is veranderd.") {
		t.Errorf("another step: the coördinator reads %q", got)
	}
	if n := len(r.chat.at(deskChannel)); n != 0 {
		t.Errorf("%d posts in the channel", n)
	}
}

// Only the coördinator is told of figures: he alone can fetch them.
func TestReminderFiguresGoToCoordinators(t *testing.T) {
	t.Parallel()
	for to, ok := range map[string]bool{"coordinators": true, "officers": false, "\"web:desk\"": false} {
		_, err := config.Parse("m.yaml", []byte("reminders: {rounds: {figures: {to: ["+to+"]}}}"), nil)
		if (err == nil) != ok {
			t.Errorf("%s: %v", to, err)
		}
	}
}
