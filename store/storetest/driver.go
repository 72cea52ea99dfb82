package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
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

// The reads of one Query see one moment.
func testQuerySnapshot(t *testing.T, b *bench) {
	d := b.tables()
	ctx, stop := context.WithCancel(b.ctx())
	var writers sync.WaitGroup
	writers.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if err := d.Turn(b.ctx(), write(add(fmt.Sprint(i), 1))); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 100 {
		q := store.Query{SQL: count}
		got, err := d.Query(b.ctx(), q, q, q)
		if err != nil {
			t.Error(err)
			break
		}
		if !cmp.Equal(got[0], got[1]) || !cmp.Equal(got[0], got[2]) {
			t.Errorf("got %v in one snapshot", got)
			break
		}
	}
	stop()
	writers.Wait()
	if got, err := d.Query(b.ctx()); err != nil || len(got) != 0 {
		t.Errorf("no reads: got %v, %v", got, err)
	}
}

// A commit that writes notices gives a hint, from every replica that listens
// through the database, and always from the one that wrote.
func testChangedHint(t *testing.T, b *bench) {
	d := b.tables()
	changed := d.Changed()
	deadline := time.After(patience)
	for i := 0; ; i++ {
		// A hint may be missing, so that we write until one comes.
		b.must(d.Turn(b.ctx(), write(store.Stmt{
			SQL: `INSERT INTO test_notices (k) VALUES (?1)`, Args: []any{fmt.Sprint(i)}, Want: 1,
		})))
		select {
		case <-changed:
			return
		case <-deadline:
			t.Fatal("no hint")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// A turn whose caller is gone before it begins writes nothing and says so; the
// database is not called down for it.
func testCancelledTurn(t *testing.T, b *bench) {
	d := b.tables()
	ctx, cancel := context.WithCancel(b.ctx())
	cancel()
	err := d.Turn(ctx, write(add("a", 1)))
	b.is(err, context.Canceled)
	if errors.Is(err, store.ErrDown) {
		t.Errorf("got %v, want no ErrDown", err)
	}
	if got := b.number(d, count); got != 0 {
		t.Errorf("got %d things, want 0", got)
	}
	_, err = d.Query(ctx, store.Query{SQL: count})
	b.is(err, context.Canceled)
	b.must(d.Turn(b.ctx(), write(add("a", 1))))
}

// A turn that waits for a lock ends with its ctx, and the lock goes on to the
// next.
func testCancelledWhileWaiting(t *testing.T, b *bench) {
	d := b.tables()
	lock := [][]byte{[]byte("lock")}
	held, let := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		var once sync.Once
		first <- d.Turn(b.ctx(), store.Turn{Locks: lock, Compute: func([]store.Rows) ([]store.Stmt, error) {
			once.Do(func() { close(held) })
			<-let
			return []store.Stmt{add("first", 1)}, nil
		}})
	}()
	<-held
	ctx, cancel := context.WithTimeout(b.ctx(), 50*time.Millisecond)
	defer cancel()
	turn := write(add("second", 1))
	turn.Locks = lock
	err := d.Turn(ctx, turn)
	b.is(err, context.DeadlineExceeded)
	b.is(err, store.ErrDown) // it did not answer in time
	close(let)
	b.must(<-first)
	b.must(d.Turn(b.ctx(), turn))
}

// Values come back as they went in: numbers, text, bytes and nothing.
func testValues(t *testing.T, b *bench) {
	d := b.tables()
	big := make([]byte, 1<<16)
	for i := range big {
		big[i] = byte(i * 7)
	}
	want := store.Rows{
		{"0", int64(0), "", []byte{}},
		{"1", int64(-1 << 63), "Łódź, \"quote\" 'enkel' \\ ?1 $1 %s\n\t日本 🦊", []byte{0, 1, 255}},
		{"2", int64(1<<63 - 1), "e\u0301 \u200f\u202e", big},
		{"3", nil, nil, nil},
	}
	var stmts []store.Stmt
	for _, r := range want {
		stmts = append(stmts, store.Stmt{SQL: `INSERT INTO thing (k, n, s, b) VALUES (?1, ?2, ?3, ?4)`, Args: r, Want: 1})
	}
	b.must(d.Turn(b.ctx(), write(stmts...)))
	if diff := cmp.Diff(want, b.rows(d, `SELECT k, n, s, b FROM thing ORDER BY k`)); diff != "" {
		t.Errorf("values changed (-want +got):\n%s", diff)
	}
	// A parameter may be used twice and out of order; text in quotes is left.
	got := b.rows(d, `SELECT k, '?1 is ''text''', "n" FROM thing WHERE n = ?2 OR (s = ?1 AND n = ?2)`, "", int64(0))
	if want := (store.Rows{{"0", "?1 is 'text'", int64(0)}}); !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// What the databases compute is a number too; nil bytes are nothing.
	got = b.rows(d, `SELECT 1, COUNT(*), SUM(n), MAX(n) FROM thing WHERE k = ?1`, "0")
	if want := (store.Rows{{int64(1), int64(1), int64(0), int64(0)}}); !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	b.must(d.Turn(b.ctx(), write(store.Stmt{SQL: `UPDATE thing SET b = ?1 WHERE k = '0'`, Args: []any{[]byte(nil)}, Want: 1})))
	if got := b.number(d, `SELECT COUNT(*) FROM thing WHERE b IS NULL`); got != 2 {
		t.Errorf("got %d rows without bytes, want 2", got)
	}
}

// An argument of another type is refused on both databases.
func testWrongValue(t *testing.T, b *bench) {
	d := b.tables()
	for _, v := range []any{1, true, 1.5, time.Now(), store.Status("read")} {
		if _, err := d.Query(b.ctx(), store.Query{SQL: `SELECT k FROM thing WHERE n = ?1`, Args: []any{v}}); err == nil {
			t.Errorf("%T: read went through", v)
		}
		if err := d.Turn(b.ctx(), write(store.Stmt{SQL: `INSERT INTO thing (k, n) VALUES ('a', ?1)`, Args: []any{v}, Want: 1})); err == nil {
			t.Errorf("%T: write went through", v)
		}
	}
	if got := b.number(d, count); got != 0 {
		t.Errorf("got %d things, want 0", got)
	}
}

// Errors say what failed and never what was in it.
func testErrorsHoldNoContent(t *testing.T, b *bench) {
	d := b.tables()
	const secret = "Geheimeveld"
	b.must(d.Turn(b.ctx(), write(add(secret, 1))))
	for _, s := range []store.Stmt{
		add(secret, 1),
		{SQL: `UPDATE thing SET n = 2 WHERE k = ?1`, Args: []any{secret}, Want: 2},
		{SQL: `INSERT INTO nowhere (k) VALUES (?1)`, Args: []any{secret}, Want: 1},
		{SQL: `INSERT INTO thing (k, n) VALUES (?1, CAST(?2 AS BIGINT) / ?3, ?4)`, Args: []any{secret, secret, secret, secret}, Want: 1},
	} {
		err := d.Turn(b.ctx(), write(s))
		if err == nil {
			t.Errorf("%s: no error", s.SQL)
			continue
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error holds the argument", s.SQL)
		}
	}
}

// A driver that is open and migrated is right.
func testCheck(t *testing.T, b *bench) {
	b.must(b.open().Check(b.ctx()))
}

// A closed driver says that the database is not available; closing twice is
// fine.
func testClosedIsDown(t *testing.T, b *bench) {
	d := b.tables()
	_ = d.Changed()
	b.must(d.Close())
	b.must(d.Close())
	b.is(d.Turn(b.ctx(), write(add("a", 1))), store.ErrDown)
	_, err := d.Query(b.ctx(), store.Query{SQL: count})
	b.is(err, store.ErrDown)
	b.is(d.Check(b.ctx()), store.ErrDown)
}

// Close waits for the turn that runs, which is answered and kept.
func testCloseWaits(t *testing.T, b *bench) {
	d := b.tables()
	other := b.open()
	running, let := make(chan struct{}), make(chan struct{})
	done, closed := make(chan error, 1), make(chan error, 1)
	go func() {
		var once sync.Once
		done <- d.Turn(b.ctx(), store.Turn{Compute: func([]store.Rows) ([]store.Stmt, error) {
			once.Do(func() { close(running) })
			<-let
			return []store.Stmt{add("kept", 1)}, nil
		}})
	}()
	<-running
	go func() { closed <- d.Close() }()
	for d.Check(b.ctx()) == nil { // until it is closing
		runtime.Gosched()
	}
	select {
	case <-closed:
		t.Error("closed before the turn ended")
	default:
	}
	close(let)
	b.must(<-done)
	b.must(<-closed)
	if got := b.number(other, count); got != 1 {
		t.Errorf("got %d things, want 1", got)
	}
}

// Many that open one empty database at once all get it migrated once.
func testOpenAtOnce(t *testing.T, b *bench) {
	ds := make([]store.Driver, 8)
	each(len(ds), func(i int) { ds[i] = b.more() })
	for i, d := range ds {
		if d == nil {
			continue
		}
		if err := d.Check(b.ctx()); err != nil {
			t.Errorf("driver %d: %v", i, err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("driver %d: %v", i, err)
		}
	}
}
