package vault

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
)

const (
	idSize = 4
	// nameSize is what is kept of the PRF: 128 bits. Among 2^40 names two are
	// the same with a chance below 2^-48.
	nameSize = 16
)

// Label says what a name is for. Names under distinct labels have nothing in
// common, so that tables do not join (D7).
type Label string

type indexKey struct {
	id  uint32
	prf prf.PRF
}

// Name returns the keyed pseudonym or mark of parts under the primary key: the
// key's id (4 bytes), then 16 bytes. The same parts give the same name; ("ab",
// "c") and ("a", "bc") give others. Normalise before: that is the caller's.
func (v *Vault) Name(label Label, parts ...string) []byte {
	return v.index[0].name(input(label, parts))
}

// Names returns the name of parts under every enabled key, the primary's
// first: look up all of them, since rows made before or beside a rotation
// carry another key's (D7).
func (v *Vault) Names(label Label, parts ...string) [][]byte {
	in := input(label, parts)
	out := make([][]byte, len(v.index))
	for i, k := range v.index {
		out[i] = k.name(in)
	}
	return out
}

func input(label Label, parts []string) []byte {
	return join(append([]string{string(label)}, parts...)...)
}

func (k indexKey) name(in []byte) []byte {
	sum, err := k.prf.ComputePRF(in, nameSize)
	if err != nil {
		// Only for more bytes than SHA-256 has; Parse has tried every key.
		panic("vault: name: the index key does not work")
	}
	out := binary.BigEndian.AppendUint32(make([]byte, 0, idSize+nameSize), k.id)
	return append(out, sum...)
}

func indexKeys(h *keyset.Handle, set *prf.Set) ([]indexKey, error) {
	var keys []indexKey
	for e := range entries(h) {
		p, ok := set.PRFs[e.KeyID()]
		if !ok {
			continue // disabled
		}
		if _, err := p.ComputePRF(nil, nameSize); err != nil {
			return nil, err
		}
		keys = append(keys, indexKey{e.KeyID(), p})
	}
	slices.Reverse(keys)
	i := slices.IndexFunc(keys, func(k indexKey) bool { return k.id == set.PrimaryID })
	if i < 0 {
		return nil, errors.New("vault: no primary index key")
	}
	first := keys[i]
	return slices.Insert(slices.Delete(keys, i, i+1), 0, first), nil
}
