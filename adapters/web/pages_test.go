package web_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/web"
	"github.com/meldroute/meldroute/config/private"
)

// In the place of a form the chat shows a link and a code, and nothing of what
// is behind it: no title, no question, no answer. Its limits are those of a page
// for forms, and its own for replies.
func TestPagesInvite(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	f := x.chat.acts(t, anna, "open").Form
	if f == nil || f.Link == nil || f.Submit != "" || len(f.Fields)+len(f.Facts)+len(f.Acts) > 0 || f.Intro != "" || f.Sensitive || f.Token == theForm.Token {
		t.Fatalf("the chat is shown %+v", f)
	}
	if s := f.Title + f.Link.Label + f.Link.Note + f.Link.URL; strings.Contains(s, "Zilver") || strings.Contains(s, "anna") || len(f.Title) > 24 {
		t.Errorf("the chat is shown %q", s)
	}
	if g := x.chat.acts(t, anna, "open").Form; g.Link.URL == f.Link.URL || g.Link.Note == f.Link.Note || g.Token == f.Token {
		t.Error("two links are alike")
	}
	if l := x.side.Limits(); !l.Forms || !l.NextForm || l.ShortBytes != 0 || l.Fields < 60 || l.Text != 400 || l.Choices != 5 {
		t.Errorf("limits: %+v", l)
	}
}

// Who has link and code fills in the form, is shown the next one at once, and is
// told at the end where to go on. Nothing of it is in an address, or kept by
// anybody on the way.
func TestPagesForm(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	next := adapters.Form{Token: "form-two", Title: "Nakijken", Submit: "Versturen", Facts: []adapters.Fact{{Label: "Wat", Value: private.New("Zilver!")}}}
	x.clerk.answer = func(m adapters.Message) (adapters.Answer, error) {
		if m.Filled.Token == "form-one" {
			return adapters.Answer{Form: &next}, nil
		}
		return adapters.Answer{Notice: "Je code is **M-7K3QP**."}, nil
	}
	b := x.browser()
	r := b.types(x.invites(anna))
	if r.status != http.StatusOK || r.path != "/form" || !strings.Contains(r.text, "Zilvervos gezien") || !strings.Contains(r.body, "Zilverstart</textarea>") {
		t.Fatalf("after the code: %d %s %q", r.status, r.path, r.text)
	}
	if r.headers.Get("Cache-Control") != "no-store" || r.headers.Get("Referrer-Policy") != "same-origin" || !strings.Contains(r.headers.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("headers: %v", r.headers)
	}
	if r = b.get("/form"); !strings.Contains(r.text, "Zilvervos gezien") {
		t.Errorf("loaded again: %q", r.text)
	}
	r = b.sends("", "what", "Zilverblauw", "many", "a")
	if r.path != "/form" || !strings.Contains(r.text, "Nakijken") || strings.Contains(r.text, "Zilvervos gezien") {
		t.Fatalf("the next form: %s %q", r.path, r.text)
	}
	m := x.clerk.got[0]
	want := adapters.Values{"what": private.List("Zilverblauw"), "many": private.List("a")}
	if m.From != anna || m.At != anna || !m.Direct || m.Lang != "nl" || m.Name.Reveal() != "Sanne" || m.Filled.Token != "form-one" || m.Filled.Act != "" {
		t.Errorf("handed over: %+v", m)
	}
	if diff := cmp.Diff(want, m.Filled.Values, cmp.Comparer(func(a, b private.Text) bool { return a == b })); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	r = b.sends("")
	if !strings.Contains(r.text, "Klaar") || !strings.Contains(r.body, "<strong>M-7K3QP</strong>") || !strings.Contains(r.text, "Ga terug naar je chat") {
		t.Errorf("at the end: %q", r.text)
	}
	if r = b.get("/form"); !strings.Contains(r.text, "geen formulier") {
		t.Errorf("after the end: %q", r.text)
	}
	x.clerk.answer = nil
	b.get(x.invites(anna).url)
	if b.sends("back"); x.clerk.got[2].Filled.Act != "back" {
		t.Errorf("another way out: %+v", x.clerk.got[2].Filled)
	}
	if got := x.chat.sees(); len(got) > 0 {
		t.Errorf("the chat showed %v", got)
	}
}

