package slack_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

func bodies(posts []slacktest.Seen) []string {
	var out []string
	for _, p := range posts {
		out = append(out, collapse(p.Body))
	}
	return out
}

// A channel gets one message a second, and a short burst; another does not wait
// for it.
func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := start(t, &bot{}, false, nil)
		began := time.Now()
		for i := range 20 {
			send(t, x.adapter, sanne, adapters.Reply{Key: fmt.Sprint(i), Text: "x"})
		}
		if took := time.Since(began); took < 15*time.Second || took > 20*time.Second {
			t.Errorf("20 messages took %v", took)
		}
		began = time.Now()
		send(t, x.adapter, youssef, adapters.Reply{Key: "a", Text: "x"})
		if took := time.Since(began); took > time.Second {
			t.Errorf("another dialogue waited %v", took)
		}
	})
}

// After a 429 the adapter waits as long as Slack says; who has not that long is
// told at once, and nothing is posted twice.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := start(t, &bot{}, false, nil)
		x.ws.RateLimit("chat.postMessage", 30*time.Second)
		began := time.Now()
		send(t, x.adapter, sanne, adapters.Reply{Key: "a", Text: "een"})
		if took := time.Since(began); took < 30*time.Second || took > 40*time.Second {
			t.Errorf("it took %v", took)
		}
		x.ws.RateLimit("chat.postMessage", time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began = time.Now()
		if x.adapter.Send(ctx, address(sanne), adapters.Reply{Key: "b", Text: "twee"}) == nil || time.Since(began) > time.Second {
			t.Errorf("with 5 s to go it waited %v", time.Since(began))
		}
		calls := x.ws.Calls("chat.postMessage")
		if x.adapter.Send(ctx, address(youssef), adapters.Reply{Key: "c", Text: "drie"}) == nil || x.ws.Calls("chat.postMessage") != calls {
			t.Error("the method was called while Slack asked to wait")
		}
		<-time.After(time.Minute)
		send(t, x.adapter, sanne, adapters.Reply{Key: "b", Text: "twee"})
		if got := bodies(x.ws.Posts(sanne)); !slices.Equal(got, []string{"een", "twee"}) {
			t.Errorf("got %q", got)
		}
	})
}

// When Slack did post and its answer was lost, the next try finds the message
// and posts nothing: in this process, in the next, under a new token, and with
// much posted since.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		token := slacktest.BotToken
		x := start(t, &bot{}, false, func(o *slack.Options) { o.BotToken = token })
		for _, key := range []string{"same process", "next process", "new token"} {
			x.ws.Lose("chat.postMessage", 1)
			r := adapters.Reply{Key: key, Text: key}
			if x.adapter.Send(t.Context(), address(sanne), r) == nil {
				t.Fatal("a lost answer was called sent")
			}
			for i := range 5 {
				send(t, x.adapter, sanne, adapters.Reply{Key: fmt.Sprint(key, i), Text: "daarna"})
			}
			if key == "new token" {
				token = "xoxb-other"
				x.ws.Renew(token)
			}
			if key != "same process" {
				if err := x.end(); err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Minute) // a new process does not know the old one's pace
				x.run()
			}
			send(t, x.adapter, sanne, r)
			send(t, x.adapter, sanne, r)
		}
		n := 0
		for _, text := range bodies(x.ws.Posts(sanne)) {
			if text != "daarna" {
				n++
			}
		}
		if n != 3 {
			t.Errorf("three messages are %d", n)
		}
		x.ws.Lose("chat.update", 1)
		if x.adapter.Send(t.Context(), address(sanne), adapters.Reply{Key: "new", Over: "same process", Text: "nieuw"}) == nil {
			t.Fatal("a lost answer was called sent")
		}
		send(t, x.adapter, sanne, adapters.Reply{Key: "new", Over: "same process", Text: "nieuw"})
		send(t, x.adapter, sanne, adapters.Reply{Key: "same process", Text: "same process"})
		if got := bodies(x.ws.Posts(sanne)); got[0] != "nieuw" || len(got) != 18 {
			t.Errorf("got %q", got)
		}
	})
}

