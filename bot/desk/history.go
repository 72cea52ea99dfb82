package desk

import (
	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
)

// history lists what was recorded, by whom and when.
func (w *work) history(s *sheet) {
	var done []adapters.Fact
	add := func(at handling.Stamp, what string, words ...string) {
		text := what
		for _, x := range words {
			if x != "" {
				text += "\n" + x
			}
		}
		done = append(done, adapters.Fact{
			Label: w.d.o.Calendar.Moment(w.lang, at.At) + ", " + w.officer(at.By), Value: private.New(text),
		})
	}
	option, r := w.option, w.rec
	for _, x := range r.Lookups {
		add(x.Stamp, option("lookup", x.Subject)+": "+option("lookup", x.Result), x.Source.Reveal())
	}
	for _, x := range r.Confidants {
		add(x.Stamp, w.title("confidant")+": "+option("confidant", x.Answer), x.Why.Reveal())
	}
	for _, x := range r.Acute {
		add(x.Stamp, w.title("acute"), x.Why.Reveal())
	}
	for _, x := range r.Tables {
		add(x.Stamp, option("table", x.Kind), x.Why.Reveal(), x.Present.Reveal(), x.Decided.Reveal())
	}
	w.handovers(add)
	for _, x := range r.Checks {
		add(x.Stamp, option("check", x.Kind), x.Note.Reveal())
	}
	for _, x := range r.Measures {
		add(x.Stamp, option("measure", x.Kind), x.Ground.Reveal(), x.Decider.Reveal())
	}
	for _, x := range r.Outside {
		add(x.Stamp, w.title("suggest")+": "+x.Name.Reveal(), x.Why.Reveal())
		if x.Agreed != nil {
			add(*x.Agreed, w.title("agree")+": "+x.Name.Reveal())
		}
	}
	for _, x := range r.Unreached {
		add(x.Stamp, w.title("unreached"), x.Why.Reveal())
	}
	for _, x := range r.Departures {
		add(x.Stamp, w.title("depart"), x.Why.Reveal())
	}
	for _, x := range r.Messages {
		text := x.Text.Reveal()
		if text == "" {
			text = w.d.say(w.lang, x.Template, nil)
		}
		add(x.Stamp, w.title("message"), text)
	}
	for _, x := range r.Reactions {
		add(x.Stamp, option("reaction", x.Kind))
	}
	for _, x := range r.Notes {
		add(x.Stamp, w.title("note"), x.Text.Reveal())
	}
	for _, x := range r.Closings {
		add(x.Stamp, w.title("close")+": "+option("close", x.Reason), x.Why.Reveal())
	}
	for _, x := range r.Reopenings {
		add(x.Stamp, w.title("reopen"), x.Why.Reveal())
	}
	if len(done) > 0 {
		s.heading("desk.h.done")
		s.facts = append(s.facts, done...)
	}
}

// handovers adds each hand-over and what became of it.
func (w *work) handovers(add func(at handling.Stamp, what string, words ...string)) {
	for _, h := range w.rec.Handovers {
		add(h.HandOver.Stamp, w.title("handover")+": "+w.partner(h.Partner), w.option("way", h.Way)+", "+h.Contact.Reveal(), h.Why.Reveal())
		for _, a := range h.Answers {
			add(a.Stamp, w.partner(h.Partner)+": "+w.option("answer", a.Kind), a.Text.Reveal())
		}
		if h.Refused != nil {
			add(h.Refused.Stamp, w.partner(h.Partner)+": "+w.option("answer", "refused"), h.Refused.Why.Reveal())
		}
		if h.Recall != nil {
			add(h.Recall.Stamp, w.partner(h.Partner)+": "+w.option("answer", "recall"), h.Recall.Why.Reveal())
		}
		if h.Leak != nil {
			add(h.Leak.Stamp, w.title("leak")+": "+w.partner(h.Partner), h.Leak.Done.Reveal())
		}
	}
}
