package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/storetest"
)

// The store keeps its promises on SQLite.
func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Test(t, func(t *testing.T) storetest.Place {
		dir := filepath.Join(t.TempDir(), "data")
		return storetest.Place{Dir: dir, Open: func() store.Driver {
			db, err := sqlite.Open(t.Context(), filepath.Join(dir, "bot.db"))
			if err != nil {
				t.Error(err)
				return nil
			}
			return db
		}}
	})
}
