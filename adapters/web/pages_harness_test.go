package web_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/web"
	"github.com/meldroute/meldroute/config/private"
)

// cafe is a chat that shows nothing: what it would show can be looked at.
type cafe struct {
	mu      sync.Mutex
	handler adapters.Handler
	begun   chan struct{}
	shown   []adapters.Reply
	news    chan struct{} // closed at the next reply
	down    error         // what Send returns
	typed   bool          // it has no windows
	gone    map[adapters.Address]error
	guests  []adapters.Address
}

func newCafe() *cafe {
	return &cafe{news: make(chan struct{}), begun: make(chan struct{}), gone: map[adapters.Address]error{}}
}

func (c *cafe) Name() string { return "cafe" }

func (c *cafe) Limits() adapters.Limits {
	return adapters.Limits{Forms: !c.typed, Text: 400, Choices: 5, FormTitle: 24, Fields: 3, ShortBytes: 24}
}

func (c *cafe) Run(ctx context.Context, h adapters.Handler) error {
	c.handler = h
	close(c.begun)
	<-ctx.Done()
	return nil
}

func (c *cafe) Send(_ context.Context, _ adapters.Address, r adapters.Reply) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down == nil {
		c.shown = append(c.shown, r)
		close(c.news)
		c.news = make(chan struct{})
	}
	return c.down
}

// sees is what stands in the chat.
func (c *cafe) sees() []adapters.Reply {
	all, _ := c.watch()
	return all
}

// watch is sees, with a channel that is closed when there is more.
func (c *cafe) watch() ([]adapters.Reply, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.shown), c.news
}

func (c *cafe) SendPicture(context.Context, adapters.Address, adapters.Picture) error { return nil }

func (c *cafe) Room(_ context.Context, at adapters.Address) (adapters.Room, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := adapters.Member{Address: at, Guest: slices.Contains(c.guests, at)}
	return adapters.Room{Private: true, Members: []adapters.Member{m}}, c.gone[at]
}

func (c *cafe) Linked() bool { return true }
func (c *cafe) Waiting() int { return 0 }

