package web_test

import (
	"slices"
	"testing"

	"github.com/meldroute/meldroute/adapters/adaptertest"
)

// Every text that the package says is there, and none is left over.
func TestTexts(t *testing.T) {
	t.Parallel()
	used := adaptertest.Sources(t, `"(web\.[a-z.]+)"`, "*.go", "templates/*.html")
	used = slices.DeleteFunc(used, func(id string) bool { return id == "web.role." })
	for _, role := range []string{"employee", "officer", "coordinator", "teamcoordinator"} {
		used = append(used, "web.role."+role)
	}
	adaptertest.Texts(t, "web", used)
}
