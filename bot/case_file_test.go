package main_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// FileLink makes the chat that only remembers one with a page.
func (c *chat) FileLink(to adapters.Address, _, token string) (string, error) {
	return "page/" + to.ID.Reveal() + "/" + token, nil
}

// coded finds the code beside a link.
var coded = regexp.MustCompile(`[0-9A-Z]{3} [0-9A-Z]{3}`)

// offered asks for the file of the open window; what comes back claims it.
func (c *clerk) offered() adapters.Claim {
	c.b.t.Helper()
	c.chooses("file")
	l := c.form.Link
	if l == nil || !coded.MatchString(l.Note) {
		c.b.t.Fatalf("no link: %s", answered(c.last))
	}
	return adapters.Claim{
		From: adapters.NewAddress("web", c.id), Token: l.URL[strings.LastIndex(l.URL, "/")+1:], Code: private.New(coded.FindString(l.Note)), Lang: "nl",
	}
}

func (b *bureau) fetch(c adapters.Claim) (adapters.File, error) {
	return b.r.desk.File(context.Background(), c)
}

// file is what the file of the open window holds, fetched.
func (c *clerk) file() string {
	c.b.t.Helper()
	f, err := c.b.fetch(c.offered())
	if err != nil {
		c.b.t.Fatalf("no file: %v", err)
	}
	return f.Body.Reveal()
}

// A file is made when it is fetched, from the case as it is then, and holds what
// stands in the window to copy. What was filled in besides is still there. The
// link and the fetching are a line each.
func TestCaseFileIsMadeWhenFetched(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	c := b.clerk("aandachtsfunctionaris-1")
	ref := b.report("medewerker-1", victim("labour", "23_plus"))
	c.takes(ref)
	window := c.form
	c.share("moviera")
	a := c.does(filled(b.message(c.id), c.form, "file", "way", "portal", "contact", "Meldpunt", "copy", "door mij veranderd"))
	for _, f := range a.Form.Fields {
		want := map[string]string{"way": "portal", "contact": "Meldpunt"}[f.Name]
		switch {
		case f.Name == "copy" && f.Value[0].Reveal() == "door mij veranderd":
			t.Error("the text to copy is not the package's")
		case want != "" && (len(f.Value) != 1 || f.Value[0].Reveal() != want):
			t.Errorf("%s does not hold what was filled in", f.Name)
		}
	}
	claim := c.offered()
	form := c.form
	c.form = window
	c.task("facts", "facts", "shelter")
	f, err := b.fetch(claim)
	if err != nil {
		t.Fatal(err)
	}
	body := f.Body.Reveal()
	if f.Name != ref+".txt" || f.Type != "text/plain; charset=utf-8" || !strings.HasPrefix(body, "\ufeffSignaal "+ref) || !strings.HasSuffix(body, "\r\n") {
		t.Errorf("file %q of type %q begins %.40q", f.Name, f.Type, body)
	}
	if !strings.Contains(body, "Opvang nodig: Ja\r\n") {
		t.Errorf("what was recorded since the link is not in it: %q", body)
	}
	c.form = form
	if a := c.fills("way", "phone", "contact", "Meldpunt", "date", "2026-11-23", "ground", "Eigen taak", "feedback", "2026-12-07"); len(a.Errors) > 0 {
		t.Errorf("the window beside the file does not record: %s", answered(a))
	}
	for line, want := range map[string]int{"file.offered ok": 2, "file.fetched ok": 1} {
		if got := b.lines(line); got != want {
			t.Errorf("%d lines %q, want %d", got, line, want)
		}
	}
}

