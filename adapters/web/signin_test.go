package web_test

import (
	"bufio"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/web"
	"github.com/meldroute/meldroute/config/private"
)

// behind puts the web chat behind a sign-in. Nobody is there until it is asked
// for.
func behind(issuer string) func(*web.Options) {
	return func(o *web.Options) {
		o.People = nil
		o.SignIn = &web.SignIn{Issuer: issuer, ClientID: "meldroute", Secret: private.New("zilvervos"), Claim: "sub"}
	}
}

// nowhere is an issuer that nobody is asked at.
const nowhere = "http://127.0.0.1:1"

// startBehind is start, for people who are signed in already.
func startBehind(t *testing.T, h adapters.Handler, change func(*web.Options)) *house {
	t.Helper()
	x := start(t, h, func(o *web.Options) {
		behind(nowhere)(o)
		if change != nil {
			change(o)
		}
	})
	x.browser = func(who string) (string, http.CookieJar) {
		page, c, err := x.adapter.SignedIn(t.Context(), who, "Naam van "+who)
		if err != nil {
			t.Fatal(err)
		}
		jar, _ := cookiejar.New(nil)
		u, _ := url.Parse(x.url("/"))
		jar.SetCookies(u, []*http.Cookie{c})
		return page, jar
	}
	return x
}

// Behind a sign-in the web chat does what every adapter must do, for people whom
// nobody named beforehand.
func TestAdapterBehindSignIn(t *testing.T) {
	t.Parallel()
	adaptertest.Test(t, func(t *testing.T, h adapters.Handler) *adaptertest.Platform {
		x := startBehind(t, h, nil)
		p := asPlatform(t, x)
		p.Unknown = adapters.NewAddress("web", "no/body")
		_, jar := x.browser("sanne")
		p.Fetch = func(t *testing.T, u, code string) adaptertest.Fetched {
			return fetchAs(t, u, code, func(r *http.Request) {
				for _, c := range jar.Cookies(r.URL) {
					r.AddCookie(c)
				}
			})
		}
		return p
	})
}

// What is sent to somebody who never came is there when he does.
func TestPostsWaitForWhoNeverCame(t *testing.T) {
	t.Parallel()
	x := startBehind(t, nobody{}, nil)
	send(t, x, "later", adapters.Reply{Key: "a", Text: "welkom"})
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	x.run()
	openTab(t, x, "later", "later").Await("the post", func(v adaptertest.View) bool { return len(v.Posts) == 1 && v.Posts[0].Text == "welkom" })
	for _, id := range []string{"", "a b", "../x", "a.b"} {
		if err := x.adapter.Send(t.Context(), adapters.NewAddress("web", id), adapters.Reply{Key: "a", Text: "x"}); !errors.Is(err, adapters.ErrGone) {
			t.Errorf("%q: got %v, want ErrGone", id, err)
		}
	}
}

// listen opens the stream of a page.
func (x *house) listen(b *walker, page string) *bufio.Scanner {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, page+"/events", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = res.Body.Close() })
	return bufio.NewScanner(res.Body)
}

// until reads a stream up to an event, and returns all that it read.
func until(t *testing.T, sc *bufio.Scanner, event string) (read string) {
	t.Helper()
	for sc.Scan() {
		read += sc.Text() + "\n"
		if sc.Text() == "event: "+event {
			return read
		}
	}
	t.Fatalf("the stream ended without %q: %s", event, read)
	return ""
}

// signedIn is a browser in which somebody is signed in, and his page.
func (x *house) signedIn(id string) (b *walker, page string) {
	b = newWalker(x.t)
	page, b.client.Jar = x.browser(id)
	return b, x.url("/p/" + page)
}

