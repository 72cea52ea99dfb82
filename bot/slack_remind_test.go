package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What is forgotten comes back: the message of the day in the officer's own
// dialogue, which he opens the case from and puts off, then to the coördinator;
// a round in the channel, the figures as pictures there, the Copen meeting, and
// before a closed case is erased a warning. Nothing of a case but its reference
// stands in any of it.
func TestSlackReminders(t *testing.T) {
	t.Parallel()
	onSlack(t, func(t *testing.T, open opening) {
		s := open.tell(t, "herinneringen", covered+fmt.Sprintf("reminders:\n  rounds:\n    question: {schedule: \"0 10 1 12 *\", to: [\"slack:%s\"]}\n", meldpunt), "boomvalkhof", "Smelleken")
		o := s.office
		melder, officer := s.usual()
		boss := s.actor("Coördinator", "coordinator")
		s.quietly(func() {
			melder.reports(tip{what: "Een jongen werkt lang op het boomvalkhof.", form: "Gedwongen of heel slecht werk",
				person: []string{"Rol", "Misschien slachtoffer", "Naam", "Smelleken", "Leeftijd", "18 tot 23"}, sleeps: "Nee", speed: "Kan wachten"})
			officer.begins()
			officer.carries("Afsluiten", "Waarom dicht?", "Geen mensenhandel", "Waarom?", "Een gewone stage.", "Bericht", "Klaar: geen mensenhandel")
			melder.says("melden")
			brief(melder, "Het gaat om het boomvalkhof.")("Nee")
			melder.chooses("Versturen")
			officer.pressesIn("desk", "Openen")
			officer.chooses("Ik neem het")
		})
		bundles := func(a *actor) int { return strings.Count(show(a.list(a.id)), "Dit wacht op jou.") }
		day := 24
		until := func(what string, ok func() bool) {
			t.Helper()
			for last := day + 60; !ok(); day++ {
				if day > last {
					t.Fatalf("%s did not come:\n%s", what, s.out.String())
				}
				s.at(time.Date(2026, 11, day, 9, 0, 0, 0, o.zone()))
			}
		}
		until("the message of the day", func() bool { return bundles(officer) == 1 })
		officer.stands(officer.id, "opzoeken en uitzoeken (stap 3)")
		officer.presses("Openen " + officer.reference())
		officer.reads("Het gaat om het boomvalkhof.")
		officer.presses("Later")
		officer.fills("Welk signaal?", officer.opened().option("Welk signaal?", 0), "Over hoeveel werkdagen?", "1 werkdag")
		if officer.notice != "Ik herinner je er later aan." {
			t.Errorf("putting off is answered %q", officer.notice)
		}
		until("the message of a later day", func() bool { return bundles(officer) == 2 })
		until("the coördinator's message", func() bool { return strings.Contains(show(boss.list(boss.id)), "Te laat sinds") })
		s.at(time.Date(2026, 12, 1, 10, 0, 0, 0, o.zone()))
		officer.stands("desk", "De vraag van deze maand")
		s.at(time.Date(2027, 3, 1, 10, 0, 0, 0, o.zone()))
		pictures := 0
		for _, p := range officer.list("desk") {
			if p.picture {
				pictures++
			}
		}
		if pictures != 4 {
			t.Errorf("%d pictures in the channel, want 4", pictures)
		}
		boss.stands(boss.id, "zijn klaar. De grafieken staan in het kanaal.")
		boss.presses("Cijfers")
		if boss.form == nil {
			t.Error("the figures do not open")
		}
		boss.stands(boss.id, "Het Copen-overleg heeft nog geen datum.")
		s.at(time.Date(2027, 4, 23, 9, 0, 0, 0, o.zone()))
		officer.stands(officer.id, "Daarna wis ik het. Langer nodig? Open het en kies ‘Bewaren’.")
		s.ends()
	})
}

// at lets time pass until a moment, with the program doing what it does as time
// goes by, and everybody looking then.
func (s *story) at(when time.Time) {
	s.t.Helper()
	if ahead := when.Sub(s.office.now()); ahead > 0 {
		s.office.ahead.Add(int64(ahead))
	}
	s.note("Het is %s.", when.Format("2006-01-02 15.04"))
	s.office.settle()
	s.office.r.Upkeep(s.t.Context(), s.office.now())
	s.looks()
}
