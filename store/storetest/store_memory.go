package storetest

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/store"
)

// What an adapter puts comes back, by key and in order, and no other platform
// or scope sees it.
func testMemory(h *house) {
	m := h.Memory("web")
	put := func(it store.Item, fresh bool) int64 {
		h.Helper()
		seq, got, err := m.Put(h.ctx(), it)
		h.must(err)
		if got != fresh {
			h.Errorf("%s is fresh: %v", it.Key, got)
		}
		return seq
	}
	a := put(store.Item{Scope: "s", Key: "a", Value: []byte("1"), Until: start.Add(time.Hour)}, true)
	b := put(store.Item{Scope: "s", Key: "b", Value: []byte("2")}, true)
	put(store.Item{Scope: "t", Key: "a", Value: []byte("3")}, true)
	if again := put(store.Item{Scope: "s", Key: "a", Value: []byte("4"), Until: start.Add(time.Hour)}, false); again != a {
		h.Errorf("seq went from %d to %d", a, again)
	}
	want := []store.Item{
		{Scope: "s", Key: "a", Value: []byte("4"), Seq: a, Until: start.Add(time.Hour)},
		{Scope: "s", Key: "b", Value: []byte("2"), Seq: b},
	}
	list := func(after int64, limit int, want []store.Item) {
		h.Helper()
		got, err := m.List(h.ctx(), "s", after, limit)
		h.must(err)
		if !cmp.Equal(got, want) && len(got)+len(want) > 0 {
			h.Errorf("list is %v, want %v", got, want)
		}
	}
	list(0, 10, want)
	list(0, 1, want[:1])
	list(a, 10, want[1:])
	got, ok, err := m.Get(h.ctx(), "s", "a")
	if err != nil || !ok || !cmp.Equal(got, want[0]) {
		h.Errorf("got %v, %v, %v", got, ok, err)
	}
	if _, ok, err := h.Memory("slack").Get(h.ctx(), "s", "a"); ok || err != nil {
		h.Errorf("another platform: %v, %v", ok, err)
	}
	h.pass(time.Hour)
	if _, ok, err := m.Get(h.ctx(), "s", "a"); ok || err != nil {
		h.Errorf("past its time: %v, %v", ok, err)
	}
	list(0, 10, want[1:])
	if c := put(store.Item{Scope: "s", Key: "a"}, true); c <= b {
		h.Errorf("a new item has seq %d after %d", c, b)
	}
	h.must(m.Forget(h.ctx(), "s", "a"))
	list(0, 10, want[1:])
	if d := put(store.Item{Scope: "s", Key: "d"}, true); d <= b+1 {
		h.Errorf("seq %d was used before", d)
	}
	h.must(m.Forget(h.ctx(), "s", ""))
	list(0, 10, nil)
	if _, ok, err := m.Get(h.ctx(), "t", "a"); !ok || err != nil {
		h.Errorf("another scope: %v, %v", ok, err)
	}
	h.byHand(`UPDATE memory SET key = sealed`)
	if _, err := m.List(h.ctx(), "t", 0, 1); err == nil {
		h.Error("an item in another's place opens")
	}
}

// Whoever lists a scope up to a Seq has seen everything before it, however many
// put at once in two replicas.
func testMemoryOrder(h *house) {
	ms := []*store.Memory{h.Memory("web"), h.open().Memory("web")}
	done := make(chan bool)
	go func() {
		defer close(done)
		parallel(40, func(i int) {
			if _, _, err := ms[i%2].Put(h.ctx(), store.Item{Scope: "s", Key: fmt.Sprint(i)}); err != nil {
				h.Error(err)
			}
		})
	}()
	seen, after := map[string]bool{}, int64(0)
	for last := false; ; {
		items, err := ms[0].List(h.ctx(), "s", after, 3)
		if err != nil {
			h.Error(err)
			<-done
			return
		}
		for _, it := range items {
			seen[it.Key], after = true, it.Seq
		}
		if last && len(items) == 0 {
			break
		}
		select {
		case <-done:
			last = true
		default:
		}
	}
	if len(seen) != 40 {
		h.Errorf("seen %d of 40", len(seen))
	}
}

// A flow is kept for as long as a session or an open store needs it.
func testFlows(h *house) {
	h.must(h.PutFlow(h.ctx(), "v1", "intake", []byte(`{"a":1}`)))
	h.must(h.PutFlow(h.ctx(), "v1", "intake", []byte(`{"a":1}`)))
	got, err := h.Flow(h.ctx(), "v1")
	h.must(err)
	same(h, "flow", string(got), `{"a":1}`)
	_, err = h.Flow(h.ctx(), "v2")
	h.is(err, store.ErrNotFound)
	fresh := h.open() // has put nothing
	h.must(h.Sweep(h.ctx(), start.Add(300*time.Hour)))
	_, err = h.Flow(h.ctx(), "v1")
	h.must(err)
	h.turn(store.Event{Person: melder}, store.Effects{Session: session(1)})
	h.must(fresh.Sweep(h.ctx(), start.Add(600*time.Hour)))
	_, err = h.Flow(h.ctx(), "v1")
	h.must(err)
	h.turn(store.Event{Person: melder}, store.Effects{End: true})
	h.must(fresh.Sweep(h.ctx(), start.Add(600*time.Hour)))
	_, err = h.Flow(h.ctx(), "v1")
	h.is(err, store.ErrNotFound)
}
