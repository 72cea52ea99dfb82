package main_test

import (
	"testing"
	"time"
)

// An officer is absent for a while: she says who stands in, the overview of her
// colleague says so by name and the channel without, and she ends it herself.
// Who stands in for whom stands in no open place.
func TestStoryAbsence(t *testing.T) {
	t.Parallel()
	s := tell(t, "afwezig", covered, "IJsvogelbrug")
	today := time.Now().Format(time.DateOnly)
	melder := s.actor("Melder", "medewerker-2")
	one := s.actor("Aandachtsfunctionaris 1", "aandachtsfunctionaris-1")
	two := s.actor("Aandachtsfunctionaris 2", "aandachtsfunctionaris-2", "desk")
	leader := s.actor("Coördinator", "coordinator")
	melder.says("")
	melder.presses("Nu gevaar")
	melder.fills("Wat gebeurt er?", "Iemand wordt meegenomen bij de IJsvogelbrug.")
	leader.says("dienst")
	leader.fills("Welke week?", leader.opened().option("Welke week?", 0), "Wie heeft dienst?", "Aandachtsfunctionaris 1")
	one.says("afwezig")
	one.fills("Eerste dag", today, "Wie vervangt?", "Aandachtsfunctionaris 2")
	two.says("afwezig")
	two.fills("Eerste dag", today, "Wie vervangt?", "Aandachtsfunctionaris 1")
	two.chooses("Sluiten")
	two.says("overzicht")
	two.stands(two.id, "Dienst deze week: Aandachtsfunctionaris 2.")
	two.stands(two.id, "Afwezig: Aandachtsfunctionaris 1.")
	two.saysIn("desk", "overzicht")
	two.stands("desk", "Afwezig: 1.")
	one.says("afwezig")
	one.chooses(one.opened().act("Ik ben er weer"))
	two.saysIn("desk", "overzicht nieuw")
	two.stands("desk", "Op het bureau: Nieuw")
	s.ends()
}

// An officer leaves: the coördinator hands over what is open in one go; whoever
// left finds nothing from then on, and the channel is not used before he is
// taken out of it.
func TestStoryLeavingOfficer(t *testing.T) {
	t.Parallel()
	s := tell(t, "vertrek", covered, "IJsvogelbrug")
	melder := s.actor("Melder", "medewerker-2")
	one := s.actor("Aandachtsfunctionaris 1", "aandachtsfunctionaris-1")
	two := s.actor("Aandachtsfunctionaris 2", "aandachtsfunctionaris-2")
	leader := s.actor("Coördinator", "coordinator", "desk")
	melder.says("")
	melder.presses("Nu gevaar")
	melder.fills("Wat gebeurt er?", "Iemand wordt meegenomen bij de IJsvogelbrug.")
	one.says("overzicht")
	one.presses("Open " + leader.reference())
	one.chooses("Ik neem het")
	one.says("advies")
	one.fills("Minuten", "15", "Waar ging het over?", "Moet ik dit melden?")
	leader.says("vertrek")
	leader.fills("Wie?", "Aandachtsfunctionaris 1")
	leader.fills("Wie krijgt het werk?", "Aandachtsfunctionaris 2")
	one.says("overzicht")
	one.refused("an overview")
	one.says("advies")
	two.says("overzicht van mij")
	two.stands(two.id, "Bij jou.")
	leader.saysIn("desk", "overzicht")
	s.ends()
}

// saysIn types in a channel.
func (a *actor) saysIn(log, text string) {
	a.s.t.Helper()
	a.begin("typt in het kanaal: %s", text)
	a.acts++
	a.does("say", log, newID(), values("text", text))
}

// option is the nth option of a field of an open form.
func (f *form) option(label string, n int) string {
	for _, x := range f.fields {
		if x.label == label && n < len(x.options) {
			return x.options[n].label
		}
	}
	return ""
}

// act is the button of an open form that begins so.
func (f *form) act(begins string) string {
	for _, x := range f.acts {
		if len(x.label) >= len(begins) && x.label[:len(begins)] == begins {
			return x.label
		}
	}
	return ""
}
