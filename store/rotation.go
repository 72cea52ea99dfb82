package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/meldroute/meldroute/store/vault"
)

// Bounds of one transaction of Rewrap, so that turns go on beside it.
const (
	signalsAtOnce = 32
	rowsAtOnce    = 64
	// signalsAPage is how many signals one read looks through.
	signalsAPage = 2000
)

// keyed is a column that holds what was made with a key.
type keyed struct {
	table, name string
	use         vault.Use
}

// columns are all of them. What a signal's own key sealed is not among them:
// that key is wrapped anew and stays the same.
func columns() []keyed {
	return []keyed{
		{"keys", "sealed", vault.UseWrap},
		{"reporters", "delivery", vault.UseReporter}, {"reporters", "identity", vault.UseReporter},
		{"reporters", "who", vault.UseIndex}, {"reporters", "number", vault.UseIndex},
		{"leftout", "who", vault.UseIndex}, {"assigned", "who", vault.UseIndex},
		{"signals", "holder", vault.UseIndex}, {"marks", "hash", vault.UseIndex},
		{"sessions", "person", vault.UseIndex}, {"sessions", "about", vault.UseIndex}, {"sessions", "sealed", vault.UseWorking},
		{"profiles", "person", vault.UseIndex}, {"profiles", "sealed", vault.UseWorking},
		{"tokens", "hash", vault.UseIndex}, {"tokens", "about", vault.UseIndex}, {"tokens", "sealed", vault.UseWorking},
		{"memory", "scope", vault.UseIndex}, {"memory", "key", vault.UseIndex}, {"memory", "sealed", vault.UseWorking},
		{"registers", "sealed", vault.UseWorking},
		{"inbox", "key", vault.UseIndex}, {"inbox", "sealed", vault.UseWorking},
		{"journal", "mac", vault.UseJournal}, {"journal", "chain", vault.UseJournal},
	}
}

// aged adds a condition on a table t: that a column of it was made under a key
// that is to be retired. It is false for a use without one.
func (s *Store) aged(q *query, table string) *query {
	or := `(`
	for _, c := range columns() {
		prefixes := s.v.Prefixes(c.use)
		if c.table != table || len(prefixes) == 0 {
			continue
		}
		q.add(or+`substr(t.`+c.name+`, 1, ?) IN ?`, len(prefixes[0]), prefixes)
		or = ` OR `
	}
	if or == `(` {
		return q.add(`(1 = 0)`)
	}
	return q.add(`)`)
}

// Aged is how much of a column was made under keys that are to be retired.
type Aged struct {
	Use   vault.Use
	Table string
	N     int64
}

// Aged counts what still needs the older keys, by use and table: a key that
// something needs must not be retired. The journal is never made anew, so that
// its keys stay as long as its lines, and signatures as long as there are
// destruction records or a checkpoint of the journal (D10, D13).
func (s *Store) Aged(ctx context.Context) ([]Aged, error) {
	h, done := s.hold()
	defer done()
	var out []Aged
	var qs []Query
	for _, c := range columns() {
		if prefixes := h.v.Prefixes(c.use); len(prefixes) > 0 {
			out = append(out, Aged{Use: c.use, Table: c.table})
			qs = append(qs, ask(`SELECT COUNT(*) FROM `+c.table+` t WHERE substr(t.`+c.name+`, 1, ?) IN ?`,
				len(prefixes[0]), prefixes).read())
		}
	}
	if len(h.v.Prefixes(vault.UseSignature)) > 0 {
		out = append(out, Aged{Use: vault.UseSignature, Table: "erased"})
		qs = append(qs, ask(`SELECT (SELECT COUNT(*) FROM erased) + (SELECT COUNT(*) FROM meta WHERE name = ?)`, metaCheckpoint).read())
	}
	rows, err := h.d.Query(ctx, qs...)
	if err != nil {
		return nil, fmt.Errorf("store: aged: %w", err)
	}
	for i := range out {
		out[i].N = num(rows[i][0][0])
	}
	return slices.DeleteFunc(out, func(a Aged) bool { return a.N == 0 }), nil
}

// Rewrapped is what Rewrap did.
type Rewrapped struct {
	Rows int // signals and other rows that were made anew
	// Lost are rows that the first releases kept without what their name is
	// made of, and those that do not open: presses, profiles, what adapters
	// remembered. They are removed.
	Lost int
	// Stuck are signals whose key does not open: somebody changed a row.
	// Nothing of them was touched.
	Stuck []Reference
}

