package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"
)

// Ground is why a signal was erased: a class, never a story.
type Ground string

// The grounds.
const (
	GroundWithdrawn Ground = "withdrawn" // by its reporter, before anybody read it
	GroundTerm      Ground = "term"      // its time was over (P27)
	GroundOrder     Ground = "order"     // on the order of the FG
	GroundDrill     Ground = "drill"     // an exercise, by who began it
	GroundReplayed  Ground = "replayed"  // again, after a backup of before was put back
)

const (
	// scrubFor is how long the answer to an erasure waits for readers.
	scrubFor = 2 * time.Second
	// signAtOnce is how many destruction records one turn signs.
	signAtOnce = 500
)

// lockDestruction makes the numbering of destruction records one, in all
// replicas.
var lockDestruction = []byte("destruction")

// Destruction is the record that a signal was destroyed (P29). It holds no
// content and is kept for ever. A copy of it can be proven by whoever has the
// key file, and destroys the signal again in a backup from before (D13).
type Destruction struct {
	// N numbers the records, from 1 on: a gap is a record that was taken away.
	N         int64     `json:"n"`
	Ref       Reference `json:"ref"`
	At        time.Time `json:"at"`
	Ground    Ground    `json:"ground"`
	Signature []byte    `json:"signature"`
}

// code are the bytes that a record is signed over.
func (d Destruction) code() []byte {
	num := func(n int64) string { return string(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	return packed("destroyed", num(d.N), string(d.Ref), num(micros(d.At)), string(d.Ground))
}

// Destroyed returns all signed destruction records, in their order.
func (s *Store) Destroyed(ctx context.Context) ([]Destruction, error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx, Query{SQL: `SELECT n, ref, at, ground, signature FROM erased WHERE n > 0 ORDER BY n`})
	if err != nil {
		return nil, fmt.Errorf("store: destroyed: %w", err)
	}
	out := make([]Destruction, len(rows[0]))
	for i, r := range rows[0] {
		out[i] = Destruction{num(r[0]), Reference(text(r[1])), fromMicros(num(r[2])), Ground(text(r[3])), blob(r[4])}
	}
	return out, nil
}

// Unsigned counts erasures whose record is not signed yet: the database's own
// files may still hold their keys. The next Sweep tries again.
func (s *Store) Unsigned(ctx context.Context) (int64, error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx, Query{SQL: `SELECT COUNT(*) FROM erased WHERE signature IS NULL`})
	if err != nil {
		return 0, fmt.Errorf("store: unsigned: %w", err)
	}
	return num(rows[0][0][0]), nil
}

// DestructionReport is what proving destruction records found.
type DestructionReport struct {
	Changed []int64 // numbers of records that this key did not sign so
	Missing []Span  // numbers that were taken away
}

// OK says that nothing is wrong.
func (r DestructionReport) OK() bool { return len(r.Changed)+len(r.Missing) == 0 }

// ProveDestroyed proves records in the order of Destroyed, wherever they were
// kept. A cut tail shows against a later copy only.
func (s *Store) ProveDestroyed(ds []Destruction) DestructionReport {
	s, done := s.hold()
	defer done()
	var rep DestructionReport
	last := int64(0)
	for _, d := range ds {
		if !s.v.Verify(d.Signature, d.code()) {
			rep.Changed = append(rep.Changed, d.N)
		}
		if d.N > last+1 {
			rep.Missing = append(rep.Missing, Span{last + 1, d.N - 1})
		}
		last = max(last, d.N)
	}
	return rep
}

// truncater is what a driver has whose own files keep what was deleted.
type truncater interface {
	// Truncate removes it from the write-ahead log, or says that it could
	// not yet.
	Truncate(ctx context.Context) error
}

// scrub removes erased keys from the database's own files, and signs that they
// are gone: only then is an erasure whole (D13).
func (s *Store) scrub(ctx context.Context) error {
	s, done := s.hold()
	defer done()
	for {
		rows, err := s.d.Query(ctx, ask(`SELECT ref FROM erased WHERE signature IS NULL ORDER BY ref LIMIT ?`, signAtOnce).read())
		if err != nil || len(rows[0]) == 0 {
			return err
		}
		if t, ok := s.d.(truncater); ok {
			if err := t.Truncate(ctx); err != nil {
				return fmt.Errorf("erased, but not yet gone from the log: %w", err)
			}
		}
		refs := make([]string, len(rows[0]))
		for i, r := range rows[0] {
			refs[i] = text(r[0])
		}
		if err := s.sign(ctx, refs); err != nil {
			return err
		}
	}
}

// sign gives the records of erased signals their number and signature.
func (s *Store) sign(ctx context.Context, refs []string) error {
	return s.d.Turn(ctx, Turn{
		Locks: [][]byte{lockDestruction},
		Reads: []Query{
			{SQL: `SELECT n FROM erased WHERE n > 0 ORDER BY n DESC LIMIT 1`},
			ask(`SELECT ref, at, ground FROM erased WHERE signature IS NULL AND ref IN ? ORDER BY at, ref`, refs).read(),
		},
		Compute: func(rows []Rows) ([]Stmt, error) {
			n := int64(0)
			if len(rows[0]) > 0 {
				n = num(rows[0][0][0])
			}
			var stmts []Stmt
			for _, r := range rows[1] {
				n++
				d := Destruction{N: n, Ref: Reference(text(r[0])), At: fromMicros(num(r[1])), Ground: Ground(text(r[2]))}
				stmts = append(stmts, ask(`UPDATE erased SET n = ?, signature = ? WHERE ref = ? AND signature IS NULL`,
					n, s.v.Sign(d.code()), string(d.Ref)).write(1))
			}
			return stmts, nil
		},
	})
}

// scrubbed scrubs after an erasure. It is committed all the same: what could
// not be done now is done by the next Sweep.
func (s *Store) scrubbed(ctx context.Context) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), scrubFor)
	defer stop()
	if err := s.scrub(ctx); err != nil {
		s.log.Warn("an erasure is not whole yet; the next sweep tries again", "error", err)
	}
}
