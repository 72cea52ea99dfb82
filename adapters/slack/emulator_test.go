package slack_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

// emulator is somebody else's Slack: emulate from npm, which knows nothing of
// this adapter or of slacktest. It knows the Web API with its scopes, triggers
// and memberships. It knows no Socket Mode, no events, no limits of blocks, no
// guests, no X-OAuth-Scopes and no scope for commands: acts are brought here
// over HTTP, as Slack brings them, with triggers that the emulator hands out.
//
// It takes tokens from a header alone, where slack-go sends them in the form: the
// proxy before it adds the header, and remembers what was refused. slack-go ends
// an upload twice; what follows the end is to be ignored (RFC 2046, 5.1.1), but
// the emulator does not, so the proxy takes it off.
type emulator struct {
	t       *testing.T
	proxy   *httptest.Server
	process *os.Process
	log     *adaptertest.Log

	mu      sync.Mutex
	refused []string       // "method: code", in order
	lose    map[string]int // answers that are lost, by method
	calls   map[string]int
	people  map[string]string
	hook    string // where the adapter takes acts
	acts    int
	views   []json.RawMessage // as the emulator keeps them, oldest first
	heard   chan struct{}     // closed at the next answer
}

// Who and what is in the emulator's workspace.
const (
	emTeam  = "T000000001"
	emBot   = "U0BOT"
	emOwner = "xoxp-owner" // may do all, for what people do
	emOpen  = "C000000001" // a public channel, there from the start
)

// stopped makes its clock stand still, so that no trigger expires on a slow
// machine, until it is told to go on by a minute.
const stopped = `let now = Date.now(); Date.now = () => now; process.on("SIGUSR2", () => { now += 60000 })`

// emulate starts the emulator. On a laptop without it the test is skipped and
// says what to install; in CI that is a failure.
func emulate(t *testing.T) *emulator {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("no node here: install it with `apt install nodejs npm`")
	}
	program := os.Getenv("MELDROUTE_EMULATE")
	if _, err := os.Stat(program); program == "" || err != nil {
		missing("no emulate here: `npm ci --ignore-scripts` in .ci/emulate, and point MELDROUTE_EMULATE at its node_modules/emulate/dist/index.js")
	}
	e := &emulator{t: t, log: &adaptertest.Log{}, lose: map[string]int{}, calls: map[string]int{}, people: map[string]string{}, heard: make(chan struct{})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	_ = ln.Close()
	e.serve("http://127.0.0.1:" + port)

	seed := filepath.Join(t.TempDir(), "seed.json")
	b, err := json.Marshal(map[string]any{"slack": e.seed()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(seed, b, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, node, "--import", "data:text/javascript,"+url.PathEscape(stopped), program, "start", "--service", "slack", "--port", port, "--seed", seed, "--base-url", e.proxy.URL)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	e.process = cmd.Process
	read := make(chan struct{})
	t.Cleanup(func() { stop(); <-read; _ = cmd.Wait() })
	up := make(chan bool, 1)
	go func() {
		defer close(read)
		for s := bufio.NewScanner(out); s.Scan(); {
			if strings.Contains(s.Text(), e.proxy.URL) { // said when it listens
				up <- true
			}
		}
		close(up)
	}()
	if !<-up {
		<-read
		t.Fatalf("emulate did not start: %s", said.String())
	}
	var all struct {
		Members []struct{ ID, Name string }
	}
	e.call(emOwner, "users.list", nil, &all)
	for _, m := range all.Members {
		e.people[m.Name] = m.ID
	}
	return e
}

// seed is a workspace with a bot that has a user of its own, and for each scope
// a token that lacks it.
func (e *emulator) seed() any {
	type object = map[string]any
	token := func(token, user string, scopes []string) object {
		return object{"token": token, "type": "bot", "user": user, "bot_id": "B0BOT", "app_id": "A0APP", "scopes": scopes}
	}
	app := func(id, name string) object {
		return object{
			"client_id": "1." + id, "client_secret": "x", "app_id": "A0" + id, "name": name, "redirect_uris": []string{},
			"bot_id": "B0" + id, "bot_user_id": "U0" + id, "bot_name": strings.ToLower(name), "scopes": slack.Scopes(),
		}
	}
	bot := app("APP", "Meldroute")
	bot["bot_id"], bot["bot_user_id"] = "B0BOT", emBot
	tokens := []object{
		token(slacktest.BotToken, emBot, slack.Scopes()),
		token(emOwner, "admin", []string{"chat:write", "groups:read", "groups:write", "groups:history", "im:write", "im:history", "users:read"}),
		token("xoxp-sanne", "sanne", []string{"chat:write", "im:write"}),
	}
	for _, s := range slack.Scopes() {
		tokens = append(tokens, token(without(s), emBot, slices.DeleteFunc(slack.Scopes(), func(x string) bool { return x == s })))
	}
	return object{
		"strict_scopes": true,
		"users":         []object{{"name": "sanne", "real_name": "Sanne"}, {"name": "ineke", "real_name": "Ineke"}},
		"oauth_apps":    []object{bot, app("OTHER", "Andere")},
		"tokens":        tokens,
	}
}

func without(scope string) string { return "xoxb-without-" + strings.ReplaceAll(scope, ":", "-") }

// serve begins the proxy.
func (e *emulator) serve(to string) {
	target, err := url.Parse(to)
	if err != nil {
		e.t.Fatal(err)
	}
	transport := &http.Transport{}
	p := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: transport, ModifyResponse: e.hear,
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	e.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if form, err := url.ParseQuery(string(body)); err == nil && form.Get("token") != "" {
			r.Header.Set("Authorization", "Bearer "+form.Get("token"))
		}
		if _, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); params["boundary"] != "" {
			end := "\r\n--" + params["boundary"] + "--\r\n"
			form, _, _ := strings.Cut(string(body), end)
			body = []byte(form + end)
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		p.ServeHTTP(w, r)
	}))
	e.t.Cleanup(func() { e.proxy.Close(); transport.CloseIdleConnections() })
}

