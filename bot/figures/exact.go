package figures

import (
	"strconv"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// Exact is the counts themselves: for the coördinator of the own municipality,
// on screen, journaled, never in a file (rule 8).
type Exact struct {
	Window   Window
	Signals  int
	Reported int
	Late     int // open for more than 30 days (C10)
	Advice   int
	Tables   []ExactTable
	Times    []Time // medians, whatever the count
	Role     int    // hours of the role in the last year
	Budget   int
	Case     int // hours on the cases of the window
	Rises    bool
	Trained  ExactTable // how many people, by team
}

// ExactTable is one dimension; rows with nothing in them stand there too.
type ExactTable struct {
	ID   string
	Rows []ExactRow
}

// ExactRow is how many signals, and how many of these led to a report.
type ExactRow struct {
	ID    string
	Label Label
	Count
}

// Count makes the exact table.
func (in Input) Count() Exact {
	all := sum(in.Window, in.Tallies)
	h := in.hours(Band{})
	e := Exact{
		Window: in.Window, Signals: all.Signals, Reported: all.Reported, Late: all.Late, Advice: in.advice(),
		Role: h.Role, Budget: h.Budget, Case: all.Minutes / 60,
		Rises: in.Entered.Rises(in.Window.To, in.Config.PoliceRise, in.Config.Step),
	}
	for _, d := range in.Shape {
		t := ExactTable{ID: d.ID}
		for _, r := range d.Rows {
			t.Rows = append(t.Rows, ExactRow{r.ID, r.Label, all.Cells[d.ID][r.ID]})
			if d.ID == DimStep {
				e.Times = append(e.Times, Time{Step: r.ID, Span: median(all.Times[r.ID])})
			}
		}
		e.Tables = append(e.Tables, t)
	}
	e.Trained.ID = DimTrained
	of := in.Entered.trained(in.Window)
	for _, d := range in.Shape {
		for _, r := range d.Rows {
			if d.ID == DimDepartment {
				e.Trained.Rows = append(e.Trained.Rows, ExactRow{r.ID, r.Label, Count{All: of[r.ID]}})
			}
		}
	}
	return e
}

// Facts are the table for a screen, and what stands above it. Rows with nothing
// in them are left out.
func (e Exact) Facts(v View) (intro string, out []adapters.Fact) {
	fact := func(label, value string, tone adapters.Tone) {
		out = append(out, adapters.Fact{Label: label, Value: private.New(value), Tone: tone})
	}
	count := func(id string, n int) { fact(v.say(id), strconv.Itoa(n), adapters.TonePlain) }
	if e.Rises {
		fact(v.say("figures.t.police"), v.say("figures.exact.rises"), adapters.ToneMain)
	}
	count("figures.csv.total", e.Signals)
	count("figures.tile.reported", e.Reported)
	count("figures.exact.late", e.Late)
	count("figures.csv.advice", e.Advice)
	fact(v.say("figures.exact.role"), v.say("figures.hours.of", "Count", e.Role, "Budget", e.Budget), adapters.TonePlain)
	fact(v.say("figures.csv.case"), v.say("figures.hours", "Count", e.Case), adapters.TonePlain)
	for _, t := range e.Tables {
		out = append(out, v.exact(t)...)
	}
	head := []adapters.Fact{{Label: v.say("figures.t.times")}}
	for _, t := range e.Times {
		if t.Span != "" {
			out, head = append(out, head...), nil
			fact(v.say("figures.row."+DimStep+"."+t.Step), v.say("figures.exact.time", "Span", v.say("figures.span."+t.Span)), adapters.TonePlain)
		}
	}
	out = append(out, v.exact(e.Trained)...)
	return v.say("figures.exact.title", "When", v.When(e.Window)), out
}

// exact is one table under its heading; nothing when nothing is in it.
func (v View) exact(t ExactTable) []adapters.Fact {
	var out []adapters.Fact
	for _, r := range t.Rows {
		if r.All == 0 {
			continue
		}
		if out == nil {
			out = append(out, adapters.Fact{Label: v.say("figures.t." + t.ID)})
		}
		value := v.say("figures.exact.row", "Count", r.All, "Reported", r.Reported)
		switch t.ID {
		case DimStep, DimFeedback, DimKind, DimReported, DimTrained: // these were handed over, or say it already
			value = strconv.Itoa(r.All)
		}
		out = append(out, adapters.Fact{Label: r.Label.In(v.Lang), Value: private.New(value)})
	}
	return out
}
