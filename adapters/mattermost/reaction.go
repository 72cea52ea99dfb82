package mattermost

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// numbers are the emoji that stand for the key of a choice. The server lets
// nobody react in somebody else's name, so that this is a press without a way
// in from outside.
var numbers = map[string]string{
	"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "keycap_ten": "10",
}

// reacted takes a reaction. What was missed of these is not read later: the
// same can be typed.
func (r *run) reacted(ev *model.WebSocketEvent) {
	raw, _ := ev.GetData()["reaction"].(string)
	var x model.Reaction
	if json.Unmarshal([]byte(raw), &x) != nil || numbers[x.EmojiName] == "" || x.UserId == r.me.ID {
		return
	}
	r.lanes.push(r.life, &event{
		user: x.UserId, channel: ev.GetBroadcast().ChannelId, shared: true, addressed: true, post: x.PostId, emoji: x.EmojiName,
		Message: adapters.Message{
			ID: fmt.Sprintf("reaction:%s:%s:%s:%d", x.PostId, x.UserId, x.EmojiName, x.CreateAt), Direct: true, Sent: r.skew.ours(x.CreateAt),
		},
	})
}

// chosen makes a press of a reaction, or an answer to the form that is asked: ok
// is false where it is none to a choice in the person's own direct channel.
func (r *run) chosen(ctx context.Context, e *event) (ok bool, err error) {
	channel, err := r.people.channel(ctx, e.user)
	if err != nil || channel != e.channel {
		return false, err
	}
	p, res, err := r.client.GetPost(ctx, e.post, "")
	if err = failed("look at a post", res, err); refused(err) {
		return false, nil
	}
	if err != nil || p.UserId != r.me.ID || p.ChannelId != channel {
		return false, err
	}
	name := markOf(p).Name
	if asked, err := r.asking(ctx, e.user, channel); err != nil || asked == name {
		e.Text = private.New(numbers[e.emoji])
		return err == nil, err
	}
	rec, known, err := r.recall(ctx, channel, name)
	if err != nil || !known || rec.Next != "" {
		return false, err
	}
	for _, c := range rec.Choices {
		if c.Key == numbers[e.emoji] {
			e.Press = c.Token
			return true, nil
		}
	}
	return false, nil
}
