package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the database/sql driver "sqlite"

	"github.com/meldroute/meldroute/store"
)

// busy is how long a connection waits for another process's commit.
const busy = 5 * time.Second

// dsn is the URI of the database with the settings of one connection.
// synchronous=FULL makes a commit durable in WAL mode, and secure_delete writes
// zeroes over what is erased (DESIGN 5).
func dsn(path string, read bool) string {
	q := url.Values{}
	q.Set("_busy_timeout", strconv.FormatInt(busy.Milliseconds(), 10))
	q.Set("_synchronous", "FULL")
	q.Set("_foreign_keys", "ON")
	q.Set("_txlock", "immediate")
	q.Set("_dqs", "0")
	q.Add("_pragma", "secure_delete(1)")
	q.Add("_pragma", "temp_store(2)") // memory: no content in temporary files
	if read {
		q.Set("_query_only", "1")
	} else {
		q.Set("_journal_mode", "WAL")
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	return u.String()
}

// prepare makes the folder and an empty file that only we can read; SQLite
// gives the files beside it the same mode. A file that exists is never opened
// here: closing it would drop the locks that SQLite holds on it (POSIX).
func prepare(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("sqlite: make the folder of the database: %w", errors.Join(err, store.ErrDown))
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	switch {
	case err == nil:
		err = f.Close()
	case errors.Is(err, fs.ErrExist):
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		return fmt.Errorf("sqlite: make the database: %w", errors.Join(err, store.ErrDown))
	}
	return nil
}

// serve takes the lock that keeps other serving processes out.
func serve(path string) (*flock.Flock, error) {
	l := flock.New(path+".lock", flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("sqlite: lock the database: %w", errors.Join(err, store.ErrDown))
	}
	if !ok {
		return nil, ErrBusy
	}
	return l, nil
}

// guard takes the lock under which a database is made and migrated.
func guard(ctx context.Context, path string) (*flock.Flock, error) {
	l := flock.New(path+".open", flock.SetPermissions(0o600))
	if ok, err := l.TryLockContext(ctx, 5*time.Millisecond); err != nil || !ok {
		return nil, fmt.Errorf("sqlite: wait for another process to migrate: %w", errors.Join(err, store.ErrDown))
	}
	return l, nil
}
