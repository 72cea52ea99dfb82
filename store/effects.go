package store

import (
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
)

// Event is what a turn takes in, and what it wants to see.
type Event struct {
	// ID is the platform's id of the event: taken once. "" is never refused.
	ID string
	// Person is whose session and profile are loaded, when set.
	Person Person
	// Signal is the signal to load for Viewer, when set; the turn fails with
	// ErrNotFound when there is none for him. AsReporter loads it for its
	// own reporter (Person) in place of a viewer.
	Signal     Reference
	Viewer     Viewer
	AsReporter bool
	// Reporter opens who reported, for "Toon melder" (P9). The turn fails
	// unless its effects journal that with a reason.
	Reporter bool
	// Token is a press, form or link to look up, when set. One that is bound
	// to another person, or to another place when Place is set, is not there.
	Token string
	Place Person
	// Duty loads the pending reminder of Signal's deadline.
	Duty bool
	// Registers are the names of the registers to load.
	Registers []string
	// Reads are the journal's actions that count as reading the signal: with
	// them, View.Reads says when the viewer, and who is left out, did so.
	Reads []string
}

// View is what a turn sees. A new person has a zero Session with Rev 0.
type View struct {
	Now      time.Time
	Session  Session
	Profile  Profile
	Case     *Case
	Reporter *Reporter // with Event.Reporter
	Matches  []Match   // with Event.Signal and a Viewer
	Token    *Token    // nil: unknown, used up or expired
	Reads    []Reading // with Event.Reads, newest first
	Duty     *Duty     // with Event.Duty; nil: nothing is to be brought up
	// Registers are those of Event.Registers, by name; one that nobody wrote
	// yet is empty.
	Registers map[string]private.Text
}

// Reading is one time that somebody read a signal.
type Reading struct {
	Person Person
	At     time.Time
}

// Effects is what a turn writes, all of it or nothing.
type Effects struct {
	// Session replaces the session (its Rev must be the seen Rev + 1 or the
	// same); End deletes it.
	Session *Session
	End     bool
	Profile *Profile
	File    *Filing
	// Status, Read, Add and Called change the loaded signal; zero values
	// leave it as it is.
	Status Status
	Read   bool // stamps Signal.Read with View.Now
	Add    *Addition
	Called string // Report.Called
	// Handling replaces Case.Handling; empty leaves it as it is.
	Handling private.Text
	// Say adds to Case.Words.
	Say *Words
	// Assign replaces who the signal is assigned to; nil leaves it as it is.
	Assign *[]Person
	// Holder replaces who has it; nil leaves it as it is, empty is nobody.
	Holder *Person
	// Deadline replaces the one next deadline; nil leaves it as it is, a zero
	// one is none. When it is brought up is planned with it.
	Deadline *Deadline
	// Snooze puts off when the deadline is brought up next (Event.Duty).
	Snooze *Snooze
	// LeaveOut are persons who, from now on, never see the loaded signal (D4).
	// It becomes Direct.
	LeaveOut []Person
	// Keep replaces until when the loaded signal is kept; nil leaves it as it
	// is. Anonymise removes who reported it, and what that person is owed.
	Keep      *Retention
	Anonymise bool
	// Erase destroys the loaded signal: key, rows, marks, notices (P18).
	Erase   Ground
	Journal []Line
	Notices []Notice // planned; one whose key exists is left as it is
	Done    []NoticeID
	Tokens  []Token
	UseUp   bool     // the looked-up token is used up
	Count   []string // advice given, and other counters without a person
	// Registers replaces registers, each loaded by Event.Registers.
	Registers map[string]private.Text
}

// Deadline is a date and the term that it ends.
type Deadline struct {
	At    time.Time
	Clock string
}

// Filing is a new signal. A Reporter without a Person has no chat: nothing is
// delivered to him, and he has no "mijn signalen". The store draws both numbers and fills the
// reference into the turn's notices, journal lines and tokens whose About is
// empty.
type Filing struct {
	Report   flows.Report
	Reporter Reporter
	Urgency  flows.Urgency
	ReadBy   time.Time
	// LeaveOut are persons who never see it (D4); with any, it is Direct.
	LeaveOut []Person
	// Assign are persons who see it without Viewer.All, unless left out.
	Assign []Person
	// Drill marks an exercise: it leaves no marks, and it stays one for good.
	Drill bool
	// Received is when it came in; zero is now.
	Received time.Time
	// Read says that whoever files it may read it, so that it is read at once;
	// Deadline is then its next one.
	Read     bool
	Deadline Deadline
}

// state is what the open columns begin with.
func (f Filing) state(now time.Time) Signal {
	s := Signal{Status: Received, Urgency: f.Urgency, Received: f.Received, ReadBy: f.ReadBy, Due: f.ReadBy, Clock: ClockRead, Drill: f.Drill}
	if s.Received.IsZero() {
		s.Received = now
	}
	if f.Read {
		s.Status, s.Read, s.Due, s.Clock = Read, now, f.Deadline.At, f.Deadline.Clock
	}
	return s
}

// Outcome is what a turn came to.
type Outcome struct {
	// Duplicate says that the event was taken before; nothing was written.
	Duplicate bool
	Ref       Reference // of a filed signal
	Number    Number
}

// Line is a journal line (D10): who did what, reads included.
type Line struct {
	Action  string    // "signal.filed", "signal.opened", "reporter.shown", …
	Actor   string    // keyed pseudonym by the store from Person; "melder", "bot"
	Person  Person    // when set, Actor is made from it
	About   Reference // "" with a Filing: the new signal
	Outcome string    // "ok", "refused"
	Reason  private.Text
}

// Role is to whom a notice goes; it is resolved when it is sent (D15).
type Role string

// The roles.
const (
	ToChannel      Role = "channel"
	ToOfficers     Role = "officers"
	ToCoordinators Role = "coordinators"
	ToReporter     Role = "reporter"
	ToCopen        Role = "copen" // the Copen meeting; the kind says who
	// ToConcerned are those whom a duty, or what is planned by a schedule,
	// concerns on the day that it is sent.
	ToConcerned Role = "concerned"
)

// NoticeID names an obligation: kind, what it is about, and which occurrence.
type NoticeID struct {
	Kind  string
	About Reference
	N     int
}

// Notice is something that the bot owes somebody: ids and kinds, no text and
// no address. It is outbox and reminder in one (DESIGN 3).
type Notice struct {
	NoticeID
	To  Role
	Due time.Time
	// Tries and Fence are filled in by Claim.
	Tries int
	Fence int64
}

// Token is a capability that was handed out: a press or a form of the desk.
// Presses of a dialogue live in its session. It is found by its hash.
type Token struct {
	ID   string // 128 random bits, from NewToken
	Kind string // "open", "case", "reporter", …
	// About is the signal, "" with a Filing for the new one.
	About Reference
	// Person and Place bind it; zero is anybody, anywhere.
	Person, Place Person
	// Rev is the version of the signal that it was made for.
	Rev     int64
	Expires time.Time
	// Keep lets it be used more than once ("Openen" on a card).
	Keep bool
	// Content is what a form or link goes on with; sealed like the rest.
	Content private.Text
	// Code must be typed by whoever uses a link (Redeem).
	Code string
	// Failures counts refused forms and wrong codes, at most 10 (D8).
	Failures int
}
