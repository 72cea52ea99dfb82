package slack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// waitAfter is how long the handler may take before a window opens that says to
// wait: a trigger lives three seconds, from the press on.
const waitAfter = time.Second

// keepFor is how long a form waits behind a button.
const keepFor = 30 * time.Minute

// errNoTrigger says that nothing was pressed, so that no window can open.
var errNoTrigger = errors.New("no trigger")

// window is what a press may open: at once when the handler is quick, and else
// first a window that says to wait, since the trigger dies.
type window struct {
	s       *server
	trigger string
	user    string
	over    chan struct{}

	turn     turn   // guards what follows, also while Slack is called
	begun    bool   // the answer is known: no waiting any more
	id, hash string // of the view that is open
}

func (s *server) newWindow(x *act) *window {
	w := &window{s: s, trigger: x.trigger, user: x.user, over: make(chan struct{}), turn: newTurn()}
	if w.trigger == "" || x.kind != pressed && x.kind != opening || x.view != nil {
		return w
	}
	s.begins(func() {
		t := time.NewTimer(waitAfter)
		defer t.Stop()
		select {
		case <-t.C:
			w.wait()
		case <-w.over:
		}
	})
	return w
}

func (w *window) close() { close(w.over) }

// wait opens the window that says to wait.
func (w *window) wait() {
	defer w.turn.take()()
	if w.begun {
		return
	}
	ctx, cancel := context.WithTimeout(w.s.life, callTime)
	defer cancel()
	lang := w.s.people.lang(ctx, w.user)
	v := w.s.view(viewWait, lang, "", rich(w.s.opt.Say(lang, "slack.wait", nil)))
	if err := w.put(ctx, v); err != nil {
		w.s.opt.Log.Warn("slack: no window to wait in", "err", err)
	}
}

// opened reports whether a window is open, and stops one that would.
func (w *window) opened() bool {
	defer w.turn.take()()
	w.begun = true
	return w.id != ""
}

// show shows v: in the window that waits, or in a new one.
func (w *window) show(ctx context.Context, v slack.ModalViewRequest) error {
	defer w.turn.take()()
	w.begun = true
	return w.put(ctx, v)
}

// put is show in its turn.
func (w *window) put(ctx context.Context, v slack.ModalViewRequest) error {
	if w.id != "" {
		err := w.s.update(ctx, w.id, w.hash, v)
		if failed(err, passed) {
			return nil // he closed it
		}
		return err
	}
	if w.trigger == "" {
		return errNoTrigger
	}
	return w.s.call(ctx, "views.open", func(ctx context.Context) error {
		got, err := w.s.api.OpenViewContext(ctx, w.trigger, v)
		if err == nil {
			w.id, w.hash = got.View.ID, got.Hash
		}
		return err
	})
}

// update changes a view, unless its hash is no longer this.
func (s *server) update(ctx context.Context, id, hash string, v slack.ModalViewRequest) error {
	return s.call(ctx, "views.update", func(ctx context.Context) error {
		_, err := s.api.UpdateViewContext(ctx, v, "", hash, id)
		return err
	})
}

// done is a window in which there is nothing more to do.
func (a *Adapter) done(lang, text string) slack.ModalViewRequest {
	if text == "" {
		text = a.opt.Say(lang, "slack.done", nil)
	}
	return a.view(viewDone, lang, "", rich(text))
}

// ready says that a form waits, with the button that opens it.
func (a *Adapter) ready(lang, token string) []slack.Block {
	out := rich(a.opt.Say(lang, "slack.form.ready", nil))
	if token != "" {
		out = append(out, slack.NewActionBlock("", button(doOpen+"0", token, a.opt.Say(lang, "slack.form.open", nil), adapters.ToneMain)))
	}
	return out
}

