package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/meldroute/meldroute/config"
)

// written lets the program write the meldroute with a configuration.
func written(t *testing.T, yaml string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gemeente.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(binary(t), append([]string{"-c", file, "meldroute"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	return out.String()
}

// The meldroute on paper has the six steps, every partner, and the names and
// numbers of the configuration, each marked that nobody confirmed; it loads
// nothing from elsewhere.
func TestRouteIsWritten(t *testing.T) {
	t.Parallel()
	own := "contacts:\n  confidant: {name: \"Mevrouw <b>Fuut</b>\", number: 0348-000001, confirmed: true}\npartners: {avim: {phone: 0348-000002}}\n"
	for lang, steps := range map[string]string{"nl": "Stap ", "en": "Step "} {
		page := written(t, own, "--lang", lang)
		for n := 1; n <= 6; n++ {
			if !strings.Contains(page, steps+string(rune('0'+n))) {
				t.Errorf("%s: step %d is missing", lang, n)
			}
		}
		for _, p := range config.Default().Partners {
			if !strings.Contains(page, html.EscapeString(p.Name.In(lang))) {
				t.Errorf("%s: partner %s is missing", lang, p.Code)
			}
		}
		if m := unsaid.FindString(page); m != "" || strings.Contains(page, "[route.") {
			t.Errorf("%s: a text could not be said: %q", lang, m)
		}
		for _, bad := range []string{"<b>Fuut", "src=", "href=", "url(", "<script"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page holds %q", lang, bad)
			}
		}
	}
	text := words(parse(t, written(t, own)))
	for _, want := range []string{"Mevrouw <b>Fuut</b>", "0348-000001\n", "0348-000002 te bevestigen", "Aandachtsfunctionaris 1, Aandachtsfunctionaris 2", "binnen 1 uur"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}
