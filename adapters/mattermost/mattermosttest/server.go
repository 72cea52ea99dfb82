// Package mattermosttest runs a real Mattermost server for tests: 9.10, Team
// Edition, built once from the module in adapters/mattermost/testserver, on a
// PostgreSQL and in a folder of its own. It calls nobody outside this machine.
// Tests share one with Shared, make a team, people and a bot of their own on
// it, and act through its REST and WebSocket API as anybody does; a test that
// stops the server or changes its settings takes one for itself with Start.
// What the adapter must do is in adaptertest and in the tests of package
// mattermost.
package mattermosttest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/store/storetest"
)

// patience is how long anything may take before the test fails.
const patience = 30 * time.Second

// Server is a Mattermost server.
type Server struct {
	// URL stays the same when the server starts again.
	URL string
	// Admin is a system admin, who is in no team.
	Admin User

	front    *Link
	binary   string
	folder   string
	database string
	serial   atomic.Int64

	mu      sync.Mutex
	process *process // nil while it is stopped
}

// process is one run of the server.
type process struct {
	address string
	alive   io.WriteCloser
	ended   chan struct{}
	log     *tail
}

var shared struct {
	sync.Mutex
	server *Server
}

// Shared is the server that the tests of this binary share. It lasts as long
// as the binary, however that ends.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		shared.server = start(t, storetest.SharedPostgres(t), nil)
	}
	return shared.server
}

// Start runs a server until the test ends. Settings are the server's own
// environment variables, "MM_RATELIMITSETTINGS_ENABLE=true", which no admin can
// change. They go before those that every server here has; a bare name takes
// one of these away, so that it is for the admin.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s := start(t, storetest.Postgres(t), settings)
	t.Cleanup(func() {
		s.front.close()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stop(true)
	})
	return s
}

func start(t testing.TB, database string, settings []string) *Server {
	t.Helper()
	s := &Server{binary: binary(t), database: database + "&sslmode=disable"}
	var err error
	if s.folder, err = os.MkdirTemp("", "mm"); err != nil { //nolint:usetesting // lasts as long as the server
		t.Fatal(err)
	}
	// Without these it takes those in the module cache.
	for _, name := range []string{"config", "data", "logs", "plugins", "client"} {
		if err := os.Mkdir(filepath.Join(s.folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if s.front, err = newLink(s.address); err != nil {
		t.Fatal(err)
	}
	s.URL = s.front.URL
	s.run(t, settings)
	s.Admin = s.person(t, "admin") // the first one is made system admin
	return s
}

// Kill ends the server at once, as kill -9 does. What it had is kept.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop(false)
}

// Restart starts the server again, after a Kill or in place of one. Settings
// replace those of before.
func (s *Server) Restart(t testing.TB, settings ...string) {
	t.Helper()
	s.Kill()
	s.run(t, settings)
}

// Log is the end of what the server logged in its last run.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return ""
	}
	return s.process.log.String()
}

// Count asks the server's own database for a number.
func (s *Server) Count(t testing.TB, sql string, args ...any) int {
	t.Helper()
	var n int
	s.ask(t, func(ctx context.Context, c *pgx.Conn) error { return c.QueryRow(ctx, sql, args...).Scan(&n) })
	return n
}

// Holds names the tables of the server's own database in which a text stands
// anywhere, as it is, in any case.
func (s *Server) Holds(t testing.TB, text string) (tables []string) {
	t.Helper()
	like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
	s.ask(t, func(ctx context.Context, c *pgx.Conn) error {
		rows, err := c.Query(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, name := range all {
			var found bool
			if err == nil {
				err = c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+pgx.Identifier{name}.Sanitize()+" AS t WHERE t::text ILIKE $1)", like).Scan(&found)
			}
			if found {
				tables = append(tables, name)
			}
		}
		return err
	})
	return tables
}

func (s *Server) ask(t testing.TB, do func(context.Context, *pgx.Conn) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	if err := do(ctx, c); err != nil {
		t.Fatal(err)
	}
}

// Link gives a way to the server that the test can cut or hang without anybody
// else noticing.
func (s *Server) Link(t testing.TB) *Link {
	t.Helper()
	l, err := newLink(s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return l
}

// address is where the server listens now.
func (s *Server) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return ""
	}
	return s.process.address
}

