package main_test

import (
	"strings"
	"testing"
)

// told reads what a window says under a label, all of it.
func (f *form) told(label string) string {
	var all []string
	for _, x := range f.facts {
		if x[0] == label {
			all = append(all, x[1])
		}
	}
	return strings.Join(all, "\n")
}

// says reports whether a window holds a text anywhere.
func (f *form) says(text string) bool {
	for _, x := range f.facts {
		if strings.Contains(x[0], text) || strings.Contains(x[1], text) {
			return true
		}
	}
	return strings.Contains(f.intro, text)
}

// A case of forced labour goes from its card along steps 2 to 6 to its end, on
// the screens of the desk: the police only after the vertrouwenspersoon, the
// zorgcoördinator always, feedback asked and given, and no more acts than an
// officer has time for.
func TestCaseFromCardToClose(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	melder, officer := p.open("medewerker-1").watch(), p.open("aandachtsfunctionaris-1").watch()
	acts := 0
	officer.did = func(string) { acts++ }
	melder.says("")
	melder.presses("Melden")
	melder.fills(map[string]string{"Wat is gezien of gehoord?": "Drie mannen slapen in de loods.", "Wanneer?": "Deze week",
		"Straat": "Voorbeeldlaan", "Huisnummer": "7", "Plaats": "Woerden", "Wie zag het?": "Ikzelf"})
	melder.fills(map[string]string{"Waar denk je aan?": "Gedwongen of heel slecht werk"})
	melder.fills(map[string]string{"Werk, reis en papieren": "Woont op de werkplek"})
	melder.fills(map[string]string{"Rol": "Misschien slachtoffer", "Naam": "Zilvervos", "Leeftijd": "23 of ouder"})
	melder.presses("Nee")
	melder.fills(map[string]string{"Bedrijf": "Koperwiek", "Branche": "Land- en tuinbouw"})
	melder.presses("Ja")
	melder.fills(map[string]string{"Hoe snel?": "Deze week", "Welk gevaar, voor wie?": "Blauwborst"})
	melder.fills(map[string]string{"Jouw team": "Toezicht", "Gaat het over een collega?": "Nee", "Hoe bereikbaar?": "Chat"})
	melder.chooses("Versturen")
	melder.sees(melder.id, "Jouw code is")

	officer.pressesIn("desk", "Openen")
	if !officer.window().says("Neem het signaal op je.") || !officer.window().says("Nederlandse Arbeidsinspectie") {
		t.Errorf("the case does not say what is owed and proposed: %v", officer.form.facts)
	}
	officer.chooses("Ik neem het")
	melder.sees(melder.id, "heeft je signaal gelezen")
	officer.chooses("Opgezocht")
	officer.fills(map[string]string{"Persoon": "Niet gevonden", "Organisatie": "Gevonden", "Adres": "Gevonden", "Waar zocht je?": "Eigen systeem", "Datum": "2026-11-02"})

	// R20: police reads an integrale controle, and there is no confidant yet.
	officer.chooses("Doorgeven")
	officer.fills(map[string]string{"Volgens de regels": "Integrale controle"})
	if !strings.Contains(officer.errors[""], "vertrouwenspersoon") {
		t.Fatalf("the gate of R20 stands open: %v", officer.errors)
	}
	officer.chooses("Niet opslaan")
	officer.pressesIn("desk", "Openen")
	acts -= 4 // not needed by an officer who knows the route
	officer.chooses("Vertrouwenspersoon")
	officer.fills(map[string]string{"Kan het?": "Het kan niet", "Waarom?": "Niemand spreekt de taal."})

	handOver := func(partner string, more map[string]string) {
		t.Helper()
		officer.chooses("Doorgeven")
		officer.fills(map[string]string{"Volgens de regels": partner})
		w := officer.window()
		for _, secret := range []string{"Blauwborst", "Toezicht", "Medewerker balie"} {
			if w.says(secret) {
				t.Errorf("%s is shown %q", partner, secret)
			}
		}
		v := map[string]string{"Hoe?": "Telefoon", "Met wie?": "Meldpunt", "Datum": "2026-11-02", "Waarom mag het?": "Eigen taak", "Antwoord gevraagd vóór": "2099-12-01"}
		for k, x := range more {
			v[k] = x
		}
		officer.fills(v)
		if len(officer.errors) > 0 {
			t.Fatalf("%s: %v", partner, officer.errors)
		}
	}
	handOver("Nederlandse Arbeidsinspectie", nil)
	if officer.window().says("Zilvervos") == false {
		t.Error("the case itself no longer shows the person")
	}
	handOver("Zorgcoördinator mensenhandel (Moviera)", nil)
	handOver("Integrale controle", map[string]string{"Waar slapen bewoners?": "Bij familie"})
	for _, partner := range []string{"Nederlandse Arbeidsinspectie", "Zorgcoördinator mensenhandel (Moviera)", "Integrale controle"} {
		officer.chooses("Antwoord van partner")
		officer.fills(map[string]string{"Welke partner?": partner, "Wat is er?": "Mag niets zeggen"})
	}
	officer.chooses("Afsluiten")
	officer.fills(map[string]string{"Waarom dicht?": "Er is iets gedaan"})
	if !strings.Contains(officer.errors[""], "Dit moet nog") {
		t.Fatalf("closed with something owed: %v", officer.errors)
	}
	acts--
	officer.fills(map[string]string{"Waarom dicht?": "Er is iets gedaan", "Kreeg slachtoffer hulp?": "Ja, er is hulp", "Weet de persoon het?": "Ja",
		"Bericht": "Klaar: er is iets gedaan"})
	if len(officer.errors) > 0 {
		t.Fatalf("not closed: %v", officer.errors)
	}
	melder.sees(melder.id, "Er is iets gedaan met je signaal")
	officer.sees("desk", "Afgesloten")
	melder.says("mijn signalen")
	melder.sees(melder.id, "afgesloten")
	t.Logf("%d acts", acts)
	if acts > 25 {
		t.Errorf("%d acts from card to close, at most 25", acts)
	}
	// The reporter does not agree: that is owed an answer, on a closed case too.
	melder.presses("Niet eens")
	melder.sees(melder.id, "Ik geef dit door")
	officer.sees(officer.id, "reageert op jouw bericht")
	officer.pressesIn("desk", "Openen")
	if !officer.window().says("Niet eens") || !officer.window().says("Geef de melder antwoord.") {
		t.Errorf("the reaction is not shown: %v", officer.form.facts)
	}
	officer.chooses("Heropenen")
	officer.fills(map[string]string{"Waarom?": "Er kwam iets bij."})
	if officer.window().told("Stand") == "afgesloten" {
		t.Error("the case is still closed")
	}
}
