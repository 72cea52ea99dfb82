//go:build unix

package main_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// soon is how long the number may take to be on the screen (P39).
const soon = time.Second

// While the database is gone the first message and a press on danger still
// show 112 at once, the person reads that nothing was kept, nothing is
// acknowledged, and readyz says so. When it is back the same acts work, with
// one effect each, and what was owed goes out.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	pg := ownPostgres(t)
	p := start(t, onPostgres(pg.url())+crowd(3))
	at := newPort(p.url)
	ws := walkers(t, at, 3)
	busy, fresh, acute := ws[0], ws[1], ws[2]
	steps := busy.steps()
	for _, step := range steps[:4] {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	act := func(who string, kv ...string) url.Values {
		v := url.Values{"id": {rand.Text()}, "at": {who}, "lang": {"nl"}}
		for i := 0; i < len(kv); i += 2 {
			v.Set(kv[i], kv[i+1])
		}
		return v
	}
	pg.stop()
	until(t, "not ready", func() bool { return p.readyz() == http.StatusServiceUnavailable })
	if code, _ := get(t, p.ops()+"/livez"); code != http.StatusOK {
		t.Errorf("livez says %d: the program is alive", code)
	}
	acts := []struct {
		who, kind string
		v         url.Values
	}{
		{busy.id, "form", act(busy.id, "token", busy.form.token, "act", "", "f.name", "Naam "+busy.mark)},
		{fresh.id, "say", act(fresh.id, "text", "hallo")},
		{acute.id, "press", act(acute.id, "token", "gevaar")},
		{acute.id, "say", act(acute.id, "text", "SPOED")},
	}
	for _, a := range acts {
		got, took := p.timed(a.who, a.kind, a.v)
		if got.OK || !got.Retry {
			t.Errorf("%s of %s is acknowledged without a database: %+v", a.kind, a.who, got)
		}
		if !strings.Contains(got.Notice, "112") || !strings.Contains(got.Notice, "niet") {
			t.Errorf("%s of %s is answered %q: not what went wrong, or not 112", a.kind, a.who, got.Notice)
		}
		if a.who == acute.id && !strings.Contains(got.early, "112") {
			t.Errorf("%s shows no 112 at once, but %q", a.kind, got.early)
		}
		first := took.early
		if a.who != acute.id {
			first = took.whole
		}
		if first > soon {
			t.Errorf("%s of %s shows 112 after %v", a.kind, a.who, first)
		}
	}
	// The number stands on the page too, for who looks again.
	if text := wording(p.page(acute.id)); !strings.Contains(text, "112") {
		t.Errorf("112 is not on the page: %q", text)
	}
	pg.start()
	until(t, "ready again", func() bool { return p.readyz() == http.StatusOK })
	for _, a := range acts {
		got, _ := p.timed(a.who, a.kind, a.v)
		if !got.OK || len(got.Errors) > 0 {
			t.Errorf("the same act does not work when the database is back: %+v", got)
		}
		if a.who == busy.id {
			busy.last = got
		}
	}
	for _, step := range steps[5:] {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if err := fresh.report(); err != nil {
		t.Fatal(err)
	}
	if err := acute.alarm(); err != nil {
		t.Fatal(err)
	}
	p.quiet()
	for _, w := range ws {
		if got := numberPattern.FindAllString(wording(p.page(w.id)), -1); len(got) != 1 {
			t.Errorf("%s has %d receipts, want 1", w.id, len(got))
		}
	}
	if strings.Contains(p.log.all(), busy.mark) {
		t.Error("an answer is in the log")
	}
}

// What is owed when the database goes is sent when it comes back: the loop
// does not give up, and the streams go on.
func TestOwedWhileDatabaseWasGone(t *testing.T) {
	t.Parallel()
	pg := ownPostgres(t)
	p := start(t, onPostgres(pg.url())+covered+"terms: {first_read: {acute: 8 seconden}, card_delivery: 2 seconden}\n"+crowd(1))
	w := walkers(t, newPort(p.url), 1)[0]
	watching := p.open("coordinator").watch()
	if err := w.alarm(); err != nil {
		t.Fatal(err)
	}
	p.open("aandachtsfunctionaris-1").watch().sees("desk", "Nieuw signaal")
	p.quiet() // else a lease is waited for
	pg.stop()
	until(t, "the loop saw it", func() bool { return strings.Contains(p.log.all(), "reminder: nothing claimed") })
	pg.start()
	watching.sees("coordinator", "Te laat sinds")
	p.quiet()
	if n := strings.Count(wording(p.page("coordinator")), "Te laat sinds"); n != 1 {
		t.Errorf("the coördinator reads it %d times, want 1", n)
	}
}

// A signal that nobody reads within its term reaches the coördinator once,
// through the whole program.
func TestUnreadThroughTheProgram(t *testing.T) {
	t.Parallel()
	p := start(t, covered+"terms: {first_read: {acute: 2 seconden}, card_delivery: 1 seconde}\n"+crowd(2))
	ws := walkers(t, newPort(p.url), 2)
	c := p.open("coordinator").watch()
	for _, w := range ws {
		if err := w.alarm(); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "both are late", func() bool { return strings.Count(wording(c.list("coordinator")), "Te laat sinds") == 2 })
	p.quiet()
	text := wording(p.page("coordinator"))
	if n := strings.Count(text, "Te laat sinds"); n != 2 || strings.Contains(text, "kaart staat nog niet") {
		t.Errorf("the coördinator reads:\n%s", text)
	}
	refs := refPattern.FindAllString(text, -1)
	slices.Sort(refs)
	if len(slices.Compact(refs)) != 2 {
		t.Errorf("of %v", refs)
	}
}

func (p *program) readyz() int {
	resp, err := http.Get(p.ops() + "/readyz")
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// took is how long it took until the first line and until the last.
type took struct{ early, whole time.Duration }

func (p *program) timed(who, kind string, v url.Values) (reply, took) {
	p.t.Helper()
	begin := time.Now()
	early := make(chan time.Duration, 1)
	w := p.open(who)
	if kind == "press" || v.Get("text") == "SPOED" {
		go func() { early <- p.firstLine(who, kind, v, begin) }()
	} else {
		early <- 0
	}
	var out took
	out.early = <-early
	got, err := w.send(kind, v)
	if err != nil {
		p.t.Fatal(err)
	}
	out.whole = time.Since(begin)
	return got, out
}

// firstLine sends an act, reads the first byte of its answer, and waits for
// the rest.
func (p *program) firstLine(who, kind string, v url.Values, begin time.Time) time.Duration {
	resp, err := http.PostForm(p.url+"/p/"+who+"/"+kind, v)
	if err != nil {
		p.t.Error(err)
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	var one [1]byte
	_, _ = resp.Body.Read(one[:])
	return time.Since(begin)
}
