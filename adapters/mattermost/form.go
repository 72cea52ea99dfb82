package mattermost

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// The bounds of a form (D8).
const (
	formLife = 30 * time.Minute
	maxTries = 10
)

// window is a form that is open, or waits to be opened, kept sealed in Memory
// under the person and a state that is not guessed. What was only to be read is
// taken out once it is open.
type window struct {
	Form    adapters.Form
	Lang    string
	Channel string
	Direct  bool
	Tries   int
	Used    string // the submission that was taken
	Post    string // the key of the post that opens it, if there is one
	Multi   bool   // as the dialog was made
}

func (r *run) sheet(f adapters.Form, lang string, multi bool) sheet {
	return sheet{form: f, say: func(id string) string { return r.say(lang, id) }, multi: multi}
}

func (r *run) keepWindow(ctx context.Context, user, state string, w window) error {
	value, err := private.Encode(w)
	if err != nil {
		return err
	}
	_, _, err = r.opt.Memory.Put(ctx, adapters.Item{
		Scope: "form/" + user, Key: state, Value: value, Until: r.opt.Now().Add(formLife),
	})
	return err
}

func (r *run) window(ctx context.Context, user, state string) (w window, err error) {
	it, ok, err := r.opt.Memory.Get(ctx, "form/"+user, state)
	if err == nil && !ok {
		err = errRefused
	}
	if err != nil {
		return w, err
	}
	return w, private.Decode(it.Value, &w)
}

// bareForm is a form without what is only read.
func bareForm(f adapters.Form) adapters.Form {
	f.Intro, f.Link, f.Facts = "", nil, nil
	fields := make([]adapters.Field, len(f.Fields))
	for i, fd := range f.Fields {
		fd.Help, fd.Value = "", nil
		fields[i] = fd
	}
	f.Fields = fields
	return f
}

// prepared keeps a form as open and makes its dialog.
func (r *run) prepared(ctx context.Context, e *event, f adapters.Form, post string) (model.Dialog, error) {
	state, lang, multi := rand.Text(), cmp.Or(f.Lang, e.Lang), r.version().atLeast(11, 0)
	err := r.keepWindow(ctx, e.user, state, window{
		Form: bareForm(f), Lang: lang, Channel: e.channel, Direct: e.Direct, Post: post, Multi: multi,
	})
	return r.sheet(f, lang, multi).dialog(state), err
}

// open opens a form for who just pressed. False says that it is not open: the
// press is too long ago, or there was none.
func (r *run) open(ctx context.Context, e *event, f adapters.Form, post string) bool {
	if e.trigger == "" {
		return false
	}
	d, err := r.prepared(ctx, e, f, post)
	if err == nil {
		var address string
		if address, err = r.callbackURL(ctx, pathForm); err == nil {
			var res *model.Response
			res, err = r.client.OpenInteractiveDialog(ctx, model.OpenDialogRequest{TriggerId: e.trigger, URL: address, Dialog: d})
			err = failed("open a dialog", res, err)
		}
	}
	if err != nil && ctx.Err() == nil {
		r.opt.Log.Warn("mattermost: a form is not opened", "err", err)
	}
	return err == nil
}

// offerForm brings a form to somebody who did not just press. Where a question
// with choices was sent along, one of them opens it; otherwise the bot posts a
// button of its own, in the place of the one with the key over. Without a way in
// it is asked for in words.
func (r *run) offerForm(ctx context.Context, e *event, f adapters.Form, sent *trace, over string) error {
	switch {
	case r.opt.Callback.On():
	case f.Link != nil && f.Link.Key != "" && len(f.Fields) == 0:
		return r.showLink(ctx, e, *f.Link, sent)
	default:
		return r.beginWalk(ctx, e, f, sent)
	}
	if sent.asks(e.At) {
		return r.shut(ctx, e, over)
	}
	channel, err := r.people.channel(ctx, e.user)
	if err != nil {
		return err
	}
	state := rand.Text()
	err = r.keepWindow(ctx, e.user, state, window{Form: f, Lang: cmp.Or(f.Lang, e.Lang), Channel: channel, Direct: true})
	if err != nil {
		return err
	}
	d := r.opener(e, state)
	d.over = over
	return r.put(ctx, channel, d)
}

// showLink shows a link in the person's direct channel, below the question that
// it answers.
func (r *run) showLink(ctx context.Context, e *event, l adapters.Link, sent *trace) error {
	r.release(ctx, sent)
	channel, err := r.people.channel(ctx, e.user)
	if err != nil {
		return err
	}
	return r.put(ctx, channel, draft{key: l.Key, texts: []string{linkText(l)}, sum: hash(l.URL)})
}

// shut leaves a stub of a post with a button, behind which there is nothing left
// to open.
func (r *run) shut(ctx context.Context, e *event, key string) error {
	if key == "" {
		return nil
	}
	return r.retire(ctx, e.channel, key, r.say(e.Lang, "mattermost.filled"))
}

