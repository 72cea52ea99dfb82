package web

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
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

// hsts has a browser come back over TLS only, for half a year.
const hsts = "max-age=15552000"

//go:embed assets
var assets embed.FS

// site is what every server of this package stands on: how it listens and ends,
// the headers of each answer, its words and its pages.
type site struct {
	say       sayer
	log       *slog.Logger
	listen    string
	cert, key string // files in PEM; without them TLS is the work of what stands in front
	// ours reports whether a Host header is that of this site.
	ours func(hostport string) bool
	// secure says that browsers reach it over TLS.
	secure bool
}

// sayer gives the text of the catalog with this id, in "nl" or "en".
type sayer = func(lang, id string, args map[string]any) string

// hostOf reports whether a Host header is that of a base address, with the port
// that a browser leaves out.
func hostOf(base *url.URL) func(hostport string) bool {
	whole := func(hostport string) string {
		if base.Port() == "" || strings.HasSuffix(hostport, ":"+base.Port()) {
			hostport = strings.TrimSuffix(hostport, map[string]string{"https": ":443", "http": ":80"}[base.Scheme])
		}
		return strings.ToLower(hostport)
	}
	want := whole(base.Host)
	return func(hostport string) bool { return whole(hostport) == want }
}

// served is one run of a site.
type served struct {
	// routes makes what is served. life is what acts live by: it outlives the
	// end of Run by a moment, so that what was begun is answered.
	routes func(life context.Context, at net.Addr) http.Handler
	ready  func()
	ending func() // called when streams must end
}

// serve listens until ctx ends. It returns an error when it cannot. Requests that
// were taken in are finished first, for at most 3 s.
func (x *site) serve(ctx context.Context, run served) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", x.listen)
	if err != nil {
		return fmt.Errorf("web: listen: %w", err)
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var busy sync.WaitGroup
	routes := x.guard(run.routes(life, ln.Addr()))
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			busy.Add(1)
			defer busy.Done()
			routes.ServeHTTP(w, r)
		}),
		BaseContext:       func(net.Listener) context.Context { return life },
		ReadHeaderTimeout: headTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       log.New(quiet{x.log}, "", 0),
	}
	done := make(chan error, 1)
	go func() {
		if x.cert != "" {
			done <- srv.ServeTLS(ln, x.cert, x.key)
			return
		}
		done <- srv.Serve(ln)
	}()
	run.ready()
	select {
	case err = <-done:
	case <-ctx.Done():
	}
	run.ending()
	end, stop := context.WithTimeout(life, stopTime)
	defer stop()
	if srv.Shutdown(end) != nil {
		x.log.Warn("web: acts were cut off at the end")
		cancel()
		_ = srv.Close()
	}
	x.wait(&busy)
	if err != nil {
		return errors.Join(fmt.Errorf("web: serve: %w", err), closed(ln))
	}
	<-done
	return nil
}

// closed closes what ServeTLS leaves open when it has no certificate.
func closed(ln net.Listener) error {
	if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// wait waits until all requests have ended, for at most stopTime: a handler
// that does not heed its context must not keep the program from ending.
func (x *site) wait(busy *sync.WaitGroup) {
	done := make(chan struct{})
	go func() { busy.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(stopTime):
		x.log.Error("web: acts did not end")
	}
}

// quiet takes what net/http logs, which can hold addresses and, after a
// panic, content: only that something was logged is passed on.
type quiet struct{ log *slog.Logger }

func (q quiet) Write(b []byte) (int, error) {
	q.log.Warn("web: http server complained", "bytes", len(b))
	return len(b), nil
}

// guard sets the headers that every answer has and refuses a host name that is
// not the site's: a page elsewhere whose name is made to resolve to this machine
// (DNS rebinding) gets nothing. What another site has a browser send is refused
// too.
func (x *site) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x.refuse(w, lang(r), refusal{http.StatusForbidden, "web.refused.origin"})
	}))
	next = origin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "SAMEORIGIN")
		// With no-referrer a browser names no origin with a form either (Fetch, 3.2),
		// and one that knows no Sec-Fetch-Site would be refused.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if x.secure {
			h.Set("Strict-Transport-Security", hsts)
		}
		if !x.ours(r.Host) {
			x.refuse(w, lang(r), refusal{http.StatusMisdirectedRequest, "web.refused.host"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// asset serves the style, the script and the icon. They hold nothing of
// anybody and may be kept by the browser while they are unchanged.
func (x *site) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kind := map[string]string{
		"style.css": "text/css; charset=utf-8",
		"page.js":   "text/javascript; charset=utf-8",
		"icon.svg":  "image/svg+xml",
	}[name]
	b, err := assets.ReadFile("assets/" + name)
	if kind == "" || err != nil {
		x.missing(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
}

func (x *site) missing(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		x.renderAs(w, http.StatusNotFound, "missing.html", x.texts(lang(r)))
		return
	}
	x.refuse(w, lang(r), refusal{http.StatusNotFound, "web.refused.missing"})
}

// refuse answers an act that was not taken in, in words.
func (x *site) refuse(w http.ResponseWriter, lang string, no refusal) {
	(&lines{w: w}).last(no.status, answer{Notice: x.say(lang, no.text, nil)})
}

// speaker gives the texts of one language to a template: {{call .T "web.send"}}.
type speaker func(id string, args ...any) string

func (x *site) speak(lang string) speaker {
	return func(id string, args ...any) string {
		m := map[string]any{}
		for i := 0; i+1 < len(args); i += 2 {
			if name, ok := args[i].(string); ok {
				m[name] = args[i+1]
			}
		}
		return x.say(lang, id, m)
	}
}

// texts is what every page has.
type texts struct {
	Lang string
	T    speaker
}

func (x *site) texts(lang string) texts { return texts{Lang: lang, T: x.speak(lang)} }

// render answers with a page.
func (x *site) render(w http.ResponseWriter, name string, data any) {
	x.renderAs(w, http.StatusOK, name, data)
}

func (x *site) renderAs(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		x.log.Error("web: page was not rendered", "page", name)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// lang is the language of a page: Dutch unless asked otherwise.
func lang(r *http.Request) string {
	if r.URL.Query().Get("lang") == "en" {
		return "en"
	}
	return "nl"
}
