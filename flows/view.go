package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/config/private"
)

// Version names the flow by its content: equal flows have equal versions. A
// session goes on with the version it began with (D17).
func (f *Flow) Version() string {
	b, err := Encode(*f)
	if err != nil {
		panic(err) // a Flow is plain data; this cannot happen
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// Encode returns the flow as canonical JSON, to be kept by its Version.
func Encode(f Flow) ([]byte, error) {
	b, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("flows: encode: %w", err)
	}
	return b, nil
}

// Decode reads what Encode wrote. A part that this program does not know is
// refused: leaving it out could turn a condition around.
func Decode(b []byte) (Flow, error) {
	var f Flow
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return Flow{}, fmt.Errorf("flows: decode: %w", err)
	}
	return f, nil
}

// Step returns the step with this id as the flow has it, nothing left out.
func (f *Flow) Step(id string) (Step, bool) {
	for i := range f.Steps {
		if f.Steps[i].ID == id {
			return f.Steps[i], true
		}
	}
	return Step{}, false
}

// Question returns the question with this id.
func (s Step) Question(id string) (Question, bool) {
	for _, q := range s.Questions {
		if q.ID == id {
			return q, true
		}
	}
	return Question{}, false
}

// Option returns the option with this id.
func (q Question) Option(id string) (Option, bool) {
	for _, o := range q.Options {
		if o.ID == id {
			return o, true
		}
	}
	return Option{}, false
}

// skipped is the row of a step that was answered with "Weet ik niet".
func skipped() Row { return Row{Unknown: private.List(Unknown)} }

// Skipped reports whether r marks a step that was skipped.
func (r Row) Skipped() bool { _, ok := r[Unknown]; return ok }

// First returns the first value of a question; empty when there is none.
func (r Row) First(question string) private.Text {
	if v := r[question]; len(v) > 0 {
		return v[0]
	}
	return private.Text{}
}

// Strings returns the values of a choice, which are option ids.
func (r Row) Strings(question string) []string {
	var out []string
	for _, v := range r[question] {
		out = append(out, v.Reveal())
	}
	return out
}

// view is a flow as one state sees it: the steps that apply, without the
// questions and options that do not, and the answers that still count. It is
// built from the front, so that a condition only ever sees what stands before
// it, and answers of steps that no longer apply do not count.
type view struct {
	f     *Flow
	steps []Step
	rows  map[string][]Row
}

func (f *Flow) look(s State) *view {
	v := &view{f: f, steps: make([]Step, 0, len(f.Steps)), rows: make(map[string][]Row, len(s.Answers))}
	for i := range f.Steps {
		st := &f.Steps[i]
		if st.Aside || !v.holds(st.When) {
			continue
		}
		v.steps = append(v.steps, v.filter(st))
		st = &v.steps[len(v.steps)-1]
		for _, r := range s.Answers[st.ID] {
			if r = lawful(st, r); r != nil {
				v.rows[st.ID] = append(v.rows[st.ID], r)
			}
		}
	}
	return v
}

// filter leaves out what does not apply and puts the likely questions first. A
// turn looks at the flow several times, so what has no conditions is shared.
func (v *view) filter(st *Step) Step {
	out := *st
	for i := range st.Questions {
		if st.Questions[i].conditional() {
			out.Questions = v.questions(st.Questions)
			break
		}
	}
	return out
}

func (v *view) questions(qs []Question) []Question {
	out := make([]Question, 0, len(qs))
	for _, first := range []bool{true, false} {
		for i := range qs {
			q := &qs[i]
			if (q.First != nil && v.holds(q.First)) != first || !v.holds(q.When) {
				continue
			}
			out = append(out, *q)
			if q.conditional() {
				out[len(out)-1].Options = v.options(q.Options)
			}
		}
	}
	return out
}

func (v *view) options(opts []Option) []Option {
	out := make([]Option, 0, len(opts))
	for i := range opts {
		if o := &opts[i]; v.holds(o.When) && (!o.Again || v.room(o.Goto)) {
			out = append(out, *o)
		}
	}
	return out
}

