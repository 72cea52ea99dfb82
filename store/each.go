package store

import (
	"context"
	"errors"
	"fmt"
)

// eachAtOnce is how many references Each reads at a time.
const eachAtOnce = 200

// Each opens every live signal for the program itself, one at a time, for as
// long as f runs: for figures, which nobody's view may change (D14). No
// reporter is opened. A signal that is filed meanwhile may be missed, one that
// is erased meanwhile is left out. Whoever calls it writes the journal line.
// f's error ends it and comes back as it is.
func (s *Store) Each(ctx context.Context, f func(Case) error) error {
	for last := ""; ; {
		rows, err := s.d.Query(ctx, ask(`SELECT ref FROM signals WHERE ref > ? ORDER BY ref LIMIT ?`, last, eachAtOnce).read())
		if err != nil {
			return fmt.Errorf("store: each: %w", err)
		}
		for _, r := range rows[0] {
			last = text(r[0])
			c, err := s.one(ctx, Reference(last))
			if errors.Is(err, ErrNotFound) {
				continue // erased meanwhile
			}
			if err != nil {
				return err
			}
			if err := f(c); err != nil {
				return err
			}
		}
		if len(rows[0]) < eachAtOnce {
			return nil
		}
	}
}

// one opens one signal.
func (s *Store) one(ctx context.Context, ref Reference) (Case, error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx,
		ask(`SELECT `+signalColumns+` FROM signals s WHERE s.ref = ?`, string(ref)).read(),
		ask(`SELECT sealed FROM keys WHERE signal = ?`, string(ref)).read(),
		ask(`SELECT who FROM leftout WHERE signal = ?`, string(ref)).read(),
		ask(`SELECT name, sealed FROM fields WHERE signal = ?`, string(ref)).read())
	if err != nil {
		return Case{}, fmt.Errorf("store: each: %w", err)
	}
	if len(rows[0]) == 0 {
		return Case{}, ErrNotFound
	}
	l := &loaded{Signal: access{}.scan(rows[0][0])}
	if l.key, err = s.openKey(ref, rows[1], rows[2]); err != nil {
		return Case{}, err
	}
	defer l.key.Erase()
	c := Case{Signal: l.Signal}
	err = l.openCase(byName(rows[3]), &c)
	return c, err
}
