package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/meldroute/meldroute/store/vault"
)

// Labels of the keyed names, one for each table, so that tables do not join
// (D7). They are part of what is kept: never change one.
const (
	labelSession  vault.Label = "session"
	labelProfile  vault.Label = "profile"
	labelInbox    vault.Label = "inbox"
	labelLock     vault.Label = "lock"
	labelOwn      vault.Label = "own"
	labelNumber   vault.Label = "number"
	labelLeftOut  vault.Label = "leftout"
	labelAssigned vault.Label = "assigned"
	labelToken    vault.Label = "token"
	labelAbout    vault.Label = "token about"
	labelScope    vault.Label = "memory scope"
	labelKey      vault.Label = "memory key"
	labelMark     vault.Label = "mark"
	labelHolder   vault.Label = "holder"
	labelRegister vault.Label = "register"
)

// Options are what Open may be given.
type Options struct {
	// Now is the clock for everything that is stored; nil is time.Now.
	Now func() time.Time
	// Remind says when deadlines are brought up; nil is when they are due, and
	// every day after that.
	Remind Remind
	// Warn says when it is brought up that a signal is erased; nil is never.
	Warn Warn
	// Log gets what went wrong beside a turn: ids and kinds, never content.
	Log *slog.Logger
	// Replica names a bot that serves, the same at each start of it, other
	// than that of any other: it announces itself to whoever rotates keys.
	// Commands have none.
	Replica string
}

// Store is the bot's memory on one database with one key file. It is safe for
// concurrent use, also beside the Stores of other replicas.
type Store struct {
	*shared
	// The keys of one act, in what hold returned. Of the store that Open
	// returned they are nil: an act that forgot to hold them must not go well
	// until the first rotation.
	v       *vault.Vault
	settled bool
}

// shared is what all acts of a store have in common.
type shared struct {
	d       Driver
	now     func() time.Time
	log     *slog.Logger
	remind  Remind
	warn    Warn
	replica string // the row it announces itself in; "" does not
	// draw draws the two numbers of a signal.
	draw func(now time.Time) (Reference, Number)

	mu    sync.Mutex
	flows map[string]bool // hashes that this process put, kept in use
	ring  *ring           // for acts that begin now
	past  []*ring         // that acts may still run with
}

// Open opens the store on d, whose migrations have run. It proves that the key
// file belongs to the data: vault.ErrWrongKey otherwise (P19), or ErrBehind when
// it is an older one of them, ErrRestoring after a restore that was cut off. The
// store owns d from then on, also when Open
// fails.
func Open(ctx context.Context, d Driver, v *vault.Vault, o Options) (*Store, error) {
	s := newStore(d, v, o)
	err := d.Check(ctx)
	if err == nil {
		h, done := s.hold()
		s.ring.settled, err = h.prove(ctx, s.replica != "")
		done()
	}
	if err != nil {
		_ = d.Close() // the error that counts is the one before
		return nil, fmt.Errorf("store: open: %w", err)
	}
	return s, nil
}

