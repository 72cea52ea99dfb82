package figures_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/config"
)

// attack is what somebody can work out who has two packs of one table and tries
// every world: counts of the half-years that only the older pack holds (a),
// that both hold (b), and that only the newer one holds (c). He knows nothing
// of how packs are made but what bands mean.
type attack struct {
	older, newer []figures.Band
	total, later figures.Band
	multi, began bool // began: there was nothing before the older pack's last half-year
	seen         [2][]map[int]bool
	a, b, c      []int
}

// run returns what each count of the two packs can be.
func (x *attack) run() [2][]map[int]bool {
	n := len(x.older)
	x.a, x.b, x.c = make([]int, n), make([]int, n), make([]int, n)
	for i := range x.seen {
		x.seen[i] = make([]map[int]bool, n)
		for j := range x.seen[i] {
			x.seen[i][j] = map[int]bool{}
		}
	}
	x.try(0)
	return x.seen
}

func (x *attack) top(b, total figures.Band) int {
	if b.Open {
		return total.Hi
	}
	return min(b.Hi, total.Hi)
}

// least is what is known of a row that rule 3 hides.
func least(b figures.Band, k int) int {
	if b.Hidden() {
		return k
	}
	return b.Lo
}

const small = 3 // k of these tests: every world can be tried

func (x *attack) try(i int) {
	if i == len(x.older) {
		if x.fits() {
			for j := range x.a {
				x.seen[0][j][x.a[j]+x.b[j]] = true
				x.seen[1][j][x.b[j]+x.c[j]] = true
			}
		}
		return
	}
	for old := least(x.older[i], small); old <= x.top(x.older[i], x.total); old++ {
		from := 0
		if x.began {
			from = old
		}
		for b := from; b <= old; b++ {
			for c := max(0, least(x.newer[i], small)-b); b+c <= x.top(x.newer[i], x.later); c++ {
				x.a[i], x.b[i], x.c[i] = old-b, b, c
				x.try(i + 1)
			}
		}
	}
}

// fits reports whether there can be so many signals in all.
func (x *attack) fits() bool {
	of := func(n []int) int {
		total := 0
		for _, i := range n {
			if x.multi {
				total = max(total, i)
			} else {
				total += i
			}
		}
		return total
	}
	a, b, c := of(x.a), of(x.b), of(x.c)
	if x.began { // b are all signals of the older pack, and they stay
		b = max(b, x.total.Lo)
		return b <= x.total.Hi && b+c <= x.later.Hi
	}
	return a+b <= x.total.Hi && b+c <= x.later.Hi
}

// Somebody who tries every world that fits two packs still finds every number
// below k for every hidden count, and k or more for a row that rule 3 hides. With
// a total that hides one step less than it does, he does not.
func TestEveryWorldTried(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	rounds := 600
	if *long {
		rounds = 10_000
	}
	to := half(t, "2026-1")
	wide := 0
	for i := range rounds {
		d := figures.Dimension{ID: "d", Multi: r.IntN(2) == 0, Pairs: r.IntN(2) == 0}
		for _, id := range []string{"x", "y", "z"}[:1+r.IntN(3)] {
			d.Rows = append(d.Rows, figures.RowName{ID: id})
		}
		began := i%2 == 0
		all := map[figures.Half]figures.Tally{}
		first := to - 1
		if began {
			first = to
		}
		for h := first; h <= to+1; h++ {
			all[h] = few(r, d, h)
		}
		in := func(w figures.Window, older ...figures.Pack) figures.Input {
			return figures.Input{Municipality: "Woerden", Window: w, Config: config.Figures{Step: small}, Shape: []figures.Dimension{d}, Tallies: all, Older: older}
		}
		var before []figures.Pack
		if !began {
			before = append(before, build(t, in(figures.WindowOf(to-2, 12))))
		}
		p1 := build(t, in(figures.WindowOf(to, 12), before...))
		p2 := build(t, in(figures.WindowOf(to+1, 12), append(before, p1)...))
		x := &attack{total: p1.Total, later: p2.Total, multi: d.Multi, began: began}
		for j := range d.Rows {
			x.older, x.newer = append(x.older, p1.Tables[0].Rows[j].Band), append(x.newer, p2.Tables[0].Rows[j].Band)
		}
		if told := x.told(); told != "" {
			t.Fatalf("round %d (multi %v, began %v): %s\nolder %v of %v, newer %v of %v", i, d.Multi, began, told, x.older, x.total, x.newer, x.later)
		}
		if p2.Total.Hi-p2.Total.Lo >= small { // a total that is wider than the step has a reason
			wide++
			x.later.Hi -= small
			if x.told() == "" {
				t.Fatalf("round %d (multi %v): %s hides more than it must\nolder %v of %v, newer %v", i, d.Multi, p2.Total, x.older, x.total, x.newer)
			}
		}
	}
	if wide == 0 {
		t.Error("no total is wider than the step")
	}
}

// told says which hidden count cannot be everything that it should; "" is none.
func (x *attack) told() string {
	for which, rows := range x.run() {
		for j, can := range rows {
			band := [][]figures.Band{x.older, x.newer}[which][j]
			want := []int{0, 1, 2}
			if band.Hidden() {
				want = []int{3, 4, 5}
			} else if !band.Small() {
				continue
			}
			for _, v := range want {
				if !can[v] {
					return fmt.Sprintf("row %d of pack %d cannot be %d", j, which+1, v)
				}
			}
		}
	}
	return ""
}

