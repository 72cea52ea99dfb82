package web_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/web"
)

// nobody is a handler that takes everything and does nothing.
type nobody struct{}

func (nobody) Early(adapters.Message) *adapters.Reply { return nil }
func (nobody) Handle(context.Context, adapters.Message) (adapters.Answer, error) {
	return adapters.Answer{}, nil
}

// handler is a Handler of two functions.
type handler struct {
	early  func(adapters.Message) *adapters.Reply
	handle func(context.Context, adapters.Message) (adapters.Answer, error)
}

func (h handler) Early(m adapters.Message) *adapters.Reply {
	if h.early == nil {
		return nil
	}
	return h.early(m)
}

func (h handler) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	if h.handle == nil {
		return adapters.Answer{}, nil
	}
	return h.handle(ctx, m)
}

func do(t *testing.T, method, u, body string, change func(*http.Request)) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, u, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if change != nil {
		change(req)
	}
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	res, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

const goodID = "abcdefghijklmnopqrstuvwx"

func typed(text string) string {
	return url.Values{"id": {goodID}, "at": {"sanne"}, "lang": {"nl"}, "text": {text}}.Encode()
}

// An address that others can reach is refused, in words; one of this machine
// is not.
func TestNewRefusesWhatOthersCanReach(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		listen string
		ok     bool
	}{
		{"127.0.0.1:0", true}, {"127.8.9.1:80", true}, {"[::1]:80", true}, {"localhost:80", true},
		{"0.0.0.0:80", false}, {":80", false}, {"[::]:80", false}, {"10.0.0.1:80", false}, {"192.168.1.2:80", false},
		{"example.org:80", false}, {"localhost.example.org:80", false}, {"127.0.0.1", false}, {"", false}, {"[fe80::1%lo]:80", false},
		{"[::ffff:10.0.0.1]:80", false}, {"[::ffff:127.0.0.1]:80", true},
	} {
		o := options(t, &adaptertest.Memory{})
		o.Listen = tc.listen
		_, err := web.New(o)
		if (err == nil) != tc.ok {
			t.Errorf("%q: got %v, want ok %v", tc.listen, err, tc.ok)
		}
		if err != nil && !strings.Contains(err.Error(), "127.0.0.1:8080") {
			t.Errorf("%q: error does not say what can: %v", tc.listen, err)
		}
	}
}

// People that cannot be told apart, and readers of nothing, are refused.
func TestNewRefusesPeople(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*web.Options){
		"nobody":      func(o *web.Options) { o.People, o.Readers = nil, nil },
		"twice":       func(o *web.Options) { o.People[1].ID = "sanne" },
		"slash":       func(o *web.Options) { o.People[0].ID = "../x" },
		"empty":       func(o *web.Options) { o.People[0].ID = "" },
		"long":        func(o *web.Options) { o.People[0].ID = strings.Repeat("a", 65) },
		"as channel":  func(o *web.Options) { o.Channel.ID = "sanne" },
		"reader":      func(o *web.Options) { o.Readers = []string{"nobody"} },
		"no channel":  func(o *web.Options) { o.Channel.ID = "" },
		"no memory":   func(o *web.Options) { o.Memory = nil },
		"no language": func(o *web.Options) { o.Say = nil },
	} {
		o := options(t, &adaptertest.Memory{})
		change(&o)
		if _, err := web.New(o); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}

// Every answer, whatever it is, carries the headers that keep a page closed.
func TestHeaders(t *testing.T) {
	t.Parallel()
	x := start(t, nobody{}, nil)
	for path, status := range map[string]int{
		"/": 200, "/p/sanne": 200, "/p/ineke?lang=en": 200, "/assets/style.css": 200, "/assets/page.js": 200, "/assets/icon.svg": 200,
		"/p/nobody": 404, "/assets/nothing.js": 404, "/assets/..%2fweb.go": 404, "/etc": 404,
	} {
		res, body := do(t, http.MethodGet, x.url(path), "", nil)
		if res.StatusCode != status {
			t.Errorf("%s: got %d, want %d", path, res.StatusCode, status)
		}
		csp := res.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'self'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(csp+";", want) {
				t.Errorf("%s: policy lacks %s", path, want)
			}
		}
		if strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy is unsafe", path)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "SAMEORIGIN",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Set-Cookie": "",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		cache := "no-store"
		if strings.HasPrefix(path, "/assets/") && status == 200 {
			cache = "no-cache"
		}
		if got := res.Header.Get("Cache-Control"); got != cache {
			t.Errorf("%s: Cache-Control %q, want %q", path, got, cache)
		}
		if strings.Contains(body, "html>") {
			onlyOurs(t, path, body)
		}
	}
}

