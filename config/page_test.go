package config_test

import (
	"strings"
	"testing"

	"github.com/meldroute/meldroute/config"
)

// A chat can have its forms on the bot's own page.
func TestPage(t *testing.T) {
	t.Parallel()
	for _, page := range []string{
		`{listen: "127.0.0.1:8070", url: "https://bot.example.org"}`, `{listen: "127.0.0.1:8070", url: "http://127.0.0.1:8070"}`,
		`{listen: ":8443", url: "https://bot.example.org:8443", cert_file: a, key_file: b}`,
	} {
		c, err := config.Parse("p.yaml", []byte(chat(t, func(v map[string]string) { v["typed"] = "web" })+"page: "+page+"\n"), nil)
		if err != nil {
			t.Errorf("%s: %v", page, err)
			continue
		}
		if !c.Page.On() || c.Mattermost.FreeText != config.WebText {
			t.Errorf("%s: got %+v, %s", page, c.Page, c.Mattermost.FreeText)
		}
		roundTrip(t, c)
	}
	if c := config.Default(); c.Page.On() || c.Mattermost.FreeText != config.TypedText || c.Slack.FreeText != config.ModalText {
		t.Errorf("as it is delivered: %+v, %s, %s", c.Page, c.Mattermost.FreeText, c.Slack.FreeText)
	}
}

// A page that nobody reaches, that others can read along on, or that nobody
// needs is refused in words.
func TestPageProblems(t *testing.T) {
	t.Parallel()
	on := chat(t, func(map[string]string) {})
	for _, c := range []struct{ name, file, page, want string }{
		{"beside the trial", "", `{listen: "127.0.0.1:8070", url: "https://bot.example.org"}`, "page.listen: De pagina is voor mensen van Mattermost of Slack."},
		{"half", on, `{url: "https://bot.example.org"}`, "page.listen: Hier hoort een adres bij."},
		{"no address", on, `{listen: "127.0.0.1:8070"}`, "page.url: Schrijf een heel adres"},
		{"a path", on, `{listen: "127.0.0.1:8070", url: "https://bot.example.org/bot"}`, "page.url: Schrijf alleen een naam"},
		{"a slash", on, `{listen: "127.0.0.1:8070", url: "https://bot.example.org/"}`, "page.url: Schrijf alleen een naam"},
		{"in the open", on, `{listen: "127.0.0.1:8070", url: "http://bot.example.org"}`, "page.url: Schrijf dit adres met https://"},
		{"for all", on, `{listen: ":8070", url: "https://bot.example.org"}`, "page.listen: Zonder certificaat"},
		{"half a certificate", on, `{listen: ":8070", url: "https://bot.example.org", key_file: b}`, "page.cert_file: Vul cert_file en key_file allebei in"},
		{"a port that is taken", on, `{listen: "127.0.0.1:9090", url: "https://bot.example.org"}`, "De poort 9090 is hier al bezet."},
	} {
		_, err := config.Parse("p.yaml", []byte(c.file+"page: "+c.page+"\n"), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
