package flows

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/meldroute/meldroute/config/private"
)

// ErrNowhere says that a dialogue cannot go to a step: it does not exist, does
// not apply, or comes after one that is still open.
var ErrNowhere = errors.New("flows: that step cannot be reached now")

// Result is what an answer led to.
type Result struct {
	End End
	// Door is the id of the option that led to Door, Advice or Erase.
	Door     string
	Warnings []Warning
}

// At returns the step that is being asked, without the questions and options
// that do not apply. It is the zero Step when nothing is left to ask, which
// cannot be in a flow that passed Check.
func (f *Flow) At(s State) Step {
	st, _, _ := f.look(s).at(s)
	return st
}

// Given returns what was answered before to the step that is being asked, to
// be shown in its form, and which row that is: 0 for a new one.
func (f *Flow) Given(s State) (Row, int) {
	v := f.look(s)
	st, row, ok := v.at(s)
	switch rows := v.rows[st.ID]; {
	case !ok || st.Aside || len(rows) == 0 || rows[0].Skipped():
		return nil, 0
	case st.Rows == 0:
		return rows[0], 0
	case row > 0:
		return rows[row-1], row
	}
	return nil, 0
}

// Answer takes an answer to the step that is being asked. With problems the
// state is unchanged and nothing of the answer is kept. A row that says
// nothing, or that marks a skip, skips a step that may be skipped.
func (f *Flow) Answer(s State, row Row) (State, Result, Problems) {
	v := f.look(s)
	st, n, ok := v.at(s)
	if !ok {
		return s, Result{}, Problems{"": {Text: T("e.done")}}
	}
	if st.Skip && (row.Skipped() || blank(row)) {
		if n > 0 && !row.Skipped() { // a row that was emptied
			next, _ := f.Drop(s, st.ID, n)
			return next, Result{}, nil
		}
		next, _, _ := f.Skip(s)
		return next, Result{}, nil
	}
	kept, warn, problems := v.check(st, row)
	if len(problems) > 0 {
		return s, Result{}, problems
	}
	opt := leads(st, kept)
	res := Result{End: st.End, Warnings: warn}
	if opt.End != GoesOn {
		res.End = opt.End
	}
	if res.End == Door || res.End == Advice || res.End == Erase {
		res.Door = opt.ID
	}
	next := s.copy()
	next.At, next.Row = opt.Goto, opt.Row
	switch {
	case opt.Again:
		delete(next.Answers, st.ID)
	case st.Review, st.Aside && res.End == GoesOn:
		// these lead somewhere and are no answers of the report
	default:
		next.Answers[st.ID] = put(st, v.rows[st.ID], n, kept)
	}
	return f.settle(next), res, nil
}

// Skip answers the step that is being asked with "Weet ik niet". ok is false,
// and the state unchanged, where that is no answer. A row that was being added
// or changed stays as it was. The Result is that of an answer that goes on.
func (f *Flow) Skip(s State) (next State, res Result, ok bool) {
	v := f.look(s)
	st, _, ok := v.at(s)
	if !ok || !st.Skip {
		return s, Result{}, false
	}
	next = s.copy()
	next.At, next.Row = "", 0
	if !st.Aside && (v.count(st.ID) == 0 || st.Rows == 0) {
		next.Answers[st.ID] = []Row{skipped()}
	}
	return f.settle(next), Result{}, true
}

// Back goes to the question before. ok is false at the first one.
func (f *Flow) Back(s State) (prev State, ok bool) {
	v := f.look(s)
	st, row, ok := v.at(s)
	if !ok {
		return s, false
	}
	prev = s.copy()
	prev.At, prev.Row = "", 0
	if st.Aside {
		prev.At = v.leader(st.ID)
		return f.settle(prev), true
	}
	if st.Rows > 0 && row == 0 && v.count(st.ID) > 0 {
		return f.settle(prev), true // from a row that was to be added
	}
	if row > 1 {
		prev.At, prev.Row = st.ID, row-1
		return f.settle(prev), true
	}
	i := slices.IndexFunc(v.steps, func(x Step) bool { return x.ID == st.ID })
	for i--; i >= 0; i-- {
		if before := &v.steps[i]; v.answered(before) {
			prev.At, prev.Row = before.ID, 0
			if before.Rows > 0 {
				prev.Row = v.count(before.ID)
			}
			return f.settle(prev), true
		}
	}
	return s, false
}

// leader is the step that an Aside step was reached from: one whose option
// leads there, an answered one before others.
func (v *view) leader(id string) string {
	var found string
	for _, st := range v.f.Steps {
		for _, q := range st.Questions {
			for _, o := range q.Options {
				if o.Goto != id || st.ID == id {
					continue
				}
				for _, r := range v.rows[st.ID] {
					if slices.Contains(r.Strings(q.ID), o.ID) {
						return st.ID
					}
				}
				if found == "" {
					found = st.ID
				}
			}
		}
	}
	return found
}

// Goto leads to a step: an Aside one, one that was answered, or the one that is
// open. Row is which row is to be changed, from 1; 0 adds one, and is the only
// row of a step without Rows.
func (f *Flow) Goto(s State, step string, row int) (State, error) {
	v := f.look(s)
	st, _, ok := v.named(step, row)
	if !ok {
		return s, ErrNowhere
	}
	next := s.copy()
	next.At, next.Row = st.ID, row
	return f.settle(next), nil
}

