package setup_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
	"github.com/meldroute/meldroute/adapters/mattermost/setup"
)

// town is a team with people, where an admin sets the bot up.
type town struct {
	*testing.T
	*mattermosttest.Server
	team                *model.Team
	anna, bert, privacy mattermosttest.User
	mu                  sync.Mutex
	told                []string
}

func newTown(t *testing.T, s *mattermosttest.Server) *town {
	t.Helper()
	team := s.Team(t)
	return &town{T: t, Server: s, team: team, anna: s.User(t, team), bert: s.User(t, team), privacy: s.User(t)}
}

func (w *town) options() setup.Options {
	return setup.Options{
		URL: w.URL, Admin: w.Admin.Token, Team: w.team.Name, Channel: "afh", ChannelTitle: "Aandachtsfunctionarissen",
		Bot: "meldroute-" + w.team.Name, Members: []string{w.anna.Username, "@" + w.bert.Username}, Others: []string{w.privacy.Username},
		CommandHint: "Meld", Tell: func(f adapters.Finding) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told = append(w.told, f.ID)
		},
	}
}

// make runs setup and returns what it told.
func (w *town) make(o setup.Options) (setup.Made, []string) {
	w.Helper()
	w.told = nil
	m, err := setup.Make(w.Context(), o)
	if err != nil {
		w.Fatal(err)
	}
	return m, w.told
}

// live is what Check looks at after setup. The server itself stands in for a
// callback: it answers.
func (w *town) live(m setup.Made) setup.Live {
	l := setup.Live{URL: w.URL, Token: m.Token, Channel: m.Channel, Callback: w.URL}
	for _, u := range []mattermosttest.User{w.anna, w.bert} {
		l.Allowed = append(l.Allowed, m.People[u.Username])
	}
	l.Others = []adapters.Named{m.People[w.privacy.Username]}
	return l
}

