package mattermost_test

import (
	"testing"

	"github.com/meldroute/meldroute/adapters/adaptertest"
)

// Every text that the package says is there, and none is left over.
func TestTexts(t *testing.T) {
	t.Parallel()
	used := adaptertest.Sources(t, `"(mattermost\.[a-z.]+[a-z])"`, "*.go")
	for family, pattern := range map[string]string{ // their names are put before what is said
		"mattermost.typed.": `say\((?:text, )?"([a-z]+)"\)`,
		"mattermost.word.":  `word\((?:text, )?"([a-z]+)"\)`,
	} {
		for _, id := range adaptertest.Sources(t, pattern, "*.go") {
			used = append(used, family+id)
		}
	}
	adaptertest.Texts(t, "mattermost", used)
}
