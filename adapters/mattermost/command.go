package mattermost

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// commanded takes the slash command, the one callback of which the server
// proves that it is its own: by the command's token. Wherever it was typed, it
// is answered in the person's direct channel; beside the command only whoever
// typed it reads where to look. It is not taken from who may not act.
func (r *run) commanded(ctx context.Context, q *http.Request, body []byte) any {
	v, err := url.ParseQuery(string(body))
	given, ok := strings.CutPrefix(q.Header.Get("Authorization"), "Token ")
	if err != nil || !ok || subtle.ConstantTimeCompare([]byte(given), []byte(r.opt.Callback.Command)) != 1 {
		return r.refusal(pathCommand, errRefused)
	}
	user := v.Get("user_id")
	channel, err := r.people.channel(ctx, user)
	if err != nil {
		return r.refusal(pathCommand, err)
	}
	who, _, err := r.actor(ctx, user, channel)
	if err != nil {
		return r.refusal(pathCommand, err)
	}
	id := v.Get("trigger_id")
	if id == "" {
		id = rand.Text()
	}
	e := &event{
		user: user, channel: channel, trigger: v.Get("trigger_id"),
		Message: adapters.Message{
			ID: "command:" + hash(id), Direct: true, Lang: who.Lang, Text: private.New(v.Get("text")), Sent: r.opt.Now().UTC(),
		},
	}
	if strings.TrimSpace(v.Get("text")) == "" {
		e.Press = adapters.TokenReport
	}
	out, err := r.await(ctx, e)
	text := r.say(who.Lang, "mattermost.command")
	switch {
	case err != nil:
		text = r.say(who.Lang, "mattermost.busy")
	case out.answer.Notice != "":
		text = out.answer.Notice
	case out.err != nil:
		text = r.say(who.Lang, "mattermost.failed")
	}
	// A window that opens elsewhere would be submitted from there.
	here := v.Get("channel_id") == channel
	if err == nil && out.answer.Form != nil && !(here && r.open(ctx, e, *out.answer.Form, "")) {
		if err := r.offerForm(ctx, e, *out.answer.Form, out.sent, ""); err != nil {
			r.opt.Log.Error("mattermost: a form is not shown", "err", err)
		}
	}
	return commandAnswer(text)
}

// commandAnswer is what only who typed a command reads.
func commandAnswer(text string) any {
	return &model.CommandResponse{
		ResponseType: model.CommandResponseTypeEphemeral, Text: markdown(text), SkipSlackParsing: true,
	}
}
