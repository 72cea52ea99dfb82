package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/store/storetest"
)

// A backup is made while the bot runs; what was erased after it stays erased by
// its restore, what was there is there, and the bot goes on: its old cards open,
// and it says that the journal is not the one of before.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func() (first, second string){
		"sqlite": func() (string, string) { return "", "" },
		"postgres": func() (string, string) {
			return onPostgres(storetest.Postgres(t)), onPostgres(storetest.Postgres(t))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := database()
			p := start(t, "contacts: {confidant: {name: Vertrouwenspersoon A}}\n"+first+crowd(2))
			ws := walkers(t, newPort(p.url), 2)
			together(t, ws, (*walker).report)
			p.quiet()
			sealed := func() string {
				t.Helper()
				out := ""
				until(t, "the journal is sealed", func() bool {
					out = p.bot("journal", "verify").out
					return strings.Contains(out, "is heel") && !strings.Contains(out, "wachten")
				})
				return out
			}
			before := sealed()
			dir, keys := filepath.Join(p.dir, "kopie"), filepath.Join(p.dir, "elders")
			got := p.bot("backup", dir, "--keys", keys)
			if got.code != 0 || !strings.Contains(got.out, "De back-up is klaar.") || strings.Contains(got.out, "Weggegooid") {
				t.Fatalf("backup: %+v", got)
			}
			// After it one of the two is withdrawn before anybody read it.
			w := p.open(employee(0)).watch()
			w.says("intrekken")
			w.presses(w.sees(w.id, "Om welk signaal gaat het?").choices[0].label)
			w.presses("Ja, trek in")
			w.sees(w.id, "Je signaal is gewist")
			until(t, "the withdrawal is sealed", func() bool { return sealed() != before })
			p.stop()
			p.anew(first, second)
			if got = p.bot("restore", dir); got.code != 1 || !strings.Contains(got.out, "De sleutels van back-up") {
				t.Fatalf("restore without its keys: %+v", got)
			}
			if got = p.bot("restore", dir, "--keys", keys); got.code != 0 || !strings.Contains(got.out, "blijft weg: 1.") {
				t.Fatalf("restore: %+v", got)
			}
			if again := p.bot("restore", dir, "--keys", keys); again.code != 1 || !strings.Contains(again.err, "hier staan al gegevens") {
				t.Errorf("restore over it: %+v", again)
			}
			p.restart()
			for i, want := range []string{"geen signalen", "nog niet gelezen"} {
				w := p.open(employee(i)).watch()
				w.says("mijn signalen")
				w.sees(w.id, want)
			}
			p.notTheSame()
		})
	}
}

// anew leaves the program with an empty database.
func (p *program) anew(first, second string) {
	p.t.Helper()
	if first == "" {
		for _, end := range []string{"", "-wal", "-shm", ".lock", ".open"} {
			_ = os.Remove(p.database() + end)
		}
		return
	}
	b, err := os.ReadFile(p.args[1])
	if err == nil {
		err = os.WriteFile(p.args[1], bytes.Replace(b, []byte(first), []byte(second), 1), 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// notTheSame ensures that the program says, everywhere, that its journal is not
// the one whose end was kept.
func (p *program) notTheSame() {
	p.t.Helper()
	p.after(p.log, p.logged, "the journal is not the one of before")
	if got := p.bot("check"); got.code != 0 || !strings.Contains(got.out, "Let op: Het logboek is niet dat van vroeger.") {
		p.t.Errorf("check: %+v", got)
	}
	heads := filepath.Join(p.dir, "data", "logboek-einde.txt")
	if got := p.bot("journal", "verify", "--heads", heads); got.code != 1 || !strings.Contains(got.out, "Het logboek is heel") ||
		!strings.Contains(got.out, "past niet bij het einde van") {
		p.t.Errorf("verify: %+v", got)
	}
}

// Files with the keys of signals are thrown away after their days; the data of
// those backups stay, and nobody opens them. Nothing else is touched.
func TestBackupDropsOldKeys(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	dir := t.TempDir()
	day := func(ago int) string { return time.Now().UTC().AddDate(0, 0, -ago).Format("20060102-150405") }
	old, kept := day(36)+"-sleutels.backup", day(34)+"-sleutels.backup"
	for _, name := range []string{old, kept, day(36) + "-gegevens.backup", "notities-sleutels.backup"} {
		write(t, dir, name, "x")
	}
	if got := p.bot("backup", dir); got.code != 0 || !strings.Contains(got.out, "ouder dan 35 dagen: 1.") {
		t.Errorf("backup: %+v", got)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 5 || strings.Contains(strings.Join(names, " "), old) {
		t.Errorf("the folder holds %q, %v", names, err)
	}
}

// A line in the file of destruction records that the bot did not write stops a
// restore: it would destroy a signal.
func TestRestoreTakesNoForeignRecord(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	dir := filepath.Join(p.dir, "kopie")
	if got := p.bot("backup", dir); got.code != 0 {
		t.Fatalf("backup: %+v", got)
	}
	p.stop()
	p.anew("", "")
	write(t, dir, "vernietigd.txt", "SIG-2026-ABCDE 2026-11-02T10:00:00Z 0011\n")
	if got := p.bot("restore", dir); got.code != 1 || !strings.Contains(got.err, "regel 1: deze regel schreef de bot niet") {
		t.Errorf("restore: %+v", got)
	}
	if _, err := os.Stat(p.database()); err == nil {
		t.Error("it left a database")
	}
}
