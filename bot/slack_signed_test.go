package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

// letter is a request of Slack's that has not arrived yet.
type letter struct {
	t    testing.TB
	kind string
	body []byte
}

// letter keeps an act from the bot.
func (v *village) letter(act func() slacktest.Result) letter {
	hook := v.ws.Hook()
	v.ws.UseHTTP("http://" + free(v.t))
	if act().OK {
		v.t.Fatal("it arrived")
	}
	v.ws.UseHTTP(hook)
	kind, body := v.ws.Newest()
	return letter{v.t, kind, body}
}

// bring brings it to a replica and returns the status of its answer.
func (l letter) bring(address string, signature http.Header) int {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, "http://"+address+slack.Path, bytes.NewReader(l.body))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header = signature.Clone()
	r.Header.Set("Content-Type", l.kind)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// Of what was typed and of the press that sends a report, brought to two
// replicas on one PostgreSQL: signed too long ago, a day ahead or by another it
// has no effect, once it has, and the same bytes again have none at either
// replica, also after both were restarted. Nor has what Slack itself brings
// again, signed anew.
func TestSlackSigned(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.ws.Retries = false
	listen := []string{free(t), free(t)}
	v.ws.UseHTTP(newFront(t, listen).URL + slack.Path)
	for _, l := range listen {
		v.start(l)
	}
	x := v.villager(0)
	typed := v.letter(func() slacktest.Result { return x.Type("help") })
	x.asked++
	again := v.signed(x, typed, listen, func() bool { return x.reads("Je kunt altijd iets typen.") == 1 })

	x.fill()
	sent := v.letter(func() slacktest.Result { return x.PressModal("choose:send") })
	alsoAgain := v.signed(x, sent, listen, func() bool {
		m := x.Modal()
		return x.receipts() == 1 && len(v.cards()) == 1 && m != nil && m.Callback == "done"
	})

	for _, p := range v.programs {
		p.stop()
		p.run()
	}
	again()
	alsoAgain()
	v.account([]*villager{x}, 0)
}

// fill fills in a report until it can be sent.
func (x *villager) fill() {
	mark := x.mark()
	ctx, cancel := context.WithTimeout(context.Background(), stall)
	defer cancel()
	for !x.ready(x.Modal()) {
		screen := x.screen()
		if x.next(x.Modal(), mark, x.home).OK {
			x.await(ctx, screen)
		}
		if ctx.Err() != nil {
			x.v.t.Fatalf("%s never came to the end of the form; he sees %s", x.id, x.screen())
		}
	}
}

// signed brings a letter in all ways that have no effect, and in the one that
// has, after which done holds. What comes back brings it once more to both
// replicas.
func (v *village) signed(x *villager, l letter, listen []string, done func() bool) (again func()) {
	v.t.Helper()
	no := func(name, address string, want int, signature http.Header) {
		v.t.Helper()
		before := x.all()
		if got := l.bring(address, signature); got != want {
			v.t.Errorf("%s: status %d, want %d", name, got, want)
		}
		if after := x.all(); after != before {
			v.t.Errorf("%s had an effect (-before +after):\n%s", name, cmp.Diff(strings.Split(before, "\n"), strings.Split(after, "\n")))
		}
	}
	now := time.Now()
	for _, address := range listen {
		no("stale", address, http.StatusUnauthorized, slacktest.Sign(slacktest.Secret, now.Add(-5*time.Minute-time.Second), l.body))
		no("a day ahead", address, http.StatusUnauthorized, slacktest.Sign(slacktest.Secret, now.Add(24*time.Hour), l.body))
		no("another secret", address, http.StatusUnauthorized, slacktest.Sign("other", now, l.body))
	}
	valid := slacktest.Sign(slacktest.Secret, now, l.body)
	if got := l.bring(listen[0], valid); got != http.StatusOK || l.t.Failed() {
		v.t.Fatalf("a valid request: status %d", got)
	}
	until(v.t, "the effect of a valid request", done)
	again = func() {
		v.t.Helper()
		for _, address := range []string{listen[1], listen[0], listen[1]} {
			no("a replay", address, http.StatusUnauthorized, valid)
		}
		for _, address := range listen {
			now = now.Add(time.Second) // another signature
			no("brought again by Slack", address, http.StatusOK, slacktest.Sign(slacktest.Secret, now, l.body))
		}
	}
	again()
	return again
}

// all is what he and the desk have before them.
func (x *villager) all() string {
	return fmt.Sprint(x.screen(), x.v.ws.Posts(x.id), x.v.ws.Posts(meldpunt))
}
