package adapters

import (
	"strings"

	"github.com/meldroute/meldroute/config/private"
)

// Values is what was filled in, by the name of the field.
type Values map[string][]private.Text

// Text returns the first value of a field, without the spaces around it; empty
// when there is none.
func (v Values) Text(name string) private.Text {
	if len(v[name]) == 0 {
		return private.Text{}
	}
	return private.New(strings.TrimSpace(v[name][0].Reveal()))
}

// One is Text as a string, for options and dates.
func (v Values) One(name string) string { return v.Text(name).Reveal() }

// Many returns all values of a field, for options.
func (v Values) Many(name string) []string {
	var out []string
	for _, x := range v[name] {
		out = append(out, x.Reveal())
	}
	return out
}
