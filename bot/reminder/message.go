package reminder

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
)

// line is one duty as one person hears of it.
type line struct {
	store.Duty
	own bool // it is his task, which he may put off
}

// warns reports whether it says that a signal is erased.
func (l line) warns() bool { return l.Kind == store.KindExpiring }

// post is what goes to one person.
type post struct {
	to    store.Person
	lines []line
}

// fit puts warnings first when not everything fits: deadlines stand in the
// overview too.
func (p post) fit(most int) {
	if len(p.lines) <= most {
		return
	}
	slices.SortStableFunc(p.lines, func(a, b line) int {
		switch {
		case a.warns() == b.warns():
			return 0
		case a.warns():
			return -1
		}
		return 1
	})
}

// tell brings duties up: one message to each person whom they concern, all under
// the same key. told are those that somebody has: a deadline that reached him, and
// a warning that he could read. The error is about
// persons who may still be reached by trying again.
func (r *Reminder) tell(ctx context.Context, key, head string, duties []store.Duty) (told []store.NoticeID, err error) {
	c, err := r.crew(ctx)
	if err != nil {
		return nil, err
	}
	var posts []post
	var chain []store.Duty
	reached, alone := map[store.NoticeID]bool{}, 0 // true is told
	for _, d := range duties {
		who, err := c.of(ctx, d)
		switch {
		case errors.Is(err, store.ErrNotFound):
			continue // erased meanwhile
		case err != nil: // one that somebody changed by hand must not hold up the others
			r.o.Log.Error("reminder: nobody told", "about", d.Ref, "err", err)
			continue
		}
		if who.alone {
			alone++
		}
		if who.chain {
			chain = append(chain, d)
		}
		for _, p := range who.all() {
			i := slices.IndexFunc(posts, func(x post) bool { return x.to == p })
			if i < 0 {
				i, posts = len(posts), append(posts, post{to: p})
			}
			posts[i].lines = append(posts[i].lines, line{Duty: d, own: slices.Contains(who.base, p)})
		}
	}
	var failed error
	for _, p := range posts {
		p.fit(r.o.Config.Reminders.Cap)
		reply, err := r.message(ctx, key, head, p)
		if err == nil {
			err = r.send(ctx, p.to, reply)
		}
		switch {
		case errors.Is(err, adapters.ErrGone):
			r.o.Log.Warn("reminder: somebody is gone", "err", err)
			continue
		case err != nil:
			failed = errors.Join(failed, err)
			continue
		}
		for i, l := range p.lines {
			reached[l.NoticeID] = reached[l.NoticeID] || !l.warns() || i < r.o.Config.Reminders.Cap
		}
	}
	for _, d := range duties {
		if reached[d.NoticeID] {
			told = append(told, d.NoticeID)
		}
	}
	if failed == nil && len(reached) < len(duties) {
		alone = max(alone, len(duties)-len(reached))
	}
	return told, errors.Join(failed, r.chain(ctx, key, chain), c.nobody(ctx, key, alone))
}

// message is what one person reads: a line for each duty, with a button that
// opens its signal. What does not fit is counted, and stands in the overview.
func (r *Reminder) message(ctx context.Context, key, head string, p post) (adapters.Reply, error) {
	at, err := adapters.ParseAddress(p.to.Reveal())
	if err != nil {
		return adapters.Reply{}, fmt.Errorf("reminder: %w: %w", err, adapters.ErrGone)
	}
	reply := adapters.Reply{Key: key}
	text := []string{r.say("", head, nil) + "\n"}
	shown := min(len(p.lines), r.o.Config.Reminders.Cap)
	later := false
	for _, l := range p.lines[:shown] {
		text = append(text, r.line(l))
		token, err := r.o.Open(ctx, l.Ref, at)
		if err != nil {
			return adapters.Reply{}, err
		}
		reply.Choices = append(reply.Choices, adapters.Choice{Token: token, Label: r.say("", "remind.open", map[string]any{"Ref": string(l.Ref)})})
		later = later || l.own && r.mayWait(l.Duty)
		reply.Urgent = reply.Urgent || l.Urgency == acute && !l.warns()
	}
	if rest := len(p.lines) - shown; rest > 0 {
		text = append(text, "\n"+r.say("", "remind.more", map[string]any{"Count": rest}))
		reply.Choices = append(reply.Choices, adapters.Choice{Token: r.o.Overview, Label: r.say("", "remind.overview", nil), Tone: adapters.ToneQuiet})
	}
	if later {
		token, err := r.press(ctx, kindLater, key, at)
		if err != nil {
			return adapters.Reply{}, err
		}
		reply.Choices = append(reply.Choices, adapters.Choice{Token: token, Label: r.say("", "remind.later", nil), Tone: adapters.ToneQuiet})
	}
	reply.Text = strings.Join(text, "\n")
	return reply, nil
}

