package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/postgres"
	"github.com/meldroute/meldroute/store/storetest"
)

// PostgreSQL keeps the contract of a driver.
func TestDriver(t *testing.T) {
	t.Parallel()
	storetest.TestDriver(t, func(t *testing.T) func() store.Driver {
		url := storetest.Postgres(t)
		return func() store.Driver {
			db, err := postgres.Open(t.Context(), url, postgres.Pool(8))
			if err != nil {
				t.Error(err)
				return nil
			}
			return db
		}
	})
}

// open opens a database, with tables for the tests.
func open(t testing.TB, url string, opts ...postgres.Option) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, q := range []string{
		`CREATE TABLE IF NOT EXISTS thing (k TEXT PRIMARY KEY, b BYTEA)`,
		`CREATE TABLE IF NOT EXISTS test_notices (k TEXT PRIMARY KEY)`,
	} {
		do(t, db, store.Stmt{SQL: q, Want: store.AnyRows})
	}
	return db
}

func turn(stmts ...store.Stmt) store.Turn {
	return store.Turn{Compute: func([]store.Rows) ([]store.Stmt, error) { return stmts, nil }}
}

func do(t testing.TB, db store.Driver, stmts ...store.Stmt) {
	t.Helper()
	if err := db.Turn(t.Context(), turn(stmts...)); err != nil {
		t.Fatal(err)
	}
}

func add(k string) store.Stmt {
	return store.Stmt{SQL: `INSERT INTO thing (k, b) VALUES (?1, ?2)`, Args: []any{k, []byte("b")}, Want: 1}
}

func notice(k string) store.Stmt {
	return store.Stmt{SQL: `INSERT INTO test_notices (k) VALUES (?1)`, Args: []any{k}, Want: 1}
}

func things(t testing.TB, db store.Driver) int64 {
	t.Helper()
	rows, err := db.Query(t.Context(), store.Query{SQL: `SELECT COUNT(*) FROM thing`})
	if err != nil {
		t.Fatal(err)
	}
	return rows[0][0][0].(int64)
}

// whole is a turn with everything that a turn can have.
func whole(k string) store.Turn {
	read := store.Query{SQL: `SELECT k, b FROM thing WHERE k = ?1`, Args: []any{k}}
	u := turn(add(k), notice(k), store.Stmt{SQL: `UPDATE thing SET b = ?2 WHERE k = ?1`, Args: []any{k, []byte("c")}, Want: 1})
	u.Locks = [][]byte{[]byte("lock"), []byte(k)}
	u.Once, u.Older, u.At = []byte(k), [][]byte{[]byte("old " + k)}, 1
	u.Reads = []store.Query{read, {SQL: `SELECT COUNT(*) FROM test_notices`}}
	return u
}

// A turn is two round trips, and reads are one, once statements are prepared
// (D12).
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, storetest.Postgres(t))
	db := open(t, url, postgres.Pool(1))
	run := func(u store.Turn, want error) func() {
		return func() {
			t.Helper()
			if err := db.Turn(t.Context(), u); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		}
	}
	read := func() {
		q := store.Query{SQL: `SELECT COUNT(*) FROM thing`}
		if _, err := db.Query(t.Context(), q, q); err != nil {
			t.Error(err)
		}
	}
	run(whole("warm"), nil)()
	run(turn(), nil)()
	read()
	for _, c := range []struct {
		name string
		want int
		run  func()
	}{
		{"whole", 2, run(whole("a"), nil)},
		{"whole again", 2, run(whole("b"), nil)},
		{"nothing to write", 2, run(turn(), nil)},
		{"duplicate", 2, run(whole("a"), store.ErrDuplicate)}, // the second rolls back
		{"reads", 1, read},
	} {
		if got := p.count(c.run); got != c.want {
			t.Errorf("%s: got %d round trips, want %d", c.name, got, c.want)
		}
	}
}

