package handling_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
)

func told() handling.Answer {
	return handling.Answer{Stamp: anne, Kind: handling.Told, Text: why}
}

// A normal case goes from card to close in far fewer than 25 acts, and nothing
// is owed on the way that was done.
func TestNormalCase(t *testing.T) {
	t.Parallel()
	g := aged("labour", "23_plus")
	g["housing"] = []flows.Row{row("housing", "yes")}
	d := open(t, g)
	d.do(handling.Message{Stamp: anne, Template: "fb.received"}, lookedUp())
	d.know(handling.Consent)
	d.do(handling.Summarise{Stamp: anne, Text: private.New("Kort.")}, weighed(), give(handling.NLA), give(handling.IntegralCheck), give(handling.Care))
	for i := range d.record.Handovers {
		a := told()
		a.Handover = i
		d.do(a)
	}
	d.do(handling.Measure{Stamp: anne, Kind: handling.HousingAct, Date: today, Ground: why, Decider: why}, handling.Informed{Stamp: anne, Why: why},
		handling.Help{Stamp: anne, Answer: handling.Reached}, handling.Close{Stamp: anne, Reason: handling.ActionTaken, Message: "fb.closed.action"})
	if !d.record.Closed() || d.record.Status() != handling.Closed {
		t.Error("not closed")
	}
	if d.acts > 25 {
		t.Errorf("%d acts", d.acts)
	}
	if left := handling.Owed(d.facts, d.record); len(left) > 0 {
		t.Errorf("still owed: %d", len(left))
	}
}

// An acute case is called about before anybody took it; the police not before
// the officer's recorded act (R2, R20). Calling hands nothing over, and is no
// act on a closed case.
func TestCalls(t *testing.T) {
	t.Parallel()
	d := open(t, form("sexual"))
	d.do(handling.Take{Stamp: anne, From: "anne"}) // handed back: nobody has it
	d.refused(handling.Called{Stamp: anne, Whom: handling.AVIM}, "confidant")
	d.refused(handling.Called{Stamp: anne, Whom: handling.NLA}, "choose")
	d.do(handling.Called{Stamp: anne, Whom: handling.Care}, handling.Called{Stamp: anne, Whom: handling.Coordinator})
	d.refused(handling.Acute{Stamp: anne, Why: why}, "take")
	d.do(handling.Take{Stamp: anne, To: "anne"}, handling.Acute{Stamp: anne, Why: why}, handling.Called{Stamp: anne, Whom: handling.AVIM})
	if len(d.record.Calls) != 3 || len(d.record.Handovers) > 0 || d.record.Calls[2].Whom != handling.AVIM {
		t.Error("the calls are not in their order, or something was handed over")
	}
	d.do(lookedUp(), weighed(), handling.Close{Stamp: anne, Reason: handling.NotTrafficking, Why: why, Message: "fb.closed.nottrafficking"})
	d.refused(handling.Called{Stamp: anne, Whom: handling.Care}, "closed")
}

// A reporter without a chat is told by the officer himself, also at the close.
func TestToldByHimself(t *testing.T) {
	t.Parallel()
	r := flows.Report{Origin: flows.Origin{How: flows.ByPhone}}
	d := open(t, form("other"))
	told := d.record
	for _, entered := range []bool{false, true} {
		d.record = told
		if entered {
			d.facts = handling.FactsOf(r, params())
		}
		d.do(handling.Message{Stamp: anne, Template: "fb.received"}, lookedUp(),
			handling.Close{Stamp: anne, Reason: handling.NotTrafficking, Why: why, Message: "fb.closed.nottrafficking"})
		for _, m := range d.record.Messages {
			if m.Self != entered {
				t.Errorf("entered %v: %s told by himself: %v", entered, m.Template, m.Self)
			}
		}
	}
}

// What turns out not to be human trafficking is closed at once, with a reason,
// the look-ups and a word to the reporter; an acute act still owes its question.
func TestFastClose(t *testing.T) {
	t.Parallel()
	d := open(t, form("criminal,labour"))
	shut := handling.Close{Stamp: anne, Reason: handling.NotTrafficking, Why: why, Message: "fb.closed.nottrafficking"}
	d.refused(shut, "owed")
	d.do(lookedUp(), handling.Acute{Stamp: anne, Why: why})
	if x := d.refusal(shut, "owed"); len(x.Owed) != 1 || x.Owed[0].Key != "confidant" {
		t.Error("the vertrouwenspersoon is not all that is owed")
	}
	d.do(weighed(), shut)
}

