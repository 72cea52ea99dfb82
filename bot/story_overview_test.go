package main_test

import (
	"strings"
	"testing"
)

// An officer asks for the overview in his own dialogue and opens a signal from
// it; whoever is no officer reads that there is no such thing.
func TestOverview(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	melder, officer := p.open("medewerker-1").watch(), p.open("aandachtsfunctionaris-1").watch()
	officer.says("overzicht")
	officer.sees(officer.id, "Er is nu niets op het bureau.")
	melder.says("")
	melder.presses("Nu gevaar")
	melder.fills(map[string]string{"Wat gebeurt er?": "Iemand wordt meegenomen."})
	melder.sees(melder.id, "Jouw code is")
	officer.sees(officer.id, "wacht op jou")
	officer.presses("Overzicht")
	line := officer.sees(officer.id, "Nog bij niemand")
	if n := strings.Count(line.text, "SIG-"); n != 1 || !strings.HasPrefix(line.choices[0].label, "Open SIG-") {
		t.Fatalf("got %d signals and the button %q, want 1 to open", n, line.choices[0].label)
	}
	officer.presses(line.choices[0].label)
	if got := officer.window().facts; len(got) == 0 {
		t.Error("the case was not shown")
	}
	officer.chooses("Gelezen")
	officer.says("overview")
	officer.sees(officer.id, "(stap ")
	melder.says("overzicht")
	if melder.notice != "Niet gevonden." {
		t.Errorf("an employee who asks for the overview reads %q", melder.notice)
	}
	for _, x := range melder.list(melder.id) {
		for _, c := range x.choices {
			if c.label == line.choices[0].label {
				t.Error("an employee was shown the desk")
			}
		}
	}
}
