package main_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters"
)

// bureau is a replica at which whole cases are played, faster than with a
// process. What anybody was shown at the desk is kept, to be searched.
type bureau struct {
	t       testing.TB
	r       *replica
	chat    *chat
	clock   *clock
	n       int
	windows []string // every form, notice and error of the desk
}

func openBureau(t testing.TB) *bureau {
	t.Helper()
	k, c := monday(), newChat()
	return &bureau{t: t, r: onFile(t).replica(t, c, k), chat: c, clock: k}
}

// said is an answer to each question of the intake, by the name of its field or
// of its question; several are parted by "; ".
type said map[string]string

// plain is a report that no rule but R1 and R15 is about; more goes before it.
func (more said) plain() said {
	in := said{"what": "Iets gezien", "when": "week", "seen": "self", "form": "other", "urgency": "normal",
		"department": "boa", "involved": "no", "contact": "chat", "nog iemand": "Nee", "wonen": "Nee"}
	for k, v := range more {
		in[k] = v
	}
	return in
}

func (b *bureau) message(who string) adapters.Message {
	b.n++
	return b.r.message(who, fmt.Sprint(who, "-", b.n))
}

// report lets an employee go through the whole intake and send it; what comes
// back is the reference.
func (b *bureau) report(who string, in said) string {
	b.t.Helper()
	b.walks(who, pressed(b.message(who), "cmd-report"), in.plain())
	return b.r.ref(who)
}

// enters lets an officer enter a signal; what comes back is the reference.
func (b *bureau) enters(who string, in said) string {
	b.t.Helper()
	said := said{"how": "phone", "day": "2026-11-23", "giver": "Mevrouw Oehoe", "giverphone": "0348 428922", "team": "boa"}
	for k, v := range in.plain() {
		said[k] = v
	}
	if said["seen"] == "self" {
		said["seen"] = "giver"
	}
	b.walks(who, typed(b.message(who), "invoeren"), said)
	for _, r := range slices.Backward(b.chat.at("web:" + who)) {
		if ref := drawn.FindString(r.Text); ref != "" {
			return ref
		}
	}
	b.t.Fatalf("%s is shown no reference", who)
	return ""
}

// walks goes through a flow from its first message until it is sent.
func (b *bureau) walks(who string, first adapters.Message, in said) {
	b.t.Helper()
	do := func(m adapters.Message) *adapters.Form {
		b.t.Helper()
		a, err := b.r.dialogue.Handle(context.Background(), m)
		if err != nil || len(a.Errors) > 0 {
			b.t.Fatalf("intake: %v %+v", err, a)
		}
		return a.Form
	}
	form := do(first)
	for range 20 {
		switch {
		case form == nil:
			form = do(pressed(b.message(who), b.answer(who, in)))
		case len(form.Fields) == 0:
			do(filled(b.message(who), form, "choose:send"))
			return
		default:
			var kv []string
			for _, f := range form.Fields {
				for _, v := range strings.Split(in[f.Name], "; ") {
					if v != "" {
						kv = append(kv, f.Name, v)
					}
				}
			}
			form = do(filled(b.message(who), form, "", kv...))
		}
	}
	b.t.Fatal("the intake does not end")
}

// answer is the token of the choice that answers the newest question.
func (b *bureau) answer(who string, in said) string {
	b.t.Helper()
	all := b.chat.at("web:" + who)
	last := all[len(all)-1]
	label := in["wonen"]
	if strings.Contains(last.Text, "Nog iemand?") {
		label = in["nog iemand"]
	}
	for _, c := range last.Choices {
		if c.Label == label {
			return c.Token
		}
	}
	b.t.Fatalf("no choice %q in %q %v", label, last.Text, last.Choices)
	return ""
}

// clerk is somebody who works at the desk, or tries to.
type clerk struct {
	b    *bureau
	id   string
	form *adapters.Form // that is open
	last adapters.Answer
}

func (b *bureau) clerk(id string) *clerk { return &clerk{b: b, id: id} }

// does one thing, and keeps what came of it.
func (c *clerk) does(m adapters.Message) adapters.Answer {
	c.b.t.Helper()
	a, err := c.b.r.desk.Handle(context.Background(), m)
	if err != nil {
		c.b.t.Fatalf("%s: %v", c.id, err)
	}
	c.last = a
	if a.Form != nil {
		c.form = a.Form
	}
	if a.Form == nil || a.Form.Title != "De melder" {
		c.b.windows = append(c.b.windows, answered(a))
	}
	return a
}

// answered is all that an answer shows.
func answered(a adapters.Answer) string {
	var w strings.Builder
	w.WriteString(a.Notice)
	for _, e := range a.Errors {
		w.WriteString("\n" + e)
	}
	if f := a.Form; f != nil {
		w.WriteString("\n" + f.Title + "\n" + f.Intro + "\n" + f.Submit)
		for _, x := range f.Facts {
			w.WriteString("\n" + x.Label + ": " + x.Value.Reveal())
		}
		for _, x := range f.Fields {
			w.WriteString("\n" + x.Label + " " + x.Help)
			for _, v := range x.Value {
				w.WriteString("\n" + v.Reveal())
			}
			for _, o := range x.Options {
				w.WriteString("\n" + o.Label + " " + o.Help)
			}
		}
		for _, x := range f.Acts {
			w.WriteString("\n" + x.Label)
		}
	}
	return w.String()
}

