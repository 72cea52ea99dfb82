package flows_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
)

func row(pairs ...string) flows.Row {
	r := flows.Row{}
	for i := 0; i < len(pairs); i += 2 {
		r[pairs[i]] = append(r[pairs[i]], private.New(pairs[i+1]))
	}
	return r
}

// walker answers one after the other and fails on problems.
type walker struct {
	t *testing.T
	f flows.Flow
	s flows.State
}

func (w *walker) answer(rows ...flows.Row) flows.Result {
	w.t.Helper()
	var res flows.Result
	for _, r := range rows {
		next, got, problems := w.f.Answer(w.s, r)
		if len(problems) > 0 {
			w.t.Fatalf("at %s: %v", w.f.At(w.s).ID, problems)
		}
		w.s, res = next, got
	}
	return res
}

func (w *walker) at(want string) {
	w.t.Helper()
	if got := w.f.At(w.s).ID; got != want {
		w.t.Fatalf("at %s, want %s", got, want)
	}
}

// The steps come in order, rows repeat until they are full, and the review ends
// it.
func TestWalk(t *testing.T) {
	t.Parallel()
	w := &walker{t: t, f: small()}
	w.answer(row("q", "a"), row("name", "1"), row("q", "more"), row("name", "2"), row("q", "more"), row("name", "3"))
	w.at("again")
	if opts := w.f.At(w.s).Questions[0].Options; len(opts) != 1 || opts[0].ID != "enough" {
		t.Error("a fourth row is on offer where three are the most")
	}
	w.answer(row("q", "enough"))
	w.at("form")
	if got := w.f.At(w.s).Questions[0].ID; got != "early" {
		t.Errorf("the first question is %s, want early", got)
	}
	w.answer(row("many", "x", "many", "b", "late", "y"))
	w.at("review")
	if res := w.answer(row("q", "send")); res.End != flows.File {
		t.Errorf("ended with %q", res.End)
	}
}

// What a later answer makes vanish counts nowhere: not in what is asked, not in
// the review, not in what Prune leaves. It is back when the answer is back.
func TestWhatVanishes(t *testing.T) {
	t.Parallel()
	w := &walker{t: t, f: small()}
	w.answer(row("q", "a"), flows.Row{}, row("many", "b"))
	w.at("review")
	var err error
	if w.s, err = w.f.Goto(w.s, "first", 0); err != nil {
		t.Fatal(err)
	}
	w.answer(row("q", "b"))
	w.at("review")
	if _, kept := w.f.Prune(w.s).Answers["form"]; kept {
		t.Error("the answer to a form that is not asked was kept")
	}
	for _, e := range w.f.Review(w.s) {
		if e.Question.ID == "many" {
			t.Error("it is still in the review")
		}
	}
	w.s, _ = w.f.Goto(w.s, "first", 0)
	w.answer(row("q", "a"))
	w.at("review")
	w.s, _ = w.f.Goto(w.s, "first", 0)
	w.answer(row("q", "aside"), row("q", "on"))
	// "b" is no option without "a", so the form has no answer that counts.
	w.at("form")
	if _, kept := w.s.Answers["aside"]; kept {
		t.Error("a step aside is kept as an answer")
	}
}

// A refused answer leaves the state as it was and says why, by question.
func TestProblems(t *testing.T) {
	t.Parallel()
	w := &walker{t: t, f: small()}
	w.answer(row("q", "a"), flows.Row{})
	w.at("form")
	for _, c := range []struct {
		give  flows.Row
		where string
		want  string
	}{
		{row(), "many", "e.required"},
		{row("many", "zzz"), "many", "e.choice"},
		{row("many", "x"), "late", "e.required"},
		{row("many", "b", "other", "x"), "", "e.form"},
		{row("many", "b", "late", "y", "late", "z"), "late", "e.form"},
		{row("many", "b", "early", "a very long name"), "early", "e.toolong"},
	} {
		s, _, problems := w.f.Answer(w.s, c.give)
		if problems[c.where].Text.ID != c.want || len(problems) != 1 || !reflect.DeepEqual(s, w.s) {
			t.Errorf("got %v, want %s at %q", problems, c.want, c.where)
		}
	}
}

