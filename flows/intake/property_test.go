package intake_test

import (
	"bytes"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
)

// anyRow draws an answer to a step: lawful ones mostly, and nonsense.
func anyRow(t *rapid.T, st flows.Step) flows.Row {
	r := flows.Row{}
	for _, q := range st.Questions {
		if q.Optional && rapid.Bool().Draw(t, "leave "+q.ID) {
			continue
		}
		switch q.Kind {
		case flows.One, flows.Many:
			ids := []string{"nonsense"}
			for _, o := range q.Options {
				ids = append(ids, o.ID, o.ID, o.ID)
			}
			n := 1
			if q.Kind == flows.Many {
				n = rapid.IntRange(1, 3).Draw(t, "n")
			}
			for range n {
				r[q.ID] = append(r[q.ID], private.New(rapid.SampledFrom(ids).Draw(t, q.ID)))
			}
		default:
			r[q.ID] = private.List(rapid.SampledFrom([]string{"x", " ", "123456782", "3441 AB", "12345678", "0348 428911",
				"a\x00b", "\u200b", "geb. 1-2-1990", string(make([]byte, 9000))}).Draw(t, q.ID))
		}
	}
	return r
}

// someRow draws an answer that is taken.
func someRow(t *rapid.T, st flows.Step) flows.Row {
	r := flows.Row{}
	for _, q := range st.Questions {
		switch {
		case q.ID == "callback":
			r[q.ID] = private.List("0348 428911")
		case q.Optional && st.ID != "persons":
		case q.Kind == flows.One || q.Kind == flows.Many:
			o := rapid.SampledFrom(q.Options).Draw(t, q.ID)
			r[q.ID] = private.List(o.ID)
		default:
			r[q.ID] = private.List("x")
		}
	}
	return r
}

// turn does one thing that a person can do. over says that the dialogue ended.
func turn(t *rapid.T, f *flows.Flow, s flows.State) (next flows.State, over bool) {
	switch rapid.SampledFrom([]string{"answer", "answer", "answer", "nonsense", "skip", "back", "goto", "drop", "danger", "report", "stop"}).Draw(t, "act") {
	case "nonsense":
		next, res, problems := f.Answer(s, anyRow(t, f.At(s)))
		if len(problems) > 0 && !reflect.DeepEqual(next, s) {
			t.Fatal("a refused answer changed the state")
		}
		return next, res.End != flows.GoesOn
	case "skip":
		next, _, _ = f.Skip(s)
	case "back":
		next, _ = f.Back(s)
	case "goto":
		next, _ = f.Goto(s, rapid.SampledFrom(f.Steps).Draw(t, "to").ID, rapid.IntRange(-1, 3).Draw(t, "row"))
	case "drop":
		next, _ = f.Drop(s, rapid.SampledFrom(f.Steps).Draw(t, "from").ID, rapid.IntRange(-1, 3).Draw(t, "row"))
	case "danger":
		next = intake.Danger(s)
	case "report":
		next = intake.Report(s)
	case "stop":
		next, _ = f.Goto(s, intake.StopStep, 0)
	default:
		next, res, problems := f.Answer(s, someRow(t, f.At(s)))
		if len(problems) > 0 {
			t.Fatalf("step %s refused a good answer: %v", f.At(s).ID, problems)
		}
		return next, res.End != flows.GoesOn
	}
	return next, false
}