// few is a half-year of some signals.
func few(r *rand.Rand, d figures.Dimension, h figures.Half) figures.Tally {
	t := figures.NewTally(h)
	for range r.IntN(9) {
		c := figures.Case{Half: h, Cells: map[string][]string{}}
		for _, row := range d.Rows {
			if r.IntN(2) == 0 && (d.Multi || len(c.Cells["d"]) == 0) && !slices.Contains(c.Cells["d"], row.ID) {
				c.Cells["d"] = append(c.Cells["d"], row.ID)
			}
		}
		if err := t.Add(c); err != nil {
			panic(err)
		}
	}
	return t
}

// The same for a rank: whoever tries all counts that are shown in that order
// finds every number below k for each row that has less, and with a total that
// hides a step less he does not.
func TestEveryRankTried(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	rounds, wide := 1200, 0
	if *long {
		rounds = 40_000
	}
	to := half(t, "2026-1")
	for i := range rounds {
		d := figures.Dimension{ID: "d", Multi: true, Rows: []figures.RowName{{ID: "x"}, {ID: "y"}, {ID: "z"}}[:2+i%2]}
		d.Rank = 1 + r.IntN(len(d.Rows))
		all := map[figures.Half]figures.Tally{to: anyhow(r, d, to), to + 1: anyhow(r, d, to+1)}
		var packs []figures.Pack
		for h := to; h <= to+1; h++ {
			packs = append(packs, build(t, figures.Input{
				Municipality: "Woerden", Window: figures.WindowOf(h, 12), Config: config.Figures{Step: small}, Shape: []figures.Dimension{d}, Tallies: all, Older: packs,
			}))
		}
		x := newRanks(d, all[to], all[to+1], packs)
		if told := x.told(packs[1].Total.Hi, func(which, j int) bool { return x.truth[which][j] < small }); told != "" {
			t.Fatalf("round %d, %s: %s", i, told, x)
		}
		if packs[1].Total.Hi-packs[1].Total.Lo >= small {
			wide++
			if x.told(packs[1].Total.Hi-small, func(which, j int) bool { return !slices.Contains(x.shown[which], j) }) == "" {
				t.Fatalf("round %d, it hides more than it must: %s", i, x)
			}
		}
	}
	if wide == 0 {
		t.Error("no total is wider than the step")
	}
}

// ranks is what somebody can work out who has two ranks of the same rows, the
// newer of all that the older has and more.
type ranks struct {
	most         int
	truth, shown [2][]int
	older, newer figures.Band // totals
}

func newRanks(d figures.Dimension, before, came figures.Tally, packs []figures.Pack) ranks {
	x := ranks{most: d.Rank, older: packs[0].Total, newer: packs[1].Total}
	for _, row := range d.Rows {
		n := before.Cells["d"][row.ID].All
		x.truth[0], x.truth[1] = append(x.truth[0], n), append(x.truth[1], n+came.Cells["d"][row.ID].All)
	}
	for which := range x.shown {
		x.shown[which] = x.order(x.truth[which])
	}
	return x
}

func (x ranks) String() string {
	return fmt.Sprintf("%v of %s and %v of %s, of which %d are shown", x.truth[0], x.older, x.truth[1], x.newer, x.most)
}

// order is how counts are shown: those of k or more by the intervals that they
// are in, of equals the first one first.
func (x ranks) order(n []int) []int {
	var out []int
	for j, v := range n {
		if v >= small {
			out = append(out, j)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return n[b]/small - n[a]/small })
	return out[:min(x.most, len(out))]
}

// told says which hidden count cannot be everything below k; "" is none. top is
// the highest that the newer total can be.
func (x ranks) told(top int, hidden func(which, j int) bool) string {
	var can [2][3][small]bool
	each(x.older.Hi, make([]int, len(x.truth[0])), 0, func(c []int) {
		if !slices.Equal(x.order(c), x.shown[0]) {
			return
		}
		n := max(x.older.Lo, slices.Max(c))
		later := make([]int, len(c))
		each(top-n, make([]int, len(c)), 0, func(came []int) {
			for j := range c {
				later[j] = c[j] + came[j]
			}
			if !slices.Equal(x.order(later), x.shown[1]) {
				return
			}
			for j := range c {
				if c[j] < small {
					can[0][j][c[j]] = true
				}
				if later[j] < small {
					can[1][j][later[j]] = true
				}
			}
		})
	})
	for which, counts := range x.truth {
		for j := range counts {
			for v := range small {
				if hidden(which, j) && !can[which][j][v] {
					return fmt.Sprintf("row %d of pack %d cannot be %d", j, which+1, v)
				}
			}
		}
	}
	return ""
}

// each visits all lists of counts from 0 to most.
func each(most int, counts []int, from int, visit func([]int)) {
	if from == len(counts) {
		visit(counts)
		return
	}
	for counts[from] = 0; counts[from] <= most; counts[from]++ {
		each(most, counts, from+1, visit)
	}
}

// anyhow is a half-year whose rows have any count that its signals allow, mostly
// nearly none or nearly all.
func anyhow(r *rand.Rand, d figures.Dimension, h figures.Half) figures.Tally {
	t := figures.NewTally(h)
	t.Signals = r.IntN(8)
	t.Cells[d.ID] = map[string]figures.Count{}
	for _, row := range d.Rows {
		n := r.IntN(t.Signals + 1)
		switch few := min(n, r.IntN(3)); r.IntN(3) {
		case 0:
			n = few
		case 1:
			n = t.Signals - few
		}
		t.Cells[d.ID][row.ID] = figures.Count{All: n}
	}
	return t
}