// watch runs a server until its standard input says that it must stop (a line)
// or closes, which the kernel does when this process ends; then its folder is
// removed as well. Ctrl-C reaches both, and is left to this process. What the
// shell says goes nowhere: it would die of a closed pipe.
const watch = `trap '' INT
folder=$1; shift
"$@" </dev/null 2>&1 &
if read -r _; then kill -KILL $!; wait $!; exit; fi
kill -KILL $!
wait $!
rm -rf "$folder"`

// run starts the server and waits until it answers.
func (s *Server) run(t testing.TB, settings []string) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", watch, "watch", s.folder, s.binary, "server")
	cmd.Dir = s.folder
	cmd.Env = s.env(settings)
	alive, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{alive: alive, ended: make(chan struct{}), log: &tail{}}
	listens := make(chan string, 1)
	go func() {
		defer close(p.ended)
		p.log.follow(out, listens)
		_ = cmd.Wait()
	}()
	select {
	case p.address = <-listens:
	case <-p.ended:
		t.Fatalf("the Mattermost server ended: %s", p.log)
	case <-time.After(patience):
		alive.Close()
		t.Fatalf("the Mattermost server does not listen: %s", p.log)
	}
	s.mu.Lock()
	s.process = p
	s.mu.Unlock()
	if _, _, err := s.client(t).GetPing(t.Context()); err != nil {
		t.Fatalf("the Mattermost server does not answer: %v: %s", err, p.log)
	}
}

// stop ends the process, and with gone its folder too.
func (s *Server) stop(gone bool) {
	p := s.process
	if p == nil {
		if gone {
			_ = os.RemoveAll(s.folder)
		}
		return
	}
	if !gone {
		_, _ = io.WriteString(p.alive, "\n")
	}
	_ = p.alive.Close()
	<-p.ended
	s.process = nil
}

// env is all that the server knows of its surroundings.
func (s *Server) env(settings []string) []string {
	var env []string
	for _, have := range []string{
		"MM_SQLSETTINGS_DRIVERNAME=postgres",
		"MM_SQLSETTINGS_DATASOURCE=" + s.database,
		"MM_SQLSETTINGS_MAXOPENCONNS=20",
		"MM_SERVICESETTINGS_LISTENADDRESS=127.0.0.1:0",
		"MM_SERVICESETTINGS_SITEURL=" + s.URL,
		"MM_SERVICESETTINGS_ENABLELOCALMODE=false",
		"MM_SERVICESETTINGS_ALLOWEDUNTRUSTEDINTERNALCONNECTIONS=127.0.0.1",
		"MM_SERVICESETTINGS_ENABLEBOTACCOUNTCREATION=true",
		"MM_TEAMSETTINGS_ENABLEOPENSERVER=true",
		"MM_PLUGINSETTINGS_ENABLE=false",
		"MM_LOGSETTINGS_ENABLEFILE=false",
		"MM_LOGSETTINGS_CONSOLEJSON=true",
		// Nothing goes outside.
		"MM_LOGSETTINGS_ENABLEDIAGNOSTICS=false",
		"MM_SERVICESETTINGS_ENABLESECURITYFIXALERT=false",
		"MM_SERVICESETTINGS_ENABLELINKPREVIEWS=false",
		"MM_EMAILSETTINGS_SENDPUSHNOTIFICATIONS=false",
		"MM_ANNOUNCEMENTSETTINGS_ADMINNOTICESENABLED=false",
		"MM_ANNOUNCEMENTSETTINGS_USERNOTICESENABLED=false",
	} {
		name, _, _ := strings.Cut(have, "=")
		if !slices.Contains(settings, name) {
			env = append(env, have)
		}
	}
	for _, own := range settings {
		if strings.Contains(own, "=") {
			env = append(env, own) // the last one of a name counts
		}
	}
	return env
}

// client is a client that nobody signed in with.
func (s *Server) client(t testing.TB) *model.Client4 {
	c := model.NewAPIv4Client(s.URL)
	c.HTTPClient = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone(), Timeout: patience}
	t.Cleanup(c.HTTPClient.CloseIdleConnections)
	return c
}

// tail is the end of a log.
type tail struct {
	mu    sync.Mutex
	lines []string
}

// follow reads a log to its end, and says once where the server listens.
func (l *tail) follow(r io.Reader, listens chan<- string) {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadString('\n')
		l.add(line)
		var said struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &said) == nil && strings.HasPrefix(said.Msg, "Server is listening on ") {
			listens <- said.Address
		}
		if err != nil {
			return
		}
	}
}

func (l *tail) add(line string) {
	const most = 400
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines = append(l.lines, line); len(l.lines) > 2*most {
		l.lines = append([]string(nil), l.lines[most:]...)
	}
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}
