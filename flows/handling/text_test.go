package handling_test

import (
	"bufio"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
)

// catalog reads the flat catalog of a language: lines of id: "text".
func catalog(t testing.TB, lang string) map[string]string {
	t.Helper()
	file, err := os.Open("../../config/texts/handling." + lang + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		id, quoted, ok := strings.Cut(lines.Text(), ": ")
		if !ok || strings.HasPrefix(id, "#") {
			continue
		}
		if out[id], err = strconv.Unquote(quoted); err != nil {
			t.Fatalf("%s %s: %v", lang, id, err)
		}
	}
	return out
}

// The catalogs hold exactly the texts that the package names.
func TestTextsExist(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	for _, id := range handling.TextIDs() {
		named[id] = true
	}
	for _, lang := range []string{"nl", "en"} {
		cat := catalog(t, lang)
		for id := range named {
			if cat[id] == "" {
				t.Errorf("%s: text %s is missing", lang, id)
			}
		}
		for id := range cat {
			if !named[id] {
				t.Errorf("%s: nobody names %s", lang, id)
			}
		}
	}
}

// Every reason to refuse that stands in the code, and every duty, has a text.
func TestReasonsAreNamed(t *testing.T) {
	t.Parallel()
	nl := catalog(t, "nl")
	for _, name := range []string{"may.go", "share.go", "apply.go", "duty.go"} {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`refuse\([^,()]+(?:\[0\])?(?:\.ID)?, "(\w+)"\)`).FindAllStringSubmatch(string(src), -1) {
			if nl["handling.refuse."+m[1]] == "" {
				t.Errorf("%s refuses for %s, which has no text", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`d\.add\("([a-z]+)"`).FindAllStringSubmatch(string(src), -1) {
			if nl["handling.duty."+m[1]] == "" {
				t.Errorf("%s owes %s, which has no text", name, m[1])
			}
		}
	}
}

// What reporters are told has no placeholder and names no partner, so that it
// cannot leak; each reason for closing has a message.
func TestTemplatesCannotLeak(t *testing.T) {
	t.Parallel()
	fits := map[string]bool{}
	for _, tpl := range handling.Templates() {
		for _, lang := range []string{"nl", "en"} {
			text := catalog(t, lang)[tpl.ID]
			if strings.Contains(text, "{{") {
				t.Errorf("%s %s has a placeholder", lang, tpl.ID)
			}
			if got := handling.Leaks(private.New(text), flows.Report{}, partners()); len(got) > 0 {
				t.Errorf("%s %s names a partner", lang, tpl.ID)
			}
			if regexp.MustCompile(`(?i)politi|police|avim|partner|onderzoek|investigat`).MatchString(text) {
				t.Errorf("%s %s says too much: %q", lang, tpl.ID, text)
			}
		}
		for _, reason := range tpl.Closes {
			if !tpl.Final {
				t.Errorf("%s closes and is not final", tpl.ID)
			}
			fits[reason+"/own"] = fits[reason+"/own"] || len(tpl.Closes) == 1
		}
	}
	for _, reason := range handling.ClosingReasons() {
		if !fits[reason+"/own"] {
			t.Errorf("no message says %s", reason)
		}
	}
}
