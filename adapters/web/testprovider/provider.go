package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// provider is the storage of the example, with users, an address to return to
// and a signing key of its own, which can change.
type provider struct {
	*storage.Storage
	clients map[string]*storage.Client

	mu       sync.Mutex
	users    users
	redirect string
	key      jose.JSONWebKey
	forge    *forgery // of the next id token
	away     bool
}

// forgery is what is changed in an id token that the provider made.
type forgery struct {
	Set  map[string]any
	Drop []string
	// Sign is how it is signed: by the provider's key when "", else by
	// "nobody", by a "stranger", or with the client's "secret".
	Sign string
}

type users map[string]*storage.User

func (u users) GetUserByID(id string) *storage.User         { return u[id] }
func (u users) GetUserByUsername(name string) *storage.User { return u[name] }
func (u users) ExampleClientID() string                     { return clientID }

func (p *provider) rotate() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	p.key = jose.JSONWebKey{Key: key, KeyID: rand.Text(), Algorithm: string(jose.RS256), Use: "sig"}
	return err
}

// CheckUsernamePassword keeps users from changing meanwhile.
func (p *provider) CheckUsernamePassword(username, password, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Storage.CheckUsernamePassword(username, password, id)
}

// SigningKey is the key of now.
func (p *provider) SigningKey(context.Context) (op.SigningKey, error) { return p.now(), nil }

// KeySet is the key of now alone: what an older one signed is worth nothing.
func (p *provider) KeySet(context.Context) ([]op.Key, error) { return []op.Key{public{p.now()}}, nil }

// SignatureAlgorithms are those of the key.
func (p *provider) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

// GetClientByClientID is the client, returning where the test listens.
func (p *provider) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.clients[id]
	if !ok {
		return nil, http.ErrNoLocation
	}
	return client{c, []string{p.redirect}}, nil
}

type client struct {
	*storage.Client
	redirects []string
}

// RedirectURIs is the one address.
func (c client) RedirectURIs() []string { return c.redirects }

func (p *provider) now() signing {
	p.mu.Lock()
	defer p.mu.Unlock()
	return signing{p.key}
}

type signing struct{ key jose.JSONWebKey }

func (s signing) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (s signing) Key() any                                    { return s.key.Key }
func (s signing) ID() string                                  { return s.key.KeyID }

type public struct{ signing }

func (p public) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (p public) Use() string                        { return "sig" }
func (p public) Key() any                           { return p.key.Public().Key }

// forging changes the next id token, where a test asks for it.
func (p *provider) forging(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		p.mu.Lock()
		f, key := p.forge, p.key
		p.forge = nil
		p.mu.Unlock()
		body := rec.Body.Bytes()
		if f != nil && rec.Code == http.StatusOK {
			var err error
			if body, err = f.change(body, key); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
		maps.Copy(w.Header(), rec.Header())
		w.Header().Del("Content-Length")
		w.WriteHeader(rec.Code)
		_, _ = w.Write(body)
	})
}

func (f forgery) change(body []byte, key jose.JSONWebKey) ([]byte, error) {
	var answer, claims map[string]any
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	raw, _ := answer["id_token"].(string)
	parsed, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, err
	}
	if err := parsed.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return nil, err
	}
	maps.Copy(claims, f.Set)
	for _, name := range f.Drop {
		delete(claims, name)
	}
	sign := jose.SigningKey{Algorithm: jose.RS256, Key: key}
	switch f.Sign {
	case "nobody":
		b, err := json.Marshal(claims)
		if err != nil {
			return nil, err
		}
		answer["id_token"] = encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode(b) + "."
		return json.Marshal(answer)
	case "stranger":
		other, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		sign.Key = jose.JSONWebKey{Key: other, KeyID: key.KeyID}
	case "secret":
		sign = jose.SigningKey{Algorithm: jose.HS256, Key: bytes.Repeat([]byte(clientSecret), 4)}
	}
	signer, err := jose.NewSigner(sign, nil)
	if err != nil {
		return nil, err
	}
	if answer["id_token"], err = jwt.Signed(signer).Claims(claims).Serialize(); err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
