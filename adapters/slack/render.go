package slack

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// content is what a message shows.
type content struct {
	blocks []slack.Block
	// text is what a screen reader reads and a notification shows: the words of
	// the message, which are content-free by contract.
	text string
	hash string // of both
	// thread is the message in whose thread it stands, "" for none.
	thread string
}

func newContent(blocks []slack.Block, text string) (content, error) {
	if err := within("number of blocks", len(blocks), maxBlocks); err != nil {
		return content{}, err
	}
	b, err := json.Marshal(blocks)
	if err != nil {
		return content{}, fmt.Errorf("blocks: %w", err)
	}
	sum := sha256.Sum256(append(b, text...))
	return content{blocks: blocks, text: text, hash: hex.EncodeToString(sum[:8])}, nil
}

// The beginnings of action_ids, which say what a button is for.
const (
	doPress = "press." // a choice of the handler's: its value is the token
	doOpen  = "open."  // our own: opens a form that waits
	doAct   = "act."   // a way out of a form
	doLink  = "link."  // opens an address; nothing is done
)

// render makes a message of a reply.
func (a *Adapter) render(r adapters.Reply, lang string) (content, error) {
	if err := within("text", units(r.Text), maxReply); err != nil {
		return content{}, err
	}
	var out []slack.Block
	var first []string
	if r.Urgent {
		first = append(first, a.opt.Say(lang, "slack.urgent", nil))
	}
	if r.Of > 0 {
		first = append(first, a.opt.Say(lang, "slack.step", map[string]any{"Step": r.Step, "Of": r.Of}))
	}
	if len(first) > 0 {
		out = append(out, small(strings.Join(first, " · ")))
	}
	switch {
	case r.Quiet:
		for _, part := range chunks(strip(r.Text), maxText) {
			out = append(out, small(part))
		}
	default:
		out = append(out, rich(r.Text)...)
	}
	var row []slack.BlockElement
	for i, c := range r.Choices {
		if err := within("token", len(c.Token), maxValue); err != nil {
			return content{}, err
		}
		if err := within("choice label", units(c.Label), maxButton); err != nil {
			return content{}, err
		}
		row = append(row, button(doPress+strconv.Itoa(i), c.Token, c.Label, c.Tone))
		if len(row) == maxButtons || i == len(r.Choices)-1 {
			out = append(out, slack.NewActionBlock("", row...))
			row = nil
		}
	}
	return newContent(out, strip(r.Text))
}

// plain is text that is only text: no emoji, no markup.
func plain(s string) *slack.TextBlockObject {
	if s == "" {
		s = " " // Slack refuses an empty one
	}
	off := false
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: s, Emoji: &off}
}

func small(s string) slack.Block { return slack.NewContextBlock("", plain(s)) }

func button(action, value, label string, tone adapters.Tone) *slack.ButtonBlockElement {
	b := slack.NewButtonBlockElement(action, value, plain(cut(label, maxButton)))
	switch tone {
	case adapters.ToneMain:
		b.Style = slack.StylePrimary
	case adapters.ToneDanger:
		b.Style = slack.StyleDanger
	case adapters.TonePlain, adapters.ToneQuiet:
	}
	return b
}

// strip takes the marks out of a text.
func strip(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		var b strings.Builder
		for _, s := range spans(line) {
			b.WriteString(s.text)
		}
		lines = append(lines, b.String())
	}
	return strings.Join(lines, "\n")
}

// rich makes rich_text of the little that a text may hold: paragraphs parted by
// an empty line, lines that begin with "- " as a list, and **bold**. Slack
// parses nothing in it: what was typed can mention nobody, link nowhere and
// format nothing.
func rich(text string) []slack.Block {
	b := &builder{}
	begun, empty := false, false
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		item, list := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
			empty = begun
			continue
		case list:
			b.item(item)
		default:
			if empty {
				b.line(nil)
			}
			b.line(spans(line))
		}
		begun, empty = true, false
	}
	return b.blocks()
}

// span is a run of text, all bold or all plain.
type span struct {
	text string
	bold bool
}

// spans parts a line at its pairs of "**". A mark without a partner is text.
func spans(line string) []span {
	parts := strings.Split(line, "**")
	if n := len(parts); n%2 == 0 {
		parts = append(parts[:n-2], parts[n-2]+"**"+parts[n-1])
	}
	var out []span
	for i, s := range parts {
		if s != "" {
			out = append(out, span{s, i%2 == 1})
		}
	}
	return out
}

// builder collects lines in rich_text blocks of a bounded length.
type builder struct {
	done  []slack.Block
	parts []slack.RichTextElement
	lines []slack.RichTextSectionElement // of a section that can still grow
	items []slack.RichTextElement        // of a list that can still grow
	size  int
}

// line adds a line; without spans an empty one.
func (b *builder) line(ss []span) {
	b.endList()
	if len(b.lines) > 0 || len(b.parts) > 0 && ss == nil {
		b.lines = append(b.lines, slack.NewRichTextSectionTextElement("\n", nil))
	}
	for _, s := range ss {
		for _, part := range chunks(s.text, maxText) {
			if part == "" {
				continue // Slack refuses an empty one
			}
			if b.size > 0 && b.size+units(part) > maxText {
				b.flush()
			}
			b.size += units(part)
			b.lines = append(b.lines, element(part, s.bold))
		}
	}
}

// item adds an item of a list.
func (b *builder) item(line string) {
	if line == "" {
		return
	}
	b.endSection()
	if b.size > 0 && b.size+units(line) > maxText {
		b.flush()
	}
	b.size += units(line)
	var in []slack.RichTextSectionElement
	for _, s := range spans(line) {
		in = append(in, element(s.text, s.bold))
	}
	b.items = append(b.items, slack.NewRichTextSection(in...))
}

// bullets is a list without what slack-go sends with one and Slack's own types do
// not know.
type bullets struct {
	Type     slack.RichTextElementType     `json:"type"`
	Style    slack.RichTextListElementType `json:"style"`
	Elements []slack.RichTextElement       `json:"elements"`
}

// RichTextElementType is that of a list.
func (b bullets) RichTextElementType() slack.RichTextElementType { return b.Type }

func element(text string, bold bool) slack.RichTextSectionElement {
	if bold {
		return slack.NewRichTextSectionTextElement(text, &slack.RichTextSectionTextStyle{Bold: true})
	}
	return slack.NewRichTextSectionTextElement(text, nil)
}

func (b *builder) endSection() {
	if len(b.lines) > 0 {
		b.parts = append(b.parts, slack.NewRichTextSection(b.lines...))
		b.lines = nil
	}
}

func (b *builder) endList() {
	if len(b.items) > 0 {
		b.parts = append(b.parts, bullets{Type: slack.RTEList, Style: slack.RTEListBullet, Elements: b.items})
		b.items = nil
	}
}

func (b *builder) flush() {
	b.endSection()
	b.endList()
	if len(b.parts) > 0 {
		b.done = append(b.done, slack.NewRichTextBlock("", b.parts...))
	}
	b.parts, b.size = nil, 0
}

func (b *builder) blocks() []slack.Block {
	b.flush()
	return b.done
}
