package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/meldroute/meldroute/store"
)

// tries is how often a turn is computed beside the writer when another process
// keeps writing between its reads and its commit. After that it is computed
// inside the transaction, where nobody can come between.
const tries = 4

// Turn runs one durable transaction. Its reads and its Compute run beside those
// of others; its writes share a commit with whoever is ready then (D11). When
// ctx ends before the writer has taken it up, nothing is written; after that it
// is answered truthfully, whatever ctx says.
func (db *DB) Turn(ctx context.Context, t store.Turn) error {
	if err := db.gate.Enter(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer db.gate.Leave()
	release, err := db.locks.Take(ctx, t.Locks)
	if err != nil {
		return fail("wait for a turn", err)
	}
	defer release()
	for range tries {
		stale, err := db.try(ctx, &t)
		if !stale {
			return err
		}
	}
	return db.writer.do(ctx, &job{turn: &t, inside: true, done: make(chan error, 1)})
}

// try reads, computes and writes once. It is stale when another process wrote
// meanwhile, whom the locks of this process do not hold up.
func (db *DB) try(ctx context.Context, t *store.Turn) (stale bool, err error) {
	gen := db.writer.gen.Load()
	taken := taken(t)
	rows, err := db.read(ctx, append(taken, t.Reads...))
	if err != nil {
		return false, err
	}
	for i := range taken {
		if len(rows[i]) > 0 {
			return false, store.ErrDuplicate
		}
	}
	var stmts []store.Stmt
	if t.Compute != nil {
		if stmts, err = t.Compute(rows[len(taken):]); err != nil {
			return false, err
		}
	}
	if len(stmts) == 0 && t.Once == nil {
		return false, nil
	}
	j := &job{turn: t, stmts: stmts, gen: gen, done: make(chan error, 1)}
	err = db.writer.do(ctx, j)
	return errors.Is(err, errStale), err
}

// taken are the questions whether an event was taken before.
func taken(t *store.Turn) []store.Query {
	var qs []store.Query
	if t.Once != nil {
		qs = append(qs, store.Query{SQL: store.SQLTaken, Args: []any{t.Once}})
	}
	for _, k := range t.Older {
		qs = append(qs, store.Query{SQL: store.SQLTaken, Args: []any{k}})
	}
	return qs
}

// job is a computed turn on its way to the writer.
type job struct {
	turn  *store.Turn
	stmts []store.Stmt
	gen   uint64
	// inside asks the writer to read and compute, within its transaction.
	inside bool
	done   chan error // takes the one answer without blocking
	state  atomic.Int32
}

// The states of a job: whoever moves it out of waiting decides.
const (
	waiting int32 = iota
	writing
	left
)
