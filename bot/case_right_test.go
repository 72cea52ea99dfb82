package main_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/flows/handling"
)

const (
	nobody    = "Niet gevonden."
	overtaken = "Een collega was net iets eerder. Bekijk het signaal opnieuw."
)

// shut fails unless an act got the one answer of who has no right, and left one
// line in the journal.
func (c *clerk) shut(what string, m adapters.Message) {
	c.b.t.Helper()
	before := c.b.lines("desk.refused refused")
	c.last, c.form = adapters.Answer{}, nil
	a := c.does(m)
	if a.Notice != nobody || a.Form != nil || m.Filled != nil && a.Errors[""] != nobody || len(a.Errors) > 1 {
		c.b.t.Errorf("%s with %s got %q %v and form %v", c.id, what, a.Notice, a.Errors, a.Form != nil)
	}
	if got := c.b.lines("desk.refused refused"); got != before+1 {
		c.b.t.Errorf("%s with %s left %d lines in the journal", c.id, what, got-before)
	}
}

// every tries all that somebody could hold of another: the button of an
// overview, the window of a case with each act, and the form of each task.
func (c *clerk) every(what, press string, forms ...*adapters.Form) {
	c.b.t.Helper()
	c.shut(what+": a button", pressed(c.b.message(c.id), press))
	c.shut(what+": a guess", pressed(c.b.message(c.id), "desk-0000"))
	acts := []string{"", "read", "reporter", "task.take", "task.handover", "task.close", "task.reopen", "task.facts"}
	for _, f := range forms {
		for _, act := range acts {
			c.shut(what+": "+f.Title+" "+act, filled(c.b.message(c.id), f, act, "why", "x", "reason", "x", "confidant", "deployed", "proposed", "nla"))
		}
	}
}

// forms opens everything that an officer can hold of a case: its window, the
// forms of its tasks, a package and the question about the reporter.
func (c *clerk) forms(ref string) (press string, forms []*adapters.Form) {
	c.b.t.Helper()
	c.opens(ref)
	for _, r := range slices.Backward(c.b.chat.at("web:" + c.id)) {
		if len(r.Choices) > 0 {
			press = r.Choices[0].Token
			break
		}
	}
	window := c.form
	forms = append(forms, window)
	for _, task := range []string{"confidant", "note", "close"} {
		c.form = window
		c.chooses("task." + task)
		forms = append(forms, c.form)
	}
	c.form = window
	c.share("nla")
	forms = append(forms, c.form)
	c.form = window
	c.chooses("reporter")
	return press, append(forms, c.form)
}

// Somebody without a right gets "Niet gevonden." from every side, and each try
// is a line in the journal: who is no officer, an officer who left the channel,
// an officer who is left out of the signal, and anybody with the form of another.
func TestCaseRights(t *testing.T) {
	t.Parallel()
	for name, who := range map[string]string{"an employee": "medewerker-2", "the reporter": "medewerker-1", "a team lead": "teamcoordinator"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openBureau(t)
			c := b.clerk("aandachtsfunctionaris-1")
			c.takes(b.report("medewerker-1", victim("labour", "23_plus")))
			press, forms := c.forms(b.r.ref("medewerker-1"))
			b.clerk(who).every(name, press, forms...)
		})
	}
	t.Run("an officer who left the channel", func(t *testing.T) {
		t.Parallel()
		b := openBureau(t)
		c := b.clerk("aandachtsfunctionaris-1")
		c.takes(b.report("medewerker-1", victim("labour", "23_plus")))
		press, forms := c.forms(b.r.ref("medewerker-1"))
		b.r.room.become(func(r adapters.Room) (adapters.Room, error) {
			r.Members = slices.DeleteFunc(r.Members, func(m adapters.Member) bool { return m.Address.Key() == "web:"+c.id })
			return r, nil
		})
		c.every("removed", press, forms...)
		c.shut("removed: overzicht", typed(b.message(c.id), "overzicht"))
		b.r.room.become(nil)
		c.opens(b.r.ref("medewerker-1"))
	})
	t.Run("an officer who is involved", func(t *testing.T) {
		t.Parallel()
		b := openBureau(t)
		b.r.involved("medewerker-1")
		ref := b.r.ref("medewerker-1")
		other := b.clerk("aandachtsfunctionaris-2")
		other.takes(ref)
		other.task("facts", "forms", "labour")
		press, forms := other.forms(ref)
		named := b.clerk("aandachtsfunctionaris-1")
		named.every("involved", press, forms...)
		named.does(typed(b.message(named.id), "overzicht"))
		for _, r := range b.chat.at("web:" + named.id) {
			if strings.Contains(r.Text, ref) {
				t.Errorf("who is involved is shown %q", r.Text)
			}
		}
	})
	t.Run("another officer with this one's forms", func(t *testing.T) {
		t.Parallel()
		b := openBureau(t)
		c := b.clerk("aandachtsfunctionaris-1")
		c.takes(b.report("medewerker-1", victim("labour", "23_plus")))
		_, forms := c.forms(b.r.ref("medewerker-1"))
		other := b.clerk("aandachtsfunctionaris-2")
		for _, f := range forms {
			other.shut("a form of another", filled(b.message(other.id), f, "", "why", "x", "reason", "x", "confidant", "deployed"))
		}
	})
	t.Run("a form of half an hour ago", func(t *testing.T) {
		t.Parallel()
		b := openBureau(t)
		c := b.clerk("aandachtsfunctionaris-1")
		c.takes(b.report("medewerker-1", victim("labour", "23_plus")))
		press, forms := c.forms(b.r.ref("medewerker-1"))
		b.clock.on(31 * time.Minute)
		for _, f := range forms {
			c.shut("an old form", filled(b.message(c.id), f, "", "why", "x", "reason", "x", "confidant", "deployed"))
		}
		if a := c.does(pressed(b.message(c.id), press)); a.Form == nil {
			t.Error("the button no longer opens the case")
		}
	})
}

