package storetest

import (
	"time"

	"github.com/meldroute/meldroute/store"
)

// Each part of the list holds what it says, in its order, and is counted; the
// channel's has nothing that somebody is left out of, and nothing of anybody.
func testPicks(h *house) {
	var refs []store.Reference
	for range 7 {
		refs = append(refs, h.file(filing()))
		h.pass(time.Minute)
	}
	f := filing()
	f.LeaveOut = []store.Person{other}
	hidden := h.file(f)
	now := h.pass(time.Minute)
	mine := store.Viewer{Person: second, All: true}
	does := func(i int, status store.Status, holder store.Person, d store.Deadline) {
		h.turn(store.Event{Signal: refs[i], Viewer: all}, store.Effects{Read: true, Status: status, Holder: &holder, Deadline: &d})
		h.pass(time.Minute)
	}
	does(1, store.Read, second, store.Deadline{At: now.Add(-time.Hour), Clock: "enrich"})
	does(2, store.HandedOver, second, store.Deadline{At: now.Add(48 * time.Hour), Clock: store.ClockFeedback})
	does(3, store.HandedOver, officer, store.Deadline{})
	does(4, store.Read, store.Person{}, store.Deadline{})
	does(5, store.Closed, second, store.Deadline{})
	does(6, store.Closed, second, store.Deadline{At: now.Add(96 * time.Hour), Clock: "firstword"}) // the reporter asks
	r := func(i ...int) []store.Reference {
		var out []store.Reference
		for _, n := range i {
			out = append(out, refs[n])
		}
		return out
	}
	for _, c := range []struct {
		which store.Which
		want  []store.Reference
	}{
		{store.PickOpen, append(append(r(1), first(refs[0], hidden)...), r(2, 6, 4, 3)...)},
		{store.PickLate, r(1)},
		{store.PickNew, first(refs[0], hidden)},
		{store.PickMine, r(1, 2, 6)},
		{store.PickNobodys, append(first(refs[0], hidden), refs[4])},
		{store.PickPartner, r(2)},
		{store.PickDone, r(6, 5)},
		{store.PickEvery, append([]store.Reference{hidden}, r(6, 5, 4, 3, 2, 1, 0)...)},
	} {
		same(h, "list "+string(c.which), h.lists(mine, store.Pick{Which: c.which}), c.want)
	}
	got, err := h.List(h.ctx(), mine, store.Pick{})
	h.must(err)
	same(h, "counts", got.Counts, map[store.Which]int{store.PickLate: 1, store.PickNew: 2, store.PickMine: 3, store.PickNobodys: 3, store.PickPartner: 1})
	same(h, "of another", h.lists(mine, store.Pick{Which: store.PickMine, Holder: officer}), r(3))
	same(h, "direct", h.lists(mine, store.Pick{Which: store.PickEvery, Direct: true}), []store.Reference{hidden})
	if got := h.lists(store.Viewer{Person: other, All: true}, store.Pick{Direct: true}); len(got) != 0 {
		h.Errorf("who is left out is shown %v", got)
	}

	got, err = h.List(h.ctx(), store.Viewer{}, store.Pick{Channel: true, Which: store.PickEvery})
	h.must(err)
	for _, s := range got.Signals {
		if s.Ref == hidden || s.Mine {
			h.Errorf("the channel's list holds %+v", s)
		}
	}
	same(h, "counts in the channel", got.Counts, map[store.Which]int{store.PickLate: 1, store.PickNew: 1, store.PickMine: 0, store.PickNobodys: 2, store.PickPartner: 1})
}

// first are two signals of one deadline, as they are listed.
func first(a, b store.Reference) []store.Reference {
	if b < a {
		a, b = b, a
	}
	return []store.Reference{a, b}
}

// A turn that asks who read a signal learns it of the viewer and of who is left
// out, newest first, and of nobody else.
func testReads(h *house) {
	ref := h.file(filing())
	reads := func(p store.Person, action string) time.Time {
		h.pass(time.Minute)
		h.turn(store.Event{Signal: ref, Viewer: store.Viewer{Person: p, All: true}},
			store.Effects{Journal: []store.Line{{Action: action, Person: p, About: ref, Outcome: "ok"}}})
		return h.clock()
	}
	one := reads(second, "signal.opened")
	reads(second, "signal.read")
	two := reads(second, "case.package")
	three := reads(officer, "signal.opened")
	e := store.Event{Signal: ref, Reads: []string{"signal.opened", "case.package"}}
	e.Viewer = store.Viewer{Person: second, All: true}
	v, _ := h.turn(e, store.Effects{LeaveOut: []store.Person{second}})
	same(h, "own reads", v.Reads, []store.Reading{{Person: second, At: two}, {Person: second, At: one}})
	e.Viewer = all
	v, _ = h.turn(e, store.Effects{})
	same(h, "reads of who is left out", v.Reads, []store.Reading{{Person: officer, At: three}, {Person: second, At: two}, {Person: second, At: one}})
	e.Reads = nil
	if v, _ = h.turn(e, store.Effects{}); len(v.Reads) != 0 {
		h.Errorf("not asked: %v", v.Reads)
	}
}

// lists returns a part of the list by reference.
func (h *house) lists(v store.Viewer, p store.Pick) []store.Reference {
	h.Helper()
	got, err := h.List(h.ctx(), v, p)
	h.must(err)
	var out []store.Reference
	for _, s := range got.Signals {
		out = append(out, s.Ref)
	}
	return out
}
