// Package drive is what the drivers store/sqlite and store/postgres have in
// common: locks by name, the gate that Close waits behind, the four types of
// values, and the numbers of migrations. It runs no statement.
package drive

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"

	"github.com/meldroute/meldroute/store"
)

// ErrValue says that a value is not of a type that both databases keep.
var ErrValue = errors.New("value is not int64, string, []byte or nil")

// Bind checks arguments. Nil bytes become nil; args itself is left as it is.
func Bind(args []any) ([]any, error) {
	out := args
	for i, a := range args {
		switch v := a.(type) {
		case nil, int64, string:
		case []byte:
			if v == nil {
				if &out[0] == &args[0] {
					out = append([]any(nil), args...)
				}
				out[i] = nil
			}
		default:
			return nil, fmt.Errorf("?%d is %T: %w", i+1, a, ErrValue)
		}
	}
	return out, nil
}

// Short is a statement in one line of at most 80 bytes, for errors. Parameters
// are numbers in it, so that it holds no content.
func Short(query string) string {
	query = strings.Join(strings.Fields(query), " ")
	if len(query) > 80 {
		query = strings.ToValidUTF8(query[:77], "") + "…"
	}
	return query
}

// Notices says whether a statement is about notices, so that its commit is
// worth a hint.
func Notices(query string) bool { return strings.Contains(query, "notices") }

// Newest is the number of the newest migration in a folder of files that are
// named 00001_name.sql.
func Newest(migrations fs.FS) (int64, error) {
	files, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("find the migrations: %w", err)
	}
	var newest int64
	for _, f := range files {
		number, _, _ := strings.Cut(f, "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration without a number: %s", f)
		}
		newest = max(newest, n)
	}
	return newest, nil
}

// Newer refuses a database that a newer program has migrated, since the same
// tables may mean something else there.
func Newer(has, knows int64) error {
	if has <= knows {
		return nil
	}
	return fmt.Errorf("the database has migration %d and this program knows up to %d: use a newer program", has, knows)
}

// Current is nil when a database has exactly the migrations that the program
// knows.
func Current(has, knows int64) error {
	if has < knows {
		return fmt.Errorf("the database has migration %d and this program needs %d", has, knows)
	}
	return Newer(has, knows)
}

// Gate counts calls in and out until it is closed. The zero value is open.
type Gate struct {
	mu      sync.RWMutex
	closed  bool
	running sync.WaitGroup
}

// Enter counts a call in, or returns an error that wraps store.ErrDown once the
// gate is closed.
func (g *Gate) Enter() error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return fmt.Errorf("closed: %w", store.ErrDown)
	}
	g.running.Add(1)
	return nil
}

// Leave counts a call out.
func (g *Gate) Leave() { g.running.Done() }

// Close lets nobody in any more and waits until all are out.
func (g *Gate) Close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.running.Wait()
}