// In the channel the bot may not read: it posts again rather than never.
func TestLostAnswerInChannel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := start(t, &bot{}, false, nil)
		x.ws.Lose("chat.postMessage", 1)
		r := adapters.Reply{Key: "card", Text: "kaart"}
		if x.adapter.Send(t.Context(), address(desk), r) == nil {
			t.Fatal("a lost answer was called sent")
		}
		send(t, x.adapter, desk, r)
		send(t, x.adapter, desk, r)
		if n := len(x.ws.Posts(desk)); n != 2 || x.ws.Calls("conversations.history") != 0 {
			t.Errorf("got %d messages, looked %d times", n, x.ws.Calls("conversations.history"))
		}
	})
}

// What changed stands once in the thread of the card that it changed, and in a
// dialogue nowhere: there the text says it.
func TestChange(t *testing.T) {
	t.Parallel()
	x := start(t, &bot{}, false, nil)
	for _, to := range []string{desk, sanne} {
		for _, r := range []adapters.Reply{
			{Key: "card.1", Text: "nieuw"}, {Key: "other", Text: "ander"},
			{Key: "card.2", Over: "card.1", Text: "gelezen", Change: "Gelezen op **maandag**."},
			{Key: "card.2", Over: "card.1", Text: "gelezen", Change: "Gelezen op **maandag**."},
			{Key: "card.3", Over: "card.2", Text: "gesloten", Change: "Gesloten."},
		} {
			send(t, x.adapter, to, r)
		}
		if got, want := bodies(x.ws.Posts(to)), []string{"gesloten", "ander"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got, want := bodies(x.ws.Thread(desk, 0)), []string{"Gelezen op maandag.", "Gesloten."}; !slices.Equal(got, want) {
		t.Errorf("in the thread %q, want %q", got, want)
	}
	if n := len(x.ws.Thread(sanne, 0)) + len(x.ws.Thread(desk, 1)); n != 0 {
		t.Errorf("%d stand elsewhere", n)
	}
}

// A message says in words what it shows, to screen readers and notifications,
// and in its metadata nothing at all.
func TestMessage(t *testing.T) {
	t.Parallel()
	x := start(t, &bot{}, false, nil)
	send(t, x.adapter, sanne, adapters.Reply{Key: "receipt.SIG-2026-7K3QP", Text: "Is er **gevaar**?\n\nBel:\n- 112\n- <!here>", Step: 3, Of: 7, Urgent: true})
	got := x.ws.Posts(sanne)[0]
	want := slacktest.Seen{
		ID: got.ID, Blocks: []string{"context", "rich_text"}, Text: "Spoed · Stap 3 van 7\nIs er gevaar?\n\nBel:\n112\n<!here>",
		Body: "Is er gevaar?\n\nBel:\n112\n<!here>", Fallback: "Is er gevaar?\n\nBel:\n- 112\n- <!here>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if meta := x.ws.Metadata(sanne)[0]; strings.Contains(meta, "SIG") || strings.Contains(meta, "receipt") {
		t.Errorf("metadata: %s", meta)
	}
	send(t, x.adapter, youssef, adapters.Reply{Key: "a", Text: "x", Step: 1, Of: 2})
	if got := x.ws.Posts(youssef)[0].Text; got != "Step 1 of 2\nx" {
		t.Errorf("in English: %q", got)
	}
}

// Who left or cannot be written to is gone; a channel that the bot was put out
// of may take it back.
func TestGone(t *testing.T) {
	t.Parallel()
	x := start(t, &bot{}, false, nil)
	x.ws.AddUser(slacktest.User{ID: "U0WEG", Gone: true})
	x.ws.AddUser(slacktest.User{ID: "U0BOT2", Bot: true})
	r := adapters.Reply{Key: "a", Text: "x"}
	for _, id := range []string{"U0WEG", "U0BOT2"} {
		if err := x.adapter.Send(t.Context(), address(id), r); !isGone(err) {
			t.Errorf("%s: got %v", id, err)
		}
	}
	x.ws.ChangeChannel(desk, func(c *slacktest.Channel) { c.Members = []string{ineke} })
	if err := x.adapter.Send(t.Context(), address(desk), r); err == nil || isGone(err) {
		t.Errorf("a channel without the bot: got %v", err)
	}
}

// A room is looked at afresh, and is private only when nobody else can read it.
func TestRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := start(t, &bot{}, false, nil)
		for i := range 5 {
			id := fmt.Sprint("U0LID", i)
			x.ws.AddUser(slacktest.User{ID: id, Name: id, Guest: i == 1, Stranger: i == 2, Bot: i == 3})
			x.ws.ChangeChannel(desk, func(c *slacktest.Channel) { c.Members = append(c.Members, id) })
		}
		room, err := x.adapter.Room(t.Context(), address(desk))
		if err != nil {
			t.Fatal(err)
		}
		member := func(id string, guest, bot bool) adapters.Member {
			return adapters.Member{Address: address(id), Guest: guest, Bot: bot}
		}
		want := []adapters.Member{
			member(ineke, false, false), member("U0LID0", false, false), member("U0LID1", true, false),
			member("U0LID2", true, false), member("U0LID3", false, true), member("U0LID4", false, false),
		}
		if !room.Private || !slices.Equal(room.Members, want) {
			t.Errorf("room: private %v, %d members", room.Private, len(room.Members))
		}
		x.ws.ChangeUser("U0LID0", func(u *slacktest.User) { u.Guest = true })
		<-time.After(2 * time.Minute)
		if room, _ = x.adapter.Room(t.Context(), address(desk)); !room.Members[1].Guest {
			t.Error("who became a guest is none after two minutes")
		}
		for name, change := range map[string]func(*slacktest.Channel){
			"shared":   func(c *slacktest.Channel) { c.Shared = true },
			"public":   func(c *slacktest.Channel) { c.Private = false },
			"archived": func(c *slacktest.Channel) { c.Archived = true },
			"left":     func(c *slacktest.Channel) { c.Members = []string{ineke} },
		} {
			x.ws.AddChannel(slacktest.Channel{ID: "C0X", Private: true, Members: []string{ineke, slacktest.Bot}})
			x.ws.ChangeChannel("C0X", change)
			room, err := x.adapter.Room(t.Context(), address("C0X"))
			if err == nil && room.Private || (err == nil) != (name == "shared" || name == "public") || err != nil && !isGone(err) {
				t.Errorf("%s: private %v, error %v", name, room.Private, err)
			}
		}
		if room, err := x.adapter.Room(t.Context(), address(sanne)); err != nil || !room.Private || len(room.Members) != 1 {
			t.Errorf("a dialogue: %+v, %v", room.Private, err)
		}
	})
}

