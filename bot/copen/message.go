package copen

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// The kinds of press under a message, each with the number of its notice.
const (
	pressPoll   = "poll"   // which dates suit you?
	pressTalk   = "talk"   // what do you want to speak about?
	pressDate   = "date"   // the meeting, for a calendar
	pressPack   = "pack"   // the figures
	pressReport = "report" // minutes and actions
	pressDone   = "done"   // actions that are done
)

// presses are the buttons of a message in the chat, by kind of notice.
var presses = map[string][]string{
	KindPoll: {pressPoll}, KindInvite: {pressDate}, KindAsk: {pressTalk, pressDate}, KindRemind: {pressTalk, pressDate},
	KindShare: {pressPack}, KindReport: {pressReport}, KindAction: {pressDone},
}

// message is what a notice says to one reader: a date, and how to go on.
func (c *Copen) message(ctx context.Context, s State, m *Meeting, n store.Notice, r reader) (adapters.Reply, []adapters.File, error) {
	reply := adapters.Reply{Key: key(n), Text: c.text(s, m, n, r), Urgent: n.Kind == KindGap}
	if r.mail() {
		files, err := c.attached(ctx, m, n, r)
		return reply, files, err
	}
	kinds := presses[n.Kind]
	if r.coordinator {
		reply.Choices = append(reply.Choices, c.opener(""))
		if r.name == "" {
			kinds = nil // he is asked nothing, he works on it
		}
	}
	for _, kind := range kinds {
		tk, err := c.press(ctx, kind, n, r)
		if err != nil {
			return reply, nil, err
		}
		ch := adapters.Choice{Token: tk, Label: c.say("", "copen.press."+kind, nil)}
		if len(reply.Choices) == 0 {
			ch.Tone = adapters.ToneMain
		}
		reply.Choices = append(reply.Choices, ch)
	}
	return reply, nil, nil
}

// text is the words of a notice. By mail a reader cannot press: he reads whom to
// tell.
func (c *Copen) text(s State, m *Meeting, n store.Notice, r reader) string {
	lang := c.o.Config.Municipality.Language
	at := m.At
	if n.Kind == KindCancel {
		at = cancelled(m, n.N).At
	}
	planned := c.plan.Planned(m.Fire)
	args := map[string]any{
		"Date": c.o.Calendar.Moment(lang, at), "Planned": c.o.Calendar.Day(lang, planned), "Place": c.place(),
		"Days": c.o.Config.Copen.AlarmDays, "Count": len(mine(due(s, c.o.Now()), r)), "Dates": c.dates(lang, m.Dates),
		"Left": c.left(lang, at), "Municipality": c.o.Config.Municipality.Name,
	}
	kind := n.Kind
	if kind == KindAsk && r.name == "" {
		kind = KindRemind // he is asked nothing
	}
	id := "copen.m." + strings.TrimPrefix(kind, "copen-")
	switch {
	case n.Kind == KindInvite && m.Sequence > 0:
		id += ".again"
	case n.Kind == KindPlan && len(m.Cancels) > 0:
		id += ".again"
	}
	if r.mail() && r.name != "" {
		id += ".mail"
	}
	text := c.say(lang, id, args)
	if kind == KindAsk {
		which := "copen.m.figures.csv"
		if r.bot {
			which = "copen.m.figures.bot"
		}
		text += "\n\n" + c.say(lang, which, nil)
	}
	return text
}

// mine are the actions of a reader; a coördinator looks after all of them.
func mine(all []Action, r reader) []Action {
	var out []Action
	for _, a := range all {
		if r.coordinator || a.Owner == r.name {
			out = append(out, a)
		}
	}
	return out
}

// left is how long it still takes, in words that fit the day.
func (c *Copen) left(lang string, at time.Time) string {
	days := 0
	for d, end := c.o.Calendar.Date(c.o.Now()), c.o.Calendar.Date(at); d.Compare(end) < 0 && days < 400; d = d.Add(1) {
		days++
	}
	switch {
	case days == 0:
		return c.say(lang, "copen.left.today", nil)
	case days == 1:
		return c.say(lang, "copen.left.tomorrow", nil)
	case days >= 14:
		return c.say(lang, "copen.left.weeks", map[string]any{"Count": days / 7})
	}
	return c.say(lang, "copen.left.days", map[string]any{"Count": days})
}

// dates is a list of moments.
func (c *Copen) dates(lang string, all []time.Time) string {
	text := ""
	for _, at := range all {
		text += "\n- " + c.o.Calendar.Moment(lang, at)
	}
	return text
}

// place is where the meeting is, in words when nobody said.
func (c *Copen) place() string {
	if p := c.o.Config.Copen.Place; p != "" {
		return p
	}
	return c.say("", "copen.place.none", nil)
}

// attached are the files of a mail: the invitation, or the figures.
func (c *Copen) attached(ctx context.Context, m *Meeting, n store.Notice, r reader) ([]adapters.File, error) {
	switch n.Kind {
	case KindInvite, KindCancel:
		e := c.event(m, r)
		if n.Kind == KindCancel {
			x := cancelled(m, n.N)
			e.UID, e.Sequence, e.Stamp = uid(m, x.Round), x.Sequence, x.Stamp
			e.Start, e.End, e.Cancelled = x.At, x.At.Add(c.o.Config.Copen.Length.Duration()), true
		}
		return []adapters.File{c.o.Invitation(e)}, nil
	case KindShare:
		f, err := c.pack(ctx, "")
		if err != nil {
			return nil, err
		}
		return []adapters.File{f}, nil
	}
	return nil, nil
}

// event is the meeting for a reader's calendar.
func (c *Copen) event(m *Meeting, r reader) Event {
	lang := c.o.Config.Municipality.Language
	e := Event{
		UID: uid(m, m.Round), Sequence: m.Sequence, Stamp: m.Set, Start: m.At, End: m.At.Add(c.o.Config.Copen.Length.Duration()),
		Summary: c.say(lang, "copen.title", nil), About: c.agenda(lang), Place: c.o.Config.Copen.Place,
	}
	if r.mail() {
		e.Attendee = r.address.ID.Reveal()
	}
	return e
}

// uid names the meeting to a calendar: another name after it was called off.
func uid(m *Meeting, round int) string { return fmt.Sprintf("%s-%d", m.ID, round) }

// agenda is what DECISIONS D proposes to speak about.
func (c *Copen) agenda(lang string) string { return c.say(lang, "copen.agenda", nil) }

// pack is the figures of the last half-year that is over.
func (c *Copen) pack(ctx context.Context, lang string) (adapters.File, error) {
	if c.o.Pack == nil {
		return adapters.File{}, store.ErrNotFound
	}
	html, name, err := c.o.Pack(ctx, store.Period(c.o.Now().AddDate(0, -6, 0)), cmp.Or(lang, c.o.Config.Municipality.Language))
	if err != nil {
		return adapters.File{}, fmt.Errorf("copen: figures: %w", err)
	}
	return adapters.File{Name: name, Type: "text/html; charset=utf-8", Body: private.New(string(html))}, nil
}
