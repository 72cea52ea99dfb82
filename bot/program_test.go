package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait of these tests: it is only reached when something
// is broken.
const patience = 60 * time.Second

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "meldroute-bin")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "bot")
	args := []string{"build", "-o", bin}
	if raced {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, ".")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
})

// TestMain removes the program that the tests were run with.
func TestMain(m *testing.M) {
	code := m.Run()
	if built.Load() {
		if bin, err := build(); err == nil {
			_ = os.RemoveAll(filepath.Dir(bin))
		}
	}
	os.Exit(code)
}

var built atomic.Bool

func binary(t testing.TB) string {
	t.Helper()
	bin, err := build()
	built.Store(true)
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// program is the real program, running as a process of its own.
type program struct {
	t    testing.TB
	dir  string
	args []string
	env  []string // besides that of the tests
	cmd  *exec.Cmd
	url  string // without the last slash
	out  *lines
	log  *lines
	done chan struct{}

	logged int // what was in log before this process began
}

// places bounds how many programs run at a time: these tests are many, the
// machines that run them small. A test that starts several holds one place.
var places = struct {
	free chan struct{}
	sync.Mutex
	held map[testing.TB]bool
}{free: make(chan struct{}, 3), held: map[testing.TB]bool{}}

// place waits until a test may run programs; it is given back when it ends.
func place(t testing.TB) {
	places.Lock()
	held := places.held[t]
	places.held[t] = true
	places.Unlock()
	if held {
		return
	}
	places.free <- struct{}{}
	t.Cleanup(func() {
		places.Lock()
		delete(places.held, t)
		places.Unlock()
		<-places.free
	})
}

// lines is what a process wrote so far.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (l *lines) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(s + "\n")
	close(l.more)
	l.more = make(chan struct{})
}

func (l *lines) read() (string, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String(), l.more
}

func (l *lines) all() string { s, _ := l.read(); return s }

// start runs the program in a folder of its own with a configuration that is
// laid over the test's: free ports. Its environment is that of the tests, and env.
func start(t testing.TB, config string, env ...string) *program {
	t.Helper()
	place(t)
	p := &program{t: t, dir: t.TempDir(), env: env, out: &lines{more: make(chan struct{})}, log: &lines{more: make(chan struct{})}}
	file := filepath.Join(p.dir, "meldroute.yaml")
	if !strings.Contains(config, "web:") {
		config += "\nweb:\n  listen: 127.0.0.1:0\n"
	}
	if err := os.WriteFile(file, []byte("operations:\n  listen: 127.0.0.1:0\n"+config), 0o600); err != nil {
		t.Fatal(err)
	}
	p.args = []string{"-c", file}
	p.run()
	t.Cleanup(p.stop)
	return p
}

// run starts the process and waits until it says where it can be reached.
func (p *program) run() {
	p.t.Helper()
	p.cmd = exec.Command(binary(p.t), p.args...)
	p.cmd.Dir, p.cmd.Env = p.dir, append(os.Environ(), p.env...)
	p.out = &lines{more: make(chan struct{})}
	p.logged = len(p.log.all())
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	errs, err := p.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.done = make(chan struct{})
	var pipes sync.WaitGroup
	for r, l := range map[io.Reader]*lines{out: p.out, errs: p.log} {
		pipes.Go(func() {
			for sc := bufio.NewScanner(r); sc.Scan(); {
				l.add(sc.Text())
			}
		})
	}
	go func() {
		pipes.Wait()
		_ = p.cmd.Wait()
		close(p.done)
	}()
	// After a restart it is the same: who follows the page reads it meanwhile.
	if url := strings.TrimSuffix(p.after(p.out, 0, "Meldroute draait op "), "/"); url != p.url {
		p.url = url
	}
}

// after waits for a mark in what was written after the first from bytes, and
// returns the rest of its line.
func (p *program) after(l *lines, from int, mark string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		text, more := l.read()
		if _, rest, ok := strings.Cut(text[from:], mark); ok {
			line, _, _ := strings.Cut(rest, "\n")
			return strings.TrimRight(line, `"}`)
		}
		select {
		case <-more:
		case <-p.done:
			p.t.Fatalf("the program ended before it wrote %q\n%s%s", mark, p.out.all(), p.log.all())
		case <-ctx.Done():
			p.t.Fatalf("the program never wrote %q\n%s%s", mark, p.out.all(), p.log.all())
		}
	}
}

// operations is the address of /readyz and /metrics.
func (p *program) operations() string {
	return "http://" + p.after(p.log, p.logged, `"msg":"operations: listening","addr":"`)
}

// stop ends the process as an operator does, and fails when that takes too long.
func (p *program) stop() {
	p.t.Helper()
	select {
	case <-p.done:
		return
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
		p.t.Errorf("the program did not stop in time\n%s", p.log.all())
	}
}

// kill ends the process without any warning.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// restart starts a process again in the same folder, at the same address.
func (p *program) restart() {
	p.t.Helper()
	file := p.args[1]
	b, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(p.url, "http://"), ":")
	again := strings.Replace(string(b), "\nweb:\n  listen: 127.0.0.1:0\n", "\nweb:\n  listen: 127.0.0.1:"+port+"\n", 1)
	if err := os.WriteFile(file, []byte(again), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.run()
}

func get(t testing.TB, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}
