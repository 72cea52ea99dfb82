package main_test

import (
	"context"
	"testing"
	"time"

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

// What was typed before a question was asked answers another one: it is not
// taken, and a story is not left standing in silence. A command is no answer:
// who types SPOED is never told that it is too late.
func TestTypedBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	const who, place = "medewerker-1", "web:medewerker-1"
	r := onFile(t).replica(t, newChat(), monday())
	r.begins(who)
	early := func(id, text string) adapters.Answer {
		t.Helper()
		m := typed(r.message(who, "early-"+id), text)
		m.Sent = m.Sent.Add(-time.Hour)
		a, err := r.dialogue.Handle(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for i, text := range []string{"1", "terug", "Fuutje woont op nummer 3"} {
		a := early(text, text)
		if n := r.chat.count(place, "Deze vraag is al voorbij"); n != i+1 || a.Form != nil {
			t.Errorf("%q: told %d times that it is late, and a form is %v", text, n, a.Form)
		}
		if want := i == 2; a.Stray != want {
			t.Errorf("%q: stray is %v, want %v", text, a.Stray, want)
		}
	}
	if n := r.chat.count(place, "Stap 2") + r.chat.count(place, "Waar denk je aan?"); n != 1 {
		t.Errorf("the question stands there %d times, want once", n)
	}
	if a := early("danger", "SPOED"); a.Form == nil || r.chat.count(place, "Deze vraag is al voorbij") != 3 {
		t.Errorf("SPOED, typed early, opens %v", a.Form)
	}
}