// The page for the local meeting is a file too, and holds what its window shows.
func TestCaseFileOfTheMeeting(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	c := b.clerk("aandachtsfunctionaris-1")
	in, words := plantedReport()
	c.takes(b.report("medewerker-1", in))
	c.chooses("task.anonymous")
	facts := c.form.Facts
	body := c.file()
	for _, f := range facts {
		if !strings.Contains(body, f.Label+": "+f.Value.Reveal()+"\r\n") {
			t.Errorf("the file lacks %s", f.Label)
		}
	}
	for _, word := range append(slices.Clone(secrets), words["name"], words["street"], words["organisation"], words["phone"]) {
		if strings.Contains(body, word) {
			t.Errorf("the file holds %q", word)
		}
	}
}

// Nobody gets a file but its officer, once, with the code, within ten minutes
// and with his rights: all else is one answer, and a line in the journal.
func TestCaseFileIsForOneOfficerOnce(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	c := b.clerk("aandachtsfunctionaris-1")
	c.takes(b.report("medewerker-1", victim("labour", "23_plus")))
	press, forms := c.forms(b.r.ref("medewerker-1"))
	c.form = forms[0]
	c.share("nla")
	window := c.form
	again := func() adapters.Claim { c.form = window; return c.offered() }
	used := again()
	if _, err := b.fetch(used); err != nil {
		t.Fatal(err)
	}
	as := func(claim adapters.Claim, who, token, code string) adapters.Claim {
		claim.From, claim.Token, claim.Code = adapters.NewAddress("web", who), token, private.New(code)
		return claim
	}
	fresh := again()
	code := fresh.Code.Reveal()
	shut := func(what string, claim adapters.Claim) {
		t.Helper()
		before := b.lines("desk.refused refused")
		if f, err := b.fetch(claim); err != adapters.ErrNoFile || f != (adapters.File{}) {
			t.Errorf("%s: got a file %v, %v", what, f != (adapters.File{}), err)
		}
		if got := b.lines("desk.refused refused"); got != before+1 {
			t.Errorf("%s left %d lines", what, got-before)
		}
	}
	shut("twice", used)
	shut("another officer", as(fresh, "aandachtsfunctionaris-2", fresh.Token, code))
	shut("the reporter", as(fresh, "medewerker-1", fresh.Token, code))
	shut("a wrong code", as(fresh, c.id, fresh.Token, "ABC DEF"))
	shut("no code", as(fresh, c.id, fresh.Token, ""))
	shut("a guess", as(fresh, c.id, "desk-0000", code))
	shut("a button", as(fresh, c.id, press, code))
	shut("a window", as(fresh, c.id, window.Token, ""))
	b.r.room.become(func(r adapters.Room) (adapters.Room, error) {
		r.Members = slices.DeleteFunc(r.Members, func(m adapters.Member) bool { return m.Address.Key() == "web:"+c.id })
		return r, nil
	})
	shut("who left the channel", fresh)
	b.r.room.become(func(r adapters.Room) (adapters.Room, error) { return r, errBroken })
	if _, err := b.fetch(fresh); err == nil || errors.Is(err, adapters.ErrNoFile) {
		t.Errorf("when nobody knows who reads the channel: %v", err)
	}
	b.r.room.become(nil)
	if _, err := b.fetch(fresh); err != nil {
		t.Errorf("the link was used up by who could not use it: %v", err)
	}
	late := again()
	b.clock.on(10 * time.Minute)
	shut("too late", late)
	left := again()
	c.form = forms[0]
	c.chooses("task.involved")
	c.fills("why", "Mijn buurman.")
	shut("who is involved since", left)
}

// Where the bot has no page there is the text to copy, and no button.
func TestCaseFileNeedsAPage(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	b.r.paged = false
	b.r.wire()
	c := b.clerk("aandachtsfunctionaris-1")
	c.takes(b.report("medewerker-1", victim("labour", "23_plus")))
	c.share("nla")
	if slices.ContainsFunc(c.form.Acts, func(a adapters.Act) bool { return a.Value == "file" }) {
		t.Error("a button without a page")
	}
	c.shut("a file all the same", filled(b.message(c.id), c.form, "file"))
}
