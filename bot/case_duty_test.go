package main_test

import (
	"strings"
	"testing"
	"time"
)

// owes reads what is still owed under a rule.
func (c *clerk) owes(rule string) string {
	var all []string
	for _, f := range c.part("Wat nog moet") {
		if f.Label == rule {
			all = append(all, f.Value.Reveal())
		}
	}
	return strings.Join(all, "\n")
}

const (
	r20  = "De politie kan dit lezen. Schrijf eerst op of een vertrouwenspersoon kan helpen."
	late = "Schrijf op of een vertrouwenspersoon kan helpen."
)

// R20: whatever the reporter answered, nothing goes where police can read it
// before the officer recorded the one or the other: no package is shown, no
// traceable data go to a table.
func TestCaseR20GuardsEveryReceiver(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	c := b.clerk("aandachtsfunctionaris-1")
	c.takes(b.report("medewerker-1", victim("sexual; criminal; labour", "minor", "urgency", "acute", "risk", "Ze wordt vandaag verkocht.", "wonen", "Ja", "when", "today")))
	var police []string
	for _, p := range b.r.config.Partners {
		if p.Police && p.Code != "om" {
			police = append(police, p.Code)
		}
	}
	if len(police) < 6 {
		t.Fatalf("police reads at %v only: the test shows nothing", police)
	}
	try := func(partner string) string {
		window := c.form
		defer func() { c.form = window }()
		c.chooses("task.handover")
		for _, f := range c.form.Fields {
			for _, o := range f.Options {
				if o.Value == partner {
					return c.fills(f.Name, partner).Errors[""]
				}
			}
		}
		t.Errorf("%s cannot be chosen", partner)
		return ""
	}
	for _, p := range police {
		if got := try(p); got != r20 {
			t.Errorf("%s before the vertrouwenspersoon: %q", p, got)
		}
	}
	for _, table := range []string{"local", "district", "rto", "signals"} {
		if got := c.refused("table", "table", table, "date", "2026-11-23", "traceable", "yes", "why", "Bespreken"); got != r20 {
			t.Errorf("table %s: %q", table, got)
		}
	}
	c.task("table", "table", "local", "date", "2026-11-23", "traceable", "no", "why", "Bespreken zonder namen")
	c.confidant()
	for _, p := range police {
		if got := try(p); got != "" {
			t.Errorf("%s after the vertrouwenspersoon: %q", p, got)
		}
	}
	c.task("table", "table", "local", "date", "2026-11-23", "traceable", "yes", "why", "Bespreken")
}

// R2 and R20: only the officer's recorded act goes round the gate, and the
// vertrouwenspersoon is then owed afterwards, until it is recorded.
func TestCaseR20AfterAnAcuteAct(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	c := b.clerk("aandachtsfunctionaris-1")
	c.takes(b.report("medewerker-1", victim("labour", "23_plus", "urgency", "acute")))
	if got := c.owes("R20"); got != "" {
		t.Errorf("owed before anything happened: %q", got)
	}
	if got := c.refused("acute", "why", ""); got == "" {
		t.Error("acute needs no reason")
	}
	c.task("acute", "why", "Direct ingrijpen.")
	if got := c.owes("R20"); got != late {
		t.Errorf("R20 owes %q", got)
	}
	if got := c.owes("R2"); !strings.Contains(got, "Politie, AVIM") {
		t.Errorf("R2 owes %q", got)
	}
	c.hands("avim")
	if got := c.owes("R2"); got != "" {
		t.Errorf("R2 still owes %q", got)
	}
	if got := c.refused("close", "reason", "action_taken"); !strings.Contains(got, late) {
		t.Errorf("closing does not name the vertrouwenspersoon: %q", got)
	}
	c.confidant()
	if got := c.owes("R20"); got != "" {
		t.Errorf("R20 still owes %q", got)
	}
}

// R21: each hand-over asks for feedback, by a date, and a silent partner stays
// owed until an officer says so.
func TestCaseR21AsksFeedback(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	c := b.clerk("aandachtsfunctionaris-1")
	c.takes(b.report("medewerker-1", victim("labour", "23_plus")))
	c.hands("nla", "feedback", "") // the first value counts
	c.share("veilig_thuis")
	if a := c.fills("way", "phone", "contact", "Meldpunt", "date", "2026-11-23", "ground", "Eigen taak"); len(a.Errors) > 0 {
		t.Fatal(answered(a))
	}
	nla, safe := b.name("nla"), b.name("veilig_thuis")
	if got := c.owes("R21"); !strings.Contains(got, "Wacht op antwoord van "+nla) || !strings.Contains(got, "Vraag "+safe+" om terugkoppeling.") {
		t.Errorf("R21 owes %q", got)
	}
	b.clock.on(60 * 24 * time.Hour)
	c.opens(b.r.ref("medewerker-1"))
	if got := c.owes("R21"); !strings.Contains(got, nla) {
		t.Errorf("a silent partner was closed by itself: %q", got)
	}
	c.task("answer", "handed", "1", "answer", "ask", "by", "2027-02-26")
	if got := c.refusedAnswer("0", "silent"); got == "" {
		t.Error("silence needs no words")
	}
	c.task("answer", "handed", "0", "answer", "silent", "told", "Driemaal gebeld.")
	c.task("answer", "handed", "1", "answer", "maynotsay")
	if got := c.owes("R21"); got != "" {
		t.Errorf("R21 still owes %q", got)
	}
}

