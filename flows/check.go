package flows

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// Limits that hold on every platform (platforms' own documentation: Slack's
// option text is 75 and its plain_text_input 3000; a list of checkboxes is 10).
const (
	maxLabel = 75
	maxText  = 3000
)

// An option's id may be the address of a person ("slack:U012AB").
var (
	idForm     = regexp.MustCompile(`^[a-z0-9_][a-z0-9_.-]{0,63}$`)
	optionForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,74}$`)
)

// Check looks through a whole flow before anybody walks it: ids, limits,
// conditions, and that every step can be reached and every way leads to an end.
// All that is wrong comes in one error.
func Check(f Flow) error {
	c := checker{f: &f}
	c.steps()
	if len(c.errs) == 0 { // a walk needs a flow in order
		c.ways()
	}
	return errors.Join(c.errs...)
}

type checker struct {
	f    *Flow
	errs []error
}

func (c *checker) bad(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("flows: "+format, args...))
}

func (c *checker) steps() {
	if len(c.f.Steps) == 0 || c.f.Name == "" {
		c.bad("a flow needs a name and steps")
	}
	seen := map[string]bool{}
	for i, st := range c.f.Steps {
		if !idForm.MatchString(st.ID) || seen[st.ID] {
			c.bad("step %q: id is malformed or there twice", st.ID)
		}
		seen[st.ID] = true
		c.step(i, st)
	}
}

func (c *checker) step(i int, st Step) {
	if st.Asks() == Buttons && st.Say.IsZero() {
		c.bad("step %s: nothing to say above its buttons", st.ID)
	}
	if st.Part < 0 || st.Part > c.f.Parts {
		c.bad("step %s: part %d of %d", st.ID, st.Part, c.f.Parts)
	}
	if (st.Part > 0 || st.Asks() == Window) && st.Title.IsZero() {
		c.bad("step %s: no title for the form or the review", st.ID)
	}
	if st.Lists != "" {
		if _, ok := c.f.Step(st.Lists); !ok {
			c.bad("step %s: lists step %q, which is not there", st.ID, st.Lists)
		}
	}
	if len(st.Questions) == 0 || st.Rows < 0 || (st.Rows > 0 && st.Aside) {
		c.bad("step %s: no questions, or rows where they cannot be", st.ID)
	}
	if (st.Change && (!st.Aside || st.Asks() != Buttons)) || (st.Review && st.Aside) || (st.Skip && (st.End != GoesOn || st.Review)) {
		c.bad("step %s: cannot be both", st.ID)
	}
	c.end(st.ID, st.End)
	c.cond(i, st.ID, st.When, false)
	seen, ways := map[string]bool{Unknown: true}, 0
	for _, q := range st.Questions {
		if !idForm.MatchString(q.ID) || seen[q.ID] {
			c.bad("step %s: question %q: id is malformed, taken, or there twice", st.ID, q.ID)
		}
		seen[q.ID] = true
		if c.question(i, st, q) {
			ways++
		}
	}
	if ways > 1 {
		c.bad("step %s: two questions lead elsewhere", st.ID)
	}
}

// question reports whether an option of q leads elsewhere.
func (c *checker) question(i int, st Step, q Question) (leads bool) {
	at := st.ID + "." + q.ID
	if q.Label.IsZero() && (st.Part > 0 || st.Asks() == Window) {
		c.bad("question %s: no label", at)
	}
	switch q.Kind {
	case One, Many:
		if len(q.Options) == 0 || q.Shape != Free {
			c.bad("question %s: no options, or a shape", at)
		}
	case Line, Area:
		if q.Max < 1 || q.Max > maxText {
			c.bad("question %s: at most %d characters, must be 1 to %d", at, q.Max, maxText)
		}
		fallthrough
	case Date, Phone:
		if len(q.Options) > 0 {
			c.bad("question %s: options on %s", at, q.Kind)
		}
	default:
		c.bad("question %s: kind %q", at, q.Kind)
	}
	c.cond(i, at, q.When, false)
	c.cond(i, at, q.First, false)
	c.cond(i, at, q.Must, true)
	if q.Must != nil && !q.Optional {
		c.bad("question %s: required and required on a condition", at)
	}
	seen := map[string]bool{}
	for _, o := range q.Options {
		if !optionForm.MatchString(o.ID) || seen[o.ID] {
			c.bad("question %s: option %q: id is malformed or there twice", at, o.ID)
		}
		seen[o.ID] = true
		c.option(i, at, q, o)
		leads = leads || o.Goto != "" || o.End != GoesOn
	}
	return leads
}

func (c *checker) option(i int, at string, q Question, o Option) {
	at += "=" + o.ID
	if o.Label.IsZero() {
		c.bad("option %s: no label", at)
	}
	if max(utf8.RuneCountInString(o.Label.NL), utf8.RuneCountInString(o.Label.EN)) > maxLabel {
		c.bad("option %s: label over %d characters", at, maxLabel)
	}
	if q.Kind == Many && (o.Goto != "" || o.End != GoesOn) {
		c.bad("option %s: one of many cannot lead elsewhere", at)
	}
	if q.Kind == One && o.Alone {
		c.bad("option %s: alone, but only one can be chosen", at)
	}
	if o.Row != 0 || (o.Goto != "" && o.End != GoesOn) || (o.Again && o.Goto == "") {
		c.bad("option %s: cannot be both", at)
	}
	if o.Goto != "" {
		to, ok := c.f.Step(o.Goto)
		switch {
		case !ok:
			c.bad("option %s: leads to %q, which is not there", at, o.Goto)
		case o.Again != (to.Rows > 0):
			c.bad("option %s: again goes with a step that has rows", at)
		case !o.Again && !to.Aside:
			c.bad("option %s: leads to %s, which is asked in order", at, to.ID)
		}
	}
	c.end(at, o.End)
	c.cond(i, at, o.When, false)
}

func (c *checker) end(at string, e End) {
	if !slices.Contains([]End{GoesOn, File, Erase, Door, Advice}, e) {
		c.bad("%s: end %q", at, e)
	}
}

// cond checks that a condition sees only what is there before it; here says
// that it may also see its own step.
func (c *checker) cond(i int, at string, k *Cond, here bool) {
	if k == nil {
		return
	}
	parts := 0
	for _, set := range []bool{len(k.All) > 0, len(k.Any) > 0, k.Not != nil, k.Step != ""} {
		if set {
			parts++
		}
	}
	if parts != 1 {
		c.bad("%s: a condition has one part, not %d", at, parts)
		return
	}
	for _, sub := range slices.Concat(k.All, k.Any) {
		c.cond(i, at, &sub, here)
	}
	c.cond(i, at, k.Not, here)
	if k.Step == "" {
		return
	}
	j := slices.IndexFunc(c.f.Steps, func(st Step) bool { return st.ID == k.Step })
	aside := i < len(c.f.Steps) && c.f.Steps[i].Aside
	switch {
	case j < 0 || c.f.Steps[j].Aside && j != i:
		c.bad("%s: condition on step %q, which is not there or aside", at, k.Step)
		return
	case j > i && !aside || j == i && !here:
		c.bad("%s: condition on step %s, which is not before it", at, k.Step)
		return
	}
	if k.Question == Unknown && c.f.Steps[j].Skip && slices.Equal(k.Is, []string{Unknown}) {
		return
	}
	q, ok := c.f.Steps[j].Question(k.Question)
	if !ok || !q.chosen() || len(k.Is) == 0 {
		c.bad("%s: condition on question %s.%s, which is not there or no choice", at, k.Step, k.Question)
		return
	}
	for _, is := range k.Is {
		if _, ok := q.Option(is); !ok {
			c.bad("%s: condition on %s.%s=%q, which is not there", at, k.Step, k.Question, is)
		}
	}
}

// TextIDs returns every id of the catalogs that walking this flow can lead to,
// sorted: its own and those of the engine.
func (f *Flow) TextIDs() []string {
	ids := map[string]bool{}
	add := func(ts ...Text) {
		for _, t := range ts {
			if t.ID != "" {
				ids[t.ID] = true
			}
		}
	}
	for _, id := range engineTexts {
		ids[id] = true
	}
	for _, st := range f.Steps {
		add(st.Title, st.Say, st.SkipLabel)
		for _, q := range st.Questions {
			add(q.Label, q.Short, q.Help, q.Missing)
			for _, o := range q.Options {
				add(o.Label, o.Help)
			}
		}
	}
	out := make([]string, 0, len(ids))
	for id := range ids {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// engineTexts are the texts that the engine itself says.
var engineTexts = []string{"e.alone", "e.bsn", "e.bytes", "e.choice", "e.date", "e.done", "e.form", "e.kvk", "e.one",
	"e.phone", "e.postcode", "e.required", "e.required.unknown", "e.toolong", "g.unknown", "w.birth", "w.iban", "w.plate"}
