package copen

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// The kinds of token, besides presses: forms, with the name of what they are
// for, and the links of files.
const (
	kindScreen = "form.screen"
	kindTask   = "form.task."
	kindGuest  = "form.guest."
	kindFile   = "file."

	actClose = "close"
	actTask  = "task." // and the name of a task
)

// formLife is how long a form can be used (D8).
const formLife = 30 * time.Minute

// visit is one thing that one person does here.
type visit struct {
	c           *Copen
	m           adapters.Message
	token       store.Token
	coordinator bool
	name        string // as a participant, "" for who is none
}

// act does what a word, a press or a form asks, for whoever may.
func (c *Copen) act(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	x := visit{c: c, m: m}
	var err error
	if x.coordinator, err = c.o.Coordinator(ctx, m.From); err != nil {
		return adapters.Answer{}, err
	}
	if p, ok := c.participant(m.From); ok {
		x.name = p.Full()
	}
	if asks(m) {
		return x.begin(ctx)
	}
	if m.Press == PressOpen {
		return x.window(ctx)
	}
	id, act := m.Press, ""
	if m.Filled != nil {
		id, act = m.Filled.Token, m.Filled.Act
	}
	if x.token, err = c.o.Store.Token(ctx, id); err != nil {
		return adapters.Answer{}, err
	}
	press, _, _ := strings.Cut(x.token.Kind, ".")
	guest, isGuest := strings.CutPrefix(x.token.Kind, kindGuest)
	switch {
	case m.Filled == nil:
		return x.guest(ctx, press)
	case isGuest && act == "":
		return x.give(ctx, guest)
	case act == actClose && (isGuest || x.token.Kind == kindScreen):
		return adapters.Answer{}, nil
	case x.coordinator:
		return x.task(ctx, act)
	}
	return adapters.Answer{}, store.ErrNotFound
}

// window opens the coördinator's window.
func (x visit) window(ctx context.Context) (adapters.Answer, error) {
	if !x.coordinator {
		return adapters.Answer{}, store.ErrNotFound
	}
	return x.show(ctx)
}

// task is an act of the coördinator: a button of his window, or a form.
func (x visit) task(ctx context.Context, act string) (adapters.Answer, error) {
	name, isTask := strings.CutPrefix(x.token.Kind, kindTask)
	switch {
	case isTask && act == actClose:
		return x.show(ctx)
	case isTask && act == "":
		return x.do(ctx, name)
	case x.token.Kind == kindScreen:
		return x.fill(ctx, strings.TrimPrefix(act, actTask))
	}
	return adapters.Answer{}, store.ErrNotFound
}

// begin answers the word with where things stand, and the way in.
func (x visit) begin(ctx context.Context) (adapters.Answer, error) {
	if !x.coordinator {
		return adapters.Answer{}, store.ErrNotFound
	}
	s, err := x.c.state(ctx)
	if err != nil {
		return adapters.Answer{}, err
	}
	if err := x.c.journal(ctx, x.line("asked")); err != nil {
		return adapters.Answer{}, err
	}
	return adapters.Answer{}, x.c.send(ctx, x.m.At, adapters.Reply{
		Key: register + "." + x.m.ID, Text: x.c.stands(x.m.Lang, s),
		Choices: []adapters.Choice{x.c.opener(x.m.Lang)},
	}, nil)
}

// opener is the button of the coördinator's window.
func (c *Copen) opener(lang string) adapters.Choice {
	return adapters.Choice{Token: PressOpen, Label: c.say(lang, "copen.open", nil), Tone: adapters.ToneMain}
}

// stands is one line about where things stand.
func (c *Copen) stands(lang string, s State) string {
	m := s.current()
	if m == nil {
		return c.say(lang, "copen.stands.none", nil)
	}
	args := map[string]any{
		"Date": c.o.Calendar.Moment(lang, m.At), "Planned": c.o.Calendar.Day(lang, c.plan.Planned(m.Fire)), "Count": len(s.open()),
	}
	id := "copen.stands.undated"
	if !m.At.IsZero() {
		id = "copen.stands.dated"
	}
	return c.say(lang, id, args) + "\n\n" + c.say(lang, "copen.stands.actions", args)
}

func (x visit) person() store.Person { return private.New(x.m.From.Key()) }

func (x visit) line(action string) store.Line {
	return store.Line{Action: "copen." + action, Person: x.person(), Outcome: "ok"}
}

// form is a new token for a form of who acts.
func (x visit) form(kind string, about store.Reference, rev int64, now time.Time) store.Token {
	return store.Token{
		ID: Prefix + store.NewToken(), Kind: kind, About: about, Person: x.person(), Rev: rev, Expires: now.Add(formLife),
	}
}

// turn runs one turn on the state. For an event that was taken before, and so
// has had its effect, again is the answer; without it the act is one that may
// be done twice, and the event is not taken.
func (x visit) turn(ctx context.Context, again func(context.Context) (adapters.Answer, error), f func(w *work) (store.Effects, error)) (adapters.Answer, error) {
	var a adapters.Answer
	ev := store.Event{
		ID: x.m.From.Platform + "/" + x.m.ID, Person: x.person(), Place: private.New(x.m.At.Key()),
		Token: x.token.ID, Registers: []string{register},
	}
	if again == nil {
		ev.ID = ""
	}
	out, err := x.c.o.Store.Turn(ctx, ev, func(v store.View) (store.Effects, error) {
		if v.Token == nil {
			return store.Effects{}, store.ErrNotFound
		}
		w, err := x.work(v)
		if err != nil {
			return store.Effects{}, err
		}
		e, err := f(w)
		a = w.answer
		return e, err
	})
	if err == nil && out.Duplicate {
		return again(ctx)
	}
	return a, err
}

// work is the state as one person works on it, in one turn.
type work struct {
	visit
	lang   string
	now    time.Time
	s      State
	answer adapters.Answer
}

func (x visit) work(v store.View) (*work, error) {
	s, err := read(v.Registers[register])
	if err != nil {
		return nil, err
	}
	return &work{visit: x, lang: cmp.Or(x.m.Lang, x.c.o.Config.Municipality.Language), now: v.Now, s: s.clone()}, nil
}

func (w *work) say(id string, args map[string]any) string { return w.c.say(w.lang, id, args) }

func (w *work) moment(at time.Time) string { return w.c.o.Calendar.Moment(w.lang, at) }

// effects writes the state as it is now, with one line in the journal.
func (w *work) effects(action string) (store.Effects, error) {
	body, err := w.s.write()
	return store.Effects{Registers: body, Journal: []store.Line{w.line(action)}, UseUp: true}, err
}
