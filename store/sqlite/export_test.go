package sqlite

import (
	"context"
	"fmt"

	"github.com/meldroute/meldroute/store"
)

// Pragma reads a setting of a reader or of the writer, which must be at rest.
func (db *DB) Pragma(ctx context.Context, side, name string) (any, error) {
	c := db.writer.c
	if side == "reader" {
		var err error
		if c, err = db.readers.get(ctx); err != nil {
			return nil, err
		}
		defer db.readers.put(c, nil)
	}
	rows, err := c.query(ctx, store.Query{SQL: "PRAGMA " + name})
	if err != nil {
		return nil, err
	}
	return rows[0][0], nil
}

// MaxPages makes the disk full at so many pages, while the writer is at rest. A
// writer that gave its connection up has no limit.
func (db *DB) MaxPages(ctx context.Context, n int) error {
	if db.writer.c == nil {
		return nil
	}
	_, err := db.writer.c.query(ctx, store.Query{SQL: fmt.Sprintf("PRAGMA max_page_count = %d", n)})
	return err
}