func (c *clerk) refusedAnswer(handed, kind string) string {
	c.b.t.Helper()
	return c.refused("answer", "handed", handed, "answer", kind)
}

// R1, R22 and R23: closing names all that is owed in one list, the zorgcoördinator
// cannot be departed from, and "geen mensenhandel" is the one exception to her.
func TestCaseR1R22R23BeforeTheEnd(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	c := b.clerk("aandachtsfunctionaris-1")
	c.takes(b.report("medewerker-1", victim("labour", "23_plus")))
	if got := c.refused("depart", "proposal", "handover:moviera", "why", "Liever niet."); !strings.Contains(got, "De zorgcoördinator hoort dit altijd.") {
		t.Errorf("R1 is departed from: %q", got)
	}
	list := c.refused("close", "reason", "action_taken")
	for _, duty := range []string{
		"Meld het bij de zorgcoördinator, zonder naam.", "Zoek op of we de persoon al kennen.", "Zoek op of we de organisatie al kennen.",
		"Zoek op of we het adres al kennen.", "Vertel de melder wat er is gedaan.", "Kreeg het slachtoffer hulp?",
		"Geef het door aan " + b.name("nla") + ", of schrijf op waarom niet.",
	} {
		if strings.Count(list, duty) != 1 {
			t.Errorf("%q stands %d times in what is owed: %s", duty, strings.Count(list, duty), list)
		}
	}
	if got := c.refused("lookups", "look_person", "notfound", "system", "", "date", "2026-11-23"); got == "" {
		t.Error("a look-up needs no source")
	}
	for subject, gone := range map[string]string{"look_person": "de persoon", "look_organisation": "de organisatie", "look_address": "het adres"} {
		c.task("lookups", subject, "notfound", "system", "Eigen systeem", "date", "2026-11-23")
		if got := c.owes("R23"); strings.Contains(got, gone) {
			t.Errorf("R23 still owes %s: %q", gone, got)
		}
	}
	if got := c.refused("close", "reason", "not_trafficking", "why", "Een stageplek."); !strings.Contains(got, "Vertel de melder") || strings.Contains(got, "zorgcoördinator") {
		t.Errorf("geen mensenhandel owes %q", got)
	}
	c.task("message", "template", "fb.closed.nottrafficking")
	if got := c.owes("R22"); got != "" {
		t.Errorf("R22 still owes %q", got)
	}
	if got := c.refused("close", "reason", "insufficient_info", "why", "Te weinig."); !strings.Contains(got, "zorgcoördinator") {
		t.Errorf("R1 does not hold for another reason: %q", got)
	}
	c.task("close", "reason", "not_trafficking", "why", "Een stageplek.")
	if c.tells("Stand") != "afgesloten" {
		t.Errorf("the case is %q", c.tells("Stand"))
	}
}

// A recall makes the data leak owed, until what was done is recorded.
func TestCaseRecallOwesTheLeak(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	c := b.clerk("aandachtsfunctionaris-1")
	c.takes(b.report("medewerker-1", victim("labour", "23_plus")))
	c.hands("nla")
	c.task("answer", "handed", "0", "answer", "recall", "told", "Het verkeerde loket.")
	duty := "De gegevens gingen fout naar " + b.name("nla")
	if got := c.owes("Nog te doen"); !strings.Contains(got, duty) {
		t.Errorf("owed: %q", got)
	}
	if got := c.refused("leak", "handed", "0", "leak", " "); got == "" {
		t.Error("a leak needs no words")
	}
	c.task("leak", "handed", "0", "leak", "Gewist, en gemeld bij de FG.")
	if got := c.owes("Nog te doen"); strings.Contains(got, duty) {
		t.Errorf("still owed: %q", got)
	}
	if got := c.tells("maandag 23 november om 10.00 uur, Aandachtsfunctionaris 1"); !strings.Contains(got, "Gewist, en gemeld bij de FG.") {
		t.Errorf("what was done does not stand in the case: %q", got)
	}
	if got := c.owes("R3"); !strings.Contains(got, b.name("nla")) {
		t.Errorf("the right partner is no longer owed: %q", got)
	}
}
