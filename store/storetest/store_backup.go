package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// backup is a backup of the house.
func (h *house) backup() (data, keys []byte) {
	h.Helper()
	var d, k bytes.Buffer
	_, err := h.Backup(h.ctx(), &d, &k)
	h.must(err)
	return d.Bytes(), k.Bytes()
}

// another is a house on an empty database with the same key file.
func (h *house) another() *house {
	h.Helper()
	x := &house{T: h.T, place: h.empty(), keys: h.keys, now: h.clock()}
	x.d = x.driver()
	return x
}

// restore puts a backup into an empty database.
func (h *house) restore(data, keys []byte, gone ...store.Gone) error {
	h.Helper()
	v, err := vault.Open(h.keys)
	h.must(err)
	_, err = store.Restore(h.ctx(), h.d, v, bytes.NewReader(data), bytes.NewReader(keys), gone, store.Options{Now: h.clock})
	return err
}

// kept is what stands in every table, in an order of its own.
func (h *house) kept() map[string][]string {
	h.Helper()
	out := map[string][]string{}
	for _, table := range h.tables() {
		if strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "goose") {
			continue
		}
		for _, r := range h.rows(`SELECT * FROM ` + table) {
			out[table] = append(out[table], fmt.Sprintf("%x", r))
		}
		slices.Sort(out[table])
	}
	return out
}

// What a backup holds is every row of every table, in two files of which neither
// opens anything without the other, and a restore brings all of it back: it is
// the same store, and counts on where it was.
func testBackup(h *house) {
	ref := plantAll(h)
	h.turn(store.Event{Signal: h.file(filing()), Viewer: all}, store.Effects{Erase: store.GroundOrder})
	h.replica("runs now")
	for _, table := range h.tables() {
		if !strings.HasPrefix(table, "sqlite_") && !strings.HasPrefix(table, "goose") && len(h.kept()[table]) == 0 {
			h.Errorf("nothing was planted in %s: whether a backup holds it is not seen", table)
		}
	}
	data, keys := h.backup()
	for _, r := range h.rows(`SELECT sealed FROM keys`) {
		if sealed := r[0].([]byte); bytes.Contains(data, sealed) || !bytes.Contains(keys, sealed) {
			h.Error("a signal's key stands in the file of the data, or not in that of the keys")
		}
	}
	for _, w := range planted {
		if bytes.Contains(data, []byte(w)) || bytes.Contains(keys, []byte(w)) {
			h.Errorf("the backup holds %q", w)
		}
	}
	x := h.another()
	x.must(x.restore(data, keys))
	was, is := h.kept(), x.kept()
	if len(is["journal"]) != len(was["journal"])+1 {
		h.Errorf("%d journal lines, want %d and that of the restore", len(is["journal"]), len(was["journal"]))
	}
	h.byHand(`DELETE FROM meta WHERE name LIKE 'replica %'`)
	was = h.kept()
	delete(was, "journal")
	delete(is, "journal")
	if d := cmp.Diff(was, is); d != "" {
		h.Error(d)
	}
	x.Store = x.open()
	x.whole(x.Store, ref)
	x.seal(1)
	if rep := x.verify(); !rep.OK() || rep.Unsealed != 0 {
		h.Errorf("journal: %+v", rep)
	}
	_, fresh, err := x.Memory("web").Put(x.ctx(), store.Item{Scope: "Schaal-Roek", Key: "new"})
	if err != nil || !fresh {
		h.Errorf("memory does not count on: %v, %v", fresh, err)
	}
	x.file(filing())
}

// A backup that is made while signals come is one of one moment: each signal is
// in it whole or not at all.
func testBackupBeside(h *house) {
	h.file(filing())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		parallel(30, func(int) {
			_, _, err := turnOn(h.ctx(), h.Store, store.Event{Person: melder}, store.Effects{File: filing(), End: true})
			if err != nil {
				h.Error(err)
			}
		})
	}()
	data, keys := h.backup()
	<-ended
	x := h.another()
	x.must(x.restore(data, keys))
	x.Store = x.open()
	list := x.lists(all, store.Pick{})
	for _, ref := range list {
		same(x, "report", x.see(ref, all).Case.Report, report())
		x.must(x.Deliver(x.ctx(), ref, new(taker).deliver))
	}
	if n := x.number(`SELECT COUNT(*) FROM keys`); n != int64(len(list)) || n == 0 {
		h.Errorf("%d keys for %d signals", n, len(list))
	}
}

