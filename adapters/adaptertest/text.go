package adaptertest

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v3"
)

// catalogs are the real texts of an adapter, by language. Its tests run in its
// own folder, two below the top.
func catalogs(t testing.TB, name string) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, lang := range []string{"nl", "en"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "config", "texts", name+"."+lang+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := yaml.Unmarshal(b, &texts); err != nil {
			t.Fatal(err)
		}
		all[lang] = texts
	}
	return all
}

// Say gives the texts of an adapter's real catalogs; a missing one, or a
// placeholder without a value, fails the test.
func Say(t testing.TB, name string) func(lang, id string, args map[string]any) string {
	t.Helper()
	all := catalogs(t, name)
	return func(lang, id string, args map[string]any) string {
		s, ok := all[lang][id]
		if !ok {
			t.Errorf("no text %s in %q", id, lang)
		}
		var b bytes.Buffer
		if err := template.Must(template.New(id).Option("missingkey=error").Parse(s)).Execute(&b, args); err != nil {
			t.Errorf("text %s: %v", id, err)
		}
		return b.String()
	}
}

// Sources are the first groups of all matches of a pattern in the files of the
// package under test, its tests apart.
func Sources(t testing.TB, pattern string, globs ...string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	for _, glob := range globs {
		files, _ := filepath.Glob(glob)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range re.FindAllStringSubmatch(string(b), -1) {
				found = append(found, m[1])
			}
		}
	}
	return found
}

// Texts tests the catalogs of an adapter: every text that it uses is there in
// both languages with the same placeholders, none is left over, and sentences
// are short (B1).
func Texts(t *testing.T, name string, used []string) {
	t.Helper()
	all := catalogs(t, name)
	places := func(s string) []string {
		return slices.Sorted(slices.Values(regexp.MustCompile(`{{\.\w+}}`).FindAllString(s, -1)))
	}
	for _, id := range used {
		nl, en := all["nl"][id], all["en"][id]
		if nl == "" || en == "" {
			t.Errorf("%s is missing", id)
		}
		if a, b := places(nl), places(en); !slices.Equal(a, b) {
			t.Errorf("%s: placeholders %q and %q", id, a, b)
		}
	}
	for lang, texts := range all {
		for id, s := range texts {
			if !slices.Contains(used, id) {
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
