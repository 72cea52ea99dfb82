package vault_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/meldroute/meldroute/store/vault"
)

// keyFile makes a key file of its own for the test.
func keyFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := vault.Create(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string) *vault.Vault {
	t.Helper()
	v, err := vault.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sealer is one of the ways to seal, for the tests that hold for all.
type sealer struct {
	name     string
	overhead int
	seal     func(plain, ad []byte) []byte
	open     func(sealed, ad []byte) ([]byte, error)
}

func sealers(t testing.TB, v *vault.Vault) []sealer {
	t.Helper()
	k, err := vault.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return []sealer{
		{"key", 29, k.Seal, k.Open},
		{"reporter", 33, v.SealReporter, v.OpenReporter},
		{"working", 33, v.SealWorking, v.OpenWorking},
	}
}

func TestSealedOpensInItsOwnPlaceOnly(t *testing.T) {
	t.Parallel()
	// What is sealed opens with the same table, row and field, and with no
	// other, nor changed, cut or lengthened.
	for _, s := range sealers(t, open(t, keyFile(t))) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			ad := vault.AD("signals", "SIG-2026-AAAAA", "story")
			for _, plain := range []string{"", "a", "Zij werkt veertien uur per dag.", strings.Repeat("x", 1<<16)} {
				sealed := s.seal([]byte(plain), ad)
				got, err := s.open(sealed, ad)
				if err != nil || string(got) != plain {
					t.Fatalf("opened to %d bytes, %v; want the %d sealed", len(got), err, len(plain))
				}
				if got := len(sealed) - len(plain); got != s.overhead {
					t.Errorf("overhead %d bytes, want %d", got, s.overhead)
				}
				if bytes.Equal(sealed, s.seal([]byte(plain), ad)) {
					t.Error("sealing twice gave the same bytes")
				}
			}
			sealed := s.seal([]byte("inhoud"), ad)
			for _, other := range [][]byte{
				vault.AD("reporters", "SIG-2026-AAAAA", "story"),
				vault.AD("signals", "SIG-2026-AAAAB", "story"),
				vault.AD("signals", "SIG-2026-AAAAA", "notes"),
				vault.AD("signalsS", "IG-2026-AAAAA", "story"),
				vault.AD("story", "SIG-2026-AAAAA", "signals"),
				nil,
			} {
				if got, err := s.open(sealed, other); err != vault.ErrOpen || got != nil {
					t.Errorf("opened under %q: %q, %v", other, got, err)
				}
			}
			for i := range sealed {
				broken := bytes.Clone(sealed)
				broken[i] ^= 1
				if _, err := s.open(broken, ad); err != vault.ErrOpen {
					t.Errorf("byte %d changed: got %v, want ErrOpen", i, err)
				}
				if _, err := s.open(sealed[:i], ad); err != vault.ErrOpen {
					t.Errorf("cut to %d bytes: got %v, want ErrOpen", i, err)
				}
			}
			if _, err := s.open(append(bytes.Clone(sealed), 0), ad); err != vault.ErrOpen {
				t.Errorf("a byte too many: got %v, want ErrOpen", err)
			}
		})
	}
}

func TestUsesDoNotOpenEachOther(t *testing.T) {
	t.Parallel()
	// Bytes sealed for one use do not open as another, nor by another vault.
	v, w := open(t, keyFile(t)), open(t, keyFile(t))
	mine, others := sealers(t, v), append(sealers(t, v)[:1], sealers(t, w)...)
	for i, from := range mine {
		sealed := from.seal([]byte("inhoud"), ad)
		for j, to := range mine {
			if _, err := to.open(sealed, ad); i != j && err != vault.ErrOpen {
				t.Errorf("%s opened as %s: %v", from.name, to.name, err)
			}
		}
		for _, to := range others {
			if _, err := to.open(sealed, ad); err != vault.ErrOpen {
				t.Errorf("%s opened as another's %s: %v", from.name, to.name, err)
			}
		}
	}
}