// acts does something as a person of the chat, and returns what he sees.
func (c *cafe) acts(t testing.TB, who adapters.Address, press string) adapters.Answer {
	t.Helper()
	a, err := c.handler.Handle(t.Context(), adapters.Message{
		ID: "act", From: who, At: who, Direct: true, Name: private.New("Sanne"), Lang: "nl", Press: press,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// clerk is a bot that gives forms: what was filled in is kept, and answered by
// answer.
type clerk struct {
	mu     sync.Mutex
	open   adapters.Form
	forms  func(adapters.Message) adapters.Form // in the place of open, when not nil
	got    []adapters.Message
	early  *adapters.Reply
	answer func(adapters.Message) (adapters.Answer, error)
	file   func(adapters.Claim) (adapters.File, error)
}

func (c *clerk) Early(m adapters.Message) *adapters.Reply {
	if m.Filled == nil {
		return nil
	}
	return c.early
}

func (c *clerk) Handle(_ context.Context, m adapters.Message) (adapters.Answer, error) {
	if m.Filled == nil {
		f := c.open
		if c.forms != nil {
			f = c.forms(m)
		}
		return adapters.Answer{Form: &f}, nil
	}
	c.mu.Lock()
	c.got = append(c.got, m)
	c.mu.Unlock()
	if c.answer == nil {
		return adapters.Answer{}, nil
	}
	return c.answer(m)
}

func (c *clerk) File(_ context.Context, claim adapters.Claim) (adapters.File, error) {
	if c.file == nil {
		return adapters.File{}, adapters.ErrNoFile
	}
	return c.file(claim)
}

// count is how many forms were handed over.
func (c *clerk) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.got)
}

var theForm = adapters.Form{
	Token: "form-one", Title: "Zilvervos gezien", Intro: "Over Zilvervos.", Submit: "Verder", Step: 1, Of: 2, Sensitive: true,
	Facts: []adapters.Fact{{Label: "Waar", Value: private.New("Zilverlaan 3")}},
	Fields: []adapters.Field{
		{Name: "what", Label: "Wat zag je?", Kind: adapters.Area, Max: 100, Value: private.List("Zilverstart")},
		{Name: "many", Label: "Wat nog meer?", Kind: adapters.Many, Optional: true, Options: []adapters.Option{{Value: "a", Label: "Aap"}, {Value: "n", Label: "Niets", Alone: true}}},
	},
	Acts: []adapters.Act{{Value: "back", Label: "Terug"}},
}

// lounge is running pages beside a chat.
type lounge struct {
	t      testing.TB
	memory *adaptertest.Memory
	clock  *clock
	chat   *cafe
	clerk  *clerk
	log    *adaptertest.Log
	over   func(adapters.Memory) adapters.Memory // what the pages see of the memory
	cert   string                                // a file with a certificate and its key; "" for none
	roots  *x509.CertPool                        // that a browser knows
	side   adapters.Adapter
	base   string
	at     string // where it listens
	stop   func() error
}

var (
	anna  = adapters.NewAddress("cafe", "U-anna")
	berta = adapters.NewAddress("cafe", "U-berta")
)

// openLounge starts pages with forms. A second one over the same memory is
// another replica, or the same after a restart.
func openLounge(t testing.TB, base string, of *lounge) *lounge {
	t.Helper()
	c := newClock()
	x := &lounge{t: t, base: base, clock: c, memory: &adaptertest.Memory{Now: c.now}, clerk: &clerk{open: theForm}, log: &adaptertest.Log{}}
	switch {
	case of == nil:
	case of.memory == nil:
		x.over, x.cert, x.roots = of.over, of.cert, of.roots
	default:
		x.clock, x.memory, x.clerk, x.over = of.clock, of.memory, of.clerk, of.over
	}
	var memory adapters.Memory = x.memory
	if x.over != nil {
		memory = x.over(memory)
	}
	x.chat = newCafe()
	ready := make(chan string, 1)
	p, err := web.NewPages(web.PagesOptions{
		Listen: "127.0.0.1:0", URL: base, Cert: x.cert, Key: x.cert, Memory: memory, Say: adaptertest.Say(t, "web"), Now: x.clock.now,
		Log: slog.New(slog.NewTextHandler(x.log, nil)), Ready: func(at string) { ready <- at },
	})
	if err != nil {
		t.Fatal(err)
	}
	x.side = p.Beside(x.chat, true)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	ended := make(chan error, 2)
	all.Go(func() { ended <- p.Run(ctx, x.clerk) })
	all.Go(func() { ended <- x.side.Run(ctx, x.clerk) })
	x.stop = sync.OnceValue(func() error {
		cancel()
		all.Wait()
		return errors.Join(<-ended, <-ended)
	})
	t.Cleanup(func() {
		if err := x.stop(); err != nil {
			t.Errorf("run: %v", err)
		}
		if all := x.log.String(); strings.Contains(all, "Zilver") || strings.Contains(all, "U-anna") {
			t.Errorf("the log holds content:\n%s", all)
		}
	})
	x.at = <-ready
	<-x.chat.begun
	return x
}

const plainBase = "http://127.0.0.1"

var plainURL = &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"}

// invited is what a person of the chat is shown in the place of a form.
type invited struct{ url, code string }

var codeRE = regexp.MustCompile(`\b([0-9A-Z]{3} [0-9A-Z]{3})\b`)

// invites has somebody ask for a form in the chat.
func (x *lounge) invites(who adapters.Address) invited {
	x.t.Helper()
	f := x.chat.acts(x.t, who, "open").Form
	if f == nil || f.Link == nil {
		x.t.Fatalf("no link in the chat: %v", f)
	}
	m := codeRE.FindString(f.Link.Note)
	if m == "" {
		x.t.Fatalf("no code in %q", f.Link.Note)
	}
	return invited{f.Link.URL, m}
}

// browser is somebody's browser, which reaches the pages of a lounge.
type browser struct {
	t      testing.TB
	client *http.Client
	at     *string
	base   string
	last   response
}

// response is what a browser got: the page that it ended on.
type response struct {
	status  int
	path    string
	body    string
	text    string
	headers http.Header
}

func (x *lounge) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		x.t.Fatal(err)
	}
	at := x.at
	b := &browser{t: x.t, at: &at, base: x.base}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x.roots}, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, *b.at)
	}}
	x.t.Cleanup(tr.CloseIdleConnections)
	b.client = &http.Client{Transport: tr, Jar: jar}
	return b
}

// moves has the browser reach another replica.
func (b *browser) moves(x *lounge) {
	b.client.CloseIdleConnections()
	*b.at = x.at
}

var tags = regexp.MustCompile(`<[^>]*>`)

func (b *browser) do(method, u string, body url.Values) response {
	b.t.Helper()
	if strings.HasPrefix(u, "/") {
		u = b.base + u
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, u, strings.NewReader(body.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.last = response{
		status: res.StatusCode, path: res.Request.URL.Path, body: string(got), headers: res.Header,
		text: strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(string(got), " "))), " "),
	}
	return b.last
}

func (b *browser) get(u string) response { b.t.Helper(); return b.do(http.MethodGet, u, nil) }

// types opens a link and types its code.
func (b *browser) types(i invited) response {
	b.t.Helper()
	b.get(i.url)
	return b.do(http.MethodPost, i.url, url.Values{"code": {i.code}})
}

var hidden = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// page is the form in sight, as it would be sent.
func (b *browser) page() url.Values {
	b.t.Helper()
	out := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(b.last.body, -1) {
		out.Set(m[1], html.UnescapeString(m[2]))
	}
	if out.Get("id") == "" {
		b.t.Fatalf("no form in sight: %d %s %q", b.last.status, b.last.path, b.last.text)
	}
	return out
}

// sends sends the form in sight with these fields.
func (b *browser) sends(act string, fields ...string) response {
	b.t.Helper()
	v := b.page()
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add("f."+fields[i], fields[i+1])
	}
	if act != "" {
		v.Set("act", act)
	}
	return b.do(http.MethodPost, "/form", v)
}
