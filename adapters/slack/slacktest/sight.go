package slacktest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// Seen is a message or a modal, as it is on the screen.
type Seen struct {
	// ID is the same while a message is changed.
	ID string
	// Blocks are the kinds of its blocks, in order.
	Blocks []string
	// Text is its text, block by block, and under each other.
	Text string
	// Body is the text of its rich_text blocks alone.
	Body    string
	Buttons []string
	// Fallback is what a notification shows and a screen reader reads.
	Fallback string
	Alt      string
	Image    []byte
}

// Posts are what the app posted in a channel or in somebody's dialogue, oldest
// first, without what stands in threads.
func (w *Workspace) Posts(place string) []Seen {
	return w.posts(place, func(m *message) bool { return m.thread == "" })
}

// Thread is what the app posted in the thread of its nth message there.
func (w *Workspace) Thread(place string, n int) []Seen {
	i, root := 0, ""
	w.posts(place, func(m *message) bool {
		if m.thread == "" {
			if i == n {
				root = m.ts
			}
			i++
		}
		return false
	})
	return w.posts(place, func(m *message) bool { return m.thread == root && root != "" })
}

func (w *Workspace) posts(place string, want func(*message) bool) []Seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u := w.users[place]; u != nil {
		place = w.dm(u).ID
	}
	var out []Seen
	for _, m := range w.channels[place].messages {
		if m.user == Bot && want(m) {
			s := see(m.blocks)
			s.ID, s.Fallback = m.ts, unescape(m.text)
			for _, id := range slackFiles(m.blocks) {
				s.Image = w.files[id].body
			}
			out = append(out, s)
		}
	}
	return out
}

// Metadata are the metadata of what the app posted, as JSON.
func (w *Workspace) Metadata(place string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u := w.users[place]; u != nil {
		place = w.dm(u).ID
	}
	var out []string
	for _, m := range w.channels[place].messages {
		if m.user == Bot {
			b, _ := json.Marshal(m.metadata)
			out = append(out, string(b))
		}
	}
	return out
}

// Notices are what only this person was shown, oldest first.
func (p *Person) Notices() []Seen {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return append([]Seen(nil), p.user().notices...)
}

// Modal is the open modal.
type Modal struct {
	Seen
	Title, Submit string
	ID            string // of the view, the same while it is updated
	Callback      string
	Metadata      string
	Inputs        []string            // the ids of its input blocks
	Values        map[string][]string // what stands in them
	Errors        map[string]string   // by block
	Trouble       bool                // Slack says that it had trouble connecting
	Link          string              // the address of a button
	JSON          string
}

// Modal returns the open modal, nil when there is none.
func (p *Person) Modal() *Modal {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	v := p.user().modal
	if v == nil {
		return nil
	}
	blocks, _ := v.body["blocks"].([]any)
	m := &Modal{Seen: see(blocks), ID: v.id, Errors: v.errors, Trouble: v.trouble, Values: map[string][]string{}}
	m.Title, m.Submit = plain(v.body["title"]), plain(v.body["submit"])
	m.Callback, _ = v.body["callback_id"].(string)
	m.Metadata, _ = v.body["private_metadata"].(string)
	b, _ := json.Marshal(v.body)
	m.JSON = string(b)
	for _, in := range inputs(v.body) {
		id, _ := in["block_id"].(string)
		m.Inputs = append(m.Inputs, id)
		if got := values(v.state[id]); got != nil {
			m.Values[id] = got
		}
	}
	for _, e := range elements(blocks) {
		if u, ok := e["url"].(string); ok {
			m.Link = u
		}
	}
	return m
}

// Home is the text of the Home tab, "" when none was published.
func (p *Person) Home() Seen {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	blocks, _ := p.user().home["blocks"].([]any)
	return see(blocks)
}

func values(s object) []string {
	var out []string
	add := func(v any) {
		if o, ok := v.(object); ok {
			v = o["value"]
		}
		if str, ok := v.(string); ok {
			out = append(out, str)
		}
	}
	add(s["value"])
	add(s["selected_date"])
	add(s["selected_option"])
	list, _ := s["selected_options"].([]any)
	for _, o := range list {
		add(o)
	}
	return out
}

func see(blocks []any) Seen {
	s := Seen{Text: strings.Join(texts(blocks), "\n"), Buttons: buttons(blocks)}
	var rich []any
	for _, b := range blocks {
		o, _ := b.(object)
		kind, _ := o["type"].(string)
		s.Blocks = append(s.Blocks, kind)
		switch kind {
		case "rich_text":
			rich = append(rich, o)
		case "image":
			s.Alt, _ = o["alt_text"].(string)
		}
	}
	s.Body = strings.Join(texts(rich), "\n")
	return s
}