// What is not right stands beside what was filled in, and an act that fails
// loses nothing and can be done again.
func TestPagesFormAgain(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	var answers []func() (adapters.Answer, error)
	x.clerk.answer = func(adapters.Message) (adapters.Answer, error) {
		a := answers[0]
		answers = answers[1:]
		return a()
	}
	b := x.browser()
	b.types(x.invites(anna))
	answers = append(answers, func() (adapters.Answer, error) {
		return adapters.Answer{Errors: map[string]string{"what": "Dit is te kort.", "": "Kijk nog eens."}}, nil
	}, func() (adapters.Answer, error) { return adapters.Answer{}, errors.New("broken") },
		func() (adapters.Answer, error) { panic("Zilver") },
		func() (adapters.Answer, error) { return adapters.Answer{Notice: "Even niet."}, errors.New("broken") },
		func() (adapters.Answer, error) { return adapters.Answer{}, nil })
	for _, tc := range []struct {
		status int
		want   string
	}{
		{http.StatusUnprocessableEntity, "Dit is te kort."}, {http.StatusServiceUnavailable, "Probeer het opnieuw"},
		{http.StatusServiceUnavailable, "Probeer het opnieuw"}, {http.StatusServiceUnavailable, "Even niet."},
	} {
		r := b.sends("", "what", "Zilver & <b>blauw</b>", "many", "n")
		if r.status != tc.status || !strings.Contains(r.text, tc.want) || !strings.Contains(r.body, "Zilver &amp; &lt;b&gt;blauw&lt;/b&gt;</textarea>") || !strings.Contains(r.body, `value="n" checked`) {
			t.Errorf("got %d %q", r.status, r.text)
		}
	}
	if r := b.sends("", "what", "Zilver & <b>blauw</b>", "many", "n"); !strings.Contains(r.text, "Klaar") {
		t.Errorf("at last: %q", r.text)
	}
	if x.clerk.got[0].ID != x.clerk.got[4].ID {
		t.Error("what was sent again unchanged is another act")
	}
}

// What must be read at once is shown before the act is handed over, and stays in
// the chat (P39).
func TestPagesEarly(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	x.clerk.early = &adapters.Reply{Key: "112", Text: "**Bel nu 112.**", Urgent: true}
	held, let := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(let) })
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // waited out by a test that fails
	defer cancel()
	x.clerk.answer = func(adapters.Message) (adapters.Answer, error) { close(held); <-let; return adapters.Answer{}, nil }
	b := x.browser()
	b.types(x.invites(anna))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+"/form", strings.NewReader(b.page().Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	top := make([]byte, 8<<10)
	n := 0
	for !strings.Contains(string(top[:n]), "Bel nu 112") {
		k, err := res.Body.Read(top[n:])
		if n += k; err != nil {
			t.Fatalf("112 is not shown while the act waits: %v", err)
		}
	}
	<-held
	if got := x.chat.sees(); len(got) != 1 || got[0].Text != x.clerk.early.Text || got[0].Key != "112" {
		t.Errorf("in the chat: %v", got)
	}
	release()
	rest := new(strings.Builder)
	for {
		k, err := res.Body.Read(top)
		rest.Write(top[:k])
		if err != nil {
			break
		}
	}
	if !strings.Contains(rest.String(), "Klaar") || !strings.HasSuffix(strings.TrimSpace(rest.String()), "</html>") {
		t.Errorf("the rest: %q", rest)
	}
}

// A chat that looks at a link gets a page that is the same for every address,
// and uses nothing up.
func TestPagesPreview(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	i := x.invites(anna)
	robot := x.browser()
	want := robot.get(i.url)
	for range 20 {
		if got := robot.get(i.url); got.body != want.body || got.status != http.StatusOK || strings.Contains(got.body, "Zilver") {
			t.Fatalf("a look at the link: %d %q", got.status, got.text)
		}
	}
	if got := robot.get("/f/AAAAAAAAAAAAAAAAAAAAAAAAAA?lang=nl"); got.body != want.body || got.status != want.status {
		t.Error("a link that is there looks otherwise than one that is not")
	}
	if r := robot.do(http.MethodHead, i.url, nil); r.status != http.StatusOK {
		t.Errorf("HEAD: %d", r.status)
	}
	if r := x.browser().types(i); r.path != "/form" || r.status != http.StatusOK {
		t.Errorf("after the looks: %d %s", r.status, r.path)
	}
	if len(want.headers["Set-Cookie"]) > 0 {
		t.Error("a look sets a cookie")
	}
}

