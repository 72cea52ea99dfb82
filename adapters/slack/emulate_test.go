package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

// An emulator that others wrote takes all that the adapter does, with no scope
// but those of the manifest: messages, what replaces them, what is found again
// after a lost answer, dialogues, channels, pictures, the Home tab and modals.
func TestEmulate(t *testing.T) {
	t.Parallel()
	e := emulate(t)
	b := &bot{}
	a := e.start(slacktest.BotToken, b)
	sanne, ineke := e.people["sanne"], e.people["ineke"]
	e.took("start")
	t.Run("messages", func(t *testing.T) {
		e.within(t)
		send(t, a, sanne, adapters.Reply{Key: "1", Text: "Eerste **vraag**", Choices: []adapters.Choice{{Token: "t", Label: "Ja"}}})
		send(t, a, sanne, adapters.Reply{Key: "1", Text: "Eerste **vraag**", Choices: []adapters.Choice{{Token: "t", Label: "Ja"}}})
		send(t, a, sanne, adapters.Reply{Key: "2", Over: "1", Text: "Beantwoord", Quiet: true})
		send(t, a, sanne, adapters.Reply{Key: "3", Text: "Tweede vraag"})
		e.took("sent")
		e.loses("chat.postMessage")
		if err := a.Send(t.Context(), address(sanne), adapters.Reply{Key: "4", Text: "Derde vraag"}); err == nil {
			t.Error("an answer was lost, and it counts as sent")
		}
		send(t, a, sanne, adapters.Reply{Key: "4", Text: "Derde vraag"})
		e.took("sent again after a lost answer")
		if diff := cmp.Diff([]string{"Beantwoord", "Tweede vraag", "Derde vraag"}, e.texts(slacktest.BotToken, e.dialogue(sanne))); diff != "" {
			t.Error(diff)
		}
		if err := a.Send(t.Context(), address("U0NIEMAND"), adapters.Reply{Key: "1", Text: "x"}); !isGone(err) {
			t.Errorf("to nobody: %v", err)
		}
		e.took("to nobody", "conversations.open: user_not_found")
	})
	t.Run("channel", func(t *testing.T) {
		e.within(t)
		in := e.channel("meldpunt", emBot, ineke, "U0OTHER")
		room, err := a.Room(t.Context(), address(in))
		want := []adapters.Member{{Address: address("U000000001")}, {Address: address(ineke)}, {Address: address("U0OTHER"), Bot: true}}
		if err != nil || !room.Private || !slices.Equal(room.Members, want) {
			t.Errorf("room: private %v, %d members, %v", room.Private, len(room.Members), err)
		}
		send(t, a, in, adapters.Reply{Key: "1", Text: "Nieuw signaal"})
		send(t, a, in, adapters.Reply{Key: "2", Over: "1", Text: "Gelezen", Change: "Er is gelezen."})
		if got := e.texts(emOwner, in); !slices.Equal(got, []string{"Gelezen"}) {
			t.Errorf("channel: %q", got)
		}
		e.took("in the channel")

		room, err = a.Room(t.Context(), address(emOpen))
		if err != nil || room.Private {
			t.Errorf("a public channel: private %v, %v", room.Private, err)
		}
		e.took("a public channel", "conversations.info: missing_scope")
		out := e.channel("anderen", ineke)
		if _, err := a.Room(t.Context(), address(out)); !isGone(err) {
			t.Errorf("a channel without the bot: %v", err)
		}
		if err := a.Send(t.Context(), address(out), adapters.Reply{Key: "1", Text: "x"}); err == nil {
			t.Error("posted where the bot is not")
		}
		e.took("a channel without the bot", "conversations.info: not_in_channel", "chat.postMessage: not_in_channel")
	})
	t.Run("picture", func(t *testing.T) {
		e.within(t)
		p := adapters.Picture{Key: "p", Name: "cijfers.png", Alt: "Drie meldingen", Text: "Cijfers", PNG: pixel}
		for range 2 {
			if err := a.SendPicture(t.Context(), address(ineke), p); err != nil {
				t.Fatal(err)
			}
		}
		e.took("picture")
		if got := e.texts(slacktest.BotToken, e.dialogue(ineke)); !slices.Equal(got, []string{"Cijfers\nDrie meldingen"}) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("home", func(t *testing.T) {
		e.within(t)
		e.event(map[string]any{"type": "app_home_opened", "tab": "home", "user": sanne})
		if v := e.view(1); v.Type != "home" {
			t.Errorf("got a %s", v.Type)
		}
		e.took("home")
	})
	t.Run("modal", func(t *testing.T) {
		e.within(t)
		modals(t, e, b, sanne)
	})
	t.Run("notice", func(t *testing.T) {
		e.within(t)
		b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
			return adapters.Answer{Notice: "Al beantwoord."}, nil
		})
		e.press(sanne, e.dialogue(sanne), e.trigger(sanne), "press.0", "t", nil)
		e.answers("chat.postEphemeral", 1)
		e.took("notice")
		e.press(sanne, e.channel("besloten", emBot), e.trigger(sanne), "press.0", "t", nil)
		e.answers("chat.postEphemeral", 2)
		e.took("to who is not in the channel", "chat.postEphemeral: user_not_in_channel")
	})
}

