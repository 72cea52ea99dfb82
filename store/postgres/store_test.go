package postgres_test

import (
	"testing"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/postgres"
	"github.com/meldroute/meldroute/store/storetest"
)

// The store keeps its promises on PostgreSQL.
func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Test(t, func(t *testing.T) storetest.Place {
		url := storetest.Postgres(t)
		return storetest.Place{Open: func() store.Driver {
			db, err := postgres.Open(t.Context(), url, postgres.Pool(8))
			if err != nil {
				t.Error(err)
				return nil
			}
			return db
		}}
	})
}
