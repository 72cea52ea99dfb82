package mattermost

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// Room says who reads the desk's channel, or who a person is, asked of the server
// now. The channel is private when it is of that type and shared with no other
// server; one that is archived or that the bot is not in is ErrGone, and so is
// who was deactivated.
func (a *Adapter) Room(ctx context.Context, at adapters.Address) (adapters.Room, error) {
	room, err := a.room(ctx, at)
	if err != nil {
		return adapters.Room{}, fmt.Errorf("mattermost: room: %w", err)
	}
	return room, nil
}

func (a *Adapter) room(ctx context.Context, at adapters.Address) (room adapters.Room, err error) {
	id := at.ID.Reveal()
	if at.Platform != Platform || !model.IsValidId(id) {
		return room, adapters.ErrGone
	}
	if id != a.opt.Channel {
		who, err := a.people.fresh(ctx, id)
		if err == nil && who.Gone {
			err = adapters.ErrGone
		}
		if err != nil {
			return room, err
		}
		return adapters.Room{Private: true, Members: []adapters.Member{{Address: at, Guest: who.Guest, Bot: who.Bot}}}, nil
	}
	me, err := a.people.me(ctx)
	if err != nil {
		return room, err
	}
	c, res, err := a.client.GetChannel(ctx, id)
	if err = failed("look at the channel", res, err); refused(err) {
		return room, fmt.Errorf("%w: %w", adapters.ErrGone, err)
	}
	if err != nil {
		return room, err
	}
	if c.DeleteAt != 0 {
		return room, fmt.Errorf("%w: the channel is archived", adapters.ErrGone)
	}
	room.Private = c.Type == model.ChannelTypePrivate && !c.IsShared()
	ids, err := a.members(ctx, id)
	if err != nil {
		return room, err
	}
	for part := range slices.Chunk(ids, page) {
		users, res, err := a.client.GetUsersByIds(ctx, part)
		if err != nil {
			return room, failed("look at the members", res, err)
		}
		if len(users) != len(part) {
			return room, errors.New("not known who is in the channel")
		}
		for _, u := range users {
			if who := newPerson(u); who.ID != me.ID {
				room.Members = append(room.Members, adapters.Member{
					Address: adapters.NewAddress(Platform, who.ID), Guest: who.Guest, Bot: who.Bot,
				})
			}
		}
	}
	return room, nil
}

func (a *Adapter) members(ctx context.Context, channel string) ([]string, error) {
	var ids []string
	for n := 0; ; n++ {
		part, res, err := a.client.GetChannelMembers(ctx, channel, n, page, "")
		if err != nil {
			return nil, failed("list the members", res, err)
		}
		for _, m := range part {
			ids = append(ids, m.UserId)
		}
		if len(part) < page {
			return ids, nil
		}
	}
}

// concerns reports whether an event may have changed who reads the desk's
// channel, or what it is.
func (r *run) concerns(ev *model.WebSocketEvent) bool {
	if r.opt.Channel == "" {
		return false
	}
	data := ev.GetData()
	text := func(name string) string { s, _ := data[name].(string); return s }
	here := ev.GetBroadcast().ChannelId == r.opt.Channel || text("channel_id") == r.opt.Channel
	switch ev.EventType() {
	case model.WebsocketEventUserAdded, model.WebsocketEventUserRemoved, model.WebsocketEventChannelUpdated,
		model.WebsocketEventChannelConverted, model.WebsocketEventChannelDeleted, model.WebsocketEventChannelRestored,
		model.WebsocketEventChannelMemberUpdated:
		return here
	case model.WebsocketEventUserUpdated, model.WebsocketEventUserRoleUpdated, model.WebsocketEventGuestsDeactivated:
		if u, ok := data["user"].(map[string]any); ok {
			id, _ := u["id"].(string)
			r.people.forget(id)
		}
		return true
	default:
		return false
	}
}
