package main_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

// desktop is an ordinary user of Slack, who acts in its client only: messages,
// buttons, commands and modals.
type desktop struct {
	*slacktest.Person
	t    *testing.T
	o    *office
	id   string
	who  string // on Slack
	read int    // notices that he saw before
}

func (o *office) desktop(id string) *desktop {
	who := o.person(id)
	return &desktop{Person: o.ws.Person(who), t: o.t, o: o, id: id, who: who}
}

var _ client = (*desktop)(nil)

// says types in his dialogue with the bot.
func (x *desktop) says(text string) reply {
	x.t.Helper()
	return x.does(func() { x.Type(text) })
}

// presses presses the newest button with this label.
func (x *desktop) presses(log, label string) reply {
	x.t.Helper()
	return x.does(func() { x.PressIn(x.place(log), label) })
}

func (x *desktop) place(log string) string {
	if log == "desk" {
		return meldpunt
	}
	return x.who
}

// keeps the newest button with this label.
func (x *desktop) keeps(log, label string) (press func() reply) {
	x.t.Helper()
	act := x.Hold(x.place(log), label)
	return func() reply {
		x.t.Helper()
		return x.does(func() { act() })
	}
}

// does something outside a modal: one that is open is closed first.
func (x *desktop) does(act func()) reply {
	x.t.Helper()
	x.CloseModal()
	<-time.After(reading)
	act()
	return x.came()
}

// demanded is what a client says of a field that must be filled in: it sends
// nothing before that.
const demanded = "(Slack zegt zelf dat dit nodig is.)"

// reading is how long somebody looks before he acts: without it the bot would
// have to post faster than Slack allows.
const reading = 5 * time.Second

// came is what he has before him when the bot is done.
func (x *desktop) came() reply {
	x.t.Helper()
	x.o.settle()
	got := reply{OK: true, Errors: map[string]string{}}
	var said []string
	all := x.Notices()
	for _, n := range all[x.read:] {
		said = append(said, n.Text)
	}
	x.read = len(all)
	switch m := x.Modal(); {
	case m == nil:
	case m.Trouble:
		x.t.Errorf("Slack says to %s that it had trouble", x.id)
	case m.Callback == "form":
		f, banner := windowOf(x.t, m)
		got.opened = f
		for block, text := range m.Errors {
			got.Errors[fieldOf(block)] = text
		}
		if banner != "" {
			got.Errors[""] = banner
		}
		if len(got.Errors) > 0 {
			got.OK, got.opened = false, nil
		}
	default:
		said = append(said, strings.ReplaceAll(m.Body, "\n\n", "\n"))
		x.CloseModal()
	}
	got.Notice = strings.Join(said, "\n")
	return got
}

// fills fills in the open modal and presses its button.
func (x *desktop) fills(f *form) reply {
	x.t.Helper()
	x.enters(f)
	if empty := x.Empty(); len(empty) > 0 {
		got := reply{Errors: map[string]string{}}
		for _, block := range empty {
			got.Errors[fieldOf(block)] = demanded
		}
		return got
	}
	<-time.After(reading)
	x.Submit()
	return x.came()
}

// enters puts in the inputs what stands in f.
func (x *desktop) enters(f *form) {
	x.t.Helper()
	for _, block := range x.Modal().Inputs {
		for _, fd := range f.fields {
			if fd.name != fieldOf(block) {
				continue
			}
			if err := x.Set(block, fd.value...); err != nil {
				x.t.Fatalf("%s cannot fill in %q: %v", x.id, fd.label, err)
			}
		}
	}
}

// chooses presses a button in the modal.
func (x *desktop) chooses(label string) reply {
	x.t.Helper()
	<-time.After(reading)
	x.PressModal(label)
	return x.came()
}

// posts are all that he can read, as they stand now.
func (x *desktop) posts() map[string]post {
	x.t.Helper()
	out := map[string]post{}
	places := map[string]string{x.id: x.who}
	if slices.Contains(readers, x.id) {
		places["desk"] = meldpunt
	}
	for log, place := range places {
		order := 0
		for i, s := range x.o.ws.Posts(place) {
			for j, s := range append([]slacktest.Seen{s}, x.o.ws.Thread(place, i)...) {
				p := postOf(s)
				p.log, p.slot, p.order = log, s.ID, order
				if j > 0 {
					p.text = inThread + p.text
				}
				order++
				out[p.slot] = p
			}
		}
	}
	return out
}

var above = regexp.MustCompile(`^(Spoed)?(?: · )?((?:Stap|Step) \d+ (?:van|of) \d+)?$`)

// postOf is a message as it is read: progress and urgency stand in a small line
// above it; a message of small lines alone is a quiet one.
func postOf(s slacktest.Seen) post {
	p := post{text: strings.ReplaceAll(s.Body, "\n\n", "\n"), picture: s.Image != nil}
	first, _, _ := strings.Cut(s.Text, "\n")
	switch m := above.FindStringSubmatch(first); {
	case len(s.Blocks) == 0 || s.Blocks[0] != "context":
	case m != nil:
		p.urgent, p.step = m[1] != "", m[2]
	case s.Body == "":
		p.text, p.quiet = s.Text, true
	}
	if p.picture {
		p.text = strings.TrimSpace(p.text + "\n(plaatje) " + s.Alt)
	}
	for _, label := range s.Buttons {
		p.choices = append(p.choices, choice{label: label})
	}
	return p
}

