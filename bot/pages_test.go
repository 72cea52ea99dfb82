package main_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	main "github.com/meldroute/meldroute/bot"

	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
	"github.com/meldroute/meldroute/config"
)

// pageAt is the address of the bot's own pages in these tests. Where they
// listen is what the program says.
const pageAt = "http://127.0.0.1"

const pageConfig = "page: {listen: \"127.0.0.1:0\", url: \"" + pageAt + "\"}\n"

// reader is somebody's ordinary browser on the bot's own pages, without script.
type reader struct {
	t      testing.TB
	client *http.Client
	name   string // of who reads, in what a test says
	at     string
	status int
	body   string
	text   string
	page   string
	// between is done before every form is sent, nil for nothing.
	between func()
}

// newReader opens one; at is where the pages listen.
func newReader(t testing.TB, name, at string) *reader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{t: t, name: name, at: at}
	tr := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, r.at)
	}}
	t.Cleanup(tr.CloseIdleConnections)
	r.client = &http.Client{Transport: tr, Jar: jar}
	return r
}

// moves has the browser reach the pages of another program.
func (r *reader) moves(at string) {
	r.client.CloseIdleConnections()
	r.at = at
}

var (
	tagRE    = regexp.MustCompile(`<[^>]*>`)
	hiddenRE = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)
	checkRE  = regexp.MustCompile(`\b([0-9A-Z]{3} [0-9A-Z]{3})\b`)
)

func (r *reader) do(method, u string, v url.Values) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, u, strings.NewReader(v.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	r.status, r.body, r.page = res.StatusCode, string(b), res.Request.URL.Path
	r.text = strings.Join(strings.Fields(html.UnescapeString(tagRE.ReplaceAllString(r.body, " "))), " ")
}

// opens opens a link of the chat and, where the page asks for it, types the code
// that stands beside it.
func (r *reader) opens(link, beside string) {
	r.t.Helper()
	r.do(http.MethodGet, link, nil)
	if r.page != "/form" {
		r.do(http.MethodPost, link, url.Values{"code": {checkRE.FindString(beside)}})
	}
	if r.page != "/form" {
		r.t.Fatalf("%s: no form behind the link: %d %s", r.name, r.status, r.text)
	}
}

// sends sends the form in sight, by the button with this value or label where it
// is not its own, and returns what was sent.
func (r *reader) sends(act string, fields ...string) url.Values {
	r.t.Helper()
	if r.between != nil {
		r.between()
	}
	v := url.Values{}
	for _, m := range hiddenRE.FindAllStringSubmatch(r.body, -1) {
		v.Set(m[1], html.UnescapeString(m[2]))
	}
	if v.Get("id") == "" {
		r.t.Fatalf("%s: no form in sight: %d %s", r.name, r.status, r.text)
	}
	if act != "" {
		q := regexp.QuoteMeta(act)
		m := regexp.MustCompile(`name="act" value="(` + q + `|[^"]+(?:"[^>]*>` + q + `<))`).FindStringSubmatch(r.body)
		if m == nil {
			r.t.Fatalf("%s: no button %q: %s", r.name, act, r.text)
		}
		value, _, _ := strings.Cut(m[1], `"`)
		v.Set("act", html.UnescapeString(value))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add("f."+fields[i], fields[i+1])
	}
	r.do(http.MethodPost, pageAt+"/form", v)
	if strings.Contains(r.text, "Dit klopt nog niet") && r.status != http.StatusOK {
		r.t.Fatalf("%s: the form is refused: %s", r.name, r.text)
	}
	return v
}

// reads demands words on the page.
func (r *reader) reads(words ...string) {
	r.t.Helper()
	for _, w := range words {
		if !strings.Contains(r.text, w) {
			r.t.Fatalf("%s: %q is not on the page: %d %s", r.name, w, r.status, r.text)
		}
	}
}

// reports goes through the intake on the page, and returns what was sent last.
func (r *reader) reports(what string) url.Values {
	r.t.Helper()
	r.sends("", "what", what, "when", "today", "seen", "self")
	r.sends("", "form", "other")
	r.sends("skip")
	r.sends("skip")
	r.sends("skip")
	r.sends("", "urgency", "acute")
	r.sends("", "department", "boa", "involved", "no", "contact", "chat")
	r.reads(what)
	last := r.sends("choose:send")
	r.reads("Klaar", "Ga terug naar je chat")
	return last
}

// pageConsole is a console that tells where the pages listen.
type pageConsole struct {
	console
	page chan string
}

func newPageConsole() *pageConsole {
	return &pageConsole{console: console{on: make(chan string, 1)}, page: make(chan string, 1)}
}

func (w *pageConsole) Write(b []byte) (int, error) {
	if line, ok := strings.CutPrefix(string(b), "Pagina: "); ok {
		_, at, _ := strings.Cut(strings.TrimSpace(line), ", op ")
		w.page <- at
	}
	return w.console.Write(b)
}

// passed holds all that a program sends to a chat.
type passed struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// taps is a connection of which what is sent is kept.
type taps struct {
	net.Conn
	w *passed
}

