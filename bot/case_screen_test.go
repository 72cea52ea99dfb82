package main_test

import (
	"strings"
	"testing"
)

// The coördinator reads the exact figures and the review of rights (P16) in a
// window of his own, by word or button; nothing of it stands in the chat, each
// reading is a line in the journal, and nobody else finds it.
func TestCoordinatorScreens(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	boss := p.open("coordinator").watch()
	boss.says("cijfers")
	if f := boss.window(); f.title != "Cijfers" || !strings.Contains(f.intro, "Cijfers over") && !strings.Contains(f.intro, "ignalen") {
		t.Errorf("the figures read %q: %q", f.title, f.intro)
	}
	boss.chooses("Sluiten")
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
