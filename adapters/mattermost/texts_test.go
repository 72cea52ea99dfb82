package mattermost_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every text that the package says is there in both languages with the same
// placeholders, none is left over, and sentences are short (B1).
func TestTexts(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	files, _ := filepath.Glob("*.go")
	idRE := regexp.MustCompile(`"(mattermost\.[a-z.]+[a-z])"`)
	partRE := regexp.MustCompile(`(?:say|word)\((?:text, )?"([a-z]+)"\)`) // of a family whose name is put before it
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range idRE.FindAllStringSubmatch(string(b), -1) {
			used[m[1]] = true
		}
		for _, m := range partRE.FindAllStringSubmatch(string(b), -1) {
			family := "mattermost.typed."
			if strings.HasPrefix(m[0], "word") {
				family = "mattermost.word."
			}
			used[family+m[1]] = true
		}
	}
	nl, en := catalog(t, "nl"), catalog(t, "en")
	placeRE := regexp.MustCompile(`{{\.\w+}}`)
	for id := range used {
		if nl[id] == "" || en[id] == "" {
			t.Errorf("%s is missing", id)
		}
		a, b := placeRE.FindAllString(nl[id], -1), placeRE.FindAllString(en[id], -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: placeholders %q and %q", id, a, b)
		}
	}
	for lang, texts := range map[string]map[string]string{"nl": nl, "en": en} {
		for id, s := range texts {
			if !used[id] {
				t.Errorf("%s %s is said nowhere", lang, id)
			}
			for sentence := range strings.SplitSeq(strings.NewReplacer("?", ".", "!", ".").Replace(s), ". ") {
				if n := len(strings.Fields(sentence)); n > 15 {
					t.Errorf("%s %s: a sentence of %d words", lang, id, n)
				}
			}
		}
	}
}
