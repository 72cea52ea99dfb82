package web

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// listFrom is the number of options from which One is a list to unfold: a
// long row of departments would push the next question out of sight.
const listFrom = 13

// shortOption is the length in runes up to which options stand side by side.
const shortOption = 18

// sheet is a form as it is shown, in a dialog or on a page of its own.
type sheet struct {
	adapters.Form
	Lang   string
	At     string            // where its answer belongs
	ID     string            // on a page of its own: by which it is known
	Errors map[string]string // by field; "" for the whole form
	Notice string
	// Values stand in the fields in place of Field.Value, where given.
	Values map[string][]private.Text
}

// input is a field as the template needs it.
type input struct {
	adapters.Field
	ID, Input, Error string
	Line             string // label and error, in the summary
	Described        string // ids of what describes it
	Text             string
	Options          []pick
	List             bool
	Short            bool           // options of a word or two: side by side
	Acts             []adapters.Act // that stand under it
}

// pick is an option as the template needs it.
type pick struct {
	adapters.Option
	ID string
	On bool
}

// line is a fact as the template needs it.
type line struct {
	Label, Value string
	Tone         adapters.Tone
}

// part is the facts under a heading.
type part struct {
	Heading string
	Lines   []line
	Look    string // how they are laid out: a class of the style
}

// group is the acts under a heading.
type group struct {
	Name string
	Acts []adapters.Act
}

// writeForm renders a form. What stands in it is opened here: it goes to the
// one person who asked for it, and the page is never cached.
func (x *site) writeForm(w io.Writer, s sheet) error {
	view := struct {
		texts
		sheet
		Inputs  []input
		Due     []line // what must be done first
		Facts   []part
		Hand    []adapters.Act // acts at hand
		Grouped []group        // all others, when there are any
		Intro   []block
		Whole   string
		Lang    string
	}{texts: x.texts(s.Lang), sheet: s, Intro: markup(s.Intro), Whole: s.Errors[""], Lang: s.Lang}
	view.Due, view.Facts = parts(s.Facts)
	free := s.Acts
	for i, f := range s.Fields {
		in := s.input(fmt.Sprintf("f%d", i), f)
		in.Acts, free = under(f.Name, free)
		view.Inputs = append(view.Inputs, in)
	}
	view.Hand, view.Grouped = grouped(free)
	if err := pages.ExecuteTemplate(w, "form.html", view); err != nil {
		// The template's own error may quote content.
		return fmt.Errorf("web: form was not rendered (%T)", err)
	}
	return nil
}

func (s sheet) input(id string, f adapters.Field) input {
	in := input{Field: f, ID: id, Input: fieldMark + f.Name, Error: s.Errors[f.Name]}
	in.Line = f.Label + ": " + in.Error
	if strings.HasSuffix(f.Label, "?") || strings.HasSuffix(f.Label, ":") {
		in.Line = f.Label + " " + in.Error
	}
	values := f.Value
	if kept, ok := s.Values[f.Name]; ok {
		values = kept
	}
	if len(values) > 0 {
		in.Text = values[0].Reveal()
	}
	in.Described = id + "-error"
	if f.Help != "" || (f.Kind == adapters.Area && f.Max > 0) {
		in.Described = id + "-help " + in.Described
	}
	helped, long := false, false
	for i, o := range f.Options {
		p := pick{Option: o, ID: fmt.Sprintf("%s-%d", id, i)}
		for _, v := range values {
			p.On = p.On || v.Reveal() == o.Value
		}
		helped, long = helped || o.Help != "", long || utf8.RuneCountInString(o.Label) > shortOption
		in.Options = append(in.Options, p)
	}
	in.Short = !helped && !long
	in.List = f.Kind == adapters.One && len(f.Options) >= listFrom && !helped
	return in
}

// longLabel is the length in runes from which a label has a line of its own.
const longLabel = 26

// briefValue is the length in runes up to which facts stand side by side.
const briefValue = 60

// parts takes out the facts that must be done first, and parts the others at
// their headings.
func parts(facts []adapters.Fact) (due []line, out []part) {
	for _, f := range facts {
		l := line{Label: f.Label, Value: f.Value.Reveal(), Tone: f.Tone}
		switch {
		case f.Tone != adapters.TonePlain:
			due = append(due, l)
			continue
		case f.Value.Empty():
			out = append(out, part{Heading: f.Label})
			continue
		case len(out) == 0:
			out = append(out, part{Look: "brief"})
		}
		last := &out[len(out)-1]
		last.Lines = append(last.Lines, l)
		switch {
		case utf8.RuneCountInString(l.Label) > longLabel:
			last.Look = "tall"
		case last.Look == "brief" && utf8.RuneCountInString(l.Value) > briefValue:
			last.Look = ""
		}
	}
	return due, out
}

// under parts the acts that stand under a field from the others.
func under(field string, acts []adapters.Act) (here, others []adapters.Act) {
	for _, a := range acts {
		if a.Under == field {
			here = append(here, a)
		} else {
			others = append(others, a)
		}
	}
	return here, others
}

// grouped parts the acts at hand from those under headings.
func grouped(acts []adapters.Act) (hand []adapters.Act, out []group) {
	for _, a := range acts {
		switch {
		case a.Group == "":
			hand = append(hand, a)
			continue
		case len(out) == 0 || out[len(out)-1].Name != a.Group:
			out = append(out, group{Name: a.Group})
		}
		last := &out[len(out)-1]
		last.Acts = append(last.Acts, a)
	}
	return hand, out
}
