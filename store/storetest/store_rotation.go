package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// kinds are the uses whose old keys go at the end of a rotation; the journal's
// and the signatures' stay as long as what they prove.
var kinds = []vault.Use{vault.UseWrap, vault.UseReporter, vault.UseWorking, vault.UseIndex}

// replica opens one more store, as a bot that serves.
func (h *house) replica(name string) *store.Store {
	h.Helper()
	v, err := vault.Open(h.keys)
	h.must(err)
	s, err := store.Open(h.ctx(), h.driver(), v, store.Options{Now: h.clock, Replica: name})
	h.must(err)
	h.Cleanup(func() { _ = s.Close() })
	return s
}

// rekey lets a replica follow the key file, and say so.
func (h *house) rekey(s *store.Store) {
	h.Helper()
	v, err := vault.Open(h.keys)
	h.must(err)
	h.must(s.Rekey(h.ctx(), v))
	h.follow(s)
}

// follow lets a replica notice what was settled meanwhile, and say so.
func (h *house) follow(s *store.Store) {
	h.Helper()
	h.must(s.Announce(h.ctx()))
	h.must(s.Announce(h.ctx()))
}

// promoted adds and promotes keys of every use.
func (h *house) promoted() {
	h.Helper()
	h.must(vault.Add(h.keys, vault.Uses()...))
	h.must(vault.Promote(h.keys, vault.Uses()...))
}

// rewrap runs Rewrap whole, with nothing lost and nothing stuck.
func (h *house) rewrap(s *store.Store) {
	h.Helper()
	r, err := s.Rewrap(h.ctx(), nil)
	h.must(err)
	if r.Lost != 0 || len(r.Stuck) > 0 {
		h.Fatalf("rewrapped: %+v", r)
	}
}

// needs are the uses, and the tables of each, that still need an older key.
func (h *house) needs(s *store.Store) map[vault.Use][]string {
	h.Helper()
	aged, err := s.Aged(h.ctx())
	h.must(err)
	out := map[vault.Use][]string{}
	for _, a := range aged {
		if !slices.Contains(out[a.Use], a.Table) {
			out[a.Use] = append(out[a.Use], a.Table)
		}
	}
	return out
}

// oldBytes ensures that no value of any table but the journal was made under a
// key that is older in v: seen from the bytes, whatever the store thinks of them.
func (h *house) oldBytes(v *vault.Vault) {
	h.Helper()
	for _, table := range mine {
		if table == "journal" || table == "meta" {
			continue
		}
		for _, row := range h.rows(`SELECT * FROM ` + table) {
			for i, value := range row {
				b, _ := value.([]byte)
				for _, use := range kinds {
					for _, p := range v.Prefixes(use) {
						if bytes.HasPrefix(b, p) {
							h.Errorf("%s, column %d: made under the old %s key", table, i, use)
						}
					}
				}
			}
		}
	}
}

