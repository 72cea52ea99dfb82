package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// work is one case as the rules of steps 2 to 6 see it, while one officer acts.
type work struct {
	d    *Desk
	lang string
	view store.View
	rec  handling.Record
	fact handling.Facts
	by   handling.Stamp
	team roster.Roster
}

// work opens what officers recorded of a case.
func (x act) work(v store.View) (*work, error) {
	d := x.d
	w := &work{
		d: d, lang: x.lang(), view: v, fact: handling.FactsOf(v.Case.Report, d.params()),
		by: handling.Stamp{By: x.viewer.Person.Reveal(), At: v.Now}, team: x.team,
	}
	if !v.Case.Handling.Empty() {
		if err := private.Decode([]byte(v.Case.Handling.Reveal()), &w.rec); err != nil {
			return nil, fmt.Errorf("desk: record of %s: %w", v.Case.Ref, err)
		}
	}
	w.rec.Reactions = w.reactions()
	return w, nil
}

// reactions are what the reporter said to feedback: kept with his additions,
// since only he writes those.
func (w *work) reactions() []handling.Reaction {
	var out []handling.Reaction
	for _, a := range w.view.Case.Additions {
		if a.Reaction == "" {
			continue
		}
		x := handling.Reaction{Stamp: handling.Stamp{By: handling.Reporter, At: a.At}, Kind: a.Reaction}
		for _, m := range w.rec.Messages {
			if m.Stamp.At.Before(a.At) {
				x.After++
			}
		}
		out = append(out, x)
	}
	return out
}

// params is what the configuration tells the rules.
func (d *Desk) params() handling.Params {
	var ps []handling.Partner
	for _, p := range d.o.Config.Partners {
		hp := handling.Partner{Code: p.Code, Police: p.Police}
		for _, n := range append([]string{p.Name.NL, p.Name.EN, p.Phone, p.Mail}, p.Also...) {
			if n != "" {
				hp.Names = append(hp.Names, n)
			}
		}
		ps = append(ps, hp)
	}
	return handling.DefaultParams(ps)
}

// apply does acts, one after the other, or none of them.
func (w *work) apply(acts ...handling.Act) error {
	rec := w.rec
	for _, a := range acts {
		var err error
		if rec, err = handling.Apply(rec, a, w.fact); err != nil {
			return err
		}
	}
	w.rec = rec
	return nil
}

// effects is what acts write besides the record: status, journal and what the
// reporter and the channel are told.
func (w *work) effects(name string, acts []handling.Act) (store.Effects, error) {
	body, err := private.Encode(w.rec)
	if err != nil {
		return store.Effects{}, err
	}
	ref := w.view.Case.Ref
	e := store.Effects{
		Handling: private.New(string(body)), Status: w.status(),
		Journal: []store.Line{{Action: "case." + name, Person: private.New(w.by.By), About: ref, Outcome: "ok"}},
	}
	e.Journal[0].Reason = keepReason(acts)
	e.Deadline = w.deadline()
	told, chat := len(w.rec.Messages), !w.view.Case.Report.Origin.Entered()
	for _, a := range acts {
		switch a := a.(type) {
		case handling.Message:
			if !chat {
				continue // the officer tells it himself
			}
			e.Notices = append(e.Notices, w.tell(told))
			if !a.Text.Empty() {
				e.Say = &store.Words{At: w.view.Now, Text: a.Text}
			}
		case handling.Close:
			if a.Message != "" && chat {
				e.Notices = append(e.Notices, w.tell(told))
			}
			e.Notices = append(e.Notices, w.card()...)
		case handling.Reopen:
			e.Notices = append(e.Notices, w.card()...)
		case handling.Take:
			read(w.view, &e)
			holder, who := private.New(a.To), w.readers()
			if a.To != "" {
				who = append(who, holder)
			}
			e.Assign, e.Holder = &who, &holder
		case handling.Hours:
			if err := w.worked(a.Minutes, &e); err != nil {
				return store.Effects{}, err
			}
		}
	}
	w.keep(&e)
	return e, nil
}

// readers are the officers who read what comes from the signal's department.
func (w *work) readers() []store.Person {
	var out []store.Person
	for _, who := range w.d.o.Config.ReadersOf(w.view.Case.Report.Department) {
		out = append(out, private.New(string(who)))
	}
	return out
}

// deadline is the one next deadline of the case (DECISIONS C), none when
// nothing that is owed has a date.
func (w *work) deadline() *store.Deadline {
	c := w.view.Case
	next, ok := handling.Next(w.fact, w.rec, handling.Terms{Received: c.Report.Origin.Since(c.Received), Due: func(clock handling.Clock, from time.Time) time.Time {
		if clock == handling.ClockRead && !c.Read.IsZero() {
			clock = handling.ClockEnrich // it was read: now it wants somebody
		}
		return w.d.o.Config.Due(w.d.o.Calendar, string(clock), string(c.Urgency), from)
	}})
	if !ok {
		return &store.Deadline{}
	}
	return &store.Deadline{At: next.Due, Clock: string(next.Duty.Clock)}
}

