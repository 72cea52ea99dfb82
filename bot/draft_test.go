package main_test

import (
	"context"
	"testing"
	"time"

	"github.com/meldroute/meldroute/config/private"
)

// begins begins a report and answers its first form.
func (r *replica) begins(who string) {
	r.t.Helper()
	ctx := context.Background()
	a, err := r.dialogue.Handle(ctx, typed(r.message(who, who+"-1"), "melden"))
	if err != nil || a.Form == nil {
		r.t.Fatalf("no form: %v", err)
	}
	a, err = r.dialogue.Handle(ctx, filled(r.message(who, who+"-2"), a.Form, "", "what", "Iets gezien.", "when", "today", "seen", "self"))
	if err != nil || len(a.Errors) > 0 {
		r.t.Fatalf("not taken: %v %v", err, a.Errors)
	}
}

func (r *replica) drafts() {
	r.t.Helper()
	if err := r.dialogue.Drafts(context.Background(), r.clock.now()); err != nil {
		r.t.Fatal(err)
	}
}

// A draft is reminded of once, two hours after the last act; a Friday's draft
// is there on Monday; three working days after the last act it is erased, and
// the person reads so.
func TestDraftIsNudgedOnceAndErasedLater(t *testing.T) {
	t.Parallel()
	const who, place = "e-1", "web:e-1"
	friday := &clock{at: time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)}
	r := onFile(t).replica(t, newChat(), friday)
	r.begins(who)
	friday.on(time.Hour)
	r.drafts()
	if n := r.chat.count(place, "nog niet verstuurd"); n != 0 {
		t.Fatalf("nudged %d times after an hour", n)
	}
	friday.on(time.Hour)
	r.drafts()
	sent := r.chat.sent(place)
	for range 2 {
		friday.on(time.Hour)
		r.drafts()
	}
	if got := r.chat.sent(place); got != sent {
		t.Errorf("sent %d times more after the nudge", got-sent)
	}
	if n := r.chat.count(place, "nog niet verstuurd"); n != 1 {
		t.Errorf("nudged %d times, want once", n)
	}
	friday.on(66 * time.Hour) // Monday
	r.drafts()
	s, err := r.store.Session(context.Background(), private.New(place))
	if err != nil || s.Rev == 0 {
		t.Fatalf("the draft is gone on Monday: %v", err)
	}
	friday.on(48*time.Hour + 4*time.Hour) // Wednesday, after office hours
	r.drafts()
	if s, err = r.store.Session(context.Background(), private.New(place)); err == nil && s.Rev != 0 {
		t.Error("the draft is still there after three working days")
	}
	if n := r.chat.count(place, "Ik heb je antwoorden gewist"); n != 1 {
		t.Errorf("told %d times that it was erased, want once", n)
	}
	if n := r.chat.count(place, "nog niet verstuurd"); n != 0 {
		t.Error("it still asks to go on with what is erased")
	}
}

// Somebody who was only greeted is not reminded of anything, and his dialogue
// goes without a word.
func TestGreetingIsNoDraft(t *testing.T) {
	t.Parallel()
	k := monday()
	r := onFile(t).replica(t, newChat(), k)
	if _, err := r.dialogue.Handle(context.Background(), typed(r.message("e-2", "1"), "hallo")); err != nil {
		t.Fatal(err)
	}
	was := len(r.chat.at("web:e-2"))
	for range 5 {
		k.on(24 * time.Hour)
		r.drafts()
	}
	if got := len(r.chat.at("web:e-2")); got != was {
		t.Errorf("got %d posts, want the %d of the greeting", got, was)
	}
	if s, err := r.store.Session(context.Background(), private.New("web:e-2")); err == nil && s.Rev != 0 {
		t.Error("the dialogue is still kept")
	}
}

// A draft that went on between the look and the erasure is not erased.
func TestDraftThatGoesOnIsKept(t *testing.T) {
	t.Parallel()
	k := monday()
	r := onFile(t).replica(t, newChat(), k)
	r.begins("e-3")
	k.on(10 * 24 * time.Hour)
	late := k.now()
	if _, err := r.dialogue.Handle(context.Background(), typed(r.message("e-3", "3"), "terug")); err != nil {
		t.Fatal(err)
	}
	if err := r.dialogue.Drafts(context.Background(), late); err != nil {
		t.Fatal(err)
	}
	if s, err := r.store.Session(context.Background(), private.New("web:e-3")); err != nil || s.Rev == 0 {
		t.Errorf("the draft is gone: %v", err)
	}
}
