package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters"
)

var errHandler = errors.New("the handler could not")

// What is typed comes with who, where, when and an id of its own.
func testMessage(t *testing.T, open Open) {
	b := &bot{}
	p := open(t, b)
	tab := p.Tab(t, p.People[0])
	tab.Type("hallo")
	tab.Type("ja <b>")
	got := b.messages()
	if len(got) != 2 {
		t.Fatalf("got %d messages, want 2", len(got))
	}
	for i, want := range []string{"hallo", "ja <b>"} {
		m := got[i]
		if m.From != p.People[0] || m.At != p.People[0] || !m.Direct || m.ID == "" || m.Sent.IsZero() {
			t.Errorf("message %d lacks who, where or when: direct %v, sent %v", i, m.Direct, m.Sent)
		}
		if m.Text.Reveal() != want || m.Press != "" || m.Filled != nil {
			t.Errorf("message %d: got text %q, press %q", i, m.Text.Reveal(), m.Press)
		}
	}
	if got[0].ID == got[1].ID {
		t.Error("two messages have one id")
	}
}

// A press delivers the token of its button and nothing else, also for the one
// token that is no secret.
func testPress(t *testing.T, open Open) {
	b := &bot{}
	p := open(t, b)
	tab := p.Tab(t, p.People[0])
	send(t, p.Adapter, p.People[0], adapters.Reply{Key: "q", Text: "vraag", Choices: []adapters.Choice{
		{Token: adapters.TokenDanger, Label: "Nu gevaar", Key: "1", Tone: adapters.ToneDanger},
		{Token: "k3-Zx_9", Label: "Melden", Key: "2", Tone: adapters.ToneMain},
	}})
	tab.Await("the question", sees("vraag"))
	for label, want := range map[string]string{"Melden": "k3-Zx_9", "Nu gevaar": adapters.TokenDanger} {
		tab.Press(label)
		if m := b.last(t); m.Press != want || !m.Text.Empty() || m.Filled != nil || m.From != p.People[0] || !m.Direct {
			t.Errorf("press on %s: got token %q", label, m.Press)
		}
	}
}

// Messages of one person are handed over one at a time, in order; those of
// another person do not wait for them.
func testSerial(t *testing.T, open Open) {
	var mu sync.Mutex
	busy := map[string]int{}
	met := make(chan struct{})
	b := &bot{}
	b.handle = func(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
		mu.Lock()
		busy[m.From.Key()]++
		if busy[m.From.Key()] > 1 {
			t.Error("two messages of one person at once")
		}
		mu.Unlock()
		defer func() {
			mu.Lock()
			busy[m.From.Key()]--
			mu.Unlock()
		}()
		for range 200 { // a chance for what must not happen
			runtime.Gosched()
		}
		switch m.Text.Reveal() {
		case "wacht": // until the other person was heard
			select {
			case <-met:
			case <-time.After(patience):
				t.Error("one person waited for another")
			}
		case "hier":
			close(met)
		}
		return adapters.Answer{}, nil
	}
	p := open(t, b)
	first, other := p.Tab(t, p.People[0]), p.Tab(t, p.People[1])
	var wg sync.WaitGroup
	wg.Go(func() {
		first.Type("wacht")
		for i := range 5 {
			first.Type(fmt.Sprint("n", i))
		}
	})
	for range 5 {
		tab := p.Tab(t, p.People[0])
		wg.Go(func() {
			for i := range 10 {
				tab.Type(fmt.Sprint("m", i))
			}
		})
	}
	wg.Go(func() { other.Type("hier") })
	wg.Wait()
	var order []string
	for _, m := range b.messages() {
		if s := m.Text.Reveal(); m.From == p.People[0] && s[0] == 'n' {
			order = append(order, s)
		}
	}
	if want := []string{"n0", "n1", "n2", "n3", "n4"}; !slices.Equal(order, want) {
		t.Errorf("got order %q, want %q", order, want)
	}
}

