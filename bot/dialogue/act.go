package dialogue

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/flows/intake"
	"github.com/meldroute/meldroute/store"
)

// command does what a command asks, at any turn.
func (t *turn) command(c cmd, n store.Number) error {
	switch c {
	case cmdNone:
	case cmdDanger:
		return t.danger()
	case cmdReport:
		return t.report()
	case cmdEnter:
		return t.enter()
	case cmdStop:
		return t.stop()
	case cmdBack:
		return t.back()
	case cmdAdd:
		return t.small(intake.AdditionName, n)
	case cmdClear, cmdAsks, cmdDisagree:
		return t.react(c, n)
	case cmdWithdraw:
		return t.small(intake.WithdrawName, n)
	case cmdWords:
		return t.read(n)
	case cmdReveals:
		t.after = func(ctx context.Context, t *turn) error { return t.reveals(ctx) }
		return errRefused
	case cmdDutch, cmdEnglish:
		return t.language(string(c))
	case cmdMine, cmdStatus:
		t.after = func(ctx context.Context, t *turn) error { return t.own(ctx, n) }
		return errRefused
	case cmdHelp:
		t.say = append(t.say, adapters.Reply{Key: "help." + t.m.ID, Text: t.words("d.help", nil), Choices: t.d.menu(t.lang)})
	case cmdContact:
		t.say = append(t.say, adapters.Reply{Key: "contact." + t.m.ID, Text: t.words("d.contact", nil) + "\n\n" + t.d.Phones(t.lang), Choices: t.d.begin(t.lang)})
	case cmdCard:
		t.say = append(t.say, adapters.Reply{Key: "card." + t.m.ID, Text: t.d.signs(t.lang), Choices: t.d.begin(t.lang)})
	}
	return errRefused
}

// danger goes to the acute form, from anywhere, keeping what was answered.
func (t *turn) danger() error {
	if t.d.nobody() {
		t.tell("d.nobody", nil)
		return errRefused
	}
	if t.flow != nil && t.flow.Name == intake.Name {
		t.c.State = intake.Danger(t.c.State)
		return t.ask(true)
	}
	if err := t.start(intake.Name, intake.Danger(flows.State{}), ""); err != nil {
		return err
	}
	t.answer.Form = t.screen().form
	return nil
}

// report begins a report at once, or goes on with the draft. What is asked about
// an earlier signal can wait, but not whether 112 was called.
func (t *turn) report() error {
	switch {
	case t.d.nobody():
		t.tell("d.nobody", nil)
		return errRefused
	case t.flow == nil || !t.reporting() && t.flow.Name != intake.CalledName:
		t.tell("d.danger", nil) // whoever begins by typing has not read 112 (P39)
		if err := t.start(intake.Name, intake.Report(flows.State{}), ""); err != nil {
			return err
		}
		t.answer.Form = t.screen().form
		return nil
	case t.flow.Name == intake.Name && intake.Choosing(t.c.State):
		t.c.State = intake.Report(t.c.State)
		return t.ask(true)
	}
	if t.m.Press != "" { // a window can open, and the form that waits is what he asked for
		t.answer.Form = t.screen().form
	}
	return t.repeat("")
}

func (t *turn) stop() error {
	if t.flow == nil {
		t.tell("d.nothing", nil)
		return errRefused
	}
	if !t.reporting() {
		return t.leave(t.stopped(), nil)
	}
	st, err := t.flow.Goto(t.c.State, intake.StopStep, 0)
	if err != nil {
		return t.leave(t.stopped(), nil)
	}
	t.c.State = st
	return t.ask(true)
}

func (t *turn) back() error {
	if t.flow == nil {
		return t.greet()
	}
	st, ok := t.flow.Back(t.c.State)
	if !ok {
		return t.repeat("d.noback")
	}
	t.c.State = st
	return t.ask(true)
}

// language changes the language of this person, now and later.
func (t *turn) language(lang string) error {
	t.lang = lang
	p := t.view.Profile
	p.Lang = lang
	t.effects.Profile = &p
	if t.flow == nil {
		t.tell("d.lang", nil)
		return t.greet()
	}
	t.c.Lang = lang
	return t.ask(false)
}

