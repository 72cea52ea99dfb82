package web

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// errForged says that something did not come from us.
var errForged = errors.New("web: not from us")

// ticket is what the address of a file's page holds, sealed.
type ticket struct {
	To    adapters.Address
	Token string
}

// key seals tickets. It is random, shared by all replicas, and lives in Memory,
// where it is sealed.
type key struct {
	memory adapters.Memory
	mu     sync.Mutex
	box    cipher.AEAD
}

// scopeKey holds the candidates; the oldest counts, so that replicas that begin
// at once agree.
const scopeKey = "key"

// load reads the key, and makes it the first time.
func (k *key) load(ctx context.Context) (cipher.AEAD, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.box != nil {
		return k.box, nil
	}
	for range 2 {
		items, err := k.memory.List(ctx, scopeKey, 0, 1)
		if err != nil {
			return nil, fmt.Errorf("read the shared key: %w", err)
		}
		if len(items) > 0 {
			block, err := aes.NewCipher(items[0].Value)
			if err == nil {
				k.box, err = cipher.NewGCMWithRandomNonce(block)
			}
			return k.box, err
		}
		value := make([]byte, sha256.Size)
		_, _ = rand.Read(value) // it never fails
		if _, _, err := k.memory.Put(ctx, adapters.Item{Scope: scopeKey, Key: rand.Text(), Value: value}); err != nil {
			return nil, fmt.Errorf("keep the shared key: %w", err)
		}
	}
	return nil, errors.New("the shared key is not kept")
}

// seal makes text of a ticket that only open reads. It asks nobody: the key was
// loaded before.
func (k *key) seal(t ticket) (string, error) {
	k.mu.Lock()
	box := k.box
	k.mu.Unlock()
	if box == nil {
		return "", errors.New("no page yet")
	}
	plain, err := private.Encode(t)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(box.Seal(nil, nil, plain, nil)), nil //nolint:gosec // the cipher draws its nonce
}

// open reads what seal made, or returns errForged.
func (k *key) open(ctx context.Context, sealed string) (t ticket, err error) {
	box, err := k.load(ctx)
	if err != nil {
		return t, err
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return t, errForged
	}
	plain, err := box.Open(nil, nil, raw, nil)
	if err != nil || private.Decode(plain, &t) != nil {
		return ticket{}, errForged
	}
	return t, nil
}
