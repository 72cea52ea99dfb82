//go:build unix

package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store/storetest"
	"github.com/meldroute/meldroute/store/vault"
)

// ran is what became of a command.
type ran struct {
	code     int
	out, err string
}

// command runs the program once in a folder and waits for its end.
func command(t testing.TB, dir string, args ...string) ran {
	t.Helper()
	return commandWith(t, dir, nil, args...)
}

// commandWith is command with more in its environment.
func commandWith(t testing.TB, dir string, env []string, args ...string) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, binary(t), args...)
	var out, errs bytes.Buffer
	c.Dir, c.Stdout, c.Stderr, c.Env = dir, &out, &errs, append(os.Environ(), env...)
	err := c.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("bot %v goes on: %s%s", args, out.String(), errs.String())
	}
	return ran{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What cannot be right is refused before anything is served: with exit code 1,
// nothing on standard output, and words that say what to do.
func TestRefusals(t *testing.T) {
	t.Parallel()
	// made is a folder in which the program has run, with a database.
	made := func(t *testing.T) *program {
		p := start(t, "")
		p.stop()
		return p
	}
	for name, test := range map[string]struct {
		spoil func(t *testing.T, p *program)
		want  []string
	}{
		"key file gone": {func(t *testing.T, p *program) { remove(t, p.keys()) }, []string{"sleutelbestand", "ontbreekt", "back-up"}},
		"another key file": {func(t *testing.T, p *program) {
			remove(t, p.keys())
			if err := vault.Create(p.keys()); err != nil {
				t.Fatal(err)
			}
		}, []string{"hoort niet bij deze database", "back-up"}},
		"key file open to all":   {func(t *testing.T, p *program) { chmod(t, p.keys(), 0o444) }, []string{"sleutelbestand", "0444", "rechten 0400"}},
		"key file open to group": {func(t *testing.T, p *program) { chmod(t, p.keys(), 0o460) }, []string{"sleutelbestand", "0460", "rechten 0400"}},
		"key file cut off": {func(t *testing.T, p *program) {
			chmod(t, p.keys(), 0o600)
			if err := os.Truncate(p.keys(), 100); err != nil {
				t.Fatal(err)
			}
		}, []string{"sleutelbestand is beschadigd", "back-up"}},
		"not a database": {func(t *testing.T, p *program) {
			remove(t, p.database())
			write(t, filepath.Dir(p.database()), filepath.Base(p.database()), strings.Repeat("geen database ", 1000))
		}, []string{"database"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := made(t)
			test.spoil(t, p)
			got := command(t, p.dir, p.args...)
			got.refused(t, test.want...)
		})
	}
}

// A configuration that cannot work is refused by line, with the name that was
// probably meant, by every command that needs it.
func TestRefusedConfiguration(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config string
		want   []string
	}{
		"off loopback":       {"operations: {listen: \"\"}\nweb: {listen: \"0.0.0.0:0\"}\n", []string{"web.listen", "aanmelden"}},
		"off loopback, name": {"operations: {listen: \"\"}\nweb: {listen: \"meldroute.example:0\"}\n", []string{"web.listen", "aanmelden"}},
		"off loopback, IPv6": {"operations: {listen: \"\"}\nweb: {listen: \"[::]:0\"}\n", []string{"web.listen", "aanmelden"}},
		"unknown key":        {"web:\n  listen: 127.0.0.1:0\nterms:\n  frist_read: {acute: 1 uur}\n", []string{":4", "frist_read", "first_read"}},
		"unknown top key":    {"webb: {}\n", []string{":1", "webb", "web"}},
		"twice":              {"web: {}\nweb: {}\n", []string{":2", "web", "regel 1"}},
		"not YAML":           {"web: [\n", []string{"yaml"}},
		"no time":            {"terms: {card_delivery: straks}\n", []string{":1", "card_delivery"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "c.yaml", test.config)
			command(t, dir, "-c", "c.yaml").refused(t, test.want...)
			if entries, _ := os.ReadDir(filepath.Join(dir, "data")); len(entries) > 0 && !strings.HasPrefix(name, "off") {
				t.Errorf("a refused configuration left %v", entries)
			}
		})
	}
	dir := t.TempDir()
	command(t, dir, "-c", "nergens.yaml").refused(t, "nergens.yaml")
	if got := command(t, dir, "onzin"); got.code != 1 || got.err == "" {
		t.Errorf("an unknown command: %+v", got)
	}
	if got := command(t, dir, "--help"); got.code != 0 || !strings.Contains(got.out, "journal verify") {
		t.Errorf("--help: %+v", got)
	}
}

