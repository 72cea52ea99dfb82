//go:build !unix

package storetest

import "testing"

// Postgres skips the test: the tests start PostgreSQL on Unix only.
func Postgres(t testing.TB) string {
	t.Helper()
	t.Skip("PostgreSQL is started by the tests on Unix only")
	return ""
}

// SharedPostgres skips the test, as Postgres does.
func SharedPostgres(t testing.TB) string {
	t.Helper()
	return Postgres(t)
}
