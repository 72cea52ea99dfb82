package mattermost

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// The names of a dialog's elements. They are not those of the fields: a dialog
// passes through the person's own client.
const (
	nameAct   = "act"
	actSubmit = "submit"
)

func fieldName(i int) string     { return "f" + strconv.Itoa(i) }
func optionName(i, j int) string { return fieldName(i) + "o" + strconv.Itoa(j) }
func actName(i int) string       { return "a" + strconv.Itoa(i) }

// radioMost is how many options stand side by side; more are a list.
const radioMost = 5

// sheet makes a dialog of a form, in one language, for a server of one version.
type sheet struct {
	form  adapters.Form
	say   func(id string) string
	multi bool // the server knows a list with several answers
}

func (s sheet) dialog(state string) model.Dialog {
	f := s.form
	d := model.Dialog{Title: cut(label(f.Title), titleBytes), IntroductionText: s.intro(), State: state, SubmitLabel: label(f.Submit)}
	for i, fd := range f.Fields {
		d.Elements = append(d.Elements, s.field(i, fd)...)
	}
	switch {
	case s.chooses():
		d.Elements = append(d.Elements, s.acts())
		d.SubmitLabel = s.say("mattermost.form.go")
	case f.Submit == "":
		d.SubmitLabel = s.say("mattermost.form.close")
	}
	return d
}

// intro is what is read above the fields: what a dialog has no place for, the
// link, the words of the form and its facts, what must be done first before the
// rest.
func (s sheet) intro() string {
	f := s.form
	var out []string
	add := func(text string) {
		if text != "" {
			out = append(out, text)
		}
	}
	if full := label(f.Title); cut(full, titleBytes) != full {
		add("**" + literal(f.Title) + "**")
	}
	if f.Link != nil {
		add(linkText(*f.Link))
	}
	add(markdown(f.Intro))
	var due, facts []string
	for _, x := range f.Facts {
		line := fact(x)
		switch {
		case x.Tone != adapters.TonePlain:
			due = append(due, line)
		case x.Value.Empty() && len(facts) > 0:
			facts = append(facts, "", line)
		default:
			facts = append(facts, line)
		}
	}
	add(strings.Join(due, "\n"))
	add(strings.Join(facts, "\n"))
	for _, fd := range f.Fields {
		if text := overlong(fd); text != "" {
			add("**" + literal(fd.Label) + "**\n" + fenced(text))
		}
	}
	return strings.Join(out, "\n\n")
}

// linkText is a link with what has to be known to use it.
func linkText(l adapters.Link) string {
	return "[" + literal(l.Label) + "](" + escapeURL(l.URL) + ")\n" + literal(l.Note)
}

// overlong is what stands in a field and is longer than a dialog's field can
// be: text to copy. It is read above the fields in its place.
func overlong(fd adapters.Field) string {
	if fd.Kind != adapters.Area || len(fd.Value) == 0 || utf8.RuneCountInString(fd.Value[0].Reveal()) <= areaMax {
		return ""
	}
	return fd.Value[0].Reveal()
}

// fenced is text as it is, to be copied: what stands in a fence is not read, and
// this one is longer than any in the text.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + strings.ToValidUTF8(strings.ReplaceAll(text, "\r", ""), "") + "\n" + fence
}

// fact is a line to read. What was typed can be of several lines, and can do
// nothing.
func fact(x adapters.Fact) string {
	name := "**" + literal(x.Label) + "**"
	if x.Value.Empty() {
		return name
	}
	var lines []string
	for line := range strings.SplitSeq(x.Value.Reveal(), "\n") {
		if line = literal(line); line != "" {
			lines = append(lines, line)
		}
	}
	return name + ": " + strings.Join(lines, "\n")
}

// escapeURL is an address that does not leave its brackets.
func escapeURL(address string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E", "\\", "%5C").Replace(clean(address))
}

// named is what stands above a field, and what that does not say of its label.
func named(fd adapters.Field) (name, more string) {
	whole := strings.TrimRight(fd.Label, "?:")
	switch {
	case len(fd.Label) <= labelBytes:
		return fd.Label, ""
	case len(whole) <= labelBytes:
		return whole, ""
	case fd.Short != "" && strings.HasSuffix(strings.ToLower(fd.Label), strings.ToLower(fd.Short)):
		return fd.Short, "" // the end of the label says it all
	}
	return cmp.Or(fd.Short, fd.Label), fd.Label
}

