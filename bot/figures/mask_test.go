package figures_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/config"
)

var (
	long   = flag.Bool("long", false, "many more random data sets")
	update = flag.Bool("update", false, "write the golden files")
)

func shape(t *testing.T) []figures.Dimension {
	t.Helper()
	texts, err := config.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return figures.Shape(config.Default(), texts)
}

func half(t *testing.T, s string) figures.Half {
	t.Helper()
	h, err := figures.ParseHalf(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// input is what a pack is made from, with k = 5.
func input(shape []figures.Dimension, w figures.Window, tallies map[figures.Half]figures.Tally, older ...figures.Pack) figures.Input {
	c := config.Figures{Step: 5, Window: 24, PoliceRise: 50}
	return figures.Input{Municipality: "Woerden", Window: w, Config: c, Shape: shape, Tallies: tallies, Older: older, RoleBudget: 60}
}

func build(t *testing.T, in figures.Input) figures.Pack {
	t.Helper()
	p, err := figures.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// random is a half-year of up to 60 signals that hang together as real ones do.
func random(r *rand.Rand, shape []figures.Dimension, h figures.Half) figures.Tally {
	tally := figures.NewTally(h)
	spread := 1 + r.IntN(6) // how evenly rows are hit
	for range r.IntN([]int{4, 8, 15, 30, 61}[r.IntN(5)]) {
		c := figures.Case{Half: h, Cells: map[string][]string{}, Times: map[string]time.Duration{}, Reported: r.IntN(2) == 0}
		add := func(dim string, ids ...string) { c.Cells[dim] = append(c.Cells[dim], ids...) }
		for _, d := range shape {
			switch d.ID {
			case figures.DimStep, figures.DimFeedback, figures.DimReported:
				continue
			case figures.DimKind:
				if !c.Reported {
					continue
				}
			}
			if r.IntN(8) == 0 {
				continue // was not asked
			}
			for i, row := range d.Rows {
				if r.IntN(spread+i) > 0 && i < len(d.Rows)-1 {
					continue
				}
				add(d.ID, row.ID)
				if !d.Multi || r.IntN(3) > 0 {
					break
				}
			}
		}
		took := func(step string) { c.Times[step] = time.Hour; add(figures.DimStep, step) }
		if r.IntN(9) > 0 {
			took(figures.StepRead)
		}
		if c.Reported {
			took(figures.StepDecided)
			add(figures.DimReported, "yes")
			if r.IntN(4) > 0 {
				add(figures.DimFeedback, "asked")
				if r.IntN(2) == 0 {
					add(figures.DimFeedback, "got")
				}
			}
		}
		if r.IntN(5) > 0 {
			took(figures.StepFirstWord)
			if r.IntN(2) == 0 {
				took(figures.StepLastWord)
				add(figures.DimFeedback, "told")
			}
		}
		if err := tally.Add(c); err != nil {
			panic(err)
		}
	}
	return tally
}

// world is what is true of two windows: counts by "dimension/row", of the half-
// year that only the older pack may hold and of the one that only the newer does.
type world struct {
	early, late map[string]int
	n, m        int // signals
}

func newWorld() *world { return &world{early: map[string]int{}, late: map[string]int{}} }

// tally turns counts into a tally.
func tally(shape []figures.Dimension, h figures.Half, n int, counts map[string]int) figures.Tally {
	t := figures.NewTally(h)
	t.Signals = n
	for _, d := range shape {
		t.Cells[d.ID] = map[string]figures.Count{}
		for _, row := range d.Rows {
			x := counts[d.ID+"/"+row.ID]
			t.Cells[d.ID][row.ID] = figures.Count{All: x}
			if d.ID == figures.DimStep {
				t.Times[row.ID] = []int{0, x, 0, 0, 0, 0, 0, 0} // random takes an hour
			}
		}
	}
	return t
}

// lawful reports what signals cannot do: more in a row than there are, more in
// the rows of one answer than there are, an answer to a question nobody put.
func lawful(shape []figures.Dimension, n int, counts map[string]int) error {
	for _, d := range shape {
		total := 0
		for _, row := range d.Rows {
			x := counts[d.ID+"/"+row.ID]
			if total += x; x < 0 || x > n || !d.Multi && total > n {
				return fmt.Errorf("%s/%s has %d, %d in all, of %d signals", d.ID, row.ID, x, total, n)
			}
			if d.ID == figures.DimKind && x > counts["reported/yes"] {
				return fmt.Errorf("kind %s above reported", row.ID)
			}
		}
	}
	for _, x := range [][2]string{{"feedback/got", "feedback/asked"}, {"feedback/asked", "reported/yes"}, {"step/lastword", "step/firstword"},
		{"reported/yes", "step/decided"}, {"step/decided", "reported/yes"}, {"feedback/told", "step/lastword"}, {"step/lastword", "feedback/told"}} {
		if counts[x[0]] > counts[x[1]] {
			return fmt.Errorf("%s is %d and %s %d", x[0], counts[x[0]], x[1], counts[x[1]])
		}
	}
	return nil
}

// above are the rows that hold whatever one holds.
func above(cell string) []string {
	switch cell {
	case "feedback/got":
		return []string{"feedback/asked", "reported/yes", "step/decided"}
	case "feedback/asked", "kind/care", "kind/police", "kind/nla", "kind/riec", "kind/veilig_thuis":
		return []string{"reported/yes", "step/decided"}
	case "reported/yes":
		return []string{"step/decided"}
	case "step/decided":
		return []string{"reported/yes"}
	case "feedback/told":
		return []string{"step/lastword", "step/firstword"}
	case "step/lastword":
		return []string{"feedback/told", "step/firstword"}
	}
	return nil
}

// twin counts the same as its twin; within is the row that holds another.
var (
	twin   = map[string]string{"reported/yes": "step/decided", "step/decided": "reported/yes", "feedback/told": "step/lastword", "step/lastword": "feedback/told"}
	within = map[string]string{"step/decided": "reported/yes", "step/lastword": "step/firstword", "feedback/told": "step/lastword",
		"feedback/asked": "reported/yes", "feedback/got": "feedback/asked"}
)

// bands are the lower bounds of a pack by cell, and which are hidden small ones.
func bands(p figures.Pack) (lo map[string]int, small []string) {
	lo = map[string]int{}
	for _, t := range p.Tables {
		for _, r := range t.Rows {
			cell := t.ID + "/" + r.ID
			lo[cell] = r.Lo
			if r.Hidden() { // by rule 3: it is k at least, and everybody knows
				lo[cell] = p.Step
			} else if r.Small() {
				small = append(small, cell)
			}
		}
	}
	return lo, small
}

// climb raises counts, where need be, so that the ranks of a pack are shown of
// them: their rows are k at least, one that stands above another it would stand
// beneath when equal is above it, and when a rank is full nothing left out is
// above its last.
func climb(sh []figures.Dimension, p figures.Pack, counts map[string]int) {
	for _, rank := range p.Ranks {
		i := slices.IndexFunc(sh, func(d figures.Dimension) bool { return d.ID == rank.ID })
		d, need, last := sh[i], p.Step, len(sh[i].Rows)
		place := func(id string) int {
			return slices.IndexFunc(d.Rows, func(r figures.RowName) bool { return r.ID == id })
		}
		below := func(at, lo int) { // what stands above must be above it
			if lo > need || lo == need && at < last {
				need, last = lo, at
			}
		}
		if len(rank.Rows) == d.Rank {
			for at, row := range d.Rows {
				n := counts[d.ID+"/"+row.ID]
				if !slices.ContainsFunc(rank.Rows, func(r figures.RowName) bool { return r.ID == row.ID }) && n >= p.Step {
					below(at, n-n%p.Step)
				}
			}
		}
		for _, row := range slices.Backward(rank.Rows) {
			cell, at := d.ID+"/"+row.ID, place(row.ID)
			if at > last {
				need += p.Step
			}
			counts[cell] = max(counts[cell], need)
			need, last = counts[cell]-counts[cell]%p.Step, at
		}
	}
}

// unranked are the cells below k that a rank leaves out.
func unranked(sh []figures.Dimension, p figures.Pack, all map[figures.Half]figures.Tally) []string {
	var out []string
	for _, d := range sh {
		for _, row := range d.Rows {
			if d.Rank > 0 && everything(p.Window, all)[d.ID][row.ID].All < p.Step {
				out = append(out, d.ID+"/"+row.ID)
			}
		}
	}
	return out
}

// someHidden draws from what a pack hides: two rows of tables and one of a rank.
func someHidden(r *rand.Rand, sh []figures.Dimension, p figures.Pack, all map[figures.Half]figures.Tally) []string {
	var out []string
	_, small := bands(p)
	for range min(2, len(small)) {
		out = append(out, small[r.IntN(len(small))])
	}
	if small = unranked(sh, p, all); len(small) > 0 {
		out = append(out, small[r.IntN(len(small))])
	}
	return out
}

// everything is the cells of a window.
func everything(w figures.Window, all map[figures.Half]figures.Tally) map[string]map[string]figures.Count {
	out := map[string]map[string]figures.Count{}
	for _, h := range w.Halves() {
		for dim, cells := range all[h].Cells {
			if out[dim] == nil {
				out[dim] = map[string]figures.Count{}
			}
			for id, n := range cells {
				out[dim][id] = figures.Count{All: out[dim][id].All + n.All}
			}
		}
	}
	return out
}

// same compares what is shown of counts.
func same(t *testing.T, name string, got, want figures.Pack) {
	t.Helper()
	got.Hours, want.Hours = nil, nil
	if reflect.DeepEqual(want, got) { // cmp is slow
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s: another world shows another pack (-want +got):\n%s", name, diff)
	}
}

func sets() int {
	if *long {
		return 40_000
	}
	return 500
}

// No number between 0 and k is shown, in any form of the pack.
func TestNothingSmallIsShown(t *testing.T) {
	t.Parallel()
	sh := shape(t)
	r := rand.New(rand.NewPCG(1, 1))
	to := half(t, "2026-1")
	for range sets() / 3 {
		w := figures.WindowOf(to, []int{6, 12, 24}[r.IntN(3)])
		all := map[figures.Half]figures.Tally{}
		for _, h := range w.Halves() {
			all[h] = random(r, sh, h)
		}
		in := input(sh, w, all)
		in.Advice = map[figures.Half]int{to: r.IntN(12)}
		p := build(t, in)
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var seen any
		if err := json.Unmarshal(b, &seen); err != nil {
			t.Fatal(err)
		}
		numbers(seen, "", func(path string, n int) {
			if n >= 1 && n < p.Step && path != "/version" && (path != "hi" || n != p.Step-1) {
				t.Fatalf("%s shows %d", path, n)
			}
		})
		truth := everything(w, all)
		for _, tab := range p.Tables {
			for _, row := range tab.Rows {
				n := truth[tab.ID][row.ID].All
				if !row.Open && (n < row.Lo || n > row.Hi) || row.Lo%p.Step != 0 || !row.Open && row.Hi-row.Lo != p.Step-1 {
					t.Fatalf("%s/%s is %d and shown as %s", tab.ID, row.ID, n, row.Band)
				}
			}
		}
	}
}

// numbers visits every number in a JSON value, by the last word of its path.
func numbers(v any, path string, visit func(string, int)) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			p := k
			if path == "" {
				p = "/" + k
			}
			numbers(v[k], p, visit)
		}
	case []any:
		for _, x := range v {
			numbers(x, path, visit)
		}
	case float64:
		visit(path, int(v))
	}
}