// Two tabs of one person show the same dialogue.
func testTabs(t *testing.T, open Open) {
	b := &bot{}
	p := open(t, b)
	b.does(func(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
		return adapters.Answer{}, p.Adapter.Send(ctx, m.At, adapters.Reply{Key: "re-" + m.ID, Text: "antwoord op " + m.Text.Reveal()})
	})
	one, two := p.Tab(t, p.People[0]), p.Tab(t, p.People[0])
	one.Type("een")
	two.Await("the answer to the other tab", sees("antwoord op een"))
	two.Type("twee")
	v := one.Await("the answer to the other tab", sees("antwoord op twee"))
	w := two.Await("the same", sees("antwoord op twee"))
	if diff := cmp.Diff(v, w); diff != "" {
		t.Errorf("tabs differ:\n%s", diff)
	}
}

// A failure is told in words, and the event comes again under the same id.
func testFailure(t *testing.T, open Open) {
	b := &bot{}
	p := open(t, b)
	tab := p.Tab(t, p.People[0])
	b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
		return adapters.Answer{Notice: "Dat lukt nu niet."}, errHandler
	})
	tab.Type("hallo")
	tab.Await("the failure in words", func(v View) bool { return v.Notice == "Dat lukt nu niet." })
	b.does(func(context.Context, adapters.Message) (adapters.Answer, error) { return adapters.Answer{}, errHandler })
	tab.Redeliver()
	tab.Await("words of the adapter's own", func(v View) bool { return v.Notice != "" && v.Notice != "Dat lukt nu niet." })
	b.does(func(context.Context, adapters.Message) (adapters.Answer, error) { panic("geheim") })
	tab.Redeliver()
	b.does(func(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
		return adapters.Answer{Notice: "Gelukt."}, p.Adapter.Send(ctx, m.At, adapters.Reply{Key: m.ID, Text: "welkom"})
	})
	tab.Redeliver()
	tab.Redeliver()
	v := tab.Await("the answer", func(v View) bool { return v.Notice == "Gelukt." && sees("welkom")(v) })
	if len(v.Posts) != 1 {
		t.Errorf("got %d posts, want 1", len(v.Posts))
	}
	all := b.messages()
	for _, m := range all {
		if m.ID != all[0].ID || m.Text.Reveal() != "hallo" {
			t.Error("brought again, it is another event")
		}
	}
}

// What must be read at once is seen while the handler is still at work, and a
// later send of the same key does not show it twice.
func testEarly(t *testing.T, open Open) {
	b := &bot{early: early}
	p := open(t, b)
	tab := p.Tab(t, p.People[0])
	release := make(chan struct{})
	goOn := sync.OnceFunc(func() { close(release) })
	defer goOn()
	b.does(func(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
		<-release
		if err := p.Adapter.Send(ctx, m.At, *early(m)); err != nil {
			return adapters.Answer{}, err
		}
		return adapters.Answer{}, p.Adapter.Send(ctx, m.At, adapters.Reply{Key: "next", Text: "waar?"})
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		tab.Type("SPOED")
	}()
	tab.Await("112 before the handler is done", sees("Bel nu 112."))
	goOn()
	<-done
	v := tab.Await("the question after it", sees("waar?"))
	if got, want := texts(v), []string{"Bel nu 112.", "waar?"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What must be read at once is seen also when handler and memory both fail.
func testEarlyAlone(t *testing.T, open Open) {
	b := &bot{early: early}
	p := open(t, b)
	tab := p.Tab(t, p.People[0])
	b.does(func(context.Context, adapters.Message) (adapters.Answer, error) { return adapters.Answer{}, errHandler })
	p.Break(true)
	tab.Type("SPOED")
	tab.Await("112 and the failure", func(v View) bool { return sees("Bel nu 112.")(v) && v.Notice != "" })
	if err := p.Adapter.Send(t.Context(), p.People[0], adapters.Reply{Key: "x", Text: "x"}); err == nil {
		t.Error("a post that was not kept was called sent")
	}
	p.Break(false)
	tab.Redeliver()
	if v := tab.Await("112", sees("Bel nu 112.")); len(v.Posts) != 1 {
		t.Errorf("112 is shown %d times", len(v.Posts))
	}
}

func early(m adapters.Message) *adapters.Reply {
	if m.Text.Reveal() != "SPOED" {
		return nil
	}
	return &adapters.Reply{Key: "112-" + m.ID, Text: "Bel nu 112.", Urgent: true}
}
