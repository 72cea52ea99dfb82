package main_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// all sees every signal.
func (b *bureau) all() map[string]store.Signal {
	b.t.Helper()
	list, err := b.r.store.List(context.Background(), store.Viewer{Person: private.New("web:coordinator"), All: true}, store.Pick{})
	if err != nil {
		b.t.Fatal(err)
	}
	out := map[string]store.Signal{}
	for _, s := range list.Signals {
		out[string(s.Ref)] = s
	}
	return out
}

// said is what somebody reads after one message, apart from its key.
func (b *bureau) reads(who string, m adapters.Message) string {
	b.t.Helper()
	before := len(b.chat.at("web:" + who))
	a, err := b.r.dialogue.Handle(context.Background(), m)
	if err != nil {
		b.t.Fatal(err)
	}
	text := answered(a)
	for _, r := range b.chat.at("web:" + who)[before:] {
		text += "\n" + r.Text
	}
	return text
}

// Only who may read signals can enter one. Everybody else, also an officer who
// left the channel, reads what an unknown word gets, from the word and from the
// button, and so does not learn that it can be done.
func TestCaseEnterIsForReaders(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	out := func() {
		b.r.room.become(func(r adapters.Room) (adapters.Room, error) {
			r.Members = slices.DeleteFunc(r.Members, func(m adapters.Member) bool { return m.Address.Key() == "web:aandachtsfunctionaris-2" })
			return r, nil
		})
	}
	out()
	for _, who := range []string{"medewerker-1", "teamcoordinator", "aandachtsfunctionaris-2"} {
		b.reads(who, typed(b.message(who), "hallo")) // a dialogue begins
		if got, want := b.reads(who, typed(b.message(who), "invoeren")), b.reads(who, typed(b.message(who), "blauwbilgorgel")); got != want {
			t.Errorf("%s reads %q for the word, and %q for any other", who, got, want)
		}
		if got, want := b.reads(who, pressed(b.message(who), "cmd-enter")), b.reads(who, pressed(b.message(who), "cmd-blauwbilgorgel")); got != want {
			t.Errorf("%s reads %q for the button, and %q for any other", who, got, want)
		}
	}
	for _, who := range []string{"aandachtsfunctionaris-1", "coordinator"} {
		for i, m := range []adapters.Message{typed(b.message(who), "Invoeren"), pressed(b.message(who), "cmd-enter")} {
			if got := b.reads(who, m); i == 0 && !strings.Contains(got, "Hoe kwam het binnen?") {
				t.Errorf("%s reads %q", who, got)
			}
		}
	}

	// Who loses the right halfway files nothing.
	b.r.room.become(nil)
	a, err := b.r.dialogue.Handle(context.Background(), typed(b.message("aandachtsfunctionaris-2"), "invoeren"))
	if err != nil || a.Form == nil {
		t.Fatalf("the officer is not let in: %v", err)
	}
	out()
	a, err = b.r.dialogue.Handle(context.Background(), filled(b.message("aandachtsfunctionaris-2"), a.Form, "", "how", "phone", "day", "2026-11-23"))
	if err != nil || a.Form != nil || a.Errors[""] == "" {
		t.Errorf("without the right the form is taken: %+v, %v", a, err)
	}
}

// Terms count from the day of receipt, and those of a case that was running from
// when it was entered. Neither is waiting to be read, nobody is alarmed, and no
// chat gets a message about it.
func TestCaseEntryTerms(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	loop := b.r.loop()
	late := b.enters("aandachtsfunctionaris-1", said{"how": "paper", "day": "2026-11-02"})
	running := b.enters("aandachtsfunctionaris-1", said{"how": "running", "day": "2026-03-02"})
	now := b.enters("aandachtsfunctionaris-1", said{"day": "2026-11-23", "urgency": "acute"})
	loop.run(t, b.clock)
	all := b.all()
	for _, ref := range []string{late, running, now} {
		if s := all[ref]; s.Status != store.Read || s.Read.IsZero() || s.Due.IsZero() {
			t.Errorf("%s is %+v", ref, s)
		}
	}
	at := b.clock.now()
	if !all[late].Due.Before(at) || !all[running].Due.After(at) || !all[now].Due.After(at) {
		t.Errorf("due at %v (long ago), %v (running), %v (today); it is %v", all[late].Due, all[running].Due, all[now].Due, at)
	}
	if got := all[late].Received.Format(time.DateOnly); got != "2026-11-02" {
		t.Errorf("received on %s", got)
	}
	if n := b.chat.count("web:aandachtsfunctionaris-2", "acuut"); n != 1 {
		t.Errorf("a colleague reads %d times of the acute signal", n)
	}
	b.clock.on(30 * 24 * time.Hour)
	loop.run(t, b.clock)
	if got := b.chat.count("web:coordinator", "nog niet gelezen"); got > 0 {
		t.Errorf("the coördinator is alarmed %d times about what was read", got)
	}
	if got := b.lines("signal.entered ok"); got != 3 {
		t.Errorf("the journal has %d lines of entering", got)
	}
	c := b.clerk("aandachtsfunctionaris-2")
	c.takes(running)
	if !b.all()[running].Due.After(at) {
		t.Error("taken, the running case counts from its day")
	}
	c.task("lookups", "look_person", "notfound", "look_organisation", "notfound", "look_address", "notfound", "system", "x", "date", "2026-11-23")
	c.task("message", "template", "fb.waiting")
	c.task("close", "reason", "not_trafficking", "why", "x", "template", "fb.closed.nottrafficking")
	loop.run(t, b.clock)
	if got := b.lines("feedback.sent ok"); got > 0 {
		t.Errorf("the bot sent feedback %d times to nobody", got)
	}
}

