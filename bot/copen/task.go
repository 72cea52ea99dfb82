package copen

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// task is something the coördinator can do, from his window: a form, and what
// it changes.
type task struct {
	name   string
	tone   adapters.Tone
	when   func(w *work) bool
	fields func(w *work) []adapters.Field
	do     func(w *work, in adapters.Values) ([]store.Notice, error)
}

// The tasks with figures: taskPack shows a link and changes nothing, taskShare
// sends them.
const (
	taskPack  = "pack"
	taskShare = "share"
)

func tasks() []task {
	return []task{
		{name: "date", tone: adapters.ToneMain, when: (*work).plans, fields: dateFields, do: setDate},
		{name: "propose", when: (*work).polls, fields: proposeFields, do: propose},
		{name: "answers", when: func(w *work) bool { return w.polls() && len(w.s.current().Dates) > 0 }, fields: answerFields, do: answers},
		{name: "talk", when: (*work).plans, fields: talkFields, do: talk},
		{name: taskPack, when: func(w *work) bool { return w.dated() && w.c.o.Pack != nil }},
		{name: taskShare, when: func(w *work) bool { return w.dated() && w.c.o.Pack != nil }, do: share},
		{name: "minutes", when: func(w *work) bool { return w.s.past(w.now) != nil }, fields: minutesFields, do: minutes},
		{name: "missed", when: (*work).unwritten, do: missed},
		{name: "action", when: func(w *work) bool { return len(w.c.o.Config.Copen.Participants) > 0 }, fields: actionFields, do: addAction},
		{name: "done", when: func(w *work) bool { return len(w.s.open()) > 0 }, fields: doneFields, do: done},
		{name: "cancel", tone: adapters.ToneDanger, when: (*work).dated, do: cancel},
	}
}

// plans reports whether there is a meeting that did not begin.
func (w *work) plans() bool {
	m := w.s.current()
	return m != nil && !m.Dropped && (m.At.IsZero() || m.At.After(w.now))
}

// dated reports whether there is one with a date.
func (w *work) dated() bool { return w.plans() && !w.s.current().At.IsZero() }

// polls reports whether a date can be asked for: there is none.
func (w *work) polls() bool { return w.c.o.Config.Copen.Poll && w.plans() && !w.dated() }

// unwritten reports whether nobody wrote what came of the last meeting.
func (w *work) unwritten() bool {
	m := w.s.past(w.now)
	return m != nil && m.Held.IsZero()
}

func taskNamed(name string) (task, bool) {
	for _, t := range tasks() {
		if t.name == name {
			return t, true
		}
	}
	return task{}, false
}

// fill opens the form of a task.
func (x visit) fill(ctx context.Context, name string) (adapters.Answer, error) {
	t, ok := taskNamed(name)
	if !ok {
		return adapters.Answer{}, store.ErrNotFound
	}
	if name == taskPack {
		if err := x.fit(ctx); err != nil {
			return adapters.Answer{}, err
		}
	}
	return x.turn(ctx, nil, func(w *work) (store.Effects, error) {
		if !t.when(w) {
			return store.Effects{}, told{w.say("copen.stale", nil)}
		}
		if name == taskPack {
			return w.offer(pressPack, w.s.current())
		}
		tk := w.form(kindTask+name, x.token.About, x.token.Rev, w.now)
		w.answer.Form = w.taskForm(t, tk)
		return store.Effects{Tokens: []store.Token{tk}}, nil
	})
}

// fit makes the figures, so that what is wrong with them is told here and not on
// their page or by mail.
func (x visit) fit(ctx context.Context) error {
	_, err := x.c.pack(ctx, x.m.Lang)
	return err
}

func (w *work) taskForm(t task, tk store.Token) *adapters.Form {
	f := &adapters.Form{
		Token: tk.ID, Title: w.say("copen.task."+t.name, nil), Intro: w.say("copen.task."+t.name+".intro", nil),
		Submit: w.say("copen.act.save", nil), Sensitive: true,
		Acts: []adapters.Act{{Value: actClose, Label: w.say("copen.act.back", nil), Tone: adapters.ToneQuiet}},
	}
	if t.fields != nil {
		f.Fields = t.fields(w)
	}
	return f
}

