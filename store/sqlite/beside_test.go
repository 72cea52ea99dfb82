package sqlite_test

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
)

// Two processes that both keep writing never make a turn fail: one that is
// overtaken again and again is computed where nobody can come between.
func TestTurnsBesideAnotherWriter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.db")
	var dbs []store.Driver
	for range 2 {
		db, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		dbs = append(dbs, db)
	}
	table := store.Turn{Compute: func([]store.Rows) ([]store.Stmt, error) {
		return []store.Stmt{{SQL: `CREATE TABLE sums (n INTEGER NOT NULL)`, Want: store.AnyRows}, {SQL: `INSERT INTO sums VALUES (0)`, Want: 1}}, nil
	}}
	if err := dbs[0].Turn(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	const each, at = 60, 20
	add := store.Turn{
		Reads: []store.Query{{SQL: `SELECT n FROM sums`}},
		Locks: [][]byte{[]byte("sum")},
		Compute: func(rows []store.Rows) ([]store.Stmt, error) {
			return []store.Stmt{{SQL: `UPDATE sums SET n = ?1`, Args: []any{rows[0][0][0].(int64) + 1}, Want: 1}}, nil
		},
	}
	var all sync.WaitGroup
	for i := range at {
		all.Go(func() {
			for range each {
				if err := dbs[i%2].Turn(t.Context(), add); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	rows, err := dbs[0].Query(t.Context(), add.Reads[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := rows[0][0][0]; got != int64(each*at) {
		t.Errorf("got a sum of %v, want %d", got, each*at)
	}
}
