package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// For the tests of package web_test: the parsers, and the bounds they keep.
const (
	Keep       = keep
	MaxBody    = maxBody
	MaxWaiting = maxWaiting
)

// ParseAct returns the message of a body, or the status of its refusal.
func ParseAct(kind, contentType string, body []byte) (id, at string, m adapters.Message, status int) {
	a, no := parseAct(actKind(kind), contentType, body)
	if no != nil {
		return "", "", adapters.Message{}, no.status
	}
	return a.id, a.at, a.message, 0
}

// Markup returns the text of what markup reads, and how much of it is bold.
func Markup(text string) (plain string, bold int) {
	for _, b := range markup(text) {
		for _, item := range b.Items {
			for _, s := range item {
				plain += s.Text
				if s.Bold {
					bold++
				}
			}
		}
	}
	return plain, bold
}

// Revision reads a mark of a.
func (a *Adapter) Revision(mark string) (int64, bool) { return a.revision(mark) }

// Mark makes a mark of a.
func (a *Adapter) Mark(rev int64) string { return a.mark(rev) }

// Sessions are those of a site, for the tests of package web_test.
type Sessions struct{ sessions }

// NewSessions keeps sessions in m.
func NewSessions(m adapters.Memory, now func() time.Time, idle time.Duration, secure bool) *Sessions {
	return &Sessions{sessions{memory: m, now: now, idle: idle, secure: secure}}
}

// Begin signs who in and returns the cookie that a browser keeps.
func (s *Sessions) Begin(ctx context.Context, who adapters.Address, name string) (*http.Cookie, error) {
	w := httptest.NewRecorder()
	_, err := s.begin(ctx, w, session{Who: who, Name: private.New(name), Lang: "nl"})
	for _, c := range w.Result().Cookies() {
		return c, err
	}
	return nil, err
}

// Find is who is signed in in the browser with this cookie.
func (s *Sessions) Find(ctx context.Context, c *http.Cookie) (who adapters.Address, ok bool, err error) {
	x, ok, err := s.find(asked(ctx, c))
	return x.Who, ok, err
}

// End signs out and returns the cookie that takes the place of c.
func (s *Sessions) End(ctx context.Context, c *http.Cookie) (*http.Cookie, error) {
	w := httptest.NewRecorder()
	err := s.end(ctx, w, asked(ctx, c))
	for _, c := range w.Result().Cookies() {
		return c, err
	}
	return nil, err
}

func asked(ctx context.Context, c *http.Cookie) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	r.AddCookie(c)
	return r
}

// HostOf reports whether a Host header is that of an address.
func HostOf(base, hostport string) bool {
	u, err := url.Parse(base)
	return err == nil && hostOf(u)(hostport)
}

// SignedIn signs somebody in, and returns what his page is called and what his
// browser keeps.
func (a *Adapter) SignedIn(ctx context.Context, id, name string) (path string, c *http.Cookie, err error) {
	c, err = (&Sessions{*a.sessions}).Begin(ctx, adapters.NewAddress(Platform, id), name)
	return a.seat(id).path, c, err
}

// SignedInAs is SignedIn for somebody of any chat, without a page.
func (a *Adapter) SignedInAs(ctx context.Context, who adapters.Address) (*http.Cookie, error) {
	return (&Sessions{*a.sessions}).Begin(ctx, who, "x")
}

// Listening is the port on which a is reached.
func (a *Adapter) Listening() string { return *a.port.Load() }

// Show shows a reply that is not kept.
func (a *Adapter) Show(id string, r adapters.Reply) { a.book.show(id, botPost(r)) }

// Rest lets go of what nobody looked at since a time, and counts what stays.
func (a *Adapter) Rest(since time.Time) (posts int) {
	a.book.rest(since)
	a.book.mu.Lock()
	defer a.book.mu.Unlock()
	for _, l := range a.book.logs {
		posts += len(l.entries)
	}
	return posts
}