// Everything but the right code of a link that can still be used is told in the
// same words: unknown, wrong, used, too old, too many tries, of somebody who is
// no longer there, or a guest.
func TestPagesLinkRefused(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	unknown := invited{plainBase + "/f/AAAAAAAAAAAAAAAAAAAAAAAAAA?lang=nl", "7K3 QPX"}
	want := x.browser().types(unknown)
	if want.status != http.StatusNotFound || !strings.Contains(want.text, "Kijk of de code klopt") {
		t.Fatalf("an unknown link: %d %q", want.status, want.text)
	}
	same := func(name string, i invited) {
		t.Helper()
		b := x.browser()
		if got := b.types(i); got.body != want.body || got.status != want.status {
			t.Errorf("%s: %d %q", name, got.status, got.text)
		}
		if got := b.get("/form"); got.status != http.StatusForbidden || strings.Contains(got.body, "Zilver") {
			t.Errorf("%s: signed in all the same: %q", name, got.text)
		}
	}
	i := x.invites(anna)
	for !strings.ContainsAny(i.code, "01") { // to be mistaken for letters
		i = x.invites(anna)
	}
	same("a wrong code", invited{i.url, "000 000"})
	same("no code", invited{i.url, ""})
	same("the code of another link", invited{i.url, x.invites(anna).code})
	typed := strings.NewReplacer("0", "o", "1", "l", " ", "  ").Replace(strings.ToLower(i.code))
	if r := x.browser().types(invited{i.url, " " + typed + " "}); r.path != "/form" {
		t.Errorf("the right code, as it was read, after three wrong ones: %q", r.text)
	}
	same("a link that was used", i)

	i = x.invites(anna)
	var wg sync.WaitGroup
	for range 40 {
		b := x.browser()
		wg.Go(func() { b.do(http.MethodPost, i.url, url.Values{"code": {"000 000"}}) })
	}
	wg.Wait()
	same("the right code after too many", i)

	i = x.invites(anna)
	x.clock.pass(10 * time.Minute)
	same("a link that is too old", i)

	i = x.invites(anna)
	x.chat.gone[anna] = adapters.ErrGone
	same("somebody who left", i)
	delete(x.chat.gone, anna)
	x.chat.guests = append(x.chat.guests, berta)
	same("a guest", x.invites(berta))
	if n := x.clerk.count(); n > 0 {
		t.Errorf("%d forms were handed over", n)
	}
}

// barrier is a Memory that lets nobody know whether a link was used before all have
// asked.
type barrier struct {
	adapters.Memory
	all *sync.WaitGroup
}

func (b barrier) Get(ctx context.Context, scope, key string) (adapters.Item, bool, error) {
	it, ok, err := b.Memory.Get(ctx, scope, key)
	if key == "used" {
		b.all.Done()
		b.all.Wait()
	}
	return it, ok, err
}

