package main_test

import (
	"strings"
	"testing"
)

// Stories of the intake are told in dialogs: every answer on the desk, nothing of
// it in Mattermost. Before 11.1 a dialog is not followed by another at once, so
// that each that comes behind one costs a press on "Invullen": those presses
// decide nothing, and are counted apart. From 11.1 on there are none.
func TestMattermostStories(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"huisvesting", "acuut", "spoed-halverwege", "advies-zonder-nummer"} {
		t.Run(name, func(t *testing.T) { t.Parallel(); stories()[name](t, tellOnMattermost) })
	}
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
