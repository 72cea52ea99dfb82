package flows

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/meldroute/meldroute/config/private"
)

// Report is the content of a signal as the reporter told it (step 1). Answers
// by choice are option ids of the configuration; everything a person wrote is
// a private.Text. As a whole it prints as private.Mask, since the choices say
// as much as the words. The store seals each field on its own.
type Report struct {
	Acute       bool         `json:"acute,omitempty"` // came by [Nu gevaar]
	What        private.Text `json:"what"`
	When        string       `json:"when,omitempty"`
	Place       Place        `json:"place"`
	Seen        string       `json:"seen,omitempty"` // self, colleague, external
	Forms       []string     `json:"forms,omitempty"`
	Indicators  []string     `json:"indicators,omitempty"`
	Persons     []Person     `json:"persons,omitempty"`
	Things      Things       `json:"things"`
	Housing     string       `json:"housing,omitempty"`
	Urgency     Urgency      `json:"urgency,omitempty"` // what follows from the answer
	Speed       string       `json:"speed,omitempty"`   // the reporter's own answer: acute, soon, normal, unknown
	Risk        private.Text `json:"risk"`              // what can be dangerous, for whom
	Department  string       `json:"department,omitempty"`
	TeamLead    string       `json:"teamlead,omitempty"`
	Involved    string       `json:"involved,omitempty"` // no, colleague, officer, unknown
	InvolvedWho private.Text `json:"involved_who"`
	// LeaveOut are the configured officers who are named as involved (D4).
	LeaveOut []string `json:"leave_out,omitempty"`
	// Called is whether 112 was called, asked after an acute report: yes,
	// no, past.
	Called string `json:"called,omitempty"`
	// Aware is whether the person knows of the report (aanvullen).
	Aware string `json:"aware,omitempty"`
	// Origin is how it came in, when not in its reporter's own dialogue.
	Origin Origin `json:"origin,omitzero"`
	// Drill says that it is an exercise, sealed beside what the open column
	// says: neither can be changed without the other.
	Drill bool `json:"drill,omitempty"`
}

// Origin is how a signal came in that somebody put in for another.
type Origin struct {
	How string    `json:"how,omitempty"` // one of the ways below; "" by a dialogue or a drill
	By  string    `json:"by,omitempty"`  // who entered it, or began the drill: a pseudonym
	At  time.Time `json:"at,omitzero"`   // when he did
}

// The ways in which a signal came in that an officer entered.
const (
	ByPhone = "phone"
	OnPaper = "paper"   // or by mail
	Running = "running" // the case was running when the program came
)

// Entered reports whether an officer entered the signal: its reporter has no
// chat, and hears from the officer himself.
func (o Origin) Entered() bool { return o.How != "" }

// Since is when the terms of a signal that was received then begin to run: those
// of a case that was running already begin when it was entered.
func (o Origin) Since(received time.Time) time.Time {
	if o.How == Running {
		return o.At
	}
	return received
}

// Place is where it happens. Postcode is "1234 AB" when it could be read.
type Place struct {
	Street      private.Text `json:"street"`
	Number      private.Text `json:"number"`
	Postcode    private.Text `json:"postcode"`
	Town        private.Text `json:"town"`
	Description private.Text `json:"description"`
}

// Person is somebody whom the report is about.
type Person struct {
	Capacity string       `json:"capacity,omitempty"` // hoedanigheid
	Name     private.Text `json:"name"`
	Looks    private.Text `json:"looks"`
	Age      string       `json:"age,omitempty"`
}

// Things are the fields that look-ups and partners need apart from prose.
type Things struct {
	Organisation private.Text `json:"organisation"`
	KvK          private.Text `json:"kvk"`   // 8 digits
	Plate        private.Text `json:"plate"` // as typed
	Phone        private.Text `json:"phone"` // as typed
	Handle       private.Text `json:"handle"`
	Branch       string       `json:"branch,omitempty"`
}

// Urgency is how fast something must happen.
type Urgency string

// The urgencies (glossary: acuut, spoed, normaal).
const (
	Acute  Urgency = "acute"
	Soon   Urgency = "soon"
	Normal Urgency = "normal"
)

// Source is what only the aandachtsfunctionaris may see, behind "Toon melder"
// (D5): who told it, and how the reporter wants to be reached.
type Source struct {
	Name  private.Text `json:"name"`  // of the colleague or outsider who told it
	Way   string       `json:"way"`   // chat, phone
	Phone private.Text `json:"phone"` // as typed
	Time  private.Text `json:"time"`  // when to call
}

// Format writes private.Mask.
func (Report) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, private.Mask) }

// LogValue returns private.Mask.
func (Report) LogValue() slog.Value { return slog.StringValue(private.Mask) }
