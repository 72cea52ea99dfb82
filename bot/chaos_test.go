package main_test

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meldroute/meldroute/store/storetest"
)

// long makes the tests of this package that take a count do more.
var long = flag.Bool("long", false, "more rounds, for the night")

// seed repeats a run of the tests that draw their moments.
var seed = flag.Uint64("seed", 1, "of what the chaos tests draw")

// stall bounds a wait for something that may have to outlast a lease.
const stall = 150 * time.Second

// databases runs a test on both, beside each other. Config is what makes the
// program use the database.
func databases(t *testing.T, test func(t *testing.T, config string)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, "") })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, onPostgres(storetest.Postgres(t))) })
}

func onPostgres(address string) string {
	return fmt.Sprintf("data: {database: {url: %q}}\n", address)
}

// crowd is a configuration with n employees, e-000 and on, and a desk.
func crowd(n int) string {
	var b strings.Builder
	b.WriteString("web:\n  listen: 127.0.0.1:0\n  people:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {id: %s, name: Medewerker %d, role: employee}\n", employee(i), i)
	}
	b.WriteString("    - {id: aandachtsfunctionaris-1, name: A1, role: officer}\n" +
		"    - {id: aandachtsfunctionaris-2, name: A2, role: officer}\n" +
		"    - {id: coordinator, name: C, role: coordinator}\n")
	return b.String()
}

func employee(i int) string { return fmt.Sprintf("e-%03d", i) }

// port is where the program can be reached at this moment, over its restarts.
type port struct {
	mu    sync.Mutex
	url   string
	moved chan struct{} // closed when it is somewhere else
	acks  int
	want  int
	due   chan struct{} // closed when acks reaches want
}

func newPort(url string) *port { return &port{url: url, moved: make(chan struct{})} }

func (p *port) at() (string, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.url, p.moved
}

func (p *port) move(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.url = url
	close(p.moved)
	p.moved = make(chan struct{})
}

// ack counts an answer that arrived.
func (p *port) ack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acks++
	if p.due != nil && p.acks == p.want {
		close(p.due)
	}
}

// after is closed when n more answers have arrived.
func (p *port) after(n int) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.want, p.due = p.acks+n, make(chan struct{})
	return p.due
}

// walker is an employee who reports a signal as the page does, one act after
// another. An act whose answer was lost is sent again with the same id, to the
// program that runs by then.
type walker struct {
	t       testing.TB
	port    *port
	id      string
	mark    string // stands in what he fills in
	form    *form
	last    reply
	lastAct func() (reply, error) // the last act, again
	resent  int
}

func (w *walker) do(kind string, v url.Values) error {
	v.Set("id", rand.Text())
	v.Set("at", w.id)
	v.Set("lang", "nl")
	w.lastAct = func() (reply, error) { return w.carry(kind, v) }
	got, err := w.carry(kind, v)
	if err != nil {
		return err
	}
	w.port.ack()
	w.last, w.form = got, nil
	if got.Form != "" {
		f := readForm(w.t, got.Form)
		w.form = &f
	}
	if len(got.Errors) > 0 {
		return fmt.Errorf("%s: refused: %v", w.id, got.Errors)
	}
	return nil
}

// carry brings one act until it is answered.
func (w *walker) carry(kind string, v url.Values) (reply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), stall)
	defer cancel()
	for {
		at, moved := w.port.at()
		got, err := (&person{t: w.t, p: &program{t: w.t, url: at}, id: w.id}).send(kind, v)
		if err == nil && got.OK {
			return got, nil
		}
		if err == nil && !got.Retry {
			return got, fmt.Errorf("%s: %s was not taken: %d %q", w.id, kind, got.status, got.Notice)
		}
		w.resent++
		again := moved
		if err == nil { // busy: another copy is being taken
			tick := make(chan struct{})
			time.AfterFunc(20*time.Millisecond, func() { close(tick) })
			again = tick
		}
		select {
		case <-again:
		case <-ctx.Done():
			return reply{}, fmt.Errorf("%s: %s: %w", w.id, kind, errors.Join(err, ctx.Err()))
		}
	}
}

func (w *walker) presses(token string) error { return w.do("press", url.Values{"token": {token}}) }
func (w *walker) says(text string) error     { return w.do("say", url.Values{"text": {text}}) }

