package main_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// tell begins a story on Slack. Its transcript, the same by both ways in, stands
// in testdata/slack.
func (open opening) tell(t *testing.T, name, config string, plants ...string) *story {
	t.Helper()
	o := open(t, config)
	return &story{
		t: t, office: o, p: &program{t: t, dir: o.dir}, name: filepath.Join("..", "slack", name), numbers: map[string]string{},
		plants: append(plants, "Naam van medewerker-1", "Naam van medewerker-2"),
	}
}

// The stories of the intake are told in Slack's client: by messages, buttons and
// modals.
func TestSlackStories(t *testing.T) {
	t.Parallel()
	for name, play := range stories() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onSlack(t, func(t *testing.T, open opening) { play(t, open.tell) })
		})
	}
}

// A report begins by command, by shortcut or from the Home tab too, with the
// form or with 112 at once. What stands behind the command is not taken, and is
// said not to be; the Home tab says nothing of anybody.
func TestSlackDoors(t *testing.T) {
	t.Parallel()
	onSlack(t, func(t *testing.T, open opening) {
		s := open.tell(t, "deuren", covered, "rietzangerkas", "Zwartsprietje", "blauwborstkelder")
		melder, officer := s.usual()
		x := melder.seat.(*desktop)
		melder.goes("kiest de snelkoppeling ‘Signaal melden’", func() { x.Shortcut("report") })
		if melder.form == nil {
			t.Error("the shortcut opens no form")
		}
		melder.goes("typt: /signaal Zwartsprietje zit in de rietzangerkas", func() { x.Command("/signaal", "Zwartsprietje zit in de rietzangerkas") })
		if !strings.Contains(melder.notice, "heb ik niet bewaard") {
			t.Errorf("what stands behind a command is told %q", melder.notice)
		}
		if melder.form == nil {
			t.Error("the command opens no form for a report that was begun")
		}
		brief(melder, "Het gaat om de rietzangerkas.")("Nee")
		melder.chooses("Versturen")
		officer.pressesIn("desk", "Openen")
		officer.finds("Gezien of gehoord", "Het gaat om de rietzangerkas.")
		officer.misses("Zwartsprietje")
		melder.goes("opent het tabblad Home", func() { x.OpenHome() })
		home := x.Home()
		s.line("    %s\n    %v", oneLine(home.Text), home.Buttons)
		if !strings.Contains(home.Text, "0900-8844") || drawn.MatchString(home.Text) {
			t.Errorf("home reads %q", home.Text)
		}
		melder.goes("drukt op Home: Nu gevaar", func() { x.PressHome("Nu gevaar") })
		melder.stands(melder.id, "Bel nu 112.")
		melder.fills("Wat gebeurt er?", "Iemand zit in de blauwborstkelder.")
		officer.stands("desk", "Urgentie: acuut")
		s.ends()
	})
}

// What somebody types in the dialogue, or sends along, is never taken silently:
// he is sent to the form, and told how to take it back, which a bot cannot do
// for him. Of what he edits nothing comes of the words before and after.
func TestSlackTyped(t *testing.T) {
	t.Parallel()
	onSlack(t, func(t *testing.T, open opening) {
		s := open.tell(t, "getypt", covered, "karekietje", "roerdompschuur", "foto-van-haar.jpg", "waterralpad", "kwakje")
		melder, officer := s.usual()
		x := melder.seat.(*desktop)
		melder.says("Karekietje slaapt in de roerdompschuur, zei mijn buurvrouw.")
		melder.stands(melder.id, "Ik kan je bericht niet weghalen.")
		melder.goes("stuurt een foto", func() { x.Type("", "foto-van-haar.jpg") })
		melder.goes("verandert wat hij typte", func() { x.Edit("Zij woont op het waterralpad.") })
		melder.says("melden")
		melder.says("Dit is een lang verhaal dat in het formulier hoort, over kwakje en haar nicht.")
		melder.stands(melder.id, "Schrijf dit niet in de chat, maar in het formulier.")
		if n := strings.Count(show(melder.list(melder.id)), "Ik kan je bericht niet weghalen."); n != 3 {
			t.Errorf("he is told %d times how to take it back, want 3", n)
		}
		if got := show(officer.list("desk")); got != "" {
			t.Errorf("the desk learned of it: %s", got)
		}
		brief(melder, "In het formulier mag het.")("Nee")
		melder.chooses("Versturen")
		officer.pressesIn("desk", "Openen")
		officer.finds("Gezien of gehoord", "In het formulier mag het.")
		officer.misses("karekietje", "roerdompschuur", "waterralpad", "kwakje")
		s.ends()
	})
}

// goes does something that only Slack's client can.
func (a *actor) goes(what string, act func()) {
	a.s.t.Helper()
	a.begin("%s", what)
	a.acts++
	a.took("press", func() reply { return a.seat.(*desktop).does(act) })
}
