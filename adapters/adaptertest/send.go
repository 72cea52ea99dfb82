package adaptertest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters"
)

// Two sends with one key are one post; other content under the key changes it
// in its place.
func testSend(t *testing.T, open Open) {
	p := open(t, &bot{})
	at, tab := p.People[0], p.Tab(t, p.People[0])
	send(t, p.Adapter, at, adapters.Reply{Key: "a", Text: "een", Choices: []adapters.Choice{{Token: "token-a", Label: "Ja", Key: "1"}}})
	send(t, p.Adapter, at, adapters.Reply{Key: "a", Text: "een", Choices: []adapters.Choice{{Token: "token-a", Label: "Ja", Key: "1"}}})
	send(t, p.Adapter, at, adapters.Reply{Key: "b", Text: "twee"})
	v := tab.Await("both posts", sees("twee"))
	if diff := cmp.Diff([]Post{{Text: "een", Choices: []string{"Ja"}}, {Text: "twee"}}, v.Posts); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
	send(t, p.Adapter, at, adapters.Reply{Key: "a", Text: "een, opnieuw"})
	v = tab.Await("the change", func(v View) bool { return v.Posts[0].Text == "een, opnieuw" })
	if got, want := texts(v), []string{"een, opnieuw", "twee"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if other := p.Tab(t, p.People[1]).Await("anything", func(View) bool { return true }); len(other.Posts) != 0 {
		t.Errorf("another person sees %d posts", len(other.Posts))
	}
}

// What was sent is not sent again under its key, and everyone gets his own.
func testOnce(t *testing.T, open Open) {
	p := open(t, &bot{})
	for _, r := range []adapters.Reply{{Key: "a", Text: "een"}, {Key: "a", Text: "een"}, {Key: "b", Text: "twee"}, {Key: "a", Text: "een"}} {
		send(t, p.Adapter, p.People[0], r)
	}
	send(t, p.Adapter, p.People[1], adapters.Reply{Key: "a", Text: "een"})
	for who, want := range map[int][]string{0: {"een", "twee"}, 1: {"een"}} {
		got := texts(p.Tab(t, p.People[who]).Await("what was sent", func(v View) bool { return len(v.Posts) >= len(want) }))
		if !slices.Equal(got, want) {
			t.Errorf("person %d: got %q, want %q", who, got, want)
		}
	}
}

// A reply over an earlier one takes its place, and what it replaced does not
// come back. Over something unknown it is shown anew, and that does not come any
// more: where several replicas work its own send may be late.
func testOver(t *testing.T, open Open) {
	p := open(t, &bot{})
	at, tab := p.People[0], p.Tab(t, p.People[0])
	for _, r := range []adapters.Reply{
		{Key: "a", Text: "vraag"}, {Key: "b", Text: "daarna"},
		{Key: "c", Over: "a", Text: "antwoord", Quiet: true},
		{Key: "a", Text: "vraag"},                            // a retry that comes late
		{Key: "c", Over: "a", Text: "antwoord", Quiet: true}, // and again
		{Key: "d", Over: "c", Text: "veranderd", Quiet: true},
		{Key: "e", Over: "traag", Text: "nieuw"},
		{Key: "traag", Text: "een vraag die voorbij is"},
		{Key: "a", Text: "vraag"}, // later still
		{Key: "c", Over: "a", Text: "antwoord", Quiet: true},
		{Key: "f", Text: "einde"},
	} {
		send(t, p.Adapter, at, r)
	}
	v := tab.Await("the last post", sees("einde"))
	if diff := cmp.Diff([]Post{{Text: "veranderd", Quiet: true}, {Text: "daarna"}, {Text: "nieuw"}, {Text: "einde"}}, v.Posts); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
}

// An address that nobody has is told apart from a passing failure.
func testGone(t *testing.T, open Open) {
	p := open(t, &bot{})
	for _, to := range []adapters.Address{p.Unknown, adapters.NewAddress("elders", "x"), {}} {
		if err := p.Adapter.Send(t.Context(), to, adapters.Reply{Key: "a", Text: "een"}); !errors.Is(err, adapters.ErrGone) {
			t.Errorf("send to an unknown address: got %v, want ErrGone", err)
		}
	}
}

// What is over the limits is refused, whole, without its text in the error.
func testLimits(t *testing.T, open Open) {
	p := open(t, &bot{})
	l := p.Adapter.Limits()
	if l.Text == 0 || l.Choices == 0 || l.ChoiceLabel == 0 {
		t.Fatalf("limits without a bound on text or choices: %+v", l)
	}
	long := strings.Repeat("é", l.Text)
	err := p.Adapter.Send(t.Context(), p.People[0], adapters.Reply{Key: "long", Text: long + "é"})
	if !errors.Is(err, adapters.ErrUnfit) || strings.Contains(err.Error(), "éé") {
		t.Errorf("over-long text: got %v, want ErrUnfit without the text", err)
	}
	if err := p.Adapter.Send(t.Context(), p.People[0], adapters.Reply{Key: "fits", Text: long}); err != nil {
		t.Errorf("text at the limit: %v", err)
	}
	many := make([]adapters.Choice, l.Choices+1)
	if err := p.Adapter.Send(t.Context(), p.People[0], adapters.Reply{Key: "many", Choices: many}); !errors.Is(err, adapters.ErrUnfit) {
		t.Errorf("too many choices: got %v, want ErrUnfit", err)
	}
}

// hostile is text that would do something on one platform or another.
var hostile = []string{
	`<script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`,
	`"><b onmouseover='x'>`,
	`&lt;b&gt; &amp; {{.Secret}} ${x}`,
	`@channel @here <!channel> <@U0123456>`,
	`[klik](https://evil.example) ![x](https://evil.example/x.png)`,
	`</textarea></div></article>`,
}

// No text can be anything but text: no markup, mention, link or image.
func testHostile(t *testing.T, open Open) {
	p := open(t, &bot{})
	tab := p.Tab(t, p.People[0])
	for _, s := range hostile {
		send(t, p.Adapter, p.People[0], adapters.Reply{Key: s, Text: s, Choices: []adapters.Choice{{Token: "token-" + s[:3], Label: s}}})
		v := tab.Await(s, sees(s))
		if got := v.Posts[len(v.Posts)-1].Choices; !slices.Equal(got, []string{s}) {
			t.Errorf("label: got %q, want %q", got, s)
		}
	}
}
