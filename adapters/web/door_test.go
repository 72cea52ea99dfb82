package web_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/web"
	"github.com/meldroute/meldroute/adapters/web/providertest"
)

// ahead is the real clock, so far ahead: what a provider signs is of now.
type ahead struct{ by atomic.Int64 }

func (a *ahead) now() time.Time       { return time.Now().Add(time.Duration(a.by.Load())) }
func (a *ahead) pass(d time.Duration) { a.by.Add(int64(d)) }

// gate is a house behind a real provider.
type gate struct {
	*house
	provider *providertest.Provider
	clock    *ahead
}

func startGate(t *testing.T, h adapters.Handler, change func(*web.Options)) *gate {
	t.Helper()
	g := &gate{provider: providertest.Start(t), clock: &ahead{}}
	g.house = start(t, h, func(o *web.Options) {
		behind(g.provider.Issuer)(o)
		o.Now = g.clock.now
		if change != nil {
			change(o)
		}
	})
	g.provider.User("aaa-1", "Sanne Proef")
	g.provider.User("bbb-2", "Youssef Proef")
	g.provider.Redirect(g.url("/in/done"))
	return g
}

// walker is a browser that follows nothing by itself.
type walker struct {
	t      *testing.T
	client *http.Client
}

func newWalker(t *testing.T) *walker {
	jar, _ := cookiejar.New(nil)
	tr := &http.Transport{DisableKeepAlives: true}
	return &walker{t, &http.Client{Jar: jar, Transport: tr, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// open is what is at an address, and where it sends on to.
func (b *walker) open(u string) (status int, body, to string) {
	b.t.Helper()
	return b.send(http.MethodGet, u, nil)
}

func (b *walker) send(method, u string, form url.Values) (status int, body, to string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, u, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	all, _ := io.ReadAll(res.Body)
	if at, err := res.Location(); err == nil {
		to = at.String()
	}
	return res.StatusCode, string(all), to
}

// signIn goes to the provider and back, and returns what comes of it.
func (g *gate) signIn(b *walker, id string) (status int, body, to string) {
	b.t.Helper()
	_, _, at := b.open(g.url("/in"))
	return b.open(g.provider.SignIn(at, id))
}

// mine signs somebody in and returns his page.
func (g *gate) mine(b *walker, id string) string {
	b.t.Helper()
	status, body, to := g.signIn(b, id)
	if status != http.StatusSeeOther {
		b.t.Fatalf("signed in: %d %s", status, plain(body))
	}
	page, _, _ := strings.Cut(to, "?")
	return page
}

// Who signs in gets his own page, named as the provider names him. What he is
// known by stands on it for whoever fills in the roles, and in no address and no
// log.
func TestSignIn(t *testing.T) {
	t.Parallel()
	got := make(chan adapters.Message, 1)
	g := startGate(t, handler{handle: func(_ context.Context, m adapters.Message) (adapters.Answer, error) {
		got <- m
		return adapters.Answer{}, nil
	}}, nil)
	b := newWalker(t)
	if status, body, _ := b.open(g.url("/")); status != http.StatusOK || !strings.Contains(body, `href="/in?lang=nl"`) || !strings.Contains(body, `href="tel:112"`) {
		t.Fatalf("the way in: %d %s", status, plain(body))
	}
	page := g.mine(b, "aaa-1")
	status, body, _ := b.open(page)
	onlyOurs(t, page, body)
	for _, want := range []string{"Sanne Proef", "Je kenmerk hier: web:aaa-1", "Afmelden"} {
		if !strings.Contains(plain(body), want) {
			t.Errorf("the page (%d) lacks %q", status, want)
		}
	}
	if strings.Contains(plain(body), "Proefversie") {
		t.Error("the page says that it is a trial")
	}
	if _, _, to := b.open(g.url("/")); !strings.HasPrefix(to, page) {
		t.Errorf("the start leads to %q, not to %q", to, page)
	}
	at := page[strings.LastIndex(page, "/")+1:]
	if status, body, _ := b.send(http.MethodPost, page+"/say", url.Values{"id": {goodID}, "at": {at}, "lang": {"nl"}, "text": {"hallo"}}); status != http.StatusOK {
		t.Fatalf("an act: %d %s", status, body)
	}
	if m := <-got; m.From.Key() != "web:aaa-1" || m.At != m.From || !m.Direct || m.Name.Reveal() != "Sanne Proef" {
		t.Errorf("a message from %s, called %q", m.From.Key(), m.Name.Reveal())
	}
	if strings.Contains(page, "aaa-1") {
		t.Errorf("the address of the page tells who: %s", page)
	}
	for _, secret := range []string{"aaa-1", "Sanne", "code=", at} {
		if strings.Contains(g.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if g.memory.Holds("", "eyJ") {
		t.Error("a token was kept")
	}
}

// What is not a good answer of the provider to this browser signs nobody in, and
// is said in words. The log says where it went wrong and nothing of whom.
func TestSignInRefused(t *testing.T) {
	t.Parallel()
	g := startGate(t, nobody{}, nil)
	g.provider.User("desk", "Kanaal")
	g.provider.User("a b", "Spatie")
	past := time.Now().Add(-time.Hour).Unix()
	for name, tc := range map[string]struct {
		f  providertest.Forgery
		at string
	}{
		"another nonce":    {providertest.Forgery{Set: map[string]any{"nonce": "x"}}, "nonce"},
		"no nonce":         {providertest.Forgery{Drop: []string{"nonce"}}, "nonce"},
		"another audience": {providertest.Forgery{Set: map[string]any{"aud": []string{"x"}}}, "token"},
		"another issuer":   {providertest.Forgery{Set: map[string]any{"iss": "https://x.example"}}, "token"},
		"expired":          {providertest.Forgery{Set: map[string]any{"exp": past}}, "token"},
		"signed by nobody": {providertest.Forgery{Sign: "nobody"}, "token"},
		"by a stranger":    {providertest.Forgery{Sign: "stranger"}, "token"},
		"with the secret":  {providertest.Forgery{Sign: "secret"}, "token"},
		"another party":    {providertest.Forgery{Set: map[string]any{"azp": "x"}}, "party"},
		"no claim":         {providertest.Forgery{Set: map[string]any{"sub": 7}}, "token"},
		"an odd claim":     {providertest.Forgery{Set: map[string]any{"sub": "../x"}}, "claim"},
		"a long claim":     {providertest.Forgery{Set: map[string]any{"sub": strings.Repeat("a", 65)}}, "claim"},
		"the channel":      {providertest.Forgery{Set: map[string]any{"sub": "desk"}}, "place"},
	} {
		b := newWalker(t)
		g.provider.Forge(tc.f)
		status, body, _ := g.signIn(b, "aaa-1")
		g.refused(t, name, b, status, body)
		if !strings.HasSuffix(strings.TrimSpace(g.log.String()), "at="+tc.at) {
			t.Errorf("%s: the log does not end at %q: %s", name, tc.at, g.log.String())
		}
	}
	if strings.Contains(g.log.String(), "aaa-1") || strings.Contains(g.log.String(), "Proef") {
		t.Error("the log says who")
	}
}

// refused checks that a browser reads why, and is not let in.
func (g *gate) refused(t *testing.T, name string, b *walker, status int, body string) {
	t.Helper()
	if status != http.StatusForbidden || !strings.Contains(body, `class="why"`) || !strings.Contains(body, "/in?lang=nl") {
		t.Errorf("%s: got %d %s", name, status, plain(body))
	}
	if status, _, to := b.open(g.url("/")); status != http.StatusOK || to != "" {
		t.Errorf("%s: somebody is signed in", name)
	}
}

// An answer counts once, in the browser that asked for it, with the state and the
// verifier of its own.
func TestAnswerIsOfThisBrowser(t *testing.T) {
	t.Parallel()
	g := startGate(t, nobody{}, nil)
	ask := func(b *walker) string { _, _, at := b.open(g.url("/in")); return at }
	b, other := newWalker(t), newWalker(t)
	answer := g.provider.SignIn(ask(b), "aaa-1")
	status, body, _ := other.open(answer)
	g.refused(t, "a browser that asked nothing", other, status, body)
	ask(other)
	status, body, _ = other.open(answer)
	g.refused(t, "a browser that asked something else", other, status, body)
	if !strings.HasSuffix(strings.TrimSpace(g.log.String()), "at=state") {
		t.Errorf("it went to the provider: %s", g.log.String())
	}
	theirs, _ := url.Parse(ask(other))
	mixed, _ := url.Parse(answer)
	q := mixed.Query()
	q.Set("state", theirs.Query().Get("state"))
	mixed.RawQuery = q.Encode()
	status, body, _ = other.open(mixed.String())
	g.refused(t, "a code of another browser, under one's own state", other, status, body)
	asked := b.client.Jar.Cookies(mixed)
	if status, _, _ := b.open(answer); status != http.StatusSeeOther {
		t.Fatalf("a good answer: %d", status)
	}
	again := newWalker(t)
	status, body, _ = b.open(answer)
	if status != http.StatusForbidden {
		t.Errorf("the same answer again: %d %s", status, plain(body))
	}
	again.client.Jar.SetCookies(mixed, asked)
	status, body, _ = again.open(answer)
	g.refused(t, "a used code", again, status, body)
	if !strings.HasSuffix(strings.TrimSpace(g.log.String()), "at=code") {
		t.Errorf("the provider did not refuse it: %s", g.log.String())
	}
	denied := newWalker(t)
	at, _ := url.Parse(ask(denied))
	status, body, _ = denied.open(g.url("/in/done?error=access_denied&error_description=Zilvervos&state=" + at.Query().Get("state")))
	g.refused(t, "a refusal of the provider", denied, status, body)
	if strings.Contains(body, "Zilvervos") || strings.Contains(g.log.String(), "Zilvervos") {
		t.Error("what the provider said is passed on")
	}
	if at.Query().Get("code_challenge_method") != "S256" || at.Query().Get("nonce") == "" || at.Query().Get("scope") != "openid profile" {
		t.Errorf("asked with %v", at.Query())
	}
}

// A provider that changes its keys is followed.
func TestProviderChangesItsKey(t *testing.T) {
	t.Parallel()
	g := startGate(t, nobody{}, nil)
	g.mine(newWalker(t), "aaa-1")
	g.provider.Rotate()
	g.mine(newWalker(t), "bbb-2")
}

// While the provider is away whoever wants in is told so, at either step; who is
// in stays in. When it is back it is found by itself.
func TestProviderAway(t *testing.T) {
	t.Parallel()
	g := startGate(t, nobody{}, nil)
	g.provider.Away()
	b := newWalker(t)
	away := func(name string, status int, body string) {
		t.Helper()
		if status != http.StatusServiceUnavailable || !strings.Contains(body, "Aanmelden lukt nu niet") || !strings.Contains(body, "Bel 112") {
			t.Errorf("%s: got %d %s", name, status, plain(body))
		}
	}
	status, body, _ := b.open(g.url("/in"))
	away("before it was found", status, body)
	g.provider.Back()
	status, body, _ = b.open(g.url("/in"))
	away("at once after", status, body)
	g.clock.pass(3 * time.Second)
	page := g.mine(b, "aaa-1")
	late := newWalker(t)
	_, _, at := late.open(g.url("/in"))
	answer := g.provider.SignIn(at, "bbb-2")
	g.provider.Away()
	status, body, _ = late.open(answer)
	away("between the two", status, body)
	if status, _, _ := b.open(page); status != http.StatusOK {
		t.Errorf("who is in: %d", status)
	}
}

// Somebody reaches nothing of another: not his page, stream, acts, files or
// pictures. What is another's reads as what is nobody's.
func TestNobodyReachesAnother(t *testing.T) {
	t.Parallel()
	var taken atomic.Int64
	g := startGate(t, handler{handle: func(context.Context, adapters.Message) (adapters.Answer, error) {
		taken.Add(1)
		return adapters.Answer{}, nil
	}}, nil)
	if err := g.adapter.SendPicture(t.Context(), adapters.NewAddress("web", "aaa-1"), drawn(t, "p")); err != nil {
		t.Fatal(err)
	}
	hers, his, stranger := newWalker(t), newWalker(t), newWalker(t)
	page := g.mine(hers, "aaa-1")
	g.mine(his, "bbb-2")
	_, body, _ := hers.open(page)
	src := find(imgRE, body)
	if status, _, _ := hers.open(g.url(src)); status != http.StatusOK {
		t.Fatalf("her own picture: %d", status)
	}
	path := strings.TrimPrefix(page, g.url(""))
	act := url.Values{"id": {goodID}, "at": {strings.TrimPrefix(path, "/p/")}, "lang": {"nl"}, "text": {"hallo"}}
	for _, tc := range []struct {
		method, at string
		form       url.Values
	}{
		{"GET", path, nil}, {"GET", path + "/events", nil}, {"GET", path + "/file/tok", nil}, {"GET", src, nil},
		{"POST", path + "/say", act}, {"POST", path + "/file/tok", url.Values{"code": {"x"}}}, {"POST", path + "/here", url.Values{}},
	} {
		free := strings.ReplaceAll(tc.at, strings.TrimPrefix(path, "/p/"), "AAAAAAAAAAAAAAAAAAAAAAAAAA")
		status, body, _ := his.send(tc.method, g.url(tc.at), tc.form)
		none, same, _ := his.send(tc.method, g.url(free), tc.form)
		if status != none || body != same || strings.Contains(body, "Sanne") || strings.Contains(body, "event: p") {
			t.Errorf("%s %s as another: %d, and %d where nobody is: %s", tc.method, tc.at, status, none, plain(body))
		}
		if status == http.StatusOK && !strings.HasPrefix(body, "event: out") {
			t.Errorf("%s %s as another: %d %s", tc.method, tc.at, status, plain(body))
		}
		if status, body, _ := stranger.send(tc.method, g.url(tc.at), tc.form); status != http.StatusForbidden && !strings.HasPrefix(body, "event: out") {
			t.Errorf("%s %s as nobody: %d", tc.method, tc.at, status)
		}
	}
	if n := taken.Load(); n != 0 {
		t.Errorf("%d acts of others were taken", n)
	}
}

// Where somebody was going he is brought after signing in, when that is a page
// of ours.
func TestSignInLeadsOn(t *testing.T) {
	t.Parallel()
	g := startGate(t, nobody{}, nil)
	_, link := g.mine(newWalker(t), "aaa-1"), ""
	link, err := g.adapter.FileLink(adapters.NewAddress("web", "aaa-1"), "en", "TOKEN")
	if err != nil {
		t.Fatal(err)
	}
	b := newWalker(t)
	_, body, _ := b.open(link)
	way := regexp.MustCompile(`href="(/in\?[^"]*)"`).FindStringSubmatch(body)
	if way == nil {
		t.Fatalf("no way in at a file: %s", plain(body))
	}
	_, _, at := b.open(g.url(strings.ReplaceAll(way[1], "&amp;", "&")))
	if _, _, to := b.open(g.provider.SignIn(at, "aaa-1")); to != link {
		t.Errorf("brought to %q, not %q", to, link)
	}
	for _, to := range []string{"//evil.example", "https://evil.example/p/x", "/p/x/../../in", "/p//evil.example", `/p/\evil`, "/in/done", "p/x", "/p/x/file/a/b"} {
		b := newWalker(t)
		_, _, at := b.open(g.url("/in?to=" + url.QueryEscape(to)))
		_, _, got := b.open(g.provider.SignIn(at, "aaa-1"))
		if page, _, _ := strings.Cut(link, "/file/"); !strings.HasPrefix(got, page+"?") {
			t.Errorf("%q brings to %q", to, got)
		}
	}
}

// Somebody is called as the id token says, in letters and no longer than fits; a
// token without a name is asked for elsewhere, and somebody without a name is
// called by his identifier.
func TestNameOfWhoSignsIn(t *testing.T) {
	t.Parallel()
	g := startGate(t, nobody{}, nil)
	g.provider.User("ccc-3", "")
	for _, tc := range []struct {
		id   string
		name any
		want string
	}{
		{"aaa-1", " Sanne\u202e \n Anders ", "Sanne Anders"},
		{"aaa-1", strings.Repeat("é", 200), strings.Repeat("é", 100)},
		{"aaa-1", 7, "Sanne Proef"},
		{"aaa-1", "", "Sanne Proef"},
		{"ccc-3", "", "ccc-3"},
	} {
		g.provider.Forge(providertest.Forgery{Set: map[string]any{"name": tc.name}})
		b := newWalker(t)
		_, body, _ := b.open(g.mine(b, tc.id))
		if got := plain(find(regexp.MustCompile(`<h1>(.*?)</h1>`), body)); got != tc.want {
			t.Errorf("%q: called %q, want %q", tc.name, got, tc.want)
		}
	}
}
