package main_test

import "testing"

// An officer who is involved leaves the signal: from then on he finds nothing,
// the card leaves the channel, and a colleague goes on with what he recorded.
func TestOfficerLeavesASignal(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	melder := p.open("medewerker-1").watch()
	one, two := p.open("aandachtsfunctionaris-1").watch(), p.open("aandachtsfunctionaris-2").watch()
	melder.says("")
	melder.presses("Nu gevaar")
	melder.fills(map[string]string{"Wat gebeurt er?": "Zilvervos wordt meegenomen."})
	one.pressesIn("desk", "Openen")
	one.chooses("Ik neem het")
	one.chooses("Notitie")
	one.fills(map[string]string{"Notitie": "Koperwiek belde."})
	one.chooses("Ik ben betrokken")
	one.fills(map[string]string{"Waarom?": ""})
	if len(one.errors) == 0 {
		t.Fatal("left without a reason")
	}
	one.fills(map[string]string{"Waarom?": "Mijn buurman."})
	if one.form != nil || one.notice != "Je ziet dit signaal niet meer. Je collega’s weten ervan." {
		t.Fatalf("got %q and a form: %t", one.notice, one.form != nil)
	}
	one.sees("desk", "staat niet meer in dit kanaal")
	one.says("overzicht")
	one.sees(one.id, "Er is nu niets op het bureau.")
	old := one.find(one.id, "Openen") // of the alarm that he got before
	one.pressesIn(one.id, old.label)
	if one.notice != "Niet gevonden." {
		t.Errorf("the old button says %q", one.notice)
	}
	two.presses("Openen")
	if !two.window().says("Koperwiek belde.") || !two.window().says("Nog niemand") {
		t.Errorf("the colleague does not see what was done: %v", two.form.facts)
	}
	two.chooses("Ik neem het")
}
