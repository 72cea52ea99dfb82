package dialogue

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
	"github.com/meldroute/meldroute/store"
)

// screen is the current question as it is shown: a reply in the chat and, for
// a step that is filled in, the form behind its button.
type screen struct {
	reply adapters.Reply
	form  *adapters.Form
}

// screen renders the current question from the state (D2).
func (t *turn) screen() screen {
	step := t.flow.At(t.c.State)
	sc := screen{reply: adapters.Reply{Key: t.c.Post, Text: t.saying(step), Step: step.Part, Of: t.parts(step), Lang: t.lang}}
	switch {
	case step.Review:
		sc.form = t.review(step)
		sc.reply.Choices = append(t.options(step), t.choice("open", "d.look", adapters.TonePlain))
	case step.Asks() == flows.Buttons:
		sc.reply.Choices = t.options(step)
	default:
		sc.form = t.form(step)
		sc.reply.Choices = []adapters.Choice{t.choice("open", "d.open", adapters.ToneMain)}
		if step.Skip {
			sc.reply.Choices = append(sc.reply.Choices, adapters.Choice{Token: t.c.Nonce + "-skip", Label: t.skipLabel(step)})
		}
	}
	if _, ok := t.flow.Back(t.c.State); ok && !returns(step) {
		sc.reply.Choices = append(sc.reply.Choices, t.choice("back", "d.back", adapters.ToneQuiet))
	}
	if t.first(step) {
		sc.reply.Choices = append(sc.reply.Choices, t.d.more(t.lang)...)
	}
	number(sc.reply.Choices)
	return sc
}

// returns reports whether a step has a way back among its own options.
func returns(step flows.Step) bool {
	if len(step.Questions) != 1 {
		return false
	}
	_, ok := step.Questions[0].Option(string(cmdBack))
	return ok
}

// saying is what the bot says with a step: its words, or else its title, and
// the options of the step that it lists.
func (t *turn) saying(step flows.Step) string {
	text := step.Say
	if text.IsZero() {
		text = step.Title
	}
	var b strings.Builder
	if t.c.Above != "" {
		b.WriteString(t.words(t.c.Above, nil) + "\n\n")
	}
	b.WriteString(t.d.text(t.lang, text))
	if listed, ok := t.flow.Step(step.Lists); ok && step.Lists != "" {
		for _, q := range listed.Questions {
			b.WriteString("\n\n**" + t.d.text(t.lang, q.Label) + "**")
			for _, o := range q.Options {
				if o.When == nil {
					b.WriteString("\n- " + t.d.text(t.lang, o.Label))
				}
			}
		}
	}
	return b.String()
}

// intro is what the bot says with a form, when its title does not say it.
func (t *turn) intro(step flows.Step) string {
	if step.Say == step.Title {
		return ""
	}
	return t.d.text(t.lang, step.Say)
}

// skipLabel is what a step is skipped with.
func (t *turn) skipLabel(step flows.Step) string {
	if !step.SkipLabel.IsZero() {
		return t.d.text(t.lang, step.SkipLabel)
	}
	return t.words("g.unknown", nil)
}

func (t *turn) parts(step flows.Step) int {
	if step.Part == 0 {
		return 0
	}
	return t.flow.Parts
}

// first reports whether this is the first screen of all.
func (t *turn) first(step flows.Step) bool {
	return len(t.flow.Steps) > 0 && t.flow.Steps[0].ID == step.ID && t.flow.Parts > 0
}

func (t *turn) choice(what, label string, tone adapters.Tone) adapters.Choice {
	return adapters.Choice{Token: t.c.Nonce + "-" + what, Label: t.words(label, nil), Tone: tone}
}

// options are the choices of a step with one question. The danger choice has
// the token that needs no store (P39).
func (t *turn) options(step flows.Step) []adapters.Choice {
	var out []adapters.Choice
	for i, o := range step.Questions[0].Options {
		c := adapters.Choice{Token: t.c.Nonce + "-" + strconv.Itoa(i), Label: t.optionLabel(o)}
		switch {
		case o.ID == string(cmdDanger):
			c.Token, c.Tone = adapters.TokenDanger, adapters.ToneDanger
		case o.End == flows.Erase:
			c.Tone = adapters.ToneDanger
		case o.End == flows.File || o.ID == string(cmdReport):
			c.Tone = adapters.ToneMain
		}
		out = append(out, c)
	}
	return out
}

// optionLabel is the label of an option, with the row that it leads to.
func (t *turn) optionLabel(o flows.Option) string {
	label := t.d.text(t.lang, o.Label)
	if o.Row > 0 {
		label += " " + strconv.Itoa(o.Row)
	}
	return label
}

