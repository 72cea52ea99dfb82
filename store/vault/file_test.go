package vault_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/meldroute/meldroute/store/vault"
)

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// keysets returns the keysets of a key file as they stand in it.
func keysets(t testing.TB, path string) map[string]json.RawMessage {
	t.Helper()
	var f struct{ Keysets map[string]json.RawMessage }
	if err := json.Unmarshal(read(t, path), &f); err != nil {
		t.Fatal(err)
	}
	return f.Keysets
}

// secrets returns the key material of a key file, serialised keys and all.
func secrets(t testing.TB, path string) [][]byte {
	t.Helper()
	var out [][]byte
	for _, raw := range keysets(t, path) {
		var ks struct {
			Key []struct{ KeyData struct{ Value string } }
		}
		if err := json.Unmarshal(raw, &ks); err != nil {
			t.Fatal(err)
		}
		for _, k := range ks.Key {
			b, err := base64.StdEncoding.DecodeString(k.KeyData.Value)
			if err != nil || len(b) < 32 {
				t.Fatalf("key of %d bytes, %v", len(b), err)
			}
			out = append(out, b)
		}
	}
	if len(out) < len(vault.Uses()) {
		t.Fatalf("found %d keys", len(out))
	}
	return out
}

// names returns what stands in the folder of a key file.
func names(t testing.TB, path string) []string {
	t.Helper()
	list, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
}

func TestCreateMakesAFileForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	// Create leaves one file with mode 0400, and will not touch it again.
	path := keyFile(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode(), fs.FileMode(0o400); got != want {
		t.Errorf("mode %v, want %v", got, want)
	}
	if got := names(t, path); len(got) != 1 {
		t.Errorf("folder holds %q, want the key file alone", got)
	}
	before := read(t, path)
	if err := vault.Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second Create: got %v, want fs.ErrExist", err)
	}
	if !bytes.Equal(read(t, path), before) {
		t.Error("the key file was overwritten")
	}
	empty := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(empty, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := vault.Create(empty); !errors.Is(err, fs.ErrExist) || len(read(t, empty)) != 0 {
		t.Errorf("over a foreign file: got %v, want fs.ErrExist and the file as it was", err)
	}
	if err := vault.Create(filepath.Join(t.TempDir(), "no", "keys.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: got %v, want fs.ErrNotExist", err)
	}
}

func TestCreateAtOnceMakesOneFile(t *testing.T) {
	t.Parallel()
	// Of many that create at once one wins, and the others find its file whole.
	path := filepath.Join(t.TempDir(), "keys.json")
	var wins atomic.Int32
	ids := make([]string, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			switch err := vault.Create(path); {
			case err == nil:
				wins.Add(1)
			case !errors.Is(err, fs.ErrExist):
				t.Errorf("create: %v", err)
			}
			v, err := vault.Open(path)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			ids[i] = v.ID()
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d made the file, want 1", wins.Load())
	}
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("opened %s and %s, want one file", id, ids[0])
		}
	}
	if got := names(t, path); len(got) != 1 {
		t.Errorf("folder holds %q, want the key file alone", got)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	// A missing, unsafe or foreign file is refused with its own error, and the
	// mode is named.
	if _, err := vault.Open(filepath.Join(t.TempDir(), "keys.json")); !errors.Is(err, vault.ErrMissing) {
		t.Errorf("no file: got %v, want ErrMissing", err)
	}
	path := keyFile(t)
	for mode, safe := range map[fs.FileMode]bool{
		0o400: true, 0o600: true, 0o440: true, 0o640: true, 0o700: true,
		0o444: false, 0o644: false, 0o404: false, 0o420: false, 0o660: false, 0o402: false, 0o666: false, 0o777: false,
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := vault.Open(path)
		if safe && err != nil {
			t.Errorf("mode %o: %v", mode, err)
		}
		if !safe && (!errors.Is(err, vault.ErrUnsafe) || !strings.Contains(err.Error(), fmt.Sprintf("%04o", mode))) {
			t.Errorf("mode %o: got %v, want ErrUnsafe with the mode", mode, err)
		}
	}
	if _, err := vault.Open(t.TempDir()); !errors.Is(err, vault.ErrUnsafe) {
		t.Errorf("a folder: got %v, want ErrUnsafe", err)
	}
}

