package flows

import (
	"slices"
	"strconv"

	"github.com/meldroute/meldroute/config/private"
)

// Spot is a place in a dialogue that can be changed from the review.
type Spot struct {
	Step string
	// Row is which row, from 1; 0 for a step without rows.
	Row   int
	Title Text
}

// Entry is a line of the review: a heading, or a question with its answer. A
// step that was skipped is one line, with its title for a question; a step of
// one question has no heading.
type Entry struct {
	Heading  Text
	Row      int // with Heading: which row, from 1 ("Persoon 2")
	Question Text
	Values   []Value
}

// Value is an answer: the text of an option, or what a person wrote.
type Value struct {
	Text    Text
	Private private.Text
}

// Changeable lists what can be changed, in the order in which it was asked.
// Steps outside the count (Part 0) are not content and are left out.
func (f *Flow) Changeable(s State) []Spot { return f.look(s).spots() }

func (v *view) spots() []Spot {
	var out []Spot
	for _, st := range v.steps {
		if st.Part == 0 || !v.answered(&st) {
			continue
		}
		n := v.count(st.ID)
		if st.Rows == 0 || n == 0 {
			out = append(out, Spot{Step: st.ID, Title: st.Title})
			continue
		}
		for row := 1; row <= n; row++ {
			out = append(out, Spot{Step: st.ID, Row: row, Title: st.Title})
		}
	}
	return out
}

// changes fills in the options of a Change step, before those that it has.
func (v *view) changes(st Step) Step {
	if !st.Change || len(st.Questions) == 0 {
		return st
	}
	var opts []Option
	for _, sp := range v.spots() {
		o := Option{ID: sp.Step, Label: sp.Title, Goto: sp.Step, Row: sp.Row}
		if sp.Row > 0 {
			o.ID += "." + strconv.Itoa(sp.Row)
		}
		opts = append(opts, o)
	}
	st.Questions = slices.Clone(st.Questions)
	st.Questions[0].Options = append(opts, st.Questions[0].Options...)
	return st
}

// Review lists all answers that count, to be shown to the person alone.
func (f *Flow) Review(s State) []Entry {
	v := f.look(s)
	var out []Entry
	for _, st := range v.steps {
		if st.Part == 0 || asksAgain(st) {
			continue
		}
		for i, r := range v.rows[st.ID] {
			if r.Skipped() {
				out = append(out, Entry{Question: st.Title, Values: []Value{{Text: st.skipLabel()}}})
				continue
			}
			head := Entry{Heading: st.Title}
			if st.Rows > 0 {
				head.Row = i + 1
			}
			lines := entries(st, r)
			if len(lines) > 0 && (len(st.Questions) > 1 || st.Rows > 0) {
				out = append(out, head)
			}
			out = append(out, lines...)
		}
	}
	return out
}

func entries(st Step, r Row) []Entry {
	var out []Entry
	for _, q := range st.Questions {
		var vals []Value
		for _, val := range r[q.ID] {
			if o, ok := q.Option(val.Reveal()); ok && q.chosen() {
				vals = append(vals, Value{Text: o.Label})
			} else {
				vals = append(vals, Value{Private: val})
			}
		}
		if len(vals) > 0 {
			out = append(out, Entry{Question: q.Label, Values: vals})
		}
	}
	return out
}

// skipLabel is what skipping the step means.
func (s Step) skipLabel() Text {
	if s.SkipLabel.IsZero() {
		return T("g.unknown")
	}
	return s.SkipLabel
}

// asksAgain reports whether the step only asks for another row.
func asksAgain(st Step) bool {
	for _, q := range st.Questions {
		for _, o := range q.Options {
			if o.Again {
				return true
			}
		}
	}
	return false
}

// Prune drops the answers that no longer count, since a later answer made
// their questions disappear. Do it before a report is read from the state.
func (f *Flow) Prune(s State) State {
	v := f.look(s)
	next := State{Answers: map[string][]Row{}, At: s.At, Row: s.Row}
	for _, st := range f.Steps {
		rows := v.rows[st.ID]
		if st.Aside {
			rows = s.Answers[st.ID] // kept only when it ended the dialogue
		}
		if len(rows) > 0 {
			next.Answers[st.ID] = rows
		}
	}
	return f.settle(next)
}
