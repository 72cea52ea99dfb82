package reminder

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// crew is who is there at one moment, to be told of deadlines.
type crew struct {
	r      *Reminder
	roster roster.Roster
	now    time.Time
	today  config.Date
}

func (r *Reminder) crew(ctx context.Context) (crew, error) {
	now := r.o.Now()
	c := crew{r: r, now: now, today: r.o.Calendar.Date(now)}
	body, err := r.o.Store.Register(ctx, roster.Register)
	if err == nil && !body.Empty() {
		err = private.Decode([]byte(body.Reveal()), &c.roster)
	}
	if err != nil {
		return crew{}, fmt.Errorf("reminder: who is there: %w", err)
	}
	return c, nil
}

// concern is who hears of one deadline.
type concern struct {
	base  []store.Person // whose task it is now
	more  []store.Person // who hears of it too, because it is late
	chain bool           // and the ketenregisseur, who takes no part in exercises
	alone bool           // no aandachtsfunctionaris is there
}

func (c concern) all() []store.Person {
	out := slices.Clone(c.base)
	for _, p := range c.more {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// of resolves who is to be told of a deadline today: who has the signal, else
// every aandachtsfunctionaris; each, when he is away, by who stands in for him;
// and never somebody who may not read it (D4).
func (c crew) of(ctx context.Context, d store.Duty) (concern, error) {
	may, err := c.r.o.Store.Reading(ctx, d.Ref, c.viewers())
	if err != nil {
		return concern{}, err
	}
	officers := c.present(c.role(config.RoleOfficers), may)
	coordinators := c.present(c.role(config.RoleCoordinators), may)
	if len(coordinators) == 0 { // somebody must know
		coordinators = both(c.role(config.RoleCoordinators), may)
	}
	out := concern{base: officers}
	if !d.Holder.Empty() {
		if own := c.present([]store.Person{d.Holder}, may); len(own) > 0 {
			out.base = own
		}
	}
	if len(out.base) == 0 {
		out.base, out.alone = coordinators, true
	}
	if d.Kind != store.KindDuty {
		return out, nil // it is never late: then there is nothing left
	}
	clock := c.r.o.Config.Reminders.Clocks.Of(d.Clock)
	if c.late(d, clock.Substitute) {
		out.more = append(out.more, officers...)
	}
	if c.late(d, clock.Coordinator) {
		out.more = append(out.more, coordinators...)
	}
	out.chain = !d.Drill && clock.Chain > 0 && c.days(d) >= clock.Chain
	return out, nil
}

// late reports whether a deadline is so many working days late; 0 is never.
// What is acute does not wait for a day to pass.
func (c crew) late(d store.Duty, days int) bool {
	if days == 0 {
		return false
	}
	return c.days(d) >= days || byClock(c.r.o.Config, d.Signal) && !c.now.Before(d.Due)
}

// days is how many working days ago a deadline passed.
func (c crew) days(d store.Duty) int {
	return c.r.o.Calendar.Workdays(c.r.o.Calendar.Date(d.Due), c.today)
}

// present are those of people who are there today, or who stand in for them,
// each once, as far as they may.
func (c crew) present(people, may []store.Person) []store.Person {
	var out []store.Person
	for _, p := range people {
		who, ok := c.roster.For(p.Reveal(), c.today.String())
		if in := private.New(who); ok && slices.Contains(may, in) && !slices.Contains(out, in) {
			out = append(out, in)
		}
	}
	return out
}

func both(people, may []store.Person) []store.Person {
	return slices.DeleteFunc(slices.Clone(people), func(p store.Person) bool { return !slices.Contains(may, p) })
}

// role are the people of a role who did not leave for good. When all
// coördinatoren left, the officers stand in, as where there are none.
func (c crew) role(name string) []store.Person {
	var out []store.Person
	for _, p := range c.r.o.Config.Role(name) {
		if !c.roster.Left(string(p.Person)) {
			out = append(out, private.New(string(p.Person)))
		}
	}
	if len(out) == 0 && name == config.RoleCoordinators {
		return c.role(config.RoleOfficers)
	}
	return out
}

// viewers are all readers who did not leave, with how far their reading goes.
func (c crew) viewers() []store.Viewer {
	var out []store.Viewer
	for _, o := range c.r.o.Config.Roles.Officers {
		out = append(out, store.Viewer{Person: private.New(string(o.Person)), All: o.Reads == config.ReadsAll})
	}
	for _, p := range c.r.o.Config.Roles.Coordinators {
		out = append(out, store.Viewer{Person: private.New(string(p.Person)), All: true})
	}
	return slices.DeleteFunc(out, func(v store.Viewer) bool { return c.roster.Left(v.Person.Reveal()) })
}
