//go:build unix

package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/meldroute/meldroute/store/vault"
)

func TestOpenDoesNotWaitForAPipe(t *testing.T) {
	t.Parallel()
	// A pipe in place of the key file is refused at once.
	pipe := filepath.Join(t.TempDir(), "keys.json")
	take(t, "make a pipe", syscall.Mkfifo(pipe, 0o400))
	if _, err := vault.Open(pipe); !errors.Is(err, vault.ErrUnsafe) {
		t.Errorf("a pipe: got %v, want ErrUnsafe", err)
	}
}

func TestStepKeepsTheOwner(t *testing.T) {
	t.Parallel()
	// A step taken by root leaves the file to the one who runs the bot.
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	path := keyFile(t)
	take(t, "chown", os.Chown(path, 12345, 12346))
	take(t, "add", vault.Add(path, vault.UseIndex))
	info, err := os.Stat(path)
	take(t, "stat", err)
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 12345 || s.Gid != 12346 || info.Mode() != 0o400 {
		t.Errorf("owner %d:%d, mode %v; want 12345:12346 and 0400", s.Uid, s.Gid, info.Mode())
	}
}