var inlineRE = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script[^>]*>[^<]|(src|href|action)="(https?:)?//`)

// onlyOurs checks that a page has no inline script or style and nothing from
// elsewhere.
func onlyOurs(t *testing.T, path, body string) {
	t.Helper()
	if m := inlineRE.FindString(body); m != "" {
		t.Errorf("%s: page holds %q", path, m)
	}
}

// A host name that is not this machine's own gets nothing (DNS rebinding).
func TestHostIsOurs(t *testing.T) {
	t.Parallel()
	x := start(t, nobody{}, nil)
	u, err := url.Parse(x.url("/p/sanne"))
	if err != nil {
		t.Fatal(err)
	}
	port := u.Port()
	for host, ok := range map[string]bool{
		"127.0.0.1:" + port: true, "localhost:" + port: true, "[::1]:" + port: true,
		"evil.example:" + port: false, "127.0.0.1.evil.example:" + port: false, "evil.example": false,
		"127.0.0.1": false, "127.0.0.1:1": false, "localhost": false, "127.0.0.1:" + port + ".evil.example": false,
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			path := "/p/sanne"
			if method == http.MethodPost {
				path += "/say"
			}
			res, body := do(t, method, x.url(path), map[string]string{http.MethodPost: typed("hallo")}[method], func(r *http.Request) { r.Host = host })
			if (res.StatusCode == http.StatusOK) != ok {
				t.Errorf("%s as %s: got %d, want ok %v", method, host, res.StatusCode, ok)
			}
			if !ok && strings.Contains(body, "Sanne") {
				t.Errorf("%s as %s: shows a person", method, host)
			}
		}
	}
}

// A page of another site cannot act.
func TestOriginIsOurs(t *testing.T) {
	t.Parallel()
	var taken atomic.Int64
	x := start(t, handler{handle: func(context.Context, adapters.Message) (adapters.Answer, error) {
		taken.Add(1)
		return adapters.Answer{}, nil
	}}, nil)
	for name, tc := range map[string]struct {
		header, value string
		status        int
	}{
		"other site":     {"Sec-Fetch-Site", "cross-site", 403},
		"other port":     {"Sec-Fetch-Site", "same-site", 403},
		"other origin":   {"Origin", "https://evil.example", 403},
		"null origin":    {"Origin", "null", 403},
		"our own page":   {"Sec-Fetch-Site", "same-origin", 200},
		"our own origin": {"Origin", strings.TrimSuffix(x.url("/"), "/"), 200},
	} {
		before := taken.Load()
		res, body := do(t, http.MethodPost, x.url("/p/sanne/say"), typed("hallo"), func(r *http.Request) { r.Header.Set(tc.header, tc.value) })
		if res.StatusCode != tc.status || (taken.Load() > before) != (tc.status == 200) {
			t.Errorf("%s: got %d, taken %v", name, res.StatusCode, taken.Load() > before)
		}
		if tc.status != 200 && !strings.Contains(body, "Dit kwam van een andere site") {
			t.Errorf("%s: refused without words: %s", name, body)
		}
	}
}

// A port that is taken is an error of Run.
func TestRunSaysThatItCannotListen(t *testing.T) {
	t.Parallel()
	x := start(t, nobody{}, nil)
	u, err := url.Parse(x.url("/"))
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, &adaptertest.Memory{})
	o.Listen = u.Host
	a, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), nobody{}); err == nil {
		t.Error("run on a taken port gave no error")
	}
}

// Run ends without cutting off pages that are open, and can end twice.
func TestRunEndsStreams(t *testing.T) {
	t.Parallel()
	x := start(t, nobody{}, nil)
	openTab(t, x, "sanne", "sanne")
	openTab(t, x, "ineke", "desk")
	if err := x.end(); err != nil {
		t.Errorf("run: %v", err)
	}
	if err := x.end(); err != nil {
		t.Errorf("run, ended twice: %v", err)
	}
	if s := x.log.String(); strings.Contains(s, "cut off") {
		t.Errorf("streams had to be cut off: %s", s)
	}
}
