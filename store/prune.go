package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

const metaCheckpoint = "journal checkpoint"

// ErrJournal says that the journal is not whole, so that nothing of it was thrown
// away: a checkpoint must not vouch for lines that somebody changed.
var ErrJournal = errors.New("store: journal is not whole")

// checkpoint is where the journal begins since its older lines were thrown away
// (P27, D10): signed, so that nobody can cut off its beginning.
type checkpoint struct{ Head }

func readCheckpoint() Query {
	return ask(`SELECT value FROM meta WHERE name = ?`, metaCheckpoint).read()
}

func checkpointCode(h Head) []byte {
	return packed("checkpoint", string(binary.BigEndian.AppendUint64(nil, uint64(h.Seq))), string(h.Chain))
}

// checkpointOf reads the checkpoint, proven by its signature. Without one the
// journal begins at its first line; ok is false for one that is not ours.
func (s *Store) checkpointOf(rows Rows) (c checkpoint, ok bool) {
	if len(rows) == 0 {
		return checkpoint{}, true
	}
	b := blob(rows[0][0])
	if len(b) < 10 {
		return checkpoint{}, false
	}
	n := int(binary.BigEndian.Uint16(b[8:]))
	if len(b) < 10+n {
		return checkpoint{}, false
	}
	c.Head = Head{Seq: int64(binary.BigEndian.Uint64(b)), Chain: b[10 : 10+n]}
	if !s.v.Verify(b[10+n:], checkpointCode(c.Head)) {
		return checkpoint{}, false
	}
	return c, true
}

func (s *Store) writeCheckpoint(h Head) Stmt {
	b := binary.BigEndian.AppendUint64(nil, uint64(h.Seq))
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.Chain)))
	b = append(b, h.Chain...)
	return s.meta(metaCheckpoint, append(b, s.v.Sign(checkpointCode(h))...))
}

// PruneJournal throws away the sealed lines from before a time, as far as nothing
// younger stands between them, and leaves a signed checkpoint in their place; it
// returns how many. It proves the whole journal first: ErrJournal when that is not
// as it was written. Cut off, it goes on the next time.
func (s *Store) PruneJournal(ctx context.Context, before time.Time) (int64, error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx, Query{SQL: `SELECT at FROM journal WHERE seq IS NOT NULL ORDER BY seq LIMIT 1`})
	if err != nil {
		return 0, fmt.Errorf("store: prune journal: %w", err)
	}
	if len(rows[0]) == 0 || num(rows[0][0][0]) >= micros(before) {
		return 0, nil // as on most days
	}
	rep, err := s.VerifyJournal(ctx)
	if err != nil {
		return 0, err
	}
	if !rep.OK() {
		return 0, fmt.Errorf("store: prune journal: %w", ErrJournal)
	}
	if err := s.movePast(ctx, micros(before)); err != nil {
		return 0, fmt.Errorf("store: prune journal: %w", err)
	}
	n, err := s.dropLines(ctx)
	if err != nil {
		return n, fmt.Errorf("store: prune journal: %w", err)
	}
	return n, nil
}

// movePast moves the checkpoint to the last line from before a time.
func (s *Store) movePast(ctx context.Context, before int64) error {
	return s.d.Turn(ctx, Turn{
		Locks: [][]byte{lockJournal},
		Reads: []Query{
			readCheckpoint(),
			ask(`SELECT seq, chain FROM journal WHERE seq IS NOT NULL AND at < ? AND seq <
				COALESCE((SELECT MIN(seq) FROM journal WHERE at >= ?), (SELECT MAX(seq) + 1 FROM journal))
				ORDER BY seq DESC LIMIT 1`, before, before).read(),
		},
		Compute: func(rows []Rows) ([]Stmt, error) {
			c, ok := s.checkpointOf(rows[0])
			if !ok || len(rows[1]) == 0 {
				return nil, nil
			}
			h := Head{Seq: num(rows[1][0][0]), Chain: blob(rows[1][0][1])}
			if h.Seq <= c.Seq {
				return nil, nil
			}
			return []Stmt{s.writeCheckpoint(h)}, nil
		},
	})
}

// dropLines removes what stands before the checkpoint, in short turns.
func (s *Store) dropLines(ctx context.Context) (n int64, err error) {
	for {
		dropped := int64(0)
		err := s.d.Turn(ctx, Turn{
			Locks: [][]byte{lockJournal},
			Reads: []Query{readCheckpoint(), {SQL: `SELECT MIN(seq) FROM journal`}},
			Compute: func(rows []Rows) ([]Stmt, error) {
				dropped = 0
				c, ok := s.checkpointOf(rows[0])
				first := num(rows[1][0][0])
				if !ok || first == 0 || first > c.Seq {
					return nil, nil
				}
				last := min(first+sealAtOnce-1, c.Seq)
				dropped = last - first + 1
				return []Stmt{ask(`DELETE FROM journal WHERE seq <= ?`, last).write(AnyRows)}, nil
			},
		})
		if err != nil || dropped == 0 {
			return n, err
		}
		n += dropped
	}
}
