package adaptertest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// Fetched is what came of opening the page of a file and pressing its button.
type Fetched struct {
	Shown      string // the page before the button was pressed, as text
	OK         bool   // a file came, as one to save and not to show
	Name, Type string
	Body       string // of the file; else what the page says then
	Kept       bool   // something on the way may keep it
}

// shelf is a bot that hands out files.
type shelf struct {
	*bot
	file func(adapters.Claim) (adapters.File, error)
	got  []adapters.Claim
}

func (s *shelf) File(_ context.Context, c adapters.Claim) (adapters.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, c)
	return s.file(c)
}

// testFile opens a link from a form. Opening it asks for nothing; its button
// brings who, which link and which code; what comes is a file to save. Without
// a file the page says the same whatever the reason.
func testFile(t *testing.T, open Open) {
	b := &shelf{bot: &bot{}}
	want := adapters.File{Name: "SIG-2026-7K3QP.txt", Type: "text/plain; charset=utf-8", Body: private.New("\ufeffZilvervos <b>\r\n" + strings.Repeat("é", 100_000))}
	b.file = func(c adapters.Claim) (adapters.File, error) {
		switch c.Code.Reveal() {
		case "7K3 QPX":
			return want, nil
		case "later":
			return adapters.File{}, errHandler
		}
		return adapters.File{}, adapters.ErrNoFile
	}
	p := open(t, b)
	pages, ok := p.Adapter.(adapters.Pages)
	if !ok {
		t.Skip("no page here")
	}
	if _, err := pages.FileLink(p.Unknown, "nl", "tok"); !errors.Is(err, adapters.ErrGone) {
		t.Errorf("a link for nobody: got %v, want ErrGone", err)
	}
	link := func(token string) string {
		t.Helper()
		u, err := pages.FileLink(p.People[0], "nl", token)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	form := &adapters.Form{Token: "form-one", Title: "Bestand", Submit: "Klaar", Link: &adapters.Link{Label: "Haal op", URL: link("token-A_1"), Note: "Code: 7K3 QPX"}}
	tab := opened(t, p, b.bot, form)
	v := tab.Await("the form", func(v View) bool { return v.Form != nil })
	if v.Form.Link != form.Link.URL || !strings.Contains(v.Form.Text, "Haal op") || !strings.Contains(v.Form.Text, "Code: 7K3 QPX") {
		t.Errorf("the form offers %q: %q", v.Form.Link, v.Form.Text)
	}
	got := p.Fetch(t, v.Form.Link, "7K3 QPX")
	if got.Shown == "" || strings.Contains(got.Shown, "Zilvervos") || !got.OK || got.Kept {
		t.Errorf("the file: ok %v, kept %v; the page before it: %q", got.OK, got.Kept, got.Shown)
	}
	if diff := cmp.Diff([]string{want.Name, want.Type, want.Body.Reveal()}, []string{got.Name, got.Type, got.Body}); diff != "" {
		t.Errorf("the file (-want +got):\n%.500s", diff)
	}
	if len(b.got) != 1 || b.got[0].From != p.People[0] || b.got[0].Token != "token-A_1" || b.got[0].Lang != "nl" {
		t.Fatalf("one press on the button is %d claims", len(b.got))
	}
	none, other := p.Fetch(t, v.Form.Link, "wrong"), p.Fetch(t, link("guessed"), "")
	if diff := cmp.Diff(none, other); diff != "" || none.OK {
		t.Errorf("two ways to no file differ:\n%s", diff)
	}
	if later := p.Fetch(t, v.Form.Link, "later"); later.OK || later.Body == none.Body {
		t.Errorf("a passing failure reads like no file: %q", later.Body)
	}
	for _, bad := range []adapters.File{{Name: "../x.txt", Type: want.Type}, {Name: "Zilvervos\r\nX: y.txt", Type: want.Type}, {Name: "x.txt", Type: "text/plain\r\nX: y"}, {Name: "", Type: want.Type}} {
		want = bad
		if got := p.Fetch(t, v.Form.Link, "7K3 QPX"); got.OK {
			t.Errorf("a file with the name %q and type %q came", bad.Name, bad.Type)
		}
	}
}
