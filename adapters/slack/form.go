package slack

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// What a modal is for: its callback_id.
const (
	viewForm = "form"
	viewWait = "wait" // the handler is at work, or a form waits behind a button
	viewDone = "done" // there is nothing more to do in it
)

// fieldMark begins the block_id of a field; its name follows, and for the later
// groups of a field with many options "#" and a number.
const fieldMark = "f/"

// bannerID is the block above all others that says what went wrong.
const bannerID = "banner"

// sheet builds the modal of a form.
type sheet struct {
	a      *Adapter
	lang   string
	form   adapters.Form
	action string // action_id of the inputs: another form's do not keep what was typed in this
	out    []slack.Block
	inputs int
	acts   int
}

// modal makes the view of a form, or refuses it with ErrUnfit. What stands around
// the form is in its own language, else in lang.
func (a *Adapter) modal(f adapters.Form, lang string) (slack.ModalViewRequest, error) {
	if err := a.Limits().Form(shortened(f)); err != nil {
		return slack.ModalViewRequest{}, err
	}
	lang = cmp.Or(f.Lang, lang)
	sum := sha256.Sum256([]byte(f.Token))
	s := &sheet{a: a, lang: lang, form: f, action: "v" + hex.EncodeToString(sum[:6])}
	s.head()
	hand, groups := grouped(s.free())
	due, rest := due(f.Facts)
	s.facts(due)
	if len(groups) > 0 {
		s.buttons(hand)
		hand = nil
	}
	s.facts(rest)
	for _, fd := range f.Fields {
		if err := s.field(fd); err != nil {
			return slack.ModalViewRequest{}, err
		}
		s.buttons(s.under(fd.Name))
	}
	s.buttons(hand)
	for _, g := range groups {
		s.heading(g[0].Group)
		s.buttons(g)
	}
	v := s.a.view(viewForm, lang, f.Title, s.out)
	v.PrivateMetadata = f.Token
	if f.Submit != "" {
		v.Submit = plain(cut(f.Submit, maxTitle))
	}
	return v, s.check(v)
}

// shortened is a form as limits are checked on it: what is cut with a mark, with
// the whole beside it, is no reason to refuse it.
func shortened(f adapters.Form) adapters.Form {
	f.Fields = slices.Clone(f.Fields)
	for i := range f.Fields {
		fd := &f.Fields[i]
		fd.Max = min(fd.Max, maxInput)
		fd.Options = slices.Clone(fd.Options)
		for j := range fd.Options {
			fd.Options[j].Label = cut(fd.Options[j].Label, maxOption)
		}
	}
	return f
}

// view is a modal with these blocks. A title that is too long for its bar is
// the first header in it.
func (a *Adapter) view(kind, lang, title string, blocks []slack.Block) slack.ModalViewRequest {
	bar := title
	if units(title) > maxTitle || title == "" {
		bar = a.opt.Say(lang, "slack.title", nil)
		if title != "" {
			blocks = append([]slack.Block{slack.NewHeaderBlock(plain(cut(title, maxHeader)))}, blocks...)
		}
	}
	if len(blocks) == 0 {
		blocks = []slack.Block{slack.NewDividerBlock()}
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: kind, Title: plain(bar), Close: plain(a.opt.Say(lang, "slack.close", nil)),
		Blocks: slack.Blocks{BlockSet: blocks},
	}
}

