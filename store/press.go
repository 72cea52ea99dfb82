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
	name := s.v.Name(labelPress, t.Kind, string(t.About), t.Person.Reveal(), t.Place.Reveal())
	t.ID += base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(name)
	names := s.v.Names(labelToken, t.ID)
	err := s.d.Turn(ctx, Turn{
		Locks: names,
		Reads: []Query{readToken(names)},
		Compute: func(rows []Rows) ([]Stmt, error) {
			if len(rows[0]) > 0 {
				return nil, nil
			}
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
func (s *Store) IsDone(ctx context.Context, id NoticeID) (bool, error) {
	rows, err := s.d.Query(ctx, ask(`SELECT 1 FROM notices WHERE key = ? AND done = 1`, id.key()).read())
	if err != nil {
		return false, fmt.Errorf("store: notice %s: %w", id.Kind, err)
	}
	return len(rows[0]) > 0, nil
}
