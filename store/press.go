package store

import (
	"context"
	"encoding/base32"
	"fmt"

	"github.com/meldroute/meldroute/store/vault"
)

// labelPress names the tokens of Press. Never change it.
const labelPress vault.Label = "press"

// Press hands out the token behind a button of a message that may be sent more
// than once: for the same kind, signal, person and place it is the same token,
// made with the key and so not to be guessed. t.ID, if set, is put before it.
// A token that is there already stays as it is.
func (s *Store) Press(ctx context.Context, t Token) (string, error) {
	s, done := s.hold()
	defer done()
	// In a rotation the one of before is still the same.
	var ids []string
	var locks [][]byte
	var reads []Query
	for _, name := range s.v.Names(labelPress, t.Kind, string(t.About), t.Person.Reveal(), t.Place.Reveal()) {
		id := t.ID + base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(name)
		names := s.v.Names(labelToken, id)
		ids, locks, reads = append(ids, id), append(locks, names...), append(reads, readToken(names))
	}
	err := s.d.Turn(ctx, Turn{
		Locks: locks,
		Reads: reads,
		Compute: func(rows []Rows) ([]Stmt, error) {
			for i := range ids {
				if len(rows[i]) > 0 {
					t.ID = ids[i]
					return nil, nil
				}
			}
			t.ID = ids[0]
			st, err := s.writeToken(t)
			return []Stmt{st}, err
		},
	})
	if err != nil {
		return "", fmt.Errorf("store: press: %w", err)
	}
	return t.ID, nil
}

// IsDone says whether a notice was sent or is no longer owed. One that was
// never planned is not done.
func (s *Store) IsDone(ctx context.Context, id NoticeID) (bool, error) { return s.noticed(ctx, id, 1) }

// IsOwed says whether a notice was planned and is not done.
func (s *Store) IsOwed(ctx context.Context, id NoticeID) (bool, error) { return s.noticed(ctx, id, 0) }

func (s *Store) noticed(ctx context.Context, id NoticeID, done int) (bool, error) {
	rows, err := s.d.Query(ctx, ask(`SELECT 1 FROM notices WHERE key = ? AND done = ?`, id.key(), done).read())
	if err != nil {
		return false, fmt.Errorf("store: notice %s: %w", id.Kind, err)
	}
	return len(rows[0]) > 0, nil
}