func (s sheet) field(i int, fd adapters.Field) []model.DialogElement {
	name, more := named(fd)
	e := model.DialogElement{
		Name: fieldName(i), DisplayName: cut(label(name), labelBytes),
		// With acts to choose from, a field need not be filled in.
		Optional: fd.Optional || s.chooses(),
		HelpText: cut(label(strings.TrimSpace(more+" "+fd.Help)), helpBytes),
	}
	if len(fd.Value) > 0 && overlong(fd) == "" {
		e.Default = fd.Value[0].Reveal()
	}
	most := fd.Max
	if most == 0 {
		most = areaMax
	}
	switch fd.Kind {
	case adapters.One:
		e.Type, e.Options = "select", options(fd)
		if !e.Optional && len(fd.Options) <= radioMost {
			e.Type = "radio"
		}
	case adapters.Many:
		return s.many(i, fd, e)
	case adapters.Area:
		e.Type, e.MaxLength = "textarea", min(most, areaMax)
	case adapters.Date:
		e.Type, e.MaxLength, e.Placeholder = "text", lineMax, s.say("mattermost.form.date")
	default:
		e.Type, e.MaxLength = "text", min(most, lineMax)
		if fd.Kind == adapters.Phone {
			e.SubType = "tel"
		}
		if fd.Kind == adapters.Line && most > lineMax {
			e.Type, e.MaxLength = "textarea", min(most, areaMax)
		}
	}
	return []model.DialogElement{e}
}

// many is a list with several answers, or one box to tick for each of them: a
// server before 11.0 makes a list with one answer of the first.
func (s sheet) many(i int, fd adapters.Field, e model.DialogElement) []model.DialogElement {
	on := map[string]bool{}
	var values []string
	for _, v := range fd.Value {
		on[v.Reveal()] = true
		values = append(values, v.Reveal())
	}
	if s.multi {
		e.Type, e.MultiSelect, e.Options, e.Default = "select", true, options(fd), strings.Join(values, ",")
		return []model.DialogElement{e}
	}
	var out []model.DialogElement
	for j, o := range fd.Options {
		box := model.DialogElement{
			Name: optionName(i, j), Type: "bool", Optional: true,
			DisplayName: e.DisplayName,
			Placeholder: cut(label(o.Label), lineMax), HelpText: cut(label(o.Help), helpBytes),
		}
		if j == 0 && e.HelpText != "" {
			box.HelpText = cut(strings.TrimSpace(e.HelpText+" "+box.HelpText), helpBytes)
		}
		if on[o.Value] {
			box.Default = "true"
		}
		out = append(out, box)
	}
	return out
}

func options(fd adapters.Field) []*model.PostActionOptions {
	var out []*model.PostActionOptions
	for _, o := range fd.Options {
		out = append(out, &model.PostActionOptions{Text: label(o.Label), Value: o.Value})
	}
	return out
}

// shown reports whether an act is in the list. Closing a dialog that is filled in
// is the way back: with a list of only that, no field could be marked as needed.
func (s sheet) shown(a adapters.Act) bool {
	return a.Tone != adapters.ToneQuiet || s.form.Submit == "" || len(s.form.Fields) == 0
}

// chooses reports whether there is a list of ways out.
func (s sheet) chooses() bool { return slices.ContainsFunc(s.form.Acts, s.shown) }

// acts are the ways out of a form, in a list: a dialog has one button. Where
// none of them is the usual one, none is chosen beforehand.
func (s sheet) acts() model.DialogElement {
	e := model.DialogElement{Name: nameAct, Type: "select", DisplayName: cut(s.say("mattermost.form.act"), labelBytes)}
	add := func(value, text string) {
		e.Options = append(e.Options, &model.PostActionOptions{Text: label(text), Value: value})
	}
	if s.form.Submit != "" {
		add(actSubmit, s.form.Submit)
		e.Default = actSubmit
	}
	for i, a := range s.form.Acts {
		if s.shown(a) {
			add(actName(i), a.Label)
		}
	}
	return e
}

