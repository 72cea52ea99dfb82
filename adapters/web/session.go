package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// How long somebody stays signed in in a browser: at most so long in all, and
// without an act for the idle time (P21). That he is there is noted once a
// minute.
const (
	sessionLife = 8 * time.Hour
	sessionStep = time.Minute
)

const scopeSession = "session"

// session is somebody who is signed in in one browser. What it holds is kept
// sealed in Memory, so that it survives a restart and every replica knows it;
// the browser has its id and nothing else.
type session struct {
	Who  adapters.Address
	Name private.Text
	Lang string
	End  time.Time // when it ends at the latest
	Seen time.Time // when it was last used, to the minute

	id string // as the browser knows it
}

// sessions are those of one site.
type sessions struct {
	memory adapters.Memory
	now    func() time.Time
	idle   time.Duration
	secure bool // browsers reach the site over TLS
	// name is that of the cookie, the program's when empty: sites on other
	// ports of one host share their cookies.
	name string
}

// cookie is the name under which browsers keep the id. With __Host- nobody but
// this very host can set it (RFC 6265bis, 4.1.3.2), which takes TLS.
func (s *sessions) cookie() string {
	name := cmp.Or(s.name, "meldroute")
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// begin signs somebody in in this browser, in the place of who was before.
func (s *sessions) begin(ctx context.Context, w http.ResponseWriter, x session) (session, error) {
	x, err := s.open(ctx, x)
	if err == nil {
		s.give(w, x)
	}
	return x, err
}

// open keeps a new session, which no browser knows yet.
func (s *sessions) open(ctx context.Context, x session) (session, error) {
	x.id = rand.Text()
	x.Seen = s.now().UTC()
	x.End = x.Seen.Add(sessionLife)
	_, err := s.keep(ctx, x)
	return x, err
}

// give has the browser keep the id until it is closed.
func (s *sessions) give(w http.ResponseWriter, x session) { s.set(w, s.cookie(), x.id, 0) }

// set has the browser keep a value, for age seconds or until it is closed.
func (s *sessions) set(w http.ResponseWriter, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever browsers reach it over TLS
		Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

// keep is fresh when the session was not there.
func (s *sessions) keep(ctx context.Context, x session) (fresh bool, err error) {
	value, err := private.Encode(x)
	if err != nil {
		return false, fmt.Errorf("web: keep session: %w", err)
	}
	until := x.Seen.Add(s.idle + sessionStep)
	if x.End.Before(until) {
		until = x.End
	}
	_, fresh, err = s.memory.Put(ctx, adapters.Item{Scope: scopeSession, Key: x.id, Value: value, Until: until})
	if err != nil {
		return false, fmt.Errorf("web: keep session: %w", err)
	}
	return fresh, nil
}

// look is who is signed in in the browser of a request; ok is false for nobody,
// also when he was idle too long.
func (s *sessions) look(r *http.Request) (x session, ok bool, err error) {
	c, err := r.Cookie(s.cookie())
	if errors.Is(err, http.ErrNoCookie) || c.Value == "" {
		return x, false, nil
	}
	it, ok, err := s.memory.Get(r.Context(), scopeSession, c.Value)
	if err != nil || !ok {
		return x, false, err
	}
	if err := private.Decode(it.Value, &x); err != nil {
		return session{}, false, err
	}
	x.id = c.Value
	if !s.lasts(x) {
		return session{}, false, nil
	}
	return x, true, nil
}

// lasts reports whether a session has not ended.
func (s *sessions) lasts(x session) bool {
	now := s.now().UTC()
	return now.Before(x.End) && now.Sub(x.Seen) < s.idle+sessionStep
}

// find is look, for an act of his: it notes that he is there.
func (s *sessions) find(r *http.Request) (x session, ok bool, err error) {
	x, ok, err = s.look(r)
	now := s.now().UTC()
	if err != nil || !ok || now.Sub(x.Seen) < sessionStep {
		return x, ok, err
	}
	x.Seen = now
	gone, err := s.keep(r.Context(), x)
	if err != nil {
		return session{}, false, err
	}
	if gone { // he signed out meanwhile, and stays so
		return session{}, false, s.forget(r.Context(), x.id)
	}
	return x, true, nil
}

// end signs out in this browser.
func (s *sessions) end(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	s.set(w, s.cookie(), "", -1)
	if c, err := r.Cookie(s.cookie()); err == nil && c.Value != "" {
		return s.forget(ctx, c.Value)
	}
	return nil
}

func (s *sessions) forget(ctx context.Context, id string) error {
	if err := s.memory.Forget(ctx, scopeSession, id); err != nil {
		return fmt.Errorf("web: end session: %w", err)
	}
	return nil
}
