package slack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// Path is where events, acts and commands come in over HTTP.
const Path = "/slack"

const (
	maxBody  = 1 << 20
	maxAge   = 5 * time.Minute // of a signed request (docs.slack.dev/authentication)
	maxAhead = time.Minute     // that Slack's clock may be ahead of ours

	scopeSeen = "seen"
)

// serve takes requests until ctx ends.
func (s *server) serve(ctx context.Context) error {
	ln := s.opt.Listener
	if ln == nil {
		var lc net.ListenConfig
		var err error
		if ln, err = lc.Listen(ctx, "tcp", s.opt.Listen); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, s.request)
	srv := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: actTime + 5*time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: log.New(complaint{s}, "", 0),
	}
	served := make(chan error, 1)
	go func() {
		if s.opt.Cert != "" {
			served <- srv.ServeTLS(ln, s.opt.Cert, s.opt.Key)
			return
		}
		served <- srv.Serve(ln)
	}()
	s.links.Add(1)
	defer s.links.Add(-1)
	s.look()
	if s.opt.Ready != nil {
		s.opt.Ready("http://" + ln.Addr().String() + Path)
	}
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(s.life, stopTime)
	defer cancel()
	if srv.Shutdown(end) != nil {
		_ = srv.Close()
	}
	<-served
	return nil
}

// complaint takes what net/http logs, which may hold content: only that it did
// is passed on.
type complaint struct{ s *server }

func (c complaint) Write(b []byte) (int, error) {
	c.s.opt.Log.Warn("slack: http server complained", "bytes", len(b))
	return len(b), nil
}

// request takes one request. Whatever is wrong with it, the answer is the same.
func (s *server) request(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w)
		return
	}
	until, ok := s.signed(r.Header, body)
	if !ok {
		s.opt.Log.Warn("slack: a request was not signed by Slack, or too long ago")
		refuse(w)
		return
	}
	x, challenge, err := s.parse(r.Header.Get("Content-Type"), body)
	switch {
	case err != nil:
		s.opt.Log.Error("slack: an act could not be read", "why", why(err))
		x = &act{} // acknowledged: it will not be read better the next time
	case challenge != "":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, challenge)
		return
	}
	s.respond(w, r, x, until)
}

func refuse(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, "no\n")
}

// signed checks the signature of a request on its raw body, and its age: neither
// old nor ahead of time. until is when it counts no longer.
func (s *server) signed(h http.Header, body []byte) (until time.Time, ok bool) {
	ts := h.Get("X-Slack-Request-Timestamp")
	secs, err := strconv.ParseInt(ts, 10, 64)
	if err != nil {
		return until, false
	}
	at, now := time.Unix(secs, 0), s.opt.Now()
	mac := hmac.New(sha256.New, []byte(s.opt.Secret))
	_, _ = mac.Write([]byte("v0:" + ts + ":"))
	_, _ = mac.Write(body)
	want := "v0=" + hex.EncodeToString(mac.Sum(nil))
	if !hmac.Equal([]byte(want), []byte(h.Get("X-Slack-Signature"))) {
		return until, false
	}
	return at.Add(maxAge + maxAhead), at.After(now.Add(-maxAge)) && at.Before(now.Add(maxAhead))
}

// parse reads a request whose signature holds, from those bytes alone.
func (s *server) parse(kind string, body []byte) (x *act, challenge string, err error) {
	kind, _, err = mime.ParseMediaType(kind)
	if err != nil {
		return nil, "", err
	}
	if kind == "application/json" {
		var o outer
		if err := json.Unmarshal(body, &o); err != nil {
			return nil, "", err
		}
		if o.Type == "url_verification" {
			return nil, cut(o.Challenge, 200), nil
		}
		x, err = s.event(o)
		return x, "", err
	}
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, "", err
	}
	if p := v.Get("payload"); p != "" {
		var in interaction
		if err := json.Unmarshal([]byte(p), &in); err != nil {
			return nil, "", err
		}
		x, err = s.interactive(in)
		return x, "", err
	}
	if v.Get("command") == "" { // ssl_check
		return &act{}, "", nil
	}
	x, err = s.slash(slashCommand{Team: v.Get("team_id"), User: v.Get("user_id"), Text: v.Get("text"), Trigger: v.Get("trigger_id")})
	return x, "", err
}

// respond does an act and answers the request: at once when it is acknowledged,
// also when the act goes on after that, and with an error when it never is.
func (s *server) respond(w http.ResponseWriter, r *http.Request, x *act, until time.Time) {
	key := r.Header.Get("X-Slack-Signature")
	fresh, known := s.first(r.Context(), key, until)
	if known && !fresh {
		refuse(w)
		return
	}
	if !known && x.kind != ignored { // what cannot be kept is not taken; 112 is shown all the same
		<-s.early(x)
		s.sorry(x)
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	}
	var once sync.Once
	acked, over := make(chan []byte, 1), make(chan struct{})
	x.ack = func(answer any) {
		once.Do(func() {
			var b bytes.Buffer
			if answer != nil {
				_ = json.NewEncoder(&b).Encode(answer)
			}
			acked <- b.Bytes()
		})
	}
	s.take(x, func() { close(over) })
	select {
	case b := <-acked:
		write(w, b)
	case <-over:
		select {
		case b := <-acked:
			write(w, b)
		default:
			s.forget(key) // it was not taken: the same may come again
			http.Error(w, "later", http.StatusServiceUnavailable)
		}
	}
}

func write(w http.ResponseWriter, b []byte) {
	if len(b) > 0 {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
}

// first reports whether a signature was not seen before, by this replica or
// another; known is false when that cannot be learned.
func (s *server) first(ctx context.Context, key string, until time.Time) (fresh, known bool) {
	ctx, cancel := context.WithTimeout(ctx, keepTime)
	defer cancel()
	_, fresh, err := s.opt.Memory.Put(ctx, adapters.Item{Scope: scopeSeen, Key: key, Until: until})
	if err != nil {
		s.opt.Log.Error("slack: replays cannot be told apart", "err", err)
	}
	return fresh, err == nil
}

func (s *server) forget(key string) {
	ctx, cancel := context.WithTimeout(s.life, keepTime)
	defer cancel()
	if err := s.opt.Memory.Forget(ctx, scopeSeen, key); err != nil && !errors.Is(err, context.Canceled) {
		s.opt.Log.Warn("slack: what was not taken may not come again", "err", err)
	}
}

// sorry says in words that an act was not taken.
func (s *server) sorry(x *act) {
	s.begins(func() {
		ctx, cancel := context.WithTimeout(s.life, callTime)
		defer cancel()
		x.ack = func(any) {}
		s.notice(ctx, x, s.say(x, "slack.failed"))
	})
}
