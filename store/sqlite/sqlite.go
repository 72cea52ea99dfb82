// Package sqlite is the store.Driver on a SQLite file: one process serves, its
// turns share commits (D11), and what was answered survives a kill -9.
//
// It sees ciphertext and keyed hashes and knows no meaning; sealing and tables
// are the store's. The same contract on PostgreSQL is store/postgres, and what
// both must do is in store/storetest.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/gofrs/flock"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

var _ store.Driver = (*DB)(nil)

// ErrBusy says that another process serves from the same database. Commands
// that open it without Serving may run beside it.
var ErrBusy = errors.New("sqlite: another process is serving from this database: stop it first")

// DB is an open database. Make it with Open.
type DB struct {
	path    string
	pool    *sql.DB // connections that write: the writer, upkeep, migrations
	readers *readers
	locks   drive.Locks
	writer  *writer
	serving *flock.Flock // nil without Serving
	changed chan struct{}

	gate   drive.Gate
	once   sync.Once
	closed error
}

// Option changes how Open opens.
type Option func(*options)

type options struct {
	serving bool
	readers int
}

// Serving keeps other serving processes out for as long as the database is
// open; a second one gets ErrBusy.
func Serving() Option { return func(o *options) { o.serving = true } }

// Open opens the database at path, makes it (0600, its folder 0700) when there
// is none, and migrates it. It returns ErrBusy (with Serving), an error that
// says so when the database is newer than this program, or one that wraps
// store.ErrDown.
func Open(ctx context.Context, path string, opts ...Option) (*DB, error) {
	o := options{readers: max(4, runtime.GOMAXPROCS(0))}
	for _, opt := range opts {
		opt(&o)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: find the database: %w", err)
	}
	if err := prepare(abs); err != nil {
		return nil, err
	}
	db := &DB{path: abs, changed: make(chan struct{}, 1)}
	if o.serving {
		if db.serving, err = serve(abs); err != nil {
			return nil, err
		}
	}
	if err := db.open(ctx, o); err != nil {
		return nil, errors.Join(err, db.release())
	}
	return db, nil
}

// open connects and migrates under a lock between processes, since neither the
// change to WAL nor a migration can be done by two at once.
func (db *DB) open(ctx context.Context, o options) error {
	guard, err := guard(ctx, db.path)
	if err != nil {
		return err
	}
	defer guard.Close()
	if db.pool, err = sql.Open("sqlite", dsn(db.path, false)); err != nil {
		return fail("open", err)
	}
	if err := migrate(ctx, db.pool); err != nil {
		return err
	}
	db.readers = newReaders(dsn(db.path, true), o.readers)
	db.writer, err = newWriter(ctx, db.pool, db.changed)
	return err
}

// Changed gives a hint after this process committed a notice. Other processes
// on the same file give none.
func (db *DB) Changed() <-chan struct{} { return db.changed }

// Check says whether the database answers and has the migrations of this
// program.
func (db *DB) Check(ctx context.Context) error {
	if err := db.gate.Enter(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer db.gate.Leave()
	has, err := db.read(ctx, []store.Query{{SQL: sqlVersion}})
	if err != nil {
		return err
	}
	return checkVersion(has)
}

// Close waits for the calls that run, moves the write-ahead log into the
// database, and closes. Twice is fine.
func (db *DB) Close() error {
	db.once.Do(func() {
		db.gate.Close()
		db.closed = db.release()
	})
	return db.closed
}

// release closes what is open, in the order that keeps what was answered.
func (db *DB) release() error {
	var errs []error
	if db.writer != nil {
		db.writer.close()
	}
	if db.readers != nil {
		errs = append(errs, db.readers.close())
	}
	if db.writer != nil {
		// Best effort: a command may still be reading, and what is in the
		// log is as durable as what is in the database.
		_, _ = db.pool.Exec(sqlTruncate)
	}
	if db.pool != nil {
		errs = append(errs, db.pool.Close())
	}
	if db.serving != nil {
		errs = append(errs, db.serving.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fail("close", err)
	}
	return nil
}