func (c taps) Write(b []byte) (int, error) {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.b.Write(b)
	return c.Conn.Write(b)
}

// holds reports whether words were sent, as they are or in a form that was
// encoded for an address.
func (w *passed) holds(words string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Contains(w.b.Bytes(), []byte(words))
}

// On Slack, with forms on the bot's own page, a signal goes from an employee's
// command to a case that is taken: what was filled in passes through no call, no
// window and no message of Slack, on both ways in.
func TestPagesOnSlack(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]bool{"socket": false, "http": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conf := strings.Replace(slackConfig(t, t.TempDir(), way), "enabled: true\n", "enabled: true\n  free_text: web\n", 1)
			c, err := config.Parse("s.yaml", []byte(conf+pageConfig), nil)
			if err != nil {
				t.Fatal(err)
			}
			ws := slacktest.New(t)
			ws.Scopes = slack.Scopes()
			ws.AddUser(slacktest.User{ID: sanne, Name: "Sanne", Locale: "nl-NL"})
			ws.AddUser(slacktest.User{ID: ineke, Name: "Ineke", Locale: "nl-NL"})
			ws.AddChannel(slacktest.Channel{ID: meldpunt, Private: true, Members: []string{ineke, slacktest.Bot}})
			out, log, sent := newPageConsole(), &console{on: make(chan string, 1)}, &passed{}
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				done <- main.ServeSlack(ctx, c, out, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), func(o *slack.Options) {
					o.API, o.Dial = slacktest.URL, func(ctx context.Context, network, address string) (net.Conn, error) {
						conn, err := ws.Dial(ctx, network, address)
						return taps{conn, sent}, err
					}
				})
			}()
			defer func() {
				stop()
				if err := <-done; err != nil {
					t.Errorf("serve: %v", err)
				}
			}()
			at := <-out.page
			how := <-out.on
			if way {
				ws.UseHTTP(how)
			}
			seen := ""
			follows := func(who *slacktest.Person, r *reader) {
				t.Helper()
				awaits(t, ws, "the link", func() bool {
					m := who.Modal()
					return m != nil && strings.HasPrefix(m.Link, pageAt+"/f/") && !strings.Contains(seen, m.Link)
				})
				m := who.Modal()
				seen += m.JSON
				r.opens(m.Link, m.Text)
			}
			p, melder := ws.Person(sanne), newReader(t, "melder", at)
			p.Command("/signaal", "")
			follows(p, melder)
			melder.reports("Zilvervos slaapt in een kas")
			o, officer := ws.Person(ineke), newReader(t, "officer", at)
			awaits(t, ws, "the card", func() bool { return len(ws.Posts(meldpunt)) == 1 })
			o.PressIn(meldpunt, "Openen")
			follows(o, officer)
			officer.reads("Zilvervos slaapt in een kas")
			officer.sends("Ik neem het")
			officer.reads("Zilvervos slaapt in een kas")
			awaits(t, ws, "the reporter hears it", func() bool { return strings.Contains(fmt.Sprint(ws.Posts(sanne)), "heeft je signaal gelezen") })
			all := seen + fmt.Sprint(ws.Posts(meldpunt), ws.Posts(sanne), ws.Posts(ineke), ws.Metadata(meldpunt), ws.Metadata(sanne), p.Notices(), o.Notices()) + out.String() + log.String()
			if strings.Contains(all, "Zilvervos") || sent.holds("Zilvervos") {
				t.Error("what was filled in stands outside the page")
			}
			if !sent.holds("views.open") {
				t.Error("the search does not see what is sent to Slack")
			}
			if problems := ws.Problems(); len(problems) > 0 {
				t.Errorf("Slack complains: %q", problems)
			}
		})
	}
}

// bot check says what a municipality should know about the page, and whether it
// answers.
func TestCheckLooksAtThePage(t *testing.T) {
	t.Parallel()
	answer := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return "page: {listen: \"127.0.0.1:0\", url: \"" + s.URL + "\"}\n"
	}
	ours := answer(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "frame-ancestors 'self'")
	})
	other := answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	for want, page := range map[string]string{
		"Er is geen pagina (page).": "", "De pagina antwoordt, gezien vanaf deze computer.": ours,
		"Op het adres van de pagina antwoordt iets anders (404": other, "De pagina antwoordt nu niet": pageConfig,
	} {
		dir := t.TempDir()
		id := strings.Repeat("a", 26)
		write(t, dir, "p.yaml", fmt.Sprintf("data: {dir: %q}\nweb: {enabled: false}\nmattermost: {enabled: true, url: \"http://127.0.0.1:1\", token_file: %s}\n", filepath.Join(dir, "data"), secretFile(t, id))+
			"roles: {officers: [{person: \"mattermost:"+id+"\", name: A, reads: all}], coordinators: []}\ndesk: {channel: \"mattermost:"+id+"\"}\ncopen: {participants: []}\n"+page)
		out, _ := feed(t, dir, "", "check", "-c", filepath.Join(dir, "p.yaml"))
		if !strings.Contains(out, want) {
			t.Errorf("no %q:\n%s", want, out)
		}
	}
}
