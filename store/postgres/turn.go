package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

// sqlLock takes locks in the order of the array, until the transaction ends.
const sqlLock = `SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k`

// channel is where commits of notices are told.
const channel = "meldroute_notices"

// Turn runs one durable transaction in two round trips: begin, locks, event and
// reads in one, writes and commit in the other. When ctx ends before the
// second, nothing is written; after that it is answered truthfully, whatever
// ctx says, or with an error that wraps store.ErrDown when the connection broke
// before the answer came.
func (db *DB) Turn(ctx context.Context, t store.Turn) error {
	if err := db.gate.Enter(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer db.gate.Leave()
	// Those who wait for a lock that this process holds wait here, without
	// a connection.
	release, err := db.locks.Take(ctx, t.Locks)
	if err != nil {
		return fail("wait for a turn", err)
	}
	defer release()
	for again := true; ; again = false {
		err := db.with(ctx, func(c *pgxpool.Conn) error { return db.turn(ctx, c, &t) })
		if again && errors.Is(err, errAgain) {
			continue
		}
		return err
	}
}

// turn runs a turn on one connection. On error the caller rolls back.
func (db *DB) turn(ctx context.Context, c *pgxpool.Conn, t *store.Turn) error {
	rows, err := begin(ctx, c, t)
	if err != nil {
		return err
	}
	var stmts []store.Stmt
	if t.Compute != nil {
		if stmts, err = t.Compute(rows); err != nil {
			return err // as it is
		}
	}
	return db.commit(ctx, c, stmts)
}

// begin is the first round trip.
func begin(ctx context.Context, c *pgxpool.Conn, t *store.Turn) ([]store.Rows, error) {
	b := &pgx.Batch{}
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
	if len(t.Locks) > 0 {
		b.Queue(sqlLock, numbers(t.Locks))
	}
	if t.Once != nil {
		b.Queue(translate(store.SQLTake), t.Once, t.At, t.Sealed)
	}
	for _, k := range t.Older {
		b.Queue(translate(store.SQLTaken), k)
	}
	for _, q := range t.Reads {
		if err := queue(b, translate(q.SQL), q.Args); err != nil {
			return nil, fail("read "+drive.Short(q.SQL), err)
		}
	}
	s := send(ctx, c, b)
	defer s.close()
	s.exec("begin")
	if len(t.Locks) > 0 {
		s.exec("wait for a turn")
	}
	taken := false
	if t.Once != nil {
		tag := s.exec("take an event")
		taken = s.err == nil && tag.RowsAffected() == 0
	}
	for range t.Older {
		taken = len(s.rows("look for an event")) > 0 || taken
	}
	rows := make([]store.Rows, len(t.Reads))
	for i, q := range t.Reads {
		rows[i] = s.rows("read " + drive.Short(q.SQL))
	}
	if err := s.close(); err != nil {
		return nil, err
	}
	if taken {
		return nil, store.ErrDuplicate
	}
	return rows, nil
}

// commit is the second round trip. The hint is sent behind the commit: NOTIFY
// inside would make all commits with notices wait for one another.
func (db *DB) commit(ctx context.Context, c *pgxpool.Conn, stmts []store.Stmt) error {
	if err := ctx.Err(); err != nil {
		return fail("commit", err)
	}
	b := &pgx.Batch{}
	hint := false
	for _, s := range stmts {
		if err := queue(b, guard(s), s.Args); err != nil {
			return fail("write "+drive.Short(s.SQL), err)
		}
		hint = hint || drive.Notices(s.SQL)
	}
	b.Queue("COMMIT")
	if hint {
		b.Queue("SELECT pg_notify($1, '')", channel)
	}
	// From here on the caller waits for the truth, for a bounded time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), db.limit+5*time.Second)
	defer cancel()
	s := send(ctx, c, b)
	defer s.close()
	for _, st := range stmts {
		s.exec("write " + drive.Short(st.SQL))
		if st.Want != store.AnyRows && refused(s.raw) {
			return fmt.Errorf("postgres: %s touched not %d rows: %w", drive.Short(st.SQL), st.Want, store.ErrConflict)
		}
	}
	tag := s.exec("commit")
	switch {
	case s.err != nil && c.Conn().IsClosed():
		return fmt.Errorf("postgres: %w", errUnknown)
	case s.err != nil:
		return s.err
	case tag.String() != "COMMIT": // it says ROLLBACK when it did that
		return fmt.Errorf("postgres: commit: rolled back: %w", store.ErrDown)
	}
	if hint {
		db.hint()
	}
	return nil // what is behind the commit is only a hint
}

// refused says whether a guard refused its count.
func refused(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == stateDivision
}

// numbers are locks as PostgreSQL has them, 64 bits of a hash, in one order for
// everybody so that nobody waits in a circle. That two locks share a number is
// harmless.
func numbers(locks [][]byte) []int64 {
	ns := make([]int64, len(locks))
	for i, l := range locks {
		h := sha256.Sum256(l)
		ns[i] = int64(binary.BigEndian.Uint64(h[:]))
	}
	slices.Sort(ns)
	return slices.Compact(ns)
}
