package slack_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

// The Home tab is the same for all, and its buttons, the command and the
// shortcut begin at once.
func TestBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		b.shows(line("form"))
		p, other := x.ws.Person(sanne), x.ws.Person(youssef)
		p.OpenHome()
		other.OpenHome()
		home := p.Home()
		if !strings.Contains(home.Text, "Bel 112.") || !strings.Contains(home.Text, "0900-8844 (nl)") || strings.Contains(home.Text, "Sanne") {
			t.Errorf("home: %q", home.Text)
		}
		if got := other.Home().Text; !strings.Contains(got, "0900-8844 (en)") {
			t.Errorf("home in English: %q", got)
		}
		for name, tt := range map[string]struct {
			do    func() slacktest.Result
			token string
		}{
			"home":     {func() slacktest.Result { return p.PressHome("Signaal melden") }, adapters.TokenReport},
			"danger":   {func() slacktest.Result { return p.PressHome("Nu gevaar") }, adapters.TokenDanger},
			"shortcut": {func() slacktest.Result { return p.Shortcut("signaal_start") }, adapters.TokenReport},
			"command":  {func() slacktest.Result { return p.Command("/signaal", "") }, adapters.TokenReport},
		} {
			if got := tt.do(); !got.OK || len(got.Body) > 0 {
				t.Errorf("%s: acknowledged %v with %s", name, got.OK, got.Body)
			}
			synctest.Wait()
			all := b.messages()
			m := all[len(all)-1]
			if m.Press != tt.token || !m.Direct || m.At != address(sanne) || m.From != m.At || m.Lang != "nl" || m.Name.Reveal() != "Sanne" || m.ID == "" {
				t.Errorf("%s: press %q, direct %v, lang %q", name, m.Press, m.Direct, m.Lang)
			}
			if p.Modal() == nil {
				t.Errorf("%s: no form opened", name)
			}
			p.CloseModal()
		}
	})
}

// What stands behind the command is not taken in, and its author is told so; a
// dialogue that goes on elsewhere is pointed at.
func TestCommandText(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		p := x.ws.Person(sanne)
		b.shows(line("form"))
		p.Command("/signaal", "Zilvervos woont op nummer 3")
		synctest.Wait()
		if got := p.Notices(); len(got) != 1 || !strings.Contains(got[0].Text, "niet bewaard") || p.Modal() == nil {
			t.Errorf("got %v", got)
		}
		for i, notice := range []string{"", "Er is nu niemand."} {
			b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
				return adapters.Answer{Notice: notice}, nil
			})
			p.Command("/signaal", "")
			synctest.Wait()
			want := []string{"Kijk in je gesprek", notice}[i]
			if got := p.Notices(); len(got) != 2+i || !strings.Contains(got[1+i].Text, want) {
				t.Errorf("got %v", got)
			}
		}
		for _, m := range b.messages() {
			if strings.Contains(m.Text.Reveal(), "Zilvervos") {
				t.Error("it was taken in")
			}
		}
	})
}

// Who typed what was not taken in is told how to delete it, once.
func TestStray(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
			return adapters.Answer{Stray: true}, nil
		})
		x.ws.Person(sanne).Type("Zilvervos woont op nummer 3", "foto.jpg")
		synctest.Wait()
		x.ws.Again()
		synctest.Wait()
		if got := x.ws.Posts(sanne); len(got) != 1 || !strings.Contains(got[0].Text, "Verwijderen") {
			t.Errorf("got %v", got)
		}
		if m := b.messages()[0]; m.Files != 1 || m.Text.Reveal() != "Zilvervos woont op nummer 3" {
			t.Errorf("got %d files", m.Files)
		}
	})
}

// What is no business of the bot's is acknowledged and goes nowhere: what was
// edited, what a bot says, what is of another kind or another workspace.
func TestIgnored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		x.ws.AddUser(slacktest.User{ID: "U0BOT2", Bot: true, Name: "Ander"})
		p := x.ws.Person(sanne)
		p.Type("hallo")
		p.Edit("Zilvervos")
		p.Event("message", map[string]any{"channel_type": "channel", "channel": "C0ELDERS", "text": "Zilvervos", "ts": "1.2"})
		p.Event("message", map[string]any{"channel_type": "im", "subtype": "reminder_add", "text": "Zilvervos", "ts": "1.2"})
		p.Event("message", map[string]any{"channel_type": "im", "bot_id": "B1", "text": "Zilvervos", "ts": "1.2"})
		p.Event("member_joined_channel", map[string]any{"channel": desk})
		p.Event("user_change", map[string]any{"user": map[string]any{"id": sanne}})
		p.Event("reaction_added", nil)
		x.ws.Person(slacktest.Bot).Event("message", map[string]any{"channel_type": "im", "text": "Zilvervos", "ts": "1.2"})
		x.ws.Person("U0BOT2").Event("message", map[string]any{"channel_type": "im", "text": "Zilvervos", "ts": "1.2"})
		if n := len(b.messages()); n != 1 {
			t.Errorf("got %d messages, want 1", n)
		}
	})
}