// tell is the notice of the nth message to the reporter. Which message stands in
// the sealed record: the kind of a notice is open.
func (w *work) tell(n int) store.Notice {
	return store.Notice{NoticeID: store.NoticeID{Kind: KindFeedback, About: w.view.Case.Ref, N: n}, To: store.ToReporter, Due: w.view.Now}
}

// card changes the card in the channel when a case is closed or opened again.
// Its first two are of the signal and of its reading.
func (w *work) card() []store.Notice {
	if w.view.Case.Direct {
		return nil
	}
	n := 2 + len(w.rec.Closings) + len(w.rec.Reopenings)
	return []store.Notice{{NoticeID: store.NoticeID{Kind: KindCard, About: w.view.Case.Ref, N: n}, To: store.ToChannel, Due: w.view.Now}}
}

// status is what the open column says of where the case stands.
func (w *work) status() store.Status {
	switch {
	case w.rec.Closed():
		return store.Closed
	case slices.ContainsFunc(w.rec.Handovers, func(h handling.Handed) bool { return h.Standing() }):
		return store.HandedOver
	case w.view.Case.Status == store.Withdrawn:
		return store.Withdrawn
	}
	return store.Read
}

// refusal says in words why an act is not lawful now, and what is still owed.
func (w *work) refusal(r *handling.Refusal) string {
	text := w.say(r.Text, w.partner(r.Partner))
	for _, d := range r.Owed {
		text += "\n- " + w.duty(d)
	}
	return text
}

// leaks says what kinds of things a reporter must not be told stand in a message
// that was refused. The words themselves are on the officer's screen.
func (w *work) leaks(acts []handling.Act) string {
	text := ""
	for _, a := range acts {
		m, _ := a.(handling.Message)
		for _, x := range handling.Leaks(m.Text, w.view.Case.Report, w.fact.Params.Partners) {
			if kind := "\n- " + w.option("leak", x.Kind); !strings.Contains(text, kind) {
				text += kind
			}
		}
	}
	return text
}

// inWords makes of a refusal of acts by the rules one that the officer reads.
func (w *work) inWords(err error, acts ...handling.Act) error {
	if no := (*handling.Refusal)(nil); errors.As(err, &no) {
		return told{w.refusal(no) + w.leaks(acts)}
	}
	return err
}

func (w *work) duty(d handling.Duty) string { return w.say(d.Text, w.partner(d.Partner)) }

func (w *work) say(t flows.Text, partner string) string {
	return w.d.say(w.lang, t.ID, map[string]any{"Partner": partner})
}

// partner is a partner's name.
func (w *work) partner(code string) string {
	if p, ok := w.d.o.Config.Partner(code); ok {
		return p.Name.In(w.lang)
	}
	for i, o := range w.rec.Outside {
		if handling.OutsideCode(i) == code {
			return o.Name.Reveal()
		}
	}
	return code
}

// officer is the name of whoever acted, as the configuration has it.
func (w *work) officer(by string) string {
	for _, r := range w.d.o.Config.Readers() {
		if string(r.Person) == by {
			return r.Name
		}
	}
	if by == handling.Reporter {
		return w.d.say(w.lang, "desk.reporter", nil)
	}
	return w.d.say(w.lang, "desk.someone", nil)
}

// holding says who has the case, and how long he worked on it.
func (w *work) holding(s *sheet) {
	s.fact("desk.f.holder", w.holder())
	if m := w.minutes(); m > 0 {
		s.fact("desk.f.spent", w.d.say(w.lang, "desk.spent", map[string]any{"Minutes": m}))
	}
}

// sheet adds to the window of a case what is still owed, and what the rules
// propose with the policy's own sentence.
func (w *work) sheet(s *sheet) {
	proposals := handling.Propose(w.fact, w.rec)
	if owed := handling.Owed(w.fact, w.rec); len(owed) > 0 {
		s.heading("desk.h.owed")
		for _, d := range owed {
			label := string(d.Rule)
			if label == "" {
				label = w.d.say(w.lang, "desk.f.todo", nil)
			}
			s.facts = append(s.facts, adapters.Fact{Label: label, Value: private.New(w.duty(d) + because(d, proposals))})
		}
	}
	if w.rec.Closed() {
		return // nothing is handed over any more
	}
	first := true
	for _, p := range proposals {
		if p.Done || p.Departed || p.Must { // what must be done stands above
			continue
		}
		if first {
			s.heading("desk.h.proposal")
			first = false
		}
		s.facts = append(s.facts, adapters.Fact{Label: w.proposed(p), Value: private.New(w.reason(p))})
	}
}

// minutes is the time spent on the case.
func (w *work) minutes() int {
	n := 0
	for _, h := range w.rec.Spent {
		n += h.Minutes
	}
	return n
}

func (w *work) holder() string {
	if w.rec.Holder == "" {
		return w.d.say(w.lang, "desk.holder.none", nil)
	}
	return w.officer(w.rec.Holder)
}

