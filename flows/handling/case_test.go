package handling_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/flows/intake"
)

// partners are the codes of config/woerden.yaml, with who of them is police.
func partners() []handling.Partner {
	var out []handling.Partner
	for _, x := range strings.Fields("moviera avim! police_copen! nla om! riec! rto! veilig_thuis pretty_woman belle woerden_wijzer " +
		"school_youth integral_check! comensha fairwork housing_corp zvh! sector") {
		code, police := strings.CutSuffix(x, "!")
		out = append(out, handling.Partner{Code: code, Police: police, Names: names[code]})
	}
	return out
}

var names = map[string][]string{
	"moviera": {"Zorgcoördinator mensenhandel (Moviera)", "088-374 47 44"},
	"avim":    {"Politie, AVIM"},
	"nla":     {"Nederlandse Arbeidsinspectie", "0800-5151"},
	"belle":   {"Belle (18 jaar en ouder)"},
}

func params() handling.Params { return handling.DefaultParams(partners()) }

func choices(ids ...string) []intake.Choice {
	var out []intake.Choice
	for _, id := range ids {
		out = append(out, intake.Choice{ID: id, Label: flows.Text{NL: id, EN: id}})
	}
	return out
}

// questions is the report of Woerden, as to its ids.
func questions() flows.Flow {
	p := intake.Params{Departments: choices("boa"), Groups: choices("person", "travel"),
		Capacities: choices("victim", "suspect", "employer", "owner", "other"), Ages: choices("minor", "18_22", "23_plus"),
		Branches: choices("massage", "hotel", "holiday_park", "beauty", "sex_business", "agriculture")}
	for _, c := range choices("sexual", "labour", "criminal", "prostitution", "other") {
		p.Forms = append(p.Forms, intake.Form{Choice: c, Housing: c.ID == "labour"})
	}
	for _, c := range choices("threats", "psychosomatic") {
		p.Indicators = append(p.Indicators, intake.Indicator{Choice: c, Group: "person"})
	}
	for _, c := range choices("lives_at_work", "debts", "undocumented") {
		p.Indicators = append(p.Indicators, intake.Indicator{Choice: c, Group: "travel", Housing: c.ID == "lives_at_work"})
	}
	return intake.Build(p)
}

func row(pairs ...string) flows.Row {
	r := flows.Row{}
	for i := 0; i < len(pairs); i += 2 {
		r[pairs[i]] = private.List(strings.Split(pairs[i+1], ",")...)
	}
	return r
}

type given map[string][]flows.Row

// reported is what a reporter filed: given answers by step, and for the rest as
// little as the flow takes.
func reported(t testing.TB, answers given) flows.Report {
	t.Helper()
	f, left := questions(), given{}
	for step, rows := range answers {
		left[step] = rows
	}
	s := intake.Report(flows.State{})
	if left["acute"] != nil {
		s = intake.Danger(flows.State{})
	}
	least := map[string]flows.Row{"what": row("what", "Iets gezien", "when", "today", "seen", "self"), "form": row("form", flows.Unknown), "more": row("more", "no"),
		"housing": row("housing", flows.Unknown), "urgency": row("urgency", "normal"), "about": row("department", "boa", "involved", "no", "contact", "chat")}
	for range 40 {
		st := f.At(s)
		if st.ID == "review" {
			r, _ := intake.Read(&f, s)
			return r
		}
		r, ok := least[st.ID]
		if st.ID == "more" && len(left["persons"]) > 0 {
			r = row("more", "yes")
		}
		if rows := left[st.ID]; len(rows) > 0 {
			r, ok, left[st.ID] = rows[0], true, rows[1:]
		}
		if !ok {
			s, _, ok = f.Skip(s)
			if !ok {
				t.Fatalf("step %s needs an answer", st.ID)
			}
			continue
		}
		next, res, problems := f.Answer(s, r)
		if len(problems) > 0 {
			t.Fatalf("step %s: %v", st.ID, problems)
		}
		if s = next; res.End == flows.File {
			r, _ := intake.Read(&f, s)
			return r
		}
	}
	t.Fatal("the report does not end")
	return flows.Report{}
}

// Fixed days: nothing here reads a clock.
var (
	noon  = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	later = noon.AddDate(0, 0, 14)
)

