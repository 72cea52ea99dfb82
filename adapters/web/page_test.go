package web_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/web"
	"github.com/meldroute/meldroute/config/private"
)

func send(t *testing.T, x *house, to string, r adapters.Reply) {
	t.Helper()
	if err := x.adapter.Send(t.Context(), adapters.NewAddress("web", to), r); err != nil {
		t.Fatalf("send: %v", err)
	}
}

// 112 and the way out stand on every page of a person, in both languages, and
// the try-out is marked on every page.
func TestPageCarriesDangerAndTheWayOut(t *testing.T) {
	t.Parallel()
	x := start(t, nobody{}, nil)
	for path, want := range map[string][]string{
		"/p/sanne":                              {`href="tel:112"`, "Direct gevaar? Bel 112", "Sluit deze site meteen", "Proefversie op deze computer", `<html lang="nl">`},
		"/p/sanne?lang=en":                      {`href="tel:112"`, "In danger now? Call 112", "Close this site now", "Try-out on this computer", `<html lang="en">`},
		"/":                                     {"Proefversie op deze computer", "/p/sanne?lang=nl&amp;frame=1", "/p/ineke?lang=nl&amp;frame=1"},
		"/?show=youssef,nobody,youssef&lang=en": {"Try-out on this computer", "/p/youssef?lang=en&amp;frame=1"},
	} {
		_, body := do(t, http.MethodGet, x.url(path), "", nil)
		for _, s := range want {
			if !strings.Contains(body, s) {
				t.Errorf("%s lacks %q", path, s)
			}
		}
	}
	if _, body := do(t, http.MethodGet, x.url("/p/sanne?frame=1"), "", nil); strings.Contains(body, "Proefversie") {
		t.Error("within the stage the mark is there twice")
	}
}

// Only readers see the channel, and a card there is of the channel alone.
func TestChannelIsForReaders(t *testing.T) {
	t.Parallel()
	x := start(t, nobody{}, nil)
	send(t, x, "desk", adapters.Reply{Key: "card", Text: "Nieuw signaal"})
	for who, want := range map[string]bool{"sanne": false, "youssef": false, "ineke": true} {
		_, body := do(t, http.MethodGet, x.url("/p/"+who), "", nil)
		if got := strings.Contains(body, "Nieuw signaal"); got != want {
			t.Errorf("%s sees the card: %v, want %v", who, got, want)
		}
	}
	desk := openTab(t, x, "ineke", "desk")
	desk.Await("the card", func(v adaptertest.View) bool { return len(v.Posts) == 1 })
	mine := openTab(t, x, "sanne", "sanne")
	send(t, x, "desk", adapters.Reply{Key: "card2", Text: "Nog een"})
	desk.Await("the next card", func(v adaptertest.View) bool { return len(v.Posts) == 2 })
	mine.mu.Lock()
	defer mine.mu.Unlock()
	if len(mine.posts) != 0 {
		t.Error("the card reached somebody who does not read the channel")
	}
}

// Room names the readers of the channel and no one else.
func TestRoom(t *testing.T) {
	t.Parallel()
	a, err := web.New(options(t, &adaptertest.Memory{}))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{"desk": "web:ineke", "sanne": "web:sanne"} {
		room, err := a.Room(t.Context(), adapters.NewAddress("web", at))
		if err != nil || !room.Private || len(room.Members) != 1 || room.Members[0].Address.Key() != want {
			t.Errorf("%s: got %d members, private %v, %v", at, len(room.Members), room.Private, err)
		}
	}
	if _, err := a.Room(t.Context(), adapters.NewAddress("web", "nobody")); !errors.Is(err, adapters.ErrGone) {
		t.Errorf("nowhere: got %v, want ErrGone", err)
	}
}

