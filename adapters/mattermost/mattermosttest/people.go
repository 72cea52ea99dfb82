package mattermosttest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// Password is everybody's.
const Password = "Zilvervos-1"

// User is an account, with a client that is signed in.
type User struct {
	*model.User
	// Client is signed in as this user. Its URL is the server's.
	Client *model.Client4
	// Token is what the client signs in with; of a bot it does not end.
	Token string
}

// Team makes a team of its own.
func (s *Server) Team(t testing.TB) *model.Team {
	t.Helper()
	name := s.name("team")
	return ok[*model.Team](t)(s.Admin.Client.CreateTeam(t.Context(), &model.Team{Name: name, DisplayName: name, Type: model.TeamOpen}))
}

// User makes an ordinary user, in these teams.
func (s *Server) User(t testing.TB, teams ...*model.Team) User {
	t.Helper()
	u := s.person(t, s.name("user"))
	s.join(t, u, teams)
	return u
}

// Bot makes a bot account with a token, in these teams.
func (s *Server) Bot(t testing.TB, teams ...*model.Team) User {
	t.Helper()
	b := ok[*model.Bot](t)(s.Admin.Client.CreateBot(t.Context(), &model.Bot{Username: s.name("bot"), DisplayName: "Meldroute"}))
	token := ok[*model.UserAccessToken](t)(s.Admin.Client.CreateUserAccessToken(t.Context(), b.UserId, "test", 0))
	u := User{Client: s.client(t), Token: token.Token}
	u.Client.SetToken(token.Token)
	u.User = ok[*model.User](t)(u.Client.GetMe(t.Context(), ""))
	s.join(t, u, teams)
	return u
}

// Channel makes a private channel of a team, and only these are in it.
func (s *Server) Channel(t testing.TB, team *model.Team, members ...User) *model.Channel {
	t.Helper()
	name := s.name("channel")
	c := ok[*model.Channel](t)(s.Admin.Client.CreateChannel(t.Context(), &model.Channel{
		TeamId: team.Id, Name: name, DisplayName: name, Type: model.ChannelTypePrivate,
	}))
	for _, m := range members {
		ok[*model.ChannelMember](t)(s.Admin.Client.AddChannelMember(t.Context(), c.Id, m.Id))
	}
	if _, err := s.Admin.Client.RemoveUserFromChannel(t.Context(), c.Id, s.Admin.Id); err != nil {
		t.Fatal(err)
	}
	return c
}

// Direct is the channel of two people.
func (s *Server) Direct(t testing.TB, a, b User) *model.Channel {
	t.Helper()
	return ok[*model.Channel](t)(a.Client.CreateDirectChannel(t.Context(), a.Id, b.Id))
}

// Post posts in a user's name.
func (s *Server) Post(t testing.TB, by User, channel *model.Channel, text string) *model.Post {
	t.Helper()
	return ok[*model.Post](t)(by.Client.CreatePost(t.Context(), &model.Post{ChannelId: channel.Id, Message: text}))
}

func (s *Server) join(t testing.TB, u User, teams []*model.Team) {
	t.Helper()
	for _, team := range teams {
		ok[*model.TeamMember](t)(s.Admin.Client.AddTeamMember(t.Context(), team.Id, u.Id))
	}
}

// person makes an account and signs it in.
func (s *Server) person(t testing.TB, name string) User {
	t.Helper()
	u := User{Client: s.client(t)}
	made := ok[*model.User](t)(u.Client.CreateUser(t.Context(), &model.User{Username: name, Email: name + "@example.org", Password: Password}))
	u.User = ok[*model.User](t)(u.Client.Login(t.Context(), made.Username, Password))
	u.Token = u.Client.AuthToken
	return u
}

// name is one that nothing else here has.
func (s *Server) name(kind string) string {
	return fmt.Sprintf("%s-%d", kind, s.serial.Add(1))
}

// ok returns what the server answered, or ends the test.
func ok[T any](t testing.TB) func(T, *model.Response, error) T {
	return func(v T, _ *model.Response, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Await waits until somebody else has posted what holds this, in a channel that
// the user reads, and returns its text.
func (s *Server) Await(t testing.TB, u User, channel, part string) string {
	t.Helper()
	socket, err := model.NewWebSocketClient4("ws"+strings.TrimPrefix(s.URL, "http"), u.Token)
	if err != nil {
		t.Fatal(err)
	}
	socket.Listen()
	defer socket.Close()
	late := time.After(patience)
	for {
		select {
		case _, open := <-socket.EventChannel: // the first is hello: from there on nothing is missed
			if !open {
				t.Fatalf("the socket closed before %q was posted", part)
			}
		case <-late:
			t.Fatalf("nobody posted %q", part)
		}
		for _, p := range ok[*model.PostList](t)(u.Client.GetPostsForChannel(t.Context(), channel, 0, 60, "", false, false)).ToSlice() {
			all, err := p.ToJSON()
			if err != nil {
				t.Fatal(err)
			}
			if p.UserId != u.Id && strings.Contains(all, part) {
				return p.Message
			}
		}
	}
}
