package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/config"
)

// chat is a whole configuration of Mattermost, with what the test changes in
// it.
func chat(t *testing.T, change func(map[string]string)) string {
	t.Helper()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("zilvervos\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v := map[string]string{
		"web": "false", "url": "https://chat.example.org", "token": token, "typed": "typed",
		"callback": "{}", "person": "mattermost:" + strings.Repeat("a", 26), "channel": "mattermost:" + strings.Repeat("k", 26),
	}
	change(v)
	return strings.NewReplacer("$web", v["web"], "$url", v["url"], "$token", v["token"], "$typed", v["typed"],
		"$callback", v["callback"], "$person", v["person"], "$channel", v["channel"]).Replace(`
web: {enabled: $web}
mattermost:
  enabled: true
  url: "$url"
  token_file: "$token"
  free_text: $typed
  callback: $callback
roles:
  officers: [{person: "$person", name: A, reads: all}]
  coordinators: []
desk: {channel: "$channel"}
copen: {participants: []}
`)
}

// With Mattermost on, the trial in the browser is off, and people and channel
// are on Mattermost.
func TestMattermostTakesThePlaceOfTheTrial(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]string){
		"typed":        func(map[string]string) {},
		"no typing":    func(v map[string]string) { v["typed"] = "modal" },
		"this machine": func(v map[string]string) { v["url"] = "http://127.0.0.1:8065" },
		"callback behind a proxy": func(v map[string]string) {
			v["callback"] = "{listen: \"127.0.0.1:8066\", url: \"https://bot.example.org/mm\", command_token_file: " + v["token"] + "}"
		},
		"callback with a certificate": func(v map[string]string) {
			v["callback"] = "{listen: \":8443\", url: \"https://bot.example.org:8443\", cert_file: a, key_file: b}"
		},
	} {
		c, err := config.Parse("m.yaml", []byte(chat(t, change)), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.Mattermost.Token.Reveal() != "zilvervos" || c.Desk.Channel.Platform() != "mattermost" {
			t.Errorf("%s: token or channel is not what the file says", name)
		}
		roundTrip(t, c)
	}
}

// What cannot work, or would send a token or a name in the open, is said.
func TestMattermostProblems(t *testing.T) {
	t.Parallel()
	set := func(key, to string) func(map[string]string) {
		return func(v map[string]string) { v[key] = to }
	}
	for _, c := range []struct {
		name   string
		change func(map[string]string)
		want   string
	}{
		{"beside the trial", set("web", "true"), "m.yaml:2: web.enabled: De chat in de browser heeft geen aanmelding."},
		{"no address", set("url", ""), "m.yaml:5: mattermost.url: Schrijf een heel adres"},
		{"a slash at the end", set("url", "https://chat.example.org/"), "mattermost.url: Schrijf een heel adres"},
		{"a name in the address", set("url", "https://a:b@chat.example.org"), "mattermost.url: Schrijf een heel adres"},
		{"the token in the open", set("url", "http://chat.example.org"), "mattermost.url: Schrijf dit adres met https://"},
		{"another scheme", set("url", "ftp://127.0.0.1"), "mattermost.url: Schrijf dit adres met https://"},
		{"no token", set("token", ""), "mattermost.token_file: Vul dit in."},
		{"another way of typing", set("typed", "ja"), "mattermost.free_text: Kies één van deze: modal, web, typed."},
		{"forms on a page without one", set("typed", "web"), "mattermost.free_text: Formulieren op de pagina van de bot kunnen alleen met een pagina."},
		{"a person of the trial", set("person", "web:aandachtsfunctionaris-1"), "roles.officers[1].person: Het platform web staat niet aan."},
		{"a name for an id", set("person", "mattermost:anna"), "roles.officers[1].person: Dit is geen nummer van Mattermost"},
		{"a channel of the trial", set("channel", "web:desk"), "desk.channel: Het platform web staat niet aan."},
		{"a channel by its name", set("channel", "mattermost:desk"), "desk.channel: Dit is geen nummer van Mattermost"},
		{"half a callback", set("callback", "{url: \"https://bot.example.org\"}"), "mattermost.callback.listen: Hier hoort een adres bij."},
		{"a callback that nobody finds", set("callback", "{listen: \"127.0.0.1:8066\"}"), "mattermost.callback.url: Schrijf een heel adres"},
		{"a callback in the open", set("callback", "{listen: \"127.0.0.1:8066\", url: \"http://bot.example.org\"}"), "mattermost.callback.url: Schrijf dit adres met https://"},
		{"a callback for all", set("callback", "{listen: \":8066\", url: \"https://bot.example.org\"}"), "mattermost.callback.listen: Zonder certificaat"},
		{"a certificate without a key", set("callback", "{listen: \":8066\", url: \"https://bot.example.org\", cert_file: a}"), "mattermost.callback.cert_file: Vul cert_file en key_file allebei in"},
		{"one port twice", set("callback", "{listen: \"127.0.0.1:9090\", url: \"https://bot.example.org\"}"), "operations.listen: De poort 9090 is hier al bezet."},
	} {
		_, err := config.Parse("m.yaml", []byte(chat(t, c.change)), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	_, err := config.Parse("m.yaml", []byte(`roles: {dpo: [{person: "mattermost:`+strings.Repeat("a", 26)+`", name: A}]}`), nil)
	if err == nil || !strings.Contains(err.Error(), "roles.dpo[1].person: Het platform mattermost staat niet aan.") {
		t.Errorf("a person of Mattermost without it: %v", err)
	}
}
