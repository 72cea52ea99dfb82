package store

import (
	"context"
	"errors"
)

// Errors at the seam to a database.
var (
	// ErrDuplicate says that an event was taken before: nothing was written.
	ErrDuplicate = errors.New("store: event was taken before")
	// ErrConflict says that a row was changed by somebody else meanwhile:
	// nothing was written, compute again. Store retries by itself.
	ErrConflict = errors.New("store: changed by somebody else")
	// ErrDown says that the database cannot be reached, is full or did not
	// answer in time: nothing that is known was written.
	ErrDown = errors.New("store: database is not available")
)

// Driver runs statements on one database. It sees ciphertext, keyed hashes and
// what DESIGN calls open columns, and knows no meaning. Its methods are safe
// for concurrent use.
//
// Statements are in the SQL that SQLite and PostgreSQL share, with numbered
// parameters "?1", "?2"; values are int64, string, []byte or nil, times are
// microseconds since 1970 in UTC, truths are 0 and 1.
type Driver interface {
	// Turn runs one durable transaction; see Turn.
	Turn(ctx context.Context, t Turn) error
	// Query runs reads in one snapshot where the database has one, in one
	// round trip, and returns the rows of each.
	Query(ctx context.Context, qs ...Query) ([]Rows, error)
	// Changed gives a hint, now and then, that another replica or this one
	// has committed a notice. Hints may be missing or too many.
	Changed() <-chan struct{}
	// Check says whether the database answers and has the right migrations.
	Check(ctx context.Context) error
	// Close waits for turns that run, then closes. Twice is fine.
	Close() error
}

// Turn is one durable transaction. Turns that name a common lock run one after
// the other, in all replicas; others run side by side. The order is: locks,
// Once, Reads, Compute, the statements it returns, commit.
type Turn struct {
	// Locks are hashes of what the turn works on (a person, a signal).
	Locks [][]byte
	// Once is the keyed hash of the event; when the inbox has it, Turn
	// returns ErrDuplicate and Compute does not run. Nil is no event. Older
	// are the hashes of the same event under keys that are being retired.
	Once  []byte
	Older [][]byte
	// Sealed is kept beside Once: the event's id, for a rotation of keys.
	Sealed []byte
	At     int64 // when the event was taken, for the inbox's pruning
	Reads  []Query
	// Compute is pure, does no I/O, and may run twice. Its error ends the
	// turn unwritten, Once included, and is returned as it is.
	Compute func(rows []Rows) ([]Stmt, error)
}

// Query is one read.
type Query struct {
	SQL  string
	Args []any
}

// Rows are what a Query returned, column by column.
type Rows [][]any

// Stmt is one write.
type Stmt struct {
	SQL  string
	Args []any
	// Want is how many rows it must touch: any other count ends the turn
	// unwritten with ErrConflict. AnyRows takes every count. On PostgreSQL
	// it may only guard rows that a lock of the turn keeps still, or admin
	// turns: the count is looked at before the commit is sent only then.
	Want int64
}

// AnyRows is the Want of a statement that may touch any number of rows.
const AnyRows int64 = -1

// The statements of the inbox, which drivers run for Turn.Once.
const (
	SQLTake  = `INSERT INTO inbox (key, at, sealed) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO NOTHING`
	SQLTaken = `SELECT 1 FROM inbox WHERE key = ?1`
)
