package config

// Page is the bot's own page, for people of a chat: files, and the forms of a
// chat with WebText. Without Listen there is none.
type Page struct {
	Listen string   `yaml:"listen"`    // host:port; not of this machine only with Cert and Key
	URL    string   `yaml:"url"`       // how a browser reaches it, without a path
	Cert   FilePath `yaml:"cert_file"` // PEM
	Key    FilePath `yaml:"key_file"`  // PEM
}

// On reports whether there is a page.
func (p Page) On() bool { return p.Listen != "" }

// FreeText is where people of a chat fill in and read forms.
type FreeText string

// Where it can be.
const (
	ModalText FreeText = "modal" // in windows of the chat, and nowhere else
	WebText   FreeText = "web"   // on the bot's own page: nothing of it passes through the chat
	TypedText FreeText = "typed" // in windows; where there are none it is typed, after a warning
)

func (v *validator) page() {
	p, key := v.c.Page, "page."
	if !p.On() {
		if p != (Page{}) {
			v.fail(key+"listen", "config.page.off", nil)
		}
		return
	}
	if !v.c.Mattermost.Enabled && !v.c.Slack.Enabled {
		v.fail(key+"listen", "config.page.alone", nil)
	}
	v.root(key+"url", p.URL)
	v.certificate(key, p.Listen, p.Cert, p.Key)
}

// freeText demands a page for forms that stand there.
func (v *validator) freeText(key string, on bool, f FreeText, all ...FreeText) {
	names := make([]string, len(all))
	for i, x := range all {
		names[i] = string(x)
	}
	v.oneOf(key, string(f), names...)
	if on && f == WebText && !v.c.Page.On() {
		v.fail(key, "config.page.none", nil)
	}
}
