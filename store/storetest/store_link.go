package storetest

import (
	"strings"
	"time"

	"github.com/meldroute/meldroute/store"
)

// link hands out a link for the officer.
func (h *house) link() store.Token {
	h.Helper()
	t := store.Link(store.Token{ID: "x-", Kind: "file", Person: officer}, h.clock())
	h.issue(t)
	return t
}

// redeem fetches what is behind a link, and says whether it was there.
func (h *house) redeem(s *store.Store, who store.Person, id, code string) bool {
	h.Helper()
	seen := false
	err := s.Redeem(h.ctx(), store.Event{Person: who, Token: id}, code, func(store.View) (store.Effects, error) {
		seen = true
		return store.Effects{Journal: []store.Line{{Action: "file.fetched", Person: who, Outcome: "ok"}}}, nil
	})
	if err != nil && !isError(err, store.ErrNotFound) {
		h.Error(err)
	}
	return seen && err == nil
}

// A link gives once, to its person, with its code, for ten minutes; of many at
// once, in two replicas, one gets it.
func testLink(h *house) {
	t := h.link()
	for !strings.ContainsAny(t.Code, "01") { // to be mistaken for letters
		t = h.link()
	}
	typed := strings.NewReplacer("0", "o", "1", "l").Replace(strings.ToLower(t.Code))
	if !strings.HasPrefix(t.ID, "x-") || len(t.Code) != 6 || h.link().Code == t.Code || h.link().ID == t.ID {
		h.Errorf("link %q with code of %d letters", t.ID, len(t.Code))
	}
	for what, ok := range map[string]bool{
		"another person": h.redeem(h.Store, second, t.ID, t.Code), "no code": h.redeem(h.Store, officer, t.ID, ""),
		"a wrong code": h.redeem(h.Store, officer, t.ID, t.Code[1:]+"0"), "a guessed link": h.redeem(h.Store, officer, "x-"+store.NewToken(), t.Code),
		"a token that is no link": h.redeem(h.Store, officer, h.issue(store.Token{Kind: "form", Person: officer}), ""),
	} {
		if ok {
			h.Errorf("%s got it", what)
		}
	}
	stores := []*store.Store{h.Store, h.open()}
	got := make(chan bool, 20)
	parallel(20, func(i int) {
		if h.redeem(stores[i%2], officer, t.ID, " "+typed[:3]+" "+typed[3:]) {
			got <- true
		}
	})
	if len(got) != 1 {
		h.Errorf("fetched %d times", len(got))
	}
	late := h.link()
	h.pass(10 * time.Minute)
	if h.redeem(h.Store, officer, late.ID, late.Code) {
		h.Error("an expired link gave")
	}
}

// Ten wrong codes and a link is dead, for its own code too; those of another
// person do not count.
func testLinkFailures(h *house) {
	t := h.link()
	for range store.MaxFailures + 1 {
		h.redeem(h.Store, second, t.ID, "WRONG0")
	}
	for range store.MaxFailures - 1 {
		h.redeem(h.Store, officer, t.ID, "WRONG0")
	}
	if tok := h.press(store.Event{Token: t.ID, Person: officer}, store.Effects{}); tok == nil || tok.Failures != store.MaxFailures-1 {
		h.Fatalf("after nine wrong codes: %+v", tok)
	}
	h.redeem(h.Store, officer, t.ID, "WRONG0")
	if h.redeem(h.Store, officer, t.ID, t.Code) {
		h.Error("alive after ten wrong codes")
	}
}