func (r ran) refused(t *testing.T, want ...string) {
	t.Helper()
	if r.code != 1 || r.out != "" {
		t.Errorf("code %d, and on standard output %q", r.code, r.out)
	}
	for _, w := range want {
		if !strings.Contains(strings.ToLower(r.err), strings.ToLower(w)) {
			t.Errorf("the refusal does not say %q:\n%s", w, r.err)
		}
	}
	if strings.Contains(r.err, "goroutine ") || strings.Contains(r.err, "panic") {
		t.Errorf("it panicked:\n%s", r.err)
	}
}

func (p *program) keys() string     { return filepath.Join(p.dir, "data", "sleutels.json") }
func (p *program) database() string { return filepath.Join(p.dir, "data", "meldroute.db") }

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func chmod(t testing.TB, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// A second program on the same data is refused in words, and the first one
// goes on.
func TestSecondProgramIsRefused(t *testing.T) {
	t.Parallel()
	p := start(t, crowd(1))
	command(t, p.dir, p.args...).refused(t, "draait al een bot")
	w := walkers(t, newPort(p.url), 1)[0]
	if err := w.alarm(); err != nil {
		t.Fatal(err)
	}
}

// The commands beside a running program work, and end with the code that a
// script needs; `bot config` prints what can be loaded again, without secrets.
func TestCommandsBesideTheProgram(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		const secret = "hekje-en-wachtwoord"
		pw := filepath.Join(t.TempDir(), "wachtwoord")
		if err := os.WriteFile(pw, []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if database != "" {
			database = strings.Replace(database, "{database: {", fmt.Sprintf("{database: {password_file: %q, ", pw), 1)
		}
		p := start(t, "contacts: {confidant: {name: Vertrouwenspersoon A}}\n"+crowd(1)+database)
		w := walkers(t, newPort(p.url), 1)[0]
		if err := w.report(); err != nil {
			t.Fatal(err)
		}
		p.quiet()
		bot := func(args ...string) ran { return command(t, p.dir, append(p.args[:2:2], args...)...) }

		if got := bot("version"); got.code != 0 || !strings.HasPrefix(got.out, "meldroute ") {
			t.Errorf("version: %+v", got)
		}
		if got := bot("check"); got.code != 0 || got.err != "" || !strings.Contains(got.out, "atabase") {
			t.Errorf("check: %+v", got)
		}
		got := bot("config")
		if got.code != 0 || strings.Contains(got.out, secret) {
			t.Errorf("config: %+v", got)
		}
		write(t, p.dir, "again.yaml", got.out)
		if twice := command(t, p.dir, "-c", "again.yaml", "config"); twice.out != got.out || twice.code != 0 {
			t.Errorf("what config prints does not print itself: %s", twice.err)
		}
		if _, err := config.Load(filepath.Join(p.dir, "again.yaml"), func(string) string { return "" }); err != nil {
			t.Errorf("what config prints does not load: %v", err)
		}
		until(t, "the journal is sealed and whole", func() bool {
			got = bot("journal", "verify")
			return got.code == 0
		})
		if got.err != "" || !strings.Contains(got.out, "Het logboek is heel") {
			t.Errorf("journal verify: %+v", got)
		}
		if err := w.alarm(); err != nil { // the program goes on beside all that
			t.Fatal(err)
		}
	})
}

