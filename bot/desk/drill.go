package desk

import (
	"context"
	"unicode/utf8"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
)

// drill files a made-up signal that goes through the whole chain: cards, terms
// and reminders as always, in no figure, and marked wherever it is shown. Who
// begins it plays its reporter too.
func (x act) begin(ctx context.Context) (adapters.Answer, error) {
	d, m, v, lang := x.d, x.m, x.viewer, x.lang()
	ev := store.Event{ID: m.From.Platform + "/" + m.ID}
	_, err := d.o.Store.Turn(ctx, ev, func(view store.View) (store.Effects, error) {
		now := view.Now
		f := &store.Filing{
			Report: d.example(lang), Urgency: flows.Soon, Drill: true,
			ReadBy:   d.o.Config.ReadBy(d.o.Calendar, string(flows.Soon), now),
			Reporter: store.Reporter{Person: v.Person, Place: private.New(m.At.Key()), Name: m.Name, Lang: lang, Source: flows.Source{Way: "chat"}},
		}
		f.Report.Origin = flows.Origin{By: v.Person.Reveal(), At: now}
		for _, r := range d.readers(x.team) {
			f.Assign = append(f.Assign, private.New(string(r.Person)))
		}
		e := store.Effects{File: f, Journal: []store.Line{{Action: "drill.begun", Person: v.Person, Outcome: "ok"}}}
		e.Notices = []store.Notice{
			{NoticeID: store.NoticeID{Kind: KindReceipt, N: 1}, To: store.ToReporter, Due: now},
			{NoticeID: store.NoticeID{Kind: KindCard, N: 1}, To: store.ToChannel, Due: now},
		}
		return e, nil
	})
	return adapters.Answer{Notice: d.say(lang, "desk.drill.begun", nil)}, err
}

// example is the made-up report of an exercise. Each of its words says that it
// is one.
func (d *Desk) example(lang string) flows.Report {
	text := func(id string) private.Text { return private.New(d.say(lang, id, nil)) }
	return flows.Report{
		What: text("desk.drill.what"), When: "week", Seen: "self",
		Place: flows.Place{Street: text("desk.drill.street"), Number: private.New("1"), Town: text("desk.drill.town")},
		Forms: []string{"labour"}, Indicators: []string{"lives_at_work", "debts"},
		Persons: []flows.Person{{Capacity: "victim", Name: text("desk.drill.person"), Age: "23_plus"}},
		Things:  flows.Things{Organisation: text("desk.drill.business"), Branch: "agriculture"},
		Housing: "yes", Urgency: flows.Soon, Speed: "soon", Risk: text("desk.drill.risk"), Involved: "no",
	}
}

// mine reports whether the officer began this exercise.
func (w *work) mine() bool {
	return w.view.Case.Drill && w.view.Case.Report.Origin.By == w.by.By
}

// endDrill erases an exercise at once. Only who began it may, and nothing but an
// exercise can be erased so.
func (x act) endDrill(ctx context.Context) (adapters.Answer, error) {
	_, err := x.turn(ctx, func(v store.View) (store.Effects, error) {
		w, err := x.work(v)
		if err != nil {
			return store.Effects{}, err
		}
		if !w.mine() {
			return store.Effects{}, store.ErrNotFound
		}
		e := store.Effects{Erase: store.GroundDrill, Journal: []store.Line{x.line("drill.erased")}}
		if !v.Case.Direct {
			e.Notices = []store.Notice{{NoticeID: store.NoticeID{Kind: KindEndDrill, About: v.Case.Ref, N: w.shown()}, To: store.ToChannel, Due: v.Now}}
		}
		return e, nil
	})
	return adapters.Answer{Notice: x.d.say(x.m.Lang, "desk.drill.gone", nil)}, err
}

// marked puts before a text that it is of an exercise.
func (d *Desk) marked(lang string, drill bool, text string) string {
	if !drill {
		return text
	}
	return d.say(lang, "g.drill", nil) + "\n\n" + text
}

// titleMax is how long a form's title may be on the narrowest platform.
const titleMax = 24

// mark says of a window that it is of an exercise: in its first words, and in
// its title where there is room.
func (d *Desk) mark(lang string, f *adapters.Form) {
	if f == nil {
		return
	}
	f.Intro = d.say(lang, "desk.drill.intro", nil) + "\n\n" + f.Intro
	if title := d.say(lang, "g.drill", nil) + " " + f.Title; utf8.RuneCountInString(title) <= titleMax {
		f.Title = title
	}
}
