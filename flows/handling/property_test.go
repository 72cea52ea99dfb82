package handling_test

import (
	"flag"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
)

func pick[T any](t *rapid.T, label string, of ...T) T { return rapid.SampledFrom(of).Draw(t, label) }

func subset[T comparable](t *rapid.T, label string, of []T) []T {
	return slices.DeleteFunc(slices.Clone(of), func(T) bool { return rapid.IntRange(0, 3).Draw(t, label) > 0 })
}

// anyReport draws a report, by any answers in any order: also such as no dialogue
// leads to.
func anyReport(t *rapid.T) flows.Report {
	r := flows.Report{Acute: rapid.Bool().Draw(t, "acute"), Urgency: pick(t, "urgency", flows.Acute, flows.Soon, flows.Normal),
		Forms:      subset(t, "form", []string{"sexual", "labour", "criminal", "prostitution", "other", flows.Unknown, "new"}),
		Indicators: subset(t, "sign", []string{"lives_at_work", "threats", "psychosomatic"}), Housing: pick(t, "housing", "", "yes", "no"),
		Called: pick(t, "called", "", "yes", "no", "past")}
	r.Things.Branch = pick(t, "branch", "", "massage", "hotel")
	for range rapid.IntRange(0, 3).Draw(t, "persons") {
		r.Persons = append(r.Persons, flows.Person{Capacity: pick(t, "capacity", "", "victim", "suspect", "employer"),
			Age: pick(t, "age", "", "minor", "18_22", "23_plus", flows.Unknown, "new")})
	}
	return r
}

// anyAct draws something that somebody might do: mostly whole, sometimes not.
func anyAct(t *rapid.T, d handling.Facts, r handling.Record) handling.Act {
	s := handling.Stamp{By: pick(t, "who", "anne", "bert", "anne", "bert", handling.Reporter, ""), At: noon.Add(time.Duration(rapid.IntRange(0, 99).Draw(t, "at")) * time.Hour)}
	w := pick(t, "why", why, why, why, private.Text{})
	n := rapid.IntRange(-1, len(r.Handovers)).Draw(t, "handover")
	date := pick(t, "date", today, today, today, "2027-01-01", "gisteren")
	var codes []string
	for _, p := range partners() {
		codes = append(codes, p.Code)
	}
	codes = append(codes, handling.OutsideCode(0), handling.OutsideCode(1), "nobody")
	if rapid.IntRange(0, 2).Draw(t, "useful") == 0 {
		if left := handling.Owed(d, r); len(left) > 0 {
			return doing(pick(t, "duty", left...), r)
		}
		return handling.Close{Stamp: s, Reason: pick(t, "reason", handling.ClosingReasons()...), Why: w}
	}
	switch rapid.IntRange(0, 28).Draw(t, "act") {
	case 0, 1:
		return handling.Take{Stamp: s, To: pick(t, "to", s.By, "anne", "bert", ""), From: pick(t, "from", r.Holder, "anne")}
	case 2:
		return handling.SetFacts{Stamp: s, Facts: subset(t, "fact", handling.AllFacts()), Forms: subset(t, "forms", []string{"sexual", "labour", "criminal"}),
			Ages: subset(t, "ages", []string{"minor", "18_22", "23_plus", "new"})}
	case 3, 4:
		a := lookedUp()
		a.Stamp = s
		a.Items = subset(t, "items", a.Items)
		return a
	case 5:
		return handling.Confidant{Stamp: s, Answer: pick(t, "answer", handling.Deployed, handling.NotWanted, "maybe"), Why: w}
	case 6:
		return handling.Acute{Stamp: s, Why: w}
	case 7, 8, 9:
		a := give(pick(t, "partner", codes...))
		a.Stamp, a.Why, a.Date = s, w, date
		a.Feedback = pick(t, "feedback", time.Time{}, later, noon)
		return a
	case 10:
		return give(pick(t, "proposed", proposals(d, r)...))
	case 11:
		return handling.Ask{Stamp: s, Handover: n, By: later}
	case 12, 13:
		return handling.Answer{Stamp: s, Handover: n, Kind: pick(t, "kind", handling.Told, handling.MayNotSay, handling.Silent), Text: w}
	case 14:
		return handling.Refuse{Stamp: s, Handover: n, Why: w}
	case 15:
		return handling.Recall{Stamp: s, Handover: n, Why: w}
	case 16:
		return handling.Leak{Stamp: s, Handover: n, Done: w}
	case 17, 18:
		keys := []string{"handover:moviera", "nothing"}
		for _, p := range handling.Propose(d, r) {
			keys = append(keys, p.Key)
		}
		return handling.Departure{Stamp: s, Key: pick(t, "key", keys...), Why: w}
	case 19:
		return handling.Suggest{Stamp: s, Name: w, Why: w}
	case 20:
		return handling.Agree{Stamp: s, Outside: rapid.IntRange(-1, 2).Draw(t, "outside")}
	case 21:
		return handling.Table{Stamp: s, Kind: pick(t, "table", handling.Local, handling.District, "other"), Date: date, Traceable: rapid.Bool().Draw(t, "traceable"), Why: w}
	case 22:
		return handling.Message{Stamp: s, Template: pick(t, "template", "fb.received", "fb.closed.action", "fb.closed.privacy", "other")}
	case 23:
		return handling.Reaction{Stamp: pick(t, "author", by(handling.Reporter), s), Kind: pick(t, "reaction", handling.Clear, handling.Asks, handling.Disagrees)}
	case 24:
		return pick[handling.Act](t, "rest", handling.Help{Stamp: s, Answer: handling.NotReached, Why: w}, handling.Informed{Stamp: s, Why: w},
			handling.Unreached{Stamp: s, Why: w}, handling.Summarise{Stamp: s, Text: w}, handling.Note{Stamp: s, Text: w}, handling.Hours{Stamp: s, Minutes: 30},
			handling.Check{Stamp: s, Kind: handling.Permits, Date: date}, handling.Measure{Stamp: s, Kind: handling.Closure, Date: date, Ground: w, Decider: w, Sleep: w})
	case 26:
		return handling.Called{Stamp: s, Whom: pick(t, "whom", append(handling.CallOrder(), handling.PoliceCopen)...)}
	case 25:
		return handling.Reopen{Stamp: s, Why: w}
	}
	return handling.Close{Stamp: s, Reason: pick(t, "reason", append(handling.ClosingReasons(), "tired")...), Why: w, Message: pick(t, "message", "", "fb.closed.privacy", "fb.waiting")}
}

