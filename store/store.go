// Package store keeps what the bot knows, sealed: sessions, signals, reporters,
// notices, tokens, the journal and what adapters remember. It is the one place
// where sealing happens (with the keys of store/vault); the databases are
// store/sqlite and store/postgres, behind Driver, and what each must do is in
// store/storetest.
//
// It decides who may read a signal (Viewer) and that things happen once; what
// should happen is decided in bot/dialogue, bot/desk and bot/reminder, which
// hand it Effects.
package store

import (
	"errors"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
)

// ErrNotFound says that there is no such thing for whoever asks: it does not
// exist, is erased, or is not his to see. The three are never told apart.
var ErrNotFound = errors.New("store: not found")

// Reference is a signal's number at the desk: SIG-<year>-<5 Crockford base32>.
type Reference string

// Number is a signal's number for its reporter: M-<5 Crockford base32> (D6).
type Number string

// Person is the address of a person or place, as adapters.Address.Key writes
// it. It is kept only sealed or as a keyed pseudonym.
type Person = private.Text

// Status is where a signal stands on the meldroute.
type Status string

// The statuses that this release knows.
const (
	Received   Status = "received"   // step 2: on the desk, not read
	Read       Status = "read"       // step 2: read by an aandachtsfunctionaris
	Withdrawn  Status = "withdrawn"  // the reporter asks to withdraw it after it was read
	HandedOver Status = "handedover" // step 4: handed over to a partner at least once
	Closed     Status = "closed"
)

// Signal is what the open columns say of a case.
type Signal struct {
	Ref      Reference
	Status   Status
	Urgency  flows.Urgency
	Received time.Time
	ReadBy   time.Time // when it must have been read (T1)
	Read     time.Time // zero until then
	// Direct says that somebody is left out (D4): no card in the channel,
	// only direct messages to those who may know.
	Direct bool
	// Due is the one next deadline and Clock which term that is, as whoever
	// wrote Effects.Deadline named it; zero when nothing owed has a date. A new
	// signal is due at ReadBy, by ClockRead.
	Due   time.Time
	Clock string
	// Held says that somebody has it, Mine that the viewer does.
	Held, Mine bool
	// Drill marks an exercise: it counts in no figure.
	Drill   bool
	Closed  time.Time // zero while it is open
	Keep    Retention
	Version int64
}

// ClockRead is the Clock of a signal that nobody read yet (T1).
const ClockRead = "read"

// Case is a signal with its content, opened for somebody who may see it.
type Case struct {
	Signal
	Report    flows.Report
	Additions []Addition
	// Assigned are the readers it was assigned to.
	Assigned []Person
	// LeftOut are those who never see it (D4).
	LeftOut []Person
	// Handling is what officers recorded of steps 2 to 6, as bot/desk wrote
	// it; empty when nothing was recorded.
	Handling private.Text
	// Words are what an officer wrote to the reporter, oldest first: all of
	// the content that its reporter can open.
	Words []Words
}

// Words are a message of an officer to the reporter in words of his own.
type Words struct {
	At   time.Time    `json:"at"`
	Text private.Text `json:"text"`
}

// Addition is what was added to a signal later ("aanvullen").
type Addition struct {
	At    time.Time    `json:"at"`
	Text  private.Text `json:"text"`
	Aware string       `json:"aware,omitempty"`
	// Reaction is what the reporter said to feedback, in place of a text
	// (step 6): clear, asks, disagrees.
	Reaction string `json:"reaction,omitempty"`
	// By is the officer who added it, as a rectification (P32); empty for the
	// reporter. The text that it is about stays as it was.
	By Person `json:"by"`
}

// Reporter is who gave a signal: sealed under a key of its own (D5).
type Reporter struct {
	Person Person       `json:"person"` // the address to deliver to
	Name   private.Text `json:"name"`   // as the platform shows it
	Lang   string       `json:"lang"`   // "nl" or "en"
	Number Number       `json:"number"` // his own number
	Source flows.Source `json:"source"` // who told it, how to reach him
	Place  Person       `json:"place"`  // where the dialogue was, for delivery
}

// Own is what a reporter may see of a signal of his own (P10).
type Own struct {
	Number   Number
	Ref      Reference // for the program's use, never shown to the reporter
	Received time.Time
	Status   Status
	Drill    bool
}

// Session is a dialogue in progress. It dies when its signal is filed (D7).
type Session struct {
	Flow, Version string // name and hash of the flow it began with
	// Rev is the revision that is asked; Shown the last one that is known to
	// stand in the chat (D2).
	Rev, Shown int64
	// Content is the dialogue's own state; only the dialogue reads it.
	Content private.Text
	// Nudge is when to remind of the draft, Expires when to erase it; zero
	// is never. Person is who it is with; filled in by the store.
	Nudge, Expires time.Time
	Person         Person
	// About is the signal that it is a draft about: it goes with that signal.
	// It is written only, and given anew with every new revision.
	About Reference
}

// Profile is what is remembered of a person between dialogues.
type Profile struct {
	Lang       string `json:"lang,omitempty"`
	Department string `json:"department,omitempty"`
}

// Viewer is whoever reads: every read of signals goes through one (D4). A
// viewer who is left out of a signal finds nothing.
type Viewer struct {
	Person Person
	// All reads every signal that he is not left out of; without it only
	// those assigned to him.
	All bool
}

// Mark classes of the blind index (D9).
const (
	MarkName   = "name"
	MarkPlace  = "place" // postcode and number
	MarkPhone  = "phone"
	MarkPlate  = "plate"
	MarkKvK    = "kvk"
	MarkMail   = "mail"
	MarkHandle = "handle"
	MarkOrg    = "organisation"
)

// Match is an earlier signal that shares a mark ("komt eerder voor in …").
type Match struct {
	Class string
	Ref   Reference
}
