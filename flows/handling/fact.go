package handling

import (
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
)

// Fact is something that an officer found out and that a rule needs. The
// officer sets it on screen; no answer of a reporter does.
type Fact string

// The facts of the officer (DECISIONS B).
const (
	HousingAssociation Fact = "housing_corp"   // R6: a house of a woningcorporatie
	Network            Fact = "network"        // R16: a network, or more municipalities
	Shelter            Fact = "shelter"        // R18: shelter is needed
	Soft               Fact = "soft"           // R15: a soft signal
	Permit             Fact = "permit"         // R11: a permit or a branch of Bibob
	Complex            Fact = "complex"        // R17: care, punishment and municipality
	OnlySmuggling      Fact = "smuggling"      // R19
	OwnHelp            Fact = "own_help"       // R4: the victim wants to seek help alone
	SectorHelp         Fact = "sector"         // R4: a sector body can tell more
	NoPerson           Fact = "no_person"      // R1: nobody in the picture, an address only
	Consent            Fact = "consent"        // the victim agrees to being named to helpers
	Sighted            Fact = "sighted"        // R14: a victim or suspect is in the picture after all
	LocalTeam          Fact = "local_team"     // Woerden Wijzer can help
	School             Fact = "school"         // a school, sport, youth work or the GGD can help
	SuspectVictim      Fact = "suspect_victim" // R12: the "dader" may be a victim
	SuspectOnly        Fact = "suspect_only"   // R12: asked, and not
	GroupYouth         Fact = "group_youth"    // monitoring, chapter D
	GroupMigrants      Fact = "group_migrants"
	GroupOnline        Fact = "group_online"
)

// AllFacts are the facts in the order of the screen.
func AllFacts() []Fact {
	return []Fact{NoPerson, Consent, Sighted, SuspectVictim, SuspectOnly, OwnHelp, Shelter, LocalTeam, School, HousingAssociation,
		Permit, SectorHelp, Soft, Network, Complex, OnlySmuggling, GroupYouth, GroupMigrants, GroupOnline}
}

// Facts is what the rules look at in a report. What the officer found out
// stands in the Record and goes before it.
type Facts struct {
	Params Params
	// Forms the reporter chose; none: unknown.
	Forms []string
	// Ages, united, of everyone who may be a victim; unknown is among them
	// when somebody's age is, or when nobody was named.
	Ages      []string
	Housing   bool // somebody sleeps unsafely, or lives at the workplace (R5)
	Branch    string
	HasPerson bool // a victim or suspect is in the picture (R14)
	report    flows.Report
}

// Format writes private.Mask.
func (Facts) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, private.Mask) }

// LogValue returns private.Mask.
func (Facts) LogValue() slog.Value { return slog.StringValue(private.Mask) }

// FactsOf returns what the rules look at in a report. The reporter's urgency is
// not among it: it alarms people and does no more (R2).
func FactsOf(r flows.Report, p Params) Facts {
	f := Facts{Params: p, Forms: slices.Clone(r.Forms), Branch: r.Things.Branch, report: r,
		Housing: r.Housing == "yes" || overlap(r.Indicators, p.LivesAtWork)}
	for _, x := range r.Persons {
		f.HasPerson = f.HasPerson || slices.Contains(p.Suspect, x.Capacity) || slices.Contains(p.Victim, x.Capacity)
	}
	f.Ages = f.agesWith(f.Forms)
	return f
}

// agesWith are the ages of everyone who may be a victim when these are the
// forms: a suspect may be one where a form is criminal (R12).
func (f Facts) agesWith(forms []string) []string {
	var out []string
	for _, x := range f.report.Persons {
		suspect := slices.Contains(f.Params.Suspect, x.Capacity)
		if slices.Contains(f.Params.NotVictim, x.Capacity) || suspect && !overlap(forms, f.Params.Criminal) {
			continue
		}
		age := x.Age
		if age == "" {
			age = flows.Unknown
		}
		if !slices.Contains(out, age) {
			out = append(out, age)
		}
	}
	if len(out) == 0 {
		return []string{flows.Unknown}
	}
	return out
}

// view is the report and the record together, as the rules see them.
type view struct {
	f     Facts
	r     Record
	forms []string
	ages  []string
}

func look(f Facts, r Record) view {
	v := view{f: f, r: r, forms: f.Forms, ages: f.Ages}
	if len(r.Forms) > 0 {
		v.forms, v.ages = r.Forms, f.agesWith(r.Forms)
	}
	if len(r.Ages) > 0 {
		v.ages = r.Ages
	}
	return v
}

func (v view) fact(x Fact) bool { return slices.Contains(v.r.Facts, x) }
func (v view) sexual() bool     { return overlap(v.forms, v.f.Params.Sexual) }
func (v view) labour() bool     { return overlap(v.forms, v.f.Params.Labour) }
func (v view) criminal() bool   { return overlap(v.forms, v.f.Params.Criminal) }

// otherForm reports whether the form is unknown, or one that no rule knows.
func (v view) otherForm() bool {
	p := v.f.Params
	known := slices.Concat(p.Sexual, p.Labour, p.Criminal)
	return len(v.forms) == 0 || slices.ContainsFunc(v.forms, func(x string) bool { return !slices.Contains(known, x) })
}

// aged reports whether somebody may be from..below years old. An unknown band
// counts only with unknown.
func (v view) aged(from, below int, unknown bool) bool {
	for _, id := range v.ages {
		i := slices.IndexFunc(v.f.Params.Ages, func(a Age) bool { return a.ID == id })
		if i < 0 {
			if unknown {
				return true
			}
			continue
		}
		a := v.f.Params.Ages[i]
		if (a.Below == 0 || a.Below > from) && (below == 0 || a.From < below) {
			return true
		}
	}
	return false
}

// ageless reports whether somebody's age is unknown.
func (v view) ageless() bool {
	return slices.ContainsFunc(v.ages, func(id string) bool {
		return !slices.ContainsFunc(v.f.Params.Ages, func(a Age) bool { return a.ID == id })
	})
}

// bare reports whether the zorgcoördinator gets a bare notification (R1).
func (v view) bare() bool { return v.fact(NoPerson) || !v.fact(Consent) }

// Decided returns the forms and ages of a case: the officer's where he set
// them, else those of the report.
func (f Facts) Decided(r Record) (forms, ages []string) {
	v := look(f, r)
	return v.forms, v.ages
}
