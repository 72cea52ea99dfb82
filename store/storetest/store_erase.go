package storetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// tables are all tables of the database.
func (h *house) tables() []string {
	h.Helper()
	rows, err := h.d.Query(h.ctx(), store.Query{SQL: `SELECT name FROM sqlite_master WHERE type = 'table'`})
	if err != nil {
		rows, err = h.d.Query(h.ctx(), store.Query{
			SQL: `SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()`})
	}
	h.must(err)
	var out []string
	for _, r := range rows[0] {
		out = append(out, r[0].(string))
	}
	if len(out) < 15 {
		h.Fatalf("only %d tables", len(out))
	}
	return out
}

// mine are the tables of the store, with their rows.
var mine = []string{
	"meta", "sessions", "profiles", "signals", "keys", "fields", "leftout", "assigned", "marks", "reporters",
	"erased", "notices", "tokens", "journal", "memory", "flows", "counts", "inbox", "registers",
}

// dump is every row of every table, as bytes.
func (h *house) dump() []byte {
	h.Helper()
	var b bytes.Buffer
	known := strings.Join(mine, " ")
	for _, table := range h.tables() {
		if strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "goose") {
			continue
		}
		if !strings.Contains(known, table) {
			h.Errorf("table %s is not searched", table)
			continue
		}
		for _, r := range h.rows(`SELECT * FROM ` + table) {
			for _, v := range r {
				switch v := v.(type) {
				case []byte:
					b.Write(v)
				default:
					fmt.Fprintln(&b, v)
				}
				b.WriteByte('\n')
			}
		}
	}
	return b.Bytes()
}

// files are the bytes of the database's own files.
func (h *house) files() []byte {
	h.Helper()
	var all []byte
	if h.place.Dir == "" {
		return nil
	}
	h.must(filepath.WalkDir(h.place.Dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all = append(all, b...)
		return err
	}))
	return all
}

// planted are names and words that may stand nowhere in the open: reporter,
// content, choices, form of exploitation, department, addresses.
var planted = []string{
	"Zilvervos", "Kattebos", "Zwaluwstaartlaan", "Kanariepoort", "Schijnvorm", "Schijnteken", "Rolnaam", "Nachtegaal",
	"Roodborstje", "Leeftijd", "Specht", "ijsvogel", "Branche", "Woonvorm", "Sperwer", "Afdeling", "Koekoek",
	"Buitensluiting", "Torenvalk", "Wielewaal", "Boerenzwaluw", "Quirijn", "Petronella", "Ludovicus", "Steenuil",
	"87654321", "0348123456", "0348-123456", "+31348123456", "12345678", "AB123C", "AB-123-C", "3441", "Waarde-Roek", "Schaal-Roek",
	"Sleutel-Roek", "gebeurtenis-Roek", "Register-Roek", "Merel", "web:", "Eksternest", "jan vries",
}

// plant puts planted words everywhere that takes any, and returns the signal.
func plant(h *house) store.Reference {
	h.Helper()
	s := session(1)
	s.Content = private.New("Zilvervos in het Kattebos")
	h.turn(store.Event{ID: "gebeurtenis-Roek", Person: other}, store.Effects{
		Session: s, Profile: &store.Profile{Lang: "nl", Department: "zorg-Afdeling"},
	})
	f := filing()
	f.LeaveOut, f.Assign = []store.Person{second}, []store.Person{officer}
	h.issue(store.Token{Kind: "later", About: "SIG-2026-ABCDE", Keep: true}) // about another
	more := store.Token{ID: store.NewToken(), Kind: "open", Keep: true}
	tok := store.Token{ID: "Merel-0123456789", Kind: "case", Person: officer, Place: private.New("web:Eksternest")}
	_, out := h.turn(store.Event{ID: "gebeurtenis-Roek-2", Person: melder}, store.Effects{
		File: f, End: true, Tokens: []store.Token{tok, more}, Count: []string{"filed"},
		Notices: []store.Notice{{NoticeID: store.NoticeID{Kind: "card"}, To: store.ToChannel, Due: start}},
		Journal: []store.Line{{Action: "signal.filed", Actor: "melder", Outcome: "ok", Reason: private.New("Zilvervos")}},
	})
	h.turn(store.Event{Signal: out.Ref, Viewer: all, Reporter: true}, store.Effects{
		Add:     &store.Addition{Text: private.New("Kattebos, 06-87654321")},
		Journal: []store.Line{{Action: store.ActionReporterShown, Person: officer, About: out.Ref, Outcome: "ok", Reason: private.New("Sperwer")}},
	})
	h.seal(2)
	_, _, err := h.Memory("web").Put(h.ctx(), store.Item{Scope: "Schaal-Roek", Key: "Sleutel-Roek", Value: []byte("Waarde-Roek")})
	h.must(err)
	h.must(h.PutFlow(h.ctx(), "v1", "intake", []byte("{}")))
	h.turn(store.Event{Registers: []string{"team"}}, store.Effects{Registers: map[string]private.Text{"team": private.New("Register-Roek")}})
	return out.Ref
}

