package main_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store/storetest"
)

// An event that two replicas on one PostgreSQL get a hundred times has one
// effect, and each question stands in the chat once; so does each notice that
// both of them owe.
func TestOneEventAtTwoReplicas(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	g, c, k := onServer(t, storetest.Postgres(t)), newChat(), monday()
	two := []*replica{g.replica(t, c, k), g.replica(t, c, k)}
	me := private.New("web:e-1")
	// storm brings one event to both, fifty times each, and returns an answer
	// that came with a form, when any did.
	storm := func(m adapters.Message) *adapters.Form {
		t.Helper()
		var wg sync.WaitGroup
		var mu sync.Mutex
		var form *adapters.Form
		for i := range 100 {
			wg.Go(func() {
				a, err := two[i%2].dialogue.Handle(ctx, m)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if len(a.Errors) > 0 {
					t.Errorf("a copy was refused: %v", a.Errors)
				}
				if a.Form != nil {
					if form != nil && form.Token != a.Form.Token {
						t.Error("two copies got different forms")
					}
					form = a.Form
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			t.FailNow()
		}
		return form
	}
	rev := func() int64 {
		s, err := two[0].store.Session(ctx, me)
		if err != nil {
			t.Fatal(err)
		}
		return s.Rev
	}
	form := storm(pressed(two[0].message("e-1", "event-1"), "gevaar"))
	if form == nil || rev() != 1 {
		t.Fatalf("the press has %d effects, and the form is %v", rev(), form)
	}
	storm(filled(two[0].message("e-1", "event-2"), form, "", "what", "Een man in een kas"))
	own, err := two[1].store.Mine(ctx, me)
	if err != nil {
		t.Fatal(err)
	}
	if len(own) != 1 || rev() != 2 {
		t.Fatalf("%d signals and revision %d, want 1 and 2", len(own), rev())
	}
	storm(typed(two[0].message("e-1", "event-3"), "ja"))
	if rev() != 0 {
		t.Fatal("the question about 112 stays open")
	}
	for i := range two {
		two[i].loop().run(t, k)
	}
	for address, text := range map[string]string{
		me.Reveal():                   "Jouw code is",
		"web:desk":                    string(own[0].Ref),
		"web:aandachtsfunctionaris-1": string(own[0].Ref),
		"web:aandachtsfunctionaris-2": string(own[0].Ref),
	} {
		if got := c.count(address, text); got != 1 {
			t.Errorf("%q stands %d times at %s, want 1", text, got, address)
		}
	}
	seen := map[string]bool{}
	for _, r := range c.at(me.Reveal()) {
		if r.Quiet {
			continue // what is left of a question
		}
		if seen[fmt.Sprint(r.Text, r.Choices)] {
			t.Errorf("the chat shows twice: %s", r.Text)
		}
		seen[fmt.Sprint(r.Text, r.Choices)] = true
	}
}

// An officer's press that reaches two replicas a hundred times stops the clock
// once, and tells the reporter once.
func TestOneReadAtTwoReplicas(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g, c, k := onServer(t, storetest.Postgres(t)), newChat(), monday()
	two := []*replica{g.replica(t, c, k), g.replica(t, c, k)}
	ledgers := []*ledger{two[0].loop(), two[1].loop()}
	two[0].acute("e-1")
	for _, l := range ledgers {
		l.run(t, k)
	}
	card := c.at("web:desk")[0]
	act := func(id string) adapters.Message {
		m := two[0].message("aandachtsfunctionaris-1", id)
		m.At, m.Direct = adapters.NewAddress("web", "desk"), false
		return m
	}
	opened, err := two[0].desk.Handle(ctx, pressed(act("open"), card.Choices[0].Token))
	if err != nil || opened.Form == nil {
		t.Fatal(err, opened.Notice)
	}
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if _, err := two[i%2].desk.Handle(ctx, filled(act("read"), opened.Form, "read")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, l := range ledgers {
		l.run(t, k)
	}
	if got := c.count("web:e-1", "heeft je signaal gelezen"); got != 1 {
		t.Errorf("the reporter reads it %d times, want 1", got)
	}
	if _, err := two[0].store.SealJournal(ctx); err != nil {
		t.Fatal(err)
	}
	lines, err := two[0].store.Journal(ctx, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	reads := 0
	for _, l := range lines {
		if l.Action == "signal.read" {
			reads++
		}
	}
	if reads != 1 {
		t.Errorf("the journal says %d times that it was read, want 1", reads)
	}
}

// acute files an acute signal of somebody.
func (r *replica) acute(who string) {
	r.t.Helper()
	ctx := context.Background()
	a, err := r.dialogue.Handle(ctx, pressed(r.message(who, who+"-press"), "gevaar"))
	if err != nil || a.Form == nil {
		r.t.Fatalf("%v %+v", err, a)
	}
	if a, err = r.dialogue.Handle(ctx, filled(r.message(who, who+"-form"), a.Form, "", "what", "Een man in een kas")); err != nil || len(a.Errors) > 0 {
		r.t.Fatalf("%v %+v", err, a)
	}
}

// A signal that was read before its card could be posted, or that leaves the
// channel while it is posted, stands there once, as it is in the end.
func TestACardDoesNotOvertakeAnother(t *testing.T) {
	t.Parallel()
	stands := func(b *bureau, l *ledger, ref, want string) {
		t.Helper()
		for range 10 {
			l.run(t, b.clock)
			b.clock.on(2 * time.Second)
		}
		var got []string
		for _, r := range b.chat.at(deskChannel) {
			if strings.Contains(r.Text, ref) {
				got = append(got, r.Text)
			}
		}
		if len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("in the channel stands %q, want one with %q", got, want)
		}
	}
	b := openBureau(t)
	b.chat.fail(func(to string) error { return brokenAt(to, deskChannel) })
	l := b.r.loop()
	ref := b.report("medewerker-1", nil)
	l.run(t, b.clock) // the card fails, and is tried again after a while
	b.clerk("aandachtsfunctionaris-1").takes(ref)
	b.chat.fail(nil)
	stands(b, l, ref, "Gelezen op")

	b = openBureau(t)
	ref = b.report("medewerker-1", nil)
	var begun atomic.Bool
	b.chat.before = func(to string) {
		if to != deskChannel || !begun.CompareAndSwap(false, true) {
			return
		}
		c := b.clerk("aandachtsfunctionaris-1")
		c.opens(ref)
		c.chooses("task.involved")
		c.fills("why", "Mijn buurman.")
		b.r.sweep() // another replica
	}
	stands(b, b.r.loop(), ref, "niet meer in dit kanaal")
}
