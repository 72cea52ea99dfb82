package config

import (
	"net"
	"net/mail"
	"strings"
)

// Mail is the way to people outside the chat, and the second way of an alarm
// (D15). Without a Host there is none.
type Mail struct {
	Host     string `yaml:"host"`
	Port     int    `yaml:"port"`
	TLS      string `yaml:"tls"`           // starttls, implicit, or none on this machine only
	User     string `yaml:"user"`          // empty: nobody signs in
	Password Secret `yaml:"password_file"` // of User
	From     string `yaml:"from"`          // the sender's mail address
	// Alarms are mail addresses that an alarm of the desk goes to as well,
	// without content (P40).
	Alarms []string `yaml:"alarms"`
}

// On reports whether mail is configured.
func (m Mail) On() bool { return m.Host != "" }

func (v *validator) mail() {
	m := v.c.Mail
	if m.Port < 1 || m.Port > 65535 {
		v.fail("mail.port", "config.range", args{"Least": 1, "Most": 65535})
	}
	v.oneOf("mail.tls", m.TLS, "starttls", "implicit", "none")
	v.addresses("mail.alarms", m.Alarms)
	if (m.User == "") != m.Password.Empty() {
		v.fail("mail.user", "config.mail.user", nil)
	}
	if !m.On() {
		if len(m.Alarms) > 0 {
			v.fail("mail.alarms", "config.mail.off", nil)
		}
		return
	}
	if strings.ContainsAny(m.Host, " :/@") && net.ParseIP(m.Host) == nil {
		v.fail("mail.host", "config.mail.host", nil)
	}
	if m.TLS == "none" && !loopback(m.Host) {
		v.fail("mail.tls", "config.mail.tls", nil)
	}
	if !mailbox(m.From) {
		v.fail("mail.from", "config.mail", nil)
	}
}

// maxAlarms is how many mailboxes an alarm goes to: all must fit in the time
// of one delivery.
const maxAlarms = 5

func (v *validator) addresses(key string, all []string) {
	if len(all) > maxAlarms {
		v.fail(key, "config.count", args{"Least": 0, "Most": maxAlarms})
	}
	seen := map[string]bool{}
	for i, a := range all {
		switch {
		case !mailbox(a):
			v.fail(indexed(key, i), "config.mail", nil)
		case seen[a]:
			v.fail(indexed(key, i), "config.double", nil)
		}
		seen[a] = true
	}
}

// mailbox reports whether s is a bare mail address, without a name beside it.
func mailbox(s string) bool {
	p, err := mail.ParseAddress(s)
	_, domain, _ := strings.Cut(s, "@")
	return err == nil && p.Address == s && strings.Contains(domain, ".")
}
