package main_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// involved takes the acts of a report in which an officer is involved, with an
// urgency for today.
func (r *replica) involved(who string) {
	r.t.Helper()
	do, form := r.names(who, "web:aandachtsfunctionaris-1")
	do(filled(r.message(who, who+"-send"), form(), "choose:send"))
}

// names takes them up to who is involved; then the next form is there, if any.
func (r *replica) names(who string, involved ...string) (do func(adapters.Message), open func() *adapters.Form) {
	r.t.Helper()
	ctx := context.Background()
	n := 0
	var form *adapters.Form
	do = func(m adapters.Message) {
		r.t.Helper()
		a, err := r.dialogue.Handle(ctx, m)
		if err != nil || len(a.Errors) > 0 {
			r.t.Fatalf("%v %+v", err, a)
		}
		form = a.Form
	}
	next := func() adapters.Message { n++; return r.message(who, who+"-"+strings.Repeat("i", n)) }
	do(pressed(next(), "cmd-report"))
	do(filled(next(), form, "", "what", "Een man in een kas", "when", "today", "seen", "self"))
	do(filled(next(), form, "", "form", "other"))
	do(filled(next(), form, "skip"))
	do(filled(next(), form, "skip"))
	do(filled(next(), form, "skip"))
	do(filled(next(), form, "", "urgency", "acute"))
	do(filled(next(), form, "", "department", "boa", "involved", "officer", "contact", "chat"))
	var kv []string
	for _, p := range involved {
		kv = append(kv, "officers", p)
	}
	do(filled(next(), form, "", kv...))
	return do, func() *adapters.Form { return form }
}

// An acute signal without a card alarms the coördinator when nobody could be
// told directly, and only then; whoever is left out hears nothing at all.
func TestSecondPersonForASignalWithoutACard(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]bool{"told": false, "not told": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, c := monday(), newChat()
			r := onFile(t).replica(t, c, k)
			c.fail(func(to string) error {
				if broken && strings.HasPrefix(to, "web:aandachtsfunctionaris") {
					return errBroken
				}
				return nil
			})
			l := r.loop()
			r.involved("e-1")
			for range 12 {
				l.run(t, k)
				k.on(15 * time.Second)
			}
			want := 0
			if broken {
				want = 1
			}
			ref := r.ref("e-1")
			if got := c.count(coordinator, "kaart staat nog niet"); got != want {
				t.Errorf("the coördinator was told %d times, want %d", got, want)
			}
			if got := c.count("web:aandachtsfunctionaris-2", ref); got != 1-want {
				t.Errorf("the officer who may know reads it %d times, want %d", got, 1-want)
			}
			if n := c.sent("web:aandachtsfunctionaris-1") + c.sent(deskChannel); n != 0 {
				t.Errorf("%d messages where the one who is left out reads", n)
			}
		})
	}
}

// A question that did not reach the chat is shown at the next start, also when
// the dialogue before it had come further and was only then written down as
// shown.
func TestQuestionThatWasNotShownIsShownAtStart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, c := monday(), newChat()
	r := onFile(t).replica(t, c, k)
	r.involved("e-1") // many revisions
	if _, err := r.dialogue.Handle(ctx, typed(r.message("e-1", "z-1"), "stop")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.dialogue.Handle(ctx, typed(r.message("e-1", "z-2"), "ja")); err != nil {
		t.Fatal(err)
	}
	c.fail(func(string) error { return errBroken })
	if _, err := r.dialogue.Handle(ctx, pressed(r.message("e-1", "z-3"), "cmd-report")); err != nil {
		t.Fatal(err)
	}
	if err := r.dialogue.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	c.fail(nil)
	r.wire()
	if err := r.dialogue.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	for _, post := range c.at("web:e-1") {
		for _, choice := range post.Choices {
			if choice.Label == "Invullen" {
				return
			}
		}
	}
	t.Errorf("the question is not shown: %v", c.at("web:e-1"))
}
