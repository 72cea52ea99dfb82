package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/meldroute/meldroute/store/vault"
)

var (
	// ErrNotEmpty says that there are data already where a backup was to be
	// restored. Nothing was written.
	ErrNotEmpty = errors.New("store: there are data already")
	// ErrRestoring says that a restore was cut off: begin again, on an empty
	// database.
	ErrRestoring = errors.New("store: a restore was cut off")
	// ErrMigration says that a backup is of another release than this program
	// and its database.
	ErrMigration = errors.New("store: backup of another release")
)

const (
	metaRestoring = "restoring"
	// loadAtOnce is how many rows one transaction of a restore puts.
	loadAtOnce = 200
)

// ActionRestored is the journal action of a restore.
const ActionRestored = "store.restored"

// Gone is a signal that is destroyed for ever, signed for or not yet (D13).
type Gone struct {
	Ref Reference
	At  time.Time
}

// Gone returns what was destroyed, oldest first, also what has no signed record
// yet (Destroyed): for a backup, and for the file from which a restore replays
// it.
func (s *Store) Gone(ctx context.Context) ([]Gone, error) {
	rows, err := s.d.Query(ctx, Query{SQL: `SELECT ref, at FROM erased ORDER BY at, ref`})
	if err != nil {
		return nil, fmt.Errorf("store: gone: %w", err)
	}
	out := make([]Gone, len(rows[0]))
	for i, r := range rows[0] {
		out[i] = Gone{Reference(text(r[0])), fromMicros(num(r[1]))}
	}
	return out, nil
}

// Vouch returns the code that a destruction record has where it is kept outside
// the database: nobody can destroy a signal by writing a line.
func Vouch(v *vault.Vault, d Gone) []byte { return v.MAC(destroyedCode(d)) }

// Vouched says whether these keys made the code of a destruction record.
func Vouched(v *vault.Vault, d Gone, code []byte) bool {
	return v.VerifyMAC(code, destroyedCode(d))
}

func destroyedCode(d Gone) []byte {
	return packed("destroyed", string(d.Ref), d.At.UTC().Format(time.RFC3339Nano))
}

// Restore puts a backup into the empty database behind d and destroys again what
// gone says was destroyed, before anybody can open it: until it is whole, Open
// refuses with ErrRestoring. Everything is proven before the first row is
// written: vault.ErrWrongKey, ErrBackup, ErrMigration, ErrNotEmpty. The restore
// is a line in the journal. d stays the caller's.
func Restore(ctx context.Context, d Driver, v *vault.Vault, data, keys io.ReadSeeker, gone []Gone, o Options) (Label, error) {
	s, done := newStore(d, v, o).hold()
	defer done()
	label, err := s.restore(ctx, data, keys, gone)
	if err != nil {
		return Label{}, fmt.Errorf("store: restore: %w", err)
	}
	return label, nil
}

func (s *Store) restore(ctx context.Context, data, keys io.ReadSeeker, gone []Gone) (Label, error) {
	loads, ok := s.d.(snapshotter)
	if !ok {
		return Label{}, errNoSnapshot
	}
	first, err := openPart(s.v, data, PartData)
	if err != nil {
		return Label{}, err
	}
	second, err := openPart(s.v, keys, PartKeys)
	if err != nil {
		return Label{}, err
	}
	if first.ID != second.ID {
		return Label{}, fmt.Errorf("%w: the two files are of different backups", ErrBackup)
	}
	if err := s.v.CheckCanary(first.Canary); err != nil {
		return Label{}, err
	}
	if err := s.fresh(ctx, first.Migration); err != nil {
		return Label{}, err
	}
	for _, p := range []*part{first, second} {
		if err := s.load(ctx, p); err != nil {
			return Label{}, err
		}
	}
	for chunk := range slices.Chunk(gone, loadAtOnce) {
		if err := s.replay(ctx, chunk); err != nil {
			return Label{}, err
		}
	}
	if err := loads.Loaded(ctx); err != nil {
		return Label{}, err
	}
	return first.Label, s.restored(ctx)
}

