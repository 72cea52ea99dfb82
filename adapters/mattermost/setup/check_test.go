package setup_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
	"github.com/meldroute/meldroute/adapters/mattermost/setup"
)

// Whoever is in the channel and may not read is named, and so is who may and
// is not there.
func TestCheckKnowsWhoReads(t *testing.T) {
	t.Parallel()
	s := mattermosttest.Shared(t)
	w := newTown(t, s)
	m, _ := w.make(w.options())
	guest, other := s.User(t, w.team), s.Bot(t, w.team)
	for _, id := range []string{guest.Id, other.Id} {
		if _, _, err := s.Admin.Client.AddChannelMember(t.Context(), m.Channel, id); err != nil {
			t.Fatal(err)
		}
	}
	w.must(s.Admin.Client.UpdateUserRoles(t.Context(), guest.Id, model.SystemGuestRoleId))
	w.must(s.Admin.Client.RemoveUserFromChannel(t.Context(), m.Channel, w.bert.Id))
	var strangers []string
	for _, f := range setup.Check(t.Context(), w.live(m)) {
		if f.ID == "setup.member.stranger" {
			strangers = append(strangers, f.Args["Name"].(string))
		}
	}
	want := []string{"@" + guest.Username, "@" + other.Username}
	slices.Sort(strangers)
	slices.Sort(want)
	if !slices.Equal(strangers, want) {
		t.Errorf("strangers: got %q, want %q", strangers, want)
	}
	w.has(w.found(w.live(m), adapters.Warning), "setup.member.absent")

	l := w.live(m)
	l.Allowed = append(l.Allowed, adapters.Named{ID: guest.Id, Name: "Gast"}, adapters.Named{ID: strings.Repeat("z", 26), Name: "Wie"})
	l.Others = append(l.Others, adapters.Named{ID: other.Id, Name: "Bot"})
	w.has(w.found(l, adapters.Blocking), "setup.person.guest", "setup.person.unknown", "setup.person.bot")
	w.must(s.Admin.Client.UpdateUserActive(t.Context(), w.anna.Id, false))
	w.has(w.found(l, adapters.Blocking), "setup.person.gone")
}

// A channel that is not what it was is no place for the desk.
func TestCheckKnowsWhatTheChannelIs(t *testing.T) {
	t.Parallel()
	s := mattermosttest.Shared(t)
	w := newTown(t, s)
	m, _ := w.make(w.options())
	bot := m.Token
	admin := s.Admin.Client
	if _, _, err := admin.UpdateChannelPrivacy(t.Context(), m.Channel, model.ChannelTypeOpen); err != nil {
		t.Fatal(err)
	}
	w.has(w.found(w.live(m), adapters.Blocking), "setup.channel.open")
	if _, _, err := admin.UpdateChannelPrivacy(t.Context(), m.Channel, model.ChannelTypePrivate); err != nil {
		t.Fatal(err)
	}
	w.must(admin.DeleteChannel(t.Context(), m.Channel))
	w.has(w.found(w.live(m), adapters.Blocking), "setup.channel.archived")
	if _, _, err := admin.RestoreChannel(t.Context(), m.Channel); err != nil {
		t.Fatal(err)
	}
	if got := w.found(w.live(m), adapters.Blocking); len(got) > 0 {
		t.Errorf("as it was again: %q", got)
	}
	me, _, err := admin.GetUserByUsername(t.Context(), w.options().Bot, "")
	if err != nil {
		t.Fatal(err)
	}
	w.must(admin.RemoveUserFromChannel(t.Context(), m.Channel, me.Id))
	w.has(w.found(w.live(m), adapters.Blocking), "setup.channel.none")

	l := w.live(m)
	l.Token = w.anna.Token
	w.has(w.found(l, adapters.Blocking), "setup.token.person")
	w.must(admin.UpdateUserRoles(t.Context(), me.Id, model.SystemUserRoleId+" "+model.SystemAdminRoleId))
	l.Token = bot
	w.has(w.found(l, adapters.Blocking), "setup.token.admin")
	if _, _, err := admin.DisableBot(t.Context(), me.Id); err != nil {
		t.Fatal(err)
	}
	if got := w.found(l, adapters.Note); !slices.Equal(got, []string{"setup.token.refused"}) {
		t.Errorf("a bot that is off: %q", got)
	}
}

