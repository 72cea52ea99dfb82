package handling

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/meldroute/meldroute/config/private"
)

// Record is everything that officers did on a case, as data. Its zero value is
// a case that nobody took. The store seals it whole: also its choices say what
// it is about. Change it with Apply only.
type Record struct {
	Holder string   `json:"holder,omitempty"` // who has it now
	Taken  []Take   `json:"taken,omitempty"`
	Facts  []Fact   `json:"facts,omitempty"`
	Forms  []string `json:"forms,omitempty"` // as the officer decided; none: as reported
	Ages   []string `json:"ages,omitempty"`  // as the officer decided; none: as reported
	// Summary is what partners read in place of the reporter's own words.
	Summary    private.Text `json:"summary"`
	Lookups    []Lookup     `json:"lookups,omitempty"`
	Confidants []Confidant  `json:"confidants,omitempty"`
	Acute      []Acute      `json:"acute,omitempty"`
	Calls      []Called     `json:"calls,omitempty"`
	Handovers  []Handed     `json:"handovers,omitempty"`
	Departures []Departure  `json:"departures,omitempty"`
	Outside    []Outside    `json:"outside,omitempty"`
	Tables     []Table      `json:"tables,omitempty"`
	Checks     []Check      `json:"checks,omitempty"`
	Measures   []Measure    `json:"measures,omitempty"`
	Informed   []Informed   `json:"informed,omitempty"`
	Messages   []Message    `json:"messages,omitempty"`
	Unreached  []Unreached  `json:"unreached,omitempty"`
	Reactions  []Reaction   `json:"reactions,omitempty"`
	Help       []Help       `json:"help,omitempty"`
	Notes      []Note       `json:"notes,omitempty"`
	Spent      []Hours      `json:"spent,omitempty"`
	Closings   []Close      `json:"closings,omitempty"`
	Reopenings []Reopen     `json:"reopenings,omitempty"`
	Extended   []Extend     `json:"extended,omitempty"`
	Holds      []Hold       `json:"holds,omitempty"`
	// Touched is when the last act was done.
	Touched time.Time `json:"touched"`
}

// Handed is a hand-over and what became of it.
type Handed struct {
	HandOver `json:"handover"`
	Rules    []RuleID `json:"rules,omitempty"` // that proposed it; none: the officer departed
	Consent  bool     `json:"consent"`         // the victim's, as it was known then
	Bare     bool     `json:"bare"`            // the zorgcoördinator got no identity (R1)
	Asked    []Ask    `json:"asked,omitempty"` // the last one counts
	Answers  []Answer `json:"answers,omitempty"`
	Refused  *Refuse  `json:"refused,omitempty"`
	Recall   *Recall  `json:"recall,omitempty"`
	Leak     *Leak    `json:"leak,omitempty"`
}

// Outside is a partner that is not on the list, to whom a hand-over needs a
// second officer.
type Outside struct {
	Stamp  Stamp        `json:"stamp"`
	Name   private.Text `json:"name"`
	Why    private.Text `json:"why"`
	Agreed *Stamp       `json:"agreed,omitempty"`
}

// Format writes private.Mask.
func (Record) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, private.Mask) }

// LogValue returns private.Mask.
func (Record) LogValue() slog.Value { return slog.StringValue(private.Mask) }

// Closed reports whether the case is closed.
func (r Record) Closed() bool { return len(r.Closings) > len(r.Reopenings) }

// Standing reports whether the partner has the case: handed over and not
// recalled.
func (h Handed) Standing() bool { return h.Recall == nil }

func (r Record) standing(partner string) bool {
	return slices.ContainsFunc(r.Handovers, func(h Handed) bool { return h.HandOver.Partner == partner && h.Standing() })
}

// accepted is standing, and the partner did not refuse it.
func (r Record) accepted(partner string) bool {
	return slices.ContainsFunc(r.Handovers, func(h Handed) bool {
		return h.HandOver.Partner == partner && h.Standing() && h.Refused == nil
	})
}

// Open reports whether the gate of R20 is open: the vertrouwenspersoon was
// weighed, or an officer recorded that direct intervention is necessary.
func (r Record) Open() bool { return len(r.Confidants) > 0 || len(r.Acute) > 0 }

// Status is where a case stands.
type Status string

// The statuses, in their order.
const (
	Received   Status = "received"
	Taken      Status = "taken"
	Enriched   Status = "enriched"
	HandedOver Status = "handed_over"
	Awaiting   Status = "awaiting"
	Answered   Status = "answered"
	Closed     Status = "closed"
)

// Status returns where the case stands.
func (r Record) Status() Status {
	waiting, handed := false, false
	for _, h := range r.Handovers {
		handed = handed || h.Standing()
		waiting = waiting || h.Standing() && h.Refused == nil && len(h.Asked) > 0 && !h.answered()
	}
	switch {
	case r.Closed():
		return Closed
	case waiting:
		return Awaiting
	case handed && slices.ContainsFunc(r.Handovers, Handed.answered):
		return Answered
	case handed:
		return HandedOver
	case len(r.Lookups) > 0:
		return Enriched
	case r.Holder != "":
		return Taken
	}
	return Received
}

func (h Handed) answered() bool { return len(h.Answers) > 0 }

// clone copies what Apply may write in, so that an old record stays as it was.
func (r Record) clone() Record {
	r.Handovers, r.Outside = slices.Clone(r.Handovers), slices.Clone(r.Outside)
	return r
}

// add appends without touching the array of an older record.
func add[T any](to []T, x ...T) []T { return append(slices.Clip(to), x...) }
