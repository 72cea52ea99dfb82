package handling

import (
	"slices"
	"strconv"
	"time"

	"github.com/meldroute/meldroute/flows"
)

// Duty is one thing that is still owed. Each stands once.
type Duty struct {
	Key  string // unique in a case, and the same as long as it is owed
	Rule RuleID
	Text flows.Text
	// Partner fills {{.Partner}} of Text, by its name; "" when it has none.
	Partner string
	// Handover is the index in Record.Handovers that it is about; -1: none.
	Handover int
	// Clock is the term that it has, counted from From; a zero From is when the
	// signal was received, or opened again. By, when set, is the date itself.
	// Without a Clock it has no date of its own: it is owed at closing.
	Clock Clock
	From  time.Time
	By    time.Time
}

// Clock is a term of the municipality (DOMAIN chapter 4).
type Clock string

// The clocks.
const (
	ClockRead      Clock = "read"      // T1
	ClockEnrich    Clock = "enrich"    // T2
	ClockDecide    Clock = "decide"    // T3
	ClockCare      Clock = "care"      // T4
	ClockAsk       Clock = "ask"       // R21: at the hand-over itself
	ClockFeedback  Clock = "feedback"  // T5; By says when
	ClockFirstWord Clock = "firstword" // T6
	ClockLastWord  Clock = "lastword"  // T7, when nothing else is owed
	ClockInterim   Clock = "interim"   // T7, as long as something else is
	ClockConfidant Clock = "confidant" // R20, two working days after an acute act
	ClockLeak      Clock = "leak"      // a data leak
	ClockRest      Clock = "rest"      // T8: no act for too long
)

// Clocks are all of them.
func Clocks() []Clock {
	return []Clock{ClockRead, ClockEnrich, ClockDecide, ClockCare, ClockAsk, ClockFeedback, ClockFirstWord, ClockLastWord, ClockInterim,
		ClockConfidant, ClockLeak, ClockRest}
}

// Owed returns what is still owed in a case, in the order of the meldroute. A
// closed case owes at most an answer to its reporter.
func Owed(f Facts, r Record) []Duty {
	reason := ""
	if r.Closed() {
		reason = r.Closings[len(r.Closings)-1].Reason
	}
	return owed(look(f, r), reason)
}

type duties []Duty

func (d *duties) add(key string, rule RuleID, clock Clock, from time.Time) *Duty {
	*d = append(*d, Duty{Key: key, Rule: rule, Text: flows.T("handling.duty." + key), Handover: -1, Clock: clock, From: from})
	return &(*d)[len(*d)-1]
}

// owed is Owed for a case that is about to be closed for a reason: that it is
// not human trafficking is the only exception to R1, and to what else the
// policy asks for human trafficking alone.
func owed(v view, reason string) []Duty {
	var d duties
	r, trafficking := v.r, reason != NotTrafficking
	if r.Holder == "" {
		d.add("take", "", ClockRead, r.handedBack())
	}
	if n := len(r.Acute); n > 0 && len(r.Confidants) == 0 {
		d.add("confidant", "R20", ClockConfidant, r.Acute[n-1].Stamp.At)
	}
	for _, subject := range []string{LookPerson, LookOrganisation, LookAddress} {
		if !slices.ContainsFunc(r.Lookups, func(l Lookup) bool { return l.Subject == subject }) {
			d.add("lookup."+subject, "R23", ClockEnrich, time.Time{})
		}
	}
	if trafficking {
		d.forTrafficking(v)
	}
	d.feedback(r)
	if len(r.Informed) == 0 && slices.ContainsFunc(r.Handovers, func(h Handed) bool { return !h.Bare }) {
		d.add("informed", "P33", "", time.Time{})
	}
	if trafficking && len(r.Help) == 0 {
		d.add("help", "", "", time.Time{})
	}
	d.reporter(r)
	return d
}

// forTrafficking is R1, what the policy demands by partner, and R12.
func (d *duties) forTrafficking(v view) {
	if v.criminal() && !v.fact(SuspectVictim) && !v.fact(SuspectOnly) {
		d.add("suspect", "R12", ClockEnrich, time.Time{})
	}
	for _, p := range Propose(v.f, v.r) {
		if !p.Must || p.Done || p.Departed && !slices.Contains(p.Rules, "R1") {
			continue
		}
		if slices.Contains(p.Rules, "R1") {
			clock, from := ClockDecide, v.r.decided()
			if !from.IsZero() {
				clock = ClockCare
			}
			duty := d.add("care", "R1", clock, from)
			if v.bare() {
				duty.Text = flows.T("handling.duty.care.bare")
			}
			continue
		}
		duty := d.add("proposal", p.Rules[0], ClockDecide, time.Time{})
		duty.Key += "." + p.Partners[0]
		duty.Partner = p.Partners[0]
	}
}

