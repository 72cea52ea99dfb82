package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/store"
)

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
