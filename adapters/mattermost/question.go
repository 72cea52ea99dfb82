package mattermost

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/meldroute/meldroute/adapters"
)

// question is what a walk asks now: a field with what helps to answer it.
func (r *run) question(w walk) string {
	say := func(id string) string { return r.say(w.Lang, "mattermost.typed."+id) }
	var out []string
	if w.Posts == 1 {
		if len(w.Todo) == 0 || w.Ask || w.Form.Fields[w.Todo[0]].Label != w.Form.Title {
			out = append(out, "**"+w.Form.Title+"**")
		}
		out = append(out, w.Form.Intro)
	}
	switch {
	case w.Ask:
		out = append(out, say("consent"))
	case len(w.Todo) > 0:
		fd := w.Form.Fields[w.Todo[0]]
		n := len(w.Done) + 1
		head := "**" + fd.Label + "**"
		if of := len(w.Done) + len(w.Todo); of > 1 {
			head += " (" + strconv.Itoa(n) + "/" + strconv.Itoa(of) + ")"
		}
		if fd.Help != "" {
			head += "\n" + fd.Help
		}
		out = append(out, head, listed(fd))
		var how []string
		switch fd.Kind {
		case adapters.Many:
			how = append(how, say("many"))
		case adapters.One:
			how = append(how, say("one"))
		case adapters.Date:
			how = append(how, say("date"))
		default: // words of one's own
		}
		if len(fd.Value) > 0 {
			how = append(how, say("keep"))
		}
		if fd.Optional {
			how = append(how, say("skip"))
		}
		if n == 1 {
			how = append(how, say("leave"))
			if labels := actLabels(w.Form); labels != "" {
				how = append(how, r.words(w.Lang, "mattermost.typed.acts", map[string]any{"Acts": labels}))
			}
		}
		out = append(out, strings.Join(how, "\n"))
	}
	return strings.Join(slices.DeleteFunc(out, func(s string) bool { return s == "" }), "\n\n")
}

// listed are the options of a field, by number.
func listed(fd adapters.Field) string {
	var lines []string
	for i, o := range fd.Options {
		line := "**" + strconv.Itoa(i+1) + "** " + o.Label
		if o.Help != "" {
			line += " (" + o.Help + ")"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// actLabels are the ways out of a form beside filling it in and going back.
func actLabels(f adapters.Form) string {
	var out []string
	for _, a := range f.Acts {
		if a.Tone == adapters.ToneQuiet {
			continue
		}
		out = append(out, "‘"+a.Label+"’")
	}
	return strings.Join(out, ", ")
}

// walkChoices are the choices of a question that is not a field.
func (r *run) walkChoices(w walk) []adapters.Choice {
	switch {
	case w.Ask:
		return []adapters.Choice{
			{Key: "1", Label: r.say(w.Lang, "mattermost.typed.go")}, {Key: "2", Label: r.say(w.Lang, "mattermost.typed.call")},
		}
	case len(w.Todo) == 0:
		var out []adapters.Choice
		for i, a := range w.Form.Acts {
			out = append(out, adapters.Choice{Key: strconv.Itoa(i + 1), Label: a.Label})
		}
		return out
	}
	return nil
}

// parse reads what was typed for a field. wrong is the text that says why it
// cannot be.
func (r *run) parse(fd adapters.Field, text string) (values []string, wrong string) {
	if text == "" {
		return nil, "mattermost.typed.needed"
	}
	switch fd.Kind {
	case adapters.One, adapters.Many:
		picked, ok := pick(fd, text)
		switch {
		case !ok || fd.Kind == adapters.One && len(picked) != 1:
			return nil, "mattermost.typed.which"
		case clash(fd, picked):
			return nil, "mattermost.form.alone"
		}
		return picked, ""
	case adapters.Date:
		day := date(text)
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return nil, "mattermost.typed.date"
		}
		return []string{day}, ""
	case adapters.Line, adapters.Phone:
		text = strings.Join(strings.Fields(text), " ")
	case adapters.Area:
	}
	if fd.Max > 0 && utf8.RuneCountInString(text) > fd.Max {
		return nil, "mattermost.form.long"
	}
	return []string{text}, ""
}

// pick reads options by their numbers or labels: the whole text as one label,
// or parts of it with commas or lines between, or numbers with spaces.
func pick(fd adapters.Field, text string) (picked []string, ok bool) {
	one := func(s string) (string, bool) {
		s = strings.Trim(s, " .")
		for i, o := range fd.Options {
			if s == strconv.Itoa(i+1) || strings.EqualFold(s, o.Label) {
				return o.Value, true
			}
		}
		return "", false
	}
	if v, ok := one(text); ok {
		return []string{v}, true
	}
	split := func(r rune) bool { return r == ',' || r == '\n' || r == ';' }
	if strings.Trim(text, "0123456789 ,;\n.") == "" {
		split = func(r rune) bool { return r < '0' || r > '9' }
	}
	seen := map[string]bool{}
	for _, s := range strings.FieldsFunc(text, split) {
		v, ok := one(s)
		if !ok {
			return nil, false
		}
		if !seen[v] {
			seen[v] = true
			picked = append(picked, v)
		}
	}
	return picked, len(picked) > 0
}

// date writes a day as yyyy-mm-dd when it is typed as people do here, day
// first. Anything else is left as it is.
func date(text string) string {
	text = strings.TrimSpace(text)
	for _, form := range []string{time.DateOnly, "2-1-2006", "2/1/2006", "2.1.2006", "2 1 2006"} {
		if day, err := time.Parse(form, text); err == nil {
			return day.Format(time.DateOnly)
		}
	}
	return text
}