// Officers who are involved in an entered signal are left out of it, also the one
// who enters it: he reads its reference, and cannot open it (D4).
func TestCaseEntryInvolved(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	loop := b.r.loop()
	ref := b.enters("aandachtsfunctionaris-1", said{"involved": "officer", "officers": "web:aandachtsfunctionaris-1"})
	loop.run(t, b.clock)
	if got := b.chat.at(deskChannel); len(got) > 0 {
		t.Errorf("the channel reads %q", got[0].Text)
	}
	last := b.chat.at("web:aandachtsfunctionaris-1")
	if r := last[len(last)-1]; !strings.Contains(r.Text, ref) || !strings.Contains(r.Text, "zelf bij betrokken") || len(r.Choices) > 0 {
		t.Errorf("who is involved reads %q %v", r.Text, r.Choices)
	}
	if n := b.chat.count("web:aandachtsfunctionaris-2", ref); n != 1 {
		t.Errorf("the colleague reads %d times of it", n)
	}
	c := b.clerk("aandachtsfunctionaris-1")
	c.does(typed(b.message(c.id), "overzicht"))
	if n := b.chat.count("web:aandachtsfunctionaris-1", ref); n != 1 {
		t.Error("the overview shows it to who is involved")
	}
	b.clerk("aandachtsfunctionaris-2").takes(ref)
}

// An exercise counts in no figure, alarms as a signal does, says in each message
// that it is one, and leaves nothing behind. Only who may read signals begins
// one, and only who began it erases it; a real signal cannot be erased so.
func TestCaseDrillIsOutside(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	loop := b.r.loop()
	counts := func() map[string]int64 {
		got, err := b.r.store.Counts(context.Background(), store.Period(b.clock.now()))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	before := counts()
	for _, who := range []string{"medewerker-1", "teamcoordinator"} {
		b.clerk(who).shut("oefening", typed(b.message(who), "oefening"))
	}
	one, two := b.clerk("aandachtsfunctionaris-1"), b.clerk("aandachtsfunctionaris-2")
	one.does(typed(b.message(one.id), "Oefening"))
	loop.run(t, b.clock)
	ref := ""
	for r, s := range b.all() {
		if ref = r; !s.Drill {
			t.Error("the exercise is not marked")
		}
	}
	live := b.report("medewerker-1", said{"street": "Oefenstraat", "number": "1", "organisation": "Oefening Bedrijf", "name": "Oefening Persoon", "postcode": "3441 AB"})
	loop.run(t, b.clock)
	one.opens(live)
	if got := one.tells("Komt eerder voor"); got != "" {
		t.Errorf("a real signal shares something with an exercise: %q", got)
	}
	if one.offers("task.enddrill") {
		t.Error("a real signal can be erased as an exercise")
	}
	one.shut("to erase a real signal", filled(b.message(one.id), one.form, "task.enddrill"))
	two.opens(ref)
	if two.offers("task.enddrill") {
		t.Error("a colleague can erase the exercise")
	}
	two.shut("to erase another's exercise", filled(b.message(two.id), two.form, "task.enddrill"))

	b.clock.on(14 * 24 * time.Hour) // nobody read it
	loop.run(t, b.clock)
	alarms := 0
	for _, place := range []string{deskChannel, "web:coordinator", "web:aandachtsfunctionaris-1", "web:aandachtsfunctionaris-2"} {
		for _, r := range b.chat.at(place) {
			line := strings.Contains(r.Text, "\n- OEFENING **"+ref+"**") // among others, of the day
			if strings.Contains(r.Text, ref) && !strings.HasPrefix(r.Text, "OEFENING") && !strings.HasPrefix(r.Text, "**Op het bureau**") && !line {
				t.Errorf("%s reads of an exercise: %q", place, r.Text)
			}
			if line && place == "web:coordinator" && strings.Contains(r.Text, "Te laat sinds") {
				alarms++
			}
			if strings.Contains(r.Text, live) && strings.HasPrefix(r.Text, "OEFENING") {
				t.Errorf("%s reads of a real signal: %q", place, r.Text)
			}
		}
	}
	if alarms == 0 {
		t.Error("an exercise that nobody reads alarms nobody")
	}
	one.opens(ref)
	for _, label := range []string{"R1", "Bij"} {
		if one.tells(label) == "" {
			t.Errorf("the window lacks %q", label)
		}
	}
	one.chooses("task.enddrill")
	loop.run(t, b.clock)
	if _, there := b.all()[ref]; there || len(b.all()) != 1 {
		t.Error("the exercise is not erased")
	}
	if b.chat.count(deskChannel, "was een oefening") != 1 {
		t.Error("the card does not say that it was an exercise")
	}
	if after := counts(); len(after) != len(before) {
		t.Errorf("the counts went from %v to %v", before, after)
	}
	if b.lines("drill.begun ok") != 1 || b.lines("drill.erased ok") != 1 {
		t.Errorf("the journal says %v", b.journal())
	}
}
