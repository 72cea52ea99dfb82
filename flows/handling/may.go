package handling

import (
	"slices"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
)

// May returns nil when an act is lawful now, else a *Refusal that says what must
// happen first. Whether its author has a right to act at all is not asked here.
func May(act Act, f Facts, r Record) error {
	// A typed nil must not become an error.
	if x := may(act, look(f, r)); x != nil {
		return x
	}
	return nil
}

func may(act Act, v view) *Refusal {
	if act == nil || act.by().By == "" || act.by().At.IsZero() {
		return refuse("", "stamp")
	}
	if _, reporter := act.(Reaction); reporter != (act.by().By == Reporter) {
		return refuse("", "reporter")
	}
	if x := inState(act, v.r); x != nil {
		return x
	}
	switch a := act.(type) {
	case HandOver:
		return v.mayHandOver(a)
	case Called:
		return v.mayCall(a)
	case Close:
		return v.mayClose(a)
	case Message:
		return v.mayTell(a)
	case Departure:
		return v.mayDepart(a)
	case Table:
		return v.mayTable(a)
	case Ask, Answer, Refuse, Recall, Leak:
		return v.r.mayAfterwards(act)
	case Suggest, Agree:
		return v.r.mayOutside(act)
	case Check:
		if a.Kind == YouthAction && !v.r.Open() {
			return refuse("R20", "confidant")
		}
	case SetFacts:
		return v.f.Params.maySet(a)
	case LookUps:
		return mayLookUp(a)
	case Extend, Hold:
		return v.r.mayKeep(act)
	}
	return complete(act)
}

// inState refuses what a case that is not taken, or is closed, does not take.
func inState(act Act, r Record) *Refusal {
	switch a := act.(type) {
	case Reaction, Extend, Hold:
		return nil
	case Reopen:
		if !r.Closed() {
			return refuse("", "open")
		}
		return nil
	case Take:
		if a.From != r.Holder {
			return refuse("", "taken")
		}
		if r.Closed() || a.To == Reporter {
			return refuse("", "closed")
		}
		return nil
	case Message, Unreached, Answer, Note, Hours:
		if r.Closed() {
			return nil
		}
	case Called: // it does not wait until somebody took the case
		if !r.Closed() {
			return nil
		}
	}
	switch {
	case r.Closed():
		return refuse("", "closed")
	case r.Holder == "":
		return refuse("", "take")
	}
	return nil
}

func (v view) mayHandOver(a HandOver) *Refusal {
	p := v.f.Params
	out, outside := v.r.outside(a.Partner)
	if _, known := p.partner(a.Partner); !known {
		switch {
		case !outside:
			return refuse("", "partner")
		case out.Agreed == nil:
			return refuse("", "second")
		}
	}
	for _, rule := range Rules() {
		for _, o := range rule.Offers {
			if o.Kind == Through && o.Partners[0] == a.Partner {
				x := refuse(rule.ID, "via")
				x.Partner = o.Via
				return x
			}
		}
	}
	if x := v.gate(a.Partner); x != nil {
		return x
	}
	why := true
	for _, o := range Propose(v.f, v.r) {
		if slices.Contains(o.Partners, a.Partner) && (o.Kind == HandingOver || o.Kind == Question) && !o.Choice {
			why = false
		}
	}
	switch {
	case !slices.Contains([]string{WayPhone, WaySecureMail, WayPortal, WayTalk}, a.Way), a.Contact.Empty():
		return refuse("", "contact")
	case a.Ground.Empty():
		return refuse("", "ground")
	case !happened(a.Date, a.Stamp):
		return refuse("", "date")
	case !a.Feedback.IsZero() && !a.Feedback.After(a.Stamp.At):
		return refuse("R21", "later")
	case a.Partner == IntegralCheck && a.Sleep.Empty():
		return refuse("R5", "sleep")
	case why && a.Why.Empty():
		return refuse("", "why")
	}
	return nil
}

// mayCall keeps the gate of R20 before a call to the police too.
func (v view) mayCall(a Called) *Refusal {
	switch {
	case !slices.Contains(CallOrder(), a.Whom):
		return refuse("", "choose")
	case a.Whom == AVIM:
		return v.gate(a.Whom)
	}
	return nil
}

