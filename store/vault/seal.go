package vault

import (
	"encoding/binary"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// AD builds the associated data of a sealed field, so that it opens in its own
// place only: other table, row or field, other bytes. Parts are length
// prefixed: moving a letter from one to the next changes the result.
func AD(table, row, field string) []byte { return join(table, row, field) }

// join writes parts so that no two lists give the same bytes.
func join(parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += 8 + len(p)
	}
	b := make([]byte, 0, n)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(p)))
		b = append(b, p...)
	}
	return b
}

// Wrap seals the key of a signal for the keys table. ad binds what must not
// change by hand: the signal, and who is left out of it (D4).
func (v *Vault) Wrap(k Key, ad []byte) ([]byte, error) {
	if !k.usable() {
		return nil, errErased
	}
	b, err := v.wrap.Encrypt(k.m.raw[:], ad)
	if err != nil {
		return nil, fmt.Errorf("vault: wrap key failed")
	}
	return b, nil
}

// Unwrap opens what Wrap sealed with the same ad, or returns ErrOpen.
func (v *Vault) Unwrap(wrapped, ad []byte) (Key, error) {
	raw, err := v.wrap.Decrypt(wrapped, ad)
	if err != nil || len(raw) != keySize {
		return Key{}, ErrOpen
	}
	k, err := newKey((*[keySize]byte)(raw))
	if err != nil {
		return Key{}, ErrOpen
	}
	return k, nil
}

// SealReporter seals who reported (D5), bound to ad; the result is 33 bytes
// longer. As with every AES-GCM key with random nonces, rotate before 2^32
// sealings (NIST SP 800-38D, 8.3).
func (v *Vault) SealReporter(plain, ad []byte) []byte { return seal(v.reporter, plain, ad) }

// OpenReporter opens what SealReporter sealed with the same ad, or returns
// ErrOpen.
func (v *Vault) OpenReporter(sealed, ad []byte) ([]byte, error) { return open(v.reporter, sealed, ad) }

// SealWorking seals a session, a token or a memory, bound to ad; the result is
// 33 bytes longer. Rotate before 2^32 sealings: at ten turns a second, day and
// night, that is 13 years.
func (v *Vault) SealWorking(plain, ad []byte) []byte { return seal(v.working, plain, ad) }

// OpenWorking opens what SealWorking sealed with the same ad, or returns
// ErrOpen.
func (v *Vault) OpenWorking(sealed, ad []byte) ([]byte, error) { return open(v.working, sealed, ad) }

func seal(a tink.AEAD, plain, ad []byte) []byte {
	b, err := a.Encrypt(plain, ad)
	if err != nil {
		// Only beyond AES-GCM's 64 GiB: no caller comes near.
		panic("vault: seal: too long")
	}
	return b
}

func open(a tink.AEAD, sealed, ad []byte) ([]byte, error) {
	b, err := a.Decrypt(sealed, ad)
	if err != nil {
		return nil, ErrOpen
	}
	return b, nil
}