// Of several browsers that type the right code at once, on two replicas, one is
// signed in.
func TestPagesLinkOnce(t *testing.T) {
	t.Parallel()
	const tries = 4 // fewer than a link has
	var all sync.WaitGroup
	all.Add(tries)
	x := openLounge(t, plainBase, &lounge{over: func(m adapters.Memory) adapters.Memory { return barrier{m, &all} }})
	y := openLounge(t, plainBase, x)
	i := x.invites(anna)
	var wg sync.WaitGroup
	var mu sync.Mutex
	in := 0
	for n := range tries {
		b := []*lounge{x, y}[n%2].browser()
		wg.Go(func() {
			if b.do(http.MethodPost, i.url, url.Values{"code": {i.code}}).path == "/form" {
				mu.Lock()
				defer mu.Unlock()
				in++
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("%d browsers are signed in by one link", in)
	}
}

// A browser that is signed in needs no code for the next link of the same
// person, also when that is opened twice; for one of somebody else it does, and
// is that person's from then on.
func TestPagesNextLink(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	b := x.browser()
	b.types(x.invites(anna))
	i := x.invites(anna)
	for range 2 {
		if r := b.get(i.url); r.path != "/form" {
			t.Errorf("the next link: %s %q", r.path, r.text)
		}
	}
	if r := x.browser().types(i); r.path == "/form" {
		t.Error("a link was used in two browsers")
	}
	old := x.browser()
	old.client.Jar.SetCookies(plainURL, b.client.Jar.Cookies(plainURL))
	if r := old.get("/form"); r.status != http.StatusOK {
		t.Fatalf("the same browser: %d", r.status)
	}
	other := x.invites(berta)
	want := x.browser().get(other.url)
	if r := b.get(other.url); r.body != want.body {
		t.Errorf("the link of somebody else: %s %q", r.path, r.text)
	}
	if r := b.types(other); r.path != "/form" {
		t.Fatalf("with its code: %q", r.text)
	}
	b.sends("", "what", "x")
	if got := x.clerk.got[0].From; got != berta {
		t.Error("the browser acts for who was signed in before")
	}
	if r := old.get("/form"); r.status != http.StatusForbidden {
		t.Errorf("the session of who was signed in before: %d %q", r.status, r.text)
	}
}

// A form is sent twice, after a restart, on another replica: it is one act, and
// what came of it is shown again.
func TestPagesTwice(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	meet := make(chan bool)
	x.clerk.answer = func(adapters.Message) (adapters.Answer, error) {
		select { // two at once would meet here
		case meet <- true:
		case <-meet:
			t.Error("two acts of one person are done at once")
		case <-time.After(100 * time.Millisecond):
		}
		return adapters.Answer{Notice: "Verstuurd."}, nil
	}
	b := x.browser()
	b.types(x.invites(anna))
	v := b.page()
	v.Set("f.what", "Zilver")
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			c := *b
			if r := c.do(http.MethodPost, "/form", v); !strings.Contains(r.text, "Verstuurd.") {
				t.Errorf("sent: %q", r.text)
			}
		})
	}
	wg.Wait()
	y := openLounge(t, plainBase, x)
	if err := x.stop(); err != nil {
		t.Fatal(err)
	}
	b.moves(y)
	if r := b.do(http.MethodPost, "/form", v); !strings.Contains(r.text, "Verstuurd.") {
		t.Errorf("sent again after a restart: %q", r.text)
	}
	if n := x.clerk.count(); n != 1 {
		t.Errorf("handed over %d times", n)
	}
	if x.memory.Holds("forms/", "Zilver") || x.memory.Holds("link/", "Zilver") {
		t.Error("a form that was taken is still kept")
	}
}

// A process that dies after the act and before its answer: the form is sent
// again under the same id, for the handler to know.
func TestPagesKilled(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	b := x.browser()
	i := x.invites(anna)
	b.types(i)
	v := b.page()
	v.Set("f.what", "Zilver")
	x.clerk.answer = func(adapters.Message) (adapters.Answer, error) {
		x.memory.Break(true) // nothing after the commit of the act is kept
		return adapters.Answer{}, nil
	}
	b.do(http.MethodPost, "/form", v)
	x.memory.Break(false)
	y := openLounge(t, plainBase, x)
	y.clerk.answer = nil
	b.moves(y)
	if r := b.do(http.MethodPost, "/form", v); !strings.Contains(r.text, "Klaar") {
		t.Errorf("sent again: %q", r.text)
	}
	if got := x.clerk.got; len(got) != 2 || got[0].ID != got[1].ID {
		t.Errorf("handed over %d times, under other ids", len(got))
	}
}

// Two forms can be open at once: neither takes the place of the other.
func TestPagesTwoForms(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	b := x.browser()
	b.types(x.invites(anna))
	first := b.page()
	x.clerk.open.Token = "form-other"
	b.get(x.invites(anna).url)
	if r := b.do(http.MethodPost, "/form", first); !strings.Contains(r.text, "Klaar") || x.clerk.got[0].Filled.Token != "form-one" {
		t.Errorf("the first form: %q", r.text)
	}
	b.get("/form")
	if b.sends("", "what", "x"); len(x.clerk.got) != 2 || x.clerk.got[1].Filled.Token != "form-other" {
		t.Errorf("the second form: %d taken", len(x.clerk.got))
	}
}

