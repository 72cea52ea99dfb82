package main_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/config"
)

// What comes round comes once at its time, in the channel or to the people of
// choice; what was missed is caught up once; outside working hours it waits; and
// what is turned off stays away.
func TestReminderRounds(t *testing.T) {
	t.Parallel()
	r := day(t, "reminders:\n  rounds:\n    question: {schedule: \"0 10 1 * *\", to: [\"web:desk\"]}\n    youth: {schedule: \"0 8 * * 1\", to: [officers]}\n"+
		"    meeting: {schedule: \"15 11 3 12 *\", to: [\"web:desk\"]}\n    offer: {schedule: \"0 10 2 12 *\", to: [coordinators]}\n    rights: {schedule: \"0 3 5 12 *\", to: [coordinators]}\n")
	r.sweep()
	r.local("2026-11-30 08:15")
	if n := r.chat.count(first, "aanpak jeugd"); n != 0 {
		t.Errorf("before people work: %d", n)
	}
	r.local("2026-11-30 08:30")
	r.local("2026-11-30 12:00")
	if n := r.chat.count(first, "aanpak jeugd"); n != 1 {
		t.Errorf("on Monday: %d", n)
	}
	r.local("2026-12-01 09:59")
	if n := len(r.chat.at(deskChannel)); n != 0 {
		t.Errorf("before its time: %d", n)
	}
	r.local("2026-12-01 10:00")
	got := r.last(deskChannel)
	if !strings.HasPrefix(got.Text, "De vraag van deze maand") || len(got.Choices) != 0 {
		t.Errorf("got %+v", got)
	}
	r.local("2026-12-23 22:00") // three weeks later, at night
	r.local("2026-12-24 07:00")
	if n := len(r.chat.at(deskChannel)); n != 1 {
		t.Errorf("at night: %d", n)
	}
	r.local("2026-12-24 08:30")
	r.local("2026-12-24 16:30")
	for text, want := range map[string]map[string]int{
		"aanpak jeugd": {first: 2, second: 2}, "werkoverleg": {deskChannel: 1}, "zorgaanbod": {coordinator: 1, first: 0}, "wie wat mag": {coordinator: 1},
	} {
		for at, n := range want {
			if got := r.chat.count(at, text); got != n {
				t.Errorf("%q stands %d times at %s, want %d", text, got, at, n)
			}
		}
	}
	r.local("2027-01-04 10:00")
	if n := r.chat.count(deskChannel, "De vraag van deze maand"); n != 2 {
		t.Errorf("%d questions", n)
	}
	r.config.Reminders.Rounds = config.Rounds{}
	r.wire()
	r.local("2027-03-01 10:00")
	r.local("2027-03-01 10:01")
	if n := r.chat.count(deskChannel, "De vraag van deze maand"); n != 2 {
		t.Errorf("turned off, and %d questions", n)
	}
}

// Once a year the coördinator, and whoever they are of, are asked whether
// numbers and addresses still hold; what is confirmed is not asked again for a
// year.
func TestReminderContacts(t *testing.T) {
	t.Parallel()
	r := day(t, "partners:\n  nla: {owner: \"web:medewerker-1\"}\n  moviera: {confirmed: true, checked: 2026-06-01}\n")
	r.sweep()
	r.local("2027-01-15 10:00")
	asked := func(n int) {
		t.Helper()
		if want := fmt.Sprintf("Nog niet nagekeken dit jaar: %d.", n); !strings.Contains(r.last(coordinator).Text, want) {
			t.Errorf("got %q, want %q", r.last(coordinator).Text, want)
		}
	}
	asked(10)
	if n := len(r.chat.at("web:medewerker-1")); n != 1 {
		t.Errorf("the owner is asked %d times", n)
	}
	form := r.press(coordinator, "Nakijken", "p1").Form
	if form == nil || len(form.Facts) != 10 || form.Fields[0].Options[0].Value != "partners.police_copen" {
		t.Fatalf("got %+v", form)
	}
	a, err := r.reminder.Handle(context.Background(), filled(r.message("coordinator", "f1"), form, "", "right", "partners.nla", "right", "helplines.mma", "right", "partners.onbekend"))
	if err != nil || a.Notice != "Opgeslagen. Nog na te kijken: 8." {
		t.Errorf("got %+v %v", a, err)
	}
	if a := r.press(coordinator, "Nakijken", "p2"); a.Form == nil || len(a.Form.Facts) != 8 {
		t.Errorf("got %+v", a)
	}
	r.local("2027-06-02 10:00")
	r.local("2028-01-17 10:00")
	asked(11) // and Moviera, and the two again
	stranger, err := r.reminder.Handle(context.Background(), pressed(r.message("medewerker-2", "x"), r.last(coordinator).Choices[0].Token))
	if err != nil || stranger.Form != nil {
		t.Errorf("another opens it: %+v %v", stranger, err)
	}
}
