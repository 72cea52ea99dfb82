package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/meldroute/meldroute/adapters"
)

// What the pages should know, told again as simply as can be: links, browsers,
// and the time.
type (
	modelLink struct {
		invited
		who   adapters.Address
		born  time.Time
		tries int
		by    *modelBrowser // the browser that used it, in which session
		nth   int
	}
	modelBrowser struct {
		*browser
		who  adapters.Address // zero: nobody is signed in
		nth  int              // the session
		seen time.Time
		form *modelLink // that is in sight
		kept time.Time  // since when
	}
	model struct {
		t        *rapid.T
		x, y     *lounge
		links    []*modelLink
		browsers []*modelBrowser
		sessions int
		sent     int
	}
)

// signedIn reports whether a browser still is, and notes its act.
func (m *model) signedIn(b *modelBrowser) bool {
	now := m.x.clock.now()
	if b.who.IsZero() || now.Sub(b.seen) >= 31*time.Minute {
		b.who = adapters.Address{}
		return false
	}
	if now.Sub(b.seen) >= time.Minute {
		b.seen = now
	}
	return true
}

// live reports whether a link can still be used.
func (m *model) live(l *modelLink) bool {
	return l.by == nil && m.x.clock.now().Sub(l.born) < 10*time.Minute
}

// opens has a link's form in sight of a browser.
func (m *model) opens(b *modelBrowser, l *modelLink) {
	l.by, l.nth, b.form, b.kept = b, b.nth, l, m.x.clock.now()
}

// inSight is the form that a browser should show, nil for none.
func (m *model) inSight(b *modelBrowser) *modelLink {
	if b.form != nil && m.x.clock.now().Sub(b.kept) >= 30*time.Minute {
		b.form = nil
	}
	return b.form
}

// shows checks that a browser is where it should be, and that no word of
// somebody else's form is there.
func (m *model) shows(b *modelBrowser, at bool) {
	m.t.Helper()
	if (b.last.path == "/form") != at {
		m.t.Fatalf("at %s (%d), want a form: %v: %q", b.last.path, b.last.status, at, b.last.text)
	}
	var want *modelLink
	if at {
		want = m.inSight(b)
	}
	for n, l := range m.links {
		if there := strings.Contains(b.last.body, fmt.Sprintf("Zilver %d.", n)); there != (l == want) {
			m.t.Fatalf("the form of link %d is in sight: %v, want %v: %q", n, there, l == want, b.last.text)
		}
	}
}

// step does something at random and checks what came of it.
func (m *model) step() {
	t, now := m.t, m.x.clock.now
	b := m.browsers[rapid.IntRange(0, len(m.browsers)-1).Draw(t, "browser")]
	b.moves([]*lounge{m.x, m.y}[rapid.IntRange(0, 1).Draw(t, "replica")])
	kind := rapid.SampledFrom([]string{"invite", "look", "type", "type", "guess", "send", "send", "reload", "out", "wait", "wait", "long"}).Draw(t, "kind")
	if len(m.links) == 0 {
		kind = "invite"
	}
	var l *modelLink
	if kind == "look" || kind == "type" || kind == "guess" {
		l = m.links[rapid.IntRange(max(0, len(m.links)-4), len(m.links)-1).Draw(t, "link")]
	}
	switch kind {
	case "invite":
		who := []adapters.Address{anna, berta}[rapid.IntRange(0, 1).Draw(t, "who")]
		m.links = append(m.links, &modelLink{invited: m.x.invites(who), who: who, born: now()})
	case "look":
		in := m.signedIn(b)
		b.get(l.url)
		again := l.by == b && l.nth == b.nth && now().Sub(l.born) < 10*time.Minute
		mine := in && (again || m.live(l) && l.who == b.who)
		if mine && m.live(l) {
			m.opens(b, l)
		}
		m.shows(b, mine)
	case "type":
		ok := m.live(l) && l.tries < 5
		if m.live(l) {
			l.tries++
		}
		b.do(http.MethodPost, l.url, url.Values{"code": {l.code}})
		if ok {
			m.sessions++
			b.who, b.nth, b.seen = l.who, m.sessions, now()
			m.opens(b, l)
		}
		m.shows(b, ok)
	case "guess":
		if m.live(l) {
			l.tries++
		}
		b.do(http.MethodPost, l.url, url.Values{"code": {"00000U"}}) // no code has a U
		m.shows(b, false)
	case "send", "reload":
		m.sends(b, kind == "send")
	case "out":
		b.do(http.MethodPost, "/out", nil)
		b.who, b.form = adapters.Address{}, nil
	case "wait":
		m.x.clock.pass(3 * time.Minute)
	case "long":
		m.x.clock.pass(40 * time.Minute)
	}
}

// sends loads the form in sight and may send it: it is handed over as of whoever
// is signed in, once.
func (m *model) sends(b *modelBrowser, send bool) {
	m.t.Helper()
	in := m.signedIn(b)
	if !in {
		b.form = nil
	}
	b.get("/form")
	m.shows(b, true)
	f := m.inSight(b)
	if f == nil || !send {
		return
	}
	v := b.page()
	for range 2 {
		b.do(http.MethodPost, "/form", v)
	}
	b.form = nil
	m.sent++
	got := m.x.clerk.got
	if len(got) != m.sent || got[m.sent-1].From != b.who || got[m.sent-1].Filled.Token != fmt.Sprint("token ", slices.Index(m.links, f)) {
		m.t.Fatalf("handed over %d forms, want %d; of the right person: %v", len(got), m.sent, got[len(got)-1].From == b.who)
	}
}

// Whatever several people do in several browsers, on two replicas, as time goes
// by: who sees and sends which form is as a few lines of plain code say.
func TestPagesModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		x := openLounge(t, plainBase, nil)
		m := &model{t: rt, x: x, y: openLounge(t, plainBase, x)}
		x.clerk.forms = func(adapters.Message) adapters.Form {
			n := len(m.links)
			return adapters.Form{Token: fmt.Sprint("token ", n), Title: fmt.Sprintf("Zilver %d.", n), Submit: "Verder"}
		}
		for range 3 {
			m.browsers = append(m.browsers, &modelBrowser{browser: x.browser()})
		}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			m.step()
		}
		if err := errors.Join(m.x.stop(), m.y.stop()); err != nil {
			rt.Fatalf("run: %v", err)
		}
	})
}