// number gives each choice the key that can be typed for it. The flow counts
// its own options in the same order (flows.MatchStep).
func number(cs []adapters.Choice) {
	for i := range cs {
		if cs[i].Key == "" {
			cs[i].Key = strconv.Itoa(i + 1)
		}
	}
}

// form renders a step that is filled in, with what was answered before.
func (t *turn) form(step flows.Step) *adapters.Form {
	f := &adapters.Form{
		Token: t.c.Nonce + "-form", Title: t.d.text(t.lang, step.Title), Intro: t.intro(step),
		Submit: t.words("d.next", nil), Step: step.Part, Of: t.parts(step), Lang: t.lang,
	}
	was, _ := t.flow.Given(t.c.State)
	for _, q := range step.Questions {
		fd := adapters.Field{
			Name: q.ID, Label: t.d.text(t.lang, q.Label), Short: t.d.text(t.lang, q.Short), Help: t.d.text(t.lang, q.Help),
			Kind: adapters.Kind(q.Kind), Optional: q.Optional, Max: q.Max, Value: was[q.ID],
		}
		for _, o := range q.Options {
			fd.Options = append(fd.Options, adapters.Option{
				Value: o.ID, Label: t.d.text(t.lang, o.Label), Help: t.d.text(t.lang, o.Help), Alone: o.Alone,
			})
		}
		if q.ID == "department" && len(fd.Value) == 0 && t.view.Profile.Department != "" {
			fd.Value = private.List(t.view.Profile.Department)
		}
		f.Fields = append(f.Fields, fd)
	}
	if step.Skip {
		f.Acts = append(f.Acts, adapters.Act{Value: "skip", Label: t.skipLabel(step)})
	}
	if _, ok := t.flow.Back(t.c.State); ok {
		f.Acts = append(f.Acts, adapters.Act{Value: "back", Label: t.words("d.back", nil), Tone: adapters.ToneQuiet})
	}
	return f
}

// review renders everything that was answered, each to be changed.
func (t *turn) review(step flows.Step) *adapters.Form {
	f := &adapters.Form{
		Token: t.c.Nonce + "-form", Title: t.d.text(t.lang, step.Title), Intro: t.intro(step), Lang: t.lang, Sensitive: true,
	}
	for _, e := range t.flow.Review(t.c.State) {
		label := e.Question
		if !e.Heading.IsZero() {
			label = e.Heading
		}
		fact := adapters.Fact{Label: t.d.text(t.lang, label)}
		if e.Row > 0 {
			fact.Label += " " + strconv.Itoa(e.Row)
		}
		if len(e.Values) == 0 {
			f.Facts = append(f.Facts, fact)
		}
		for _, v := range e.Values {
			fact.Value = v.Private
			if !v.Text.IsZero() {
				fact.Value = private.New(t.d.text(t.lang, v.Text))
			}
			f.Facts = append(f.Facts, fact)
		}
	}
	for _, o := range step.Questions[0].Options {
		if s, ok := t.flow.Step(o.Goto); ok && s.Change {
			continue // each answer has a button of its own here
		}
		a := adapters.Act{Value: "choose:" + o.ID, Label: t.d.text(t.lang, o.Label)}
		switch {
		case o.End == flows.File:
			a.Tone = adapters.ToneMain
		case o.Goto == intake.StopStep:
			a.Tone = adapters.ToneQuiet
		}
		f.Acts = append(f.Acts, a)
	}
	for _, p := range t.flow.Changeable(t.c.State) {
		a := adapters.Act{Value: "change:" + p.Step, Label: t.words("d.change", map[string]any{"What": t.d.text(t.lang, p.Title)})}
		if p.Row > 0 {
			a.Value += "/" + strconv.Itoa(p.Row)
			a.Label += " " + strconv.Itoa(p.Row)
		}
		f.Acts = append(f.Acts, a)
	}
	return f
}

// current renders the question of a session outside a turn.
func (d *Dialogue) current(ctx context.Context, s store.Session) (screen, error) {
	for range attempts {
		t := d.turn(store.View{Now: d.o.Now(), Session: s}, adapters.Message{})
		t.reads = granted // it was asked when he got there, and is again when he acts
		err := t.load()
		var need needs
		if errors.As(err, &need) {
			if err := d.book.fetch(ctx, need.flow); err != nil {
				return screen{}, err
			}
			continue
		}
		if err != nil {
			return screen{}, err
		}
		sc := t.screen()
		return sc, nil
	}
	return screen{}, store.ErrNotFound
}
