package storetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/meldroute/meldroute/store"
)

// plan plans notices, due so long after the start.
func (h *house) plan(due ...time.Duration) {
	h.Helper()
	var ns []store.Notice
	for i, d := range due {
		ns = append(ns, store.Notice{NoticeID: store.NoticeID{Kind: "card", N: i}, To: store.ToChannel, Due: start.Add(d)})
	}
	h.turn(store.Event{}, store.Effects{Notices: ns})
}

func (h *house) claim(s *store.Store, now time.Time, max int) ([]store.Notice, time.Time) {
	h.Helper()
	got, next, err := s.Claim(h.ctx(), now, max)
	h.must(err)
	return got, next
}

// A claimed notice is nobody else's for a minute; after a crash the next one
// gets it under a new fence, and the first can no longer settle or renew it.
func testNoticeLease(h *house) {
	h.plan(0)
	first, next := h.claim(h.Store, start, 10)
	if len(first) != 1 || first[0].Tries != 1 || first[0].To != store.ToChannel || !first[0].Due.Equal(start) {
		h.Fatalf("claimed %+v", first)
	}
	if !next.Equal(start.Add(store.Lease)) {
		h.Errorf("next is %v", next)
	}
	late := start.Add(store.Lease)
	if got, _ := h.claim(h.Store, late.Add(-time.Microsecond), 10); len(got) != 0 {
		h.Errorf("claimed within the lease: %+v", got)
	}
	h.must(h.Renew(h.ctx(), first[0], start.Add(30*time.Second)))
	if got, _ := h.claim(h.Store, late, 10); len(got) != 0 {
		h.Errorf("claimed after it was renewed: %+v", got)
	}
	again, _ := h.claim(h.Store, late.Add(30*time.Second), 10)
	if len(again) != 1 || again[0].Tries != 2 || again[0].Fence <= first[0].Fence {
		h.Fatalf("claimed %+v after %+v", again, first)
	}
	h.is(h.Settle(h.ctx(), first[0], true, time.Time{}), store.ErrConflict)
	h.is(h.Renew(h.ctx(), first[0], late), store.ErrConflict)
	h.must(h.Settle(h.ctx(), again[0], false, late.Add(time.Hour)))
	if got, next := h.claim(h.Store, late.Add(time.Hour-1000), 10); len(got) != 0 || !next.Equal(late.Add(time.Hour)) {
		h.Errorf("claimed %+v, next %v", got, next)
	}
	third, _ := h.claim(h.Store, late.Add(time.Hour), 10)
	h.must(h.Settle(h.ctx(), third[0], true, time.Time{}))
	h.is(h.Settle(h.ctx(), third[0], true, time.Time{}), store.ErrConflict)
	if got, next := h.claim(h.Store, late.Add(100*time.Hour), 10); len(got) != 0 || !next.IsZero() {
		h.Errorf("claimed %+v, next %v", got, next)
	}
}

// What a process that is gone had claimed can be claimed at once after Free, and
// what is not due yet stays so.
func testNoticeFree(h *house) {
	h.plan(0, time.Hour)
	if got, _ := h.claim(h.Store, start, 10); len(got) != 1 {
		h.Fatalf("claimed %+v", got)
	}
	if got, _ := h.claim(h.Store, start, 10); len(got) != 0 {
		h.Fatalf("claimed twice: %+v", got)
	}
	h.must(h.Free(h.ctx()))
	if got, next := h.claim(h.Store, start, 10); len(got) != 1 || next.After(start.Add(time.Hour)) {
		h.Errorf("claimed %+v, next %v", got, next)
	}
}

// A notice that exists, open or done, is not planned again; Done ends it.
func testNoticeOnce(h *house) {
	h.plan(0, 0)
	h.turn(store.Event{}, store.Effects{Done: []store.NoticeID{{Kind: "card", N: 1}, {Kind: "card", N: 9}}})
	h.plan(time.Hour, time.Hour, time.Hour)
	got, _ := h.claim(h.Store, start, 10)
	if len(got) != 1 || got[0].N != 0 {
		h.Errorf("claimed %+v", got)
	}
	h.must(h.Settle(h.ctx(), got[0], true, time.Time{}))
	h.plan(0, 0)
	if got, next := h.claim(h.Store, start, 10); len(got) != 0 || !next.Equal(start.Add(time.Hour)) {
		h.Errorf("claimed %+v, next %v", got, next)
	}
	if n := h.number(`SELECT COUNT(*) FROM notices`); n != 3 {
		h.Errorf("%d notices", n)
	}
}

