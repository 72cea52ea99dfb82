package main_test

import "testing"

// The channel learns reference, urgency and date. Who reported is behind a
// reason, which is kept in the journal; whoever may not read gets "niet
// gevonden", whatever he holds.
func TestStoryDesk(t *testing.T) {
	t.Parallel()
	s := tell(t, "balie", covered, "Klapekster", "ijsvogelbrug", "Grauwe Gans", "onderzoeksreden", "Medewerker toezicht")
	melder := s.actor("Melder", "medewerker-2")
	officer := s.actor("Aandachtsfunctionaris", "aandachtsfunctionaris-1", "desk")
	outsider := s.actor("Teamcoördinator", "teamcoordinator")
	melder.says("melden")
	melder.fills("Wat is gezien of gehoord?", "Klapekster woont onder de ijsvogelbrug.", "Wanneer?", "Eerder", "Wie zag het?", "Een collega", "Wie vertelde het?", "Grauwe Gans")
	melder.fills("Waar denk je aan?", "Iets anders")
	melder.chooses("Geen van deze")
	melder.chooses("Weet ik niet")
	melder.fills()
	melder.fills("Hoe snel?", "Kan wachten")
	melder.fills("Jouw team", "Toezicht", "Gaat het over een collega?", "Nee", "Hoe bereikbaar?", "Bellen", "Jouw nummer", "06-12345678", "Wanneer bellen?", "na zes uur")
	melder.chooses("Versturen")
	card := officer.list("desk")[0]
	if got, want := s.plain(card.text), "Nieuw signaal SIG-1\nUrgentie: normaal\nLees het vóór (dag en tijd)."; got != want {
		t.Errorf("the card reads %q, want %q", got, want)
	}
	for _, who := range []*actor{outsider, melder} {
		who.begin("stuurt het token van de kaart")
		who.does("press", who.id, newID(), values("token", card.choices[0].token))
		who.refused("the card's token")
	}
	officer.pressesIn("desk", "Openen")
	stolen := officer.form.token
	for _, act := range []string{"read", "reporter", "close", ""} {
		outsider.begin("stuurt het token van het geopende signaal (%s)", act)
		outsider.does("form", outsider.id, newID(), values("token", stolen, "act", act))
		outsider.refused("the case's token")
	}
	officer.chooses("Toon melder")
	officer.fills("Waarom heb je de naam nodig?", "   ")
	officer.fills("Waarom heb je de naam nodig?", "onderzoeksreden: ik moet iets vragen")
	officer.finds("Naam", "Medewerker toezicht", "Bereiken", "Bellen", "Telefoon", "06-12345678", "Wanneer bellen", "na zes uur", "Wie het vertelde", "Grauwe Gans")
	if f := s.files(); len(held(f["meldroute.db-wal"], "reporter.shown")) == 0 && len(held(f["meldroute.db"], "reporter.shown")) == 0 {
		t.Error("showing the reporter is not in the journal")
	}
	s.note("Wie de naam wil zien, moet de reden opnieuw geven.")
	officer.pressesIn("desk", "Openen")
	officer.chooses("Gelezen")
	melder.stands(melder.id, "heeft je signaal gelezen")
	s.ends()
}

func (a *actor) refused(what string) {
	a.s.t.Helper()
	if a.notice != "Niet gevonden." || (a.form != nil && len(a.form.facts) > 0) {
		a.s.t.Errorf("%s with %s got notice %q and form %+v", a.name, what, a.notice, a.form)
	}
}
