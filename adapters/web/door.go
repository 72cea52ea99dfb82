package web

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/meldroute/meldroute/config/private"
)

// How long the provider may take to answer, how long it counts as away after it
// did not, and how long somebody may take to sign in there.
const (
	providerTime = 5 * time.Second
	awayTime     = 2 * time.Second
	attemptTime  = 10 * time.Minute
)

// maxName is the longest name that is taken over, in runes.
const maxName = 100

// SignIn is the OpenID Provider of the municipality, which says who somebody is
// (OpenID Connect Core 1.0, the code flow with PKCE).
type SignIn struct {
	Issuer, ClientID string
	Secret           private.Text
	// Claim is the claim of the id token that names a person. It must never
	// change, and never be given to somebody else: sub, or oid at Entra.
	Claim string
}

// door lets in who the provider knows. It keeps no token.
type door struct {
	SignIn
	now    func() time.Time
	client *http.Client

	mu       sync.Mutex
	provider *oidc.Provider // nil as long as it was away
	failed   time.Time
}

func newDoor(in SignIn, now func() time.Time) *door {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	return &door{SignIn: in, now: now, client: &http.Client{Timeout: providerTime, Transport: transport}}
}

// Check asks the provider who it is. It returns ErrIssuer when that is another
// than the one that was asked.
func (in SignIn) Check(ctx context.Context) error {
	d := newDoor(in, time.Now)
	defer d.client.CloseIdleConnections()
	_, err := d.find(ctx)
	if mismatch := (*oidc.IssuerMismatchError)(nil); errors.As(err, &mismatch) {
		return ErrIssuer
	}
	return err
}

// ErrIssuer says that a provider calls itself otherwise than it was asked for.
var ErrIssuer = errors.New("web: provider has another issuer")

// find is the provider, asked for when there is none yet: while it is away it is
// asked again by whoever wants to sign in, and left alone for a moment.
func (d *door) find(ctx context.Context) (*oidc.Provider, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.provider != nil {
		return d.provider, nil
	}
	if d.now().Sub(d.failed) < awayTime {
		return nil, errors.New("web: provider is away")
	}
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, d.client), d.Issuer)
	if err != nil {
		d.failed = d.now()
		return nil, fmt.Errorf("web: provider: %w", err)
	}
	d.provider = p
	return p, nil
}

func (d *door) config(p *oidc.Provider, back string) oauth2.Config {
	return oauth2.Config{
		ClientID: d.ClientID, ClientSecret: d.Secret.Reveal(), Endpoint: p.Endpoint(), RedirectURL: back,
		Scopes: []string{oidc.ScopeOpenID, "profile"},
	}
}

// attempt is somebody who went to the provider to sign in. His browser keeps it,
// and nobody else: an answer that another browser brings is worth nothing, and
// whoever comes by can fill no memory of ours.
type attempt struct {
	state, nonce, verifier string
	to                     string // where he was going: what inside lets through
	lang                   string
}

func (a attempt) String() string {
	return strings.Join([]string{a.state, a.nonce, a.verifier, a.lang, a.to}, ".")
}

// parseAttempt reads an attempt of a cookie; ok is false for what is none, which
// speaks Dutch all the same.
func parseAttempt(s string) (a attempt, ok bool) {
	parts := strings.SplitN(s, ".", 5)
	if len(parts) < 5 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return attempt{lang: "nl"}, false
	}
	a = attempt{parts[0], parts[1], parts[2], inside(parts[4]), "nl"}
	if parts[3] == "en" {
		a.lang = "en"
	}
	return a, true
}

// refused is why somebody was not let in: where it went wrong, for the log, and
// the text that he reads. It holds nothing of a token, nor of him.
type refused struct{ at, text string }

func (r *refused) Error() string { return "web: sign-in refused at " + r.at }

// person is who signed in.
type person struct {
	id   string
	name private.Text
}

// admit exchanges the code of an answer, and says whose it is.
func (d *door) admit(ctx context.Context, p *oidc.Provider, a attempt, state, code, back string) (person, error) {
	if subtle.ConstantTimeCompare([]byte(state), []byte(a.state)) != 1 {
		return person{}, &refused{"state", "web.in.stale"}
	}
	ctx = oidc.ClientContext(ctx, d.client)
	conf := d.config(p, back)
	token, err := conf.Exchange(ctx, code, oauth2.VerifierOption(a.verifier))
	if answer := (*oauth2.RetrieveError)(nil); err != nil {
		if errors.As(err, &answer) && answer.Response.StatusCode < http.StatusInternalServerError {
			return person{}, &refused{"code", "web.in.failed"}
		}
		return person{}, &refused{"exchange", "web.in.away"}
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.VerifierContext(ctx, &oidc.Config{ClientID: d.ClientID, Now: d.now}).Verify(ctx, raw)
	if err != nil {
		return person{}, &refused{"token", "web.in.failed"}
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.nonce)) != 1 {
		return person{}, &refused{"nonce", "web.in.failed"}
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return person{}, &refused{"claims", "web.in.failed"}
	}
	// The library does not look at it (Core, 3.1.3.7).
	if party, ok := claims["azp"].(string); ok && party != d.ClientID {
		return person{}, &refused{"party", "web.in.failed"}
	}
	who, _ := claims[d.Claim].(string)
	if !plainID(who) {
		return person{}, &refused{"claim", "web.in.claim"}
	}
	name := called(claims)
	if name == "" { // Core, 5.4: where there is an access token, it may be only there
		if more, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token)); err == nil && more.Subject == id.Subject && more.Claims(&claims) == nil {
			name = called(claims)
		}
	}
	if name == "" {
		name = who
	}
	return person{who, private.New(name)}, nil
}

// called is how somebody is called, without what is no letter of a name.
func called(claims map[string]any) string {
	for _, claim := range []string{"name", "preferred_username"} {
		s, _ := claims[claim].(string)
		name := []rune(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) {
				return ' '
			}
			return r
		}, s)), " "))
		if len(name) > 0 {
			return string(name[:min(len(name), maxName)])
		}
	}
	return ""
}
