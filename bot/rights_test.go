package main_test

import (
	"strings"
	"testing"
)

// The review of rights names every role, who has it and when he last acted, and
// nothing of what he did; people who lost their role and did act are counted.
func TestRightsSayLastUse(t *testing.T) {
	t.Parallel()
	p := start(t, crowd(1))
	w := walkers(t, newPort(p.url), 1)[0]
	if err := w.report(); err != nil {
		t.Fatal(err)
	}
	o := p.open("aandachtsfunctionaris-2").watch()
	o.pressesIn("desk", "Openen")
	ref := o.window().title
	got := p.bot("rights")
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	if got.code != 0 || len(lines) != 3 || strings.Contains(got.out, ref) || strings.Contains(got.out, w.mark) {
		t.Fatalf("rights: %+v", got)
	}
	for i, want := range []string{
		"(web:aandachtsfunctionaris-1). Deed nog niets.",
		"(web:aandachtsfunctionaris-2). Laatste handeling: 20",
		"(web:coordinator). Deed nog niets.",
	} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("%q does not say %q", lines[i], want)
		}
	}
	write(t, p.dir, "less.yaml", "roles: {officers: [{person: \"web:aandachtsfunctionaris-1\", name: A1, reads: all, departments: []}]}\n")
	if got := command(t, p.dir, "-c", "less.yaml", "rights"); !strings.Contains(got.out, "Handelingen van mensen die nu geen recht hebben: 1.") {
		t.Errorf("rights: %+v", got)
	}
}
