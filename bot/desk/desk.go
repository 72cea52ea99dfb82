// Package desk is the aandachtsfunctionaris at work: the card of a new signal
// in the private channel, the case in a window of his own, and what he does
// with it. Rights are checked at every act: the configuration's lists and
// membership of the channel, both (DESIGN 6). What is owed and when it is sent
// is in bot/reminder; the reporter's side is in bot/dialogue.
package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// Options are what a Desk works with; every field but Pages, Pictures and
// Alarms is needed.
type Options struct {
	Store    *store.Store
	Config   config.Config
	Calendar *config.Calendar
	Texts    *config.Texts
	Senders  map[string]adapters.Sender   // by platform
	Rooms    map[string]adapters.Rooms    // by platform
	Pages    map[string]adapters.Pages    // by platform; none where the bot has no page
	Pictures map[string]adapters.Pictures // by platform; none where a chat shows none
	Rights   Screen                       // the review of rights (P16)
	Figures  Figures
	Training Training
	// Copen is the press that opens the window of the Copen meeting, which is the
	// coördinator's too.
	Copen string
	// Alarms are where an alarm goes besides the chat (D15); there may be none.
	Alarms []adapters.Address
	Now    func() time.Time
	Log    *slog.Logger
}

// Desk is safe for concurrent use.
type Desk struct {
	o       Options
	channel adapters.Address
}

// New returns a Desk for the configured channel.
func New(o Options) (*Desk, error) {
	ch, err := adapters.ParseAddress(string(o.Config.Desk.Channel))
	if err != nil {
		return nil, fmt.Errorf("desk: channel: %w", err)
	}
	return &Desk{o: o, channel: ch}, nil
}

// Prefix begins every token of the desk, so that run.go can tell its presses
// from those of a dialogue. It is no secret.
const Prefix = "desk-"

// Mine reports whether a message is for the desk: a press or form of its own,
// or something in its channel.
func (d *Desk) Mine(m adapters.Message) bool {
	return strings.HasPrefix(m.Press, Prefix) ||
		m.Filled != nil && strings.HasPrefix(m.Filled.Token, Prefix) ||
		m.At == d.channel || d.commands(m) || d.asksAccess(m)
}

var _ adapters.Handler = (*Desk)(nil)

// Early is for reporters only.
func (d *Desk) Early(adapters.Message) *adapters.Reply { return nil }

// Handle takes one act of an officer. Whoever is not one, whatever he sends,
// reads the same "niet gevonden", and leaves a journal line.
func (d *Desk) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	var token string
	switch {
	case d.commands(m), d.asksAccess(m):
	case m.Filled != nil:
		token = m.Filled.Token
	case m.Press != "":
		token = m.Press
	default:
		return adapters.Answer{Notice: d.say(m.Lang, "desk.channel", nil)}, nil
	}
	a, err := d.act(ctx, m, token)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return d.refuse(ctx, m)
	case err != nil:
		if ctx.Err() == nil {
			d.o.Log.Error("desk: act failed", "platform", m.From.Platform, "err", err)
		}
		a.Notice = d.say(m.Lang, "desk.failed", nil)
		if m.Filled != nil {
			a.Errors = map[string]string{"": a.Notice}
		}
	}
	return a, err
}

// refuse answers everything that is not there or not his, in the same words.
func (d *Desk) refuse(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	err := d.journal(ctx, refusal(m.From))
	if err != nil {
		d.o.Log.Error("desk: refusal not journaled", "err", err)
	}
	a := adapters.Answer{Notice: d.say(m.Lang, "desk.notfound", nil)}
	if m.Filled != nil {
		a.Errors = map[string]string{"": a.Notice}
	}
	return a, nil
}

// viewer says who reads, when he may: he is listed as a reader, did not leave,
// and is a member of the channel now. ok is false for everybody else.
func (d *Desk) viewer(ctx context.Context, who adapters.Address, team roster.Roster) (store.Viewer, bool, error) {
	v, ok := d.listed(who.Key())
	if !ok || team.Left(who.Key()) {
		return v, false, nil
	}
	room, err := d.room(ctx)
	if err != nil {
		return v, false, err
	}
	for _, m := range room.Members {
		if m.Address == who && !m.Guest && !m.Bot {
			return v, true, nil
		}
	}
	return v, false, nil
}

// listed says what the configuration lets somebody read.
func (d *Desk) listed(who string) (v store.Viewer, ok bool) {
	v.Person = private.New(who)
	for _, o := range d.o.Config.Roles.Officers {
		if string(o.Person) == who {
			ok, v.All = true, v.All || o.Reads == config.ReadsAll
		}
	}
	for _, c := range d.o.Config.Roles.Coordinators {
		if string(c.Person) == who {
			ok, v.All = true, true
		}
	}
	return v, ok
}

// Coordinator reports whether somebody is coördinator at this moment, or stands
// in: listed, not gone, and a member of the channel. What is his alone asks it
// at every act.
func (d *Desk) Coordinator(ctx context.Context, who adapters.Address) (bool, error) {
	_, team, ok, err := d.reader(ctx, who)
	return ok && d.coordinates(who.Key(), team), err
}

// Coordinators are those whom a message to the coördinatoren goes to now.
func (d *Desk) Coordinators(ctx context.Context) ([]store.Person, error) {
	return d.people(ctx, store.ToCoordinators)
}

// Unfit says why the channel may not be posted in: an id in the catalogs, ""
// when it is fit (DESIGN 6, P13).
func (d *Desk) Unfit(ctx context.Context) (string, error) {
	room, err := d.room(ctx)
	if err != nil {
		return "desk.unfit.unknown", err
	}
	if !room.Private {
		return "desk.unfit.public", nil
	}
	team, err := d.team(ctx)
	if err != nil {
		return "desk.unfit.unknown", err
	}
	allowed := map[string]bool{}
	for _, r := range d.readers(team) {
		allowed[string(r.Person)] = true
	}
	for _, m := range room.Members {
		switch {
		case m.Guest:
			return "desk.unfit.guest", nil
		case m.Bot:
			return "desk.unfit.bot", nil
		case !allowed[m.Address.Key()]:
			return "desk.unfit.member", nil
		}
	}
	return "", nil
}

func (d *Desk) room(ctx context.Context) (adapters.Room, error) {
	r, ok := d.o.Rooms[d.channel.Platform]
	if !ok {
		return adapters.Room{}, fmt.Errorf("desk: platform %q cannot say who reads the channel", d.channel.Platform)
	}
	return r.Room(ctx, d.channel)
}

func (d *Desk) say(lang, id string, args map[string]any) string {
	if lang == "" {
		lang = d.o.Config.Municipality.Language
	}
	return d.o.Texts.Say(lang, id, args)
}
