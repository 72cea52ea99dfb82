package slack_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

// The manifest fits Slack's lengths, asks for the scopes that the tests run
// with, and names an address everywhere or nowhere.
func TestManifest(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"nl", "en"} {
		for _, url := range []string{"", "https://bot.example.org"} {
			b, err := slack.Manifest(func(id string) string { return adaptertest.Say(t, "slack")(lang, id, nil) }, url)
			if err != nil {
				t.Fatal(err)
			}
			var m struct {
				Display  struct{ Name, Description string } `json:"display_information"`
				Features struct {
					Bot struct {
						Name string `json:"display_name"`
					} `json:"bot_user"`
					Commands  []struct{ Command, Description, URL string } `json:"slash_commands"`
					Shortcuts []struct{ Name, Description string }
				}
				Settings struct {
					Events struct {
						URL string   `json:"request_url"`
						Bot []string `json:"bot_events"`
					} `json:"event_subscriptions"`
					Acts struct {
						URL string `json:"request_url"`
					} `json:"interactivity"`
					Socket bool `json:"socket_mode_enabled"`
				}
			}
			if err := json.Unmarshal(b, &m); err != nil {
				t.Fatal(err)
			}
			for what, l := range map[string]struct {
				s    string
				most int
			}{
				"name": {m.Display.Name, 35}, "description": {m.Display.Description, 140}, "bot": {m.Features.Bot.Name, 80},
				"command": {m.Features.Commands[0].Description, 2000}, "shortcut": {m.Features.Shortcuts[0].Name, 24}, "its description": {m.Features.Shortcuts[0].Description, 150},
			} {
				if n := len([]rune(l.s)); n == 0 || n > l.most {
					t.Errorf("%s: %s is %d long", lang, what, n)
				}
			}
			want := ""
			if url != "" {
				want = url + "/slack"
			}
			for _, got := range []string{m.Features.Commands[0].URL, m.Settings.Events.URL, m.Settings.Acts.URL} {
				if got != want {
					t.Errorf("got address %q, want %q", got, want)
				}
			}
			if m.Settings.Socket != (url == "") || !slices.Contains(m.Settings.Events.Bot, "message.im") {
				t.Error("neither Socket Mode nor HTTP")
			}
		}
	}
}

// Check names what keeps the bot from working in this workspace, and nothing
// else.
func TestCheck(t *testing.T) {
	t.Parallel()
	people := []adapters.Named{{ID: ineke, Name: "Ineke"}}
	good := []string{"0 slack.check.ok", "0 slack.check.private"}
	for name, tt := range map[string]struct {
		change func(*slacktest.Workspace, *slack.Options)
		want   []string
	}{
		"good":  {func(*slacktest.Workspace, *slack.Options) {}, good},
		"token": {func(_ *slacktest.Workspace, o *slack.Options) { o.BotToken = "xoxb-other" }, []string{"2 slack.check.token"}},
		"team":  {func(_ *slacktest.Workspace, o *slack.Options) { o.Team = "T0ELDERS" }, []string{"2 slack.check.team"}},
		"app": {func(_ *slacktest.Workspace, o *slack.Options) { o.AppToken = "xapp-other" },
			[]string{"0 slack.check.ok", "2 slack.check.app", "0 slack.check.private"}},
		"scopes": {func(ws *slacktest.Workspace, _ *slack.Options) {
			ws.Scopes = append(slices.DeleteFunc(slack.Scopes(), func(s string) bool { return s == "im:write" }), "channels:history")
		}, []string{"0 slack.check.ok", "2 slack.check.scope", "1 slack.check.more", "0 slack.check.private"}},
		"no channel": {func(_ *slacktest.Workspace, o *slack.Options) { o.Channel = "C0NERGENS" }, []string{"0 slack.check.ok", "2 slack.check.channel"}},
		"shared": {func(ws *slacktest.Workspace, _ *slack.Options) {
			ws.ChangeChannel(desk, func(c *slacktest.Channel) { c.Shared = true })
		}, []string{"0 slack.check.ok", "2 slack.check.open"}},
		"members": {func(ws *slacktest.Workspace, _ *slack.Options) {
			ws.ChangeChannel(desk, func(c *slacktest.Channel) { c.Members = []string{sanne, slacktest.Bot} })
		}, append(slices.Clone(good), "1 slack.check.absent", "2 slack.check.stranger")},
		"guest": {func(ws *slacktest.Workspace, _ *slack.Options) {
			ws.ChangeUser(ineke, func(u *slacktest.User) { u.Guest = true })
		}, append(slices.Clone(good), "2 slack.check.guest")},
		"unreachable": {func(ws *slacktest.Workspace, _ *slack.Options) { ws.Refuse("auth.test", 9) }, []string{"2 slack.check.unreachable"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ws := workspace(t)
			o := options(t, ws, &adaptertest.Memory{})
			o.Channel = desk
			tt.change(ws, &o)
			a, err := slack.New(o)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range a.Check(t.Context(), people, []adapters.Named{{ID: youssef, Name: "Youssef"}}) {
				got = append(got, fmt.Sprint(int(f.Level), " ", f.ID))
				adaptertest.Say(t, "slack")("nl", f.ID, f.Args)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
	ws := workspace(t)
	a, err := slack.New(options(t, ws, &adaptertest.Memory{}))
	if err != nil {
		t.Fatal(err)
	}
	unknown := a.Check(t.Context(), nil, []adapters.Named{{ID: "U0NIEMAND", Name: "Niemand"}})
	if n := len(unknown); n != 2 || unknown[1].ID != "slack.check.unknown" {
		t.Errorf("somebody unknown: %v", unknown)
	}
}