// rewrap is one run of Rewrap.
type rewrap struct {
	s    *Store
	out  Rewrapped
	said func(rows int)
}

// Rewrap makes everything anew that was made under older keys than the primary
// ones: what is sealed is sealed again, and keyed names, which cannot be
// rewrapped, are computed from sealed text. It works in short transactions that
// take the locks of what they touch, and rests as long as it works, so that
// turns go on beside it, here and in other replicas. It may be cut off anywhere
// and run again. said, which may be nil, is told how many rows are done.
//
// When nothing is stuck it notes that all signals have their marks under the
// primary keys; once every replica knows (Announce, Replicas), a second Rewrap
// removes the marks under older ones.
func (s *Store) Rewrap(ctx context.Context, said func(rows int)) (Rewrapped, error) {
	h, done := s.hold()
	defer done()
	if said == nil {
		said = func(int) {}
	}
	r := &rewrap{s: h, said: said}
	err := r.signals(ctx)
	for _, t := range rowTables() {
		if err == nil {
			err = r.rows(ctx, t)
		}
	}
	if err == nil && len(r.out.Stuck) == 0 {
		err = r.settle(ctx)
	}
	if err != nil {
		return r.out, fmt.Errorf("store: rewrap: %w", err)
	}
	return r.out, nil
}

// settle notes that the run is whole, and proves the journal's head anew.
func (r *rewrap) settle(ctx context.Context) error {
	s := r.s
	return s.d.Turn(ctx, Turn{
		Locks: [][]byte{lockJournal},
		Reads: []Query{readHead()},
		Compute: func(rows []Rows) ([]Stmt, error) {
			stmts := []Stmt{s.meta(metaSettled, primaries(s.v))}
			if h, ok := s.head(rows[0]); ok {
				stmts = append(stmts, s.writeHead(h))
			}
			return stmts, nil
		},
	})
}

