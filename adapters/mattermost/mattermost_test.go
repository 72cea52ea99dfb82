package mattermost_test

import (
	"testing"

	"github.com/meldroute/meldroute/adapters/adaptertest"
)

// The chat of a Mattermost server does what every adapter must do, with a way
// in for buttons and dialogs.
func TestAdapter(t *testing.T) {
	t.Parallel()
	adaptertest.Test(t, platform(callback))
}

// It does without one too: everything is typed, or chosen with a reaction.
func TestAdapterWithoutCallback(t *testing.T) {
	t.Parallel()
	adaptertest.Test(t, platform(nil))
}
