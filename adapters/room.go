package adapters

import "context"

// Watcher is the optional ability of a Handler to be told that who reads a
// place may have changed: somebody came, left or became a guest, or the place
// itself became another. Platforms that tell call it soon after; it may be
// called for nothing.
type Watcher interface {
	// Changed looks at the place afresh. It is called again after an error.
	Changed(ctx context.Context, at Address) error
}