// batch runs one transaction, again when somebody else was first, and rests.
func (r *rewrap) batch(ctx context.Context, t Turn) error {
	began := time.Now()
	err := r.s.d.Turn(ctx, t)
	for try := 1; try < tries && errors.Is(err, ErrConflict); try++ {
		err = r.s.d.Turn(ctx, t)
	}
	if err != nil {
		return err
	}
	r.said(r.out.Rows)
	rest := time.NewTimer(time.Since(began))
	defer rest.Stop()
	select {
	case <-rest.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rowTable is a table whose rows stand on their own.
type rowTable struct {
	name, pk, columns string
	// remade returns the statements that make a row anew, and the locks of
	// what it belongs to; errForgotten for one that cannot be, or the error
	// of opening it.
	remade func(s *Store, r []any) (locks [][]byte, stmts []Stmt, err error)
}

// errForgotten is of a row that does not hold what its name is made of.
var errForgotten = errors.New("store: row of an earlier release")

func rowTables() []rowTable {
	return []rowTable{
		{"sessions", "person", sessionColumns, remadeSession},
		{"profiles", "person", "person, sealed", remadeProfile},
		{"tokens", "hash", "hash, expires, sealed", remadeToken},
		{"memory", "seq", "seq, scope, key, sealed", remadeMemory},
		{"registers", "name", "name, version, sealed", remadeRegister},
		{"inbox", "key", "key, at, sealed", remadeEvent},
	}
}

// rows makes the rows of a table anew.
func (r *rewrap) rows(ctx context.Context, t rowTable) error {
	s := r.s
	read := func() *query { return ask(`SELECT ` + t.columns + ` FROM ` + t.name + ` t WHERE `) }
	for after := any(nil); ; {
		q := s.aged(read(), t.name)
		if after != nil {
			q.add(` AND t.`+t.pk+` > ?`, after)
		}
		rows, err := s.d.Query(ctx, q.add(` ORDER BY t.`+t.pk+` LIMIT ?`, rowsAtOnce).read())
		if err != nil || len(rows[0]) == 0 {
			return err
		}
		var locks [][]byte
		again := read().add(`t.` + t.pk + ` IN (`)
		for i, row := range rows[0] {
			if i > 0 {
				again.add(`, `)
			}
			again.add(`?`, row[0])
			mine, _, _ := t.remade(s, row)
			locks = append(locks, mine...)
		}
		s.aged(again.add(`) AND `), t.name)
		after = rows[0][len(rows[0])-1][0]
		before := r.out
		err = r.batch(ctx, Turn{Locks: locks, Reads: []Query{again.read()}, Compute: func(rows []Rows) ([]Stmt, error) {
			r.out = before
			return r.remake(t, rows[0])
		}})
		if err != nil {
			return err
		}
	}
}

// remake makes rows anew, and removes those that cannot be.
func (r *rewrap) remake(t rowTable, rows Rows) ([]Stmt, error) {
	var out []Stmt
	for _, row := range rows {
		_, stmts, err := t.remade(r.s, row)
		switch {
		case err == nil:
			out = append(out, stmts...)
			r.out.Rows++
		case t.name == "registers":
			return nil, err // the absences and hours of people: not ours to throw away
		default:
			out = append(out, ask(`DELETE FROM `+t.name+` WHERE `+t.pk+` = ?`, row[0]).write(AnyRows))
			r.out.Lost++
		}
	}
	return out, nil
}

func remadeSession(s *Store, r []any) ([][]byte, []Stmt, error) {
	row, err := s.openSession(r)
	if err != nil {
		return nil, nil, err
	}
	names := s.v.Names(labelSession, row.Person.Reveal())
	return names, []Stmt{ask(`UPDATE sessions SET person = ?, sealed = ?, about = ? WHERE person = ? AND rev = ?`,
		names[0], s.sealSession(names[0], row.Session), s.about(row.About), row.who, row.Rev).write(AnyRows)}, nil
}

func remadeProfile(s *Store, r []any) ([][]byte, []Stmt, error) {
	old := blob(r[0])
	k, err := s.openKept(old, blob(r[1]))
	if err != nil {
		return nil, nil, err
	}
	if k.Person.Empty() {
		return nil, nil, errForgotten
	}
	who := s.v.Name(labelProfile, k.Person.Reveal())
	sealed, err := s.sealKept(who, k)
	return s.v.Names(labelSession, k.Person.Reveal()), []Stmt{ask(`UPDATE profiles SET person = ?, sealed = ? WHERE person = ?`,
		who, sealed, old).write(AnyRows)}, err
}

func remadeToken(s *Store, r []any) ([][]byte, []Stmt, error) {
	old, expires := blob(r[0]), num(r[1])
	var t Token
	if err := s.openInto(&t, blob(r[2]), tokenAD(old, expires)); err != nil {
		return nil, nil, err
	}
	if t.ID == "" {
		return nil, nil, errForgotten
	}
	hash, about, sealed, err := s.sealToken(t, expires)
	return s.v.Names(labelToken, t.ID), []Stmt{ask(`UPDATE tokens SET hash = ?, about = ?, sealed = ? WHERE hash = ?`,
		hash, about, sealed, old).write(AnyRows)}, err
}

func remadeMemory(s *Store, r []any) ([][]byte, []Stmt, error) {
	platform, it, err := s.unseal(blob(r[3]), blob(r[1]), blob(r[2]))
	if err != nil {
		return nil, nil, err
	}
	if platform == "" {
		return nil, nil, errForgotten
	}
	m := &Memory{s, platform}
	scopes, keys := m.scope(it.Scope), m.key(it.Scope, it.Key)
	return scopes, []Stmt{ask(`UPDATE memory SET scope = ?, key = ?, sealed = ? WHERE seq = ?`,
		scopes[0], keys[0], m.seal(it, scopes[0], keys[0]), num(r[0])).write(AnyRows)}, nil
}

func remadeRegister(s *Store, r []any) ([][]byte, []Stmt, error) {
	name, version, body, err := s.openRegister(r)
	if err != nil {
		return nil, nil, err
	}
	sealed, err := s.sealRegister(name, version, body)
	return s.v.Names(labelRegister, name), []Stmt{ask(`UPDATE registers SET sealed = ? WHERE name = ? AND version = ?`,
		sealed, name, version).write(AnyRows)}, err
}

func remadeEvent(s *Store, r []any) ([][]byte, []Stmt, error) {
	old, at := blob(r[0]), num(r[1])
	if r[2] == nil {
		return nil, nil, errForgotten
	}
	id, err := s.v.OpenWorking(blob(r[2]), eventAD(old))
	if err != nil {
		return nil, nil, err
	}
	names := s.v.Names(labelInbox, string(id))
	return names, []Stmt{
		ask(`DELETE FROM inbox WHERE key = ?`, old).write(AnyRows),
		ask(`INSERT INTO inbox (key, at, sealed) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING`,
			names[0], at, s.v.SealWorking(id, eventAD(names[0]))).write(AnyRows),
	}, nil
}
