package copen

import (
	"strconv"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// mostDates is how many dates one poll has.
const mostDates = 4

// maxTalks is how many contributions one meeting holds.
const maxTalks = 50

// despite is the value of the box that sets a date without a quorum.
const despite = "yes"

func dateFields(w *work) []adapters.Field {
	fs := w.when("date")
	if w.c.o.Config.Copen.Poll && w.c.o.Config.Copen.Quorum > 0 {
		box := w.choose("despite", adapters.Many, []adapters.Option{{Value: despite, Label: w.say("copen.o.despite", nil)}})
		fs = append(fs, optional(box))
	}
	return fs
}

// setDate sets the date, or another one. With a poll and a quorum he says so
// himself when too few can come.
func setDate(w *work, in adapters.Values) ([]store.Notice, error) {
	m := w.s.current()
	at, err := w.at(in, "date")
	if err != nil {
		return nil, err
	}
	if at.Equal(m.At) {
		return nil, told{w.say("copen.bad.same", nil)}
	}
	need := w.c.o.Config.Copen.Quorum
	for i, d := range m.Dates {
		if n := len(w.able(m, i)); w.c.o.Config.Copen.Poll && d.Equal(at) && n < need && in.One("despite") != despite {
			return nil, told{w.say("copen.bad.quorum", map[string]any{"Count": n, "Need": need})}
		}
	}
	m.setDate(at, w.now)
	return w.notice(KindInvite, m.ID, m.Version), nil
}

func proposeFields(w *work) []adapters.Field {
	fs := w.when("date1")
	for i := 2; i <= mostDates; i++ {
		fs = append(fs, optional(w.field("date"+strconv.Itoa(i), adapters.Date)))
	}
	return fs
}

// propose asks everybody which dates suit.
func propose(w *work, in adapters.Values) ([]store.Notice, error) {
	var dates []time.Time
	for i := 1; i <= mostDates; i++ {
		field := "date" + strconv.Itoa(i)
		if i > 1 && in.Text(field).Empty() {
			continue
		}
		at, err := w.at(in, field)
		if err != nil {
			return nil, err
		}
		for _, d := range dates {
			if d.Equal(at) {
				return nil, told{w.say("copen.bad.twice", nil)}
			}
		}
		dates = append(dates, at)
	}
	m := w.s.current()
	m.propose(dates)
	return w.notice(KindPoll, m.ID, m.Poll), nil
}

func answerFields(w *work) []adapters.Field {
	return []adapters.Field{
		w.choose("who", adapters.One, w.participants()),
		optional(w.choose("dates", adapters.Many, w.dates(w.s.current().Dates))),
	}
}

// answers enters what somebody said by mail or phone.
func answers(w *work, in adapters.Values) ([]store.Notice, error) {
	who, err := w.chosen(in, "who")
	if err != nil {
		return nil, err
	}
	m := w.s.current()
	m.answer(who, Answer{At: w.now, Yes: among(in, "dates", len(m.Dates))})
	return nil, nil
}

func talkFields(w *work) []adapters.Field {
	return []adapters.Field{w.choose("who", adapters.One, w.participants()), w.field("talk", adapters.Area)}
}

func talk(w *work, in adapters.Values) ([]store.Notice, error) {
	who, err := w.chosen(in, "who")
	if err != nil {
		return nil, err
	}
	return nil, w.contribute(w.s.current(), who, in)
}

// contribute adds what somebody wants to speak about.
func (w *work) contribute(m *Meeting, who string, in adapters.Values) error {
	text, err := w.words(in, "talk")
	if err != nil {
		return err
	}
	if len(m.Contributions) >= maxTalks {
		return told{w.say("copen.full", nil)}
	}
	m.Contributions = append(m.Contributions[:len(m.Contributions):len(m.Contributions)], Contribution{From: who, Text: text})
	return nil
}

// share sends the figures to the participants. That is for him to do: nothing
// leaves the house by itself (promise 4).
func share(w *work, _ adapters.Values) ([]store.Notice, error) {
	m := w.s.current()
	m.Shared++
	return w.notice(KindShare, m.ID, m.Shared), nil
}

func minutesFields(w *work) []adapters.Field {
	f := w.field("minutes", adapters.Area)
	if m := w.s.past(w.now); !m.Minutes.Empty() {
		f.Value = []private.Text{m.Minutes}
	}
	return []adapters.Field{f}
}

// minutes writes down what came of the meeting, and tells who was there.
func minutes(w *work, in adapters.Values) ([]store.Notice, error) {
	text, err := w.words(in, "minutes")
	if err != nil {
		return nil, err
	}
	m := w.s.past(w.now)
	m.Minutes = text
	m.Report++
	if m.Held.IsZero() {
		m.Held = w.now
	}
	return w.notice(KindReport, m.ID, m.Report), nil
}

func actionFields(w *work) []adapters.Field {
	var types []adapters.Option
	for _, t := range []string{ActionPolicy, ActionOther} {
		types = append(types, adapters.Option{Value: t, Label: w.say("copen.o.type."+t, nil)})
	}
	return []adapters.Field{
		w.choose("type", adapters.One, types), w.field("what", adapters.Area),
		w.choose("owner", adapters.One, w.participants()), w.field("due", adapters.Date),
	}
}

// addAction writes down who does what, before when.
func addAction(w *work, in adapters.Values) ([]store.Notice, error) {
	a := Action{Type: in.One("type")}
	if a.Type != ActionPolicy && a.Type != ActionOther {
		return nil, told{w.say("copen.choose", nil)}
	}
	var err error
	if a.What, err = w.words(in, "what"); err != nil {
		return nil, err
	}
	if a.Owner, err = w.chosen(in, "owner"); err != nil {
		return nil, err
	}
	var date config.Date
	if date.UnmarshalText([]byte(in.One("due"))) != nil || date.IsZero() || date.Compare(w.c.o.Calendar.Date(w.now)) < 0 {
		return nil, told{w.say("copen.bad.date", nil)}
	}
	a.Due = date.At(0, w.c.o.Calendar.Location()).UTC()
	w.s.act(a)
	return nil, nil
}

func doneFields(w *work) []adapters.Field {
	return []adapters.Field{w.choose("actions", adapters.Many, w.openActions(w.s.open()))}
}

func (w *work) openActions(all []Action) []adapters.Option {
	var out []adapters.Option
	for _, a := range all {
		out = append(out, adapters.Option{Value: strconv.Itoa(a.ID), Label: w.say("copen.o.action", map[string]any{
			"Number": a.ID, "Date": w.c.o.Calendar.Day(w.lang, a.Due),
		}), Help: a.Owner})
	}
	return out
}

func done(w *work, in adapters.Values) ([]store.Notice, error) {
	return nil, w.finish(in, func(Action) bool { return true })
}

// finish marks the chosen actions as done, of those that may be.
func (w *work) finish(in adapters.Values, may func(Action) bool) error {
	found := false
	for i, a := range w.s.Actions {
		for _, v := range in["actions"] {
			if v.Reveal() == strconv.Itoa(a.ID) && a.Done.IsZero() && may(a) {
				w.s.Actions[i].Done, found = w.now, true
			}
		}
	}
	if !found {
		return told{w.say("copen.choose", nil)}
	}
	return nil
}

// cancel calls the date off: a new one is asked.
func cancel(w *work, _ adapters.Values) ([]store.Notice, error) {
	m := w.s.current()
	m.cancel(w.now)
	return w.notice(KindCancel, m.ID, m.Version), nil
}

// missed says that the last meeting did not take place. Everybody knows; the
// next one can be moved ahead.
func missed(w *work, _ adapters.Values) ([]store.Notice, error) {
	m := w.s.past(w.now)
	m.cancel(w.now)
	m.Dropped = true
	return nil, nil
}
