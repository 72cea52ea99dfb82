package handling

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// OutsideCode is the code of the nth partner that is not on the list, an index
// in Record.Outside.
func OutsideCode(n int) string { return "outside:" + strconv.Itoa(n) }

func (r Record) outside(code string) (Outside, bool) {
	n, err := strconv.Atoi(strings.TrimPrefix(code, "outside:"))
	if err != nil || n < 0 || n >= len(r.Outside) || code != OutsideCode(n) {
		return Outside{}, false
	}
	return r.Outside[n], true
}

// Apply returns the record with an act in it. It refuses, with a *Refusal, what
// May refuses; the record it was given stays as it was.
func Apply(r Record, act Act, f Facts) (Record, error) {
	if err := May(act, f, r); err != nil {
		return r, err
	}
	next := r.clone()
	next.Touched = act.by().At
	round, self := len(r.Reopenings), f.report.Origin.Entered()
	switch a := act.(type) {
	case Take:
		next.Holder, next.Taken = a.To, add(r.Taken, a)
	case SetFacts:
		next.Facts, next.Forms, next.Ages = slices.Clone(a.Facts), slices.Clone(a.Forms), slices.Clone(a.Ages)
	case Summarise:
		next.Summary = a.Text
	case LookUps:
		for _, l := range a.Items {
			l.Stamp = a.Stamp
			next.Lookups = add(next.Lookups, l)
		}
	case Confidant:
		next.Confidants = add(r.Confidants, a)
	case Acute:
		next.Acute = add(r.Acute, a)
	case Called:
		next.Calls = add(r.Calls, a)
	case HandOver:
		next.Handovers = append(next.Handovers, handed(f, r, a))
	case Ask, Answer, Refuse, Recall, Leak:
		next.afterwards(act)
	case Departure:
		a.Rules = rulesOf(Propose(f, r), a.Key)
		next.Departures = add(r.Departures, a)
	case Suggest:
		next.Outside = append(next.Outside, Outside{Stamp: a.Stamp, Name: a.Name, Why: a.Why})
	case Agree:
		next.Outside[a.Outside].Agreed = &a.Stamp
	case Table:
		next.Tables = add(r.Tables, a)
	case Check:
		next.Checks = add(r.Checks, a)
	case Measure:
		next.Measures = add(r.Measures, a)
	case Informed:
		next.Informed = add(r.Informed, a)
	case Message:
		a.Round, a.Self = round, self
		next.Messages = add(r.Messages, a)
	case Unreached:
		a.Round, a.After = round, len(r.Reactions)
		next.Unreached = add(r.Unreached, a)
	case Reaction:
		a.After = len(r.Messages)
		next.Reactions = add(r.Reactions, a)
	case Help:
		next.Help = add(r.Help, a)
	case Note:
		next.Notes = add(r.Notes, a)
	case Hours:
		next.Spent = add(r.Spent, a)
	case Close:
		next.Closings = add(r.Closings, a)
		if a.Message != "" {
			next.Messages = add(r.Messages, Message{Stamp: a.Stamp, Template: a.Message, Round: round, Self: self})
		}
	case Reopen:
		next.Reopenings = add(r.Reopenings, a)
	case Extend:
		next.Extended, next.Touched = add(r.Extended, a), r.Touched // nothing was done on the case
	case Hold:
		next.Holds, next.Touched = add(r.Holds, a), r.Touched
	default:
		return r, fmt.Errorf("handling: %T is no act", act)
	}
	return next, nil
}

// handed is a hand-over as it stands in the record, with what was known then.
func handed(f Facts, r Record, a HandOver) Handed {
	v := look(f, r)
	h := Handed{HandOver: a, Consent: v.fact(Consent), Bare: bareFor(v, a.Partner)}
	for _, p := range Propose(f, r) {
		if p.Kind != Through && slices.Contains(p.Partners, a.Partner) {
			h.Rules = append(h.Rules, p.Rules...)
		}
	}
	if !a.Feedback.IsZero() {
		h.Asked = []Ask{{Stamp: a.Stamp, Handover: len(r.Handovers), By: a.Feedback}}
	}
	return h
}

// afterwards records what became of a hand-over.
func (r *Record) afterwards(act Act) {
	switch a := act.(type) {
	case Ask:
		h := &r.Handovers[a.Handover]
		a.After = len(h.Answers)
		h.Asked = add(h.Asked, a)
	case Answer:
		h := &r.Handovers[a.Handover]
		h.Answers = add(h.Answers, a)
	case Refuse:
		r.Handovers[a.Handover].Refused = &a
	case Recall:
		r.Handovers[a.Handover].Recall = &a
	case Leak:
		r.Handovers[a.Handover].Leak = &a
	}
}

func rulesOf(ps []Proposal, key string) []RuleID {
	for _, p := range ps {
		if p.Key == key {
			return p.Rules
		}
	}
	return nil
}