// texts is what blocks say, in order.
func texts(blocks []any) []string {
	var out []string
	for _, b := range blocks {
		o, _ := b.(object)
		switch o["type"] {
		case "rich_text":
			out = append(out, rich(o))
		case "context":
			list, _ := o["elements"].([]any)
			for _, e := range list {
				out = append(out, plain(e))
			}
		case "input":
			out = append(out, plain(o["label"]))
			if o["hint"] != nil {
				out = append(out, plain(o["hint"]))
			}
			e, _ := o["element"].(object)
			list, _ := e["options"].([]any)
			for _, x := range list {
				opt, _ := x.(object)
				out = append(out, plain(opt["text"]))
				if opt["description"] != nil {
					out = append(out, plain(opt["description"]))
				}
			}
		case "header", "section":
			if o["text"] != nil {
				out = append(out, plain(o["text"]))
			}
			list, _ := o["fields"].([]any)
			for _, f := range list {
				out = append(out, plain(f))
			}
		}
	}
	return out
}

// rich is the text of a rich_text block. What would call somebody, or be a link,
// is shown as such.
func rich(o object) string {
	list, _ := o["elements"].([]any)
	var lines []string
	for _, x := range list {
		e, _ := x.(object)
		inner, _ := e["elements"].([]any)
		if e["type"] == "rich_text_list" {
			for _, item := range inner {
				s, _ := item.(object)
				spans, _ := s["elements"].([]any)
				lines = append(lines, run(spans))
			}
			continue
		}
		lines = append(lines, run(inner))
	}
	return strings.Join(lines, "\n")
}

func run(spans []any) string {
	var b strings.Builder
	for _, x := range spans {
		e, _ := x.(object)
		switch e["type"] {
		case "text":
			s, _ := e["text"].(string)
			b.WriteString(s)
		default:
			kind, _ := e["type"].(string)
			b.WriteString("[[" + kind + "]]")
		}
	}
	return b.String()
}

var emoji = regexp.MustCompile(`:[a-z0-9_+-]+:`)

// plain is the text of a text object as it is seen: an emoji where Slack would
// make one, and a mark where it would format, call or link.
func plain(v any) string {
	o, ok := v.(object)
	if !ok {
		return ""
	}
	s, _ := o["text"].(string)
	if o["type"] == "plain_text" {
		if o["emoji"] != false {
			s = emoji.ReplaceAllString(s, "[[emoji]]")
		}
		return s
	}
	s = regexp.MustCompile(`<[!@#][^>]*>|<[a-z]+:[^>]*>`).ReplaceAllString(s, "[[link]]")
	return unescape(s)
}

func label(b object) string { return plain(b["text"]) }

// elements are the interactive elements of blocks, inputs apart, each with its
// block's id.
func elements(blocks []any) []object {
	var out []object
	for _, x := range blocks {
		b, _ := x.(object)
		list, _ := b["elements"].([]any)
		if b["accessory"] != nil {
			list = append(list, b["accessory"])
		}
		if b["type"] != "actions" && b["type"] != "section" {
			continue
		}
		for _, e := range list {
			o, _ := e.(object)
			c := object{}
			for k, v := range o {
				c[k] = v
			}
			c["block_id"] = b["block_id"]
			out = append(out, c)
		}
	}
	return out
}

func buttons(blocks []any) []string {
	var out []string
	for _, e := range elements(blocks) {
		if e["type"] == "button" {
			out = append(out, label(e))
		}
	}
	return out
}

func find(blocks []any, text string) (object, bool) {
	for _, e := range elements(blocks) {
		if e["type"] == "button" && label(e) == text {
			return e, true
		}
	}
	return nil, false
}

var (
	escaper   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

func escape(s string) string   { return escaper.Replace(s) }
func unescape(s string) string { return unescaper.Replace(s) }

// Kept is all that the app ever sent, as JSON: what it said in messages and to
// one person alone, every other argument of a call, and of windows what nobody
// reads in them (ids, metadata, what buttons and options carry). What stands in
// windows is left out.
func (w *Workspace) Kept() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.kept)
}

// keep notes what was sent; a window comes under the key "view". mu is held.
func (w *Workspace) keep(what string, sent object) {
	o := object{"to": what}
	for k, v := range sent {
		if k == "view" {
			v = unread(v)
		}
		o[k] = v
	}
	b, _ := json.Marshal(o)
	w.kept = append(w.kept, string(b))
}

// unread is what a window holds and does not show, by its key.
func unread(v any) []any {
	var out []any
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			out = append(out, unread(x)...)
		}
	case object:
		for k, x := range v {
			switch k {
			case "private_metadata", "callback_id", "external_id", "block_id", "action_id", "value", "url":
				out = append(out, object{k: x})
			default:
				out = append(out, unread(x)...)
			}
		}
	}
	return out
}

// read reads JSON that was sent; what is none is a text.
func read(s string) any {
	var v any
	if json.Unmarshal([]byte(s), &v) != nil {
		return s
	}
	return v
}
