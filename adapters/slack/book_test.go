package slack_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

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

// One replica asks a question while another shows already what came of it: the
// question does not come any more, whichever is first.
func TestReplicasShowNothingLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := start(t, &bot{}, false, nil)
		other, err := slack.New(options(t, x.ws, x.memory))
		if err != nil {
			t.Fatal(err)
		}
		const rounds = 20
		for i := range rounds {
			<-time.After(3 * time.Second) // each replica keeps the pace by itself
			question := adapters.Reply{Key: fmt.Sprint("q", i), Text: "Stap 1"}
			after := adapters.Reply{Key: fmt.Sprint("n", i), Over: question.Key, Text: "Stap 2"}
			done := make(chan error, 2)
			go func() { done <- x.adapter.Send(t.Context(), address(sanne), question) }()
			go func() { done <- other.Send(t.Context(), address(sanne), after) }()
			for range cap(done) {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		}
		posts := x.ws.Posts(sanne)
		if len(posts) != rounds {
			t.Errorf("%d posts, want %d", len(posts), rounds)
		}
		for _, p := range posts {
			if p.Text != "Stap 2" {
				t.Errorf("%q stands there", p.Text)
			}
		}
	})
}
