package main_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/meldroute/meldroute/store/storetest"
	"github.com/meldroute/meldroute/store/vault"
)

// bot runs a command of the program beside it.
func (p *program) bot(args ...string) ran {
	p.t.Helper()
	return command(p.t, p.dir, append(p.args[:2:2], args...)...)
}

// oldKeys counts the keys of a use that wait to be retired in the key file.
func oldKeys(t testing.TB, path string, use vault.Use) int {
	t.Helper()
	v, err := vault.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return len(v.Keys(use).Older)
}

// Keys are rotated while people report and the bot runs, though the command is
// killed at its first step and run again: no report is lost, none is there twice,
// a card of before still opens, and the old keys are gone from the file.
func TestKeysRotateWhilePeopleReport(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		const many = 12
		p := start(t, database+crowd(many))
		ws := walkers(t, newPort(p.url), many)
		if err := ws[0].report(); err != nil {
			t.Fatal(err)
		}
		var done sync.WaitGroup
		for _, w := range ws[1:] {
			done.Go(func() {
				if err := w.report(); err != nil {
					t.Error(err)
				}
			})
		}
		p.cutOff("keys", "rotate")
		got := p.bot("keys", "rotate")
		if got.code != 0 || !strings.Contains(got.out, "De wissel is klaar.") || got.err != "" {
			t.Fatalf("rotate: %+v", got)
		}
		done.Wait()
		p.account(ws)
		for _, use := range []vault.Use{vault.UseWrap, vault.UseReporter, vault.UseWorking, vault.UseIndex} {
			if n := oldKeys(t, p.keys(), use); n != 0 {
				t.Errorf("%d old keys for %s", n, use)
			}
		}
		list := p.bot("keys", "list")
		if list.code != 0 || !strings.Contains(list.out, "Er loopt geen wissel.") || !strings.Contains(list.out, "Bots die draaien: 1. Met dezelfde sleutels als dit bestand: 1.") {
			t.Errorf("list: %+v", list)
		}
		p.stop()
		p.restart()
		p.account(ws)
		o := p.open("aandachtsfunctionaris-1").watch()
		o.pressesIn("desk", "Openen")
		if o.window() == nil {
			t.Error("a card does not open")
		}
		until(t, "the journal is whole", func() bool { return p.bot("journal", "verify").code == 0 })
	})
}

// cutOff runs a command and kills it when it has said something.
func (p *program) cutOff(args ...string) {
	p.t.Helper()
	c := exec.Command(binary(p.t), append(p.args[:2:2], args...)...)
	c.Dir = p.dir
	out, err := c.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		p.t.Error("the command said nothing")
	}
	_ = c.Process.Kill()
	_ = c.Wait()
}

// A rotation takes no step that a running bot elsewhere could not follow: it
// says that the file must be brought there, and goes on once it was. A bot that
// was given an older file meanwhile does not start.
func TestKeysRotateWaitsForEveryBot(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	p := start(t, onPostgres(url))
	there := filepath.Join(t.TempDir(), "elders.json")
	copyKeys := func() {
		t.Helper()
		b, err := os.ReadFile(p.keys())
		if err == nil {
			_ = os.Remove(there)
			err = os.WriteFile(there, b, 0o400)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	copyKeys()
	elsewhere := start(t, strings.Replace(onPostgres(url), "data: {", fmt.Sprintf("data: {key_file: %q, ", there), 1))
	refused := func(words string) {
		t.Helper()
		if got := p.bot("keys", "rotate", "--wait", "2s"); got.code != 1 || !strings.Contains(got.out, words) {
			t.Fatalf("rotate: %+v", got)
		}
	}
	refused("Zoveel bots kennen de nieuwe sleutels niet: 1.")
	refused("Zoveel bots kennen de nieuwe sleutels niet: 1.")
	copyKeys()
	elsewhere.after(elsewhere.log, len(elsewhere.log.all()), "key file taken over")
	refused("Zoveel bots werken nog met de oude sleutels: 1.")
	if oldKeys(t, p.keys(), vault.UseWrap) != 1 {
		t.Error("the old key is gone while a bot needs it")
	}
	elsewhere.stop()
	if got := command(t, elsewhere.dir, elsewhere.args...); got.code != 1 || !strings.Contains(got.err, "ouder dan dat van de andere exemplaren") {
		t.Errorf("a bot with an older key file starts: %+v", got)
	}
	copyKeys()
	elsewhere.run()
	if got := p.bot("keys", "rotate"); got.code != 0 || oldKeys(t, p.keys(), vault.UseWrap) != 0 {
		t.Errorf("rotate: %+v", got)
	}
}
