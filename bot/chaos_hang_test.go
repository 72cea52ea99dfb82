//go:build unix

package main_test

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/meldroute/meldroute/store/storetest"
)

// hang locks tables until the test ends: the database answers, but not to who
// needs them. What comes back waits until somebody does.
func hang(t *testing.T, address, lock string) (needed func()) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(ctx) })
	if _, err := c.Exec(ctx, "BEGIN; LOCK TABLE "+lock); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		until(t, "somebody waits for the database", func() bool {
			n := 0
			if err := c.QueryRow(ctx, `SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n > 0
		})
	}
}

// With a database that hangs, 112 still comes within a second, the person reads
// at last that nothing was kept, and the program stops within ten seconds.
func TestDatabaseHangs(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	p := start(t, onPostgres(address)+crowd(2))
	w := walkers(t, newPort(p.url), 1)[0]
	if err := w.presses("cmd-report"); err != nil {
		t.Fatal(err)
	}
	needed := hang(t, address, "sessions, inbox, memory, notices IN ACCESS EXCLUSIVE MODE")
	act := func(kind string, kv ...string) url.Values {
		v := url.Values{"id": {rand.Text()}, "at": {w.id}, "lang": {"nl"}}
		for i := 0; i < len(kv); i += 2 {
			v.Set(kv[i], kv[i+1])
		}
		return v
	}
	v := act("press", "token", "gevaar")
	answered := make(chan reply, 1)
	go func() {
		got, _ := p.open(w.id).send("press", v)
		answered <- got
	}()
	begin := time.Now()
	early := make(chan time.Duration, 1)
	go func() { early <- p.firstLine(employee(1), "press", strangers(v), begin) }()
	if took := <-early; took > soon {
		t.Errorf("112 came after %v", took)
	}
	got := <-answered
	if got.OK || !strings.Contains(got.Notice, "112") {
		t.Errorf("a press at a database that hangs is answered %+v", got)
	}
	t.Logf("told after %v that nothing was kept", time.Since(begin).Round(100*time.Millisecond))

	go func() { _, _ = p.open(w.id).send("say", act("say", "text", "hallo")) }() // under way at the stop
	needed()
	p.ends(t)
}

// A stop is as short when the database can be read and not written: what is under
// way then is a commit, whose outcome is waited for.
func TestDatabaseHangsInACommit(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	p := start(t, onPostgres(address)+crowd(1))
	w := walkers(t, newPort(p.url), 1)[0]
	needed := hang(t, address, "sessions, notices IN EXCLUSIVE MODE")
	go func() { _ = w.presses("cmd-report") }()
	needed()
	p.ends(t)
}

// ends stops the program, which may take ten seconds.
func (p *program) ends(t *testing.T) {
	t.Helper()
	begin := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Fatal("it does not stop while the database hangs")
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	t.Logf("stopped after %v with code %d", time.Since(begin).Round(100*time.Millisecond), p.cmd.ProcessState.ExitCode())
}

// strangers is the same act by another employee.
func strangers(v url.Values) url.Values {
	return url.Values{"id": {rand.Text()}, "at": {employee(1)}, "lang": v["lang"], "token": v["token"]}
}
