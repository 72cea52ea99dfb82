package slack_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
	"github.com/meldroute/meldroute/config/private"
)

// hook is where an adapter over HTTP listens.
func hook(t testing.TB, x *house) (do func(kind string, body []byte, h http.Header) (int, string)) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return func(kind string, body []byte, h http.Header) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.ws.Hook(), bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = h.Clone()
		r.Header.Set("Content-Type", kind)
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
}

// press is a signed-to-be press as Slack sends it over HTTP.
func press(x *house, user string) (kind string, body []byte) {
	x.ws.Person(user).Press("Invullen")
	return x.ws.Newest()
}

// Only what Slack signed, a moment ago and for the first time, has an effect.
// All else gets the same answer.
func TestSignature(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	clock.Store(time.Now().UnixNano())
	now := func() time.Time { return time.Unix(0, clock.Load()) }
	b := &bot{}
	x := start(t, b, true, func(o *slack.Options) { o.Now = now })
	question(t, x, sanne)
	kind, body := press(x, sanne)
	do := hook(t, x)
	before := len(b.messages())
	refused := ""
	no := func(name, kind string, body []byte, h http.Header) {
		t.Helper()
		status, said := do(kind, body, h)
		if refused == "" {
			refused = said
		}
		if status != http.StatusUnauthorized || said != refused || len(b.messages()) != before {
			t.Errorf("%s: status %d, %q, %d messages", name, status, said, len(b.messages())-before)
		}
	}
	at := now().Add(-time.Minute) // Slack itself brought it since
	no("no signature", kind, body, http.Header{})
	no("wrong secret", kind, body, slacktest.Sign("other", at, body))
	no("empty secret", kind, body, slacktest.Sign("", at, body))
	no("stale", kind, body, slacktest.Sign(slacktest.Secret, at.Add(-5*time.Minute-time.Second), body))
	no("a day ahead", kind, body, slacktest.Sign(slacktest.Secret, at.Add(24*time.Hour), body))
	no("two minutes ahead", kind, body, slacktest.Sign(slacktest.Secret, now().Add(2*time.Minute), body))
	no("another body", kind, append(bytes.Clone(body), '&'), slacktest.Sign(slacktest.Secret, at, body))
	h := slacktest.Sign(slacktest.Secret, at, body)
	h.Set("X-Slack-Request-Timestamp", h.Get("X-Slack-Request-Timestamp")+"0")
	no("another timestamp", kind, body, h)
	big := bytes.Repeat([]byte("a"), 1<<20+1)
	no("too large", kind, big, slacktest.Sign(slacktest.Secret, at, big))

	valid := slacktest.Sign(slacktest.Secret, at, body)
	if status, _ := do(kind, body, valid); status != http.StatusOK || len(b.messages()) != before+1 {
		t.Fatalf("a valid request: status %d, %d messages", status, len(b.messages())-before)
	}
	before++
	for range 3 {
		no("a replay", kind, body, valid)
	}
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	x.run() // another replica, or a restart: the same memory
	no("a replay after a restart", kind, body, valid)
	clock.Add(int64(6*time.Minute + time.Second))
	no("a replay when it is no longer known", kind, body, valid)
}

// A payload in the address, which no signature covers, is nothing.
func TestPayloadInTheQuery(t *testing.T) {
	t.Parallel()
	b := &bot{}
	x := start(t, b, true, nil)
	question(t, x, sanne)
	kind, body := press(x, sanne)
	before := len(b.messages())
	payload, err := url.ParseQuery(string(body))
	if err != nil {
		t.Fatal(err)
	}
	base := x.ws.Hook()
	x.ws.UseHTTP(base + "?" + payload.Encode())
	if status, _ := hook(t, x)(kind, nil, slacktest.Sign(slacktest.Secret, time.Now(), nil)); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if n := len(b.messages()); n != before {
		t.Error("what was not signed had an effect")
	}
}

// Slack asks once whether the address is ours, and at times whether its
// certificate is good.
func TestChallenge(t *testing.T) {
	t.Parallel()
	x := start(t, &bot{}, true, nil)
	if !x.adapter.Linked() {
		t.Error("it listens and is not linked")
	}
	do := hook(t, x)
	body := []byte(`{"type":"url_verification","token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV"}`)
	if status, said := do("application/json", body, slacktest.Sign(slacktest.Secret, time.Now(), body)); status != http.StatusOK || said != "3eZbrw1aBm2rZgRNFdxV" {
		t.Errorf("got %d %q", status, said)
	}
	if status, _ := do("application/json", body, slacktest.Sign("other", time.Now(), body)); status != http.StatusUnauthorized {
		t.Errorf("unsigned: %d", status)
	}
	body = []byte("ssl_check=1&token=x")
	if status, _ := do("application/x-www-form-urlencoded", body, slacktest.Sign(slacktest.Secret, time.Now(), body)); status != http.StatusOK {
		t.Errorf("ssl_check: %d", status)
	}
}