// block is as much of a block of a modal as a reader sees.
type block struct {
	Type     string    `json:"type"`
	ID       string    `json:"block_id"`
	Text     label     `json:"text"`
	Elements []element `json:"elements"`
	Label    label     `json:"label"`
	Hint     label     `json:"hint"`
	Optional bool      `json:"optional"`
	Element  struct {
		Type    string `json:"type"`
		Options []struct {
			Text  label  `json:"text"`
			Value string `json:"value"`
		} `json:"options"`
	} `json:"element"`
}

// element is one of a block: a button, or a run of text with runs of its own.
type element struct {
	Type     string          `json:"type"`
	Text     json.RawMessage `json:"text"` // of a run a string, of a button an object
	URL      string          `json:"url"`
	Style    json.RawMessage `json:"style"`
	Elements []element       `json:"elements"`
}

// label is a text object.
type label struct {
	Text string `json:"text"`
}

func (e element) word() string {
	var o label
	if json.Unmarshal(e.Text, &o) == nil {
		return o.Text
	}
	var s string
	_ = json.Unmarshal(e.Text, &s)
	return s
}

// row is one line of text; strong is the part of it in bold that it begins with.
type row struct{ strong, text string }

// lines are those of a run of text.
func (e element) lines() []row {
	var out []row
	if e.Type == "rich_text_list" {
		for _, item := range e.Elements {
			for _, l := range item.lines() {
				out = append(out, row{text: "- " + l.text})
			}
		}
		return out
	}
	out = append(out, row{})
	for _, run := range e.Elements {
		for i, part := range strings.Split(run.word(), "\n") {
			if i > 0 {
				out = append(out, row{})
			}
			now := &out[len(out)-1]
			if now.text == "" && strings.Contains(string(run.Style), `"bold":true`) {
				now.strong = part
			}
			now.text += part
		}
	}
	return out
}

// fieldOf is the name of the field of a block of inputs.
func fieldOf(block string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(block, "f/"), "#")
	return name
}

// windowOf reads a modal as it stands on the screen, and what is said above it
// about what went wrong.
func windowOf(t *testing.T, m *slacktest.Modal) (f *form, banner string) {
	t.Helper()
	var view struct {
		Blocks []block `json:"blocks"`
	}
	if err := json.Unmarshal([]byte(m.JSON), &view); err != nil {
		t.Fatal(err)
	}
	f = &form{title: m.Title, submit: m.Submit, link: m.Link}
	for i, b := range view.Blocks {
		switch {
		case b.Type == "rich_text":
			for _, e := range b.Elements {
				switch {
				case b.ID == "banner":
					for _, l := range e.lines() {
						banner = strings.TrimSpace(banner + "\n" + l.text)
					}
				case e.Type == "rich_text_preformatted":
					f.copies(e)
				default:
					f.tells(e.lines())
				}
			}
		case b.Type == "header" && i == 0 && m.Title == "Meldroute": // the title does not fit in its bar
			f.title = b.Text.Text
		case b.Type == "header":
			f.facts = append(f.facts, [2]string{b.Text.Text, ""})
		case b.Type == "context":
			f.step = b.Elements[0].word()
		case b.Type == "input":
			f.asks(b, m.Values[b.ID])
		case b.Type == "actions":
			for _, e := range b.Elements {
				if e.URL == "" {
					f.acts = append(f.acts, choice{label: e.word(), token: e.word()})
				}
			}
		}
	}
	return f, banner
}

// tells adds lines to read: words, and facts by label.
func (f *form) tells(lines []row) {
	for _, l := range lines {
		switch n := len(f.facts); {
		case l.text == "":
		case l.strong != "" && (n > 0 || strings.HasSuffix(l.strong, ":") || strings.HasSuffix(l.strong, "?") || l.strong == l.text):
			label := strings.TrimSuffix(strings.TrimPrefix(l.strong, "❗ "), ":")
			f.facts = append(f.facts, [2]string{label, strings.TrimPrefix(strings.TrimPrefix(l.text, l.strong), " ")})
		case n > 0:
			f.facts[n-1][1] = strings.TrimPrefix(f.facts[n-1][1]+"\n"+l.text, "\n")
		default:
			f.intro = strings.TrimPrefix(f.intro+"\n"+l.text, "\n")
		}
	}
}

// copies adds a text to copy: its label stands above it.
func (f *form) copies(e element) {
	var text []string
	for _, l := range e.lines() {
		text = append(text, l.text)
	}
	if n := len(f.facts); n > 0 && f.facts[n-1][1] == "" {
		f.fields = append(f.fields, field{label: f.facts[n-1][0], kind: "copy", optional: true})
		f.facts = f.facts[:n-1]
	}
	fd := &f.fields[len(f.fields)-1]
	fd.value = []string{strings.Join(append(fd.value, text...), "\n")}
}

// asks adds an input; one that stands in groups is one field.
func (f *form) asks(b block, value []string) {
	name := fieldOf(b.ID)
	if n := len(f.fields); n == 0 || f.fields[n-1].name != name {
		f.fields = append(f.fields, field{name: name, kind: b.Element.Type, label: b.Label.Text, help: b.Hint.Text, optional: b.Optional})
	}
	fd := &f.fields[len(f.fields)-1]
	for _, o := range b.Element.Options {
		fd.options = append(fd.options, choice{label: o.Text.Text, token: o.Value})
	}
	fd.value = append(fd.value, value...)
}
