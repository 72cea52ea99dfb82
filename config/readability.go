package config

import (
	"regexp"
	"strings"
	"unicode"
)

// sentenceEnd ends a sentence: a mark followed by space, or a line break. The
// dot in 18.00 or {{.Name}} is none.
var sentenceEnd = regexp.MustCompile(`[.!?…]+["'’”)]*(\s+|$)|\n+`)

// Sentences splits a text into its sentences.
func Sentences(text string) []string {
	var out []string
	for _, s := range sentenceEnd.Split(text, -1) {
		if words(s) > 0 {
			out = append(out, strings.TrimSpace(s))
		}
	}
	return out
}

// Readability measures a text by the rule of thumb for level B1 (DOMAIN 2): the
// mean of words per sentence should be at most 10, the longest at most 15. Both
// are zero for a text without words. It is for tests and for texts that a
// municipality writes.
func Readability(text string) (mean float64, longest int) {
	all := Sentences(text)
	total := 0
	for _, s := range all {
		n := words(s)
		total += n
		longest = max(longest, n)
	}
	if len(all) == 0 {
		return 0, 0
	}
	return float64(total) / float64(len(all)), longest
}

// words counts what holds a letter or a digit between spaces. Markup and dashes
// are none; a placeholder is one.
func words(s string) int {
	n := 0
	for _, w := range strings.Fields(s) {
		if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			n++
		}
	}
	return n
}
