package mattermosttest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
)

// latest are the posts of a channel that somebody can read, newest first.
func latest(t *testing.T, by mattermosttest.User, channel string) []string {
	t.Helper()
	list, _, err := by.Client.GetPostsForChannel(t.Context(), channel, 0, 20, "", false, false)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, p := range list.ToSlice() {
		if p.Type == model.PostTypeDefault {
			texts = append(texts, p.Message)
		}
	}
	return texts
}

// What a user posts to the bot, the bot reads, and nobody else.
func TestServerBringsADirectMessageToTheBot(t *testing.T) {
	t.Parallel()
	s := mattermosttest.Shared(t)
	team := s.Team(t)
	user, other, bot := s.User(t, team), s.User(t, team), s.Bot(t, team)
	if !bot.IsBot || user.IsBot || user.Roles != model.SystemUserRoleId {
		t.Errorf("bot %v, user a bot %v with roles %q", bot.IsBot, user.IsBot, user.Roles)
	}
	direct := s.Direct(t, user, bot)
	s.Post(t, user, direct, "Zilvervos")
	if got := latest(t, bot, direct.Id); len(got) != 1 || got[0] != "Zilvervos" {
		t.Errorf("the bot reads %q", got)
	}
	if _, resp, err := other.Client.GetPostsForChannel(t.Context(), direct.Id, 0, 20, "", false, false); err == nil || resp.StatusCode != 403 {
		t.Errorf("another user: %v, want 403", err)
	}
	if n := s.Count(t, `SELECT count(*) FROM posts WHERE channelid = $1`, direct.Id); n != 1 {
		t.Errorf("%d posts in the database, want 1", n)
	}
}

// A private channel is read by those who were put in it.
func TestServerMakesAPrivateChannel(t *testing.T) {
	t.Parallel()
	s := mattermosttest.Shared(t)
	team := s.Team(t)
	officer, other, bot := s.User(t, team), s.User(t, team), s.Bot(t, team)
	c := s.Channel(t, team, officer, bot)
	s.Post(t, bot, c, "Zilvervos")
	if got := latest(t, officer, c.Id); len(got) != 1 || got[0] != "Zilvervos" {
		t.Errorf("the member reads %q", got)
	}
	if _, resp, err := other.Client.GetPostsForChannel(t.Context(), c.Id, 0, 20, "", false, false); err == nil || resp.StatusCode != 403 {
		t.Errorf("another user: %v, want 403", err)
	}
	members, _, err := bot.Client.GetChannelMembers(t.Context(), c.Id, 0, 20, "")
	if err != nil || len(members) != 2 {
		t.Errorf("%d members, %v, want the two that were put in", len(members), err)
	}
}

// After kill -9 the server comes back at the same address with what it had,
// and with other settings when asked.
func TestServerStartsAgain(t *testing.T) {
	t.Parallel()
	s := mattermosttest.Start(t)
	user, bot := s.User(t), s.Bot(t)
	direct := s.Direct(t, user, bot)
	s.Post(t, user, direct, "Zilvervos")
	s.Kill()
	if _, _, err := user.Client.GetMe(t.Context(), ""); err == nil {
		t.Error("it answers after kill -9")
	}
	s.Restart(t, "MM_RATELIMITSETTINGS_ENABLE=true", "MM_RATELIMITSETTINGS_PERSEC=1", "MM_RATELIMITSETTINGS_MAXBURST=2")
	var limited bool
	for range 10 {
		_, resp, err := bot.Client.GetMe(t.Context(), "")
		limited = limited || err != nil && resp.StatusCode == 429
	}
	if !limited {
		t.Error("ten requests at once, and no 429")
	}
	s.Restart(t)
	if got := latest(t, bot, direct.Id); len(got) != 1 || got[0] != "Zilvervos" {
		t.Errorf("the bot reads %q", got)
	}
}

// A link breaks, hangs and mends without the others noticing.
func TestLinkBreaksAlone(t *testing.T) {
	t.Parallel()
	s := mattermosttest.Shared(t)
	bot := s.Bot(t)
	link := s.Link(t)
	far := model.NewAPIv4Client(link.URL)
	far.SetToken(bot.Token)
	t.Cleanup(far.HTTPClient.CloseIdleConnections)
	ask := func() error { _, _, err := far.GetMe(t.Context(), ""); return err }

	if err := ask(); err != nil {
		t.Fatal(err)
	}
	link.Cut()
	if err := ask(); err == nil {
		t.Error("cut, and it answers")
	}
	if _, _, err := bot.Client.GetMe(t.Context(), ""); err != nil {
		t.Errorf("the other way: %v", err)
	}
	link.Mend()
	if err := ask(); err != nil {
		t.Errorf("mended: %v", err)
	}
	link.Hang()
	soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond) // it answers in five
	defer cancel()
	if _, _, err := far.GetMe(soon, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hung, and it answers: %v", err)
	}
	if _, _, err := bot.Client.GetMe(t.Context(), ""); err != nil {
		t.Errorf("the other way: %v", err)
	}
	link.Mend()
	if err := ask(); err != nil {
		t.Errorf("mended: %v", err)
	}
	link.Drop()
	if err := ask(); err != nil {
		t.Errorf("dropped, and a new connection: %v", err)
	}
}
