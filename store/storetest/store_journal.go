package storetest

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// say writes n journal lines, in as many turns.
func (h *house) say(n int) {
	h.Helper()
	for i := range n {
		h.turn(store.Event{}, store.Effects{Journal: []store.Line{{
			Action: fmt.Sprintf("act.%d", i), Person: officer, About: "SIG-2026-ABCDE", Outcome: "ok",
		}}})
	}
}

func (h *house) seal(want int) {
	h.Helper()
	n, err := h.SealJournal(h.ctx())
	h.must(err)
	if n != want {
		h.Errorf("%d lines sealed, want %d", n, want)
	}
}

func (h *house) verify() store.JournalReport {
	h.Helper()
	rep, err := h.VerifyJournal(h.ctx())
	h.must(err)
	return rep
}

// Lines get a sequence and a chain from the sealer; the whole verifies, and
// what is not sealed yet is counted.
func testJournal(h *house) {
	if rep := h.verify(); !rep.OK() || rep.Head.Seq != 0 {
		h.Errorf("an empty journal: %+v", rep)
	}
	h.say(3)
	if rep := h.verify(); !rep.OK() || rep.Unsealed != 3 {
		h.Errorf("unsealed: %+v", rep)
	}
	h.seal(3)
	h.seal(0)
	h.say(2)
	h.seal(2)
	rep := h.verify()
	if !rep.OK() || rep.Lines != 5 || rep.Head.Seq != 5 || len(rep.Head.Chain) == 0 || rep.Unsealed != 0 {
		h.Errorf("sealed: %+v", rep)
	}
	lines, err := h.Store.Journal(h.ctx(), 3, 10)
	h.must(err)
	if len(lines) != 2 || lines[0].Seq != 4 || lines[0].Action != "act.0" || !lines[0].At.Equal(start) || lines[0].About != "SIG-2026-ABCDE" {
		h.Errorf("lines are %+v", lines)
	}
	if lines[0].Actor != lines[1].Actor || len(lines[0].Actor) != 74 {
		h.Errorf("actors are %q and %q", lines[0].Actor, lines[1].Actor)
	}
	h.refused2(store.Event{}, store.Effects{Journal: []store.Line{{About: "SIG-2026-ABCDE", Reason: private.New("x")}}})
}