// One of One, and "Geen van deze" alone.
func TestChoices(t *testing.T) {
	t.Parallel()
	f := ask(flows.Question{Kind: flows.Many, Options: []flows.Option{goes("a"), goes("b"), {ID: "none", Label: flows.T("none"), Alone: true}}})
	if _, _, p := f.Answer(flows.State{}, row("q", "a", "q", "none")); p["q"].Text.ID != "e.alone" {
		t.Errorf("got %v, want e.alone", p)
	}
	s, _, _ := f.Answer(flows.State{}, row("q", "b", "q", "a", "q", "b"))
	if got := s.Answers["s"][0].Strings("q"); !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Errorf("got %v, want a and b once, in order", got)
	}
	f = ask(flows.Question{Kind: flows.One, Options: []flows.Option{goes("a"), goes("b")}})
	if _, _, p := f.Answer(flows.State{}, row("q", "a", "q", "b")); p["q"].Text.ID != "e.one" {
		t.Errorf("got %v, want e.one", p)
	}
}

// Nobody gets to a step past one that is still open, and a state that claims to
// be there is asked what is open.
func TestGotoRefuses(t *testing.T) {
	t.Parallel()
	w := &walker{t: t, f: small()}
	w.answer(row("q", "a"))
	for _, c := range []struct {
		step string
		row  int
	}{{"review", 0}, {"form", 0}, {"gone", 0}, {"first", 1}, {"rows", 1}, {"rows", -1}, {"aside", 1}} {
		if _, err := w.f.Goto(w.s, c.step, c.row); !errors.Is(err, flows.ErrNowhere) {
			t.Errorf("%s %d: got %v, want ErrNowhere", c.step, c.row, err)
		}
		forged := flows.State{Answers: w.s.Answers, At: c.step, Row: c.row}
		if got := w.f.At(forged).ID; got != "rows" {
			t.Errorf("forged %s %d: at %s", c.step, c.row, got)
		}
	}
}

// Rows are changed, emptied and dropped one by one; a state is never changed
// in place.
func TestRows(t *testing.T) {
	t.Parallel()
	w := &walker{t: t, f: small()}
	w.answer(row("q", "b"), row("name", "1"), row("q", "more"), row("name", "2"), row("q", "enough"))
	w.at("review")
	before, _ := private.Encode(w.s)
	changed, _ := w.f.Goto(w.s, "rows", 2)
	if given, n := w.f.Given(changed); n != 2 || given.First("name").Reveal() != "2" {
		t.Errorf("row %d is shown to be changed", n)
	}
	changed, _, _ = w.f.Answer(changed, row("name", "zwei"))
	if got := changed.Answers["rows"][1].First("name").Reveal(); got != "zwei" {
		t.Errorf("row 2 is %q", got)
	}
	emptied, _ := w.f.Goto(w.s, "rows", 1)
	emptied, _, _ = w.f.Answer(emptied, row("name", " "))
	dropped, err := w.f.Drop(w.s, "rows", 1)
	if err != nil || !reflect.DeepEqual(emptied, dropped) || len(dropped.Answers["rows"]) != 1 {
		t.Error("emptying a row is not dropping it")
	}
	if _, err := w.f.Drop(w.s, "rows", 3); !errors.Is(err, flows.ErrNowhere) {
		t.Errorf("dropping a row that is not there: %v", err)
	}
	if after, _ := private.Encode(w.s); string(after) != string(before) {
		t.Error("a state was changed in place")
	}
	last, _ := w.f.Drop(dropped, "rows", 1)
	if got := w.f.At(last).ID; got != "rows" {
		t.Errorf("without rows, %s is asked", got)
	}
}

// The places that can be changed are those with content, each row apart, and
// the Change step offers the same.
func TestChangeable(t *testing.T) {
	t.Parallel()
	w := &walker{t: t, f: small()}
	w.answer(row("q", "a"), row("name", "1"), row("q", "more"), row("name", "2"), row("q", "enough"), row("many", "b"))
	var got []string
	for _, sp := range w.f.Changeable(w.s) {
		got = append(got, sp.Step+string(rune('0'+sp.Row)))
	}
	if want := []string{"rows1", "rows2", "again0", "form0"}; !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	w.answer(row("q", "change"))
	w.at("change")
	opts := w.f.At(w.s).Questions[0].Options
	if len(opts) != len(got)+1 || opts[1].Row != 2 {
		t.Fatalf("%d options in the change step", len(opts))
	}
	w.answer(row("q", opts[1].ID))
	w.at("rows")
	if _, n := w.f.Given(w.s); n != 2 {
		t.Errorf("row %d is changed, want 2", n)
	}
	w.answer(row("name", "x"))
	w.at("review")
}
