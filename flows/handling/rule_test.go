package handling_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
)

func form(ids string) given { return given{"form": {row("form", ids)}} }

func aged(forms string, ages ...string) given {
	g := form(forms)
	for _, age := range ages {
		g["persons"] = append(g["persons"], row("capacity", "victim", "name", "Test", "looks", "lang", "age", age))
	}
	return g
}

// rules are R1 to R23, each reached from what a reporter filed and what
// officers did.
var rules = map[handling.RuleID]func(*testing.T){
	"R1": func(t *testing.T) {
		d := open(t, nil)
		if p := d.proposed("R1", handling.Care); !p.Must || p.Done {
			t.Error("R1 is not owed")
		}
		d.owed(true, "care")
		d.refused(handling.Departure{Stamp: anne, Key: "handover:moviera", Why: why}, "care")
		d.do(lookedUp(), handling.Help{Stamp: anne, Answer: handling.NoVictim}, handling.Message{Stamp: anne, Template: "fb.closed.toolittle"})
		for _, reason := range handling.ClosingReasons() {
			a := handling.Close{Stamp: anne, Reason: reason, Why: why}
			if reason == handling.NotTrafficking { // the only exception, with a reason
				if err := handling.May(a, d.facts, d.record); err != nil {
					t.Error(err)
				}
				a.Why = private.Text{}
				d.refused(a, "why")
				continue
			}
			if x := d.refusal(a, "owed"); len(x.Owed) != 1 || x.Owed[0].Key != "care" || x.Rule != "R1" {
				t.Errorf("%s: still owed %v", reason, x.Owed)
			}
		}
		d.do(give(handling.Care))
		d.owed(false, "care")
		if h := d.record.Handovers[0]; !h.Bare {
			t.Error("without consent the notification is not bare")
		}
		d.know(handling.Consent)
		d.do(give(handling.Care))
		if h := d.record.Handovers[1]; h.Bare || !h.Consent {
			t.Error("with consent the notification is bare")
		}
		d.know(handling.NoPerson)
		d.do(give(handling.Care))
		if h := d.record.Handovers[2]; !h.Bare {
			t.Error("without a person the notification is not bare")
		}
	},
	"R2": func(t *testing.T) {
		// A reporter's danger alarms people and does no more.
		d := open(t, given{"acute": {row("where", "Station", "what", "Nu")}, "urgency": {row("urgency", "acute")}})
		d.notProposed("R2", handling.AVIM)
		d.refused(give(handling.AVIM), "confidant")
		d.do(handling.Acute{Stamp: anne, Why: why})
		if p := d.proposed("R2", handling.AVIM); !p.Must || len(p.After) > 0 {
			t.Error("R2 is not owed now")
		}
		d.owed(true, "proposal.avim", "confidant")
		d.do(give(handling.AVIM))
		d.owed(false, "proposal.avim")
		d.owed(true, "confidant") // owed afterwards
		d.do(weighed())
		d.owed(false, "confidant")
	},
	"R3": func(t *testing.T) {
		d := open(t, form("labour"))
		if p := d.proposed("R3", handling.NLA); !p.Must || len(p.After) > 0 {
			t.Error("R3 is not owed now")
		}
		d.owed(true, "proposal.nla")
		d.do(handling.Departure{Stamp: anne, Key: "handover:nla", Why: why})
		d.owed(false, "proposal.nla")
		open(t, form("sexual")).notProposed("R3", handling.NLA)
	},
	"R4": func(t *testing.T) {
		d := open(t, form("labour"))
		d.notProposed("R4", handling.FairWork, handling.Sector)
		d.know(handling.OwnHelp, handling.SectorHelp)
		d.proposed("R4", handling.FairWork, handling.Sector)
		d.do(handling.SetFacts{Stamp: anne, Facts: []handling.Fact{handling.OwnHelp, handling.SectorHelp}, Forms: []string{"sexual"}})
		d.notProposed("R4", handling.FairWork, handling.Sector)
	},
	"R5": func(t *testing.T) {
		g := form("labour")
		g["housing"] = []flows.Row{row("housing", "yes")}
		for _, g := range []given{g, {"signs": {row("travel", "lives_at_work")}}} {
			d := open(t, g)
			if p := d.proposed("R5", handling.IntegralCheck); !slices.Equal(p.After, []handling.Gate{handling.ConfidantGate}) {
				t.Error("R5 is not after R20")
			}
			d.proposed("R5", handling.AddressRule)
			d.refused(give(handling.IntegralCheck), "confidant")
			d.do(weighed())
			a := give(handling.IntegralCheck)
			a.Sleep = private.Text{}
			d.refused(a, "sleep")
			d.do(give(handling.IntegralCheck), handling.Check{Stamp: anne, Kind: handling.AddressRule, Date: today})
			if !d.proposed("R5", handling.AddressRule).Done {
				t.Error("the address was looked at")
			}
		}
		open(t, form("labour")).notProposed("R5", handling.IntegralCheck)
	},
	"R6": func(t *testing.T) {
		d := open(t, form("criminal"))
		d.notProposed("R6", handling.HousingCorp)
		d.know(handling.HousingAssociation)
		d.proposed("R6", handling.HousingCorp)
	},
	"R7": func(t *testing.T) {
		d := open(t, aged("sexual", "minor"))
		if d.proposed("R7", handling.PrettyWoman).Choice {
			t.Error("R7 is no choice")
		}
		investigated(t, d, "R7")
		d.notProposed("R7", handling.Belle)
		d.notProposed("R8", handling.Belle)
		open(t, aged("labour", "minor")).notProposed("R7", handling.PrettyWoman)
	},
	"R8": func(t *testing.T) {
		d := open(t, aged("prostitution", "18_22"))
		if !d.proposed("R8", handling.Belle, handling.PrettyWoman).Choice {
			t.Error("R8 is a choice")
		}
		a := give(handling.Belle)
		a.Why = private.Text{}
		d.refused(a, "why")
		d.do(give(handling.Belle))
		if !d.proposed("R8", handling.PrettyWoman).Done {
			t.Error("one of the two is enough")
		}
		investigated(t, d, "R8")
	},
	"R9": func(t *testing.T) {
		d := open(t, aged("sexual", "23_plus"))
		d.proposed("R9", handling.Belle)
		investigated(t, d, "R9")
		d.notProposed("R7", handling.PrettyWoman)
		d.notProposed("R8", handling.PrettyWoman)
		d.notProposed("R10", handling.PrettyWoman)
		d = open(t, aged("sexual", "23_plus", "minor")) // ages unite
		d.proposed("R9", handling.Belle)
		d.proposed("R7", handling.PrettyWoman)
	},
	"R10": func(t *testing.T) {
		d := open(t, form("sexual"))
		if !d.proposed("R10", handling.Belle, handling.PrettyWoman).Choice {
			t.Error("R10 is a choice")
		}
		investigated(t, d, "R10")
		d.do(handling.SetFacts{Stamp: anne, Ages: []string{"minor"}}) // the officer decides
		d.notProposed("R10", handling.Belle)
		d.proposed("R7", handling.PrettyWoman)
	},
	"R11": func(t *testing.T) {
		for branch, want := range map[string]string{"massage": handling.Permits, "beauty": handling.Permits, "sex_business": handling.Permits,
			"hotel": handling.Hotels, "holiday_park": handling.Hotels} {
			g := form("sexual")
			g["things"] = []flows.Row{row("branch", branch)}
			d := open(t, g)
			d.proposed("R11", want)
			if want == handling.Hotels {
				d.notProposed("R11", handling.Permits) // an attention point, not Bibob
			}
		}
		d := open(t, nil)
		d.know(handling.Permit)
		d.proposed("R11", handling.Permits)
	},
	"R12": func(t *testing.T) {
		d := open(t, form("criminal"))
		d.proposed("R12", handling.PoliceCopen)
		investigated(t, d, "R12")
		d.owed(true, "suspect")
		d.refused(handling.SetFacts{Stamp: anne, Facts: []handling.Fact{handling.SuspectVictim, handling.SuspectOnly}}, "choose")
		d.know(handling.SuspectVictim)
		d.owed(false, "suspect")
	},
	"R13": func(t *testing.T) {
		open(t, aged("criminal", "23_plus")).notProposed("R13", handling.YouthAction)
		for _, age := range []string{"minor", "18_22", flows.Unknown} {
			open(t, aged("criminal", age)).proposed("R13", handling.YouthAction)
		}
		p := params()
		p.YouthBelow = 18 // the limit is configuration
		for _, x := range handling.Propose(handling.FactsOf(reported(t, aged("criminal", "18_22")), p), handling.Record{}) {
			if slices.Contains(x.Partners, handling.YouthAction) {
				t.Error("18 to 22 is under 18")
			}
		}
		d := open(t, form("other"))
		d.know(handling.LocalTeam, handling.School)
		d.proposed("R13", handling.WoerdenWijzer, handling.SchoolYouth)
		// A suspect of a crime may be a victim, an employer is none.
		g := form("criminal")
		g["persons"] = []flows.Row{row("capacity", "suspect", "age", "minor"), row("capacity", "employer", "age", "23_plus")}
		d = open(t, g)
		d.proposed("R13", handling.YouthAction)
		g["persons"] = []flows.Row{row("capacity", "victim", "age", "23_plus"), row("capacity", "suspect", "age", "18_22")}
		open(t, g).proposed("R13", handling.YouthAction)
		g["form"] = []flows.Row{row("form", "sexual")}
		d = open(t, g)
		d.notProposed("R8", handling.Belle)
		d.do(handling.SetFacts{Stamp: anne, Forms: []string{"sexual", "criminal"}})
		d.proposed("R8", handling.Belle)
	},
	"R14": func(t *testing.T) {
		d := open(t, aged("labour", "23_plus"))
		if p := d.proposed("R14", handling.VeiligThuis); p.Kind != handling.Question || p.Must {
			t.Error("R14 is a question")
		}
		d = open(t, form("labour"))
		d.notProposed("R14", handling.VeiligThuis)
		d.know(handling.Sighted)
		d.proposed("R14", handling.VeiligThuis)
	},
	"R15": func(t *testing.T) {
		for _, f := range []string{"other", flows.Unknown} {
			if p := open(t, form(f)).proposed("R15", handling.RIEC); p.Kind != handling.Question || len(p.After) != 1 {
				t.Error("R15 is a question after R20")
			}
		}
		d := open(t, form("labour"))
		d.notProposed("R15", handling.RIEC)
		d.know(handling.Soft)
		d.proposed("R15", handling.RIEC)
	},
	"R16": func(t *testing.T) {
		d := open(t, nil)
		d.notProposed("R16", handling.RIEC, handling.RTO)
		d.know(handling.Network)
		d.proposed("R16", handling.RIEC, handling.RTO)
	},
	"R17": func(t *testing.T) {
		d := open(t, nil)
		d.notProposed("R17", handling.ZVH)
		d.know(handling.Complex)
		d.proposed("R17", handling.ZVH)
	},
	"R18": func(t *testing.T) {
		d := open(t, nil)
		d.know(handling.Shelter)
		if p := d.proposed("R18", handling.CoMensha); p.Kind != handling.Through || p.Via != handling.Care {
			t.Error("R18 is through the zorgcoördinator")
		}
		if x := d.refusal(give(handling.CoMensha), "via"); x.Partner != handling.Care {
			t.Error("it does not say through whom")
		}
	},
	"R19": func(t *testing.T) {
		d := open(t, nil)
		d.know(handling.OnlySmuggling)
		if p := d.proposed("R19", handling.AVIM); p.Kind != handling.Question {
			t.Error("R19 is a question")
		}
	},
	"R20": func(t *testing.T) {
		for _, opening := range []handling.Act{weighed(), handling.Acute{Stamp: anne, Why: why}} {
			d := open(t, nil)
			d.know(handling.Network, handling.Complex)
			table := handling.Table{Stamp: anne, Kind: handling.Local, Date: today, Traceable: true, Why: why}
			var police []string
			for _, p := range partners() {
				if p.Police && p.Code != handling.OM {
					police = append(police, p.Code)
				}
			}
			if len(police) != 6 {
				t.Fatalf("police read %v", police)
			}
			for _, p := range police {
				d.refused(give(p), "confidant")
				if _, err := handling.Package(p, d.facts, d.record); err == nil {
					t.Errorf("a package for %s before the gate", p)
				}
			}
			d.refused(table, "confidant")
			table.Traceable = false
			d.do(table) // without traceable data it may be discussed
			d.do(opening)
			table.Traceable = true
			d.do(table)
			for _, p := range police {
				d.do(give(p))
				if _, err := handling.Package(p, d.facts, d.record); err != nil {
					t.Error(err)
				}
			}
		}
	},
	"R21": func(t *testing.T) {
		d := open(t, nil)
		a := give(handling.Care)
		a.Feedback = a.Feedback.AddDate(-1, 0, 0)
		d.refused(a, "later")
		a.Feedback = handling.HandOver{}.Feedback
		d.do(a)
		d.owed(true, "ask.0")
		d.do(handling.Ask{Stamp: anne, Handover: 0, By: later})
		d.owed(false, "ask.0")
		d.owed(true, "await.0")
		d.refused(handling.Answer{Stamp: anne, Handover: 0, Kind: handling.Silent}, "why") // never closed by itself
		d.do(handling.Answer{Stamp: anne, Handover: 0, Kind: handling.MayNotSay})
		d.owed(false, "await.0")
		d.do(handling.Ask{Stamp: anne, Handover: 0, By: later})
		d.owed(true, "await.0")
	},
	"R22": func(t *testing.T) {
		d := open(t, nil)
		d.do(handling.Message{Stamp: anne, Template: "fb.enriching"})
		d.owed(true, "reporter")
		d.do(handling.Message{Stamp: anne, Template: "fb.closed.privacy"})
		d.owed(false, "reporter")
		d.do(handling.Reaction{Stamp: by(handling.Reporter), Kind: handling.Disagrees})
		d.owed(true, "answer")
		d.do(handling.Reaction{Stamp: by(handling.Reporter), Kind: handling.Clear})
		d.owed(true, "answer") // a later word does not answer it
		d.do(handling.Message{Stamp: anne, Template: "fb.waiting"})
		d.owed(false, "answer")
	},
	"R23": func(t *testing.T) {
		d := open(t, nil)
		all := []string{"lookup.person", "lookup.organisation", "lookup.address"}
		d.owed(true, all...)
		a := lookedUp()
		a.Items = a.Items[:1]
		a.Items[0].Result = handling.Impossible
		d.do(a)
		d.owed(false, all[0])
		d.owed(true, all[1:]...)
		d.do(lookedUp())
		d.owed(false, all...)
	},
}

