package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/store"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// TestDriver ensures that a database keeps the contract of store.Driver. open
// makes an empty database; what it returns opens one more driver on that
// database, as another replica or command would, from any goroutine, and
// returns nil after t.Error when it cannot. The drivers are closed here.
func TestDriver(t *testing.T, open func(t *testing.T) func() store.Driver) {
	for name, test := range map[string]func(*testing.T, *bench){
		"OnceOnly":            testOnceOnly,
		"OnceOnlyTwoDrivers":  testOnceOnlyTwoDrivers,
		"OlderKeys":           testOlderKeys,
		"ComputeError":        testComputeError,
		"LocksSerialise":      testLocksSerialise,
		"LocksTwoDrivers":     testLocksTwoDrivers,
		"LocksInAnyOrder":     testLocksInAnyOrder,
		"OtherLocksParallel":  testOtherLocksParallel,
		"WantMismatch":        testWantMismatch,
		"WantKinds":           testWantKinds,
		"PoisonedTurnAlone":   testPoisonedTurnAlone,
		"QuerySnapshot":       testQuerySnapshot,
		"ChangedHint":         testChangedHint,
		"CancelledTurn":       testCancelledTurn,
		"CancelledWhileQueue": testCancelledWhileWaiting,
		"Values":              testValues,
		"WrongValue":          testWrongValue,
		"ErrorsHoldNoContent": testErrorsHoldNoContent,
		"Check":               testCheck,
		"ClosedIsDown":        testClosedIsDown,
		"CloseWaits":          testCloseWaits,
		"OpenAtOnce":          testOpenAtOnce,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, &bench{T: t, more: open(t)})
		})
	}
}

// bench is a fresh database with a table of its own.
type bench struct {
	*testing.T
	more func() store.Driver
}

// ctx ends with the test, or when it takes too long.
func (b *bench) ctx() context.Context {
	ctx, cancel := context.WithTimeout(b.Context(), 4*patience)
	b.Cleanup(cancel)
	return ctx
}

// open opens one more driver.
func (b *bench) open() store.Driver {
	b.Helper()
	d := b.more()
	if d == nil {
		b.FailNow()
	}
	b.Cleanup(func() {
		if err := d.Close(); err != nil {
			b.Errorf("close: %v", err)
		}
	})
	return d
}