const today = "2026-11-24"

func by(who string) handling.Stamp { return handling.Stamp{By: who, At: noon} }

var (
	anne = by("anne")
	bert = by("bert")
	why  = private.New("Omdat het zo is.")
)

// desk is a case as officers work on it.
type desk struct {
	t      testing.TB
	facts  handling.Facts
	record handling.Record
	acts   int
}

// open is a case from a report, taken by anne.
func open(t testing.TB, answers given) *desk {
	d := &desk{t: t, facts: handling.FactsOf(reported(t, answers), params())}
	d.do(handling.Take{Stamp: anne, To: "anne"})
	return d
}

func (d *desk) do(acts ...handling.Act) {
	d.t.Helper()
	for _, a := range acts {
		next, err := handling.Apply(d.record, a, d.facts)
		if err != nil {
			var x *handling.Refusal
			if errors.As(err, &x) {
				for _, o := range x.Owed {
					d.t.Logf("owed: %s", o.Key)
				}
			}
			d.t.Fatalf("%T: %v", a, err)
		}
		d.record, d.acts = next, d.acts+1
	}
}

// refused fails unless the act is refused for this reason.
func (d *desk) refused(a handling.Act, reason string) {
	d.t.Helper()
	_ = d.refusal(a, reason)
}

func (d *desk) refusal(a handling.Act, reason string) *handling.Refusal {
	d.t.Helper()
	_, err := handling.Apply(d.record, a, d.facts)
	var x *handling.Refusal
	if !errors.As(err, &x) {
		d.t.Fatalf("%T: got %v, want it refused for %s", a, err, reason)
	}
	if x.Text.ID != "handling.refuse."+reason {
		d.t.Fatalf("%T: refused for %s, want %s", a, x.Text.ID, reason)
	}
	return x
}

func (d *desk) know(facts ...handling.Fact) {
	d.t.Helper()
	d.do(handling.SetFacts{Stamp: anne, Facts: facts, Forms: d.record.Forms, Ages: d.record.Ages})
}

// proposal is the one for a partner or thing by a rule.
func (d *desk) proposal(rule handling.RuleID, what string) (handling.Proposal, bool) {
	for _, p := range handling.Propose(d.facts, d.record) {
		if slices.Contains(p.Rules, rule) && slices.Contains(p.Partners, what) {
			return p, true
		}
	}
	return handling.Proposal{}, false
}

func (d *desk) proposed(rule handling.RuleID, whats ...string) handling.Proposal {
	d.t.Helper()
	var last handling.Proposal
	for _, what := range whats {
		p, ok := d.proposal(rule, what)
		if !ok {
			d.t.Fatalf("%s does not propose %s", rule, what)
		}
		last = p
	}
	return last
}

func (d *desk) notProposed(rule handling.RuleID, whats ...string) {
	d.t.Helper()
	for _, what := range whats {
		if _, ok := d.proposal(rule, what); ok {
			d.t.Fatalf("%s proposes %s", rule, what)
		}
	}
}

func (d *desk) owes(key string) bool {
	return slices.ContainsFunc(handling.Owed(d.facts, d.record), func(x handling.Duty) bool { return x.Key == key })
}

func (d *desk) owed(want bool, keys ...string) {
	d.t.Helper()
	for _, key := range keys {
		if got := d.owes(key); got != want {
			d.t.Fatalf("owes %s: got %v, want %v", key, got, want)
		}
	}
}

func give(partner string) handling.HandOver {
	return handling.HandOver{Stamp: anne, Partner: partner, Way: handling.WayPhone, Contact: private.New("De balie"), Date: today,
		Ground: private.New("Wmo"), Why: why, Feedback: later, Sleep: private.New("Hotel")}
}

func lookedUp() handling.LookUps {
	a := handling.LookUps{Stamp: anne}
	for _, subject := range []string{handling.LookPerson, handling.LookOrganisation, handling.LookAddress} {
		a.Items = append(a.Items, handling.Lookup{Subject: subject, Result: handling.NotFound, Source: private.New("BRP"), Date: today})
	}
	return a
}

func weighed() handling.Confidant {
	return handling.Confidant{Stamp: anne, Answer: handling.NotPossible, Why: why}
}
