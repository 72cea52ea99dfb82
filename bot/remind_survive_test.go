package main_test

import (
	"context"
	"testing"
	"time"
)

// A bundle that a crash cut off is sent on: whoever has it sees it once, what
// was met meanwhile is gone, and what comes up later waits for the next day.
func TestReminderAfterACrash(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	one, met := r.owes("", "care", 31), r.owes(second, "care", 31)
	l := &ledger{Store: r.store}
	r.chat.fail(func(to string) error {
		if to == second {
			return errBroken
		}
		return nil
	})
	r.local("2026-11-23 12:00")
	r.clock.on(21 * time.Hour) // Tuesday at nine
	loop := r.owed(l)
	loop.Sweep(context.Background(), r.clock.now())
	r.told(one, map[string]int{first: 1, second: 0})
	late := r.owes(first, "care", -1)
	r.meets(met)
	r.chat.fail(nil)
	for range 12 {
		r.clock.on(5 * time.Minute)
		r.sweep()
	}
	r.told(one, map[string]int{first: 1, second: 1})
	r.told(met, map[string]int{first: 0, second: 0})
	r.told(late, map[string]int{first: 0})
	r.local("2026-11-25 09:00")
	r.told(one, map[string]int{first: 2, second: 2})
	r.told(late, map[string]int{first: 1})
}

// Somebody who cannot be reached all day holds nobody up: the day ends, and the
// next bundle comes in time.
func TestReminderUnreachable(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	one, his := r.owes("", "care", 31), r.owes(second, "care", 31)
	r.chat.fail(func(to string) error {
		if to == second {
			return errBroken
		}
		return nil
	})
	r.local("2026-11-24 09:00")
	for range 100 {
		r.clock.on(5 * time.Minute)
		r.sweep()
	}
	r.local("2026-11-25 09:00")
	r.told(one, map[string]int{first: 2, coordinator: 1})
	r.told(his, map[string]int{first: 1, coordinator: 1}) // late by a day: the others hear of it
	r.chat.fail(nil)
	for range 12 {
		r.clock.on(5 * time.Minute)
		r.sweep()
	}
	r.told(his, map[string]int{second: 1})
}

// A bundle that nobody saw, because the program was down from then on, is no
// bundle: all of it comes in that of the day on which it is back.
func TestReminderBundleNobodySaw(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	one := r.owes(first, "care", 31)
	r.clock.on(23 * time.Hour)
	if err := r.reminder.Plan(context.Background(), r.clock.now()); err != nil { // and then it stops
		t.Fatal(err)
	}
	two := r.owes(first, "care", 31)
	r.local("2026-12-02 10:00")
	r.sweep()
	r.told(one, map[string]int{first: 1})
	r.told(two, map[string]int{first: 1})
	if n := len(r.chat.at(first)); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// A clock that jumps a day forward and back loses nothing and says nothing
// twice on one day.
func TestReminderClockJumps(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	ref := r.owes(first, "care", 31) // Tuesday
	r.local("2026-11-24 09:00")
	r.told(ref, map[string]int{first: 1})
	r.local("2026-11-25 10:00") // too early by a day
	r.told(ref, map[string]int{first: 2})
	r.local("2026-11-24 10:00")
	r.local("2026-11-24 16:00")
	r.local("2026-11-25 09:00")
	r.told(ref, map[string]int{first: 2})
	r.local("2026-11-26 09:00")
	r.told(ref, map[string]int{first: 3})
	if err := r.store.Sweep(context.Background(), r.clock.now()); err != nil {
		t.Fatal(err)
	}
	r.local("2026-11-25 09:00")
	r.local("2026-11-27 09:00")
	r.told(ref, map[string]int{first: 4})
}
