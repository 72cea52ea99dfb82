package mattermost

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// callTime is how long one call may take, with what is tried again.
const callTime = 20 * time.Second

// client is what the adapter asks of the server, over REST.
type client struct {
	*model.Client4
	wire *wire
}

func newClient(address, token string) *client {
	w := &wire{denied: make(chan struct{}, 1), base: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 10 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   16,
		ForceAttemptHTTP2:     true,
	}}
	c := &client{Client4: model.NewAPIv4Client(address), wire: w}
	c.HTTPClient = &http.Client{
		Transport: w,
		Timeout:   callTime,
		// A token goes to the server that was configured and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.SetToken(token)
	return c
}

// config is what the server tells every client of its settings. The library
// asks for it in a way that servers before 10 refuse.
func (c *client) config(ctx context.Context) (map[string]string, error) {
	const op = "ask for the limits"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.APIURL+"/config/client?format=old", nil)
	if err != nil {
		return nil, failed(op, nil, err)
	}
	req.Header.Set(model.HeaderAuth, c.AuthType+" "+c.AuthToken)
	res, err := c.HTTPClient.Do(req)
	if err != nil {
		return nil, failed(op, nil, err)
	}
	defer func() { _ = res.Body.Close() }()
	var out map[string]string
	_ = json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&out) // what is no answer says nothing
	return out, nil
}

// failure is an answer of the server that is not what was asked for. It holds
// the server's own code and none of its words, which can name somebody.
type failure struct {
	op     string
	status int
	code   string
}

func (f *failure) Error() string {
	return fmt.Sprintf("%s: %d %s", f.op, f.status, cmp.Or(f.code, http.StatusText(f.status)))
}

// Is makes a refused token one error.
func (f *failure) Is(target error) bool {
	return target == ErrToken && f.status == http.StatusUnauthorized
}

// failed makes an error of a call that can be logged: without its address,
// which holds ids of people.
func failed(op string, res *model.Response, err error) error {
	if err == nil {
		return nil
	}
	if res != nil && res.StatusCode >= 300 {
		f := &failure{op: op, status: res.StatusCode}
		var app *model.AppError
		if errors.As(err, &app) {
			f.code = app.Id
		}
		return f
	}
	var at *url.Error
	switch {
	case errors.Is(err, context.Canceled):
		err = context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		err = context.DeadlineExceeded
	case errors.As(err, &at):
		err = at.Err
	default:
		err = errors.New("an answer that cannot be read")
	}
	return fmt.Errorf("%s: %w", op, err)
}

// status is what the server answered, 0 when it did not.
func status(err error) int {
	var f *failure
	if errors.As(err, &f) {
		return f.status
	}
	return 0
}

// refused reports whether the server said no for good: neither that it is busy
// nor that something went wrong.
func refused(err error) bool {
	s := status(err)
	return s >= 400 && s < 500 && s != http.StatusTooManyRequests && s != http.StatusUnauthorized && s != http.StatusRequestTimeout
}

// wire sends requests: not faster than the server lets it, and again where that
// is safe.
type wire struct {
	base    *http.Transport
	pace    pace
	version atomic.Pointer[version]
	denied  chan struct{} // holds one when the token was refused
}

// most is how often a request is sent.
const most = 4

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		if err := w.pace.wait(req.Context()); err != nil {
			return nil, err
		}
		res, err := w.base.RoundTrip(req)
		if err == nil {
			w.look(res)
			w.pace.heard(res)
		}
		if try == most || !again(req, res, err) {
			return res, err
		}
		next := req.Clone(req.Context())
		if req.Body != nil && req.Body != http.NoBody {
			if req.GetBody == nil {
				return res, err
			}
			body, berr := req.GetBody()
			if berr != nil {
				return res, err
			}
			next.Body = body
		}
		if res != nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
			_ = res.Body.Close()
		}
		if res == nil || res.StatusCode != http.StatusTooManyRequests {
			if err := sleep(req.Context(), jitter(200*time.Millisecond<<try)); err != nil {
				return nil, err
			}
		}
		req = next
	}
}

// again reports whether a request may be sent once more: it was not taken, or
// taking it twice is the same as once.
func again(req *http.Request, res *http.Response, err error) bool {
	if req.Context().Err() != nil {
		return false
	}
	safe := req.Method == http.MethodGet || req.Method == http.MethodPut || req.Method == http.MethodDelete
	if err != nil {
		var op *net.OpError
		return safe || errors.As(err, &op) && op.Op == "dial"
	}
	switch res.StatusCode {
	case http.StatusTooManyRequests:
		return true
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return safe
	}
	return false
}

// look keeps the version that the server says it has, and sees that it does not
// take the token.
func (w *wire) look(res *http.Response) {
	if res.StatusCode == http.StatusUnauthorized {
		select {
		case w.denied <- struct{}{}:
		default:
		}
	}
	if v, ok := parseVersion(res.Header.Get("X-Version-Id")); ok {
		if old := w.version.Load(); old == nil || *old != v {
			w.version.Store(&v)
		}
	}
}

// version is a server's, as far as what it can do depends on it.
type version struct{ major, minor int }

func parseVersion(s string) (v version, ok bool) {
	major, rest, _ := strings.Cut(s, ".")
	minor, _, _ := strings.Cut(rest, ".")
	var err1, err2 error
	v.major, err1 = strconv.Atoi(major)
	v.minor, err2 = strconv.Atoi(minor)
	return v, err1 == nil && err2 == nil
}

func (v version) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}

// The pace of requests: what the server allows is not known before it refuses
// (429), so the bot begins fast and slows down.
const (
	fastest = 100.0 // a second
	slowest = 1.0
	burst   = 100.0
)

// pace spaces requests.
type pace struct {
	mu    sync.Mutex
	rate  float64   // a second; 0 is fastest
	next  time.Time // when the next one may go
	pause time.Time // until when none may
}

// wait waits for this request's turn.
func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	if p.rate == 0 {
		p.rate = fastest
	}
	now := time.Now()
	if early := now.Add(-time.Duration(burst / fastest * float64(time.Second))); p.next.Before(early) {
		p.next = early
	}
	if p.rate < fastest && p.next.Before(now) { // it refused lately: no burst
		p.next = now
	}
	at := p.next
	if at.Before(p.pause) {
		at = p.pause
	}
	p.next = at.Add(time.Duration(float64(time.Second) / p.rate))
	p.mu.Unlock()
	return sleep(ctx, time.Until(at))
}

// heard learns from an answer how fast the bot may go.
func (p *pace) heard(res *http.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if res.StatusCode != http.StatusTooManyRequests {
		p.rate = min(fastest, p.rate+0.1)
		return
	}
	after, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil || after < 1 {
		after = 1
	}
	pause := time.Now().Add(jitter(time.Duration(min(after, 60)) * time.Second))
	if p.pause.Before(pause) {
		p.pause = pause
		p.rate = max(slowest, min(p.rate, 20)/2)
	}
}

// jitter is d and up to a quarter more, so that replicas do not all come back
// at once.
func jitter(d time.Duration) time.Duration { return d + rand.N(d/4+1) } //nolint:gosec // jitter

// rest waits for d, and is false when ctx ended.
func rest(ctx context.Context, d time.Duration) bool { return sleep(ctx, d) == nil }

// sleep waits for d, or returns why ctx ended.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