// whole ensures that what plantAll kept is all there, through a store.
func (h *house) whole(s *store.Store, ref store.Reference) {
	h.Helper()
	turn := func(e store.Event) store.View {
		h.Helper()
		v, _, err := turnOn(h.ctx(), s, e, store.Effects{})
		h.must(err)
		return v
	}
	v := turn(store.Event{
		Person: other, Signal: ref, Viewer: all, Token: "Merel-0123456789", Registers: []string{"absence"},
	})
	same(h, "report", v.Case.Report, report())
	if v.Session.Content.Reveal() != "Zilvervos in het Kattebos" || v.Profile.Department != "zorg-Afdeling" ||
		v.Registers["absence"].Reveal() != "Eksternest" || len(v.Case.Additions) != 1 || len(v.Matches) == 0 || !v.Case.Mine {
		h.Errorf("view is %+v", v)
	}
	if v := turn(store.Event{Person: officer, Token: "Merel-0123456789"}); v.Token == nil || v.Token.About != ref {
		h.Errorf("token is %+v", v.Token)
	}
	_, _, err := turnOn(h.ctx(), s, store.Event{Signal: ref, Viewer: store.Viewer{Person: second, All: true}}, store.Effects{})
	h.is(err, store.ErrNotFound)
	turn(store.Event{Signal: ref, Viewer: store.Viewer{Person: officer}}) // it is assigned to him
	for _, id := range []string{"gebeurtenis-Roek", "gebeurtenis-Roek-2"} {
		if _, out, err := turnOn(h.ctx(), s, store.Event{ID: id}, store.Effects{}); err != nil || !out.Duplicate {
			h.Errorf("event %s is taken twice: %v", id, err)
		}
	}
	it, ok, err := s.Memory("web").Get(h.ctx(), "Schaal-Roek", "Sleutel-Roek")
	if err != nil || !ok || string(it.Value) != "Waarde-Roek" {
		h.Errorf("memory: %v, %v, %v", it, ok, err)
	}
	own, err := s.Mine(h.ctx(), melder)
	if err != nil || len(own) != 2 || own[0].Number == "" {
		h.Errorf("mine: %v, %v", own, err)
	}
	var got taker
	h.must(s.Deliver(h.ctx(), ref, got.deliver))
	rep, err := s.VerifyJournal(h.ctx())
	if err != nil || !rep.OK() || rep.Lines == 0 {
		h.Errorf("journal: %+v, %v", rep, err)
	}
}

// plantAll is plant with something in every table and column that has a key.
func plantAll(h *house) store.Reference {
	h.Helper()
	h.file(filing())
	ref := plant(h)
	h.turn(store.Event{Signal: ref, Viewer: all, Registers: []string{"absence"}}, store.Effects{
		Holder: &officer, Registers: map[string]private.Text{"absence": private.New("Eksternest")},
	})
	return ref
}

// A rotation leaves everything as it was, makes all of it anew, and ends with a
// key file without the old keys, that nothing needs. Only the journal's stays.
func testRewrap(h *house) {
	ref := plantAll(h)
	live := h.replica("a")
	h.whole(live, ref)
	marks := func() store.Rows {
		return h.rows(`SELECT signal, class, COUNT(*) FROM marks GROUP BY signal, class ORDER BY signal, class`)
	}
	marked := marks()
	h.promoted()
	h.rekey(live)
	st := h.open()
	want := map[vault.Use][]string{
		vault.UseWrap: {"keys"}, vault.UseReporter: {"reporters"},
		vault.UseIndex:   {"reporters", "leftout", "assigned", "signals", "marks", "sessions", "profiles", "tokens", "memory", "inbox"},
		vault.UseWorking: {"sessions", "profiles", "tokens", "memory", "registers", "inbox"},
		vault.UseJournal: {"journal"},
	}
	if got := h.needs(st); !cmp.Equal(got, want) {
		h.Fatalf("before: %s", cmp.Diff(want, got))
	}
	h.rewrap(st)
	h.whole(live, ref)
	h.follow(live)
	h.rewrap(st)
	if got := h.needs(st); !cmp.Equal(got, map[vault.Use][]string{vault.UseJournal: {"journal"}}) {
		h.Errorf("after: %v", got)
	}
	same(h, "marks", marks(), marked)
	turned, err := vault.Open(h.keys)
	h.must(err)
	h.oldBytes(turned)
	h.must(vault.Retire(h.keys, kinds...))
	h.whole(h.open(), ref)
	h.rekey(live)
	h.whole(live, ref)
	// A signal that comes now has no mark under a key that is gone.
	h.Store = live
	h.file(filing())
	h.oldBytes(turned)
}

