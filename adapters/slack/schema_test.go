package slack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

type object = map[string]any

func words(n int) object { return object{"type": "plain_text", "text": strings.Repeat("w", n)} }

func modalOf(blocks ...any) object {
	return object{"type": "modal", "title": words(24), "close": words(24), "submit": words(24), "callback_id": "form", "private_metadata": "t", "blocks": blocks}
}

func postOf(blocks ...any) object {
	return object{"channel": "D0", "text": "t", "blocks": blocks}
}

func asked(element object) object {
	return object{"type": "input", "block_id": "f/a", "label": words(2000), "element": element}
}

func pushed(of object) object {
	b := object{"type": "button", "action_id": "press.0", "value": "t", "text": words(75)}
	maps.Copy(b, of)
	return object{"type": "actions", "elements": []any{b}}
}

// some is n times a thing.
func some(n int, of func(i int) object) []any {
	var out []any
	for i := range n {
		out = append(out, of(i))
	}
	return out
}

func option(i int) object { return object{"text": words(75), "value": fmt.Sprint(i)} }

func list(kind string, n int) object { return object{"type": kind, "options": some(n, option)} }

func but(o object, key string, value any) object {
	o = maps.Clone(o)
	if o[key] = value; value == nil {
		delete(o, key)
	}
	return o
}

