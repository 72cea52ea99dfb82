package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// How long what is known of a person counts: while he talks with the bot, and
// when it is asked who reads a room.
const (
	knownTalking = 10 * time.Minute
	knownReading = time.Minute
)

// person is what Slack tells of somebody.
type person struct {
	name, lang       string
	guest, bot, gone bool
	at               time.Time
}

// people remembers them for a while.
type people struct {
	a     *Adapter
	mu    sync.Mutex
	known map[string]person
}

// get looks somebody up, unless what is known is not older than age.
func (p *people) get(ctx context.Context, id string, age time.Duration) (person, error) {
	p.mu.Lock()
	got, ok := p.known[id]
	p.mu.Unlock()
	if ok && p.a.opt.Now().Sub(got.at) < age {
		return got, nil
	}
	var u *slack.User
	err := p.a.call(ctx, "users.info", func(ctx context.Context) (err error) {
		u, err = p.a.api.GetUserInfoContext(ctx, id)
		return err
	})
	if err != nil {
		return got, err
	}
	got = person{
		name: u.RealName, bot: u.IsBot, gone: u.Deleted, at: p.a.opt.Now(),
		guest: u.IsRestricted || u.IsUltraRestricted || u.IsStranger,
	}
	for _, lang := range []string{"nl", "en"} {
		if strings.HasPrefix(u.Locale, lang) {
			got.lang = lang
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[id] = got
	return got, nil
}

// lang is a person's language, as far as it is known or can be learned.
func (p *people) lang(ctx context.Context, id string) string {
	got, _ := p.get(ctx, id, knownTalking)
	return cmp.Or(got.lang, p.a.opt.Lang)
}

// Room looks afresh at who reads a channel, or who a person is. A channel that is shared with others
// is not private; of a public one nothing more is told. It returns ErrGone for one that the bot is not in, or that is
// archived, and for who left the workspace.
func (a *Adapter) Room(ctx context.Context, at adapters.Address) (adapters.Room, error) {
	room, err := a.room(ctx, at)
	if err != nil {
		return adapters.Room{}, fmt.Errorf("slack: room: %w", err)
	}
	return room, nil
}

func (a *Adapter) room(ctx context.Context, at adapters.Address) (adapters.Room, error) {
	id := at.ID.Reveal()
	if at.Platform != Platform || id == "" {
		return adapters.Room{}, adapters.ErrGone
	}
	if isUser(id) {
		p, err := a.people.get(ctx, id, knownReading)
		if err == nil && p.gone {
			err = adapters.ErrGone
		}
		return adapters.Room{Private: true, Members: []adapters.Member{{Address: at, Guest: p.guest, Bot: p.bot}}}, err
	}
	self, err := a.who(ctx)
	if err != nil {
		return adapters.Room{}, err
	}
	var c *slack.Channel
	err = a.call(ctx, "conversations.info", func(ctx context.Context) (err error) {
		c, err = a.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
		return err
	})
	switch {
	case public(err):
		return adapters.Room{}, nil
	case failed(err, []string{"channel_not_found", "not_in_channel"}):
		return adapters.Room{}, fmt.Errorf("%w: %w", adapters.ErrGone, err)
	case err != nil:
		return adapters.Room{}, err
	case c.IsArchived || !c.IsMember:
		return adapters.Room{}, fmt.Errorf("%w: archived %v, member %v", adapters.ErrGone, c.IsArchived, c.IsMember)
	}
	room := adapters.Room{Private: c.IsPrivate && !c.IsShared && !c.IsExtShared && !c.IsOrgShared && !c.IsPendingExtShared}
	ids, err := a.members(ctx, id)
	if err != nil {
		return adapters.Room{}, err
	}
	for _, m := range ids {
		if m == self.user {
			continue
		}
		p, err := a.people.get(ctx, m, knownReading)
		if err != nil {
			return adapters.Room{}, err
		}
		if !p.gone {
			room.Members = append(room.Members, adapters.Member{Address: address(m), Guest: p.guest, Bot: p.bot})
		}
	}
	return room, nil
}

// public reports whether Slack did not tell of a channel because it is public:
// the bot may look at private ones only.
func public(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.code == "missing_scope" && strings.Contains(f.needed, "channels:read")
}

func (a *Adapter) members(ctx context.Context, channel string) ([]string, error) {
	var all []string
	in := &slack.GetUsersInConversationParameters{ChannelID: channel, Limit: 200}
	for {
		var page []string
		err := a.call(ctx, "conversations.members", func(ctx context.Context) (err error) {
			page, in.Cursor, err = a.api.GetUsersInConversationContext(ctx, in)
			return err
		})
		all = append(all, page...)
		if err != nil || in.Cursor == "" {
			return all, err
		}
	}
}
