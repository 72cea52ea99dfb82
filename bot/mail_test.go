package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	main "github.com/meldroute/meldroute/bot"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mail"
	"github.com/meldroute/meldroute/adapters/mail/mailtest"
	"github.com/meldroute/meldroute/config"
)

// watch is where the alarms of the tests go besides the chat.
const watch = "mail:wacht@example.org"

// An alarm also goes by mail, once for each reason, without a word of what was
// reported: the channel is unfit, an acute card did not arrive, nobody could
// be told.
func TestAlarmsGoBySecondWay(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		room func(adapters.Room) (adapters.Room, error)
		fail func(to string) error
		want []string // texts, each once
	}{
		"all is well": {},
		"unfit": {
			room: func(r adapters.Room) (adapters.Room, error) { r.Private = false; return r, nil },
			want: []string{"Een signaal kan niet in het kanaal.", "Een dringend signaal is in de chat niet aangekomen."},
		},
		"undelivered": {
			fail: func(to string) error { return brokenAt(to, deskChannel) },
			want: []string{"Een dringend signaal is in de chat niet aangekomen."},
		},
		"nobody": {
			fail: func(to string) error {
				if strings.HasPrefix(to, "mail:") {
					return nil
				}
				return errBroken
			},
			want: []string{"Een signaal wacht en niemand is bereikt.", "Een signaal wacht en niemand is bereikt.", "Een dringend signaal is in de chat niet aangekomen."},
		},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, chat := monday(), newChat()
			r := onFile(t).replica(t, chat, k)
			r.room.become(c.room)
			chat.fail(c.fail)
			l := r.loop()
			r.acute("e-1")
			for range 20 {
				l.run(t, k)
				k.on(15 * time.Second)
			}
			var got []string
			for _, m := range chat.at(watch) {
				if !m.Urgent || len(m.Choices) > 0 || !strings.Contains(m.Text, "Kenmerk: "+r.ref("e-1")) {
					t.Errorf("not an alarm: %+v", m)
				}
				got = append(got, m.Text)
			}
			for _, want := range c.want {
				i := -1
				for j, text := range got {
					if strings.HasPrefix(text, want) {
						i = j
					}
				}
				if i < 0 {
					t.Fatalf("no mail says %q: %q", want, got)
				}
				got = append(got[:i], got[i+1:]...)
			}
			if len(got) > 0 {
				t.Errorf("more mails than one for each reason: %q", got)
			}
		})
	}
}

func brokenAt(to, at string) error {
	if to == at {
		return errBroken
	}
	return nil
}

// Mail that does not work keeps nothing from the chat; an address without a
// mailbox is not tried for ever.
func TestAlarmsByMailHoldNothingUp(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]error{"down": errBroken, "gone": adapters.ErrGone} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, chat := monday(), newChat()
			r := onFile(t).replica(t, chat, k)
			down := func(to string) error {
				switch to {
				case watch:
					return broken
				case deskChannel:
					return errBroken
				}
				return nil
			}
			chat.fail(down)
			l := r.loop()
			r.acute("e-1")
			for range 20 {
				l.run(t, k)
				k.on(15 * time.Second)
			}
			if got := chat.count(coordinator, "kaart staat nog niet in het kanaal"); got != 1 {
				t.Errorf("the coördinator was told %d times, want 1", got)
			}
			chat.fail(func(to string) error { return brokenAt(to, deskChannel) })
			k.on(10 * time.Minute)
			l.run(t, k)
			if got, want := len(chat.at(watch)), map[string]int{"down": 1, "gone": 0}[name]; got != want {
				t.Errorf("mail works again: got %d alarms, want %d", got, want)
			}
		})
	}
}

// A mail carries the time of the program, as all that it keeps does.
func TestMailHasTheProgramsClock(t *testing.T) {
	t.Parallel()
	s := mailtest.Serve(t, mail.Plain)
	c, err := config.Parse("m.yaml", fmt.Appendf(nil, "data: {dir: %q}\nmail: {host: 127.0.0.1, port: %d, tls: none, from: bot@example.org}\n", filepath.Join(t.TempDir(), "data"), s.Port), nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2041, 2, 3, 4, 5, 6, 0, time.UTC)
	all, done, err := main.Platforms(t.Context(), c, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = done() }()
	for _, a := range all {
		if a.Name() == mail.Platform {
			if err := a.Send(t.Context(), adapters.NewAddress(mail.Platform, "iemand@example.org"), adapters.Reply{Key: "k", Text: "Iets."}); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := s.Await("iemand@example.org", 1, patience)[0]
	if d, err := got.Header.Date(); err != nil || !d.Equal(at) {
		t.Errorf("the mail is of %v (%v), want %v", d, err, at)
	}
}

// `bot check` tries the mail server: it says that it answers, or that it does
// not and why, and what is missing for alarms.
func TestCheckTriesMail(t *testing.T) {
	t.Parallel()
	s := mailtest.Serve(t, mail.StartTLS)
	dir := t.TempDir()
	write(t, dir, "good", mailtest.Password)
	write(t, dir, "bad", "Goudvos-2")
	write(t, dir, "ca.pem", string(s.PEM))
	check := func(yaml string) ran {
		write(t, dir, "m.yaml", "contacts: {confidant: {name: Vertrouwenspersoon, number: 0348-000001, confirmed: true}}\n"+yaml)
		return commandWith(t, dir, []string{"SSL_CERT_FILE=" + filepath.Join(dir, "ca.pem")}, "-c", "m.yaml", "check")
	}
	const group = "mail: {host: 127.0.0.1, port: %d, user: %s, from: meldroute@example.org, password_file: %s, alarms: [%s]}\n"
	for _, c := range []struct {
		name, password, alarms, want, not string
		code                              int
	}{
		{"works", "good", "wacht@example.org", "Weet: De mailserver antwoordt.", "alleen via de chat", 0},
		{"no alarms", "good", "", "Let op: Een alarm gaat alleen via de chat. Vul mail.alarms in.", "Er is geen mail ingesteld", 0},
		{"fails", "bad", "", "Fout: Mail werkt niet.", "Goudvos", 1},
	} {
		got := check(fmt.Sprintf(group, s.Port, mailtest.User, c.password, c.alarms))
		if !strings.Contains(got.out, c.want) || strings.Contains(got.out+got.err, c.not) || got.code != c.code {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
	if got := check(""); got.code != 0 || !strings.Contains(got.out, "Er is geen mail ingesteld.") {
		t.Errorf("without mail: got %+v", got)
	}
	if n := len(s.Box("wacht@example.org")); n != 0 {
		t.Errorf("bot check sent %d mails", n)
	}
}
