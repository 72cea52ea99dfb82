package config

import (
	"regexp"
	"strings"
)

// Slack is the municipality's chat. The bot is an app of its own there, which
// `bot slack manifest` describes to Slack.
type Slack struct {
	Enabled  bool      `yaml:"enabled"`
	Team     string    `yaml:"team"`           // id of the workspace
	BotToken Secret    `yaml:"bot_token_file"` // xoxb-
	AppToken Secret    `yaml:"app_token_file"` // xapp-, for Socket Mode
	FreeText FreeText  `yaml:"free_text"`      // modal or web
	HTTP     SlackHTTP `yaml:"http"`
}

// SlackHTTP is the way in for Slack. Without Listen the bot uses Socket Mode,
// and there is none.
type SlackHTTP struct {
	Listen string   `yaml:"listen"` // host:port; not of this machine only with Cert and Key
	URL    string   `yaml:"url"`    // how Slack reaches it
	Secret Secret   `yaml:"signing_secret_file"`
	Cert   FilePath `yaml:"cert_file"` // PEM
	Key    FilePath `yaml:"key_file"`  // PEM
}

// The forms of Slack's ids: of a workspace, and of a person or a channel.
var (
	slackTeam = regexp.MustCompile(`^T[A-Z0-9]{2,20}$`)
	slackID   = regexp.MustCompile(`^[UWCG][A-Z0-9]{2,20}$`)
)

func (v *validator) slack() {
	s, key := v.c.Slack, "slack."
	v.freeText(key+"free_text", s.Enabled, s.FreeText, ModalText, WebText)
	if !s.Enabled {
		return
	}
	if !slackTeam.MatchString(s.Team) {
		v.fail(key+"team", "config.slack.team", nil)
	}
	v.token(key+"bot_token_file", s.BotToken, "xoxb-")
	h, key := s.HTTP, key+"http."
	if h.Listen == "" {
		v.token("slack.app_token_file", s.AppToken, "xapp-")
		if h.Secret != (Secret{}) || h.Cert != "" || h.Key != "" {
			v.fail(key+"listen", "config.slack.off", nil)
		}
		return
	}
	v.address(key+"url", h.URL)
	if h.Secret.Empty() {
		v.fail(key+"signing_secret_file", "config.empty", nil)
	}
	v.certificate(key, h.Listen, h.Cert, h.Key)
}

// token demands a secret that begins as those of its kind do.
func (v *validator) token(key string, s Secret, begins string) {
	switch {
	case s.Empty():
		v.fail(key, "config.empty", nil)
	case !strings.HasPrefix(s.Reveal(), begins):
		v.fail(key, "config.slack.token", args{"Begins": begins})
	}
}
