package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/storetest"
)

// SQLite keeps the contract of a driver.
func TestDriver(t *testing.T) {
	t.Parallel()
	storetest.TestDriver(t, func(t *testing.T) func() store.Driver {
		path := filepath.Join(t.TempDir(), "data", "bot.db")
		return func() store.Driver {
			db, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return nil
			}
			return db
		}
	})
}

// open opens the database at path, with a table for the tests.
func open(t testing.TB, path string, opts ...sqlite.Option) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	do(t, db, store.Stmt{SQL: `CREATE TABLE IF NOT EXISTS thing (k TEXT PRIMARY KEY, b BLOB)`, Want: store.AnyRows})
	return db
}

// fresh opens a new database.
func fresh(t testing.TB) (*sqlite.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bot.db")
	return open(t, path), path
}

func turn(stmts ...store.Stmt) store.Turn {
	return store.Turn{Compute: func([]store.Rows) ([]store.Stmt, error) { return stmts, nil }}
}

func do(t testing.TB, db store.Driver, stmts ...store.Stmt) {
	t.Helper()
	if err := db.Turn(t.Context(), turn(stmts...)); err != nil {
		t.Fatal(err)
	}
}

func add(k string, b []byte) store.Stmt {
	return store.Stmt{SQL: `INSERT INTO thing (k, b) VALUES (?1, ?2)`, Args: []any{k, b}, Want: 1}
}

func things(t testing.TB, db store.Driver) int64 {
	t.Helper()
	rows, err := db.Query(t.Context(), store.Query{SQL: `SELECT COUNT(*) FROM thing`})
	if err != nil {
		t.Fatal(err)
	}
	return rows[0][0][0].(int64)
}

// raw is a connection of another program.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_busy_timeout=20000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// A second serving process is kept out until the first is closed; commands are
// not.
func TestServing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bot.db")
	first := open(t, path, sqlite.Serving())
	if _, err := sqlite.Open(t.Context(), path, sqlite.Serving()); !errors.Is(err, sqlite.ErrBusy) {
		t.Errorf("second: got %v, want ErrBusy", err)
	}
	command := open(t, path)
	do(t, command, add("command", nil))
	if got := things(t, first); got != 1 {
		t.Errorf("got %d things, want 1", got)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path, sqlite.Serving())
}

// Nobody else on the machine can read the database or what lies beside it,
// whatever the file's mode was.
func TestModes(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(folder, "a b?c=#%.db") // a name that a URI must escape
	db := open(t, path, sqlite.Serving())
	do(t, db, add("a", nil))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	db = open(t, path, sqlite.Serving())
	do(t, db, add("b", nil))
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 4 {
		t.Errorf("got files %v, want database, log, index and lock", files)
	}
	for _, f := range files {
		i, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if got := i.Mode().Perm(); got != 0o600 {
			t.Errorf("%s: got mode %o, want 600", f.Name(), got)
		}
	}
	i, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	if got := i.Mode().Perm(); got != 0o700 {
		t.Errorf("folder: got mode %o, want 700", got)
	}
}

// The settings that durability and erasure rest on hold on every connection.
func TestSettings(t *testing.T) {
	t.Parallel()
	db, _ := fresh(t)
	want := map[string]int64{"synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "temp_store": 2, "busy_timeout": 5000}
	for name, want := range want {
		for _, side := range []string{"reader", "writer"} {
			got, err := db.Pragma(t.Context(), side, name)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%s %s: got %v, want %v", side, name, got, want)
			}
		}
	}
	if got, err := db.Pragma(t.Context(), "writer", "journal_mode"); err != nil || got != "wal" {
		t.Errorf("journal_mode: got %v, %v", got, err)
	}
	if _, err := db.Query(t.Context(), store.Query{SQL: `DELETE FROM thing`}); err == nil {
		t.Error("a reader can write")
	}
}

// A database that a newer program has migrated is refused, in words.
func TestNewer(t *testing.T) {
	t.Parallel()
	db, path := fresh(t)
	if _, err := raw(t, path).Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Check(t.Context()); err == nil {
		t.Error("check finds nothing")
	}
	_, err := sqlite.Open(t.Context(), path)
	if err == nil {
		t.Fatal("opened a newer database")
	}
	t.Log(err)
}

// A full disk is the database's trouble: nothing is written, and when there is
// room again it goes on.
func TestFull(t *testing.T) {
	t.Parallel()
	db, _ := fresh(t)
	if err := db.MaxPages(t.Context(), 40); err != nil {
		t.Fatal(err)
	}
	before := things(t, db)
	big := add("big", make([]byte, 1<<20))
	if err := db.Turn(t.Context(), turn(add("small", nil), big)); !errors.Is(err, store.ErrDown) {
		t.Errorf("got %v, want ErrDown", err)
	}
	if got := things(t, db); got != before {
		t.Errorf("got %d things, want %d", got, before)
	}
	if err := db.MaxPages(t.Context(), 1<<30); err != nil {
		t.Fatal(err)
	}
	do(t, db, add("small", nil), big)
}

// What is erased is in neither the database nor its log once Truncate returns,
// although somebody was reading when it began.
func TestTruncate(t *testing.T) {
	t.Parallel()
	db, path := fresh(t)
	secret := []byte("Zwanenburgwal-geheim")
	do(t, db, add("a", secret))
	reader := raw(t, path)
	tx, err := reader.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow(`SELECT COUNT(*) FROM thing`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if !holds(t, path, secret) {
		t.Fatal("the test finds nothing before erasing")
	}
	do(t, db, store.Stmt{SQL: `DELETE FROM thing WHERE k = 'a'`, Want: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := db.Truncate(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a reader is in the way: got %v, want that time ran out", err)
	}
	done := make(chan error, 1)
	go func() { done <- db.Truncate(t.Context()) }()
	do(t, db, add("b", nil)) // turns go on meanwhile
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if holds(t, path, secret) {
		t.Error("what was erased is still in the files")
	}
}

func holds(t testing.TB, path string, secret []byte) bool {
	t.Helper()
	for _, f := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, secret) {
			return true
		}
	}
	return false
}

// A file that is no database, or a folder that cannot be made, is said in words
// and is not available.
func TestNoDatabase(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(file, []byte("these are notes, and there are enough of them to look at"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "bot.db")} {
		if _, err := sqlite.Open(t.Context(), path); !errors.Is(err, store.ErrDown) {
			t.Errorf("got %v, want ErrDown", err)
		}
	}
}
