package mattermost

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// pressed takes a press on a button. Who pressed is the server's word; what was
// pressed is ours, sealed for this channel, and counts only on a post of ours
// that still shows it. Anybody can make the server bring us a press in a
// victim's name: with nothing sealed by us it is refused.
func (r *run) pressed(ctx context.Context, body []byte) any {
	var q model.PostActionIntegrationRequest
	if strict(body, &q) != nil {
		return r.refusal(pathPress, errRefused)
	}
	p, who, direct, err := r.genuine(ctx, q)
	if err != nil {
		return r.refusal(pathPress, err)
	}
	id := q.TriggerId // one for each press
	if id == "" {
		id = rand.Text()
	}
	e := &event{
		user: q.UserId, channel: q.ChannelId, trigger: q.TriggerId,
		Message: adapters.Message{ID: "action:" + hash(id), Direct: direct, Press: p.Token, Sent: r.opt.Now().UTC(), Lang: who.Lang},
	}
	if p.Form != "" {
		return r.reopen(ctx, e, p.Form)
	}
	out, err := r.await(ctx, e)
	if err != nil {
		return ephemeral(r.say(who.Lang, "mattermost.busy"))
	}
	a := out.answer
	if a.Notice == "" {
		a.Notice = a.Errors[""]
	}
	if out.err != nil && a.Notice == "" {
		a.Notice = r.say(e.Lang, "mattermost.failed")
	}
	if a.Form != nil && !r.open(ctx, e, *a.Form, "") {
		if err := r.offerForm(ctx, e, *a.Form, nil, ""); err != nil {
			r.opt.Log.Error("mattermost: a form is not shown", "err", err)
			a.Notice = strings.TrimSpace(a.Notice + "\n" + r.say(e.Lang, "mattermost.failed"))
		}
	}
	if out.sent.has(a.Notice) {
		a.Notice = ""
	}
	return ephemeral(a.Notice)
}

// ephemeral is an answer that only the person who pressed sees, and that is
// kept nowhere.
func ephemeral(text string) any {
	return model.PostActionIntegrationResponse{EphemeralText: markdown(text), SkipSlackParsing: true}
}

// genuine reports whether a press is of a button of ours, by somebody who may
// press it.
func (r *run) genuine(ctx context.Context, q model.PostActionIntegrationRequest) (p press, who person, direct bool, err error) {
	sealed, ok := q.Context["s"].(string)
	if !ok || len(q.Context) != 1 || !model.IsValidId(q.PostId) || !model.IsValidId(q.ChannelId) {
		return p, who, false, errRefused
	}
	plain, err := r.secret.open(ctx, sealed, "press", q.ChannelId)
	if err != nil {
		return p, who, false, err
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return p, who, false, errRefused
	}
	if r.opt.Now().Unix() > p.Expires {
		return p, who, false, errRefused
	}
	if who, direct, err = r.actor(ctx, q.UserId, q.ChannelId); err != nil {
		return p, who, false, err
	}
	post, res, err := r.client.GetPost(ctx, q.PostId, "")
	if err != nil {
		return p, who, false, failed("look at a post", res, err)
	}
	if post.UserId != r.me.ID || post.ChannelId != q.ChannelId || post.DeleteAt != 0 || markOf(post).Name != p.Name {
		return p, who, false, errRefused
	}
	return p, who, direct, nil
}
