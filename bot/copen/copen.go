// Package copen is the half-yearly meeting of the aandachtsfunctionarissen of
// the municipalities in the Copen area (policy 3.1, T10): it plans the meeting,
// invites, reminds, brings the figures, and follows up what was agreed. What is
// owed when is Planner; what a notice says, Deliver; the coördinator works on
// it in a window of his own. It belongs to him: nobody else changes a date.
//
// Figures are made in bot/figures, invitations written by adapters/mail: run.go
// hands both in. Nothing here is about a signal.
package copen

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// Options are what a Copen works with; every field but Pages and Pack is
// needed.
type Options struct {
	Store    *store.Store
	Config   config.Config
	Calendar *config.Calendar
	Texts    *config.Texts
	Senders  map[string]adapters.Sender // by platform
	Pages    map[string]adapters.Pages  // by platform; none where the bot has no page
	// Coordinator says whether somebody is a coördinator at this moment: by
	// the configuration and as a member of the desk's channel (DESIGN 6).
	Coordinator func(ctx context.Context, who adapters.Address) (bool, error)
	// Coordinators are those who are told what the coördinator must do.
	Coordinators func(ctx context.Context) ([]store.Person, error)
	// Invitation writes a meeting as a file for a calendar.
	Invitation func(Event) adapters.File
	// Pack makes the masked figures of a half-year (store.Period) as a page;
	// nil as long as nobody makes figures. Where a person can do something
	// about an error, it is Told.
	Pack func(ctx context.Context, period, lang string) (html []byte, name string, err error)
	Now  func() time.Time
	Log  *slog.Logger
}

// Event is a meeting as a calendar keeps it; run.go maps it to mail.Event.
type Event struct {
	UID        string
	Sequence   int
	Stamp      time.Time
	Start, End time.Time
	Summary    string
	About      string
	Place      string
	Attendee   string // a mail address; "" is somebody in the chat
	Cancelled  bool
}

// Copen is safe for concurrent use.
type Copen struct {
	o    Options
	plan Planner
}

// New returns a Copen for the configured participants.
func New(o Options) *Copen {
	return &Copen{o: o, plan: Planner{Config: o.Config.Copen, Calendar: o.Calendar}}
}

// Prefix begins every token of this package, so that run.go can tell its
// presses from others. It is no secret.
const Prefix = "copen-"

// PressOpen is the press that opens the coördinator's window, from any message.
// It is no secret: who may is looked at anew.
const PressOpen = Prefix + "open"

// Mine reports whether a message is for the meeting: a press or form of its
// own, or the word that opens the coördinator's window.
func (c *Copen) Mine(m adapters.Message) bool {
	return strings.HasPrefix(m.Press, Prefix) || m.Filled != nil && strings.HasPrefix(m.Filled.Token, Prefix) || asks(m)
}

// asks reports whether somebody types the word in his own dialogue.
func asks(m adapters.Message) bool {
	return m.Direct && m.Filled == nil && m.Press == "" && strings.EqualFold(strings.TrimSpace(m.Text.Reveal()), "copen")
}

var (
	_ adapters.Handler = (*Copen)(nil)
	_ adapters.Files   = (*Copen)(nil)
)

// Early is for reporters only.
func (c *Copen) Early(adapters.Message) *adapters.Reply { return nil }

// Handle takes one act of the coördinator or of a participant. Whoever is
// neither, whatever he sends, reads the same "niet gevonden", and leaves a
// journal line.
func (c *Copen) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	a, err := c.act(ctx, m)
	var no told
	switch {
	case errors.Is(err, store.ErrNotFound):
		if err := c.journal(ctx, refusal(m.From)); err != nil {
			c.o.Log.Error("copen: refusal not journaled", "err", err)
		}
		return said(m, c.say(m.Lang, "copen.notfound", nil)), nil
	case errors.As(err, &no):
		if m.Filled != nil {
			err = c.o.Store.Fail(ctx, m.Filled.Token) // one that was refused too often is dead (D8)
		} else {
			err = nil
		}
		return said(m, no.text), err
	case err != nil:
		if ctx.Err() == nil {
			c.o.Log.Error("copen: act failed", "platform", m.From.Platform, "err", err)
		}
		return said(m, c.say(m.Lang, "copen.failed", nil)), err
	}
	return a, nil
}

// said is an answer in words: in the form, where there is one.
func said(m adapters.Message, text string) adapters.Answer {
	a := adapters.Answer{Notice: text}
	if m.Filled != nil {
		a.Errors = map[string]string{"": text}
	}
	return a
}

// told ends a turn that writes nothing, with words for who acts.
type told struct{ text string }

// Told ends what somebody asked for with words for him.
func Told(text string) error { return told{text} }

func (t told) Error() string { return "copen: refused in words" }

// refusal is the line that somebody without the right leaves.
func refusal(who adapters.Address) store.Line {
	return store.Line{Action: "copen.refused", Person: private.New(who.Key()), Outcome: "refused"}
}

func (c *Copen) journal(ctx context.Context, l store.Line) error {
	_, err := c.o.Store.Turn(ctx, store.Event{}, func(store.View) (store.Effects, error) {
		return store.Effects{Journal: []store.Line{l}}, nil
	})
	return err
}

// Sweep looks at what is owed at now, and plans it. Every replica may do it, as
// often as it likes: the state and its notices are written in one turn.
func (c *Copen) Sweep(ctx context.Context, now time.Time) error {
	_, err := c.o.Store.Turn(ctx, store.Event{Registers: []string{register}}, func(v store.View) (store.Effects, error) {
		s, err := read(v.Registers[register])
		if err != nil {
			return store.Effects{}, err
		}
		after, owed := c.plan.Plan(s, now)
		e := store.Effects{Notices: owed}
		before, err := s.write()
		if err != nil {
			return store.Effects{}, err
		}
		if e.Registers, err = after.write(); err != nil || before[register] == e.Registers[register] {
			e.Registers = nil // nothing changed
		}
		return e, err
	})
	return err
}

// state is what is kept now.
func (c *Copen) state(ctx context.Context) (State, error) {
	body, err := c.o.Store.Register(ctx, register)
	if err != nil {
		return State{}, err
	}
	return read(body)
}

func (c *Copen) say(lang, id string, args map[string]any) string {
	return c.o.Texts.Say(cmp.Or(lang, c.o.Config.Municipality.Language), id, args)
}

// participant is the one who has this address.
func (c *Copen) participant(who adapters.Address) (config.Participant, bool) {
	for _, p := range c.o.Config.Copen.Participants {
		if p.Person != "" && string(p.Person) == who.Key() {
			return p, true
		}
	}
	return config.Participant{}, false
}
