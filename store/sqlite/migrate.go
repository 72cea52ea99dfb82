package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/meldroute/meldroute/store"
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
	want, err := target()
	if err != nil {
		return err
	}
	has, err := version(ctx, pool)
	if err != nil {
		return fail("read the version", err)
	}
	switch {
	case has == want:
		return nil
	case has > want:
		return newer(has, want)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("sqlite: find the migrations: %w", err)
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

// target is the newest migration that this program knows.
func target() (int64, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, fmt.Errorf("sqlite: find the migrations: %w", err)
	}
	var newest int64
	for _, f := range files {
		number, _, _ := strings.Cut(strings.TrimPrefix(f, "migrations/"), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("sqlite: migration without a number: %s", f)
		}
		newest = max(newest, n)
	}
	return newest, nil
}

// checkVersion compares what sqlVersion returned with what this program knows.
func checkVersion(rows []store.Rows) error {
	want, err := target()
	if err != nil {
		return err
	}
	has, ok := int64(0), false
	if len(rows) == 1 && len(rows[0]) == 1 {
		has, ok = rows[0][0][0].(int64)
	}
	switch {
	case !ok:
		return errors.New("sqlite: the database has no migrations")
	case has > want:
		return newer(has, want)
	case has < want:
		return fmt.Errorf("sqlite: the database has migration %d, this program needs %d", has, want)
	}
	return nil
}

func newer(has, want int64) error {
	return fmt.Errorf("sqlite: the database has migration %d and this program knows up to %d: use a newer program", has, want)
}
