package desk

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// The kinds of token, and the acts of the case's form.
const (
	kindOpen   = "open"   // "Openen" on a card or in a direct message
	kindCase   = "case"   // the form that shows a case
	kindReason = "reason" // the form that asks why the reporter is shown

	actRead     = "read"
	actReporter = "reporter"
	actClose    = "close"
	actTask     = "task."   // and the name of a task
	actCalled   = "called." // and whom
	actGive     = "give."   // and a partner: the form of a hand-over, from the calls

	kindTask = "task." // and the name of a task: its form
)

// formLife is how long a form of the desk can be used (D8).
const formLife = 30 * time.Minute

// reasonMax is the longest reason, in runes.
const reasonMax = 500

// act does what a press or form of the desk asks, for whoever may.
func (d *Desk) act(ctx context.Context, m adapters.Message, token string) (adapters.Answer, error) {
	v, team, ok, err := d.reader(ctx, m.From)
	if err != nil {
		return adapters.Answer{}, err
	}
	if !ok {
		return adapters.Answer{}, store.ErrNotFound
	}
	x := act{d: d, m: m, viewer: v, team: team, drill: new(bool)}
	if c, rest, ok := d.command(m); ok {
		return x.command(ctx, c, rest)
	}
	if d.asksAccess(m) {
		return x.accessBegin(ctx)
	}
	x.token, err = d.o.Store.Token(ctx, token)
	if err != nil {
		return adapters.Answer{}, err
	}
	a, err := x.run(ctx)
	if *x.drill {
		d.mark(m.Lang, a.Form)
	}
	return a, err
}

// run does what the token is for.
func (x act) run(ctx context.Context) (adapters.Answer, error) {
	act, tk, m := "", x.token, x.m
	if m.Filled != nil {
		act = m.Filled.Act
	}
	if name, ok := strings.CutPrefix(tk.Kind, kindTeam); ok {
		return x.filled(ctx, name, act)
	}
	switch {
	case strings.HasPrefix(tk.Kind, kindAccess):
		return x.access(ctx, act)
	case tk.Kind == kindOpen:
		return x.open(ctx)
	case tk.Kind == kindCase && act == actRead:
		return x.read(ctx)
	case tk.Kind == kindCase && act == actReporter:
		return x.ask(ctx)
	case act == actFile:
		return x.offer(ctx)
	case act == actClose && tk.Kind == kindCase:
		return adapters.Answer{}, nil
	case act == actClose:
		form, err := x.show(ctx) // back to the case
		return adapters.Answer{Form: form}, err
	case tk.Kind == kindReason && m.Filled != nil:
		return x.reporter(ctx)
	}
	if tk.Kind == kindTask+taskCalls {
		if whom, ok := strings.CutPrefix(act, actCalled); ok {
			return x.called(ctx, whom)
		}
		if partner, ok := strings.CutPrefix(act, actGive); ok {
			return x.share(ctx, adapters.Values{"proposed": private.List(partner)})
		}
	}
	return x.task(ctx, act)
}

// task is an act of steps 2 to 6: a button of the case, or a form filled in.
func (x act) task(ctx context.Context, act string) (adapters.Answer, error) {
	if ref, ok := linkedTo(act); ok && x.token.Kind == kindCase {
		return x.link(ctx, ref)
	}
	if name, ok := strings.CutPrefix(act, actTask); ok && (x.token.Kind == kindCase || x.token.Kind == kindTask+taskCalls) {
		switch t, ok := taskNamed(name); {
		case name == taskEndDrill:
			return x.endDrill(ctx)
		case ok:
			return x.fill(ctx, t)
		}
	}
	if x.m.Filled == nil || act != "" {
		return adapters.Answer{}, store.ErrNotFound
	}
	if partner, ok := strings.CutPrefix(x.token.Kind, kindShare); ok {
		return x.handOver(ctx, partner)
	}
	name, ok := strings.CutPrefix(x.token.Kind, kindTask)
	t, known := taskNamed(name)
	switch {
	case !ok || !known || name == taskAnonymous || name == taskCalls || name == taskEndDrill:
		return adapters.Answer{}, store.ErrNotFound
	case name == taskHandOver:
		return x.share(ctx, x.m.Filled.Values)
	case name == taskRectify:
		return x.rectify(ctx, x.m.Filled.Values.Text("rectify"))
	case name == taskInvolved:
		return x.involved(ctx, x.m.Filled.Values.Text("why"))
	}
	return x.do(ctx, t, x.m.Filled.Values)
}

// act is one thing that one officer does to one signal.
type act struct {
	d      *Desk
	m      adapters.Message
	token  store.Token
	viewer store.Viewer
	team   roster.Roster // as it stood before the act
	drill  *bool         // the signal is an exercise: what he is shown says so
}

// sees keeps that the signal is an exercise.
func (x act) sees(v store.View) { *x.drill = v.Case != nil && v.Case.Drill }

// readings are the actions of the journal that show what is in a signal.
func readings() []string { return []string{"signal.opened", "case.package", store.ActionReporterShown} }

func (x act) event() store.Event {
	e := store.Event{
		ID: x.m.From.Platform + "/" + x.m.ID, Person: x.viewer.Person, Place: private.New(x.m.At.Key()),
		Signal: x.token.About, Viewer: x.viewer, Token: x.token.ID,
	}
	if e.Signal != "" {
		e.Reads = readings()
	}
	if x.token.Kind == kindTask+taskHours {
		e.Registers = []string{roster.Register}
	}
	return e
}

func (x act) line(action string) store.Line {
	return store.Line{Action: action, Person: x.viewer.Person, About: x.token.About, Outcome: "ok"}
}

