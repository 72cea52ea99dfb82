package mattermost

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// walkLife is how long a form that is filled in by typing can lie. What was
// typed stays in Mattermost; what is kept here is sealed, and goes with it.
const walkLife = 24 * time.Hour

// walk is a form that a person fills in by typing, field by field, where none
// can be opened. It is kept in Memory: any replica goes on with it.
type walk struct {
	ID     string
	Form   adapters.Form
	Lang   string
	Ask    bool  // whether to go on is asked first
	Todo   []int // the fields that are still asked; the first is asked now
	Done   []int // those that were, the last one last
	Values adapters.Values
	Posts  int       // how many questions were posted
	Asked  time.Time // when the last one was
	Last   string    // the post that was taken last
}

// key names the question that is asked now.
func (w walk) key() string { return "walk." + w.ID + "." + strconv.Itoa(w.Posts) }

// asking is the name of the question of a form that a person is asked now, "~"
// when there is none.
func (r *run) asking(ctx context.Context, user, channel string) (string, error) {
	w, ok, err := r.walking(ctx, user)
	if err != nil || !ok {
		return "~", err
	}
	key, err := r.secret.get(ctx)
	return nameOf(key, "reply", channel, w.key()), err
}

// free reports whether a form asks for words of the person's own.
func free(f adapters.Form) bool {
	return slices.ContainsFunc(f.Fields, func(fd adapters.Field) bool {
		return fd.Kind != adapters.One && fd.Kind != adapters.Many && fd.Kind != adapters.Date
	})
}

// shows reports whether a form holds content, which never becomes a post.
func shows(f adapters.Form) bool {
	return f.Sensitive || slices.ContainsFunc(f.Facts, func(x adapters.Fact) bool { return !x.Value.Empty() })
}

func (r *run) walking(ctx context.Context, user string) (w walk, ok bool, err error) {
	it, ok, err := r.opt.Memory.Get(ctx, "walk/"+user, "form")
	if err != nil || !ok {
		return w, false, err
	}
	return w, true, private.Decode(it.Value, &w)
}

func (r *run) keepWalk(ctx context.Context, user string, w walk) error {
	value, err := private.Encode(w)
	if err != nil {
		return err
	}
	_, _, err = r.opt.Memory.Put(ctx, adapters.Item{Scope: "walk/" + user, Key: "form", Value: value, Until: r.opt.Now().Add(walkLife)})
	return err
}

func (r *run) endWalk(ctx context.Context, user string) error {
	return r.opt.Memory.Forget(ctx, "walk/"+user, "form")
}

// beginWalk begins to ask a form field by field. What holds content is not
// shown, in words; before the first words of one's own it is said where they
// stay, and asked whether to go on.
func (r *run) beginWalk(ctx context.Context, e *event, f adapters.Form, sent *trace) error {
	switch {
	case e.Direct && shows(f) && sent.asks(e.At): // nobody asked for it
		return nil
	case !e.Direct || shows(f):
		r.notify(ctx, e, e.ID, r.say(e.Lang, "mattermost.typed.hidden"))
		return nil
	case free(f) && !r.opt.Typed:
		r.notify(ctx, e, e.ID, r.say(e.Lang, "mattermost.typed.never"))
		return r.call(ctx, e)
	}
	w := walk{ID: rand.Text()[:12], Form: f, Lang: cmp.Or(f.Lang, e.Lang), Values: adapters.Values{}}
	for i := range f.Fields {
		w.Todo = append(w.Todo, i)
	}
	if free(f) {
		_, agreed, err := r.opt.Memory.Get(ctx, "walk/"+e.user, "agreed")
		if err != nil {
			return err
		}
		w.Ask = !agreed
	}
	if err := r.askNext(ctx, e, w); err != nil {
		return err
	}
	sent.drop() // the walk asks it
	return nil
}

// call has the bot say whom to call.
func (r *run) call(ctx context.Context, e *event) error {
	m := e.Message
	m.ID += ".call"
	m.Press, m.Filled, m.Text = "", nil, private.New(first(r.say("nl", "mattermost.word.call")))
	_, err := r.handle(ctx, m)
	return err
}