// conditional reports whether anything of the question depends on answers.
func (q *Question) conditional() bool {
	if q.When != nil || q.First != nil {
		return true
	}
	for i := range q.Options {
		if q.Options[i].When != nil || q.Options[i].Again {
			return true
		}
	}
	return false
}

// room reports whether a step takes another row.
func (v *view) room(step string) bool {
	st, ok := v.f.Step(step)
	return ok && v.count(step) < st.Rows
}

// count is how many rows a step has; the mark of a skipped step is none.
func (v *view) count(step string) int {
	if rows := v.rows[step]; len(rows) > 0 && !rows[0].Skipped() {
		return len(rows)
	}
	return 0
}

func (v *view) holds(c *Cond) bool {
	switch {
	case c == nil:
		return true
	case c.Not != nil:
		return !v.holds(c.Not)
	case len(c.All) > 0:
		for i := range c.All {
			if !v.holds(&c.All[i]) {
				return false
			}
		}
		return true
	case len(c.Any) > 0:
		for i := range c.Any {
			if v.holds(&c.Any[i]) {
				return true
			}
		}
		return false
	}
	for _, r := range v.rows[c.Step] {
		for _, val := range r[c.Question] {
			if slices.Contains(c.Is, val.Reveal()) {
				return true
			}
		}
	}
	return false
}

// lawful returns r without the answers that no longer apply, nil when nothing
// of it counts. An empty answer to a step that asks nothing required counts.
func lawful(st *Step, r Row) Row {
	if r.Skipped() {
		if !st.Skip {
			return nil
		}
		return skipped()
	}
	out := make(Row, len(r))
	for i := range st.Questions {
		q := &st.Questions[i]
		vals := r[q.ID]
		if q.chosen() && slices.ContainsFunc(vals, func(val private.Text) bool { return !q.offers(val) }) {
			vals = slices.DeleteFunc(slices.Clone(vals), func(val private.Text) bool { return !q.offers(val) })
		}
		if len(vals) > 0 {
			out[q.ID] = vals
		} else if !q.Optional {
			return nil
		}
	}
	return out
}

func (q *Question) offers(val private.Text) bool {
	for i := range q.Options {
		if q.Options[i].ID == val.Reveal() {
			return true
		}
	}
	return false
}

// chosen reports whether the question is answered with options.
func (q *Question) chosen() bool { return q.Kind == One || q.Kind == Many }

// answered reports whether an in-order step needs no more asking.
func (v *view) answered(st *Step) bool { return !st.Review && len(v.rows[st.ID]) > 0 }

// open is the first step without an answer.
func (v *view) open() (Step, bool) {
	for i := range v.steps {
		if !v.answered(&v.steps[i]) {
			return v.steps[i], true
		}
	}
	return Step{}, false
}

// visible returns an in-order step that applies.
func (v *view) visible(id string) (Step, bool) {
	for i := range v.steps {
		if v.steps[i].ID == id {
			return v.steps[i], true
		}
	}
	return Step{}, false
}

// at is the step being asked, and its row when a row is being changed. A place
// that the state names counts only when it is lawful to be there: nobody gets
// to a review with a step still open.
func (v *view) at(s State) (st Step, row int, ok bool) {
	if st, row, ok := v.named(s.At, s.Row); ok {
		return st, row, true
	}
	st, ok = v.open()
	return st, 0, ok
}

func (v *view) named(id string, row int) (Step, int, bool) {
	if id == "" {
		return Step{}, 0, false
	}
	if st, ok := v.f.Step(id); ok && st.Aside {
		if row != 0 || !v.holds(st.When) {
			return Step{}, 0, false
		}
		return v.changes(v.filter(&st)), 0, true
	}
	st, ok := v.visible(id)
	if !ok || row < 0 {
		return Step{}, 0, false
	}
	if open, ok := v.open(); !v.answered(&st) && (!ok || open.ID != st.ID) {
		return Step{}, 0, false
	}
	n := v.count(id)
	if st.Rows == 0 {
		return st, 0, row == 0
	}
	return st, row, row <= n && (row > 0 || n < st.Rows)
}
