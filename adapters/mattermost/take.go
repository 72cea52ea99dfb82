package mattermost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// The times of what is handled.
const (
	leaseTime = 8 * time.Second        // until what another replica took is taken over
	peekTime  = 200 * time.Millisecond // between looks whether it is done
	claimLife = 24 * time.Hour
	earlyTime = 5 * time.Second
	typeAfter = 400 * time.Millisecond // how long nothing may be seen to happen
)

// take handles one event and shows the answer. False says that it was not
// taken and must be tried again.
func (r *run) take(ctx context.Context, e, newest *event) bool {
	if e.early != nil {
		select {
		case <-e.early:
		case <-ctx.Done():
			return false
		}
	}
	if e.shared && !e.claimed {
		mine, err := r.claim(ctx, e)
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			r.opt.Log.Warn("mattermost: not known whether another replica has it", "err", err)
		} else if !mine {
			r.trails.done(e.step)
			return true
		}
		e.claimed = mine
	}
	who, err := r.people.get(ctx, e.user)
	switch {
	case errors.Is(err, adapters.ErrGone) || err == nil && (who.Bot || who.Gone):
		r.settle(ctx, e, outcome{})
		return true
	case err != nil:
		r.opt.Log.Warn("mattermost: not known who it is", "err", err)
		r.settle(ctx, e, outcome{err: err})
		return e.reply != nil
	case who.Guest:
		r.guest(ctx, e, who)
		return true
	}
	e.From, e.Name, e.Lang = adapters.NewAddress(Platform, who.ID), who.Name, who.Lang
	e.At = adapters.NewAddress(Platform, e.channel)
	if e.Direct {
		e.At = e.From
	}
	out := r.answer(ctx, e)
	if e.reply == nil {
		r.respond(ctx, e, newest, out)
		if out.err != nil && e.again {
			return false
		}
	}
	r.settle(ctx, e, out)
	return true
}

// settle ends an event: it is not handled again by anybody.
func (r *run) settle(ctx context.Context, e *event, out outcome) {
	if e.reply != nil {
		e.reply <- out
		return
	}
	if out.err != nil && e.again {
		return
	}
	if e.shared {
		_, _, err := r.opt.Memory.Put(ctx, adapters.Item{Scope: "taken/" + e.user, Key: "done/" + e.ID, Until: r.opt.Now().Add(claimLife)})
		if err != nil && ctx.Err() == nil {
			r.opt.Log.Warn("mattermost: not kept that it is done", "err", err)
		}
	}
	r.trails.done(e.step)
}

// giveUp leaves it at what the person was told: that it failed.
func (r *run) giveUp(e *event) {
	r.opt.Log.Error("mattermost: a message was not taken and is not tried again")
	r.trails.done(e.step)
}

// claim reports whether an event is this replica's. What another one has is
// waited for: if it is not done in time, that replica is gone.
func (r *run) claim(ctx context.Context, e *event) (mine bool, err error) {
	scope := "taken/" + e.user
	for n := 1; ; n++ {
		_, fresh, err := r.opt.Memory.Put(ctx, adapters.Item{
			Scope: scope, Key: fmt.Sprintf("%d/%s", n, e.ID), Until: r.opt.Now().Add(claimLife),
		})
		if err != nil || fresh {
			return true, err
		}
		for end := time.Now().Add(leaseTime); ; {
			_, done, err := r.opt.Memory.Get(ctx, scope, "done/"+e.ID)
			if err != nil {
				return true, err
			}
			if done {
				return false, nil
			}
			if time.Now().After(end) {
				break
			}
			if err := sleep(ctx, peekTime); err != nil {
				return false, err
			}
		}
	}
}

// shout shows what must be read at once, before the person's turn comes and
// also when nothing else works (P39). It does not wait.
func (r *run) shout(e *event) {
	if r.handler.Early(e.Message) == nil {
		return
	}
	e.early = make(chan struct{})
	r.parts.Go(func() {
		defer close(e.early)
		ctx, cancel := context.WithTimeout(r.life, earlyTime)
		defer cancel()
		m := e.Message
		who, err := r.people.get(ctx, e.user)
		if err == nil && (who.Bot || who.Gone) {
			return
		}
		m.Lang = who.Lang
		reply := r.handler.Early(m)
		if reply == nil {
			return
		}
		d := r.draft(ctx, adapters.NewAddress(Platform, e.user), *reply)
		if err := r.flash(ctx, e.channel, d); err != nil {
			r.opt.Log.Error("mattermost: what is urgent is not shown", "err", err)
		}
	})
}

// answer hands an event to the bot, or to the form that the person fills in.
func (r *run) answer(ctx context.Context, e *event) (out outcome) {
	ctx, out.sent = tracing(ctx)
	if !r.opt.Callback.On() && e.Direct {
		out.sent.from = &e.At
	}
	typing := time.AfterFunc(typeAfter, func() { r.typing(ctx, e) })
	defer typing.Stop()
	if e.emoji != "" {
		if ok, err := r.chosen(ctx, e); err != nil || !ok {
			out.err = err
			return out
		}
	}
	if !r.opt.Callback.On() && e.Direct {
		if answer, taken, err := r.walk(ctx, e); taken || err != nil && e.early == nil {
			out.answer, out.err = answer, err
			return out
		}
		if e.early == nil {
			if out.err = r.named(ctx, e); out.err != nil {
				return out
			}
		}
	}
	out.answer, out.err = r.handle(ctx, e.Message)
	return out
}

