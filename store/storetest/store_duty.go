package storetest

import (
	"slices"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// A deadline is brought up when it is due and every day after that, as a Store
// does that was given no Remind.

const monday = 20260302 // of start

// dueAt writes a deadline of a signal.
func (h *house) dueAt(ref store.Reference, at time.Time, clock string) {
	h.Helper()
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Deadline: &store.Deadline{At: at, Clock: clock}})
}

// bundle plans the message of a day and returns what stands in it.
func (h *house) bundle(now time.Time, of int) []store.Duty {
	h.Helper()
	_, err := h.Bundle(h.ctx(), now, of)
	h.must(err)
	ds, err := h.Bundled(h.ctx(), of, nil)
	h.must(err)
	return ds
}

// pending is what is to be brought up of a signal next; nil when nothing is.
func (h *house) pending(ref store.Reference) *store.Duty {
	h.Helper()
	ds, err := h.Pending(h.ctx(), []store.Reference{ref}, []store.Person{second, officer})
	h.must(err)
	if len(ds) > 1 {
		h.Fatalf("%d things of %s are to be brought up", len(ds), ref)
	}
	if len(ds) == 0 {
		return nil
	}
	return &ds[0]
}

// Every deadline is planned to be brought up in the turn that sets it: at
// filing, and when it changes; when it is met, nothing is. Writing the same
// again moves nothing.
func testDutyPlanned(h *house) {
	ref := h.file(filing())
	first := h.pending(ref)
	if first == nil || !first.At.Equal(start.Add(4*time.Hour)) || first.Clock != store.ClockRead || first.Urgency != "acute" {
		h.Fatalf("after filing: %+v", first)
	}
	h.dueAt(ref, start.Add(4*time.Hour), store.ClockRead)
	if got := h.pending(ref); got.NoticeID != first.NoticeID {
		h.Errorf("the same deadline is planned anew: %+v", got)
	}
	h.dueAt(ref, start.Add(48*time.Hour), "enrich")
	if got := h.pending(ref); got.N <= first.N || !got.At.Equal(start.Add(48*time.Hour)) || got.Clock != "enrich" {
		h.Errorf("after it changed: %+v", got)
	}
	h.dueAt(ref, start.Add(-30*time.Hour), "enrich")
	if got := h.pending(ref); !got.At.Equal(start.Add(18 * time.Hour)) {
		h.Errorf("late when it is set: %+v", got)
	}
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Deadline: &store.Deadline{}, Status: store.Closed})
	if got := h.pending(ref); got != nil {
		h.Errorf("nothing is owed, and is to be brought up: %+v", got)
	}
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Deadline: &store.Deadline{At: start.Add(time.Hour), Clock: "rest"}, Status: store.Read})
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Erase: store.GroundWithdrawn})
	if n := h.number(`SELECT COUNT(*) FROM notices WHERE about = ?1`, string(ref)); n != 0 {
		h.Errorf("%d notices of an erased signal", n)
	}
}

// A bundle holds what is due when it is made, once a day; what comes up later
// waits for the next, and so does what was not brought up. No duty is claimed
// as a message of its own.
func testDutyBundle(h *house) {
	a, b, late := h.file(filing()), h.file(filing()), h.file(filing())
	h.dueAt(a, start.Add(-2*time.Minute), "care")
	h.dueAt(b, start.Add(-time.Minute), "enrich")
	now := h.pass(24 * time.Hour)
	h.dueAt(late, now.Add(time.Hour), "rest")
	if got := h.bundle(start, monday); len(got) != 0 {
		h.Fatalf("nothing is due, and bundled: %+v", got)
	}
	got := h.bundle(now, monday+1)
	if len(got) != 2 || got[0].Ref != a || got[1].Ref != b {
		h.Fatalf("bundled: %+v", got)
	}
	claimed, _ := h.claim(h.Store, now, 10)
	if len(claimed) != 1 || claimed[0].Kind != store.KindDaily || claimed[0].N != monday+1 || claimed[0].To != store.ToConcerned {
		h.Fatalf("claimed %+v", claimed)
	}
	now = h.pass(2 * time.Hour)
	if got := h.bundle(now, monday+1); len(got) != 2 {
		h.Errorf("a bundle grew: %+v", got)
	}
	if made, err := h.Bundle(h.ctx(), now, monday+2); made || err != nil {
		h.Errorf("a second bundle before the first is settled (%v)", err)
	}
	before := h.pending(a)
	h.must(h.Brought(h.ctx(), monday+1, monday+1, []store.NoticeID{before.NoticeID}))
	h.must(h.Settle(h.ctx(), claimed[0], true, time.Time{}))
	if got := h.pending(a); got.N != before.N+1 || !got.At.Equal(start.Add(48*time.Hour-2*time.Minute)) {
		h.Errorf("next: %+v after %+v", got, before)
	}
	if made, err := h.Bundle(h.ctx(), now, monday+1); made || err != nil {
		h.Errorf("two bundles on one day (%v)", err)
	}
	if got := h.bundle(now, monday+2); len(got) != 2 || got[0].Ref != b || got[1].Ref != late {
		h.Errorf("the next bundle: %+v", got)
	}
}

