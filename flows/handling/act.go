package handling

import (
	"time"

	"github.com/meldroute/meldroute/config/private"
)

// Act is one thing that an officer, or the reporter (Reaction), did. Each has
// a Stamp with author and time. The types below are all there are.
type Act interface{ by() Stamp }

// AuthorOf returns who did it, and when.
func AuthorOf(a Act) Stamp { return a.by() }

// Take takes the case, or gives it to somebody else (step 2). An empty To hands
// it back to all.
type Take struct {
	Stamp Stamp  `json:"stamp"`
	To    string `json:"to,omitempty"` // a pseudonym; the author's own to take it
	// From is who had it on the screen of the author: somebody else by now
	// means that nothing is overwritten.
	From string `json:"from,omitempty"`
}

// SetFacts replaces what the officer decided about the facts.
type SetFacts struct {
	Stamp Stamp
	Facts []Fact
	Forms []string // none: as reported
	Ages  []string // none: as reported
}

// Summarise sets what partners read in place of the reporter's own words.
type Summarise struct {
	Stamp Stamp
	Text  private.Text
}

// LookUps are look-ups in the municipality's own systems (step 3, R23).
type LookUps struct {
	Stamp Stamp
	Items []Lookup
}

// Lookup is one of them.
type Lookup struct {
	Stamp   Stamp        `json:"stamp"` // set by Apply
	Subject string       `json:"subject"`
	Result  string       `json:"result"`
	Source  private.Text `json:"source"` // which system, or why it is not possible
	Date    string       `json:"date"`   // 2026-11-24
}

// The subjects and results of a look-up.
const (
	LookPerson       = "person"
	LookOrganisation = "organisation"
	LookAddress      = "address"
	Found            = "found"
	NotFound         = "notfound"
	Impossible       = "impossible"
)

// Confidant records whether a vertrouwenspersoon can help (R20).
type Confidant struct {
	Stamp  Stamp        `json:"stamp"`
	Answer string       `json:"answer"` // Deployed, NotPossible, NotWanted
	Why    private.Text `json:"why"`    // required
}

// The answers to the vertrouwenspersoon question.
const (
	Deployed    = "deployed"
	NotPossible = "notpossible"
	NotWanted   = "notwanted"
)

// Acute records: "zeer ernstig, direct ingrijpen noodzakelijk" (R2). The
// stamp's time is when it was decided.
type Acute struct {
	Stamp Stamp        `json:"stamp"`
	Why   private.Text `json:"why"` // required
}

// Called records that the officer called somebody about an acute case, at the
// time of the stamp. It hands nothing over.
type Called struct {
	Stamp Stamp  `json:"stamp"`
	Whom  string `json:"whom"` // of CallOrder
}

// Who is called besides partners when a case is acute.
const (
	Coordinator     = "coordinator"
	ConfidantPerson = "confidant"
)

// CallOrder is whom an officer calls when a case is acute, in this order: AVIM
// (R2), the zorgcoördinator (R1), the coördinator, and afterwards the
// vertrouwenspersoon (R20).
func CallOrder() []string { return []string{AVIM, Care, Coordinator, ConfidantPerson} }

// HandOver records that the officer handed the case over, by his own secure
// means (step 4).
type HandOver struct {
	Stamp   Stamp        `json:"stamp"`
	Partner string       `json:"partner"` // a code, or OutsideCode(n)
	Way     string       `json:"way"`     // WayPhone, WaySecureMail, WayPortal, WayTalk
	Contact private.Text `json:"contact"` // with whom
	Date    string       `json:"date"`    // 2026-11-24
	Ground  private.Text `json:"ground"`  // the legal ground; required
	// Why is required for a choice (R8, R10) and for a partner that no rule
	// proposed.
	Why private.Text `json:"why"`
	// Feedback is when the partner's answer was asked for; zero: not asked
	// yet, which stays owed (R21).
	Feedback time.Time `json:"feedback"`
	// Sleep answers "waar slapen de bewoners vannacht?", required for an
	// integrale controle.
	Sleep private.Text `json:"sleep"`
}

// The ways of handing over.
const (
	WayPhone      = "phone"
	WaySecureMail = "mail"
	WayPortal     = "portal"
	WayTalk       = "talk"
)

// Ask asks a partner for feedback, or asks again (step 5, R21).
type Ask struct {
	Stamp    Stamp     `json:"stamp"`
	Handover int       `json:"handover"` // index in Record.Handovers
	By       time.Time `json:"by"`       // when the answer is expected
	After    int       `json:"after"`    // how many answers there were, set by Apply
}