// line says the reference, and what is to be done and since or before when, or
// when the signal is erased.
func (r *Reminder) line(l line) string {
	lang, mark := r.o.Config.Municipality.Language, "- "
	if l.Drill {
		mark += r.say("", "g.drill", nil) + " "
	}
	id, args := "remind.before", map[string]any{"Ref": string(l.Ref)}
	switch {
	case l.warns():
		args["Date"] = r.o.Calendar.LastDay(l.Keep.Until).Long(lang)
		return mark + r.say("", "remind.erased", args)
	case l.Due.Before(r.o.Now()):
		id = "remind.late"
	}
	args["What"], args["Date"] = r.what(l.Clock), r.o.Calendar.Moment(lang, l.Due)
	return mark + r.say("", id, args)
}

// what is the task of a clock in words that say nothing of the signal.
func (r *Reminder) what(clock string) string { return r.say("", "handling.clock."+clock, nil) }

// chain tells the ketenregisseur, who is outside the chat: reference and kind.
func (r *Reminder) chain(ctx context.Context, key string, duties []store.Duty) error {
	box := r.o.Config.Reminders.ChainMail
	if len(duties) == 0 || box == "" {
		return nil
	}
	text := []string{r.say("", "remind.chain", nil) + "\n"}
	for _, d := range duties {
		text = append(text, "- "+r.say("", "remind.chain.line", map[string]any{"Ref": string(d.Ref), "What": r.what(d.Clock)}))
	}
	return r.mail(ctx, box, adapters.Reply{Key: "chain." + key, Text: strings.Join(text, "\n")})
}

// nobody alarms the coördinatoren, and by mail whoever is to know, that signals
// wait and no aandachtsfunctionaris is there. How many is all that it says.
func (c crew) nobody(ctx context.Context, key string, count int) error {
	if count == 0 {
		return nil
	}
	r := c.r
	reply := adapters.Reply{
		Key: "nobody." + key, Urgent: true, Text: r.say("", "remind.nobody", map[string]any{"Count": count}),
		Choices: []adapters.Choice{{Token: r.o.Overview, Label: r.say("", "remind.overview", nil)}},
	}
	var failed error
	for _, p := range c.role(config.RoleCoordinators) {
		if err := r.send(ctx, p, reply); err != nil && !errors.Is(err, adapters.ErrGone) {
			failed = errors.Join(failed, err)
		}
	}
	for _, box := range r.o.Config.Mail.Alarms {
		failed = errors.Join(failed, r.mail(ctx, box, adapters.Reply{Key: reply.Key, Text: r.say("", "remind.nobody.mail", nil)}))
	}
	return failed
}

// mail sends to a mailbox; without mail there is nothing to try again (`bot
// check` says so).
func (r *Reminder) mail(ctx context.Context, box string, reply adapters.Reply) error {
	err := r.send(ctx, mailTo(box), reply)
	if errors.Is(err, adapters.ErrGone) {
		r.o.Log.Warn("reminder: no mail", "err", err)
		return nil
	}
	return err
}
