package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Person is somebody at his screen.
type Person struct {
	w  *Workspace
	id string
}

// Person sits down as somebody.
func (w *Workspace) Person(id string) *Person { return &Person{w, id} }

func (p *Person) user() *User { return p.w.users[p.id] }

// missing says that what a person acts on is not there.
func (w *Workspace) missing(format string, args ...any) {
	if !w.Moves {
		w.t.Errorf("slacktest: "+format, args...)
	}
}

// Type types in the dialogue with the app, with files sent along.
func (p *Person) Type(text string, files ...string) Result {
	w := p.w
	w.mu.Lock()
	c := w.dm(p.user())
	m := &message{ts: w.stamp(), user: p.id, text: escape(text)}
	m.blocks = []any{object{"type": "rich_text", "block_id": "x", "elements": []any{object{"type": "rich_text_section", "elements": []any{object{"type": "text", "text": text}}}}}}
	inner := m.json(false)
	if len(files) > 0 {
		m.subtype = "file_share"
		inner["subtype"] = m.subtype
		var list []any
		for _, f := range files {
			list = append(list, object{"id": w.id("F"), "name": f, "url_private": "https://files.slack.com/" + f})
		}
		inner["files"] = list
	}
	c.messages = append(c.messages, m)
	inner["channel"], inner["channel_type"], inner["event_ts"] = c.ID, "im", m.ts
	w.wake()
	w.mu.Unlock()
	return w.event(inner)
}

// Edit changes what was typed last, which Slack tells the app too.
func (p *Person) Edit(text string) Result {
	w := p.w
	w.mu.Lock()
	c := w.dm(p.user())
	m := c.messages[len(c.messages)-1]
	old := m.json(false)
	m.text = escape(text)
	inner := object{
		"type": "message", "subtype": "message_changed", "channel": c.ID, "channel_type": "im", "ts": w.stamp(),
		"message": m.json(false), "previous_message": old,
	}
	w.mu.Unlock()
	return w.event(inner)
}

// Event brings an event of a kind with these fields more.
func (p *Person) Event(kind string, more map[string]any) Result {
	p.w.mu.Lock()
	inner := object{"type": kind, "user": p.id, "event_ts": p.w.stamp()}
	p.w.mu.Unlock()
	for k, v := range more {
		inner[k] = v
	}
	return p.w.event(inner)
}

// OpenHome opens the app's Home tab.
func (p *Person) OpenHome() Result {
	p.w.mu.Lock()
	c := p.w.dm(p.user())
	p.w.mu.Unlock()
	return p.Event("app_home_opened", map[string]any{"tab": "home", "channel": c.ID})
}

// base is what every act holds; mu is held.
func (p *Person) base(kind string) object {
	u := p.user()
	return object{
		"type": kind, "token": "old", "api_app_id": app, "trigger_id": p.w.trigger(u),
		"team": object{"id": Team, "domain": "werk"}, "enterprise": nil, "is_enterprise_install": false,
		"user": object{"id": u.ID, "username": strings.ToLower(u.Name), "name": strings.ToLower(u.Name), "team_id": Team},
	}
}

// Press presses the newest button with this label in his dialogue.
func (p *Person) Press(label string) Result { return p.PressIn(p.id, label) }

// PressIn presses the newest button with this label in a channel, or in the
// dialogue of a person.
func (p *Person) PressIn(place, label string) Result { return p.Hold(place, label)() }

// Hold finds the newest button with this label; what comes back presses it, also
// when its message was changed since: a client may show what stood there before.
func (p *Person) Hold(place, label string) (press func() Result) {
	w := p.w
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.channels[place]
	if u := w.users[place]; u != nil {
		c = w.dm(u)
	}
	for _, m := range slices.Backward(c.messages) {
		if b, ok := find(m.blocks, label); ok {
			message := m.json(false)
			return func() Result { return p.pressed(c, message, b) }
		}
	}
	w.missing("no button %q", label)
	return func() Result { return Result{} }
}