// lawful fails when a state is one that nobody may be in.
func lawful(t *rapid.T, f *flows.Flow, s flows.State) {
	st := f.At(s)
	if st.ID == "" || len(st.Questions) == 0 {
		t.Fatal("nothing is asked")
	}
	for _, q := range st.Questions {
		if (q.Kind == flows.One || q.Kind == flows.Many) && len(q.Options) == 0 {
			t.Fatalf("%s.%s has nothing to choose", st.ID, q.ID)
		}
	}
	b, err := private.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	var replayed flows.State
	if err := private.Decode(b, &replayed); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.At(replayed), st) {
		t.Fatalf("replayed, %s is asked and not %s", f.At(replayed).ID, st.ID)
	}
	if bytes.Contains(b, []byte("123456782")) || bytes.ContainsRune(b, '\u200b') || bytes.Contains(b, []byte(`\u0000`)) {
		t.Fatal("kept what must not be kept")
	}
	pruned := f.Prune(s)
	if f.At(pruned).ID != st.ID || !reflect.DeepEqual(f.Prune(pruned), pruned) {
		t.Fatal("pruning moved the dialogue, or is not done at once")
	}
}

// Whatever a person does, the dialogue is in a lawful state, the encoded state
// asks the same question, and a way to file it is open: answering what is asked
// gets to an end.
func TestAnySequenceIsLawful(t *testing.T) {
	t.Parallel()
	f := intake.Build(woerden())
	rapid.Check(t, func(t *rapid.T) {
		var s flows.State
		for range rapid.IntRange(0, 40).Draw(t, "turns") {
			next, over := turn(t, &f, s)
			if over {
				return
			}
			s = next
			lawful(t, &f, s)
		}
		for range 40 {
			st := f.At(s)
			r := someRow(t, st)
			for q, id := range map[string]string{"more": "no", "review": "send", "stop": "yes", "go": "report", "change": "back", "start": "report"} {
				if _, ok := st.Question(q); !ok {
					continue
				}
				if o, ok := st.Questions[0].Option(id); ok {
					r = flows.Row{q: private.List(o.ID)}
				}
			}
			next, res, problems := f.Answer(s, r)
			if len(problems) > 0 {
				t.Fatalf("%s: %v", st.ID, problems)
			}
			if res.End != flows.GoesOn {
				return
			}
			s = next
		}
		t.Fatalf("no end in sight at %s", f.At(s).ID)
	})
}

// Going back and giving the same answer again leads to where one was, with the
// same answers.
func TestBackAndTheSameAnswerChangesNothing(t *testing.T) {
	t.Parallel()
	f := intake.Build(woerden())
	rapid.Check(t, func(t *rapid.T) {
		s := intake.Report(flows.State{})
		for range rapid.IntRange(1, 25).Draw(t, "turns") {
			next, res, problems := f.Answer(s, someRow(t, f.At(s)))
			if res.End != flows.GoesOn || len(problems) > 0 {
				return
			}
			s = next
		}
		s.At, s.Row = "", 0 // at the open question
		want := f.At(s)
		prev, ok := f.Back(s)
		if !ok {
			return
		}
		was, _ := f.Given(prev)
		if was == nil {
			was = s.Answers[f.At(prev).ID][0] // a skipped step
		}
		if f.At(prev).ID == "start" {
			return // its answer leads into "Ik twijfel" again
		}
		again, _, problems := f.Answer(prev, was)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", f.At(prev).ID, problems)
		}
		if got := f.At(again); !reflect.DeepEqual(got, want) || !reflect.DeepEqual(again.Answers, s.Answers) {
			t.Fatalf("back to %s and on: at %s, want %s", f.At(prev).ID, got.ID, want.ID)
		}
	})
}

// Going back always ends at the first question.
func TestBackEndsAtTheStart(t *testing.T) {
	t.Parallel()
	f := intake.Build(woerden())
	rapid.Check(t, func(t *rapid.T) {
		var s flows.State
		for range rapid.IntRange(0, 30).Draw(t, "turns") {
			next, over := turn(t, &f, s)
			if over {
				return
			}
			s = next
		}
		for range 60 {
			prev, ok := f.Back(s)
			if !ok {
				if f.At(s).ID != "start" {
					t.Fatalf("stuck at %s", f.At(s).ID)
				}
				return
			}
			s = prev
		}
		t.Fatal("going back goes round in a circle")
	})
}
