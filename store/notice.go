package store

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Lease is how long a claimed notice is nobody else's.
const Lease = time.Minute

// lockNotices makes claims, renewals and settlements serial.
var lockNotices = []byte("notices")

func (id NoticeID) key() string {
	return id.Kind + "|" + string(id.About) + "|" + strconv.Itoa(id.N)
}

// notices plans and finishes. A planned one whose key exists, done or not, is
// left as it is.
func (w *writes) notices(eff Effects) error {
	if n := eff.Notices; len(n) > 0 {
		w.add(ask(`INSERT INTO notices (key, kind, about, n, role, due, next, tries, fence, done) VALUES `).
			rows(len(n), func(i int) []any {
				due := micros(n[i].Due)
				return []any{n[i].key(), n[i].Kind, string(n[i].About), int64(n[i].N), string(n[i].To), due, due,
					int64(0), int64(0), int64(0)}
			}).add(` ON CONFLICT (key) DO NOTHING`), AnyRows)
	}
	if len(eff.Done) > 0 {
		keys := make([]string, len(eff.Done))
		for i, id := range eff.Done {
			keys[i] = id.key()
		}
		w.add(ask(`UPDATE notices SET done = 1 WHERE key IN ?`, keys), AnyRows)
	}
	return nil
}

// Claim takes at most max notices that are due at now, longest due first. Each
// is the caller's for Lease, under a new Fence; whoever crashes with it loses
// it to the next claim after that. next is when something open is due after
// these, or a lease ends; zero when nothing is open.
func (s *Store) Claim(ctx context.Context, now time.Time, max int) (claimed []Notice, next time.Time, err error) {
	at, until := micros(now), micros(now.Add(Lease))
	err = s.d.Turn(ctx, Turn{
		Locks: [][]byte{lockNotices},
		Reads: []Query{
			ask(`SELECT key, kind, about, n, role, due, tries, fence, next FROM notices
				WHERE done = 0 AND bundle = 0 AND next <= ? ORDER BY next LIMIT ?`, at, max+1).read(),
			ask(`SELECT next FROM notices WHERE done = 0 AND bundle = 0 AND next > ? ORDER BY next LIMIT 1`, at).read(),
		},
		Compute: func(rows []Rows) ([]Stmt, error) {
			claimed, next = nil, time.Time{}
			if len(rows[1]) > 0 {
				next = fromMicros(num(rows[1][0][0]))
			}
			var stmts []Stmt
			for i, r := range rows[0] {
				if i == max {
					next = fromMicros(num(r[8])) // due now, but not asked for
					break
				}
				n := Notice{
					NoticeID: NoticeID{Kind: text(r[1]), About: Reference(text(r[2])), N: int(num(r[3]))},
					To:       Role(text(r[4])), Due: fromMicros(num(r[5])),
					Tries: int(num(r[6])) + 1, Fence: num(r[7]) + 1,
				}
				claimed = append(claimed, n)
				stmts = append(stmts, ask(`UPDATE notices SET fence = fence + 1, tries = tries + 1, next = ?
					WHERE key = ? AND fence = ? AND done = 0`, until, text(r[0]), num(r[7])).write(AnyRows))
			}
			if len(claimed) > 0 && (next.IsZero() || fromMicros(until).Before(next)) {
				next = fromMicros(until)
			}
			return stmts, nil
		},
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("store: claim: %w", err)
	}
	return claimed, next, nil
}

// Settle ends a claim: the notice is done, or to be tried again at the given
// time. A duty that is done has its next occurrence planned with it. Whoever no
// longer holds the lease, or the last word on an erased signal, gets ErrConflict
// and has changed nothing.
func (s *Store) Settle(ctx context.Context, n Notice, done bool, again time.Time) error {
	if done && n.Kind == KindDuty {
		return s.held(ctx, n, func(duties Rows) []Stmt { return s.next(duties) }, readDuties(`n.key = ?`, n.key()))
	}
	return s.write(ctx, n, ask(`UPDATE notices SET done = ?, next = ?
		WHERE key = ? AND fence = ? AND done = 0`, b2i(done), micros(again), n.key(), n.Fence))
}

// Free gives back what a process that is gone had claimed, so that nobody waits
// for its leases. Only for a process that is alone on its database.
func (s *Store) Free(ctx context.Context) error {
	now := micros(s.clock())
	err := s.d.Turn(ctx, Turn{Locks: [][]byte{lockNotices}, Compute: func([]Rows) ([]Stmt, error) {
		return []Stmt{ask(`UPDATE notices SET next = due WHERE done = 0 AND bundle = 0 AND next > ? AND due <= ?`, now, now).write(AnyRows)}, nil
	}})
	if err != nil {
		return fmt.Errorf("store: free leases: %w", err)
	}
	return nil
}

// Renew holds a claim for another Lease from now, with ErrConflict as Settle.
func (s *Store) Renew(ctx context.Context, n Notice, now time.Time) error {
	return s.write(ctx, n, ask(`UPDATE notices SET next = ?
		WHERE key = ? AND fence = ? AND done = 0`, micros(now.Add(Lease)), n.key(), n.Fence))
}

func (s *Store) write(ctx context.Context, n Notice, q *query) error {
	return s.held(ctx, n, func(Rows) []Stmt { return []Stmt{q.write(AnyRows)} })
}

// held writes what only the holder of a lease may write. f gets the rows of
// more.
func (s *Store) held(ctx context.Context, n Notice, f func(Rows) []Stmt, more ...Query) error {
	s, done := s.hold()
	defer done()
	err := s.d.Turn(ctx, Turn{
		Locks: append([][]byte{lockNotices}, s.lock(n.About)...),
		Reads: append([]Query{ask(`SELECT 1 FROM notices WHERE key = ? AND fence = ? AND done = 0`, n.key(), n.Fence).read()}, more...),
		Compute: func(rows []Rows) ([]Stmt, error) {
			if len(rows[0]) == 0 {
				return nil, ErrConflict
			}
			return f(rows[len(rows)-1]), nil
		},
	})
	if err != nil {
		return fmt.Errorf("store: notice %s of %s: %w", n.Kind, n.About, err)
	}
	return nil
}
