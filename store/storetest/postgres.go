//go:build unix

package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres gives the URL of an empty database on a PostgreSQL server of the
// test binary's own, which starts with the first call and stops when the binary
// ends, however it ends. The database is dropped at the end of the test.
//
// The server is made with the programs of an installed PostgreSQL, in PATH or
// where Debian keeps them. Without them the test is skipped, and fails when CI
// is "true". Since PostgreSQL refuses to run as root, root runs it as the user
// postgres or nobody.
func Postgres(t testing.TB) string {
	t.Helper()
	s, name := database(t)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.admin(ctx, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	return s.url(name)
}

// SharedPostgres is Postgres for what several tests share: the database lasts
// as long as the server.
func SharedPostgres(t testing.TB) string {
	t.Helper()
	s, name := database(t)
	return s.url(name)
}

// database makes one.
func database(t testing.TB) (*server, string) {
	t.Helper()
	s, err := started()
	if errors.Is(err, errNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("%v: install PostgreSQL's server (Debian: apt install postgresql)", err)
	}
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	name := fmt.Sprintf("test_%d", s.databases.Add(1))
	if err := s.admin(t.Context(), `CREATE DATABASE `+name); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	return s, name
}

var errNotInstalled = errors.New("initdb and postgres are not installed")

// started starts the server the first time. Its state is the test binary's, as
// the server itself is.
var started = sync.OnceValues(startServer)

// server is a running PostgreSQL.
type server struct {
	folder    string    // holds its socket
	alive     io.Closer // the pipe whose end is the server's end; never closed by us
	databases atomic.Int64
}

// url is the address of a database, over the socket.
func (s *server) url(database string) string {
	q := url.Values{"host": {s.folder}, "user": {"postgres"}}
	return "postgres:///" + database + "?" + q.Encode()
}

func (s *server) admin(ctx context.Context, sql string) error {
	c, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = c.Exec(ctx, sql)
	return err
}

// watch runs a server until the pipe that is its standard input closes, which
// the kernel does when this process ends; then it removes the folder.
const watch = `folder=$1; shift
"$@" >"$folder/log" 2>&1 </dev/null &
read -r _
kill -QUIT $!
wait $!
rm -rf "$folder"`

func startServer() (*server, error) {
	initdb, postgres, err := installed()
	if err != nil {
		return nil, err
	}
	// A socket's path has at most 107 bytes.
	folder, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	as, err := owner(folder)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(folder, "data")
	init := exec.Command(initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	init.Dir, init.SysProcAttr = folder, &syscall.SysProcAttr{Credential: as}
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	run := exec.Command("/bin/sh", "-c", watch, "watch", folder, postgres, "-D", data,
		"-c", "listen_addresses=", "-c", "unix_socket_directories="+folder,
		"-c", "max_connections=200", "-c", "shared_buffers=32MB")
	// A group of its own, so that Ctrl-C reaches it only through us.
	run.Dir, run.SysProcAttr = folder, &syscall.SysProcAttr{Credential: as, Setpgid: true}
	alive, err := run.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := run.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	s := &server{folder: folder, alive: alive}
	return s, s.await(ended)
}

// await waits until the server answers.
func (s *server) await(ended <-chan error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := s.admin(ctx, `SELECT 1`)
		if err == nil {
			return nil
		}
		select {
		case <-ended:
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
			continue
		}
		log, _ := os.ReadFile(filepath.Join(s.folder, "log"))
		return fmt.Errorf("%w: %s", err, log)
	}
}

// installed finds the programs, those of the newest version first.
func installed() (initdb, postgres string, err error) {
	folders := filepath.SplitList(os.Getenv("PATH"))
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	sort.Slice(debian, func(i, j int) bool { return major(debian[i]) > major(debian[j]) })
	for _, f := range append(folders, debian...) {
		i, p := filepath.Join(f, "initdb"), filepath.Join(f, "postgres")
		if runs(i) && runs(p) {
			return i, p, nil
		}
	}
	return "", "", errNotInstalled
}

func runs(path string) bool {
	i, err := os.Stat(path)
	return err == nil && !i.IsDir() && i.Mode()&0o111 != 0
}

func major(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

// owner gives the folder to whom the server runs as: nil is ourselves.
func owner(folder string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2, os.Chown(folder, int(uid), int(gid))); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: strings.EqualFold(name, "nobody")}, nil
	}
	return nil, errors.New("root may not run PostgreSQL, and there is no user postgres or nobody")
}