// small begins one of the small flows about a signal of the reporter's own.
func (t *turn) small(name string, n store.Number) error {
	if t.busy() {
		return t.repeat("d.busy")
	}
	if n == "" {
		c := cmdAdd
		if name == intake.WithdrawName {
			c = cmdWithdraw
		}
		t.after = func(ctx context.Context, t *turn) error { return t.pick(ctx, c) }
		return errRefused
	}
	if t.view.Case == nil {
		return needs{number: n}
	}
	if err := t.start(name, flows.State{}, n); err != nil {
		return err
	}
	t.answer.Form = t.screen().form
	return nil
}

// react keeps what the reporter says to feedback (step 6), for the desk to see.
// A question opens the form to ask it in.
func (t *turn) react(c cmd, n store.Number) error {
	if n == "" {
		t.after = func(ctx context.Context, t *turn) error { return t.pick(ctx, c) }
		return errRefused
	}
	if t.view.Case == nil {
		return needs{number: n}
	}
	ref := t.view.Case.Ref
	t.effects.Add = &store.Addition{At: t.view.Now, Reaction: string(c)}
	t.effects.Notices = []store.Notice{{NoticeID: store.NoticeID{Kind: KindReaction, About: ref, N: int(t.view.Case.Version)}, To: store.ToOfficers, Due: t.view.Now}}
	t.effects.Journal = []store.Line{{Action: "signal.reaction", Actor: actorReporter, About: ref, Outcome: "ok"}}
	t.postpone()
	if c != cmdClear { // the officer owes an answer (R22)
		due := t.d.o.Config.Due(t.d.o.Calendar, string(handling.ClockFirstWord), string(t.view.Case.Urgency), t.view.Now)
		if at := t.view.Case.Due; at.IsZero() || due.Before(at) {
			t.effects.Deadline = &store.Deadline{At: due, Clock: string(handling.ClockFirstWord)}
		}
	}
	if c == cmdAsks && !t.busy() {
		if err := t.start(intake.AdditionName, flows.State{}, n); err != nil {
			return err
		}
		t.answer.Form = t.screen().form
		return nil
	}
	t.tell("d.reaction", nil)
	return nil
}

// read shows the reporter what the officer wrote to him, in a window that is
// kept nowhere: the newest first.
func (t *turn) read(n store.Number) error {
	if n == "" {
		t.after = func(ctx context.Context, t *turn) error { return t.pick(ctx, cmdWords) }
		return errRefused
	}
	if t.view.Case == nil {
		return needs{number: n}
	}
	words := t.view.Case.Words
	if len(words) == 0 {
		t.tell("d.words.none", nil)
		return errRefused
	}
	f := &adapters.Form{Title: t.words("d.words.title", nil), Intro: t.words("d.words.intro", nil), Sensitive: true}
	for _, w := range slices.Backward(words) {
		f.Facts = append(f.Facts, adapters.Fact{Label: t.d.o.Calendar.Moment(t.lang, w.At), Value: w.Text})
	}
	t.answer.Form = f
	t.effects.Journal = []store.Line{{Action: "words.read", Actor: actorReporter, About: t.view.Case.Ref, Outcome: "ok"}}
	return nil
}

// reveals tells the reporter when his name was shown (P9).
func (t *turn) reveals(ctx context.Context) error {
	all, err := t.d.o.Store.Reveals(ctx, person(t.m.From))
	if err != nil {
		return err
	}
	if len(all) == 0 {
		t.tell("d.reveals.none", nil)
		return nil
	}
	text := t.words("d.reveals", nil) + "\n"
	for _, r := range all {
		text += "\n- " + t.words("d.reveals.line", map[string]any{"Ref": string(r.Number), "Date": t.d.o.Calendar.Moment(t.lang, r.At)})
	}
	t.tellText("d.reveals", text)
	return nil
}

// pick lets the reporter say which signal he means.
func (t *turn) pick(ctx context.Context, c cmd) error {
	own, err := t.d.o.Store.Mine(ctx, person(t.m.From))
	if err != nil {
		return err
	}
	if len(own) == 0 {
		t.tell("d.mine.none", nil)
		return nil
	}
	r := adapters.Reply{Key: "pick." + t.m.ID, Text: t.words("d.pick", nil)}
	for i, o := range own {
		if i == maxOwn {
			break
		}
		r.Choices = append(r.Choices, adapters.Choice{Token: pressed(c, o.Number), Label: string(o.Number)})
	}
	t.say = append(t.say, r)
	return nil
}

