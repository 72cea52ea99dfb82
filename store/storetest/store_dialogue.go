package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

func isError(err, want error) bool { return errors.Is(err, want) }

// same fails unless got is want, without printing content.
func same(h *house, what string, got, want any) {
	h.Helper()
	if !cmp.Equal(got, want, cmp.Comparer(func(a, b private.Text) bool { return a.Reveal() == b.Reveal() })) {
		h.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

// A session comes back as it was written, turn after turn, and dies at its end.
func testDialogue(h *house) {
	e := store.Event{Person: melder}
	v, _ := h.turn(e, store.Effects{Session: session(1)})
	same(h, "a new session", v.Session, store.Session{Person: melder})
	if !v.Now.Equal(start) {
		h.Errorf("now is %v", v.Now)
	}
	want := *session(2)
	want.Nudge, want.Expires = start.Add(time.Hour), start.Add(72*time.Hour)
	v, _ = h.turn(e, store.Effects{Session: &want})
	one := *session(1)
	one.Person = melder
	same(h, "the first revision", v.Session, one)
	want.Person = melder
	got, err := h.Session(h.ctx(), melder)
	h.must(err)
	same(h, "the second revision", got, want)
	got, err = h.Session(h.ctx(), other)
	h.must(err)
	same(h, "another person", got, store.Session{Person: other})
	h.turn(e, store.Effects{End: true})
	if n := h.number(`SELECT COUNT(*) FROM sessions`); n != 0 {
		h.Errorf("%d sessions after the end", n)
	}
	v, _ = h.turn(e, store.Effects{Session: session(1)})
	same(h, "after the end", v.Session, store.Session{Person: melder})
}

// A turn that its function refuses writes nothing, the event's id included, and
// gives the function's own error back; so does a revision out of order.
func testDialogueRefused(h *house) {
	own := errors.New("bad form")
	for range 2 {
		out, err := h.Turn(h.ctx(), store.Event{ID: "e1", Person: melder}, func(store.View) (store.Effects, error) {
			return store.Effects{Session: session(1), Count: []string{"x"}}, own
		})
		if err != own || out.Duplicate {
			h.Fatalf("got %v, %v", out, err)
		}
	}
	h.refused2(store.Event{ID: "e1", Person: melder}, store.Effects{Session: session(2)})
	h.refused2(store.Event{ID: "e1"}, store.Effects{Session: session(1)})
	h.refused2(store.Event{ID: "e1", Person: melder}, store.Effects{Read: true})
	h.refused2(store.Event{ID: "e1", Person: melder}, store.Effects{Erase: store.GroundWithdrawn})
	h.refused2(store.Event{ID: "e1", Person: melder}, store.Effects{UseUp: true})
	if n := h.number(`SELECT COUNT(*) FROM sessions`) + h.number(`SELECT COUNT(*) FROM inbox`) + h.number(`SELECT COUNT(*) FROM counts`); n != 0 {
		h.Errorf("%d rows were written", n)
	}
	if _, out := h.turn(store.Event{ID: "e1", Person: melder}, store.Effects{Session: session(1)}); out.Duplicate {
		h.Error("a refused event counts as taken")
	}
}

// refused2 runs a turn that must fail, with whatever error.
func (h *house) refused2(e store.Event, eff store.Effects) {
	h.Helper()
	if _, _, err := turnOn(h.ctx(), h.Store, e, eff); err == nil {
		h.Fatal("no error")
	}
}

// An event that comes a second time is a duplicate: its function does not run.
func testDuplicate(h *house) {
	e := store.Event{ID: "e1", Person: melder}
	h.turn(e, store.Effects{Session: session(1)})
	out, err := h.Turn(h.ctx(), e, func(store.View) (store.Effects, error) {
		h.Error("the function runs")
		return store.Effects{}, nil
	})
	if err != nil || !out.Duplicate {
		h.Errorf("got %v, %v", out, err)
	}
}

// One event, delivered a hundred times to two replicas, is one filed signal.
func testDuplicateReplicas(h *house) {
	stores := []*store.Store{h.Store, h.open()}
	var filed atomic.Int64
	parallel(100, func(i int) {
		_, out, err := turnOn(h.ctx(), stores[i%2], store.Event{ID: "e1", Person: melder}, store.Effects{File: filing()})
		if err != nil {
			h.Error(err)
		}
		if !out.Duplicate {
			filed.Add(1)
		}
	})
	if n := h.number(`SELECT COUNT(*) FROM signals`); n != 1 || filed.Load() != 1 {
		h.Errorf("%d signals, %d outcomes, want one", n, filed.Load())
	}
}

// parallel runs f n times side by side and waits.
func parallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// Turns of one person run one after the other, also in two replicas: no
// revision is lost.
func testSerialPerson(h *house) {
	stores := []*store.Store{h.Store, h.open()}
	const n = 40
	parallel(n, func(i int) {
		_, err := stores[i%2].Turn(h.ctx(), store.Event{Person: melder}, func(v store.View) (store.Effects, error) {
			return store.Effects{Session: session(v.Session.Rev + 1)}, nil
		})
		if err != nil {
			h.Error(err)
		}
	})
	got, err := h.Session(h.ctx(), melder)
	h.must(err)
	if got.Rev != n {
		h.Errorf("revision is %d, want %d", got.Rev, n)
	}
}

// What is not known to be shown is found; Shown never goes back, also not by a
// turn that computed with an older view.
func testShown(h *house) {
	h.turn(store.Event{Person: melder}, store.Effects{Session: session(1)})
	h.turn(store.Event{Person: other}, store.Effects{Session: session(1)})
	h.must(h.Shown(h.ctx(), melder, 1))
	h.must(h.Shown(h.ctx(), melder, 0))
	un, err := h.Unshown(h.ctx())
	h.must(err)
	if len(un) != 1 || un[0].Person != other || un[0].Content.Reveal() != "Zilvervos 1" {
		h.Errorf("unshown are %+v", un)
	}
	h.turn(store.Event{Person: melder}, store.Effects{Session: session(2)}) // with Shown 0
	got, err := h.Session(h.ctx(), melder)
	h.must(err)
	if got.Shown != 1 {
		h.Errorf("shown is %d, want 1", got.Shown)
	}
}

// Drafts come up when their time is there: once to nudge, then to erase.
func testDrafts(h *house) {
	s := session(1)
	s.Nudge, s.Expires = start.Add(2*time.Hour), start.Add(72*time.Hour)
	h.turn(store.Event{Person: melder}, store.Effects{Session: s})
	h.turn(store.Event{Person: other}, store.Effects{Session: session(1)})
	for _, c := range []struct {
		after          time.Duration
		nudge, expired int
	}{{time.Hour, 0, 0}, {2 * time.Hour, 1, 0}, {71 * time.Hour, 1, 0}, {72 * time.Hour, 0, 1}} {
		nudge, expired, err := h.Drafts(h.ctx(), start.Add(c.after))
		h.must(err)
		if len(nudge) != c.nudge || len(expired) != c.expired {
			h.Errorf("after %v: %d to nudge, %d expired", c.after, len(nudge), len(expired))
		}
		for _, d := range append(nudge, expired...) {
			same(h, "whose draft", d.Person, melder)
		}
	}
}

// A profile outlives the dialogue, and goes when it is emptied.
func testProfile(h *house) {
	e, want := store.Event{Person: melder}, store.Profile{Lang: "en", Department: "zorg-Afdeling"}
	h.turn(e, store.Effects{Profile: &want, Session: session(1)})
	h.turn(e, store.Effects{End: true})
	v, _ := h.turn(e, store.Effects{})
	same(h, "profile", v.Profile, want)
	h.turn(e, store.Effects{Profile: &store.Profile{}})
	if n := h.number(`SELECT COUNT(*) FROM profiles`); n != 0 {
		h.Errorf("%d profiles left", n)
	}
}

// A session whose row was changed by hand, or put in another's place, does not
// open.
func testSessionTampered(h *house) {
	for _, sql := range []string{
		`UPDATE sessions SET rev = 7`, `UPDATE sessions SET flow = 'x'`, `UPDATE sessions SET version = 'x'`,
		`UPDATE sessions SET person = ?1`,
	} {
		p := private.New(fmt.Sprint("web:", sql))
		h.turn(store.Event{Person: melder}, store.Effects{Session: session(1)})
		if h.number(`SELECT COUNT(*) FROM sessions`) != 1 {
			h.Fatal("not one session")
		}
		var args []any
		if sql[len(sql)-2:] == "?1" {
			// The name of another person, as his own row has it.
			h.turn(store.Event{Person: p}, store.Effects{Session: session(1)})
			mine := h.rows(`SELECT person FROM sessions ORDER BY touched, person`)
			h.byHand(`DELETE FROM sessions`)
			h.turn(store.Event{Person: melder}, store.Effects{Session: session(1)})
			own := h.rows(`SELECT person FROM sessions`)[0][0].([]byte)
			for _, r := range mine {
				if string(r[0].([]byte)) != string(own) {
					args = []any{r[0]}
				}
			}
			h.byHand(sql, args...)
			_, err := h.Session(h.ctx(), p)
			h.is(err, vault.ErrOpen)
			continue
		}
		h.byHand(sql)
		h.refused(store.Event{Person: melder}, store.Effects{}, vault.ErrOpen)
		h.byHand(`DELETE FROM sessions`)
	}
}