// A press in the channel says where it happened and that others read along.
func TestPressInTheChannel(t *testing.T) {
	t.Parallel()
	got := make(chan adapters.Message, 1)
	x := start(t, handler{handle: func(_ context.Context, m adapters.Message) (adapters.Answer, error) {
		got <- m
		return adapters.Answer{Form: &adapters.Form{Token: "f", Title: "Zaak", Sensitive: true, Facts: []adapters.Fact{{Label: "Wat", Value: private.New("Zilvervos")}}}}, nil
	}}, nil)
	send(t, x, "desk", adapters.Reply{Key: "card", Text: "Nieuw", Choices: []adapters.Choice{{Token: "open", Label: "Openen"}}})
	desk := openTab(t, x, "ineke", "desk")
	desk.Press("Openen")
	if m := <-got; m.Direct || m.At.Key() != "web:desk" || m.From.Key() != "web:ineke" {
		t.Errorf("got direct %v", m.Direct)
	}
	v := desk.Await("the case", func(v adaptertest.View) bool { return v.Form != nil })
	if !strings.Contains(v.Form.Text, "Zilvervos") || !strings.Contains(v.Form.Text, "Alleen jij ziet dit") || desk.form.at != "desk" {
		t.Errorf("form reads %q", v.Form.Text)
	}
	if x.memory.Holds("", "Zilvervos") || strings.Contains(x.log.String(), "Zilvervos") {
		t.Error("what was shown to one person was kept")
	}
}

// What a person typed or filled in is kept nowhere and logged nowhere, also
// when the handler fails or panics with it. The label of a press is kept.
func TestNothingTypedIsKept(t *testing.T) {
	t.Parallel()
	const secret = "Zilvervos"
	x := start(t, handler{handle: func(_ context.Context, m adapters.Message) (adapters.Answer, error) {
		switch {
		case strings.HasPrefix(m.Text.Reveal(), "paniek"):
			panic(m.Text.Reveal())
		case m.Filled != nil:
			return adapters.Answer{Errors: map[string]string{"what": secret}}, errors.New("handler: no")
		}
		return adapters.Answer{Notice: secret, Form: &adapters.Form{Token: "f", Title: secret, Submit: "Klaar", Fields: []adapters.Field{{Name: "what", Kind: adapters.Line, Label: secret}}}}, nil
	}}, nil)
	send(t, x, "sanne", adapters.Reply{Key: "q", Text: "vraag", Choices: []adapters.Choice{{Token: "go", Label: "Melden"}}})
	tab := openTab(t, x, "sanne", "sanne")
	tab.Type("paniek " + secret)
	tab.Type(secret)
	tab.Fill("", map[string][]string{"what": {secret}})
	tab.Press("Melden")
	if x.memory.Holds("", secret) || strings.Contains(x.log.String(), secret) {
		t.Error("content was kept or logged")
	}
	if n := len(x.memory.Kept("")); n != 2 || !x.memory.Holds("", "Melden") {
		t.Errorf("kept %d posts, want the question and the press", n)
	}
	if s := x.log.String(); strings.Contains(s, "sanne") || strings.Contains(s, "Sanne") {
		t.Errorf("log names a person: %s", s)
	}
}

// A button that is pressed twice is echoed once; the press on danger each time.
func TestEcho(t *testing.T) {
	t.Parallel()
	x := start(t, nobody{}, nil)
	send(t, x, "sanne", adapters.Reply{Key: "q", Text: "vraag", Choices: []adapters.Choice{{Token: "go", Label: "Melden"}, {Token: adapters.TokenDanger, Label: "Nu gevaar"}}})
	tab := openTab(t, x, "sanne", "sanne")
	tab.Await("the question", func(v adaptertest.View) bool { return len(v.Posts) == 1 })
	for _, label := range []string{"Melden", "Melden", "Nu gevaar", "Nu gevaar"} {
		tab.Press(label)
	}
	if n := len(x.memory.Kept("")); n != 4 {
		t.Errorf("kept %d posts, want 4", n)
	}
}

