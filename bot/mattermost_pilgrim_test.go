package main_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
)

// pilgrim is an employee who reports on Mattermost while things break: what does
// not work he does again, when he still sees the question.
type pilgrim struct {
	*seat
	mark string // an unusual word of his report
	done int    // steps
}

func (w *town) pilgrim(t testing.TB) *pilgrim {
	t.Helper()
	mark := "Vogelnaam" + rand.Text()[:8]
	return &pilgrim{seat: w.seat(t, "pelgrim-"+mark), mark: mark}
}

// stands finds the newest question of the bot that holds a text.
func (x *pilgrim) stands(text string) (mattermosttest.Post, bool) {
	posts, err := x.Posts(x.direct)
	if err != nil {
		return mattermosttest.Post{}, false // the server is away
	}
	for _, p := range slices.Backward(posts) {
		if !p.Own && len(p.Buttons) > 0 && strings.Contains(p.Text, text) {
			return p, true
		}
	}
	return mattermosttest.Post{}, false
}

func (x *pilgrim) reads(text string) { x.until(text, func() {}) }

// until does something until a question of the bot holds a text.
func (x *pilgrim) until(text string, act func()) {
	x.t.Helper()
	until(x.t, fmt.Sprintf("%q after step %d", text, x.done), func() bool {
		if _, ok := x.stands(text); ok {
			return true
		}
		act()
		_, ok := x.stands(text)
		return ok
	})
	x.done++
}

// press presses a button of a question that still stands.
func (x *pilgrim) press(question, label string) {
	p, _ := x.stands(question)
	for _, b := range p.Buttons {
		if b.Label == label {
			if _, d, err := x.Press(p.ID, b.ID); err == nil && d != nil {
				x.dialog = d
			}
		}
	}
}

// fill opens the form of a question and fills it in, by label.
func (x *pilgrim) fill(question string, pairs ...string) func() {
	return func() {
		if send := x.sends(question, pairs...); send != nil {
			send() // what did not work is done again
		}
	}
}

// sends opens the form of a question and fills it in; what it gives sends it and
// says what is wrong. It is nil when the form does not open.
func (x *pilgrim) sends(question string, pairs ...string) func() map[string]string {
	x.t.Helper()
	x.dialog = nil
	if x.press(question, "Invullen"); x.dialog == nil {
		return nil
	}
	f, d, in := formOf(x.dialog), x.dialog, map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		fd := f.fields[f.field(pairs[i])]
		for _, v := range fd.read(x.t, pairs[i+1]) {
			if fd.kind == "checkbox" {
				in[v] = true
			} else {
				in[fd.name] = v
			}
		}
	}
	return func() map[string]string {
		wrong, err := x.Submit(x.direct, d, in)
		if err != nil {
			return map[string]string{"": err.Error()}
		}
		return wrong
	}
}

// steps are a whole report, from the first words to the receipt.
func (x *pilgrim) steps() []func() {
	const (
		one, two, three  = "Stap 1 van 7", "Stap 2 van 7", "Stap 3 van 7"
		four, more       = "Persoon", "Andere gegevens"
		six, seven, last = "Stap 6 van 7", "Stap 7 van 7", "Klopt alles?"
	)
	return []func(){
		func() {
			if _, err := x.Say(x.direct, "melden"); err != nil {
				x.t.Errorf("cannot begin: %v", err)
			}
			x.reads(one)
		},
		func() {
			x.until(two, x.fill(one, "Wat is gezien of gehoord?", "Iets met "+x.mark+".", "Wanneer?", "Vandaag", "Wie zag het?", "Ikzelf"))
		},
		func() { x.until(three, x.fill(two, "Waar denk je aan?", "Iets anders")) },
		func() { x.until(four, func() { x.press(three, "Geen van deze") }) },
		func() { x.until(more, func() { x.press(four, "Weet ik niet") }) },
		func() { x.until(six, func() { x.press(more, "Weet ik niet") }) },
		func() { x.until(seven, x.fill(six, "Hoe snel?", "Kan wachten")) },
		func() {
			x.until(last, x.fill(seven, "Jouw team", "Boa", "Gaat het over een collega?", "Nee", "Hoe bereikbaar?", "Chat"))
		},
		func() { x.until("Jouw code is M-", func() { x.press(last, "Versturen") }) },
	}
}

// account looks whether each report is one signal with one card, and stands in
// it as it was told, and whether each post is visible once.
func (w *town) account(t *testing.T, all []*pilgrim) {
	t.Helper()
	officer := w.seat(t, readers[0])
	until(t, "every card", func() bool { return strings.Count(show(sorted(officer, "desk")), "Nieuw signaal") >= len(all) })
	once := func(who *seat, log string) {
		seen := map[string]bool{}
		for _, p := range who.read(log) {
			mark, _ := p.Props["meldroute"].(map[string]any)
			key := fmt.Sprint(mark["k"], mark["i"])
			if mark != nil && seen[key] {
				t.Errorf("%s reads twice in %s: %q", who.id, log, p.Text)
			}
			seen[key] = true
		}
	}
	once(officer, "desk")
	once(officer, officer.id)
	for _, x := range all {
		once(x.seat, x.id)
		if n := strings.Count(show(sorted(x.seat, x.id)), "Jouw code is M-"); n != 1 {
			t.Errorf("%s has %d receipts, want 1", x.id, n)
		}
	}
	found := map[string]int{}
	for _, p := range officer.read("desk") {
		for _, b := range p.Buttons {
			var d *mattermosttest.Dialog
			until(t, "a card opens", func() bool {
				_, d, _ = officer.Press(p.ID, b.ID) // it may be a replica that is gone
				return d != nil
			})
			for _, x := range all {
				found[x.id] += strings.Count(d.Intro, x.mark)
			}
		}
	}
	for _, x := range all {
		if found[x.id] != 1 {
			t.Errorf("the report of %s stands %d times on the desk, want 1", x.id, found[x.id])
		}
	}
}

// sorted are the posts of a log as a client shows them.
func sorted(x *seat, log string) (out []post) {
	for _, p := range x.read(log) {
		out = append(out, post{text: p.Text})
	}
	return out
}
