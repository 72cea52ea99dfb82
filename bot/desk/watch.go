package desk

import (
	"context"
	"errors"

	"github.com/meldroute/meldroute/adapters"
)

// unread says that somebody who reads signals is not in the channel: he can open
// nothing, and cards do not reach him.
const unread = "desk.unread"

// Look looks at the channel, also when nothing is due to be posted in it: when
// it is not safe, or somebody who should read it does not, the coördinatoren are
// told, once a day for each reason. It is called when the platform tells that
// something changed, and every so often.
func (d *Desk) Look(ctx context.Context) error {
	why, err := d.Unfit(ctx)
	if err != nil && !errors.Is(err, adapters.ErrGone) {
		return err // it may be known a moment later
	}
	id, args := "desk.alarm", map[string]any{}
	switch {
	case why != "":
		args["Why"] = d.say("", why, nil)
	default:
		missing, err := d.missing(ctx)
		if err != nil || !missing {
			return err
		}
		id, why = unread, unread
	}
	people, err := d.Coordinators(ctx)
	if err != nil {
		return err
	}
	day := d.o.Calendar.Date(d.o.Now()).String()
	return d.toEach(ctx, people, func(adapters.Address) (adapters.Reply, error) {
		return adapters.Reply{Key: KindAlarm + "." + why + "." + day, Urgent: true, Text: d.say("", id, args)}, nil
	})
}

// missing reports whether somebody who reads signals is not in the channel.
func (d *Desk) missing(ctx context.Context) (bool, error) {
	room, err := d.room(ctx)
	if err != nil {
		return false, err
	}
	team, err := d.team(ctx)
	if err != nil {
		return false, err
	}
	in := map[string]bool{}
	for _, m := range room.Members {
		in[m.Address.Key()] = true
	}
	for _, r := range d.readers(team) {
		if !in[string(r.Person)] {
			return true, nil
		}
	}
	return false, nil
}
