package figures_test

import (
	"bytes"
	"encoding/csv"
	"image/png"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/config"
)

func view(t *testing.T, lang string) figures.View {
	t.Helper()
	texts, err := config.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return figures.View{Texts: texts, Lang: lang}
}

func sample(t *testing.T) figures.Pack {
	t.Helper()
	p, err := figures.Sample(config.Default(), view(t, "nl").Texts, figures.WindowOf(half(t, "2026-1"), 24))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func page(t *testing.T, p figures.Pack, v figures.View) string {
	t.Helper()
	var b bytes.Buffer
	if err := figures.HTML(&b, p, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var unsaid = regexp.MustCompile(`\[figures\.[a-z0-9_.]+\]|<no value>|\{\{|ZgotmplZ`)

// packs are an own pack, an empty one, and a joined one.
func packs(t *testing.T) map[string]figures.Pack {
	t.Helper()
	joined, err := figures.Join([]figures.Pack{packOf(t, "Woerden", 12), packOf(t, "Lopik", 9), packOf(t, "Montfoort", 7)})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]figures.Pack{"sample": sample(t), "empty": packOf(t, "Woerden", 0), "joined": joined}
}

// The page is whole in both languages and needs nothing from elsewhere: no
// script, no picture, no address, no event.
func TestPageStandsAlone(t *testing.T) {
	t.Parallel()
	for name, p := range packs(t) {
		for _, lang := range []string{"nl", "en"} {
			s := page(t, p, view(t, lang))
			if m := unsaid.FindString(s); m != "" {
				t.Errorf("%s in %s holds %s", name, lang, m)
			}
			for _, bad := range []string{"<script", "http:", "https:", "//", "src=", "<link", "@import", "<img", " on"} {
				if i := strings.Index(strings.ReplaceAll(s, "<!DOCTYPE", ""), bad); i >= 0 && bad != " on" || bad == " on" && regexp.MustCompile(`<[^>]* on[a-z]+=`).MatchString(s) {
					t.Errorf("%s in %s holds %q", name, lang, bad)
				}
			}
			if !strings.Contains(s, `<html lang="`+lang+`"`) {
				t.Errorf("%s: language is not %s", name, lang)
			}
		}
	}
}

// Every chart has a name, a description that says all its numbers, and a table
// with the same numbers; no id stands there twice.
func TestPageIsAccessible(t *testing.T) {
	t.Parallel()
	for name, p := range packs(t) {
		doc, err := html.Parse(strings.NewReader(page(t, p, view(t, "nl"))))
		if err != nil {
			t.Fatal(err)
		}
		seen, charts := map[string]bool{}, 0
		for n := range doc.Descendants() {
			if id := attr(n, "id"); id != "" {
				if seen[id] {
					t.Errorf("%s: id %s twice", name, id)
				}
				seen[id] = true
			}
			if n.Data != "svg" || attr(n, "role") != "img" {
				continue
			}
			charts++
			title, desc, values := "", "", 0
			for x := range n.Descendants() {
				switch {
				case x.Data == "title":
					title = inner(x)
				case x.Data == "desc":
					desc = inner(x)
				case attr(x, "class") == "value":
					values++
				}
			}
			rows := 0
			for x := range n.Parent.Descendants() {
				if x.Data == "tbody" {
					for r := range x.ChildNodes() {
						if r.Data == "tr" {
							rows++
						}
					}
				}
			}
			if title == "" || strings.Count(desc, ":") < values || values == 0 || rows != values {
				t.Errorf("%s: chart %q has %d values, %d rows, and says %q", name, title, values, rows, desc)
			}
		}
		if charts < 8 {
			t.Errorf("%s has %d charts", name, charts)
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func inner(n *html.Node) string {
	var b strings.Builder
	for x := range n.Descendants() {
		if x.Type == html.TextNode {
			b.WriteString(x.Data)
		}
	}
	return b.String()
}

// A name that is markup or a formula is neither, in the page nor in the file.
func TestNamesAreData(t *testing.T) {
	t.Parallel()
	p := packOf(t, `<b onclick="x">=1+1</b>`, 12)
	for i, evil := range []string{"=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", "<script>x</script>"} {
		p.Tables[0].Rows[i].Label = figures.Label{NL: evil}
		p.Tables[0].Rows[i].ID = evil
	}
	s := page(t, p, view(t, "nl"))
	if strings.Contains(s, "<script>") || strings.Contains(s, "<b onclick") {
		t.Error("the page holds markup")
	}
	p.Municipalities[0] = "=1+1"
	var b bytes.Buffer
	if err := figures.CSV(&b, p, view(t, "nl")); err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff")))
	in.Comma = ';'
	all, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range all {
		for _, cell := range rec {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r|") {
				t.Errorf("cell %q can be a formula", cell)
			}
		}
	}
	if len(all) < 40 || all[1][5] != "'=1+1" {
		t.Errorf("got %d rows, the first %q", len(all), all[1])
	}
}

// The pictures for the channel are PNGs that every platform takes, each with
// words, also with as many and as long names as a configuration may hold.
func TestCharts(t *testing.T) {
	t.Parallel()
	all := packs(t)
	full := sample(t)
	rows := &full.Tables[slices.IndexFunc(full.Tables, func(x figures.Table) bool { return x.ID == figures.DimForm })].Rows
	for i := len(*rows); i <= 20; i++ {
		*rows = append(*rows, (*rows)[0])
	}
	for i := range *rows {
		(*rows)[i].Label.NL = strings.Repeat("Gedwongen arbeid ", 5)[:config.MaxChoice]
	}
	all["full"] = full
	for name, p := range all {
		got, err := figures.Charts(p, view(t, "nl"))
		if err != nil || len(got) != 4 {
			t.Fatalf("%s: %d pictures, %v", name, len(got), err)
		}
		for _, x := range got {
			img, err := png.Decode(bytes.NewReader(x.PNG))
			if err != nil || img.Bounds().Dx() < 800 || unsaid.MatchString(x.Alt) || len(x.Alt) < 20 {
				t.Errorf("%s: %s is no picture of use: %v, %q", name, x.ID, err, x.Alt)
			}
			if err := (adapters.Picture{Name: "a.png", Alt: x.Alt, PNG: x.PNG}).Check(); err != nil {
				t.Errorf("%s: %s: %v", name, x.ID, err)
			}
		}
	}
}

// A per cent stands there only beside enough, and holds the true one.
func TestShare(t *testing.T) {
	t.Parallel()
	band := func(n int) figures.Band { return figures.Band{Lo: n - n%5, Hi: n - n%5 + 4} }
	for whole := range 60 {
		for part := range whole + 1 {
			lo, hi, ok := figures.Share(band(part), band(whole), 20)
			if want := part >= 5 && whole >= 20; ok != want {
				t.Fatalf("%d of %d: shown %v", part, whole, ok)
			}
			if ok && (float64(part)/float64(whole) < float64(lo)/100 || float64(part)/float64(whole) > float64(hi)/100) {
				t.Errorf("%d of %d: got %d-%d%%", part, whole, lo, hi)
			}
		}
	}
}

// exactly writes the exact table as a screen shows it.
func exactly(t *testing.T, in figures.Input, lang string) string {
	t.Helper()
	intro, facts := in.Count().Facts(view(t, lang))
	var b strings.Builder
	b.WriteString(intro + "\n")
	for _, f := range facts {
		switch {
		case f.Value.Empty():
			b.WriteString("\n" + f.Label + "\n")
		default:
			b.WriteString("- " + f.Label + ": " + f.Value.Reveal() + "\n")
		}
	}
	return b.String()
}

// The exact table says the counts, and what is zero is left out. How many were
// trained is there, of the window, and in no pack.
func TestExactTable(t *testing.T) {
	t.Parallel()
	w := figures.WindowOf(half(t, "2026-1"), 24)
	one := figures.NewTally(w.To)
	add(t, &one, 3, map[string][]string{"form": {"labour"}, "reported": {"yes"}, "kind": {"nla"}, "step": {"read"}})
	add(t, &one, 1, map[string][]string{"form": {"labour"}})
	in := input(shape(t), w, map[figures.Half]figures.Tally{w.To: one})
	year := func(n int) figures.PoliceCount { return figures.PoliceCount{Vice: n} }
	in.Entered = figures.Entered{Police: map[figures.Half]figures.PoliceCount{w.To - 3: year(4), w.To - 2: year(6), w.To - 1: year(8), w.To: year(7)}}
	in.Entered.Trained = map[figures.Half]map[string]int{w.From - 1: {"kcc": 50}, w.From: {"kcc": 3, "weg": 4}, w.To: {"kcc": 4, "boa": 0}}
	golden(t, "exact.golden", []byte(exactly(t, in, "nl")))
	for _, lang := range []string{"nl", "en"} {
		if m := unsaid.FindString(exactly(t, in, lang)); m != "" {
			t.Error(m)
		}
	}
	without := in
	without.Entered.Trained = nil
	a, errA := figures.Build(in)
	b, errB := figures.Build(without)
	if diff := cmp.Diff(b, a); diff != "" || errA != nil || errB != nil {
		t.Errorf("what was trained is in the pack (%v, %v):\n%s", errA, errB, diff)
	}
	for _, c := range []struct {
		last int
		want bool
	}{{7, true}, {6, false}} {
		in.Entered.Police[w.To] = year(c.last)
		if got := in.Count().Rises; got != c.want {
			t.Errorf("from 10 to %d: got %v", 8+c.last, got)
		}
	}
	delete(in.Entered.Police, w.To-3)
	if in.Count().Rises {
		t.Error("a year that is not known rose")
	}
}
