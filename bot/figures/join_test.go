package figures_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/bot/figures"
)

// packOf is a pack of a municipality with so many signals, all about work.
func packOf(t *testing.T, name string, n int) figures.Pack {
	t.Helper()
	w := figures.WindowOf(half(t, "2026-1"), 24)
	one := figures.NewTally(w.To)
	add(t, &one, n, map[string][]string{"form": {"labour"}, "department": {"boa"}})
	in := input(shape(t), w, map[figures.Half]figures.Tally{w.To: one})
	in.Municipality = name
	return build(t, in)
}

// Joined packs add what each shows; a municipality stands beside the others
// only when three of them have enough.
func TestJoin(t *testing.T) {
	t.Parallel()
	a, b, c, d := packOf(t, "Woerden", 12), packOf(t, "Lopik", 3), packOf(t, "Montfoort", 7), packOf(t, "Oudewater", 5)
	got, err := figures.Join([]figures.Pack{a, b, c})
	if err != nil {
		t.Fatal(err)
	}
	if want := (figures.Band{Lo: 15, Hi: 27}); got.Total != want || got.Row("form", "labour") != want {
		t.Errorf("got %s and %s, want %s", got.Total, got.Row("form", "labour"), want)
	}
	if want := (figures.Band{Lo: 0, Hi: 12}); got.Row("form", "sexual") != want {
		t.Errorf("got %s, want %s", got.Row("form", "sexual"), want)
	}
	if got.Beside != nil {
		t.Errorf("two municipalities with enough stand beside one another: %v", got.Beside)
	}
	if got, err = figures.Join([]figures.Pack{a, b, c, d}); err != nil || len(got.Beside) != 4 || got.Beside[1].Total.String() != "0-4" {
		t.Errorf("got %v, %v", got.Beside, err)
	}
	if got.Hours.Budget != 240 || got.Hours.Case != -1 {
		t.Errorf("hours are %+v", got.Hours)
	}
	coarse := d
	coarse.Step = 10
	for _, packs := range [][]figures.Pack{{a, coarse}, {coarse, a}} { // it must not seem finer than its coarsest part
		if got, err := figures.Join(packs); err != nil || got.Step != 10 {
			t.Errorf("the step is %d (%v), want 10", got.Step, err)
		}
	}
	other := a
	other.Window.From++
	other.Municipalities = []string{"IJsselstein"}
	for _, bad := range []struct {
		packs []figures.Pack
		want  error
	}{{[]figures.Pack{a}, figures.ErrAlone}, {[]figures.Pack{a, a}, figures.ErrTwice}, {[]figures.Pack{a, other}, figures.ErrWindow}, {[]figures.Pack{got, a}, figures.ErrJoined}} {
		if _, err := figures.Join(bad.packs); !errors.Is(err, bad.want) {
			t.Errorf("got %v, want %v", err, bad.want)
		}
	}
}

// A pack goes through its file unchanged; a file that shows what no pack shows
// is refused.
func TestReadPack(t *testing.T) {
	t.Parallel()
	p := packOf(t, "Woerden", 12)
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := figures.ReadPack(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for old, bad := range map[string]string{
		`"lo":10`: `"lo":12`, `"lo":10,"hi":14`: `"lo":12,"hi":16`, `"step":5`: `"step":2`, `"version":1`: `"version":2`, `"from":"2024-2"`: `"from":"2030-1"`, `["Woerden"]`: `[]`, `{`: `[`,
	} {
		if _, err := figures.ReadPack(strings.NewReader(strings.Replace(string(b), old, bad, 1))); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

// A form that was filled in by hand gives what the bot would show of the same
// counts; what was left empty stays hidden.
func TestForm(t *testing.T) {
	t.Parallel()
	sh := shape(t)
	want := packOf(t, "Lopik", 12)
	var b bytes.Buffer
	if err := figures.Form(&b, want.Window, sh, view(t, "nl")); err != nil {
		t.Fatal(err)
	}
	fill := func(s string, cells map[string]string) string {
		lines := strings.Split(s, "\r\n")
		for i, line := range lines {
			f := strings.Split(line, ";")
			if v, ok := cells[strings.Join(f[:min(2, len(f))], ".")]; ok {
				lines[i] += v
			} else if i > 3 && len(f) == 4 && f[0] != "hours" && cells["rest"] != "" {
				lines[i] += cells["rest"]
			}
		}
		return strings.Join(lines, "\r\n")
	}
	read := func(s string) (figures.Pack, error) { return figures.ReadForm(strings.NewReader(s), sh, 5) }
	got, err := read(fill(b.String(), map[string]string{"pack.municipality": "Lopik", "total.signals": "12", "form.labour": "12", "department.boa": "12", "rest": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Tables, got.Tables); diff != "" || got.Total != want.Total || got.Window != want.Window {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err = read(fill(b.String(), map[string]string{"pack.municipality": "Lopik", "total.signals": " 12 ", "form.labour": "7"}))
	if err != nil || got.Row("form", "labour").String() != "5-9" || !got.Row("form", "sexual").Hidden() || !got.Advice.Hidden() {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := figures.Join([]figures.Pack{packOf(t, "Woerden", 6), got}); err != nil {
		t.Error(err)
	}
}

// What is wrong with a form is told by line, all at once, without its words.
func TestFormErrors(t *testing.T) {
	t.Parallel()
	head := "tabel;rij;omschrijving;aantal\npack;municipality;;Lopik\npack;from;;2024-2\npack;to;;2026-1\n"
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", "1 name, 1 half, 1 half, 1 total"},
		{"a picture", "\x89PNG\xff", "1 csv"},
		{"another table", "a;b\n1;2\n", "1 head"},
		{"no total", head, "1 total"},
		{"several", head + "total;signals;;5\nform;labour;;Zilvervos\nform;vogel;;3\nform;labour;;1\nage;minor;;-1\nhousing;yes;;9\nx;y\n",
			"6 count, 7 row, 8 twice, 9 count, 11 columns, 10 more"},
		{"no name, odd halves", "a;b;c;d\npack;municipality;;\npack;from;;2026\npack;to;;2026-1\npack;vos;;1\ntotal;signals;;0\n", "2 name, 3 half, 5 row"},
		{"backwards", "a,b,c,d\npack,municipality,,Lopik\npack,from,,2026-2\npack,to,,2026-1\ntotal,signals,,3,,\n", "4 order"},
	} {
		_, err := figures.ReadForm(strings.NewReader(c.in), shape(t), 5)
		var got []string
		var walk func(error)
		walk = func(err error) {
			var many interface{ Unwrap() []error }
			var one *figures.FormError
			switch {
			case errors.As(err, &many):
				for _, x := range many.Unwrap() {
					walk(x)
				}
			case errors.As(err, &one):
				got = append(got, strings.TrimPrefix(strings.ReplaceAll(strings.TrimPrefix(one.Error(), "figures: form, line "), ": figures.bad.", " "), " "))
			}
		}
		walk(err)
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: got %q, want %q", c.name, s, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "Zilvervos") {
			t.Errorf("%s: the error repeats what was filled in", c.name)
		}
	}
}
