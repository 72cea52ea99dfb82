package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// The kinds of notice that the desk sends, as bot/dialogue plans them.
const (
	KindCard        = "card"
	KindUrgent      = "urgent"
	KindUndelivered = "undelivered"
	KindAdded       = "added"
	KindReaction    = "reaction"
	KindWithdraw    = "withdraw"
	KindErased      = "erased"
	KindReceipt     = "receipt"  // planned here, sent to the reporter by bot/dialogue
	KindRead        = "read"     // planned here, sent to the reporter by bot/dialogue
	KindFeedback    = "feedback" // planned here, sent to the reporter by bot/dialogue
	KindMoved       = "moved"    // the signal leaves the channel
	KindAlarm       = "alarm"
	KindNew         = "new"      // a card that could not be posted
	KindEndDrill    = "enddrill" // an exercise was erased
	KindRoster      = "roster"   // who is there has changed
	KindGone        = "gone"     // an officer left: the operator takes him away
)

// openLife is how long "Openen" works on a card.
const openLife = 365 * 24 * time.Hour

// ErrUnfit says that the channel may not be posted in now; the card waits.
var ErrUnfit = errors.New("desk: channel is unfit")

// errEarlier says that the card whose place is to be taken is on its way: what
// overtakes it would stand beside it.
var errEarlier = errors.New("desk: an earlier card is still owed")

// errNobody says that none of those who should read something could be told.
var errNobody = errors.New("desk: nobody could be told")

// Deliver sends a notice that is owed to the desk: reference, urgency and
// date, and nothing else (P14).
func (d *Desk) Deliver(ctx context.Context, n store.Notice) error {
	if n.Kind == KindRoster || n.Kind == KindGone {
		return d.changed(ctx, n)
	}
	s, err := d.o.Store.Card(ctx, n.About)
	switch {
	case errors.Is(err, store.ErrNotFound) && n.Kind == KindErased:
		return d.replace(ctx, n, "desk.erased", false)
	case errors.Is(err, store.ErrNotFound) && n.Kind == KindEndDrill:
		return d.replace(ctx, n, "desk.drill.erased", true)
	case errors.Is(err, store.ErrNotFound):
		return nil // erased meanwhile
	case err != nil:
		return err
	}
	switch n.Kind {
	case KindMoved:
		return d.replace(ctx, n, "desk.card.moved", s.Drill)
	case KindCard:
		if s.Direct {
			return nil // it left the channel meanwhile
		}
		return d.card(ctx, n, s)
	case KindUndelivered:
		first := KindCard
		if s.Direct { // there is no card: the direct message takes its place (D4)
			first = KindUrgent
		}
		if delivered, err := d.o.Store.IsDone(ctx, store.NoticeID{Kind: first, About: n.About, N: 1}); err != nil || delivered {
			return err
		}
		return errors.Join(d.direct(ctx, n, s), d.secondWay(ctx, n, s, "mail.alarm.undelivered"))
	}
	return d.direct(ctx, n, s)
}

// card posts or replaces the card in the channel.
func (d *Desk) card(ctx context.Context, n store.Notice, s store.Signal) error {
	why, err := d.Unfit(ctx)
	if why != "" {
		return errors.Join(ErrUnfit, err, d.unfit(ctx, n, s, why))
	}
	lang := d.o.Config.Municipality.Language
	r := adapters.Reply{Key: key(n), Text: d.marked(lang, s.Drill, d.cardText(lang, s)), Urgent: s.Urgency == "acute" && s.Read.IsZero()}
	if n.N > 1 {
		prev := cardOf(n, n.N-1)
		if err := d.settled(ctx, prev); err != nil {
			return err
		}
		r.Over, r.Change = key(prev), d.marked(lang, s.Drill, d.cardChange(lang, n.N, s))
	}
	tk, err := d.OpenToken(ctx, n.About, d.channel)
	if err != nil {
		return err
	}
	r.Choices = []adapters.Choice{{Token: tk, Label: d.say(lang, "desk.open", nil), Tone: adapters.ToneMain}}
	return d.send(ctx, d.channel, r)
}

// cardOf is a card of the signal that a notice is about.
func cardOf(n store.Notice, number int) store.Notice {
	return store.Notice{NoticeID: store.NoticeID{Kind: KindCard, About: n.About, N: number}}
}

// settled is errEarlier as long as a card is still owed.
func (d *Desk) settled(ctx context.Context, card store.Notice) error {
	owed, err := d.o.Store.IsOwed(ctx, card.NoticeID)
	if err == nil && owed {
		err = errEarlier
	}
	return err
}

// key names a notice's message.
func key(n store.Notice) string { return fmt.Sprintf("%s.%s.%d", n.Kind, n.About, n.N) }

// cardChange is what the nth card says that is new: the second that the signal was
// read, those after it that it was closed and opened again by turns.
func (d *Desk) cardChange(lang string, n int, s store.Signal) string {
	switch {
	case n == 2:
		return d.say(lang, "desk.card.change.read", map[string]any{"Date": d.o.Calendar.Moment(lang, s.Read)})
	case n%2 == 1:
		return d.say(lang, "desk.card.change.closed", nil)
	}
	return d.say(lang, "desk.card.change.again", nil)
}

