package main_test

import (
	"strings"
	"testing"
	"time"
)

// enters a signal that came in otherwise than by chat.
func (a *actor) enters(how, day string, giver []string, x tip) {
	a.s.t.Helper()
	a.says("invoeren")
	a.fills(append([]string{"Hoe kwam het binnen?", how, "Op welke dag?", day}, giver...)...)
	a.fills("Wat is gezien of gehoord?", x.what, "Wanneer?", "Deze week", "Straat", "Voorbeeldlaan", "Huisnummer", "7", "Plaats", "Woerden", "Wie zag het?", "De melder zelf")
	a.fills("Waar denk je aan?", x.form)
	a.chooses("Geen van deze")
	a.fills(x.person...)
	a.presses("Nee")
	a.fills(x.things...)
	if x.sleeps != "" {
		a.presses(x.sleeps)
	}
	a.fills("Hoe snel?", x.speed)
	a.fills("Gaat het over een collega?", "Nee")
	a.chooses("Versturen")
}

// A resident calls. The officer enters it, opens it from his own dialogue, and
// goes along the route to its end: what the reporter must hear he tells himself,
// and no chat gets a message about it.
func caseByPhone(t *testing.T, tell teller) {
	s, melder, officer := tell(t, "telefoon", "klompenhok", "Zwartkop", "Rietgors")
	officer.enters("Telefoon", today(), []string{"Van wie kwam het?", "Mevrouw Rietgors", "Telefoon van de melder", "0348 428911"}, tip{
		what: "Een man slaapt in het klompenhok.", form: "Gedwongen of heel slecht werk",
		person: []string{"Rol", "Misschien slachtoffer", "Naam", "Zwartkop", "Leeftijd", "23 of ouder"}, things: []string{"Branche", "Land- en tuinbouw"}, sleeps: "Nee", speed: "Deze week"})
	officer.stands(officer.id, "Je hebt signaal")
	officer.stands("desk", "Gelezen op")
	officer.presses("Openen")
	officer.finds("Kwam binnen via", "Telefoon", "Wie zag het", "De melder zelf", "Stand", "gelezen")
	officer.misses("Rietgors", "428911")
	officer.chooses("Toon melder")
	officer.fills("Waarom heb je de naam nodig?", "Ik bel terug.")
	officer.finds("Naam", "Mevrouw Rietgors", "Telefoon", "0348 428911", "Bereiken", "Bellen")
	officer.presses("Openen")
	officer.chooses("Ik neem het")
	officer.carries("Opgezocht", "Persoon", "Niet gevonden", "Organisatie", "Niet gevonden", "Adres", "Gevonden", "Waar zocht je?", "Eigen systeem", "Datum", today())
	officer.looksAt(nla)
	officer.misses("Zwartkop", "Rietgors", "428911")
	officer.gives()
	officer.lawful(nla)
	officer.hands(care)
	officer.chooses("Bericht aan melder")
	if !strings.Contains(officer.opened().intro, "De melder heeft geen chat.") {
		t.Errorf("the window does not say that there is no chat: %q", officer.opened().intro)
	}
	officer.fills("Bericht", "Loopt nog")
	officer.lawful("Bericht aan melder")
	for _, p := range []string{nla, care} {
		officer.hears(p, "Mag niets zeggen")
	}
	officer.finishes()
	officer.finds("Stand", "afgesloten")
	told := 0
	for _, f := range officer.opened().facts {
		told += strings.Count(f[1], "Bericht aan melder (zelf verteld)")
	}
	if told != 2 {
		t.Errorf("the record keeps %d times that he told it himself, want 2", told)
	}
	officer.stands("desk", "Afgesloten")
	if got := len(melder.list(melder.id)); got > 0 {
		t.Errorf("an employee was told %d things about it", got)
	}
	s.endsCase()
}

