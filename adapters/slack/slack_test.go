package slack_test

import (
	"testing"

	"github.com/meldroute/meldroute/adapters/adaptertest"
)

// Slack does what every adapter must do, whichever way acts come in.
func TestAdapter(t *testing.T) {
	t.Parallel()
	for name, http := range map[string]bool{"Socket": false, "HTTP": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			adaptertest.Test(t, platform(http))
		})
	}
}
