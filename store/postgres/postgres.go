// Package postgres is the store.Driver on PostgreSQL, for several replicas: a
// turn is two round trips (D12), in READ COMMITTED, and turns with a common
// lock wait for each other in the database.
//
// It sees ciphertext and keyed hashes and knows no meaning; sealing and tables
// are the store's. The same contract on a file is store/sqlite, and what both
// must do is in store/storetest.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

var _ store.Driver = (*DB)(nil)

// DB is an open database. Make it with Open.
type DB struct {
	pool  *pgxpool.Pool
	locks drive.Locks // one connection per lock waits, not one per turn
	limit time.Duration

	changed chan struct{}
	listen  func() // starts to listen, the first time
	stop    context.CancelFunc
	heard   sync.WaitGroup

	gate drive.Gate
	once sync.Once
}

// Option changes how Open opens.
type Option func(*options)

type options struct {
	pool  int32
	limit time.Duration
}

// Pool sets how many connections there are at most, 1 or more; the default is
// 16. One more listens for hints.
func Pool(n int) Option { return func(o *options) { o.pool = int32(min(max(n, 1), 1000)) } }

// Limit sets how long one statement may take, waiting for locks included; the
// default is 10 s. A turn may then be idle for as long before PostgreSQL ends
// it.
func Limit(d time.Duration) Option { return func(o *options) { o.limit = max(d, time.Millisecond) } }

// Open connects to the database at a URL (postgres://user@host/name) and
// migrates it. A host that is not this machine needs TLS: sslmode=verify-full,
// or at least require. It returns an error that says so when the database is
// newer than this program, or one that wraps store.ErrDown.
func Open(ctx context.Context, url string, opts ...Option) (*DB, error) {
	o := options{pool: 16, limit: 10 * time.Second}
	for _, opt := range opts {
		opt(&o)
	}
	cfg, err := configure(url, o)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, cfg.ConnConfig); err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fail("open", err)
	}
	db := &DB{pool: pool, limit: o.limit, changed: make(chan struct{}, 1)}
	own, stop := context.WithCancel(context.WithoutCancel(ctx))
	db.stop = stop
	db.listen = sync.OnceFunc(func() {
		db.heard.Go(func() { db.hear(own, cfg.ConnConfig) })
	})
	return db, nil
}

// Changed gives a hint after this or another replica committed a notice. The
// first call connects in the background.
func (db *DB) Changed() <-chan struct{} {
	if db.gate.Enter() == nil {
		db.listen()
		db.gate.Leave()
	}
	return db.changed
}

// hint says that something may have changed, unless that is said already.
func (db *DB) hint() {
	select {
	case db.changed <- struct{}{}:
	default:
	}
}

// Check says whether the database answers and has the migrations of this
// program.
func (db *DB) Check(ctx context.Context) error {
	if err := db.gate.Enter(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer db.gate.Leave()
	rows, err := db.read(ctx, []store.Query{{SQL: sqlVersion}})
	if err != nil {
		return err
	}
	return checkVersion(rows)
}

// Query runs the reads in one snapshot and one round trip.
func (db *DB) Query(ctx context.Context, qs ...store.Query) ([]store.Rows, error) {
	if err := db.gate.Enter(); err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	defer db.gate.Leave()
	return db.read(ctx, qs)
}

// read is Query without counting in.
func (db *DB) read(ctx context.Context, qs []store.Query) (out []store.Rows, err error) {
	if len(qs) == 0 {
		return nil, nil
	}
	for again := true; ; again = false {
		err := db.with(ctx, func(c *pgxpool.Conn) error {
			out, err = readOn(ctx, c, qs)
			return err
		})
		if again && errors.Is(err, errAgain) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

// readOn reads on one connection.
func readOn(ctx context.Context, c *pgxpool.Conn, qs []store.Query) ([]store.Rows, error) {
	b := &pgx.Batch{}
	if len(qs) > 1 {
		b.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	}
	for _, q := range qs {
		if err := queue(b, translate(q.SQL), q.Args); err != nil {
			return nil, fail("read "+drive.Short(q.SQL), err)
		}
	}
	if len(qs) > 1 {
		b.Queue("COMMIT")
	}
	s := send(ctx, c, b)
	if len(qs) > 1 {
		s.exec("begin a read")
	}
	out := make([]store.Rows, len(qs))
	for i, q := range qs {
		out[i] = s.rows("read " + drive.Short(q.SQL))
	}
	return out, s.close()
}

// with runs f on a connection. A connection of the pool may have died since it
// was used last, which is seen only when it is used; f is then run once more,
// on a new one, so that f must not have committed when it fails so.
func (db *DB) with(ctx context.Context, f func(*pgxpool.Conn) error) error {
	for again := true; ; again = false {
		c, err := db.pool.Acquire(ctx)
		if err != nil {
			return fail("connect", err)
		}
		err = f(c)
		dead := c.Conn().IsClosed()
		if err != nil && !dead && c.Conn().PgConn().TxStatus() != 'I' {
			db.rollback(ctx, c)
		}
		c.Release()
		if err != nil && dead && again && ctx.Err() == nil && !isUnknown(err) {
			db.pool.Reset()
			continue
		}
		return err
	}
}

// rollback ends a transaction that failed. When that fails too, the pool closes
// the connection, which ends it as well.
func (db *DB) rollback(ctx context.Context, c *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), db.limit)
	defer cancel()
	_, _ = c.Exec(ctx, "ROLLBACK")
}

// Close waits for the calls that run and closes. Twice is fine.
func (db *DB) Close() error {
	db.once.Do(func() {
		db.gate.Close()
		db.stop()
		db.heard.Wait()
		db.pool.Close()
	})
	return nil
}