// walk takes what was typed as an answer to the form that is being asked. taken
// is false where there is none, or where it is for the bot.
func (r *run) walk(ctx context.Context, e *event) (a adapters.Answer, taken bool, err error) {
	if e.early != nil {
		return a, false, r.endWalk(ctx, e.user)
	}
	w, ok, err := r.walking(ctx, e.user)
	switch {
	case err != nil:
		return a, true, err
	case !ok, e.Press != "", e.Files > 0:
		return a, false, nil
	case w.Last == e.ID: // it was taken, and the question after it may not be shown
		return a, true, r.showStep(ctx, e, w)
	case e.Sent.Before(w.Asked):
		return a, true, r.hint(ctx, e, w, "mattermost.typed.early")
	}
	text := strings.TrimSpace(strings.ReplaceAll(e.Text.Reveal(), "\r\n", "\n"))
	switch {
	case r.word(text, "stop"):
		return a, false, r.endWalk(ctx, e.user)
	case r.word(text, "call"), r.word(text, "help"):
		return a, false, nil
	case w.Ask:
		return r.consent(ctx, e, w, text)
	}
	back := r.word(text, "back")
	if back && len(w.Done) > 0 {
		return a, true, r.stepBack(ctx, e, w)
	}
	if act, ok := chosenAct(w.Form, text); ok {
		return r.submit(ctx, e, w, act)
	}
	if back { // the bot knows what was before this form
		return a, false, r.endWalk(ctx, e.user)
	}
	if len(w.Todo) == 0 { // a form of acts only
		return a, true, r.hint(ctx, e, w, "mattermost.typed.which")
	}
	return r.field(ctx, e, w, text)
}

// field takes the answer to the field that is asked now.
func (r *run) field(ctx context.Context, e *event, w walk, text string) (a adapters.Answer, taken bool, err error) {
	fd := w.Form.Fields[w.Todo[0]]
	switch {
	case r.word(text, "keep") && len(fd.Value) > 0:
		w.Values[fd.Name] = fd.Value
	case r.word(text, "skip"):
		if !fd.Optional {
			return a, true, r.hint(ctx, e, w, "mattermost.typed.needed")
		}
		delete(w.Values, fd.Name)
	default:
		values, wrong := r.parse(fd, text)
		if wrong != "" {
			return a, true, r.hint(ctx, e, w, wrong)
		}
		w.Values[fd.Name] = private.List(values...)
	}
	w.Done, w.Todo = append(w.Done, w.Todo[0]), w.Todo[1:]
	if len(w.Todo) == 0 {
		return r.submit(ctx, e, w, "")
	}
	w.Last = e.ID
	return a, true, r.askNext(ctx, e, w)
}

// stepBack asks the field before.
func (r *run) stepBack(ctx context.Context, e *event, w walk) error {
	last := len(w.Done) - 1
	w.Todo = append([]int{w.Done[last]}, w.Todo...)
	w.Done, w.Last = w.Done[:last], e.ID
	return r.askNext(ctx, e, w)
}

// submit hands over what was typed, as a form that was filled in.
func (r *run) submit(ctx context.Context, e *event, w walk, act string) (a adapters.Answer, taken bool, err error) {
	m := e.Message
	traceOf(ctx).sink()
	m.Text, m.Filled = private.Text{}, &adapters.Filled{Token: w.Form.Token, Act: act, Values: w.Values}
	a, err = r.handle(ctx, m)
	if err != nil {
		return a, true, err // it is asked as before, and this answer is brought again
	}
	var again []int
	for i, fd := range w.Form.Fields {
		if a.Errors[fd.Name] != "" {
			again = append(again, i)
		}
	}
	lines := errorLines(w.Form, a.Errors)
	a.Errors = nil
	if len(lines) > 0 && a.Notice == "" {
		a.Notice = strings.Join(lines, "\n")
	}
	if len(again) == 0 {
		return a, true, r.endWalk(ctx, e.user)
	}
	w.Todo, w.Done, w.Last = again, nil, e.ID
	r.notify(ctx, e, e.ID, a.Notice)
	a.Notice = ""
	return a, true, r.askNext(ctx, e, w)
}

// errorLines says what is wrong, the whole first and then by field.
func errorLines(f adapters.Form, wrong map[string]string) []string {
	var out []string
	if wrong[""] != "" {
		out = append(out, wrong[""])
	}
	for _, fd := range f.Fields {
		if text := wrong[fd.Name]; text != "" && fd.Name != "" {
			out = append(out, "**"+strings.TrimRight(fd.Label, "?:")+"**: "+text)
		}
	}
	return out
}

