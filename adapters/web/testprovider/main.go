// Command testprovider is an OpenID Provider for the tests of signing in, which
// build and start it with adapters/web/providertest: zitadel's, with the storage
// of its example. What a test can have it do besides stands under /test/. It is
// a module of its own: the provider's libraries have nothing to do with the
// program.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The one client, and the password of every user.
const (
	clientID     = "meldroute"
	clientSecret = "zilvervos"
	password     = "geheim"
)

// main serves on a free port of this machine, says where, and ends with its
// input.
func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // the one main of this module
	}
}

func run(in io.Reader, out io.Writer) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer := "http://" + ln.Addr().String()
	p := &provider{users: users{}, clients: map[string]*storage.Client{clientID: storage.WebClient(clientID, clientSecret)}}
	p.Storage = storage.NewStorageWithClients(p.users, p.clients)
	if err := p.rotate(); err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	routes := exampleop.SetupServer(issuer, p, quiet, false, op.WithLogger(quiet))
	mux := http.NewServeMux()
	mux.Handle("/", p.present(routes))
	mux.Handle("/oauth/token", p.present(p.forging(routes)))
	mux.HandleFunc("POST /test/{what}", p.told)
	served := make(chan error, 1)
	go func() { served <- (&http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}).Serve(ln) }()
	go func() { _, err := io.Copy(io.Discard, in); served <- err }()
	if err := json.NewEncoder(out).Encode(issuer); err != nil {
		return err
	}
	return <-served
}

// told does what a test asks: user, redirect, rotate, forge, away or back.
func (p *provider) told(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID, Name, Redirect string
		Forge              *forgery
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.PathValue("what") {
	case "user":
		first, last, _ := strings.Cut(in.Name, " ")
		p.users[in.ID] = &storage.User{ID: in.ID, Username: in.ID, Password: password, FirstName: first, LastName: last}
	case "redirect":
		p.redirect = in.Redirect
	case "rotate":
		err = p.rotate()
	case "forge":
		p.forge = in.Forge
	case "away":
		p.away = true
	case "back":
		p.away = false
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// present breaks every connection while the provider is away.
func (p *provider) present(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		away := p.away
		p.mu.Unlock()
		if away {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
}
