package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// answer shows what an act came to. What was not taken is not acknowledged; but
// a form that was submitted is, with words: Slack never brings it again, and
// its own words for that say nothing.
func (s *server) answer(ctx context.Context, x *act, w *window, got adapters.Answer, err error) {
	switch x.kind {
	case filled:
		s.answerForm(ctx, x, got, err)
	case left:
		s.answerLeft(ctx, x, got, err)
	default:
		s.answerChat(ctx, x, w, got, err)
	}
}

// answerChat answers what was typed, or pressed under a message.
func (s *server) answerChat(ctx context.Context, x *act, w *window, got adapters.Answer, err error) {
	if err != nil {
		s.tell(ctx, x, w, cmp.Or(got.Notice, s.say(x, "slack.failed")))
		return
	}
	spoken := s.spoken(x, got)
	x.ack(spoken)
	if x.kind == typed && got.Stray {
		s.stray(ctx, x)
	}
	if got.Form == nil {
		if spoken != nil {
			got.Notice = "" // it was said there
		}
		s.tell(ctx, x, w, got.Notice)
		return
	}
	if got.Notice != "" {
		s.notice(ctx, x, got.Notice)
	}
	v, err := s.modal(*got.Form, s.lang(x))
	if err == nil {
		err = w.show(ctx, v)
	}
	switch {
	case err == nil:
	case errors.Is(err, adapters.ErrUnfit):
		s.opt.Log.Error("slack: form is over its limits", "act", x.m.ID, "err", err)
		s.tell(ctx, x, w, s.say(x, "slack.unfit"))
	case noTrigger(err) && x.offered: // the question that was just sent has a button for it
	default:
		s.opt.Log.Info("slack: form waits behind a button", "act", x.m.ID, "err", err)
		s.offer(ctx, x, *got.Form)
	}
}

// noTrigger reports whether a form cannot be opened for want of a trigger.
func noTrigger(err error) bool { return errors.Is(err, errNoTrigger) || failed(err, spent) }

// spoken is what the answer to a slash command says, to its author alone; nil
// for everything else.
func (s *server) spoken(x *act, got adapters.Answer) any {
	if !x.command {
		return nil
	}
	var words []string
	if x.said {
		words = append(words, s.say(x, "slack.command.text"))
	}
	if got.Form == nil {
		words = append(words, cmp.Or(got.Notice, s.say(x, "slack.command.look")))
	}
	if len(words) == 0 {
		return nil
	}
	return map[string]string{"response_type": "ephemeral", "text": strings.Join(words, " ")}
}

// tell says something to who acted: in the window that waits, where there is
// one, else in the chat. Without words a window that waits is told to close.
func (s *server) tell(ctx context.Context, x *act, w *window, text string) {
	if w.opened() {
		if err := w.show(ctx, s.done(s.lang(x), text)); err != nil {
			s.opt.Log.Warn("slack: window was not changed", "act", x.m.ID, "err", err)
		}
		return
	}
	if text != "" {
		s.notice(ctx, x, text)
	}
}

// notice shows something to who acted and to nobody else. It is kept nowhere.
func (s *server) notice(ctx context.Context, x *act, text string) {
	at, err := s.place(ctx, x.m.At)
	if err == nil {
		err = s.call(ctx, "chat.postEphemeral", func(ctx context.Context) error {
			_, err := s.api.PostEphemeralContext(ctx, at.channel, x.user, slack.MsgOptionText(strip(text), true), slack.MsgOptionBlocks(rich(text)...))
			return err
		})
	}
	if err != nil {
		s.opt.Log.Warn("slack: notice was not shown", "act", x.m.ID, "err", err)
	}
}

// stray tells how to take back what was typed and not taken in: a bot cannot.
func (s *server) stray(ctx context.Context, x *act) {
	r := adapters.Reply{Key: "stray." + x.m.ID, Text: s.say(x, "slack.stray"), Quiet: true}
	if err := s.send(ctx, x.m.At, r); err != nil {
		s.opt.Log.Warn("slack: how to delete was not told", "act", x.m.ID, "err", err)
	}
}

// answerForm answers a form that was submitted.
func (s *server) answerForm(ctx context.Context, x *act, got adapters.Answer, err error) {
	wrong := got.Errors
	if err != nil {
		wrong = maps.Clone(wrong)
		if wrong == nil {
			wrong = map[string]string{}
		}
		wrong[""] = cmp.Or(got.Notice, wrong[""], s.say(x, "slack.failed"))
	}
	switch {
	case len(wrong) > 0:
		s.refuse(ctx, x, wrong)
	case got.Form != nil:
		s.next(ctx, x, got)
	case got.Notice != "":
		s.replace(ctx, x, s.done(s.lang(x), got.Notice), "")
	default:
		x.ack(nil) // closes the window
	}
}

