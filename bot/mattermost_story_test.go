package main_test

import (
	"strings"
	"testing"
)

// A normal report in dialogs: every answer on the desk, nothing of it in
// Mattermost. Before 11.1 a dialog is not followed by another at once, so that
// each that comes behind one costs a press on "Invullen": those presses decide
// nothing, and are counted apart. From 11.1 on there are none.
func TestMattermostReport(t *testing.T) {
	t.Parallel()
	s := tellOn(t, "melding", covered, true, "kooibedloods", "Vosbergse", "Torenvalk")
	melder, officer := s.usual()
	melder.says("hallo")
	melder.presses("Melden")
	melder.fills("Wat is gezien of gehoord?", "Twaalf mannen slapen in een kooibedloods.", "Wanneer?", "Nog steeds", "Wie zag het?", "Ikzelf", "Of: welke plek?", "Vosbergse polder")
	melder.fills("Waar denk je aan?", "Gedwongen of heel slecht werk")
	melder.fills("Werk, reis en papieren", "Woont op de werkplek; Heeft paspoort niet zelf")
	melder.fills("Rol", "Werkgever", "Naam", "Torenvalk")
	melder.presses("Nee")
	melder.fills("Branche", "Land- en tuinbouw", "KVK-nummer", "1234.5678")
	melder.presses("Ja")
	melder.fills("Hoe snel?", "Vandaag", "Welk gevaar, voor wie?", "De Torenvalk wordt snel boos.")
	melder.fills("Jouw team", "Boa", "Gaat het over een collega?", "Nee", "Hoe bereikbaar?", "Bellen", "Jouw nummer", "0348 428911", "Wanneer bellen?", "ochtend")
	words := melder.words
	melder.chooses("Versturen")
	acts := melder.acts - melder.openings
	t.Logf("%d acts, %d presses to open a dialog, %d words", acts, melder.openings, words)
	if acts > maxActs || words > maxWords {
		t.Errorf("a normal report took %d acts and %d words, at most %d and %d", acts, words, maxActs, maxWords)
	}
	melder.stands(melder.id, "Bedankt. Jouw code is M-")
	officer.pressesIn("desk", "Openen")
	officer.finds("Urgentie", "acuut", "Slecht wonen", "Ja", "Branche", "Land- en tuinbouw", "KVK-nummer", "12345678",
		"Plek", "Vosbergse polder", "Gevaar", "De Torenvalk wordt snel boos.", "Naam", "Torenvalk",
		"Gezien", "De persoon woont op de plek van het werk", "Gezien", "De persoon heeft het eigen paspoort niet zelf")
	s.ends()
}

// Somebody in danger reads 112 at once, needs two presses and one dialog, and is
// told that nobody has read it yet until somebody has.
func TestMattermostAcute(t *testing.T) {
	t.Parallel()
	s := tellOn(t, "acuut", covered, true, "Zwartbrugkade", "schreeuwdeur", "opgeslotenzolder")
	melder, officer := s.usual()
	melder.says("hallo")
	melder.presses("Nu gevaar")
	melder.stands(melder.id, "Bel nu 112.")
	melder.fills("Waar is het?", "Zwartbrugkade 9", "Wat gebeurt er?", "Er klinkt een schreeuwdeur. Iemand zit op de opgeslotenzolder.")
	if melder.pressed+melder.openings > 2 || melder.forms > 1 {
		t.Errorf("got %d presses and %d forms, want at most 2 and 1", melder.pressed+melder.openings, melder.forms)
	}
	melder.stands(melder.id, "Niemand heeft dit nog gelezen.")
	officer.stands(officer.id, "wacht op jou. Urgentie: acuut.")
	officer.stands("desk", "Urgentie: acuut")
	melder.presses("Nog niet")
	melder.stands(melder.id, "Bel nu 112. Kun je niet veilig bellen? Ga eerst weg. Heb je al gebeld?")
	melder.presses("Ja")
	officer.pressesIn("desk", "Openen")
	officer.finds("Urgentie", "acuut", "112 gebeld", "Ja", "Plek", "Zwartbrugkade 9",
		"Gezien of gehoord", "Er klinkt een schreeuwdeur. Iemand zit op de opgeslotenzolder.")
	officer.chooses("Gelezen")
	melder.stands(melder.id, "Een aandachtsfunctionaris heeft je signaal gelezen.")
	officer.stands("desk", "Gelezen op")
	s.ends()
}