func (x act) form(kind string, v store.View) store.Token {
	return store.Token{
		ID: Prefix + store.NewToken(), Kind: kind, About: x.token.About, Person: x.viewer.Person,
		Rev: v.Case.Version, Expires: v.Now.Add(formLife),
	}
}

// turn runs one turn of the desk. For an event that was taken before, shown is
// the case as it is now: the effect is there, only the answer was lost.
func (x act) turn(ctx context.Context, f func(v store.View) (store.Effects, error)) (shown *adapters.Form, err error) {
	out, err := x.d.o.Store.Turn(ctx, x.event(), func(v store.View) (store.Effects, error) {
		if v.Token == nil {
			return store.Effects{}, store.ErrNotFound
		}
		x.sees(v)
		return f(v)
	})
	if err == nil && out.Duplicate {
		return x.show(ctx)
	}
	return nil, err
}

// show opens the case without an event or a token: for who had both.
func (x act) show(ctx context.Context) (form *adapters.Form, err error) {
	ev := x.event()
	ev.ID, ev.Token = "", ""
	_, err = x.d.o.Store.Turn(ctx, ev, func(v store.View) (store.Effects, error) {
		x.sees(v)
		var e store.Effects
		form, e, err = x.opened(v)
		return e, err
	})
	return form, err
}

// opened is the window of a case, and what showing it writes (P25).
func (x act) opened(v store.View) (*adapters.Form, store.Effects, error) {
	w, err := x.work(v)
	if err != nil {
		return nil, store.Effects{}, err
	}
	tk := x.form(kindCase, v)
	return w.window(tk), store.Effects{Tokens: []store.Token{tk}, Journal: []store.Line{x.line("signal.opened")}}, nil
}

// open shows the case to this officer alone. Reading it is journaled (P25).
func (x act) open(ctx context.Context) (adapters.Answer, error) {
	var form *adapters.Form
	again, err := x.turn(ctx, func(v store.View) (e store.Effects, err error) {
		form, e, err = x.opened(v)
		return e, err
	})
	return adapters.Answer{Form: cmp.Or(again, form)}, err
}

// read stops the clock of T1 and tells the reporter (step 2).
func (x act) read(ctx context.Context) (adapters.Answer, error) {
	notice := "desk.read.done"
	_, err := x.turn(ctx, func(v store.View) (store.Effects, error) {
		if !v.Case.Read.IsZero() {
			notice = "desk.read.already"
			return store.Effects{}, nil
		}
		w, err := x.work(v)
		if err != nil {
			return store.Effects{}, err
		}
		e := store.Effects{Journal: []store.Line{x.line("signal.read")}, Status: v.Case.Status}
		if v.Case.Status == store.Received {
			e.Status = store.Read
		}
		read(v, &e)
		w.after(e)
		e.Deadline = w.deadline()
		return e, nil
	})
	return adapters.Answer{Notice: x.d.say(x.m.Lang, notice, nil)}, err
}

// read stops the clock of T1, tells the reporter and changes the card.
func read(v store.View, e *store.Effects) {
	if !v.Case.Read.IsZero() {
		return
	}
	ref, now := v.Case.Ref, v.Now
	e.Read = true
	e.Done = append(e.Done,
		store.NoticeID{Kind: KindUndelivered, About: ref, N: 1}, store.NoticeID{Kind: KindUrgent, About: ref, N: 1})
	e.Notices = append(e.Notices, store.Notice{NoticeID: store.NoticeID{Kind: KindRead, About: ref, N: 1}, To: store.ToReporter, Due: now})
	if !v.Case.Direct {
		e.Notices = append(e.Notices, store.Notice{NoticeID: store.NoticeID{Kind: KindCard, About: ref, N: 2}, To: store.ToChannel, Due: now})
	}
}

// ask asks why the reporter must be shown (P9).
func (x act) ask(ctx context.Context) (adapters.Answer, error) {
	var form *adapters.Form
	again, err := x.turn(ctx, func(v store.View) (store.Effects, error) {
		tk := x.form(kindReason, v)
		form = x.d.reasonForm(x.m.Lang, tk)
		return store.Effects{Tokens: []store.Token{tk}}, nil
	})
	return adapters.Answer{Form: cmp.Or(again, form)}, err
}

// reporter shows who reported, and leaves a journal line with the reason.
func (x act) reporter(ctx context.Context) (adapters.Answer, error) {
	reason := x.m.Filled.Values.Text("reason")
	switch n := len([]rune(reason.Reveal())); {
	case n == 0:
		return x.wrong("desk.reason.empty", nil), nil
	case n > reasonMax:
		return x.wrong("e.toolong", map[string]any{"Max": reasonMax, "max": reasonMax}), nil
	}
	var form *adapters.Form
	ev := x.event()
	ev.Reporter = true
	reveal := func(v store.View) (store.Effects, error) {
		if ev.Token != "" && v.Token == nil {
			return store.Effects{}, store.ErrNotFound
		}
		x.sees(v)
		if v.Reporter == nil { // erased meanwhile
			return store.Effects{}, store.ErrNotFound
		}
		form = x.d.reporterForm(x.m.Lang, *v.Reporter)
		l := x.line("reporter.shown")
		l.Reason = reason
		return store.Effects{Journal: []store.Line{l}, UseUp: ev.Token != ""}, nil
	}
	out, err := x.d.o.Store.Turn(ctx, ev, reveal)
	if err == nil && out.Duplicate {
		// The answer was lost: it is shown again, and that is a line again.
		ev.ID, ev.Token = "", ""
		_, err = x.d.o.Store.Turn(ctx, ev, reveal)
	}
	return adapters.Answer{Form: form}, err
}

func (x act) wrong(id string, args map[string]any) adapters.Answer {
	return adapters.Answer{Errors: map[string]string{"reason": x.d.say(x.m.Lang, id, args)}}
}
