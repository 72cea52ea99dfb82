package storetest

import (
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

func (h *house) issue(t store.Token) string {
	h.Helper()
	if t.ID == "" {
		t.ID = store.NewToken()
	}
	h.must(h.Issue(h.ctx(), t))
	return t.ID
}

// press looks a token up in a turn.
func (h *house) press(e store.Event, eff store.Effects) *store.Token {
	h.Helper()
	v, _ := h.turn(e, eff)
	return v.Token
}

// A press counts once, by the commit and not by the look; one to keep counts
// every time. Of many at once, in two replicas, one wins.
func testTokenOnce(h *house) {
	once := h.issue(store.Token{Kind: "read", About: "SIG-2026-ABCDE", Rev: 3})
	keep := h.issue(store.Token{Kind: "open", Keep: true})
	same(h, "token", *h.press(store.Event{Token: once}, store.Effects{}),
		store.Token{ID: once, Kind: "read", About: "SIG-2026-ABCDE", Rev: 3})
	stores := []*store.Store{h.Store, h.open()}
	used := make(chan bool, 20)
	parallel(20, func(i int) {
		_, err := stores[i%2].Turn(h.ctx(), store.Event{Token: once}, func(v store.View) (store.Effects, error) {
			if v.Token == nil {
				return store.Effects{}, store.ErrNotFound
			}
			return store.Effects{UseUp: true}, nil
		})
		if err == nil {
			used <- true
		} else if !isError(err, store.ErrNotFound) {
			h.Error(err)
		}
	})
	if len(used) != 1 {
		h.Errorf("used %d times", len(used))
	}
	if _, err := h.Token(h.ctx(), once); !isError(err, store.ErrNotFound) {
		h.Errorf("used up: %v", err)
	}
	for range 3 {
		if h.press(store.Event{Token: keep}, store.Effects{UseUp: true}) == nil {
			h.Error("a token to keep is gone")
		}
	}
	if h.press(store.Event{Token: store.NewToken()}, store.Effects{}) != nil {
		h.Error("an unknown token")
	}
}

// A bound token is not there for anybody else, or anywhere else.
func testTokenBound(h *house) {
	here, there := private.New("web:dm-1"), private.New("web:dm-2")
	id := h.issue(store.Token{Kind: "open", Person: officer, Place: here})
	for _, c := range []struct {
		e    store.Event
		want bool
	}{
		{store.Event{Person: officer, Place: here}, true},
		{store.Event{Person: officer}, true},
		{store.Event{Person: second, Place: here}, false},
		{store.Event{Person: officer, Place: there}, false},
		{store.Event{}, false},
	} {
		c.e.Token = id
		if got := h.press(c.e, store.Effects{}) != nil; got != c.want {
			h.Errorf("%+v: %v", c.e, got)
		}
	}
}

// A token is gone when its time has come, and its row after a sweep.
func testTokenExpiry(h *house) {
	id := h.issue(store.Token{Kind: "form", Expires: start.Add(30 * time.Minute)})
	h.pass(30*time.Minute - time.Microsecond)
	if h.press(store.Event{Token: id}, store.Effects{}) == nil {
		h.Error("gone too early")
	}
	now := h.pass(time.Microsecond)
	if h.press(store.Event{Token: id}, store.Effects{}) != nil {
		h.Error("expired and still there")
	}
	_, err := h.Token(h.ctx(), id)
	h.is(err, store.ErrNotFound)
	h.must(h.Sweep(h.ctx(), now))
	if n := h.number(`SELECT COUNT(*) FROM tokens`); n != 0 {
		h.Errorf("%d rows left", n)
	}
	// A row whose expiry was put off by hand does not open.
	id = h.issue(store.Token{Kind: "form", Expires: now.Add(time.Minute)})
	h.byHand(`UPDATE tokens SET expires = expires + 1000000000`)
	h.refused2(store.Event{Token: id}, store.Effects{})
}

// A form that was refused ten times is dead.
func testTokenFailures(h *house) {
	id := h.issue(store.Token{Kind: "form"})
	for i := range store.MaxFailures {
		tok := h.press(store.Event{Token: id}, store.Effects{})
		if tok == nil || tok.Failures != i {
			h.Fatalf("after %d failures: %+v", i, tok)
		}
		h.must(h.Fail(h.ctx(), id))
	}
	if h.press(store.Event{Token: id}, store.Effects{}) != nil {
		h.Error("alive after ten failures")
	}
	h.must(h.Fail(h.ctx(), store.NewToken()))
}
