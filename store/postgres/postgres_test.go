package postgres_test

import (
	"testing"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/postgres"
	"github.com/meldroute/meldroute/store/storetest"
)

// PostgreSQL keeps the contract of a driver.
func TestDriver(t *testing.T) {
	t.Parallel()
	storetest.TestDriver(t, func(t *testing.T) func() store.Driver {
		url := storetest.Postgres(t)
		return func() store.Driver {
			db, err := postgres.Open(t.Context(), url, postgres.Pool(8))
			if err != nil {
				t.Error(err)
				return nil
			}
			return db
		}
	})
}
