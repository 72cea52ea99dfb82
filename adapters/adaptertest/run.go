package adaptertest

import (
	"slices"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// Posts survive a restart, in order, and tabs that were open go on.
func testRestart(t *testing.T, open Open) {
	b := &bot{}
	p := open(t, b)
	at, tab := p.People[0], p.Tab(t, p.People[0])
	send(t, p.Adapter, at, adapters.Reply{Key: "a", Text: "vraag"})
	send(t, p.Adapter, at, adapters.Reply{Key: "b", Text: "twee"})
	send(t, p.Adapter, at, adapters.Reply{Key: "c", Over: "a", Text: "een", Quiet: true})
	tab.Await("what was before", func(v View) bool { return len(v.Posts) == 2 && v.Posts[0].Text == "een" })
	a := p.Restart(t)
	send(t, a, at, adapters.Reply{Key: "a", Text: "vraag"}) // repeated after a crash
	send(t, a, at, adapters.Reply{Key: "b", Text: "twee"})
	send(t, a, at, adapters.Reply{Key: "d", Text: "drie"})
	want := []string{"een", "twee", "drie"}
	for name, tab := range map[string]Tab{"an open tab": tab, "a new tab": p.Tab(t, at)} {
		if got := texts(tab.Await(name, sees("drie"))); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		tab.Type("hallo")
	}
	if n := len(b.messages()); n != 2 {
		t.Errorf("after the restart %d messages came, want 2", n)
	}
}

// Run ends with its context, without an error, also while tabs are open.
func testStop(t *testing.T, open Open) {
	p := open(t, &bot{})
	p.Tab(t, p.People[0]).Await("anything", func(View) bool { return true })
	done := make(chan error, 1)
	go func() { done <- p.Stop() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("run: %v", err)
		}
	case <-time.After(patience):
		t.Error("run did not end")
	}
}
