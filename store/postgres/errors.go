package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

// SQLSTATEs that mean something to us, from appendix A of PostgreSQL's manual.
const (
	stateDivision    = "22012" // how a guard fails; see guard
	stateSerialise   = "40001"
	stateDeadlock    = "40P01"
	stateChanged     = "0A000" // a prepared statement from before a migration
	stateForgotten   = "26000" // a prepared statement that the server has not
	stateLockTimeout = "55P03"
	stateIdle        = "25P03"
	stateReadOnly    = "25006" // a standby: nothing can be written here
)

var (
	// errAgain says that nothing was written and that the same may go well at
	// once: PostgreSQL chose this turn to end a deadlock, or a statement must
	// be prepared anew, which pgx does next time.
	errAgain = fmt.Errorf("to be tried again: %w", store.ErrConflict)
	// errUnknown says that a commit was sent and its answer lost.
	errUnknown = fmt.Errorf("the answer to a commit is lost, it may be written or not: %w", store.ErrDown)
	// errUnfit says that pgx could not write a value as the type of its
	// column, or not read it.
	errUnfit = fmt.Errorf("a value does not fit: %w", drive.ErrValue)
)

func isUnknown(err error) bool { return errors.Is(err, errUnknown) }

// fail makes the error of an act from an error of pgx, by its SQLSTATE.
// PostgreSQL's and pgx's own texts are left out, since they quote values.
func fail(act string, err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pg):
		return fmt.Errorf("postgres: %s: %w", act, state(pg))
	case errors.Is(err, drive.ErrValue):
		return fmt.Errorf("postgres: %s: %w", act, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("postgres: %s: %w: %w", act, context.DeadlineExceeded, store.ErrDown)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("postgres: %s: %w", act, context.Canceled)
	}
	return fmt.Errorf("postgres: %s: no connection (%T): %w", act, err, store.ErrDown)
}

// state is an error of the server without its text. Names of constraints and
// tables are ours.
func state(pg *pgconn.PgError) error {
	at := "SQLSTATE " + pg.Code
	if pg.TableName != "" || pg.ConstraintName != "" {
		at += fmt.Sprintf(" (table %q, constraint %q)", pg.TableName, pg.ConstraintName)
	}
	switch pg.Code {
	case stateSerialise, stateDeadlock, stateChanged, stateForgotten:
		return fmt.Errorf("%s: %w", at, errAgain)
	case stateLockTimeout, stateIdle, stateReadOnly:
		return fmt.Errorf("%s: %w", at, store.ErrDown)
	}
	if len(pg.Code) != 5 {
		return fmt.Errorf("%s: %w", at, store.ErrDown)
	}
	switch pg.Code[:2] {
	case "08", // connection
		"28", "3D", // refused, no such database
		"53", // out of space, memory, connections
		"57", // cancelled by a timeout, shut down
		"58", // input and output
		"XX": // internal, data corrupted
		return fmt.Errorf("%s: %w", at, store.ErrDown)
	}
	return errors.New(at)
}