// Answer is a partner's feedback, or that none came after all.
type Answer struct {
	Stamp    Stamp        `json:"stamp"`
	Handover int          `json:"handover"`
	Kind     string       `json:"kind"` // Told, MayNotSay, Silent
	Text     private.Text `json:"text"` // required for Told and Silent
}

// The kinds of an answer. A silent partner is never closed by itself: an
// officer records Silent, with what he did about it.
const (
	Told      = "told"
	MayNotSay = "maynotsay"
	Silent    = "silent"
)

// Refuse records that a partner does not take the case on.
type Refuse struct {
	Stamp    Stamp        `json:"stamp"`
	Handover int          `json:"handover"`
	Why      private.Text `json:"why"`
}

// Recall records that a hand-over went to the wrong partner or held the wrong
// data. What follows from it (data-lek) is owed then.
type Recall struct {
	Stamp    Stamp        `json:"stamp"`
	Handover int          `json:"handover"`
	Why      private.Text `json:"why"`
}

// Leak records what was done about the data of a recalled hand-over.
type Leak struct {
	Stamp    Stamp        `json:"stamp"`
	Handover int          `json:"handover"`
	Done     private.Text `json:"done"`
}

// Departure is the reason why a proposal is not followed.
type Departure struct {
	Stamp Stamp        `json:"stamp"`
	Key   string       `json:"key"` // Proposal.Key
	Why   private.Text `json:"why"`
	// Rules that it departs from, set by Apply: a rule that applies later
	// proposes anew.
	Rules []RuleID `json:"rules,omitempty"`
}

// Suggest names a partner that is not on the list.
type Suggest struct {
	Stamp Stamp
	Name  private.Text
	Why   private.Text
}

// Agree is a second officer's consent to a Suggest.
type Agree struct {
	Stamp   Stamp
	Outside int // index in Record.Outside
}

// Table records that a case goes to, or was discussed at, a table. Which table
// is one decision.
type Table struct {
	Stamp Stamp  `json:"stamp"`
	Kind  string `json:"kind"` // Local, District, Regional, Signals
	Date  string `json:"date"`
	// Traceable is whether it is discussed with data that lead to a person,
	// an address or an organisation; then R20 stands before it.
	Traceable bool         `json:"traceable"`
	Why       private.Text `json:"why"`     // required
	Present   private.Text `json:"present"` // afterwards
	Decided   private.Text `json:"decided"` // afterwards
}

// The tables. Police sit at each of them.
const (
	Local    = "local" // lokaal ondermijningsoverleg
	District = "district"
	Regional = "rto"
	Signals  = "signals" // signalentafel of the RIEC
)

// Check records something that was done within the municipality or asked of a
// partner besides a hand-over.
type Check struct {
	Stamp Stamp        `json:"stamp"`
	Kind  string       `json:"kind"` // Permits, YouthAction, AddressRule, BelleAlong, RIECHelp
	Date  string       `json:"date"`
	Note  private.Text `json:"note"`
}

// The checks besides those of Internal: asked along to a prostitution check,
// and help with a check.
const (
	BelleAlong = "belle_along"
	RIECHelp   = "riec_help"
)

// Measure records an administrative measure: the municipality is regisseur.
type Measure struct {
	Stamp   Stamp        `json:"stamp"`
	Kind    string       `json:"kind"` // Bibob, HousingAct, HousingPermit, Closure, Criminal
	Ground  private.Text `json:"ground"`
	Date    string       `json:"date"`
	Decider private.Text `json:"decider"`
	Sleep   private.Text `json:"sleep"` // required for a Closure
}

// The measures.
const (
	Bibob         = "bibob"
	HousingAct    = "woningwet"
	HousingPermit = "huisvestingswet"
	Closure       = "closure"
	Criminal      = "criminal"
)

// Informed records whether the person was informed, or why not (P33).
type Informed struct {
	Stamp Stamp        `json:"stamp"`
	Yes   bool         `json:"yes"`
	Why   private.Text `json:"why"` // required for no
}

// Message is feedback to the reporter (step 6, R22).
type Message struct {
	Stamp    Stamp        `json:"stamp"`
	Template string       `json:"template"` // of Templates
	Text     private.Text `json:"text"`     // of a template with Words only
	Round    int          `json:"round"`    // how often it was reopened before, set by Apply
	// Self says that the officer told it himself, since the reporter has no
	// chat. Set by Apply.
	Self bool `json:"self,omitempty"`
}