func (p *Person) pressed(c *Channel, message, b object) Result {
	p.w.mu.Lock()
	o := p.base("block_actions")
	name := "privategroup"
	if c.person != "" {
		name = "directmessage"
	}
	o["channel"] = object{"id": c.ID, "name": name}
	o["container"] = object{"type": "message", "message_ts": message["ts"], "channel_id": c.ID, "is_ephemeral": false}
	o["message"] = message
	o["response_url"] = "https://hooks.slack.com/actions/x"
	o["actions"] = []any{p.action(b)}
	p.w.mu.Unlock()
	return p.w.act("interactive", o)
}

func (p *Person) action(b object) object {
	return object{
		"type": "button", "action_id": b["action_id"], "block_id": b["block_id"], "text": b["text"], "value": b["value"],
		"style": b["style"], "action_ts": p.w.stamp(),
	}
}

// PressHome presses a button of the Home tab.
func (p *Person) PressHome(label string) Result {
	w := p.w
	w.mu.Lock()
	blocks, _ := p.user().home["blocks"].([]any)
	b, ok := find(blocks, label)
	if !ok {
		w.mu.Unlock()
		w.missing("no button %q at home", label)
		return Result{}
	}
	o := p.base("block_actions")
	o["container"] = object{"type": "view", "view_id": "V0HOME"}
	o["view"] = object{"id": "V0HOME", "type": "home", "hash": "1", "blocks": blocks, "state": object{"values": object{}}, "private_metadata": "", "callback_id": ""}
	o["actions"] = []any{p.action(b)}
	w.mu.Unlock()
	return w.act("interactive", o)
}

// Shortcut uses the app's global shortcut.
func (p *Person) Shortcut(callback string) Result {
	p.w.mu.Lock()
	o := p.base("shortcut")
	o["callback_id"], o["action_ts"] = callback, p.w.stamp()
	p.w.mu.Unlock()
	return p.w.act("interactive", o)
}

// Command types a slash command somewhere in the workspace.
func (p *Person) Command(command, text string) Result {
	w := p.w
	w.mu.Lock()
	u := p.user()
	o := object{
		"token": "old", "team_id": Team, "team_domain": "werk", "channel_id": "C0ELDERS", "channel_name": "algemeen",
		"user_id": u.ID, "user_name": strings.ToLower(u.Name), "command": command, "text": text, "api_app_id": app,
		"is_enterprise_install": "false", "response_url": "https://hooks.slack.com/commands/x", "trigger_id": w.trigger(u),
	}
	w.mu.Unlock()
	got := w.act("slash_commands", o)
	var said struct {
		Kind string `json:"response_type"`
		Text string `json:"text"`
	}
	if len(got.Body) > 0 && json.Unmarshal(got.Body, &said) == nil && said.Text != "" {
		w.mu.Lock()
		if said.Kind == "in_channel" {
			w.problem("the answer to a command is for all to read")
		}
		u.notices = append(u.notices, Seen{Text: unescape(said.Text)})
		w.wake()
		w.mu.Unlock()
	}
	return got
}

// Set fills in the input of a block, as a person can: a text, a date, or the
// values of options.
func (p *Person) Set(block string, values ...string) error {
	w := p.w
	w.mu.Lock()
	defer w.mu.Unlock()
	v := p.user().modal
	if v == nil {
		return fmt.Errorf("no modal is open")
	}
	for _, b := range inputs(v.body) {
		if b["block_id"] != block {
			continue
		}
		e, _ := b["element"].(object)
		return set(v.state[block], e, values)
	}
	return fmt.Errorf("no block %q", block)
}

