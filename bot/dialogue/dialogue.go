// Package dialogue leads an employee through a flow: a message comes in, the
// flow takes a step, the step is committed, and only then is the next question
// shown. What is asked stands in flows/intake; what is said around it in the
// catalogs. The desk's side of a signal is in bot/desk, what is owed later in
// bot/reminder.
package dialogue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// Options are what a Dialogue works with; every field is needed.
type Options struct {
	Store    *store.Store
	Config   config.Config
	Calendar *config.Calendar
	Texts    *config.Texts
	Senders  map[string]adapters.Sender // by platform
	Desk     Desk
	Now      func() time.Time
	Log      *slog.Logger
}

// Desk is what a dialogue needs of the aandachtsfunctionarissen's side, for a
// signal that one of them enters.
type Desk interface {
	// Reads reports whether somebody may read signals now.
	Reads(ctx context.Context, who adapters.Address) (bool, error)
	// Entered shows a signal to the officer who just entered it, in his own
	// dialogue.
	Entered(ctx context.Context, ref store.Reference, who, at adapters.Address, lang string) error
}

// Dialogue is the bot as employees know it. It is safe for concurrent use.
type Dialogue struct {
	o     Options
	book  *book
	shown *shown
	given map[string]map[string]any // by language: what every text may name
}

// New builds the flows of the configuration, keeps them in the store for the
// sessions that begin with them (D17), and returns a Dialogue.
func New(ctx context.Context, o Options) (*Dialogue, error) {
	b, err := newBook(ctx, o.Store, o.Config)
	if err != nil {
		return nil, err
	}
	d := &Dialogue{o: o, book: b, shown: &shown{}}
	d.given = map[string]map[string]any{"nl": d.give("nl"), "en": d.give("en")}
	return d, nil
}

var _ adapters.Handler = (*Dialogue)(nil)

// Early shows 112 before anything is stored (P39).
func (d *Dialogue) Early(m adapters.Message) *adapters.Reply {
	if !m.Direct {
		return nil
	}
	c, _ := command(m.Text.Reveal())
	if m.Press != adapters.TokenDanger && c != cmdDanger {
		return nil
	}
	lang := d.lang(m)
	return &adapters.Reply{Key: "112." + m.ID, Text: d.say(lang, "d.112", nil), Urgent: true}
}

// lang is the language of a message when nothing else can be looked up.
func (d *Dialogue) lang(m adapters.Message) string {
	if m.Lang != "" {
		return m.Lang
	}
	return d.o.Config.Municipality.Language
}

// attempts bounds how often a turn is computed anew because it turned out to
// need a flow or a signal that was not loaded.
const attempts = 4

// Handle takes one message: one durable turn, then what is shown.
func (d *Dialogue) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	if !m.Direct {
		return d.public(ctx, m)
	}
	ev := store.Event{ID: m.From.Platform + "/" + m.ID, Person: person(m.From)}
	var t *turn
	var reads right
	for range attempts {
		out, err := d.o.Store.Turn(ctx, ev, func(v store.View) (store.Effects, error) {
			t = d.turn(v, m)
			t.reads = reads
			return t.run()
		})
		var need needs
		switch {
		case errors.As(err, &need) && need.right:
			if reads, err = d.right(ctx, m.From); err != nil {
				return d.failed(ctx, m, err)
			}
			continue
		case errors.As(err, &need):
			if err := d.fetch(ctx, need, &ev); err != nil {
				return d.failed(ctx, m, err)
			}
			continue
		case errors.Is(err, errRefused):
			// Nothing was written: what could not be said is no answer, and
			// the event can be brought again.
			if err := d.show(ctx, m, t); err != nil && !errors.Is(err, adapters.ErrGone) {
				return d.failed(ctx, m, err)
			}
			return t.answer, nil
		case err != nil:
			return d.failed(ctx, m, err)
		case out.Duplicate:
			return d.again(ctx, m)
		}
		d.receipt(ctx, t, out.Ref)
		if err := d.show(ctx, m, t); err != nil {
			// It is committed: Resume shows it later (D2).
			d.o.Log.Warn("dialogue: not shown", "platform", m.At.Platform, "err", err)
		}
		return t.answer, nil
	}
	return d.failed(ctx, m, fmt.Errorf("dialogue: turn did not settle"))
}

// receipt shows the receipt of a signal that was just filed, before what is
// asked next. It is owed as a notice too: this is only sooner, and visible once.
// The officer who entered one is shown its reference instead.
func (d *Dialogue) receipt(ctx context.Context, t *turn, filed store.Reference) {
	if filed == "" {
		return
	}
	var err error
	if t.effects.File.Read {
		err = d.o.Desk.Entered(ctx, filed, t.m.From, t.m.At, t.lang)
	} else {
		err = d.Deliver(ctx, store.Notice{NoticeID: store.NoticeID{Kind: KindReceipt, About: filed, N: 1}, To: store.ToReporter})
	}
	if err != nil {
		d.o.Log.Warn("dialogue: receipt not shown yet", "about", filed, "err", err)
	}
}