// SPOED in the middle of part 4 goes to the acute dialog, and what was answered
// before is filed with it.
func TestMattermostDangerHalfway(t *testing.T) {
	t.Parallel()
	s := tellOn(t, "spoed-halverwege", covered, true, "wasserijkelder", "Pimpelmees", "brandtrapje")
	melder, officer := s.usual()
	melder.says("melden")
	melder.fills("Wat is gezien of gehoord?", "Vrouwen werken dag en nacht in de wasserijkelder.", "Wanneer?", "Deze week", "Wie zag het?", "Een collega")
	melder.fills("Waar denk je aan?", "Weet ik niet")
	melder.chooses("Geen van deze")
	melder.fills("Naam", "Pimpelmees", "Leeftijd", "18 tot 23")
	melder.says("SPOED")
	melder.stands(melder.id, "Bel nu 112.")
	melder.fills("Waar is het?", "brandtrapje achter", "Wat gebeurt er?", "Ze wordt nu geslagen.")
	melder.presses("Ja")
	officer.pressesIn("desk", "Openen")
	officer.finds("Urgentie", "acuut", "Naam", "Pimpelmees", "Leeftijd", "18 tot 23", "Wanneer", "Deze week",
		"Gezien of gehoord", "Ze wordt nu geslagen.\nVrouwen werken dag en nacht in de wasserijkelder.", "Plek", "brandtrapje achter", "112 gebeld", "Ja")
	s.ends()
}

// Advice is two presses, and nothing of it is kept.
func TestMattermostAdvice(t *testing.T) {
	t.Parallel()
	s := tellOn(t, "advies", covered, true)
	melder, officer := s.usual()
	melder.says("hallo")
	melder.presses("Ik twijfel")
	melder.presses("Alleen advies")
	melder.stands(melder.id, "Noem nog geen namen.")
	if melder.pressed != 2 || melder.forms != 0 {
		t.Errorf("got %d presses and %d forms, want 2 and 0", melder.pressed, melder.forms)
	}
	if got := show(officer.list("desk")); got != "" {
		t.Errorf("the desk learned of it: %s", got)
	}
	s.nothingKept()
	s.ends()
}

// A whole case, from report to close.
func TestMattermostCase(t *testing.T) {
	t.Parallel()
	caseLabourAndHousing(t, func(t *testing.T, name string, plants ...string) (*story, *actor, *actor) {
		t.Helper()
		s := tellOn(t, "zaak-"+name, covered, true, plants...)
		melder, officer := s.usual()
		t.Cleanup(func() {
			t.Logf("%d acts from card to close, %d presses to open a dialog", officer.pressed+officer.forms, officer.openings)
		})
		return s, melder, officer
	})
}

// Without a way in for buttons everything is typed: before the first words of
// one's own the bot says that they stay in Mattermost and asks whether to go on.
// What is answered by number can also be a reaction. The desk is refused in
// words.
func TestMattermostTyped(t *testing.T) {
	t.Parallel()
	s := tellOn(t, "getypt", covered, false, "slaapzaalschuur")
	melder, officer := s.usual()
	melder.says("hallo")
	melder.presses("Melden")
	melder.stands(melder.id, "blijft in Mattermost staan")
	melder.presses("Ga verder")
	for _, text := range []string{
		"Twaalf mannen slapen in een slaapzaalschuur.", "4", "-", "-", "-", "-", "Rietveldse polder", "1", "-",
		"2", "1, 2", "-", "-", "weet ik niet", "weet ik niet", "ja", "1", "-", "5", "-", "1", "1", "-", "-", "versturen",
	} {
		melder.says(text)
	}
	melder.stands(melder.id, "Bedankt. Jouw code is M-")
	officer.stands("desk", "Nieuw signaal")
	officer.says("overzicht")
	officer.says("Open " + officer.reference())
	officer.stands(officer.id, "Dit laat ik niet zien in een bericht.")
	if strings.Contains(show(officer.list(officer.id)), "slaapzaalschuur") {
		t.Error("the desk shows content in a post")
	}
	t.Logf("%d acts, %d words", melder.acts, melder.words)
	s.ends()
}

// Somebody in danger reads 112 at once without buttons too, and types where and
// what.
func TestMattermostTypedAcute(t *testing.T) {
	t.Parallel()
	s := tellOn(t, "getypt-acuut", covered, false, "klinkerkelder")
	melder, officer := s.usual()
	melder.says("SPOED")
	melder.stands(melder.id, "Bel nu 112.")
	melder.says("1")
	melder.says("Voorbeeldlaan 7")
	melder.says("Iemand zit in de klinkerkelder.")
	melder.says("2")
	officer.stands("desk", "Urgentie: acuut")
	officer.stands(officer.id, "wacht op jou. Urgentie: acuut.")
	t.Logf("%d acts", melder.acts)
	s.ends()
}