// fresh proves that the database is empty and of the backup's release, and marks
// that a restore has begun.
func (s *Store) fresh(ctx context.Context, migration int64) error {
	tables := append(PartData.tables(), PartKeys.tables()...)
	reads := []Query{migrationQuery()}
	for _, t := range tables {
		reads = append(reads, Query{SQL: `SELECT 1 FROM ` + t + ` LIMIT 1`})
	}
	return s.d.Turn(ctx, Turn{Locks: [][]byte{[]byte("canary")}, Reads: reads, Compute: func(rows []Rows) ([]Stmt, error) {
		if has := num(rows[0][0][0]); has != migration {
			return nil, fmt.Errorf("%w: it has migration %d, the database %d", ErrMigration, migration, has)
		}
		for _, r := range rows[1:] {
			if len(r) > 0 {
				return nil, ErrNotEmpty
			}
		}
		return []Stmt{s.meta(metaRestoring, []byte{1})}, nil
	}})
}

// load puts the rows of a part.
func (s *Store) load(ctx context.Context, p *part) error {
	var stmts []Stmt
	put := func() error {
		err := s.d.Turn(ctx, Turn{Compute: func([]Rows) ([]Stmt, error) { return stmts, nil }})
		stmts = nil
		return err
	}
	known, rows, insert := p.Part.tables(), int64(0), ""
	for {
		var f frame
		if err := p.frames.Decode(&f); err != nil {
			return ErrBackup
		}
		if f.End {
			if f.Rows != rows {
				return ErrBackup
			}
			return put()
		}
		if f.Columns != nil {
			if !slices.Contains(known, f.Table) {
				return ErrBackup
			}
			insert = insertInto(f.Table, f.Columns)
		}
		args := make([]any, len(f.Row))
		for i, c := range f.Row {
			args[i] = c.value()
		}
		rows++
		stmts = append(stmts, Stmt{SQL: insert, Args: args, Want: AnyRows})
		if len(stmts) == loadAtOnce {
			if err := put(); err != nil {
				return err
			}
		}
	}
}

// insertInto is the statement that puts a row; the names are our own tables'.
func insertInto(table string, columns []string) string {
	places := make([]string, len(columns))
	for i := range columns {
		places[i] = fmt.Sprintf("?%d", i+1)
	}
	return `INSERT INTO ` + table + ` (` + strings.Join(columns, ", ") + `) VALUES (` + strings.Join(places, ", ") + `)`
}

// replay destroys again what was destroyed after the backup.
func (s *Store) replay(ctx context.Context, gone []Gone) error {
	return s.d.Turn(ctx, Turn{Compute: func([]Rows) ([]Stmt, error) {
		var stmts []Stmt
		for _, g := range gone {
			stmts = append(stmts, s.destroy(g.Ref)...)
			stmts = append(stmts, ask(`DELETE FROM signals WHERE ref = ?`, string(g.Ref)).write(AnyRows),
				ask(`INSERT INTO erased (ref, at, ground) VALUES (?, ?, ?) ON CONFLICT (ref) DO NOTHING`,
					string(g.Ref), micros(g.At), string(GroundReplayed)).write(AnyRows))
		}
		return stmts, nil
	}})
}

// restored ends a restore.
func (s *Store) restored(ctx context.Context) error {
	_, err := s.Turn(ctx, Event{}, func(View) (Effects, error) {
		return Effects{Journal: []Line{{Action: ActionRestored, Actor: "bot", Outcome: "ok"}}}, nil
	})
	if err != nil {
		return err
	}
	if err := s.scrub(ctx); err != nil {
		return err
	}
	return s.d.Turn(ctx, Turn{Compute: func([]Rows) ([]Stmt, error) {
		return []Stmt{ask(`DELETE FROM meta WHERE name = ?`, metaRestoring).write(1)}, nil
	}})
}
