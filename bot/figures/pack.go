package figures

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/meldroute/meldroute/config"
)

// version is that of Pack's JSON.
const version = 1

// medianFrom is the least count beside which a median stands (C8).
const medianFrom = 10

// caseHoursStep is what the hours on cases are rounded down to.
const caseHoursStep = 5

// Pack is what a municipality shows of a window: masked, and kept as shown.
type Pack struct {
	Version        int      `json:"version"`
	Municipalities []string `json:"municipalities"` // more than one: joined
	Window         Window   `json:"window"`
	Made           string   `json:"made"` // 2026-07-01
	Step           int      `json:"step"` // k
	Total          Band     `json:"total"`
	Advice         Band     `json:"advice"` // alleen advies, no signal
	Tables         []Table  `json:"tables"`
	Ranks          []Rank   `json:"ranks,omitempty"`
	Times          []Time   `json:"times,omitempty"`
	Hours          *Hours   `json:"hours,omitempty"`
	Police         []Police `json:"police,omitempty"`
	Beside         []Beside `json:"beside,omitempty"` // of a joined pack
	Sample         bool     `json:"sample,omitempty"` // its figures are invented
}

// Table is the counts of one dimension.
type Table struct {
	ID    string `json:"id"`
	Multi bool   `json:"multi,omitempty"`
	Rows  []Row  `json:"rows"`
}

// Row is one count of a table.
type Row struct {
	RowName
	Band
}

// Rank is what comes up most, the most first, of what is k or more. Rows of the
// same band stand in the order of the configuration.
type Rank struct {
	ID   string    `json:"id"`
	Rows []RowName `json:"rows"`
}

// Time is how long half of the signals took to a step, at most.
type Time struct {
	Step string `json:"step"`
	Span string `json:"span"` // a Span; "" when fewer than ten are shown
}

// Hours are those of the last year of the window, rounded down.
type Hours struct {
	Role   int `json:"role"`
	Budget int `json:"budget"`
	// Case is of cases, apart from the role; -1: not shown.
	Case int `json:"case"`
}

// Police is what was entered of the police's registrations, by half-year.
type Police struct {
	Half          Half `json:"half"`
	Registrations Band `json:"registrations"`
	Minors        Band `json:"minors"`
}

// Beside is a municipality's own total in a joined pack (rule 7).
type Beside struct {
	Municipality string `json:"municipality"`
	Total        Band   `json:"total"`
}

// Input is what figures are made from.
type Input struct {
	Municipality string
	Window       Window
	Made         config.Date
	Config       config.Figures
	Shape        []Dimension
	Tallies      map[Half]Tally
	Advice       map[Half]int
	Role         map[Half]int // minutes of the role, without cases
	RoleBudget   int          // hours a year, of all officers together
	Entered      Entered
	Older        []Pack // that were shown before
}

// Build makes a pack. The error is ErrStep.
func Build(in Input) (Pack, error) {
	k, all := in.Config.Step, sum(in.Window, in.Tallies)
	p := Pack{
		Version: version, Municipalities: []string{in.Municipality}, Window: in.Window, Made: in.Made.String(), Step: k,
		Advice: bandOf(in.advice(), k),
	}
	for _, d := range in.Shape {
		counts := make([]int, len(d.Rows))
		for i, r := range d.Rows {
			counts[i] = all.Cells[d.ID][r.ID].All
		}
		if d.Rank > 0 {
			p.Ranks = append(p.Ranks, rankOf(d, counts, k))
			continue
		}
		t := Table{ID: d.ID, Multi: d.Multi}
		for i, b := range mask(counts, k, d.Pairs) {
			t.Rows = append(t.Rows, Row{d.Rows[i], b})
		}
		p.Tables = append(p.Tables, t)
	}
	var err error
	if p.Total, err = totalBand(all.Signals, p, in); err != nil {
		return Pack{}, err
	}
	steps, _ := p.table(DimStep)
	for _, r := range steps.Rows {
		t := Time{Step: r.ID}
		if r.Lo >= medianFrom {
			t.Span = median(all.Times[r.ID])
		}
		p.Times = append(p.Times, t)
	}
	p.Hours = in.hours(p.Total)
	for _, h := range in.Entered.trend(in.Window.To) {
		e := in.Entered.Police[h]
		p.Police = append(p.Police, Police{h, bandOf(e.Registrations(), k), bandOf(e.Minors, k)})
	}
	return p, nil
}

