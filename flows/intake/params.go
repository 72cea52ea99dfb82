// Package intake is step 1 of the meldroute as flows: the report of a signal,
// the same for a signal that an officer enters, an addition to it, the question whether 112 was called, and withdrawal. Build
// makes the report from what the municipality configured; Read turns a finished
// dialogue into a flows.Report.
//
// What is asked, in which order and why is decided in the domain's decisions,
// chapter A. Nothing here counts or weighs answers: there is no score. The
// steps after filing stand in flows/handling.
package intake

import "github.com/meldroute/meldroute/flows"

// Params is what a municipality decides about the report. Labels are literal
// (an old flow must still have its words, D17) and at most 75 characters.
type Params struct {
	Departments []Choice
	Forms       []Form
	Groups      []Choice // of indicators, in the order in which they are shown
	Indicators  []Indicator
	Capacities  []Choice
	Ages        []Choice
	Branches    []Choice
	Officers    []Officer
	Doors       []Door
	// Card is a text for a resident, with numbers to call; without it there
	// is none on offer.
	Card   flows.Text
	Limits Limits
}

// Choice is one of a list of answers.
type Choice struct {
	ID    string
	Label flows.Text
	Help  flows.Text
}

// Form is a form of exploitation. "Weet ik niet" is added by Build and asks
// for the housing too.
type Form struct {
	Choice
	FirstGroup string // the group of indicators that is shown first with it
	Housing    bool   // asks the housing question
}

// Indicator is a sign of Bijlage 3 of the policy.
type Indicator struct {
	Choice
	Group        string
	OnlyWithForm string // offered only when this form was chosen
	Housing      bool   // asks the housing question
}

// Officer is an aandachtsfunctionaris who can be named as involved (D4).
type Officer struct {
	ID   string
	Name string
}

// Door is where something goes that is not human trafficking.
type Door struct {
	Choice
	Text flows.Text // whom to call, said when the door is chosen
}

// Limits are lengths in characters; a zero takes the default.
type Limits struct {
	What    int // 2000
	Text    int // 500
	Line    int // 120
	Persons int // 10
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		at  *int
		def int
	}{{&l.What, 2000}, {&l.Text, 500}, {&l.Line, 120}, {&l.Persons, 10}} {
		if *d.at == 0 {
			*d.at = d.def
		}
	}
	return l
}

func options(cs []Choice) []flows.Option {
	out := make([]flows.Option, len(cs))
	for i, c := range cs {
		out[i] = flows.Option{ID: c.ID, Label: c.Label, Help: c.Help}
	}
	return out
}

// unknown is the answer "Weet ik niet"; with others to choose from it clears
// them.
func unknown(alone bool) flows.Option {
	return flows.Option{ID: flows.Unknown, Label: flows.T("g.unknown"), Alone: alone}
}

func option(id, text string, also ...string) flows.Option {
	return flows.Option{ID: id, Label: flows.T(text), Also: also}
}

func is(step, question string, values ...string) *flows.Cond {
	return &flows.Cond{Step: step, Question: question, Is: values}
}

// either holds when one of cs does; with none of them it is nil.
func either(cs []flows.Cond) *flows.Cond {
	switch len(cs) {
	case 0:
		return nil
	case 1:
		return &cs[0]
	}
	return &flows.Cond{Any: cs}
}