// hear remembers what was answered, and loses answers.
func (e *emulator) hear(r *http.Response) error {
	method, isCall := strings.CutPrefix(r.Request.URL.Path, "/api/")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var said struct {
		OK    bool
		Error string
		View  json.RawMessage
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.heard)
	e.heard = make(chan struct{})
	e.calls[method]++
	switch {
	case !isCall && r.StatusCode != http.StatusOK:
		e.refused = append(e.refused, "upload: "+r.Status)
	case !isCall:
		return nil
	case json.Unmarshal(body, &said) != nil || !said.OK:
		e.refused = append(e.refused, method+": "+said.Error)
	case said.View != nil:
		e.views = append(e.views, said.View)
	}
	if e.lose[method] > 0 {
		e.lose[method]--
		return net.ErrClosed
	}
	return nil
}

// within lets a part of the test speak for itself.
func (e *emulator) within(t *testing.T) {
	was := e.t
	e.t = t
	t.Cleanup(func() { e.t = was })
}

// loses lets the next answer of a method be lost; "" lets all arrive.
func (e *emulator) loses(method string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.lose)
	e.lose[method] = 1
}

// answers waits until a method was answered so often.
func (e *emulator) answers(method string, n int) {
	e.t.Helper()
	e.await(method, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.calls[method] >= n
	})
}

// took fails the test unless this, and nothing else, was refused since it was
// asked last.
func (e *emulator) took(what string, want ...string) {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Equal(e.refused, want) {
		e.t.Errorf("%s: refused %q, want %q\n%s", what, e.refused, want, e.log)
	}
	e.refused = nil
}

// await waits until something holds, and looks again at each answer.
func (e *emulator) await(what string, ok func() bool) {
	e.t.Helper()
	limit := time.After(10 * time.Second)
	for {
		e.mu.Lock()
		heard := e.heard
		e.mu.Unlock()
		if ok() {
			return
		}
		select {
		case <-heard:
		case <-limit:
			e.t.Fatalf("%s: not seen\n%s", what, e.log)
		}
	}
}

// shown is a view, as the emulator keeps it.
type shown struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Hash     string `json:"hash"`
	Callback string `json:"callback_id"`
	Token    string `json:"private_metadata"`
	all      map[string]any
}

// view waits for the nth view and returns it.
func (e *emulator) view(n int) (v shown) {
	e.t.Helper()
	var raw json.RawMessage
	e.await("view "+strconv.Itoa(n), func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.views) < n {
			return false
		}
		raw = e.views[n-1]
		return true
	})
	if err := json.Unmarshal(raw, &v); err != nil {
		e.t.Error(err)
	}
	if err := json.Unmarshal(raw, &v.all); err != nil {
		e.t.Error(err)
	}
	return v
}

// call calls a method as somebody, and returns why it was refused.
func (e *emulator) call(token, method string, args map[string]string, into any) (code string) {
	e.t.Helper()
	return caller(e.t, e.proxy.Client(), e.proxy.URL+"/api/")(token, method, args, into)
}

// channel makes a private channel of the owner's, with these members more.
func (e *emulator) channel(name string, members ...string) string {
	e.t.Helper()
	var made struct{ Channel struct{ ID string } }
	if code := e.call(emOwner, "conversations.create", map[string]string{"name": name, "is_private": "true"}, &made); code != "" {
		e.t.Fatalf("channel: %s", code)
	}
	if len(members) > 0 {
		if code := e.call(emOwner, "conversations.invite", map[string]string{"channel": made.Channel.ID, "users": strings.Join(members, ",")}, nil); code != "" {
			e.t.Fatalf("invite: %s", code)
		}
	}
	return made.Channel.ID
}