func proposals(d handling.Facts, r handling.Record) []string {
	var out []string
	for _, p := range handling.Propose(d, r) {
		if p.Kind == handling.HandingOver {
			out = append(out, p.Partners...)
		}
	}
	return out
}

// watch keeps its own account of a case, by other means than the package, and
// fails at a forbidden state.
type watch struct {
	opened, agreed bool
	first          map[int]string // who suggested a partner outside the list
}

func (w *watch) after(t *rapid.T, act handling.Act, f handling.Facts, was, is handling.Record) {
	police := map[string]bool{}
	for _, p := range partners() {
		police[p.Code] = p.Police
	}
	switch a := act.(type) {
	case handling.Confidant, handling.Acute:
		w.opened = true
	case handling.HandOver:
		reads, listed := police[a.Partner]
		if (reads || !listed) && !w.opened {
			t.Fatalf("%s got it before the gate", a.Partner)
		}
		if !listed && !w.agreed {
			t.Fatalf("%s got it without a second officer", a.Partner)
		}
		if a.Partner == handling.OM || a.Partner == handling.CoMensha {
			t.Fatalf("%s got it directly", a.Partner)
		}
	case handling.Called:
		if a.Whom == handling.AVIM && !w.opened {
			t.Fatal("AVIM was called before the gate")
		}
		if len(is.Handovers) > len(was.Handovers) {
			t.Fatal("a call handed something over")
		}
	case handling.Suggest:
		w.first[len(was.Outside)] = a.Stamp.By
	case handling.Agree:
		if w.first[a.Outside] == a.Stamp.By {
			t.Fatal("one officer is not two")
		}
		w.agreed = true
	case handling.Table:
		if a.Traceable && !w.opened {
			t.Fatal("it was discussed with data before the gate")
		}
	case handling.Close:
		if was.Closed() || !is.Closed() {
			t.Fatal("closed twice")
		}
		cared := slices.ContainsFunc(is.Handovers, func(h handling.Handed) bool { return h.HandOver.Partner == handling.Care && h.Recall == nil })
		if !cared && a.Reason != handling.NotTrafficking {
			t.Fatal("closed without the zorgcoördinator")
		}
		if len(is.Acute) > 0 && len(is.Confidants) == 0 {
			t.Fatal("closed without the vertrouwenspersoon")
		}
		for _, h := range is.Handovers {
			if h.Recall == nil && h.Refused == nil && len(h.Answers) == 0 || h.Recall != nil && h.Leak == nil {
				t.Fatal("closed with a hand-over that waits")
			}
		}
		if len(is.Lookups) < 3 || len(is.Messages)+len(is.Unreached) == 0 {
			t.Fatal("closed without look-ups, or without a word to the reporter")
		}
	}
	if handling.AuthorOf(act).By == "" {
		t.Fatal("nobody did it")
	}
	if _, ok := act.(handling.Reaction); !ok && handling.AuthorOf(act).By == handling.Reporter {
		t.Fatal("the reporter did what officers do")
	}
	w.always(t, f, is)
}