// Without the session nothing is shown and nothing taken: signed out, idle too
// long, somebody who left the chat, another browser, another's form.
func TestPagesSession(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	for name, ends := range map[string]func(b *browser){
		"signed out": func(b *browser) { b.do(http.MethodPost, "/out", nil) },
		"idle":       func(*browser) { x.clock.pass(31 * time.Minute) },
		"left":       func(*browser) { x.chat.gone[anna] = adapters.ErrGone },
		"elsewhere":  func(b *browser) { *b = *x.browser() },
		"another's":  func(b *browser) { *b = *x.browser(); b.types(x.invites(berta)) },
	} {
		b := x.browser()
		b.types(x.invites(anna))
		v := b.page()
		ends(b)
		if name != "another's" {
			if r := b.get("/form"); r.status != http.StatusForbidden || strings.Contains(r.text, "Zilver") {
				t.Errorf("%s: %d %q", name, r.status, r.text)
			}
		}
		if r := b.do(http.MethodPost, "/form", v); !strings.Contains(r.text, "is niet verstuurd") {
			t.Errorf("%s: sent: %d %q", name, r.status, r.text)
		}
		delete(x.chat.gone, anna)
	}
	x.chat.gone[anna] = errors.New("the chat does not answer")
	b := x.browser()
	b.types(x.invites(anna))
	if b.sends("", "what", "x"); x.clerk.count() != 1 {
		t.Errorf("while the chat does not answer, %d forms were taken", x.clerk.count())
	}
}

// What another site makes a browser send, and any other name for this machine,
// is refused.
func TestPagesForgeries(t *testing.T) {
	t.Parallel()
	x := openLounge(t, "https://bot.example.org", nil)
	send := func(method, path, host string, change func(http.Header)) int {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+x.at+path, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		change(req.Header)
		tr := &http.Transport{}
		defer tr.CloseIdleConnections()
		res, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: no HSTS", path)
		}
		return res.StatusCode
	}
	for _, path := range []string{"/form", "/out", "/f/AAAAAAAAAAAAAAAAAAAAAAAAAA", "/d/AAAA"} {
		if got := send(http.MethodPost, path, "bot.example.org", func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") }); got != http.StatusForbidden {
			t.Errorf("%s from another site: %d", path, got)
		}
		if got := send(http.MethodPost, path, "bot.example.org", func(h http.Header) { h.Set("Origin", "https://evil.example") }); got != http.StatusForbidden {
			t.Errorf("%s with another origin: %d", path, got)
		}
		if got := send(http.MethodPost, path, "bot.example.org", func(h http.Header) { h.Set("Origin", "null") }); got != http.StatusForbidden {
			t.Errorf("%s from nowhere: %d", path, got)
		}
		if got := send(http.MethodPost, path, "bot.example.org", func(h http.Header) { h.Set("Origin", "https://bot.example.org") }); path != "/form" && got == http.StatusForbidden {
			t.Errorf("%s of its own, by an older browser: %d", path, got)
		}
		for _, host := range []string{x.at, "localhost", "evil.example", "bot.example.org:8443"} {
			if got := send(http.MethodGet, path, host, func(http.Header) {}); got != http.StatusMisdirectedRequest {
				t.Errorf("%s at %s: %d", path, host, got)
			}
		}
	}
	if got := send(http.MethodGet, "/", "bot.example.org", func(http.Header) {}); got != http.StatusOK {
		t.Errorf("its own name: %d", got)
	}
}

// Bytes that are no form are refused in words, and nothing is handed over.
func TestPagesMalformed(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	b := x.browser()
	b.types(x.invites(anna))
	good := b.page()
	for name, v := range map[string]url.Values{
		"nothing": {}, "no id": {"token": good["token"], "at": {"form"}, "lang": {"nl"}},
		"a long one": {"id": good["id"], "token": good["token"], "at": {"form"}, "lang": {"nl"}, "f.what": {strings.Repeat("x", web.MaxBody)}},
		"zero bytes": {"id": good["id"], "token": good["token"], "at": {"form"}, "lang": {"nl"}, "f.what": {"a\x00"}},
	} {
		if r := b.do(http.MethodPost, "/form", v); r.status < 400 || r.status > 499 || r.text == "" {
			t.Errorf("%s: %d %q", name, r.status, r.text)
		}
	}
	stolen := url.Values{"id": good["id"], "token": {"another-token"}, "at": {"form"}, "lang": {"nl"}}
	if b.do(http.MethodPost, "/form", stolen); x.clerk.count() != 1 || x.clerk.got[0].Filled.Token != "form-one" {
		t.Error("the token of a form is taken from the browser")
	}
}