// Settings by which what people read goes elsewhere too are named: to the admin
// all, to the bot as far as it sees them.
func TestSettingsThatKeepCopiesAreNamed(t *testing.T) {
	t.Parallel()
	s := mattermosttest.Start(t, "MM_EMAILSETTINGS_SENDPUSHNOTIFICATIONS=true", "MM_SERVICESETTINGS_ENABLECOMMANDS=false",
		"MM_SERVICESETTINGS_ALLOWEDUNTRUSTEDINTERNALCONNECTIONS", "MM_EMAILSETTINGS_PUSHNOTIFICATIONSERVER=http://127.0.0.1:1")
	w := newTown(t, s)
	o := w.options()
	o.Command = "http://127.0.0.1:1/mattermost/command"
	m, told := w.make(o)
	w.has(told, "setup.push.full", "setup.mail.full", "setup.retention", "setup.command.off", "setup.callback.internal")
	l := w.live(m)
	l.Callback = "http://127.0.0.1:1"
	w.has(w.found(l, adapters.Warning), "setup.push.look", "setup.mail.full", "setup.retention", "setup.command.off")

	generic, none, allow, off := model.EmailNotificationContentsGeneric, model.GenericNoChannelNotification, "10.0.0.0/8, 127.0.0.0/8", false
	var patch model.Config
	patch.EmailSettings.EmailNotificationContentsType, patch.EmailSettings.PushNotificationContents = &generic, &none
	patch.ServiceSettings.AllowedUntrustedInternalConnections, patch.ServiceSettings.DisableBotsWhenOwnerIsDeactivated = &allow, &off
	if _, _, err := s.Admin.Client.PatchConfig(t.Context(), &patch); err != nil {
		t.Fatal(err)
	}
	_, told = w.make(o)
	for _, id := range []string{"setup.push.full", "setup.mail.full", "setup.callback.internal", "setup.bot.owner"} {
		if slices.Contains(told, id) {
			t.Errorf("%s is still told", id)
		}
	}
}

// The way in is tried from here. A certificate that nobody vouches for would be
// refused by Mattermost too.
func TestCheckTriesTheCallback(t *testing.T) {
	t.Parallel()
	w := newTown(t, mattermosttest.Shared(t))
	m, _ := w.make(w.options())
	answers := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(answers.Close)
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	for address, want := range map[string]string{
		answers.URL: "setup.callback.ok", untrusted.URL: "setup.callback.cert", "http://127.0.0.1:1": "setup.callback.silent",
	} {
		l := w.live(m)
		l.Callback = address
		w.has(w.found(l, adapters.Note), want, "setup.callback.internal")
	}
}

// Versions that no test can run are a server that says so (a fake).
func TestCheckKnowsTheVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"9.9.1.build": "setup.version.old", "8.1.0.build": "setup.version.old", "10.12.0.build": "setup.version.ok",
		"11.4.0.build": "setup.version.ok", "12.0.0.build": "setup.version.new", "": "setup.version.unknown",
	} {
		fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Version-Id", version)
			if strings.HasSuffix(r.URL.Path, "/users/me") {
				_, _ = fmt.Fprintf(w, `{"id":%q,"username":"meldroute","is_bot":true,"roles":"system_user"}`, strings.Repeat("a", 26))
				return
			}
			_, _ = fmt.Fprint(w, `{}`)
		}))
		var ids []string
		for _, f := range setup.Check(t.Context(), setup.Live{URL: fake.URL, Token: "x"}) {
			ids = append(ids, f.ID)
		}
		if !slices.Contains(ids, want) {
			t.Errorf("%q: got %q, want %s", version, ids, want)
		}
		fake.Close()
	}
}