// A closed case takes nothing but what follows it; opened again it owes its
// reporter a new word.
func TestReopen(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	d.refused(handling.Reopen{Stamp: anne, Why: why}, "open")
	d.do(lookedUp(), handling.Close{Stamp: anne, Reason: handling.NotTrafficking, Why: why, Message: "fb.closed.privacy"})
	for _, a := range []handling.Act{weighed(), lookedUp(), give(handling.Care), handling.Take{Stamp: bert, To: "bert", From: "anne"},
		handling.Close{Stamp: anne, Reason: handling.NotTrafficking, Why: why, Message: "fb.closed.privacy"}} {
		d.refused(a, "closed")
	}
	d.do(handling.Note{Stamp: anne, Text: why}, handling.Reaction{Stamp: by(handling.Reporter), Kind: handling.Asks})
	d.owed(true, "answer")
	d.do(handling.Message{Stamp: anne, Template: "fb.waiting"})
	d.owed(false, "answer")
	d.do(handling.Reopen{Stamp: anne, Why: why})
	d.owed(true, "reporter", "care")
	d.do(handling.Unreached{Stamp: anne, Why: why})
	d.owed(false, "reporter")
	d.do(handling.Close{Stamp: anne, Reason: handling.NotTrafficking, Why: why}, handling.Reopen{Stamp: anne, Why: why})
	d.owed(true, "reporter")
}

// Once somebody's data was handed over, it is owed to record whether the person
// knows, or why not (P33); a bare notification owes nothing.
func TestInformed(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	d.do(give(handling.Care))
	d.owed(false, "informed")
	d.know(handling.Consent)
	d.do(give(handling.Care))
	d.owed(true, "informed")
	d.do(handling.Informed{Stamp: anne, Why: why})
	d.owed(false, "informed")
}

// Two officers at once never overwrite one another: the second is told.
func TestTakeTogether(t *testing.T) {
	t.Parallel()
	d := &desk{t: t, facts: handling.FactsOf(reported(t, nil), params())}
	d.refused(weighed(), "take")
	d.owed(true, "take")
	d.do(handling.Take{Stamp: anne, To: "anne"})
	d.refused(handling.Take{Stamp: bert, To: "bert"}, "taken")
	d.do(handling.Take{Stamp: bert, To: "bert", From: "anne"}) // knowingly
	d.do(handling.Take{Stamp: bert, To: "anne", From: "bert"}, handling.Take{Stamp: anne, From: "anne"})
	d.refused(weighed(), "take")
	d.owed(true, "take")
	if len(d.record.Taken) != 4 {
		t.Error("who had it is not kept")
	}
}

// A partner that is not on the list needs a second officer and R20.
func TestOutsideTheList(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	d.refused(give("nobody"), "partner")
	d.do(handling.Suggest{Stamp: anne, Name: private.New("Stichting"), Why: why})
	out := give(handling.OutsideCode(0))
	d.refused(out, "second")
	d.refused(handling.Agree{Stamp: anne}, "second")
	d.do(handling.Agree{Stamp: bert})
	d.refused(handling.Agree{Stamp: bert}, "partner")
	d.refused(out, "confidant")
	d.do(weighed(), out)
}

// A recall owes what a data leak asks for, and the hand-over counts no more; a
// refusal owes nothing, and its proposal stands again.
func TestRecallAndRefusal(t *testing.T) {
	t.Parallel()
	d := open(t, form("labour"))
	d.do(give(handling.Care), give(handling.NLA))
	d.owed(false, "care", "proposal.nla")
	d.do(handling.Recall{Stamp: anne, Handover: 0, Why: why}, handling.Refuse{Stamp: anne, Handover: 1, Why: why})
	d.owed(true, "leak.0", "care", "proposal.nla")
	d.owed(false, "await.0", "await.1")
	d.refused(handling.Answer{Stamp: anne, Handover: 0, Kind: handling.MayNotSay}, "handover")
	d.refused(handling.Ask{Stamp: anne, Handover: 1, By: later}, "handover")
	d.refused(handling.Leak{Stamp: anne, Handover: 1, Done: why}, "handover")
	d.do(handling.Leak{Stamp: anne, Handover: 0, Done: why})
	d.owed(false, "leak.0")
	d.do(give(handling.Care), handling.Refuse{Stamp: anne, Handover: 2, Why: why})
	d.owed(false, "care") // she was told
}

