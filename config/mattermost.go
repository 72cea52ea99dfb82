package config

import (
	"net/url"
	"regexp"
	"strings"
)

// The platforms whose people and channel the configuration can name, as they
// stand in a Who.
const (
	platformWeb        = "web"
	platformMattermost = "mattermost"
	platformSlack      = "slack"
)

// Mattermost is the municipality's chat. The bot is an account of its own
// there, which `bot mattermost setup` makes.
type Mattermost struct {
	Enabled  bool     `yaml:"enabled"`
	URL      string   `yaml:"url"`        // the server's address, without a path of ours
	Token    Secret   `yaml:"token_file"` // of the bot account
	FreeText FreeText `yaml:"free_text"`  // modal, web or typed
	Callback Callback `yaml:"callback"`
}

// Callback is the way in for buttons and dialogs. Without Listen there is none.
type Callback struct {
	Listen  string   `yaml:"listen"`             // host:port; not of this machine only with Cert and Key
	URL     string   `yaml:"url"`                // how the Mattermost server reaches it
	Cert    FilePath `yaml:"cert_file"`          // PEM
	Key     FilePath `yaml:"key_file"`           // PEM
	Command Secret   `yaml:"command_token_file"` // of the slash command /signaal; empty: there is none
}

// mattermostID is the form of every id of Mattermost.
var mattermostID = regexp.MustCompile(`^[a-z0-9]{26}$`)

func (v *validator) mattermost() {
	m := v.c.Mattermost
	v.freeText("mattermost.free_text", m.Enabled, m.FreeText, ModalText, WebText, TypedText)
	if !m.Enabled {
		return
	}
	v.address("mattermost.url", m.URL)
	if m.Token.Empty() {
		v.fail("mattermost.token_file", "config.empty", nil)
	}
	cb, key := m.Callback, "mattermost.callback."
	if cb.Listen == "" {
		if cb != (Callback{}) {
			v.fail(key+"listen", "config.callback.off", nil)
		}
		return
	}
	v.address(key+"url", cb.URL)
	v.certificate(key, cb.Listen, cb.Cert, cb.Key)
}

// certificate demands one, with its key, where others than this machine reach
// what listens.
func (v *validator) certificate(key, listen string, cert, private FilePath) {
	if (cert == "") != (private == "") {
		v.fail(key+"cert_file", "config.callback.pair", nil)
	} else if cert == "" && exposed(listen) {
		v.fail(key+"listen", "config.callback.plain", nil)
	}
}

// address demands an address that a token or a name may be sent to.
func (v *validator) address(key, s string) {
	if id := AddressProblem(s); id != "" {
		v.fail(key, id, nil)
	}
}

// AddressProblem is the id of the text that says why no token and no name may be
// sent to an address, or "".
func AddressProblem(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "", strings.HasSuffix(s, "/"):
		return "config.address"
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return "config.address.plain"
	}
	return ""
}

// there demands the id of a person or a channel on a chat that is on.
func (v *validator) there(key string, w Who) {
	for _, p := range []struct {
		name string
		on   bool
		id   *regexp.Regexp
	}{{platformMattermost, v.c.Mattermost.Enabled, mattermostID}, {platformSlack, v.c.Slack.Enabled, slackID}} {
		if !p.on || w.Platform() != p.name {
			continue
		}
		if !p.id.MatchString(w.ID()) {
			v.fail(key, "config."+p.name+".id", nil)
		}
		return
	}
	v.fail(key, "config.platform", args{"Platform": w.Platform()})
}