// handle calls the handler and turns a panic into an error without content.
func (r *run) handle(ctx context.Context, m adapters.Message) (got adapters.Answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			got, err = adapters.Answer{}, fmt.Errorf("mattermost: handler panicked (%T)", v)
		}
		if err != nil && ctx.Err() == nil {
			r.opt.Log.Error("mattermost: not taken", "err", err)
		}
	}()
	return r.handler.Handle(ctx, m)
}

// typing shows that the bot is at work.
func (r *run) typing(ctx context.Context, e *event) {
	if ctx.Err() == nil && e.Direct {
		_, _ = r.client.PublishUserTyping(ctx, r.me.ID, model.TypingRequest{ChannelId: e.channel}) // no harm when it is not seen
	}
}

// respond shows the answer to what was posted. Nothing can be shown to one
// person beside a post: it goes to his own direct channel. People who talk in
// the desk's channel are not interrupted.
func (r *run) respond(ctx context.Context, e, newest *event, out outcome) {
	a := out.answer
	if out.err != nil && a.Notice == "" {
		a.Notice = r.say(e.Lang, "mattermost.failed")
	}
	if a.Form == nil {
		r.release(ctx, out.sent)
	}
	if a.Stray {
		r.notify(ctx, e, "stray."+e.ID, r.say(e.Lang, "mattermost.stray"))
	}
	newest.noted = newest.noted || out.err != nil
	if e.noted && out.err == nil && a.Notice == "" {
		r.unsay(ctx, e) // what failed did not fail after all
	}
	if a.Notice != "" && e.addressed && !out.sent.has(a.Notice) {
		r.notify(ctx, e, newest.ID, a.Notice)
	}
	if a.Form != nil {
		if err := r.offerForm(ctx, e, *a.Form, out.sent, ""); err != nil {
			r.opt.Log.Error("mattermost: a form is not shown", "err", err)
		}
		r.release(ctx, out.sent)
	}
}

// notify tells one person something, in his direct channel.
func (r *run) notify(ctx context.Context, e *event, key, text string) {
	channel := e.channel
	if !e.Direct {
		var err error
		if channel, err = r.people.channel(ctx, e.user); err != nil {
			r.opt.Log.Warn("mattermost: an answer is not shown", "err", err)
			return
		}
	}
	if err := r.flash(ctx, channel, r.note(key, text)); err != nil && ctx.Err() == nil {
		r.opt.Log.Warn("mattermost: an answer is not shown", "err", err)
	}
}

// unsay takes back that an event failed.
func (r *run) unsay(ctx context.Context, e *event) {
	channel, err := r.people.channel(ctx, e.user)
	if err == nil {
		err = r.retire(ctx, channel, "note."+e.ID, r.say(e.Lang, "mattermost.taken"))
	}
	if err != nil && ctx.Err() == nil {
		r.opt.Log.Warn("mattermost: an answer is not taken back", "err", err)
	}
}

// guest tells a guest, once, that the bot is not for him.
func (r *run) guest(ctx context.Context, e *event, who person) {
	if e.reply == nil && e.Direct {
		r.notify(ctx, e, "guest", r.say(who.Lang, "mattermost.guest"))
	}
	r.settle(ctx, e, outcome{err: errForged})
}

// say is a text of the catalog, in a person's language where it is known.
func (a *Adapter) say(lang, id string) string { return a.words(lang, id, nil) }

func (a *Adapter) words(lang, id string, args map[string]any) string {
	return a.opt.Say(cmp.Or(lang, a.opt.Lang), id, args)
}

// trace is what was sent while one event was handled.
type trace struct {
	mu      sync.Mutex
	texts   []string
	choices map[adapters.Address]bool

	// Where forms are typed, the last question to this person is held until it
	// is known whether the form behind it is asked in its place.
	from *adapters.Address
	held *adapters.Reply
	// below says that posts stand below the question that is answered: what
	// takes its place is shown under them.
	below bool
}

type traceKey struct{}

// tracing keeps what is sent with ctx.
func tracing(ctx context.Context) (context.Context, *trace) {
	t := &trace{choices: map[adapters.Address]bool{}}
	return context.WithValue(ctx, traceKey{}, t), t
}

func traceOf(ctx context.Context) *trace {
	t, _ := ctx.Value(traceKey{}).(*trace)
	return t
}

// sink says that what was asked stands above what was said since.
func (t *trace) sink() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.below = true
}

func (t *trace) sunk() bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.below
}

// said notes a reply that was sent.
func said(ctx context.Context, to adapters.Address, r adapters.Reply) {
	t := traceOf(ctx)
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.texts = append(t.texts, r.Text)
	if len(r.Choices) > 0 {
		t.choices[to] = true
	}
}

// has reports whether a text was sent.
func (t *trace) has(text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Contains(t.texts, text)
}

// asks reports whether something with choices was sent to an address.
func (t *trace) asks(to adapters.Address) bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.choices[to]
}

// turn gives the replies whose turn it is to be shown: this one, unless it is a
// question that is held, and before it the one that was held till now.
func (t *trace) turn(to adapters.Address, r adapters.Reply) (now []adapters.Reply) {
	if t == nil || t.from == nil || *t.from != to {
		return []adapters.Reply{r}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held != nil {
		now = append(now, *t.held)
		t.held = nil
	}
	if len(r.Choices) > 0 {
		t.held = &r
		return now
	}
	return append(now, r)
}

// drop is the question that was held, which is not shown.
func (t *trace) drop() *adapters.Reply {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.held
	t.held = nil
	return r
}

// release shows the question that was held.
func (r *run) release(ctx context.Context, t *trace) {
	if held := t.drop(); held != nil {
		if err := r.send(context.WithValue(ctx, traceKey{}, t), *t.from, *held); err != nil && ctx.Err() == nil {
			r.opt.Log.Error("mattermost: a question is not shown", "err", err)
		}
	}
}
