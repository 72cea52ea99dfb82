package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/internal/drive"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The version of the schema, as goose writes it down. A database without its
// table is empty.
const (
	sqlVersioned = `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`
	sqlVersion   = `SELECT MAX(version_id) FROM goose_db_version WHERE is_applied = 1`
)

// migrate brings the schema up to what this program knows; the caller keeps
// other processes out. A newer one is refused, since it may mean something else
// by the same tables.
func migrate(ctx context.Context, pool *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("sqlite: find the migrations: %w", err)
	}
	want, err := drive.Newest(files)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	has, err := version(ctx, pool)
	if err != nil {
		return fail("read the version", err)
	}
	if err := drive.Newer(has, want); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if has == want {
		return nil
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, pool, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("sqlite: read the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fail(fmt.Sprintf("migrate from version %d to %d", has, want), err)
	}
	return nil
}

func version(ctx context.Context, pool *sql.DB) (int64, error) {
	var n int64
	if err := pool.QueryRowContext(ctx, sqlVersioned).Scan(&n); err != nil || n == 0 {
		return 0, err
	}
	var v sql.NullInt64
	err := pool.QueryRowContext(ctx, sqlVersion).Scan(&v)
	return v.Int64, err
}

// checkVersion compares what sqlVersion returned with what this program knows.
func checkVersion(rows []store.Rows) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("sqlite: find the migrations: %w", err)
	}
	want, err := drive.Newest(files)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	var has int64
	if len(rows) == 1 && len(rows[0]) == 1 {
		has, _ = rows[0][0][0].(int64)
	}
	if err := drive.Current(has, want); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}