// tables opens a driver and makes the tables of the tests. SQLite keeps bytes
// in a column of any type, so that BYTEA serves both.
func (b *bench) tables() store.Driver {
	b.Helper()
	d := b.open()
	for _, q := range []string{
		`CREATE TABLE thing (k TEXT PRIMARY KEY, n BIGINT, s TEXT, b BYTEA)`,
		`CREATE TABLE test_notices (k TEXT PRIMARY KEY)`,
	} {
		b.must(d.Turn(b.ctx(), write(store.Stmt{SQL: q, Want: store.AnyRows})))
	}
	return d
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// is ends the test unless err wraps want.
func (b *bench) is(err, want error) {
	b.Helper()
	if !errors.Is(err, want) {
		b.Fatalf("got error %v, want %v", err, want)
	}
}

// rows reads one query.
func (b *bench) rows(d store.Driver, sql string, args ...any) store.Rows {
	b.Helper()
	got, err := d.Query(b.ctx(), store.Query{SQL: sql, Args: args})
	b.must(err)
	if len(got) != 1 {
		b.Fatalf("got %d results of one query", len(got))
	}
	return got[0]
}

// number reads one number.
func (b *bench) number(d store.Driver, sql string, args ...any) int64 {
	b.Helper()
	got := b.rows(d, sql, args...)
	if len(got) != 1 || len(got[0]) != 1 {
		b.Fatalf("%s: got %v, want one value", sql, got)
	}
	n, ok := got[0][0].(int64)
	if !ok {
		b.Fatalf("%s: got %T, want int64", sql, got[0][0])
	}
	return n
}

// write is a turn that only writes.
func write(stmts ...store.Stmt) store.Turn {
	return store.Turn{Compute: func([]store.Rows) ([]store.Stmt, error) { return stmts, nil }}
}

// add inserts a thing.
func add(k string, n int64) store.Stmt {
	return store.Stmt{SQL: `INSERT INTO thing (k, n) VALUES (?1, ?2)`, Args: []any{k, n}, Want: 1}
}

const (
	count  = `SELECT COUNT(*) FROM thing`
	events = `SELECT COUNT(*) FROM inbox`
)

// each runs f n times side by side and waits.
func each(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// deliver delivers one event n times, through any of the drivers, and ensures
// that it has one effect.
func (b *bench) deliver(n int, ds ...store.Driver) {
	b.Helper()
	var first, again atomic.Int64
	each(n, func(i int) {
		t := write(add(fmt.Sprint("copy ", i), 1))
		t.Once, t.At = []byte("event"), 7
		switch err := ds[i%len(ds)].Turn(b.ctx(), t); {
		case err == nil:
			first.Add(1)
		case errors.Is(err, store.ErrDuplicate):
			again.Add(1)
		default:
			b.Error(err)
		}
	})
	if got, want := [2]int64{first.Load(), again.Load()}, [2]int64{1, int64(n) - 1}; got != want {
		b.Errorf("got %v turns taken and refused, want %v", got, want)
	}
	if got := b.number(ds[0], count); got != 1 {
		b.Errorf("got %d effects, want 1", got)
	}
	if got := b.rows(ds[0], `SELECT key, at FROM inbox`); !cmp.Equal(got, store.Rows{{[]byte("event"), int64(7)}}) {
		b.Errorf("got inbox %v", got)
	}
}

// The same event delivered a hundred times at once has one effect.
func testOnceOnly(t *testing.T, b *bench) {
	b.deliver(100, b.tables())
}

// The same event delivered to two replicas has one effect.
func testOnceOnlyTwoDrivers(t *testing.T, b *bench) {
	d := b.tables()
	b.deliver(100, d, b.open())
}

// An event that was taken under a key that is being retired is a duplicate.
func testOlderKeys(t *testing.T, b *bench) {
	d := b.tables()
	turn := write(add("a", 1))
	turn.Once = []byte("old")
	b.must(d.Turn(b.ctx(), turn))
	turn = write(add("b", 1))
	turn.Once, turn.Older = []byte("new"), [][]byte{[]byte("none"), []byte("old")}
	b.is(d.Turn(b.ctx(), turn), store.ErrDuplicate)
	if got := b.number(d, events); got != 1 {
		t.Errorf("got %d events, want 1", got)
	}
	turn.Older = [][]byte{[]byte("none")}
	b.must(d.Turn(b.ctx(), turn))
}

// An error of Compute comes back as it is and writes nothing, so that a
// corrected form is not a duplicate (D2).
func testComputeError(t *testing.T, b *bench) {
	d := b.tables()
	own := errors.New("refused")
	turn := store.Turn{Once: []byte("form"), Compute: func([]store.Rows) ([]store.Stmt, error) {
		return []store.Stmt{add("a", 1)}, own
	}}
	if err := d.Turn(b.ctx(), turn); !errors.Is(err, own) {
		t.Errorf("got %v, want the error itself", err)
	}
	if got := [2]int64{b.number(d, events), b.number(d, count)}; got != [2]int64{} {
		t.Errorf("got %v events and things, want none", got)
	}
	ok := write(add("a", 1))
	ok.Once = turn.Once
	b.must(d.Turn(b.ctx(), ok))
}

// increment adds one to a thing by reading, computing and writing.
func increment(k string, locks ...[]byte) store.Turn {
	return store.Turn{
		Locks: locks,
		Reads: []store.Query{{SQL: `SELECT n FROM thing WHERE k = ?1`, Args: []any{k}}},
		Compute: func(rows []store.Rows) ([]store.Stmt, error) {
			if len(rows) != 1 || len(rows[0]) != 1 {
				return nil, fmt.Errorf("got rows %v", rows)
			}
			return []store.Stmt{{
				SQL:  `UPDATE thing SET n = ?2 WHERE k = ?1`,
				Args: []any{k, rows[0][0][0].(int64) + 1}, Want: 1,
			}}, nil
		},
	}
}

// sum increments a thing n times at once and ensures that none is lost.
func (b *bench) sum(n int, ds ...store.Driver) {
	b.Helper()
	b.must(ds[0].Turn(b.ctx(), write(add("a", 0))))
	each(n, func(i int) {
		for {
			err := ds[i%len(ds)].Turn(b.ctx(), increment("a", []byte("a")))
			if errors.Is(err, store.ErrConflict) {
				continue
			}
			if err != nil {
				b.Error(err)
			}
			return
		}
	})
	if got := b.number(ds[0], `SELECT n FROM thing WHERE k = 'a'`); got != int64(n) {
		b.Errorf("got %d, want %d", got, n)
	}
}

// Turns with a common lock run one after the other.
func testLocksSerialise(t *testing.T, b *bench) {
	b.sum(100, b.tables())
}

// They do so in two replicas.
func testLocksTwoDrivers(t *testing.T, b *bench) {
	d := b.tables()
	b.sum(60, d, b.open())
}

// Turns that name their locks in different orders, or twice, do not wait for
// each other for ever.
func testLocksInAnyOrder(t *testing.T, b *bench) {
	d := b.tables()
	b.must(d.Turn(b.ctx(), write(add("a", 0))))
	x, y, z := []byte("x"), []byte("y"), []byte("z")
	orders := [][][]byte{{x, y, z}, {z, y, x}, {y, x, y, z}, {x, x}}
	each(80, func(i int) {
		if err := d.Turn(b.ctx(), increment("a", orders[i%len(orders)]...)); err != nil {
			t.Error(err)
		}
	})
	if got := b.number(d, `SELECT n FROM thing WHERE k = 'a'`); got != 80 {
		t.Errorf("got %d, want 80", got)
	}
}

// Turns without a common lock run side by side: each waits inside for the
// other.
func testOtherLocksParallel(t *testing.T, b *bench) {
	d := b.tables()
	var both sync.WaitGroup
	both.Add(2)
	each(2, func(i int) {
		var once sync.Once
		turn := store.Turn{Locks: [][]byte{{byte(i)}}, Compute: func([]store.Rows) ([]store.Stmt, error) {
			once.Do(both.Done)
			met := make(chan struct{})
			go func() { both.Wait(); close(met) }()
			select {
			case <-met:
				return []store.Stmt{add(fmt.Sprint(i), 1)}, nil
			case <-time.After(patience):
				return nil, errors.New("the other turn did not run beside this one")
			}
		}}
		if err := d.Turn(b.ctx(), turn); err != nil {
			t.Error(err)
		}
	})
}

// A statement that touches another number of rows than it wants ends the turn
// unwritten, its event included.
func testWantMismatch(t *testing.T, b *bench) {
	d := b.tables()
	b.must(d.Turn(b.ctx(), write(add("a", 1))))
	for _, locks := range [][][]byte{nil, {[]byte("lock")}} {
		turn := write(
			add("b", 1),
			store.Stmt{SQL: `UPDATE thing SET n = 9 WHERE n = ?1`, Args: []any{int64(2)}, Want: 1},
			add("c", 1),
		)
		turn.Once, turn.Locks = []byte("event"), locks
		b.is(d.Turn(b.ctx(), turn), store.ErrConflict)
		if got := [2]int64{b.number(d, events), b.number(d, count)}; got != [2]int64{0, 1} {
			t.Errorf("got %v events and things, want none and one", got)
		}
	}
}

// Want counts the rows of every kind of write; AnyRows takes all counts.
func testWantKinds(t *testing.T, b *bench) {
	d := b.tables()
	upsert := `INSERT INTO thing (k, n) VALUES (?1, 1) ON CONFLICT (k) DO UPDATE SET n = thing.n + 1`
	b.must(d.Turn(b.ctx(), write(
		add("a", 1), add("b", 2), add("c", 3),
		store.Stmt{SQL: `INSERT INTO thing (k) VALUES (?1) ON CONFLICT (k) DO NOTHING`, Args: []any{"a"}, Want: 0},
		store.Stmt{SQL: upsert, Args: []any{"a"}, Want: 1},
		store.Stmt{SQL: upsert, Args: []any{"d"}, Want: 1},
		store.Stmt{SQL: `UPDATE thing SET n = n + 1`, Want: 4},
		store.Stmt{SQL: `DELETE FROM thing WHERE n > ?1`, Args: []any{int64(2)}, Want: 3},
		store.Stmt{SQL: `DELETE FROM thing WHERE n > ?1`, Args: []any{int64(2)}, Want: 0},
		store.Stmt{SQL: `UPDATE thing SET n = 5 WHERE k = 'none'`, Want: store.AnyRows},
		store.Stmt{SQL: `UPDATE thing SET n = 6`, Want: store.AnyRows},
	)))
	if got, want := b.rows(d, `SELECT k, n FROM thing`), (store.Rows{{"d", int64(6)}}); !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	b.is(d.Turn(b.ctx(), write(
		store.Stmt{SQL: `INSERT INTO thing (k) VALUES (?1) ON CONFLICT (k) DO NOTHING`, Args: []any{"d"}, Want: 1},
	)), store.ErrConflict)
	b.is(d.Turn(b.ctx(), write(store.Stmt{SQL: `DELETE FROM thing`, Want: 0})), store.ErrConflict)
}

// A turn with a statement that the database refuses fails alone, whoever it
// shares a commit with, and is not called down.
func testPoisonedTurnAlone(t *testing.T, b *bench) {
	d := b.tables()
	b.must(d.Turn(b.ctx(), write(add("taken", 1))))
	poison := []store.Stmt{
		{SQL: `INSERT INTO thing (k, n) VALUES (?1, 1)`, Args: []any{"taken"}, Want: 1},
		{SQL: `INSERT INTO nowhere (k) VALUES (1)`, Want: 1},
		{SQL: `this is not SQL`, Want: 1},
	}
	each(100, func(i int) {
		turn := write(add(fmt.Sprint("good ", i), 1))
		bad := i % 4
		if bad > 0 {
			turn = write(add(fmt.Sprint("bad ", i), 1), poison[bad-1])
		}
		turn.Once = fmt.Append(nil, "event ", i)
		err := d.Turn(b.ctx(), turn)
		if bad == 0 && err != nil {
			t.Errorf("good turn %d: %v", i, err)
		}
		if bad > 0 && (err == nil || errors.Is(err, store.ErrDown) || errors.Is(err, store.ErrConflict)) {
			t.Errorf("bad turn %d: got error %v", i, err)
		}
	})
	if got := [2]int64{b.number(d, count), b.number(d, events)}; got != [2]int64{26, 25} {
		t.Errorf("got %v things and events, want 26 and 25", got)
	}
}
