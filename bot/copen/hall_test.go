package copen_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mail"
	"github.com/meldroute/meldroute/adapters/mail/mailtest"
	"github.com/meldroute/meldroute/bot/copen"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/vault"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The people of the tests. Oudewater and Lopik read mail, or nothing yet.
const (
	coordinator = "web:coordinator"
	second      = "web:aandachtsfunctionaris-1" // the other coördinator
	chatter     = "web:medewerker-1"            // of IJsselstein
	stranger    = "web:medewerker-2"
	mailer      = "montfoort@example.org"
	mailer2     = "oudewater@example.org"
)

const people = `
roles:
  coordinators:
    - {person: "web:coordinator", name: Coördinator (OOV)}
    - {person: "web:aandachtsfunctionaris-1", name: Tweede coördinator}
copen:
  poll: true
  quorum: 3
  place: Gemeentehuis
  participants:
    - {municipality: Woerden, name: Coördinator, person: "web:coordinator", confirmed: true, bot: true}
    - {municipality: IJsselstein, name: Aandachtsfunctionaris, person: "web:medewerker-1"}
    - {municipality: Montfoort, name: Aandachtsfunctionaris, person: "mail:montfoort@example.org", confirmed: true}
    - {municipality: Oudewater, name: Aandachtsfunctionaris, person: "mail:oudewater@example.org", confirmed: true}
    - {municipality: Lopik, name: Aandachtsfunctionaris}
`

// hall is a bot with a moved clock, a chat, and a real mail server.
type hall struct {
	t     *testing.T
	c     *copen.Copen
	store *store.Store
	chat  *chat
	mail  *mailtest.Server
	log   *bytes.Buffer
	says  []string // the transcript

	mu   sync.Mutex
	at   time.Time
	left map[string]bool // coördinatoren who left the channel
	n    int
	form *adapters.Form // the open form
	a    adapters.Answer

	unfit string // why no figures can be made
}

func (h *hall) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

// chat is a platform that shows each key once.
type chat struct {
	mu   sync.Mutex
	sent map[string][]adapters.Reply // by address
	last map[string]adapters.Reply
	fail map[string]error
	note func(to string, r adapters.Reply)
}

func (c *chat) Send(_ context.Context, to adapters.Address, r adapters.Reply) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.fail[to.Key()]; err != nil {
		return err
	}
	c.last[to.Key()] = r
	for i, x := range c.sent[to.Key()] {
		if x.Key == r.Key {
			c.sent[to.Key()][i] = r
			return nil
		}
	}
	c.sent[to.Key()] = append(c.sent[to.Key()], r)
	c.note(to.Key(), r)
	return nil
}

// FileLink makes the chat one with a page of the bot's own.
func (c *chat) FileLink(_ adapters.Address, _, token string) (string, error) {
	return "https://bot.example/" + token, nil
}

func enter(t *testing.T) *hall {
	t.Helper()
	dir := t.TempDir()
	if err := vault.Create(filepath.Join(dir, "keys")); err != nil {
		t.Fatal(err)
	}
	return enterOn(t, filepath.Join(dir, "keys"), func() store.Driver {
		d, err := sqlite.Open(t.Context(), filepath.Join(dir, "db"))
		if err != nil {
			t.Fatal(err)
		}
		return d
	})
}

// asked is a hall in which the coördinator was asked to plan the meeting, and has
// the form of its date open.
func asked(t *testing.T) *hall {
	t.Helper()
	h := enter(t)
	h.day("2026-11-25")
	h.day("2027-01-28")
	h.press(coordinator, "Openen")
	h.task(coordinator, "Datum vastleggen")
	return h
}