// opener is the post with the button that opens a form that waits.
func (r *run) opener(e *event, state string) draft {
	d := r.note("open."+state, r.say(e.Lang, "mattermost.form.waits"))
	d.note, d.form = false, state
	d.buttons = []adapters.Choice{{Label: r.say(e.Lang, "mattermost.form.open"), Tone: adapters.ToneMain}}
	return d
}

// reopen opens a form that waits.
func (r *run) reopen(ctx context.Context, e *event, state string) any {
	w, err := r.window(ctx, e.user, state)
	if err != nil {
		return r.refusal(pathPress, err)
	}
	e.Lang = w.Lang
	if !r.open(ctx, e, w.Form, "note.open."+state) {
		return ephemeral(r.say(e.Lang, "mattermost.failed"))
	}
	return ephemeral("")
}

// submitted takes a dialog that was filled in. Its address and state were seen
// by the person's own client, which also sends all that stands in it: what
// counts is what is kept for this person and this state.
func (r *run) submitted(ctx context.Context, body []byte) any {
	var q model.SubmitDialogRequest
	if strict(body, &q) != nil || q.Type != "dialog_submission" || len(q.State) > 64 || q.State == "" {
		return r.refusal(pathForm, errRefused)
	}
	if q.Cancelled {
		return model.SubmitDialogResponse{}
	}
	_, direct, err := r.actor(ctx, q.UserId, q.ChannelId)
	var w window
	if err == nil {
		w, err = r.window(ctx, q.UserId, q.State)
	}
	// What is corrected is another event, what comes again the same.
	id := "form:" + hash(fmt.Sprint(q.State, w.Tries, canonical(q.Submission)))
	if err != nil || w.Channel != q.ChannelId || w.Tries >= maxTries || w.Used != "" && w.Used != id {
		return r.refusal(pathForm, err)
	}
	s := r.sheet(w.Form, w.Lang, w.Multi)
	values, act, wrong, ok := s.read(q.Submission)
	if !ok {
		return r.refusal(pathForm, errRefused)
	}
	if act == "" && len(wrong) > 0 {
		return r.wrong(ctx, q, w, wrong)
	}
	e := &event{
		user: q.UserId, channel: q.ChannelId,
		Message: adapters.Message{
			ID: id, Direct: direct, Sent: r.opt.Now().UTC(),
			Filled: &adapters.Filled{Token: w.Form.Token, Act: act, Values: values},
		},
	}
	out, err := r.await(ctx, e)
	return r.filled(ctx, e, q, w, out, err)
}

// filled answers a submitted dialog: it stays open with what is wrong or went
// wrong, is followed by another, or closes.
func (r *run) filled(ctx context.Context, e *event, q model.SubmitDialogRequest, w window, out outcome, err error) any {
	a := out.answer
	switch {
	case err != nil:
		return model.SubmitDialogResponse{Error: r.say(w.Lang, "mattermost.busy")}
	case out.err != nil:
		text := a.Notice
		if text == "" {
			text = a.Errors[""]
		}
		if text == "" {
			text = r.say(w.Lang, "mattermost.failed")
		}
		return model.SubmitDialogResponse{Error: text}
	case len(a.Errors) > 0:
		return r.wrong(ctx, q, w, a.Errors)
	}
	w.Used = e.ID
	if err := r.keepWindow(ctx, e.user, q.State, w); err != nil {
		r.opt.Log.Warn("mattermost: not kept that a form was used", "err", err)
	}
	said := a.Notice != "" && !out.sent.has(a.Notice)
	if said {
		r.notify(ctx, e, e.ID, a.Notice)
	}
	if a.Form != nil && r.Limits().NextForm {
		if d, err := r.prepared(ctx, e, *a.Form, w.Post); err == nil {
			return model.SubmitDialogResponse{Type: string(model.SubmitDialogResponseTypeForm), Form: &d}
		}
	}
	over := w.Post
	if a.Form == nil || said { // what was said stands below it
		err, over = r.shut(ctx, e, over), ""
	}
	if a.Form != nil {
		err = errors.Join(err, r.offerForm(ctx, e, *a.Form, out.sent, over))
	}
	if err != nil {
		r.opt.Log.Error("mattermost: a form is not shown", "err", err)
	}
	return model.SubmitDialogResponse{}
}

// wrong leaves a dialog open with what is wrong, so many times.
func (r *run) wrong(ctx context.Context, q model.SubmitDialogRequest, w window, wrong map[string]string) any {
	w.Tries++
	if err := r.keepWindow(ctx, q.UserId, q.State, w); err != nil {
		r.opt.Log.Warn("mattermost: not kept that a form was refused", "err", err)
	}
	return r.sheet(w.Form, w.Lang, w.Multi).errors(wrong)
}