func (in Input) advice() int {
	n := 0
	for _, h := range in.Window.Halves() {
		n += in.Advice[h]
	}
	return n
}

// lastYear is the part of a window that hours are shown of: the budget is a
// year's, and the roster of the officers is not kept much longer.
func (w Window) lastYear() Window { return Window{From: max(w.From, w.To-1), To: w.To} }

// hours counts the role and the cases apart (DECISIONS C). Those of cases say
// that there were cases: they stand only beside a shown total.
func (in Input) hours(total Band) *Hours {
	year := in.Window.lastYear()
	h := &Hours{Budget: in.RoleBudget * len(year.Halves()) / 2, Case: -1}
	role, cases := 0, 0
	for _, x := range year.Halves() {
		role += in.Role[x]
		cases += in.Tallies[x].Minutes
	}
	h.Role = role / 60
	if !total.Small() {
		h.Case = cases / 60 / caseHoursStep * caseHoursStep
	}
	return h
}

func rankOf(d Dimension, counts []int, k int) Rank {
	type placed struct {
		RowName
		lo int
	}
	var all []placed
	for i, r := range d.Rows {
		if b := bandOf(counts[i], k); !b.Small() {
			all = append(all, placed{r, b.Lo})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(b.lo, a.lo) })
	out := Rank{ID: d.ID, Rows: []RowName{}}
	for _, r := range all[:min(d.Rank, len(all))] {
		out.Rows = append(out.Rows, r.RowName)
	}
	return out
}

func (p Pack) table(id string) (Table, bool) {
	for _, t := range p.Tables {
		if t.ID == id {
			return t, true
		}
	}
	return Table{ID: id}, false
}

func (p Pack) rank(id string) Rank {
	for _, r := range p.Ranks {
		if r.ID == id {
			return r
		}
	}
	return Rank{ID: id}
}

func (t Table) row(id string) (Band, bool) {
	for _, r := range t.Rows {
		if r.ID == id {
			return r.Band, true
		}
	}
	return hidden(), false
}

func (r Rank) has(id string) bool {
	return slices.ContainsFunc(r.Rows, func(x RowName) bool { return x.ID == id })
}

// Row returns what is shown of a row; hidden when there is no such row.
func (p Pack) Row(table, row string) Band {
	t, _ := p.table(table)
	b, _ := t.row(row)
	return b
}

// maxPack is the largest pack that ReadPack takes, in bytes.
const maxPack = 4 << 20

// errPack says that something is no pack of this version.
var errPack = errors.New("figures: not a pack")

// ReadPack reads a pack's JSON, of another municipality perhaps: it is refused
// unless every number in it is one that a pack shows.
func ReadPack(r io.Reader) (Pack, error) {
	var p Pack
	b, err := io.ReadAll(io.LimitReader(r, maxPack+1))
	if err != nil {
		return Pack{}, err
	}
	if len(b) > maxPack || json.Unmarshal(b, &p) != nil || p.Version != version || !p.masked() {
		return Pack{}, errPack
	}
	return p, nil
}

// masked reports whether p can be a pack.
func (p Pack) masked() bool {
	ok := p.Step >= 5 && len(p.Municipalities) > 0 && p.Window.From > 0 && p.Window.From <= p.Window.To
	bands := []Band{p.Total, p.Advice}
	for _, t := range p.Tables {
		for _, r := range t.Rows {
			bands = append(bands, r.Band)
		}
	}
	for _, b := range bands {
		ok = ok && b.Lo >= 0 && b.Lo%p.Step == 0 && (b.Open || b.Hi <= MaxCount && b.Hi >= b.Lo+p.Step-1)
	}
	for _, m := range p.Municipalities {
		ok = ok && m != "" && utf8.RuneCountInString(m) <= config.MaxChoice
	}
	return ok
}
