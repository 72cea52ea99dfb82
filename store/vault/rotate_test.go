package vault_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/meldroute/meldroute/store/vault"
)

// made is one thing of every use, and whether a vault still takes it.
type made map[vault.Use][]byte

func makeAll(t testing.TB, v *vault.Vault) made {
	t.Helper()
	k, err := vault.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := v.Wrap(k, ad)
	if err != nil {
		t.Fatal(err)
	}
	return made{
		vault.UseWrap: wrapped, vault.UseReporter: v.SealReporter(ad, ad), vault.UseWorking: v.SealWorking(ad, ad),
		vault.UseIndex: v.Name("l", "p"), vault.UseJournal: v.MAC(ad), vault.UseSignature: v.Sign(ad),
	}
}

var ad = vault.AD("t", "r", "f")

func (m made) taken(v *vault.Vault, use vault.Use) bool {
	var err error
	switch b := m[use]; use {
	case vault.UseWrap:
		_, err = v.Unwrap(b, ad)
	case vault.UseReporter:
		_, err = v.OpenReporter(b, ad)
	case vault.UseWorking:
		_, err = v.OpenWorking(b, ad)
	case vault.UseIndex:
		return slices.ContainsFunc(v.Names("l", "p"), func(n []byte) bool { return bytes.Equal(n, b) })
	case vault.UseJournal:
		return v.VerifyMAC(b, ad)
	case vault.UseSignature:
		return v.Verify(b, ad)
	}
	return err == nil
}

func take(t *testing.T, name string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	// Of each use alone, and of all at once: old things are taken after Add and
	// Promote and never after Retire; new things are made under the new key
	// from Promote on, and a replica that has only seen Add takes them.
	sets := [][]vault.Use{vault.Uses()}
	for _, u := range vault.Uses() {
		sets = append(sets, []vault.Use{u})
	}
	for _, uses := range sets {
		t.Run(string(uses[0]), func(t *testing.T) {
			t.Parallel()
			path := keyFile(t)
			before := open(t, path)
			old, canary := makeAll(t, before), before.Canary()

			take(t, "add", vault.Add(path, uses...))
			added := open(t, path)
			take(t, "promote", vault.Promote(path, uses...))
			promoted := open(t, path)
			fresh := makeAll(t, promoted)
			for _, v := range []*vault.Vault{added, promoted} {
				take(t, "canary", v.CheckCanary(canary))
				for _, u := range vault.Uses() {
					if !old.taken(v, u) || !fresh.taken(v, u) {
						t.Errorf("%s: not taken during the rotation", u)
					}
				}
			}
			for _, u := range vault.Uses() {
				turned := slices.Contains(uses, u)
				if !added.Current(u, old[u]) || promoted.Current(u, old[u]) == turned || !promoted.Current(u, fresh[u]) {
					t.Errorf("%s: current says otherwise", u)
				}
				if got := promoted.KeyID(u) != before.KeyID(u); got != turned {
					t.Errorf("%s: new key id is %v, want %v", u, got, turned)
				}
			}
			if ids := []string{before.ID(), added.ID()}; ids[0] == ids[1] || added.ID() != promoted.ID() {
				t.Errorf("ids %v, %s: want another after Add alone", ids, promoted.ID())
			}

			material := secrets(t, path)
			take(t, "retire", vault.Retire(path, uses...))
			retired := open(t, path)
			if got, want := len(secrets(t, path)), len(material)-len(uses); got != want {
				t.Errorf("%d keys in the file after Retire, want %d: old ones are destroyed, not disabled", got, want)
			}
			for _, u := range vault.Uses() {
				if got, want := old.taken(retired, u), !slices.Contains(uses, u); got != want {
					t.Errorf("%s: old thing taken after Retire is %v, want %v", u, got, want)
				}
				if !fresh.taken(retired, u) {
					t.Errorf("%s: new thing not taken after Retire", u)
				}
			}
			if err := retired.CheckCanary(canary); !errors.Is(err, vault.ErrWrongKey) {
				t.Errorf("old canary: got %v, want ErrWrongKey", err)
			}
			if err := before.CheckCanary(promoted.Canary()); !errors.Is(err, vault.ErrWrongKey) {
				t.Errorf("an older key file: got %v, want ErrWrongKey", err)
			}
			take(t, "new canary", retired.CheckCanary(promoted.Canary()))
			// And the round begins again.
			take(t, "add again", vault.Add(path, uses...))
		})
	}
}

func TestNamesDuringRotation(t *testing.T) {
	t.Parallel()
	// Names gives the primary's name first and every other enabled key's once.
	path := keyFile(t)
	first := open(t, path).Name("l", "p")
	take(t, "add", vault.Add(path, vault.UseIndex))
	take(t, "promote", vault.Promote(path, vault.UseIndex))
	second := open(t, path).Name("l", "p")
	take(t, "add", vault.Add(path, vault.UseIndex))
	got := open(t, path).Names("l", "p")
	if len(got) != 3 || !bytes.Equal(got[0], second) || !bytes.Equal(got[2], first) {
		t.Errorf("names %x, want %x first and %x last of 3", got, second, first)
	}
}

