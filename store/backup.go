package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/meldroute/meldroute/store/vault"
)

// Reader reads in a snapshot: it gives each the rows of a query one by one.
type Reader func(q Query, each func(columns []string, row []any) error) error

// snapshotter is what a driver has that can be backed up.
type snapshotter interface {
	// Snapshot gives f a reader of one moment; see the drivers.
	Snapshot(ctx context.Context, f func(Reader) error) error
	// Loaded lets the database count on from numbered rows that were put.
	Loaded(ctx context.Context) error
}

var errNoSnapshot = errors.New("store: this database cannot be backed up")

// Part is one of the two files of a backup (D13). Without the keys, the data is
// unreadable for ever: so that what was erased is gone from a backup too once
// its file of keys was thrown away.
type Part string

// The parts.
const (
	PartData Part = "data"
	PartKeys Part = "keys" // the wrapped keys of signals
)

// tables are those of a part, in the order in which a restore puts them.
func (p Part) tables() []string {
	if p == PartKeys {
		return []string{"keys"}
	}
	return []string{
		"signals", "fields", "leftout", "assigned", "marks", "reporters", "erased", "notices", "tokens",
		"sessions", "profiles", "registers", "inbox", "memory", "flows", "counts", "journal", "meta",
	}
}

// What a backup is made of, after its first line: a label, then rows, each in a
// frame of gob, an end, and a code over all of it.
const (
	backupMagic = "meldroute backup 1\n"
	codeSize    = 37 // vault.MAC
)

// Label says what a backup is, without anything of its content.
type Label struct {
	Part Part
	// ID is the same for the two parts of one backup.
	ID        string
	At        time.Time
	Migration int64
	Canary    []byte
	Head      Head
}

// frame is one row, or the end.
type frame struct {
	Table   string
	Columns []string // of the first row of a table
	Row     []cell
	End     bool
	Rows    int64 // before the end
}

// cell is one of the four kinds of values.
type cell struct {
	Kind  byte // 'n' number, 's' text, 'b' bytes, 0 nothing
	N     int64
	S     string
	Bytes []byte
}

func cellOf(v any) cell {
	switch v := v.(type) {
	case int64:
		return cell{Kind: 'n', N: v}
	case string:
		return cell{Kind: 's', S: v}
	case []byte:
		return cell{Kind: 'b', Bytes: v}
	}
	return cell{}
}

func (c cell) value() any {
	switch c.Kind {
	case 'n':
		return c.N
	case 's':
		return c.S
	case 'b':
		return append([]byte{}, c.Bytes...)
	}
	return nil
}

// Backup writes both parts of a backup of one moment, while turns go on. What it
// writes is sealed as it is in the database, and proven by the journal's key.
func (s *Store) Backup(ctx context.Context, data, keys io.Writer) (Label, error) {
	s, done := s.hold()
	defer done()
	d, ok := s.d.(snapshotter)
	if !ok {
		return Label{}, errNoSnapshot
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails: the process stops before it does
	l := Label{ID: hex.EncodeToString(id), At: s.clock(), Canary: s.v.Canary()}
	err := d.Snapshot(ctx, func(read Reader) error {
		if err := s.label(&l, read); err != nil {
			return err
		}
		for part, w := range map[Part]io.Writer{PartData: data, PartKeys: keys} {
			l.Part = part
			if err := s.writePart(l, read, w); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Label{}, fmt.Errorf("store: back up: %w", err)
	}
	return l, nil
}

// label fills in what the database says of itself.
func (s *Store) label(l *Label, read Reader) error {
	err := read(migrationQuery(), func(_ []string, r []any) error {
		l.Migration = num(r[0])
		return nil
	})
	if err != nil {
		return err
	}
	return read(readHead(), func(_ []string, r []any) error {
		l.Head, _ = s.head(Rows{r})
		return nil
	})
}

func migrationQuery() Query { return Query{SQL: `SELECT MAX(version_id) FROM goose_db_version`} }

// writePart writes one file.
func (s *Store) writePart(l Label, read Reader, out io.Writer) error {
	sum := sha256.New()
	buffer := bufio.NewWriterSize(out, 1<<16)
	w := io.MultiWriter(buffer, sum)
	if _, err := io.WriteString(w, backupMagic); err != nil {
		return err
	}
	e := gob.NewEncoder(w)
	if err := e.Encode(l); err != nil {
		return err
	}
	n := int64(0)
	for _, table := range l.Part.tables() {
		q := Query{SQL: `SELECT * FROM ` + table}
		if table == "meta" { // who runs now is nothing to go back to
			q = Query{SQL: `SELECT * FROM meta WHERE name NOT LIKE 'replica %'`}
		}
		first := true
		err := read(q, func(columns []string, row []any) error {
			f := frame{Table: table, Row: make([]cell, len(row))}
			if first {
				f.Columns, first = columns, false
			}
			for i, v := range row {
				f.Row[i] = cellOf(v)
			}
			n++
			return e.Encode(f)
		})
		if err != nil {
			return err
		}
	}
	if err := e.Encode(frame{End: true, Rows: n}); err != nil {
		return err
	}
	if _, err := buffer.Write(s.v.MAC(backupCode(sum))); err != nil {
		return err
	}
	return buffer.Flush()
}

func backupCode(sum hash.Hash) []byte { return packed("backup", string(sum.Sum(nil))) }

// ErrBackup says that a file is not a whole backup that these keys made.
var ErrBackup = errors.New("store: not a whole backup of these data")

// part is a backup that was proven.
type part struct {
	Label
	frames *gob.Decoder
}

// openPart proves a backup from its first to its last byte before anything of it
// is believed, and reads its label.
func openPart(v *vault.Vault, f io.ReadSeeker, want Part) (*part, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	body := size - codeSize
	if body < int64(len(backupMagic)) {
		return nil, ErrBackup
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	sum, code := sha256.New(), make([]byte, codeSize)
	first := make([]byte, len(backupMagic))
	if _, err := io.ReadFull(f, first); err != nil {
		return nil, err
	}
	if !bytes.Equal(first, []byte(backupMagic)) {
		return nil, ErrBackup
	}
	sum.Write(first)
	if _, err := io.CopyN(sum, f, body-int64(len(first))); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(f, code); err != nil {
		return nil, err
	}
	if !v.VerifyMAC(code, backupCode(sum)) {
		return nil, ErrBackup
	}
	if _, err := f.Seek(int64(len(first)), io.SeekStart); err != nil {
		return nil, err
	}
	p := &part{frames: gob.NewDecoder(bufio.NewReaderSize(io.LimitReader(f, body-int64(len(first))), 1<<16))}
	if err := p.frames.Decode(&p.Label); err != nil || p.Part != want {
		return nil, ErrBackup
	}
	return p, nil
}

// ReadLabel proves a file of a backup and says what it is: ErrBackup when it is
// not whole, not of these keys, or the other part.
func ReadLabel(v *vault.Vault, f io.ReadSeeker, want Part) (Label, error) {
	p, err := openPart(v, f, want)
	if err != nil {
		return Label{}, fmt.Errorf("store: read a backup: %w", err)
	}
	return p.Label, nil
}
