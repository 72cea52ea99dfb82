package main_test

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// person is somebody at the page of the web chat: what he sees comes from its
// stream, what he does goes by its addresses, as the page itself does it.
type person struct {
	t    testing.TB
	p    *program
	id   string
	lang string

	mu    sync.Mutex
	posts map[string]post
	more  chan struct{}

	form   *form // the open form
	notice string
	errors map[string]string
	did    func(what string) // the transcript
	saw    func(f *form)
}

// post is a message on the page.
type post struct {
	log     string
	slot    string
	order   int
	own     bool
	quiet   bool
	urgent  bool
	picture bool
	step    string
	text    string
	choices []choice
}

type choice struct{ label, key, token string }

// form is an open window.
type form struct {
	token, title, intro, submit, step string
	link, note                        string // to a file, and what has to be known for it
	facts                             [][2]string
	fields                            []field
	acts                              []choice
}

type field struct {
	name, label, kind string
	help              string
	optional          bool
	options           []choice
	value             []string
}

// open lets somebody open the page.
func (p *program) open(id string) *person {
	return &person{t: p.t, p: p, id: id, lang: "nl", posts: map[string]post{}, more: make(chan struct{}), did: func(string) {}, saw: func(*form) {}}
}

// watch follows the page's stream until the test ends; it comes back after a
// restart of the program.
func (w *person) watch() *person {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			_ = w.stream(ctx)
		}
	})
	w.t.Cleanup(func() { cancel(); done.Wait() })
	return w
}

func (w *person) stream(ctx context.Context) error { return w.follow(ctx, false) }

// look reads the page once, as it stands now.
func (w *person) look() *person {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.follow(ctx, true); err != nil {
		w.t.Fatalf("%s: the page does not open: %v", w.id, err)
	}
	return w
}

// follow reads the page's stream, until it ends or once.
func (w *person) follow(ctx context.Context, once bool) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.p.url+"/p/"+w.id+"/events?lang="+w.lang, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	event := ""
	sc := bufio.NewScanner(resp.Body)
	sc.Buffer(nil, 8<<20)
	for sc.Scan() {
		switch line := sc.Text(); {
		case strings.HasPrefix(line, "event: "):
			event = strings.TrimPrefix(line, "event: ")
		case strings.HasPrefix(line, "data: ") && event != "beat":
			w.update(event == "sync", strings.TrimPrefix(line, "data: "))
			if once && event == "sync" {
				return nil
			}
		}
	}
	return io.EOF
}

func (w *person) update(all bool, data string) {
	var list []struct {
		Log, Slot, HTML string
		Order           int
	}
	if err := json.Unmarshal([]byte(data), &list); err != nil {
		w.t.Errorf("stream: %v", err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if all {
		w.posts = map[string]post{}
	}
	for _, s := range list {
		p := readPost(w.t, s.HTML)
		p.log, p.slot, p.order = s.Log, s.Slot, s.Order
		w.posts[s.Slot] = p
	}
	close(w.more)
	w.more = make(chan struct{})
}

// list returns the posts of a log in order.
func (w *person) list(log string) []post {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []post
	for _, p := range w.posts {
		if p.log == log {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b post) int { return cmp.Compare(a.order, b.order) })
	return out
}

// sees waits until a post of a log holds a text, and returns it.
func (w *person) sees(log, text string) post {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		w.mu.Lock()
		more := w.more
		w.mu.Unlock()
		all := w.list(log)
		for _, p := range slices.Backward(all) {
			if !p.own && strings.Contains(p.text, text) {
				return p
			}
		}
		select {
		case <-more:
		case <-ctx.Done():
			w.t.Fatalf("%s never saw %q in %s, but:\n%s\n%s", w.id, text, log, show(all), w.p.log.all())
		}
	}
}

// find waits for a post with a choice and returns the newest such choice.
func (w *person) find(log, label string) choice {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		w.mu.Lock()
		more := w.more
		w.mu.Unlock()
		all := w.list(log)
		for _, p := range slices.Backward(all) {
			for _, c := range p.choices {
				if c.label == label {
					return c
				}
			}
		}
		select {
		case <-more:
		case <-ctx.Done():
			w.t.Fatalf("%s has no choice %q in %s, but:\n%s", w.id, label, log, show(all))
		}
	}
}

func show(ps []post) string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "  %s %v\n", strings.ReplaceAll(p.text, "\n", " / "), p.choices)
	}
	return b.String()
}

// says types a message.
func (w *person) says(text string) {
	w.t.Helper()
	w.did("typt: " + text)
	w.act("say", w.id, url.Values{"text": {text}})
}

