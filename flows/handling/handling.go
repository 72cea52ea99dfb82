// Package handling is steps 2 to 6 of the meldroute as rules: which partner is
// proposed and why (Rules, Propose), what must happen first (May), what is
// still owed (Owed, Next), what a partner may read (Package) and what a
// reporter may be told (Templates, Leaks).
//
// It is pure: it does no I/O and has no clock. What the officers did on a case
// is a Record, data that the store keeps sealed; Apply is the one way to change
// it. The rules propose and the officer decides: nothing here counts, weighs or
// scores a person, and nothing is sent. Who has a right to act at all is decided
// in bot/desk; step 1 stands in flows/intake.
//
// The numbers R1 to R23 are those of the domain's routing table, as corrected
// by its decisions, chapter B. Texts are ids in the catalog "handling".
package handling

import (
	"slices"
	"time"

	"github.com/meldroute/meldroute/flows"
)

// Params is what a municipality decides about the rules. Ids are those of its
// configuration. DefaultParams has the ids of the default configuration.
type Params struct {
	Partners []Partner
	// Forms of exploitation by what the rules call them. A form in none of
	// these is "other" (R15).
	Sexual, Labour, Criminal []string
	Ages                     []Age
	// AdultAt and YoungBelow are the limits of Belle (18 and over) and Pretty
	// Woman (under 23), in years (R7-R10).
	AdultAt, YoungBelow int
	// YouthBelow is the age below which R13 (aanpak jeugd) applies, in years.
	YouthBelow int
	// Bibob are the branches of R11; Attention those that are places where it
	// can happen.
	Bibob, Attention []string
	LivesAtWork      []string // indicators that are about housing (R5)
	// Capacities that a victim does not have, and those that a suspect has. A
	// suspect may be a victim where the form is criminal (R12).
	NotVictim, Suspect []string
	Victim             []string
	// Health are the indicators that say something of health. They go only to
	// those who care for the person or investigate.
	Health []string
	// Work are the indicators that the NLA itself asks for.
	Work []string
}

// Partner is a partner of the configuration.
type Partner struct {
	Code   string
	Police bool     // police can read what goes here (R20)
	Names  []string // as people know it, for Leaks: names, numbers, addresses
}

// Age is an age band.
type Age struct {
	ID    string
	From  int // in years
	Below int // in years; 0: no limit
}

// The partners that the rules name.
const (
	Care          = "moviera" // the zorgcoördinator (R1)
	AVIM          = "avim"
	PoliceCopen   = "police_copen"
	NLA           = "nla"
	OM            = "om"
	RIEC          = "riec"
	RTO           = "rto"
	VeiligThuis   = "veilig_thuis"
	PrettyWoman   = "pretty_woman"
	Belle         = "belle"
	WoerdenWijzer = "woerden_wijzer"
	SchoolYouth   = "school_youth"
	IntegralCheck = "integral_check"
	CoMensha      = "comensha"
	FairWork      = "fairwork"
	HousingCorp   = "housing_corp"
	ZVH           = "zvh"
	Sector        = "sector"
)

// DefaultParams are the ids and limits of the default configuration, with the
// partners that the municipality has.
func DefaultParams(partners []Partner) Params {
	return Params{
		Partners: partners,
		// Illegale prostitutie has the same helpers and the same permits.
		Sexual: []string{"sexual", "prostitution"}, Labour: []string{"labour"}, Criminal: []string{"criminal"},
		Ages:    []Age{{"minor", 0, 18}, {"18_22", 18, 23}, {"23_plus", 23, 0}},
		AdultAt: 18, YoungBelow: 23, YouthBelow: 23,
		Bibob: []string{"massage", "beauty", "sex_business"}, Attention: []string{"hotel", "holiday_park"},
		LivesAtWork: []string{"lives_at_work"},
		NotVictim:   []string{"employer", "owner"}, Suspect: []string{"suspect"}, Victim: []string{"victim"},
		Health: []string{"vague_injuries", "work_complaints", "work_complaints_sexual", "psychosomatic", "addiction"},
		Work:   []string{"threats", "work_complaints", "lives_at_work", "no_passport", "work_address_unknown", "debts"},
	}
}

func (p Params) partner(code string) (Partner, bool) {
	for _, x := range p.Partners {
		if x.Code == code {
			return x, true
		}
	}
	return Partner{}, false
}

// Police reports whether police can read what this partner gets (R20). Who is
// not on the list of partners counts as one where they can.
func (p Params) Police(code string) bool {
	x, ok := p.partner(code)
	return !ok || x.Police
}

// Reporter is the author of what the reporter does (D6).
const Reporter = "melder"

// Stamp says who did something and when.
type Stamp struct {
	By string    `json:"by"` // a pseudonym
	At time.Time `json:"at"`
}

// Refusal is the error of an act that is not lawful (now). It says in words
// what must happen first, and never what somebody wrote.
type Refusal struct {
	Rule RuleID // "" where no rule is the reason
	Text flows.Text
	// Partner fills {{.Partner}} of Text, by its name; "" when it has none.
	Partner string
	Owed    []Duty // at a closing: what is still owed
}

func (r *Refusal) Error() string { return "handling: refused: " + r.Text.ID }

func refuse(rule RuleID, why string) *Refusal {
	return &Refusal{Rule: rule, Text: flows.T("handling.refuse." + why)}
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}