func (d *Desk) cardText(lang string, s store.Signal) string {
	args := map[string]any{
		"Ref": string(s.Ref), "Urgency": d.say(lang, "desk.urgency."+string(s.Urgency), nil),
		"Date": d.o.Calendar.Moment(lang, s.ReadBy), "Received": d.o.Calendar.Moment(lang, s.Received),
	}
	if s.Status == store.Closed {
		return d.say(lang, "desk.card.closed", args)
	}
	if !s.Read.IsZero() {
		args["Date"] = d.o.Calendar.Moment(lang, s.Read)
		return d.say(lang, "desk.card.read", args)
	}
	return d.say(lang, "desk.card", args)
}

// direct tells each person of the notice's role who may know of this signal.
func (d *Desk) direct(ctx context.Context, n store.Notice, s store.Signal) error {
	people, err := d.allowed(ctx, n)
	if err != nil {
		return err
	}
	lang := d.o.Config.Municipality.Language
	args := map[string]any{
		"Ref": string(s.Ref), "Urgency": d.say(lang, "desk.urgency."+string(s.Urgency), nil),
		"Date": d.o.Calendar.Moment(lang, s.ReadBy),
	}
	err = d.toEach(ctx, people, func(to adapters.Address) (adapters.Reply, error) {
		tk, err := d.OpenToken(ctx, n.About, to)
		return adapters.Reply{
			Key: key(n), Text: d.marked(lang, s.Drill, d.say(lang, "desk.notice."+n.Kind, args)), Urgent: s.Urgency == "acute",
			Choices: []adapters.Choice{
				{Token: tk, Label: d.say(lang, "desk.open", nil), Tone: adapters.ToneMain},
				{Token: query{}.press(), Label: d.say(lang, "desk.overview.button", nil), Tone: adapters.ToneQuiet},
			},
		}, err
	})
	if errors.Is(err, errNobody) {
		return errors.Join(err, d.secondWay(ctx, n, s, "mail.alarm.nobody"))
	}
	return err
}

// allowed are the people of the notice's role who may know of its signal. When
// every officer is involved in it, the coördinatoren are told in their place
// (D4): somebody must read it.
func (d *Desk) allowed(ctx context.Context, n store.Notice) ([]store.Person, error) {
	for _, role := range []store.Role{n.To, store.ToCoordinators} {
		people, err := d.people(ctx, role)
		if err == nil {
			people, err = d.o.Store.Allowed(ctx, n.About, people)
		}
		if err != nil || len(people) > 0 {
			return people, err
		}
	}
	return nil, nil
}

// people are those with a role who did not leave.
func (d *Desk) people(ctx context.Context, role store.Role) ([]store.Person, error) {
	team, err := d.team(ctx)
	var out []store.Person
	for _, r := range d.role(role, team) {
		out = append(out, private.New(string(r.Person)))
	}
	return out, err
}

// toEach sends to every person; one who is gone is passed over, but when all
// are gone it is an error: somebody must read it.
func (d *Desk) toEach(ctx context.Context, people []store.Person, reply func(adapters.Address) (adapters.Reply, error)) error {
	sent := 0
	var last error
	for _, p := range people {
		to, err := adapters.ParseAddress(p.Reveal())
		if err != nil {
			return err
		}
		r, err := reply(to)
		if err != nil {
			return err
		}
		if err := d.send(ctx, to, r); err != nil {
			last = err
			continue
		}
		sent++
	}
	if sent == 0 {
		return errors.Join(errNobody, last, ErrUnfit)
	}
	if last != nil && !errors.Is(last, adapters.ErrGone) {
		return last // those who have it already see it once
	}
	return nil
}

// replace puts a line in the place of the card that a notice counts: of a signal
// that was withdrawn before it was read, or that left the channel.
func (d *Desk) replace(ctx context.Context, n store.Notice, text string, drill bool) error {
	lang := d.o.Config.Municipality.Language
	card := cardOf(n, n.N)
	if err := d.settled(ctx, card); err != nil {
		return err
	}
	return d.send(ctx, d.channel, adapters.Reply{
		Key: key(n), Over: key(card), Quiet: true, Text: d.marked(lang, drill, d.say(lang, text, map[string]any{"Ref": string(n.About)})),
	})
}

// OpenToken makes the capability behind "Openen": for this place, for whoever
// may open the signal at that moment. It is the same at every try.
func (d *Desk) OpenToken(ctx context.Context, about store.Reference, at adapters.Address) (string, error) {
	return d.o.Store.Press(ctx, store.Token{
		ID: Prefix, Kind: kindOpen, About: about, Place: private.New(at.Key()), Expires: d.o.Now().Add(openLife), Keep: true,
	})
}

func (d *Desk) send(ctx context.Context, to adapters.Address, r adapters.Reply) error {
	s, ok := d.o.Senders[to.Platform]
	if !ok {
		return fmt.Errorf("desk: no platform %q: %w", to.Platform, adapters.ErrGone)
	}
	return s.Send(ctx, to, r)
}