// Each kind of tampering is found and named.
func testJournalTampered(h *house) {
	ref := h.file(filing())
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Journal: []store.Line{
		{Action: "a", Actor: "bot", About: ref, Outcome: "ok", Reason: private.New("Zilvervos")},
		{Action: "b", Actor: "bot", About: ref, Outcome: "ok", Reason: private.New("Kattebos")},
	}})
	h.say(6)
	h.seal(8)
	h.say(1)
	if rep := h.verify(); !rep.OK() || rep.Lines != 8 || rep.Unsealed != 1 {
		h.Fatalf("before: %+v", rep)
	}
	keep := h.rows(`SELECT id, nonce, at, action, actor, about, outcome, reason, mac, seq, chain FROM journal ORDER BY id`)
	head := h.rows(`SELECT value FROM meta WHERE name = 'journal head'`)
	restore := func() {
		for _, r := range keep {
			h.byHand(`DELETE FROM journal WHERE id = ?1`, r[0])
		}
		h.byHand(`DELETE FROM journal`)
		h.byHand(`DELETE FROM meta WHERE name = 'journal head'`)
		h.byHand(`INSERT INTO meta (name, value) VALUES ('journal head', ?1)`, head[0][0])
		for _, r := range keep {
			h.byHand(`INSERT INTO journal (nonce, at, action, actor, about, outcome, reason, mac, seq, chain)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`, r[1:]...)
		}
	}
	changed := func(seq ...int64) store.JournalReport { return store.JournalReport{Changed: seq} }
	for sql, want := range map[string]store.JournalReport{
		`UPDATE journal SET outcome = 'refused' WHERE seq = 3`:                                        changed(3),
		`UPDATE journal SET action = 'x' WHERE seq = 3`:                                               changed(3),
		`UPDATE journal SET actor = 'x' WHERE seq = 3`:                                                changed(3),
		`UPDATE journal SET about = 'x' WHERE seq = 3`:                                                changed(3),
		`UPDATE journal SET at = at + 1 WHERE seq = 8`:                                                changed(8),
		`UPDATE journal SET reason = NULL WHERE seq = 1`:                                              changed(1),
		`UPDATE journal SET reason = (SELECT reason FROM journal j WHERE j.seq = 2) WHERE seq = 1`:    changed(1),
		`DELETE FROM journal WHERE seq = 3`:                                                           {Missing: []store.Span{{From: 3, To: 3}}},
		`DELETE FROM journal WHERE seq IN (1, 2, 5)`:                                                  {Missing: []store.Span{{From: 1, To: 2}, {From: 5, To: 5}}},
		`DELETE FROM journal WHERE seq > 6`:                                                           {Missing: []store.Span{{From: 7, To: 8}}},
		`DELETE FROM meta WHERE name = 'journal head'`:                                                {HeadLost: true},
		`UPDATE meta SET value = (SELECT mac FROM journal WHERE seq = 1) WHERE name = 'journal head'`: {HeadLost: true},
		`UPDATE journal SET chain = (SELECT chain FROM journal j WHERE j.seq = 2) WHERE seq = 3`:      {Moved: []int64{3, 4}},
		`UPDATE journal SET outcome = 'x' WHERE seq IS NULL`:                                          {Forged: 1},
	} {
		restore()
		h.byHand(sql)
		same := h.verify()
		same.Lines, same.Unsealed, same.Head = 0, 0, store.Head{}
		if !cmp.Equal(same, want) || same.OK() {
			h.Errorf("%s: %+v, want %+v", sql, same, want)
		}
	}
	// Two lines that change places.
	restore()
	h.byHand(`UPDATE journal SET seq = -seq WHERE seq IN (4, 5)`)
	h.byHand(`UPDATE journal SET seq = CASE WHEN seq = -4 THEN 5 ELSE 4 END WHERE seq < 0`)
	if rep := h.verify(); len(rep.Moved) == 0 || rep.Moved[0] != 4 || len(rep.Changed)+len(rep.Missing) > 0 {
		h.Errorf("changed places: %+v", rep)
	}
	// A cut tail stays visible after new lines.
	restore()
	h.byHand(`DELETE FROM journal WHERE seq > 6`)
	h.seal(1)
	if rep := h.verify(); !cmp.Equal(rep.Missing, []store.Span{{From: 7, To: 8}}) || rep.Head.Seq != 9 {
		h.Errorf("after a cut tail: %+v", rep)
	}
	// The sealer never vouches for a line that is not ours.
	restore()
	h.byHand(`UPDATE journal SET outcome = 'x' WHERE seq IS NULL`)
	h.seal(0)
}

// However many lines there are, and however many of them are forged: all that
// are ours get their place.
func testJournalMany(h *house) {
	lines := make([]store.Line, 1200)
	for i := range lines {
		lines[i] = store.Line{Action: "a", Actor: "bot", Outcome: "ok"}
	}
	h.turn(store.Event{}, store.Effects{Journal: lines})
	h.byHand(`UPDATE journal SET outcome = 'x' WHERE id IN (SELECT id FROM journal ORDER BY id LIMIT 600)`)
	h.seal(600)
	if rep := h.verify(); rep.Lines != 600 || rep.Forged != 600 || rep.Unsealed != 600 || rep.Head.Seq != 600 || rep.OK() {
		h.Errorf("lines %d, forged %d, unsealed %d", rep.Lines, rep.Forged, rep.Unsealed)
	}
	h.turn(store.Event{}, store.Effects{Journal: lines})
	h.seal(1200)
	if rep := h.verify(); rep.Lines != 1800 || len(rep.Missing)+len(rep.Changed)+len(rep.Moved) > 0 {
		h.Errorf("lines %d: %v, %v, %v", rep.Lines, rep.Missing, rep.Changed, rep.Moved)
	}
}

