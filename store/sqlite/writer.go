package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

// Limits of the writer.
const (
	queued  = 1024 // turns that may wait before callers block
	batched = 256  // turns that share one commit at most
)

// errStale says that another process wrote since the turn read.
var errStale = fmt.Errorf("stale: %w", store.ErrConflict)

// writer is the one goroutine that writes. It takes what is queued without
// waiting for more, gives each turn a savepoint, commits once, and only then
// answers (D11).
type writer struct {
	pool    *sql.DB
	c       *conn // nil after it broke, until the next batch
	queue   chan *job
	stopped chan struct{}
	changed chan<- struct{}
	gen     atomic.Uint64 // counts the times that another process was seen to have written
	version int64         // PRAGMA data_version at the last look
}

func newWriter(ctx context.Context, pool *sql.DB, changed chan<- struct{}) (*writer, error) {
	w := &writer{
		pool: pool, changed: changed,
		queue: make(chan *job, queued), stopped: make(chan struct{}),
	}
	own := context.WithoutCancel(ctx) // its connection outlives Open's ctx
	if err := w.connect(own); err != nil {
		return nil, fail("open the writer", err)
	}
	go w.run(own)
	return w, nil
}

// do queues a job and waits for its answer. When ctx ends before the writer has
// taken it up, it is not written; after that the answer is waited for.
func (w *writer) do(ctx context.Context, j *job) error {
	select {
	case w.queue <- j:
	case <-ctx.Done():
		return fail("wait for the writer", ctx.Err())
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		if j.state.CompareAndSwap(waiting, left) {
			return fail("wait for the writer", ctx.Err())
		}
		return <-j.done
	}
}

// close lets the writer finish its queue and waits for it. No job may
// come any more.
func (w *writer) close() {
	close(w.queue)
	<-w.stopped
	if w.c != nil {
		_ = w.c.close()
	}
}

func (w *writer) run(ctx context.Context) {
	defer close(w.stopped)
	for j := range w.queue {
		jobs := []*job{j}
	drain:
		for len(jobs) < batched {
			select {
			case j, ok := <-w.queue:
				if !ok {
					break drain
				}
				jobs = append(jobs, j)
			default:
				break drain
			}
		}
		w.batch(ctx, jobs)
	}
}

// batch writes jobs and answers each.
func (w *writer) batch(ctx context.Context, jobs []*job) {
	todo := jobs[:0]
	for _, j := range jobs {
		if j.state.CompareAndSwap(waiting, writing) {
			todo = append(todo, j)
		}
	}
	for len(todo) > 0 {
		todo = w.commit(ctx, todo)
	}
}

// commit writes jobs in one transaction and answers them. It returns those that
// must be tried again, without the one that ended the transaction for all; they
// are fewer each time, or alone.
func (w *writer) commit(ctx context.Context, jobs []*job) (again []*job) {
	if err := w.begin(ctx); err != nil {
		answer(jobs, err)
		return nil
	}
	ok := make([]*job, 0, len(jobs))
	hint := false
	for i, j := range jobs {
		notices, err := w.write(ctx, j)
		if err == nil {
			ok = append(ok, j)
			hint = hint || notices
			continue
		}
		if e := w.undo(ctx); e != nil {
			// SQLite rolled everything back. If it is the database's fault
			// all fail; else only this turn does.
			w.abandon(ctx)
			j.done <- err
			rest := append(ok, jobs[i+1:]...)
			if errors.Is(err, store.ErrDown) {
				answer(rest, err)
				return nil
			}
			return rest
		}
		j.done <- err
	}
	if _, _, err := w.c.exec(ctx, "COMMIT"); err != nil {
		err = fail("commit", err)
		w.abandon(ctx)
		if !errors.Is(err, store.ErrDown) && len(ok) > 1 {
			// One of them broke a constraint that is looked at last: each
			// on its own shows which.
			for _, j := range ok {
				w.commit(ctx, []*job{j})
			}
			return nil
		}
		answer(ok, err)
		return nil
	}
	if hint {
		select {
		case w.changed <- struct{}{}:
		default:
		}
	}
	answer(ok, nil)
	return nil
}