// Of two packs whose windows overlap, each hidden count can be every number
// below k: there is a world that shows the same two packs (the proof in the
// package comment, done).
func TestTwoPacksHideTogether(t *testing.T) {
	t.Parallel()
	sh := shape(t)
	r := rand.New(rand.NewPCG(2, 2))
	for i := range sets() {
		months := []int{6, 12, 24}[i%3]
		to := half(t, "2024-1")
		w0 := figures.WindowOf(to, months)
		w1 := figures.WindowOf(to+figures.Half(months/6), months)
		w2 := figures.Window{From: w1.From + 1, To: w1.To + 1}
		all := map[figures.Half]figures.Tally{}
		for h := w0.From; h <= w2.To; h++ {
			all[h] = random(r, sh, h)
		}
		p0 := build(t, input(sh, w0, all))
		p1 := build(t, input(sh, w1, all, p0))
		p2 := build(t, input(sh, w2, all, p0, p1))
		if p1.Total.Hi-p1.Total.Lo != 4 || p2.Total.Hi-p2.Total.Lo != 4 {
			t.Fatalf("totals %s and %s hide more than the rules ask", p1.Total, p2.Total)
		}
		for which, p := range []figures.Pack{p1, p2} {
			for _, cell := range someHidden(r, sh, p, all) {
				v := r.IntN(p.Step)
				counts := [2]map[string]int{}
				signals := [2]int{}
				for j, q := range []figures.Pack{p1, p2} {
					lo, _ := bands(q)
					climb(sh, q, lo)
					signals[j] = q.Total.Lo
					if j == which {
						set(lo, cell, v)
						signals[j] = max(q.Total.Lo, sumOf(sh, cell, lo))
					}
					if err := lawful(sh, signals[j], lo); err != nil {
						t.Fatalf("set %d, %s = %d: %v", i, cell, v, err)
					}
					counts[j] = lo
				}
				other := maps.Clone(all)
				for h := w1.From; h <= w2.To; h++ {
					other[h] = figures.NewTally(h)
				}
				other[w1.From] = tally(sh, w1.From, signals[0], counts[0])
				other[w2.To] = tally(sh, w2.To, signals[1], counts[1])
				same(t, "older", build(t, input(sh, w1, other, p0)), p1)
				same(t, "newer", build(t, input(sh, w2, other, p0, p1)), p2)
			}
		}
	}
}

func set(counts map[string]int, cell string, v int) {
	counts[cell] = v
	for _, x := range above(cell) {
		counts[x] = max(counts[x], v)
	}
}

// sumOf is how many signals a table needs at least.
func sumOf(sh []figures.Dimension, cell string, counts map[string]int) int {
	for _, d := range sh {
		total, here := 0, false
		for _, row := range d.Rows {
			here = here || d.ID+"/"+row.ID == cell
			if d.Multi {
				total = max(total, counts[d.ID+"/"+row.ID])
			} else {
				total += counts[d.ID+"/"+row.ID]
			}
		}
		if here {
			return total
		}
	}
	return 0
}
