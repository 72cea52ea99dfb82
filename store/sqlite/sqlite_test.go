package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/storetest"
)

// SQLite keeps the contract of a driver.
func TestDriver(t *testing.T) {
	t.Parallel()
	storetest.TestDriver(t, func(t *testing.T) func() store.Driver {
		path := filepath.Join(t.TempDir(), "data", "bot.db")
		return func() store.Driver {
			db, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return nil
			}
			return db
		}
	})
}