// check refuses what Slack would refuse.
func (s *sheet) check(v slack.ModalViewRequest) error {
	if err := within("number of blocks", len(v.Blocks.BlockSet), maxModal); err != nil {
		return err
	}
	if err := within("token", len(v.PrivateMetadata), maxMetadata); err != nil {
		return err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	return within("view in bytes", len(b), maxView)
}

// head is what stands above all else: progress, the link, the intro.
func (s *sheet) head() {
	if s.form.Of > 0 {
		s.out = append(s.out, small(s.a.opt.Say(s.lang, "slack.step", map[string]any{"Step": s.form.Step, "Of": s.form.Of})))
	}
	if l := s.form.Link; l != nil {
		if len(l.URL) <= maxURL {
			b := button(doLink+"0", "", l.Label, adapters.ToneMain)
			b.URL = l.URL
			s.out = append(s.out, slack.NewActionBlock("", b))
		} else {
			s.out = append(s.out, rich(l.Label+"\n"+l.URL)...)
		}
		s.out = append(s.out, rich(l.Note)...)
	}
	s.out = append(s.out, rich(s.form.Intro)...)
}

func (s *sheet) heading(text string) {
	if text != "" {
		s.out = append(s.out, slack.NewHeaderBlock(plain(cut(text, maxHeader))))
	}
}

// due takes out the facts that must be done first.
func due(facts []adapters.Fact) (first, rest []adapters.Fact) {
	for _, f := range facts {
		if f.Tone == adapters.TonePlain {
			rest = append(rest, f)
		} else {
			first = append(first, f)
		}
	}
	return first, rest
}

// facts are lines to read, under their headings.
func (s *sheet) facts(facts []adapters.Fact) {
	b := &builder{}
	for _, f := range facts {
		if f.Value.Empty() {
			s.out = append(s.out, b.blocks()...)
			b = &builder{}
			s.heading(f.Label)
			continue
		}
		label := f.Label
		if f.Tone == adapters.ToneDanger {
			label = "❗ " + label
		}
		if !strings.HasSuffix(label, "?") && !strings.HasSuffix(label, ":") {
			label += ":"
		}
		first, more, tall := strings.Cut(f.Value.Reveal(), "\n")
		b.line([]span{{label, true}, {" " + first, false}})
		for line := range strings.SplitSeq(more, "\n") {
			if tall {
				b.line([]span{{line, false}})
			}
		}
	}
	s.out = append(s.out, b.blocks()...)
}

// free are the acts that stand under no field of the form.
func (s *sheet) free() []adapters.Act {
	return slices.DeleteFunc(slices.Clone(s.form.Acts), func(a adapters.Act) bool {
		return slices.ContainsFunc(s.form.Fields, func(f adapters.Field) bool { return a.Under != "" && f.Name == a.Under })
	})
}

func (s *sheet) under(field string) []adapters.Act {
	return slices.DeleteFunc(slices.Clone(s.form.Acts), func(a adapters.Act) bool { return a.Under != field })
}

// grouped parts the acts at hand from those under headings.
func grouped(acts []adapters.Act) (hand []adapters.Act, groups [][]adapters.Act) {
	for _, a := range acts {
		switch n := len(groups); {
		case a.Group == "":
			hand = append(hand, a)
		case n > 0 && groups[n-1][0].Group == a.Group:
			groups[n-1] = append(groups[n-1], a)
		default:
			groups = append(groups, []adapters.Act{a})
		}
	}
	return hand, groups
}

// buttons are ways out of the form. The token of the form is in the view, and
// what they do in their value.
func (s *sheet) buttons(acts []adapters.Act) {
	for part := range slices.Chunk(acts, maxButtons) {
		var row []slack.BlockElement
		for _, a := range part {
			row = append(row, button(doAct+strconv.Itoa(s.acts), a.Value, a.Label, a.Tone))
			s.acts++
		}
		s.out = append(s.out, slack.NewActionBlock("", row...))
	}
}

// field is one question. In a form that is only read, and for a text that is
// longer than can stand in an input, it is text to read and to copy.
func (s *sheet) field(f adapters.Field) error {
	name := fieldMark + f.Name
	if err := within("name of a field", len(name)+4, maxID); err != nil {
		return err
	}
	var value string
	if len(f.Value) > 0 {
		value = f.Value[0].Reveal()
	}
	if s.form.Submit == "" || units(value) > maxInput {
		b := &builder{}
		b.line([]span{{f.Label, true}})
		s.out = append(s.out, b.blocks()...)
		for _, part := range chunks(value, maxText) {
			if part != "" {
				s.out = append(s.out, slack.NewRichTextBlock("", &slack.RichTextPreformatted{
					Type: slack.RTEPreformatted, Elements: []slack.RichTextSectionElement{element(part, false)},
				}))
			}
		}
		return nil
	}
	switch f.Kind {
	case adapters.One, adapters.Many:
		return s.choose(name, f)
	case adapters.Date:
		e := slack.NewDatePickerBlockElement(s.action)
		if isDate(value) {
			e.InitialDate = value
		}
		s.input(name, f.Label, f, e)
	default:
		e := &slack.PlainTextInputBlockElement{Type: slack.METPlainTextInput, ActionID: s.action, InitialValue: value, Multiline: f.Kind == adapters.Area}
		e.MaxLength = maxInput
		if f.Max > 0 {
			e.MaxLength = min(max(f.Max, units(value)), maxInput)
		}
		s.input(name, f.Label, f, e)
	}
	return nil
}

func (s *sheet) input(block, label string, f adapters.Field, e slack.BlockElement) {
	b := slack.NewInputBlock(block, plain(cut(label, maxLabel)), nil, e)
	if f.Help != "" {
		b.Hint = plain(cut(f.Help, maxLabel))
	}
	b.Optional = f.Optional
	s.out = append(s.out, b)
	s.inputs++
}

// choose asks for options. Ten fit in a group of checkboxes or radio buttons: of
// more, several are asked in groups, none of which can be asked to be filled in
// alone, and one is chosen from a list.
func (s *sheet) choose(name string, f adapters.Field) error {
	opts, chosen, long, err := options(f)
	if err != nil {
		return err
	}
	s.out = append(s.out, rich(strings.Join(long, "\n"))...)
	switch {
	case len(opts) == 0: // nothing to choose from: said with the label alone
		s.out = append(s.out, rich(f.Label)...)
	case f.Kind == adapters.One && len(opts) > maxGroup:
		e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, s.action, opts...)
		if len(chosen) > 0 {
			e.InitialOption = chosen[0]
		}
		s.input(name, f.Label, f, e)
	case f.Kind == adapters.One:
		e := slack.NewRadioButtonsBlockElement(s.action, opts...)
		if len(chosen) > 0 {
			e.InitialOption = chosen[0]
		}
		s.input(name, f.Label, f, e)
	default:
		part := f
		part.Optional = f.Optional || len(opts) > maxGroup
		n := 0
		for group := range slices.Chunk(opts, maxGroup) {
			block, label := name, f.Label
			if n++; n > 1 {
				block, label = name+"#"+strconv.Itoa(n), f.Label+" ("+strconv.Itoa(n)+")"
				part.Help = ""
			}
			e := slack.NewCheckboxGroupsBlockElement(s.action, group...)
			for _, c := range chosen {
				if slices.Contains(group, c) {
					e.InitialOptions = append(e.InitialOptions, c)
				}
			}
			s.input(block, label, part, e)
		}
	}
	return nil
}

// options makes the options of a field, and those that stand in it at first.
// What is too long for an option is cut with a mark, and stands whole above it.
func options(f adapters.Field) (all, chosen []*slack.OptionBlockObject, long []string, err error) {
	seen := map[string]bool{}
	for _, o := range f.Options {
		if err := within("value of an option", units(o.Value), maxOption); err != nil {
			return nil, nil, nil, err
		}
		if o.Value == "" || seen[o.Value] {
			return nil, nil, nil, fmt.Errorf("%w: an option without a value of its own", adapters.ErrUnfit)
		}
		seen[o.Value] = true
		x := slack.NewOptionBlockObject(o.Value, plain(cut(o.Label, maxOption)), nil)
		tall := units(o.Label) > maxOption
		switch {
		case o.Help != "" && units(o.Help) <= maxOption:
			x.Description = plain(o.Help)
		case o.Help != "":
			long = append(long, "- **"+strings.ReplaceAll(o.Label, "**", "")+"** "+o.Help)
			tall = false
		}
		if tall {
			long = append(long, "- "+o.Label)
		}
		all = append(all, x)
		for _, v := range f.Value {
			if v.Reveal() == o.Value {
				chosen = append(chosen, x)
				break
			}
		}
	}
	return all, chosen, long, nil
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
