package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
)

// together runs turns so that they wait for the writer at the same moment, and
// returns their errors.
func together(t *testing.T, db *sqlite.DB, path string, turns []store.Turn) []error {
	t.Helper()
	// Another program holds the write lock, so that the writer waits with the
	// turns that it has, and the others queue.
	other, err := raw(t, path).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	errs := make([]error, len(turns))
	var computed, done sync.WaitGroup
	computed.Add(len(turns))
	for i, u := range turns {
		compute, once := u.Compute, sync.OnceFunc(computed.Done)
		u.Compute = func(rows []store.Rows) ([]store.Stmt, error) {
			once()
			return compute(rows)
		}
		done.Go(func() { errs[i] = db.Turn(t.Context(), u) })
	}
	computed.Wait()
	if _, err := other.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	done.Wait()
	return errs
}

// Turns that are ready at the same time share commits: the log grows by far
// less than one page for each.
func TestSharedCommit(t *testing.T) {
	t.Parallel()
	db, path := fresh(t)
	const n = 200
	turns := make([]store.Turn, n)
	for i := range turns {
		turns[i] = turn(add(fmt.Sprintf("%03d", i), nil))
		turns[i].Once = fmt.Append(nil, i)
	}
	before := size(t, path+"-wal")
	for _, err := range together(t, db, path, turns) {
		if err != nil {
			t.Error(err)
		}
	}
	if got := things(t, db); got != n {
		t.Errorf("got %d things, want %d", got, n)
	}
	if got, limit := (size(t, path+"-wal")-before)/4096, int64(n/2); got > limit {
		t.Errorf("%d turns wrote %d pages, want at most %d", n, got, limit)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	i, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return i.Size()
}

// A turn that makes SQLite take back the whole transaction, or breaks a rule
// that is looked at in the commit, fails alone as well.
func TestPoisonForAll(t *testing.T) {
	t.Parallel()
	for name, poison := range map[string]store.Stmt{
		"rollback": {SQL: `INSERT OR ROLLBACK INTO thing (k) VALUES ('taken')`, Want: 1},
		"deferred": {SQL: `INSERT INTO child (parent) VALUES ('nobody')`, Want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, path := fresh(t)
			do(t, db, add("taken", nil))
			do(t, db, store.Stmt{SQL: `CREATE TABLE child (parent TEXT REFERENCES thing (k) DEFERRABLE INITIALLY DEFERRED)`, Want: store.AnyRows})
			const n = 60
			turns := make([]store.Turn, n)
			for i := range turns {
				turns[i] = turn(add(fmt.Sprint(i), nil))
				if i%10 == 5 {
					turns[i] = turn(add(fmt.Sprint(i), nil), poison)
				}
				turns[i].Once = fmt.Append(nil, i)
			}
			for i, err := range together(t, db, path, turns) {
				if bad := i%10 == 5; bad != (err != nil) || errors.Is(err, store.ErrDown) {
					t.Errorf("turn %d: %v", i, err)
				}
			}
			if got, want := things(t, db), int64(1+n-n/10); got != want {
				t.Errorf("got %d things, want %d", got, want)
			}
		})
	}
}

// A turn whose reads another process overtook is computed again.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	db, path := fresh(t)
	do(t, db, add("a", []byte("old")))
	other := raw(t, path)
	runs := 0
	err := db.Turn(t.Context(), store.Turn{
		Reads: []store.Query{{SQL: `SELECT b FROM thing WHERE k = 'a'`}},
		Compute: func(rows []store.Rows) ([]store.Stmt, error) {
			if runs++; runs == 1 {
				if _, err := other.Exec(`UPDATE thing SET b = x'6e6577' WHERE k = 'a'`); err != nil {
					return nil, err
				}
			}
			return []store.Stmt{{SQL: `INSERT INTO thing (k, b) VALUES ('copy', ?1)`, Args: []any{rows[0][0][0]}, Want: 1}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(t.Context(), store.Query{SQL: `SELECT b FROM thing WHERE k = 'copy'`})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(rows[0][0][0].([]byte)); got != "new" {
		t.Errorf("got %q, want what the other process wrote", got)
	}
}