func TestWrappedKeyComesBackInItsOwnPlaceOnly(t *testing.T) {
	t.Parallel()
	// A wrapped key unwraps to the same key with the same associated data, and
	// to nothing with other data, other bytes or another vault (D4).
	v, w := open(t, keyFile(t)), open(t, keyFile(t))
	k, err := vault.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	ad, field := vault.AD("keys", "SIG-2026-AAAAA", "left out: none"), vault.AD("signals", "SIG-2026-AAAAA", "story")
	wrapped, err := v.Wrap(k, ad)
	if err != nil {
		t.Fatal(err)
	}
	back, err := v.Unwrap(wrapped, ad)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := back.Open(k.Seal([]byte("inhoud"), field), field); err != nil || string(got) != "inhoud" {
		t.Errorf("unwrapped key opened %q, %v", got, err)
	}
	if _, err := v.Unwrap(wrapped, vault.AD("keys", "SIG-2026-AAAAA", "left out: A")); err != vault.ErrOpen {
		t.Errorf("changed by hand: got %v, want ErrOpen", err)
	}
	if _, err := w.Unwrap(wrapped, ad); err != vault.ErrOpen {
		t.Errorf("another vault: got %v, want ErrOpen", err)
	}
	if _, err := v.Unwrap(wrapped[:20], ad); err != vault.ErrOpen {
		t.Errorf("cut: got %v, want ErrOpen", err)
	}
}

func TestErasedKeyDoesNothing(t *testing.T) {
	t.Parallel()
	// After Erase no copy of a key seals, opens or is wrapped; nor does the
	// zero Key. Erasing twice is fine.
	v := open(t, keyFile(t))
	k, err := vault.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	twin, sealed := k, k.Seal([]byte("inhoud"), nil)
	k.Erase()
	k.Erase()
	vault.Key{}.Erase()
	for name, k := range map[string]vault.Key{"erased": k, "copy of erased": twin, "zero": {}} {
		if _, err := k.Open(sealed, nil); err != vault.ErrOpen {
			t.Errorf("%s: open: got %v, want ErrOpen", name, err)
		}
		if b, err := v.Wrap(k, nil); err == nil || b != nil {
			t.Errorf("%s: was wrapped", name)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: sealed", name)
				}
			}()
			k.Seal([]byte("x"), nil)
		}()
	}
}

func TestMACAndSignature(t *testing.T) {
	t.Parallel()
	// A code and a signature hold for their own bytes and vault only.
	v, w := open(t, keyFile(t)), open(t, keyFile(t))
	for name, f := range map[string]struct {
		make  func([]byte) []byte
		check func(code, b []byte) bool
		other func(code, b []byte) bool
		size  int
	}{
		"mac":       {v.MAC, v.VerifyMAC, w.VerifyMAC, 37},
		"signature": {v.Sign, v.Verify, w.Verify, 69},
	} {
		b := []byte("line 1")
		code := f.make(b)
		if len(code) != f.size {
			t.Errorf("%s: %d bytes, want %d", name, len(code), f.size)
		}
		if !f.check(code, b) {
			t.Errorf("%s: own code refused", name)
		}
		if f.check(code, []byte("line 2")) || f.check(nil, b) || f.check(code[:5], b) || f.other(code, b) {
			t.Errorf("%s: foreign bytes, code or vault accepted", name)
		}
		for i := range code {
			broken := bytes.Clone(code)
			broken[i] ^= 1
			if f.check(broken, b) {
				t.Errorf("%s: byte %d changed and accepted", name, i)
			}
		}
	}
}

func TestCanaryKnowsItsFile(t *testing.T) {
	t.Parallel()
	// A canary is accepted by its own key file and by no other, whole only.
	path := keyFile(t)
	v, w := open(t, path), open(t, keyFile(t))
	c := v.Canary()
	if err := open(t, path).CheckCanary(c); err != nil {
		t.Errorf("own canary: %v", err)
	}
	if err := w.CheckCanary(c); !errors.Is(err, vault.ErrWrongKey) {
		t.Errorf("foreign canary: got %v, want ErrWrongKey", err)
	}
	for i := range c {
		if err := v.CheckCanary(c[:i]); !errors.Is(err, vault.ErrWrongKey) {
			t.Fatalf("cut to %d: got %v, want ErrWrongKey", i, err)
		}
		broken := bytes.Clone(c)
		broken[i] ^= 1
		if err := v.CheckCanary(broken); !errors.Is(err, vault.ErrWrongKey) {
			t.Fatalf("byte %d changed: got %v, want ErrWrongKey", i, err)
		}
	}
	if err := v.CheckCanary(append(c, 0)); !errors.Is(err, vault.ErrWrongKey) {
		t.Errorf("a byte too many: got %v, want ErrWrongKey", err)
	}
	if v.ID() == w.ID() || v.ID() != open(t, path).ID() || len(v.ID()) != 16 {
		t.Errorf("ids %s and %s: want the same for the same file only", v.ID(), w.ID())
	}
}

