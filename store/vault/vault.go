// Package vault holds the keys, and is the only place where bytes are sealed,
// opened, hashed and authenticated (DESIGN section 5).
//
// It knows bytes and keys, not signals or tables: what is sealed, under which
// associated data, and what a mark looks like before it is hashed is decided
// by package store. It reads and writes one file, the key file (file.go), and
// changes it in the steps of a rotation (rotate.go). The type for personal
// data is in config/private.
package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/signature"
	"github.com/tink-crypto/tink-go/v2/tink"
)

var (
	// ErrMissing is returned when there is no key file.
	ErrMissing = errors.New("vault: no key file")
	// ErrUnsafe is returned when others than its owner and group can reach the
	// key file, or when it is no ordinary file.
	ErrUnsafe = errors.New("vault: key file is not kept safely")
	// ErrDamaged is returned when the key file cannot be used as it is.
	ErrDamaged = errors.New("vault: key file is damaged")
	// ErrWrongKey is returned when the key file belongs to other data.
	ErrWrongKey = errors.New("vault: key file does not belong to this data")
	// ErrOpen is returned for whatever does not open. It never says why: a
	// wrong key, other associated data and changed bytes look the same.
	ErrOpen = errors.New("vault: does not open")
	// ErrStep is returned when a step of a rotation does not apply now.
	ErrStep = errors.New("vault: rotation step does not apply")
)

// Use is what a keyset is for. Every use has keys of its own.
type Use string

// The uses. All are in every key file.
const (
	UseWrap      Use = "wrap"      // AES-256-GCM: wraps the key of each signal
	UseReporter  Use = "reporter"  // AES-256-GCM: who reported (D5)
	UseWorking   Use = "working"   // AES-256-GCM: sessions, tokens, memory
	UseIndex     Use = "index"     // HMAC-SHA256 PRF: pseudonyms and marks (D7, D9)
	UseJournal   Use = "journal"   // HMAC-SHA256 MAC: journal lines (D10)
	UseSignature Use = "signature" // Ed25519: destruction records, checkpoints (D10, D13)
)

// Uses returns every use, in the order of the key file.
func Uses() []Use {
	return []Use{UseWrap, UseReporter, UseWorking, UseIndex, UseJournal, UseSignature}
}

// tinkPrefix stands before the key id in what Tink makes.
const tinkPrefix = 1

// Vault is an opened key file. It is safe for concurrent use and never
// changes: after a rotation step, Open again.
type Vault struct {
	wrap, reporter, working tink.AEAD
	index                   []indexKey // primary first, then newest first
	journal                 tink.MAC
	signer                  tink.Signer
	verifier                tink.Verifier
	keys                    map[Use]Keys
	id                      string
}

// Open reads the key file at path. It returns ErrMissing, ErrUnsafe or
// ErrDamaged, or the error of the file system.
func Open(path string) (*Vault, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	return Parse(b)
}

// Parse reads the content of a key file, at most 1 MiB. Whatever is wrong with
// it is ErrDamaged, with the use but without any of the content.
func Parse(b []byte) (*Vault, error) {
	rings, err := decode(b)
	if err != nil {
		return nil, err
	}
	v := &Vault{keys: make(map[Use]Keys, len(rings)), id: fingerprint(rings)}
	for _, use := range Uses() {
		if err := v.take(use, rings[use]); err != nil {
			// Not wrapped: the library's error may quote what it was given.
			return nil, damaged(use, "its keys cannot be used")
		}
	}
	// A key file that cannot open what it seals must not serve.
	if err := v.CheckCanary(v.Canary()); err != nil {
		return nil, fmt.Errorf("%w: it does not open what it seals", ErrDamaged)
	}
	return v, nil
}

// take makes the primitive of a use, once, so that a dialogue turn does not.
func (v *Vault) take(use Use, h *keyset.Handle) (err error) {
	first, err := h.Primary()
	if err != nil {
		return err
	}
	ages := agesOf(h)
	v.keys[use] = Keys{Older: ages.older, Primary: first.KeyID(), Newer: ages.newer}
	switch use {
	case UseWrap:
		v.wrap, err = aead.New(h)
	case UseReporter:
		v.reporter, err = aead.New(h)
	case UseWorking:
		v.working, err = aead.New(h)
	case UseIndex:
		var set *prf.Set
		if set, err = prf.NewPRFSet(h); err == nil {
			v.index, err = indexKeys(h, set)
		}
	case UseJournal:
		v.journal, err = mac.New(h)
	case UseSignature:
		if v.signer, err = signature.NewSigner(h); err != nil {
			return err
		}
		var public *keyset.Handle
		if public, err = h.Public(); err == nil {
			v.verifier, err = signature.NewVerifier(public)
		}
	}
	return err
}

// ID returns a short fingerprint, 16 hexadecimal digits, of the ids of the
// enabled keys: the same for the same keys, another after each rotation step.
// It holds no key material and may be stored and shown. That a key file fits
// its data is for CheckCanary to say.
func (v *Vault) ID() string { return v.id }

// KeyID returns the id of the primary key of a use: the key version of what is
// made now.
func (v *Vault) KeyID(use Use) uint32 { return v.keys[use].Primary }

// Keys are the ids of the keys of a use, by where a rotation has brought them:
// oldest first. They are no key material.
type Keys struct {
	Older   []uint32 `json:"older,omitempty"` // open, until they are retired
	Primary uint32   `json:"primary"`         // seals
	Newer   []uint32 `json:"newer,omitempty"` // wait to be promoted
}

// Has says whether a key is among them.
func (k Keys) Has(id uint32) bool {
	return id == k.Primary || slices.Contains(k.Older, id) || slices.Contains(k.Newer, id)
}

// Keys returns the ids of the keys of a use.
func (v *Vault) Keys(use Use) Keys { return v.keys[use] }

// Prefixes are the first bytes of everything that was made under the older
// keys of a use: what begins with one must be made again before Retire.
func (v *Vault) Prefixes(use Use) [][]byte {
	var out [][]byte
	for _, id := range v.keys[use].Older {
		var b []byte
		if use != UseIndex {
			b = append(b, tinkPrefix)
		}
		out = append(out, binary.BigEndian.AppendUint32(b, id))
	}
	return out
}

// Current reports whether b was made under the primary key of its use. What is
// not current must be made again before the old key is retired. It reads the
// key id only: b need not open. For UseWrap b comes from Wrap, for UseIndex
// from Name, for UseJournal from MAC, for UseSignature from Sign.
func (v *Vault) Current(use Use, b []byte) bool {
	if use != UseIndex {
		if len(b) == 0 || b[0] != tinkPrefix {
			return false
		}
		b = b[1:]
	}
	return len(b) > idSize && binary.BigEndian.Uint32(b) == v.keys[use].Primary
}

// String returns the fingerprint.
func (v Vault) String() string { return "vault " + v.id }

// Format writes the fingerprint for every verb.
func (v Vault) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, v.String()) }

func fingerprint(rings map[Use]*keyset.Handle) string {
	h := sha256.New()
	for _, use := range Uses() {
		var ids []uint32
		for e := range entries(rings[use]) {
			if e.KeyStatus() == keyset.Enabled {
				ids = append(ids, e.KeyID())
			}
		}
		slices.Sort(ids)
		h.Write([]byte(use))
		for _, id := range ids {
			h.Write(binary.BigEndian.AppendUint32([]byte{':'}, id))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