// Drop removes a row, counted from 1. Without rows the step is asked again.
func (f *Flow) Drop(s State, step string, row int) (State, error) {
	v := f.look(s)
	st, ok := v.visible(step)
	if !ok || st.Rows == 0 || row < 1 || row > v.count(step) {
		return s, fmt.Errorf("flows: drop row %d: %w", row, ErrNowhere)
	}
	next := s.copy()
	next.Answers[step] = slices.Delete(slices.Clone(v.rows[step]), row-1, row)
	if len(next.Answers[step]) == 0 {
		delete(next.Answers, step)
	}
	next.At, next.Row = "", 0
	return f.settle(next), nil
}

// settle drops a place that is not lawful, or that is where the dialogue would
// be anyway, so that equal dialogues have equal states.
func (f *Flow) settle(s State) State {
	v := f.look(s)
	st, row, ok := v.named(s.At, s.Row)
	if open, _ := v.open(); !ok || (open.ID == st.ID && row == 0 && v.count(st.ID) == 0) {
		s.At, s.Row = "", 0
	}
	return s
}

func (s State) copy() State {
	c := State{Answers: maps.Clone(s.Answers), At: s.At, Row: s.Row}
	if c.Answers == nil {
		c.Answers = map[string][]Row{}
	}
	return c
}

// put returns rows with one more, or with row n changed. Rows are never written
// in place: states share them.
func put(st Step, rows []Row, n int, row Row) []Row {
	if st.Rows == 0 || len(rows) == 0 || rows[0].Skipped() {
		return []Row{row}
	}
	rows = slices.Clone(rows)
	if n > 0 {
		rows[n-1] = row
		return rows
	}
	return append(rows, row)
}

// leads returns the chosen option that leads somewhere; the zero Option when
// the answer goes on to the next step.
func leads(st Step, row Row) Option {
	var last Option
	for _, q := range st.Questions {
		if q.Kind != One {
			continue
		}
		if o, ok := q.Option(row.First(q.ID).Reveal()); ok && (o.Goto != "" || o.End != GoesOn) {
			return o
		} else if ok && len(st.Questions) == 1 {
			last = Option{ID: o.ID}
		}
	}
	return last
}

// blank reports whether nothing was filled in.
func blank(row Row) bool {
	for _, vals := range row {
		for _, val := range vals {
			if s, ok := clean(val.Reveal(), false); !ok || s != "" {
				return false
			}
		}
	}
	return true
}

// check reads one row of answers against its step.
func (v *view) check(st Step, in Row) (Row, []Warning, Problems) {
	out, problems := Row{}, Problems{}
	var warn []Warning
	whole, _ := v.f.Step(st.ID)
	for id := range in {
		if _, ok := st.Question(id); ok {
			continue
		}
		if _, hidden := whole.Question(id); !hidden {
			problems[""] = Problem{Text: T("e.form")}
		}
	}
	for _, q := range st.Questions {
		vals, p, w := read(q, in[q.ID])
		switch {
		case p != nil:
			problems[q.ID] = *p
		case len(vals) > 0:
			out[q.ID] = vals
		case !q.Optional:
			problems[q.ID] = missing(q)
		}
		for _, t := range w {
			warn = append(warn, Warning{Question: q.ID, Text: t})
		}
	}
	form := &view{f: v.f, rows: maps.Clone(v.rows)}
	form.rows[st.ID] = []Row{out}
	for _, q := range st.Questions {
		_, bad := problems[q.ID]
		if q.Must != nil && !bad && len(out[q.ID]) == 0 && form.holds(q.Must) {
			problems[q.ID] = missing(q)
		}
	}
	return out, warn, problems
}

// read checks the values of one question.
func read(q Question, in []private.Text) ([]private.Text, *Problem, []Text) {
	if !q.chosen() {
		if len(in) > 1 {
			return nil, &Problem{Text: T("e.form")}, nil
		}
		if len(in) == 0 {
			return nil, nil, nil
		}
		text, p, warn := checkText(q, in[0].Reveal())
		if p != nil || text == "" {
			return nil, p, nil
		}
		return private.List(text), nil, warn
	}
	picked := map[string]bool{}
	for _, val := range in {
		if id := val.Reveal(); id != "" {
			if _, ok := q.Option(id); !ok {
				return nil, &Problem{Text: T("e.choice")}, nil
			}
			picked[id] = true
		}
	}
	if q.Kind == One && len(picked) > 1 {
		return nil, &Problem{Text: T("e.one")}, nil
	}
	var out []private.Text
	for _, o := range q.Options {
		if !picked[o.ID] {
			continue
		}
		if o.Alone && len(picked) > 1 {
			return nil, &Problem{Text: T("e.alone")}, nil
		}
		out = append(out, private.New(o.ID))
	}
	return out, nil, nil
}

func missing(q Question) Problem {
	if !q.Missing.IsZero() {
		return Problem{Text: q.Missing}
	}
	if _, ok := q.Option(Unknown); ok {
		return Problem{Text: T("e.required.unknown")}
	}
	return Problem{Text: T("e.required")}
}
