//go:build unix

package main_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// pgServer is a PostgreSQL of this test's own, which it may stop and start.
// The shared one of storetest must not be stopped.
type pgServer struct {
	t      testing.TB
	bin    string
	folder string // holds data, log and socket
	as     *syscall.Credential
	alive  io.Closer
	ended  chan struct{}
}

// ownPostgres makes a server and starts it; without an installed PostgreSQL
// the test is skipped, and fails when CI is "true".
func ownPostgres(t testing.TB) *pgServer {
	t.Helper()
	s := &pgServer{t: t, bin: pgBin(t)}
	var err error
	if s.folder, err = os.MkdirTemp("", "pg"); err != nil { //nolint:usetesting // a socket's path is at most 107 bytes
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop(); _ = os.RemoveAll(s.folder) })
	if os.Geteuid() == 0 {
		s.as = someone(t)
		if err := os.Chown(s.folder, int(s.as.Uid), int(s.as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	init := s.command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.start()
	return s
}

func pgBin(t testing.TB) string {
	t.Helper()
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Sort(dirs)
	slices.Reverse(dirs)
	for _, dir := range append(dirs, filepath.SplitList(os.Getenv("PATH"))...) {
		if _, err := exec.LookPath(filepath.Join(dir, "pg_dump")); err != nil {
			continue
		}
		if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err == nil {
			return dir
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("PostgreSQL is not installed")
	}
	t.Skip("PostgreSQL is not installed (Debian: apt install postgresql)")
	return ""
}

// someone is whom root runs PostgreSQL as.
func someone(t testing.TB) *syscall.Credential {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: true}
	}
	t.Skip("root may not run PostgreSQL, and there is no user postgres or nobody")
	return nil
}

func (s *pgServer) data() string { return filepath.Join(s.folder, "data") }

func (s *pgServer) url() string {
	return "postgres:///postgres?" + url.Values{"host": {s.folder}, "user": {"postgres"}}.Encode()
}

func (s *pgServer) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir, c.SysProcAttr = s.folder, &syscall.SysProcAttr{Credential: s.as}
	return c
}

// start runs the server until stop, or until the test binary ends: the end of
// its standard input is its end.
func (s *pgServer) start() {
	s.t.Helper()
	c := exec.Command("/bin/sh", "-c", `"$@" >>log 2>&1 </dev/null & read -r _; kill -QUIT $!; wait $!`, "watch",
		filepath.Join(s.bin, "postgres"), "-D", s.data(), "-c", "listen_addresses=", "-c", "unix_socket_directories="+s.folder, "-c", "shared_buffers=16MB")
	c.Dir, c.SysProcAttr = s.folder, &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	alive, err := c.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.alive, s.ended = alive, make(chan struct{})
	go func(ended chan struct{}) { defer close(ended); _ = c.Wait() }(s.ended)
	until(s.t, "PostgreSQL answers", func() bool { return s.try(`SELECT 1`) == nil })
}

// stop ends the server at once, as a crash does.
func (s *pgServer) stop() {
	if s.alive == nil {
		return
	}
	_ = s.alive.Close()
	<-s.ended
	s.alive = nil
}

func (s *pgServer) try(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, s.url())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	_, err = c.Exec(ctx, sql)
	return err
}

func (s *pgServer) exec(sql string) {
	s.t.Helper()
	if err := s.try(sql); err != nil {
		s.t.Fatal(err)
	}
}

// dump is what an operator's backup holds.
func (s *pgServer) dump() []byte {
	s.t.Helper()
	var out, errs bytes.Buffer
	c := s.command("pg_dump", "--inserts", "-d", s.url())
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		s.t.Fatalf("pg_dump: %v\n%s", err, errs.String())
	}
	return out.Bytes()
}

// at runs a statement on another database.
func (s *pgServer) at(url, sql string) {
	s.t.Helper()
	c, err := pgx.Connect(s.t.Context(), url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(s.t.Context())) }()
	tag, err := c.Exec(s.t.Context(), sql)
	if err != nil || tag.RowsAffected() == 0 {
		s.t.Fatalf("%d rows: %v", tag.RowsAffected(), err)
	}
}
