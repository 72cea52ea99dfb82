package config_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
)

func texts(t *testing.T, own map[string]config.Label) *config.Texts {
	t.Helper()
	x, err := config.LoadTexts(own)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// fill gives every placeholder of a text a word.
func fill(x *config.Texts, id string) map[string]any {
	out := map[string]any{}
	for _, name := range x.Slots(id) {
		out[name] = "woord"
	}
	return out
}

// Every text of every area exists in both languages with the same placeholders
// (LoadTexts refuses anything else), and is said whole.
func TestTextsAreWhole(t *testing.T) {
	t.Parallel()
	x := texts(t, nil)
	for _, id := range x.IDs() {
		for _, lang := range []string{"nl", "en"} {
			got := x.Say(lang, id, fill(x, id))
			if got == "["+id+"]" || strings.Contains(got, "<no value>") || strings.Contains(got, "{{") {
				t.Errorf("%s in %s: got %q", id, lang, got)
			}
		}
	}
}

// Dutch is at level B1: a mean of at most 10 words a sentence, and no sentence
// of more than 15, in the catalogs and in the configuration.
func TestReadability(t *testing.T) {
	t.Parallel()
	x := texts(t, nil)
	all := map[string]string{}
	for _, id := range x.IDs() {
		all[id] = x.Say("nl", id, fill(x, id))
	}
	c := config.Default()
	for _, o := range c.Indicators {
		all["indicator "+o.ID] = o.Label.NL
	}
	for _, o := range c.Forms {
		all["form "+o.ID] = o.Label.NL
	}
	for _, d := range c.Doors {
		all["door "+d.Code] = d.Text.NL
	}
	total, sentences := 0.0, 0.0
	for id, text := range all {
		mean, longest := config.Readability(text)
		n := float64(len(config.Sentences(text)))
		total, sentences = total+mean*n, sentences+n
		if longest > 15 {
			t.Errorf("%s has a sentence of %d words: %s", id, longest, text)
		}
	}
	if mean := total / sentences; mean > 10 {
		t.Errorf("mean: got %.1f words a sentence, want at most 10", mean)
	}
}

// Sentences are counted as people read them.
func TestReadabilityCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text    string
		mean    float64
		longest int
	}{
		{"", 0, 0}, {"—", 0, 0}, {"Bel nu 112.", 3, 3}, {"Eén. Twee woorden!", 1.5, 2},
		{"Bel niet na 18.00 uur.", 5, 5}, {"Eerst dit\nDan dat hier", 2.5, 3}, {"‘Zo.’ En nu?", 1.5, 2},
	} {
		if mean, longest := config.Readability(c.text); mean != c.mean || longest != c.longest {
			t.Errorf("%q: got %v and %d, want %v and %d", c.text, mean, longest, c.mean, c.longest)
		}
	}
}

// A text that does not exist, or lacks an argument, shows its id and no half text.
func TestSayWithoutText(t *testing.T) {
	t.Parallel()
	x := texts(t, nil)
	for _, lang := range []string{"nl", "en", "", "fr"} {
		if got := x.Say(lang, "niet.daar", nil); got != "[niet.daar]" {
			t.Errorf("got %q", got)
		}
		if got := x.Say(lang, "config.ports", nil); got != "[config.ports]" {
			t.Errorf("got %q", got)
		}
	}
	if x.Has("niet.daar") || !x.Has("config.ports") {
		t.Error("Has is wrong")
	}
}

// An argument is data: it is not read as a template, and personal data stays masked.
func TestArgumentsAreData(t *testing.T) {
	t.Parallel()
	x := texts(t, nil)
	got := x.Say("nl", "config.ports", map[string]any{"Port": "{{.Port}}"})
	if !strings.Contains(got, "{{.Port}}") {
		t.Errorf("got %q", got)
	}
	got = x.Say("nl", "config.ports", map[string]any{"Port": private.New("Zilvervos")})
	if strings.Contains(got, "Zilvervos") || !strings.Contains(got, private.Mask) {
		t.Errorf("got %q", got)
	}
}

// A municipality's own words replace one language and leave the other; its
// placeholders are filled in; what does not fit is refused at load.
func TestOverrides(t *testing.T) {
	t.Parallel()
	x := texts(t, map[string]config.Label{"config.ports": {NL: "Poort {{.Port}} is bezet."}})
	a := map[string]any{"Port": "80"}
	if got, want := x.Say("nl", "config.ports", a), "Poort 80 is bezet."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := x.Say("en", "config.ports", a), texts(t, nil).Say("en", "config.ports", a); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for id, text := range map[string]string{
		"niet.daar": "x", "config.ports": "Poort", "config.empty": "{{.Port}}", "config.want.list": "{{ .X", "config.want.bool": "{{range .}}{{end}}",
	} {
		for _, own := range []config.Label{{NL: text}, {EN: text}} {
			if _, err := config.LoadTexts(map[string]config.Label{id: own}); err == nil {
				t.Errorf("%s: %q was taken", id, text)
			}
		}
	}
}

// Texts are said by many at once.
func TestSayTogether(t *testing.T) {
	t.Parallel()
	x := texts(t, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, id := range x.IDs() {
				x.Say("nl", id, fill(x, id))
			}
		})
	}
	wg.Wait()
}