// Once its names are made under the new key only, a signal is found by one that
// comes after, and the other way round, whichever replica filed it.
func testRewrapMatches(h *house) {
	before := h.file(filing())
	a, b := h.replica("a"), h.replica("b")
	h.must(vault.Add(h.keys, vault.Uses()...))
	h.rekey(a)
	h.rekey(b)
	h.must(vault.Promote(h.keys, vault.Uses()...))
	h.rekey(b)
	h.Store = a // the old key seals there still
	between := h.file(filing())
	h.rewrap(h.open())
	after := h.file(filing())
	h.Store = b
	last := h.file(filing())
	for _, ref := range []store.Reference{before, between, after, last} {
		seen := map[store.Reference]bool{}
		for _, m := range h.see(ref, all).Matches {
			seen[m.Ref] = true
		}
		if len(seen) != 3 {
			h.Errorf("%s meets %d signals, want 3", ref, len(seen))
		}
	}
}

// A rotation gives an exercise no marks, and entered signals no reporter in
// common.
func testRewrapEntered(h *house) {
	f, drill := filing(), filing()
	f.Reporter.Person, f.Reporter.Place, drill.Drill = store.Person{}, store.Person{}, true
	for range 2 {
		h.turn(store.Event{Person: officer}, store.Effects{File: f})
	}
	ref := h.file(drill)
	h.turn(store.Event{Signal: ref, Person: melder, AsReporter: true}, store.Effects{Add: &store.Addition{Text: private.New("bel 0348 123 456")}})
	live := h.replica("a")
	h.promoted()
	h.rekey(live)
	h.rewrap(h.open())
	h.Store = live
	if m := h.see(ref, all).Matches; len(m) > 0 {
		h.Errorf("the exercise meets %v", m)
	}
	if n := h.number(`SELECT count(DISTINCT who) FROM reporters`); n != 3 {
		h.Errorf("three signals have %d reporters", n)
	}
}

// A signal whose rows were changed by hand is left as it is and named, so that
// its old key is not retired and mending the row still helps.
func testRewrapStuck(h *house) {
	ref := plantAll(h)
	row := h.rows(`SELECT who FROM leftout WHERE signal = ?1`, string(ref))[0][0]
	h.byHand(`DELETE FROM leftout WHERE signal = ?1`, string(ref))
	h.promoted()
	st := h.open()
	r, err := st.Rewrap(h.ctx(), nil)
	h.must(err)
	if !slices.Equal(r.Stuck, []store.Reference{ref}) {
		h.Errorf("stuck: %v", r.Stuck)
	}
	if got := h.needs(st)[vault.UseWrap]; !slices.Equal(got, []string{"keys"}) {
		h.Errorf("what needs the old key: %v", got)
	}
	h.byHand(`INSERT INTO leftout (signal, who) VALUES (?1, ?2)`, string(ref), row)
	h.rewrap(st)
	h.whole(st, ref)
}

// Rows of the first releases, which do not say what their names are made of, are
// read as before, and are removed and counted by a rotation: they cannot come
// along.
func testRewrapForgotten(h *house) {
	v, err := vault.Open(h.keys)
	h.must(err)
	h.turn(store.Event{ID: "e", Person: melder}, store.Effects{Profile: &store.Profile{Lang: "en"}})
	_, _, err = h.Memory("web").Put(h.ctx(), store.Item{Scope: "s", Key: "k", Value: []byte("v")})
	h.must(err)
	tok := h.issue(store.Token{Kind: "open", Keep: true})
	sealed := func(table, row, field string, plain string) []byte {
		return v.SealWorking([]byte(plain), vault.AD(table, row, field))
	}
	h.byHand(`UPDATE inbox SET sealed = NULL`)
	scope, key := v.Name("memory scope", "web", "s"), v.Name("memory key", "web", "s", "k")
	h.byHand(`UPDATE memory SET sealed = ?1`, sealed("memory", string(scope), string(key), "\x01kv"))
	who := v.Name("profile", melder.Reveal())
	h.byHand(`UPDATE profiles SET sealed = ?1`, sealed("profiles", string(who), "profile", `{"lang":"en"}`))
	hash := v.Name("token", tok)
	h.byHand(`UPDATE tokens SET sealed = ?1`, sealed("tokens", string(hash), "0", `{"Kind":"open","Keep":true}`))

	it, ok, err := h.Memory("web").Get(h.ctx(), "s", "k")
	seen, _ := h.turn(store.Event{Person: melder, Token: tok}, store.Effects{})
	if err != nil || !ok || string(it.Value) != "v" || it.Key != "k" || seen.Profile.Lang != "en" || seen.Token == nil || seen.Token.ID != tok {
		h.Errorf("read as %+v, %v; %+v", it, err, seen)
	}
	h.promoted()
	r, err := h.open().Rewrap(h.ctx(), nil)
	h.must(err)
	if r.Lost != 4 {
		h.Errorf("rewrapped: %+v", r)
	}
	for _, table := range []string{"inbox", "memory", "profiles", "tokens"} {
		if n := h.number(`SELECT COUNT(*) FROM ` + table); n != 0 {
			h.Errorf("%d rows in %s", n, table)
		}
	}
}

