package main_test

import (
	"slices"
	"strings"
)

// reference is the newest reference that the channel shows.
func (a *actor) reference() string {
	a.s.t.Helper()
	for _, p := range slices.Backward(a.list("desk")) {
		if m := drawn.FindString(p.text); m != "" {
			return m
		}
	}
	a.s.t.Fatalf("the channel shows no signal:\n%s", a.s.out.String())
	return ""
}

// number is the newest number that a reporter was given.
func (a *actor) number() string {
	a.s.t.Helper()
	for _, p := range slices.Backward(a.list(a.id)) {
		if m := drawn.FindString(p.text); strings.HasPrefix(m, "M-") {
			return m
		}
	}
	a.s.t.Fatalf("%s has no number:\n%s", a.name, a.s.out.String())
	return ""
}

// finds fails unless the open case says all of this, "label", "value", ….
func (a *actor) finds(pairs ...string) {
	a.s.t.Helper()
	f := a.opened()
	for i := 0; i+1 < len(pairs); i += 2 {
		if !slices.Contains(f.facts, [2]string{pairs[i], pairs[i+1]}) {
			a.s.t.Errorf("the case has no %q: %q, but %q", pairs[i], pairs[i+1], f.facts)
		}
	}
}

// reads fails unless the open window holds a text under any label.
func (a *actor) reads(text string) {
	a.s.t.Helper()
	if !slices.ContainsFunc(a.opened().facts, func(f [2]string) bool { return f[1] == text }) {
		a.s.t.Errorf("the window does not say %q, but %q", text, a.form.facts)
	}
}

// misses fails when the open case holds one of these.
func (a *actor) misses(texts ...string) {
	a.s.t.Helper()
	for _, f := range a.opened().facts {
		for _, text := range texts {
			if strings.Contains(f[1], text) {
				a.s.t.Errorf("the case shows %q under %q", text, f[0])
			}
		}
	}
}

// stands fails unless a person's dialogue, or a channel, now shows a text.
func (a *actor) stands(log, text string) {
	a.s.t.Helper()
	if !strings.Contains(show(a.list(log)), text) {
		a.s.t.Errorf("%s does not show %q, but:\n%s", log, text, show(a.list(log)))
	}
}
