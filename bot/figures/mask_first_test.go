package figures_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/meldroute/meldroute/bot/figures"
)

// In the first years the newer window holds the older ones whole, and nobody
// reported before them. Still, of each two of three packs, each hidden count can
// be every number below k.
func TestFirstPacksHideTogether(t *testing.T) {
	t.Parallel()
	sh := shape(t)
	r := rand.New(rand.NewPCG(3, 3))
	wide := 0
	for i := range sets() {
		to := half(t, "2026-1")
		all := map[figures.Half]figures.Tally{}
		var p []figures.Pack
		for h := to; h <= to+2; h++ {
			all[h] = random(r, sh, h)
			p = append(p, build(t, input(sh, figures.WindowOf(h, 24), all, p...)))
		}
		if p[1].Total.Hi-p[1].Total.Lo != 4 {
			wide++
		}
		pair := [][2]int{{0, 1}, {0, 2}, {1, 2}}[i%3]
		for which, at := range pair {
			for _, cell := range someHidden(r, sh, p[at], all) {
				v := r.IntN(p[at].Step)
				p1, p2 := p[pair[0]], p[pair[1]]
				x := grow(t, sh, p1, p2, all, which == 1, cell, v)
				other := map[figures.Half]figures.Tally{to: tally(sh, to, x.n, x.early), p2.Window.To: tally(sh, p2.Window.To, x.m, x.late)}
				for _, j := range pair {
					same(t, fmt.Sprintf("set %d, pack %d, %s = %d", i, j, cell, v), build(t, input(sh, p[j].Window, other, p[:j]...)), p[j])
				}
			}
		}
	}
	if wide == 0 || wide > sets()*2/3 {
		t.Errorf("%d of %d totals are wider than the step", wide, sets())
	}
	t.Logf("%d of %d totals are wider than the step", wide, sets())
}

// grow makes a world in which the older pack's signals stay: cell is v in the
// older pack, or in both.
func grow(t *testing.T, sh []figures.Dimension, p1, p2 figures.Pack, all map[figures.Half]figures.Tally, both bool, cell string, v int) *world {
	t.Helper()
	c1, _ := bands(p1)
	c2, _ := bands(p2)
	climb(sh, p1, c1)
	_, small2 := bands(p2)
	small2 = append(small2, unranked(sh, p2, all)...)
	set(c1, cell, v)
	if both || slices.Contains(small2, cell) {
		set(c2, cell, v)
	}
	for x, n := range c1 {
		c2[x] = max(c2[x], n)
	}
	climb(sh, p2, c2)
	x := newWorld()
	x.n = max(p1.Total.Lo, sumOf(sh, cell, c1))
	for _, d := range sh {
		left := x.n
		for _, row := range d.Rows {
			left -= c1[d.ID+"/"+row.ID]
		}
		for _, row := range d.Rows {
			id := d.ID + "/" + row.ID
			if d.Multi {
				left = x.n - c1[id]
			}
			if id == cell || twin[cell] == id {
				continue
			}
			up := max(0, min(c2[id]-c1[id], p1.Step-1-c1[id]%p1.Step, left))
			if d.ID == figures.DimKind {
				up = min(up, c1["reported/yes"]-c1[id])
			} else if in := within[id]; in != "" {
				up = min(up, c1[in]-c1[id])
			}
			c1[id] += up
			left -= up
		}
	}
	x.m = p2.Total.Hi - x.n
	for id, n := range c1 {
		x.early[id] = n
		x.late[id] = c2[id] - n
	}
	for _, err := range []error{lawful(sh, x.n, c1), lawful(sh, x.n+x.m, c2)} {
		if err != nil {
			t.Fatalf("%s = %d: %v", cell, v, err)
		}
	}
	for _, d := range sh { // the new signals are enough for what came
		need := 0
		for _, row := range d.Rows {
			came := x.late[d.ID+"/"+row.ID]
			if d.Multi {
				need = max(need, came)
			} else {
				need += came
			}
		}
		if need > x.m {
			t.Fatalf("%s = %d: %s rises by %d with %d new signals; totals %s and %s", cell, v, d.ID, need, x.m, p1.Total, p2.Total)
		}
	}
	return x
}

// The order of a rank says more than its rows: one that stands above another it
// would stand beneath when equal has a step more. There the newer total must
// leave room for that, or nobody could have been counted for it before.
func TestOrderOfARankHides(t *testing.T) {
	t.Parallel()
	sh := shape(t)
	to := half(t, "2026-1")
	i := slices.IndexFunc(sh, func(d figures.Dimension) bool { return d.ID == figures.DimSign })
	above, beneath := sh[i].Rows[1].ID, sh[i].Rows[0].ID
	early, late := figures.NewTally(to), figures.NewTally(to+1)
	add(t, &early, 4, nil)
	add(t, &early, 1, map[string][]string{"sign": {above}})
	add(t, &late, 5, map[string][]string{"sign": {above, beneath}})
	add(t, &late, 4, map[string][]string{"sign": {above}})
	all := map[figures.Half]figures.Tally{to: early, to + 1: late}
	p1 := build(t, input(sh, figures.WindowOf(to, 24), all))
	p2 := build(t, input(sh, figures.WindowOf(to+1, 24), all, p1))
	var order []string
	for _, r := range p2.Ranks {
		if r.ID == figures.DimSign {
			for _, row := range r.Rows {
				order = append(order, row.ID)
			}
		}
	}
	if want := []string{above, beneath}; !slices.Equal(order, want) {
		t.Fatalf("the rank is %v, want %v", order, want)
	}
	if came := p2.Total.Hi - p1.Total.Lo; came < 10 {
		t.Errorf("totals %s and %s: at most %d came, and %s is at least 10 now, so that it was counted before", p1.Total, p2.Total, came, above)
	}
}

// When signals were taken back since an older pack, the total is still true, and
// no wider than it must be.
func TestTotalOfWhatWasTakenBack(t *testing.T) {
	t.Parallel()
	sh := shape(t)
	to := half(t, "2026-1")
	for _, c := range []struct {
		before, now, more int // signals, and those of them that were reported
		want              string
	}{{12, 3, 0, "0-4"}, {12, 7, 0, "5-9"}, {12, 3, 3, "0-4"}, {12, 14, 0, "10-14"}, {12, 13, 9, "10-19"}, {12, 7, 6, "0-19"}, {12, 22, 9, "20-24"}} {
		all := map[figures.Half]figures.Tally{}
		count := func(h figures.Half, n, more int) {
			one := figures.NewTally(h)
			add(t, &one, n-more, nil)
			add(t, &one, more, map[string][]string{"reported": {"yes"}})
			all[h] = one
		}
		count(to, c.before, 0)
		p1 := build(t, input(sh, figures.WindowOf(to, 24), all))
		count(to, c.now, c.more)
		if got := build(t, input(sh, figures.WindowOf(to+1, 24), all, p1)).Total.String(); got != c.want {
			t.Errorf("%d signals, and then %d with %d reported: got %s, want %s", c.before, c.now, c.more, got, c.want)
		}
	}
}
