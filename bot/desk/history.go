package desk

import (
	"slices"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
)

// entry is something that was done to a case, and when.
type entry struct {
	at   time.Time
	fact adapters.Fact
}

// past collects what was recorded of a case.
type past struct {
	w    *work
	done []entry
}

func (p *past) add(at handling.Stamp, what string, words ...string) {
	for _, x := range words {
		if x != "" {
			what += "\n" + x
		}
	}
	p.done = append(p.done, entry{at.At, adapters.Fact{
		Label: p.w.d.o.Calendar.Moment(p.w.lang, at.At) + ", " + p.w.officer(at.By), Value: private.New(what),
	}})
}

// history lists what was recorded, by whom and when, the newest first.
func (w *work) history(s *sheet) {
	p := past{w: w}
	p.found()
	p.shared()
	p.told()
	p.kept()
	if len(p.done) > 0 {
		s.heading("desk.h.done")
	}
	slices.SortStableFunc(p.done, func(a, b entry) int { return b.at.Compare(a.at) })
	for _, e := range p.done {
		s.facts = append(s.facts, e.fact)
	}
}

// found is step 3, and what was noted.
func (p *past) found() {
	w, r := p.w, p.w.rec
	for _, x := range r.Lookups {
		p.add(x.Stamp, w.option("lookup", x.Subject)+": "+w.option("lookup", x.Result), x.Source.Reveal())
	}
	for _, x := range r.Confidants {
		p.add(x.Stamp, w.title("confidant")+": "+w.option("confidant", x.Answer), x.Why.Reveal())
	}
	for _, x := range r.Acute {
		p.add(x.Stamp, w.title("acute"), x.Why.Reveal())
	}
	for _, x := range r.Calls {
		p.add(x.Stamp, w.d.say(w.lang, "desk.called", map[string]any{"Time": w.d.o.Calendar.Hour(w.lang, x.Stamp.At)})+": "+w.callee(x.Whom))
	}
	for _, x := range r.Tables {
		p.add(x.Stamp, w.option("table", x.Kind), x.Why.Reveal(), x.Present.Reveal(), x.Decided.Reveal())
	}
	for _, x := range r.Notes {
		p.add(x.Stamp, w.title("note"), x.Text.Reveal())
	}
}

// shared is what partners got and answered, and what was done besides (steps 4
// and 5).
func (p *past) shared() {
	w, r := p.w, p.w.rec
	for _, h := range r.Handovers {
		p.add(h.HandOver.Stamp, w.title("handover")+": "+w.partner(h.Partner), w.option("way", h.Way)+", "+h.Contact.Reveal(), h.Why.Reveal())
		for _, a := range h.Answers {
			p.add(a.Stamp, w.partner(h.Partner)+": "+w.option("answer", a.Kind), a.Text.Reveal())
		}
		if h.Refused != nil {
			p.add(h.Refused.Stamp, w.partner(h.Partner)+": "+w.option("answer", "refused"), h.Refused.Why.Reveal())
		}
		if h.Recall != nil {
			p.add(h.Recall.Stamp, w.partner(h.Partner)+": "+w.option("answer", "recall"), h.Recall.Why.Reveal())
		}
		if h.Leak != nil {
			p.add(h.Leak.Stamp, w.title("leak")+": "+w.partner(h.Partner), h.Leak.Done.Reveal())
		}
	}
	for _, x := range r.Checks {
		p.add(x.Stamp, w.option("check", x.Kind), x.Note.Reveal())
	}
	for _, x := range r.Measures {
		p.add(x.Stamp, w.option("measure", x.Kind), x.Ground.Reveal(), x.Decider.Reveal())
	}
	for _, x := range r.Outside {
		p.add(x.Stamp, w.title("suggest")+": "+x.Name.Reveal(), x.Why.Reveal())
		if x.Agreed != nil {
			p.add(*x.Agreed, w.title("agree")+": "+x.Name.Reveal())
		}
	}
	for _, x := range r.Departures {
		p.add(x.Stamp, w.title("depart"), x.Why.Reveal())
	}
}

// told is what the reporter heard and said, and how it ended (step 6).
func (p *past) told() {
	w, r := p.w, p.w.rec
	for _, x := range r.Messages {
		text := x.Text.Reveal()
		if text == "" {
			text = w.d.say(w.lang, x.Template, nil)
		}
		title := w.title("message")
		if x.Self {
			title += " (" + w.d.say(w.lang, "desk.self", nil) + ")"
		}
		p.add(x.Stamp, title, text)
	}
	for _, x := range r.Unreached {
		p.add(x.Stamp, w.title("unreached"), x.Why.Reveal())
	}
	for _, x := range r.Reactions {
		p.add(x.Stamp, w.option("reaction", x.Kind))
	}
	for _, x := range r.Closings {
		p.add(x.Stamp, w.title("close")+": "+w.option("close", x.Reason), x.Why.Reveal())
	}
	for _, x := range r.Reopenings {
		p.add(x.Stamp, w.title("reopen"), x.Why.Reveal())
	}
}
