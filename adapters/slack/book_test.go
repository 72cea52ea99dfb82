package slack_test

import (
	"testing"
	"testing/synctest"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/slack"
)

// Two replicas that owe the same message show it once.
func TestReplicasPostOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := start(t, &bot{}, false, nil)
		other, err := slack.New(options(t, x.ws, x.memory))
		if err != nil {
			t.Fatal(err)
		}
		r := adapters.Reply{Key: "receipt", Text: "Bedankt."}
		for range 3 {
			done := make(chan error, 2)
			for _, a := range []*slack.Adapter{x.adapter, other} {
				go func() { done <- a.Send(t.Context(), address(sanne), r) }()
			}
			for range cap(done) {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		}
		if got := len(x.ws.Posts(sanne)); got != 1 {
			t.Errorf("it stands there %d times, want 1", got)
		}
	})
}
