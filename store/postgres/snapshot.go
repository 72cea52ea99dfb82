package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

// Snapshot gives f a reader of the database as it is at this moment, whatever is
// written meanwhile; rows come one by one, so that no table need fit in memory.
// It takes the time that it takes: the limit of a statement does not hold.
func (db *DB) Snapshot(ctx context.Context, f func(store.Reader) error) error {
	if err := db.gate.Enter(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer db.gate.Leave()
	c, err := db.pool.Acquire(ctx)
	if err != nil {
		return fail("connect", err)
	}
	defer c.Release()
	tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fail("begin a read", err)
	}
	defer db.rollback(ctx, c)
	for _, p := range []string{"statement_timeout", "idle_in_transaction_session_timeout"} {
		if _, err := tx.Exec(ctx, "SET LOCAL "+p+" = 0"); err != nil {
			return fail("begin a read", err)
		}
	}
	return f(func(q store.Query, each func(columns []string, row []any) error) error {
		return stream(ctx, c, q, each)
	})
}

func stream(ctx context.Context, c *pgxpool.Conn, q store.Query, each func(columns []string, row []any) error) error {
	act := "read " + drive.Short(q.SQL)
	args, err := drive.Bind(q.Args)
	if err != nil {
		return fail(act, err)
	}
	rows, err := c.Query(ctx, translate(q.SQL), args...)
	if err != nil {
		return fail(act, err)
	}
	defer rows.Close()
	var columns []string
	for _, d := range rows.FieldDescriptions() {
		columns = append(columns, d.Name)
	}
	for rows.Next() {
		row, err := rows.Values()
		if err == nil {
			err = normalise(row)
		}
		if err != nil {
			return fail(act, err)
		}
		if err := each(columns, row); err != nil {
			return err
		}
	}
	return fail(act, rows.Err())
}

// Loaded lets the database count on from rows that were put with the numbers
// that they had.
func (db *DB) Loaded(ctx context.Context) error {
	if err := db.gate.Enter(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer db.gate.Leave()
	for table, column := range map[string]string{"journal": "id", "memory": "seq"} {
		_, err := db.pool.Exec(ctx, `SELECT setval(pg_get_serial_sequence('`+table+`', '`+column+`'), MAX(`+column+`))
			FROM `+table+` HAVING MAX(`+column+`) IS NOT NULL`)
		if err != nil {
			return fail("count on", err)
		}
	}
	return nil
}