// found are the ids of what Check finds, of a level and up.
func (w *town) found(l setup.Live, from adapters.Level) []string {
	w.Helper()
	var ids []string
	for _, f := range setup.Check(w.Context(), l) {
		if f.Level >= from {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

func (w *town) has(ids []string, want ...string) {
	w.Helper()
	for _, id := range want {
		if !slices.Contains(ids, id) {
			w.Errorf("%s is not among %q", id, ids)
		}
	}
}

func (w *town) must(res *model.Response, err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// Setup makes all that the bot needs, and nothing that check complains of. The
// admin himself is not left in the channel.
func TestMakeIsEnoughForTheBot(t *testing.T) {
	t.Parallel()
	w := newTown(t, mattermosttest.Shared(t))
	m, told := w.make(w.options())
	w.has(told, "setup.version.ok", "setup.bot.made", "setup.token.made", "setup.channel.made", "setup.bot.owner")
	if got := w.found(w.live(m), adapters.Blocking); len(got) > 0 {
		t.Errorf("check finds %q", got)
	}
	w.has(w.found(w.live(m), adapters.Note), "setup.version.ok", "setup.token.ok", "setup.channel.ok", "setup.retention", "setup.callback.ok")
	typed := w.live(m)
	typed.Callback = ""
	w.has(w.found(typed, adapters.Blocking), "setup.callback.none")
	if slices.Contains(told, "setup.command.made") || m.Command != "" {
		t.Error("a command without a callback")
	}
	bot := model.NewAPIv4Client(w.URL)
	bot.SetToken(m.Token)
	t.Cleanup(bot.HTTPClient.CloseIdleConnections)
	if _, _, err := bot.CreatePost(t.Context(), &model.Post{ChannelId: m.Channel, Message: "Zilvervos"}); err != nil {
		t.Errorf("the bot cannot post in the channel: %v", err)
	}
	if n := w.Count(t, `SELECT count(*) FROM channelmembers WHERE channelid = $1`, m.Channel); n != 3 {
		t.Errorf("%d in the channel, want the bot and two people", n)
	}
	if p := m.People[w.privacy.Username]; p.ID != w.privacy.Id {
		t.Errorf("got %q for who is only looked up", p.ID)
	}
}

// Run again, setup changes nothing and says the same.
func TestMakeTwiceIsOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t, mattermosttest.Shared(t))
	o := w.options()
	o.Command = w.URL + "/mattermost/command"
	first, _ := w.make(o)
	counts := func() [4]int {
		return [4]int{
			w.Count(t, `SELECT count(*) FROM bots b JOIN users u ON u.id = b.userid WHERE u.username = $1`, o.Bot),
			w.Count(t, `SELECT count(*) FROM useraccesstokens k JOIN users u ON u.id = k.userid WHERE u.username = $1`, o.Bot),
			w.Count(t, `SELECT count(*) FROM channels WHERE teamid = $1 AND type = 'P' AND name = 'afh'`, w.team.Id),
			w.Count(t, `SELECT count(*) FROM commands WHERE teamid = $1 AND deleteat = 0`, w.team.Id),
		}
	}
	before := counts()
	o.Token = first.Token
	second, told := w.make(o)
	w.has(told, "setup.bot.there", "setup.token.there", "setup.channel.there", "setup.command.there")
	if after := counts(); before != [4]int{1, 1, 1, 1} || after != before {
		t.Errorf("bots, tokens, channels, commands: %v, then %v", before, after)
	}
	if first.Token != second.Token || first.Channel != second.Channel || first.Command != second.Command || first.Command == "" {
		t.Error("the second time made something else")
	}

	o.Command = w.URL + "/elders"
	moved, told := w.make(o)
	w.has(told, "setup.command.moved")
	if moved.Command != first.Command || counts() != before {
		t.Error("moved, the command is another one")
	}
}

// A lost token is replaced, one that does not work too, and taken back when asked: the old one no longer
// lets anybody in.
func TestMakeReplacesALostToken(t *testing.T) {
	t.Parallel()
	w := newTown(t, mattermosttest.Shared(t))
	o := w.options()
	first, _ := w.make(o)
	second, told := w.make(o) // nobody has the token
	w.has(told, "setup.token.made", "setup.token.more")
	if first.Token == second.Token {
		t.Fatal("the same token")
	}
	o.Token = strings.Repeat("a", 26)
	if other, _ := w.make(o); other.Token == o.Token {
		t.Error("a token that does not work is kept")
	}
	o.Token, o.Renew = second.Token, true
	third, told := w.make(o)
	if slices.Contains(told, "setup.token.more") {
		t.Error("an old token is left")
	}
	for _, old := range []string{first.Token, second.Token} {
		l := w.live(third)
		l.Token = old
		w.has(w.found(l, adapters.Blocking), "setup.token.refused")
	}
	if got := w.found(w.live(third), adapters.Blocking); len(got) > 0 {
		t.Errorf("check finds %q", got)
	}
}

// What is not as it must be is said, and nothing is made before it is mended.
func TestMakeRefuses(t *testing.T) {
	t.Parallel()
	s := mattermosttest.Shared(t)
	w := newTown(t, s)
	bot, gone := s.Bot(t), s.User(t)
	w.must(s.Admin.Client.UpdateUserActive(t.Context(), gone.Id, false))
	guest := s.User(t)
	w.must(s.Admin.Client.UpdateUserRoles(t.Context(), guest.Id, model.SystemGuestRoleId))
	open, _, err := s.Admin.Client.CreateChannel(t.Context(), &model.Channel{TeamId: w.team.Id, Name: "open", DisplayName: "Open", Type: model.ChannelTypeOpen})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*setup.Options)
		want   string
	}{
		{"a token that is none", func(o *setup.Options) { o.Admin = strings.Repeat("a", 26) }, "setup.admin.refused"},
		{"no admin", func(o *setup.Options) { o.Admin = w.anna.Token }, "setup.admin.none"},
		{"no server", func(o *setup.Options) { o.URL = "http://127.0.0.1:1" }, "setup.server.unreachable"},
		{"no team", func(o *setup.Options) { o.Team = "niet-daar" }, "setup.team.none"},
		{"nobody", func(o *setup.Options) { o.Members = []string{"wie"} }, "setup.person.none"},
		{"a bot with a right", func(o *setup.Options) { o.Members = []string{bot.Username} }, "setup.person.bot"},
		{"somebody who left", func(o *setup.Options) { o.Others = []string{gone.Username} }, "setup.person.gone"},
		{"a guest", func(o *setup.Options) { o.Members = []string{guest.Username} }, "setup.person.guest"},
		{"a person for a bot", func(o *setup.Options) { o.Bot = w.anna.Username }, "setup.bot.person"},
		{"an open channel", func(o *setup.Options) { o.Channel = open.Name }, "setup.channel.open"},
	} {
		o := w.options()
		c.change(&o)
		_, err := setup.Make(t.Context(), o)
		var f adapters.Finding
		if !errors.As(err, &f) || f.ID != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// An admin who has no token signs in, and is signed out again.
func TestSignInEnds(t *testing.T) {
	t.Parallel()
	w := newTown(t, mattermosttest.Shared(t))
	_, _, err := setup.SignIn(t.Context(), w.URL, w.anna.Username, "fout", "")
	var f adapters.Finding
	if !errors.As(err, &f) || f.ID != "setup.login.refused" {
		t.Errorf("a wrong password: %v", err)
	}
	token, out, err := setup.SignIn(t.Context(), w.URL, w.Admin.Username, mattermosttest.Password, "")
	if err != nil {
		t.Fatal(err)
	}
	o := w.options()
	o.Admin = token
	w.make(o)
	out()
	if _, err := setup.Make(t.Context(), o); !errors.As(err, &f) || f.ID != "setup.admin.refused" {
		t.Errorf("after signing out: %v", err)
	}
}

// Where the server lets nobody make bots, it is told to and told back; where its
// environment says so, the admin is.
func TestMakeWhereBotsAreOff(t *testing.T) {
	t.Parallel()
	s := mattermosttest.Start(t, "MM_SERVICESETTINGS_ENABLEBOTACCOUNTCREATION=false")
	w := newTown(t, s)
	_, err := setup.Make(t.Context(), w.options())
	var f adapters.Finding
	if !errors.As(err, &f) || f.ID != "setup.bot.off" {
		t.Errorf("by its environment: %v", err)
	}
	s.Restart(t, "MM_SERVICESETTINGS_ENABLEBOTACCOUNTCREATION")
	_, told := w.make(w.options())
	w.has(told, "setup.bot.made")
	c, _, err := s.Admin.Client.GetConfig(t.Context())
	if err != nil || *c.ServiceSettings.EnableBotAccountCreation {
		t.Errorf("bots stay allowed: %v", err)
	}
}