// Signing out ends it in this browser, on all its pages at once, and a cookie
// that somebody kept is worth nothing.
func TestSignOut(t *testing.T) {
	t.Parallel()
	x := startBehind(t, nobody{}, nil)
	b, page := x.signedIn("sanne")
	other, hers := x.signedIn("youssef")
	kept := b.client.Jar.Cookies(&url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"})
	stream, theirs := x.listen(b, page), x.listen(other, hers)
	until(t, stream, "sync")
	until(t, theirs, "sync")
	res, _ := do(t, http.MethodPost, x.url("/out"), "", func(r *http.Request) { r.AddCookie(kept[0]); r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if status, _, _ := b.open(page); res.StatusCode != http.StatusForbidden || status != http.StatusOK {
		t.Fatalf("another site signs out: %d, and the page is %d", res.StatusCode, status)
	}
	status, body, _ := b.send(http.MethodPost, x.url("/out"), url.Values{})
	if status != http.StatusOK || !strings.Contains(body, "Je bent afgemeld") {
		t.Errorf("signed out: %d %s", status, plain(body))
	}
	until(t, stream, "out")
	rest := ""
	for stream.Scan() {
		rest += stream.Text()
	}
	if rest != "data: null" {
		t.Errorf("after the end came %q", rest)
	}
	if status, _, to := b.open(x.url("/")); status != http.StatusOK || to != "" {
		t.Errorf("the start after signing out: %d to %q", status, to)
	}
	res, body = do(t, http.MethodGet, page, "", func(r *http.Request) { r.AddCookie(kept[0]) })
	if res.StatusCode != http.StatusForbidden || strings.Contains(body, "Naam van") {
		t.Errorf("the old cookie: %d", res.StatusCode)
	}
	send(t, x, "youssef", adapters.Reply{Key: "a", Text: "hallo"})
	until(t, theirs, "posts")
}

// A session ends when its person was idle, and after a working day anyhow. A page
// that only listens does not keep it up, and is told nothing after the end; one
// that is typed on does.
func TestSignedInEnds(t *testing.T) {
	t.Parallel()
	c := &ahead{}
	x := startBehind(t, nobody{}, func(o *web.Options) { o.Now = c.now })
	b, page := x.signedIn("sanne")
	stream := x.listen(b, page)
	until(t, stream, "sync")
	for range 4 {
		c.pass(20 * time.Minute)
		if status, _, _ := b.send(http.MethodPost, page+"/here", url.Values{}); status != http.StatusNoContent {
			t.Fatalf("at work: %d", status)
		}
	}
	send(t, x, "sanne", adapters.Reply{Key: "a", Text: "een"})
	until(t, stream, "posts")
	for range 2 { // listening is not being there
		c.pass(16 * time.Minute)
		until(t, x.listen(b, page), map[bool]string{true: "sync", false: "out"}[c.by.Load() < int64(110*time.Minute)])
	}
	send(t, x, "sanne", adapters.Reply{Key: "b", Text: "zilvervos"})
	if read := until(t, stream, "out"); strings.Contains(read, "zilvervos") {
		t.Error("a post came after the end")
	}
	status, body, _ := b.send(http.MethodPost, page+"/say", url.Values{"id": {goodID}, "at": {page[strings.LastIndex(page, "/")+1:]}, "lang": {"nl"}, "text": {"x"}})
	if status != http.StatusForbidden || !strings.Contains(body, "nieuw tabblad") || !strings.Contains(body, `"retry":true`) {
		t.Errorf("an act after the end: %d %s", status, body)
	}
	b, page = x.signedIn("youssef")
	for left := 8 * time.Hour; left > 0; left -= 20 * time.Minute {
		if status, _, _ := b.send(http.MethodPost, page+"/here", url.Values{}); status != http.StatusNoContent {
			t.Fatalf("%v before the end of the day: %d", left, status)
		}
		c.pass(20 * time.Minute)
	}
	if status, _, _ := b.send(http.MethodPost, page+"/here", url.Values{}); status != http.StatusForbidden {
		t.Errorf("after a working day: %d", status)
	}
}

// Only the host of its own address is answered, and browsers come back over TLS.
func TestHostBehindSignIn(t *testing.T) {
	t.Parallel()
	x := startBehind(t, nobody{}, func(o *web.Options) { o.URL = "https://meldroute.example.org" })
	for host, want := range map[string]int{"meldroute.example.org": 200, "meldroute.example.org:443": 200, "evil.example": 421, "127.0.0.1": 421, "meldroute.example.org.evil.example": 421} {
		res, _ := do(t, http.MethodGet, x.local("/"), "", func(r *http.Request) { r.Host = host })
		if res.StatusCode != want || res.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: got %d, want %d", host, res.StatusCode, want)
		}
	}
	_, c, err := x.adapter.SignedIn(t.Context(), "sanne", "Sanne")
	if err != nil || !c.Secure || !strings.HasPrefix(c.Name, "__Host-") {
		t.Errorf("cookie %v, %v", c, err)
	}
	if link, err := x.adapter.FileLink(adapters.NewAddress("web", "sanne"), "nl", "tok"); err != nil || !strings.HasPrefix(link, "https://meldroute.example.org/p/") {
		t.Errorf("link %q, %v", link, err)
	}
}

// Without a certificate only this machine may reach it, also behind a sign-in;
// whoever is played has no place there.
func TestNewBehindSignIn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*web.Options)
		ok     bool
	}{
		"as it is":           {func(*web.Options) {}, true},
		"everywhere, TLS":    {func(o *web.Options) { o.Listen, o.Cert, o.Key = ":8443", "a", "b" }, true},
		"everywhere":         {func(o *web.Options) { o.Listen = ":8443" }, false},
		"somebody is played": {func(o *web.Options) { o.People = []web.Person{{ID: "sanne"}} }, false},
		"no secret":          {func(o *web.Options) { o.SignIn.Secret = private.Text{} }, false},
		"an odd reader":      {func(o *web.Options) { o.Readers = []string{"a b"} }, false},
		"the channel reads":  {func(o *web.Options) { o.Readers = []string{"desk"} }, false},
		"no channel":         {func(o *web.Options) { o.Channel.ID = "" }, false},
		"an odd channel":     {func(o *web.Options) { o.Channel.ID = "a/b" }, false},
		"TLS, as a trial": {func(o *web.Options) {
			o.Listen, o.Cert, o.SignIn, o.People = ":8443", "a", nil, []web.Person{{ID: "ineke"}}
		}, false},
	} {
		o := options(t, &adaptertest.Memory{})
		behind(nowhere)(&o)
		tc.change(&o)
		if _, err := web.New(o); (err == nil) != tc.ok {
			t.Errorf("%s: got %v, want ok %v", name, err, tc.ok)
		}
	}
}

