// Package figures counts: which signals come up, which lead to a report, in
// which groups (policy 3.1), and how long each step takes. It makes the exact
// table that only the coördinator sees (Exact) and the masked pack for the
// meeting of the municipalities (Pack), as a page, pictures and CSV; Join adds
// the packs of several municipalities.
//
// It knows no person: Case is what is counted of one signal, Tally is what
// outlives its erasure. Who may ask, by which button or schedule, is decided
// elsewhere.
//
// # Masking, and why it holds
//
// Of a count n a pack shows the interval [m, m+k-1] with m = n rounded down to a
// multiple of k (k ≥ 5), so that 0 to k-1 is one interval, zero included.
// Percentages are made from shown intervals, ranks are of what is k or more and
// by its shown interval, medians stand only beside a shown count of ten or more:
// none of these says more than the intervals do, shown or not (climb). A pack is kept as shown and a
// half-year ends one pack only: asking again gives the same page.
//
// The promise: after any two packs, each hidden count (0 to k-1) can still be
// every number from 0 to k-1. An attacker knows the intervals, that counts are
// not negative, that no count is above the total of its half-year, and that the
// counts of a table with one answer a signal add up to at most that total. He
// does not know that they add up to it: a question may be left out (the acute
// report asks none), hand-overs to others than the five kinds have no row, an
// open case has no reason for closing. This matters. If the rows were everything,
// five rows of "0-4" under a total of "20-24" would all be 4.
//
// Within a pack: let S be the sum of a table's lower bounds and T that of the
// total. All true counts are at least their lower bounds, so S ≤ T. For a hidden
// count and any v below k: leave the others at their lower bounds, put v there,
// and let max(T, S+v) signals be in all. That is at most T+k-1, so that the same
// pack is shown.
//
// Two packs whose windows begin and end at different half-years (the first of
// each is not in the other, however much they overlap): put everything of the
// older pack in its first half-year and everything of the newer one in its last,
// each as above. Both packs are shown, for every v. This is the difference
// attack, and why windows are whole half-years.
//
// Two packs of which the newer window holds the whole older one: so it is in the
// first years, since nobody reports before there is a bot. Then a few new
// signals may be too few for what became visible: total "20-24" twice while four
// rows went from "0-4" to "5-9" says that each was 4. There the total gets a
// ruler that is chosen before its count is looked at, from what is shown already
// (room): its lowest intervals are joined until the newer total leaves room for
// every v. As the ruler does not depend on the count, its choice tells nothing.
// The proof stands at room.
//
// What is not promised: three packs or more together can rule out zero for a
// count in the middle (it rose and fell within a window). To find one exactly,
// at k = 5, takes a row that is hidden and shown by turns in nine packs.
package figures

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The errors that a person can do something about.
var (
	// ErrRunning says that a half-year has not ended: no pack ends in it yet.
	ErrRunning = errors.New("figures: half-year is not over")
	// ErrStep says that the rounding step changed while the newer window still
	// holds an older one whole.
	ErrStep = errors.New("figures: rounding step changed too early")
	// ErrOrder says that a pack of a later half-year was made already.
	ErrOrder = errors.New("figures: a later pack exists")
)

// Text is the id of the words for an error that a person can do something about;
// ok is false for any other.
func Text(err error) (id string, ok bool) {
	for _, x := range []struct {
		is error
		id string
	}{
		{ErrRunning, "running"}, {ErrOrder, "later"}, {ErrStep, "step"}, {ErrAlone, "alone"},
		{ErrWindow, "window"}, {ErrTwice, "double"}, {ErrJoined, "joined"},
	} {
		if errors.Is(err, x.is) {
			return "figures.bad." + x.id, true
		}
	}
	return "", false
}

// Half is a half-year, by the same clock as store.Period: "2026-2" is the
// second half of 2026. The zero Half is none.
type Half int

// HalfOf returns the half-year of a moment.
func HalfOf(t time.Time) Half {
	t = t.UTC()
	return Half(t.Year()*2 + (int(t.Month())-1)/6)
}

// ParseHalf reads "2026-2".
func ParseHalf(s string) (Half, error) {
	year, part, ok := strings.Cut(s, "-")
	y, err := strconv.Atoi(year)
	if !ok || err != nil || len(year) != 4 || y < 2000 || part != "1" && part != "2" {
		return 0, fmt.Errorf("figures: %.20q is not a half-year such as 2026-1", s)
	}
	return Half(y*2 + int(part[0]-'1')), nil
}

// Year is its year.
func (h Half) Year() int { return int(h) / 2 }

// First is its first day, in UTC.
func (h Half) First() time.Time {
	return time.Date(h.Year(), time.Month(1+6*(int(h)%2)), 1, 0, 0, 0, 0, time.UTC)
}

// Last is its last day, in UTC.
func (h Half) Last() time.Time { return (h + 1).First().AddDate(0, 0, -1) }

// String returns "2026-2".
func (h Half) String() string { return fmt.Sprintf("%04d-%d", h.Year(), int(h)%2+1) }

// MarshalText writes what UnmarshalText reads.
func (h Half) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads "2026-2".
func (h *Half) UnmarshalText(b []byte) error {
	var err error
	*h, err = ParseHalf(string(b))
	return err
}

// Window is the half-years From to To, both included.
type Window struct {
	From Half `json:"from"`
	To   Half `json:"to"`
}

// WindowOf is the window of so many months that ends with a half-year.
func WindowOf(to Half, months int) Window { return Window{From: to - Half(months/6) + 1, To: to} }

// Halves are its half-years, in order.
func (w Window) Halves() []Half {
	var out []Half
	for h := w.From; h <= w.To; h++ {
		out = append(out, h)
	}
	return out
}

// Label is a name in both languages.
type Label struct {
	NL string `json:"nl"`
	EN string `json:"en"`
}

// In returns the name in a language; Dutch for what is not "en".
func (l Label) In(lang string) string {
	if lang == "en" && l.EN != "" {
		return l.EN
	}
	return l.NL
}
