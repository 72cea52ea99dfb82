package flows

import (
	"strings"
	"unicode"
)

// folds are the letters that people type with and without their marks.
var folds = map[string]string{
	"a": "àáâãäåāăą", "c": "çćĉċč", "d": "ďđð", "e": "èéêëēĕėęě", "g": "ĝğġģ", "h": "ĥħ",
	"i": "ìíîïĩīĭįı", "j": "ĵ", "k": "ķ", "l": "ĺļľŀł", "n": "ñńņňŉ", "o": "òóôõöøōŏő",
	"r": "ŕŗř", "s": "śŝşšș", "t": "ţťŧț", "u": "ùúûüũūŭůűų", "w": "ŵ", "y": "ýÿŷ", "z": "źżž",
	"ss": "ß", "ae": "æ", "oe": "œ", "ij": "ĳ",
}

var plain = func() map[rune]string {
	m := map[rune]string{}
	for to, from := range folds {
		for _, r := range from {
			m[r] = to
		}
	}
	return m
}()

// Fold makes words comparable: small letters without marks, digits of any
// script as 0-9, and one space in place of all else.
func Fold(s string) string { return fold(s) }

func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(s) {
		switch {
		case unicode.Is(unicode.Mn, r) || invisible(r):
			continue
		case r == '\'' || r == '’' || r == '‘' || r == '`':
			continue // foto's, don't
		}
		out := string(r)
		if to, ok := plain[r]; ok {
			out = to
		} else if d := digit(r); d >= 0 {
			out = string(rune('0' + d))
		} else if !unicode.IsLetter(r) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteString(out)
	}
	return b.String()
}