// investigated fails unless the rule also proposes AVIM after R20, and the OM
// through AVIM only.
func investigated(t *testing.T, d *desk, rule handling.RuleID) {
	t.Helper()
	if p := d.proposed(rule, handling.AVIM); !slices.Equal(p.After, []handling.Gate{handling.ConfidantGate}) || p.Must {
		t.Errorf("%s: AVIM is not a proposal after R20", rule)
	}
	if p := d.proposed(rule, handling.OM); p.Kind != handling.Through || p.Via != handling.AVIM {
		t.Errorf("%s: the OM is reported to directly", rule)
	}
	d.refused(give(handling.OM), "via")
}

// Each rule of the table is reached from a report and acts of officers, and
// there is no rule beside R1 to R23.
func TestEachRule(t *testing.T) {
	t.Parallel()
	table := handling.Rules()
	if len(table) != 23 || len(rules) != 23 {
		t.Fatalf("%d rules, %d tests", len(table), len(rules))
	}
	for i, r := range table {
		if want := handling.RuleID(fmt.Sprintf("R%d", i+1)); r.ID != want {
			t.Errorf("rule %d is %s", i+1, r.ID)
		}
		if r.Source == "" || (r.Policy == "" && r.ID != "R19") {
			t.Errorf("%s has no sentence of the policy", r.ID)
		}
		t.Run(string(r.ID), func(t *testing.T) { t.Parallel(); rules[r.ID](t) })
	}
}