// A departure is from the rules that it was from: one that applies later
// proposes anew.
func TestDepartureIsFromItsRules(t *testing.T) {
	t.Parallel()
	d := open(t, form("criminal"))
	d.do(handling.Departure{Stamp: anne, Key: "handover:avim", Why: why})
	if !d.proposed("R12", handling.AVIM).Departed {
		t.Error("not departed")
	}
	d.do(handling.Acute{Stamp: anne, Why: why})
	if d.proposed("R2", handling.AVIM).Departed {
		t.Error("departed from R2 before it applied")
	}
	d.owed(true, "proposal.avim")
	d.refused(handling.Departure{Stamp: anne, Key: "handover:nla", Why: why}, "proposal")
	d.refused(handling.Departure{Stamp: anne, Key: "handover:avim"}, "why")
}

// Whoever departs from the proposals says why; what is not whole is refused,
// and nothing of it is kept.
func TestIncompleteActs(t *testing.T) {
	t.Parallel()
	d := open(t, form("labour"))
	d.do(weighed())
	with := func(change func(*handling.HandOver)) handling.HandOver {
		a := give(handling.NLA)
		change(&a)
		return a
	}
	d.refused(with(func(a *handling.HandOver) { a.Partner, a.Why = handling.ZVH, private.Text{} }), "why")
	d.refused(with(func(a *handling.HandOver) { a.Ground = private.Text{} }), "ground")
	d.refused(with(func(a *handling.HandOver) { a.Contact = private.Text{} }), "contact")
	d.refused(with(func(a *handling.HandOver) { a.Way = "chat" }), "contact")
	d.refused(with(func(a *handling.HandOver) { a.Date = "2026-11-30" }), "date")
	d.refused(with(func(a *handling.HandOver) { a.Stamp.By = "" }), "stamp")
	d.refused(with(func(a *handling.HandOver) { a.Stamp.At = time.Time{} }), "stamp")
	d.refused(with(func(a *handling.HandOver) { a.Stamp.By = handling.Reporter }), "reporter")
	d.refused(nil, "stamp")
	for _, a := range []handling.Act{handling.Acute{Stamp: anne}, handling.Confidant{Stamp: anne, Answer: handling.Deployed}, handling.Informed{Stamp: anne},
		handling.Help{Stamp: anne, Answer: handling.NotReached}, handling.Unreached{Stamp: anne}, handling.Note{Stamp: anne}, handling.Summarise{Stamp: anne},
		handling.Suggest{Stamp: anne}, handling.Table{Stamp: anne, Kind: handling.Local, Date: today},
		handling.Measure{Stamp: anne, Kind: handling.Bibob, Date: today}} {
		d.refused(a, "why")
	}
	for _, a := range []handling.Act{handling.Confidant{Stamp: anne, Answer: "later", Why: why}, handling.LookUps{Stamp: anne}, handling.Help{Stamp: anne},
		handling.SetFacts{Stamp: anne, Facts: []handling.Fact{"new"}}, handling.SetFacts{Stamp: anne, Ages: []string{"new"}},
		handling.SetFacts{Stamp: anne, Facts: []handling.Fact{handling.NoPerson, handling.Consent}}, handling.Hours{Stamp: anne},
		handling.Check{Stamp: anne, Kind: "new"}, handling.Close{Stamp: anne}, handling.Note{Stamp: anne, Heading: "new", Text: why}} {
		d.refused(a, "choose")
	}
	d.refused(handling.Measure{Stamp: anne, Kind: handling.Closure, Date: today, Ground: why, Decider: why}, "sleep")
	d.refused(handling.Reaction{Stamp: anne, Kind: handling.Clear}, "reporter")
	d.refused(handling.Message{Stamp: anne, Template: "fb.answer"}, "template")
	d.refused(handling.Message{Stamp: anne, Template: "fb.waiting", Text: why}, "template")
	d.refused(handling.Message{Stamp: anne, Template: "fb.answer", Text: private.New("De AVIM kijkt.")}, "leak")
	d.do(handling.Message{Stamp: anne, Template: "fb.answer", Text: private.New("We kijken ernaar.")},
		handling.Check{Stamp: anne, Kind: handling.BelleAlong, Date: today}, handling.Hours{Stamp: anne, Minutes: 90})
}

