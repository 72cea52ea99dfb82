package main_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/flows/handling"
)

// reached is a rule, reached from a real intake and an officer's acts.
type reached struct {
	rule    string
	report  said
	facts   []string // that the officer sets, "field", "value", …
	acute   bool     // the officer recorded that it is
	partner []string // proposed, by code
	words   string   // proposed, in words of the catalog, where it is no partner
	gate    bool     // the vertrouwenspersoon comes first
}

func victim(form, age string, more ...string) said {
	in := said{"form": form, "capacity": "victim", "name": "Roodborst", "age": age}
	for i := 0; i+1 < len(more); i += 2 {
		in[more[i]] = more[i+1]
	}
	return in
}

func reaches() map[string]reached {
	labour := victim("labour", "23_plus")
	return map[string]reached{
		"R1 always":                    {rule: "R1", partner: []string{"moviera"}},
		"R2 acute by the officer":      {rule: "R2", acute: true, partner: []string{"avim"}},
		"R3 labour":                    {rule: "R3", report: labour, partner: []string{"nla"}},
		"R3 by the officer":            {rule: "R3", facts: []string{"forms", "labour"}, partner: []string{"nla"}},
		"R4 wants to seek help":        {rule: "R4", report: labour, facts: []string{"facts", "own_help"}, partner: []string{"fairwork"}},
		"R4 sector":                    {rule: "R4", report: labour, facts: []string{"more", "sector"}, partner: []string{"sector"}},
		"R5 asked in the intake":       {rule: "R5", report: victim("labour", "23_plus", "wonen", "Ja"), partner: []string{"integral_check"}, gate: true},
		"R5 lives at work":             {rule: "R5", report: said{"travel": "lives_at_work"}, words: "Kijken wie er staat ingeschreven"},
		"R6 a corporation's house":     {rule: "R6", facts: []string{"facts", "housing_corp"}, partner: []string{"housing_corp"}},
		"R7 minor":                     {rule: "R7", report: victim("sexual", "minor"), partner: []string{"pretty_woman"}},
		"R7 minor, AVIM":               {rule: "R7", report: victim("sexual", "minor"), partner: []string{"avim"}, gate: true},
		"R7 minor, by the officer":     {rule: "R7", report: victim("sexual", "23_plus"), facts: []string{"ages", "minor"}, partner: []string{"pretty_woman"}},
		"R8 young":                     {rule: "R8", report: victim("sexual", "18_22"), partner: []string{"belle", "pretty_woman"}},
		"R8 young, AVIM":               {rule: "R8", report: victim("sexual", "18_22"), partner: []string{"avim"}, gate: true},
		"R9 grown":                     {rule: "R9", report: victim("sexual", "23_plus"), partner: []string{"belle"}},
		"R9 illegal prostitution":      {rule: "R9", report: victim("prostitution", "23_plus"), partner: []string{"belle"}},
		"R10 age unknown":              {rule: "R10", report: victim("sexual", "unknown"), partner: []string{"belle", "pretty_woman"}},
		"R10 nobody named":             {rule: "R10", report: said{"form": "sexual"}, partner: []string{"belle", "pretty_woman"}},
		"R11 massage":                  {rule: "R11", report: said{"branch": "massage"}, words: "Bibob-toets bekijken"},
		"R11 permit":                   {rule: "R11", facts: []string{"more", "permit"}, words: "Bibob-toets bekijken"},
		"R11 hotel, attention":         {rule: "R11", report: said{"branch": "hotel"}, words: "Hotels en vakantieparken"},
		"R12 criminal":                 {rule: "R12", report: victim("criminal", "23_plus"), partner: []string{"police_copen"}, gate: true},
		"R12 criminal, AVIM":           {rule: "R12", report: victim("criminal", "23_plus"), partner: []string{"avim"}, gate: true},
		"R13 youth":                    {rule: "R13", report: victim("criminal", "18_22"), words: "Inbrengen bij de aanpak jeugd", gate: true},
		"R13 local team":               {rule: "R13", facts: []string{"facts", "local_team"}, partner: []string{"woerden_wijzer"}},
		"R13 school":                   {rule: "R13", facts: []string{"facts", "school"}, partner: []string{"school_youth"}},
		"R14 a victim":                 {rule: "R14", report: labour, partner: []string{"veilig_thuis"}},
		"R14 a suspect":                {rule: "R14", report: said{"capacity": "suspect", "name": "Wulp"}, partner: []string{"veilig_thuis"}},
		"R14 in sight after all":       {rule: "R14", facts: []string{"facts", "sighted"}, partner: []string{"veilig_thuis"}},
		"R15 unknown form":             {rule: "R15", report: said{"form": "unknown"}, partner: []string{"riec"}, gate: true},
		"R15 soft, of any form":        {rule: "R15", report: labour, facts: []string{"more", "soft"}, partner: []string{"riec"}, gate: true},
		"R16 network":                  {rule: "R16", report: labour, facts: []string{"more", "network"}, partner: []string{"riec"}, gate: true},
		"R16 network, RTO":             {rule: "R16", report: labour, facts: []string{"more", "network"}, partner: []string{"rto"}, gate: true},
		"R17 complex":                  {rule: "R17", facts: []string{"more", "complex"}, partner: []string{"zvh"}, gate: true},
		"R18 shelter, through Moviera": {rule: "R18", facts: []string{"facts", "shelter"}, partner: []string{"comensha"}},
		"R19 smuggling only":           {rule: "R19", facts: []string{"more", "smuggling"}, partner: []string{"avim"}, gate: true},
	}
}

