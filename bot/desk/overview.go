package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// overviewMax is how many signals one overview shows.
const overviewMax = 10

// filters are the parts of the overview, in the order of their buttons.
func filters() []store.Which {
	return []store.Which{store.PickLate, store.PickNew, store.PickMine, store.PickNobodys, store.PickPartner, store.PickDone, store.PickEvery}
}

// registerShown remembers which overview stands in which place: a digest takes
// the place of the one before it.
const registerShown = "overview"

// shown is the overview of one place.
type shown struct {
	N    int    `json:"n"`
	By   string `json:"by"` // the message that asked for it
	What query  `json:"what"`
}

func (s shown) key(n int) string { return fmt.Sprintf("overview.%d", n) }

// overview shows what is on the desk: what comes next, before when, with whom.
// References, urgency, dates and what is owed only (P14). In the channel it
// holds what everybody there may know, and replaces the one before it.
func (x act) overview(ctx context.Context, q query) (adapters.Answer, error) {
	channel := x.m.At == x.d.channel
	if channel {
		if why, err := x.d.Unfit(ctx); why != "" {
			return adapters.Answer{Notice: x.say("desk.overview.unfit", map[string]any{"Why": x.say(why, nil)})}, err
		}
		if q.Which == store.PickMine {
			return adapters.Answer{Notice: x.say("desk.overview.own", nil)}, nil
		}
	}
	now, err := x.shows(ctx, &q)
	if err != nil {
		return adapters.Answer{}, err
	}
	list, err := x.d.o.Store.List(ctx, x.viewer, store.Pick{Which: q.Which, Channel: channel, Skip: q.Skip, Max: overviewMax})
	if err != nil {
		return adapters.Answer{}, err
	}
	r := adapters.Reply{Key: now.key(now.N), Text: x.digest(q, list, channel)}
	if now.N > 1 && (channel || x.m.Press != "") {
		r.Over = now.key(now.N - 1)
	}
	if r.Choices, err = x.choices(ctx, q, list, channel); err != nil {
		return adapters.Answer{}, err
	}
	a := adapters.Answer{}
	if channel {
		a.Notice = x.say("desk.overview.fresh", nil)
	}
	return a, x.d.send(ctx, x.m.At, r)
}

// shows counts the overviews of a place and writes the journal's line. Asked by
// the same message again it is the same overview.
func (x act) shows(ctx context.Context, q *query) (now shown, err error) {
	place := x.m.At.Key()
	_, err = x.d.o.Store.Turn(ctx, store.Event{Registers: []string{registerShown}}, func(v store.View) (store.Effects, error) {
		all := map[string]shown{}
		if body := v.Registers[registerShown]; !body.Empty() {
			if err := private.Decode([]byte(body.Reveal()), &all); err != nil {
				return store.Effects{}, fmt.Errorf("desk: overviews: %w", err)
			}
		}
		now = all[place]
		e := store.Effects{Journal: []store.Line{x.about("desk.overview")}}
		if now.By == x.m.ID {
			*q = now.What
			return e, nil
		}
		if q.Which == pickMore {
			*q = query{now.What.Which, min(now.What.Skip+overviewMax, skipMax)}
		}
		now = shown{N: now.N + 1, By: x.m.ID, What: *q}
		all[place] = now
		body, err := private.Encode(all)
		e.Registers = map[string]private.Text{registerShown: private.New(string(body))}
		return e, err
	})
	return now, err
}

// digest is the overview in words.
func (x act) digest(q query, list store.Listed, channel bool) string {
	var b strings.Builder
	title := x.say("desk.overview", nil)
	if q.Which != store.PickOpen {
		title = x.say("desk.overview.part", map[string]any{"What": x.say("desk.overview."+string(q.Which), nil)})
	}
	b.WriteString("**" + title + "**")
	if len(list.Signals) == 0 {
		none := "desk.overview.none"
		if q != (query{}) {
			none = "desk.overview.empty"
		}
		b.WriteString("\n\n" + x.say(none, nil))
	}
	for i, s := range list.Signals {
		if i == 0 {
			b.WriteString("\n")
		}
		b.WriteString("\n- " + x.overviewLine(s))
	}
	if list.More {
		b.WriteString("\n\n" + x.say("desk.overview.most", map[string]any{"From": q.Skip + 1, "To": q.Skip + len(list.Signals)}))
	}
	for _, line := range x.peopleLines(channel) {
		b.WriteString("\n\n" + line)
	}
	return b.String()
}

// overviewLine is one signal: what comes next, before when, with whom.
func (x act) overviewLine(s store.Signal) string {
	args := map[string]any{
		"Ref": string(s.Ref), "Urgency": x.say("desk.urgency."+string(s.Urgency), nil), "Who": x.say("desk.overview.with.nobody", nil),
		"What": x.say("handling.clock."+s.Clock, nil), "Date": x.d.o.Calendar.Moment(x.lang(), s.Due),
	}
	switch {
	case s.Mine:
		args["Who"] = x.say("desk.overview.with.me", nil)
	case s.Held:
		args["Who"] = x.say("desk.overview.with.colleague", nil)
	}
	var line string
	switch {
	case !s.Due.IsZero() && x.d.o.Now().After(s.Due):
		line = x.say("desk.overview.line.late", args)
	case !s.Due.IsZero():
		line = x.say("desk.overview.line", args)
	case !s.Closed.IsZero():
		args["Date"] = x.d.o.Calendar.Day(x.lang(), s.Closed)
		line = x.say("desk.overview.line.closed", args)
	default:
		line = x.say("desk.overview.line.rest", args)
	}
	if s.Drill {
		line = x.say("g.drill", nil) + " " + line
	}
	return line
}