// One next deadline is named: the earliest of what is owed, by the terms of the
// municipality.
func TestNext(t *testing.T) {
	t.Parallel()
	days := map[handling.Clock]int{handling.ClockRead: 1, handling.ClockFirstWord: 3, handling.ClockEnrich: 5, handling.ClockConfidant: 2, handling.ClockDecide: 10,
		handling.ClockCare: 11, handling.ClockLastWord: 30, handling.ClockInterim: 60, handling.ClockRest: 20}
	terms := handling.Terms{Received: noon, Due: func(c handling.Clock, from time.Time) time.Time {
		if n, ok := days[c]; ok {
			return from.AddDate(0, 0, n)
		}
		return time.Time{}
	}}
	d := &desk{t: t, facts: handling.FactsOf(reported(t, nil), params())}
	next := func(key string, day int) {
		t.Helper()
		got, ok := handling.Next(d.facts, d.record, terms)
		if !ok || got.Duty.Key != key || !got.Due.Equal(noon.AddDate(0, 0, day)) {
			t.Fatalf("next is %s at %s, want %s in %d days", got.Duty.Key, got.Due, key, day)
		}
	}
	next("take", 1)
	d.do(handling.Take{Stamp: anne, To: "anne"})
	next("lookup.person", 5)
	d.do(lookedUp())
	next("care", 10)
	d.do(give(handling.Care))
	next("await.0", 14) // the date that was agreed
	d.do(handling.Acute{Stamp: anne, Why: why})
	next("confidant", 2)
	d.do(weighed(), told(), give(handling.AVIM), handling.Answer{Stamp: anne, Handover: 1, Kind: handling.MayNotSay})
	next("rest", 20) // before the last word, at 30
	days[handling.ClockRest] = 40
	next("reporter", 30)
	d.do(handling.Message{Stamp: anne, Template: "fb.closed.action"})
	next("rest", 40)
	d.do(handling.Help{Stamp: anne, Answer: handling.Reached}, handling.Informed{Stamp: anne, Yes: true}, handling.Close{Stamp: anne, Reason: handling.ActionTaken})
	if got, ok := handling.Next(d.facts, d.record, terms); ok {
		t.Errorf("%s has a date in a closed case", got.Duty.Key)
	}
	later := handling.Stamp{By: "anne", At: noon.AddDate(0, 0, 7)}
	d.do(handling.Reopen{Stamp: later, Why: why})
	next("reporter", 37) // counted from its reopening
}

// Nothing of a case is printed: not its choices, and not in an error.
func TestNothingIsPrinted(t *testing.T) {
	t.Parallel()
	f, r, words := planted(handling.Consent)
	a := handling.Message{Stamp: anne, Template: "fb.answer", Text: private.New(words["Persons.Name"])}
	r.Closings = nil
	_, err := handling.Apply(r, a, f)
	var x *handling.Refusal
	if !errors.As(err, &x) || x.Text.ID != "handling.refuse.leak" {
		t.Fatalf("got %v", err)
	}
	fields, _ := handling.Package(handling.AVIM, f, r)
	for _, printed := range []string{fmt.Sprintf("%v %+v %#v %s", f, f, f, f), fmt.Sprintf("%v %+v %#v", r, r, r), fmt.Sprintf("%v %+v %v", err, x, fields)} {
		for path, word := range words {
			if strings.Contains(printed, word) {
				t.Errorf("%s is printed", path)
			}
		}
	}
}
