package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/meldroute/meldroute/store/vault"
)

// ErrBehind says that the key file is older than the data: another replica was
// given a newer one, whose keys seal by now. Bring that one here.
var ErrBehind = errors.New("store: key file is older than the data")

const (
	// announceEvery is how often a replica says that it lives, when nothing
	// else about it changed.
	announceEvery = 30 * time.Second
	// replicaGone is after how long a silent replica counts as gone.
	replicaGone = 3 * time.Minute

	metaCanary  = "canary"
	metaKeys    = "canary keys"
	metaSettled = "settled"
	metaReplica = "replica "
)

// ring is the key file as one act works with it, from its start to its end,
// whatever happens to the file meanwhile.
type ring struct {
	v *vault.Vault
	// settled says that every signal has its marks under the primary key, so
	// that those under older keys need not be written any more.
	settled bool
	acts    int // that run with it
}

// hold returns the store with the keys that an act works with, and what ends
// the act. An act that began before a rotation step may end after it: that it
// ended is what a replica waits for before it says that it follows.
func (s *Store) hold() (*Store, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.ring
	r.acts++
	return &Store{shared: s.shared, v: r.v, settled: r.settled}, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		r.acts--
	}
}

// turnRing puts other keys in use for the acts that begin from now on.
func (s *Store) turnRing(v *vault.Vault, settled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past = append(s.past, s.ring)
	s.ring = &ring{v: v, settled: settled}
}

// drained says whether no act runs with other keys than those in use.
func (s *Store) drained() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past = slices.DeleteFunc(s.past, func(r *ring) bool { return r.acts == 0 })
	return len(s.past) == 0
}

// Rekey takes over a changed key file while the store is in use. It proves, as
// Open does, that the file belongs to the data (vault.ErrWrongKey) and is not
// older (ErrBehind); on an error the keys stay as they are. Announce tells the
// others once no act works with the earlier keys.
func (s *Store) Rekey(ctx context.Context, v *vault.Vault) error {
	settled, err := (&Store{shared: s.shared, v: v}).prove(ctx, false)
	if err != nil {
		return fmt.Errorf("store: rekey: %w", err)
	}
	s.turnRing(v, settled)
	return nil
}

// standing is what a replica says of itself: ids of keys and a time.
type standing struct {
	At      int64                    `json:"at"`
	Settled bool                     `json:"settled"`
	Keys    map[vault.Use]vault.Keys `json:"keys"`
}

func (s *Store) standing() standing {
	out := standing{At: micros(s.clock()), Settled: s.settled, Keys: map[vault.Use]vault.Keys{}}
	for _, use := range vault.Uses() {
		out.Keys[use] = s.v.Keys(use)
	}
	return out
}

// announcement is the row in which a replica says what it works with.
func (s *Store) announcement() (Stmt, error) {
	b, err := json.Marshal(s.standing())
	if err != nil {
		return Stmt{}, fmt.Errorf("store: announce: %w", err)
	}
	return s.meta(s.replica, b), nil
}

// replicaRow is the name of a replica's row: it holds no name of a machine.
func replicaRow(name string) string {
	if name == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(name))
	return metaReplica + hex.EncodeToString(sum[:8])
}

// Announce says which keys this replica works with, for whoever rotates them
// (Replicas). Call it every second or so: it writes when that changed, and else
// twice a minute. It says nothing as long as an act works with earlier keys.
func (s *Store) Announce(ctx context.Context) error {
	if s.replica == "" {
		return nil
	}
	h, done := s.hold()
	defer done()
	err := h.d.Turn(ctx, Turn{
		Reads: []Query{
			ask(`SELECT value FROM meta WHERE name = ?`, metaSettled).read(),
			ask(`SELECT value FROM meta WHERE name = ?`, h.replica).read(),
		},
		Compute: func(rows []Rows) ([]Stmt, error) {
			settled := h.isSettled(rows[0])
			if settled != h.settled {
				s.turnRing(h.v, settled)
				return nil, nil // said next time, when no act runs without knowing
			}
			if !s.drained() {
				return nil, nil
			}
			var was standing
			if len(rows[1]) > 0 && json.Unmarshal(blob(rows[1][0][0]), &was) == nil {
				is := h.standing()
				fresh := is.At-was.At < announceEvery.Microseconds()
				is.At = was.At
				if fresh && alike(was, is) {
					return nil, nil
				}
			}
			st, err := h.announcement()
			return []Stmt{st}, err
		},
	})
	if err != nil {
		return fmt.Errorf("store: announce: %w", err)
	}
	return nil
}

func alike(a, b standing) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// isSettled reads whether every signal has its marks under our primary key.
func (s *Store) isSettled(rows Rows) bool {
	return len(rows) > 0 && string(blob(rows[0][0])) == string(primaries(s.v))
}

// Leave takes back what Announce said, before Close. Without it a replica counts
// as gone by itself, later.
func (s *Store) Leave(ctx context.Context) error {
	if s.replica == "" {
		return nil
	}
	err := s.d.Turn(ctx, Turn{Compute: func([]Rows) ([]Stmt, error) {
		return []Stmt{ask(`DELETE FROM meta WHERE name = ?`, s.replica).write(AnyRows)}, nil
	}})
	if err != nil {
		return fmt.Errorf("store: leave: %w", err)
	}
	return nil
}

// Replica is a running bot as it announced itself.
type Replica struct {
	Keys    map[vault.Use]vault.Keys
	Settled bool
}

// Replicas returns the bots that run on the database now, this one included.
// One that has been silent for three minutes is gone.
func (s *Store) Replicas(ctx context.Context) ([]Replica, error) {
	rows, err := s.d.Query(ctx, Query{SQL: `SELECT name, value FROM meta`})
	if err != nil {
		return nil, fmt.Errorf("store: replicas: %w", err)
	}
	oldest := micros(s.clock().Add(-replicaGone))
	var out []Replica
	for _, r := range rows[0] {
		var st standing
		if !strings.HasPrefix(text(r[0]), metaReplica) || json.Unmarshal(blob(r[1]), &st) != nil || st.At < oldest {
			continue
		}
		out = append(out, Replica{Keys: st.Keys, Settled: st.Settled})
	}
	return out, nil
}

// Vault returns the keys that the store works with now: to ask, never to seal.
func (s *Store) Vault() *vault.Vault {
	h, done := s.hold()
	defer done()
	return h.v
}
