package mattermosttest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/gofrs/flock"
)

// binary is the path of the built server. It is kept, for as long as the
// module does not change, in the user's cache, where a lock makes test binaries
// that run side by side share one build. Without its sources, and no way to
// fetch them, the test is skipped, and fails when CI is "true".
func binary(t testing.TB) string {
	t.Helper()
	path, err := built()
	if errors.Is(err, errNotFetched) && os.Getenv("CI") != "true" {
		t.Skipf("%v: go mod download in adapters/mattermost/testserver needs a network, once", err)
	}
	if err != nil {
		t.Fatalf("build the Mattermost server: %v", err)
	}
	return path
}

var errNotFetched = errors.New("the sources of the Mattermost server are not here")

var built = sync.OnceValues(build)

func build() (string, error) {
	root, err := run(".", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	module := filepath.Join(filepath.Dir(root), "adapters", "mattermost", "testserver")
	sum := sha256.New()
	sum.Write([]byte(runtime.Version() + runtime.GOOS + runtime.GOARCH))
	for _, name := range []string{"go.mod", "go.sum", "main.go"} {
		b, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", err
		}
		sum.Write(b)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	folder := filepath.Join(cache, "meldroute")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(folder, fmt.Sprintf("mattermost-%x", sum.Sum(nil)[:8]))
	lock := flock.New(path + ".lock")
	if err := lock.Lock(); err != nil {
		return "", err
	}
	defer lock.Close()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	if _, err := run(module, "list", "-deps", "."); err != nil {
		return "", fmt.Errorf("%w: %w", errNotFetched, err)
	}
	// It finds its texts and templates in the module cache, by the paths that
	// -trimpath would take away.
	if _, err := run(module, "build", "-trimpath=false", "-o", path+".new", "."); err != nil {
		return "", err
	}
	return path, os.Rename(path+".new", path)
}

// run runs the go command in a folder and returns what it says.
func run(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("go %s: %w: %s", args[0], err, exit.Stderr)
	}
	return string(out), err
}
