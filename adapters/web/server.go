package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// How long things may take. An act may wait for its turn and for the store.
const (
	headTime  = 5 * time.Second
	readTime  = 15 * time.Second
	actTime   = 30 * time.Second
	writeTime = 45 * time.Second
	stopTime  = 3 * time.Second
)

// policy lets a page load what this server serves and nothing else, without
// inline script or style.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'self'; img-src 'self'"

//go:embed assets
var assets embed.FS

// server is one run of the adapter.
type server struct {
	*Adapter
	handler adapters.Handler
	port    string
	stop    chan struct{}          // closed when streams must end
	life    func() context.Context // ends when acts must end
}

// Run serves the pages until ctx ends. It returns an error when it cannot
// listen. Acts that were taken in are finished first, for at most 3 s.
func (a *Adapter) Run(ctx context.Context, h adapters.Handler) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", a.opt.Listen)
	if err != nil {
		return fmt.Errorf("web: listen: %w", err)
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return errors.Join(fmt.Errorf("web: listen: %w", err), ln.Close())
	}
	// Acts outlive the end of ctx by a moment: what was begun is answered.
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	a.port.Store(&port)
	s := &server{Adapter: a, handler: h, port: port, stop: make(chan struct{}), life: func() context.Context { return base }}
	var busy sync.WaitGroup
	routes := s.routes()
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			busy.Add(1)
			defer busy.Done()
			routes.ServeHTTP(w, r)
		}),
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: headTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       log.New(quiet{a}, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	if a.opt.Ready != nil {
		a.opt.Ready("http://" + net.JoinHostPort(a.host, port) + "/")
	}
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	close(s.stop)
	end, done := context.WithTimeout(base, stopTime)
	defer done()
	if srv.Shutdown(end) != nil {
		a.opt.Log.Warn("web: acts were cut off at the end")
		cancel()
		_ = srv.Close()
	}
	s.wait(&busy)
	if err != nil {
		return fmt.Errorf("web: serve: %w", err)
	}
	<-served
	return nil
}

// wait waits until all requests have ended, for at most stopTime: a handler
// that does not heed its context must not keep the program from ending.
func (s *server) wait(busy *sync.WaitGroup) {
	done := make(chan struct{})
	go func() { busy.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(stopTime):
		s.opt.Log.Error("web: acts did not end")
	}
}

// quiet takes what net/http logs, which can hold addresses and, after a
// panic, content: only that something was logged is passed on.
type quiet struct{ a *Adapter }

func (q quiet) Write(b []byte) (int, error) {
	q.a.opt.Log.Warn("web: http server complained", "bytes", len(b))
	return len(b), nil
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.stage)
	mux.HandleFunc("GET /assets/{name}", s.asset)
	mux.HandleFunc("GET /p/{id}", s.seated(s.page))
	mux.HandleFunc("GET /p/{id}/events", s.seated(s.events))
	mux.HandleFunc("GET /p/{id}/file/{token}", s.seated(s.filePage))
	mux.HandleFunc("POST /p/{id}/file/{token}", s.seated(s.file))
	mux.HandleFunc("GET /p/{id}/picture/{log}/{picture}", s.seated(s.picture))
	for _, kind := range []actKind{say, press, form} {
		mux.HandleFunc("POST /p/{id}/"+string(kind), s.seated(s.act(kind)))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.missing(w, r) })
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, lang(r), refusal{http.StatusForbidden, "web.refused.origin"})
	}))
	return s.guard(origin.Handler(mux))
}

// guard sets the headers that every answer has and refuses a host name that
// is not this machine's own: a page elsewhere whose name is made to resolve
// to loopback (DNS rebinding) gets nothing.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "SAMEORIGIN")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if !s.ours(r.Host) {
			s.refuse(w, lang(r), refusal{http.StatusMisdirectedRequest, "web.refused.host"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) ours(hostport string) bool {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil { // a browser leaves out port 80
		host, port = strings.Trim(hostport, "[]"), "80"
	}
	if port != s.port {
		return false
	}
	return host == s.host || host == "localhost" || host == "127.0.0.1" || host == "::1"
}

func (s *server) seated(next func(http.ResponseWriter, *http.Request, *seat)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, ok := s.people[r.PathValue("id")]
		if !ok {
			s.missing(w, r)
			return
		}
		next(w, r, who)
	}
}

// logs are the places that a person sees.
func (s *server) logs(who *seat) []string {
	if who.reads {
		return []string{who.ID, s.opt.Channel.ID}
	}
	return []string{who.ID}
}

func (s *server) missing(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		s.renderAs(w, http.StatusNotFound, "missing.html", s.texts(lang(r)))
		return
	}
	s.refuse(w, lang(r), refusal{http.StatusNotFound, "web.refused.missing"})
}

// asset serves the style, the script and the icon. They hold nothing of
// anybody and may be kept by the browser while they are unchanged.
func (s *server) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kind := map[string]string{
		"style.css": "text/css; charset=utf-8",
		"page.js":   "text/javascript; charset=utf-8",
		"icon.svg":  "image/svg+xml",
	}[name]
	b, err := assets.ReadFile("assets/" + name)
	if kind == "" || err != nil {
		s.missing(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
}

// lang is the language of a page: Dutch unless asked otherwise.
func lang(r *http.Request) string {
	if r.URL.Query().Get("lang") == "en" {
		return "en"
	}
	return "nl"
}
