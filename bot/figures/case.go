package figures

import (
	"fmt"
	"slices"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

// late is how long an open case is not yet late (C10).
const late = 30 * 24 * time.Hour

// The dimensions: a table each.
const (
	DimForm       = "form"       // C2
	DimSignGroup  = "signgroup"  // C3, ranked
	DimSign       = "sign"       // C3, ranked
	DimDepartment = "department" // C4
	DimReported   = "reported"   // C5: whether it led to a report
	DimKind       = "kind"       // C5: to what kinds of partner
	DimAge        = "age"        // C6
	DimGroup      = "group"      // the officer's groups (DECISIONS D)
	DimHousing    = "housing"    // C7
	DimStep       = "step"       // C8: how far it came
	DimFeedback   = "feedback"   // C9
	DimReason     = "reason"     // C11
	DimHelp       = "help"       // whether the victim reached help
	DimTrained    = "trained"    // people trained per team: no signals, in no pack
)

// The steps that take time (C8).
const (
	StepRead      = "read"      // T1
	StepDecided   = "decided"   // T3: the first hand-over
	StepFirstWord = "firstword" // T6: the first message to the reporter
	StepLastWord  = "lastword"  // T7: the message that says what came of it
)

// The kinds of partner (C5). Any other partner has no row: see the package.
const (
	KindCare        = "care"
	KindPolice      = "police"
	KindNLA         = "nla"
	KindRIEC        = "riec"
	KindVeiligThuis = "veilig_thuis"
)

// Case is what is counted of one signal. It holds choices, truths and lengths
// of time: no text, no reference, nobody.
type Case struct {
	Half Half // of receipt
	// Cells are what it counts for, by dimension.
	Cells map[string][]string
	Times map[string]time.Duration
	// Reported says that it led to a report: a partner has it.
	Reported bool
	Minutes  int // spent on the case
	Late     bool
}

// Of returns what is counted of a signal at a moment; ok is false for what
// never counts: exercises and what the reporter withdraws.
func Of(c store.Case, p handling.Params, groupOf map[string]string, now time.Time) (out Case, ok bool, err error) {
	if c.Drill || c.Status == store.Withdrawn {
		return Case{}, false, nil
	}
	var rec handling.Record
	if !c.Handling.Empty() {
		if err := private.Decode([]byte(c.Handling.Reveal()), &rec); err != nil {
			return Case{}, false, fmt.Errorf("figures: record of %s: %w", c.Ref, err)
		}
	}
	out = Case{Half: HalfOf(c.Received), Cells: map[string][]string{}, Times: map[string]time.Duration{}}
	out.seen(c.Report, handling.FactsOf(c.Report, p), rec, groupOf)
	out.handled(rec)
	if !c.Read.IsZero() {
		out.took(StepRead, c.Read.Sub(c.Received))
	}
	out.told(rec, c.Received)
	for _, h := range rec.Spent {
		out.Minutes += h.Minutes
	}
	for _, h := range rec.Handovers {
		if h.Standing() {
			out.took(StepDecided, h.Stamp.At.Sub(c.Received))
			break
		}
	}
	out.Late = !rec.Closed() && c.Closed.IsZero() && now.Sub(c.Received) > late
	return out, true, nil
}

func (c *Case) cell(dimension string, ids ...string) {
	for _, id := range ids {
		if id != "" && !slices.Contains(c.Cells[dimension], id) {
			c.Cells[dimension] = append(c.Cells[dimension], id)
		}
	}
}

func (c *Case) took(step string, d time.Duration) {
	c.Times[step] = max(d, 0)
	c.cell(DimStep, step)
}

// seen is what the signal is about. What nobody was asked or answered counts
// nowhere: an age that is unknown is an answer, nobody in the picture is not.
func (c *Case) seen(r flows.Report, f handling.Facts, rec handling.Record, groupOf map[string]string) {
	forms, ages := f.Decided(rec)
	c.cell(DimForm, forms...)
	if len(r.Persons) > 0 || len(rec.Ages) > 0 {
		c.cell(DimAge, ages...)
	}
	c.cell(DimSign, r.Indicators...)
	for _, id := range r.Indicators {
		c.cell(DimSignGroup, groupOf[id])
	}
	c.cell(DimDepartment, r.Department)
	if f.Housing {
		c.cell(DimHousing, "yes")
	}
	for _, x := range rec.Facts {
		switch x {
		case handling.GroupYouth, handling.GroupMigrants, handling.GroupOnline:
			c.cell(DimGroup, string(x))
		default:
		}
	}
}

// handled is what the officers did with it.
func (c *Case) handled(rec handling.Record) {
	for _, h := range rec.Handovers {
		if !h.Standing() {
			continue
		}
		c.Reported = true
		c.cell(DimReported, "yes")
		c.cell(DimKind, kindOf(h.HandOver.Partner))
		if len(h.Asked) > 0 || len(h.Answers) > 0 {
			c.cell(DimFeedback, "asked")
		}
		if slices.ContainsFunc(h.Answers, func(a handling.Answer) bool { return a.Kind != handling.Silent }) {
			c.cell(DimFeedback, "got")
		}
	}
	if rec.Closed() {
		c.cell(DimReason, rec.Closings[len(rec.Closings)-1].Reason)
	}
	if n := len(rec.Help); n > 0 {
		c.cell(DimHelp, rec.Help[n-1].Answer)
	}
}

// told is step 6.
func (c *Case) told(rec handling.Record, received time.Time) {
	final := map[string]bool{}
	for _, t := range handling.Templates() {
		final[t.ID] = t.Final
	}
	for i, m := range rec.Messages {
		if i == 0 {
			c.took(StepFirstWord, m.Stamp.At.Sub(received))
		}
		if final[m.Template] {
			c.took(StepLastWord, m.Stamp.At.Sub(received))
			c.cell(DimFeedback, "told")
		}
	}
}

// kindOf is the kind of a partner, "" for one that has no row.
func kindOf(code string) string {
	switch code {
	case handling.Care, handling.PrettyWoman, handling.Belle, handling.CoMensha, handling.FairWork, handling.WoerdenWijzer:
		return KindCare
	case handling.AVIM, handling.PoliceCopen:
		return KindPolice
	case handling.NLA:
		return KindNLA
	case handling.RIEC, handling.RTO:
		return KindRIEC
	case handling.VeiligThuis:
		return KindVeiligThuis
	}
	return ""
}
