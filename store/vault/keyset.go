package vault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/key"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac/hmac"
	"github.com/tink-crypto/tink-go/v2/prf/hmacprf"
	"github.com/tink-crypto/tink-go/v2/signature/ed25519"
)

// maxFile is the largest key file that is read, in bytes. Six keysets of one
// key take about 2 KiB.
const maxFile = 1 << 20

// fileVersion is the form of the key file that this program writes and reads.
const fileVersion = 1

// content is the key file: Tink's JSON of a cleartext keyset, per use.
type content struct {
	Version int                     `json:"version"`
	Keysets map[Use]json.RawMessage `json:"keysets"`
}

// parameters returns the one kind of key that a use takes. A key file with any
// other kind (weaker, or without a key id in front) is refused.
func parameters(use Use) (key.Parameters, error) {
	switch use {
	case UseWrap, UseReporter, UseWorking:
		return aesgcm.NewParameters(aesgcm.ParametersOpts{
			KeySizeInBytes: 32, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantTink,
		})
	case UseIndex:
		return hmacprf.NewParameters(32, hmacprf.SHA256)
	case UseJournal:
		return hmac.NewParameters(hmac.ParametersOpts{
			KeySizeInBytes: 32, TagSizeInBytes: 32, HashType: hmac.SHA256, Variant: hmac.VariantTink,
		})
	case UseSignature:
		p, err := ed25519.NewParameters(ed25519.VariantTink)
		return &p, err
	}
	return nil, fmt.Errorf("vault: unknown use")
}

// generate makes a fresh keyset with one key for every use.
func generate() (map[Use]*keyset.Handle, error) {
	rings := map[Use]*keyset.Handle{}
	for _, use := range Uses() {
		m := keyset.NewManager()
		id, err := addKey(m, use)
		if err != nil {
			return nil, err
		}
		if err := m.SetPrimary(id); err != nil {
			return nil, fmt.Errorf("vault: make %s key: %w", use, err)
		}
		if rings[use], err = m.Handle(); err != nil {
			return nil, fmt.Errorf("vault: make %s key: %w", use, err)
		}
	}
	return rings, nil
}

func addKey(m *keyset.Manager, use Use) (uint32, error) {
	p, err := parameters(use)
	if err != nil {
		return 0, err
	}
	id, err := m.AddNewKeyFromParameters(p)
	if err != nil {
		return 0, fmt.Errorf("vault: make %s key: %w", use, err)
	}
	return id, nil
}

// encode writes what decode reads.
func encode(rings map[Use]*keyset.Handle) ([]byte, error) {
	c := content{Version: fileVersion, Keysets: map[Use]json.RawMessage{}}
	for use, h := range rings {
		var buf bytes.Buffer
		if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&buf)); err != nil {
			return nil, fmt.Errorf("vault: encode %s keys failed", use)
		}
		c.Keysets[use] = buf.Bytes()
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("vault: encode key file failed")
	}
	return append(b, '\n'), nil
}

// decode reads a key file strictly. Errors of the decoders are dropped: they
// quote the content.
func decode(b []byte) (map[Use]*keyset.Handle, error) {
	if len(b) > maxFile {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrDamaged, maxFile)
	}
	var c content
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("%w: not a whole key file", ErrDamaged)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: more after its end", ErrDamaged)
	}
	if c.Version != fileVersion {
		return nil, fmt.Errorf("%w: version %d, this program reads version %d", ErrDamaged, c.Version, fileVersion)
	}
	rings := make(map[Use]*keyset.Handle, len(c.Keysets))
	for _, use := range Uses() {
		raw, ok := c.Keysets[use]
		if !ok {
			return nil, damaged(use, "its keys are not there")
		}
		h, err := decodeKeyset(use, raw)
		if err != nil {
			return nil, err
		}
		rings[use] = h
	}
	if len(c.Keysets) != len(rings) {
		return nil, fmt.Errorf("%w: it holds a use that this program does not know", ErrDamaged)
	}
	return rings, nil
}

func decodeKeyset(use Use, raw []byte) (*keyset.Handle, error) {
	want, err := parameters(use)
	if err != nil {
		return nil, err
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, damaged(use, "its keys cannot be read")
	}
	for e := range entries(h) {
		got := e.Key().Parameters()
		if got == nil || !got.Equal(want) {
			return nil, damaged(use, "a key of another kind")
		}
	}
	return h, nil
}

// entries are the keys of a keyset, oldest first.
func entries(h *keyset.Handle) iter.Seq[*keyset.Entry] {
	return func(yield func(*keyset.Entry) bool) {
		for i := range h.Len() {
			// Entry fails only beyond Len.
			if e, err := h.Entry(i); err == nil && !yield(e) {
				return
			}
		}
	}
}

func damaged(use Use, what string) error {
	return fmt.Errorf("%w: %s: %s", ErrDamaged, use, what)
}
