package web_test

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/web"
)

// Whatever the adapter starts has ended when its tests have.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a running adapter over a memory that outlives it.
type house struct {
	t       *testing.T
	handler adapters.Handler
	memory  *adaptertest.Memory
	log     *adaptertest.Log
	change  func(*web.Options)
	// browser is what somebody's page is called, and the cookies of his browser;
	// nil in the trial.
	browser func(who string) (page string, jar http.CookieJar)

	mu      sync.Mutex
	adapter *web.Adapter
	base    string
	stop    func() error
}

func options(t testing.TB, m adapters.Memory) web.Options {
	return web.Options{
		Listen:  "127.0.0.1:0",
		People:  []web.Person{{ID: "sanne", Name: "Sanne", Role: "employee"}, {ID: "youssef", Name: "Youssef", Role: "employee"}, {ID: "ineke", Name: "Ineke", Role: "officer"}},
		Channel: web.Place{ID: "desk", Name: "Meldpunt"}, Readers: []string{"ineke"},
		Memory: m, Say: adaptertest.Say(t, "web"),
	}
}

func start(t *testing.T, h adapters.Handler, change func(*web.Options)) *house {
	t.Helper()
	x := &house{t: t, handler: h, memory: &adaptertest.Memory{}, log: &adaptertest.Log{}, change: change}
	x.run()
	t.Cleanup(func() { _ = x.end() })
	return x
}

func (x *house) run() {
	x.t.Helper()
	o := options(x.t, x.memory)
	o.Log = slog.New(slog.NewTextHandler(x.log, nil))
	ready := make(chan string, 1)
	o.Ready = func(u string) { ready <- u }
	if x.change != nil {
		x.change(&o)
	}
	a, err := web.New(o)
	if err != nil {
		x.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(x.t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, x.handler) }()
	x.mu.Lock()
	defer x.mu.Unlock()
	select {
	case x.base = <-ready:
	case err := <-done:
		x.t.Fatalf("run: %v", err)
	}
	x.adapter = a
	x.stop = sync.OnceValue(func() error { cancel(); return <-done })
}

func (x *house) end() error {
	x.mu.Lock()
	stop := x.stop
	x.mu.Unlock()
	return stop()
}

func (x *house) url(path string) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.TrimSuffix(x.base, "/") + path
}

// local is an address of this machine, whatever browsers are told.
func (x *house) local(path string) string { return "http://127.0.0.1:" + x.adapter.Listening() + path }

// platform is the house as the conformance suite sees it.
func platform(t *testing.T, h adapters.Handler) *adaptertest.Platform {
	return asPlatform(t, start(t, h, nil))
}

func asPlatform(t *testing.T, x *house) *adaptertest.Platform {
	p := &adaptertest.Platform{
		Adapter: x.adapter,
		People:  [2]adapters.Address{adapters.NewAddress("web", "sanne"), adapters.NewAddress("web", "youssef")},
		Unknown: adapters.NewAddress("web", "nobody"),
		Tab: func(t *testing.T, who adapters.Address) adaptertest.Tab {
			return openTab(t, x, who.ID.Reveal(), who.ID.Reveal())
		},
		Stop:  x.end,
		Fetch: fetch,
		Break: func(on bool) { x.memory.Break(on) },
	}
	p.Restart = func(t *testing.T) adapters.Adapter {
		if err := x.end(); err != nil {
			t.Fatalf("run: %v", err)
		}
		x.run()
		p.Adapter = x.adapter
		return x.adapter
	}
	return p
}

// fetch does what a browser does on the page of a file.
func fetch(t *testing.T, u, code string) adaptertest.Fetched {
	t.Helper()
	return fetchAs(t, u, code, nil)
}

// fetchAs is fetch in the browser of somebody.
func fetchAs(t *testing.T, u, code string, as func(*http.Request)) adaptertest.Fetched {
	t.Helper()
	_, page := do(t, http.MethodGet, u, "", as)
	res, body := do(t, http.MethodPost, u, url.Values{"code": {code}}.Encode(), as)
	got := adaptertest.Fetched{Shown: plain(page), Type: res.Header.Get("Content-Type"), Kept: res.Header.Get("Cache-Control") != "no-store", Body: body}
	how, params, _ := mime.ParseMediaType(res.Header.Get("Content-Disposition"))
	got.Name = params["filename"]
	got.OK = res.StatusCode == http.StatusOK && how == "attachment" && res.Header.Get("X-Content-Type-Options") == "nosniff"
	return got
}

