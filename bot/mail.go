package main

import (
	"context"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mail"
	"github.com/meldroute/meldroute/bot/copen"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
)

// openMail makes the mail adapter that the configuration asks for.
func (b *bot) openMail(c config.Config) (adapters.Adapter, error) {
	return newMail(c, b.texts, memory{b.store.Memory(mail.Platform)}, b.e.now)
}

func newMail(c config.Config, texts *config.Texts, m adapters.Memory, now func() time.Time) (*mail.Adapter, error) {
	return mail.New(mail.Options{
		Host: c.Mail.Host, Port: c.Mail.Port, TLS: c.Mail.TLS,
		User: c.Mail.User, Password: c.Mail.Password.Reveal(), From: c.Mail.From,
		Municipality: c.Municipality.Name, Lang: c.Municipality.Language,
		Memory: m, Say: texts.Say, Now: now,
	})
}

// invitation makes a file of a meeting, from the sender of mail where there is
// one.
func invitation(c config.Config) func(copen.Event) adapters.File {
	return func(e copen.Event) adapters.File {
		m := mail.Event{
			UID: e.UID, Sequence: e.Sequence, Stamp: e.Stamp, Start: e.Start, End: e.End, Summary: e.Summary,
			About: e.About, Place: e.Place, Organizer: c.Mail.From, Attendee: e.Attendee, Cancelled: e.Cancelled,
		}
		_, domain, ok := strings.Cut(c.Mail.From, "@")
		if !ok {
			domain = "meldroute.invalid" // no mail: unique among our own (RFC 2606)
		}
		m.UID += "@" + domain
		return adapters.File{Name: "overleg.ics", Type: m.Type(), Body: private.New(string(mail.Calendar(m)))}
	}
}

// checkMail says whether mail works, by trying, and what is missing for alarms.
func checkMail(ctx context.Context, c config.Config, texts *config.Texts, now func() time.Time) []found {
	if !c.Mail.On() {
		return []found{{config.Warning, "check.mail", ""}}
	}
	out := []found{{config.Note, "check.mail.ok", ""}}
	m, err := newMail(c, texts, memory{}, now) // nothing is sent, so nothing is remembered
	if err == nil {
		err = m.Check(ctx)
	}
	if err != nil {
		out = []found{{config.Blocking, "check.mail.bad", err.Error()}}
	}
	if len(c.Mail.Alarms) == 0 {
		out = append(out, found{config.Warning, "check.mail.alarms", ""})
	}
	return out
}