// What was not taken may come again, as Slack sends it and byte for byte.
func TestNotTakenComesAgain(t *testing.T) {
	t.Parallel()
	b := &bot{}
	x := start(t, b, true, nil)
	question(t, x, sanne)
	kind, body := press(x, sanne)
	do := hook(t, x)
	h := slacktest.Sign(slacktest.Secret, time.Now().Add(time.Second), body)
	before := len(b.messages())
	b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
		return adapters.Answer{}, errors.New("no")
	})
	if status, _ := do(kind, body, h); status != http.StatusServiceUnavailable {
		t.Errorf("not taken: status %d", status)
	}
	b.does(nil)
	if status, _ := do(kind, body, h); status != http.StatusOK || len(b.messages()) != before+2 {
		t.Errorf("again: status %d", status)
	}
	x.memory.Break(true)
	h = slacktest.Sign(slacktest.Secret, time.Now().Add(2*time.Second), body)
	if status, _ := do(kind, body, h); status != http.StatusServiceUnavailable || len(b.messages()) != before+2 {
		t.Errorf("without a memory: status %d", status)
	}
}

// Other addresses and methods are not there.
func TestOnlyOnePath(t *testing.T) {
	t.Parallel()
	x := start(t, &bot{}, true, nil)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	for _, u := range []string{x.ws.Hook(), strings.TrimSuffix(x.ws.Hook(), slack.Path) + "/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode < 400 {
			t.Errorf("GET %s: %d", u, res.StatusCode)
		}
	}
}

// BenchmarkSignedPress is a press over HTTP: verified, kept against replays,
// read, handled and answered.
func BenchmarkSignedPress(b *testing.B) {
	h := &bot{}
	x := start(b, h, true, nil)
	question(b, x, sanne)
	_, body := press(x, sanne)
	a := slack.NewReceiver(b, x.adapter, h)
	at := time.Now()
	b.ReportAllocs()
	var n int64
	for b.Loop() {
		n++
		one := append(bytes.Clone(body), "&n="+strconv.FormatInt(n, 10)...)
		if got := a("application/x-www-form-urlencoded", one, slacktest.Sign(slacktest.Secret, at, one)); got != http.StatusOK {
			b.Fatal(got)
		}
		if n%100 == 0 {
			x.memory.Lose("")
			h.clear()
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "presses/s")
}

// BenchmarkDecode reads a press under a message and one in a window, as much as is
// needed of each, against slack-go's reading of all of it.
func BenchmarkDecode(b *testing.B) {
	h := &bot{}
	x := start(b, h, true, nil)
	question(b, x, sanne)
	_, body := press(x, sanne)
	form, err := url.ParseQuery(string(body))
	if err != nil {
		b.Fatal(err)
	}
	f := adapters.Form{Token: "t", Title: "Wat nog meer?", Intro: strings.Repeat("Lees dit. ", 100), Submit: "Verder"}
	for i := range 10 {
		f.Fields = append(f.Fields, adapters.Field{Name: "f" + strconv.Itoa(i), Label: "Wat zag je?", Kind: adapters.Area, Max: 2000, Value: private.List(strings.Repeat("vogel ", 100))})
	}
	window, err := x.adapter.Modal(f, "nl")
	if err != nil {
		b.Fatal(err)
	}
	for name, payload := range map[string][]byte{
		// Slack names every block, also one that we gave no name.
		"message": []byte(strings.Replace(form.Get("payload"), `"block_id":null`, `"block_id":"b1"`, 1)),
		"window":  []byte(`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"actions":[{"action_id":"act.0","block_id":"b1","type":"button","value":"skip","action_ts":"1.2"}],"view":` + string(window) + `}`),
	} {
		b.Run(name, func(b *testing.B) {
			took := func(decode func([]byte) error) time.Duration {
				begin := time.Now()
				for range b.N {
					if err := decode(payload); err != nil {
						b.Fatal(err)
					}
				}
				return time.Since(begin)
			}
			all, ours := took(slack.DecodeAll), took(slack.Decode)
			b.ReportMetric(float64(len(payload)), "bytes")
			b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns-ours/op")
			b.ReportMetric(float64(ours)/float64(all), "ours/slack-go")
		})
	}
}
