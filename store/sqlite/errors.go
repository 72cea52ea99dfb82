package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

// fail makes the error of an act from a database error, by its result code
// (https://www.sqlite.org/rescode.html). SQLite's own text is left out, since
// it may quote what was stored.
func fail(act string, err error) error {
	var e *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		if down(e.Code()) {
			return fmt.Errorf("sqlite: %s: %s: %w", act, name(e.Code()), store.ErrDown)
		}
		return fmt.Errorf("sqlite: %s: %s", act, name(e.Code()))
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("sqlite: %s: %w: %w", act, context.DeadlineExceeded, store.ErrDown)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("sqlite: %s: %w", act, context.Canceled)
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, driver.ErrBadConn):
		return fmt.Errorf("sqlite: %s: the connection is closed: %w", act, store.ErrDown)
	case errors.Is(err, drive.ErrValue):
		return fmt.Errorf("sqlite: %s: %w", act, err)
	}
	return fmt.Errorf("sqlite: %s: failed with %T", act, err)
}

// down says whether a result code is about the database and not about the
// statement.
func down(code int) bool {
	switch code & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_FULL, lib.SQLITE_IOERR,
		lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_NOMEM,
		lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_PROTOCOL, lib.SQLITE_INTERRUPT,
		lib.SQLITE_NOLFS:
		return true
	}
	return false
}

// occupied says whether somebody else was in the way.
func occupied(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == lib.SQLITE_BUSY || e.Code()&0xff == lib.SQLITE_LOCKED)
}

// name is the name of a result code, for logs.
func name(code int) string {
	if s, ok := sqlite.ErrorCodeString[code]; ok {
		return s
	}
	if s, ok := sqlite.ErrorCodeString[code&0xff]; ok {
		return fmt.Sprintf("%s, code %d", s, code)
	}
	return fmt.Sprintf("code %d", code)
}