// Every partner of the configuration is proposed by some rule that a report and
// the officer's facts reach.
func TestEveryPartnerIsReached(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range []string{"sexual", "labour", "criminal", "other"} {
		g := aged(f, "minor", "18_22", "23_plus", flows.Unknown)
		g["signs"] = []flows.Row{row("travel", "lives_at_work")}
		d := open(t, g)
		facts := slices.DeleteFunc(handling.AllFacts(), func(x handling.Fact) bool { return x == handling.SuspectOnly || x == handling.NoPerson })
		d.know(facts...)
		for _, p := range handling.Propose(d.facts, d.record) {
			for _, code := range p.Partners {
				seen[code] = true
			}
		}
	}
	for _, p := range partners() {
		if !seen[p.Code] {
			t.Errorf("nothing proposes %s", p.Code)
		}
	}
}

// Police sit at the aanpak jeugd: R20 guards bringing a case there too.
func TestYouthActionWaitsForTheConfidant(t *testing.T) {
	t.Parallel()
	d := open(t, aged("criminal", "minor"))
	youth := handling.Check{Stamp: anne, Kind: handling.YouthAction, Date: "2026-11-24"}
	d.refused(youth, "confidant")
	d.do(handling.Confidant{Stamp: anne, Answer: handling.NotPossible, Why: why})
	d.do(youth)
}
