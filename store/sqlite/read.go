package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

// readers is a pool of connections that only read. A nil in the channel is a
// connection that is not open yet.
type readers struct {
	pool *sql.DB
	idle chan *conn
	n    int
}

func newReaders(dsn string, n int) *readers {
	// An unknown driver name is the only error of sql.Open, and it is ours.
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		panic(err)
	}
	r := &readers{pool: pool, idle: make(chan *conn, n), n: n}
	for range n {
		r.idle <- nil
	}
	return r
}

func (r *readers) get(ctx context.Context) (*conn, error) {
	select {
	case c := <-r.idle:
		if c != nil {
			return c, nil
		}
		c, err := connect(ctx, r.pool)
		if err != nil {
			r.idle <- nil
			return nil, err
		}
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// put gives a connection back; one that failed in a way that it may not get
// over is closed.
func (r *readers) put(c *conn, err error) {
	if broken(err) {
		_ = c.close()
		c = nil
	}
	r.idle <- c
}

// close waits for all readers and closes them.
func (r *readers) close() error {
	var errs []error
	for range r.n {
		if c := <-r.idle; c != nil {
			errs = append(errs, c.close())
		}
	}
	return errors.Join(append(errs, r.pool.Close())...)
}

// Query runs the reads in one snapshot.
func (db *DB) Query(ctx context.Context, qs ...store.Query) ([]store.Rows, error) {
	if err := db.gate.Enter(); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	defer db.gate.Leave()
	return db.read(ctx, qs)
}

// read is Query without counting in.
func (db *DB) read(ctx context.Context, qs []store.Query) (out []store.Rows, err error) {
	if len(qs) == 0 {
		return nil, nil
	}
	c, err := db.readers.get(ctx)
	if err != nil {
		return nil, fail("read", err)
	}
	defer func() { db.readers.put(c, err) }()
	whole := context.WithoutCancel(ctx) // begin and end of the snapshot
	if len(qs) > 1 {
		if _, _, err := c.exec(whole, "BEGIN DEFERRED"); err != nil {
			return nil, fail("begin a read", err)
		}
		defer func() {
			// Nothing was written: rolling back is the same as committing,
			// and right after an error too.
			if _, _, e := c.exec(whole, "ROLLBACK"); e != nil && err == nil {
				out, err = nil, fail("end a read", e)
			}
		}()
	}
	out = make([]store.Rows, len(qs))
	for i, q := range qs {
		if out[i], err = c.query(ctx, q); err != nil {
			return nil, fail("read "+drive.Short(q.SQL), err)
		}
	}
	return out, nil
}
