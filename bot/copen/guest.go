package copen

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// guest opens what a button of a message is for: who is a participant, or the
// coördinator.
func (x visit) guest(ctx context.Context, press string) (adapters.Answer, error) {
	if x.name == "" {
		return adapters.Answer{}, store.ErrNotFound
	}
	if press == pressPack {
		if err := x.fit(ctx); err != nil {
			return adapters.Answer{}, err
		}
	}
	return x.turn(ctx, nil, func(w *work) (store.Effects, error) { return w.guest(press) })
}

func (w *work) guest(press string) (store.Effects, error) {
	m := w.s.find(w.token.About)
	if m == nil && press != pressDone {
		return store.Effects{}, told{w.say("copen.over", nil)}
	}
	var fields []adapters.Field
	rev := int64(0)
	switch press {
	case pressPoll:
		if len(m.Dates) == 0 || !m.At.IsZero() {
			return store.Effects{}, told{w.say("copen.over", nil)}
		}
		rev = int64(m.Poll)
		f := optional(w.choose("dates", adapters.Many, w.dates(m.Dates)))
		for _, i := range m.Answers[w.name].Yes {
			f.Value = append(f.Value, private.New(fmt.Sprint(i)))
		}
		fields = []adapters.Field{f}
	case pressTalk:
		fields = []adapters.Field{w.field("talk", adapters.Area)}
	case pressDone:
		own := w.own()
		if len(own) == 0 {
			return store.Effects{}, told{w.say("copen.over", nil)}
		}
		fields = []adapters.Field{w.choose("actions", adapters.Many, w.openActions(own))}
	case pressDate, pressPack:
		return w.offer(press, m)
	case pressReport:
		return w.report(m)
	default:
		return store.Effects{}, store.ErrNotFound
	}
	tk := w.form(kindGuest+press, w.token.About, rev, w.now)
	w.answer.Form = &adapters.Form{
		Token: tk.ID, Title: w.say("copen.press."+press, nil), Intro: w.say("copen.guest."+press, nil),
		Submit: w.say("copen.act.save", nil), Fields: fields, Acts: []adapters.Act{w.closing()}, Sensitive: true,
	}
	if press == pressDone {
		s := &sheet{w: w}
		for _, a := range w.own() {
			s.text(w.action(a), a.What)
		}
		w.answer.Form.Facts = s.facts
	}
	return store.Effects{Tokens: []store.Token{tk}}, nil
}

// own are the open actions of who acts.
func (w *work) own() []Action {
	return slices.DeleteFunc(w.s.open(), func(a Action) bool { return a.Owner != w.name })
}

// give takes what a participant filled in.
func (x visit) give(ctx context.Context, press string) (adapters.Answer, error) {
	if x.name == "" {
		return adapters.Answer{}, store.ErrNotFound
	}
	thanks := func(context.Context) (adapters.Answer, error) {
		return adapters.Answer{Notice: x.c.say(x.m.Lang, "copen.thanks", nil)}, nil
	}
	return x.turn(ctx, thanks, func(w *work) (store.Effects, error) {
		if err := w.given(press, x.m.Filled.Values); err != nil {
			return store.Effects{}, err
		}
		w.answer, _ = thanks(ctx)
		return w.effects(press)
	})
}

func (w *work) given(press string, in adapters.Values) error {
	m := w.s.find(w.token.About)
	switch {
	case press == pressDone:
		return w.finish(in, func(a Action) bool { return a.Owner == w.name })
	case m == nil, press == pressPoll && (int64(m.Poll) != w.token.Rev || !m.At.IsZero()):
		return told{w.say("copen.over", nil)}
	case press == pressPoll:
		m.answer(w.name, Answer{At: w.now, Yes: among(in, "dates", len(m.Dates))})
		return nil
	case press == pressTalk:
		return w.contribute(m, w.name, in)
	}
	return store.ErrNotFound
}

