package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/meldroute/meldroute/config/private"
)

const (
	keySize = 32
	// sealVersion is the first byte of what Key.Seal returns: AES-256-GCM with
	// a random 96-bit nonce in front.
	sealVersion = 1
)

var errErased = errors.New("vault: key is empty or erased")

// Key is the key of one signal: destroying it destroys the content (D13). Make
// it with NewKey or Vault.Unwrap. Copies are the same key. It is safe for
// concurrent use until Erase is called.
type Key struct{ m *material }

// material is behind a pointer so that Erase reaches every copy. Where a Key
// sits in an unexported field fmt reads past its methods, and for a verb that
// does not fit, %s say, it follows one pointer: so the bytes are behind two.
type material struct {
	raw  *[keySize]byte
	aead cipher.AEAD
}

// NewKey makes a random key.
func NewKey() (Key, error) {
	raw := new([keySize]byte)
	_, _ = rand.Read(raw[:]) // never fails: the process stops before it does (crypto/rand)
	return newKey(raw)
}

// newKey takes raw over.
func newKey(raw *[keySize]byte) (Key, error) {
	block, err := aes.NewCipher(raw[:])
	if err != nil {
		return Key{}, fmt.Errorf("vault: make key: %w", err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return Key{}, fmt.Errorf("vault: make key: %w", err)
	}
	return Key{&material{raw, gcm}}, nil
}

// Seal seals plain, bound to ad (see AD); the result is 29 bytes longer. A key
// seals at most 2^32 times (NIST SP 800-38D, 8.3: random nonces); a signal
// that changed once a second would take 136 years. Seal panics on a key that
// is empty or erased: nothing may ever be sealed under zeros.
func (k Key) Seal(plain, ad []byte) []byte {
	if !k.usable() {
		panic(errErased)
	}
	out := make([]byte, 1, 1+len(plain)+k.m.aead.Overhead())
	out[0] = sealVersion
	return k.m.aead.Seal(out, nil, plain, ad)
}

// Open opens what Seal sealed with the same ad, or returns ErrOpen.
func (k Key) Open(sealed, ad []byte) ([]byte, error) {
	if !k.usable() || len(sealed) < 1 || sealed[0] != sealVersion {
		return nil, ErrOpen
	}
	plain, err := k.m.aead.Open(nil, nil, sealed[1:], ad)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Erase overwrites the key in this process, for every copy; it must not run
// beside another use of the key. The cipher's own expanded key is let go and
// overwritten when the memory is used again: Go offers no earlier moment.
func (k Key) Erase() {
	if !k.usable() {
		return
	}
	clear(k.m.raw[:])
	k.m.raw, k.m.aead = nil, nil
}

func (k Key) usable() bool { return k.m != nil && k.m.aead != nil }

// String returns the mask of private data.
func (k Key) String() string { return private.Mask }

// Format writes the mask for every verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, private.Mask) }

// LogValue returns the mask.
func (k Key) LogValue() slog.Value { return slog.StringValue(private.Mask) }

// MarshalText returns the mask. A key is stored through Vault.Wrap only.
func (k Key) MarshalText() ([]byte, error) { return []byte(private.Mask), nil }
