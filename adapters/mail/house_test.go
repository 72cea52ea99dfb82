package mail_test

import (
	"cmp"
	"fmt"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/mail"
	"github.com/meldroute/meldroute/adapters/mail/mailtest"
)

func now() time.Time { return time.Date(2027, 4, 14, 12, 0, 0, 0, time.UTC) }

// say gives the name of a text in place of its words.
func say(lang, id string, args map[string]any) string {
	return fmt.Sprint(lang, " ", id, cmp.Or(args["Municipality"], any("")))
}

// open makes an adapter for a server.
func open(t *testing.T, s *mailtest.Server, way string, change func(*mail.Options)) *mail.Adapter {
	t.Helper()
	o := mail.Options{
		Host: "127.0.0.1", Port: s.Port, TLS: way, User: mailtest.User, Password: mailtest.Password, From: "meldroute@example.org",
		Municipality: "Woerden", Lang: "nl", Memory: &adaptertest.Memory{Now: now}, Say: say, Roots: s.Roots,
		Now: now,
	}
	if way == mail.Plain {
		o.User, o.Password = "", ""
	}
	if change != nil {
		change(&o)
	}
	a, err := mail.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