// needs is what a turn found missing: it is loaded and the turn runs again.
type needs struct {
	flow   string       // version
	number store.Number // a signal of the reporter's own
	right  bool         // whether he may read signals
	team   bool         // who of the desk left
}

func (needs) Error() string { return "dialogue: more is needed" }

// errRefused ends a turn that writes nothing: what it says is still said.
var errRefused = errors.New("dialogue: refused")

// fetch loads what a turn was missing.
func (d *Dialogue) fetch(ctx context.Context, n needs, ev *store.Event) error {
	switch {
	case n.flow != "":
		return d.book.fetch(ctx, n.flow)
	case n.team:
		ev.Registers = []string{roster.Register}
		return nil
	}
	own, err := d.o.Store.Mine(ctx, ev.Person)
	if err != nil {
		return err
	}
	for _, o := range own {
		if o.Number == n.number || n.number == latest {
			ev.Signal, ev.AsReporter = o.Ref, true
			return nil
		}
	}
	return store.ErrNotFound
}

// latest asks fetch for the reporter's newest signal.
const latest store.Number = "latest"

// show sends what a turn says, after its commit.
func (d *Dialogue) show(ctx context.Context, m adapters.Message, t *turn) error {
	if t.effects.End {
		d.shown.forget(person(m.From))
	}
	if t.after != nil {
		if err := t.after(ctx, t); err != nil {
			return err
		}
	}
	// Whoever has no dialogue can always begin one.
	if last := len(t.say) - 1; last >= 0 && t.flow == nil && len(t.say[last].Choices) == 0 && !d.nobody() {
		t.say[last].Choices = d.begin(t.lang)
	}
	for _, r := range t.say {
		if err := d.send(ctx, m.At, r); err != nil {
			return err
		}
	}
	if s := t.effects.Session; s != nil {
		d.shown.mark(person(m.From), s.Rev)
	}
	return nil
}

func (d *Dialogue) send(ctx context.Context, to adapters.Address, r adapters.Reply) error {
	s, ok := d.o.Senders[to.Platform]
	if !ok {
		return fmt.Errorf("dialogue: no platform %q: %w", to.Platform, adapters.ErrGone)
	}
	return s.Send(ctx, to, r)
}

// again answers an event that was taken before: the current question is shown
// once more under its own key, which is visible once (D2).
func (d *Dialogue) again(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	s, err := d.o.Store.Session(ctx, person(m.From))
	if errors.Is(err, store.ErrNotFound) || err == nil && s.Rev == 0 {
		return adapters.Answer{Notice: d.say(d.lang(m), "d.ended", nil)}, nil
	}
	if err != nil {
		return d.failed(ctx, m, err)
	}
	sc, err := d.current(ctx, s)
	if err != nil {
		return d.failed(ctx, m, err)
	}
	if err := d.send(ctx, m.At, sc.reply); err != nil {
		d.o.Log.Warn("dialogue: not shown", "platform", m.At.Platform, "err", err)
	}
	return adapters.Answer{Form: sc.form}, nil
}

// failed tells in words that nothing was taken, 112 first, and lets the
// platform bring the event again.
func (d *Dialogue) failed(ctx context.Context, m adapters.Message, err error) (adapters.Answer, error) {
	lang := d.lang(m)
	a := adapters.Answer{Notice: d.say(lang, "d.failed", nil)}
	if errors.Is(err, store.ErrNotFound) {
		a.Notice = d.say(lang, "d.unknownref", nil)
		return a, nil
	}
	if m.Filled != nil {
		a.Errors = map[string]string{"": a.Notice}
	}
	if ctx.Err() == nil {
		d.o.Log.Error("dialogue: turn failed", "platform", m.From.Platform, "err", err)
	}
	return a, err
}

// public answers what was typed where others read along: in a direct message,
// without taking it in (DECISIONS A).
func (d *Dialogue) public(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	if m.Text.Empty() && m.Files == 0 {
		return adapters.Answer{}, nil
	}
	lang := d.lang(m)
	text := d.say(lang, "d.public", nil)
	err := d.send(ctx, m.From, adapters.Reply{Key: "public." + m.ID, Text: text, Choices: d.begin(lang)})
	if errors.Is(err, adapters.ErrGone) {
		err = nil
	}
	return adapters.Answer{Notice: text}, err
}
