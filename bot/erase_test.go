//go:build unix

package main_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/vault"
)

// bot erase works beside a serving bot: it shows what is due, erases one signal
// on the order of the FG with a reason, and prints a statement that it proves.
// What is asked half is refused in words, and nothing is erased. What is erased
// stays in the figures.
func TestEraseCommand(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	melder := p.open("medewerker-1").watch()
	melder.says("")
	melder.presses("Nu gevaar")
	melder.fills(map[string]string{"Wat gebeurt er?": "Zilvervos.", "Waar is het?": "Kattebos"})
	p.settle()
	melder.sees(melder.id, "Jouw code is")
	ref := drawn.FindString(p.open("aandachtsfunctionaris-1").watch().sees("desk", "Nieuw signaal").text)
	write(t, p.dir, "reden.txt", "Besluit 12.\n")
	write(t, p.dir, "leeg.txt", " \n")
	bot := func(code int, want string, args ...string) string {
		t.Helper()
		got := command(t, p.dir, append(slices.Clone(p.args), args...)...)
		if got.code != code || !strings.Contains(got.out, want) {
			t.Errorf("bot %v: code %d, %q, %q; want %d, %q", args, got.code, got.out, got.err, code, want)
		}
		return got.out
	}
	bot(0, "Te wissen in de komende 30 dagen: 0", "erase")
	bot(0, "Gewist: 0 signalen.", "erase", "--now")
	bot(0, "Aantal: 0", "erase", "list")
	for _, half := range [][]string{{ref}, {"--reason", "reden.txt"}, {ref, "--now", "--reason", "reden.txt"}, {ref, "--reason", "leeg.txt"}} {
		bot(1, "Geef een kenmerk", append([]string{"erase"}, half...)...)
	}
	if got := command(t, p.dir, append(slices.Clone(p.args), "erase", ref, "--reason", "nergens.txt")...); got.code != 1 {
		t.Errorf("a reason that is not there: %+v", got)
	}
	bot(1, "SIG-2026-00000 is niet gevonden.", "erase", "SIG-2026-00000", "--reason", "reden.txt")
	bot(0, ref+" is gewist.", "erase", strings.ToLower(ref), "--reason", "reden.txt")
	bot(1, "is niet gevonden", "erase", ref, "--reason", "reden.txt")
	list := bot(0, "1. "+ref+", vernietigd op ", "erase", "list")
	if !strings.Contains(list, "in opdracht van de FG: Besluit 12.") || !strings.Contains(list, "Aantal: 1") || !strings.Contains(list, "Alle handtekeningen kloppen.") {
		t.Errorf("the statement is %q", list)
	}
	melder.says("mijn signalen")
	melder.sees(melder.id, "Je hebt geen signalen")
	p.stop()
	bot(0, "Het logboek is heel", "journal", "verify")
	if got := tallied(t, filepath.Join(p.dir, "data")); !strings.Contains(got, `"signals":1,`) {
		t.Errorf("the tally is %q", got)
	}
	if m, _ := filepath.Glob(filepath.Join(p.dir, "data", "*")); len(m) == 0 {
		t.Error("there is no data folder: the test shows nothing")
	}
}

// tallied is what is kept of the signals of now that were erased.
func tallied(t *testing.T, data string) string {
	t.Helper()
	v, err := vault.Open(filepath.Join(data, "sleutels.json"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := sqlite.Open(t.Context(), filepath.Join(data, "meldroute.db"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), d, v, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	got, err := st.Register(t.Context(), store.TallyName(store.Period(time.Now())))
	if err != nil {
		t.Fatal(err)
	}
	return got.Reveal()
}