// presses presses the newest choice with this label.
func (w *person) presses(label string) { w.t.Helper(); w.pressesIn(w.id, label) }

func (w *person) pressesIn(log, label string) {
	w.t.Helper()
	c := w.find(log, label)
	w.did("drukt: " + label)
	w.act("press", log, url.Values{"token": {c.token}})
}

// fills in the open form by label and submits it. Options are named by label,
// several parted by "; ".
func (w *person) fills(values map[string]string) {
	w.t.Helper()
	w.did("vult in en gaat verder")
	w.submit("", values)
}

// chooses a way out of the open form that is not its submit button.
func (w *person) chooses(label string) {
	w.t.Helper()
	for _, a := range w.window().acts {
		if a.label == label {
			w.did("kiest: " + label)
			w.submit(a.token, nil)
			return
		}
	}
	w.t.Fatalf("the form %q has no button %q: %v", w.form.title, label, w.form.acts)
}

func (w *person) window() *form {
	w.t.Helper()
	if w.form == nil {
		w.t.Fatalf("%s has no form open (notice %q)", w.id, w.notice)
	}
	return w.form
}

func (w *person) submit(act string, values map[string]string) {
	w.t.Helper()
	f := w.window()
	v := url.Values{"token": {f.token}, "act": {act}}
	for label, value := range values {
		i := slices.IndexFunc(f.fields, func(fd field) bool { return fd.label == label })
		if i < 0 {
			w.t.Fatalf("the form %q has no field %q: %+v", f.title, label, f.fields)
		}
		for _, one := range f.fields[i].read(w.t, value) {
			v.Add("f."+f.fields[i].name, one)
		}
	}
	w.act("form", w.at(), v)
}

func (w *person) at() string { return w.id }

// field is the one with this label. Where that is too long for its place, a
// part of it stands there, or the whole in its help.
func (f form) field(label string) int {
	if i := slices.IndexFunc(f.fields, func(fd field) bool { return fd.label == label }); i >= 0 {
		return i
	}
	return slices.IndexFunc(f.fields, func(fd field) bool {
		return strings.HasPrefix(fd.help, label) || fd.label == strings.TrimRight(label, "?") ||
			strings.HasSuffix(strings.ToLower(label), strings.ToLower(fd.label))
	})
}

func (f field) read(t testing.TB, value string) []string {
	if len(f.options) == 0 {
		return []string{value}
	}
	var out []string
	for _, label := range strings.Split(value, "; ") {
		i := slices.IndexFunc(f.options, func(o choice) bool { return o.label == label })
		if i < 0 {
			t.Fatalf("field %q has no option %q: %v", f.label, label, f.options)
		}
		out = append(out, f.options[i].token)
	}
	return out
}

// act does one thing and reads the answer.
func (w *person) act(kind, at string, v url.Values) {
	w.t.Helper()
	v.Set("id", rand.Text())
	v.Set("at", at)
	v.Set("lang", w.lang)
	got, err := w.send(kind, v)
	if err != nil {
		w.t.Fatalf("%s %s: %v", w.id, kind, err)
	}
	w.take(got)
}

// reply is the last line of the answer to an act.
type reply struct {
	OK, Retry    bool
	Notice, Form string
	Errors       map[string]string
	status       int
	early        string
	opened       *form // where a form is not a page's
}

func (w *person) send(kind string, v url.Values) (reply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.p.url+"/p/"+w.id+"/"+kind, strings.NewReader(v.Encode()))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	var got reply
	dec := json.NewDecoder(resp.Body)
	for {
		var line struct {
			reply
			Early *struct{ HTML string }
			Done  bool
		}
		if err := dec.Decode(&line); err != nil {
			return reply{}, fmt.Errorf("answer cut off: %w", err)
		}
		if line.Early != nil {
			got.early = readPost(w.t, line.Early.HTML).text
		}
		if line.Done {
			early := got.early
			got = line.reply
			got.status, got.early = resp.StatusCode, early
			return got, nil
		}
	}
}

func (w *person) take(got reply) {
	w.notice, w.errors = got.Notice, got.Errors
	switch {
	case got.opened != nil:
		w.form = got.opened
	case got.Form != "":
		f := readForm(w.t, got.Form)
		w.form = &f
		w.saw(w.form)
	case len(got.Errors) == 0 && got.OK:
		w.form = nil
	}
}

// settle waits until a person's logs have been still for a moment's worth of
// work: every act is answered, so only notices can be under way. It asks the
// program's own metrics.
func (p *program) settle() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ops := p.operations()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, m := get(p.t, ops+"/metrics"); strings.Contains(m, "\nmeldroute_notices_overdue 0\n") {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatal("notices stay overdue")
		}
	}
}