// report shows the minutes and the actions to who was invited.
func (w *work) report(m *Meeting) (store.Effects, error) {
	s := &sheet{w: w}
	w.reported(s, m)
	w.actions(s)
	w.answer.Form = &adapters.Form{Title: w.say("copen.press.report", nil), Facts: s.facts, Sensitive: true}
	return store.Effects{Journal: []store.Line{w.line("report.opened")}}, nil
}

// offer shows the meeting, or where its figures are, with a link to the file
// where the bot has a page (D16).
func (w *work) offer(press string, m *Meeting) (store.Effects, error) {
	if press == pressDate && m.At.IsZero() {
		return store.Effects{}, told{w.say("copen.over", nil)}
	}
	e := store.Effects{Journal: []store.Line{w.line(press + ".offered")}}
	s := &sheet{w: w}
	if !m.At.IsZero() {
		s.fact("copen.f.date", w.moment(m.At))
		s.fact("copen.f.place", w.c.place())
	}
	if press == pressDate {
		s.fact("copen.f.agenda", w.c.agenda(w.lang))
	}
	f := &adapters.Form{Title: w.say("copen.press."+press, nil), Facts: s.facts, Sensitive: true}
	w.answer.Form = f
	pages := w.c.o.Pages[w.m.From.Platform]
	if pages == nil {
		f.Intro = w.say("copen.guest.nopage."+press, nil)
		return e, nil
	}
	tk := store.Link(store.Token{ID: Prefix, Kind: kindFile + press, About: m.ID, Person: w.person()}, w.now)
	url, err := pages.FileLink(w.m.From, w.lang, tk.ID)
	if err != nil {
		return e, err
	}
	f.Link = &adapters.Link{
		Label: w.say("copen.file.open", nil), URL: url, Note: w.say("copen.file.note", map[string]any{"Code": tk.Code[:3] + " " + tk.Code[3:]}),
	}
	e.Tokens = []store.Token{tk}
	return e, nil
}

// File hands out the invitation or the figures, to whoever may have them now.
func (c *Copen) File(ctx context.Context, cl adapters.Claim) (adapters.File, error) {
	f, err := c.fetch(ctx, cl)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if err := c.journal(ctx, refusal(cl.From)); err != nil {
			c.o.Log.Error("copen: refusal not journaled", "err", err)
		}
		return adapters.File{}, adapters.ErrNoFile
	case err != nil && ctx.Err() == nil:
		c.o.Log.Error("copen: file failed", "platform", cl.From.Platform, "err", err)
	}
	return f, err
}

func (c *Copen) fetch(ctx context.Context, cl adapters.Claim) (adapters.File, error) {
	coordinator, err := c.o.Coordinator(ctx, cl.From)
	if err != nil {
		return adapters.File{}, err
	}
	if _, ok := c.participant(cl.From); !ok && !coordinator {
		return adapters.File{}, store.ErrNotFound
	}
	tk, err := c.o.Store.Token(ctx, cl.Token)
	if err != nil {
		return adapters.File{}, err
	}
	s, err := c.state(ctx)
	if err != nil {
		return adapters.File{}, err
	}
	m := s.find(tk.About)
	if m == nil {
		return adapters.File{}, store.ErrNotFound
	}
	// Made before the link is used up: figures may fail.
	var f adapters.File
	switch tk.Kind {
	case kindFile + pressDate:
		f = c.o.Invitation(c.event(m, reader{address: cl.From}))
	case kindFile + pressPack:
		if f, err = c.pack(ctx, cl.Lang); err != nil {
			return f, err
		}
	default:
		return f, store.ErrNotFound
	}
	person := private.New(cl.From.Key())
	err = c.o.Store.Redeem(ctx, store.Event{Person: person, Token: tk.ID}, cl.Code.Reveal(), func(store.View) (store.Effects, error) {
		return store.Effects{Journal: []store.Line{{Action: "copen.file.fetched", Person: person, Outcome: "ok"}}}, nil
	})
	if err != nil {
		return adapters.File{}, err
	}
	return f, nil
}