// A guest and a stranger are told that this is not for them, and 112 all the
// same.
func TestGuest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{early: func(m adapters.Message) *adapters.Reply {
			if m.Text.Reveal() != "SPOED" {
				return nil
			}
			return &adapters.Reply{Key: "112." + m.ID, Text: "Bel nu 112."}
		}}
		x := start(t, b, false, nil)
		x.ws.ChangeUser(sanne, func(u *slacktest.User) { u.Guest = true })
		x.ws.ChangeUser(youssef, func(u *slacktest.User) { u.Stranger = true })
		for _, id := range []string{sanne, youssef} {
			p := x.ws.Person(id)
			if !p.Type("SPOED").OK {
				t.Error("not acknowledged")
			}
			synctest.Wait()
			if got := p.Notices(); len(got) != 1 || !strings.Contains(got[0].Text, "112") || len(x.ws.Posts(id)) != 1 {
				t.Errorf("he sees %v", got)
			}
		}
		if len(b.messages()) != 0 {
			t.Error("a guest was let in")
		}
	})
}

// What must be read at once is shown once, also when nothing was taken, the
// program began again and the event came again.
func TestEarlyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{early: func(m adapters.Message) *adapters.Reply {
			return &adapters.Reply{Key: "112." + m.ID, Text: "Bel nu 112.", Urgent: true}
		}}
		b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
			return adapters.Answer{}, adaptertest.ErrMemory
		})
		x := start(t, b, false, nil)
		x.ws.Person(sanne).Type("SPOED")
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		x.run()
		x.ws.Again()
		synctest.Wait()
		if got := x.ws.Posts(sanne); len(got) != 1 || got[0].Text != "Spoed\nBel nu 112." || len(b.messages()) != 2 {
			t.Errorf("got %v", got)
		}
	})
}

// A button in the channel says where it was pressed, and its form opens for who
// pressed it alone.
func TestPressInChannel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		b.shows(line("form"))
		question(t, x, desk)
		p := x.ws.Person(ineke)
		p.PressIn(desk, "Invullen")
		synctest.Wait()
		if m := b.messages()[0]; m.Direct || m.At != address(desk) || m.From != address(ineke) || m.Press != "token" {
			t.Errorf("direct %v, press %q", m.Direct, m.Press)
		}
		if p.Modal() == nil {
			t.Fatal("no form")
		}
		_ = p.Set("f/where", "hier")
		b.does(nil)
		p.Submit()
		if m := b.messages()[1]; !m.Direct || m.At != address(ineke) {
			t.Error("a form is filled in by one person alone")
		}
		b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
			return adapters.Answer{Notice: "Niet gevonden."}, nil
		})
		p.PressIn(desk, "Invullen")
		synctest.Wait()
		if got := p.Notices(); len(got) != 1 || got[0].Text != "Niet gevonden." || len(x.ws.Posts(desk)) != 1 {
			t.Error("the words are not for him alone")
		}
	})
}

// Words come as they were typed, whatever Slack makes of them.
func TestTyped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		p := x.ws.Person(sanne)
		for raw, want := range map[string]string{
			"ja &lt;b&gt; &amp;amp;":               "ja <b> &amp;",
			"<mailto:a@b.nl|a@b.nl> <tel:06|06>":   "a@b.nl 06",
			"<https://x.nl/?a=1&amp;b=2> en <@U1>": "https://x.nl/?a=1&b=2 en @U1",
		} {
			p.Event("message", map[string]any{"channel_type": "im", "channel": "D1", "text": raw, "ts": "1700000000.000200"})
			all := b.messages()
			m := all[len(all)-1]
			if got := m.Text.Reveal(); got != want {
				t.Errorf("%q: got %q, want %q", raw, got, want)
			}
			if want := time.UnixMicro(1700000000000200).UTC(); !m.Sent.Equal(want) {
				t.Errorf("sent %v, want %v", m.Sent, want)
			}
		}
	})
}

// Every text that the package says is there, and none is left over.
func TestTexts(t *testing.T) {
	t.Parallel()
	adaptertest.Texts(t, "slack", adaptertest.Sources(t, `"(slack\.[a-z.]+)"`, "*.go"))
}
