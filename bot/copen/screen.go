package copen

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// show opens the coördinator's window.
func (x visit) show(ctx context.Context) (adapters.Answer, error) {
	var a adapters.Answer
	_, err := x.c.o.Store.Turn(ctx, store.Event{Registers: []string{register}}, func(v store.View) (store.Effects, error) {
		w, err := x.work(v)
		if err != nil {
			return store.Effects{}, err
		}
		e, err := w.show()
		a = w.answer
		return e, err
	})
	return a, err
}

// show makes the window and its token, and leaves a line: it holds what people
// wrote.
func (w *work) show() (store.Effects, error) {
	tk := w.screenToken()
	w.answer.Form = w.screen(tk)
	return store.Effects{Tokens: []store.Token{tk}, Journal: []store.Line{w.line("opened")}}, nil
}

// screenToken is bound to the meeting and the revision that the window shows.
func (w *work) screenToken() store.Token {
	about := store.Reference(register)
	if m := w.s.current(); m != nil {
		about = m.ID
	}
	return w.form(kindScreen, about, w.s.Rev, w.now)
}

// screen is the window: where things stand, and what can be done.
func (w *work) screen(tk store.Token) *adapters.Form {
	f := &adapters.Form{Token: tk.ID, Title: w.say("copen.window", nil), Intro: w.say("copen.intro", nil), Sensitive: true}
	s := &sheet{w: w}
	if m := w.s.current(); m != nil {
		w.meeting(s, m)
	} else {
		s.fact("copen.f.date", w.say("copen.stands.none", nil))
	}
	w.reported(s, w.s.past(w.now))
	w.actions(s)
	w.people(s)
	f.Facts = s.facts
	for _, t := range tasks() {
		if t.when(w) {
			f.Acts = append(f.Acts, adapters.Act{Value: actTask + t.name, Label: w.say("copen.task."+t.name, nil), Tone: t.tone})
		}
	}
	f.Acts = append(f.Acts, w.closing())
	return f
}

func (w *work) closing() adapters.Act {
	return adapters.Act{Value: actClose, Label: w.say("copen.act.close", nil), Tone: adapters.ToneQuiet}
}

// sheet collects facts in the order of the window.
type sheet struct {
	w     *work
	facts []adapters.Fact
}

func (s *sheet) heading(id string) {
	s.facts = append(s.facts, adapters.Fact{Label: s.w.say(id, nil)})
}

func (s *sheet) fact(id, value string) { s.text(s.w.say(id, nil), private.New(value)) }

func (s *sheet) text(label string, value private.Text) {
	s.facts = append(s.facts, adapters.Fact{Label: label, Value: value})
}

func (w *work) meeting(s *sheet, m *Meeting) {
	s.heading("copen.h.next")
	if m.At.IsZero() {
		s.fact("copen.f.date", w.say("copen.undated", map[string]any{"Planned": w.c.o.Calendar.Day(w.lang, w.c.plan.Planned(m.Fire))}))
	} else {
		s.fact("copen.f.date", w.moment(m.At))
	}
	s.fact("copen.f.place", w.c.place())
	if len(m.Dates) > 0 && m.At.IsZero() {
		s.fact("copen.f.poll", w.polled(m))
	}
	for _, x := range m.Contributions {
		s.text(w.say("copen.f.talk", map[string]any{"Name": x.From}), x.Text)
	}
	s.fact("copen.f.agenda", w.c.agenda(w.lang))
}

// polled is how many municipalities can come on each date, and who has not
// said.
func (w *work) polled(m *Meeting) string {
	var b strings.Builder
	for i, at := range m.Dates {
		_, _ = fmt.Fprintf(&b, "- %s: %s\n", w.moment(at), w.say("copen.can", map[string]any{
			"Count": len(w.able(m, i)), "All": len(w.c.o.Config.Copen.Municipalities()),
		}))
	}
	var silent []string
	for _, p := range w.c.o.Config.Copen.Participants {
		if _, ok := m.Answers[p.Full()]; !ok {
			silent = append(silent, p.Municipality)
		}
	}
	if len(silent) > 0 {
		b.WriteString(w.say("copen.silent", map[string]any{"Names": strings.Join(silent, ", ")}))
	}
	return strings.TrimSpace(b.String())
}

// able are the municipalities of which somebody can come on a date of the poll.
func (w *work) able(m *Meeting, date int) map[string]bool {
	out := map[string]bool{}
	for _, p := range w.c.o.Config.Copen.Participants {
		for _, i := range m.Answers[p.Full()].Yes {
			if i == date {
				out[p.Municipality] = true
			}
		}
	}
	return out
}

// reported shows what came of the last meeting.
func (w *work) reported(s *sheet, m *Meeting) {
	if m == nil {
		return
	}
	s.heading("copen.h.last")
	s.fact("copen.f.date", w.moment(m.At))
	if m.Held.IsZero() {
		s.fact("copen.f.minutes", w.say("copen.minutes.none", nil))
		return
	}
	s.text(w.say("copen.f.minutes", nil), m.Minutes)
}

func (w *work) actions(s *sheet) {
	open := w.s.open()
	if len(open) == 0 {
		return
	}
	s.heading("copen.h.actions")
	for _, a := range open {
		s.text(w.action(a), a.What)
	}
}

// action says which action it is, without what: type, owner and date.
func (w *work) action(a Action) string {
	return w.say("copen.action", map[string]any{
		"Number": a.ID, "Type": w.say("copen.o.type."+a.Type, nil), "Owner": a.Owner, "Date": w.c.o.Calendar.Day(w.lang, a.Due),
	})
}

// people shows how each participant is reached, and what is still to confirm.
func (w *work) people(s *sheet) {
	s.heading("copen.h.people")
	for _, p := range w.c.o.Config.Copen.Participants {
		s.text(p.Full(), private.New(w.say(reached(p), nil)))
	}
}

func reached(p config.Participant) string {
	switch {
	case p.Person == "":
		return "copen.way.none"
	case !p.Confirmed:
		return "copen.way.unconfirmed"
	case p.Person.Platform() == mailPlatform:
		return "copen.way.mail"
	}
	return "copen.way.chat"
}

// dates are moments to choose from, by index.
func (w *work) dates(all []time.Time) []adapters.Option {
	var out []adapters.Option
	for i, at := range all {
		out = append(out, adapters.Option{Value: fmt.Sprint(i), Label: w.moment(at)})
	}
	return out
}
