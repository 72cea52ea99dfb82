package mattermost_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/mattermost"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
)

// heard is a handler that notes what it was given.
type heard struct {
	mu    sync.Mutex
	texts []string
	ids   map[string]int
	from  []adapters.Message
}

func (h *heard) Early(adapters.Message) *adapters.Reply { return nil }

func (h *heard) Handle(_ context.Context, m adapters.Message) (adapters.Answer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ids == nil {
		h.ids = map[string]int{}
	}
	h.ids[m.ID]++
	h.texts = append(h.texts, m.Text.Reveal())
	h.from = append(h.from, m)
	return adapters.Answer{}, nil
}

func (h *heard) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.texts)
}

// await waits until so many messages were heard, and returns them in order.
func (h *heard) await(t *testing.T, n int) []string {
	t.Helper()
	eventually(t, fmt.Sprintf("%d messages", n), func() bool { return len(h.all()) >= n })
	return h.all()
}

// numbered are n texts, each another.
func numbered(what string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s %d", what, i))
	}
	return out
}

func post(t *testing.T, x *house, who mattermosttest.User, texts ...string) {
	t.Helper()
	direct := x.server.Direct(t, who, x.bot)
	for _, s := range texts {
		x.server.Post(t, who, direct, s)
	}
}

// through makes a house whose way to the server a test can break.
func through(t *testing.T, h adapters.Handler) (*house, *mattermosttest.Link) {
	t.Helper()
	link := mattermosttest.Shared(t).Link(t)
	x := start(t, h, func(o *mattermost.Options) { o.URL = link.URL })
	return x, link
}

// What is posted while the line is down is read once and in order when it is
// back: a few posts, as many as the server keeps for a line, and more than
// that, for which it gives a new one.
func TestLineDropped(t *testing.T) {
	t.Parallel()
	for _, missed := range []int{5, 200, 500} {
		t.Run(fmt.Sprint(missed), func(t *testing.T) {
			t.Parallel()
			h := &heard{}
			x, link := through(t, h)
			post(t, x, x.people[0], "voor")
			h.await(t, 1)
			link.Cut()
			want := append([]string{"voor"}, numbered("weg", missed)...)
			post(t, x, x.people[0], want[1:]...)
			link.Mend()
			h.await(t, len(want))
			post(t, x, x.people[0], "na")
			want = append(want, "na")
			if got := h.await(t, len(want)); !slices.Equal(got, want) {
				t.Errorf("got %d messages in another order than the %d posted", len(got), len(want))
			}
			taken := strings.Contains(x.log.String(), "lost=false")
			if few := missed <= 200; few != taken {
				t.Errorf("%d missed: the old line was taken up: %v", missed, taken)
			}
		})
	}
}

// What was posted while the bot did not run is read when it does, also by who
// had never spoken to it; what was read already is not read again, and what was
// posted before the bot first ran is not for it.
func TestCatchUp(t *testing.T) {
	t.Parallel()
	h := &heard{}
	x := settle(t, mattermosttest.Shared(t), h, nil)
	post(t, x, x.people[0], "van vroeger")
	x.run()
	t.Cleanup(func() { _ = x.end(); x.quiet() })
	post(t, x, x.people[0], "een")
	h.await(t, 1)
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	first, second := numbered("eerste", 250), numbered("tweede", 230) // more than one page
	post(t, x, x.people[0], first...)
	post(t, x, x.people[1], second...)
	x.run()
	got := h.await(t, 481)
	for who, want := range map[string][]string{"eerste": first, "tweede": second} {
		in := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return !strings.HasPrefix(s, who) })
		if !slices.Equal(in, want) {
			t.Errorf("%s: got %d in another order than the %d posted", who, len(in), len(want))
		}
	}
	if slices.Contains(got, "van vroeger") || len(got) != 481 {
		t.Errorf("got %d messages, want 481 and nothing from before", len(got))
	}
}