// Each rule R1 to R19 is reached from a real intake and the officer's acts on
// screen: the window of the case proposes its partner, with the policy's own
// sentence, the number of the rule, and the gate that is shut. Where the rule
// does not apply it is not there.
func TestCaseRulesAreProposed(t *testing.T) {
	t.Parallel()
	done := map[string]bool{}
	for name, x := range reaches() {
		done[x.rule] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openBureau(t)
			c := b.clerk("aandachtsfunctionaris-1")
			c.takes(b.report("medewerker-1", x.report))
			if len(x.facts) > 0 {
				if got := c.proposal(x); x.without() && got != nil {
					t.Errorf("it is proposed before the officer said so: %s", got.Label)
				}
				c.task("facts", x.facts...)
			}
			if x.acute {
				if c.proposal(x) != nil {
					t.Error("AVIM is proposed by R2 without an officer's act")
				}
				c.task("acute", "why", "Ze wordt vanavond verkocht.")
			}
			got := c.proposal(x)
			if got == nil {
				t.Fatalf("%s is not proposed, but: %v", x.rule, c.proposals())
			}
			if shut := strings.Contains(got.Value.Reveal(), "Eerst: kan een vertrouwenspersoon helpen?"); shut != x.gate {
				t.Errorf("the gate is shut: %v, want %v: %s", shut, x.gate, got.Value.Reveal())
			}
			if x.gate {
				c.confidant()
				if got = c.proposal(x); got == nil || strings.Contains(got.Value.Reveal(), "Eerst:") {
					t.Errorf("after the vertrouwenspersoon it reads %v", c.proposals())
				}
			}
		})
	}
	for _, r := range handling.Rules() {
		if len(r.Offers) > 0 && !done[string(r.ID)] {
			t.Errorf("%s is not reached by a row", r.ID)
		}
	}
}

// without reports whether the officer's facts alone make the proposal.
func (x reached) without() bool { return !slices.Contains(x.facts, "ages") }

// proposal is the one that a row is about, with its rule's words; nil when it
// is not there.
func (c *clerk) proposal(x reached) *adapters.Fact {
	c.b.t.Helper()
	label := x.words
	if label == "" {
		var names []string
		for _, p := range x.partner {
			names = append(names, c.b.name(p))
		}
		label = strings.Join(names, " of ")
	}
	var rule handling.Rule
	for _, r := range handling.Rules() {
		if string(r.ID) == x.rule {
			rule = r
		}
	}
	for _, f := range append(c.part("Wat nog moet"), c.part("Voorstel")...) {
		says := f.Value.Reveal()
		// A rule that is derived from a passage has no sentence (R19).
		by := rule.Policy == "" && strings.Contains(says, "mensensmokkel") || rule.Policy != "" && strings.Contains(says, "‘"+rule.Policy+"’ ("+x.rule+", ")
		// What must be done is owed, under its rule; the rest is proposed.
		if by && (strings.HasPrefix(f.Label, label) || f.Label == x.rule && (x.rule == "R1" || strings.Contains(says, label))) {
			return &f
		}
	}
	return nil
}

func (c *clerk) proposals() []string {
	var out []string
	for _, f := range append(c.part("Wat nog moet"), c.part("Voorstel")...) {
		out = append(out, f.Label+": "+f.Value.Reveal())
	}
	return out
}
