package flows

import (
	"slices"
	"strings"
	"unicode"
)

// Term is what is searched for in texts on a request for access: a name, an
// address, a phone number or a number plate. It finds too much rather than too
// little: a person looks at what it finds.
type Term struct {
	words  []string // in any order, with initials for names
	number string   // letters and digits in one piece
}

// termLeast is how many letters or digits a term needs.
const termLeast = 4

// small are words of a name that do not tell people apart.
var small = strings.Fields("van von der den de het t ter ten te la le el al bin ben dhr mevr mw mevrouw meneer")

// NewTerm reads a term; ok is false when it is too short to search for.
func NewTerm(s string) (t Term, ok bool) {
	for _, w := range pieces(s) {
		if !slices.Contains(small, w) {
			t.words = append(t.words, w)
		}
	}
	whole := strings.Join(t.words, "")
	if strings.ContainsAny(whole, "0123456789") && (!strings.ContainsFunc(whole, unicode.IsLetter) || len(whole) <= 8) {
		t.number = national(whole)
	}
	long := slices.ContainsFunc(t.words, func(w string) bool { return len([]rune(w)) >= 3 })
	return t, len([]rune(whole)) >= termLeast && (long || t.number != "")
}

// pieces are the words of a text, parted where letters meet digits, so that
// "3441AB" is "3441 AB".
func pieces(s string) []string {
	var b strings.Builder
	last := ' '
	for _, r := range fold(s) {
		if unicode.IsLetter(r) && unicode.IsDigit(last) || unicode.IsDigit(r) && unicode.IsLetter(last) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last = r
	}
	return strings.Fields(b.String())
}

// national takes the country and the zero before a Dutch phone number off.
func national(s string) string {
	for _, p := range []string{"0031", "31"} {
		if rest, ok := strings.CutPrefix(s, p); ok && len(rest) >= 9 {
			return rest
		}
	}
	return strings.TrimLeft(s, "0")
}

// In reports whether a text may be about the term: it has all its words, of
// which a given name may be an initial, or its number in any way of writing.
func (t Term) In(text string) bool {
	words := pieces(text)
	if t.number != "" && strings.Contains(strings.Join(words, ""), t.number) {
		return true
	}
	whole := false
	for _, w := range t.words {
		same := slices.Contains(words, w)
		whole = whole || same && len([]rune(w)) >= 3
		if !same && !slices.ContainsFunc(words, func(x string) bool { return initial(x, w) || initial(w, x) }) {
			return false
		}
	}
	return whole
}

// initial reports whether a is the first letter of b.
func initial(a, b string) bool {
	r := []rune(a)
	return len(r) == 1 && unicode.IsLetter(r[0]) && strings.HasPrefix(b, a)
}
