package adapters

import "context"

// Attacher is the optional ability to send files along with a reply, to people
// who have no page of the bot to fetch them from: mail. Such a file holds
// nothing of a signal: an invitation, masked figures.
type Attacher interface {
	// SendFiles is Send, with files that arrive as they are.
	SendFiles(ctx context.Context, to Address, r Reply, files ...File) error
}
