package figures_test

import (
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
// below k for every hidden count, and k or more for a row that rule 3 hides.
func TestEveryWorldTried(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	rounds := 400
	if *long {
		rounds = 10_000
	}
	to := half(t, "2026-1")
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
						t.Fatalf("round %d (multi %v, began %v): row %d of pack %d cannot be %d\nolder %v of %v, newer %v of %v",
							i, d.Multi, began, j, which+1, v, x.older, x.total, x.newer, x.later)
					}
				}
			}
		}
	}
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
