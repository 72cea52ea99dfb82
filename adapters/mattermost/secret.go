package mattermost

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/meldroute/meldroute/adapters"
)

// errForged says that something did not come from us.
var errForged = errors.New("mattermost: not from us")

// secret is a random key that all replicas share. It is not made of the bot's
// token: who knows that must not be able to make a press of somebody else. It
// lives in Memory, where it is sealed.
type secret struct {
	memory adapters.Memory
	mu     sync.Mutex
	key    []byte
}

// scopeSecret holds the candidates; the oldest counts, so that replicas that
// begin at once agree.
const scopeSecret = "secret"

// get reads the key, and makes it the first time.
func (s *secret) get(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	for range 2 {
		items, err := s.memory.List(ctx, scopeSecret, 0, 1)
		if err != nil {
			return nil, fmt.Errorf("read the shared key: %w", err)
		}
		if len(items) > 0 && len(items[0].Value) == sha256.Size {
			s.key = items[0].Value
			return s.key, nil
		}
		key := make([]byte, sha256.Size)
		_, _ = rand.Read(key) // it never fails
		if _, _, err := s.memory.Put(ctx, adapters.Item{Scope: scopeSecret, Key: rand.Text(), Value: key}); err != nil {
			return nil, fmt.Errorf("keep the shared key: %w", err)
		}
	}
	return nil, errors.New("the shared key is not kept")
}

// name is a keyed name of something, of which nothing can be told and which
// nobody else can make. What it is for is part of it.
func (s *secret) name(ctx context.Context, parts ...string) (string, error) {
	key, err := s.get(ctx)
	if err != nil {
		return "", err
	}
	return nameOf(key, parts...), nil
}

func nameOf(key []byte, parts ...string) string {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// seal makes text that only open reads, for one place and use. It goes where
// only the server and its audit log see it.
func (s *secret) seal(ctx context.Context, plain []byte, use, place string) (string, error) {
	box, err := s.box(ctx)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(box.Seal(nonce, nonce, plain, []byte(use+"|"+place))), nil
}

// open reads what seal made, or returns errForged.
func (s *secret) open(ctx context.Context, sealed, use, place string) ([]byte, error) {
	box, err := s.box(ctx)
	if err != nil {
		return nil, err
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(raw) < box.NonceSize() {
		return nil, errForged
	}
	plain, err := box.Open(nil, raw[:box.NonceSize()], raw[box.NonceSize():], []byte(use+"|"+place))
	if err != nil {
		return nil, errForged
	}
	return plain, nil
}

func (s *secret) box(ctx context.Context) (cipher.AEAD, error) {
	key, err := s.get(ctx)
	if err != nil {
		return nil, err
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte("press"))
	block, err := aes.NewCipher(h.Sum(nil))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// hash is a short name of something that need not be secret here.
func hash(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:16])
}
