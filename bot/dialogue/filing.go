package dialogue

import (
	"fmt"
	"slices"
	"time"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// The kinds of notice that a dialogue plans. bot/desk sends those for the
// desk, Deliver those for the reporter.
const (
	KindReceipt     = "receipt"     // to the reporter, at once
	KindCard        = "card"        // to the channel, at once
	KindUrgent      = "urgent"      // to the officers: acute, or without a card
	KindUndelivered = "undelivered" // the card of an acute signal did not arrive
	KindAdded       = "added"       // the reporter added something
	KindReaction    = "reaction"    // the reporter answered feedback
	KindWithdraw    = "withdraw"    // the reporter asks to withdraw
	KindErased      = "erased"      // withdrawn before it was read
	KindRead        = "read"        // to the reporter: read
	KindFeedback    = "feedback"    // to the reporter: terugkoppeling (step 6)
)

// file ends a flow with what it is for: a signal, or an act on one.
func (t *turn) file() error {
	switch {
	case !t.reporting():
		return t.finish()
	case t.flow.Name == intake.EnterName:
		return t.entered()
	}
	rep, src := intake.Read(t.flow, t.c.State)
	switch left, ok, err := t.nobodyLeft(); {
	case err != nil:
		return err
	case ok:
		return t.leave("d.outside", left)
	}
	now := t.view.Now
	f := t.d.filing(rep, now)
	f.Reporter = store.Reporter{
		Person: person(t.m.From), Place: private.New(t.m.At.Key()),
		Name: t.m.Name, Lang: t.lang, Source: src,
	}
	t.effects.File = f
	t.effects.Notices = t.d.owed(f.Urgency, len(rep.LeaveOut) > 0, now, f.ReadBy)
	t.effects.Journal = []store.Line{{Action: "signal.filed", Actor: actorReporter, Outcome: "ok"}}
	if rep.Department != "" {
		p := t.view.Profile
		p.Department = rep.Department
		t.effects.Profile = &p
	}
	if err := t.leave("", nil); err != nil {
		return err
	}
	t.say = t.say[:len(t.say)-1] // the receipt is a notice: it survives a crash
	if rep.Acute {
		t.effects.End, t.c.Post = false, ""
		return t.start(intake.CalledName, flows.State{}, latest)
	}
	return nil
}

// filing is a new signal as it follows from its report: how urgent it is, when it
// must be read, and who never sees it or always does.
func (d *Dialogue) filing(rep flows.Report, received time.Time) *store.Filing {
	f := &store.Filing{Report: rep, Urgency: rep.Urgency}
	if rep.Acute {
		f.Urgency = flows.Acute
	}
	if f.Urgency == "" {
		f.Urgency = flows.Soon
	}
	f.ReadBy = d.o.Config.ReadBy(d.o.Calendar, string(f.Urgency), received)
	for _, who := range rep.LeaveOut {
		f.LeaveOut = append(f.LeaveOut, private.New(who))
	}
	for _, who := range d.o.Config.ReadersOf(rep.Department) {
		f.Assign = append(f.Assign, private.New(string(who)))
	}
	return f
}

// owed are the notices of a new signal.
func (d *Dialogue) owed(u flows.Urgency, direct bool, now, readBy time.Time) []store.Notice {
	plan := func(kind string, to store.Role, due time.Time) store.Notice {
		return store.Notice{NoticeID: store.NoticeID{Kind: kind, N: 1}, To: to, Due: due}
	}
	ns := []store.Notice{
		plan(KindReceipt, store.ToReporter, now),
	}
	if !direct {
		ns = append(ns, plan(KindCard, store.ToChannel, now))
	}
	if direct || u == flows.Acute {
		ns = append(ns, plan(KindUrgent, store.ToOfficers, now))
	}
	if u == flows.Acute {
		ns = append(ns, plan(KindUndelivered, store.ToCoordinators, now.Add(d.o.Config.Terms.CardDelivery.Duration())))
	}
	return ns
}

// nobody reports whether there is no one at all to receive signals.
func (d *Dialogue) nobody() bool { return len(d.o.Config.Readers()) == 0 }

// nobodyLeft reports whether all who could read this signal are named as
// involved in it (D4), or left for good, with what the outside door needs to be
// said.
func (t *turn) nobodyLeft() (door map[string]any, ok bool, err error) {
	if !t.reporting() || !intake.Names(t.c.State) {
		return nil, false, nil
	}
	rep, _ := intake.Read(t.flow, t.c.State)
	if len(rep.LeaveOut) == 0 {
		return nil, false, nil
	}
	if t.view.Registers == nil {
		return nil, false, needs{team: true}
	}
	var team roster.Roster
	if body := t.view.Registers[roster.Register]; !body.Empty() {
		if err := private.Decode([]byte(body.Reveal()), &team); err != nil {
			return nil, false, fmt.Errorf("dialogue: roster: %w", err)
		}
	}
	for _, r := range t.d.o.Config.Readers() {
		if who := string(r.Person); !slices.Contains(rep.LeaveOut, who) && !team.Left(who) {
			return nil, false, nil
		}
	}
	out := t.d.o.Config.OutsideDoor
	h, _ := t.d.o.Config.Helpline(out.Helpline)
	return map[string]any{"Door": out.Name.In(t.lang), "Phone": h.Number}, true, nil
}

// Params are what the configuration gives the intake.
func Params(c config.Config) intake.Params {
	p := intake.Params{
		Departments: choices(c.Departments), Groups: choices(c.IndicatorGroups), Capacities: choices(c.Capacities),
		Ages: choices(c.AgeBands), Branches: choices(c.Branches),
		Limits: intake.Limits{What: c.Limits.What, Text: c.Limits.Text, Line: c.Limits.Line, Persons: c.Limits.Persons},
		Card:   flows.T("d.resident"),
	}
	for _, f := range c.Forms {
		p.Forms = append(p.Forms, intake.Form{Choice: choice(f.ID, f.Label), FirstGroup: f.FirstGroup, Housing: f.Housing})
	}
	for _, i := range c.Indicators {
		p.Indicators = append(p.Indicators, intake.Indicator{
			Choice: intake.Choice{ID: i.ID, Label: flows.Text{NL: i.Brief("nl"), EN: i.Brief("en")}},
			Group:  i.Group, OnlyWithForm: i.OnlyWithForm, Housing: i.Housing,
		})
	}
	for _, r := range c.Readers() {
		p.Officers = append(p.Officers, intake.Officer{ID: string(r.Person), Name: r.Name})
	}
	for _, d := range c.Doors {
		text := flows.Text{NL: d.Text.NL, EN: d.Text.EN}
		if h, ok := c.Helpline(d.Helpline); ok && h.Number != "" {
			text.NL += "\n\n" + h.Name.NL + ": **" + h.Number + "**"
			text.EN += "\n\n" + h.Name.EN + ": **" + h.Number + "**"
		}
		p.Doors = append(p.Doors, intake.Door{Choice: choice(d.Code, d.Label), Text: text})
	}
	return p
}

func choices(opts []config.Option) []intake.Choice {
	out := make([]intake.Choice, len(opts))
	for i, o := range opts {
		out[i] = choice(o.ID, o.Label)
	}
	return out
}

func choice(id string, l config.Label) intake.Choice {
	return intake.Choice{ID: id, Label: flows.Text{NL: l.NL, EN: l.EN}}
}