// decided is when something was handed over first; zero: not yet.
func (r Record) decided() time.Time {
	for _, h := range r.Handovers {
		if h.Standing() {
			return h.Stamp.At
		}
	}
	return time.Time{}
}

// feedback is R21, and the data leak of a recall.
func (d *duties) feedback(r Record) {
	for i, h := range r.Handovers {
		var duty *Duty
		switch n := len(h.Asked); {
		case h.Recall != nil && h.Leak == nil:
			duty = d.add("leak", "", ClockLeak, h.Recall.Stamp.At)
		case h.Recall != nil || h.Refused != nil:
			continue
		case n == 0 && len(h.Answers) == 0:
			duty = d.add("ask", "R21", ClockAsk, h.Stamp.At)
		case n > 0 && h.Asked[n-1].After == len(h.Answers):
			duty = d.add("await", "R21", ClockFeedback, h.Asked[n-1].Stamp.At)
			duty.By = h.Asked[n-1].By
		default:
			continue
		}
		duty.Key += "." + strconv.Itoa(i)
		duty.Handover, duty.Partner = i, h.HandOver.Partner
	}
}

// handedBack is when the case was given back to all; zero: it never was.
func (r Record) handedBack() time.Time {
	if n := len(r.Taken); n > 0 {
		return r.Taken[n-1].Stamp.At
	}
	return time.Time{}
}

// reporter is R22: the last word, when nothing else has a date any more; until
// then a word in between. And an answer to what the reporter asked.
func (d *duties) reporter(r Record) {
	told := slices.ContainsFunc(r.Messages, func(m Message) bool {
		t, _ := template(m.Template)
		return t.Final && m.Round == len(r.Reopenings)
	}) || slices.ContainsFunc(r.Unreached, func(u Unreached) bool { return u.Round == len(r.Reopenings) })
	if !told {
		clock, from := ClockLastWord, r.Touched
		if slices.ContainsFunc(*d, func(x Duty) bool { return x.Clock != "" }) {
			clock, from = ClockInterim, time.Time{}
			if n := len(r.Messages); n > 0 {
				from = r.Messages[n-1].Stamp.At
			}
		}
		d.add("reporter", "R22", clock, from)
	}
	for i := len(r.Reactions) - 1; i >= 0; i-- {
		x := r.Reactions[i]
		if x.Kind != Asks && x.Kind != Disagrees {
			continue
		}
		excused := slices.ContainsFunc(r.Unreached, func(u Unreached) bool { return u.After > i })
		if len(r.Messages) <= x.After && !excused {
			d.add("answer", "R22", ClockFirstWord, x.Stamp.At)
		}
		return
	}
}

// Terms turns a clock into a date.
type Terms struct {
	Received time.Time
	// Due returns when a clock that runs from a moment is due, by the terms,
	// the urgency and the working days of the municipality; the zero time when
	// it has no term for it.
	Due func(c Clock, from time.Time) time.Time
}

// Deadline is a duty with its date.
type Deadline struct {
	Duty Duty
	Due  time.Time
}

// Next returns the one next deadline of a case: the earliest, also when it has
// passed. An open case that nothing happens to has one too (T8). ok is false
// when nothing that is owed has a date.
func Next(f Facts, r Record, t Terms) (next Deadline, ok bool) {
	begun := t.Received
	if n := len(r.Reopenings); n > 0 {
		begun = r.Reopenings[n-1].Stamp.At
	}
	d := duties(Owed(f, r))
	if !r.Closed() {
		d.add("rest", "", ClockRest, r.Touched)
	}
	for _, d := range d {
		due, from := d.By, d.From
		if from.IsZero() {
			from = begun
		}
		if d.Clock == "" {
			continue
		}
		if due.IsZero() {
			due = t.Due(d.Clock, from)
		}
		if !due.IsZero() && (!ok || due.Before(next.Due)) {
			next, ok = Deadline{Duty: d, Due: due}, true
		}
	}
	return next, ok
}
