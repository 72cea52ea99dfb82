package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

// sent is a batch whose answers are read in order. After the first error
// everything is empty, and err says which act failed.
type sent struct {
	c   *pgx.Conn
	br  pgx.BatchResults
	err error
	raw error // what pgx said
}

// send sends a batch, one round trip once its statements are prepared on c.
func send(ctx context.Context, c *pgxpool.Conn, b *pgx.Batch) *sent {
	return &sent{c: c.Conn(), br: c.SendBatch(ctx, b)}
}

// fail remembers the first error. When it is not the server's, nobody gave up, and
// the connection still stands, it is about a value.
func (s *sent) fail(act string, err error) {
	if s.err != nil || err == nil {
		return
	}
	s.raw = err
	var pg *pgconn.PgError
	ended := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if !errors.As(err, &pg) && !ended && !errors.Is(err, drive.ErrValue) && !s.c.IsClosed() {
		err = errUnfit
	}
	s.err = fail(act, err)
}

// exec reads the answer of a statement without rows.
func (s *sent) exec(act string) pgconn.CommandTag {
	if s.err != nil {
		return pgconn.CommandTag{}
	}
	tag, err := s.br.Exec()
	s.fail(act, err)
	return tag
}

// rows reads the rows of a query.
func (s *sent) rows(act string) store.Rows {
	if s.err != nil {
		return nil
	}
	rows, err := s.br.Query()
	if err != nil {
		s.fail(act, err)
		return nil
	}
	defer rows.Close()
	var out store.Rows
	for rows.Next() {
		row, err := rows.Values()
		if err == nil {
			err = normalise(row)
		}
		if err != nil {
			s.fail(act, err)
			return nil
		}
		out = append(out, row)
	}
	rows.Close()
	s.fail(act, rows.Err())
	return out
}

// close reads what is left and returns the first error. Twice is fine.
func (s *sent) close() error {
	err := s.br.Close()
	s.fail("end a batch", err)
	return s.err
}

// normalise makes the four types of the contract of what pgx gives, in place.
func normalise(row []any) error {
	for i, v := range row {
		switch v := v.(type) {
		case nil, int64, string, []byte:
		case int32:
			row[i] = int64(v)
		case int16:
			row[i] = int64(v)
		case bool:
			row[i] = int64(0)
			if v {
				row[i] = int64(1)
			}
		case pgtype.Numeric: // what SUM makes of BIGINT
			n, ok := whole(v)
			if !ok {
				return fmt.Errorf("column %d is no whole number: %w", i+1, drive.ErrValue)
			}
			row[i] = n
		default:
			return fmt.Errorf("column %d is %T: %w", i+1, v, drive.ErrValue)
		}
	}
	return nil
}

// whole is a numeric as int64, if it is one.
func whole(n pgtype.Numeric) (int64, bool) {
	if !n.Valid || n.NaN || n.InfinityModifier != pgtype.Finite || n.Int == nil || n.Exp > 18 || n.Exp < -math.MaxInt16 {
		return 0, false
	}
	v := new(big.Int).Set(n.Int)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n.Exp, -n.Exp))), nil)
	if n.Exp >= 0 {
		v.Mul(v, power)
	} else if _, rest := v.QuoRem(v, power, new(big.Int)); rest.Sign() != 0 {
		return 0, false
	}
	return v.Int64(), v.IsInt64()
}
