package slacktest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Result is what became of something that was brought to the app.
type Result struct {
	OK   bool            // acknowledged in time
	Body json.RawMessage // what came with it
}

// delivery is something that can be brought again.
type delivery struct {
	kind    string // events_api, interactive, slash_commands
	payload object
}

// UseHTTP brings everything to an address, signed, in place of Socket Mode.
func (w *Workspace) UseHTTP(u string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hook = u
}

// Sign is the signature of a body at a moment (docs.slack.dev/authentication/
// verifying-requests-from-slack).
func Sign(secret string, at time.Time, body []byte) http.Header {
	ts := strconv.FormatInt(at.Unix(), 10)
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(h, "v0:%s:%s", ts, body)
	return http.Header{
		"X-Slack-Request-Timestamp": {ts},
		"X-Slack-Signature":         {"v0=" + hex.EncodeToString(h.Sum(nil))},
	}
}

// deliver brings something to the app once, and keeps what it answers.
func (w *Workspace) deliver(d *delivery, attempt int, reason string) Result {
	got := w.bring(d, attempt, reason)
	w.recordAnswer(got.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	if o, ok := read(string(got.Body)).(object); ok {
		w.keep("answer", o)
	} else {
		w.keep("answer", object{"text": string(got.Body)})
	}
	return got
}

// bring is deliver over the way in that the app uses.
func (w *Workspace) bring(d *delivery, attempt int, reason string) Result {
	w.mu.Lock()
	hook := w.hook
	w.mu.Unlock()
	if hook != "" {
		return w.post(hook, d, attempt, reason)
	}
	env := object{"type": d.kind, "payload": d.payload, "accepts_response_payload": d.kind != "events_api"}
	if d.kind == "events_api" {
		env["retry_attempt"], env["retry_reason"] = attempt, reason
	}
	return w.push(env)
}

// Request is what goes to an HTTP app, unsigned.
func (d *delivery) request() (kind string, body []byte) {
	b, _ := json.Marshal(d.payload)
	switch d.kind {
	case "events_api":
		return "application/json", b
	case "interactive":
		return "application/x-www-form-urlencoded", []byte(url.Values{"payload": {string(b)}}.Encode())
	}
	form := url.Values{}
	for k, v := range d.payload {
		form.Set(k, fmt.Sprint(v))
	}
	return "application/x-www-form-urlencoded", []byte(form.Encode())
}

func (w *Workspace) post(hook string, d *delivery, attempt int, reason string) Result {
	kind, body := d.request()
	ctx, stop := context.WithTimeout(w.life, ackWait)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, hook, bytes.NewReader(body))
	if err != nil {
		return Result{}
	}
	r.Header = Sign(w.secret, w.now(), body)
	r.Header.Set("Content-Type", kind)
	if attempt > 0 {
		r.Header.Set("X-Slack-Retry-Num", strconv.Itoa(attempt))
		r.Header.Set("X-Slack-Retry-Reason", reason)
	}
	res, err := w.caller.Do(r)
	if err != nil {
		return Result{}
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return Result{OK: err == nil && res.StatusCode/100 == 2, Body: b}
}

// event brings an event, and again when it was not acknowledged: at once, after
// a minute and after five. It returns after the first time.
func (w *Workspace) event(inner object) Result {
	w.mu.Lock()
	d := &delivery{kind: "events_api", payload: object{
		"token": "old", "team_id": Team, "api_app_id": app, "type": "event_callback", "event": inner,
		"event_id": w.id("Ev"), "event_time": w.now().Unix(), "is_ext_shared_channel": false,
		"authorizations": []any{object{"team_id": Team, "user_id": Bot, "is_bot": true}},
	}}
	w.sent = append(w.sent, d)
	w.mu.Unlock()
	got := w.deliver(d, 0, "")
	if !got.OK && w.Retries {
		w.retry(d, 1)
	}
	return got
}

func (w *Workspace) retry(d *delivery, attempt int) {
	after := []time.Duration{0, 0, time.Minute, 5 * time.Minute}
	if attempt >= len(after) {
		w.mu.Lock()
		w.lost++
		w.mu.Unlock()
		return
	}
	w.later(after[attempt], func() {
		if !w.deliver(d, attempt, "timeout").OK {
			w.retry(d, attempt+1)
		}
	})
}

// act brings an act, once: Slack does not bring those again.
func (w *Workspace) act(kind string, payload object) Result {
	d := &delivery{kind: kind, payload: payload}
	w.mu.Lock()
	w.sent = append(w.sent, d)
	w.mu.Unlock()
	return w.deliver(d, 0, "")
}

// Again brings the newest thing once more, as the same.
func (w *Workspace) Again() Result {
	w.mu.Lock()
	d := w.sent[len(w.sent)-1]
	w.mu.Unlock()
	return w.deliver(d, 1, "timeout")
}

// Newest is the newest thing as an HTTP request: its media type and its body,
// to be signed.
func (w *Workspace) Newest() (kind string, body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent[len(w.sent)-1].request()
}

// Raw sends an envelope of Socket Mode as it is, but for its id.
func (w *Workspace) Raw(envelope string) Result {
	var o object
	if err := json.Unmarshal([]byte(envelope), &o); err != nil {
		w.t.Errorf("slacktest: envelope: %v", err)
		return Result{}
	}
	return w.push(o)
}

// Hook is where HTTP goes.
func (w *Workspace) Hook() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hook
}

// Lost is how many events were never acknowledged, however often they came.
func (w *Workspace) Lost() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}
