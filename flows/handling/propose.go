package handling

import (
	"slices"
	"strings"

	"github.com/meldroute/meldroute/flows"
)

// Proposal is what the rules propose; the officer decides. A partner is
// proposed once for each Kind, with all rules that do so.
type Proposal struct {
	// Key names it in a Departure.
	Key   string
	Rules []RuleID
	Kind  Kind
	// Partners are codes, or for Internal and Attention the thing to do.
	Partners []string
	Choice   bool   // one of Partners, with a reason
	Must     bool   // owed: done, or departed from with a reason
	Via      string // for Through: who brings it there
	// After are the gates that are still shut. None: it can be done now.
	After []Gate
	// Reason is why, in plain words; the policy's own stand in the Rule.
	Reason flows.Text
	Done   bool
	// Departed is whether the officer gave a reason not to follow it.
	Departed bool
}

// Propose returns what the rules propose for a case, in the order of the rules.
func Propose(f Facts, r Record) []Proposal {
	v := look(f, r)
	var out []Proposal
	for _, rule := range Rules() {
		for _, o := range rule.Offers {
			if !o.when(v) {
				continue
			}
			key := string(o.Kind) + ":" + strings.Join(o.Partners, "+")
			i := slices.IndexFunc(out, func(p Proposal) bool { return p.Key == key })
			if i < 0 {
				out = append(out, Proposal{Key: key, Kind: o.Kind, Partners: o.Partners, Choice: o.Choice, Via: o.Via,
					After: v.shut(o), Reason: flows.T(ruleLabel(rule.ID)), Done: v.done(o)})
				i = len(out) - 1
			}
			out[i].Rules = append(out[i].Rules, rule.ID)
			out[i].Must = out[i].Must || o.Must
		}
	}
	for i := range out {
		out[i].Departed = r.departed(out[i])
	}
	return out
}

func ruleLabel(id RuleID) string { return "handling.rule." + strings.ToLower(string(id)) }

// shut are the gates before an offer that are not open yet.
func (v view) shut(o Offer) []Gate {
	heard := slices.ContainsFunc(o.Partners, v.f.Params.Police)
	if o.Kind == Internal {
		heard = slices.Contains(o.Partners, YouthAction) // police sit at the aanpak jeugd
	}
	if o.Kind == Attention || v.r.Open() || !heard {
		return nil
	}
	return []Gate{ConfidantGate}
}

func (v view) done(o Offer) bool {
	switch o.Kind {
	case Internal:
		return slices.ContainsFunc(v.r.Checks, func(c Check) bool { return c.Kind == o.Partners[0] })
	case Through:
		return v.r.accepted(o.Via)
	case HandingOver, Question:
		// The zorgcoördinator was told, also when she does not take it on.
		return slices.ContainsFunc(o.Partners, v.r.accepted) || slices.Contains(o.Partners, Care) && v.r.standing(Care)
	case Attention: // nothing to record
	}
	return false
}

// departed reports whether the officer departed from every rule that proposes p.
func (r Record) departed(p Proposal) bool {
	return slices.ContainsFunc(r.Departures, func(d Departure) bool {
		return d.Key == p.Key && !slices.ContainsFunc(p.Rules, func(id RuleID) bool { return !slices.Contains(d.Rules, id) })
	})
}