// Somebody who is signed in for the forms of another chat is nobody here.
func TestSessionOfAnotherChat(t *testing.T) {
	t.Parallel()
	x := startBehind(t, nobody{}, nil)
	page, _ := x.browser("sanne")
	c, err := x.adapter.SignedInAs(t.Context(), adapters.NewAddress("slack", "sanne"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/p/" + page} {
		res, body := do(t, http.MethodGet, x.url(path), "", func(r *http.Request) { r.AddCookie(c) })
		if !strings.Contains(body, "Meld je aan") {
			t.Errorf("%s: got %d %s", path, res.StatusCode, plain(body))
		}
	}
}

// Posts that nobody looks at leave this process, and are read again in their
// order; what could not be kept stays.
func TestPostsRest(t *testing.T) {
	t.Parallel()
	c := &ahead{}
	x := startBehind(t, nobody{}, func(o *web.Options) { o.Now = c.now })
	for _, text := range []string{"een", "twee"} {
		send(t, x, "sanne", adapters.Reply{Key: text, Text: text})
		send(t, x, "youssef", adapters.Reply{Key: text, Text: text})
	}
	x.adapter.Show("youssef", adapters.Reply{Key: "drie", Text: "drie"})
	c.pass(time.Hour)
	if n := x.adapter.Rest(c.now()); n != 3 {
		t.Errorf("%d posts are held, of one who has a post that was not kept", n)
	}
	for who, want := range map[string][]string{"sanne": {"een", "twee"}, "youssef": {"een", "twee", "drie"}} {
		tab := openTab(t, x, who, who)
		got := tab.Await("the posts", func(v adaptertest.View) bool { return len(v.Posts) == len(want) })
		for i, p := range got.Posts {
			if p.Text != want[i] {
				t.Errorf("%s, post %d: got %q, want %q", who, i, p.Text, want[i])
			}
		}
	}
	send(t, x, "sanne", adapters.Reply{Key: "een", Text: "een"})
	if n := x.adapter.Rest(c.now().Add(-time.Minute)); n != 5 {
		t.Errorf("of who looks %d posts are held, want 5", n)
	}
}
