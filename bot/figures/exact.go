package figures

import "strings"

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
	return e
}

// Text writes the table for a screen, with the little markup of adapters. Rows
// with nothing in them are left out.
func (e Exact) Text(v View) string {
	var b strings.Builder
	line := func(id string, args ...any) { b.WriteString(v.say(id, args...) + "\n") }
	line("figures.exact.title", "When", v.when(e.Window))
	b.WriteString("\n")
	line("figures.exact.signals", "Count", e.Signals, "Reported", e.Reported, "Late", e.Late, "Advice", e.Advice)
	line("figures.exact.hours", "Role", e.Role, "Budget", e.Budget, "Case", e.Case)
	if e.Rises {
		line("figures.exact.rises")
	}
	for _, t := range e.Tables {
		head := "\n**" + v.say("figures.t."+t.ID) + "**\n"
		for _, r := range t.Rows {
			if r.All == 0 {
				continue
			}
			b.WriteString(head)
			head = ""
			id := "figures.exact.row"
			if t.ID == DimStep || t.ID == DimFeedback || t.ID == DimKind || t.ID == DimReported {
				id = "figures.exact.count" // these were handed over, or say it already
			}
			b.WriteString("- ")
			line(id, "Name", r.Label.In(v.Lang), "Count", r.All, "Reported", r.Reported)
		}
	}
	for i, t := range e.Times {
		if t.Span == "" {
			continue
		}
		if i == 0 {
			b.WriteString("\n**" + v.say("figures.t.times") + "**\n")
		}
		b.WriteString("- ")
		line("figures.exact.time", "Name", v.say("figures.row."+DimStep+"."+t.Step), "Span", v.say("figures.span."+t.Span))
	}
	return strings.TrimSpace(b.String())
}
