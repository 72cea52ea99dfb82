package web

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/meldroute/meldroute/adapters"
)

// ReturnPath is where the provider sends people back to, under URL.
const ReturnPath = "/in/done"

// restTime is how long posts stay in this process that nobody looks at.
const restTime = time.Hour

// doors are the ways in and out.
func (s *server) doors(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /in", s.goIn)
	mux.HandleFunc("GET "+ReturnPath, s.cameIn)
	mux.HandleFunc("POST /out", s.goOut)
	mux.HandleFunc("POST /p/{id}/here", s.seated(func(w http.ResponseWriter, _ *http.Request, _ visitor) {
		w.WriteHeader(http.StatusNoContent)
	}, s.noAct))
}

// absence is why nobody sits at the page of an address.
type absence int

const (
	nobody    absence = iota // is signed in
	elsewhere                // is who is signed in: it is not his
	unknown                  // who it is: Memory does not say
)

// absent answers a request that nobody sits at.
type absent func(http.ResponseWriter, *http.Request, absence)

// own hands over who is signed in, at his own page.
func (s *server) own(look func(*http.Request) (session, bool, error), next func(http.ResponseWriter, *http.Request, visitor), no absent) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x, ok, err := s.signedIn(r, look)
		if err != nil {
			s.log.Error("web: session could not be read", "error", err)
			no(w, r, unknown)
			return
		}
		if !ok {
			no(w, r, nobody)
			return
		}
		who := s.seat(x.Who.ID.Reveal())
		if who == nil || r.PathValue("id") != who.path {
			no(w, r, elsewhere)
			return
		}
		next(w, r, visitor{seat: who, Name: x.Name.Reveal()})
	}
}

// signedIn is who is signed in in the browser of a request. While Memory fails
// it is who this run let in before: 112, and what he does, must come through.
func (s *server) signedIn(r *http.Request, look func(*http.Request) (session, bool, error)) (session, bool, error) {
	id := ""
	if c, err := r.Cookie(s.sessions.cookie()); err == nil {
		id = c.Value
	}
	ctx, cancel := context.WithTimeout(r.Context(), openTime)
	defer cancel()
	x, ok, err := look(r.WithContext(ctx))
	ok = ok && x.Who.Platform == Platform
	s.visits.mu.Lock()
	defer s.visits.mu.Unlock()
	switch {
	case err != nil:
		if x, ok = s.visits.by[id]; ok && s.sessions.lasts(x) {
			err = nil
		}
	case ok:
		s.visits.by[id] = x
	default:
		delete(s.visits.by, id)
	}
	return x, ok, err
}

// stays reports whether a stream may go on: he is still signed in. When that
// cannot be known the page comes back.
func (s *server) stays(line stream, r *http.Request, who visitor) bool {
	if s.door == nil {
		return true
	}
	x, ok, err := s.signedIn(r, s.sessions.look)
	if err == nil && (!ok || x.Who.ID.Reveal() != who.ID) {
		_ = line.send("out", "", nil)
	}
	return err == nil && ok
}

// visits are the sessions that this run let in.
type visits struct {
	mu sync.Mutex
	by map[string]session // by id
}

// home is one's own page for who is signed in, and the way in for others.
func (s *server) home(w http.ResponseWriter, r *http.Request) {
	x, ok, err := s.signedIn(r, s.sessions.find)
	switch who := s.seat(x.Who.ID.Reveal()); {
	case err != nil:
		s.noPage(w, r, unknown)
	case !ok || who == nil:
		s.entrance(w, r, http.StatusOK, entrance{})
	default:
		http.Redirect(w, r, "/p/"+who.path+"?lang="+lang(r), http.StatusSeeOther)
	}
}

// entrance is the page with the way in.
type entrance struct {
	texts
	Go    string // where it is
	Why   string // nobody is in: a text
	Leave string // where to sign out at the provider
}

func (s *server) entrance(w http.ResponseWriter, r *http.Request, status int, e entrance) {
	if e.T == nil {
		e.texts = s.texts(lang(r))
	}
	q := url.Values{"lang": {e.Lang}}
	if to := inside(r.URL.Path); to != "" {
		q.Set("to", to)
	}
	e.Go = "/in?" + q.Encode()
	if e.Why != "" {
		e.Why = e.T(e.Why)
	}
	s.renderAs(w, status, "entrance.html", e)
}

// inside is a path that somebody may be brought to: a page of somebody, or a file.
func inside(path string) string {
	parts := strings.Split(path, "/")
	switch {
	case len(parts) == 3, len(parts) == 5 && parts[3] == "file" && plainID(parts[4]):
		if parts[0] == "" && parts[1] == "p" && plainID(parts[2]) {
			return path
		}
	}
	return ""
}

// noPage, noAct and noStream answer for who is not there.
func (s *server) noPage(w http.ResponseWriter, r *http.Request, why absence) {
	switch why {
	case nobody:
		s.entrance(w, r, http.StatusForbidden, entrance{})
	case unknown:
		s.entrance(w, r, http.StatusServiceUnavailable, entrance{Why: "web.failed"})
	default:
		s.missing(w, r)
	}
}

