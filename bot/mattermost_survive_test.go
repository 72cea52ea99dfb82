package main_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
	"github.com/meldroute/meldroute/store/storetest"
)

// In the middle of a report the Mattermost server is killed and starts again,
// and so is the bot, while somebody types: the dialogue goes on where it was, and
// what was typed meanwhile is answered.
func TestMattermostRestarts(t *testing.T) {
	t.Parallel()
	place(t)
	s := mattermosttest.Start(t)
	w := settle(t, s)
	p := w.start(t, w.config(t, "  callback:\n    listen: "+free(t)+"\n    url: http://127.0.0.1:0\n")+covered)
	x := w.pilgrim(t)
	steps := x.steps()
	for _, step := range steps[:3] {
		step()
	}
	s.Restart(t)
	for _, step := range steps[3:6] {
		step()
	}
	p.kill()
	if _, err := x.Say(x.direct, "help"); err != nil {
		t.Fatal(err)
	}
	p.run()
	until(t, "what was typed while nothing ran is answered", func() bool {
		return strings.Contains(show(sorted(x.seat, x.id)), "Je kunt altijd iets typen.")
	})
	for _, step := range steps[6:] {
		step()
	}
	w.account(t, []*pilgrim{x})
}

// free is an address on this machine at which nothing listens.
func free(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// front is what stands before the replicas for presses and dialogs: any that
// answers.
type front struct {
	*httptest.Server
	mu   sync.Mutex
	to   []*httputil.ReverseProxy
	next int
}

func newFront(t testing.TB, addresses []string) *front {
	f := &front{}
	for _, a := range addresses {
		p := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: a})
		p.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
		f.to = append(f.to, p)
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.next++
	p := f.to[f.next%len(f.to)]
	f.mu.Unlock()
	p.ServeHTTP(w, r)
}

// Three replicas on one PostgreSQL and one token, one of them newer, with
// another form for the report: people go on with any of them, while one is
// killed, and another, and they come back. Everything has one effect and is
// visible once.
func TestMattermostReplicas(t *testing.T) {
	t.Parallel()
	place(t)
	w := settle(t, mattermosttest.Shared(t))
	database := strings.Replace(onPostgres(storetest.Postgres(t)), "data: {", fmt.Sprintf("data: {key_file: %q, ", filepath.Join(t.TempDir(), "sleutels.json")), 1)
	addresses := []string{free(t), free(t), free(t)}
	f := newFront(t, addresses)
	const newer = "departments:\n  - {id: boa, label: {nl: Boa, en: Enforcement}}\n  - {id: kcc, label: {nl: KCC, en: Contact}}\n"
	for i, address := range addresses {
		config := w.config(t, "  callback:\n    listen: "+address+"\n    url: "+f.URL+"\n") + covered + database
		if i == 2 {
			config += newer
		}
		w.start(t, config)
	}
	people := make([]*pilgrim, 4)
	for i := range people {
		people[i] = w.pilgrim(t)
	}
	together := func(from, to int) {
		var all sync.WaitGroup
		for _, x := range people {
			all.Go(func() {
				for _, step := range x.steps()[from:to] {
					step()
				}
			})
		}
		all.Wait()
	}
	together(0, 2)
	w.programs[0].kill()
	together(2, 5)
	w.programs[0].run()
	w.programs[2].kill()
	together(5, 7)
	w.programs[1].kill() // what it was at is taken over
	w.programs[2].run()
	together(7, 9)
	w.account(t, people)
}