// A replica says which keys it works with once nothing works with earlier ones,
// takes over no file of other data and none that is older, and a file that is
// behind does not open at all.
func testReplicas(h *house) {
	h.file(filing())
	a := h.replica("a")
	primary := func() (ids []uint32) {
		h.Helper()
		rs, err := h.Replicas(h.ctx())
		h.must(err)
		for _, r := range rs {
			ids = append(ids, r.Keys[vault.UseIndex].Primary)
		}
		return ids
	}
	first := primary()
	if len(first) != 1 {
		h.Fatalf("%d replicas", len(first))
	}
	h.must(vault.Add(h.keys, vault.Uses()...))
	added, err := vault.Open(h.keys)
	h.must(err)
	h.must(vault.Promote(h.keys, vault.Uses()...))
	newest, err := vault.Open(h.keys)
	h.must(err)
	h.must(a.Rekey(h.ctx(), added))
	_, err = a.Turn(h.ctx(), store.Event{}, func(store.View) (store.Effects, error) {
		h.must(a.Rekey(h.ctx(), newest))
		h.follow(a) // this turn may still write under the older key
		if got := primary(); !slices.Equal(got, first) {
			h.Error("it says that it follows while a turn does not")
		}
		return store.Effects{}, nil
	})
	h.must(err)
	h.follow(a)
	if got := primary(); !slices.Equal(got, []uint32{newest.KeyID(vault.UseIndex)}) {
		h.Errorf("primary %v after the turn", got)
	}
	h.is(a.Rekey(h.ctx(), added), store.ErrBehind)
	_, err = store.Open(h.ctx(), h.driver(), added, store.Options{})
	h.is(err, store.ErrBehind)
	h.pass(2 * 60e9)
	h.follow(a)
	h.pass(2 * 60e9)
	if len(primary()) != 1 {
		h.Error("a replica that announces itself counts as gone")
	}
	h.must(a.Leave(h.ctx()))
	if len(primary()) != 0 {
		h.Error("a replica that left counts")
	}
	h.replica("a")
	h.replica("a") // the same bot, started again after a crash
	if len(primary()) != 1 {
		h.Errorf("%d replicas, want one", len(primary()))
	}
	h.pass(4 * 60e9)
	if len(primary()) != 0 {
		h.Error("a silent replica counts")
	}
}

// One event that comes to two replicas at once, whose primary keys differ in the
// middle of a rotation, has one effect.
func testOnceAcrossKeys(h *house) {
	h.must(vault.Add(h.keys, vault.Uses()...))
	stores := []*store.Store{h.open(), nil}
	h.must(vault.Promote(h.keys, vault.Uses()...))
	stores[1] = h.open()
	for event := range 20 {
		var taken atomic.Int64
		parallel(8, func(i int) {
			_, out, err := turnOn(h.ctx(), stores[i%2], store.Event{ID: fmt.Sprint("event ", event)}, store.Effects{Count: []string{"taken"}})
			if err != nil {
				h.Error(err)
			} else if !out.Duplicate {
				taken.Add(1)
			}
		})
		if n := taken.Load(); n != 1 {
			h.Fatalf("event %d has %d effects", event, n)
		}
	}
}
