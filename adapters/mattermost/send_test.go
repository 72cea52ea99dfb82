package mattermost_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mattermost"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
)

// posts are the bot's in a channel, oldest first.
func (x *house) posts(t *testing.T, channel string) []*model.Post {
	t.Helper()
	list, _, err := x.bot.Client.GetPostsForChannel(t.Context(), channel, 0, 200, "", false, false)
	if err != nil {
		t.Fatal(err)
	}
	var out []*model.Post
	for i := len(list.Order) - 1; i >= 0; i-- {
		if p := list.Posts[list.Order[i]]; p.UserId == x.bot.Id && p.Type == "" {
			out = append(out, p)
		}
	}
	return out
}

// texts are what the bot's posts in a channel read.
func (x *house) texts(t *testing.T, channel string) []string {
	t.Helper()
	var out []string
	for _, p := range x.posts(t, channel) {
		out = append(out, plain(p.Message))
	}
	return out
}

func (x *house) direct(t *testing.T, who mattermosttest.User) string {
	t.Helper()
	return x.server.Direct(t, who, x.bot).Id
}

func reply(t *testing.T, a *mattermost.Adapter, to adapters.Address, r adapters.Reply) {
	t.Helper()
	if err := a.Send(t.Context(), to, r); err != nil {
		t.Fatalf("send: %v", err)
	}
}

// A reply stands there once: when the bot stopped between posting it and
// keeping that it did, when the store has forgotten it, and when several
// replicas send it at once.
func TestSendOnce(t *testing.T) {
	t.Parallel()
	x := start(t, discard{}, nil)
	to := address(x.people[0])
	first := adapters.Reply{Key: "a", Text: "een", Choices: []adapters.Choice{{Token: "x", Key: "1", Label: "Ja"}}}
	reply(t, x.adapter, to, first)
	x.memory.Lose("posts/")
	reply(t, x.adapter, to, first)
	over := adapters.Reply{Key: "b", Over: "a", Text: "twee", Quiet: true}
	x.memory.Lose("posts/")
	reply(t, x.adapter, to, over)
	x.memory.Lose("posts/")
	reply(t, x.adapter, to, over)
	var others []*mattermost.Adapter
	for range 3 {
		a, err := mattermost.New(x.options())
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		others = append(others, a)
	}
	var wg sync.WaitGroup
	for i := range 10 {
		for _, a := range others {
			wg.Go(func() {
				r := adapters.Reply{Key: fmt.Sprint("k", i), Text: fmt.Sprint("tekst ", i)}
				if err := a.Send(t.Context(), to, r); err != nil {
					t.Errorf("send: %v", err)
				}
			})
		}
	}
	wg.Wait()
	seen := map[string]int{}
	for _, p := range x.posts(t, x.direct(t, x.people[0])) {
		seen[plain(p.Message)]++
	}
	if len(seen) != 11 || seen["twee"] != 1 {
		t.Errorf("got %d different posts", len(seen))
	}
	for text, n := range seen {
		if n != 1 {
			t.Errorf("%q stands there %d times", text, n)
		}
	}
}

// A question that is answered becomes a stub without choices, in its place. One
// that a person deleted meanwhile is shown anew when there is something new in
// it, and not as a stub.
func TestSendOver(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*mattermost.Options){"buttons": callback, "typed": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := start(t, discard{}, change)
			to := address(x.people[0])
			choices := []adapters.Choice{{Token: "x", Key: "1", Label: "Ja"}, {Token: "y", Label: "Nee", Tone: adapters.ToneMain}}
			reply(t, x.adapter, to, adapters.Reply{Key: "a", Text: "vraag", Choices: choices})
			reply(t, x.adapter, to, adapters.Reply{Key: "b", Text: "ander", Choices: choices})
			before := x.posts(t, x.direct(t, x.people[0]))
			if n := len(before[0].Attachments()); n != 1 {
				t.Fatalf("got %d attachments, want 1", n)
			}
			for _, a := range before[0].Attachments()[0].Actions {
				if a.Integration != nil && a.Integration.URL != "" {
					t.Error("a client sees where a press goes")
				}
			}
			reply(t, x.adapter, to, adapters.Reply{Key: "a.past", Over: "a", Text: "Beantwoord.", Quiet: true})
			after := x.posts(t, x.direct(t, x.people[0]))
			if after[0].Id != before[0].Id || after[0].Message != "Beantwoord." || len(after[0].Attachments()) != 0 {
				t.Errorf("the stub: %q with %d attachments", after[0].Message, len(after[0].Attachments()))
			}
			for _, p := range after {
				if _, err := x.server.Admin.Client.DeletePost(t.Context(), p.Id); err != nil {
					t.Fatal(err)
				}
			}
			reply(t, x.adapter, to, adapters.Reply{Key: "c", Over: "b", Text: "Beantwoord.", Quiet: true})
			reply(t, x.adapter, to, adapters.Reply{Key: "d", Over: "a.past", Text: "nieuw"})
			if got := x.posts(t, x.direct(t, x.people[0])); len(got) != 1 || got[0].Message != "nieuw" {
				t.Errorf("got %d posts, want the new one", len(got))
			}
		})
	}
}