// write runs one turn inside a savepoint, which it leaves open on error.
func (w *writer) write(ctx context.Context, j *job) (notices bool, err error) {
	if _, _, err := w.c.exec(ctx, "SAVEPOINT turn"); err != nil {
		return false, fail("begin a turn", err)
	}
	if !j.inside && len(j.turn.Reads) > 0 && j.gen != w.gen.Load() {
		return false, errStale
	}
	if err := w.take(ctx, j.turn); err != nil {
		return false, err
	}
	if j.inside {
		if err := w.compute(ctx, j); err != nil {
			return false, err
		}
	}
	for _, s := range j.stmts {
		n, about, err := w.c.exec(ctx, s.SQL, s.Args...)
		if err != nil {
			return false, fail("write "+drive.Short(s.SQL), err)
		}
		if s.Want != store.AnyRows && n != s.Want {
			return false, fmt.Errorf("sqlite: %s touched %d rows, not %d: %w", drive.Short(s.SQL), n, s.Want, store.ErrConflict)
		}
		notices = notices || about
	}
	if _, _, err := w.c.exec(ctx, "RELEASE turn"); err != nil {
		return false, fail("end a turn", err)
	}
	return notices, nil
}

// compute reads and computes inside the transaction.
func (w *writer) compute(ctx context.Context, j *job) error {
	rows := make([]store.Rows, len(j.turn.Reads))
	for i, q := range j.turn.Reads {
		var err error
		if rows[i], err = w.c.query(ctx, q); err != nil {
			return fail("read", err)
		}
	}
	if j.turn.Compute == nil {
		return nil
	}
	var err error
	j.stmts, err = j.turn.Compute(rows)
	return err
}

// take takes the turn's event, unless it was taken before under any key.
func (w *writer) take(ctx context.Context, t *store.Turn) error {
	for _, k := range t.Older {
		rows, err := w.c.query(ctx, store.Query{SQL: store.SQLTaken, Args: []any{k}})
		if err != nil {
			return fail("look for an event", err)
		}
		if len(rows) > 0 {
			return store.ErrDuplicate
		}
	}
	if t.Once == nil {
		return nil
	}
	n, _, err := w.c.exec(ctx, store.SQLTake, t.Once, t.At, t.Sealed)
	if err != nil {
		return fail("take an event", err)
	}
	if n == 0 {
		return store.ErrDuplicate
	}
	return nil
}

// undo takes back the turn whose savepoint is open. It fails when SQLite has
// ended the whole transaction by itself.
func (w *writer) undo(ctx context.Context) error {
	if _, _, err := w.c.exec(ctx, "ROLLBACK TO turn"); err != nil {
		return err
	}
	_, _, err := w.c.exec(ctx, "RELEASE turn")
	return err
}

// begin starts a transaction and looks whether another process wrote.
func (w *writer) begin(ctx context.Context) error {
	if w.c == nil {
		if err := w.connect(ctx); err != nil {
			return fail("open the writer", err)
		}
	}
	if _, _, err := w.c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		err = fail("begin", err)
		w.abandon(ctx)
		return err
	}
	if err := w.look(ctx); err != nil {
		w.abandon(ctx)
		return fail("begin", err)
	}
	return nil
}

// abandon ends the transaction, if there still is one, and the connection with
// it: after a failure of this kind a new one is in a state that we know.
func (w *writer) abandon(ctx context.Context) {
	_, _, _ = w.c.exec(ctx, "ROLLBACK")
	_ = w.c.close()
	w.c = nil
}

func (w *writer) connect(ctx context.Context) error {
	c, err := connect(ctx, w.pool)
	if err != nil {
		return err
	}
	w.c, w.version = c, 0
	if err := w.look(ctx); err != nil {
		_ = c.close()
		w.c = nil
		return err
	}
	return nil
}

// look counts a generation when another connection has written since the last
// look. data_version does not change by this connection's own commits, and
// nobody else in this process writes turns.
func (w *writer) look(ctx context.Context) error {
	rows, err := w.c.query(ctx, store.Query{SQL: "PRAGMA data_version"})
	if err != nil {
		return err
	}
	if v, ok := rows[0][0].(int64); !ok || v != w.version {
		w.version = v
		w.gen.Add(1)
	}
	return nil
}

func answer(jobs []*job, err error) {
	for _, j := range jobs {
		j.done <- err
	}
}