// modals opens a form with a trigger, changes it in its place, leaves one alone
// that moved on meanwhile, and lets a form wait when its trigger is spent.
func modals(t *testing.T, e *emulator, b *bot, person string) {
	at := e.dialogue(person)
	form := line("first")
	form.Acts = []adapters.Act{{Value: "back", Label: "Terug"}}
	b.shows(form)
	trigger := e.trigger(person)
	e.press(person, at, trigger, "press.0", "t", nil)
	v := e.view(2)
	if v.Type != "modal" || v.Callback != "form" || v.Token != "first" {
		t.Errorf("opened a %s for %q", v.Type, v.Callback)
	}

	b.shows(line("second"))
	said := e.act(person, "view_submission", "", map[string]any{"view": v.all})
	var next struct {
		Action string `json:"response_action"`
		View   shown
	}
	if err := json.Unmarshal([]byte(said), &next); err != nil || next.Action != "update" || next.View.Token != "second" {
		t.Errorf("submitted: %v, %q", err, next.Action)
	}

	e.press(person, "", e.trigger(person), "act.0", "back", v.all)
	moved := e.view(3)
	if moved.ID != v.ID || moved.Hash == v.Hash || moved.Token != "second" {
		t.Errorf("changed to %q, in another window: %v", moved.Token, moved.ID != v.ID)
	}
	e.took("modal")
	e.press(person, "", e.trigger(person), "act.0", "back", v.all) // from the screen before
	e.answers("views.update", 2)
	e.took("a window that moved on", "views.update: hash_conflict")

	b.shows(line("third"))
	posts := len(e.texts(slacktest.BotToken, at))
	e.press(person, at, trigger, "press.0", "t", nil)
	e.await("a button", func() bool { return len(e.texts(slacktest.BotToken, at)) == posts+1 })
	e.took("a spent trigger", "views.open: exchanged_trigger_id")
	trigger = e.trigger(person)
	e.later()
	e.press(person, at, trigger, "press.0", "t", nil)
	e.await("a button", func() bool { return len(e.texts(slacktest.BotToken, at)) == posts+2 })
	e.took("a trigger that is too old", "views.open: expired_trigger_id")
}

// Each scope of the manifest is needed: without it something named fails, and
// nothing else does. Of commands the emulator knows nothing: a slash command
// and a shortcut cannot be had without it.
func TestEmulateScopes(t *testing.T) {
	t.Parallel()
	e := emulate(t)
	sanne := e.people["sanne"]
	in := e.channel("meldpunt", emBot, sanne)
	var tried []string
	acts := []struct {
		name string
		do   func(a *slack.Adapter) error
	}{
		{"post", func(a *slack.Adapter) error {
			return a.Send(t.Context(), address(in), adapters.Reply{Key: "1", Text: "x"})
		}},
		{"dialogue", func(a *slack.Adapter) error {
			return a.Send(t.Context(), address(sanne), adapters.Reply{Key: "1", Text: "x"})
		}},
		{"found again", func(a *slack.Adapter) error {
			e.loses("chat.postMessage")
			r := adapters.Reply{Key: "2", Text: "x"}
			_ = a.Send(t.Context(), address(sanne), r)
			e.loses("")
			return a.Send(t.Context(), address(sanne), r)
		}},
		{"picture", func(a *slack.Adapter) error {
			return a.SendPicture(t.Context(), address(in), adapters.Picture{Key: "p", Name: "a.png", Alt: "a", Text: "x", PNG: pixel})
		}},
		{"room", func(a *slack.Adapter) error {
			room, err := a.Room(t.Context(), address(in))
			if err == nil && !room.Private {
				return errors.New("not private")
			}
			return err
		}},
	}
	for _, tt := range []struct {
		without string
		want    []string
	}{
		{"none", nil},
		{"chat:write", []string{"post", "dialogue", "found again", "picture"}},
		{"commands", nil},
		{"files:write", []string{"picture"}},
		{"groups:read", []string{"room"}},
		{"im:history", []string{"found again"}},
		{"im:write", []string{"dialogue", "found again"}},
		{"users:read", []string{"room"}},
	} {
		token := slacktest.BotToken
		if tt.without != "none" {
			token = without(tt.without)
			tried = append(tried, tt.without)
		}
		a := e.start(token, &bot{})
		var got []string
		for _, act := range acts {
			if act.do(a) != nil {
				got = append(got, act.name)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("without %s fails %q, want %q", tt.without, got, tt.want)
		}
	}
	if !slices.Equal(tried, slack.Scopes()) {
		t.Errorf("tried without %q, the manifest asks %q", tried, slack.Scopes())
	}
}

// peer is a Slack that can be called.
type peer struct {
	call                        func(token, method string, args map[string]string, into any) (code string)
	person, at, open, in, other string // a person, his dialogue, a public channel, one with the bot, and who is not in it
	typed, trigger              string // what the person typed, and a trigger of his
}

// What is forbidden is forbidden in slacktest with the words of the emulator.
// They differ in one thing, and the adapter takes both: of a private channel
// without the bot slacktest says channel_not_found and the emulator
// not_in_channel.
func TestEmulateForbids(t *testing.T) {
	t.Parallel()
	e := emulate(t)
	they := &peer{call: e.call, person: e.people["sanne"], open: emOpen, in: e.channel("meldpunt", emBot), other: e.people["ineke"]}
	they.at = e.dialogue(they.person)
	var posted struct{ TS string }
	if code := e.call("xoxp-sanne", "chat.postMessage", map[string]string{"channel": they.at, "text": "x"}, &posted); code != "" {
		t.Fatal(code)
	}
	they.typed, they.trigger = posted.TS, e.trigger(they.person)

	ws := workspace(t)
	ws.AddChannel(slacktest.Channel{ID: "C0OPEN", Members: []string{ineke, slacktest.Bot}})
	we := &peer{call: caller(t, ws.Client(), slacktest.URL), person: sanne, open: "C0OPEN", in: desk, other: sanne}
	ws.Person(sanne).Type("x") // nobody listens
	var dialogue struct{ Channel struct{ ID string } }
	we.call(slacktest.BotToken, "conversations.open", map[string]string{"users": sanne}, &dialogue)
	we.at = dialogue.Channel.ID
	var page struct{ Messages []struct{ TS string } }
	we.call(slacktest.BotToken, "conversations.history", map[string]string{"channel": we.at}, &page)
	if len(page.Messages) != 1 {
		t.Fatalf("the dialogue holds %d messages, want what was typed", len(page.Messages))
	}
	we.typed = page.Messages[0].TS
	ws.Person(sanne).Shortcut("report")
	_, body := ws.Newest()
	form, _ := url.ParseQuery(string(body))
	var act struct {
		Trigger string `json:"trigger_id"`
	}
	if err := json.Unmarshal([]byte(form.Get("payload")), &act); err != nil {
		t.Fatal(err)
	}
	we.trigger = act.Trigger

	theirs, ours := they.forbidden(), we.forbidden()
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("the emulator and slacktest differ:\n%s", diff)
	}
	if want := "cant_delete_message"; theirs["delete what a person typed"] != want {
		t.Errorf("got %q, want %q", theirs["delete what a person typed"], want)
	}
	ws.Problems() // what was provoked
}

