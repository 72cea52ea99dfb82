//go:build unix

package vault

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives f the owner and group of old, where they differ.
func keepOwner(f *os.File, old fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	want, ok1 := old.Sys().(*syscall.Stat_t)
	got, ok2 := now.Sys().(*syscall.Stat_t)
	if !ok1 || !ok2 || (want.Uid == got.Uid && want.Gid == got.Gid) {
		return nil
	}
	return f.Chown(int(want.Uid), int(want.Gid))
}
