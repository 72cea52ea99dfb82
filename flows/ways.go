package flows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/config/private"
)

// maxPlaces bounds the walk of Check; the intake has some hundreds.
const maxPlaces = 50_000

// place is where a dialogue can be: what Check finds by walking. Dialogues that
// answered differently but that no condition still to come can tell apart are
// one place: that keeps the walk short.
type place struct {
	step string
	ends bool     // some answer here ends the dialogue
	next []string // keys
}

// ways walks everything a person can choose and says which steps are never
// reached and from where no end can be reached.
func (c *checker) ways() {
	w := newWalker(c.f)
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

// walker walks a flow. Two rows stand for all numbers of rows.
type walker struct {
	f      *Flow
	atoms  []Cond         // simple conditions
	last   []int          // per atom: the last step in order that looks at it
	again  map[string]int // per step with rows: the last step that can add one
	places map[string]*place
}

func newWalker(f *Flow) *walker {
	short := *f
	short.Steps = slices.Clone(f.Steps)
	w := &walker{f: &short, again: map[string]int{}, places: map[string]*place{}}
	at := map[string]int{}
	for i := range short.Steps {
		st := &short.Steps[i]
		st.Rows = min(st.Rows, 2)
		until := i
		if st.Aside {
			until = len(short.Steps)
		}
		for _, k := range atoms(*st) {
			b, _ := json.Marshal(k)
			n, ok := at[string(b)]
			if !ok {
				n = len(w.atoms)
				at[string(b)] = n
				w.atoms, w.last = append(w.atoms, k), append(w.last, until)
			}
			w.last[n] = max(w.last[n], until)
		}
		for _, q := range st.Questions {
			for _, o := range q.Options {
				if o.Again {
					w.again[o.Goto] = until
				}
			}
		}
	}
	return w
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
	if st.Change {
		// A change leads to a step that was walked already, and from there back
		// to what is open.
		s.At, s.Row = "", 0
		open, _ := v.open()
		p.next = append(p.next, w.key(v, open, 0))
		return []State{s}
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

// key tells places apart: the step, which conditions that are still looked at
// hold, and whether rows can be added.
func (w *walker) key(v *view, st Step, row int) string {
	open, _ := v.open()
	from := slices.IndexFunc(w.f.Steps, func(x Step) bool { return x.ID == open.ID })
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%d/%s/", st.ID, row, open.ID)
	for i := range w.atoms {
		if w.last[i] >= from && v.holds(&w.atoms[i]) {
			fmt.Fprintf(&b, "%d,", i)
		}
	}
	for _, x := range v.steps {
		if until, ok := w.again[x.ID]; ok && until >= from {
			fmt.Fprintf(&b, "/%s%d", x.ID, v.count(x.ID))
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
		if q.Optional && len(vary) > 1 {
			vary = append(vary, nil)
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

// atoms are the simple conditions of a step.
func atoms(st Step) []Cond {
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
			out = append(out, *k)
		}
	}
	add(st.When)
	for _, q := range st.Questions {
		add(q.When)
		add(q.First)
		add(q.Must)
		for _, o := range q.Options {
			add(o.When)
		}
	}
	return out
}