// journal verify finds a line that was changed, one that was taken away, and
// one that was put there, by hand in the database.
func TestJournalVerifyFindsTampering(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"changed": `UPDATE journal SET outcome = 'refused' WHERE seq = 1`,
		"taken":   `DELETE FROM journal WHERE seq = 2`,
		"put":     `INSERT INTO journal (nonce, at, action, actor, about, outcome, mac) SELECT 'abcdefghijklmnop', at, action, actor, about, outcome, mac FROM journal WHERE seq = 1`,
		"swapped": `UPDATE journal SET actor = (SELECT actor FROM journal j WHERE j.seq = 3) WHERE seq = 1`,
	} {
		t.Run("sqlite/"+name, func(t *testing.T) {
			t.Parallel()
			p := tampered(t, "")
			s := &seeker{p: p}
			if _, err := s.raw().Exec(strings.Replace(sql, "'abcdefghijklmnop'", "x'00112233445566778899aabbccddeeff'", 1)); err != nil {
				t.Fatal(err)
			}
			told(t, p)
		})
	}
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := storetest.Postgres(t)
		p := tampered(t, onPostgres(url))
		(&pgServer{t: t}).at(url, `UPDATE journal SET outcome = 'refused' WHERE seq = 1`)
		told(t, p)
	})
}

// tampered is a program with a few lines in its journal, all sealed.
func tampered(t *testing.T, database string) *program {
	t.Helper()
	p := start(t, database+crowd(2))
	for _, w := range walkers(t, newPort(p.url), 2) {
		if err := w.alarm(); err != nil {
			t.Fatal(err)
		}
	}
	o := p.open("aandachtsfunctionaris-1").watch()
	o.pressesIn("desk", "Openen")
	until(t, "three lines are sealed", func() bool {
		got := command(t, p.dir, append(p.args[:2:2], "journal", "verify")...)
		return got.code == 0 && strings.Contains(got.out, "Gecontroleerde regels: 3.")
	})
	return p
}

func told(t *testing.T, p *program) {
	t.Helper()
	got := command(t, p.dir, append(p.args[:2:2], "journal", "verify")...)
	if got.code != 1 || !strings.Contains(got.out, "Het logboek is niet heel") {
		t.Errorf("journal verify says %+v", got)
	}
	t.Log(strings.TrimSpace(got.out))
}

// Told to stop while pages are open and people act, the program ends by itself
// within ten seconds with code 0; what it acknowledged is there, and what it
// did not can be sent to the next one.
func TestStopsWhilePeopleAct(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		p := start(t, database+crowd(24))
		at := newPort(p.url)
		ws := walkers(t, at, 24)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var open atomic.Int32
		var done sync.WaitGroup
		for i := range 8 {
			done.Go(func() { // a page that is only open
				req, _ := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/p/"+employee(i)+"/events", nil)
				if resp, err := http.DefaultClient.Do(req); err == nil {
					open.Add(1)
					_, _ = new(bytes.Buffer).ReadFrom(resp.Body)
					_ = resp.Body.Close()
				}
			})
		}
		until(t, "pages are open", func() bool { return open.Load() == 8 })
		for _, w := range ws {
			done.Go(func() {
				if err := w.report(); err != nil {
					t.Error(err)
				}
			})
		}
		<-at.after(60)
		begin := time.Now()
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case <-p.done:
		case <-time.After(patience):
			t.Fatal("it does not stop")
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("it took %v to stop", took)
		}
		if code := p.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("it stopped with code %d:\n%s", code, p.log.all())
		}
		p.restart()
		at.move(p.url)
		done.Wait()
		cancel()
		if t.Failed() {
			t.FailNow()
		}
		p.account(ws)
	})
}