// Connections that died while nobody used them cost the caller nothing.
func TestDeadConnections(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, storetest.Postgres(t))
	db := open(t, url, postgres.Pool(4))
	for i := range 5 {
		p.cut()
		do(t, db, add(fmt.Sprint("cut ", i)))
		p.cut()
		if got := things(t, db); got != int64(i+1) {
			t.Errorf("got %d things, want %d", got, i+1)
		}
	}
}

// When the answer to a commit is lost the caller is told that the database is
// not available, and trying again has the effect once.
func TestLostCommit(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, storetest.Postgres(t))
	db := open(t, url, postgres.Pool(1))
	if err := db.Turn(t.Context(), whole("warm")); err != nil {
		t.Fatal(err)
	}
	p.set(func(p *proxy) { p.lose = 2 })
	if err := db.Turn(t.Context(), whole("a")); !errors.Is(err, store.ErrDown) {
		t.Errorf("got %v, want ErrDown", err)
	}
	if err := db.Turn(t.Context(), whole("a")); !errors.Is(err, store.ErrDuplicate) {
		t.Errorf("again: got %v, want ErrDuplicate", err)
	}
	if got := things(t, db); got != 2 {
		t.Errorf("got %d things, want 2", got)
	}
	// When it is the first answer, nothing was written, and the driver tries
	// again by itself.
	p.set(func(p *proxy) { p.lose = 1 })
	if err := db.Turn(t.Context(), whole("b")); err != nil {
		t.Error(err)
	}
}

// A database that does not answer is not available, within the caller's time.
func TestSilentDatabase(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, storetest.Postgres(t))
	db := open(t, url, postgres.Pool(1))
	p.set(func(p *proxy) { p.stuck = true })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := db.Turn(ctx, turn(add("a"))); !errors.Is(err, store.ErrDown) {
		t.Errorf("got %v, want ErrDown", err)
	}
	p.set(func(p *proxy) { p.stuck = false })
	p.cut()
	if got := things(t, db); got != 0 {
		t.Errorf("got %d things, want 0", got)
	}
}

// A server whose disk is full is not available; when there is room again the
// same turn has its effect once. A full disk is played by a server that says so
// (SQLSTATE 53100).
func TestFull(t *testing.T) {
	t.Parallel()
	db := open(t, storetest.Postgres(t), postgres.Pool(1))
	for _, q := range []string{
		`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$`,
		`CREATE TRIGGER full_disk BEFORE INSERT ON thing FOR EACH ROW EXECUTE FUNCTION full_disk()`,
	} {
		do(t, db, store.Stmt{SQL: q, Want: store.AnyRows})
	}
	if err := db.Turn(t.Context(), whole("a")); !errors.Is(err, store.ErrDown) || strings.Contains(err.Error(), "no space") {
		t.Errorf("got %v, want ErrDown without the server's words", err)
	}
	do(t, db, store.Stmt{SQL: `DROP TRIGGER full_disk ON thing`, Want: store.AnyRows})
	if err := db.Turn(t.Context(), whole("a")); err != nil {
		t.Error(err)
	}
	if got := things(t, db); got != 1 {
		t.Errorf("got %d things, want 1", got)
	}
}

// A server that is not there, or a database on it that is not, is not
// available, and the error holds nothing of the address.
func TestNoServer(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	for _, u := range []string{
		"postgres://someone:geheim@127.0.0.1:1/x?sslmode=disable",
		strings.Replace(url, "/test_", "/geheim_", 1),
	} {
		_, err := postgres.Open(t.Context(), u)
		if !errors.Is(err, store.ErrDown) {
			t.Errorf("got %v, want ErrDown", err)
		}
		if err != nil && (strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "someone")) {
			t.Error("the error holds the address")
		}
	}
}