// newStore is a store that has proven nothing.
func newStore(d Driver, v *vault.Vault, o Options) *Store {
	s := &Store{shared: &shared{
		d: d, now: o.Now, log: o.Log, remind: o.Remind, warn: o.Warn, replica: replicaRow(o.Replica), draw: drawNumbers, flows: map[string]bool{}, ring: &ring{v: v},
	}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.remind == nil {
		s.remind = plainRemind
	}
	if s.warn == nil {
		s.warn = func(Retention, time.Time, bool) time.Time { return time.Time{} }
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// clock is the time as the database keeps it: UTC, in microseconds.
func (s *Store) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// prove checks the canary, and keeps one where there is none. A canary made
// under keys that are no longer primary is renewed, before they are retired; one
// made under keys that wait in this file says that the file is behind. With
// announce it also says, in the same turn, that a replica works with these keys:
// from then on whoever rotates them reckons with it.
func (s *Store) prove(ctx context.Context, announce bool) (settled bool, err error) {
	keys := primaries(s.v)
	err = s.d.Turn(ctx, Turn{
		Locks: [][]byte{[]byte("canary")},
		Reads: []Query{
			ask(`SELECT value FROM meta WHERE name = ?`, metaCanary).read(),
			ask(`SELECT value FROM meta WHERE name = ?`, metaKeys).read(),
			{SQL: `SELECT 1 FROM keys LIMIT 1`},
			ask(`SELECT value FROM meta WHERE name = ?`, metaSettled).read(),
			ask(`SELECT 1 FROM meta WHERE name = ?`, metaRestoring).read(),
		},
		Compute: func(rows []Rows) ([]Stmt, error) {
			if len(rows[4]) > 0 {
				return nil, ErrRestoring
			}
			var stmts []Stmt
			settled = s.isSettled(rows[3])
			if announce {
				st, err := s.announcement()
				if err != nil {
					return nil, err
				}
				stmts = append(stmts, st)
			}
			if len(rows[0]) > 0 {
				if err := s.v.CheckCanary(blob(rows[0][0][0])); err != nil {
					return nil, err
				}
				var has []byte
				if len(rows[1]) > 0 {
					has = blob(rows[1][0][0])
				}
				if string(has) == string(keys) {
					return stmts, nil
				}
				if s.behind(has) {
					return nil, ErrBehind
				}
			} else if len(rows[2]) > 0 {
				// Signals without a canary: somebody took it away.
				return nil, fmt.Errorf("%w: no proof beside the data", vault.ErrWrongKey)
			}
			return append(stmts, s.meta(metaCanary, s.v.Canary()), s.meta(metaKeys, keys)), nil
		},
	})
	return settled, err
}

// behind says whether one of the primary keys of others waits in our file.
func (s *Store) behind(keys []byte) bool {
	for _, use := range vault.Uses() {
		if len(keys) < 4 {
			return false
		}
		if slices.Contains(s.v.Keys(use).Newer, binary.BigEndian.Uint32(keys)) {
			return true
		}
		keys = keys[4:]
	}
	return false
}

func (s *Store) meta(name string, value []byte) Stmt {
	return ask(`INSERT INTO meta (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value).write(1)
}

// primaries names the primary key of every use.
func primaries(v *vault.Vault) []byte {
	var b []byte
	for _, use := range vault.Uses() {
		b = binary.BigEndian.AppendUint32(b, v.KeyID(use))
	}
	return b
}

// Check says whether the database answers and has the right migrations.
func (s *Store) Check(ctx context.Context) error {
	if err := s.d.Check(ctx); err != nil {
		return fmt.Errorf("store: check: %w", err)
	}
	return nil
}

// Changed hints that a notice was committed, here or by another replica. Hints
// may be missing or too many: look by Claim's next all the same.
func (s *Store) Changed() <-chan struct{} { return s.d.Changed() }

// Close waits for turns that run, then closes the database. Twice is fine.
func (s *Store) Close() error { return s.d.Close() }

// Stats are counts for the metrics, nothing finer (P23).
type Stats struct {
	Notices  int64 // open
	Overdue  int64 // open and past due
	Sessions int64 // dialogues in progress
	Signals  int64 // live
	Unsealed int64 // journal lines that wait for the sealer
}

// Stats counts.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	rows, err := s.d.Query(ctx,
		Query{SQL: `SELECT COUNT(*) FROM notices WHERE done = 0`},
		ask(`SELECT COUNT(*) FROM notices WHERE done = 0 AND due < ?`, micros(s.clock())).read(),
		Query{SQL: `SELECT COUNT(*) FROM sessions`},
		Query{SQL: `SELECT COUNT(*) FROM signals`},
		Query{SQL: `SELECT COUNT(*) FROM journal WHERE seq IS NULL`})
	if err != nil {
		return Stats{}, fmt.Errorf("store: stats: %w", err)
	}
	n := func(i int) int64 { return num(rows[i][0][0]) }
	return Stats{Notices: n(0), Overdue: n(1), Sessions: n(2), Signals: n(3), Unsealed: n(4)}, nil
}

// Period is the half-year of t, as counters are kept (D14): "2026-2".
func Period(t time.Time) string {
	t = t.UTC()
	return fmt.Sprintf("%04d-%d", t.Year(), (int(t.Month())+5)/6)
}

// Counts returns the counters of a half-year (see Period), without any person.
func (s *Store) Counts(ctx context.Context, period string) (map[string]int64, error) {
	rows, err := s.d.Query(ctx, ask(`SELECT name, n FROM counts WHERE period = ?`, period).read())
	if err != nil {
		return nil, fmt.Errorf("store: counts: %w", err)
	}
	out := map[string]int64{}
	for _, r := range rows[0] {
		out[text(r[0])] = num(r[1])
	}
	return out, nil
}
