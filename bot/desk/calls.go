package desk

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

// acute reports whether there is reason to call: the signal came as acute, or an
// officer recorded that direct intervention is necessary (R2).
func (w *work) acute() bool {
	return !w.rec.Closed() && (w.view.Case.Urgency == flows.Acute || len(w.rec.Acute) > 0)
}

// calls is the one screen of an acute case (DECISIONS C): whom to call in which
// order, the numbers, what to say, and a button that keeps the time. It says
// nothing of the reporter, and hands nothing over.
func (w *work) calls(tk store.Token) *adapters.Form {
	s := sheet{d: w.d, lang: w.lang}
	f := &adapters.Form{Token: tk.ID, Title: w.title(taskCalls), Sensitive: true}
	f.Intro = w.d.say(w.lang, "desk.task.calls.intro", nil) + " " + w.d.say(w.lang, "desk.call.say", map[string]any{
		"Ref": string(w.view.Case.Ref), "Municipality": w.d.o.Config.Municipality.Name,
	})
	s.heading("desk.h.calls")
	shut := !w.rec.Open()
	for i, whom := range handling.CallOrder() {
		lines := []string{w.number(whom)}
		switch at := w.times(whom); {
		case whom == handling.AVIM && shut:
			lines = append(lines, w.d.say(w.lang, "desk.call.first", nil))
		default:
			if len(at) == 0 {
				lines = append(lines, w.d.say(w.lang, "desk.ask."+whom, nil))
			} else {
				lines = append(lines, w.d.say(w.lang, "desk.called", map[string]any{"Time": strings.Join(at, ", ")}))
			}
			a := adapters.Act{Value: actCalled + whom, Label: w.d.say(w.lang, "desk.call.done", map[string]any{"Whom": w.callee(whom)})}
			if len(at) == 0 {
				a.Tone = adapters.ToneMain
			}
			f.Acts = append(f.Acts, a)
		}
		s.facts = append(s.facts, adapters.Fact{Label: strconv.Itoa(i+1) + ". " + w.callee(whom), Value: private.New(strings.Join(lines, "\n"))})
	}
	if first, ok := w.before(shut); ok {
		f.Acts = append([]adapters.Act{first}, f.Acts...)
	}
	f.Facts = s.facts
	f.Acts = append(f.Acts, adapters.Act{Value: actClose, Label: w.d.say(w.lang, "desk.act.back", nil), Tone: adapters.ToneQuiet})
	return f
}

// before is what comes before the calls that are left: somebody takes the case,
// records that direct intervention is necessary, or that AVIM got it.
func (w *work) before(shut bool) (adapters.Act, bool) {
	a := adapters.Act{Tone: adapters.ToneMain}
	switch {
	case w.rec.Holder == "":
		a.Value, a.Label = actTask+"take", w.title("take")
	case shut:
		a.Value, a.Label = actTask+"acute", w.title("acute")
	case len(w.times(handling.AVIM)) > 0:
		a.Value, a.Label = actGive+handling.AVIM, w.d.say(w.lang, "desk.call.give", map[string]any{"Partner": w.partner(handling.AVIM)})
	default:
		return a, false
	}
	return a, true
}

// callee is whom to call, in few words.
func (w *work) callee(whom string) string { return w.d.say(w.lang, "desk.call."+whom, nil) }

// number is where somebody is reached, as the configuration has it.
func (w *work) number(whom string) string {
	c := w.d.o.Config
	switch whom {
	case handling.Coordinator:
		return w.contact(c.Contacts.Coordinator)
	case handling.ConfidantPerson:
		return w.contact(c.Contacts.Confidant)
	}
	p, _ := c.Partner(whom)
	return w.contact(config.Contact{Number: p.Phone, Confirmed: p.Confirmed})
}

// contact says who somebody is and at which number, and whether anybody looked
// if that is right.
func (w *work) contact(c config.Contact) string {
	text := c.Number
	switch {
	case c.Number == "":
		text = w.d.say(w.lang, "desk.contact.empty", nil)
	case !c.Confirmed:
		text += " (" + w.d.say(w.lang, "desk.contact.unconfirmed", nil) + ")"
	}
	if c.Name != "" {
		text = c.Name + ", " + text
	}
	return text
}

// times are the times at which somebody was called, in order.
func (w *work) times(whom string) []string {
	var out []string
	for _, c := range w.rec.Calls {
		if c.Whom == whom {
			out = append(out, w.d.o.Calendar.Hour(w.lang, c.Stamp.At))
		}
	}
	return out
}

// called keeps the time of a call, and shows the screen with it.
func (x act) called(ctx context.Context, whom string) (adapters.Answer, error) {
	var form *adapters.Form
	again, err := x.turn(ctx, func(v store.View) (store.Effects, error) {
		w, err := x.work(v)
		if err != nil {
			return store.Effects{}, err
		}
		acts := []handling.Act{handling.Called{Stamp: w.by, Whom: whom}}
		err = w.apply(acts...)
		var no *handling.Refusal
		if errors.As(err, &no) {
			return store.Effects{}, told{w.refusal(no)}
		}
		if err != nil {
			return store.Effects{}, err
		}
		e, err := w.effects("called", acts)
		if err != nil {
			return store.Effects{}, err
		}
		tk := x.form(kindTask+taskCalls, v)
		tk.Rev++ // this act is in it
		form = w.calls(tk)
		e.Status, e.Tokens, e.UseUp = "", []store.Token{tk}, true
		return e, nil
	})
	return x.answer(ctx, cmp.Or(again, form), err)
}
