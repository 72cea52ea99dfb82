package main_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

const (
	coordinator = "web:coordinator"
	deskChannel = "web:desk"
)

// While the channel is unfit nothing is posted in it, those who may know read
// it themselves, and after the term the coördinator is told once by a direct
// message; when the channel is fit again the card comes after all.
func TestUnfitChannelReachesASecondPerson(t *testing.T) {
	t.Parallel()
	stranger := adapters.Member{Address: adapters.NewAddress("web", "iemand")}
	for name, odd := range map[string]func(adapters.Room) (adapters.Room, error){
		"public":   func(r adapters.Room) (adapters.Room, error) { r.Private = false; return r, nil },
		"stranger": func(r adapters.Room) (adapters.Room, error) { r.Members = append(r.Members, stranger); return r, nil },
		"guest":    func(r adapters.Room) (adapters.Room, error) { r.Members[0].Guest = true; return r, nil },
		"bot":      func(r adapters.Room) (adapters.Room, error) { r.Members[0].Bot = true; return r, nil },
		"unknown":  func(adapters.Room) (adapters.Room, error) { return adapters.Room{}, errBroken },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, c := monday(), newChat()
			r := onFile(t).replica(t, c, k)
			r.room.become(odd)
			l := r.loop()
			r.acute("e-1")
			l.run(t, k)
			ref := r.ref("e-1")
			if n := len(c.at(deskChannel)); n != 0 {
				t.Fatalf("%d posts in an unfit channel", n)
			}
			for _, officer := range []string{"web:aandachtsfunctionaris-1", "web:aandachtsfunctionaris-2"} {
				if got := c.count(officer, ref); got < 1 {
					t.Errorf("%s was not told", officer)
				}
			}
			if got := c.count(coordinator, "kaart staat nog niet in het kanaal"); got != 0 {
				t.Errorf("the term has not passed, and the coördinator was told %d times", got)
			}
			for range 12 { // 3 minutes: past the term, and the same tries again and again
				k.on(15 * time.Second)
				l.run(t, k)
			}
			if got := c.count(coordinator, "kaart staat nog niet in het kanaal"); got != 1 {
				t.Errorf("the coördinator was told %d times, want 1:\n%v", got, c.at(coordinator))
			}
			if got := c.count(coordinator, "Ik plaats niets meer in het kanaal"); got != 1 {
				t.Errorf("the alarm about the channel stands %d times, want 1", got)
			}
			r.room.become(nil)
			k.on(10 * time.Minute)
			l.run(t, k)
			if got := c.count(deskChannel, ref); got != 1 {
				t.Errorf("the card stands %d times in the channel that is fit again, want 1", got)
			}
		})
	}
}

// A card that the platform does not take counts as not delivered too.
func TestUndeliveredCardReachesASecondPerson(t *testing.T) {
	t.Parallel()
	k, c := monday(), newChat()
	r := onFile(t).replica(t, c, k)
	c.fail(func(to string) error {
		if to == deskChannel {
			return errBroken
		}
		return nil
	})
	l := r.loop()
	r.acute("e-1")
	for range 20 {
		l.run(t, k)
		k.on(15 * time.Second)
	}
	if got := c.count(coordinator, "kaart staat nog niet in het kanaal"); got != 1 {
		t.Errorf("the coördinator was told %d times, want 1", got)
	}
	c.fail(nil)
	k.on(10 * time.Minute)
	l.run(t, k)
	if got := c.count(deskChannel, r.ref("e-1")); got != 1 {
		t.Errorf("the card stands %d times, want 1", got)
	}
}

// A coördinator whose own line is down is told when it is back, once.
func TestSecondPersonIsTriedAgain(t *testing.T) {
	t.Parallel()
	k, c := monday(), newChat()
	r := onFile(t).replica(t, c, k)
	c.fail(func(string) error { return errBroken })
	l := r.loop()
	r.acute("e-1")
	for range 5 {
		l.run(t, k)
		k.on(time.Minute)
	}
	c.fail(func(to string) error {
		if to == deskChannel {
			return errBroken
		}
		return nil
	})
	for range 30 {
		l.run(t, k)
		k.on(time.Minute)
	}
	if got := c.count(coordinator, "kaart staat nog niet in het kanaal"); got != 1 {
		t.Errorf("the coördinator was told %d times, want 1", got)
	}
}

// A card that arrived in time alarms nobody; a signal that nobody reads within
// its term reaches the coördinator once, and one that was read does not.
func TestUnreadSignalReachesASecondPerson(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, c := monday(), newChat()
	r := onFile(t).replica(t, c, k)
	l := r.loop()
	r.acute("e-1")
	r.acute("e-2")
	l.run(t, k)
	read, unread := r.ref("e-1"), r.ref("e-2")
	for _, card := range c.at(deskChannel) {
		if !strings.Contains(card.Text, read) {
			continue
		}
		m := r.message("aandachtsfunctionaris-1", "open")
		m.At, m.Direct = adapters.NewAddress("web", "desk"), false
		a, err := r.desk.Handle(ctx, pressed(m, card.Choices[0].Token))
		if err != nil || a.Form == nil {
			t.Fatal(err, a)
		}
		m.ID = "read"
		if _, err := r.desk.Handle(ctx, filled(m, a.Form, "read")); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		k.on(30 * time.Second)
		l.run(t, k)
	}
	if got := c.at(coordinator); len(got) != 0 {
		t.Errorf("the cards are there and the term runs, and the coördinator reads: %v", got)
	}
	for range 10 { // well past the hour of T1
		k.on(15 * time.Minute)
		l.run(t, k)
	}
	if got := c.count(coordinator, unread); got != 1 {
		t.Errorf("the coördinator was told %d times, want 1", got)
	}
	if got := c.count(coordinator, read); got != 0 {
		t.Errorf("the signal was read, and the coördinator was told %d times", got)
	}
}

// What was sent by a program that died before it could write that down is sent
// again when its lease has passed, and stands there once.
func TestSentAgainAfterACrashIsSeenOnce(t *testing.T) {
	t.Parallel()
	k, c := monday(), newChat()
	g := onFile(t)
	r := g.replica(t, c, k)
	l := r.loop()
	l.lost.Store(true)
	r.acute("e-1")
	l.run(t, k)
	want := map[string]int{}
	for _, at := range []string{"web:e-1", deskChannel, "web:aandachtsfunctionaris-1", "web:aandachtsfunctionaris-2"} {
		want[at] = c.sent(at)
		if c.count(at, "Jouw code is")+c.count(at, r.ref("e-1")) != 1 {
			t.Fatalf("at %s stands: %v", at, c.at(at))
		}
	}
	l.lost.Store(false)
	k.on(store.Lease + time.Second)
	l.run(t, k)
	for at, before := range want {
		if c.sent(at) == before {
			t.Errorf("nothing was sent again to %s: the test shows nothing", at)
		}
		if n := c.count(at, "Jouw code is") + c.count(at, r.ref("e-1")); n != 1 {
			t.Errorf("it stands %d times at %s, want 1: %v", n, at, c.at(at))
		}
	}
}

// ref is the number at the desk of somebody's newest signal.
func (r *replica) ref(who string) string {
	r.t.Helper()
	own, err := r.store.Mine(context.Background(), private.New("web:"+who))
	if err != nil || len(own) == 0 {
		r.t.Fatalf("%s has no signal: %v", who, err)
	}
	return string(own[0].Ref)
}
