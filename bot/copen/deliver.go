package copen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// pressLife is how long the button of a message works: until after the meeting
// that follows.
const pressLife = 365 * day

// mailPlatform is where those are who are not in the chat.
const mailPlatform = "mail"

// Deliver sends a notice, if it is still owed: what was done meanwhile is not
// asked any more.
func (c *Copen) Deliver(ctx context.Context, n store.Notice) error {
	s, err := c.state(ctx)
	if err != nil {
		return err
	}
	m := s.find(n.About)
	if m == nil {
		if n.About != register {
			return nil // no longer remembered
		}
		m = &Meeting{}
	}
	if !c.owed(s, m, n) {
		return nil
	}
	to, err := c.readers(ctx, s, n)
	if err != nil {
		return err
	}
	return c.toEach(ctx, n, to, func(r reader) (adapters.Reply, []adapters.File, error) {
		return c.message(ctx, s, m, n, r)
	})
}

// Caused reports whether a notice is of what a coördinator just did. All others
// follow from the schedule, and are sent when people work.
func Caused(n store.Notice) bool {
	switch n.Kind {
	case KindPoll, KindShare, KindReport, KindInvite, KindCancel:
		return true
	}
	return false
}

// owed reports whether a notice still has a reason.
func (c *Copen) owed(s State, m *Meeting, n store.Notice) bool {
	now := c.o.Now()
	switch n.Kind {
	case KindPlan:
		return m.At.IsZero() && !m.Dropped && version(n) == m.Version
	case KindPoll:
		return m.At.IsZero() && n.N == m.Poll && len(m.Dates) > 0
	case KindInvite:
		return !m.At.IsZero() && n.N == m.Version
	case KindCancel:
		return cancelled(m, n.N) != nil
	case KindAsk:
		return now.Before(m.At)
	case KindRemind:
		return version(n) == m.Version && now.Before(m.At)
	case KindMinutes:
		return version(n) == m.Version && m.Held.IsZero()
	case KindReport:
		return n.N == m.Report
	case KindPack, KindShare:
		return !m.At.IsZero()
	case KindAction:
		return len(due(s, now)) > 0
	}
	return true
}

// cancelled is the date that was called off in a version.
func cancelled(m *Meeting, version int) *Cancel {
	for i := range m.Cancels {
		if m.Cancels[i].Version == version {
			return &m.Cancels[i]
		}
	}
	return nil
}

// due are the open actions whose day has come.
func due(s State, now time.Time) []Action {
	return slices.DeleteFunc(s.open(), func(a Action) bool { return a.Due.After(now) })
}

// reader is somebody that a notice goes to.
type reader struct {
	address     adapters.Address
	name        string // as a participant; "" for who is none
	place       string // his municipality
	coordinator bool
	bot         bool // his municipality has this bot too
}

func (r reader) mail() bool { return r.address.Platform == mailPlatform }

// readers are those whom a notice is for: coördinatoren, participants, or both;
// of actions, those who have one.
func (c *Copen) readers(ctx context.Context, s State, n store.Notice) ([]reader, error) {
	var out []reader
	add := func(who string, r reader) {
		to, err := adapters.ParseAddress(who)
		if err != nil {
			return // still to fill in
		}
		r.address = to
		for i := range out {
			if out[i].address == to {
				out[i].coordinator = out[i].coordinator || r.coordinator
				return
			}
		}
		out = append(out, r)
	}
	owes := map[string]bool{}
	for _, a := range due(s, c.o.Now()) {
		owes[a.Owner] = true
	}
	for _, p := range c.o.Config.Copen.Participants {
		switch n.Kind {
		case KindPlan, KindPack, KindMinutes, KindGap:
			continue
		case KindAction:
			if !owes[p.Full()] {
				continue
			}
		}
		add(string(p.Person), reader{name: p.Full(), place: p.Municipality, bot: p.Bot})
	}
	if Caused(n) {
		return out, nil
	}
	all, err := c.o.Coordinators(ctx)
	for _, p := range all {
		add(p.Reveal(), reader{coordinator: true})
	}
	return out, err
}

// toEach sends to everybody. One who will never be reached is told to the
// coördinatoren, once; for any other the notice is tried again, and who has it
// already sees it once.
func (c *Copen) toEach(ctx context.Context, n store.Notice, to []reader, make func(reader) (adapters.Reply, []adapters.File, error)) error {
	var failed error
	for _, r := range to {
		reply, files, err := make(r)
		if err == nil {
			err = c.send(ctx, r.address, reply, files)
		}
		if errors.Is(err, adapters.ErrGone) && !r.coordinator {
			err = c.gone(ctx, n, r)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// gone tells the coördinatoren that a participant has no mailbox or seat any
// more: nobody is left hanging.
func (c *Copen) gone(ctx context.Context, n store.Notice, r reader) error {
	all, failed := c.o.Coordinators(ctx)
	for _, p := range all {
		to, err := adapters.ParseAddress(p.Reveal())
		if err == nil {
			err = c.send(ctx, to, adapters.Reply{
				Key: "gone." + key(n) + "." + r.name, Text: c.say("", "copen.m.gone", map[string]any{"Municipality": r.place}),
			}, nil)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

func (c *Copen) send(ctx context.Context, to adapters.Address, r adapters.Reply, files []adapters.File) error {
	s, ok := c.o.Senders[to.Platform]
	if !ok {
		return fmt.Errorf("copen: no platform %q: %w", to.Platform, adapters.ErrGone)
	}
	if a, ok := s.(adapters.Attacher); ok && len(files) > 0 {
		return a.SendFiles(ctx, to, r, files...)
	}
	return s.Send(ctx, to, r)
}

// press makes the capability behind a button of a message: for its reader, and
// the same at every try.
func (c *Copen) press(ctx context.Context, kind string, n store.Notice, r reader) (string, error) {
	return c.o.Store.Press(ctx, store.Token{
		ID: Prefix, Kind: kind + "." + strconv.Itoa(n.N), About: n.About, Person: private.New(r.address.Key()),
		Expires: c.o.Now().Add(pressLife), Keep: true,
	})
}