// No table, and no file of the database, holds a word of content, a name, an
// address or a choice.
func testNothingInTheOpen(h *house) {
	plant(h)
	dump, files := h.dump(), h.files()
	for _, w := range planted {
		if bytes.Contains(dump, []byte(w)) {
			h.Errorf("a table holds %q", w)
		}
		if bytes.Contains(files, []byte(w)) {
			h.Errorf("a file holds %q", w)
		}
	}
	for _, table := range mine {
		if n := h.number(`SELECT COUNT(*) FROM ` + table); n == 0 && table != "erased" {
			h.Errorf("nothing was planted in %s", table)
		}
	}
	// That all fields are there, and of few lengths, tells nothing either.
	lengths := map[int]bool{}
	for _, r := range h.rows(`SELECT sealed FROM fields`) {
		lengths[len(r[0].([]byte))] = true
	}
	if len(lengths) > 2 {
		h.Errorf("fields have %d lengths", len(lengths))
	}
	// The same words, sealed, are there to be found by whoever may.
	if h.dump(); len(dump) < 1000 {
		h.Error("the dump is empty")
	}
}

// An erased signal leaves a tombstone and its journal lines, whose reasons no
// longer open; every other row about it is gone, those of others are not.
func testErase(h *house) {
	keep := h.file(filing())
	ref := plant(h)
	own := h.file(filing())
	h.turn(store.Event{Signal: own, Person: melder, AsReporter: true}, store.Effects{Erase: store.GroundWithdrawn})
	h.turn(store.Event{Signal: ref, Viewer: all, Person: officer, Token: "Merel-0123456789"}, store.Effects{
		Erase: store.GroundWithdrawn, Status: store.Withdrawn, UseUp: true,
		Journal: []store.Line{{Action: "signal.erased", Actor: "bot", About: ref, Outcome: "ok", Reason: private.New("Zilvervos")}},
		Notices: []store.Notice{{NoticeID: store.NoticeID{Kind: "gone", About: ref}, To: store.ToChannel, Due: start}},
	})
	for _, table := range []string{"keys", "fields", "marks", "reporters", "leftout", "assigned"} {
		if n := h.number(`SELECT COUNT(*) FROM `+table+` WHERE signal = ?1`, string(ref)); n != 0 {
			h.Errorf("%d rows in %s", n, table)
		}
	}
	if n := h.number(`SELECT COUNT(*) FROM tokens`); n != 1 {
		h.Errorf("%d tokens, want that about another signal", n)
	}
	if n := h.number(`SELECT COUNT(*) FROM notices WHERE about = ?1 AND kind <> 'gone'`, string(ref)); n != 0 {
		h.Errorf("%d notices", n)
	}
	if n := h.number(`SELECT COUNT(*) FROM notices WHERE kind = 'gone'`); n != 1 {
		h.Error("what the erasure itself planned is gone")
	}
	if n := h.number(`SELECT COUNT(*) FROM erased WHERE ref = ?1 AND signature IS NOT NULL`, string(ref)); n != 1 {
		h.Error("no tombstone")
	}
	if n := h.number(`SELECT COUNT(*) FROM journal WHERE about = ?1`, string(ref)); n != 3 {
		h.Errorf("%d journal lines, want 3", n)
	}
	for _, r := range []store.Reference{ref, own} {
		h.is(h.Deliver(h.ctx(), r, new(taker).deliver), store.ErrNotFound)
	}
	_, err := h.Card(h.ctx(), ref)
	h.is(err, store.ErrNotFound)
	mine, err := h.Mine(h.ctx(), melder)
	h.must(err)
	if len(mine) != 1 || mine[0].Ref != keep {
		h.Errorf("mine are %v", mine)
	}
	h.see(keep, all)
	h.seal(1)
	if rep := h.verify(); !rep.OK() || rep.Lines != 3 {
		h.Errorf("journal: %+v", rep)
	}
	h.refused(store.Event{Signal: ref, Viewer: all}, store.Effects{Erase: store.GroundWithdrawn}, store.ErrNotFound)
}