// read takes what was filled in. It is all checked, since it comes from the
// person's own client: ok is false when it is not what the dialog asked for.
// wrong says by field what he can mend.
func (s sheet) read(submission map[string]any) (values adapters.Values, act string, wrong map[string]string, ok bool) {
	values, wrong = adapters.Values{}, map[string]string{}
	left := len(submission)
	text := func(name string) (string, bool) {
		v, there := submission[name]
		if there {
			left--
		}
		t, ok := v.(string)
		return strings.ReplaceAll(t, "\r\n", "\n"), v == nil || ok && utf8.ValidString(t) && !strings.ContainsRune(t, 0)
	}
	for i, fd := range s.form.Fields {
		if fd.Kind == adapters.Many {
			picked, used, ok := s.readMany(submission, i, fd)
			if left -= used; !ok {
				return nil, "", nil, false
			}
			if clash(fd, picked) {
				wrong[fd.Name] = s.say("mattermost.form.alone")
			}
			if len(picked) > 0 {
				values[fd.Name] = private.List(picked...)
			}
			continue
		}
		v, ok := text(fieldName(i))
		if !ok || fd.Kind == adapters.One && v != "" && !offers(fd, v) {
			return nil, "", nil, false
		}
		if fd.Max > 0 && utf8.RuneCountInString(v) > fd.Max {
			wrong[fd.Name] = s.say("mattermost.form.long")
		}
		if fd.Kind == adapters.Date {
			v = date(v)
		}
		if strings.TrimSpace(v) != "" {
			values[fd.Name] = private.List(v)
		}
	}
	if s.chooses() {
		v, ok := text(nameAct)
		if act, ok = s.act(v, ok); !ok {
			return nil, "", nil, false
		}
	}
	return values, act, wrong, left == 0
}

// act is the way out that was chosen.
func (s sheet) act(name string, ok bool) (string, bool) {
	if !ok || name == "" || name == actSubmit {
		return "", ok && s.form.Submit != ""
	}
	for i, a := range s.form.Acts {
		if name == actName(i) {
			return a.Value, true
		}
	}
	return "", false
}

func (s sheet) readMany(submission map[string]any, i int, fd adapters.Field) (picked []string, used int, ok bool) {
	if s.multi {
		v, there := submission[fieldName(i)]
		if there {
			used++
		}
		list, isList := v.([]any)
		if v != nil && v != "" && !isList {
			return nil, used, false
		}
		for _, x := range list {
			o, isText := x.(string)
			if !isText || !offers(fd, o) {
				return nil, used, false
			}
			picked = append(picked, o)
		}
		return picked, used, len(picked) <= len(fd.Options)
	}
	for j, o := range fd.Options {
		v, there := submission[optionName(i, j)]
		if !there {
			continue
		}
		used++
		switch v {
		case true, "true":
			picked = append(picked, o.Value)
		case false, "false", "", nil:
		default:
			return nil, used, false
		}
	}
	return picked, used, true
}

// clash reports whether an option that stands alone was picked with others.
func clash(fd adapters.Field, picked []string) bool {
	for _, o := range fd.Options {
		if o.Alone && len(picked) > 1 && slices.Contains(picked, o.Value) {
			return true
		}
	}
	return false
}

func offers(fd adapters.Field, value string) bool {
	for _, o := range fd.Options {
		if o.Value == value {
			return true
		}
	}
	return false
}

// errors puts what is wrong where the dialog shows it. What belongs to no
// element stands under the whole.
func (s sheet) errors(wrong map[string]string) model.SubmitDialogResponse {
	out := model.SubmitDialogResponse{Error: wrong[""], Errors: map[string]string{}}
	for i, fd := range s.form.Fields {
		text, ok := wrong[fd.Name]
		if !ok || fd.Name == "" {
			continue
		}
		name := fieldName(i)
		if fd.Kind == adapters.Many && !s.multi {
			name = optionName(i, 0)
		}
		out.Errors[name] = text
	}
	if len(out.Errors) == 0 && out.Error == "" {
		for _, text := range wrong {
			out.Error = text
		}
	}
	return out
}

// canonical is a submission as bytes that are the same when it comes again.
func canonical(submission map[string]any) string {
	b, err := json.Marshal(submission)
	if err != nil {
		return ""
	}
	return string(b)
}