// tab does what the script of a page does, without a browser.
type tab struct {
	t      *testing.T
	x      *house
	at     string
	page   string // what his page is called
	client *http.Client

	mu      sync.Mutex
	changed chan struct{}
	posts   map[string]entry
	after   string
	form    *openForm
	notice  string
	last    request
}

type entry struct {
	Log, Slot, HTML string
	Order           int
}

type openForm struct {
	token, at, html string
	values          map[string][]string
	errors          map[string]string
}

type request struct {
	kind   string
	values url.Values
}

type line struct {
	Early     *entry
	Done      bool
	OK, Retry bool
	Notice    string
	Errors    map[string]string
	Form      string
}

func openTab(t *testing.T, x *house, who, at string) *tab {
	b := &tab{t: t, x: x, at: at, page: who, changed: make(chan struct{}), posts: map[string]entry{},
		client: &http.Client{Transport: &http.Transport{}}}
	if x.browser != nil {
		b.page, b.client.Jar = x.browser(who)
		if at == who {
			b.at = b.page
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	first := make(chan struct{})
	wg.Go(func() { b.stream(ctx, sync.OnceFunc(func() { close(first) })) })
	t.Cleanup(func() { cancel(); wg.Wait(); b.client.CloseIdleConnections() })
	<-first
	return b
}

// stream follows the events, and comes back when the line breaks.
func (b *tab) stream(ctx context.Context, ready func()) {
	for ctx.Err() == nil {
		b.mu.Lock()
		after := b.after
		b.mu.Unlock()
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, b.x.url("/p/"+b.page+"/events"), nil)
		if after != "" {
			req.Header.Set("Last-Event-ID", after)
		}
		res, err := b.client.Do(req)
		if err != nil {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		b.read(res.Body, ready)
		_ = res.Body.Close()
	}
	ready()
}

func (b *tab) read(r io.Reader, ready func()) {
	var event, id string
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 4<<20)
	for sc.Scan() {
		name, value, _ := strings.Cut(sc.Text(), ": ")
		switch name {
		case "event":
			event, id = value, ""
		case "id":
			id = value
		case "data":
			if event == "beat" {
				continue
			}
			var list []entry
			if err := json.Unmarshal([]byte(value), &list); err != nil {
				b.t.Errorf("event: %v", err)
			}
			b.update(func() {
				b.after = id
				if event == "sync" {
					clear(b.posts)
				}
				for _, e := range list {
					b.posts[e.Slot] = e
				}
			})
			ready()
		}
	}
}

func (b *tab) update(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
	close(b.changed)
	b.changed = make(chan struct{})
}

func newID() string { return rand.Text() }

func (b *tab) Type(text string) {
	b.do(request{"say", url.Values{"id": {newID()}, "at": {b.at}, "text": {text}}})
}

func (b *tab) Press(label string) {
	b.mu.Lock()
	token := ""
	for _, e := range b.sorted() {
		for _, m := range buttonRE.FindAllStringSubmatch(e.HTML, -1) {
			if plain(m[2]) == label {
				token = html.UnescapeString(m[1])
			}
		}
	}
	b.mu.Unlock()
	if token == "" {
		b.t.Errorf("no button %q", label)
		return
	}
	b.do(request{"press", url.Values{"id": {newID()}, "at": {b.at}, "token": {token}}})
}

func (b *tab) Fill(act string, values map[string][]string) {
	b.mu.Lock()
	f := b.form
	v := url.Values{"id": {newID()}}
	if f != nil {
		f.values = values
		v.Set("token", f.token)
		v.Set("at", f.at)
	}
	b.mu.Unlock()
	if f == nil {
		b.t.Error("no form is open")
		return
	}
	if act != "" {
		v.Set("act", act)
	}
	for name, list := range values {
		for _, s := range list {
			v.Add("f."+name, strings.ReplaceAll(s, "\n", "\r\n")) // as browsers do
		}
	}
	v.Add("f.where", "") // an empty field is sent by browsers
	b.do(request{"form", v})
}

func (b *tab) Redeliver() {
	b.mu.Lock()
	r := b.last
	b.mu.Unlock()
	b.do(r)
}

// do sends an act and puts the answer where the page would.
func (b *tab) do(r request) {
	b.mu.Lock()
	b.last = r
	b.mu.Unlock()
	r.values.Set("lang", "nl")
	res, err := b.client.PostForm(b.x.url("/p/"+b.page+"/"+r.kind), r.values)
	if err != nil {
		b.t.Errorf("%s: %v", r.kind, err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	dec := json.NewDecoder(res.Body)
	for {
		var l line
		if dec.Decode(&l) != nil {
			b.t.Errorf("%s: no last line", r.kind)
			return
		}
		b.update(func() { b.answer(r, l) })
		if l.Done {
			if wantOK := res.StatusCode == http.StatusOK; l.OK != wantOK && l.Early == nil && !wantOK {
				b.t.Errorf("status %d and ok %v", res.StatusCode, l.OK)
			}
			return
		}
	}
}

func (b *tab) answer(r request, l line) {
	if l.Early != nil {
		b.posts[l.Early.Slot] = *l.Early
	}
	if !l.Done {
		return
	}
	b.notice = l.Notice
	switch {
	case !l.OK: // the form stays
	case len(l.Errors) > 0:
		b.form.errors = l.Errors
	case l.Form != "":
		b.form = parseForm(l.Form)
	case r.kind == "form":
		b.form = nil
	}
}

func (b *tab) sorted() []entry {
	var out []entry
	for _, e := range b.posts {
		if e.Log == b.at {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(x, y entry) int { return cmp.Compare(x.Order, y.Order) })
	return out
}

func (b *tab) view() adaptertest.View {
	v := adaptertest.View{Notice: b.notice}
	for _, e := range b.sorted() {
		if strings.Contains(e.HTML, `class="post own`) {
			continue
		}
		p := adaptertest.Post{Quiet: strings.Contains(e.HTML, `class="post bot quiet`)}
		body := e.HTML[strings.Index(e.HTML, `<div class="text">`):]
		text, _, _ := strings.Cut(body, "<div class=\"choices")
		p.Text, p.Picture = plain(text), b.seen(e.HTML)
		for _, m := range buttonRE.FindAllStringSubmatch(e.HTML, -1) {
			p.Choices = append(p.Choices, plain(m[2]))
		}
		v.Posts = append(v.Posts, p)
	}
	if f := b.form; f != nil {
		v.Form = &adaptertest.Form{Title: plain(find(titleRE, f.html)), Text: plain(f.html), Link: html.UnescapeString(find(linkRE, f.html)), Values: f.values, Errors: f.errors}
	}
	return v
}

func (b *tab) Await(what string, ok func(adaptertest.View) bool) adaptertest.View {
	b.t.Helper()
	limit := time.After(10 * time.Second)
	for {
		b.mu.Lock()
		v, changed := b.view(), b.changed
		b.mu.Unlock()
		if ok(v) {
			return v
		}
		select {
		case <-changed:
		case <-limit:
			b.t.Fatalf("%s: not seen; posts %+v, notice %q, form %v", what, v.Posts, v.Notice, v.Form != nil)
		}
	}
}

var (
	tagRE    = regexp.MustCompile(`<[^>]*>`)
	buttonRE = regexp.MustCompile(`(?s)<button[^>]* data-token="([^"]*)"[^>]*>(?:<kbd>[^<]*</kbd> )?(.*?)</button>`)
	linkRE   = regexp.MustCompile(`<p class="form-link"><a [^>]*href="([^"]*)"`)
	titleRE  = regexp.MustCompile(`(?s)<h2 id="form-title"[^>]*>(.*?)</h2>`)
	tokenRE  = regexp.MustCompile(`name="token" value="([^"]*)"`)
	atRE     = regexp.MustCompile(`data-at="([^"]*)"`)
	areaRE   = regexp.MustCompile(`(?s)<textarea[^>]* name="f\.([^"]*)"[^>]*>\n(.*?)</textarea>`)
)

// plain is the text that a browser shows of markup.
func plain(s string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tagRE.ReplaceAllString(s, ""))), " ")
}

func find(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

func parseForm(s string) *openForm {
	f := &openForm{html: s, token: html.UnescapeString(find(tokenRE, s)), at: find(atRE, s), values: map[string][]string{}}
	for _, m := range areaRE.FindAllStringSubmatch(s, -1) {
		f.values[m[1]] = []string{html.UnescapeString(m[2])}
	}
	return f
}
