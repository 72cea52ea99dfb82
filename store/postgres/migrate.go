package postgres

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The version of the schema, as goose writes it down. A database without its
// table is empty.
const (
	sqlVersioned = `SELECT to_regclass('goose_db_version') IS NOT NULL`
	sqlVersion   = `SELECT MAX(version_id) FROM goose_db_version WHERE is_applied`
)

// migrating is the number of the lock under which one replica migrates.
const migrating int64 = 0x6d656c64726f7574

// known are the migrations of this program and the number of the newest.
func known() (fs.FS, int64, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, 0, fmt.Errorf("postgres: find the migrations: %w", err)
	}
	newest, err := drive.Newest(files)
	if err != nil {
		return nil, 0, fmt.Errorf("postgres: %w", err)
	}
	return files, newest, nil
}

// migrate brings the schema up to what this program knows. Replicas that start
// at once wait for the one that migrates; a newer schema is refused.
func migrate(ctx context.Context, cfg *pgx.ConnConfig) error {
	files, newest, err := known()
	if err != nil {
		return err
	}
	cfg = cfg.Copy()
	for _, p := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		cfg.RuntimeParams[p] = "0" // a migration takes the time that it takes
	}
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	has, err := version(ctx, db)
	if err != nil {
		return fail("read the version", err)
	}
	if err := drive.Newer(has, newest); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if has == newest {
		return nil
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker{}), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("postgres: read the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fail(fmt.Sprintf("migrate from version %d to %d", has, newest), err)
	}
	// A newer replica may have been the one that we waited for.
	if has, err = version(ctx, db); err != nil {
		return fail("read the version", err)
	}
	if err := drive.Newer(has, newest); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

func version(ctx context.Context, db *sql.DB) (int64, error) {
	var some bool
	if err := db.QueryRowContext(ctx, sqlVersioned).Scan(&some); err != nil || !some {
		return 0, err
	}
	var v sql.NullInt64
	err := db.QueryRowContext(ctx, sqlVersion).Scan(&v)
	return v.Int64, err
}

// locker waits in the database, where goose's own asks again every second.
type locker struct{}

// SessionLock waits for the lock; it ends with the connection at the latest.
func (locker) SessionLock(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, migrating)
	return err
}

// SessionUnlock gives the lock back.
func (locker) SessionUnlock(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, migrating)
	return err
}

// checkVersion compares what sqlVersion returned with what this program knows.
func checkVersion(rows []store.Rows) error {
	_, newest, err := known()
	if err != nil {
		return err
	}
	var has int64
	if len(rows) == 1 && len(rows[0]) == 1 {
		has, _ = rows[0][0][0].(int64)
	}
	if err := drive.Current(has, newest); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}
