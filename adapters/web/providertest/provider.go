// Package providertest is an OpenID Provider for the tests of signing in: a real
// one, zitadel's, in a process of its own, made of adapters/web/testprovider. What a browser does there is left to the tests, but
// for SignIn, which does it without one.
package providertest

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The client that the provider knows, and the password of every user. The name of
// a user there is his id.
const (
	ClientID = "meldroute"
	Secret   = "zilvervos"
	Password = "geheim"
)

// Provider is a running provider. It has no users, and sends nobody back, until
// it is told.
type Provider struct {
	Issuer string
	t      testing.TB
}

// Forgery is what is wrong with an id token.
type Forgery struct {
	Set  map[string]any // claims to put in place
	Drop []string       // claims to leave out
	Sign string         // by "nobody", a "stranger", or with the client's "secret"
}

// Start starts a provider that ends with the test.
func Start(t testing.TB) *Provider {
	t.Helper()
	module, err := folder()
	if errors.Is(err, errNotFetched) && os.Getenv("CI") != "true" {
		t.Skipf("%v: go mod download in adapters/web/testprovider needs a network, once", err)
	}
	if err != nil {
		t.Fatalf("find the provider: %v", err)
	}
	cmd := command(module, "run", ".")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	p := &Provider{t: t}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &p.Issuer)
	}
	if err != nil {
		t.Fatalf("the provider did not start: %v", err)
	}
	return p
}

// User makes somebody known, by the value of his sub.
func (p *Provider) User(id, name string) { p.tell("user", map[string]string{"id": id, "name": name}) }

// Redirect is the one address that it sends people back to.
func (p *Provider) Redirect(to string) { p.tell("redirect", map[string]string{"redirect": to}) }

// Rotate changes its signing key. The old one is worth nothing then.
func (p *Provider) Rotate() { p.tell("rotate", struct{}{}) }

// Forge spoils the next id token.
func (p *Provider) Forge(f Forgery) { p.tell("forge", map[string]any{"forge": f}) }

// Away breaks every connection until Back.
func (p *Provider) Away() { p.tell("away", struct{}{}) }

// Back ends Away.
func (p *Provider) Back() { p.tell("back", struct{}{}) }

func (p *Provider) tell(what string, data any) {
	p.t.Helper()
	b, err := json.Marshal(data)
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := http.Post(p.Issuer+"/test/"+what, "application/json", strings.NewReader(string(b)))
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(res.Body)
		p.t.Fatalf("tell the provider %s: %s", what, said)
	}
}

// SignIn does what somebody does at the address that the bot sent him to, and
// returns the address that he is sent back to.
func (p *Provider) SignIn(to, id string) string {
	p.t.Helper()
	page := p.next(http.MethodGet, to, nil)
	u, err := url.Parse(page)
	if err != nil {
		p.t.Fatal(err)
	}
	answer := url.Values{"id": {u.Query().Get("authRequestID")}, "username": {id}, "password": {Password}}
	return p.next(http.MethodGet, p.next(http.MethodPost, p.Issuer+"/login/username", answer), nil)
}

// next is where an answer of the provider sends a browser on to.
func (p *Provider) next(method, to string, form url.Values) string {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, to, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	tr := &http.Transport{DisableKeepAlives: true}
	res, err := tr.RoundTrip(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	at, err := res.Location()
	if err != nil {
		said, _ := io.ReadAll(res.Body)
		p.t.Fatalf("the provider sends nobody on (%d): %s", res.StatusCode, said)
	}
	return at.String()
}

var errNotFetched = errors.New("the sources of the provider are not here")

// folder is where the program's sources are. The go command keeps what it made of
// them, so that each next start is quick.
var folder = sync.OnceValues(func() (string, error) {
	root, err := run(".", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	module := filepath.Join(filepath.Dir(root), "adapters", "web", "testprovider")
	if _, err := run(module, "list", "-deps", "."); err != nil {
		return "", errors.Join(errNotFetched, err)
	}
	return module, nil
})

// run runs the go command in a folder and returns what it says.
func run(dir string, args ...string) (string, error) {
	out, err := command(dir, args...).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = errors.New(string(exit.Stderr))
	}
	return string(out), err
}

func command(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	return cmd
}
