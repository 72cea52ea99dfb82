package store

import (
	"context"
	"fmt"
	"time"
)

// How long is kept what nobody needs any more.
const (
	keepInbox = 7 * 24 * time.Hour // no platform delivers an event again after that
	keepFlow  = 7 * 24 * time.Hour // a flow without a session, put by nobody since
	keepDraft = 24 * time.Hour     // an expired draft that nobody could erase in a turn

	// What was sent because its day had come. It is named by that day, and says
	// that the day had its message: until no clock is wrong by so much.
	keepDay = 31 * 24 * time.Hour
)

// PutFlow keeps a flow by its hash, for sessions that began with it (D17). For
// as long as this Store is open, Sweep leaves it.
func (s *Store) PutFlow(ctx context.Context, hash, name string, body []byte) error {
	err := s.d.Turn(ctx, Turn{Compute: func([]Rows) ([]Stmt, error) {
		return []Stmt{ask(`INSERT INTO flows (hash, name, at, body) VALUES (?, ?, ?, ?)
			ON CONFLICT (hash) DO UPDATE SET at = excluded.at`,
			hash, name, micros(s.clock()), body).write(1)}, nil
	}})
	if err != nil {
		return fmt.Errorf("store: put flow %s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flows[hash] = true
	return nil
}

// Flow returns a flow that was put, or ErrNotFound.
func (s *Store) Flow(ctx context.Context, hash string) ([]byte, error) {
	rows, err := s.d.Query(ctx, ask(`SELECT body FROM flows WHERE hash = ?`, hash).read())
	if err != nil {
		return nil, fmt.Errorf("store: flow: %w", err)
	}
	if len(rows[0]) == 0 {
		return nil, ErrNotFound
	}
	return blob(rows[0][0][0]), nil
}

// Sweep removes what is past its time: taken events after seven days, expired
// tokens and memories, drafts a day after their expiry, what was said of a day a
// month after it, and flows that nobody uses. It also finishes erasures whose traces in the database's own files were
// not gone yet. Nothing in it is needed for what a person sees.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	at := micros(now)
	err := s.d.Turn(ctx, Turn{Compute: func([]Rows) ([]Stmt, error) {
		stmts := []Stmt{
			ask(`DELETE FROM inbox WHERE at < ?`, micros(now.Add(-keepInbox))).write(AnyRows),
			ask(`DELETE FROM tokens WHERE expires > 0 AND expires <= ?`, at).write(AnyRows),
			ask(`DELETE FROM memory WHERE until > 0 AND until <= ?`, at).write(AnyRows),
			ask(`DELETE FROM sessions WHERE expires > 0 AND expires <= ?`, micros(now.Add(-keepDraft))).write(AnyRows),
			ask(`DELETE FROM notices WHERE about = '' AND role = ? AND done = 1 AND due <= ?`,
				string(ToConcerned), micros(now.Add(-keepDay))).write(AnyRows),
		}
		if mine := s.mine(); len(mine) > 0 {
			stmts = append(stmts, ask(`UPDATE flows SET at = ? WHERE hash IN ?`, at, mine).write(AnyRows))
		}
		return append(stmts, ask(`DELETE FROM flows WHERE at < ?
			AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.version = flows.hash)`,
			micros(now.Add(-keepFlow))).write(AnyRows)), nil
	}})
	if err != nil {
		return fmt.Errorf("store: sweep: %w", err)
	}
	if err := s.scrub(ctx); err != nil {
		return fmt.Errorf("store: sweep: %w", err)
	}
	return nil
}

func (s *Store) mine() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]string, 0, len(s.flows))
	for hash := range s.flows {
		out = append(out, hash)
	}
	return out
}