// Whoever is no reader and types "overzicht" reads what he reads everywhere, and
// leaves a journal line.
func TestCaseOverviewIsForReaders(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	for _, who := range []string{"medewerker-1", "teamcoordinator"} {
		c := b.clerk(who)
		c.shut("overzicht", typed(b.message(who), "Overzicht"))
	}
	for _, who := range []string{"aandachtsfunctionaris-1", "coordinator"} {
		c := b.clerk(who)
		if a := c.does(typed(b.message(who), "Overzicht")); a.Notice != "" {
			t.Errorf("%s reads %q", who, a.Notice)
		}
	}
}

// Two officers at one case: the second sees who did what, and what he fills in
// on an older screen is refused in words and overwrites nothing.
func TestCaseTwoOfficers(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	ref := b.report("medewerker-1", victim("labour", "23_plus"))
	one, two := b.clerk("aandachtsfunctionaris-1"), b.clerk("aandachtsfunctionaris-2")
	one.opens(ref)
	two.opens(ref)
	one.chooses("task.take")
	two.does(filled(b.message(two.id), two.form, "task.take")) // his screen still says: nobody
	if got := two.last.Notice + two.last.Errors[""]; got != overtaken {
		t.Errorf("the second take was answered %q %v", got, two.last.Form != nil)
	}
	two.opens(ref)
	if got := two.tells("Bij"); got != "Aandachtsfunctionaris 1" {
		t.Errorf("the case is with %q", got)
	}
	one.confidant()
	two.opens(ref)
	seen := false
	for _, f := range two.part("Wat er is gedaan") {
		seen = seen || strings.HasSuffix(f.Label, ", Aandachtsfunctionaris 1") && strings.Contains(f.Value.Reveal(), "Niemand spreekt de taal.")
	}
	if !seen {
		t.Errorf("the second does not see who did what: %v", two.part("Wat er is gedaan"))
	}
	two.chooses("task.take")
	if got := two.tells("Bij"); got != "Aandachtsfunctionaris 2" {
		t.Errorf("after the second take the case is with %q", got)
	}

	// Facts on two screens at once: the second would erase the first's.
	one.opens(ref)
	one.chooses("task.facts")
	two.chooses("task.facts")
	one.fills("facts", string(handling.Shelter))
	if got := two.fills("more", string(handling.Network)).Errors[""]; got != overtaken {
		t.Errorf("facts on an old screen were answered %q", got)
	}
	two.opens(ref)
	if two.proposal(reached{rule: "R18", partner: []string{"comensha"}}) == nil {
		t.Error("the second officer's form erased the first one's facts")
	}
}
