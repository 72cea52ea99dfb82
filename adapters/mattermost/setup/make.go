package setup

import (
	"context"
	"net/http"
	"slices"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// Options is what Make needs. All but Command, Token and Renew are required.
type Options struct {
	URL   string
	Admin string // the token of a system admin
	// Team is the name of the team, as in its address. It exists.
	Team string
	// Channel is the name of the private channel, as in its address, and
	// ChannelTitle what people see.
	Channel, ChannelTitle string
	// Bot is the user name of the bot account.
	Bot string
	// Members are the user names of who may read the channel. Others are looked
	// up only.
	Members, Others []string
	// Token is the token that the bot has already; "" for none. A new one is
	// made when it does not work, and Renew makes one anyhow and takes back all
	// others.
	Token string
	Renew bool
	// Command is where the server brings the slash command; "" for none.
	Command string
	// CommandHint is what people read while they type it.
	CommandHint string
	// Tell is told of each thing that was done or found.
	Tell func(adapters.Finding)
}

// Made is what the configuration needs to know.
type Made struct {
	Channel string // its id
	Token   string // of the bot
	Command string // the slash command's token; "" for none
	People  map[string]adapters.Named
}

// Make makes the bot account, its token, its place in the team, the private
// channel with who may read it, and the slash command. What is there already is
// left as it is, so that it may run again. It takes nobody out of the channel.
// An error of type adapters.Finding is for the admin to mend.
func Make(ctx context.Context, o Options) (Made, error) {
	c, done := client(o.URL, o.Admin)
	defer done()
	m := &maker{Options: o, c: c, made: Made{People: map[string]adapters.Named{}}}
	for _, step := range []func(context.Context) error{
		m.admin, m.people, m.place, m.account, m.token, m.channel, m.command, m.review,
	} {
		if err := step(ctx); err != nil {
			return Made{}, err
		}
	}
	return m.made, nil
}

type maker struct {
	Options
	c       *model.Client4
	self    *model.User // the admin
	team    *model.Team
	bot     *model.User
	members []*model.User
	made    Made
}

func (m *maker) tell(l adapters.Level, id string, args ...string) {
	m.Tell(adapters.Found(l, id, args...))
}

// admin looks whether this is a server that the bot can work with, and whether
// who asks may do all this.
func (m *maker) admin(ctx context.Context) error {
	u, res, err := m.c.GetMe(ctx, "")
	if err != nil {
		return denied(res, err, "setup.admin.refused")
	}
	if !u.IsSystemAdmin() {
		return refuse("setup.admin.none")
	}
	m.self = u
	f := version(res.ServerVersion)
	if f.Level == adapters.Blocking {
		return f
	}
	m.Tell(f)
	return nil
}

// people finds who the user names belong to, before anything is made.
func (m *maker) people(ctx context.Context) error {
	for i, name := range slices.Concat(m.Members, m.Others) {
		name = Name(name)
		u, res, err := m.c.GetUserByUsername(ctx, name, "")
		if status(res) == http.StatusNotFound {
			return refuse("setup.person.none", "Name", "@"+name)
		}
		if err != nil {
			return failed("users", res, err)
		}
		if f, bad := person(u); bad {
			return f
		}
		m.made.People[name] = adapters.Named{ID: u.Id, Name: u.GetDisplayName(model.ShowFullName)}
		if i < len(m.Members) {
			m.members = append(m.members, u)
		}
	}
	return nil
}

func (m *maker) place(ctx context.Context) error {
	t, res, err := m.c.GetTeamByName(ctx, m.Team, "")
	if status(res) == http.StatusNotFound {
		return refuse("setup.team.none", "Team", m.Team)
	}
	m.team = t
	return failed("team", res, err)
}

// account makes the bot account.
func (m *maker) account(ctx context.Context) error {
	u, res, err := m.c.GetUserByUsername(ctx, m.Bot, "")
	switch {
	case status(res) == http.StatusNotFound:
		b, err := m.create(ctx)
		if err != nil {
			return err
		}
		if u, res, err = m.c.GetUser(ctx, b.UserId, ""); err != nil {
			return failed("bot", res, err)
		}
		m.tell(adapters.Note, "setup.bot.made", "Name", "@"+m.Bot)
	case err != nil:
		return failed("bot", res, err)
	case !u.IsBot:
		return refuse("setup.bot.person", "Name", "@"+m.Bot)
	case u.DeleteAt != 0:
		if _, res, err = m.c.EnableBot(ctx, u.Id); err != nil {
			return failed("bot", res, err)
		}
		m.tell(adapters.Note, "setup.bot.enabled", "Name", "@"+m.Bot)
	default:
		m.tell(adapters.Note, "setup.bot.there", "Name", "@"+m.Bot)
	}
	m.bot = u
	_, res, err = m.c.AddTeamMember(ctx, m.team.Id, u.Id)
	return failed("team", res, err)
}

// create makes the account. Where the server lets nobody make bots it is told
// to for as long as this takes.
func (m *maker) create(ctx context.Context) (*model.Bot, error) {
	bot := &model.Bot{Username: m.Bot, DisplayName: "Meldroute"}
	b, res, err := m.c.CreateBot(ctx, bot)
	if !is(err, "api.bot.create_disabled") {
		return b, failed("bot", res, err)
	}
	if err := m.bots(ctx, true); err != nil {
		return nil, err
	}
	b, res, err = m.c.CreateBot(ctx, bot)
	back := m.bots(context.WithoutCancel(ctx), false)
	if is(err, "api.bot.create_disabled") { // its environment says so
		return nil, refuse("setup.bot.off")
	}
	if err != nil {
		return nil, failed("bot", res, err)
	}
	return b, back
}

// bots lets admins make bots, or not.
func (m *maker) bots(ctx context.Context, may bool) error {
	var patch model.Config
	patch.ServiceSettings.EnableBotAccountCreation = &may
	_, res, err := m.c.PatchConfig(ctx, &patch)
	return failed("config", res, err)
}

// tokenName is how the bot's tokens are told from others.
const tokenName = "Meldroute"

// token sees to it that the bot has a token that works.
func (m *maker) token(ctx context.Context) error {
	if m.Token != "" && !m.Renew && m.works(ctx) {
		m.made.Token = m.Token
		m.tell(adapters.Note, "setup.token.there")
		return nil
	}
	old, res, err := m.c.GetUserAccessTokensForUser(ctx, m.bot.Id, 0, 200)
	if err != nil {
		return failed("token", res, err)
	}
	t, res, err := m.c.CreateUserAccessToken(ctx, m.bot.Id, tokenName, 0)
	if err != nil {
		return failed("token", res, err)
	}
	m.made.Token = t.Token
	m.tell(adapters.Note, "setup.token.made")
	for _, t := range old {
		if !m.Renew {
			m.tell(adapters.Warning, "setup.token.more")
			break
		}
		if res, err := m.c.RevokeUserAccessToken(ctx, t.Id); err != nil {
			return failed("token", res, err)
		}
	}
	return nil
}

// works reports whether the token at hand is the bot's.
func (m *maker) works(ctx context.Context) bool {
	c, done := client(m.URL, m.Token)
	defer done()
	u, _, err := c.GetMe(ctx, "")
	return err == nil && u.Id == m.bot.Id
}

// channel makes the private channel, with the bot and who may read it.
func (m *maker) channel(ctx context.Context) error {
	c, res, err := m.c.GetChannelByNameIncludeDeleted(ctx, m.Channel, m.team.Id, "")
	fresh := status(res) == http.StatusNotFound
	if fresh {
		c, res, err = m.c.CreateChannel(ctx, &model.Channel{
			TeamId: m.team.Id, Name: m.Channel, DisplayName: m.ChannelTitle, Type: model.ChannelTypePrivate,
		})
	}
	if err != nil {
		return failed("channel", res, err)
	}
	if bad := fit(c); len(bad) > 0 {
		return bad[0]
	}
	m.made.Channel = c.Id
	for _, u := range append([]*model.User{m.bot}, m.members...) {
		if _, res, err := m.c.AddTeamMember(ctx, m.team.Id, u.Id); err != nil {
			return failed("team", res, err)
		}
		if _, res, err := m.c.AddChannelMember(ctx, c.Id, u.Id); err != nil {
			return failed("channel", res, err)
		}
	}
	if !fresh {
		m.tell(adapters.Note, "setup.channel.there", "Channel", m.Channel)
		return m.strangers(ctx)
	}
	m.tell(adapters.Note, "setup.channel.made", "Channel", m.Channel)
	if m.may(m.self.Id) {
		return nil
	}
	// Who makes a channel is put in it.
	res, err = m.c.RemoveUserFromChannel(ctx, c.Id, m.self.Id)
	return failed("channel", res, err)
}

func (m *maker) may(id string) bool {
	return id == m.bot.Id || slices.ContainsFunc(m.members, func(u *model.User) bool { return u.Id == id })
}

// strangers tells who else reads the channel.
func (m *maker) strangers(ctx context.Context) error {
	all, err := members(ctx, m.c, m.made.Channel)
	for _, u := range all {
		if !m.may(u.Id) {
			m.tell(adapters.Warning, "setup.member.stranger", "Name", "@"+u.Username)
		}
	}
	return err
}

// members are the people of a channel.
func members(ctx context.Context, c *model.Client4, channel string) ([]*model.User, error) {
	const page = 200
	var all []*model.User
	for n := 0; ; n++ {
		some, res, err := c.GetUsersInChannel(ctx, channel, n, page, "")
		if err != nil {
			return nil, failed("channel", res, err)
		}
		if all = append(all, some...); len(some) < page {
			return all, nil
		}
	}
}

// command makes the slash command, or brings it to where the bot is now.
func (m *maker) command(ctx context.Context) error {
	if m.Command == "" {
		return nil
	}
	all, res, err := m.c.ListCommands(ctx, m.team.Id, true)
	if is(err, "api.command.disabled.app_error") {
		m.tell(adapters.Warning, "setup.command.off")
		return nil
	}
	if err != nil {
		return failed("command", res, err)
	}
	want := &model.Command{
		TeamId: m.team.Id, Trigger: Trigger, Method: model.CommandMethodPost, URL: m.Command,
		AutoComplete: true, AutoCompleteDesc: m.CommandHint, DisplayName: tokenName,
	}
	i := slices.IndexFunc(all, func(c *model.Command) bool { return c.Trigger == Trigger })
	switch {
	case i < 0:
		want, res, err = m.c.CreateCommand(ctx, want)
		m.tell(adapters.Note, "setup.command.made", "Trigger", Trigger)
	case all[i].DisplayName != tokenName: // somebody else's
		return refuse("setup.command.taken", "Trigger", Trigger)
	case all[i].URL != m.Command:
		want.Id, want.Token = all[i].Id, all[i].Token
		want, res, err = m.c.UpdateCommand(ctx, want)
		m.tell(adapters.Note, "setup.command.moved", "Trigger", Trigger)
	default:
		want = all[i]
		m.tell(adapters.Note, "setup.command.there", "Trigger", Trigger)
	}
	if err != nil {
		return failed("command", res, err)
	}
	m.made.Command = want.Token
	return nil
}

// review tells what only an admin sees: settings by which what people read goes
// elsewhere too, or by which the bot stops.
func (m *maker) review(ctx context.Context) error {
	c, res, err := m.c.GetConfig(ctx)
	if err != nil {
		return failed("config", res, err)
	}
	var (
		push = *c.EmailSettings.PushNotificationContents
		bare = push == model.GenericNoChannelNotification || push == model.IdLoadedNotification
	)
	for _, f := range []struct {
		on bool
		id string
	}{
		{*c.EmailSettings.SendPushNotifications && !bare, "setup.push.full"},
		{*c.EmailSettings.SendEmailNotifications && *c.EmailSettings.EmailNotificationContentsType != model.EmailNotificationContentsGeneric, "setup.mail.full"},
		{*c.ComplianceSettings.Enable, "setup.compliance"},
		{*c.MessageExportSettings.EnableExport, "setup.export"},
		{!*c.DataRetentionSettings.EnableMessageDeletion, "setup.retention"},
	} {
		if f.on {
			m.tell(adapters.Warning, f.id)
		}
	}
	if host := internal(ctx, m.Command, *c.ServiceSettings.AllowedUntrustedInternalConnections); host != "" {
		m.tell(adapters.Warning, "setup.callback.internal", "Host", host)
	}
	return m.owner(ctx, *c.ServiceSettings.DisableBotsWhenOwnerIsDeactivated)
}

// owner tells whose leaving stops the bot.
func (m *maker) owner(ctx context.Context, dies bool) error {
	if !dies {
		return nil
	}
	b, res, err := m.c.GetBot(ctx, m.bot.Id, "")
	if err != nil {
		return failed("bot", res, err)
	}
	name := b.OwnerId // a plugin's id, when no person's
	if u, _, err := m.c.GetUser(ctx, b.OwnerId, ""); err == nil {
		name = "@" + u.Username
	}
	m.tell(adapters.Warning, "setup.bot.owner", "Name", name)
	return nil
}
