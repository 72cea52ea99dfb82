package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/meldroute/meldroute/store"
)

// Numbers is what the locks of a turn are in the database.
var Numbers = numbers

// Begin begins a turn on a connection that was there before ctx ended.
func (db *DB) Begin(ctx context.Context) error {
	return db.with(context.WithoutCancel(ctx), func(c *pgxpool.Conn) error {
		_, err := begin(ctx, c, &store.Turn{})
		return err
	})
}