func enterOn(t *testing.T, keys string, open func() store.Driver) *hall {
	t.Helper()
	h := &hall{t: t, mail: mailtest.Serve(t, mail.Plain), log: &bytes.Buffer{}, left: map[string]bool{}}
	h.chat = &chat{sent: map[string][]adapters.Reply{}, last: map[string]adapters.Reply{}, fail: map[string]error{}, note: h.heard}
	conf, err := config.Parse("m.yaml", []byte(people), nil)
	if err != nil {
		t.Fatal(err)
	}
	h.at = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	v, err := vault.Open(keys)
	if err != nil {
		t.Fatal(err)
	}
	if h.store, err = store.Open(t.Context(), open(), v, store.Options{Now: h.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.store.Close() })
	texts, err := config.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := config.NewCalendar(conf)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.New(mail.Options{
		Host: "127.0.0.1", Port: h.mail.Port, TLS: mail.Plain, From: "meldroute@example.org", Municipality: "Woerden", Lang: "nl",
		Memory: memory{h.store.Memory("mail")}, Say: texts.Say, Now: h.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.c = copen.New(copen.Options{
		Store: h.store, Config: conf, Calendar: calendar, Texts: texts, Now: h.now, Log: slog.New(slog.NewTextHandler(h.log, nil)),
		Senders: map[string]adapters.Sender{"web": h.chat, "mail": m}, Pages: map[string]adapters.Pages{"web": h.chat},
		Coordinator: func(_ context.Context, who adapters.Address) (bool, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			return slices.Contains([]string{coordinator, second}, who.Key()) && !h.left[who.Key()], nil
		},
		Coordinators: func(context.Context) ([]store.Person, error) { return private.List(coordinator, second), nil },
		Invitation: func(e copen.Event) adapters.File {
			x := mail.Event(struct {
				UID        string
				Sequence   int
				Stamp      time.Time
				Start, End time.Time
				Summary    string
				About      string
				Place      string
				Organizer  string
				Attendee   string
				Cancelled  bool
			}{e.UID, e.Sequence, e.Stamp, e.Start, e.End, e.Summary, e.About, e.Place, "meldroute@example.org", e.Attendee, e.Cancelled})
			return adapters.File{Name: "overleg.ics", Type: x.Type(), Body: private.New(string(mail.Calendar(x)))}
		},
		Pack: func(_ context.Context, period, _ string) ([]byte, string, error) {
			if h.unfit != "" {
				return nil, "", copen.Told(h.unfit)
			}
			return []byte("<p>cijfers " + period + "</p>"), "cijfers.html", nil
		},
	})
	return h
}

// memory lets the mail adapter keep things in the store.
type memory struct{ *store.Memory }

func (m memory) Get(ctx context.Context, scope, key string) (adapters.Item, bool, error) {
	it, ok, err := m.Memory.Get(ctx, scope, key)
	return adapters.Item(it), ok, err
}

func (m memory) Put(ctx context.Context, it adapters.Item) (int64, bool, error) {
	return m.Memory.Put(ctx, store.Item(it))
}

func (m memory) List(context.Context, string, int64, int) ([]adapters.Item, error) { return nil, nil }

// heard writes a post into the transcript.
func (h *hall) heard(to string, r adapters.Reply) {
	line := to + " leest: " + strings.ReplaceAll(r.Text, "\n", "\n    ")
	for _, c := range r.Choices {
		line += " [" + c.Label + "]"
	}
	h.says = append(h.says, line)
}

// day moves the clock to a day at nine, sweeps, and sends what is due.
func (h *hall) day(date string) {
	h.t.Helper()
	h.mu.Lock()
	h.at = day(h.t, date)
	h.mu.Unlock()
	h.says = append(h.says, "", "== "+date)
	h.sweep()
}

func zone(t *testing.T) *time.Location {
	t.Helper()
	loc, err := config.Default().Location()
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func (h *hall) sweep() {
	h.t.Helper()
	if err := h.c.Sweep(h.t.Context(), h.now()); err != nil {
		h.t.Fatal(err)
	}
	h.deliver()
}

// deliver sends all that is due, once, and says what came by mail.
func (h *hall) deliver() {
	h.t.Helper()
	before := map[string]int{}
	for _, m := range []string{mailer, mailer2} {
		before[m] = len(h.mail.Box(m))
	}
	for {
		claimed, _, err := h.store.Claim(h.t.Context(), h.now(), 4)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, n := range claimed {
			err := h.c.Deliver(h.t.Context(), n)
			if err != nil {
				h.log.WriteString(err.Error())
			}
			if err := h.store.Settle(h.t.Context(), n, err == nil, h.now().Add(time.Minute)); err != nil {
				h.t.Fatal(err)
			}
		}
		if len(claimed) == 0 {
			break
		}
	}
	for _, m := range []string{mailer, mailer2} {
		for _, l := range h.mail.Box(m)[before[m]:] {
			text, _, _ := strings.Cut(l.Text, "\n\nDeze mail komt")
			line := "mail:" + m + " leest: " + strings.ReplaceAll(text, "\n", "\n    ")
			for _, p := range l.Parts {
				if p.Name != "" {
					line += " {" + p.Name + "}"
				}
			}
			h.says = append(h.says, line)
		}
	}
}

// as does something as somebody, and returns the answer; the open form is kept.
func (h *hall) as(who string, change func(*adapters.Message)) adapters.Answer {
	h.t.Helper()
	at, err := adapters.ParseAddress(who)
	if err != nil {
		h.t.Fatal(err)
	}
	h.n++
	m := adapters.Message{ID: fmt.Sprint("m", h.n), From: at, At: at, Direct: true}
	change(&m)
	a, err := h.c.Handle(h.t.Context(), m)
	if err != nil {
		h.t.Fatalf("%s: %v", who, err)
	}
	if a.Form != nil {
		h.form = a.Form
	}
	h.a = a
	return a
}

func (h *hall) types(who, text string) adapters.Answer {
	h.t.Helper()
	h.says = append(h.says, who+" typt: "+text)
	return h.as(who, func(m *adapters.Message) { m.Text = private.New(text) })
}

// press presses the newest button with a label.
func (h *hall) press(who, label string) adapters.Answer {
	h.t.Helper()
	token := ""
	for _, r := range h.chat.sent[who] {
		for _, c := range r.Choices {
			if c.Label == label {
				token = c.Token
			}
		}
	}
	if token == "" {
		h.t.Fatalf("%s has no button %q", who, label)
	}
	h.says = append(h.says, who+" drukt: "+label)
	a := h.as(who, func(m *adapters.Message) { m.Press = token })
	h.shown()
	return a
}

// task opens a task of the window.
func (h *hall) task(who, label string) adapters.Answer {
	h.t.Helper()
	for _, act := range h.form.Acts {
		if act.Label == label {
			token := h.form.Token
			return h.as(who, func(m *adapters.Message) { m.Filled = &adapters.Filled{Token: token, Act: act.Value} })
		}
	}
	h.t.Fatalf("the window has no %q: %+v", label, h.form.Acts)
	return adapters.Answer{}
}

// fill fills in the open form: field, value, field, value; what is not named
// keeps what stands in it.
func (h *hall) fill(who string, pairs ...string) adapters.Answer {
	h.t.Helper()
	values := map[string][]private.Text{}
	for _, f := range h.form.Fields {
		values[f.Name] = f.Value
	}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = private.List(strings.Split(pairs[i+1], "|")...)
	}
	token := h.form.Token
	h.says = append(h.says, fmt.Sprintf("%s vult in (%s): %v", who, h.form.Title, pairs))
	a := h.as(who, func(m *adapters.Message) { m.Filled = &adapters.Filled{Token: token, Values: values} })
	if e := a.Errors[""]; e != "" {
		h.says = append(h.says, "    fout: "+e)
	}
	return a
}

// shown writes the open form into the transcript.
func (h *hall) shown() {
	if h.a.Form == nil {
		h.says = append(h.says, "    "+h.a.Notice)
		return
	}
	f := h.a.Form
	h.says = append(h.says, "    # "+f.Title)
	for _, x := range f.Facts {
		h.says = append(h.says, "    "+x.Label+": "+strings.ReplaceAll(x.Value.Reveal(), "\n", "\n        "))
	}
	line := "   "
	for _, x := range f.Acts {
		line += " [" + x.Label + "]"
	}
	h.says = append(h.says, line)
}

// link is the token and the code of the link in the open form.
func (h *hall) link() (token, code string) {
	h.t.Helper()
	if h.a.Form == nil || h.a.Form.Link == nil {
		h.t.Fatal("no link")
	}
	u, err := url.Parse(h.a.Form.Link.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(h.a.Form.Link.Note, "De code is ")
	code, _, _ = strings.Cut(rest, ".")
	return strings.TrimPrefix(u.Path, "/"), code
}

// day is nine o'clock on a date.
func day(t *testing.T, date string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", date+" 09:00", zone(t))
	if err != nil {
		t.Fatal(err)
	}
	return at
}