// In a chat without windows the link is a message: another takes its place when
// it was used, and when it is too old, also if the chat was away or nothing ran
// at that time.
func TestPagesPosted(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	x.chat.typed = true
	used, old := x.chat.acts(t, anna, "open").Form.Link, x.chat.acts(t, anna, "open").Form.Link
	if used.Key == "" || used.Key == old.Key {
		t.Fatalf("keys: %q and %q", used.Key, old.Key)
	}
	x.browser().types(invited{used.URL, codeRE.FindString(used.Note)})
	got := x.chat.sees()
	if len(got) != 1 || got[0].Over != used.Key || got[0].Text != "Deze link werkt niet meer." || got[0].Key == used.Key {
		t.Errorf("after the use: %+v", got)
	}
	x.chat.down = errors.New("the chat is away")
	late := x.chat.acts(t, anna, "open").Form.Link
	if r := x.browser().types(invited{late.URL, codeRE.FindString(late.Note)}); r.path != "/form" {
		t.Errorf("while the chat is away: %q", r.text)
	}
	if err := x.stop(); err != nil {
		t.Fatal(err)
	}
	x.clock.pass(11 * time.Minute)
	y := openLounge(t, plainBase, x)
	for limit := time.After(10 * time.Second); ; {
		all, news := y.chat.watch()
		gone := map[string]bool{}
		for _, r := range all {
			gone[r.Over] = true
		}
		if gone[old.Key] && gone[late.Key] {
			break
		}
		select {
		case <-news:
		case <-limit:
			t.Fatalf("in the chat: %v", gone)
		}
	}
	if err := y.stop(); err != nil { // what was begun is done
		t.Fatal(err)
	}
	if kept := x.memory.Kept("posted"); len(kept) > 0 {
		t.Errorf("%d links are still remembered as shown", len(kept))
	}
}

// A file comes to who has the link and the code that the bot gave with it, as
// one to save; who asks and for what is sealed in the address. Nothing but that
// is told apart.
func TestPagesFile(t *testing.T) {
	t.Parallel()
	x := openLounge(t, plainBase, nil)
	var asked []adapters.Claim
	x.clerk.file = func(c adapters.Claim) (adapters.File, error) {
		asked = append(asked, c)
		if c.Code.Reveal() != "7K3 QPX" {
			return adapters.File{}, adapters.ErrNoFile
		}
		return adapters.File{Name: "SIG-2026-7K3QP.txt", Type: "text/plain; charset=utf-8", Body: private.New("Zilver")}, nil
	}
	x.chat.acts(t, anna, "open")
	pages, ok := x.side.(adapters.Pages)
	if !ok {
		t.Fatal("a chat beside pages has none")
	}
	u, err := pages.FileLink(anna, "en", "token-A_1")
	if err != nil || !strings.HasPrefix(u, plainBase+"/d/") || strings.Contains(u, "token") || strings.Contains(u, "anna") {
		t.Fatalf("the link: %q, %v", u, err)
	}
	if _, err := pages.FileLink(adapters.NewAddress("web", "anna"), "nl", "x"); !errors.Is(err, adapters.ErrGone) {
		t.Errorf("somebody of another platform: %v", err)
	}
	b := x.browser()
	page := b.get(u)
	if !strings.Contains(page.text, "Fetch the file") || len(asked) > 0 {
		t.Errorf("the page: %q, %d claims", page.text, len(asked))
	}
	if other := b.get(plainBase + "/d/AAAA?lang=en"); other.body != page.body {
		t.Error("a link that is there looks otherwise than one that is not")
	}
	r := b.do(http.MethodPost, u, url.Values{"code": {"7K3 QPX"}})
	if r.body != "Zilver" || r.headers.Get("Cache-Control") != "no-store" || !strings.HasPrefix(r.headers.Get("Content-Disposition"), "attachment") {
		t.Errorf("the file: %d %q %v", r.status, r.text, r.headers)
	}
	if len(asked) != 1 || asked[0].From != anna || asked[0].Token != "token-A_1" || asked[0].Lang != "en" {
		t.Errorf("claims: %+v", asked)
	}
	none := b.do(http.MethodPost, u, url.Values{"code": {"x"}})
	at := len(u) - len("?lang=en") - 4
	for name, bad := range map[string]string{"forged": plainBase + "/d/AAAA?lang=en", "changed": u[:at] + "AAAA" + u[at+4:], "empty": plainBase + "/d/A?lang=en"} {
		if got := b.do(http.MethodPost, bad, url.Values{"code": {"7K3 QPX"}}); got.body != none.body || got.status != none.status {
			t.Errorf("%s: %d %q", name, got.status, got.text)
		}
	}
	y := openLounge(t, plainBase, x)
	b.moves(y)
	if r := b.do(http.MethodPost, u, url.Values{"code": {"7K3 QPX"}}); r.body != "Zilver" {
		t.Errorf("on another replica: %d %q", r.status, r.text)
	}
}

