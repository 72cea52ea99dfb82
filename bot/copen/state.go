package copen

import (
	"fmt"
	"slices"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// register is where the state is kept, sealed (store.Effects.Registers).
const register = "copen"

// keepMeetings is how many meetings are remembered: three years.
const keepMeetings = 6

// State is everything about the meetings. Its zero value is a bot that has not
// looked yet.
type State struct {
	// Rev is one more at every change that a person makes.
	Rev      int64     `json:"rev"`
	Since    time.Time `json:"since"` // when the bot began to watch
	Meetings []Meeting `json:"meetings,omitempty"`
	Actions  []Action  `json:"actions,omitempty"`
	// Gaps and Gap are how often, and when last, it was told that there was
	// no meeting for too long; Follows and Follow the same of actions.
	Gaps    int       `json:"gaps,omitempty"`
	Gap     time.Time `json:"gap"`
	Follows int       `json:"follows,omitempty"`
	Follow  time.Time `json:"follow"`
}

// Meeting is one of the meetings of a year.
type Meeting struct {
	ID store.Reference `json:"id"` // "copen-2027-04": what its notices are about
	// Fire is when the schedule means it to be, on a free day too.
	Fire time.Time `json:"fire"`
	// At is the date that was set; zero is none. Set is when that, or its
	// absence, last changed, and Version how often.
	At      time.Time `json:"at"`
	Set     time.Time `json:"set"`
	Version int       `json:"version,omitempty"`
	// Round is one more at each cancellation: an invitation after it is a new
	// one to a calendar. Sequence counts its changes (RFC 5545, 3.8.7.4).
	Round    int      `json:"round,omitempty"`
	Sequence int      `json:"sequence,omitempty"`
	Cancels  []Cancel `json:"cancels,omitempty"`

	// Poll counts the date polls; Dates and Answers are of the last one.
	Poll    int               `json:"poll,omitempty"`
	Dates   []time.Time       `json:"dates,omitempty"`
	Answers map[string]Answer `json:"answers,omitempty"` // by participant

	Contributions []Contribution `json:"contributions,omitempty"`
	// Minutes are what came of it; Held is when they were written down. Report
	// counts their versions.
	Minutes private.Text `json:"minutes"`
	Held    time.Time    `json:"held"`
	Report  int          `json:"report,omitempty"`
	// Dropped says that its time passed without a date, or that it did not
	// take place.
	Dropped bool `json:"dropped,omitempty"`
	// Shared counts how often the figures went to the participants.
	Shared int `json:"shared,omitempty"`

	// What was planned of the reminders, so that none comes twice: Step is of
	// this Version, before the meeting; After, after it.
	Step   int  `json:"step,omitempty"`
	After  int  `json:"after,omitempty"`
	Asked  bool `json:"asked,omitempty"`
	Packed bool `json:"packed,omitempty"`
}

// Cancel is a date that was called off: what its invitation said.
type Cancel struct {
	At       time.Time `json:"at"`
	Stamp    time.Time `json:"stamp"`
	Version  int       `json:"version"`
	Round    int       `json:"round"`
	Sequence int       `json:"sequence"`
}

// Answer is when a participant can come: of Dates, by index.
type Answer struct {
	At  time.Time `json:"at"`
	Yes []int     `json:"yes,omitempty"`
}

// Contribution is what somebody wants to speak about.
type Contribution struct {
	From string       `json:"from"` // a participant
	Text private.Text `json:"text"`
}

// The types of an action.
const (
	ActionPolicy = "policy" // "beleid aanpassen" (DECISIONS D)
	ActionOther  = "other"
)

// Action is what was agreed: who does what, before when.
type Action struct {
	ID    int          `json:"id"`
	Type  string       `json:"type"`
	What  private.Text `json:"what"`
	Owner string       `json:"owner"` // a participant
	Due   time.Time    `json:"due"`
	Done  time.Time    `json:"done"`
}

// read opens the register; what nobody wrote yet is the zero State.
func read(body private.Text) (State, error) {
	var s State
	if body.Empty() {
		return s, nil
	}
	if err := private.Decode([]byte(body.Reveal()), &s); err != nil {
		return s, fmt.Errorf("copen: state: %w", err)
	}
	return s, nil
}

// write is the register that holds s.
func (s State) write() (map[string]private.Text, error) {
	b, err := private.Encode(s)
	if err != nil {
		return nil, fmt.Errorf("copen: state: %w", err)
	}
	return map[string]private.Text{register: private.New(string(b))}, nil
}

// clone is a copy whose meetings and actions can be changed.
func (s State) clone() State {
	s.Meetings, s.Actions = slices.Clone(s.Meetings), slices.Clone(s.Actions)
	return s
}

// find returns the meeting that notices and tokens are about; nil when it is no
// longer remembered.
func (s *State) find(id store.Reference) *Meeting {
	for i := range s.Meetings {
		if s.Meetings[i].ID == id {
			return &s.Meetings[i]
		}
	}
	return nil
}

// current is the meeting that the coördinator works on: the last one; nil as
// long as there is none.
func (s *State) current() *Meeting {
	if len(s.Meetings) == 0 {
		return nil
	}
	return &s.Meetings[len(s.Meetings)-1]
}

// past is the newest meeting that began, and so can have minutes.
func (s *State) past(now time.Time) *Meeting {
	for i := len(s.Meetings) - 1; i >= 0; i-- {
		if m := &s.Meetings[i]; !m.At.IsZero() && !m.At.After(now) {
			return m
		}
	}
	return nil
}

// open are the actions that are not done.
func (s *State) open() []Action {
	return slices.DeleteFunc(slices.Clone(s.Actions), func(a Action) bool { return !a.Done.IsZero() })
}

// act adds an action under the next number.
func (s *State) act(a Action) {
	for _, x := range s.Actions {
		a.ID = max(a.ID, x.ID)
	}
	a.ID++
	s.Actions = append(s.Actions, a)
}

// setDate sets or changes the date.
func (m *Meeting) setDate(at, now time.Time) {
	if !m.At.IsZero() {
		m.Sequence++
	}
	m.At, m.Set = at, now
	m.Version++
	m.Step, m.After = 0, 0
}

// cancel calls the date off: a new one is asked.
func (m *Meeting) cancel(now time.Time) {
	m.Version++
	m.Cancels = append(slices.Clone(m.Cancels), Cancel{At: m.At, Stamp: now, Version: m.Version, Round: m.Round, Sequence: m.Sequence + 1})
	m.Round++
	m.Sequence = 0
	m.At, m.Set = time.Time{}, now
	m.Step, m.After = 0, 0
	m.Dates, m.Answers = nil, nil
}

// propose begins a date poll.
func (m *Meeting) propose(dates []time.Time) {
	m.Poll++
	m.Dates, m.Answers = dates, nil
}

// answer keeps who can come when.
func (m *Meeting) answer(who string, a Answer) {
	all := map[string]Answer{}
	for k, v := range m.Answers {
		all[k] = v
	}
	all[who] = a
	m.Answers = all
}
