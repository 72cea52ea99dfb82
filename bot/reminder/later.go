package reminder

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// Prefix begins every token of the reminders, so that run.go can tell their
// presses from others. It is no secret.
const Prefix = "remind-"

// The kinds of token.
const (
	kindLater    = "later"    // the button under a bundle
	kindSnooze   = "snooze"   // the form behind it
	kindContacts = "contacts" // the button under the question of the year
	kindConfirm  = "confirm"  // the form behind it
)

const (
	pressLife = 60 * 24 * time.Hour // of a button
	formLife  = 30 * time.Minute    // of a form (D8)
	atOnce    = 20                  // signals that a form offers
)

var _ adapters.Handler = (*Reminder)(nil)

// Mine reports whether a message is for the reminders.
func (r *Reminder) Mine(m adapters.Message) bool {
	return strings.HasPrefix(m.Press, Prefix) || m.Filled != nil && strings.HasPrefix(m.Filled.Token, Prefix)
}

// Early is for reporters only.
func (r *Reminder) Early(adapters.Message) *adapters.Reply { return nil }

// Handle takes a press or a form of the reminders. Who may not, or comes too
// late, reads the same "niet gevonden".
func (r *Reminder) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	x := act{r: r, m: m, token: m.Press}
	if m.Filled != nil {
		x.token = m.Filled.Token
	}
	a, err := x.do(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound):
		a.Notice, err = r.say(m.Lang, "remind.notfound", nil), nil
	case err != nil:
		if ctx.Err() == nil {
			r.o.Log.Error("reminder: act failed", "platform", m.From.Platform, "err", err)
		}
		a.Notice = r.say(m.Lang, "remind.failed", nil)
	default:
		return a, nil
	}
	if m.Filled != nil {
		a.Errors = map[string]string{"": a.Notice}
	}
	return a, err
}

// act is one thing that one person does with a reminder.
type act struct {
	r     *Reminder
	m     adapters.Message
	token string
}

func (x act) do(ctx context.Context) (adapters.Answer, error) {
	tk, err := x.r.o.Store.Token(ctx, x.token)
	if err != nil {
		return adapters.Answer{}, err
	}
	if tk.Person != private.New(x.m.From.Key()) {
		return adapters.Answer{}, store.ErrNotFound
	}
	kind, _, _ := strings.Cut(tk.Kind, " ")
	switch filled := x.m.Filled != nil; {
	case kind == kindLater && !filled:
		return x.later(ctx)
	case kind == kindSnooze && filled:
		return x.snooze(ctx)
	case kind == kindContacts && !filled:
		return x.contacts(ctx)
	case kind == kindConfirm && filled:
		return x.confirm(ctx)
	}
	return adapters.Answer{}, store.ErrNotFound
}

func (x act) notice(id string, args map[string]any) adapters.Answer {
	return adapters.Answer{Notice: x.r.say(x.m.Lang, id, args)}
}

// press makes the token of a button under one message to one person: the same
// at every try, and another for the next message, which may be used as long.
func (r *Reminder) press(ctx context.Context, kind, key string, at adapters.Address) (string, error) {
	return r.o.Store.Press(ctx, store.Token{
		ID: Prefix, Kind: kind + " " + key, Person: private.New(at.Key()), Expires: r.o.Now().Add(pressLife), Keep: true,
	})
}

// form hands out the token of a form.
func (x act) form(ctx context.Context, kind string) (string, error) {
	tk := store.Token{
		ID: Prefix + store.NewToken(), Kind: kind, Person: private.New(x.m.From.Key()), Expires: x.r.o.Now().Add(formLife),
	}
	return tk.ID, x.r.o.Store.Issue(ctx, tk)
}

// mayWait reports whether a deadline may be put off: never what is acute, or not
// read yet.
func (r *Reminder) mayWait(d store.Duty) bool {
	return d.Kind == store.KindDuty && d.Snoozed < r.o.Config.Reminders.Snooze.Times && r.putOff(d.Signal)
}

func (r *Reminder) putOff(s store.Signal) bool {
	return s.Urgency != acute && s.Clock != store.ClockRead
}

// waiting are the deadlines that a reader may put off: they were brought up and
// are his task today.
func (x act) waiting(ctx context.Context, v store.Viewer) ([]store.Duty, error) {
	r := x.r
	open, err := r.o.Store.List(ctx, v, store.Pick{})
	if err != nil {
		return nil, err
	}
	var refs []store.Reference
	for _, s := range open.Signals {
		if !s.Due.IsZero() && r.putOff(s) && !r.begun(s).After(r.o.Now()) {
			refs = append(refs, s.Ref)
		}
	}
	duties, err := r.o.Store.Pending(ctx, refs, r.readers())
	if err != nil {
		return nil, err
	}
	c, err := r.crew(ctx)
	if err != nil {
		return nil, err
	}
	var out []store.Duty
	for _, d := range duties {
		if len(out) == atOnce {
			break
		}
		if !r.mayWait(d) {
			continue
		}
		if who, err := c.of(ctx, d); err == nil && slices.Contains(who.base, v.Person) {
			out = append(out, d)
		}
	}
	return out, nil
}

