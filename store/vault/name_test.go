package vault_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/meldroute/meldroute/store/vault"
)

func TestNameIsStable(t *testing.T) {
	t.Parallel()
	// The same label and parts give the same 20 bytes, after a restart too,
	// with the id of the key in front; another vault gives others.
	path := keyFile(t)
	v := open(t, path)
	name := v.Name("session", "web", "u1")
	if len(name) != 20 || binary.BigEndian.Uint32(name) != v.KeyID(vault.UseIndex) {
		t.Errorf("name %x, want the key id and 16 bytes", name)
	}
	if !bytes.Equal(open(t, path).Name("session", "web", "u1"), name) {
		t.Error("another name after opening again")
	}
	if got := v.Names("session", "web", "u1"); len(got) != 1 || !bytes.Equal(got[0], name) {
		t.Errorf("names %x, want the one name", got)
	}
	if bytes.Equal(open(t, keyFile(t)).Name("session", "web", "u1")[4:], name[4:]) {
		t.Error("two vaults give the same name")
	}
}

func TestNamesCollideForNothing(t *testing.T) {
	t.Parallel()
	// Distinct labels or parts never give the same name; nor do places that
	// differ give the same associated data. Few letters, so that the parts of
	// one often run together into those of the other.
	v := open(t, keyFile(t))
	word := rapid.StringOfN(rapid.SampledFrom([]rune{'a', 'b', 0, 8}), 0, 3, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOfN(word, 1, 4).Draw(t, "a"), rapid.SliceOfN(word, 1, 4).Draw(t, "b")
		x, y := v.Name(vault.Label(a[0]), a[1:]...), v.Name(vault.Label(b[0]), b[1:]...)
		if got, want := bytes.Equal(x, y), slices.Equal(a, b); got != want {
			t.Fatalf("%q and %q: names equal is %v, want %v", a, b, got, want)
		}
		if len(a) >= 3 && len(b) >= 3 {
			p, q := vault.AD(a[0], a[1], a[2]), vault.AD(b[0], b[1], b[2])
			if got, want := bytes.Equal(p, q), slices.Equal(a[:3], b[:3]); got != want {
				t.Fatalf("%q and %q: associated data equal is %v, want %v", a, b, got, want)
			}
		}
	})
}