// caller calls methods of a Web API.
func caller(t *testing.T, client *http.Client, api string) func(token, method string, args map[string]string, into any) (code string) {
	return func(token, method string, args map[string]string, into any) string {
		t.Helper()
		form := url.Values{"token": {token}}
		for k, v := range args {
			form.Set(k, v)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api+method, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(r)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		var said struct{ Error string }
		if err := json.Unmarshal(b, &said); err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		if into != nil {
			if err := json.Unmarshal(b, into); err != nil {
				t.Fatalf("%s: %v", method, err)
			}
		}
		return said.Error
	}
}

// forbidden are the words for what may not be.
func (p *peer) forbidden() map[string]string {
	const modal = `{"type":"modal","callback_id":"x","title":{"type":"plain_text","text":"x"},"blocks":[{"type":"divider"}]}`
	out := map[string]string{}
	try := func(what, method string, args ...string) {
		in := map[string]string{}
		for i := 0; i+1 < len(args); i += 2 {
			in[args[i]] = args[i+1]
		}
		out[what] = p.call(slacktest.BotToken, method, in, nil)
	}
	try("delete what a person typed", "chat.delete", "channel", p.at, "ts", p.typed)
	try("change what a person typed", "chat.update", "channel", p.at, "ts", p.typed, "text", "y")
	try("delete nothing", "chat.delete", "channel", p.at, "ts", "1.000001")
	try("post nowhere", "chat.postMessage", "channel", "C0NERGENS", "text", "x")
	try("post nothing", "chat.postMessage", "channel", p.at)
	try("tell who is not there", "chat.postEphemeral", "channel", p.in, "user", p.other, "text", "x")
	try("read the channel", "conversations.history", "channel", p.in)
	try("look at a public channel", "conversations.info", "channel", p.open)
	try("look who is in a public channel", "conversations.members", "channel", p.open)
	try("look at nobody", "users.info", "user", "U0NIEMAND")
	try("talk with nobody", "conversations.open", "users", "U0NIEMAND")
	try("open without a trigger", "views.open", "trigger_id", "1.2.3", "view", modal)
	var got struct{ View shown }
	out["open"] = p.call(slacktest.BotToken, "views.open", map[string]string{"trigger_id": p.trigger, "view": modal}, &got)
	try("open twice", "views.open", "trigger_id", p.trigger, "view", modal)
	try("change from an old screen", "views.update", "view_id", got.View.ID, "hash", "1.old", "view", modal)
	try("change no window", "views.update", "view_id", "V0NIETS", "view", modal)
	try("publish for nobody", "views.publish", "user_id", "U0NIEMAND", "view", `{"type":"home","blocks":[{"type":"divider"}]}`)
	return out
}
