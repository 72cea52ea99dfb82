package config_test

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// woerden.yaml is a document: every group and every value outside a list has a
// comment, and every telephone number is marked as to be confirmed.
func TestDefaultIsDocumented(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("woerden.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	commented(t, doc.Content[0], "")
	for i, line := range strings.Split(string(b), "\n") {
		number := strings.Contains(line, "number: 0") || strings.Contains(line, "number: \"\"") || strings.Contains(line, "phone: 0")
		if number && !strings.Contains(line, "te bevestigen") {
			t.Errorf("line %d has a number that is not marked", i+1)
		}
	}
}

func commented(t *testing.T, n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		name := strings.TrimPrefix(key+"."+k.Value, ".")
		if k.HeadComment+k.LineComment+v.HeadComment+v.LineComment == "" {
			t.Errorf("line %d: %s has no comment", k.Line, name)
		}
		// The entries of these, and of what stands on one line, are explained together.
		if v.Kind == yaml.MappingNode && v.Style&yaml.FlowStyle == 0 && !strings.Contains(" partners helplines doors name ", " "+k.Value+" ") {
			commented(t, v, name)
		}
	}
}