// What was destroyed after a backup is destroyed again by its restore, before
// anybody can open it, and not even its key is in the database's files.
func testRestoreReplays(h *house) {
	ref := plantAll(h)
	data, keys := h.backup()
	sealed := h.rows(`SELECT sealed FROM keys WHERE signal = ?1`, string(ref))[0][0].([]byte)
	h.pass(60e9)
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Erase: store.GroundOrder})
	gone, err := h.Gone(h.ctx())
	h.must(err)
	if len(gone) != 1 || gone[0].Ref != ref || !gone[0].At.Equal(h.clock()) {
		h.Fatalf("destroyed: %v", gone)
	}
	x := h.another()
	x.must(x.restore(data, keys, gone...))
	for _, table := range []string{"keys", "fields", "marks", "reporters", "leftout", "assigned"} {
		if n := x.number(`SELECT COUNT(*) FROM `+table+` WHERE signal = ?1`, string(ref)); n != 0 {
			h.Errorf("%d rows in %s", n, table)
		}
	}
	if bytes.Contains(x.files(), piece(sealed)) {
		h.Error("its key is in the files")
	}
	x.Store = x.open()
	x.refused(store.Event{Signal: ref, Viewer: all}, store.Effects{}, store.ErrNotFound)
	again, err := x.Gone(x.ctx())
	if err != nil || !cmp.Equal(again, gone) {
		h.Errorf("destroyed: %v, %v, want %v", again, err, gone)
	}
	if n := x.number(`SELECT COUNT(*) FROM signals`); n != 1 {
		h.Errorf("%d signals, want the other one", n)
	}
	if n := x.number(`SELECT COUNT(*) FROM tokens`); n != 1 {
		h.Errorf("%d tokens, want that about another signal", n)
	}
	v, err := vault.Open(h.keys)
	h.must(err)
	code := store.Vouch(v, gone[0])
	other := gone[0]
	other.Ref = "SIG-2026-ABCDE"
	if !store.Vouched(v, gone[0], code) || store.Vouched(v, other, code) {
		h.Error("a record is vouched for by the code of another")
	}
}

// A backup that is not whole, of other keys, of another database or in half is
// refused before a row is written; so is a database that is not empty, and one
// in which a restore was cut off does not open.
func testRestoreRefused(h *house) {
	plantAll(h)
	data, keys := h.backup()
	later, _ := h.backup()
	x := h.another()
	bad := bytes.Clone(data)
	bad[len(bad)/2] ^= 1
	for name, files := range map[string][2][]byte{
		"a changed byte": {bad, keys}, "cut off": {data[:len(data)-1], keys}, "empty": {nil, keys},
		"two backups": {later, keys}, "swapped": {keys, data}, "no magic": {bytes.Replace(data, []byte("meldroute"), []byte("meldroutf"), 1), keys},
	} {
		if err := x.restore(files[0], files[1]); !isError(err, store.ErrBackup) {
			h.Errorf("%s: %v", name, err)
		}
	}
	for table, rows := range x.kept() {
		h.Errorf("%s has %d rows", table, len(rows))
	}
	h.is(h.restore(data, keys), store.ErrNotEmpty)
	other := h.another()
	other.keys = h.TempDir() + "/other.json"
	h.must(vault.Create(other.keys))
	h.is(other.restore(data, keys), store.ErrBackup)
	// A backup of before a rotation has lost its worth with the old keys.
	h.promoted()
	h.Store = h.open()
	h.rewrap(h.Store)
	h.must(vault.Retire(h.keys, kinds...))
	h.is(x.restore(data, keys), vault.ErrWrongKey)
	x.byHand(`INSERT INTO meta (name, value) VALUES ('restoring', ?1)`, []byte{1})
	v, err := vault.Open(h.keys)
	h.must(err)
	_, err = store.Open(h.ctx(), x.driver(), v, store.Options{})
	h.is(err, store.ErrRestoring)
}
