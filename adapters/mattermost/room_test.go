package mattermost_test

import (
	"errors"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// The room is what the server says now: who reads it, who of those is a guest or
// a bot, and whether it is private. The bot itself is left out. Every change is
// told soon.
func TestRoom(t *testing.T) {
	t.Parallel()
	x := start(t, discard{}, nil)
	admin := x.server.Admin.Client
	at := adapters.NewAddress("mattermost", x.channel.Id)
	look := func() (members map[adapters.Address]adapters.Member, private bool) {
		t.Helper()
		room, err := x.adapter.Room(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		members = map[adapters.Address]adapters.Member{}
		for _, m := range room.Members {
			members[m.Address] = m
		}
		return members, room.Private
	}
	looked := 0
	told := func(what string, do func() error) {
		t.Helper()
		x.handler.await(t, "quiet", func() bool { looked = x.handler.looked; return looked > 0 })
		if err := do(); err != nil {
			t.Fatal(err)
		}
		x.handler.await(t, what, func() bool { return x.handler.looked > looked })
	}
	if members, private := look(); !private || len(members) != 1 {
		t.Errorf("at first: private %v, %d members", private, len(members))
	}
	guest, bot := x.server.User(t, x.team), x.server.Bot(t, x.team)
	told("a member comes", func() error { add(t, x, guest); return nil })
	told("a bot comes", func() error { add(t, x, bot); return nil })
	if _, err := admin.UpdateUserRoles(t.Context(), guest.Id, model.SystemGuestRoleId); err != nil {
		t.Fatal(err)
	}
	members, _ := look()
	if g, b := members[address(guest)], members[address(bot)]; len(members) != 3 || !g.Guest || g.Bot || !b.Bot || b.Guest {
		t.Errorf("%d members; guest %+v, bot %+v", len(members), g.Guest, b.Bot)
	}
	told("a member goes", func() error {
		_, err := admin.RemoveUserFromChannel(t.Context(), x.channel.Id, bot.Id)
		return err
	})
	told("the channel is opened", func() error {
		_, _, err := admin.UpdateChannelPrivacy(t.Context(), x.channel.Id, model.ChannelTypeOpen)
		return err
	})
	if members, private := look(); private || len(members) != 2 {
		t.Errorf("opened: private %v, %d members", private, len(members))
	}
	told("the channel is archived", func() error { _, err := admin.DeleteChannel(t.Context(), x.channel.Id); return err })
	if _, err := x.adapter.Room(t.Context(), at); !errors.Is(err, adapters.ErrGone) {
		t.Errorf("an archived channel: got %v, want ErrGone", err)
	}
	own, err := x.adapter.Room(t.Context(), address(x.people[1]))
	if err != nil || !own.Private || len(own.Members) != 1 || own.Members[0].Address != address(x.people[1]) {
		t.Errorf("a direct channel: %v, private %v, %d members", err, own.Private, len(own.Members))
	}
}

// A room that the bot is not in is not known.
func TestRoomWithoutTheBot(t *testing.T) {
	t.Parallel()
	x := start(t, discard{}, nil)
	if _, err := x.server.Admin.Client.RemoveUserFromChannel(t.Context(), x.channel.Id, x.bot.Id); err != nil {
		t.Fatal(err)
	}
	x.handler.await(t, "it is told", func() bool { return x.handler.looked > 0 })
	if _, err := x.adapter.Room(t.Context(), adapters.NewAddress("mattermost", x.channel.Id)); !errors.Is(err, adapters.ErrGone) {
		t.Errorf("got %v, want ErrGone", err)
	}
}