// next shows the form that follows.
func (s *server) next(ctx context.Context, x *act, got adapters.Answer) {
	if got.Notice != "" {
		s.notice(ctx, x, got.Notice)
	}
	v, err := s.modal(*got.Form, s.lang(x))
	if err != nil {
		s.opt.Log.Error("slack: form is over its limits", "act", x.m.ID, "err", err)
		s.replace(ctx, x, s.done(s.lang(x), s.say(x, "slack.unfit")), "")
		return
	}
	token := ""
	if tooLarge(v) {
		if token, err = s.keepForm(ctx, x.user, *got.Form); err != nil {
			s.opt.Log.Error("slack: form was not kept", "act", x.m.ID, "err", err)
		}
	}
	s.replace(ctx, x, v, token)
}

// settle is how long an answer may take to be shown.
const settle = 500 * time.Millisecond

// replace puts v in the place of the form that was submitted. One that is too
// large for an answer follows behind a small one, when that has been shown;
// should the small one win all the same, there is a button in it for the large
// one, which waits under token.
func (s *server) replace(ctx context.Context, x *act, v slack.ModalViewRequest, token string) {
	if !tooLarge(v) {
		x.ack(slack.ViewSubmissionResponse{ResponseAction: slack.RAUpdate, View: &v})
		return
	}
	small := s.view(viewWait, s.lang(x), "", s.ready(s.lang(x), token))
	x.ack(slack.ViewSubmissionResponse{ResponseAction: slack.RAUpdate, View: &small})
	err := sleep(ctx, settle)
	if err == nil {
		err = s.update(ctx, x.view.ID, "", v)
	}
	if err != nil {
		s.opt.Log.Warn("slack: window was not changed", "act", x.m.ID, "err", err)
	}
}

// tooLarge reports whether an answer with v is too large for a socket.
func tooLarge(v slack.ModalViewRequest) bool {
	b, err := json.Marshal(v)
	return err == nil && len(b) > maxAck-200
}

// refuse leaves a form open, with what is wrong under its fields. What is wrong
// with the whole stands under the last one, above the button; where there are
// no fields, above all.
func (s *server) refuse(ctx context.Context, x *act, wrong map[string]string) {
	inputs := x.view.inputs()
	if len(inputs) == 0 {
		s.replace(ctx, x, s.banner(x.view, joined(wrong)), "")
		return
	}
	last := inputs[len(inputs)-1]
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		block := fieldMark + name
		if name == "" || !slices.Contains(inputs, block) {
			block = last
		}
		if text := wrong[name]; text != "" {
			out[block] = strings.TrimPrefix(out[block]+"\n"+text, "\n")
		}
	}
	x.ack(slack.ViewSubmissionResponse{ResponseAction: slack.RAErrors, Errors: out})
}

func joined(wrong map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		out = append(out, wrong[name])
	}
	return strings.Join(out, "\n")
}

// answerLeft answers a button in a form. Its window cannot be closed by us: when
// there is nothing more to do in it, it says so.
func (s *server) answerLeft(ctx context.Context, x *act, got adapters.Answer, err error) {
	var v slack.ModalViewRequest
	switch {
	case err != nil:
		v = s.banner(x.view, cmp.Or(got.Notice, joined(got.Errors), s.say(x, "slack.failed")))
	case len(got.Errors) > 0:
		v = s.banner(x.view, joined(got.Errors))
	case got.Form != nil:
		var unfit error
		if v, unfit = s.modal(*got.Form, s.lang(x)); unfit != nil {
			s.opt.Log.Error("slack: form is over its limits", "act", x.m.ID, "err", unfit)
			v = s.banner(x.view, s.say(x, "slack.unfit"))
		}
	default:
		v = s.done(s.lang(x), got.Notice)
	}
	if err == nil {
		x.ack(nil)
		if got.Form != nil && got.Notice != "" {
			s.notice(ctx, x, got.Notice)
		}
	}
	// A window that moved on meanwhile, by an earlier press, is left as it is.
	if err := s.update(ctx, x.view.ID, x.view.Hash, v); err != nil && !failed(err, passed) {
		s.opt.Log.Warn("slack: window was not changed", "act", x.m.ID, "err", err)
		s.notice(ctx, x, s.say(x, "slack.failed"))
	}
}