func TestDamagedFileIsNamedNotQuoted(t *testing.T) {
	t.Parallel()
	// Whatever is wrong in a key file is ErrDamaged with the use where it can
	// be known, and no error quotes the keys.
	path := keyFile(t)
	whole, secret := read(t, path), secrets(t, path)
	check := func(name, use string, b []byte) {
		t.Helper()
		v, err := vault.Parse(b)
		if v != nil || !errors.Is(err, vault.ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, err)
			return
		}
		if !strings.Contains(err.Error(), use) {
			t.Errorf("%s: %v, want the use %q", name, err, use)
		}
		refuseSecrets(t, []byte(err.Error()), secret)
	}
	for i := range len(bytes.TrimSpace(whole)) {
		check(fmt.Sprintf("cut to %d", i), "", whole[:i])
	}
	check("more after it", "", append(bytes.Clone(whole), '}'))
	check("twice", "", append(bytes.Clone(whole), whole...))
	check("too large", "", append(bytes.Clone(whole), bytes.Repeat([]byte(" "), 1<<20)...))
	check("version", "", bytes.Replace(whole, []byte(`"version": 1`), []byte(`"version": 2`), 1))
	check("unknown key", "", bytes.Replace(whole, []byte(`"version"`), []byte(`"x": 1, "version"`), 1))
	check("unknown use", "", bytes.Replace(whole, []byte(`"keysets": {`), []byte(`"keysets": {"x": {},`), 1))
	rewrite := func(change func(map[string]json.RawMessage)) []byte {
		sets := keysets(t, path)
		change(sets)
		b, err := json.Marshal(map[string]any{"version": 1, "keysets": sets})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if _, err := vault.Parse(rewrite(func(map[string]json.RawMessage) {})); err != nil {
		t.Fatalf("written again: %v", err)
	}
	all := keysets(t, path)
	for _, u := range vault.Uses() {
		use := string(u)
		check("without "+use, use, rewrite(func(s map[string]json.RawMessage) { delete(s, use) }))
		for _, bad := range []string{`null`, `{}`, `[]`, `7`, `"x"`, `{"primaryKeyId":1,"key":[]}`} {
			check(use+" as "+bad, use, rewrite(func(s map[string]json.RawMessage) { s[use] = json.RawMessage(bad) }))
		}
		for old, with := range map[string]string{
			`"ENABLED"`: `"DISABLED"`, `google.crypto.tink.`: `example.`, `"value": "`: `"value": "AAAA`,
			`"keyMaterialType"`: `"keyMaterialTyp"`,
		} {
			check(use+" with "+with, use, rewrite(func(s map[string]json.RawMessage) {
				if !bytes.Contains(s[use], []byte(old)) {
					t.Errorf("%s: %s is not in it", use, old)
				}
				s[use] = bytes.ReplaceAll(s[use], []byte(old), []byte(with))
			}))
		}
		for _, o := range vault.Uses() {
			kind := func(u vault.Use) string {
				if u == vault.UseWrap || u == vault.UseReporter || u == vault.UseWorking {
					return "aead"
				}
				return string(u)
			}
			if kind(u) != kind(o) {
				check(string(o)+" as "+use, use, rewrite(func(s map[string]json.RawMessage) { s[use] = all[string(o)] }))
			}
		}
	}
	// Without a key id in front, key versions could not be told apart.
	check("raw prefix", "wrap", rewrite(func(s map[string]json.RawMessage) {
		s["wrap"] = bytes.ReplaceAll(s["wrap"], []byte(`"TINK"`), []byte(`"RAW"`))
	}))
}