// Of replicas that bundle at once, one does.
func testDutyBundleReplicas(h *house) {
	for range 5 {
		h.file(filing())
	}
	stores := []*store.Store{h.Store, h.open()}
	now := h.pass(24 * time.Hour)
	made := make([]bool, 8)
	parallel(len(made), func(i int) {
		var err error
		if made[i], err = stores[i%2].Bundle(h.ctx(), now, monday); err != nil {
			h.Error(err)
		}
	})
	n := 0
	for _, m := range made {
		if m {
			n++
		}
	}
	if n != 1 || len(h.bundle(now, monday)) != 5 {
		h.Errorf("%d bundles of %d", n, len(h.bundle(now, monday)))
	}
}

// What is brought up twice, by two replicas, is planned once; a deadline that
// changed while it was brought up keeps its own next moment.
func testDutyBroughtOnce(h *house) {
	ref, changed := h.file(filing()), h.file(filing())
	now := h.pass(24 * time.Hour)
	var ids []store.NoticeID
	for _, d := range h.bundle(now, monday) {
		ids = append(ids, d.NoticeID)
	}
	stores := []*store.Store{h.Store, h.open()}
	parallel(9, func(i int) {
		var err error
		if i == 4 {
			_, _, err = turnOn(h.ctx(), h.Store, store.Event{Signal: changed, Viewer: all},
				store.Effects{Deadline: &store.Deadline{At: now.Add(100 * time.Hour), Clock: "rest"}})
		} else {
			err = stores[i%2].Brought(h.ctx(), monday, monday, ids)
		}
		if err != nil {
			h.Error(err)
		}
	})
	if got := h.pending(ref); got == nil || got.N != 2 {
		h.Errorf("got %+v", got)
	}
	if got := h.pending(changed); got == nil || !got.At.Equal(now.Add(100*time.Hour)) {
		h.Errorf("got %+v", got)
	}
	if n := h.number(`SELECT COUNT(*) FROM notices WHERE kind = 'duty' AND done = 0`); n != 2 {
		h.Errorf("%d duties are open", n)
	}
}

// A bundle that was sent on a later day than its own takes that day's place.
func testDutySentLater(h *house) {
	ref := h.file(filing())
	now := h.pass(24 * time.Hour)
	h.bundle(now, monday)
	h.must(h.Brought(h.ctx(), monday, monday+1, []store.NoticeID{h.pending(ref).NoticeID}))
	claimed, _ := h.claim(h.Store, now, 10)
	h.must(h.Settle(h.ctx(), claimed[0], true, time.Time{}))
	now = h.pass(24 * time.Hour)
	if got := h.bundle(now, monday+1); len(got) != 0 {
		h.Errorf("bundled: %+v", got)
	}
	if got := h.bundle(now, monday+2); len(got) != 1 {
		h.Errorf("bundled: %+v", got)
	}
}

