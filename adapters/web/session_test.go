package web_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/web"
)

// clock is a clock that a test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A browser is given an id and nothing else, which no script and no other site
// gets and which it forgets when it is closed; who it is another replica knows.
func TestSession(t *testing.T) {
	t.Parallel()
	c, ctx := newClock(), t.Context()
	m := &adaptertest.Memory{Now: c.now}
	who := adapters.NewAddress("slack", "U0SANNE")
	for _, secure := range []bool{true, false} {
		s := web.NewSessions(m, c.now, 30*time.Minute, secure)
		k, err := s.Begin(ctx, who, "Sanne")
		if err != nil || k == nil {
			t.Fatalf("begin: %v, %v", k, err)
		}
		if len(k.Value) < 26 || !k.HttpOnly || k.Secure != secure || k.SameSite != http.SameSiteLaxMode || k.MaxAge != 0 || !k.Expires.IsZero() || k.Path != "/" || k.Domain != "" {
			t.Errorf("cookie: %v", k)
		}
		if strings.HasPrefix(k.Name, "__Host-") != secure {
			t.Errorf("secure %v: cookie %s", secure, k.Name)
		}
		got, ok, err := web.NewSessions(m, c.now, 30*time.Minute, secure).Find(ctx, k)
		if err != nil || !ok || got != who {
			t.Errorf("another replica finds %v, %v, %v", got, ok, err)
		}
		for _, v := range []string{"", "x", strings.Repeat("A", 26)} {
			k := *k
			k.Value = v
			if _, ok, err := s.Find(ctx, &k); ok || err != nil {
				t.Errorf("id %q: found %v, %v", v, ok, err)
			}
		}
		gone, err := s.End(ctx, k)
		if err != nil || gone.Value != "" || gone.MaxAge >= 0 || gone.Name != k.Name {
			t.Errorf("end: %v, %v", gone, err)
		}
		if _, ok, err := s.Find(ctx, k); ok || err != nil {
			t.Errorf("after the end: found %v, %v", ok, err)
		}
	}
}

// A session ends when nothing was done for half an hour, and after eight hours
// whatever is done.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	c, ctx := newClock(), t.Context()
	s := web.NewSessions(&adaptertest.Memory{Now: c.now}, c.now, 30*time.Minute, true)
	begin := func() *http.Cookie {
		k, err := s.Begin(ctx, adapters.NewAddress("slack", "U0SANNE"), "Sanne")
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	there := func(k *http.Cookie) bool {
		_, ok, err := s.Find(ctx, k)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	idle := begin()
	c.pass(30 * time.Minute)
	if !there(idle) {
		t.Error("gone within half an hour")
	}
	c.pass(31 * time.Minute)
	if there(idle) {
		t.Error("there after half an hour without an act")
	}
	busy, from := begin(), c.now()
	for c.pass(29 * time.Minute); c.now().Sub(from) < 8*time.Hour; c.pass(29 * time.Minute) {
		if !there(busy) {
			t.Fatalf("gone after %v with an act every half hour", c.now().Sub(from))
		}
	}
	if there(busy) {
		t.Errorf("there after %v", c.now().Sub(from))
	}
}

// A Memory that fails signs nobody in, and nobody out without a word.
func TestSessionWithoutMemory(t *testing.T) {
	t.Parallel()
	c, ctx := newClock(), t.Context()
	m := &adaptertest.Memory{Now: c.now}
	s := web.NewSessions(m, c.now, 30*time.Minute, true)
	k, err := s.Begin(ctx, adapters.NewAddress("slack", "U0SANNE"), "Sanne")
	if err != nil {
		t.Fatal(err)
	}
	m.Break(true)
	if k, err := s.Begin(ctx, adapters.NewAddress("slack", "U0SANNE"), "Sanne"); err == nil || k != nil {
		t.Errorf("begin: %v, %v", k, err)
	}
	if _, ok, err := s.Find(ctx, k); ok || err == nil {
		t.Errorf("find: %v, %v", ok, err)
	}
	if _, err := s.End(ctx, k); err == nil {
		t.Error("the end did not fail")
	}
}

// Only the host of the configured address is this site.
func TestHostOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		base, host string
		ours       bool
	}{
		{"https://bot.example.org", "bot.example.org", true}, {"https://bot.example.org", "bot.example.org:443", true},
		{"https://bot.example.org", "BOT.example.org", true}, {"https://bot.example.org:443", "bot.example.org", true},
		{"https://bot.example.org:8443", "bot.example.org:8443", true}, {"http://127.0.0.1:8070", "127.0.0.1:8070", true},
		{"http://127.0.0.1", "127.0.0.1", true}, {"https://[2001:db8::1]", "[2001:db8::1]:443", true},
		{"https://bot.example.org", "bot.example.org:80", false}, {"https://bot.example.org", "example.org", false},
		{"https://bot.example.org", "bot.example.org.evil.example", false}, {"https://bot.example.org", "", false},
		{"https://bot.example.org:8443", "bot.example.org", false}, {"https://bot.example.org:8443", "bot.example.org:443", false},
		{"http://127.0.0.1:8070", "localhost:8070", false}, {"https://bot.example.org", "bot.example.org:8443", false},
	} {
		if got := web.HostOf(tc.base, tc.host); got != tc.ours {
			t.Errorf("%s is asked for at %s: got %v", tc.base, tc.host, got)
		}
	}
}
