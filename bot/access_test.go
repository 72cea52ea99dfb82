package main_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// seeks begins a request for access and searches.
func (c *clerk) seeks(term string) adapters.Answer {
	c.b.t.Helper()
	c.does(typed(c.b.message(c.id), "Inzage "))
	if c.last.Form == nil {
		c.b.t.Fatalf("no form: %s", answered(c.last))
	}
	return c.fills("term", term, "request", "Zaak 2026-7")
}

// A request for access finds what is live about a term in every signal, in the
// report, what was added and what officers recorded, also where no index sees
// it; shows it with a field for the limit of art. 41 UAVG; and gives one
// overview, to copy and once as a file, with the limited signals apart. Each
// search, each signal shown and each one given is a line in the journal.
func TestAccess(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	one := b.report("medewerker-1", victim("labour", "23_plus", "what", "Een man, Jan Roerdomp, werkt daar.", "name", "Piet Wulp", "looks", "Blauwe jas"))
	two := b.report("medewerker-2", said{"what": "Ik zag niets bijzonders.", "risk": "J. Roerdomp is boos."})
	three := b.report("medewerker-3", said{"what": "Iets anders."})
	c, boss := b.clerk("aandachtsfunctionaris-1"), b.clerk("coordinator")
	c.takes(three)
	c.task("note", "note", "Gebeld met de heer Roerdomp, Jan.")
	gone := b.report("medewerker-4", said{"what": "Roerdomp, Jan."})
	c.closes(gone, "not_trafficking", "fb.closed.nottrafficking")

	boss.seeks("Jan Roerdomp")
	for _, ref := range []string{one, two, three, gone} {
		if !slices.ContainsFunc(boss.form.Facts, func(f adapters.Fact) bool { return f.Label == ref && f.Value.Empty() }) {
			t.Errorf("%s is not found", ref)
		}
	}
	if text := answered(boss.last); strings.Contains(text, "Wulp") || strings.Contains(text, "Blauwe jas") || strings.Contains(text, "Iets anders.") {
		t.Error("what is about somebody else is shown")
	}
	boss.fills("limit."+two, "Er loopt een onderzoek.")
	text := boss.form.Fields[0].Value[0].Reveal()
	for _, want := range []string{"Zoekterm: Jan Roerdomp", one + "\n", "Een man, Jan Roerdomp, werkt daar.", "Gebeld met de heer Roerdomp, Jan."} {
		if !strings.Contains(text, want) {
			t.Errorf("the overview lacks %q:\n%s", want, text)
		}
	}
	given, within, ok := strings.Cut(text, "Geef dit deel niet mee.")
	if !ok || strings.Contains(text, "is boos") || strings.Contains(given, two) || !strings.Contains(within, two+"\nBeperkt op grond van artikel 41 UAVG. Reden: Er loopt een onderzoek.") {
		t.Errorf("the limit is not kept:\n%s", text)
	}
	if len(b.chat.at("web:coordinator")) == 0 || b.chat.count("web:coordinator", "Roerdomp") != 0 {
		t.Error("the chat keeps what was found, or nothing was said: the test shows nothing")
	}

	// The file is made when it is fetched: what was erased meanwhile is not in it.
	claim := boss.offered()
	if err := b.r.store.EraseNow(t.Context(), store.Reference(gone), private.New("Besluit."), nil); err != nil {
		t.Fatal(err)
	}
	f, err := b.fetch(claim)
	if err != nil {
		t.Fatal(err)
	}
	if body := f.Body.Reveal(); f.Name != "inzage.txt" || !strings.Contains(body, one) || strings.Contains(body, gone) || strings.Contains(body, "is boos") {
		t.Errorf("file %s holds\n%s", f.Name, body)
	}
	if _, err := b.fetch(claim); err == nil {
		t.Error("the file is fetched twice")
	}
	for line, want := range map[string]int{"access.searched ok": 1, "access.shown ok": 4, "access.given ok": 3, "access.given limited": 1, "file.fetched ok": 1} {
		if got := b.lines(line); got != want {
			t.Errorf("%d lines %q, want %d", got, line, want)
		}
	}
}

// Who reported is not found by a search: not the name, not the source, not the
// number to call back.
func TestAccessKeepsTheReporter(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	in, _ := plantedReport()
	b.report("zeearend77", in)
	boss := b.clerk("coordinator")
	for _, term := range []string{"zeearend77", "428911", "oeverlooptijd", "fitisvrouw"} {
		if a := boss.seeks(term); len(a.Form.Facts) != 0 || a.Form.Submit != "" {
			t.Errorf("%q finds %s", term, answered(a))
		}
	}
}

// Only the coördinator asks; for everybody else it is not there. A term that is
// too short and a search without a reason are refused, and a form that was used
// is dead.
func TestAccessIsForTheCoordinator(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	b.report("medewerker-1", said{"what": "Jan Roerdomp."})
	for _, who := range []string{"aandachtsfunctionaris-1", "medewerker-1"} {
		for _, m := range []adapters.Message{typed(b.message(who), "inzage"), pressed(b.message(who), "desk-access")} {
			c := b.clerk(who)
			if a := c.does(m); a.Form != nil || a.Notice != "Niet gevonden." {
				t.Errorf("%s reads %s", who, answered(a))
			}
		}
	}
	boss := b.clerk("coordinator")
	boss.does(pressed(b.message(boss.id), b.pressed(boss)))
	form := boss.form
	for _, bad := range [][]string{{"term", "Jan", "request", "Zaak"}, {"term", "Jan Roerdomp", "request", " "}, {"term", "", "request", "Zaak"}} {
		if a := boss.fills(bad...); len(a.Errors) != 1 {
			t.Errorf("%v: %s", bad, answered(a))
		}
	}
	c := b.clerk("aandachtsfunctionaris-1")
	c.form = form
	if a := c.fills("term", "Jan Roerdomp", "request", "Zaak"); a.Form != nil {
		t.Errorf("an officer searches with another's form: %s", answered(a))
	}
	boss.fills("term", "Jan Roerdomp", "request", "Zaak")
	if a := boss.does(filled(b.message(boss.id), form, "", "term", "Jan Roerdomp", "request", "Zaak")); a.Form != nil {
		t.Error("a form is used twice")
	}
	if n := b.lines("access.searched ok"); n != 1 {
		t.Errorf("%d searches", n)
	}
}

// pressed types for the button that begins a request.
func (b *bureau) pressed(c *clerk) string {
	b.t.Helper()
	c.does(typed(b.message(c.id), "inzage"))
	return b.button(c.id, "Zoeken voor inzage")
}