// Where the post that was read last is gone for good, what came after it is
// read all the same, once.
func TestCatchUpWithoutAnchor(t *testing.T) {
	t.Parallel()
	h := &heard{}
	x := start(t, h, nil)
	direct := x.server.Direct(t, x.people[0], x.bot)
	x.server.Post(t, x.people[0], direct, "een")
	last := x.server.Post(t, x.people[0], direct, "twee")
	h.await(t, 2)
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	if n := x.server.Count(t, `WITH gone AS (DELETE FROM posts WHERE id = $1 RETURNING 1) SELECT count(*) FROM gone`, last.Id); n != 1 {
		t.Fatalf("%d posts deleted", n)
	}
	x.server.Post(t, x.people[0], direct, "drie")
	x.run()
	if got, want := h.await(t, 3), []string{"een", "twee", "drie"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// More than can wait is read later, in order, and none of it is lost.
func TestFlood(t *testing.T) {
	t.Parallel()
	h := &heard{}
	var once sync.Once
	release := make(chan struct{})
	x := start(t, slow{h, func() { once.Do(func() { <-release }) }}, nil)
	want := numbered("veel", 450)
	post(t, x, x.people[0], want...)
	close(release)
	if got := h.await(t, len(want)); !slices.Equal(got, want) {
		t.Errorf("got %d messages in another order than the %d posted", len(got), len(want))
	}
}

// What could not be taken is handled before what the same person posts after it,
// once, and he reads that it failed, and later that it did not after all.
func TestFailedComesFirst(t *testing.T) {
	t.Parallel()
	h := &heard{}
	fails := &failing{heard: h, down: true}
	x := start(t, fails, nil)
	tab := openTab(t, x, x.people[0])
	tab.post("een")
	eventually(t, "the first fails", func() bool { return fails.tries() > 0 })
	tab.post("twee")
	eventually(t, "he reads that it failed", func() bool {
		return strings.Count(strings.Join(x.texts(t, tab.channel), " "), "That did not work.") == 2
	})
	fails.up()
	if got := h.await(t, 2); !slices.Equal(got, []string{"een", "twee"}) {
		t.Errorf("got %q", got)
	}
	eventually(t, "he reads that it did work", func() bool {
		return slices.Equal(x.texts(t, tab.channel), []string{"It did work after all.", "It did work after all."})
	})
	tab.post("drie")
	if got := h.await(t, 3); !slices.Equal(got, []string{"een", "twee", "drie"}) {
		t.Errorf("got %q", got)
	}
}

// What could not be taken before the bot stopped is read when it runs again,
// also when more was posted since.
func TestFailedSurvivesTheEnd(t *testing.T) {
	t.Parallel()
	h := &heard{}
	fails := &failing{heard: h, down: true}
	x := start(t, fails, nil)
	tab := openTab(t, x, x.people[0])
	tab.post("een")
	eventually(t, "he reads that it failed", func() bool { return len(x.texts(t, tab.channel)) == 1 })
	eventually(t, "the bot saw its own post", func() bool { return fails.tries() > 1 })
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	fails.up()
	x.run()
	if got := h.await(t, 1); !slices.Equal(got, []string{"een"}) {
		t.Errorf("got %q", got)
	}
}

// failing takes nothing as long as it is down.
type failing struct {
	*heard
	mu    sync.Mutex
	down  bool
	tried int
}

func (f *failing) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	f.mu.Lock()
	f.tried++
	down := f.down
	f.mu.Unlock()
	if down {
		return adapters.Answer{}, adaptertest.ErrMemory
	}
	return f.heard.Handle(ctx, m)
}

func (f *failing) tries() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tried
}

func (f *failing) up() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = false
}

// slow waits before it hears.
type slow struct {
	*heard
	wait func()
}

func (s slow) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	s.wait()
	return s.heard.Handle(ctx, m)
}

// A server that starts again is found again, and nothing is lost; a token that
// is revoked ends the run, and is told apart from a server that is away.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	s := mattermosttest.Start(t)
	h := &heard{}
	x := settle(t, s, h, nil)
	x.run()
	t.Cleanup(func() { _ = x.end(); x.quiet() })
	post(t, x, x.people[0], "een")
	h.await(t, 1)
	s.Kill()
	s.Restart(t)
	post(t, x, x.people[0], "twee")
	if got := h.await(t, 2); !slices.Equal(got, []string{"een", "twee"}) {
		t.Errorf("got %q", got)
	}
	if err := x.adapter.Send(t.Context(), address(x.people[0]), adapters.Reply{Key: "a", Text: "drie"}); err != nil {
		t.Errorf("send after the restart: %v", err)
	}
}

func TestTokenRevoked(t *testing.T) {
	t.Parallel()
	x := settle(t, mattermosttest.Shared(t), &heard{}, nil)
	x.run()
	tokens, _, err := x.server.Admin.Client.GetUserAccessTokensForUser(t.Context(), x.bot.Id, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if _, err := x.server.Admin.Client.RevokeUserAccessToken(t.Context(), token.Id); err != nil {
			t.Fatal(err)
		}
	}
	err = x.adapter.Send(t.Context(), address(x.people[0]), adapters.Reply{Key: "a", Text: "een"})
	if !errors.Is(err, mattermost.ErrToken) {
		t.Errorf("send: got %v, want ErrToken", err)
	}
	if err := x.wait(); !errors.Is(err, mattermost.ErrToken) {
		t.Errorf("run: got %v, want ErrToken", err)
	}
	// Also at the start, without trying for ever.
	a, err := mattermost.New(x.options())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := a.Run(ctx, discard{}); !errors.Is(err, mattermost.ErrToken) {
		t.Errorf("run: got %v, want ErrToken", err)
	}
	x.quiet()
}
