package main

import (
	"context"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mail"
	"github.com/meldroute/meldroute/config"
)

// openMail makes the mail adapter that the configuration asks for.
func openMail(c config.Config, texts *config.Texts, m adapters.Memory) (*mail.Adapter, error) {
	return mail.New(mail.Options{
		Host: c.Mail.Host, Port: c.Mail.Port, TLS: c.Mail.TLS,
		User: c.Mail.User, Password: c.Mail.Password.Reveal(), From: c.Mail.From,
		Municipality: c.Municipality.Name, Lang: c.Municipality.Language,
		Memory: m, Say: texts.Say, Now: time.Now,
	})
}

// checkMail says whether mail works, by trying, and what is missing for alarms.
func checkMail(ctx context.Context, c config.Config, texts *config.Texts) []found {
	if !c.Mail.On() {
		return []found{{config.Warning, "check.mail", ""}}
	}
	out := []found{{config.Note, "check.mail.ok", ""}}
	m, err := openMail(c, texts, memory{}) // nothing is sent, so nothing is remembered
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
