package figures

import (
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
)

// Dimension is a table of the figures: one at a time, never crossed (rule 4).
type Dimension struct {
	ID    string
	Multi bool // a signal may count for several rows
	Pairs bool // rule 3 holds: a single hidden row hides another
	Rank  int  // shown as the first so many, without counts; 0: a table
	Rows  []RowName
}

// RowName is a row of a table.
type RowName struct {
	ID    string `json:"id"`
	Label Label  `json:"label"`
}

// Shape is the tables of a municipality, in the order of the page.
func Shape(c config.Config, t *config.Texts) []Dimension {
	own := func(opts []config.Option) []RowName {
		out := make([]RowName, len(opts))
		for i, o := range opts {
			out[i] = RowName{o.ID, Label(o.Label)}
		}
		return out
	}
	said := func(dim string, ids ...string) []RowName {
		out := make([]RowName, len(ids))
		for i, id := range ids {
			text := "figures.row." + dim + "." + id
			out[i] = RowName{id, Label{NL: t.Say("nl", text, nil), EN: t.Say("en", text, nil)}}
		}
		return out
	}
	var forms, signs []RowName
	for _, f := range c.Forms {
		forms = append(forms, RowName{f.ID, Label(f.Label)})
	}
	for _, s := range c.Indicators {
		signs = append(signs, RowName{s.ID, Label{NL: s.Brief("nl"), EN: s.Brief("en")}})
	}
	return []Dimension{
		{ID: DimForm, Multi: true, Pairs: true, Rows: append(forms, said(DimForm, flows.Unknown)...)},
		{ID: DimSignGroup, Multi: true, Rank: len(c.IndicatorGroups), Rows: own(c.IndicatorGroups)},
		{ID: DimSign, Multi: true, Rank: 5, Rows: signs},
		{ID: DimDepartment, Pairs: true, Rows: own(c.Departments)},
		{ID: DimHousing, Rows: said(DimHousing, "yes")},
		{ID: DimReported, Rows: said(DimReported, "yes")},
		{ID: DimKind, Multi: true, Pairs: true, Rows: said(DimKind, KindCare, KindPolice, KindNLA, KindRIEC, KindVeiligThuis)},
		{ID: DimReason, Pairs: true, Rows: said(DimReason, handling.ClosingReasons()...)},
		{ID: DimHelp, Pairs: true, Rows: said(DimHelp, handling.Reached, handling.NotReached, handling.NoVictim)},
		{ID: DimAge, Multi: true, Pairs: true, Rows: append(own(c.AgeBands), said(DimAge, flows.Unknown)...)},
		{ID: DimGroup, Multi: true, Pairs: true, Rows: said(DimGroup, string(handling.GroupYouth), string(handling.GroupMigrants), string(handling.GroupOnline))},
		{ID: DimStep, Multi: true, Rows: said(DimStep, StepRead, StepDecided, StepFirstWord, StepLastWord)},
		{ID: DimFeedback, Multi: true, Rows: said(DimFeedback, "asked", "got", "told")},
	}
}

// GroupOf is the group of each indicator, for Of.
func GroupOf(c config.Config) map[string]string {
	out := map[string]string{}
	for _, s := range c.Indicators {
		out[s.ID] = s.Group
	}
	return out
}
