package main_test

import (
	"context"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// After an acute report the person reads that it was sent, and that nobody has
// read it yet, before he is asked about 112; the notice of the same receipt is
// visible once.
func TestReceiptComesBeforeTheNextQuestion(t *testing.T) {
	t.Parallel()
	k := monday()
	r := onFile(t).replica(t, newChat(), k)
	r.acute("e-1")
	order := func() (sent, asked, times int) {
		sent, asked = -1, -1
		for i, x := range r.chat.at("web:e-1") {
			if strings.Contains(x.Text, "Jouw code is") {
				sent, times = i, times+1
			}
			if strings.Contains(x.Text, "Heb je 112 gebeld?") {
				asked = i
			}
		}
		return sent, asked, times
	}
	if sent, asked, _ := order(); sent < 0 || asked < sent {
		t.Errorf("the receipt stands at %d and the question at %d", sent, asked)
	}
	r.loop().run(t, k)
	if _, _, times := order(); times != 1 {
		t.Errorf("the receipt is visible %d times", times)
	}
}

// Under a receipt a second report begins by a button, after 112 is said. Pressed
// again, however late, it goes on with what was begun. What is asked about an
// earlier signal makes way for it, but not whether 112 was called.
func TestReceiptOffersAnotherReport(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	const who, at = "medewerker-1", "web:medewerker-1"
	b.report(who, said{})
	again := b.button(who, "Nog iets melden")
	do := func(m adapters.Message) adapters.Answer {
		t.Helper()
		a, err := b.r.dialogue.Handle(context.Background(), m)
		if err != nil || len(a.Errors) > 0 {
			t.Fatalf("not taken: %v %+v", err, a)
		}
		return a
	}
	do(typed(b.message(who), "aanvullen"))
	if f := do(pressed(b.message(who), b.button(who, b.number(who)))).Form; f == nil || f.Step != 0 {
		t.Fatalf("adding opens %+v", f)
	}
	told := b.chat.count(at, "Is er nu gevaar? **Bel 112.**")
	first := do(pressed(b.message(who), again)).Form
	if first == nil || first.Step != 1 || b.chat.count(at, "Is er nu gevaar? **Bel 112.**") != told+1 {
		t.Fatalf("the button opens %+v", first)
	}
	do(filled(b.message(who), first, "", "what", "Nog iets", "when", "week", "seen", "self"))
	stood := b.r.last(at)
	if do(pressed(b.message(who), again)); b.r.last(at).Text != stood.Text || b.r.last(at).Choices[0] != stood.Choices[0] {
		t.Errorf("pressed again it says %q after %q", b.r.last(at).Text, stood.Text)
	}
	do(typed(b.message(who), "stop"))
	do(typed(b.message(who), "1"))
	b.walks(who, pressed(b.message(who), again), said{}.plain())
	if own, err := b.r.store.Mine(context.Background(), private.New(at)); err != nil || len(own) != 2 {
		t.Errorf("%d signals (%v), want 2", len(own), err)
	}
	b.r.acute(who)
	do(pressed(b.message(who), again))
	if got := b.r.last(at).Text; !strings.Contains(got, "Heb je 112 gebeld?") {
		t.Errorf("after an acute report: %q", got)
	}
}
