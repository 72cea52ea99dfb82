package figures

import (
	"errors"
	"fmt"
	"slices"
)

// besideFrom is how many municipalities must show k or more before they stand
// beside one another (rule 7).
const besideFrom = 3

// The reasons why packs do not join.
var (
	ErrAlone  = errors.New("figures: nothing to join")
	ErrWindow = errors.New("figures: packs of different half-years")
	ErrTwice  = errors.New("figures: a municipality twice")
	ErrJoined = errors.New("figures: a pack that was joined already")
)

// Join adds the packs of municipalities: their bands, so that it says no more
// than they do (DECISIONS D). Ranks, medians and the police stay with each.
func Join(packs []Pack) (Pack, error) {
	if len(packs) < 2 {
		return Pack{}, ErrAlone
	}
	out := Pack{Version: version, Window: packs[0].Window, Step: packs[0].Step}
	enough := 0
	for _, p := range packs {
		switch {
		case len(p.Municipalities) != 1:
			return Pack{}, ErrJoined
		case p.Window != out.Window:
			return Pack{}, fmt.Errorf("%w: %s and %s", ErrWindow, out.Window, p.Window)
		case slices.Contains(out.Municipalities, p.Municipalities[0]):
			return Pack{}, fmt.Errorf("%w: %s", ErrTwice, p.Municipalities[0])
		}
		out.Municipalities = append(out.Municipalities, p.Municipalities[0])
		out.Beside = append(out.Beside, Beside{p.Municipalities[0], p.Total})
		out.Made, out.Step = max(out.Made, p.Made), max(out.Step, p.Step)
		if p.Total.Lo >= p.Step {
			enough++
		}
		out.Sample = out.Sample || p.Sample
		out.Total, out.Advice = out.Total.Plus(p.Total), out.Advice.Plus(p.Advice)
	}
	if enough < besideFrom {
		out.Beside = nil
	}
	out.Tables, out.Hours = joinTables(packs), joinHours(packs)
	return out, nil
}

// joinTables adds row by row. A municipality without a row may have had any
// number of it.
func joinTables(packs []Pack) []Table {
	var out []Table
	for _, p := range packs {
		for _, t := range p.Tables {
			i := slices.IndexFunc(out, func(x Table) bool { return x.ID == t.ID })
			if i < 0 {
				i, out = len(out), append(out, Table{ID: t.ID, Multi: t.Multi})
			}
			for _, r := range t.Rows {
				if _, known := out[i].row(r.ID); !known {
					out[i].Rows = append(out[i].Rows, Row{RowName: r.RowName})
				}
			}
		}
	}
	for i := range out {
		for j := range out[i].Rows {
			r := &out[i].Rows[j]
			for _, p := range packs {
				r.Band = r.Band.Plus(p.Row(out[i].ID, r.ID))
			}
		}
	}
	return out
}

// joinHours adds the hours of who told them; those on cases only when all are
// shown.
func joinHours(packs []Pack) *Hours {
	var out *Hours
	whole := true
	for _, p := range packs {
		if p.Hours == nil {
			whole = false
			continue
		}
		if out == nil {
			out = &Hours{}
		}
		out.Role += p.Hours.Role
		out.Budget += p.Hours.Budget
		out.Case += p.Hours.Case
		whole = whole && p.Hours.Case >= 0
	}
	if out != nil && !whole {
		out.Case = -1
	}
	return out
}

// String returns "2024-2 to 2026-1".
func (w Window) String() string { return w.From.String() + " to " + w.To.String() }