// gate is R20, a property of the receiver: nothing goes where police can read
// it before an officer recorded the one or the other.
func (v view) gate(partner string) *Refusal {
	if v.f.Params.Police(partner) && !v.r.Open() {
		return refuse("R20", "confidant")
	}
	return nil
}

func (v view) mayTable(a Table) *Refusal {
	switch {
	case a.Traceable && !v.r.Open():
		return refuse("R20", "confidant")
	case !slices.Contains([]string{Local, District, Regional, Signals}, a.Kind):
		return refuse("", "choose")
	case !day(a.Date):
		return refuse("", "date")
	case a.Why.Empty():
		return refuse("", "why")
	}
	return nil
}

func (v view) mayClose(a Close) *Refusal {
	if !slices.Contains(ClosingReasons(), a.Reason) {
		return refuse("", "choose")
	}
	if a.Why.Empty() && a.Reason != ActionTaken {
		return refuse("", "why")
	}
	if a.Message != "" {
		if t, ok := template(a.Message); !ok || !t.Final {
			return refuse("R22", "template")
		}
		v.r.Messages = add(v.r.Messages, Message{Stamp: a.Stamp, Template: a.Message, Round: len(v.r.Reopenings)})
	}
	if left := owed(v, a.Reason); len(left) > 0 {
		x := refuse(left[0].Rule, "owed")
		x.Owed = left
		return x
	}
	return nil
}

func (v view) mayTell(a Message) *Refusal {
	t, ok := template(a.Template)
	switch {
	case !ok || t.Words == a.Text.Empty():
		return refuse("R22", "template")
	case len(Leaks(a.Text, v.f.report, v.f.Params.Partners)) > 0:
		return refuse("R22", "leak")
	}
	return nil
}

func (v view) mayDepart(a Departure) *Refusal {
	rules := rulesOf(Propose(v.f, v.r), a.Key)
	switch {
	case len(rules) == 0:
		return refuse("", "proposal")
	case slices.Contains(rules, "R1"):
		return refuse("R1", "care")
	case a.Why.Empty():
		return refuse(rules[0], "why")
	}
	return nil
}

func (r Record) mayAfterwards(act Act) *Refusal {
	at := func(i int) (Handed, bool) {
		if i < 0 || i >= len(r.Handovers) {
			return Handed{}, false
		}
		return r.Handovers[i], true
	}
	switch a := act.(type) {
	case Ask:
		if h, ok := at(a.Handover); !ok || !h.Standing() || h.Refused != nil {
			return refuse("R21", "handover")
		}
		if !a.By.After(a.Stamp.At) {
			return refuse("R21", "later")
		}
	case Answer:
		if h, ok := at(a.Handover); !ok || !h.Standing() {
			return refuse("R21", "handover")
		}
		if !slices.Contains([]string{Told, MayNotSay, Silent}, a.Kind) {
			return refuse("R21", "choose")
		}
		if a.Kind != MayNotSay && a.Text.Empty() {
			return refuse("R21", "why")
		}
	case Refuse:
		if h, ok := at(a.Handover); !ok || !h.Standing() || h.Refused != nil {
			return refuse("", "handover")
		}
		return needs(a.Why)
	case Recall:
		if h, ok := at(a.Handover); !ok || !h.Standing() {
			return refuse("", "handover")
		}
		return needs(a.Why)
	case Leak:
		if h, ok := at(a.Handover); !ok || h.Standing() || h.Leak != nil {
			return refuse("", "handover")
		}
		return needs(a.Done)
	}
	return nil
}

func (r Record) mayOutside(act Act) *Refusal {
	switch a := act.(type) {
	case Suggest:
		return needs(a.Name, a.Why)
	case Agree:
		if a.Outside < 0 || a.Outside >= len(r.Outside) || r.Outside[a.Outside].Agreed != nil {
			return refuse("", "partner")
		}
		if r.Outside[a.Outside].Stamp.By == a.Stamp.By {
			return refuse("", "second")
		}
	}
	return nil
}