// Nothing goes to another machine unencrypted, whatever way the address says
// so.
func TestConfidential(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nobody is called
	for url, want := range map[string]bool{
		"postgres://db.example.org/x":                                          false,
		"postgres://db.example.org/x?sslmode=disable":                          false,
		"postgres://db.example.org/x?sslmode=allow":                            false,
		"postgres://db.example.org/x?sslmode=prefer":                           false,
		"postgres://127.0.0.1,192.0.2.1/x?sslmode=disable":                     false,
		"host=192.0.2.1 dbname=x sslmode=disable":                              false,
		"postgres://[2001:db8::1]/x?sslmode=prefer":                            false,
		"postgres://localhost.example.org/x":                                   false,
		"postgres://db.example.org/x?sslmode=require":                          true,
		"postgres://db.example.org/x?sslmode=verify-full":                      true,
		"postgres://localhost/x":                                               true,
		"postgres://127.0.0.1/x?sslmode=disable":                               true,
		"postgres://[::1]/x?sslmode=disable":                                   true,
		"postgres:///x?host=/var/run/postgresql":                               true,
		"postgres://localhost,db.example.org/x?sslmode=verify-full&user=other": true,
	} {
		_, err := postgres.Open(ctx, url)
		if err == nil {
			t.Errorf("%s: opened", url)
			continue
		}
		if got := errors.Is(err, context.Canceled); got != want {
			t.Errorf("%s: got %v, want it let through: %t", url, err, want)
		}
	}
}

// An address that cannot be read is refused without being quoted.
func TestBadAddress(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://u:geheim@h:port/x", "geheim", "postgres://h/x?sslmode=geheim", "postgres://h/%zz-geheim"} {
		_, err := postgres.Open(t.Context(), url)
		if err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: got %v", url, err)
		}
	}
}

// A statement that takes longer than the limit, or a lock that is held for
// longer, ends as not available; the connection is fine afterwards.
func TestLimit(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	holder := open(t, url)
	db := open(t, url, postgres.Pool(1), postgres.Limit(200*time.Millisecond))
	_, err := db.Query(t.Context(), store.Query{SQL: `SELECT COUNT(*) FROM (SELECT pg_sleep(60)) s`})
	if !errors.Is(err, store.ErrDown) {
		t.Errorf("slow: got %v, want ErrDown", err)
	}
	held, let, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	lock := [][]byte{[]byte("lock")}
	go func() {
		done <- holder.Turn(t.Context(), store.Turn{Locks: lock, Compute: func([]store.Rows) ([]store.Stmt, error) {
			close(held)
			<-let
			return nil, nil
		}})
	}()
	<-held
	u := turn(add("a"))
	u.Locks = lock
	if err := db.Turn(t.Context(), u); !errors.Is(err, store.ErrDown) {
		t.Errorf("lock: got %v, want ErrDown", err)
	}
	close(let)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := db.Turn(t.Context(), u); err != nil {
		t.Error(err)
	}
}

// A commit of a notice by one replica is a hint for another, and so is coming
// back after the connection broke.
func TestChangedElsewhere(t *testing.T) {
	t.Parallel()
	direct := storetest.Postgres(t)
	p, url := newProxy(t, direct)
	writer, other := open(t, direct), open(t, url)
	wait := func(what string) {
		t.Helper()
		select {
		case <-other.Changed():
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: no hint", what)
		}
	}
	wait("listening")
	do(t, writer, notice("a"))
	wait("elsewhere")
	p.cut()
	wait("back again")
	do(t, writer, notice("b"))
	wait("elsewhere again")
	do(t, writer, add("no notice"))
	do(t, writer, notice("c"))
	wait("at last")
	select {
	case <-other.Changed():
		t.Error("a commit without notices gave a hint")
	default:
	}
}

