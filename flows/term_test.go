package flows_test

import (
	"testing"

	"github.com/meldroute/meldroute/flows"
)

// A term finds a name in every way of writing it, an address, a phone number
// with and without its country and a plate with and without its dashes; and not
// whatever shares a part of it.
func TestTerm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		term, text string
		want       bool
	}{
		{"Jan de Zwaluw", "J. de Zwaluw", true},
		{"Jan de Zwaluw", "de zwaluw, jan", true},
		{"Jan de Zwaluw", "Ik zag JÁN ZWALÜW lopen.", true},
		{"J. Zwaluw", "Jan Zwaluw", true},
		{"Jan de Zwaluw", "Piet de Zwaluw", false},
		{"Jan de Zwaluw", "Jan de Zwaluwstaart", false},
		{"Jan de Zwaluw", "Jan de Mees", false},
		{"Zwaluw", "De heer Zwaluw", true},
		{"Eksterlaan 12", "Het is Eksterlaan 12 in Woerden", true},
		{"Eksterlaan 12", "Het is Eksterlaan 14 in Woerden", false},
		{"06-12345678", "bel +31 6 12 34 56 78 vanavond", true},
		{"+31612345678", "06 12345678", true},
		{"0612345678", "06 12345679", false},
		{"AB-123-C", "een bus met ab123c erop", true},
		{"AB-123-C", "een bus met ab124c erop", false},
		{"3441 AB 12", "3441AB, nummer 12", true},
		{"3441AB 12", "nummer 12, 3441 ab", true},
		{"3441 AB 12", "3441AB, nummer 13", false},
	} {
		term, ok := flows.NewTerm(c.term)
		if !ok {
			t.Errorf("%q is no term", c.term)
			continue
		}
		if got := term.In(c.text); got != c.want {
			t.Errorf("%q in %q: got %v", c.term, c.text, got)
		}
	}
	for _, bad := range []string{"", "  ", "de", "Jan", "a b c d", "van der", "12"} {
		if _, ok := flows.NewTerm(bad); ok {
			t.Errorf("%q is searched for", bad)
		}
	}
}