// A case that was running when the program came is entered with its own day:
// that day is shown, and nothing is late because of it. What turns out to be no
// trafficking is closed on one screen, in at most six acts.
func caseRunning(t *testing.T, tell teller) {
	s, _, officer := tell(t, "liep-al", "naaiatelier", "Kluut")
	day := time.Now().AddDate(0, -3, 0)
	officer.says("invoeren")
	officer.fills("Hoe kwam het binnen?", "Het liep al", "Op welke dag?", time.Now().AddDate(0, 0, 2).Format(time.DateOnly))
	if !strings.Contains(officer.errors["day"], "Deze dag moet nog komen.") {
		t.Errorf("a day to come is answered %v", officer.errors)
	}
	officer.fills("Hoe kwam het binnen?", "Het liep al", "Op welke dag?", day.Format(time.DateOnly))
	officer.fills("Wat is gezien of gehoord?", "Zij maakt lange dagen in het naaiatelier.", "Wanneer?", "Eerder", "Plaats", "Woerden", "Wie zag het?", "Een collega")
	officer.fills("Waar denk je aan?", "Gedwongen of heel slecht werk")
	officer.chooses("Geen van deze")
	officer.fills("Rol", "Misschien slachtoffer", "Naam", "Kluut")
	officer.presses("Nee")
	officer.chooses("Weet ik niet")
	officer.presses("Nee")
	officer.fills("Hoe snel?", "Kan wachten")
	officer.fills("Gaat het over een collega?", "Weet ik niet")
	officer.chooses("Versturen")
	officer.pressed, officer.forms = 0, 0
	officer.presses("Openen")
	officer.finds("Ontvangen", day.Format(time.DateOnly), "Kwam binnen via", "Het liep al")
	officer.chooses("Ik neem het")
	for _, f := range officer.opened().facts {
		if f[0] == "Eerst" && !strings.Contains(f[1], "stap") {
			t.Errorf("what is due first is %q", f[1])
		}
	}
	officer.carries("Opgezocht", "Persoon", "Niet gevonden", "Organisatie", "Niet gevonden", "Adres", "Niet gevonden", "Waar zocht je?", "Eigen systeem", "Datum", today())
	officer.carries("Afsluiten", "Waarom dicht?", "Geen mensenhandel", "Waarom?", "Zij is de eigenaar.", "Bericht", "Klaar: geen mensenhandel")
	officer.finds("Stand", "afgesloten")
	if n := officer.pressed + officer.forms; n > 6 {
		t.Errorf("%d acts to close what is none, at most 6", n)
	}
	s.endsCase()
}

// An exercise goes through the whole chain, from its card to its end, and every
// message, window and page of it begins with the word.
func caseDrill(t *testing.T, tell teller) {
	s, _, officer := tell(t, "oefening")
	officer.says("oefening")
	officer.stands("desk", "OEFENING")
	officer.stands(officer.id, "OEFENING")
	officer.pressesIn("desk", "Openen")
	marked := func() {
		t.Helper()
		if !strings.HasPrefix(officer.opened().intro, "OEFENING.") {
			t.Errorf("the window %q begins with %q", officer.form.title, officer.form.intro)
		}
	}
	marked()
	if !strings.HasPrefix(officer.opened().title, "OEFENING SIG-") {
		t.Errorf("the window is called %q", officer.form.title)
	}
	officer.chooses("Ik neem het")
	marked()
	officer.carries("Opgezocht", "Persoon", "Niet gevonden", "Organisatie", "Niet gevonden", "Adres", "Gevonden", "Waar zocht je?", "Eigen systeem", "Datum", today())
	officer.confidant()
	for _, p := range []string{nla, care, check} {
		officer.looksAt(p)
		marked()
		for _, f := range officer.opened().fields {
			if f.name == "copy" && !strings.HasPrefix(strings.Join(f.value, ""), "OEFENING") {
				t.Errorf("the text for %s is %q", p, f.value)
			}
		}
		more := []string{}
		if p == check {
			more = []string{"Waar slapen bewoners?", "Bij familie"}
		}
		officer.gives(more...)
		officer.lawful(p)
		officer.hears(p, "Mag niets zeggen")
	}
	officer.chooses("Blad voor overleg")
	marked()
	officer.fetches("\ufeffOEFENING")
	officer.chooses("Terug")
	officer.carries("Bericht aan melder", "Bericht", "Doorgegeven")
	officer.finishes()
	officer.stands("desk", "Afgesloten")
	for _, log := range []string{officer.id, "desk"} {
		for _, p := range officer.list(log) {
			if !p.own && !strings.HasPrefix(strings.TrimPrefix(p.text, inThread), "OEFENING") && !strings.Contains(p.text, "Wil je iets melden?") && !strings.HasPrefix(p.text, "Is er nu gevaar?") {
				t.Errorf("%s reads %q", log, p.text)
			}
		}
	}
	officer.says("mijn signalen")
	officer.stands(officer.id, "OEFENING M-")
	officer.pressesIn("desk", "Openen")
	officer.chooses("Oefening wissen")
	officer.stands("desk", "was een oefening")
	officer.says("overzicht")
	officer.stands(officer.id, "Er is nu niets op het bureau.")
	s.endsCase()
}