// Slack's own types, with the limits of their comments, take what stands on a
// limit and refuse what is one over it: of every limit that limits.go knows, and
// of what has no length.
func TestTypesRefuse(t *testing.T) {
	t.Parallel()
	divider := object{"type": "divider"}
	header := func(n int) object { return object{"type": "header", "text": words(n)} }
	rich := func(of ...any) object {
		return object{"type": "rich_text", "elements": []any{object{"type": "rich_text_section", "elements": of}}}
	}
	line := object{"type": "plain_text_input"}
	dividers := func(n int) []any { return some(n, func(int) object { return divider }) }
	elements := func(n int) object {
		return object{"type": "actions", "elements": some(n, func(i int) object { return object{"type": "button", "text": words(1), "action_id": fmt.Sprint(i)} })}
	}
	errs := func(text any) object {
		return object{"response_action": "errors", "errors": object{"f/a": text}}
	}
	var all []slacktest.Payload
	over := map[string]bool{}
	for _, x := range []struct {
		name, kind string
		fits, over object // fits may be nil
	}{
		{"title", slacktest.TypeView, modalOf(divider), but(modalOf(divider), "title", words(25))},
		{"title of emoji", slacktest.TypeView, nil, but(modalOf(divider), "title", object{"type": "plain_text", "text": strings.Repeat("😀", 13)})},
		{"title that is missing", slacktest.TypeView, nil, but(modalOf(divider), "title", nil)},
		{"submit", slacktest.TypeView, nil, but(modalOf(divider), "submit", words(25))},
		{"submit that is missing", slacktest.TypeView, but(modalOf(divider), "submit", nil), but(modalOf(asked(line)), "submit", nil)},
		{"private_metadata", slacktest.TypeView, but(modalOf(divider), "private_metadata", strings.Repeat("m", 3000)), but(modalOf(divider), "private_metadata", strings.Repeat("m", 3001))},
		{"callback_id", slacktest.TypeView, but(modalOf(divider), "callback_id", strings.Repeat("c", 255)), but(modalOf(divider), "callback_id", strings.Repeat("c", 256))},
		{"blocks of a modal", slacktest.TypeView, modalOf(dividers(100)...), modalOf(dividers(101)...)},
		{"size of a view", slacktest.TypeView, nil, modalOf(some(99, func(int) object {
			return rich(object{"type": "text", "text": strings.Repeat("x", 3000)})
		})...)},
		{"block_id", slacktest.TypeView, nil, modalOf(but(divider, "block_id", strings.Repeat("b", 256)))},
		{"block_id twice", slacktest.TypeView, modalOf(but(divider, "block_id", "a"), but(divider, "block_id", "b")), modalOf(but(divider, "block_id", "a"), but(divider, "block_id", "a"))},
		{"key of a view", slacktest.TypeView, nil, but(modalOf(divider), "colour", "red")},
		{"key of a block", slacktest.TypeView, nil, modalOf(but(divider, "colour", "red"))},
		{"kind of block", slacktest.TypeView, nil, modalOf(object{"type": "sheet"})},
		{"kind of element", slacktest.TypeView, nil, modalOf(asked(object{"type": "textarea"}))},
		{"block without its text", slacktest.TypeView, nil, modalOf(object{"type": "header"})},
		{"header", slacktest.TypeView, modalOf(header(150)), modalOf(header(151))},
		{"empty text", slacktest.TypeView, nil, modalOf(header(0))},
		{"label of an input", slacktest.TypeView, modalOf(asked(line)), modalOf(but(asked(line), "label", words(2001)))},
		{"hint", slacktest.TypeView, modalOf(but(asked(line), "hint", words(2000))), modalOf(but(asked(line), "hint", words(2001)))},
		{"max_length", slacktest.TypeView, modalOf(asked(but(line, "max_length", 3000))), modalOf(asked(but(line, "max_length", 3001)))},
		{"initial_value", slacktest.TypeView, modalOf(asked(object{"type": "plain_text_input", "max_length": 3, "initial_value": "abc"})), modalOf(asked(object{"type": "plain_text_input", "max_length": 3, "initial_value": "abcd"}))},
		{"checkboxes", slacktest.TypeView, modalOf(asked(list("checkboxes", 10))), modalOf(asked(list("checkboxes", 11)))},
		{"radio buttons", slacktest.TypeView, modalOf(asked(list("radio_buttons", 10))), modalOf(asked(list("radio_buttons", 11)))},
		{"select", slacktest.TypeView, modalOf(asked(list("static_select", 100))), modalOf(asked(list("static_select", 101)))},
		{"label of an option", slacktest.TypeView, nil, modalOf(asked(object{"type": "radio_buttons", "options": []any{but(option(0), "text", words(76))}}))},
		{"description of an option", slacktest.TypeView, nil, modalOf(asked(object{"type": "radio_buttons", "options": []any{but(option(0), "description", words(76))}}))},
		{"value of an option", slacktest.TypeView, nil, modalOf(asked(object{"type": "radio_buttons", "options": []any{but(option(0), "value", strings.Repeat("v", 76))}}))},
		{"value twice", slacktest.TypeView, nil, modalOf(asked(object{"type": "radio_buttons", "options": []any{option(0), option(0)}}))},
		{"chosen", slacktest.TypeView, modalOf(asked(but(list("radio_buttons", 2), "initial_option", option(1)))), modalOf(asked(but(list("radio_buttons", 2), "initial_option", option(2))))},
		{"small text", slacktest.TypePost, postOf(object{"type": "context", "elements": []any{words(3000)}}), postOf(object{"type": "context", "elements": []any{words(3001)}})},
		{"small texts", slacktest.TypePost, nil, postOf(object{"type": "context", "elements": some(11, func(int) object { return words(1) })})},
		{"blocks of a message", slacktest.TypePost, postOf(dividers(50)...), postOf(dividers(51)...)},
		{"text of a message", slacktest.TypePost, nil, but(postOf(divider), "text", strings.Repeat("x", 40001))},
		{"message without a channel", slacktest.TypePost, nil, but(postOf(divider), "channel", nil)},
		{"buttons", slacktest.TypePost, postOf(elements(25)), postOf(elements(26))},
		{"label of a button", slacktest.TypePost, postOf(pushed(nil)), postOf(pushed(object{"text": words(76)}))},
		{"value of a button", slacktest.TypePost, postOf(pushed(object{"value": strings.Repeat("v", 2000)})), postOf(pushed(object{"value": strings.Repeat("v", 2001)}))},
		{"address of a button", slacktest.TypePost, nil, postOf(pushed(object{"url": "https://x.example/" + strings.Repeat("u", 3000)}))},
		{"style of a button", slacktest.TypePost, postOf(pushed(object{"style": "danger"})), postOf(pushed(object{"style": "quiet"}))},
		{"label that is formatted", slacktest.TypePost, nil, postOf(pushed(object{"text": object{"type": "mrkdwn", "text": "*x*"}}))},
		{"action_id twice", slacktest.TypePost, nil, postOf(object{"type": "actions", "elements": some(2, func(int) object { return object{"type": "button", "text": words(1), "action_id": "a"} })})},
		{"kind of rich text", slacktest.TypePost, postOf(rich(object{"type": "text", "text": "x"})), postOf(rich(object{"type": "words", "text": "x"}))},
		{"image", slacktest.TypePost, postOf(object{"type": "image", "alt_text": strings.Repeat("a", 2000), "slack_file": object{"id": "F0"}}), postOf(object{"type": "image", "alt_text": strings.Repeat("a", 2001), "slack_file": object{"id": "F0"}})},
		{"image without words", slacktest.TypePost, nil, postOf(object{"type": "image", "slack_file": object{"id": "F0"}})},
		{"answer", slacktest.TypeAnswer, object{"response_action": "update", "view": modalOf(divider)}, object{"response_action": "update", "view": modalOf(header(151))}},
		{"error", slacktest.TypeAnswer, errs("fout"), errs("")},
		{"kind of answer", slacktest.TypeAnswer, nil, object{"response_action": "replace"}},
		{"words to a command", slacktest.TypeAnswer, object{"response_type": "ephemeral", "text": "x"}, object{"response_type": "in_channel", "text": "x"}},
		{"scope", slacktest.TypeManifest, nil, object{"manifest": object{"display_information": object{"name": "x"}, "oauth_config": object{"scopes": object{"bot": []string{"chat:read"}}}}}},
		{"name of the app", slacktest.TypeManifest, object{"manifest": object{"display_information": object{"name": strings.Repeat("n", 35)}}}, object{"manifest": object{"display_information": object{"name": strings.Repeat("n", 36)}}}},
		{"name of the bot", slacktest.TypeManifest, nil, object{"manifest": object{"display_information": object{"name": "x"}, "features": object{"bot_user": object{"display_name": "De bot"}}}}},
	} {
		for name, body := range map[string]object{"fits": x.fits, "over": x.over} {
			if body == nil {
				continue
			}
			b, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			name += ": " + x.name
			all = append(all, slacktest.Payload{Name: name, Type: x.kind, Body: b})
			if _, ok := over[name]; ok {
				t.Fatalf("%s stands there twice", name)
			}
			over[name] = strings.HasPrefix(name, "over")
		}
	}
	wrong := slacktest.CheckTypes(t, all)
	for name, want := range over {
		if got := len(wrong[name]) > 0; got != want {
			t.Errorf("%s: refused is %t, want %t: %v", name, got, want, wrong[name])
		}
	}
}