// What is brought up by itself is claimed as a message, and its settlement plans
// what follows.
func testDutyApart(h *house) {
	s, err := store.Open(h.ctx(), h.driver(), h.vault(), store.Options{Now: h.clock, Remind: func(sig store.Signal, after time.Time, fresh bool) store.Moment {
		if fresh {
			return store.Moment{At: sig.Due, Apart: true}
		}
		return store.Moment{At: after.Add(time.Hour)}
	}})
	h.must(err)
	h.Cleanup(func() { _ = s.Close() })
	_, out, err := turnOn(h.ctx(), s, store.Event{Person: melder}, store.Effects{File: filing()})
	h.must(err)
	now := h.pass(4 * time.Hour)
	claimed, _ := h.claim(s, now, 10)
	if len(claimed) != 1 || claimed[0].Kind != store.KindDuty || claimed[0].About != out.Ref {
		h.Fatalf("claimed %+v", claimed)
	}
	h.must(s.Settle(h.ctx(), claimed[0], false, now))
	if again, _ := h.claim(s, now, 10); len(again) != 1 || again[0].N != claimed[0].N {
		h.Fatalf("claimed %+v", again)
	} else {
		h.must(s.Settle(h.ctx(), again[0], true, time.Time{}))
	}
	if got := h.pending(out.Ref); got.N != claimed[0].N+1 || !got.At.Equal(now.Add(time.Hour)) {
		h.Errorf("next: %+v", got)
	}
	now = h.pass(2 * time.Hour)
	if got, _ := h.claim(s, now, 10); len(got) != 0 {
		h.Errorf("claimed what waits for the bundle: %+v", got)
	}
}

// A deadline that is put off is brought up later and stays what it is; how often
// is counted until it changes.
func testDutySnoozed(h *house) {
	ref := h.file(filing())
	for n := range 3 {
		v, _ := h.turn(store.Event{Signal: ref, Viewer: all, Duty: true}, store.Effects{Snooze: &store.Snooze{Until: start.Add(time.Duration(n+20) * time.Hour)}})
		if v.Duty == nil || v.Duty.Snoozed != n {
			h.Errorf("after %d times: %+v", n, v.Duty)
		}
	}
	got := h.pending(ref)
	if got.Snoozed != 3 || !got.At.Equal(start.Add(22*time.Hour)) || !got.Due.Equal(start.Add(4*time.Hour)) {
		h.Errorf("put off: %+v", got)
	}
	now := h.pass(23 * time.Hour)
	h.bundle(now, monday)
	h.must(h.Brought(h.ctx(), monday, monday, []store.NoticeID{got.NoticeID}))
	if got := h.pending(ref); got.Snoozed != 3 {
		h.Errorf("brought up: %+v", got)
	}
	h.dueAt(ref, now.Add(time.Hour), "rest")
	if got := h.pending(ref); got.Snoozed != 0 {
		h.Errorf("of a new deadline: %+v", got)
	}
}

