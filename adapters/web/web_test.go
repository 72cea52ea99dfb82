package web_test

import (
	"testing"

	"github.com/meldroute/meldroute/adapters/adaptertest"
)

// The web chat does what every adapter must do.
func TestAdapter(t *testing.T) {
	t.Parallel()
	adaptertest.Test(t, platform)
}