// Over TLS of its own the browser keeps the session for this very host alone.
func TestPagesOverTLS(t *testing.T) {
	t.Parallel()
	lent := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	defer lent.Close()
	key, err := x509.MarshalPKCS8PrivateKey(lent.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lent.Certificate().Raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	file := filepath.Join(t.TempDir(), "both.pem")
	if err := os.WriteFile(file, both, 0o600); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(lent.Certificate())
	const base = "https://example.com"
	x := openLounge(t, base, &lounge{cert: file, roots: roots})
	b := x.browser()
	if r := b.types(x.invites(anna)); r.path != "/form" || r.status != http.StatusOK || r.headers.Get("Strict-Transport-Security") == "" {
		t.Fatalf("over TLS: %d %s %v", r.status, r.path, r.headers)
	}
	at := &url.URL{Scheme: "https", Host: "example.com", Path: "/"}
	if got := b.client.Jar.Cookies(at); len(got) != 1 || !strings.HasPrefix(got[0].Name, "__Host-") {
		t.Errorf("cookies: %v", got)
	}
	at.Scheme = "http"
	if got := b.client.Jar.Cookies(at); len(got) != 0 {
		t.Errorf("in the open it would send %v", got)
	}
	o := options(t, &adaptertest.Memory{})
	p, err := web.NewPages(web.PagesOptions{Listen: "127.0.0.1:0", URL: base, Cert: file + ".none", Key: file, Say: o.Say, Memory: o.Memory})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), x.clerk); err == nil {
		t.Error("without its certificate it runs")
	}
}

// What cannot work is refused in words.
func TestNewPagesRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		o    web.PagesOptions
		ok   bool
	}{
		{"behind a proxy", web.PagesOptions{Listen: "127.0.0.1:0", URL: "https://bot.example.org"}, true},
		{"with a certificate", web.PagesOptions{Listen: ":8443", URL: "https://bot.example.org:8443", Cert: "a", Key: "b"}, true},
		{"on this machine", web.PagesOptions{Listen: "127.0.0.1:0", URL: "http://127.0.0.1:8070"}, true},
		{"for all in the open", web.PagesOptions{Listen: ":8070", URL: "https://bot.example.org"}, false},
		{"an address in the open", web.PagesOptions{Listen: "127.0.0.1:0", URL: "http://bot.example.org"}, false},
		{"no address", web.PagesOptions{Listen: "127.0.0.1:0"}, false},
		{"with a path", web.PagesOptions{Listen: "127.0.0.1:0", URL: "https://bot.example.org/bot"}, false},
		{"with a name", web.PagesOptions{Listen: "127.0.0.1:0", URL: "https://a:b@bot.example.org"}, false},
		{"half a certificate", web.PagesOptions{Listen: ":8443", URL: "https://bot.example.org", Cert: "a"}, false},
		{"nowhere", web.PagesOptions{URL: "https://bot.example.org"}, false},
	} {
		o := options(t, nil)
		tc.o.Say, tc.o.Memory = o.Say, &adaptertest.Memory{}
		if _, err := web.NewPages(tc.o); (err == nil) != tc.ok {
			t.Errorf("%s: got %v", tc.name, err)
		}
	}
}