// banner is a form as it stands, with words above it. What was filled in stays.
func (a *Adapter) banner(v *view, text string) slack.ModalViewRequest {
	req := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: v.Callback, PrivateMetadata: v.Token, Title: v.Title, Submit: v.Submit, Close: v.Close,
	}
	above := rich(text)
	if len(above) > 0 {
		if b, ok := above[0].(*slack.RichTextBlock); ok {
			b.BlockID = bannerID
		}
		above = above[:1]
	}
	req.Blocks.BlockSet = above
	for _, b := range v.Blocks {
		if b.ID() != bannerID {
			req.Blocks.BlockSet = append(req.Blocks.BlockSet, b)
		}
	}
	req.Blocks.BlockSet = req.Blocks.BlockSet[:min(len(req.Blocks.BlockSet), maxModal)]
	return req
}

// inputs are the blocks in which something is filled in.
func (v *view) inputs() []string {
	var out []string
	for _, b := range v.Blocks {
		if kind, id := b.head(); kind == string(slack.MBTInput) {
			out = append(out, id)
		}
	}
	return out
}

// kept is a form that waits, and for whom.
type kept struct {
	User string
	Form adapters.Form
}

const scopeForm = "form"

// keepForm lets a form wait, sealed, for who will press its button.
func (s *server) keepForm(ctx context.Context, user string, f adapters.Form) (token string, err error) {
	value, err := private.Encode(kept{user, f})
	if err != nil {
		return "", err
	}
	token = rand.Text()
	_, _, err = s.opt.Memory.Put(ctx, adapters.Item{Scope: scopeForm, Key: token, Value: value, Until: s.opt.Now().Add(keepFor)})
	if err != nil {
		return "", fmt.Errorf("memory: %w", err)
	}
	return token, nil
}

// offer posts a button that opens a form: nothing was pressed that could open it.
func (s *server) offer(ctx context.Context, x *act, f adapters.Form) {
	err := func() error {
		token, err := s.keepForm(ctx, x.user, f)
		if err != nil {
			return err
		}
		at, err := s.place(ctx, address(x.user))
		if err != nil {
			return err
		}
		c, err := newContent(s.ready(s.lang(x), token), s.say(x, "slack.form.ready"))
		if err != nil {
			return err
		}
		return s.book.put(ctx, at, "form."+x.m.ID, "", c)
	}()
	if err != nil {
		s.opt.Log.Error("slack: form was not offered", "act", x.m.ID, "err", err)
		s.notice(ctx, x, s.say(x, "slack.failed"))
	}
}

// open opens a form that waits, for whom it waits.
func (s *server) open(ctx context.Context, x *act, w *window) {
	it, ok, err := s.opt.Memory.Get(ctx, scopeForm, x.waits)
	if err != nil {
		s.opt.Log.Error("slack: a form that waits was not read", "act", x.m.ID, "err", err)
		s.tell(ctx, x, w, s.say(x, "slack.failed"))
		return
	}
	x.ack(nil)
	var k kept
	if !ok || private.Decode(it.Value, &k) != nil || k.User != x.user {
		s.sayIn(ctx, x, w, "slack.form.gone")
		return
	}
	v, err := s.modal(k.Form, s.lang(x))
	if err != nil {
		s.opt.Log.Error("slack: form is over its limits", "act", x.m.ID, "err", err)
		s.sayIn(ctx, x, w, "slack.unfit")
		return
	}
	if x.view != nil {
		err = s.update(ctx, x.view.ID, x.view.Hash, v)
	} else {
		err = w.show(ctx, v)
	}
	if err != nil && !failed(err, passed) {
		s.opt.Log.Warn("slack: form was not opened", "act", x.m.ID, "err", err)
		s.notice(ctx, x, s.say(x, "slack.form.slow"))
	}
}

// sayIn says something in the window that was pressed in, or as tell does.
func (s *server) sayIn(ctx context.Context, x *act, w *window, id string) {
	if x.view == nil {
		s.tell(ctx, x, w, s.say(x, id))
		return
	}
	if err := s.update(ctx, x.view.ID, x.view.Hash, s.done(s.lang(x), s.say(x, id))); err != nil {
		s.opt.Log.Warn("slack: window was not changed", "act", x.m.ID, "err", err)
	}
}
