package store_test

import (
	"testing"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
)

// A reference or number that is in use, or was before an erasure, is drawn
// again; nothing of the signal that has it changes.
func TestDrawAgain(t *testing.T) {
	t.Parallel()
	s := opened(t)
	draws := 0
	give := func(refs ...string) {
		draws = 0
		s.SetDraw(func() (store.Reference, store.Number) {
			r := refs[min(2*draws, len(refs)-2):]
			draws++
			return store.Reference(r[0]), store.Number(r[1])
		})
	}
	give("SIG-2026-AAAAA", "M-AAAAA")
	first := file(t, s, what("eerste"))
	give("SIG-2026-AAAAA", "M-BBBBB", "SIG-2026-BBBBB", "M-AAAAA", "SIG-2026-BBBBB", "M-BBBBB")
	second := file(t, s, what("tweede"))
	if first != "SIG-2026-AAAAA" || second != "SIG-2026-BBBBB" || draws != 3 {
		t.Errorf("drawn %s and %s after %d draws", first, second, draws)
	}
	_, err := s.Turn(t.Context(), store.Event{Signal: first, Viewer: officer}, func(v store.View) (store.Effects, error) {
		if got := v.Case.Report.What.Reveal(); got != "eerste" {
			t.Errorf("the first signal says %q", got)
		}
		return store.Effects{Erase: store.GroundWithdrawn}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	give("SIG-2026-AAAAA", "M-CCCCC", "SIG-2026-CCCCC", "M-CCCCC")
	if third := file(t, s, what("derde")); third != "SIG-2026-CCCCC" {
		t.Errorf("an erased reference is given out again: %s", third)
	}
	// With no number free it is an error, and nothing is written.
	give("SIG-2026-BBBBB", "M-BBBBB")
	if _, err := s.Turn(t.Context(), store.Event{}, func(store.View) (store.Effects, error) {
		return store.Effects{File: &store.Filing{}}, nil
	}); err == nil {
		t.Error("filed under a number in use")
	}
}

// A filed signal goes to the notice, line and token that name none; those that
// name another keep it, and the caller's own slices are left alone.
func TestFill(t *testing.T) {
	t.Parallel()
	s := opened(t)
	eff := store.Effects{
		File:    &store.Filing{Report: flows.Report{}, Reporter: store.Reporter{Person: private.New("web:m")}},
		Notices: []store.Notice{{NoticeID: store.NoticeID{Kind: "card"}}, {NoticeID: store.NoticeID{Kind: "card", About: "SIG-2025-AAAAA"}}},
	}
	out, err := s.Turn(t.Context(), store.Event{}, func(v store.View) (store.Effects, error) {
		for i := range eff.Notices {
			eff.Notices[i].Due = v.Now
		}
		return eff, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if eff.Notices[0].About != "" {
		t.Error("the caller's notice was changed")
	}
	got, _, err := s.Claim(t.Context(), eff.Notices[0].Due, 10)
	if err != nil {
		t.Fatal(err)
	}
	about := map[store.Reference]bool{}
	for _, n := range got {
		about[n.About] = true
	}
	if len(got) != 2 || !about[out.Ref] || !about["SIG-2025-AAAAA"] {
		t.Errorf("claimed %+v", got)
	}
}
