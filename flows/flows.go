// Package flows is the pure ground of every dialogue: a Flow is data (steps,
// questions, options, conditions), a State is what a person answered so far,
// and the functions here say which step comes next. It does no I/O, has no
// clock and imports the standard library only.
//
// What is asked in step 1 of the meldroute stands in flows/intake, the route
// of steps 2 to 6 in flows/handling. Texts are ids here; bot/dialogue turns
// them into words and shows them. What a dialogue leads to is a Report.
package flows

import "github.com/meldroute/meldroute/config/private"

// Flow is one dialogue as data. A session keeps the Version it began with.
type Flow struct {
	Name  string `json:"name"`
	Parts int    `json:"parts,omitempty"` // "Stap 3 van 7": 7
	Steps []Step `json:"steps"`
}

// Step is one screen. Steps are asked in order, skipping those whose When does
// not hold and those that have an answer.
type Step struct {
	ID    string `json:"id"`
	Part  int    `json:"part,omitempty"` // which of Parts; 0 is outside the count
	Title Text   `json:"title,omitzero"` // of the form, and in the review
	Say   Text   `json:"say,omitzero"`   // what the bot says with it
	When  *Cond  `json:"when,omitempty"`
	// Aside steps are reached by Goto only, never in order.
	Aside bool `json:"aside,omitempty"`
	// Rows > 0 lets the step be answered several times, at most Rows.
	Rows int `json:"rows,omitempty"`
	// Skip lets the whole step be answered with "Weet ik niet", or with
	// SkipLabel where that is set ("Geen van deze").
	Skip      bool `json:"skip,omitempty"`
	SkipLabel Text `json:"skip_label,omitzero"`
	// Lists names a step whose questions and options are listed under Say, to
	// be read only (the signs explained).
	Lists string `json:"lists,omitempty"`
	// Change marks the Aside step whose options are the places that can be
	// changed; At fills them in.
	Change bool `json:"change,omitempty"`
	// Review marks the step that shows every answer and lets each be changed.
	Review    bool       `json:"review,omitempty"`
	Questions []Question `json:"questions"`
	// End is what an answer to this step leads to; an Option's End goes first.
	End End `json:"end,omitempty"`
}

// Asks reports how a step is put to a person: a step of one question with
// choices is asked with buttons in the chat, every other one in a form.
func (s Step) Asks() Asking {
	if len(s.Questions) == 1 && s.Questions[0].Kind == One && s.Rows == 0 {
		return Buttons
	}
	return Window
}

// Asking is how a step is put to a person.
type Asking int

// The ways of asking.
const (
	Buttons Asking = iota // choices under a message
	Window                // a form
)

// Question is one thing to answer.
type Question struct {
	ID       string `json:"id"`
	Label    Text   `json:"label,omitzero"`
	Short    Text   `json:"short,omitzero"` // at most 24 bytes (Mattermost dialogs)
	Help     Text   `json:"help,omitzero"`
	Kind     Kind   `json:"kind"`
	Optional bool   `json:"optional,omitempty"`
	// Must makes an Optional question required when it holds, also by answers
	// in the same form ("Bellen" needs a number).
	Must *Cond `json:"must,omitempty"`
	// Missing is said when a required answer is not there; by default e.required.
	Missing Text `json:"missing,omitzero"`
	Max     int  `json:"max,omitempty"` // runes
	// Shape is what a Line or Date must look like; every text is checked besides.
	Shape   Shape    `json:"shape,omitempty"`
	Options []Option `json:"options,omitempty"`
	When    *Cond    `json:"when,omitempty"`
	// First puts the question before the others of its step when it holds.
	First *Cond `json:"first,omitempty"`
	// Source marks the answer as the reporter's own (D5): it is sealed with
	// the reporter, never with the signal.
	Source bool `json:"source,omitempty"`
}

// Kind is how a question is answered.
type Kind string

// The kinds of a question, as in package adapters.
const (
	Line  Kind = "line"
	Area  Kind = "area"
	One   Kind = "one"
	Many  Kind = "many"
	Date  Kind = "date"
	Phone Kind = "phone"
)

// Shape is what the answer to a Line or Date must look like.
type Shape string

// The shapes. Postcode, KvK and Past refuse, Plate only warns (plates from abroad
// have other forms), Handle is free.
const (
	Free     Shape = ""
	Postcode Shape = "postcode" // kept as "1234 AB"; never SA, SD, SS
	KvK      Shape = "kvk"      // 8 digits, kept without spaces and dots
	Plate    Shape = "plate"    // foreign plates are welcome
	Handle   Shape = "handle"   // an online name
	Past     Shape = "past"     // of a Date: today or before (Step.NotYet)
)

// Option is one possible answer.
type Option struct {
	ID    string `json:"id"`
	Label Text   `json:"label,omitzero"`
	Help  Text   `json:"help,omitzero"`
	When  *Cond  `json:"when,omitempty"`
	// Alone clears the others of Many ("Geen van deze", "Weet ik niet").
	Alone bool `json:"alone,omitempty"`
	// Goto is the step that this answer leads to, in place of the next one.
	Goto string `json:"goto,omitempty"`
	// Again, with Goto to a step with Rows, adds a row there. It is not kept
	// as an answer, so its question is asked anew after that row; it is not
	// offered when the rows are full.
	Again bool `json:"again,omitempty"`
	// Row, set by At for a Change step only, is the row that Goto leads to,
	// to be shown after the label ("Persoon 2").
	Row int `json:"row,omitempty"`
	End End `json:"end,omitempty"`
	// Also are other words that may be typed for it ("nu gevaar": "help").
	Also []string `json:"also,omitempty"`
}

// End is how a dialogue ends.
type End string

// The ends of a dialogue. Each lawful path reaches one (Check).
const (
	GoesOn End = ""
	File   End = "file"   // a signal is filed, or what the flow is for is done
	Erase  End = "erase"  // everything is erased
	Door   End = "door"   // the person is shown another door; nothing is kept
	Advice End = "advice" // advice without a case: counted, nothing is kept
)

// Cond is a condition on earlier answers. Exactly one of its parts is set.
type Cond struct {
	All []Cond `json:"all,omitempty"`
	Any []Cond `json:"any,omitempty"`
	Not *Cond  `json:"not,omitempty"`
	// Step, Question and Is hold when the answer has one of the values of Is,
	// in any row. Question Unknown with Is Unknown holds when the step was
	// skipped.
	Step     string   `json:"step,omitempty"`
	Question string   `json:"question,omitempty"`
	Is       []string `json:"is,omitempty"`
}

// Text is an id in the catalogs, or, for what the municipality configures, the
// words themselves: an old flow value must still have them (D17).
type Text struct {
	ID string `json:"id,omitempty"`
	NL string `json:"nl,omitempty"`
	EN string `json:"en,omitempty"`
}

// T is the text with a catalog id.
func T(id string) Text { return Text{ID: id} }

// IsZero reports whether there is no text.
func (t Text) IsZero() bool { return t == Text{} }

// State is a dialogue in progress: what was answered, and where the person
// went back to. Everything else follows from it and the flow.
type State struct {
	Answers map[string][]Row `json:"answers,omitempty"` // by step
	// At is the step gone back or jumped to; "" is the first unanswered one.
	At string `json:"at,omitempty"`
	// Row is which row of a step with Rows is being changed, counted from 1;
	// 0 adds one.
	Row int `json:"row,omitempty"`
}

// Row is one answer to a step: values by question.
type Row map[string][]private.Text

// Unknown is the value of "Weet ik niet", and, as the only question of a row,
// the mark of a step that was skipped.
const Unknown = "unknown"
