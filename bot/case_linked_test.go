package main_test

import (
	"strings"
	"testing"
)

// An earlier signal that shares a mark is opened from the case, by whoever may
// see both; reading it is a line in the journal. A reference that shares
// nothing, or is guessed, is not found.
func TestCaseLinked(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	one := b.report("medewerker-1", said{"capacity": "victim", "name": "Kraaiheide", "what": "Eerst gezien"})
	two := b.report("medewerker-2", said{"capacity": "victim", "name": "Kraaiheide", "what": "Later gezien"})
	other := b.report("teamcoordinator", said{"what": "Heel iets anders"})
	c := b.clerk("aandachtsfunctionaris-1")
	c.opens(two)
	opened := b.lines("signal.opened ok")
	window := c.form
	c.chooses("linked." + one)
	if c.form.Title != one || !strings.Contains(answered(c.last), "Eerst gezien") {
		t.Errorf("opened %s", c.form.Title)
	}
	if got := b.lines("signal.opened ok"); got != opened+1 {
		t.Errorf("reading it left %d lines", got-opened)
	}
	for _, ref := range []string{other, "SIG-2026-00000", ""} {
		c.shut("the link to "+ref, filled(b.message(c.id), window, "linked."+ref))
	}
	// Somebody who is involved in the first is not shown that it is there.
	c.form = window
	d := b.clerk("aandachtsfunctionaris-2")
	d.opens(one)
	d.chooses("task.involved")
	d.fills("why", "Ik ken hem.")
	d.opens(two)
	if strings.Contains(answered(d.last), one) {
		t.Error("a signal is named to whoever is left out of it")
	}
	d.shut("a link to what he is left out of", filled(b.message(d.id), d.form, "linked."+one))
}
