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
	stop    chan struct{}          // closed when streams must end
	life    func() context.Context // ends when acts must end
}

// Run serves the pages until ctx ends. It returns an error when it cannot
// listen. Acts that were taken in are finished first, for at most 3 s.
func (a *Adapter) Run(ctx context.Context, h adapters.Handler) error {
	s := &server{Adapter: a, handler: h, stop: make(chan struct{})}
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
			if a.opt.Ready != nil {
				a.opt.Ready("http://" + net.JoinHostPort(a.host, *a.port.Load()) + "/")
			}
		},
		ending: func() { close(s.stop) },
	})
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.stage)
	mux.HandleFunc("GET /assets/{name}", s.asset)
	mux.HandleFunc("GET /p/{id}", s.seated(s.page))
	mux.HandleFunc("GET /p/{id}/events", s.seated(s.events))
	mux.HandleFunc("GET /p/{id}/file/{token}", s.seated(func(w http.ResponseWriter, r *http.Request, _ *seat) { s.filePage(w, r) }))
	mux.HandleFunc("POST /p/{id}/file/{token}", s.seated(s.file))
	mux.HandleFunc("GET /p/{id}/picture/{log}/{picture}", s.seated(s.picture))
	for _, kind := range []actKind{say, press, form} {
		mux.HandleFunc("POST /p/{id}/"+string(kind), s.seated(s.act(kind)))
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
