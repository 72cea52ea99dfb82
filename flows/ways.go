package flows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/config/private"
)

// maxPlaces bounds the walk of Check; the intake has some thousands.
const maxPlaces = 200_000

// place is where a dialogue can be: what Check finds by walking. Dialogues that
// answered differently but that no condition can tell apart are one place.
type place struct {
	step string
	ends bool     // some answer here ends the dialogue
	next []string // keys
}

// ways walks everything a person can choose and says which steps are never
// reached and from where no end can be reached.
func (c *checker) ways() {
	w := walker{f: c.f, atoms: atoms(c.f), places: map[string]*place{}}
	queue := []State{{}}
	for _, st := range c.f.Steps {
		if st.Aside { // the program may lead there from anywhere
			queue = append(queue, State{At: st.ID})
		}
	}
	for len(queue) > 0 && len(w.places) < maxPlaces {
		s := queue[0]
		queue = append(queue[1:], w.visit(s)...)
	}
	if len(queue) > 0 {
		c.bad("more than %d places: too large to check", maxPlaces)
		return
	}
	reached := map[string]bool{}
	for _, p := range w.places {
		reached[p.step] = true
	}
	linked := map[string]bool{}
	for _, st := range c.f.Steps {
		for _, q := range st.Questions {
			for _, o := range q.Options {
				linked[o.Goto] = true
			}
		}
	}
	for _, st := range c.f.Steps {
		if !reached[st.ID] || (st.Aside && !linked[st.ID]) {
			c.bad("step %s is never reached", st.ID)
		}
	}
	lost := map[string]bool{}
	ending := w.ending()
	for key, p := range w.places {
		if !ending[key] {
			lost[p.step] = true
		}
	}
	for _, st := range append(c.f.Steps, Step{}) {
		switch {
		case lost[st.ID] && st.ID == "":
			c.bad("a way runs out of questions without an end")
		case lost[st.ID]:
			c.bad("from step %s no end can be reached", st.ID)
		}
	}
}

type walker struct {
	f      *Flow
	atoms  []Cond
	places map[string]*place
}

// visit records where s is and returns the dialogues one answer further.
func (w *walker) visit(s State) []State {
	v := w.f.look(s)
	st, row, _ := v.at(s)
	key := w.key(v, st, row)
	if w.places[key] != nil {
		return nil
	}
	p := &place{step: st.ID}
	w.places[key] = p
	if st.ID == "" {
		return nil
	}
	var next []State
	for _, r := range w.samples(st) {
		to, res, problems := w.f.Answer(s, r)
		if len(problems) > 0 {
			continue
		}
		if res.End != GoesOn {
			p.ends = true
			continue
		}
		tv := w.f.look(to)
		tst, trow, _ := tv.at(to)
		p.next = append(p.next, w.key(tv, tst, trow))
		next = append(next, to)
	}
	return next
}

// key tells places apart: the step, which conditions hold, and what is open.
func (w *walker) key(v *view, st Step, row int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%d/", st.ID, min(row, 2))
	for i := range w.atoms {
		if v.holds(&w.atoms[i]) {
			fmt.Fprintf(&b, "%d,", i)
		}
	}
	for _, x := range v.steps {
		if v.answered(x) {
			full := x.Rows > 0 && v.count(x.ID) >= x.Rows
			fmt.Fprintf(&b, "/%s%d%t", x.ID, min(v.count(x.ID), 2), full)
		}
	}
	return b.String()
}

// ending returns the places from which an end can be reached.
func (w *walker) ending() map[string]bool {
	before := map[string][]string{}
	ok := map[string]bool{}
	var queue []string
	for key, p := range w.places {
		for _, n := range p.next {
			before[n] = append(before[n], key)
		}
		if p.ends {
			ok[key] = true
			queue = append(queue, key)
		}
	}
	for len(queue) > 0 {
		key := queue[0]
		queue = queue[1:]
		for _, b := range before[key] {
			if !ok[b] {
				ok[b] = true
				queue = append(queue, b)
			}
		}
	}
	return ok
}

// samples are answers to a step that differ in all that a condition or a way
// can see: every option of One; of Many each option alone, and each pair.
func (w *walker) samples(st Step) []Row {
	rows := []Row{{}}
	if st.Skip {
		rows = append(rows, skipped())
	}
	for _, q := range st.Questions {
		var vary [][]private.Text
		switch q.Kind {
		case One, Many:
			vary = w.choices(st, q)
		case Date:
			vary = [][]private.Text{private.List("2026-01-31")}
		default:
			vary = [][]private.Text{private.List(sample(q))}
		}
		if q.Optional {
			vary = append(vary[:len(vary):len(vary)], nil)
			if !q.chosen() {
				vary = vary[:1]
			}
		}
		var more []Row
		for _, r := range rows {
			if r.Skipped() {
				more = append(more, r)
				continue
			}
			for _, vals := range vary {
				c := Row{}
				for id, was := range r {
					c[id] = was
				}
				if len(vals) > 0 {
					c[q.ID] = vals
				}
				more = append(more, c)
			}
		}
		rows = more
	}
	return rows
}

// choices are the answers to one question of a step worth trying.
func (w *walker) choices(st Step, q Question) [][]private.Text {
	var seen, rest []Option
	for _, o := range q.Options {
		if w.seen(st, q, o) {
			seen = append(seen, o)
		} else {
			rest = append(rest, o)
		}
	}
	if len(rest) > 0 {
		seen = append(seen, rest[0]) // one stands for all that look alike
	}
	var out [][]private.Text
	for i, o := range seen {
		out = append(out, private.List(o.ID))
		if q.Kind != Many || o.Alone {
			continue
		}
		for _, other := range seen[i+1:] {
			if !other.Alone {
				out = append(out, private.List(o.ID, other.ID))
			}
		}
	}
	return out
}

// seen reports whether anything in the flow depends on this option.
func (w *walker) seen(st Step, q Question, o Option) bool {
	if o.Goto != "" || o.End != GoesOn || o.Alone {
		return true
	}
	return slices.ContainsFunc(w.atoms, func(k Cond) bool {
		return k.Step == st.ID && k.Question == q.ID && slices.Contains(k.Is, o.ID)
	})
}

func sample(q Question) string {
	switch {
	case q.Shape == Postcode:
		return "3441 AB"
	case q.Shape == KvK:
		return "12345678"
	case q.Kind == Phone:
		return "0348 428911"
	}
	return "x"
}

// atoms are the simple conditions in the flow, each once.
func atoms(f *Flow) []Cond {
	seen := map[string]bool{}
	var out []Cond
	var add func(k *Cond)
	add = func(k *Cond) {
		if k == nil {
			return
		}
		add(k.Not)
		for _, sub := range slices.Concat(k.All, k.Any) {
			add(&sub)
		}
		if k.Step != "" {
			b, _ := json.Marshal(k)
			if !seen[string(b)] {
				seen[string(b)] = true
				out = append(out, *k)
			}
		}
	}
	for _, st := range f.Steps {
		add(st.When)
		for _, q := range st.Questions {
			add(q.When)
			add(q.First)
			add(q.Must)
			for _, o := range q.Options {
				add(o.When)
			}
		}
	}
	return out
}