// proposed names what is proposed: partners, or what to do within the house.
func (w *work) proposed(p handling.Proposal) string {
	var names []string
	for _, code := range p.Partners {
		if p.Kind == handling.Internal || p.Kind == handling.Attention {
			names = append(names, w.option(map[bool]string{true: "check", false: "attention"}[p.Kind == handling.Internal], code))
			continue
		}
		name := w.partner(code)
		if p.Kind == handling.Through { // never there directly
			name += " (" + w.d.say(w.lang, "desk.via", map[string]any{"Partner": w.partner(p.Via)}) + ")"
		}
		names = append(names, name)
	}
	or := " " + w.d.say(w.lang, "desk.or", nil) + " "
	return strings.Join(names, or)
}

// reason is why it is proposed: in plain words, with the policy's sentence, and
// what must be recorded first.
func (w *work) reason(p handling.Proposal) string {
	text := w.say(p.Reason, w.partner(p.Via)) + quotes(p.Rules...)
	if len(p.After) > 0 {
		text += "\n" + w.d.say(w.lang, "desk.after.confidant", nil)
	}
	return text
}

// because are the sentences of the policy behind a proposal that must be
// followed, to stand with what is owed.
func because(d handling.Duty, all []handling.Proposal) string {
	for _, p := range all {
		if p.Must && !p.Done && d.Handover < 0 && (d.Partner == p.Partners[0] || d.Rule == "R1" && slices.Contains(p.Rules, d.Rule)) {
			return quotes(p.Rules...)
		}
	}
	return ""
}

// quotes are the sentences of the policy behind rules.
func quotes(ids ...handling.RuleID) string {
	text := ""
	for _, r := range handling.Rules() {
		if slices.Contains(ids, r.ID) && r.Policy != "" {
			text += "\n‘" + r.Policy + "’ (" + string(r.ID) + ", " + r.Source + ")"
		}
	}
	return text
}

func (w *work) title(task string) string { return w.d.say(w.lang, "desk.task."+task, nil) }

// do runs a task that an officer filled in, or that has no form, and shows the
// case as it is then.
func (x act) do(ctx context.Context, tk task, in adapters.Values) (adapters.Answer, error) {
	var form *adapters.Form
	again, err := x.turn(ctx, func(v store.View) (store.Effects, error) {
		w, err := x.work(v)
		if err != nil {
			return store.Effects{}, err
		}
		acts, err := tk.acts(w, in)
		if err == nil {
			err = w.apply(acts...)
		}
		if err != nil {
			return store.Effects{}, w.inWords(err, acts...)
		}
		e, err := w.effects(tk.name, acts)
		if err != nil {
			return store.Effects{}, err
		}
		token := x.form(kindCase, v)
		token.Rev++ // this act is in it
		w.after(e)
		form = w.window(token)
		e.Tokens, e.UseUp = []store.Token{token}, true
		return e, nil
	})
	return x.answer(ctx, cmp.Or(again, form), err)
}

// answer is a form, or the words of a refusal; a form that was refused too
// often is dead (D8).
func (x act) answer(ctx context.Context, form *adapters.Form, err error) (adapters.Answer, error) {
	var no told
	if !errors.As(err, &no) {
		return adapters.Answer{Form: form}, err
	}
	if x.m.Filled == nil || x.m.Filled.Act != "" {
		return adapters.Answer{Notice: no.text}, nil
	}
	return adapters.Answer{Errors: map[string]string{"": no.text}}, x.d.o.Store.Fail(ctx, x.token.ID)
}

// after lets the case be as the effects will have it, to be shown.
func (w *work) after(e store.Effects) {
	c := *w.view.Case
	c.Status = e.Status
	if e.Read {
		c.Read = w.view.Now
	}
	if e.Deadline != nil {
		c.Due, c.Clock = e.Deadline.At, e.Deadline.Clock
	}
	if e.Keep != nil {
		c.Keep = *e.Keep
	}
	w.view.Case = &c
}

// told ends a turn that writes nothing, with words for the officer.
type told struct{ text string }

func (told) Error() string { return "desk: refused" }

// option is a choice in words: those of the rules in the catalog "handling", the
// desk's own in "desk".
func (w *work) option(group, id string) string {
	if text := "handling." + group + "." + id; w.d.o.Texts.Has(text) {
		return w.d.say(w.lang, text, nil)
	}
	return w.d.say(w.lang, "desk."+group+"."+id, nil)
}

// options makes options of ids, with their words in the catalog.
func (w *work) options(group string, ids ...string) []adapters.Option {
	out := make([]adapters.Option, len(ids))
	for i, id := range ids {
		out[i] = adapters.Option{Value: id, Label: w.option(group, id)}
	}
	return out
}

// labelled makes options of what the municipality configured.
func (w *work) labelled(opts []config.Option) []adapters.Option {
	out := make([]adapters.Option, len(opts))
	for i, o := range opts {
		out[i] = adapters.Option{Value: o.ID, Label: o.Label.In(w.lang)}
	}
	return out
}
