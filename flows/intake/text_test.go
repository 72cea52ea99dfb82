package intake_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
)

// Every flow of this package passes the check that the program makes at start.
func TestFlowsAreLawful(t *testing.T) {
	t.Parallel()
	bare := woerden()
	bare.Officers, bare.Doors, bare.Branches, bare.Departments, bare.Card = nil, nil, nil, nil, flows.Text{}
	for _, f := range append(all(), intake.Build(bare)) {
		if err := flows.Check(f); err != nil {
			t.Errorf("%s:\n%v", f.Name, err)
		}
	}
}

// Every text that a flow can emit exists in both languages, with the same
// placeholders.
func TestTextsExist(t *testing.T) {
	t.Parallel()
	nl, en := catalog(t, "nl"), catalog(t, "en")
	for _, f := range all() {
		for _, id := range f.TextIDs() {
			if nl[id] == "" || en[id] == "" {
				t.Errorf("%s: text %s is missing", f.Name, id)
			}
		}
	}
	for id := range nl {
		if got, want := slots(en[id]), slots(nl[id]); got != want {
			t.Errorf("%s: English has %s, Dutch %s", id, got, want)
		}
	}
	if len(nl) != len(en) {
		t.Errorf("%d texts in Dutch, %d in English", len(nl), len(en))
	}
}

var slot = regexp.MustCompile(`\{\{\.[A-Za-z]+\}\}`)

func slots(s string) string { return strings.Join(slot.FindAllString(s, -1), " ") }

// English never speaks of the human trafficking officer, and nobody is told to
// send content by mail.
func TestWordsThatMustNotBe(t *testing.T) {
	t.Parallel()
	for id, s := range catalog(t, "en") {
		if strings.Contains(strings.ToLower(s), "human trafficking officer") {
			t.Errorf("%s names the officer wrongly", id)
		}
	}
	for lang, bad := range map[string]string{"nl": `(?i)\b(e-?mail|score|risico)`, "en": `(?i)\b(e-?mail|score|risk)`} {
		for id, s := range catalog(t, lang) {
			if regexp.MustCompile(bad).MatchString(s) {
				t.Errorf("%s %s: %q", lang, id, s)
			}
		}
	}
}

// Sentences are short enough for B1: on average at most 10 words, never over 15.
func TestTextsAreReadable(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"nl", "en"} {
		total, count := 0, 0
		for id, s := range catalog(t, lang) {
			for _, sentence := range regexp.MustCompile(`[.!?:](\*\*)?(\s|$)|\n`).Split(s, -1) {
				n := countWords(sentence)
				if n > 15 {
					t.Errorf("%s %s: %d words: %q", lang, id, n, sentence)
				}
				if n > 0 {
					total, count = total+n, count+1
				}
			}
		}
		if mean := float64(total) / float64(count); mean > 10 {
			t.Errorf("%s: %.1f words a sentence", lang, mean)
		}
	}
}

// Labels fit the narrowest platform: option 75 characters, form title 24 (both
// Slack and Mattermost), short label 24 bytes (Mattermost).
func TestLabelsFit(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"nl", "en"} {
		in := say(catalog(t, lang), lang)
		for _, f := range all() {
			for _, st := range f.Steps {
				if s := in(st.Title); len(s) > 24 && st.Asks() == flows.Window {
					t.Errorf("%s: title of %s is %d bytes: %q", lang, st.ID, len(s), s)
				}
				for _, q := range st.Questions {
					if s := in(q.Short); len(s) > 24 || (s == "" && st.Asks() == flows.Window) {
						t.Errorf("%s: short of %s.%s is %d bytes: %q", lang, st.ID, q.ID, len(s), s)
					}
					for _, o := range q.Options {
						if n := utf8.RuneCountInString(in(o.Label)); n > 75 || n == 0 {
							t.Errorf("%s: option %s.%s=%s is %d characters", lang, st.ID, q.ID, o.ID, n)
						}
					}
				}
			}
		}
	}
}

func countWords(s string) int {
	n := 0
	for _, w := range strings.Fields(s) {
		if strings.IndexFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0 {
			n++
		}
	}
	return n
}
