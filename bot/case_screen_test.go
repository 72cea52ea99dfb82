package main_test

import (
	"strings"
	"testing"
)

// The coördinator reads the exact figures and the review of rights (P16) in a
// window of his own, by word or button; nothing of it stands in the chat but the
// masked charts that he puts there, each reading is a line in the journal, and
// nobody else finds it.
func TestCoordinatorScreens(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	boss := p.open("coordinator").watch()
	boss.says("cijfers")
	if f := boss.window(); f.title != "Cijfers" || !strings.Contains(f.intro, "precies. Deel ze niet.") || f.facts[0] != [2]string{"Alle signalen", "0"} {
		t.Errorf("the figures read %q: %q %v", f.title, f.intro, f.facts)
	}
	boss.chooses("Cijfers delen")
	boss.fills(map[string]string{"Welke periode?": boss.window().fields[0].options[0].label, "Wat wil je?": "Pagina om te tonen of te printen"})
	name, body := fetchFile(t, boss.window().link, coded.FindString(boss.window().note))
	if !strings.HasPrefix(name, "cijfers-") || !strings.HasSuffix(name, ".html") || !strings.Contains(body, "<svg") {
		t.Errorf("%s begins %.40q", name, body)
	}
	until(t, "the charts are drawn", func() bool { // on a busy machine that is told to be tried again
		boss.fills(map[string]string{"Welke periode?": boss.window().fields[0].options[0].label, "Wat wil je?": "Grafieken in het kanaal"})
		return boss.notice == "De grafieken staan in het kanaal."
	})
	if boss.sees("desk", "De cijfers van").own {
		t.Error("the charts are the coordinator's own post")
	}
	until(t, "four charts stand in the channel", func() bool { return len(boss.list("desk")) == 4 })
	boss.says("overzicht")
	boss.presses("Rechten")
	if f := boss.window(); !strings.Contains(f.intro, "Aandachtsfunctionaris 1") || !strings.Contains(f.intro, "Deed nog niets") {
		t.Errorf("the rights read %q", f.intro)
	}
	for _, x := range boss.list(boss.id) {
		if strings.Contains(x.text, "Deed nog niets") {
			t.Errorf("the chat says %q", x.text)
		}
	}
	boss.chooses("Sluiten")
	boss.says("overzicht")
	boss.presses("Copen-overleg")
	if f := boss.window(); f.title != "Copen-overleg" || len(f.facts) == 0 {
		t.Errorf("the meeting is called %q", f.title)
	}
	officer := p.open("aandachtsfunctionaris-1").watch()
	officer.says("overzicht")
	for _, c := range officer.sees(officer.id, "Jouw uren").choices {
		if c.label == "Copen-overleg" || c.label == "Rechten" {
			t.Errorf("an officer is offered %s", c.label)
		}
	}
	for _, who := range []string{"aandachtsfunctionaris-1", "medewerker-1"} {
		w := p.open(who).watch()
		for _, word := range []string{"cijfers", "rechten"} {
			if w.says(word); w.notice != nobody || w.form != nil {
				t.Errorf("%s typed %s and got %q, form %v", who, word, w.notice, w.form != nil)
			}
		}
	}
	until(t, "the journal is sealed", func() bool {
		out := p.bot("journal", "verify").out
		return strings.Contains(out, "is heel") && !strings.Contains(out, "wachten")
	})
}

// A card that changes says what is new, for the thread of its post: that the
// signal was read, was closed and was opened again.
func TestCardTellsWhatChanged(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	loop := b.r.loop()
	ref := b.report("medewerker-1", nil)
	c := b.clerk("aandachtsfunctionaris-1")
	said := func(want string) {
		t.Helper()
		loop.run(t, b.clock)
		all := b.chat.at(deskChannel)
		if got := all[len(all)-1].Change; !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("the card says that %q is new, want %q", got, want)
		}
	}
	said("")
	c.takes(ref)
	said("Gelezen op maandag")
	c.task("lookups", "look_person", "notfound", "look_organisation", "notfound", "look_address", "notfound", "system", "x", "date", "2026-11-23")
	c.task("close", "reason", "not_trafficking", "why", "Een stageplek.", "template", "fb.closed.nottrafficking")
	said("Afgesloten.")
	c.task("reopen", "why", "Er is meer.")
	said("Weer open.")
}
