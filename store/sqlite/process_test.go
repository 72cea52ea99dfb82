package sqlite_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
)

// What TestChild does in a process of its own.
const (
	childDoes = "MELDROUTE_TEST_CHILD"
	childPath = "MELDROUTE_TEST_PATH"
)

// child starts this test binary as another process.
func child(t *testing.T, does, path string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), childDoes+"="+does, childPath+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// TestChild is not a test: it is what the other tests start.
func TestChild(t *testing.T) {
	path := os.Getenv(childPath)
	switch os.Getenv(childDoes) {
	case "open":
		db := open(t, path)
		if err := db.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	case "write":
		db := open(t, path, sqlite.Serving())
		// The same event id for all copies of one key: a turn that was
		// acknowledged has an inbox row too.
		var writers sync.WaitGroup
		for w := range 16 {
			writers.Go(func() {
				for i := 0; ; i++ {
					k := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
					u := turn(add(k, make([]byte, 600)))
					u.Once, u.Locks = []byte(k), [][]byte{{byte(w)}}
					if err := db.Turn(t.Context(), u); err != nil {
						t.Error(err)
						return
					}
					fmt.Printf("ack %s\n", k)
				}
			})
		}
		writers.Wait()
	default:
		t.Skip("only in a process that another test starts")
	}
}

// Every turn that was answered before a kill -9 is there afterwards, whole, and
// the next process goes on from there.
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bot.db")
	acked := map[string]bool{}
	for round := range 6 {
		cmd, out := child(t, "write", path)
		left := 1 + rand.IntN(600)
		lines := bufio.NewReader(out)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				break // the last line may be torn
			}
			if k, ok := strings.CutPrefix(strings.TrimSpace(line), "ack "); ok {
				acked[k] = true
			}
			if left--; left == 0 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
		db, err := sqlite.Open(t.Context(), path, sqlite.Serving())
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		got, err := db.Query(t.Context(),
			store.Query{SQL: `SELECT k FROM thing`},
			store.Query{SQL: `SELECT COUNT(*) FROM thing WHERE CAST(k AS BLOB) NOT IN (SELECT key FROM inbox)`},
			store.Query{SQL: `PRAGMA integrity_check`},
		)
		if err != nil {
			t.Fatal(err)
		}
		has := map[string]bool{}
		for _, r := range got[0] {
			has[r[0].(string)] = true
		}
		for k := range acked {
			if !has[k] {
				t.Errorf("round %d: %s was acknowledged and is gone", round, k)
			}
		}
		if half := got[1][0][0]; half != int64(0) {
			t.Errorf("round %d: %v turns are there in half", round, half)
		}
		if whole := got[2][0][0]; whole != "ok" {
			t.Errorf("round %d: %v", round, whole)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d turns were acknowledged", len(acked))
	if len(acked) < 6 {
		t.Error("too few turns to say anything")
	}
}

// Many processes that open a new database at once all find it migrated.
func TestProcessesAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "bot.db")
	cmds := make([]*exec.Cmd, 6)
	for i := range cmds {
		cmds[i], _ = child(t, "open", path)
	}
	for _, c := range cmds {
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	if err := open(t, path).Check(t.Context()); err != nil {
		t.Error(err)
	}
}