func TestNothingPrintsKeys(t *testing.T) {
	t.Parallel()
	// However a Vault or a Key is printed, logged, marshalled or held in an
	// unexported field, no key material comes out.
	path := keyFile(t)
	v := open(t, path)
	raw := []byte("0123456789-a-key-of-32-bytes-!!!")
	k, err := v.Unwrap(wrapRaw(t, path, raw), nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	type holder struct {
		k vault.Key
		v *vault.Vault
		w vault.Vault
	}
	for _, x := range []any{k, &k, []vault.Key{k}, map[string]vault.Key{"k": k}, v, *v, holder{k, v, *v}, &holder{k, v, *v}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&out, verb+"\n", x)
		}
		b, _ := json.Marshal(x)
		out.Write(b)
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "x", x)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "x", x)
	}
	if got, want := fmt.Sprint(k), "[afgeschermd]"; got != want {
		t.Errorf("key prints as %q, want %q", got, want)
	}
	refuseSecrets(t, out.Bytes(), append(secrets(t, path), raw))
}

// wrapRaw wraps a known key with the wrap keyset of a key file, as Wrap does.
func wrapRaw(t testing.TB, path string, raw []byte) []byte {
	t.Helper()
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(keysets(t, path)["wrap"])))
	if err != nil {
		t.Fatal(err)
	}
	a, err := aead.New(h)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := a.Encrypt(raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	return wrapped
}

// refuseSecrets fails if a part of a secret stands in out in a usual writing.
func refuseSecrets(t testing.TB, out []byte, secrets [][]byte) {
	t.Helper()
	for _, s := range secrets {
		for i := 0; i+8 <= len(s); i += 4 {
			part := s[i : i+8]
			list := strings.Trim(fmt.Sprint(part), "[]")
			for _, w := range []string{
				string(part), hex.EncodeToString(part), strings.ToUpper(hex.EncodeToString(part)),
				list, strings.ReplaceAll(list, " ", ", "), strings.ReplaceAll(list, " ", ","),
				strings.Trim(fmt.Sprintf("%#v", part), "[]byte{}"),
			} {
				if i := bytes.Index(out, []byte(w)); i >= 0 {
					t.Fatalf("key material came out: %q at %.60q", w, out[max(0, i-40):])
				}
			}
		}
		if text := base64.StdEncoding.EncodeToString(s); bytes.Contains(out, []byte(text[:16])) {
			t.Fatalf("key material came out as base64: %.200q", out)
		}
	}
}

func TestCurrentTakesAnyBytes(t *testing.T) {
	t.Parallel()
	// Bytes that are cut, empty or foreign are not current, and harm nothing.
	v, w := open(t, keyFile(t)), open(t, keyFile(t))
	for use, b := range makeAll(t, v) {
		if !v.Current(use, b) || w.Current(use, b) {
			t.Errorf("%s: current is wrong for its own or a foreign key", use)
		}
		for i := range 5 {
			if v.Current(use, b[:i]) {
				t.Errorf("%s: current, cut to %d", use, i)
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	// One vault and one key serve many goroutines at once.
	v := open(t, keyFile(t))
	k, err := vault.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	want := v.Name("person", "web", "1")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 50 {
				ad := vault.AD("t", fmt.Sprint(i), "f")
				for _, s := range []sealer{{"k", 0, k.Seal, k.Open}, {"w", 0, v.SealWorking, v.OpenWorking}} {
					if got, err := s.open(s.seal([]byte("x"), ad), ad); err != nil || string(got) != "x" {
						t.Errorf("%s: opened %q, %v", s.name, got, err)
					}
				}
				if !bytes.Equal(v.Name("person", "web", "1"), want) || !v.VerifyMAC(v.MAC(ad), ad) || !v.Verify(v.Sign(ad), ad) {
					t.Error("a name, code or signature differs")
				}
			}
		})
	}
	wg.Wait()
}
