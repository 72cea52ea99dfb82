package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/meldroute/meldroute/store/vault"
)

// Item is something that an adapter keeps; it has the fields of adapters.Item,
// which run.go maps it to.
type Item struct {
	Scope, Key string
	Value      []byte
	// Seq orders the items of a scope; set by Put, never by the caller.
	Seq int64
	// Until is when it may be forgotten; zero keeps it.
	Until time.Time
}

// Memory is what the adapter of one platform keeps between runs: values sealed,
// scopes and keys hashed.
type Memory struct {
	s        *Store
	platform string
}

// Memory returns the memory of a platform. Platforms do not see each other's.
func (s *Store) Memory(platform string) *Memory { return &Memory{s, platform} }

// hold is Store.hold.
func (m *Memory) hold() (*Memory, func()) {
	s, done := m.s.hold()
	return &Memory{s, m.platform}, done
}

func (m *Memory) scope(scope string) [][]byte { return m.s.v.Names(labelScope, m.platform, scope) }

func (m *Memory) key(scope, key string) [][]byte {
	return m.s.v.Names(labelKey, m.platform, scope, key)
}

func memoryAD(scope, key []byte) []byte { return vault.AD("memory", string(scope), string(key)) }

// addressAD binds a row that holds its whole address, from which a rotation makes
// its names anew. Rows of the first releases are bound by memoryAD and hold
// their key alone.
func addressAD(scope, key []byte) []byte {
	return vault.AD("memory address", string(scope), string(key))
}

// seal seals an item with its address.
func (m *Memory) seal(it Item, scope, key []byte) []byte {
	var plain []byte
	for _, part := range []string{m.platform, it.Scope, it.Key} {
		plain = append(binary.AppendUvarint(plain, uint64(len(part))), part...)
	}
	return m.s.v.SealWorking(append(plain, it.Value...), addressAD(scope, key))
}

// cut takes a part with its length in front off what was sealed.
func cut(plain []byte) (part string, rest []byte, err error) {
	n, k := binary.Uvarint(plain)
	if k <= 0 || n > uint64(len(plain)-k) {
		return "", nil, vault.ErrOpen
	}
	return string(plain[k : k+int(n)]), plain[k+int(n):], nil
}

// unseal opens what seal sealed, with the platform it is of. Of a row of the
// first releases platform and scope are empty.
func (s *Store) unseal(sealed, scope, key []byte) (platform string, it Item, err error) {
	plain, err := s.v.OpenWorking(sealed, addressAD(scope, key))
	parts := []*string{&platform, &it.Scope, &it.Key}
	if err != nil {
		plain, err = s.v.OpenWorking(sealed, memoryAD(scope, key))
		parts = parts[2:]
	}
	for _, p := range parts {
		if err == nil {
			*p, plain, err = cut(plain)
		}
	}
	if err != nil {
		return "", Item{}, fmt.Errorf("store: memory: %w", err)
	}
	it.Value = plain
	return platform, it, nil
}

// Get returns ok false when there is nothing, or it is past its Until.
func (m *Memory) Get(ctx context.Context, scope, key string) (it Item, ok bool, err error) {
	m, done := m.hold()
	defer done()
	rows, err := m.s.d.Query(ctx, ask(`SELECT seq, scope, key, until, sealed FROM memory
		WHERE scope IN ? AND key IN ? AND (until = 0 OR until > ?)`,
		m.scope(scope), m.key(scope, key), micros(m.s.clock())).read())
	if err != nil {
		return Item{}, false, fmt.Errorf("store: memory: %w", err)
	}
	if len(rows[0]) == 0 {
		return Item{}, false, nil
	}
	it, err = m.open(scope, rows[0][0])
	return it, err == nil, err
}

func (m *Memory) open(scope string, r []any) (Item, error) {
	_, it, err := m.s.unseal(blob(r[4]), blob(r[1]), blob(r[2]))
	if err != nil {
		return Item{}, err
	}
	it.Scope, it.Seq, it.Until = scope, num(r[0]), fromMicros(num(r[3]))
	return it, nil
}

// Put writes an item; fresh is false when the key was there already and its
// value is replaced. The item keeps its first Seq. Puts in one scope are one
// after the other: whoever lists a scope up to a Seq has seen all before it.
func (m *Memory) Put(ctx context.Context, it Item) (seq int64, fresh bool, err error) {
	m, done := m.hold()
	defer done()
	now := micros(m.s.clock())
	scopes, keys := m.scope(it.Scope), m.key(it.Scope, it.Key)
	read := ask(`SELECT seq, scope, key, until FROM memory WHERE scope IN ? AND key IN ?`, scopes, keys).read()
	err = m.s.d.Turn(ctx, Turn{
		Locks: scopes,
		Reads: []Query{read},
		Compute: func(rows []Rows) ([]Stmt, error) {
			fresh = len(rows[0]) == 0
			if !fresh {
				r := rows[0][0]
				until := num(r[3])
				if until == 0 || until > now {
					seq = num(r[0])
					return []Stmt{ask(`UPDATE memory SET until = ?, sealed = ? WHERE seq = ?`,
						micros(it.Until), m.seal(it, blob(r[1]), blob(r[2])), seq).write(1)}, nil
				}
				fresh = true
			}
			return []Stmt{
				ask(`DELETE FROM memory WHERE scope IN ? AND key IN ?`, scopes, keys).write(AnyRows),
				ask(`INSERT INTO memory (scope, key, until, sealed) VALUES (?, ?, ?, ?)`,
					scopes[0], keys[0], micros(it.Until), m.seal(it, scopes[0], keys[0])).write(1),
			}, nil
		},
	})
	if err == nil && fresh {
		// The database gave it its number.
		var rows []Rows
		if rows, err = m.s.d.Query(ctx, read); err == nil {
			if len(rows[0]) == 0 {
				return 0, true, nil // forgotten again meanwhile
			}
			seq = num(rows[0][0][0])
		}
	}
	if err != nil {
		return 0, false, fmt.Errorf("store: memory: %w", err)
	}
	return seq, fresh, nil
}

// List returns a scope's items with Seq > after, in order of Seq, at most
// limit.
func (m *Memory) List(ctx context.Context, scope string, after int64, limit int) ([]Item, error) {
	m, done := m.hold()
	defer done()
	rows, err := m.s.d.Query(ctx, ask(`SELECT seq, scope, key, until, sealed FROM memory
		WHERE scope IN ? AND seq > ? AND (until = 0 OR until > ?) ORDER BY seq LIMIT ?`,
		m.scope(scope), after, micros(m.s.clock()), limit).read())
	if err != nil {
		return nil, fmt.Errorf("store: memory: %w", err)
	}
	out := make([]Item, 0, len(rows[0]))
	for _, r := range rows[0] {
		it, err := m.open(scope, r)
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, nil
}

// Forget removes an item, or with key "" a whole scope.
func (m *Memory) Forget(ctx context.Context, scope, key string) error {
	m, done := m.hold()
	defer done()
	q := ask(`DELETE FROM memory WHERE scope IN ?`, m.scope(scope))
	if key != "" {
		q.add(` AND key IN ?`, m.key(scope, key))
	}
	err := m.s.d.Turn(ctx, Turn{
		Locks:   m.scope(scope),
		Compute: func([]Rows) ([]Stmt, error) { return []Stmt{q.write(AnyRows)}, nil },
	})
	if err != nil {
		return fmt.Errorf("store: memory: %w", err)
	}
	return nil
}
