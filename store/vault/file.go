package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// fileMode is what Create gives: the owner reads, nobody writes.
const fileMode fs.FileMode = 0o400

// unsafeMode are the rights that a key file must not have: writing by the
// group, reading and writing by everybody. Reading by the group is allowed:
// that is how secret mounts hand out their files.
const unsafeMode fs.FileMode = 0o026

// Create makes a key file at path with fresh keys for every use, mode 0400. It
// never overwrites: where a file is, however it came there, the error is
// fs.ErrExist, and that file is whole if Create made it. The folder must exist.
// A crash leaves a whole file or none at path, and at worst a file beside it
// named path.*.new with keys that nothing uses.
func Create(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("vault: create key file: %w", &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist})
	}
	rings, err := generate()
	if err != nil {
		return err
	}
	b, err := encode(rings)
	if err != nil {
		return err
	}
	defer clear(b)
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new")
	if err != nil {
		return fmt.Errorf("vault: create key file: %w", err)
	}
	defer os.Remove(temp.Name())
	if err := writeAll(temp, b, fileMode); err != nil {
		return fmt.Errorf("vault: create key file: %w", err)
	}
	// A link, not a rename: a rename would replace what another process made
	// meanwhile, and with it the only keys to its data.
	if err := os.Link(temp.Name(), path); err != nil {
		if _, there := os.Lstat(path); there == nil {
			err = &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
		}
		return fmt.Errorf("vault: create key file: %w", err)
	}
	if err := os.Remove(temp.Name()); err != nil {
		return fmt.Errorf("vault: create key file: %w", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("vault: create key file: %w", err)
	}
	return nil
}

// readFile reads the key file at path after looking at who else can.
func readFile(path string) ([]byte, error) {
	// Looked at before opening, since opening a pipe would wait for a writer.
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	if err != nil {
		return nil, fmt.Errorf("vault: read key file: %w", err)
	}
	if err := safe(info, path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("vault: read key file: %w", err)
	}
	defer f.Close()
	// And again: the file that was opened is the one that counts.
	if info, err = f.Stat(); err != nil {
		return nil, fmt.Errorf("vault: read key file: %w", err)
	}
	if err := safe(info, path); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("vault: read key file: %w", err)
	}
	return b, nil
}

func safe(info fs.FileInfo, path string) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is not an ordinary file", ErrUnsafe, path)
	}
	// Windows keeps access lists; the mode says nothing there.
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&unsafeMode != 0 {
		return fmt.Errorf("%w: %s has mode %04o, want 0400 (or 0440)", ErrUnsafe, path, mode)
	}
	return nil
}

// writeAll writes b to f, durably, and closes it.
func writeAll(f *os.File, b []byte, mode fs.FileMode) error {
	_, err := f.Write(b)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes a new name in dir durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // its folders cannot be synced
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
