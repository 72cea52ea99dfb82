package slacktest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Payload is something that an app sends to Slack.
type Payload struct {
	Name string `json:"name"` // for who reads what is wrong with it
	// Type is what it is in @slack/types or @slack/web-api, or TypeAnswer.
	Type string          `json:"type"`
	Body json.RawMessage `json:"body"`
}

// Types of payloads. TypeAnswer is what comes with an acknowledgement; Slack has
// no type for it.
const (
	TypeView     = "ModalView"
	TypePost     = "ChatPostMessageArguments"
	TypeManifest = "AppsManifestValidateArguments"
	TypeAnswer   = "Answer"
)

// leastLimits is how many limits the comments of a modal's types hold at least:
// with fewer, their sentences are no longer understood.
const leastLimits = 90

// ErrNoTypes says that Node, or Slack's types, are not installed.
var ErrNoTypes = errors.New("no Slack types here: install Node 20 and `npm ci --ignore-scripts --prefix adapters/slack/slacktest/schema`")

// Refused is what Slack's own types and their comments say against payloads, by
// name: where and why, without what they say.
func Refused(ctx context.Context, payloads []Payload) (map[string][]string, error) {
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Join(filepath.Dir(file), "schema")
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "node_modules"))
	}
	if err != nil {
		return nil, ErrNoTypes
	}
	var in, out, wrong bytes.Buffer
	to := json.NewEncoder(&in)
	for _, p := range payloads {
		if err := to.Encode(p); err != nil {
			return nil, fmt.Errorf("slacktest: %s: %w", p.Name, err)
		}
	}
	cmd := exec.CommandContext(ctx, node, filepath.Join(dir, "check.mjs"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &wrong
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("slacktest: check.mjs: %w\n%s", err, &wrong)
	}
	from := json.NewDecoder(&out)
	var found struct{ Limits int }
	if err := from.Decode(&found); err != nil || found.Limits < leastLimits {
		return nil, fmt.Errorf("slacktest: the comments hold %d limits, want at least %d (%w)", found.Limits, leastLimits, err)
	}
	all := map[string][]string{}
	for from.More() {
		var r struct {
			Name  string
			Wrong []string
		}
		if err := from.Decode(&r); err != nil {
			return nil, fmt.Errorf("slacktest: check.mjs: %w", err)
		}
		all[r.Name] = append(all[r.Name], r.Wrong...)
	}
	return all, nil
}

// CheckTypes is Refused for a test, which is skipped where there are no types;
// with CI=true it fails.
func CheckTypes(t testing.TB, payloads []Payload) map[string][]string {
	t.Helper()
	all, err := Refused(t.Context(), payloads)
	if errors.Is(err, ErrNoTypes) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// FitTypes fails for every payload that Slack's own types refuse.
func FitTypes(t testing.TB, payloads []Payload) {
	t.Helper()
	for name, wrong := range CheckTypes(t, payloads) {
		t.Errorf("%s: Slack's types say %v", name, wrong)
	}
}