// always holds in every state.
func (w *watch) always(t *rapid.T, f handling.Facts, r handling.Record) {
	keys := map[string]bool{}
	for _, d := range handling.Owed(f, r) {
		if keys[d.Key] {
			t.Fatalf("%s is owed twice", d.Key)
		}
		keys[d.Key] = true
		if r.Closed() && d.Key != "answer" {
			t.Fatalf("closed, and %s is owed", d.Key)
		}
	}
	seen := map[string]bool{}
	for _, p := range handling.Propose(f, r) {
		if seen[p.Key] {
			t.Fatalf("%s is proposed twice", p.Key)
		}
		seen[p.Key] = true
	}
	for _, p := range partners() {
		if _, err := handling.Package(p.Code, f, r); p.Police && (err == nil) != w.opened {
			t.Fatalf("%s: a package %v, opened %v", p.Code, err == nil, w.opened)
		}
	}
	b, err := private.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	var again handling.Record
	if err := private.Decode(b, &again); err != nil {
		t.Fatal(err)
	}
	if b2, _ := private.Encode(again); string(b) != string(b2) || !reflect.DeepEqual(handling.Owed(f, r), handling.Owed(f, again)) {
		t.Fatal("the record is not the same after it was kept")
	}
}

var long = flag.Bool("long", false, "a million walks, for the night")

// Whatever a reporter answered, and whatever anybody does after that in any
// order, no case comes in a forbidden state.
func TestNoForbiddenState(t *testing.T) {
	if *long {
		if err := flag.Set("rapid.checks", "1000000"); err != nil {
			t.Fatal(err)
		}
	}
	t.Parallel()
	closed, handed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		f := handling.FactsOf(anyReport(t), params())
		var r handling.Record
		w := &watch{first: map[int]string{}}
		w.always(t, f, r)
		for range rapid.IntRange(0, 60).Draw(t, "acts") {
			a := anyAct(t, f, r)
			before := fmt.Sprintf("%#v", encoded(t, r))
			next, err := handling.Apply(r, a, f)
			if fmt.Sprintf("%#v", encoded(t, r)) != before {
				t.Fatal("the old record changed")
			}
			if err != nil {
				continue
			}
			w.after(t, a, f, r, next)
			if _, ok := a.(handling.HandOver); ok {
				handed++
			}
			if r = next; r.Closed() {
				closed++
			}
		}
		finish(t, f, r, w)
	})
	if closed == 0 || handed == 0 {
		t.Errorf("%d states closed, %d hand-overs: the walk reaches too little", closed, handed)
	}
}

func encoded(t *rapid.T, r handling.Record) string {
	b, err := private.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// finish does what is owed until nothing is, and closes: from every state there
// is a way, and what is owed says which.
func finish(t *rapid.T, f handling.Facts, r handling.Record, w *watch) {
	for range 60 {
		left := handling.Owed(f, r)
		if r.Closed() && len(left) == 0 {
			return
		}
		var a handling.Act = handling.Close{Stamp: anne, Reason: handling.ActionTaken}
		if len(left) > 0 {
			a = doing(left[0], r)
		}
		next, err := handling.Apply(r, a, f)
		if err != nil {
			t.Fatalf("%T: %v", a, err)
		}
		w.after(t, a, f, r, next)
		r = next
	}
	t.Fatal("there is no end to what is owed")
}

// doing is the act that meets a duty.
func doing(d handling.Duty, r handling.Record) handling.Act {
	switch {
	case d.Key == "take":
		return handling.Take{Stamp: anne, To: "anne", From: r.Holder}
	case d.Key == "confidant":
		return weighed()
	case d.Rule == "R23":
		return lookedUp()
	case d.Key == "suspect":
		return handling.SetFacts{Stamp: anne, Facts: append(slices.Clone(r.Facts), handling.SuspectOnly), Forms: r.Forms, Ages: r.Ages}
	case d.Key == "care":
		return give(handling.Care)
	case d.Partner != "" && d.Handover < 0:
		return give(d.Partner)
	case d.Rule == "R21":
		return handling.Answer{Stamp: anne, Handover: d.Handover, Kind: handling.Silent, Text: why}
	case d.Key == "informed":
		return handling.Informed{Stamp: anne, Yes: true}
	case d.Key == "help":
		return handling.Help{Stamp: anne, Answer: handling.Reached}
	case d.Key == "reporter":
		return handling.Message{Stamp: anne, Template: "fb.closed.privacy"}
	case d.Key == "answer":
		return handling.Message{Stamp: anne, Template: "fb.waiting"}
	}
	return handling.Leak{Stamp: anne, Handover: d.Handover, Done: why}
}
