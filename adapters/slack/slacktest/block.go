package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// The surfaces that blocks stand on, with how many fit
// (docs.slack.dev/reference/block-kit/blocks).
var surfaces = map[string]int{"message": 50, "modal": 100, "home": 100}

// maxView is the longest view as JSON (view_too_large).
const maxView = 250 * 1024

// checker collects what is wrong with blocks.
type checker struct {
	surface string
	ids     map[string]bool
	wrong   []string
	inputs  int
}

// checkBlocks returns what Slack would refuse about blocks, with where it is and
// without what it says.
func checkBlocks(surface string, blocks []any) []string {
	c := &checker{surface: surface, ids: map[string]bool{}}
	c.blocks(blocks)
	return c.wrong
}

func (c *checker) fail(at, format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf("[ERROR] "+format+" [json-pointer:%s]", append(args, at)...))
}

func (c *checker) blocks(blocks []any) {
	if n := surfaces[c.surface]; len(blocks) > n {
		c.fail("/blocks", "no more than %d items allowed", n)
	}
	for i, b := range blocks {
		at := fmt.Sprintf("/blocks/%d", i)
		o, ok := b.(object)
		if !ok {
			c.fail(at, "must be an object")
			continue
		}
		c.block(at, o)
	}
}

// known are the keys of each kind of block.
var known = map[string]string{
	"header": "text", "section": "text fields accessory expand", "divider": "", "rich_text": "elements", "actions": "elements",
	"context": "elements", "input": "label element hint optional dispatch_action", "image": "image_url alt_text title slack_file",
}

func (c *checker) block(at string, o object) {
	kind, _ := o["type"].(string)
	keys, ok := known[kind]
	if !ok {
		c.fail(at+"/type", "unsupported type: %s", kind)
		return
	}
	c.keys(at, o, "type block_id "+keys)
	if id, ok := o["block_id"].(string); ok {
		c.length(at+"/block_id", id, 1, 255)
		if c.ids[id] {
			c.fail(at+"/block_id", "block_id is not unique")
		}
		c.ids[id] = true
	}
	switch kind {
	case "header":
		c.text(at+"/text", o["text"], 150, "plain_text")
	case "section":
		c.section(at, o)
	case "rich_text":
		c.rich(at, o)
	case "actions":
		c.actions(at, o)
	case "context":
		c.context(at, o)
	case "input":
		c.input(at, o)
	case "image":
		c.image(at, o)
	}
}

func (c *checker) keys(at string, o object, allowed string) {
	for k := range o {
		if !slices.Contains(strings.Fields(allowed), k) {
			c.fail(at, "unknown property: %s", k)
		}
	}
}

// runes counts as a JavaScript program does, the harder reading: a character
// outside the first plane is two.
func runes(s string) int { return len(utf16.Encode([]rune(s))) }

func (c *checker) length(at, s string, least, most int) {
	switch n := runes(s); {
	case n < least:
		c.fail(at, "must be more than %d characters", least-1)
	case n > most:
		c.fail(at, "must be less than %d characters", most+1)
	}
}

func (c *checker) text(at string, v any, most int, kinds ...string) {
	o, ok := v.(object)
	if !ok {
		c.fail(at, "missing required field")
		return
	}
	kind, _ := o["type"].(string)
	if !slices.Contains(kinds, kind) {
		c.fail(at+"/type", "must be one of %v", kinds)
	}
	if kind == "plain_text" {
		c.keys(at, o, "type text emoji")
	} else {
		c.keys(at, o, "type text verbatim")
	}
	s, _ := o["text"].(string)
	c.length(at+"/text", s, 1, most)
}

func (c *checker) list(at string, v any, least, most int) []object {
	l, _ := v.([]any)
	if len(l) < least || len(l) > most {
		c.fail(at, "must have %d to %d items, has %d", least, most, len(l))
	}
	var out []object
	for i, x := range l {
		o, ok := x.(object)
		if !ok {
			c.fail(fmt.Sprintf("%s/%d", at, i), "must be an object")
			continue
		}
		out = append(out, o)
	}
	return out
}

func (c *checker) section(at string, o object) {
	if o["text"] == nil && o["fields"] == nil {
		c.fail(at, "missing required field: text")
	}
	if o["text"] != nil {
		c.text(at+"/text", o["text"], 3000, "plain_text", "mrkdwn")
	}
	if o["fields"] != nil {
		for i, f := range c.list(at+"/fields", o["fields"], 1, 10) {
			c.text(fmt.Sprintf("%s/fields/%d", at, i), f, 2000, "plain_text", "mrkdwn")
		}
	}
	if o["accessory"] != nil {
		c.element(at+"/accessory", o["accessory"], "button", "static_select")
	}
}

