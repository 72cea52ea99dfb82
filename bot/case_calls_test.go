package main_test

import (
	"strings"
	"testing"
)

// An acute signal has one screen to call from: whom, in which order, at which
// number, and what to say. Each tap keeps the time; the police come after the
// officer's recorded act, and are handed nothing by a tap.
func TestCaseAcuteCalls(t *testing.T) {
	t.Parallel()
	s := tell(t, "../cases/acuut-bellen", covered+"contacts:\n  confidant: {name: Vertrouwenspersoon A, number: 0348-000001, confirmed: true}\n", "zolderluik")
	melder, officer := s.usual()
	melder.says("")
	melder.presses("Nu gevaar")
	melder.fills("Waar is het?", "Voorbeeldlaan 7", "Wat gebeurt er?", "Iemand zit achter het zolderluik.")
	melder.presses("Ja")
	officer.pressesIn("desk", "Openen")
	officer.chooses("Acuut: bellen")
	officer.misses("zolderluik", "Medewerker balie")
	for label, want := range map[string]string{
		"1. AVIM (politie)": "Eerst ‘Direct ingrijpen’.", "2. Zorgcoördinator": "088-374 47 44 (te bevestigen)",
		"3. Coördinator": "Team OOV, nog in te vullen", "4. Vertrouwenspersoon": "Vertrouwenspersoon A, 0348-000001",
	} {
		if got := officer.opened().told(label); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q in it", label, got, want)
		}
	}
	if got := officer.opened().intro; !strings.Contains(got, officer.reference()) {
		t.Errorf("what to say lacks the reference: %q", got)
	}
	officer.chooses("Gebeld: Zorgcoördinator")
	officer.lawful("calling")
	if got := officer.opened().title; got != "Acuut: bellen" {
		t.Errorf("after the tap there is %q", got)
	}
	officer.chooses("Ik neem het") // from the same screen
	officer.chooses("Acuut: bellen")
	officer.chooses("Direct ingrijpen")
	officer.fills("Waarom?", "Er is nu gevaar.")
	officer.lawful("Direct ingrijpen")
	officer.chooses("Acuut: bellen")
	officer.chooses("Gebeld: AVIM (politie)")
	officer.chooses("Gebeld: Coördinator")
	officer.chooses("Gebeld: Vertrouwenspersoon")
	officer.chooses("Leg doorgeven vast: Politie, AVIM")
	officer.finds("Partner", "Politie, AVIM")
	officer.chooses("Niet opslaan") // nothing was handed over
	var done []string
	for _, f := range officer.opened().facts {
		if strings.HasPrefix(f[1], "Gebeld ") {
			done = append(done, f[1][strings.Index(f[1], ":")+2:])
		}
		if strings.HasPrefix(f[1], "Doorgeven:") {
			t.Errorf("a tap handed something over: %q", f[1])
		}
	}
	if got := strings.Join(done, "; "); got != "Vertrouwenspersoon; Coördinator; AVIM (politie); Zorgcoördinator" {
		t.Errorf("the history has the calls %q", got)
	}
	s.endsCase()
}
