package desk

import (
	"context"
	"errors"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/store"
)

// unfit does what can be done without the channel: those who may know read it
// in a direct message, and the coördinatoren are alarmed (D15). The card stays
// owed.
func (d *Desk) unfit(ctx context.Context, n store.Notice, s store.Signal, why string) error {
	err := d.alarm(ctx, n, why)
	if err == nil {
		told := n
		told.Kind, told.To = KindNew, store.ToOfficers
		err = d.direct(ctx, told, s)
	}
	return errors.Join(err, d.secondWay(ctx, n, s, "mail.alarm.unfit"))
}

// alarm tells the coördinatoren that the channel is unfit, once per notice.
func (d *Desk) alarm(ctx context.Context, n store.Notice, why string) error {
	lang := d.o.Config.Municipality.Language
	people, err := d.people(ctx, store.ToCoordinators)
	if err != nil {
		return err
	}
	return d.toEach(ctx, people, func(adapters.Address) (adapters.Reply, error) {
		return adapters.Reply{
			Key: KindAlarm + "." + key(n), Urgent: true,
			Text: d.say(lang, "desk.alarm", map[string]any{"Why": d.say(lang, why, nil)}),
		}, nil
	})
}

// secondWay tells that something is wrong by a way that is not the chat (D15,
// P40): that it is so and of which signal, and nothing else. It comes after
// what the chat can do, and once per notice and reason.
func (d *Desk) secondWay(ctx context.Context, n store.Notice, s store.Signal, text string) error {
	var failed error
	for _, to := range d.o.Alarms {
		err := d.send(ctx, to, adapters.Reply{
			Key: KindAlarm + "." + key(n) + "." + text, Urgent: true,
			Text: d.marked("", s.Drill, d.say("", text, map[string]any{"Ref": string(n.About)})),
		})
		if errors.Is(err, adapters.ErrGone) {
			d.o.Log.Error("desk: an alarm has nobody at its address", "platform", to.Platform, "kind", n.Kind)
			continue // the others read it; trying again does not help
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