func (c *checker) rich(at string, o object) {
	for i, e := range c.list(at+"/elements", o["elements"], 1, 1000) {
		at := fmt.Sprintf("%s/elements/%d", at, i)
		switch e["type"] {
		case "rich_text_list":
			c.keys(at, e, "type elements style indent border offset")
			if e["style"] != "bullet" && e["style"] != "ordered" {
				c.fail(at+"/style", "must be bullet or ordered")
			}
			for j, s := range c.list(at+"/elements", e["elements"], 1, 1000) {
				c.spans(fmt.Sprintf("%s/elements/%d", at, j), s, "rich_text_section")
			}
		default:
			c.spans(at, e, "rich_text_section", "rich_text_preformatted", "rich_text_quote")
		}
	}
}

func (c *checker) spans(at string, o object, kinds ...string) {
	c.keys(at, o, "type elements border")
	if kind, _ := o["type"].(string); !slices.Contains(kinds, kind) {
		c.fail(at+"/type", "must be one of %v", kinds)
	}
	for i, e := range c.list(at+"/elements", o["elements"], 0, 1000) {
		at := fmt.Sprintf("%s/elements/%d", at, i)
		switch e["type"] {
		case "text":
			c.keys(at, e, "type text style")
			s, _ := e["text"].(string)
			c.length(at+"/text", s, 1, 12000)
		case "link", "user", "usergroup", "channel", "broadcast", "emoji":
			// allowed, and seen for what it is
		default:
			c.fail(at+"/type", "unsupported type")
		}
	}
}

func (c *checker) actions(at string, o object) {
	seen := map[string]bool{}
	for i, e := range c.list(at+"/elements", o["elements"], 1, 25) {
		at := fmt.Sprintf("%s/elements/%d", at, i)
		c.element(at, e, "button", "static_select", "datepicker", "checkboxes", "radio_buttons")
		id, _ := e["action_id"].(string)
		if id != "" && seen[id] {
			c.fail(at+"/action_id", "action_id is not unique in its block")
		}
		seen[id] = true
	}
}

func (c *checker) context(at string, o object) {
	for i, e := range c.list(at+"/elements", o["elements"], 1, 10) {
		if e["type"] != "image" {
			c.text(fmt.Sprintf("%s/elements/%d", at, i), e, 3000, "plain_text", "mrkdwn")
		}
	}
}

func (c *checker) input(at string, o object) {
	if c.surface == "message" {
		c.fail(at, "input blocks stand in modals here")
	}
	c.inputs++
	c.text(at+"/label", o["label"], 2000, "plain_text")
	if o["hint"] != nil {
		c.text(at+"/hint", o["hint"], 2000, "plain_text")
	}
	c.element(at+"/element", o["element"], "plain_text_input", "checkboxes", "radio_buttons", "static_select", "datepicker")
}

func (c *checker) image(at string, o object) {
	alt, _ := o["alt_text"].(string)
	c.length(at+"/alt_text", alt, 1, 2000)
	if (o["image_url"] == nil) == (o["slack_file"] == nil) {
		c.fail(at, "needs image_url or slack_file, one of them")
	}
}

// parts are the keys of each kind of element.
var parts = map[string]string{
	"button":           "text url value style confirm accessibility_label",
	"static_select":    "placeholder options option_groups initial_option confirm focus_on_load",
	"plain_text_input": "initial_value multiline min_length max_length placeholder focus_on_load dispatch_action_config",
	"checkboxes":       "options initial_options confirm focus_on_load",
	"radio_buttons":    "options initial_option confirm focus_on_load",
	"datepicker":       "initial_date placeholder confirm focus_on_load",
}

func (c *checker) element(at string, v any, kinds ...string) {
	e, ok := v.(object)
	kind, _ := e["type"].(string)
	if !ok || !slices.Contains(kinds, kind) {
		c.fail(at, "must be one of %v", kinds)
		return
	}
	c.keys(at, e, "type action_id "+parts[kind])
	if id, ok := e["action_id"].(string); ok {
		c.length(at+"/action_id", id, 1, 255)
	}
	if e["placeholder"] != nil {
		c.text(at+"/placeholder", e["placeholder"], 150, "plain_text")
	}
	switch kind {
	case "button":
		c.button(at, e)
	case "plain_text_input":
		c.line(at, e)
	case "datepicker":
		if d, ok := e["initial_date"].(string); ok && !isDate(d) {
			c.fail(at+"/initial_date", "must be a date")
		}
	case "static_select":
		c.options(at, e, 100)
	default:
		c.options(at, e, 10)
	}
}

