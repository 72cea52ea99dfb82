package figures

import (
	"fmt"
	"time"
)

// Tally is the counters of the signals of one half-year of receipt. It outlives
// their erasure (D14): no row per signal, only sums. Its JSON is the same for
// the same content.
type Tally struct {
	Half     Half                        `json:"half"`
	Signals  int                         `json:"signals"`
	Reported int                         `json:"reported"`
	Late     int                         `json:"late"` // of live signals only
	Minutes  int                         `json:"minutes"`
	Cells    map[string]map[string]Count `json:"cells"`
	// Times are histograms: how many took a length of Spans, by step.
	Times map[string][]int `json:"times"`
}

// Count is how many signals, and how many of these led to a report.
type Count struct {
	All      int `json:"all"`
	Reported int `json:"reported"`
}

// NewTally is an empty one.
func NewTally(h Half) Tally {
	return Tally{Half: h, Cells: map[string]map[string]Count{}, Times: map[string][]int{}}
}

// Span is a length of time in a histogram: less than Below.
type Span struct {
	ID    string
	Below time.Duration // 0: no limit
}

// Spans are the lengths of the histograms, in their order. They are part of
// what is kept: never change one.
func Spans() []Span {
	day := 24 * time.Hour
	return []Span{
		{"hour", time.Hour}, {"day", day}, {"days3", 3 * day}, {"week", 7 * day}, {"weeks2", 14 * day},
		{"month", 30 * day}, {"quarter", 91 * day}, {"longer", 0},
	}
}

func spanOf(d time.Duration) int {
	spans := Spans()
	for i, s := range spans {
		if d < s.Below {
			return i
		}
	}
	return len(spans) - 1
}

// Add counts a case of this half-year.
func (t *Tally) Add(c Case) error {
	if c.Half != t.Half {
		return fmt.Errorf("figures: a case of %s in the tally of %s", c.Half, t.Half)
	}
	t.fill()
	t.Signals++
	t.Minutes += c.Minutes
	one := Count{All: 1}
	if c.Reported {
		one.Reported = 1
		t.Reported++
	}
	if c.Late {
		t.Late++
	}
	for dim, ids := range c.Cells {
		for _, id := range ids {
			t.count(dim, id, one)
		}
	}
	for step, d := range c.Times {
		t.times(step)[spanOf(d)]++
	}
	return nil
}

// Merge adds another tally of the same half-year.
func (t *Tally) Merge(o Tally) error {
	if o.Half != t.Half {
		return fmt.Errorf("figures: the tally of %s in that of %s", o.Half, t.Half)
	}
	t.fill()
	t.add(o)
	return nil
}

// add sums whatever the half-year.
func (t *Tally) add(o Tally) {
	t.Signals += o.Signals
	t.Reported += o.Reported
	t.Late += o.Late
	t.Minutes += o.Minutes
	for dim, cells := range o.Cells {
		for id, n := range cells {
			t.count(dim, id, n)
		}
	}
	for step, ns := range o.Times {
		to := t.times(step)
		for i := range min(len(ns), len(to)) {
			to[i] += ns[i]
		}
	}
}

// sum is one tally of all half-years of a window.
func sum(w Window, all map[Half]Tally) Tally {
	out := NewTally(w.To)
	for _, h := range w.Halves() {
		out.add(all[h])
	}
	return out
}

func (t *Tally) fill() {
	if t.Cells == nil {
		t.Cells = map[string]map[string]Count{}
	}
	if t.Times == nil {
		t.Times = map[string][]int{}
	}
}

func (t *Tally) count(dim, id string, n Count) {
	if t.Cells[dim] == nil {
		t.Cells[dim] = map[string]Count{}
	}
	had := t.Cells[dim][id]
	t.Cells[dim][id] = Count{had.All + n.All, had.Reported + n.Reported}
}

func (t *Tally) times(step string) []int {
	if t.Times[step] == nil {
		t.Times[step] = make([]int, len(Spans()))
	}
	return t.Times[step]
}

// median is the Span in the middle of a histogram; of an even number the
// shorter of the two. "" for none.
func median(hist []int) string {
	total := 0
	for _, n := range hist {
		total += n
	}
	seen := 0
	for i, n := range hist {
		if seen += n; n > 0 && seen*2 >= total {
			return Spans()[i].ID
		}
	}
	return ""
}
