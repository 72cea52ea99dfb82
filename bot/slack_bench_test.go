package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	main "github.com/meldroute/meldroute/bot"

	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store/storetest"
)

// quick is a Slack that takes everything at once: a strict one would be the
// slowest part of what is measured.
type quick struct {
	stamp atomic.Int64
	forms sync.Map // by trigger or window: the channel to which the tokens of its forms go
}

func (q *quick) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Trigger string `json:"trigger_id"`
		Window  string `json:"view_id"`
		View    struct {
			Token string `json:"private_metadata"`
		} `json:"view"`
	}
	out := map[string]any{"ok": true, "ts": q.at()}
	switch strings.TrimPrefix(r.URL.Path, "/api/") {
	case "auth.test":
		out["team_id"], out["user_id"], out["bot_id"] = slacktest.Team, slacktest.Bot, "B0"
	case "users.info":
		out["user"] = map[string]any{"id": r.FormValue("user"), "team_id": slacktest.Team, "name": "x", "locale": "nl-NL"}
	case "conversations.open":
		out["channel"] = map[string]any{"id": "D" + r.FormValue("users")}
	case "conversations.info":
		out["channel"] = map[string]any{"id": meldpunt, "is_private": true, "is_member": true}
	case "conversations.members":
		out["members"] = []string{ineke, slacktest.Bot}
	case "chat.postMessage", "chat.update":
		out["channel"] = r.FormValue("channel")
	case "views.open", "views.update":
		if json.NewDecoder(r.Body).Decode(&in) != nil {
			out["ok"] = false
		}
		out["view"] = map[string]any{"id": in.Trigger + in.Window, "hash": "1"}
		if to, ok := q.forms.Load(in.Trigger + in.Window); ok {
			to.(chan string) <- in.View.Token
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

// at is a timestamp of Slack, each another.
func (q *quick) at() string {
	n := q.stamp.Add(1)
	return fmt.Sprintf("%d.%06d", n/1e6, n%1e6)
}

// presser fills in a report up to a form that may be skipped; then he skips it and
// goes back, over and over.
type presser struct {
	b       *testing.B
	slack   *quick
	bot     string
	user    string
	token   string
	shown   chan string
	pressed int
	again   int // presses that were not taken: he pressed once more
}

// bring brings an act to the bot, signed, and returns its answer; ok is false
// when it was not taken, since too much waits.
func (p *presser) bring(act map[string]any) (answer []byte, ok bool) {
	act["team"], act["user"] = map[string]any{"id": slacktest.Team}, map[string]any{"id": p.user}
	payload, err := json.Marshal(act)
	if err != nil {
		p.b.Error(err)
	}
	body := []byte(url.Values{"payload": {string(payload)}}.Encode())
	r, err := http.NewRequestWithContext(p.b.Context(), http.MethodPost, p.bot, bytes.NewReader(body))
	if err != nil {
		p.b.Error(err)
		return nil, true
	}
	r.Header = slacktest.Sign(slacktest.Secret, time.Now(), body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		p.b.Error(err)
		return nil, true
	}
	defer func() { _ = got.Body.Close() }()
	answer, err = io.ReadAll(got.Body)
	if taken := got.StatusCode != http.StatusServiceUnavailable; err != nil || taken && got.StatusCode != http.StatusOK {
		p.b.Errorf("status %d: %v", got.StatusCode, err)
	}
	return answer, got.StatusCode == http.StatusOK
}

// view is the window of a presser, with what stands in its fields.
func (p *presser) view(fields map[string]any) map[string]any {
	values := map[string]any{}
	for name, v := range fields {
		values["f/"+name] = map[string]any{"v": v}
	}
	return map[string]any{
		"id": p.user, "type": "modal", "hash": "1", "callback_id": "form", "private_metadata": p.token, "blocks": []any{},
		"state": map[string]any{"values": values},
	}
}

// fills submits the form, and takes the one that follows.
func (p *presser) fills(fields map[string]any) {
	var next struct {
		View struct {
			Token string `json:"private_metadata"`
		} `json:"view"`
	}
	answer, ok := p.bring(map[string]any{"type": "view_submission", "view": p.view(fields)})
	if !ok || json.Unmarshal(answer, &next) != nil || next.View.Token == "" {
		p.b.Fatal("no next form")
	}
	p.token = next.View.Token
}

// walks goes to the form that may be skipped.
func (p *presser) walks() {
	p.slack.forms.Store(p.user, p.shown)
	p.bring(map[string]any{
		"type": "block_actions", "trigger_id": p.user, "container": map[string]any{"type": "message", "channel_id": "D" + p.user, "message_ts": "1.0"},
		"actions": []any{map[string]any{"type": "button", "action_id": "press.0", "value": "cmd-report", "action_ts": p.slack.at()}},
	})
	p.token = <-p.shown
	one := func(v string) map[string]any {
		return map[string]any{"type": "radio_buttons", "selected_option": map[string]any{"value": v}}
	}
	p.fills(map[string]any{"what": map[string]any{"type": "plain_text_input", "value": "een vogel in een kas"}, "when": one("today"), "seen": one("self")})
	p.fills(map[string]any{"form": map[string]any{"type": "checkboxes", "selected_options": []any{map[string]any{"value": "other"}}}})
}

// press is one press, until its window was changed.
func (p *presser) press() {
	value := []string{"skip", "back"}[p.pressed%2]
	p.pressed++
	for {
		_, ok := p.bring(map[string]any{
			"type": "block_actions", "view": p.view(nil), "container": map[string]any{"type": "view", "view_id": p.user},
			"actions": []any{map[string]any{"type": "button", "action_id": "act.0", "value": value, "action_ts": p.slack.at()}},
		})
		if ok {
			break
		}
		p.again++
	}
	for was := p.token; p.token == was; { // until another form stands there
		p.token = <-p.shown
	}
}

// A signed press in a form on Slack over HTTP: verified, kept against replays,
// committed, acknowledged, and its window changed. The rate is that of one person
// or of 64 side by side, also against bare commits of 1 KB on SQLite in the same
// run. The processor time is that of everything in the process: the bot, a Slack
// that takes all, and who presses.
func BenchmarkSlackPress(b *testing.B) {
	for name, data := range map[string]func(testing.TB) string{
		"sqlite":   func(testing.TB) string { return "" },
		"postgres": func(t testing.TB) string { return storetest.Postgres(t) },
	} {
		for _, n := range []int{1, many} {
			b.Run(name+"/people-"+strconv.Itoa(n), func(b *testing.B) { benchPresses(b, n, data(b)) })
		}
	}
}

func benchPresses(b *testing.B, n int, database string) {
	q := &quick{}
	q.stamp.Store(time.Now().UnixMicro())
	api := httptest.NewServer(q)
	defer api.Close()
	source := slackConfig(b, b.TempDir(), true)
	if database != "" {
		before, after, _ := strings.Cut(source, "}\n")
		source = before + fmt.Sprintf(", database: {url: %q}}\n", database) + after
	}
	c, err := config.Parse("s.yaml", []byte(source), nil)
	if err != nil {
		b.Fatal(err)
	}
	out, done := &console{on: make(chan string, 1)}, make(chan error, 1)
	ctx, stop := context.WithCancel(b.Context())
	go func() {
		done <- main.ServeSlack(ctx, c, out, slog.New(slog.DiscardHandler), func(o *slack.Options) {
			o.API, o.Dial = api.URL+"/api/", (&net.Dialer{}).DialContext
		})
	}()
	defer func() {
		stop()
		if err := <-done; err != nil {
			b.Errorf("serve: %v", err)
		}
	}()
	var where string
	select {
	case where = <-out.on:
	case err := <-done:
		b.Fatal(err)
	}
	people := make([]*presser, n)
	for i := range people {
		people[i] = &presser{b: b, slack: q, bot: where, user: fmt.Sprintf("U0P%05d", i), shown: make(chan string, 16)}
		people[i].walks()
	}
	each := max(b.N/n, 1)
	before := processor()
	b.ResetTimer()
	begin := time.Now()
	var all sync.WaitGroup
	for _, p := range people {
		all.Go(func() {
			for range each {
				p.press()
			}
		})
	}
	all.Wait()
	took := time.Since(begin)
	b.StopTimer()
	did, again := float64(each*n), 0
	for _, p := range people {
		again += p.again
	}
	b.ReportMetric(float64(again)/did, "refused/press")
	b.ReportMetric(did/took.Seconds(), "presses/s")
	b.ReportMetric(float64((processor()-before).Microseconds())/did, "cpu-µs/press")
	b.ReportMetric(did/took.Seconds()/rate(bareCommits(b, max(b.N/4, 200))), "rate/bare")
}

// processor is the processor time that this process used.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