// Unreached records why the reporter cannot be told.
type Unreached struct {
	Stamp Stamp        `json:"stamp"`
	Why   private.Text `json:"why"`
	Round int          `json:"round"` // as in Message
	After int          `json:"after"` // how many reactions there were, set by Apply
}

// Reaction is what the reporter said to a Message.
type Reaction struct {
	Stamp Stamp  `json:"stamp"` // By is Reporter
	Kind  string `json:"kind"`  // Clear, Asks, More, Disagrees
	After int    `json:"after"` // how many messages there were, set by Apply
}

// The reactions: "duidelijk", "vraag", "extra informatie", "niet eens".
const (
	Clear     = "clear"
	Asks      = "asks"
	More      = "more"
	Disagrees = "disagrees"
)

// Help records whether the victim reached help; it is a figure.
type Help struct {
	Stamp  Stamp        `json:"stamp"`
	Answer string       `json:"answer"` // Reached, NotReached, NoVictim
	Why    private.Text `json:"why"`    // required for NotReached
}

// The answers to whether the victim reached help.
const (
	Reached    = "reached"
	NotReached = "notreached"
	NoVictim   = "novictim"
)

// Note is an entry of the officer's own. A heading is offered, not forced.
type Note struct {
	Stamp   Stamp        `json:"stamp"`
	Heading string       `json:"heading,omitempty"` // fact, circumstance, observation, interpretation, source
	Text    private.Text `json:"text"`
}

// Hours is time spent on the case.
type Hours struct {
	Stamp   Stamp `json:"stamp"`
	Minutes int   `json:"minutes"` // 1 to 1440
}

// Close closes the case. It is refused as long as something is owed.
type Close struct {
	Stamp  Stamp        `json:"stamp"`
	Reason string       `json:"reason"` // of ClosingReasons
	Why    private.Text `json:"why"`    // required, except for ActionTaken
	// Message is a final template that is sent with it; "" when one was sent.
	Message string `json:"message,omitempty"`
}

// The reasons for closing.
const (
	ActionTaken    = "action_taken"
	TooLittle      = "insufficient_info"
	NotTrafficking = "not_trafficking"
	Duplicate      = "duplicate"
	Moved          = "moved_municipality"
)

// ClosingReasons are the reasons for closing, in the order of the screen.
func ClosingReasons() []string {
	return []string{ActionTaken, TooLittle, NotTrafficking, Duplicate, Moved}
}

// Reopen opens a closed case again.
type Reopen struct {
	Stamp Stamp        `json:"stamp"`
	Why   private.Text `json:"why"`
}

func (a Take) by() Stamp      { return a.Stamp }
func (a SetFacts) by() Stamp  { return a.Stamp }
func (a Summarise) by() Stamp { return a.Stamp }
func (a LookUps) by() Stamp   { return a.Stamp }
func (a Confidant) by() Stamp { return a.Stamp }
func (a Acute) by() Stamp     { return a.Stamp }
func (a Called) by() Stamp    { return a.Stamp }
func (a HandOver) by() Stamp  { return a.Stamp }
func (a Ask) by() Stamp       { return a.Stamp }
func (a Answer) by() Stamp    { return a.Stamp }
func (a Refuse) by() Stamp    { return a.Stamp }
func (a Recall) by() Stamp    { return a.Stamp }
func (a Leak) by() Stamp      { return a.Stamp }
func (a Departure) by() Stamp { return a.Stamp }
func (a Suggest) by() Stamp   { return a.Stamp }
func (a Agree) by() Stamp     { return a.Stamp }
func (a Table) by() Stamp     { return a.Stamp }
func (a Check) by() Stamp     { return a.Stamp }
func (a Measure) by() Stamp   { return a.Stamp }
func (a Informed) by() Stamp  { return a.Stamp }
func (a Message) by() Stamp   { return a.Stamp }
func (a Unreached) by() Stamp { return a.Stamp }
func (a Reaction) by() Stamp  { return a.Stamp }
func (a Help) by() Stamp      { return a.Stamp }
func (a Note) by() Stamp      { return a.Stamp }
func (a Hours) by() Stamp     { return a.Stamp }
func (a Close) by() Stamp     { return a.Stamp }
func (a Reopen) by() Stamp    { return a.Stamp }
