package web

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/meldroute/meldroute/adapters"
)

// server is one run of the adapter.
type server struct {
	*Adapter
	handler adapters.Handler
	visits  visits
	stop    chan struct{}          // closed when streams must end
	life    func() context.Context // ends when acts must end
}

// Run serves the pages until ctx ends. It returns an error when it cannot
// listen. Acts that were taken in are finished first, for at most 3 s.
func (a *Adapter) Run(ctx context.Context, h adapters.Handler) error {
	s := &server{Adapter: a, handler: h, stop: make(chan struct{}), visits: visits{by: map[string]session{}}}
	if a.door != nil {
		defer a.door.client.CloseIdleConnections()
	}
	return a.serve(ctx, served{
		routes: func(life context.Context, at net.Addr) http.Handler {
			port := "0"
			if tcp, ok := at.(*net.TCPAddr); ok {
				port = strconv.Itoa(tcp.Port)
			}
			a.port.Store(&port)
			s.life = func() context.Context { return life }
			return s.routes()
		},
		ready: func() {
			if at, ok := a.address(); ok && a.opt.Ready != nil {
				a.opt.Ready(at + "/")
			}
		},
		ending: func() { close(s.stop) },
	})
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	if s.door != nil {
		s.doors(mux)
	} else {
		mux.HandleFunc("GET /{$}", s.stage)
	}
	mux.HandleFunc("GET /assets/{name}", s.asset)
	mux.HandleFunc("GET /p/{id}", s.seated(s.page, s.noPage))
	mux.HandleFunc("GET /p/{id}/events", s.streamed(s.events))
	mux.HandleFunc("GET /p/{id}/file/{token}", s.seated(func(w http.ResponseWriter, r *http.Request, _ visitor) { s.filePage(w, r) }, s.noPage))
	mux.HandleFunc("POST /p/{id}/file/{token}", s.seated(s.file, s.noPage))
	mux.HandleFunc("GET /p/{id}/picture/{log}/{picture}", s.seated(s.picture, s.noPage))
	for _, kind := range []actKind{say, press, form} {
		mux.HandleFunc("POST /p/{id}/"+string(kind), s.seated(s.act(kind), s.noAct))
	}
	mux.HandleFunc("/", s.missing)
	return mux
}

// here reports whether a Host header is one of this machine's own names, with
// the port that is listened on.
func (a *Adapter) here(hostport string) bool {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil { // a browser leaves out port 80
		host, port = strings.Trim(hostport, "[]"), "80"
	}
	if at := a.port.Load(); at == nil || port != *at {
		return false
	}
	return host == a.host || host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// address is how browsers reach the pages, without a slash at its end; ok is
// false as long as nobody knows where that is.
func (a *Adapter) address() (base string, ok bool) {
	if a.base != nil {
		return a.base.String(), true
	}
	port := a.port.Load()
	if port == nil {
		return "", false
	}
	return "http://" + net.JoinHostPort(a.host, *port), true
}

// seated hands over who sits at the page of the address; behind a sign-in no
// answers when that is not who asks.
func (s *server) seated(next func(http.ResponseWriter, *http.Request, visitor), no absent) http.HandlerFunc {
	if s.door != nil {
		return s.own(s.sessions.find, next, no)
	}
	return s.anybody(next)
}

// streamed is seated for a stream, which goes on without an act of his.
func (s *server) streamed(next func(http.ResponseWriter, *http.Request, visitor)) http.HandlerFunc {
	if s.door != nil {
		return s.own(s.sessions.look, next, s.noStream)
	}
	return s.anybody(next)
}

// anybody can be who is played.
func (s *server) anybody(next func(http.ResponseWriter, *http.Request, visitor)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := s.seat(r.PathValue("id"))
		if who == nil {
			s.missing(w, r)
			return
		}
		next(w, r, visitor{seat: who, Name: who.Person.Name})
	}
}

// logs are the places that a person sees.
func (s *server) logs(who visitor) []string {
	if who.reads {
		return []string{who.ID, s.opt.Channel.ID}
	}
	return []string{who.ID}
}
