package figures_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/bot/figures"
)

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// add counts n signals with these cells.
func add(t *testing.T, to *figures.Tally, n int, cells map[string][]string) {
	t.Helper()
	for range n {
		c := figures.Case{Half: to.Half, Cells: cells, Reported: len(cells["reported"]) > 0, Times: map[string]time.Duration{}, Minutes: 45}
		for _, step := range cells[figures.DimStep] {
			c.Times[step] = 30 * time.Hour
		}
		if err := to.Add(c); err != nil {
			t.Fatal(err)
		}
	}
}

// shown writes what a pack shows, a line a number.
func shown(p figures.Pack) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "total %s, advice %s\n", p.Total, p.Advice)
	for _, t := range p.Tables {
		for _, r := range t.Rows {
			fmt.Fprintf(&b, "%s %s: %s\n", t.ID, r.ID, r.Band)
		}
	}
	for _, r := range p.Ranks {
		var ids []string
		for _, x := range r.Rows {
			ids = append(ids, x.ID)
		}
		fmt.Fprintf(&b, "%s: %s\n", r.ID, strings.Join(ids, " "))
	}
	for _, x := range p.Times {
		fmt.Fprintf(&b, "half of %s within: %s\n", x.Step, x.Span)
	}
	fmt.Fprintf(&b, "hours %d of %d, cases %d\n", p.Hours.Role, p.Hours.Budget, p.Hours.Case)
	for _, x := range p.Police {
		fmt.Fprintf(&b, "police %s: %s, minors %s\n", x.Half, x.Registrations, x.Minors)
	}
	return b.Bytes()
}

// Three data sets show exactly what the rules ask, no less and no more: a
// municipality with hardly any signals, one with some, one with many.
func TestStatedCells(t *testing.T) {
	t.Parallel()
	sh := shape(t)
	to := half(t, "2026-1")
	w := figures.WindowOf(to, 24)
	labour := map[string][]string{"form": {"labour"}, "sign": {"debts", "no_passport"}, "signgroup": {"travel"}, "department": {"supervision"},
		"age": {"23_plus"}, "housing": {"yes"}, "step": {"read", "decided", "firstword"}, "reported": {"yes"}, "kind": {"nla", "care"}, "feedback": {"asked", "got"}}
	sexual := map[string][]string{"form": {"sexual"}, "sign": {"companion"}, "signgroup": {"person"}, "department": {"social"}, "age": {"minor", "unknown"},
		"group": {"group_youth"}, "step": {"read", "decided", "firstword", "lastword"}, "reported": {"yes"}, "kind": {"care", "veilig_thuis"},
		"feedback": {"asked", "told"}, "reason": {"action_taken"}, "help": {"reached"}}
	quick := map[string][]string{"form": {"unknown"}, "department": {"kcc"}, "step": {"read", "firstword", "lastword"}, "feedback": {"told"}, "reason": {"not_trafficking"}}
	acute := map[string][]string{} // was asked nothing, and is open
	for _, set := range []struct {
		name string
		// how many of each, per half-year
		labour, sexual, quick, acute [4]int
	}{
		{"few", [4]int{1, 0, 1, 0}, [4]int{0, 1, 0, 0}, [4]int{1, 0, 1, 1}, [4]int{}},
		{"some", [4]int{3, 2, 4, 3}, [4]int{2, 1, 1, 1}, [4]int{2, 1, 2, 2}, [4]int{0, 1, 0, 0}},
		{"many", [4]int{9, 6, 7, 8}, [4]int{5, 6, 4, 9}, [4]int{3, 2, 4, 3}, [4]int{1, 2, 1, 1}},
	} {
		all := map[figures.Half]figures.Tally{}
		for i, h := range w.Halves() {
			one := figures.NewTally(h)
			add(t, &one, set.labour[i], labour)
			add(t, &one, set.sexual[i], sexual)
			add(t, &one, set.quick[i], quick)
			add(t, &one, set.acute[i], acute)
			all[h] = one
		}
		in := input(sh, w, all)
		in.Advice = map[figures.Half]int{to: 4, to - 1: 3}
		in.Role = map[figures.Half]int{to: 1890, to - 1: 600, to - 3: 1500}
		in.Entered = figures.Entered{Police: map[figures.Half]figures.PoliceCount{to: {Vice: 7, Images: 6, Minors: 4}, to - 3: {Vice: 1}}}
		golden(t, "masked-"+set.name+".golden", shown(build(t, in)))
	}
}