// After an erasure the database's own files hold neither the signal's wrapped
// key nor any of its sealed fields.
func testEraseBytes(h *house) {
	if h.place.Dir == "" {
		h.Skip("the files of this database cannot be searched")
	}
	keep, ref := h.file(filing()), plant(h)
	var gone, kept [][]byte
	for _, r := range h.rows(`SELECT signal, sealed FROM keys UNION ALL SELECT signal, sealed FROM fields
		UNION ALL SELECT signal, delivery FROM reporters UNION ALL SELECT signal, identity FROM reporters
		UNION ALL SELECT signal, hash FROM marks`) {
		if r[0].(string) == string(ref) {
			gone = append(gone, r[1].([]byte))
		} else {
			kept = append(kept, r[1].([]byte))
		}
	}
	for _, s := range []string{"gone", "kept"} {
		for i, b := range map[string][][]byte{"gone": gone, "kept": kept}[s] {
			if !bytes.Contains(h.files(), piece(b)) {
				h.Fatalf("%s piece %d is not in the files before: the search does not work", s, i)
			}
		}
	}
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Erase: store.GroundWithdrawn})
	files := h.files()
	shared := map[string]bool{}
	for _, b := range kept {
		shared[string(piece(b))] = true
		if !bytes.Contains(files, piece(b)) {
			h.Errorf("something of %s is gone", keep)
		}
	}
	for i, b := range gone {
		if !shared[string(piece(b))] && bytes.Contains(files, piece(b)) {
			h.Errorf("piece %d is still in the files", i)
		}
	}
}

// piece is a part of sealed bytes that a page boundary does not cut.
func piece(b []byte) []byte { return b[len(b)-16:] }

// Another process with the same key finds everything as it was.
func testRestart(h *house) {
	ref := plant(h)
	h.must(h.Store.Close())
	h.must(h.Store.Close())
	h.Store = h.open()
	want := report()
	same(h, "report", h.see(ref, all).Case.Report, want)
	got, err := h.Session(h.ctx(), other)
	h.must(err)
	if got.Content.Reveal() != "Zilvervos in het Kattebos" {
		h.Error("the session is another")
	}
	if _, out := h.turn(store.Event{ID: "gebeurtenis-Roek", Person: other}, store.Effects{}); !out.Duplicate {
		h.Error("an event is taken twice")
	}
	if h.press(store.Event{Token: "Merel-0123456789", Person: officer}, store.Effects{}) == nil {
		h.Error("the token is gone")
	}
	if rep := h.verify(); !rep.OK() || rep.Lines != 2 {
		h.Errorf("journal: %+v", rep)
	}
	_, ok, err := h.Memory("web").Get(h.ctx(), "Schaal-Roek", "Sleutel-Roek")
	if err != nil || !ok {
		h.Errorf("memory: %v, %v", ok, err)
	}
	h.must(h.Check(h.ctx()))
}

// A key file that belongs to other data is refused, also when the proof beside
// the data was taken away.
func testWrongKey(h *house) {
	h.file(filing())
	path := filepath.Join(h.TempDir(), "wrong.json")
	h.must(vault.Create(path))
	wrong, err := vault.Open(path)
	h.must(err)
	_, err = store.Open(h.ctx(), h.driver(), wrong, store.Options{})
	h.is(err, vault.ErrWrongKey)
	h.byHand(`DELETE FROM meta`)
	_, err = store.Open(h.ctx(), h.driver(), wrong, store.Options{})
	h.is(err, vault.ErrWrongKey)
}