// Slack, which says what is wrong with a picture that it still works on, is
// asked again; one whose words are too long for it has them under it.
func TestPicture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := start(t, &bot{}, false, nil)
		x.ws.Busy(2)
		alt := strings.Repeat("Vorm: 5 tot en met 9. ", 200)
		p := adapters.Picture{Key: "p", Name: "a.png", Alt: alt, Text: "cijfers", PNG: pixel}
		if err := x.adapter.SendPicture(t.Context(), address(desk), p); err != nil {
			t.Fatal(err)
		}
		got := x.ws.Posts(desk)
		if len(got) != 1 || got[0].Image == nil || !strings.Contains(strings.ReplaceAll(got[0].Body, "\n", ""), strings.TrimSpace(alt)) {
			t.Errorf("got %d messages", len(got))
		}
		if n := len(x.ws.Problems()); n != 2 {
			t.Errorf("tried %d times in vain, want 2", n)
		}
	})
}

// pixel is a PNG of one pixel.
var pixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc````\x00\x00\x00\x05\x00\x01\xa5\xf6E@\x00\x00\x00\x00IEND\xaeB`\x82")

var _ adapters.Pictures = (*slack.Adapter)(nil)

// More buttons than stand in one row stand in the next ones: the overview of the
// bureau has more.
func TestManyChoices(t *testing.T) {
	t.Parallel()
	x := start(t, &bot{}, false, nil)
	r := adapters.Reply{Key: "k", Text: "Kies."}
	for i := range 27 {
		r.Choices = append(r.Choices, adapters.Choice{Token: fmt.Sprint("t", i), Label: fmt.Sprint("Keuze ", i), Key: fmt.Sprint(i + 1)})
	}
	if err := x.adapter.Send(t.Context(), address(sanne), r); err != nil {
		t.Fatal(err)
	}
	if got := x.ws.Posts(sanne)[0]; len(got.Buttons) != 27 || got.Buttons[26] != "Keuze 26" {
		t.Errorf("shown are %q", got.Buttons)
	}
}