func TestStepOutOfTurnChangesNothing(t *testing.T) {
	t.Parallel()
	// A step that does not apply to one of its uses is ErrStep and leaves the
	// file as it was for all of them.
	path := keyFile(t)
	refuse := func(name string, step func(string, ...vault.Use) error, uses ...vault.Use) {
		t.Helper()
		before := read(t, path)
		if err := step(path, uses...); !errors.Is(err, vault.ErrStep) {
			t.Errorf("%s: got %v, want ErrStep", name, err)
		}
		if !bytes.Equal(read(t, path), before) || len(names(t, path)) != 1 {
			t.Errorf("%s: changed the folder: %q", name, names(t, path))
		}
	}
	refuse("no use", vault.Add)
	refuse("unknown use", vault.Add, "x")
	refuse("promote without a new key", vault.Promote, vault.UseWrap)
	refuse("retire without an old key", vault.Retire, vault.UseWrap)
	take(t, "add", vault.Add(path, vault.UseWrap))
	refuse("add twice", vault.Add, vault.UseIndex, vault.UseWrap)
	refuse("the same use twice", vault.Add, vault.UseIndex, vault.UseIndex)
	refuse("retire before promote", vault.Retire, vault.UseWrap)
	refuse("promote one of two", vault.Promote, vault.UseWrap, vault.UseIndex)
	take(t, "promote", vault.Promote(path, vault.UseWrap))
	take(t, "add", vault.Add(path, vault.UseWrap))
	waiting := open(t, path)
	take(t, "retire", vault.Retire(path, vault.UseWrap))
	// The new key that waits is not an old one.
	if got := open(t, path); got.ID() == waiting.ID() || got.KeyID(vault.UseWrap) != waiting.KeyID(vault.UseWrap) {
		t.Error("retire took the wrong key")
	}
	take(t, "promote what waited", vault.Promote(path, vault.UseWrap))
}

func TestStepKeepsTheFileSafe(t *testing.T) {
	t.Parallel()
	// A step keeps the mode, follows a link without replacing it, clears what
	// a Create that was cut off left, and refuses a file that Open refuses.
	path := keyFile(t)
	dir := filepath.Dir(path)
	link, twin, other := filepath.Join(t.TempDir(), "link"), path+".123.new", path+".bak.new"
	for _, err := range []error{
		os.Chmod(path, 0o440), os.Symlink(path, link), os.Link(path, twin), os.WriteFile(other, nil, 0o600),
	} {
		take(t, "prepare", err)
	}
	take(t, "add", vault.Add(link, vault.UseIndex))
	info, err := os.Lstat(path)
	take(t, "stat", err)
	if got, want := info.Mode(), fs.FileMode(0o440); got != want {
		t.Errorf("mode %v, want %v", got, want)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}
	if got := names(t, path); !slices.Equal(got, []string{"keys.json", "keys.json.bak.new"}) {
		t.Errorf("%s holds %q, want the key file and the foreign file", dir, got)
	}
	take(t, "chmod", os.Chmod(path, 0o444))
	if err := vault.Promote(path, vault.UseIndex); !errors.Is(err, vault.ErrUnsafe) {
		t.Errorf("unsafe file: got %v, want ErrUnsafe", err)
	}
	if err := vault.Add(filepath.Join(dir, "no"), vault.UseIndex); !errors.Is(err, vault.ErrMissing) {
		t.Errorf("no file: got %v, want ErrMissing", err)
	}
	take(t, "damage", errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("{"), 0o600)))
	if err := vault.Add(path, vault.UseIndex); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("damaged file: got %v, want ErrDamaged", err)
	}
}

func TestStepsAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	// Steps at the same moment are done whole or refused, and every one that
	// was reported done is in the file.
	path := keyFile(t)
	var done [6]atomic.Bool
	var wg sync.WaitGroup
	for i, u := range vault.Uses() {
		wg.Go(func() {
			switch err := vault.Add(path, u); {
			case err == nil:
				done[i].Store(true)
			case !errors.Is(err, vault.ErrStep):
				t.Errorf("add %s: %v", u, err)
			}
		})
	}
	wg.Wait()
	for i, u := range vault.Uses() {
		err := vault.Promote(path, u)
		if done[i].Load() != (err == nil) {
			t.Errorf("%s: add done is %v, promote: %v", u, done[i].Load(), err)
		}
	}
}

func TestStepThatWasCutOffIsSaid(t *testing.T) {
	t.Parallel()
	// The file that a crash leaves stops the next step with what to do; the
	// key file itself still opens.
	path := keyFile(t)
	take(t, "leave", os.WriteFile(path+".new", []byte("{"), 0o600))
	if err := vault.Add(path, vault.UseWrap); !errors.Is(err, vault.ErrStep) || !bytes.Contains([]byte(err.Error()), []byte(path+".new")) {
		t.Errorf("got %v, want ErrStep with the file to remove", err)
	}
	open(t, path)
	if got := names(t, path); len(got) != 2 {
		t.Errorf("folder holds %q: the file of another step was removed", got)
	}
}