// A log keeps its newest 200 posts, in memory and on the page.
func TestOldPostsGo(t *testing.T) {
	t.Parallel()
	x := start(t, nobody{}, nil)
	for i := range web.Keep + 7 {
		send(t, x, "sanne", adapters.Reply{Key: fmt.Sprint("k", i), Text: fmt.Sprintf("bericht-%d.", i)})
	}
	if n := len(x.memory.Kept("")); n != web.Keep {
		t.Errorf("kept %d, want %d", n, web.Keep)
	}
	v := openTab(t, x, "sanne", "sanne").Await("posts", func(v adaptertest.View) bool { return len(v.Posts) > 0 })
	if len(v.Posts) != web.Keep || v.Posts[0].Text != "bericht-7." {
		t.Errorf("shows %d posts from %q", len(v.Posts), v.Posts[0].Text)
	}
}

// An empty dialogue is begun by its page, by one event however many tabs open
// it; a dialogue with posts is not begun again.
func TestBegin(t *testing.T) {
	t.Parallel()
	x := start(t, nobody{}, nil)
	beginRE := regexp.MustCompile(`data-begin="([^"]*)"`)
	begin := func(who string) string {
		_, body := do(t, http.MethodGet, x.url("/p/"+who), "", nil)
		return find(beginRE, body)
	}
	one, two, other := begin("sanne"), begin("sanne"), begin("youssef")
	if one == "" || one != two || one == other {
		t.Errorf("begins are %q, %q and %q", one, two, other)
	}
	send(t, x, "sanne", adapters.Reply{Key: "q", Text: "hallo"})
	if got := begin("sanne"); got != "" {
		t.Error("a dialogue with posts is begun again")
	}
}

// The early reply stands in the answer to the act itself, before the handler
// is done, also when memory hangs: a page without a stream shows it too.
func TestEarlyComesWithTheAnswer(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	x := start(t, handler{
		early: func(m adapters.Message) *adapters.Reply { return &adapters.Reply{Key: m.ID, Text: "Bel nu 112."} },
		handle: func(context.Context, adapters.Message) (adapters.Answer, error) {
			<-release
			return adapters.Answer{}, nil
		},
	}, nil)
	x.memory.Hang(true)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, x.url("/p/sanne/say"), strings.NewReader(typed("SPOED")))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	res, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	buf := make([]byte, 4096)
	n, _ := res.Body.Read(buf)
	if !strings.Contains(string(buf[:n]), "Bel nu 112.") {
		t.Errorf("first read: %q", buf[:n])
	}
	x.memory.Hang(false)
}

// When memory cannot be read the page says so, and shows the rest when it can.
func TestMemoryComesBack(t *testing.T) {
	t.Parallel()
	x := start(t, handler{early: func(m adapters.Message) *adapters.Reply { return &adapters.Reply{Key: m.ID, Text: "Bel 112."} }}, nil)
	send(t, x, "sanne", adapters.Reply{Key: "q", Text: "eerder"})
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	x.memory.Break(true)
	x.run()
	_, body := do(t, http.MethodGet, x.url("/p/sanne"), "", nil)
	if !strings.Contains(body, "kan eerdere berichten nu niet laten zien") || strings.Contains(body, ">eerder<") {
		t.Error("the page does not say that posts are missing")
	}
	x.memory.Hang(true)
	if _, body := do(t, http.MethodGet, x.url("/p/sanne"), "", nil); !strings.Contains(body, "tel:112") {
		t.Error("a memory that hangs holds 112 up")
	}
	x.memory.Hang(false)
	tab := openTab(t, x, "sanne", "sanne")
	tab.Type("SPOED")
	x.memory.Break(false)
	send(t, x, "sanne", adapters.Reply{Key: "r", Text: "later"})
	tab.Await("all", func(v adaptertest.View) bool { return len(v.Posts) == 3 && v.Posts[0].Text == "eerder" })
	_, body = do(t, http.MethodGet, x.url("/p/sanne"), "", nil)
	if a, b := strings.Index(body, ">eerder<"), strings.Index(body, ">Bel 112.<"); a < 0 || b < a {
		t.Errorf("what was earlier stands at %d, what came after at %d", a, b)
	}
}