// What changed stands once in the thread of the post that changed, however often
// it is sent and by whom; what replaces nothing has no thread.
func TestSendChange(t *testing.T) {
	t.Parallel()
	x := start(t, discard{}, nil)
	to := address(x.people[0])
	first := adapters.Reply{Key: "card.1", Text: "nieuw", Change: "begin"}
	read := adapters.Reply{Key: "card.2", Over: "card.1", Text: "gelezen", Change: "Gelezen op **maandag**."}
	closed := adapters.Reply{Key: "card.3", Over: "card.2", Text: "dicht", Change: "Afgesloten."}
	for range 2 {
		for _, r := range []adapters.Reply{first, read, closed} {
			reply(t, x.adapter, to, r)
		}
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		x.run()
	}
	got := x.posts(t, x.direct(t, x.people[0]))
	var lines []string
	for _, p := range got[1:] {
		if p.RootId != got[0].Id {
			t.Errorf("%q stands outside the thread", p.Message)
		}
		lines = append(lines, p.Message)
	}
	if want := []string{"Gelezen op **maandag**.", "Afgesloten."}; got[0].Message != "dicht" || got[0].RootId != "" || !slices.Equal(lines, want) {
		t.Errorf("the post reads %q, its thread %q", got[0].Message, lines)
	}
}

// What is urgent has the server's own mark.
func TestSendUrgent(t *testing.T) {
	t.Parallel()
	x := start(t, discard{}, nil)
	reply(t, x.adapter, address(x.people[0]), adapters.Reply{Key: "a", Text: "Bel 112.", Urgent: true})
	p := x.posts(t, x.direct(t, x.people[0]))[0]
	if got := p.GetPriority(); got == nil || got.Priority == nil || *got.Priority != model.PostPriorityUrgent {
		t.Errorf("got priority %v", got)
	}
}

// A text that is longer than a post is split between its paragraphs, with the
// choices under the last part; it is changed as a whole.
func TestSendLong(t *testing.T) {
	t.Parallel()
	x := start(t, discard{}, nil)
	to := address(x.people[0])
	part := strings.Repeat("@", 990)
	long := strings.Join([]string{part, part, part, part}, "\n\n") // each character becomes four bytes of two runes
	x.adapter.Longest(3000)
	reply(t, x.adapter, to, adapters.Reply{Key: "a", Text: long, Choices: []adapters.Choice{{Token: "x", Key: "1", Label: "Ja"}}})
	got := x.posts(t, x.direct(t, x.people[0]))
	if len(got) != 4 || len(got[0].Attachments()) != 0 || len(got[3].Attachments()) != 1 {
		t.Fatalf("got %d posts", len(got))
	}
	for _, p := range got {
		if plain(p.Message) != part {
			t.Errorf("a part of %d characters", len(plain(p.Message)))
		}
	}
	reply(t, x.adapter, to, adapters.Reply{Key: "b", Over: "a", Text: part + "\n\nkort"})
	after := x.posts(t, x.direct(t, x.people[0]))
	if len(after) != 1 || after[0].Id != got[0].Id {
		t.Errorf("got %d posts, want the first one changed and the rest gone", len(after))
	}
}

// Who was deactivated, another bot and the bot's own channel under a wrong name
// are gone: trying again does not help. A channel that the bot was removed from
// may come back.
func TestSendGone(t *testing.T) {
	t.Parallel()
	x := start(t, discard{}, nil)
	gone, bot := x.server.User(t, x.team), x.server.Bot(t, x.team)
	if _, err := x.server.Admin.Client.DeleteUser(t.Context(), gone.Id); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]adapters.Address{
		"deactivated": address(gone), "a bot": address(bot), "no id": adapters.NewAddress("mattermost", "../x"),
		"another channel": adapters.NewAddress("mattermost", x.direct(t, x.people[0])),
	} {
		if err := x.adapter.Send(t.Context(), to, adapters.Reply{Key: "a", Text: "een"}); !errors.Is(err, adapters.ErrGone) {
			t.Errorf("%s: got %v, want ErrGone", name, err)
		}
	}
	if _, err := x.server.Admin.Client.RemoveUserFromChannel(t.Context(), x.channel.Id, x.bot.Id); err != nil {
		t.Fatal(err)
	}
	err := x.adapter.Send(t.Context(), adapters.NewAddress("mattermost", x.channel.Id), adapters.Reply{Key: "a", Text: "een"})
	if err == nil || errors.Is(err, adapters.ErrGone) {
		t.Errorf("removed from the channel: got %v, want an error that may pass", err)
	}
}