// consent takes the answer to whether to go on.
func (r *run) consent(ctx context.Context, e *event, w walk, text string) (a adapters.Answer, taken bool, err error) {
	switch {
	case text == "1" || r.word(text, "yes"):
		_, _, err := r.opt.Memory.Put(ctx, adapters.Item{Scope: "walk/" + e.user, Key: "agreed", Until: r.opt.Now().Add(walkLife)})
		if err != nil {
			return a, true, err
		}
		w.Ask, w.Last = false, e.ID
		return a, true, r.askNext(ctx, e, w)
	case text == "2" || r.word(text, "no"):
		if err := r.call(ctx, e); err != nil {
			return a, true, err
		}
		return a, true, r.endWalk(ctx, e.user)
	}
	return a, true, r.hint(ctx, e, w, "mattermost.typed.which")
}

// askNext keeps a walk and asks what comes now.
func (r *run) askNext(ctx context.Context, e *event, w walk) error {
	w.Posts++
	w.Asked = r.opt.Now().UTC()
	if err := r.keepWalk(ctx, e.user, w); err != nil {
		return err
	}
	return r.showStep(ctx, e, w)
}

// showStep shows what is asked now; shown again it is visible once.
func (r *run) showStep(ctx context.Context, e *event, w walk) error {
	ask := adapters.Reply{Key: w.key(), Text: r.question(w), Choices: r.walkChoices(w)}
	if w.Posts == 1 {
		ask.Step, ask.Of, ask.Lang = w.Form.Step, w.Form.Of, w.Form.Lang
	}
	return r.put(ctx, e.channel, r.draft(ctx, e.From, ask))
}

// hint says why an answer was not taken; the question stands above it.
func (r *run) hint(ctx context.Context, e *event, w walk, id string) error {
	r.notify(ctx, e, e.ID, r.say(w.Lang, id))
	return nil
}

// word reports whether text is one of the words of the catalogs for something,
// in either language.
func (r *run) word(text, what string) bool {
	for _, lang := range []string{"nl", "en"} {
		for w := range strings.SplitSeq(r.say(lang, "mattermost.word."+what), ",") {
			if strings.EqualFold(strings.TrimSpace(w), strings.Trim(text, " .!")) {
				return true
			}
		}
	}
	return false
}

// first is the first of the words of a catalog's line.
func first(words string) string {
	w, _, _ := strings.Cut(words, ",")
	return strings.TrimSpace(w)
}

// chosenAct is the way out of a form that was typed: its whole label, or its
// number where nothing else is asked.
func chosenAct(f adapters.Form, text string) (string, bool) {
	for i, a := range f.Acts {
		if strings.EqualFold(a.Label, strings.Trim(text, " .")) || len(f.Fields) == 0 && text == strconv.Itoa(i+1) {
			return a.Value, true
		}
	}
	return "", false
}

// labelLife is how long a choice without a number can be typed.
const labelLife = 30 * 24 * time.Hour

// label keeps what the choices stand for that can only be typed by their label,
// where there are no buttons. The newest of a label counts.
func (a *Adapter) label(ctx context.Context, channel string, choices []adapters.Choice) error {
	if a.opt.Callback.On() || channel == a.opt.Channel {
		return nil
	}
	for _, c := range choices {
		if c.Key != "" || c.Token == "" {
			continue
		}
		_, _, err := a.opt.Memory.Put(ctx, adapters.Item{
			Scope: "label/" + channel, Key: strings.ToLower(c.Label), Value: []byte(c.Token), Until: a.opt.Now().Add(labelLife),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// named makes a press of a typed label.
func (r *run) named(ctx context.Context, e *event) error {
	text := strings.ToLower(strings.TrimSpace(e.Text.Reveal()))
	if text == "" || len(text) > maxLabel {
		return nil
	}
	it, ok, err := r.opt.Memory.Get(ctx, "label/"+e.channel, text)
	if err == nil && ok {
		e.Press, e.Text = string(it.Value), private.Text{}
	}
	return err
}

// maxLabel is longer than any label, in bytes.
const maxLabel = 200
