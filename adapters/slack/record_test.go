package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

// recorded is what the adapter sends in all tests of this package.
var recorded = &record{sent: map[string]slacktest.Payload{}}

// record keeps of all payloads of one shape the first.
type record struct {
	tests *testing.M
	mu    sync.Mutex
	sent  map[string]slacktest.Payload
}

func (r *record) keep(p slacktest.Payload) {
	var body any
	if err := json.Unmarshal(p.Body, &body); err != nil {
		body = err.Error()
	}
	key := fmt.Sprint(p.Type, shape("", body))
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.sent[key]; !ok {
		p.Name = fmt.Sprint(p.Name, " ", len(r.sent))
		r.sent[key] = p
	}
}

// shape is a payload with the length of each text in its place: what a type and
// a limit can see of it.
func shape(key string, v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for k, x := range v {
			out[k] = shape(k, x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = shape(key, x)
		}
		return out
	case string:
		if key != "type" && key != "style" && key != "response_action" {
			return len(v)
		}
	}
	return v
}

// Run runs all tests, and then holds what was sent against Slack's own types.
func (r *record) Run() int {
	code := r.tests.Run()
	if code != 0 || len(r.sent) == 0 {
		return code
	}
	wrong, err := slacktest.Refused(context.Background(), slices.Collect(maps.Values(r.sent)))
	switch {
	case errors.Is(err, slacktest.ErrNoTypes) && os.Getenv("CI") != "true":
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for name, why := range wrong {
		fmt.Fprintf(os.Stderr, "%s: Slack's types say %v\n", name, why)
		code = 1
	}
	return code
}
