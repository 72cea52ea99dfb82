package slacktest

import (
	"encoding/json"
	"net/url"
	"time"
)

// trigger lets an app open a modal for who acted: once, for three seconds.
type trigger struct {
	user   *User
	issued time.Time
	used   bool
}

// trigger issues one; mu is held.
func (w *Workspace) trigger(u *User) string {
	id := w.id("13345224609.738474920.")
	w.triggers[id] = &trigger{user: u, issued: time.Now()}
	return id
}

// view is a modal, as somebody has it before him.
type view struct {
	id, hash string
	user     *User
	body     object
	state    map[string]object // by block: the state of its one element, with its action_id under "action_id"
	errors   map[string]string // by block
	trouble  bool              // Slack says that it had trouble connecting
}

// show puts a body in a view. What was filled in stays where block and action
// have the same ids; mu is held.
func (w *Workspace) show(v *view, body object) {
	old := v.state
	v.body, v.hash, v.state, v.errors, v.trouble = body, w.stamp(), map[string]object{}, nil, false
	for _, b := range inputs(body) {
		id, _ := b["block_id"].(string)
		e, _ := b["element"].(object)
		s := initial(e)
		if was, ok := old[id]; ok && was["action_id"] == s["action_id"] && was["type"] == s["type"] {
			s = was
		}
		v.state[id] = s
	}
	w.wake()
}

// inputs are the input blocks of a view.
func inputs(body object) []object {
	var out []object
	blocks, _ := body["blocks"].([]any)
	for _, b := range blocks {
		if o, ok := b.(object); ok && o["type"] == "input" {
			out = append(out, o)
		}
	}
	return out
}

// initial is the state of an element before anybody touched it.
func initial(e object) object {
	s := object{"type": e["type"], "action_id": e["action_id"]}
	switch e["type"] {
	case "plain_text_input":
		s["value"] = e["initial_value"]
	case "datepicker":
		s["selected_date"] = e["initial_date"]
	case "checkboxes":
		list, _ := e["initial_options"].([]any)
		s["selected_options"] = append([]any{}, list...)
	default:
		s["selected_option"] = e["initial_option"]
	}
	return s
}

func (v *view) json() object {
	values := object{}
	for id, s := range v.state {
		state := object{}
		for k, x := range s {
			if k != "action_id" {
				state[k] = x
			}
		}
		action, _ := s["action_id"].(string)
		values[id] = object{action: state}
	}
	o := object{
		"id": v.id, "team_id": Team, "hash": v.hash, "state": object{"values": values}, "app_id": app, "bot_id": botID,
		"root_view_id": v.id, "previous_view_id": nil, "submit": nil, "close": nil,
		"private_metadata": "", "callback_id": "", "external_id": "", "clear_on_close": false, "notify_on_close": false,
	}
	for k, x := range v.body {
		o[k] = x
	}
	return o
}

// body reads a view that the app sends.
func body(s string) (object, string, []string) {
	var o object
	if json.Unmarshal([]byte(s), &o) != nil {
		return nil, "invalid_arguments", []string{"[ERROR] view is not JSON"}
	}
	code, wrong := checkView(o, len(s))
	return o, code, wrong
}

func openView(w *Workspace, in url.Values) (object, string, []string) {
	t := w.triggers[in.Get("trigger_id")]
	switch {
	case t == nil:
		return nil, "invalid_trigger_id", nil
	case t.used:
		return nil, "exchanged_trigger_id", nil
	case time.Since(t.issued) > triggerOf:
		return nil, "expired_trigger_id", nil
	}
	b, code, wrong := body(in.Get("view"))
	if code != "" {
		return nil, code, wrong
	}
	t.used = true
	v := &view{id: w.id("V"), user: t.user}
	w.views[v.id] = v
	t.user.modal = v
	w.show(v, b)
	return object{"view": v.json()}, "", nil
}

func updateView(w *Workspace, in url.Values) (object, string, []string) {
	v := w.views[in.Get("view_id")]
	if v == nil || v.user.modal != v {
		return nil, "not_found", nil
	}
	if h := in.Get("hash"); h != "" && h != v.hash {
		return nil, "hash_conflict", nil
	}
	b, code, wrong := body(in.Get("view"))
	if code != "" {
		return nil, code, wrong
	}
	w.show(v, b)
	return object{"view": v.json()}, "", nil
}

func publishView(w *Workspace, in url.Values) (object, string, []string) {
	u := w.users[in.Get("user_id")]
	if u == nil {
		return nil, "user_not_found", nil
	}
	b, code, wrong := body(in.Get("view"))
	if code != "" {
		return nil, code, wrong
	}
	u.home = b
	w.wake()
	return object{"view": object{"id": w.id("V"), "type": "home", "blocks": b["blocks"], "hash": w.stamp()}}, "", nil
}
