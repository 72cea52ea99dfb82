// Command testserver is a Mattermost server, Team Edition 9.10, for the tests
// of the adapter, which build and start it with adapters/mattermost/mattermosttest.
// It is a module of its own: the server's libraries are many and older, and the
// program has nothing to do with them.
package main

import (
	"os"

	"github.com/mattermost/mattermost/server/v8/cmd/mattermost/commands"

	// The server's own slash commands register themselves.
	_ "github.com/mattermost/mattermost/server/v8/channels/app/slashcommands"
)

func main() {
	if err := commands.Run(os.Args[1:]); err != nil {
		os.Exit(1) //nolint:forbidigo // the one main of this module
	}
}
