package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

// Snapshot gives f a reader of the database as it is at this moment, whatever is
// written meanwhile; rows come one by one, so that no table need fit in memory.
// For as long as it lasts the write-ahead log cannot be emptied.
func (db *DB) Snapshot(ctx context.Context, f func(store.Reader) error) error {
	if err := db.gate.Enter(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer db.gate.Leave()
	c, err := connect(ctx, db.readers.pool)
	if err != nil {
		return fail("read", err)
	}
	defer c.close()
	if _, _, err := c.exec(ctx, "BEGIN DEFERRED"); err != nil {
		return fail("begin a read", err)
	}
	return f(func(q store.Query, each func(columns []string, row []any) error) error {
		var own error
		err := c.each(ctx, q, func(columns []string, row []any) error {
			own = each(columns, row)
			return own
		})
		if own != nil && errors.Is(err, own) {
			return own
		}
		return fail("read "+drive.Short(q.SQL), err)
	})
}

// Loaded is for the database to count on from rows that were put with the
// numbers that they had; SQLite does so by itself.
func (db *DB) Loaded(context.Context) error { return nil }