// More acts at once than a person can have are sent back, to be brought again.
func TestBusy(t *testing.T) {
	t.Parallel()
	release, entered := make(chan struct{}), make(chan struct{}, 100)
	x := start(t, handler{handle: func(context.Context, adapters.Message) (adapters.Answer, error) {
		entered <- struct{}{}
		<-release
		return adapters.Answer{}, nil
	}}, nil)
	status := make(chan int, web.MaxWaiting+3)
	post := func() {
		res, _ := do(t, http.MethodPost, x.url("/p/sanne/say"), typed("hallo"), nil)
		status <- res.StatusCode
	}
	go post()
	<-entered
	for range web.MaxWaiting + 2 {
		go post()
	}
	if a, b := <-status, <-status; a != 429 || b != 429 {
		t.Errorf("got %d and %d, want 429 twice", a, b)
	}
	close(release)
	for range web.MaxWaiting + 1 {
		if s := <-status; s != 200 {
			t.Errorf("got %d, want 200", s)
		}
	}
}

// The fields of a form are labelled, described and grouped, and no id occurs
// twice; values stand where they belong.
func TestFormIsAccessible(t *testing.T) {
	t.Parallel()
	many := make([]adapters.Option, 20)
	for i := range many {
		many[i] = adapters.Option{Value: fmt.Sprint("v", i), Label: fmt.Sprint("Team ", i)}
	}
	x := start(t, handler{handle: func(context.Context, adapters.Message) (adapters.Answer, error) {
		return adapters.Answer{Form: &adapters.Form{Token: "t\"<", Title: "Titel", Submit: "Volgende", Step: 3, Of: 7, Fields: []adapters.Field{
			{Name: "a", Label: "Wat?", Help: "Eén zin.", Kind: adapters.Area, Max: 500},
			{Name: "b", Label: "Waar?", Kind: adapters.Line, Optional: true, Value: private.List(`"x`)},
			{Name: "c", Label: "Wie?", Kind: adapters.One, Options: many[:3], Value: private.List("v1")},
			{Name: "d", Label: "Team?", Kind: adapters.One, Options: many, Value: private.List("v7")},
			{Name: "e", Label: "Signalen?", Kind: adapters.Many, Options: append(slices.Clone(many[:2]), adapters.Option{Value: "none", Label: "Geen", Help: "Ook goed.", Alone: true})},
		}, Acts: []adapters.Act{{Value: "back", Label: "Terug"}}}, Errors: map[string]string{"a": "Schrijf één zin.", "": "Kijk nog eens."}}, nil
	}}, nil)
	tab := openTab(t, x, "sanne", "sanne")
	tab.Type("x")
	tab.Await("the form", func(v adaptertest.View) bool { return v.Form != nil })
	got := tab.form.html
	if tab.form.token != `t"<` {
		t.Errorf("token came through as %q", tab.form.token)
	}
	for _, want := range []string{
		`<legend>Wie?</legend>`, `Stap 3 van 7`, `<progress max="7" value="3"`, `(niet verplicht)`, `Hooguit 500 tekens.`,
		`name="act" value="back" formnovalidate`, `data-alone`, `checked`, `selected>Team 7`, `value="&#34;x"`,
		`aria-invalid="true"`, `<a href="#f0">Wat? Schrijf één zin.</a>`, `<li>Kijk nog eens.</li>`, `role="alert" tabindex="-1">`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("form lacks %s", want)
		}
	}
	ids := map[string]int{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(got, -1) {
		ids[m[1]]++
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %s occurs %d times", id, n)
		}
	}
	for _, m := range regexp.MustCompile(` (?:aria-describedby|for)="([^"]*)"`).FindAllStringSubmatch(got, -1) {
		for id := range strings.FieldsSeq(html.UnescapeString(m[1])) {
			if ids[id] == 0 {
				t.Errorf("%s names no element", m[0])
			}
		}
	}
	for _, m := range regexp.MustCompile(`<(?:input|textarea|select) [^>]*>`).FindAllString(got, -1) {
		id := find(regexp.MustCompile(` id="([^"]*)"`), m)
		if !strings.Contains(m, `type="hidden"`) && !strings.Contains(got, `for="`+id+`"`) {
			t.Errorf("no label for %s", m)
		}
	}
	onlyOurs(t, "form", got)
}