func (s *server) noAct(w http.ResponseWriter, r *http.Request, why absence) {
	switch why {
	case nobody:
		// After signing in elsewhere the same act may be taken.
		(&lines{w: w}).last(http.StatusForbidden, answer{Retry: true, Notice: s.say(lang(r), "web.in.over", nil)})
	case unknown:
		(&lines{w: w}).last(http.StatusServiceUnavailable, answer{Retry: true, Notice: s.say(lang(r), "web.failed", nil)})
	default:
		s.missing(w, r)
	}
}

// noStream tells a page that it is nobody's now. When that cannot be known, the
// page comes back.
func (s *server) noStream(w http.ResponseWriter, r *http.Request, why absence) {
	if why == unknown {
		s.noAct(w, r, why)
		return
	}
	line := stream{w: w, rc: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	_ = line.send("out", "", nil)
}

// goIn sends somebody to the provider.
func (s *server) goIn(w http.ResponseWriter, r *http.Request) {
	p, err := s.door.find(s.life())
	back, ok := s.address()
	if err != nil || !ok {
		s.log.Warn("web: nobody can sign in: provider is away")
		s.entrance(w, r, http.StatusServiceUnavailable, entrance{Why: "web.in.away"})
		return
	}
	a := attempt{state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), to: inside(r.URL.Query().Get("to")), lang: lang(r)}
	s.sessions.set(w, s.attemptCookie(), a.String(), int(attemptTime/time.Second))
	conf := s.door.config(p, back+ReturnPath)
	http.Redirect(w, r, conf.AuthCodeURL(a.state, oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier),
		oauth2.SetAuthURLParam("ui_locales", a.lang)), http.StatusSeeOther)
}

// attemptCookie is the name under which a browser keeps its attempt.
func (s *server) attemptCookie() string { return s.sessions.cookie() + "-in" }

// cameIn takes the answer of the provider.
func (s *server) cameIn(w http.ResponseWriter, r *http.Request) {
	a, id, err := s.answered(w, r)
	var who *seat
	if err == nil {
		if who = s.seat(id.id); who == nil { // it is the channel's
			err = &refused{"place", "web.in.claim"}
		}
	}
	if no := (*refused)(nil); errors.As(err, &no) {
		s.log.Warn("web: sign-in was refused", "at", no.at)
		status := http.StatusForbidden
		if no.text == "web.in.away" {
			status = http.StatusServiceUnavailable
		}
		s.entrance(w, r, status, entrance{texts: s.texts(a.lang), Why: no.text})
		return
	}
	s.depart(w, r)
	x := session{Who: adapters.NewAddress(Platform, id.id), Name: id.name, Lang: a.lang}
	if _, err := s.sessions.begin(r.Context(), w, x); err != nil {
		s.log.Error("web: session was not kept", "error", err)
		s.entrance(w, r, http.StatusServiceUnavailable, entrance{texts: s.texts(a.lang), Why: "web.failed"})
		return
	}
	s.book.rest(s.opt.Now().Add(-restTime))
	to := a.to
	if to == "" {
		to = "/p/" + who.path
	}
	http.Redirect(w, r, to+"?lang="+a.lang, http.StatusSeeOther)
}

// answered reads the answer of the provider. An attempt is answered once.
func (s *server) answered(w http.ResponseWriter, r *http.Request) (attempt, person, error) {
	value := ""
	if c, err := r.Cookie(s.attemptCookie()); err == nil {
		value = c.Value
		s.sessions.set(w, s.attemptCookie(), "", -1)
	}
	a, ok := parseAttempt(value)
	q := r.URL.Query()
	switch back, here := s.address(); {
	case !ok || !here:
		return a, person{}, &refused{"attempt", "web.in.stale"}
	case q.Get("error") != "":
		return a, person{}, &refused{"provider", "web.in.failed"}
	default:
		p, err := s.door.find(s.life())
		if err != nil {
			return a, person{}, &refused{"discovery", "web.in.away"}
		}
		who, err := s.door.admit(r.Context(), p, a, q.Get("state"), q.Get("code"), back+ReturnPath)
		return a, who, err
	}
}

// goOut signs out, in this browser.
func (s *server) goOut(w http.ResponseWriter, r *http.Request) {
	s.depart(w, r)
	e := entrance{Why: "web.in.gone"}
	var known struct {
		End string `json:"end_session_endpoint"`
	}
	if p, err := s.door.find(s.life()); err == nil && p.Claims(&known) == nil {
		e.Leave = known.End
	}
	s.entrance(w, r, http.StatusOK, e)
}

// depart ends the session of a browser, and its streams.
func (s *server) depart(w http.ResponseWriter, r *http.Request) {
	x, ok, _ := s.signedIn(r, s.sessions.look)
	if err := s.sessions.end(r.Context(), w, r); err != nil {
		s.log.Error("web: session was not forgotten", "error", err) // the browser has lost it all the same
	}
	if !ok {
		return
	}
	s.visits.mu.Lock()
	delete(s.visits.by, x.id)
	for id, old := range s.visits.by {
		if !s.sessions.lasts(old) {
			delete(s.visits.by, id)
		}
	}
	s.visits.mu.Unlock()
	if who := s.seat(x.Who.ID.Reveal()); who != nil {
		who.out.ring()
	}
}
