package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/config"
)

// slack is a whole configuration of Slack, with what the test changes in it.
func slack(t *testing.T, change func(map[string]string)) string {
	t.Helper()
	v := map[string]string{
		"web": "false", "team": "T0WERK", "http": "{}", "person": "slack:U0INEKE", "channel": "slack:C0MELDPUNT",
		"bot": "xoxb-zilvervos", "app": "xapp-zilvervos", "secret": "zilvervos",
	}
	change(v)
	dir := t.TempDir()
	for _, name := range []string{"bot", "app", "secret"} {
		if v[name] == "" {
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(v[name]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		v[name] = path
	}
	text := strings.NewReplacer("$web", v["web"], "$team", v["team"], "$bot", v["bot"], "$app", v["app"],
		"$http", v["http"], "$person", v["person"], "$channel", v["channel"]).Replace(`
web: {enabled: $web}
slack:
  enabled: true
  team: "$team"
  bot_token_file: "$bot"
  app_token_file: "$app"
  http: $http
roles:
  officers: [{person: "$person", name: A, reads: all}]
  coordinators: []
desk: {channel: "$channel"}
copen: {participants: []}
`)
	return strings.ReplaceAll(text, "$secret", v["secret"])
}

const overHTTP = "{listen: \"127.0.0.1:8067\", url: \"https://bot.example.org\", signing_secret_file: $secret}"

// With Slack on, the trial in the browser is off, people and channel are on
// Slack, and acts come by Socket Mode or over HTTP.
func TestSlackTakesThePlaceOfTheTrial(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]string){
		"socket": func(map[string]string) {},
		"http":   func(v map[string]string) { v["http"], v["app"] = overHTTP, "" },
		"a certificate": func(v map[string]string) {
			v["http"] = strings.Replace(strings.Replace(overHTTP, "127.0.0.1", "", 1), "}", ", cert_file: a, key_file: b}", 1)
		},
	} {
		c, err := config.Parse("s.yaml", []byte(slack(t, change)), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.Slack.BotToken.Reveal() != "xoxb-zilvervos" || c.Desk.Channel.Platform() != "slack" {
			t.Errorf("%s: token or channel is not what the file says", name)
		}
		roundTrip(t, c)
	}
}

// What cannot work, or would bring what is filled in over the open net, is said.
func TestSlackProblems(t *testing.T) {
	t.Parallel()
	set := func(key, to string) func(map[string]string) {
		return func(v map[string]string) { v[key] = to }
	}
	for _, c := range []struct {
		name   string
		change func(map[string]string)
		want   string
	}{
		{"beside the trial", set("web", "true"), "s.yaml:2: web.enabled: De chat in de browser heeft geen aanmelding."},
		{"a name for the team", set("team", "woerden"), "s.yaml:5: slack.team: Dit is geen nummer van een werkruimte"},
		{"no token", set("bot", ""), "slack.bot_token_file: Vul dit in."},
		{"the app's token for the bot's", set("bot", "xapp-1"), "slack.bot_token_file: Deze token begint niet met xoxb-."},
		{"no way in", set("app", ""), "slack.app_token_file: Vul dit in."},
		{"the bot's token for the app's", set("app", "xoxb-1"), "slack.app_token_file: Deze token begint niet met xapp-."},
		{"a secret and no address", set("http", "{signing_secret_file: $secret}"), "slack.http.listen: Hier hoort een adres bij."},
		{"no secret", set("http", "{listen: \"127.0.0.1:8067\", url: \"https://bot.example.org\"}"), "slack.http.signing_secret_file: Vul dit in."},
		{"in the open", set("http", strings.Replace(overHTTP, "127.0.0.1", "", 1)), "slack.http.listen: Zonder certificaat"},
		{"an address that Slack does not call", set("http", strings.Replace(overHTTP, "https:", "http:", 1)), "slack.http.url: Schrijf dit adres met https://"},
		{"a port that is none", set("http", strings.Replace(overHTTP, "8067", "x", 1)), "slack.http.listen: "},
		{"a person by his name", set("person", "slack:anna"), "roles.officers[1].person: Dit is geen nummer van Slack."},
		{"a person of Mattermost", set("person", "mattermost:"+strings.Repeat("a", 26)), "roles.officers[1].person: Het platform mattermost staat niet aan."},
		{"a channel by its name", set("channel", "slack:desk"), "desk.channel: Dit is geen nummer van Slack."},
	} {
		_, err := config.Parse("s.yaml", []byte(slack(t, c.change)), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "zilvervos") {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// What is wrong once is said once, whatever else is on.
func TestTheTrialIsRefusedOnce(t *testing.T) {
	t.Parallel()
	both := slack(t, func(v map[string]string) { v["web"] = "true" }) + "mattermost: {enabled: true, url: \"https://chat.example.org\"}\n"
	_, err := config.Parse("s.yaml", []byte(both), nil)
	if err == nil || strings.Count(err.Error(), "heeft geen aanmelding") != 1 {
		t.Errorf("got %v", err)
	}
}