// later opens the form in which a reminder is put off.
func (x act) later(ctx context.Context) (adapters.Answer, error) {
	r, lang := x.r, x.m.Lang
	v, ok, err := r.o.May(ctx, x.m.From)
	if err != nil || !ok {
		return adapters.Answer{}, errors.Join(err, notMine(ok))
	}
	duties, err := x.waiting(ctx, v)
	if err != nil {
		return adapters.Answer{}, err
	}
	if len(duties) == 0 {
		return x.notice("remind.later.none", nil), nil
	}
	token, err := x.form(ctx, kindSnooze)
	if err != nil {
		return adapters.Answer{}, err
	}
	which := adapters.Field{Name: "which", Label: r.say(lang, "remind.later.which", nil), Short: r.say(lang, "remind.later.which", nil), Kind: adapters.One}
	for _, d := range duties {
		which.Options = append(which.Options, adapters.Option{Value: string(d.Ref), Label: string(d.Ref)})
	}
	days := adapters.Field{Name: "days", Label: r.say(lang, "remind.later.days", nil), Short: r.say(lang, "remind.later.days", nil), Kind: adapters.One}
	for n := 1; n <= r.o.Config.Reminders.Snooze.Days; n++ {
		id := "remind.later.manydays"
		if n == 1 {
			id = "remind.later.day"
		}
		days.Options = append(days.Options, adapters.Option{Value: strconv.Itoa(n), Label: r.say(lang, id, map[string]any{"Days": n})})
	}
	return adapters.Answer{Form: &adapters.Form{
		Token: token, Title: r.say(lang, "remind.later.title", nil), Submit: r.say(lang, "remind.later.save", nil),
		Intro:  r.say(lang, "remind.later.intro", map[string]any{"Times": r.o.Config.Reminders.Snooze.Times}),
		Fields: []adapters.Field{which, days},
	}}, nil
}

// notMine is ErrNotFound unless ok.
func notMine(ok bool) error {
	if ok {
		return nil
	}
	return store.ErrNotFound
}

// errTooOften ends a turn that would put a deadline off once too often.
var errTooOften = errors.New("reminder: put off too often")

// snooze puts off when one deadline is brought up next.
func (x act) snooze(ctx context.Context) (adapters.Answer, error) {
	r := x.r
	v, ok, err := r.o.May(ctx, x.m.From)
	if err != nil || !ok {
		return adapters.Answer{}, errors.Join(err, notMine(ok))
	}
	days, err := strconv.Atoi(one(x.m, "days"))
	if err != nil || days < 1 || days > r.o.Config.Reminders.Snooze.Days {
		return x.refuse(ctx, "remind.notfound")
	}
	duties, err := x.waiting(ctx, v)
	if err != nil {
		return adapters.Answer{}, err
	}
	ref := store.Reference(one(x.m, "which"))
	if !slices.ContainsFunc(duties, func(d store.Duty) bool { return d.Ref == ref }) {
		return x.refuse(ctx, "remind.later.toooften")
	}
	e := store.Event{
		ID: x.m.From.Platform + "/" + x.m.ID, Person: v.Person, Signal: ref, Viewer: v, Token: x.token, Duty: true,
	}
	_, err = r.o.Store.Turn(ctx, e, func(view store.View) (store.Effects, error) {
		switch {
		case view.Token == nil:
			return store.Effects{}, store.ErrNotFound
		case view.Duty == nil || !r.mayWait(*view.Duty):
			return store.Effects{}, errTooOften
		}
		until := r.o.Calendar.AddWorkdays(r.o.Calendar.Date(view.Now), days).At(r.o.Config.Reminders.At, r.o.Calendar.Location())
		return store.Effects{
			Snooze: &store.Snooze{Until: until}, UseUp: true,
			Journal: []store.Line{{Action: "case.snoozed", Person: v.Person, About: ref, Outcome: "ok"}},
		}, nil
	})
	if errors.Is(err, errTooOften) {
		return x.refuse(ctx, "remind.later.toooften")
	}
	return x.notice("remind.later.done", nil), err
}

// refuse says why in the form, which stays open and counts it (D8).
func (x act) refuse(ctx context.Context, id string) (adapters.Answer, error) {
	return adapters.Answer{Errors: map[string]string{"": x.r.say(x.m.Lang, id, nil)}}, x.r.o.Store.Fail(ctx, x.token)
}

func one(m adapters.Message, field string) string {
	if vs := m.Filled.Values[field]; len(vs) > 0 {
		return vs[0].Reveal()
	}
	return ""
}