func (p Params) maySet(a SetFacts) *Refusal {
	known := AllFacts()
	for _, x := range a.Facts {
		if !slices.Contains(known, x) {
			return refuse("", "choose")
		}
	}
	for _, id := range a.Ages {
		if id != flows.Unknown && !slices.ContainsFunc(p.Ages, func(x Age) bool { return x.ID == id }) {
			return refuse("", "choose")
		}
	}
	if slices.Contains(a.Facts, SuspectVictim) && slices.Contains(a.Facts, SuspectOnly) {
		return refuse("R12", "choose")
	}
	if slices.Contains(a.Facts, NoPerson) && slices.Contains(a.Facts, Consent) {
		return refuse("R1", "choose")
	}
	return nil
}

func mayLookUp(a LookUps) *Refusal {
	if len(a.Items) == 0 {
		return refuse("R23", "choose")
	}
	for _, l := range a.Items {
		switch {
		case !slices.Contains([]string{LookPerson, LookOrganisation, LookAddress}, l.Subject),
			!slices.Contains([]string{Found, NotFound, Impossible}, l.Result):
			return refuse("R23", "choose")
		case l.Source.Empty():
			return refuse("R23", "source")
		case !happened(l.Date, a.Stamp):
			return refuse("R23", "date")
		}
	}
	return nil
}

// complete checks the acts that only have to be whole.
func complete(act Act) *Refusal {
	chosen := func(x string, of ...string) *Refusal {
		if !slices.Contains(of, x) {
			return refuse("", "choose")
		}
		return nil
	}
	switch a := act.(type) {
	case Take:
		return nil
	case Summarise:
		return needs(a.Text)
	case Confidant:
		if x := chosen(a.Answer, Deployed, NotPossible, NotWanted); x != nil {
			return x
		}
		return needs(a.Why)
	case Acute:
		return needs(a.Why)
	case Check:
		if x := chosen(a.Kind, Permits, YouthAction, AddressRule, BelleAlong, RIECHelp); x != nil {
			return x
		}
		return dated(a.Date)
	case Measure:
		if x := chosen(a.Kind, Bibob, HousingAct, HousingPermit, Closure, Criminal); x != nil {
			return x
		}
		if a.Kind == Closure && a.Sleep.Empty() {
			return refuse("", "sleep")
		}
		if x := dated(a.Date); x != nil {
			return x
		}
		return needs(a.Ground, a.Decider)
	case Informed:
		if a.Yes {
			return nil
		}
		return needs(a.Why)
	case Unreached:
		return needs(a.Why)
	case Reaction:
		return chosen(a.Kind, Clear, Asks, More, Disagrees)
	case Help:
		if a.Answer == NotReached {
			return needs(a.Why)
		}
		return chosen(a.Answer, Reached, NoVictim)
	case Note:
		if x := chosen(a.Heading, append(Headings(), "")...); x != nil {
			return x
		}
		return needs(a.Text)
	case Hours:
		if a.Minutes < 1 || a.Minutes > 24*60 {
			return refuse("", "choose")
		}
		return nil
	case Reopen:
		return needs(a.Why)
	}
	return &Refusal{Text: flows.T("handling.refuse.choose")}
}

// Headings are the parts into which a note can be split, offered and not
// forced.
func Headings() []string {
	return []string{"fact", "circumstance", "observation", "interpretation", "source"}
}

func needs(texts ...private.Text) *Refusal {
	if slices.ContainsFunc(texts, private.Text.Empty) {
		return refuse("", "why")
	}
	return nil
}

func dated(date string) *Refusal {
	if !day(date) {
		return refuse("", "date")
	}
	return nil
}

func day(date string) bool {
	_, err := time.Parse(time.DateOnly, date)
	return err == nil
}

// happened reports whether date is a day not after the act; a day's grace is
// for the time zone, which this package does not know.
func happened(date string, s Stamp) bool {
	d, err := time.Parse(time.DateOnly, date)
	return err == nil && !d.After(s.At.Add(24*time.Hour))
}