// opens a signal from the overview.
func (c *clerk) opens(ref string) *adapters.Form {
	c.b.t.Helper()
	for _, part := range []string{"", " gesloten"} {
		c.does(typed(c.b.message(c.id), "overzicht"+part))
		all := c.b.chat.at("web:" + c.id)
		for _, x := range all[len(all)-1].Choices {
			if x.Label == "Open "+ref {
				c.does(pressed(c.b.message(c.id), x.Token))
				return c.form
			}
		}
	}
	c.b.t.Fatalf("%s is not shown %s", c.id, ref)
	return nil
}

// takes opens a signal and takes it.
func (c *clerk) takes(ref string) {
	c.b.t.Helper()
	c.opens(ref)
	c.chooses("task.take")
}

// chooses a button of the open window.
func (c *clerk) chooses(act string) adapters.Answer {
	c.b.t.Helper()
	if !slices.ContainsFunc(c.form.Acts, func(a adapters.Act) bool { return a.Value == act }) {
		c.b.t.Fatalf("%q offers no %s: %v", c.form.Title, act, c.form.Acts)
	}
	return c.does(filled(c.b.message(c.id), c.form, act))
}

// fills in the open form.
func (c *clerk) fills(kv ...string) adapters.Answer {
	c.b.t.Helper()
	for i := 0; i < len(kv); i += 2 {
		j := slices.IndexFunc(c.form.Fields, func(f adapters.Field) bool { return f.Name == kv[i] })
		if j < 0 {
			c.b.t.Fatalf("%q has no field %q", c.form.Title, kv[i])
		}
		if o := c.form.Fields[j].Options; len(o) > 0 && !slices.ContainsFunc(o, func(o adapters.Option) bool { return o.Value == kv[i+1] }) {
			c.b.t.Fatalf("%q does not offer %q for %q", c.form.Title, kv[i+1], kv[i])
		}
	}
	return c.does(filled(c.b.message(c.id), c.form, "", kv...))
}

// task chooses a task, fills it in, and is refused nothing.
func (c *clerk) task(name string, kv ...string) {
	c.b.t.Helper()
	c.chooses("task." + name)
	if a := c.fills(kv...); len(a.Errors) > 0 || a.Notice != "" {
		c.b.t.Fatalf("%s is refused: %s", name, answered(a))
	}
}

// refused tries a task and returns the words that refuse it.
func (c *clerk) refused(name string, kv ...string) string {
	c.b.t.Helper()
	window := c.form
	c.chooses("task." + name)
	words := c.fills(kv...).Errors[""]
	if words == "" {
		c.b.t.Errorf("%s %v is not refused", name, kv)
	}
	c.form = window
	return words
}

// confidant records that no vertrouwenspersoon can help.
func (c *clerk) confidant() {
	c.b.t.Helper()
	c.task("confidant", "confidant", "notpossible", "why", "Niemand spreekt de taal.")
}

// share shows what a partner may read.
func (c *clerk) share(partner string) {
	c.b.t.Helper()
	c.chooses("task.handover")
	field := "proposed"
	for _, f := range c.form.Fields {
		if f.Name == "other" && slices.ContainsFunc(f.Options, func(o adapters.Option) bool { return o.Value == partner }) {
			field = "other"
		}
	}
	if a := c.fills(field, partner); len(a.Errors) > 0 {
		c.b.t.Fatalf("no package for %s: %s", partner, answered(a))
	}
}

// hands a case over; more fields, by name, go behind the usual ones.
func (c *clerk) hands(partner string, more ...string) {
	c.b.t.Helper()
	c.share(partner)
	kv := append([]string{"way", "phone", "contact", "Meldpunt", "date", "2026-11-23", "ground", "Eigen taak", "feedback", "2026-12-07"}, more...)
	if a := c.fills(kv...); len(a.Errors) > 0 || a.Notice != "" {
		c.b.t.Fatalf("the hand-over to %s is refused: %s", partner, answered(a))
	}
}

// tells reads what the open window says under a label.
func (c *clerk) tells(label string) string {
	var all []string
	for _, f := range c.form.Facts {
		if f.Label == label {
			all = append(all, f.Value.Reveal())
		}
	}
	return strings.Join(all, "\n")
}

// part are the facts of the open window under a heading.
func (c *clerk) part(heading string) []adapters.Fact {
	var out []adapters.Fact
	in := false
	for _, f := range c.form.Facts {
		if f.Value.Empty() {
			in = f.Label == heading
			continue
		}
		if in {
			out = append(out, f)
		}
	}
	return out
}

// name is a partner's name on the screen.
func (b *bureau) name(code string) string {
	b.t.Helper()
	p, ok := b.r.config.Partner(code)
	if !ok {
		b.t.Fatalf("the configuration has no partner %s", code)
	}
	return p.Name.In("nl")
}

// journal are the lines of the journal, oldest first.
func (b *bureau) journal() []string {
	b.t.Helper()
	ctx := context.Background()
	if _, err := b.r.store.SealJournal(ctx); err != nil {
		b.t.Fatal(err)
	}
	lines, err := b.r.store.Journal(ctx, 0, 10000)
	if err != nil {
		b.t.Fatal(err)
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.Action + " " + l.Outcome
	}
	return out
}

// lines counts the lines of the journal of a kind.
func (b *bureau) lines(what string) int {
	b.t.Helper()
	n := 0
	for _, l := range b.journal() {
		if l == what {
			n++
		}
	}
	return n
}