// Replicas take the locks of a turn in one order, each once, however they are
// named, so that they never wait in a circle.
func TestLockOrder(t *testing.T) {
	t.Parallel()
	var locks [][]byte
	for i := range 20 {
		locks = append(locks, []byte{byte(i)}, []byte{byte(i)})
	}
	got := postgres.Numbers(locks)
	slices.Reverse(locks)
	if !slices.IsSorted(got) || len(got) != 20 || !slices.Equal(got, postgres.Numbers(locks)) {
		t.Errorf("got %v, want twenty in order", got)
	}
}

// A deadlock in the database is given way to and tried again, or is a conflict;
// no turn is lost silently.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	db := open(t, storetest.Postgres(t))
	do(t, db, add("a"), add("b"))
	update := func(k string) store.Stmt {
		return store.Stmt{SQL: `UPDATE thing SET b = b || 'x' WHERE k = ?1`, Args: []any{k}, Want: 1}
	}
	done := make(chan error)
	const n = 8
	for i := range n {
		go func() {
			u := turn(update("a"), update("b"))
			if i%2 == 0 {
				u = turn(update("b"), update("a"))
			}
			for {
				err := db.Turn(t.Context(), u)
				if !errors.Is(err, store.ErrConflict) {
					done <- err
					return
				}
			}
		}()
	}
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	rows, err := db.Query(t.Context(), store.Query{SQL: `SELECT LENGTH(b) FROM thing`})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[0] {
		if r[0] != int64(n+1) {
			t.Errorf("got %v bytes, want %d", r[0], n+1)
		}
	}
}

// Who gives up just before his turn begins is told so, and nothing of values.
func TestGivenUpBeforeTheTurn(t *testing.T) {
	t.Parallel()
	db := open(t, storetest.Postgres(t))
	ctx, cancel := context.WithCancel(t.Context())
	if err := db.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := db.Begin(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// Statements that were prepared before another replica migrated go on.
func TestMigratedMeanwhile(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	db, other := open(t, url, postgres.Pool(1)), open(t, url)
	all := store.Query{SQL: `SELECT * FROM thing`}
	u := turn(add("b"))
	u.Reads = []store.Query{all}
	for i := range 3 {
		if _, err := db.Query(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		do(t, other, store.Stmt{SQL: fmt.Sprintf(`ALTER TABLE thing ADD COLUMN more%d BIGINT`, i), Want: store.AnyRows})
		got, err := db.Query(t.Context(), all, all)
		if err != nil {
			t.Fatal(err)
		}
		do(t, other, store.Stmt{SQL: fmt.Sprintf(`ALTER TABLE thing ADD COLUMN most%d BIGINT`, i), Want: store.AnyRows})
		u.Compute = func(rows []store.Rows) ([]store.Stmt, error) {
			if len(rows[0]) != i || len(got[0]) != i {
				return nil, fmt.Errorf("got %d and %d rows, want %d", len(rows[0]), len(got[0]), i)
			}
			return []store.Stmt{add(fmt.Sprint(i))}, nil
		}
		if err := db.Turn(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
}

// A database that a newer program has migrated is refused, in words.
func TestNewer(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	db := open(t, url)
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Check(t.Context()); err == nil {
		t.Error("check finds nothing")
	}
	_, err = postgres.Open(t.Context(), url)
	if err == nil {
		t.Fatal("opened a newer database")
	}
	t.Log(err)
}

const childURL = "MELDROUTE_TEST_URL"

// TestChild is not a test: it is what TestProcessesAtOnce starts.
func TestChild(t *testing.T) {
	url := os.Getenv(childURL)
	if url == "" {
		t.Skip("only in a process that another test starts")
	}
	db, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Many processes that open a new database at once all find it migrated.
func TestProcessesAtOnce(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	cmds := make([]*exec.Cmd, 6)
	for i := range cmds {
		cmds[i] = exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.timeout=60s")
		cmds[i].Env = append(os.Environ(), childURL+"="+url)
		cmds[i].Stderr = os.Stderr
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range cmds {
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	if err := open(t, url).Check(t.Context()); err != nil {
		t.Error(err)
	}
}