// texts are those of the messages in a place, oldest first, as somebody reads
// them there.
func (e *emulator) texts(token, channel string) []string {
	e.t.Helper()
	var page struct{ Messages []struct{ Text string } }
	if code := e.call(token, "conversations.history", map[string]string{"channel": channel}, &page); code != "" {
		e.t.Errorf("history: %s", code)
	}
	var out []string
	for _, m := range slices.Backward(page.Messages) {
		out = append(out, m.Text)
	}
	return out
}

// dialogue is the channel of somebody and the bot.
func (e *emulator) dialogue(person string) string {
	e.t.Helper()
	var got struct{ Channel struct{ ID string } }
	if code := e.call(slacktest.BotToken, "conversations.open", map[string]string{"users": person}, &got); code != "" {
		e.t.Fatalf("dialogue: %s", code)
	}
	return got.Channel.ID
}

// start starts an adapter with this token.
func (e *emulator) start(token string, h adapters.Handler) *slack.Adapter {
	e.t.Helper()
	ready, done := make(chan string, 1), make(chan error, 1)
	a, err := slack.New(slack.Options{
		BotToken: token, Secret: slacktest.Secret, Listen: "127.0.0.1:0", Team: emTeam, Memory: &adaptertest.Memory{}, Say: adaptertest.Say(e.t, "slack"),
		API: e.proxy.URL + "/api/", Dial: (&net.Dialer{}).DialContext,
		Log: slog.New(slog.NewTextHandler(e.log, nil)), Ready: func(how string) { ready <- how },
	})
	if err != nil {
		e.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() { done <- a.Run(ctx, h) }()
	e.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			e.t.Errorf("run: %v", err)
		}
	})
	select {
	case e.hook = <-ready:
	case err := <-done:
		done <- nil
		e.t.Fatalf("run: %v", err)
	}
	return a
}

// trigger is a new one of somebody's.
func (e *emulator) trigger(person string) string {
	e.t.Helper()
	var got struct {
		ID string `json:"trigger_id"`
	}
	if code := e.call(slacktest.BotToken, "views.generateTriggerId", map[string]string{"user_id": person}, &got); code != "" {
		e.t.Fatalf("trigger: %s", code)
	}
	return got.ID
}

// later lets a minute pass.
func (e *emulator) later() {
	e.t.Helper()
	at := func() (s float64) {
		var got struct {
			At float64 `json:"expires_at"`
		}
		e.call(slacktest.BotToken, "views.generateTriggerId", nil, &got)
		return got.At
	}
	before := at()
	if err := e.process.Signal(syscall.SIGUSR2); err != nil {
		e.t.Fatal(err)
	}
	e.await("a minute", func() bool { return at() > before })
}

// act brings an act of somebody's as Slack does, signed, and returns the answer.
func (e *emulator) act(person, kind, trigger string, more map[string]any) string {
	e.t.Helper()
	e.acts++
	in := map[string]any{
		"type": kind, "trigger_id": trigger, "team": map[string]any{"id": emTeam}, "user": map[string]any{"id": person, "team_id": emTeam},
	}
	maps.Copy(in, more)
	b, err := json.Marshal(in)
	if err != nil {
		e.t.Fatal(err)
	}
	return e.post("application/x-www-form-urlencoded", []byte(url.Values{"payload": {string(b)}}.Encode()))
}

// press presses a button with this action and value.
func (e *emulator) press(person, channel, trigger, action, value string, view any) string {
	e.t.Helper()
	more := map[string]any{"actions": []any{map[string]any{
		"type": "button", "action_id": action, "value": value, "action_ts": strconv.Itoa(1700000000+e.acts) + ".000100",
	}}}
	if view != nil {
		more["view"] = view
	} else {
		more["container"] = map[string]any{"type": "message", "channel_id": channel, "message_ts": "1700000000.000100"}
	}
	return e.act(person, "block_actions", trigger, more)
}

func (e *emulator) event(inner map[string]any) {
	e.t.Helper()
	e.acts++
	b, err := json.Marshal(map[string]any{"type": "event_callback", "team_id": emTeam, "event_id": "Ev" + strconv.Itoa(e.acts), "event": inner})
	if err != nil {
		e.t.Fatal(err)
	}
	e.post("application/json", b)
}

func (e *emulator) post(kind string, body []byte) string {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, e.hook, bytes.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header = slacktest.Sign(slacktest.Secret, time.Now(), body)
	r.Header.Set("Content-Type", kind)
	res, err := e.proxy.Client().Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		e.t.Errorf("an act: status %d, %v\n%s", res.StatusCode, err, e.log)
	}
	return string(b)
}