// That a signal is erased is brought up in the bundle, as often as Warn says, from
// the turn on that sets the date: not when it is held, nor for a date that is no
// longer its own, and in no other way. Keeping it as before moves nothing.
func testDutyErased(h *house) {
	s, err := store.Open(h.ctx(), h.driver(), h.vault(), store.Options{Now: h.clock, Warn: func(r store.Retention, after time.Time, fresh bool) time.Time {
		for _, n := range []time.Duration{5 * day, 2 * day} {
			if at := r.Until.Add(-n); at.After(after) || fresh && n == 2*day {
				return at
			}
		}
		return time.Time{}
	}})
	h.must(err)
	h.Cleanup(func() { _ = s.Close() })
	ref := h.file(filing())
	h.dueAt(ref, time.Time{}, "")
	keeps := func(until time.Time, hold bool) {
		h.Helper()
		_, _, err := turnOn(h.ctx(), s, store.Event{Signal: ref, Viewer: all}, store.Effects{Keep: &store.Retention{Until: until, Hold: hold, ReporterUntil: h.clock()}})
		h.must(err)
	}
	warned := func(now time.Time, of int, want int) []store.NoticeID {
		h.Helper()
		var ids []store.NoticeID
		ds := h.bundle(now, of)
		for _, d := range ds {
			ids = append(ids, d.NoticeID)
			if d.Kind != store.KindExpiring || d.Ref != ref {
				h.Errorf("in the bundle: %+v", d)
			}
		}
		if len(ds) != want {
			h.Errorf("%d warnings on %s, want %d", len(ds), now.Format(time.DateOnly), want)
		}
		return ids
	}
	ends := func(of int, ids []store.NoticeID) {
		h.Helper()
		h.must(s.Brought(h.ctx(), of, of, ids))
		claimed, _ := h.claim(s, h.clock(), 10)
		for _, n := range claimed {
			if n.Kind == store.KindExpiring {
				h.Error("a warning is a message of its own")
			}
			h.must(s.Settle(h.ctx(), n, true, time.Time{}))
		}
	}
	keeps(start.Add(10*day), false)
	if got := h.pending(ref); got != nil {
		h.Errorf("a warning is taken for a deadline: %+v", got)
	}
	warned(h.pass(4*day), 1000, 0)
	ids := warned(h.pass(day), 1001, 1)
	keeps(start.Add(10*day), false) // only the reporter's date is another
	warned(h.clock(), 1001, 1)
	ends(1001, ids)
	warned(h.pass(day), 1002, 0)
	keeps(start.Add(10*day), true)
	warned(h.pass(3*day), 1003, 0)
	keeps(start.Add(10*day), false) // its last warning is past, and remains
	ids = warned(h.clock(), 1004, 1)
	keeps(start.Add(30*day), false)
	warned(h.clock(), 1004, 0)
	ends(1004, ids) // somebody sent it all the same
	warned(h.pass(15*day), 1005, 0)
	warned(h.pass(20*day), 1006, 1)
	ends(1006, nil) // it reached nobody
	ids = warned(h.clock(), 1007, 1)
	ends(1007, ids)
	warned(h.pass(100*day), 1008, 0) // both moments had passed
	keeps(h.clock().Add(day), false)
	warned(h.clock(), 1009, 1)
	h.erases(h.pass(day), store.Erased{Signals: 1})
	warned(h.clock(), 1009, 0)
	if n := h.number(`SELECT COUNT(*) FROM notices WHERE about = ?1`, string(ref)); n != 0 {
		h.Errorf("%d notices of an erased signal", n)
	}
}

// A reference reaches those who may read the signal now, and holders are known
// by whoever is asked about.
func testDutyReading(h *house) {
	f := filing()
	f.LeaveOut, f.Assign = []store.Person{second}, []store.Person{other}
	ref := h.file(f)
	third := private.New("web:officer-Theodora")
	viewers := []store.Viewer{{Person: second, All: true}, {Person: third}, {Person: other}, all}
	got, err := h.Reading(h.ctx(), ref, viewers)
	h.must(err)
	if want := []store.Person{other, officer}; !slices.Equal(got, want) {
		h.Errorf("%d may read it", len(got))
	}
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Holder: &officer, Deadline: &store.Deadline{At: start, Clock: "rest"}})
	if got := h.pending(ref); got.Holder != officer {
		h.Error("the holder is not known")
	}
	h.byHand(`DELETE FROM leftout WHERE signal = ?1`, string(ref))
	if got, err := h.Reading(h.ctx(), ref, viewers); err == nil {
		h.Errorf("%d may read what somebody changed", len(got))
	}
}

// What is planned about no signal is found by its kind as long as it is open.
func testPlanned(h *house) {
	n := func(kind string, n int) store.Notice {
		return store.Notice{NoticeID: store.NoticeID{Kind: kind, N: n}, To: store.ToConcerned, Due: start.Add(time.Duration(n) * time.Hour)}
	}
	h.turn(store.Event{}, store.Effects{Notices: []store.Notice{n("a", 1), n("a", 2), n("b", 1), n("c", 1)}})
	h.turn(store.Event{}, store.Effects{Done: []store.NoticeID{{Kind: "a", N: 1}}})
	got, err := h.Planned(h.ctx(), []string{"a", "b"})
	h.must(err)
	if len(got) != 2 || got[0].Kind != "b" || got[1].NoticeID != (store.NoticeID{Kind: "a", N: 2}) || !got[1].Due.Equal(start.Add(2*time.Hour)) {
		h.Errorf("planned: %+v", got)
	}
}
