package mail

import (
	"fmt"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/meldroute/meldroute/adapters"
)

// message is a reply as a mail: plain text, so that nothing in it can load,
// link or run.
func (a *Adapter) message(rcpt string, r adapters.Reply, files []adapters.File) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.From(a.o.From); err != nil {
		return nil, fmt.Errorf("mail: from: %w", err)
	}
	if err := m.To(rcpt); err != nil { // its error repeats the address
		return nil, fmt.Errorf("mail: recipient: %w", adapters.ErrGone)
	}
	m.SetDateWithValue(a.o.Now())
	m.SetMessageIDWithValue(a.messageID(rcpt, r.Key))
	if r.Over != "" { // what it replaces cannot be taken back: it is shown beneath it
		before := "<" + a.messageID(rcpt, r.Over) + ">"
		m.SetGenHeader(mail.HeaderInReplyTo, before)
		m.SetGenHeader(mail.HeaderReferences, before)
	}
	m.SetGenHeader("Auto-Submitted", "auto-generated") // no holiday replies (RFC 3834)
	if r.Urgent {
		m.SetImportance(mail.ImportanceHigh)
	}
	m.Subject(a.subject(r, files))
	m.SetBodyString(mail.TypeTextPlain, a.body(r))
	for _, f := range files {
		if strings.HasPrefix(f.Type, calendarType) {
			m.AddAlternativeString(mail.ContentType(f.Type), f.Body.Reveal())
		}
		if err := m.AttachReader(f.Name, strings.NewReader(f.Body.Reveal()), mail.WithFileContentType(mail.ContentType(f.Type))); err != nil {
			return nil, fmt.Errorf("mail: attach: %w", err)
		}
	}
	return m, nil
}

// subject is neutral: it shows on locked screens and in lists.
func (a *Adapter) subject(r adapters.Reply, files []adapters.File) string {
	id := "mail.subject"
	switch {
	case r.Urgent:
		id = "mail.subject.urgent"
	case len(files) > 0 && strings.HasPrefix(files[0].Type, calendarType):
		id = "mail.subject.calendar"
	}
	return a.o.Say(a.o.Lang, id, map[string]any{"Municipality": a.o.Municipality})
}

// body is the text, its marks taken away. What cannot be pressed here is said.
func (a *Adapter) body(r adapters.Reply) string {
	text := strings.ReplaceAll(r.Text, "**", "")
	if len(r.Choices) > 0 {
		text += "\n\n" + a.o.Say(a.o.Lang, "mail.choices", nil)
	}
	return text + "\n\n" + a.o.Say(a.o.Lang, "mail.foot", nil) + "\n"
}