// do takes a task that was filled in, and shows the window as it is then.
func (x visit) do(ctx context.Context, name string) (adapters.Answer, error) {
	t, ok := taskNamed(name)
	if !ok || t.do == nil {
		return adapters.Answer{}, store.ErrNotFound
	}
	if name == taskShare {
		if err := x.fit(ctx); err != nil {
			return adapters.Answer{}, err
		}
	}
	return x.turn(ctx, x.show, func(w *work) (store.Effects, error) {
		// Somebody else may have changed what this form was filled in for.
		if x.token.Rev != w.s.Rev || !t.when(w) || w.screenToken().About != x.token.About {
			return store.Effects{}, told{w.say("copen.stale", nil)}
		}
		owed, err := t.do(w, x.m.Filled.Values)
		if err != nil {
			return store.Effects{}, err
		}
		w.s.Rev++
		e, err := w.effects(name)
		tk := w.screenToken()
		w.answer.Form = w.screen(tk)
		e.Tokens, e.Notices = []store.Token{tk}, owed
		return e, err
	})
}

// notice is one that is owed at once: a person did something.
func (w *work) notice(kind string, about store.Reference, n int) []store.Notice {
	return []store.Notice{{NoticeID: store.NoticeID{Kind: kind, About: about, N: n}, To: store.ToCopen, Due: w.now}}
}

// among are the chosen indexes of a list of n.
func among(v adapters.Values, name string, n int) []int {
	var out []int
	for _, x := range v[name] {
		if i, err := strconv.Atoi(x.Reveal()); err == nil && i >= 0 && i < n && !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

func (w *work) field(name string, kind adapters.Kind) adapters.Field {
	label := w.say("copen.t."+name, nil)
	f := adapters.Field{Name: name, Label: label, Short: label, Kind: kind}
	if kind == adapters.Line {
		f.Max = w.c.o.Config.Limits.Line
	}
	if kind == adapters.Area {
		f.Max = w.c.o.Config.Limits.What
	}
	return f
}

func (w *work) choose(name string, kind adapters.Kind, opts []adapters.Option) adapters.Field {
	f := w.field(name, kind)
	f.Options = opts
	return f
}

func optional(f adapters.Field) adapters.Field {
	f.Optional = true
	return f
}

// participants are those to choose from.
func (w *work) participants() []adapters.Option {
	var out []adapters.Option
	for i, p := range w.c.o.Config.Copen.Participants {
		out = append(out, adapters.Option{Value: strconv.Itoa(i), Label: p.Full()})
	}
	return out
}

func (w *work) chosen(in adapters.Values, field string) (string, error) {
	ps := w.c.o.Config.Copen.Participants
	i := among(in, field, len(ps))
	if len(i) != 1 {
		return "", told{w.say("copen.choose", nil)}
	}
	return ps[i[0]].Full(), nil
}

// words is a text that must be there and fit.
func (w *work) words(in adapters.Values, field string) (private.Text, error) {
	t, most := in.Text(field), w.c.o.Config.Limits.What
	switch {
	case t.Empty():
		return t, told{w.say("copen.empty", nil)}
	case len([]rune(t.Reveal())) > most:
		return t, told{w.say("copen.long", map[string]any{"Max": most})}
	}
	return t, nil
}

// at reads a day and a time: a working day to come, when people work.
func (w *work) at(in adapters.Values, dateField string) (time.Time, error) {
	var date config.Date
	var clock config.Clock
	k := w.c.o.Calendar
	if date.UnmarshalText([]byte(in.One(dateField))) != nil || date.IsZero() {
		return time.Time{}, told{w.say("copen.bad.date", nil)}
	}
	if clock.UnmarshalText([]byte(strings.ReplaceAll(in.One("time"), ".", ":"))) != nil {
		return time.Time{}, told{w.say("copen.bad.time", nil)}
	}
	at := date.At(clock, k.Location()).UTC()
	args := map[string]any{"Date": k.Day(w.lang, at)}
	switch {
	case !at.After(w.now), at.After(w.now.AddDate(1, 0, 0)):
		return at, told{w.say("copen.bad.past", args)}
	case !k.IsWorkday(date):
		return at, told{w.say("copen.bad.free", args)}
	case !k.InOfficeHours(at):
		return at, told{w.say("copen.bad.hours", args)}
	}
	return at, nil
}

// when is the fields of one date, filled in as the schedule means it.
func (w *work) when(name string) []adapters.Field {
	m := w.s.current()
	at := m.At
	if at.IsZero() {
		at = w.c.plan.Planned(m.Fire)
	}
	local := at.In(w.c.o.Calendar.Location())
	d, t := w.field(name, adapters.Date), w.field("time", adapters.Line)
	if at.After(w.now) {
		d.Value = private.List(local.Format(time.DateOnly))
	}
	t.Value, t.Help = private.List(local.Format("15:04")), w.say("copen.t.time.help", nil)
	return []adapters.Field{d, t}
}
