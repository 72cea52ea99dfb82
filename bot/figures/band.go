package figures

import "strconv"

// Band is what is shown of a count: it is between Lo and Hi, both included, or
// at least Lo when it is Open. An open one from zero is hidden altogether.
type Band struct {
	Lo   int  `json:"lo"`
	Hi   int  `json:"hi"`
	Open bool `json:"open,omitempty"`
}

// bandOf rounds a count down to a multiple of k (rules 1 and 2).
func bandOf(n, k int) Band {
	lo := n - n%k
	return Band{Lo: lo, Hi: lo + k - 1}
}

// hidden is a band that tells nothing.
func hidden() Band { return Band{Open: true} }

// Hidden reports whether it tells nothing.
func (b Band) Hidden() bool { return b.Open && b.Lo == 0 }

// Small reports whether the count may be zero.
func (b Band) Small() bool { return b.Lo == 0 }

// Plus adds two bands: what is shown of the sum when both are shown.
func (b Band) Plus(o Band) Band {
	s := Band{Lo: b.Lo + o.Lo, Hi: b.Hi + o.Hi, Open: b.Open || o.Open}
	if s.Open {
		s.Hi = 0
	}
	return s
}

// String returns "5-9" or "10+"; "?" when it is hidden.
func (b Band) String() string {
	switch {
	case b.Hidden():
		return "?"
	case b.Open:
		return strconv.Itoa(b.Lo) + "+"
	}
	return strconv.Itoa(b.Lo) + "-" + strconv.Itoa(b.Hi)
}

// mask shows the counts of one dimension. Where pairs is set and exactly one of
// them is small, the smallest of the others is hidden too (rule 3): by what is
// shown of it, the first of equals, so that the choice tells nothing.
func mask(counts []int, k int, pairs bool) []Band {
	out := make([]Band, len(counts))
	small, least := 0, -1
	for i, n := range counts {
		out[i] = bandOf(n, k)
		if out[i].Small() {
			small++
		} else if least < 0 || out[i].Lo < out[least].Lo {
			least = i
		}
	}
	if pairs && small == 1 && least >= 0 {
		out[least] = hidden()
	}
	return out
}

// Share is which part of a whole a count is, in whole per cents, made from what
// is shown of both; ok is false below so many in the whole, or when the part is
// not shown.
func Share(part, whole Band, least int) (lo, hi int, ok bool) {
	if whole.Lo < least || whole.Open || part.Open || part.Small() {
		return 0, 0, false
	}
	return part.Lo * 100 / whole.Hi, min(100, (part.Hi*100+whole.Lo-1)/whole.Lo), true
}