func set(s, e object, values []string) error {
	var chosen []any
	list, _ := e["options"].([]any)
	for _, o := range list {
		if opt, _ := o.(object); slices.Contains(values, fmt.Sprint(opt["value"])) {
			chosen = append(chosen, opt)
		}
	}
	switch e["type"] {
	case "plain_text_input":
		s["value"] = nil
		if len(values) > 0 && values[0] != "" {
			s["value"] = values[0]
		}
		if most, ok := e["max_length"].(float64); ok && len(values) > 0 && runes(values[0]) > int(most) {
			return fmt.Errorf("longer than the input takes")
		}
		return nil
	case "datepicker":
		s["selected_date"] = nil
		if len(values) > 0 && values[0] != "" {
			s["selected_date"] = values[0]
		}
		return nil
	case "checkboxes":
		s["selected_options"] = append([]any{}, chosen...)
	default:
		s["selected_option"] = nil
		if len(chosen) == 1 {
			s["selected_option"] = chosen[0]
		}
	}
	return nil
}

// Empty are the blocks that must be filled in and are not: Slack does not send
// the form until they are.
func (p *Person) Empty() []string {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	var out []string
	v := p.user().modal
	for _, b := range inputs(v.body) {
		id, _ := b["block_id"].(string)
		s := v.state[id]
		l, _ := s["selected_options"].([]any)
		if b["optional"] != true && s["value"] == nil && s["selected_date"] == nil && s["selected_option"] == nil && len(l) == 0 {
			out = append(out, id)
		}
	}
	return out
}

// Submit presses the modal's own button, and does with the answer what Slack
// does.
func (p *Person) Submit() Result {
	w := p.w
	w.mu.Lock()
	v := p.user().modal
	if v == nil || v.body["submit"] == nil {
		w.mu.Unlock()
		w.missing("nothing to submit")
		return Result{}
	}
	v.errors = nil
	o := p.base("view_submission")
	o["view"], o["response_urls"] = v.json(), []any{}
	w.mu.Unlock()
	got := w.act("interactive", o)
	select { // what else the app does meanwhile comes first
	case <-time.After(showAfter):
	case <-w.life.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.respond(v, got)
	return got
}

// respond does with a modal what the app answered to its submission; mu is held.
func (w *Workspace) respond(v *view, got Result) {
	defer w.wake()
	var r struct {
		Action string            `json:"response_action"`
		View   json.RawMessage   `json:"view"`
		Errors map[string]string `json:"errors"`
	}
	if !got.OK || v.user.modal != v {
		v.trouble = true
		return
	}
	if len(got.Body) > 0 && json.Unmarshal(got.Body, &r) != nil {
		w.problem("the answer to a submission is not JSON")
		v.trouble = true
		return
	}
	switch r.Action {
	case "", "clear":
		v.user.modal = nil
	case "errors":
		for id := range r.Errors {
			if _, ok := v.state[id]; !ok || r.Errors[id] == "" {
				w.problem("an error at %q, which is no input block", id)
				v.trouble = true
			}
		}
		v.errors = r.Errors
	case "update":
		b, code, wrong := body(string(r.View))
		if code != "" {
			w.problem("response_action update: %s: %s", code, strings.Join(wrong, "; "))
			v.trouble = true
			return
		}
		w.show(v, b)
	default:
		w.problem("response_action %q", r.Action)
		v.trouble = true
	}
}

// PressModal presses a button in the modal.
func (p *Person) PressModal(value string) Result {
	w := p.w
	w.mu.Lock()
	v := p.user().modal
	var blocks []any
	if v != nil {
		blocks, _ = v.body["blocks"].([]any)
	}
	for _, b := range elements(blocks) {
		if b["type"] == "button" && (b["value"] == value || label(b) == value) {
			o := p.base("block_actions")
			o["container"] = object{"type": "view", "view_id": v.id}
			o["view"] = v.json()
			o["actions"] = []any{p.action(b)}
			w.mu.Unlock()
			got := w.act("interactive", o)
			if len(got.Body) > 0 && string(got.Body) != "null" && string(got.Body) != "{}" {
				w.mu.Lock()
				w.problem("an answer in the acknowledgement of a button")
				w.mu.Unlock()
			}
			return got
		}
	}
	w.mu.Unlock()
	w.missing("no button %q in the modal", value)
	return Result{}
}

// CloseModal closes the modal.
func (p *Person) CloseModal() {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.user().modal = nil
	p.w.wake()
}
