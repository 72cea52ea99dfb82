package dialogue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

// Deliver sends a notice that is owed to the reporter of a signal. The address
// is opened for that only (promise 3).
func (d *Dialogue) Deliver(ctx context.Context, n store.Notice) error {
	s, err := d.o.Store.Card(ctx, n.About)
	if errors.Is(err, store.ErrNotFound) {
		return nil // erased meanwhile: nobody is owed anything
	}
	if err != nil {
		return err
	}
	text, pass := n.Kind, false
	if n.Kind == KindFeedback {
		if text, pass, err = d.template(ctx, n); err != nil {
			return err
		}
	}
	err = d.o.Store.Deliver(ctx, n.About, func(ctx context.Context, r store.Reporter) error {
		if r.Place.Empty() {
			return nil // an officer entered it: its reporter has no chat
		}
		to, err := adapters.ParseAddress(r.Place.Reveal())
		if err != nil {
			return err
		}
		reply := adapters.Reply{
			Key: fmt.Sprintf("%s.%s.%s.%d", n.Kind, r.Number, s.Received.Format("20060102"), n.N), Text: d.notice(text, r, s),
		}
		if pass {
			reply.Text += "\n\n" + d.say(r.Lang, "d.feedback.pass", nil)
		}
		if s.Drill {
			reply.Text = d.say(r.Lang, "g.drill", nil) + "\n\n" + reply.Text
		}
		if n.Kind == KindFeedback {
			answers := []cmd{cmdClear, cmdAsks, cmdDisagree, cmdAdd}
			if text == ownWords { // it is read in a window, and stays out of the chat
				answers = append([]cmd{cmdWords}, answers...)
			}
			for _, c := range answers {
				reply.Choices = append(reply.Choices, adapters.Choice{Token: pressed(c, r.Number), Label: d.say(r.Lang, "d.menu."+string(c), nil)})
			}
			if text == ownWords {
				reply.Choices[0].Tone = adapters.ToneMain
			}
		}
		if n.Kind == KindReceipt {
			reply.Choices = d.filed(r.Lang)
		}
		return d.send(ctx, to, reply)
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil // it is no longer kept who reported (P27)
	}
	return err
}

// feedback begins the ids of the texts of terugkoppeling (step 6); ownWords is
// the one that only says that the officer wrote something.
const (
	feedback = "fb."
	ownWords = "fb.answer"
)

// template reads which message a notice of terugkoppeling is about: it stands
// in the sealed record of the case. pass says that somebody else told it to the
// reporter: he hears through him what came of it (DECISIONS B).
func (d *Dialogue) template(ctx context.Context, n store.Notice) (id string, pass bool, err error) {
	var rec handling.Record
	ev := store.Event{Signal: n.About, Viewer: store.Viewer{Person: private.New(actorBot), All: true}}
	_, err = d.o.Store.Turn(ctx, ev, func(v store.View) (store.Effects, error) {
		pass = v.Case.Report.Seen == "colleague" || v.Case.Report.Seen == "external"
		line := store.Line{Action: "feedback.sent", Actor: actorBot, About: n.About, Outcome: "ok"}
		return store.Effects{Journal: []store.Line{line}}, private.Decode([]byte(v.Case.Handling.Reveal()), &rec)
	})
	if err != nil {
		return "", false, err
	}
	if n.N < 1 || n.N > len(rec.Messages) {
		return "", false, fmt.Errorf("dialogue: %s has no message %d", n.About, n.N)
	}
	return rec.Messages[n.N-1].Template, pass, nil
}

// final reports whether a message is the last word to a reporter.
func final(id string) bool {
	return slices.ContainsFunc(handling.Templates(), func(t handling.Template) bool { return t.ID == id && t.Final })
}

// actorBot stands in the journal for what the program does by itself.
const actorBot = "bot"

// notice is what a reporter reads.
func (d *Dialogue) notice(kind string, r store.Reporter, s store.Signal) string {
	args := map[string]any{"Ref": string(r.Number), "Date": d.o.Calendar.Moment(r.Lang, s.ReadBy)}
	if kind == KindRead {
		return d.say(r.Lang, "d.read", args)
	}
	if strings.HasPrefix(kind, feedback) {
		text := d.say(r.Lang, kind, nil) + "\n\n" + d.say(r.Lang, "d.feedback", args)
		if final(kind) { // said before it is done (D5)
			text += "\n\n" + d.say(r.Lang, "d.feedback.last", map[string]any{"Term": d.o.Config.Retention.Reporter.In(r.Lang)})
		}
		return text
	}
	var parts []string
	if s.Urgency == flows.Acute {
		parts = append(parts, d.say(r.Lang, "d.receipt.acute", args))
		if !d.o.Config.AcuteIsCovered(d.o.Calendar, s.Received) {
			parts = append(parts, d.say(r.Lang, "d.receipt.uncovered", args))
		}
	}
	parts = append(parts, d.say(r.Lang, "d.receipt", args))
	if h, ok := d.o.Config.Helpline(config.Care); ok && h.Number != "" {
		parts = append(parts, d.say(r.Lang, "d.receipt.care", nil))
	}
	return strings.Join(parts, "\n\n")
}

// Resume shows every question that was asked but is not known to stand in the
// chat: after a crash between commit and answer (D2).
func (d *Dialogue) Resume(ctx context.Context) error {
	ss, err := d.o.Store.Unshown(ctx)
	if err != nil {
		return err
	}
	for _, s := range ss {
		if err := d.reshow(ctx, s); err != nil {
			d.o.Log.Warn("dialogue: not resumed", "err", err)
			continue
		}
		d.shown.mark(s.Person, s.Rev)
	}
	return nil
}

// reshow sends a session's question once more, under its own key.
func (d *Dialogue) reshow(ctx context.Context, s store.Session) error {
	_, to, err := held(s)
	if err != nil {
		return err
	}
	sc, err := d.current(ctx, s)
	if err != nil {
		return err
	}
	return d.send(ctx, to, sc.reply)
}

// held is what a session holds, and where the dialogue is held.
func held(s store.Session) (c content, at adapters.Address, err error) {
	if err = private.Decode([]byte(s.Content.Reveal()), &c); err == nil {
		at, err = adapters.ParseAddress(c.Place.Reveal())
	}
	return c, at, err
}

// started reports whether anything was answered: a bare greeting is no draft.
func (c content) started() bool { return len(c.State.Answers) > 0 }

// Drafts reminds of drafts once and erases those that are too old (T9). One
// that fails is tried again at the next call and holds up no other.
func (d *Dialogue) Drafts(ctx context.Context, now time.Time) error {
	nudge, expired, err := d.o.Store.Drafts(ctx, now)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range nudge {
		errs = append(errs, d.nudge(ctx, s, now))
	}
	for _, s := range expired {
		errs = append(errs, d.expire(ctx, s))
	}
	return errors.Join(errs...)
}

// nudge asks the question of a draft once more, at the end of the chat, and once
// only. It is shown first: what could not be shown is not over.
func (d *Dialogue) nudge(ctx context.Context, s store.Session, now time.Time) error {
	c, to, err := held(s)
	if err != nil {
		return err
	}
	past, next := "", s
	next.Nudge = time.Time{}
	if s.Expires.After(now) && c.started() {
		past = c.Post
		c.Post, c.Above = "nudge."+c.Post, "d.nudge"
		body, err := private.Encode(c)
		if err != nil {
			return err
		}
		next.Content = private.New(string(body))
		if err := d.reshow(ctx, next); err != nil && !errors.Is(err, adapters.ErrGone) {
			return err
		}
	}
	kept, err := d.unless(ctx, s, store.Effects{Session: &next})
	if err != nil || past == "" {
		return err
	}
	if !kept { // he went on just now: what was shown is over
		past = c.Post
	}
	d.tell(ctx, to, adapters.Reply{Key: past + ".past", Over: past, Text: d.say(c.Lang, "d.past", nil), Quiet: true})
	return nil
}

// expire erases a draft and says so in the place of its last question, which
// can no longer be answered. Where nothing was answered there is nothing to
// tell.
func (d *Dialogue) expire(ctx context.Context, s store.Session) error {
	if gone, err := d.unless(ctx, s, store.Effects{End: true}); err != nil || !gone {
		return err
	}
	d.shown.forget(s.Person)
	c, to, err := held(s)
	if err != nil {
		return err
	}
	text := "d.begin"
	if c.started() {
		text = "d.expired"
	}
	d.tell(ctx, to, adapters.Reply{Key: c.ID + ".expired", Over: c.Post, Text: d.say(c.Lang, text, nil), Choices: d.begin(c.Lang)})
	return nil
}

// tell sends what is not sent again when it fails.
func (d *Dialogue) tell(ctx context.Context, to adapters.Address, r adapters.Reply) {
	if err := d.send(ctx, to, r); err != nil {
		d.o.Log.Warn("dialogue: not shown", "platform", to.Platform, "err", err)
	}
}

// unless writes effects on a session; done is false when it went on meanwhile.
func (d *Dialogue) unless(ctx context.Context, s store.Session, eff store.Effects) (done bool, err error) {
	_, err = d.o.Store.Turn(ctx, store.Event{Person: s.Person}, func(v store.View) (store.Effects, error) {
		if v.Session.Rev != s.Rev || v.Session.Version != s.Version {
			return store.Effects{}, errRefused
		}
		return eff, nil
	})
	if errors.Is(err, errRefused) {
		return false, nil
	}
	return err == nil, err
}

// shown writes down, a little later and off the way of the answer, which
// questions stand in the chat. What is lost in a crash is shown again under
// the same key.
type shown struct {
	mu   sync.Mutex
	seen []seen
}

type seen struct {
	Who store.Person
	Rev int64
}

func (s *shown) mark(who store.Person, rev int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, seen{who, rev})
}

// forget drops what is not written down of a dialogue that has ended: the next
// one counts from the start again.
func (s *shown) forget(who store.Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = slices.DeleteFunc(s.seen, func(one seen) bool { return one.Who == who })
}

// Flush writes what was shown since the last call. run.go calls it every few
// seconds and at the end.
func (d *Dialogue) Flush(ctx context.Context) error {
	d.shown.mu.Lock()
	all := d.shown.seen
	d.shown.seen = nil
	d.shown.mu.Unlock()
	for _, s := range all {
		if err := d.o.Store.Shown(ctx, s.Who, s.Rev); err != nil {
			return err
		}
	}
	return nil
}
