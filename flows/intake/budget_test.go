package intake_test

import (
	"testing"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
)

// What a nervous person can take (the domain's decisions, chapter A): an acute
// report is at most two presses and one form, a normal one at most 20 acts and
// 300 words to read. A press is an act; a form is two, opening and sending.
const (
	maxActs  = 20
	maxWords = 300
)

// reading walks a flow and counts acts and the words that are shown, each text
// once: a person does not read "Weet ik niet" ten times.
type reading struct {
	f        flows.Flow
	say      func(flows.Text) string
	s        flows.State
	seen     map[string]bool
	acts     int
	presses  int
	forms    int
	words    int
	advanced flows.End
}

func (r *reading) answer(t *testing.T, row flows.Row) {
	t.Helper()
	st := r.f.At(r.s)
	r.read(st.Title, st.Say)
	for _, q := range st.Questions {
		r.read(q.Label, q.Help)
		for _, o := range q.Options {
			r.read(o.Label, o.Help)
		}
	}
	if st.Skip {
		r.read(st.SkipLabel)
	}
	if st.Asks() == flows.Buttons {
		r.acts, r.presses = r.acts+1, r.presses+1
	} else {
		r.acts, r.presses, r.forms = r.acts+2, r.presses+1, r.forms+1
	}
	next, res, problems := r.f.Answer(r.s, row)
	if len(problems) > 0 {
		t.Fatalf("%s: %v", st.ID, problems)
	}
	r.s, r.advanced = next, res.End
}

func (r *reading) read(ts ...flows.Text) {
	for _, x := range ts {
		if s := r.say(x); !r.seen[s] {
			r.seen[s] = true
			r.words += countWords(s)
		}
	}
}

func row(pairs ...string) flows.Row {
	r := flows.Row{}
	for i := 0; i < len(pairs); i += 2 {
		r[pairs[i]] = private.List(pairs[i+1])
	}
	return r
}

func newReading(t *testing.T) *reading {
	return &reading{f: intake.Build(woerden()), say: say(catalog(t, "nl"), "nl"), seen: map[string]bool{}}
}

// A normal report, with two of the longest ways in it (housing, a person),
// stays within the budget, all help texts included.
func TestNormalReportStaysWithinBudget(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	for _, a := range []flows.Row{
		row("start", "report"),
		row("what", "Drie mannen slapen in een schuur.", "when", "ongoing", "seen", "self"),
		row("form", "labour"),
		row("travel", "lives_at_work"),
		row("capacity", "victim", "name", "Test"),
		row("more", "no"),
		row("organisation", "Test"),
		row("housing", "yes"),
		row("urgency", "soon"),
		row("department", "boa", "involved", "no", "contact", "chat"),
		row("review", "send"),
	} {
		r.answer(t, a)
	}
	if r.advanced != flows.File {
		t.Fatal("the report was not filed")
	}
	t.Logf("%d acts, %d words", r.acts, r.words)
	if r.acts > maxActs || r.words > maxWords {
		t.Errorf("%d acts and %d words, at most %d and %d", r.acts, r.words, maxActs, maxWords)
	}
}

// An acute report takes at most two presses and one form.
func TestAcuteReportStaysWithinBudget(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.answer(t, row("start", "danger"))
	r.answer(t, row("what", "Iemand wordt nu opgesloten."))
	if r.advanced != flows.File || r.presses > 2 || r.forms > 1 {
		t.Errorf("got end %q after %d presses and %d forms", r.advanced, r.presses, r.forms)
	}
}

// Advice without a case is two presses.
func TestAdviceIsTwoPresses(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.answer(t, row("start", "doubt"))
	r.answer(t, row("go", "advice"))
	if r.advanced != flows.Advice || r.acts != 2 {
		t.Errorf("got end %q after %d acts", r.advanced, r.acts)
	}
}
