package main_test

import (
	"context"
	"testing"

	"github.com/meldroute/meldroute/adapters"
)

// What somebody typed and the bot did not take in is said to be so, for where it
// stays in sight: more than a word, at any turn, and what came along with it.
// An answer, a command and a word that was typed wrong are not.
func TestWhatIsNotTakenInIsStray(t *testing.T) {
	t.Parallel()
	r := onFile(t).replica(t, newChat(), monday())
	ask := func(id, text string) adapters.Answer {
		t.Helper()
		a, err := r.dialogue.Handle(context.Background(), typed(r.message("medewerker-1", id), text))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for i, tt := range []struct {
		text string
		want bool
	}{
		{"Fuutje woont op nummer 3", true}, // the first thing that he types
		{"hallo", false}, {"melde", false}, {"1", false}, {"SPOED", false},
		{"Fuutje woont op nummer 3", true}, {"stop en wis alles", false},
	} {
		if got := ask("stray-"+string(rune('a'+i)), tt.text).Stray; got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.text, got, tt.want)
		}
	}
	m := r.message("medewerker-1", "stray-files")
	m.Files = 1
	if a, err := r.dialogue.Handle(context.Background(), m); err != nil || !a.Stray {
		t.Errorf("a photo: stray %v, %v", a.Stray, err)
	}
}

// The press that platforms have of their own begins a report, as the word does.
func TestTokenReportBeginsAReport(t *testing.T) {
	t.Parallel()
	r := onFile(t).replica(t, newChat(), monday())
	a, err := r.dialogue.Handle(context.Background(), pressed(r.message("medewerker-1", "report"), adapters.TokenReport))
	if err != nil || a.Form == nil {
		t.Errorf("got form %v, %v", a.Form != nil, err)
	}
}