// The manifest is one that Slack's own types take, with scopes and events that
// there are.
func TestManifestFitsTypes(t *testing.T) {
	t.Parallel()
	var all []slacktest.Payload
	for _, lang := range []string{"nl", "en"} {
		for _, url := range []string{"", "https://bot.example.org"} {
			b, err := slack.Manifest(func(id string) string { return adaptertest.Say(t, "slack")(lang, id, nil) }, url)
			if err != nil {
				t.Fatal(err)
			}
			body, err := json.Marshal(object{"manifest": json.RawMessage(b)})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, slacktest.Payload{Name: lang + " " + url, Type: slacktest.TypeManifest, Body: body})
		}
	}
	slacktest.FitTypes(t, all)
}

// What is made of any form and reply, Slack's own types take.
func TestEverythingFitsTypes(t *testing.T) {
	t.Parallel()
	a, err := slack.New(options(t, workspace(t), &adaptertest.Memory{}))
	if err != nil {
		t.Fatal(err)
	}
	var all []slacktest.Payload
	forms, replies := rapid.Custom(aForm), rapid.Custom(aReply)
	for i := range 150 {
		if b, err := a.Modal(forms.Example(i), "nl"); err == nil {
			all = append(all, slacktest.Payload{Name: fmt.Sprint("form ", i), Type: slacktest.TypeView, Body: b})
		}
		r := replies.Example(i)
		if b, err := a.Blocks(r, "en"); err == nil && a.Limits().Reply(r) == nil {
			body, _ := json.Marshal(but(postOf(), "blocks", json.RawMessage(b)))
			all = append(all, slacktest.Payload{Name: fmt.Sprint("reply ", i), Type: slacktest.TypePost, Body: body})
		}
	}
	if len(all) < 150 {
		t.Errorf("only %d of 300 are not refused", len(all))
	}
	slacktest.FitTypes(t, all)
}
