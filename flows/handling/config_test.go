package handling_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/flows/handling"
)

// The partners of these tests are those of the default configuration, with the
// same word on who of them is police; and every id that the default parameters
// name is one of the configuration's.
func TestDefaultsAreThoseOfTheConfiguration(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../config/woerden.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, list, ok := strings.Cut(string(b), "\npartners:\n")
	if !ok {
		t.Fatal("there are no partners")
	}
	list, _, _ = strings.Cut(list, "\nhelplines:")
	var got []handling.Partner
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z_]+):\n(?:    .*\n)*?    police: (true|false)`).FindAllStringSubmatch(list, -1) {
		got = append(got, handling.Partner{Code: m[1], Police: m[2] == "true"})
	}
	if len(got) != len(partners()) {
		t.Errorf("the configuration has %d partners, the tests %d", len(got), len(partners()))
	}
	for _, p := range partners() {
		if !slices.ContainsFunc(got, func(x handling.Partner) bool { return x.Code == p.Code && x.Police == p.Police }) {
			t.Errorf("%s is another one in the configuration", p.Code)
		}
	}
	p := params()
	ids := slices.Concat(p.Sexual, p.Labour, p.Criminal, p.Bibob, p.Attention, p.LivesAtWork, p.NotVictim, p.Suspect, p.Victim, p.Health, p.Work)
	for _, a := range p.Ages {
		ids = append(ids, a.ID)
	}
	for _, id := range ids {
		if !regexp.MustCompile(`\bid: "?` + id + `\b`).Match(b) {
			t.Errorf("%s is not in the configuration", id)
		}
	}
}
