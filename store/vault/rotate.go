package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Add is the first step of a rotation: it gives each use a new key that opens
// but does not yet seal. Then bring the file to every replica and open it
// there, before Promote. A use that has a new key waiting is ErrStep.
//
// Every step changes the file at path in one whole: all uses or none, and a
// crash leaves the file of before or after. Two at a time is ErrStep for the
// second. Without uses nothing is asked, which is ErrStep too.
func Add(path string, uses ...Use) error {
	return step(path, uses, func(use Use, m *keyset.Manager, keys ages) error {
		if len(keys.newer) > 0 {
			return fmt.Errorf("%w: %s has a new key already: promote it first", ErrStep, use)
		}
		_, err := addKey(m, use)
		return err
	})
}

// Promote is the second step: the newest key of each use seals from now on,
// the older ones still open. Then seal again what is not Current, and renew
// the canary. A use without a new key is ErrStep. See Add.
func Promote(path string, uses ...Use) error {
	return step(path, uses, func(use Use, m *keyset.Manager, keys ages) error {
		if len(keys.newer) == 0 {
			return fmt.Errorf("%w: %s has no new key: add one first", ErrStep, use)
		}
		if err := m.SetPrimary(keys.newer[len(keys.newer)-1]); err != nil {
			return fmt.Errorf("vault: promote %s key: %w", use, err)
		}
		return nil
	})
}

// Retire is the last step: it destroys the keys older than the primary. What
// is still sealed under them never opens again, which is how wrapped keys in
// old backups and logs lose their worth (D13). Journal codes and signatures
// under them no longer verify: retire those uses only when no line or record
// of that time is kept. A use without an old key is ErrStep. See Add.
//
// The old file is unlinked; whether its bytes outlive that is up to the disk
// and its backups.
func Retire(path string, uses ...Use) error {
	return step(path, uses, func(use Use, m *keyset.Manager, keys ages) error {
		if len(keys.older) == 0 {
			return fmt.Errorf("%w: %s has no old key", ErrStep, use)
		}
		for _, id := range keys.older {
			if err := m.Delete(id); err != nil {
				return fmt.Errorf("vault: retire %s key: %w", use, err)
			}
		}
		return nil
	})
}

// ages are the ids of the keys before and after the primary, oldest first.
type ages struct{ older, newer []uint32 }

func agesOf(h *keyset.Handle) ages {
	var a ages
	seen := false
	for e := range entries(h) {
		switch {
		case e.IsPrimary():
			seen = true
		case seen && e.KeyStatus() == keyset.Enabled:
			a.newer = append(a.newer, e.KeyID())
		default:
			a.older = append(a.older, e.KeyID())
		}
	}
	return a
}

// step changes the key file at path. The file path.new is both the next file
// and the lock: it is made before the old one is read, so that of two steps
// none is lost.
func step(path string, uses []Use, change func(Use, *keyset.Manager, ages) error) error {
	if len(uses) == 0 {
		return fmt.Errorf("%w: no use named", ErrStep)
	}
	// A secret mount is a link; renaming would replace the link.
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	if err != nil {
		return fmt.Errorf("vault: rotate: %w", err)
	}
	next := target + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s is there: another step is running, or one was cut off; if none is running, remove it", ErrStep, next)
	}
	if err != nil {
		return fmt.Errorf("vault: rotate: %w", err)
	}
	placed := false
	defer func() {
		if !placed { // once it is, a file of that name is another step's
			_ = f.Close()
			_ = os.Remove(next)
		}
	}()
	b, err := changed(target, uses, change)
	if err != nil {
		return err
	}
	defer clear(b)
	info, err := os.Stat(target)
	if err != nil {
		return fmt.Errorf("vault: rotate: %w", err)
	}
	// Whoever turns the key must not lock the bot out: root for instance.
	if err := keepOwner(f, info); err != nil {
		return fmt.Errorf("vault: rotate: keep the owner of the key file: %w", err)
	}
	if err := writeAll(f, b, info.Mode().Perm()); err != nil {
		return fmt.Errorf("vault: rotate: %w", err)
	}
	if err := os.Rename(next, target); err != nil {
		return fmt.Errorf("vault: rotate: %w", err)
	}
	placed = true
	if err := tidy(target); err != nil {
		return fmt.Errorf("vault: rotate: the step is taken, tidying up after it failed: %w", err)
	}
	return nil
}

// changed returns the content of the key file at path after a step.
func changed(path string, uses []Use, change func(Use, *keyset.Manager, ages) error) ([]byte, error) {
	old, err := readFile(path)
	if err != nil {
		return nil, err
	}
	defer clear(old)
	rings, err := decode(old)
	if err != nil {
		return nil, err
	}
	for _, use := range uses {
		h, ok := rings[use]
		if !ok {
			return nil, fmt.Errorf("%w: no such use", ErrStep)
		}
		m := keyset.NewManagerFromHandle(h)
		if err := change(use, m, agesOf(h)); err != nil {
			return nil, err
		}
		if rings[use], err = m.Handle(); err != nil {
			return nil, fmt.Errorf("vault: rotate %s keys: %w", use, err)
		}
	}
	b, err := encode(rings)
	if err != nil {
		return nil, err
	}
	// Nothing replaces a good key file that does not open itself.
	if _, err := Parse(b); err != nil {
		return nil, err
	}
	return b, nil
}

// tidy removes what a Create that was cut off left beside the key file: it may
// be the twin of the file that was just replaced.
func tidy(path string) error {
	dir := filepath.Dir(path)
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, n := range names {
		rest, beside := strings.CutPrefix(n.Name(), filepath.Base(path)+".")
		number, temporary := strings.CutSuffix(rest, ".new")
		if !beside || !temporary || strings.Trim(number, "0123456789") != "" {
			continue
		}
		if err := os.Remove(filepath.Join(dir, n.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return syncDir(dir)
}
