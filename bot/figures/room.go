package figures

import "slices"

// totalBand shows the total of a new pack p, of which everything else is there
// already.
//
// As a rule that is bandOf. Where p's window holds an older window whole, the
// lowest intervals of the ruler are joined up to room. What the ruler is depends
// on what is shown, never on n.
func totalBand(n int, p Pack, in Input) (Band, error) {
	plain := bandOf(n, p.Step)
	first := p.Window.To
	for _, o := range in.Older {
		first = min(first, o.Window.To)
	}
	least, up := 0, 0
	for _, o := range in.Older {
		// Before the first pack's last half-year there was nothing to count, as
		// far as everybody knows.
		if p.Window.From > max(o.Window.From, first) {
			continue
		}
		if o.Step != p.Step {
			return Band{}, ErrStep
		}
		lo, hi := room(o, p, in.Shape)
		least, up = max(least, lo), max(up, hi)
	}
	up += p.Step - 1 - up%p.Step // to the end of an interval
	if n > up || least+p.Step-1 >= up {
		return plain, nil
	}
	if n < least { // signals were taken back since
		least = 0
	}
	return Band{Lo: least, Hi: up}, nil
}

// move is a count as two packs show it, the newer window holding the older.
type move struct {
	lo1, lo2 int
	rise     int  // by how much it can be above lo1 without being above lo2
	hidden   bool // in the older pack
}

// room returns from where to where the first interval of a newer total must
// reach at least, so that every hidden count of the older pack p1 can still be
// anything.
//
// Let N1 be the older total and c1, c2 a table's counts; signals do not leave a
// window that only grows, so N2-N1 must be at least the sum of c2-c1. Take each
// c2 at its lower bound, and c1 there too, except that a count that rises may
// have risen a little already (rise). With S1, S2 the sums of the lower bounds
// and R that of the rises, all but that of the count in question, N2 must reach
// S2 + max(0, N1-S1-R) at least. N1 is its own lower bound, unless some table
// fills that up, so that a hidden count in it needs a higher N1. As every table
// fits with this one N1 and N2 = the upper bound, the tables fit together.
func room(p1, p2 Pack, shape []Dimension) (least, up int) {
	tables := moves(p1, p2, shape)
	n1 := p1.Total.Lo
	for _, t := range tables {
		s1, some := 0, false
		for _, m := range t {
			s1 += m.lo1
			some = some || m.hidden
		}
		if some && s1 == p1.Total.Lo {
			n1 = min(p1.Total.Hi, p1.Total.Lo+p1.Step-1)
		}
	}
	least = p1.Total.Lo
	for _, t := range tables {
		s1, s2, rise, own := 0, 0, 0, 0
		for _, m := range t {
			s1 += m.lo1
			s2 += m.lo2
			rise += m.rise
			if m.hidden {
				own = max(own, m.rise)
			}
		}
		least = max(least, s2)
		up = max(up, s2+max(0, n1-s1-(rise-own)))
	}
	return least, up
}

// moves are the counts of two packs side by side, those that add up together:
// of a table with several answers a signal, each stands alone.
func moves(p1, p2 Pack, shape []Dimension) [][]move {
	var out [][]move
	for _, t2 := range p2.Tables {
		t1, _ := p1.table(t2.ID)
		var all []move
		for _, r := range t2.Rows {
			b1, known := t1.row(r.ID)
			m := moved(b1, r.Band, p1.Step, known)
			if t2.Multi {
				out = append(out, []move{m})
			} else {
				all = append(all, m)
			}
		}
		if len(all) > 0 {
			out = append(out, all)
		}
	}
	for _, d := range shape {
		if d.Rank == 0 {
			continue
		}
		lo1 := climb(d, p1.rank(d.ID), p1.Step, nil)
		for id, lo2 := range climb(d, p2.rank(d.ID), p2.Step, lo1) {
			m := move{lo2: lo2, hidden: true, rise: p2.Step - 1}
			if lo, known := lo1[id]; known {
				m = move{lo1: lo, lo2: lo2, rise: min(lo2-lo, p2.Step-1)}
			}
			out = append(out, []move{m})
		}
	}
	return out
}

// climb is what a rank says of its rows: each is k at least, and no less than
// those after it; more, where the order of the configuration would put it after
// an equal. The last is no less than what is left out. before is what an older
// pack said of its rows.
func climb(d Dimension, r Rank, k int, before map[string]int) map[string]int {
	out := map[string]int{}
	lo, last := k, len(d.Rows)
	over := func(at, n int) {
		if n > lo || n == lo && at < last {
			lo, last = n, at
		}
	}
	for at, row := range d.Rows {
		if !r.has(row.ID) {
			over(at, before[row.ID])
		}
	}
	for _, row := range slices.Backward(r.Rows) {
		at := slices.IndexFunc(d.Rows, func(x RowName) bool { return x.ID == row.ID })
		if at < 0 {
			continue // of another configuration
		}
		if at > last {
			lo += k
		}
		lo, last = max(lo, before[row.ID]), at
		out[row.ID] = lo
	}
	return out
}

// moved is one count. One that is hidden by rule 3 is k at least.
func moved(b1, b2 Band, k int, known bool) move {
	m := move{lo1: b1.Lo, lo2: b2.Lo, hidden: b1.Small()}
	if !known {
		return move{lo2: b2.Lo}
	}
	if b1.Hidden() {
		m.lo1 = k
	}
	if b2.Hidden() {
		m.lo2 = k
	}
	m.lo2 = max(m.lo2, m.lo1)
	m.rise = min(m.lo2-m.lo1, k-1) // and stays within its interval
	return m
}