// peopleLines say who is on duty and who is absent; in the channel without
// names, to the officer himself with his hours of this year.
func (x act) peopleLines(channel bool) []string {
	today := x.today()
	onDuty, absent := x.team.OnDuty(today), x.team.Absent(today)
	var out []string
	switch {
	case channel && onDuty != "":
		out = append(out, x.say("people.line.duty.some", nil))
	case onDuty != "":
		out = append(out, x.say("people.line.duty", map[string]any{"Name": x.name(onDuty)}))
	case len(x.team.Weeks) > 0:
		out = append(out, x.say("people.line.duty.none", nil))
	}
	if channel {
		if len(absent) > 0 {
			out = append(out, x.say("people.line.absent.count", map[string]any{"Count": len(absent)}))
		}
		return out
	}
	var names []string
	for _, a := range absent {
		names = append(names, x.name(a.Person))
	}
	if len(names) > 0 {
		slices.Sort(names)
		out = append(out, x.say("people.line.absent", map[string]any{"Names": strings.Join(names, ", ")}))
	}
	own := x.team.Spent(x.year())[x.self()]
	return append(out, x.say("people.line.hours", map[string]any{
		"Role": x.time(own.Role), "Budget": x.d.o.Config.Desk.RoleHours, "Cases": x.time(own.Cases),
	}))
}

// choices are the buttons of an overview.
func (x act) choices(ctx context.Context, q query, list store.Listed, channel bool) ([]adapters.Choice, error) {
	var out []adapters.Choice
	for _, s := range list.Signals {
		tk, err := x.d.OpenToken(ctx, s.Ref, x.m.At)
		if err != nil {
			return nil, err
		}
		out = append(out, adapters.Choice{Token: tk, Label: x.say("desk.overview.open", map[string]any{"Ref": string(s.Ref)})})
	}
	if list.More && q.Skip < skipMax {
		out = append(out, adapters.Choice{Token: query{q.Which, q.Skip + overviewMax}.press(), Label: x.say("desk.overview.more", nil), Tone: adapters.ToneMain})
	}
	if q != (query{}) {
		out = append(out, adapters.Choice{Token: query{}.press(), Label: x.say("desk.overview.back", nil), Tone: adapters.ToneQuiet})
	}
	for _, w := range filters() {
		n, counted := list.Counts[w]
		if w == q.Which || counted && n == 0 {
			continue
		}
		label := x.say("desk.overview."+string(w), nil)
		switch {
		case n >= store.CountMax:
			label = fmt.Sprintf("%s (%d+)", label, store.CountMax-1)
		case n > 0:
			label = fmt.Sprintf("%s (%d)", label, n)
		}
		out = append(out, adapters.Choice{Token: query{Which: w}.press(), Label: label, Tone: adapters.ToneQuiet})
	}
	if channel {
		return out, nil
	}
	out = append(out, adapters.Choice{Token: PressEnter, Label: x.say("desk.enter", nil), Tone: adapters.ToneQuiet})
	cmds := []command{cmdAbsent, cmdDuty, cmdHours, cmdAdvice, cmdLeave}
	if x.leads() {
		cmds = append(cmds, screens()...)
	}
	for _, c := range cmds {
		out = append(out, adapters.Choice{Token: Prefix + string(c), Label: x.say("people."+string(c), nil), Tone: adapters.ToneQuiet})
	}
	if x.leads() && x.d.o.Config.Copen.Schedule != "" {
		out = append(out, adapters.Choice{Token: x.d.o.Copen, Label: x.say("copen.window", nil), Tone: adapters.ToneQuiet})
	}
	return out, nil
}

func (x act) year() int { return x.d.o.Now().In(x.d.o.Calendar.Location()).Year() }

// time is a number of minutes in words.
func (x act) time(minutes int) string {
	id := "people.time"
	if minutes%60 == 0 {
		id = "people.time.whole"
	}
	return x.say(id, map[string]any{"Hours": minutes / 60, "Minutes": minutes % 60})
}

// journal writes one line that no other effect carries.
func (d *Desk) journal(ctx context.Context, l store.Line) error {
	_, err := d.o.Store.Turn(ctx, store.Event{}, func(store.View) (store.Effects, error) {
		return store.Effects{Journal: []store.Line{l}}, nil
	})
	return err
}

// refusal is the line that somebody without the right leaves.
func refusal(who adapters.Address) store.Line {
	return store.Line{Action: "desk.refused", Person: private.New(who.Key()), Outcome: "refused"}
}