// Two replicas that seal at once make one chain.
func testJournalReplicas(h *house) {
	stores := []*store.Store{h.Store, h.open()}
	parallel(24, func(i int) {
		s := stores[i%2]
		_, _, err := turnOn(h.ctx(), s, store.Event{}, store.Effects{Journal: []store.Line{{Action: "a", Actor: "bot", Outcome: "ok"}}})
		if err == nil {
			_, err = s.SealJournal(h.ctx())
		}
		if err != nil {
			h.Error(err)
		}
	})
	if _, err := h.SealJournal(h.ctx()); err != nil {
		h.Error(err)
	}
	if rep := h.verify(); !rep.OK() || rep.Lines != 24 || rep.Head.Seq != 24 || rep.Unsealed != 0 {
		h.Errorf("%+v", rep)
	}
}

// The journal tells when each person last acted and how often, also across a
// rotation of every key, and of people who are not asked for only that they did.
func testUses(h *house) {
	line := func(p store.Person) {
		h.turn(store.Event{}, store.Effects{Journal: []store.Line{{Action: "a", Person: p, Outcome: "ok"}, {Action: "a", Actor: "bot", Outcome: "ok"}}})
	}
	line(officer)
	line(other)
	h.promoted()
	h.Store = h.open()
	h.rewrap(h.Store)
	h.must(vault.Retire(h.keys, kinds...))
	h.Store = h.open()
	last := h.pass(time.Hour)
	line(officer)
	uses, others, err := h.Uses(h.ctx(), []store.Person{second, officer})
	h.must(err)
	same(h, "uses", uses, []store.Use{{}, {Last: last, Acts: 2}})
	same(h, "others", others, store.Use{Last: start, Acts: 1})
}

// Lines past their time go, a signed checkpoint stays, and the rest still proves
// itself from there; heads that were kept of before are not held against it.
// Nothing goes of a journal that is not whole, and a checkpoint of somebody else
// hides no line that is gone.
func testPrune(h *house) {
	head := func() store.Head {
		x, err := h.JournalHead(h.ctx())
		h.must(err)
		return x
	}
	h.say(1200)
	h.seal(1200)
	early := head()
	h.pass(time.Hour)
	h.say(3)
	h.seal(3)
	h.byHand(`UPDATE journal SET outcome = 'x' WHERE seq = 7`)
	_, err := h.PruneJournal(h.ctx(), start.Add(time.Minute))
	h.is(err, store.ErrJournal)
	h.byHand(`UPDATE journal SET outcome = 'ok' WHERE seq = 7`)
	prune := func(before time.Time, want int64) {
		h.Helper()
		n, err := h.PruneJournal(h.ctx(), before)
		h.must(err)
		if n != want {
			h.Errorf("%d lines went, want %d", n, want)
		}
	}
	prune(start, 0)
	prune(start.Add(time.Minute), 1200)
	prune(start.Add(time.Minute), 0)
	if rep := h.verify(); !rep.OK() || rep.Lines != 3 || rep.Pruned != 1200 || rep.Head.Seq != 1203 {
		h.Errorf("after: %+v", rep)
	}
	odd, err := h.Strange(h.ctx(), []store.Head{{Seq: 5, Chain: []byte("then")}, early, head(), {Seq: 1300, Chain: []byte("x")}, {Seq: 1200, Chain: []byte("y")}})
	if err != nil || len(odd) != 2 || odd[0].Seq != 1300 || odd[1].Seq != 1200 {
		h.Errorf("strange heads: %v, %v", odd, err)
	}
	prune(h.clock().Add(time.Minute), 3)
	h.say(2)
	h.seal(2)
	if rep := h.verify(); !rep.OK() || rep.Lines != 2 || rep.Pruned != 1203 || rep.Head.Seq != 1205 {
		h.Errorf("all of them gone: %+v", rep)
	}
	h.byHand(`UPDATE meta SET value = (SELECT value FROM meta WHERE name = 'journal head') WHERE name = 'journal checkpoint'`)
	if rep := h.verify(); rep.OK() || !cmp.Equal(rep.Missing, []store.Span{{From: 1, To: 1203}}) {
		h.Errorf("a checkpoint that is not ours: %+v", rep)
	}
}
