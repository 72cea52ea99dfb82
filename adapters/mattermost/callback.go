package mattermost

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// The bounds of a callback. Nothing that the server sends is longer than a
// submitted form; it waits 30 s for an answer.
const (
	maxBody      = 64 << 10
	maxCallbacks = 64 // at once
	headTime     = 5 * time.Second
	readTime     = 10 * time.Second
	answerTime   = 25 * time.Second
)

// The kinds of callback. The address of a press is known to the server only,
// that of a dialog to whoever opens one: each has a secret of its own.
const (
	pathPress   = "press"
	pathForm    = "form"
	pathCommand = "command"
)

// errRefused is every callback that is not taken. Why is not told to anybody:
// whoever tries finds nothing out.
var errRefused = errors.New("mattermost: callback refused")

// callbackURL is where the server brings a kind of callback.
func (a *Adapter) callbackURL(ctx context.Context, kind string) (string, error) {
	word, err := a.secret.name(ctx, "path", kind)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(a.opt.Callback.URL)
	if err != nil {
		return "", err
	}
	if u.Port() == "0" {
		port := a.port.Load()
		if port == nil {
			return "", errors.New("no address for callbacks yet")
		}
		u.Host = net.JoinHostPort(u.Hostname(), *port)
	}
	return u.JoinPath(Platform, kind, word).String(), nil
}

// listen opens the way in for callbacks and returns what serves it.
func (r *run) listen(ctx context.Context) (serve func(context.Context) error, err error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", r.opt.Callback.Listen)
	if err != nil {
		return nil, fmt.Errorf("mattermost: listen for callbacks: %w", err)
	}
	if _, port, err := net.SplitHostPort(ln.Addr().String()); err == nil {
		r.port.Store(&port)
	}
	busy := make(chan struct{}, maxCallbacks)
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			select {
			case busy <- struct{}{}:
				defer func() { <-busy }()
				r.callback(w, q)
			default:
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}),
		BaseContext:       func(net.Listener) context.Context { return r.life },
		ReadHeaderTimeout: headTime, ReadTimeout: readTime, WriteTimeout: answerTime + headTime, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       log.New(quiet{r}, "", 0),
	}
	return func(ctx context.Context) error {
		stopped := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			defer close(stopped)
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
			defer cancel()
			if srv.Shutdown(end) != nil {
				_ = srv.Close()
			}
		})
		if c := r.opt.Callback; c.Cert != "" {
			err = srv.ServeTLS(ln, c.Cert, c.Key)
		} else {
			err = srv.Serve(ln)
		}
		if !stop() {
			<-stopped
			return nil
		}
		return fmt.Errorf("mattermost: callbacks: %w", err)
	}, nil
}

// quiet takes what net/http logs, which can hold addresses and content: only
// that something was logged is passed on.
type quiet struct{ r *run }

func (q quiet) Write(b []byte) (int, error) {
	q.r.opt.Log.Warn("mattermost: http server complained", "bytes", len(b))
	return len(b), nil
}

// callback takes one. Whatever does not come the right way to the right address
// gets the same nothing.
func (r *run) callback(w http.ResponseWriter, q *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	kind, ok := r.kind(q)
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	ctx, cancel := context.WithTimeout(q.Context(), answerTime)
	defer cancel()
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxBody))
	media, _, merr := mime.ParseMediaType(q.Header.Get("Content-Type"))
	want := "application/json"
	if kind == pathCommand {
		want = "application/x-www-form-urlencoded"
	}
	var answer any
	switch {
	case err != nil || merr != nil || media != want:
		answer = r.refusal(kind, errRefused)
	case kind == pathCommand:
		answer = r.commanded(ctx, q, body)
	case kind == pathPress:
		answer = r.pressed(ctx, body)
	default:
		answer = r.submitted(ctx, body)
	}
	h.Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // whoever is gone acts again
}

// kind is what a request is for. All addresses are compared whole.
func (r *run) kind(q *http.Request) (kind string, ok bool) {
	parts := strings.Split(q.URL.Path, "/")
	if q.Method != http.MethodPost || len(parts) < 3 || q.URL.RawQuery != "" {
		return "", false
	}
	if given := strings.Join(parts[len(parts)-2:], "/"); given == Platform+"/"+pathCommand {
		return pathCommand, r.opt.Callback.Command != ""
	}
	given := strings.Join(parts[len(parts)-3:], "/")
	for _, k := range []string{pathPress, pathForm} {
		word, err := r.secret.name(q.Context(), "path", k)
		if err == nil && subtle.ConstantTimeCompare([]byte(given), []byte(Platform+"/"+k+"/"+word)) == 1 {
			kind, ok = k, true
		}
	}
	return kind, ok
}

// refusal is the one answer to everything that is not taken. Where the server or
// the store is away, nobody knows whether it should be: it can be tried again.
func (r *run) refusal(kind string, err error) any {
	text := r.say("", "mattermost.expired")
	if away(err) {
		r.opt.Log.Warn("mattermost: callback not taken", "kind", kind, "err", err)
		text = r.say("", "mattermost.failed")
	} else {
		r.opt.Log.Warn("mattermost: callback refused", "kind", kind)
	}
	switch kind {
	case pathForm:
		return model.SubmitDialogResponse{Error: text}
	case pathCommand:
		return commandAnswer(text)
	}
	return model.PostActionIntegrationResponse{EphemeralText: text, SkipSlackParsing: true}
}

// away reports whether an error is not about the callback.
func away(err error) bool {
	return err != nil && !errors.Is(err, errRefused) && !errors.Is(err, errForged) && !errors.Is(err, adapters.ErrGone) && !refused(err)
}

// strict reads one JSON value and nothing behind it.
func strict(body []byte, into any) error {
	d := json.NewDecoder(strings.NewReader(string(body)))
	if d.Decode(into) != nil || d.Decode(new(any)) != io.EOF {
		return errRefused
	}
	return nil
}

// actor is who acts in a channel, looked at now. Guests, bots, whoever was
// deactivated and whoever is not in the channel are refused: in a direct
// channel everybody but the person it is of.
func (r *run) actor(ctx context.Context, user, channel string) (who person, direct bool, err error) {
	if !model.IsValidId(user) || !model.IsValidId(channel) {
		return who, false, errRefused
	}
	if who, err = r.people.fresh(ctx, user); err != nil {
		return who, false, err
	}
	if who.Bot || who.Guest || who.Gone {
		return who, false, errRefused
	}
	if channel == r.opt.Channel {
		_, res, err := r.client.GetChannelMember(ctx, channel, user, "")
		return who, false, failed("look for a member", res, err)
	}
	own, err := r.people.channel(ctx, user)
	if err == nil && own != channel {
		err = errRefused
	}
	return who, true, err
}

// await hands an event over and waits for what becomes of it.
func (r *run) await(ctx context.Context, e *event) (outcome, error) {
	reply := make(chan outcome, 1)
	e.reply, e.addressed = reply, true
	r.shout(e)
	if !r.lanes.push(r.life, e) {
		return outcome{}, errBusy
	}
	select {
	case out := <-reply:
		return out, nil
	case <-ctx.Done():
		return outcome{}, errBusy
	}
}

// errBusy is what was not handled in time.
var errBusy = errors.New("mattermost: too much waits")