// In the middle of a rotation everything made before opens and is found; once
// made, the new key's proof keeps an old key file out.
func testKeyRotation(h *house) {
	f := filing()
	f.LeaveOut, f.Assign = []store.Person{second}, []store.Person{officer}
	before := h.file(f)
	h.turn(store.Event{ID: "e1", Person: melder}, store.Effects{Session: session(1), Profile: &store.Profile{Lang: "en"}})
	tok := h.issue(store.Token{Kind: "open", About: before})
	_, _, err := h.Memory("web").Put(h.ctx(), store.Item{Scope: "s", Key: "k", Value: []byte("v")})
	h.must(err)
	old, err := vault.Open(h.keys)
	h.must(err)
	h.must(vault.Add(h.keys, vault.Uses()...))
	added := h.open()
	h.must(vault.Promote(h.keys, vault.Uses()...))
	h.Store = h.open()
	for _, st := range []*store.Store{added, h.Store} {
		v, out, err := turnOn(h.ctx(), st, store.Event{ID: "e1", Person: melder}, store.Effects{})
		if err != nil || !out.Duplicate {
			h.Errorf("event: %v, %v, %v", v, out, err)
		}
		v, _, err = turnOn(h.ctx(), st, store.Event{Person: melder, Signal: before, Viewer: store.Viewer{Person: officer}, Token: tok}, store.Effects{})
		h.must(err)
		if v.Session.Rev != 1 || v.Profile.Lang != "en" || v.Token == nil {
			h.Errorf("view is %+v", v)
		}
		_, _, err = turnOn(h.ctx(), st, store.Event{Signal: before, Viewer: store.Viewer{Person: second, All: true}}, store.Effects{})
		h.is(err, store.ErrNotFound)
		if _, ok, err := st.Memory("web").Get(h.ctx(), "s", "k"); !ok || err != nil {
			h.Errorf("memory: %v, %v", ok, err)
		}
		mine, err := st.Mine(h.ctx(), melder)
		if err != nil || len(mine) == 0 {
			h.Errorf("mine: %v, %v", mine, err)
		}
	}
	h.turn(store.Event{Person: melder}, store.Effects{Session: session(2), Profile: &store.Profile{Lang: "nl"}})
	h.turn(store.Event{Person: melder}, store.Effects{Session: session(3)})
	if n := h.number(`SELECT COUNT(*) FROM sessions`) + h.number(`SELECT COUNT(*) FROM profiles`); n != 2 {
		h.Errorf("%d rows for one person", n)
	}
	after := h.file(filing())
	if m := h.see(after, all).Matches; len(m) == 0 || m[0].Ref != before {
		h.Errorf("matches across a rotation: %v", m)
	}
	h.turn(store.Event{Signal: before, Viewer: all}, store.Effects{Erase: store.GroundWithdrawn})
	if n := h.number(`SELECT COUNT(*) FROM tokens`); n != 0 {
		h.Errorf("%d tokens of an erased signal", n)
	}
	_, err = store.Open(h.ctx(), h.driver(), old, store.Options{})
	h.is(err, vault.ErrWrongKey)
}

// A sweep removes what is past its time and nothing else.
func testSweep(h *house) {
	s := session(1)
	s.Expires = start.Add(time.Hour)
	h.turn(store.Event{ID: "e1", Person: melder}, store.Effects{Session: s})
	_, _, err := h.Memory("web").Put(h.ctx(), store.Item{Scope: "s", Key: "k", Until: start.Add(time.Hour)})
	h.must(err)
	count := func() (n int64) {
		for _, table := range []string{"inbox", "memory", "sessions"} {
			n += h.number(`SELECT COUNT(*) FROM ` + table)
		}
		return n
	}
	h.must(h.Sweep(h.ctx(), start.Add(time.Hour-1)))
	if n := count(); n != 3 {
		h.Errorf("%d rows, want 3", n)
	}
	h.must(h.Sweep(h.ctx(), start.Add(time.Hour)))
	if n := count(); n != 2 {
		h.Errorf("%d rows, want 2", n)
	}
	h.must(h.Sweep(h.ctx(), start.Add(8*24*time.Hour)))
	if n := count(); n != 0 {
		h.Errorf("%d rows, want none", n)
	}
}

// Counters add up per half-year.
func testCounts(h *house) {
	for range 3 {
		h.turn(store.Event{}, store.Effects{Count: []string{"advice", "card"}})
	}
	h.pass(200 * 24 * time.Hour)
	h.turn(store.Event{}, store.Effects{Count: []string{"advice"}})
	got, err := h.Counts(h.ctx(), "2026-1")
	h.must(err)
	same(h, "first half", got, map[string]int64{"advice": 3, "card": 3})
	got, err = h.Counts(h.ctx(), "2026-2")
	h.must(err)
	same(h, "second half", got, map[string]int64{"advice": 1})
}