// fills submits the open form, which must ask for field.
func (w *walker) fills(field, act string, values url.Values) error {
	if w.form == nil || act == "" && !w.asks(field) {
		return fmt.Errorf("%s: asked for %+v (notice %q) and not for %q", w.id, w.form, w.last.Notice, field)
	}
	v := url.Values{"token": {w.form.token}, "act": {act}}
	for name, vs := range values {
		v["f."+name] = vs
	}
	return w.do("form", v)
}

func (w *walker) asks(name string) bool {
	return slices.ContainsFunc(w.form.fields, func(f field) bool { return f.name == name })
}

// said are the answers of a walker that the desk must find back.
func (w *walker) said() []string {
	return []string{"Gezien " + w.mark, "Plaats " + w.mark, "Naam " + w.mark, "Bedrijf " + w.mark, "Gevaar " + w.mark}
}

// steps is the whole report, act by act.
func (w *walker) steps() []func() error {
	fills := func(field string, kv ...string) func() error {
		v := url.Values{}
		for i := 0; i < len(kv); i += 2 {
			v.Set(kv[i], kv[i+1])
		}
		return func() error { return w.fills(field, "", v) }
	}
	return []func() error{
		func() error { return w.presses("cmd-report") },
		fills("what", "what", "Gezien "+w.mark, "when", "today", "seen", "self", "place", "Plaats "+w.mark),
		fills("form", "form", "other"),
		func() error { return w.fills("person", "skip", nil) },
		fills("name", "name", "Naam "+w.mark),
		func() error { return w.says("nee") },
		fills("organisation", "organisation", "Bedrijf "+w.mark),
		fills("urgency", "urgency", "soon", "risk", "Gevaar "+w.mark),
		fills("department", "department", "boa", "involved", "no", "contact", "chat"),
		func() error { return w.fills("", "choose:send", nil) },
	}
}

// report walks the whole report.
func (w *walker) report() error {
	for _, step := range w.steps() {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// alarm reports an acute signal: one press, one form. It leaves the question
// about 112 open.
func (w *walker) alarm() error {
	if err := w.presses("gevaar"); err != nil {
		return err
	}
	return w.fills("what", "", url.Values{"what": {"Acuut " + w.mark}})
}

// walkers are n employees at one program.
func walkers(t testing.TB, at *port, n int) []*walker {
	ws := make([]*walker, n)
	for i := range ws {
		ws[i] = &walker{t: t, port: at, id: employee(i), mark: strings.ToLower(rand.Text()[:12])}
	}
	return ws
}

// together lets all walkers act at once and reports what went wrong.
func together(t testing.TB, ws []*walker, do func(*walker) error) {
	t.Helper()
	var wg sync.WaitGroup
	for _, w := range ws {
		wg.Go(func() {
			if err := do(w); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// page is what a person sees when he opens the page now.
func (p *program) page(id string) []post {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w := p.open(id)
	more := w.more
	done := make(chan struct{})
	go func() { defer close(done); _ = w.stream(ctx) }()
	select {
	case <-more:
	case <-ctx.Done():
		p.t.Errorf("the page of %s stays empty", id)
	}
	cancel()
	<-done
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []post
	for _, one := range w.posts {
		all = append(all, one)
	}
	return all
}

// ops is where the operator's tools are after any number of restarts.
func (p *program) ops() string {
	p.t.Helper()
	const mark = `"msg":"operations: listening","addr":"`
	text := ""
	until(p.t, "the operator's address is logged", func() bool {
		text = p.log.all()[p.logged:]
		return strings.Contains(text, mark)
	})
	addr, _, _ := strings.Cut(text[strings.LastIndex(text, mark)+len(mark):], `"`)
	return "http://" + addr
}

// quiet waits until nothing is overdue, also what a killed program had leased.
func (p *program) quiet() {
	p.t.Helper()
	until(p.t, "nothing is overdue", func() bool {
		_, m := get(p.t, p.ops()+"/metrics")
		return strings.Contains(m, "\nmeldroute_notices_overdue 0\n")
	})
}

// until waits for a condition.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), stall)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		}
	}
}
