package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

// maxStmts is how many prepared statements a connection keeps. The store's SQL
// is constant, so it is a guard and not a tuning knob.
const maxStmts = 512

// conn is one connection with its prepared statements. One goroutine at a time.
type conn struct {
	c     *sql.Conn
	stmts map[string]*stmt
}

// stmt is a prepared statement, and whether it is about notices.
type stmt struct {
	*sql.Stmt
	notices bool
}

func connect(ctx context.Context, pool *sql.DB) (*conn, error) {
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{c: c, stmts: map[string]*stmt{}}, nil
}

// prepare returns the prepared statement, making it the first time.
func (c *conn) prepare(ctx context.Context, query string) (*stmt, error) {
	if s := c.stmts[query]; s != nil {
		return s, nil
	}
	if len(c.stmts) >= maxStmts {
		for q, s := range c.stmts {
			_ = s.Close()
			delete(c.stmts, q)
		}
	}
	// A statement lives longer than the turn that prepares it.
	p, err := c.c.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	s := &stmt{Stmt: p, notices: drive.Notices(query)}
	c.stmts[query] = s
	return s, nil
}

// exec runs one write and says how many rows it touched.
func (c *conn) exec(ctx context.Context, query string, args ...any) (n int64, notices bool, err error) {
	if args, err = drive.Bind(args); err != nil {
		return 0, false, err
	}
	s, err := c.prepare(ctx, query)
	if err != nil {
		return 0, false, err
	}
	r, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, false, err
	}
	n, err = r.RowsAffected()
	return n, s.notices, err
}

// query runs one read and returns its rows.
func (c *conn) query(ctx context.Context, q store.Query) (store.Rows, error) {
	var out store.Rows
	err := c.each(ctx, q, func(_ []string, row []any) error {
		out = append(out, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// each runs one read and gives f its rows, one by one.
func (c *conn) each(ctx context.Context, q store.Query, f func(columns []string, row []any) error) error {
	args, err := drive.Bind(q.Args)
	if err != nil {
		return err
	}
	s, err := c.prepare(ctx, q.SQL)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		row := make([]any, len(cols))
		at := make([]any, len(cols))
		for i := range row {
			at[i] = &row[i]
		}
		if err := rows.Scan(at...); err != nil {
			return err
		}
		if err := normalise(row); err != nil {
			return err
		}
		if err := f(cols, row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// close ends the connection, and whatever transaction is open on it. Closing an
// sql.Conn alone would give it back to the pool as it is.
func (c *conn) close() error {
	for _, s := range c.stmts {
		_ = s.Close()
	}
	err := c.c.Raw(func(any) error { return driver.ErrBadConn })
	if err == nil || broken(err) {
		return nil
	}
	return err
}

// normalise checks what came back, in place. SQLite gives an empty blob as nil.
func normalise(row []any) error {
	for i, v := range row {
		switch v := v.(type) {
		case nil, int64, string:
		case []byte:
			if v == nil {
				row[i] = []byte{}
			}
		default:
			return fmt.Errorf("column %d is %T: %w", i+1, v, drive.ErrValue)
		}
	}
	return nil
}

// broken says whether a connection is of no more use.
func broken(err error) bool {
	return errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn)
}