// maxOwn is how many of a reporter's own signals are listed, newest first.
const maxOwn = 10

// own lists the reporter's signals: number, date and status, no more (P10).
func (t *turn) own(ctx context.Context, n store.Number) error {
	own, err := t.d.o.Store.Mine(ctx, person(t.m.From))
	if err != nil {
		return err
	}
	var lines []string
	for i, o := range own {
		if i == maxOwn || n != "" && o.Number != n {
			continue
		}
		line := t.words("d.mine.line", map[string]any{
			"Ref": string(o.Number), "Date": t.d.date(t.lang, o.Received), "Status": t.words("d.status."+string(o.Status), nil),
		})
		if o.Drill {
			line = t.words("g.drill", nil) + " " + line
		}
		lines = append(lines, "- "+line)
	}
	switch {
	case n != "" && len(lines) == 0:
		t.tell("d.unknownref", nil)
	case len(lines) == 0:
		t.tell("d.mine.none", nil)
	default:
		t.say = append(t.say, adapters.Reply{
			Key: "mine." + t.m.ID, Text: t.words("d.mine", nil) + "\n\n" + strings.Join(lines, "\n"),
			Choices: []adapters.Choice{
				{Token: pressed(cmdAdd, n), Label: t.words("d.menu.add", nil)},
				{Token: pressed(cmdReveals, ""), Label: t.words("d.menu.reveals", nil), Tone: adapters.ToneQuiet},
				{Token: pressed(cmdWithdraw, n), Label: t.words("d.menu.withdraw", nil), Tone: adapters.ToneQuiet},
			},
		})
	}
	return nil
}

// finish ends one of the small flows.
func (t *turn) finish() error {
	if t.view.Case == nil {
		return needs{number: t.c.About}
	}
	ref := t.view.Case.Ref
	line := store.Line{Actor: actorReporter, About: ref, Outcome: "ok"}
	switch t.flow.Name {
	case intake.AdditionName:
		text, aware := intake.ReadAddition(t.c.State)
		t.effects.Add = &store.Addition{At: t.view.Now, Text: text, Aware: aware}
		t.effects.Notices = []store.Notice{{NoticeID: store.NoticeID{Kind: KindAdded, About: ref, N: int(t.view.Case.Version)}, To: store.ToOfficers, Due: t.view.Now}}
		line.Action = "signal.added"
		t.effects.Journal = []store.Line{line}
		t.postpone()
		return t.leave("d.addition.done", nil)
	case intake.CalledName:
		t.effects.Called = intake.ReadCalled(t.c.State)
		line.Action = "signal.called"
		t.effects.Journal = []store.Line{line}
		return t.leave("d.called.done", nil)
	case intake.WithdrawName:
		line.Action = "signal.withdrawn"
		t.effects.Journal = []store.Line{line}
		if t.view.Case.Status == store.Received {
			t.effects.Erase = store.GroundWithdrawn
			if !t.view.Case.Direct { // else the channel never knew of it (D4)
				t.effects.Notices = []store.Notice{{NoticeID: store.NoticeID{Kind: KindErased, About: ref, N: 1}, To: store.ToChannel, Due: t.view.Now}}
			}
			return t.leave("d.withdraw.done", nil)
		}
		t.effects.Status = store.Withdrawn
		if k := t.view.Case.Keep; k.Until.IsZero() { // else it is erased on its date
			k.Until = t.d.o.Calendar.KeptUntil(t.view.Now, t.d.o.Config.Retention.Withdrawn)
			t.effects.Keep = &k
		}
		t.effects.Notices = append(t.effects.Notices, store.Notice{NoticeID: store.NoticeID{Kind: KindWithdraw, About: ref, N: 1}, To: store.ToOfficers, Due: t.view.Now})
		return t.leave("d.withdraw.asked", nil)
	}
	return fmt.Errorf("dialogue: flow %s does not end so", t.flow.Name)
}

// actorReporter stands in the journal for every reporter (D6).
const actorReporter = "melder"

// person is who a session is with.
func person(a adapters.Address) store.Person { return private.New(a.Key()) }
