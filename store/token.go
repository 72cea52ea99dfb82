package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store/vault"
)

// MaxFailures is how often a form may be refused before its token is dead (D8).
const MaxFailures = 10

// tokenRow is a token as it stands in the database.
type tokenRow struct {
	hash []byte
	Token
}

func readToken(names [][]byte) Query {
	return ask(`SELECT hash, expires, failures, sealed FROM tokens WHERE hash IN ?`, names).read()
}

// tokenAD binds a token's content to its hash and its expiry.
func tokenAD(hash []byte, expires int64) []byte {
	return vault.AD("tokens", string(hash), fmt.Sprint(expires))
}

func (s *Store) openToken(id string, r []any) (tokenRow, error) {
	row := tokenRow{hash: blob(r[0])}
	if err := s.openInto(&row.Token, blob(r[3]), tokenAD(row.hash, num(r[1]))); err != nil {
		return tokenRow{}, fmt.Errorf("store: token: %w", err)
	}
	row.ID, row.Expires, row.Failures = id, fromMicros(num(r[1])), int(num(r[2]))
	return row, nil
}

// valid says whether the token still counts at now.
func (t tokenRow) valid(now time.Time) bool {
	return t.Failures < MaxFailures && (t.Expires.IsZero() || now.Before(t.Expires))
}

// bound says whether the token is for whoever acts, where he acts.
func (t tokenRow) bound(e Event) bool {
	return (t.Person.Empty() || t.Person == e.Person) &&
		(t.Place.Empty() || e.Place.Empty() || t.Place == e.Place)
}

func (s *Store) writeToken(t Token) (Stmt, error) {
	if t.ID == "" {
		return Stmt{}, errors.New("store: a token without an id")
	}
	expires := micros(t.Expires)
	hash, about, sealed, err := s.sealToken(t, expires)
	if err != nil {
		return Stmt{}, err
	}
	return ask(`INSERT INTO tokens (hash, about, expires, failures, sealed) VALUES (?, ?, ?, 0, ?)`,
		hash, about, expires, sealed).write(1), nil
}

// sealToken seals a token under the names that its row has. Its ID is among
// what is sealed, since a rotation makes its hash anew from it: whoever can open
// it can open everything.
func (s *Store) sealToken(t Token, expires int64) (hash []byte, about any, sealed []byte, err error) {
	hash = s.v.Name(labelToken, t.ID)
	if t.About != "" {
		about = s.v.Name(labelAbout, string(t.About))
	}
	t.Expires, t.Failures = time.Time{}, 0
	plain, err := private.Encode(t)
	if err != nil {
		return nil, nil, nil, err
	}
	return hash, about, s.v.SealWorking(pad(plain), tokenAD(hash, expires)), nil
}

// tokens uses up the looked-up token and hands out new ones.
func (w *writes) tokens(eff Effects) error {
	if eff.UseUp {
		if w.view.Token == nil {
			return errors.New("store: no token to use up")
		}
		if !w.token.Keep {
			w.add(ask(`DELETE FROM tokens WHERE hash = ?`, w.token.hash), 1)
		}
	}
	for _, t := range eff.Tokens {
		st, err := w.s.writeToken(t)
		if err != nil {
			return err
		}
		w.stmts = append(w.stmts, st)
	}
	return nil
}

// Issue hands out tokens outside a turn: a press on a card that is sent.
func (s *Store) Issue(ctx context.Context, ts ...Token) error {
	s, done := s.hold()
	defer done()
	var stmts []Stmt
	for _, t := range ts {
		st, err := s.writeToken(t)
		if err != nil {
			return err
		}
		stmts = append(stmts, st)
	}
	err := s.d.Turn(ctx, Turn{Compute: func([]Rows) ([]Stmt, error) { return stmts, nil }})
	if err != nil {
		return fmt.Errorf("store: issue: %w", err)
	}
	return nil
}

// Token looks a token up without using it: to know which signal a turn is
// about. It is ErrNotFound when unknown, used up, expired or dead. Whether it
// is bound to somebody is for Turn to look at.
func (s *Store) Token(ctx context.Context, id string) (Token, error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx, readToken(s.v.Names(labelToken, id)))
	if err != nil {
		return Token{}, fmt.Errorf("store: token: %w", err)
	}
	if len(rows[0]) == 0 {
		return Token{}, ErrNotFound
	}
	row, err := s.openToken(id, rows[0][0])
	if err != nil {
		return Token{}, err
	}
	if !row.valid(s.clock()) {
		return Token{}, ErrNotFound
	}
	return row.Token, nil
}

// Fail counts a refused form against its token: at MaxFailures it is dead.
func (s *Store) Fail(ctx context.Context, id string) error {
	s, done := s.hold()
	defer done()
	names := s.v.Names(labelToken, id)
	err := s.d.Turn(ctx, Turn{Locks: names, Compute: func([]Rows) ([]Stmt, error) {
		return []Stmt{ask(`UPDATE tokens SET failures = failures + 1 WHERE hash IN ?`, names).write(AnyRows)}, nil
	}})
	if err != nil {
		return fmt.Errorf("store: fail: %w", err)
	}
	return nil
}
