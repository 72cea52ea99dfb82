// Package flowtest plays a flow against a golden transcript. A transcript is
// the script and its outcome in one file: lines that begin with ">" are what a
// person does, all others are what the flow says; -update writes the others
// anew. It plays the pure flow: what bot/dialogue says around it, and the real
// program, have transcripts of their own.
//
// What a person does:
//
//	> typed words              an answer by label or number
//	> what=…; when=today       a form, values by question id ("," between several)
//	> /back  /skip  /goto step row  /drop step row
package flowtest

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
)

var update = flag.Bool("update", false, "write the golden transcripts anew")

// Player is a flow with the words for its texts.
type Player struct {
	Flow flows.Flow
	// Say turns a text into words, in the language of the transcript.
	Say func(flows.Text) string
	// Words are what may be typed for a text; by default what Say says.
	Words flows.Words
}

// Play plays the script in file from the beginning of the flow and compares
// what is said with the rest of the file. It returns the last state.
func (p Player) Play(t testing.TB, file string) flows.State {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if p.Words == nil {
		p.Words = func(x flows.Text) []string { return []string{p.Say(x)} }
	}
	var out strings.Builder
	s := flows.State{}
	p.show(&out, s)
	for line := range strings.Lines(string(b)) {
		act, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), ">")
		if !ok {
			continue
		}
		fmt.Fprintf(&out, "\n>%s\n", act)
		var end flows.End
		s, end = p.act(&out, s, strings.TrimSpace(act))
		if end != flows.GoesOn {
			fmt.Fprintf(&out, "= %s\n", end)
			break
		}
		p.show(&out, s)
	}
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return s
	}
	if got, want := out.String(), string(b); got != want {
		t.Errorf("%s: the transcript differs (-update writes it anew)\n%s", file, firstDifference(got, want))
	}
	return s
}

func (p Player) act(out *strings.Builder, s flows.State, act string) (flows.State, flows.End) {
	f := &p.Flow
	words := strings.Fields(act)
	switch {
	case act == "/back":
		prev, ok := f.Back(s)
		if !ok {
			out.WriteString("! the first question\n")
		}
		return prev, flows.GoesOn
	case act == "/skip":
		next, res, ok := f.Skip(s)
		if !ok {
			out.WriteString("! cannot be skipped\n")
		}
		return next, res.End
	case len(words) == 3 && (words[0] == "/goto" || words[0] == "/drop"):
		row, _ := strconv.Atoi(words[2])
		step := f.Goto
		if words[0] == "/drop" {
			step = f.Drop
		}
		next, err := step(s, words[1], row)
		if err != nil {
			fmt.Fprintf(out, "! %v\n", err)
		}
		return next, flows.GoesOn
	}
	row, ok := p.row(s, act)
	if !ok {
		out.WriteString("? not understood\n")
		return s, flows.GoesOn
	}
	next, res, problems := f.Answer(s, row)
	for _, q := range append([]flows.Question{{}}, f.At(s).Questions...) {
		if pr, ok := problems[q.ID]; ok {
			fmt.Fprintf(out, "! %s: %s\n", q.ID, p.Say(pr.Text))
		}
	}
	for _, w := range res.Warnings {
		fmt.Fprintf(out, "? %s: %s\n", w.Question, p.Say(w.Text))
	}
	if res.Door != "" {
		fmt.Fprintf(out, "= door %s\n", res.Door)
	}
	return next, res.End
}

// row reads a form ("a=1; b=2,3") or a typed answer.
func (p Player) row(s flows.State, act string) (flows.Row, bool) {
	step := p.Flow.At(s)
	if !strings.Contains(act, "=") {
		return flows.MatchStep(step, act, p.Words)
	}
	row := flows.Row{}
	for _, part := range strings.Split(act, "; ") {
		id, val, _ := strings.Cut(part, "=")
		vals := []string{val}
		if q, ok := step.Question(id); ok && q.Kind == flows.Many {
			vals = strings.Split(val, ",")
		}
		row[id] = private.List(vals...)
	}
	return row, true
}

// show writes the step that is asked. Answers are shown by the review only.
func (p Player) show(out *strings.Builder, s flows.State) {
	st := p.Flow.At(s)
	_, row := p.Flow.Given(s)
	fmt.Fprintf(out, "\n[%s", st.ID)
	if st.Part > 0 {
		fmt.Fprintf(out, ", %d/%d", st.Part, p.Flow.Parts)
	}
	if row > 0 {
		fmt.Fprintf(out, ", row %d", row)
	}
	out.WriteString("]\n")
	if !st.Say.IsZero() {
		fmt.Fprintf(out, "%s\n", p.Say(st.Say))
	}
	if list, ok := p.Flow.Step(st.Lists); ok {
		for _, q := range list.Questions {
			fmt.Fprintf(out, "# %s\n", p.Say(q.Label))
			for _, o := range q.Options {
				fmt.Fprintf(out, "- %s\n", p.Say(o.Label))
			}
		}
	}
	if st.Review {
		p.review(out, s)
	}
	n := 0
	for _, q := range st.Questions {
		if st.Asks() == flows.Window {
			fmt.Fprintf(out, "%s:", p.Say(q.Label))
		}
		for _, o := range q.Options {
			n++
			label := p.Say(o.Label)
			if o.Row > 0 {
				label += " " + strconv.Itoa(o.Row)
			}
			fmt.Fprintf(out, " [%d %s]", n, label)
		}
		out.WriteString("\n")
	}
}

func (p Player) review(out *strings.Builder, s flows.State) {
	for _, e := range p.Flow.Review(s) {
		if e.Question.IsZero() {
			fmt.Fprintf(out, "# %s", p.Say(e.Heading))
			if e.Row > 0 {
				fmt.Fprintf(out, " %d", e.Row)
			}
			out.WriteString("\n")
			continue
		}
		var vals []string
		for _, v := range e.Values {
			if v.Text.IsZero() {
				vals = append(vals, v.Private.Reveal())
			} else {
				vals = append(vals, p.Say(v.Text))
			}
		}
		fmt.Fprintf(out, "- %s %s\n", p.Say(e.Question), strings.Join(vals, " + "))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		line := func(x []string) string {
			if i < len(x) {
				return x[i]
			}
			return "(end)"
		}
		if line(g) != line(w) {
			return fmt.Sprintf("line %d:\n got %s\nwant %s", i+1, line(g), line(w))
		}
	}
	return ""
}
