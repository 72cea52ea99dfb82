package sqlite

import (
	"context"
	"fmt"
	"time"
)

const sqlTruncate = `PRAGMA wal_checkpoint(TRUNCATE)`

// Truncate moves the whole write-ahead log into the database and empties it, so
// that what was erased is in neither (D13). It tries until no reader is in the
// way or ctx ends.
func (db *DB) Truncate(ctx context.Context) error {
	if err := db.gate.Enter(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer db.gate.Leave()
	for wait := time.Millisecond; ; wait = min(2*wait, time.Second) {
		whole, err := db.checkpoint(ctx)
		if err != nil {
			return err
		}
		if whole {
			return nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return fail("empty the log", ctx.Err())
		}
	}
}

// checkpoint tries once, with a short wait for readers, since it holds up the
// writer meanwhile.
func (db *DB) checkpoint(ctx context.Context) (whole bool, err error) {
	c, err := db.pool.Conn(ctx)
	if err != nil {
		return false, fail("empty the log", err)
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "PRAGMA busy_timeout = 100"); err != nil {
		return false, fail("empty the log", err)
	}
	defer c.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA busy_timeout = %d", busy.Milliseconds()))
	var stuck, log, moved int64
	if err := c.QueryRowContext(ctx, sqlTruncate).Scan(&stuck, &log, &moved); err != nil {
		if occupied(err) {
			return false, nil
		}
		return false, fail("empty the log", err)
	}
	return stuck == 0, nil
}