// Two replicas that claim at the same time never get the same notice.
func testNoticeReplicas(h *house) {
	const n = 60
	h.plan(make([]time.Duration, n)...)
	stores := []*store.Store{h.Store, h.open()}
	var mu sync.Mutex
	seen := map[string]int{}
	parallel(20, func(i int) {
		got, _, err := stores[i%2].Claim(h.ctx(), start, 4)
		if err != nil {
			h.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, g := range got {
			seen[fmt.Sprint(g.NoticeID)]++
		}
	})
	if len(seen) != n {
		h.Errorf("%d notices claimed, want %d", len(seen), n)
	}
	for id, times := range seen {
		if times != 1 {
			h.Errorf("%s claimed %d times", id, times)
		}
	}
}

// Claim says when to look again, and takes what is due longest first.
func testNoticeNext(h *house) {
	if _, next := h.claim(h.Store, start, 10); !next.IsZero() {
		h.Errorf("next is %v without notices", next)
	}
	h.plan(-time.Hour, time.Second, -2*time.Hour)
	got, next := h.claim(h.Store, start, 1)
	if len(got) != 1 || got[0].N != 2 || next.After(start) {
		h.Errorf("claimed %+v, next %v", got, next)
	}
	got, next = h.claim(h.Store, start, 1)
	if len(got) != 1 || got[0].N != 0 || !next.Equal(start.Add(time.Second)) {
		h.Errorf("claimed %+v, next %v", got, next)
	}
	stats, err := h.Stats(h.ctx())
	h.must(err)
	if stats.Notices != 3 || stats.Overdue != 2 {
		h.Errorf("stats are %+v", stats)
	}
}

// What was said because its day had come is swept a month after it, and not what
// is open, what is about a signal, or what others count on. Meanwhile it is
// planned no second time, by a clock that is a day back or a month.
func testNoticeSwept(h *house) {
	ref := h.file(filing())
	h.bundle(h.pass(4*time.Hour), monday)
	h.must(h.Brought(h.ctx(), monday, monday, []store.NoticeID{h.pending(ref).NoticeID}))
	round := func(n int, due time.Time) store.Notice {
		return store.Notice{NoticeID: store.NoticeID{Kind: "round.rights", N: n}, To: store.ToConcerned, Due: due}
	}
	other := store.Notice{NoticeID: store.NoticeID{Kind: "copen-poll", N: 1}, To: store.ToCopen, Due: start}
	plan := func() {
		h.Helper()
		h.turn(store.Event{}, store.Effects{Notices: []store.Notice{round(monday, start), round(monday+100, start.Add(40*day)), other}})
	}
	plan()
	h.settles(start.Add(5*time.Hour), 3) // the rounds of both months wait for their days
	count := func() int64 {
		h.Helper()
		return h.number(`SELECT COUNT(*) FROM notices WHERE about = '' AND done = 1`)
	}
	for _, now := range []time.Time{start.Add(20 * day), start.Add(31*day - time.Second)} {
		h.must(h.Sweep(h.ctx(), now))
		if n := count(); n != 3 {
			h.Fatalf("%s: %d of 3 are kept", now.Format(time.DateOnly), n)
		}
	}
	if made, err := h.Bundle(h.ctx(), h.pass(30*day), monday); made || err != nil {
		h.Errorf("the bundle of a day is made twice (%v)", err)
	}
	plan()
	if got, _ := h.claim(h.Store, start.Add(31*day), 10); len(got) != 0 {
		h.Errorf("planned twice: %+v", got)
	}
	late := round(monday, start)
	late.Kind = "round.offer"
	h.turn(store.Event{}, store.Effects{Notices: []store.Notice{late}})
	duties := h.number(`SELECT COUNT(*) FROM notices WHERE about = ?1`, string(ref))
	h.must(h.Sweep(h.ctx(), start.Add(32*day)))
	if n := count(); n != 1 || h.number(`SELECT COUNT(*) FROM notices WHERE about = ?1`, string(ref)) != duties {
		h.Errorf("%d are kept, want what the meeting counts on", n)
	}
	if got, err := h.Planned(h.ctx(), []string{"round.rights", "round.offer"}); err != nil || len(got) != 2 || got[1].N != monday+100 {
		h.Errorf("planned: %+v (%v)", got, err)
	}
}

// settles says all that is due, and fails unless it is so many.
func (h *house) settles(now time.Time, want int) {
	h.Helper()
	got, _ := h.claim(h.Store, now, 10)
	n := 0
	for _, c := range got {
		if c.About == "" {
			n++
		}
		h.must(h.Settle(h.ctx(), c, true, time.Time{}))
	}
	if n != want {
		h.Errorf("claimed %+v, want %d", got, want)
	}
}
