package slack_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/slack"
)

// guard is a bot that watches its channel.
type guard struct {
	bot
	looks atomic.Int32
	fails atomic.Int32
	at    adapters.Address
}

func (g *guard) Changed(_ context.Context, at adapters.Address) error {
	g.looks.Add(1)
	g.at = at
	if g.fails.Add(-1) >= 0 {
		return errors.New("not known")
	}
	return nil
}

// The bot looks at the desk's channel at the start, after a time in which it
// heard nothing, and when somebody in it came, left or became another; not at
// what happens elsewhere. When nobody knows who reads it, it looks again.
func TestChannelIsWatched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &guard{}
		x := start(t, g, false, func(o *slack.Options) { o.Channel = desk })
		looked := func(what string, want int32) {
			t.Helper()
			synctest.Wait()
			if got := g.looks.Swap(0); got != want {
				t.Errorf("%s: looked %d times, want %d", what, got, want)
			}
		}
		looked("start", 1)
		if g.at != address(desk) {
			t.Error("at another channel")
		}
		if _, err := x.adapter.Room(t.Context(), address(desk)); err != nil {
			t.Fatal(err)
		}
		p := x.ws.Person(ineke)
		user := func(id string, guest bool) map[string]any {
			return map[string]any{"user": map[string]any{"id": id, "is_restricted": guest}}
		}
		p.Event("member_joined_channel", map[string]any{"channel": desk})
		looked("joined", 1)
		p.Event("member_left_channel", map[string]any{"channel": "C0ELDERS"})
		p.Event("user_change", user(ineke, false))
		p.Event("user_change", user("U0ELDERS", true))
		looked("nothing", 0)
		p.Event("user_change", user(ineke, true))
		looked("a guest", 1)
		g.fails.Store(3)
		p.Event("group_archive", map[string]any{"channel": desk})
		<-time.After(time.Minute)
		looked("failing", 4)
		x.ws.Break()
		<-time.After(time.Minute)
		looked("reconnected", 1)
	})
}

// A bot whose token is revoked ends, also when it watches a channel: it does not
// look alive and hear nothing.
func TestRevokedWhileWatching(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := &house{
			t: t, ws: workspace(t), memory: &adaptertest.Memory{}, log: &adaptertest.Log{}, handler: &guard{},
			change: func(o *slack.Options) { o.Channel = desk },
		}
		ready := make(chan string, 1)
		_, stop, done := x.begin(func(how string) { ready <- how })
		defer stop()
		<-ready
		x.ws.Revoke()
		select {
		case err := <-done:
			if err == nil {
				t.Error("it ended without an error")
			}
		case <-time.After(time.Hour):
			t.Error("it did not end")
			stop()
			<-done
		}
	})
}