func (c *checker) button(at string, e object) {
	c.text(at+"/text", e["text"], 75, "plain_text")
	if s, ok := e["value"].(string); ok {
		c.length(at+"/value", s, 1, 2000)
	}
	if s, ok := e["url"].(string); ok {
		c.length(at+"/url", s, 1, 3000)
		if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
			c.fail(at+"/url", "must be a URL")
		}
	}
	if s := e["style"]; s != nil && s != "primary" && s != "danger" {
		c.fail(at+"/style", "must be primary or danger")
	}
}

func (c *checker) line(at string, e object) {
	most := 3000
	if n, ok := e["max_length"].(float64); ok {
		if n < 1 || n > 3000 {
			c.fail(at+"/max_length", "must be 1 to 3000")
		}
		most = int(n)
	}
	if s, ok := e["initial_value"].(string); ok {
		c.length(at+"/initial_value", s, 1, most)
	}
}

func (c *checker) options(at string, e object, most int) {
	list := c.list(at+"/options", e["options"], 1, most)
	values := map[string]bool{}
	for i, o := range list {
		at := fmt.Sprintf("%s/options/%d", at, i)
		c.keys(at, o, "text value description")
		c.text(at+"/text", o["text"], 75, "plain_text", "mrkdwn")
		if o["description"] != nil {
			c.text(at+"/description", o["description"], 75, "plain_text", "mrkdwn")
		}
		v, _ := o["value"].(string)
		c.length(at+"/value", v, 1, 75)
		if values[v] {
			c.fail(at+"/value", "value is not unique")
		}
		values[v] = true
	}
	first, _ := e["initial_options"].([]any)
	if e["initial_option"] != nil {
		first = append(first, e["initial_option"])
	}
	if e["initial_options"] != nil && len(first) == 0 {
		c.fail(at+"/initial_options", "must have 1 or more items")
	}
	for _, v := range first {
		if !slices.ContainsFunc(list, func(o object) bool { return same(o, v) }) {
			c.fail(at, "initial option is none of the options")
		}
	}
}

// checkView returns what Slack would refuse about a view.
func checkView(v object, size int) (code string, wrong []string) {
	if size > maxView {
		return "view_too_large", nil
	}
	kind, _ := v["type"].(string)
	c := &checker{surface: kind, ids: map[string]bool{}}
	switch kind {
	case "modal":
		c.keys("/view", v, "type title blocks close submit private_metadata callback_id clear_on_close notify_on_close external_id")
		c.text("/view/title", v["title"], 24, "plain_text")
		for _, k := range []string{"submit", "close"} {
			if v[k] != nil {
				c.text("/view/"+k, v[k], 24, "plain_text")
			}
		}
	case "home":
		c.keys("/view", v, "type blocks private_metadata callback_id external_id")
	default:
		c.fail("/view/type", "must be modal or home")
	}
	for k, most := range map[string]int{"private_metadata": 3000, "callback_id": 255, "external_id": 255} {
		if s, ok := v[k].(string); ok {
			c.length("/view/"+k, s, 0, most)
		}
	}
	blocks, ok := v["blocks"].([]any)
	if !ok {
		c.fail("/view/blocks", "missing required field")
	}
	c.blocks(blocks)
	if c.inputs > 0 && kind == "modal" && v["submit"] == nil {
		c.fail("/view/submit", "submit is required when there is an input block")
	}
	if len(c.wrong) > 0 {
		return "invalid_arguments", c.wrong
	}
	return "", nil
}

// CheckView is what Slack would refuse about a view that is sent as JSON.
func CheckView(b []byte) []string {
	_, code, wrong := body(string(b))
	if code != "" {
		return append([]string{code}, wrong...)
	}
	return nil
}

// CheckMessage is what Slack would refuse about the blocks of a message.
func CheckMessage(b []byte) []string {
	var blocks []any
	if err := json.Unmarshal(b, &blocks); err != nil {
		return []string{err.Error()}
	}
	return checkBlocks("message", blocks)
}
