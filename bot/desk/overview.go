package desk

import (
	"context"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// overviewMax is how many signals one overview shows; the rest is counted.
const overviewMax = 10

// asksOverview reports whether somebody asks for the overview: it is typed in
// his own dialogue, and answered there.
func (d *Desk) asksOverview(m adapters.Message) bool {
	if !m.Direct || m.Filled != nil {
		return false
	}
	if m.Press != "" {
		return m.Press == Prefix+pressOverview
	}
	switch strings.ToLower(strings.TrimSpace(m.Text.Reveal())) {
	case "overzicht", "overview":
		return true // who may not is refused like everywhere
	}
	return false
}

// pressOverview is the press that asks for the overview. It is no secret: who
// may see what is looked at anew.
const pressOverview = "overview"

// PressEnter begins to enter a signal that came by phone or on paper. It is a
// press of bot/dialogue, which looks at the right anew.
const PressEnter = "cmd-enter"

// overview shows a reader what is on the desk, in his own dialogue: overdue
// first, then unread by date, then what was read. References, urgency and
// dates only (P14).
func (d *Desk) overview(ctx context.Context, m adapters.Message, v store.Viewer) (adapters.Answer, error) {
	listed, err := d.o.Store.List(ctx, v, store.Pick{})
	all := listed.Signals
	if err != nil {
		return adapters.Answer{}, err
	}
	err = d.journal(ctx, store.Line{Action: "desk.overview", Person: v.Person, Outcome: "ok"})
	if err != nil {
		return adapters.Answer{}, err
	}
	lang := m.Lang
	r := adapters.Reply{Key: "overview." + m.ID}
	enter := adapters.Choice{Token: PressEnter, Label: d.say(lang, "desk.enter", nil), Tone: adapters.ToneQuiet}
	if len(all) == 0 {
		r.Choices = []adapters.Choice{enter}
		r.Text = d.say(lang, "desk.overview.none", nil)
		return adapters.Answer{}, d.send(ctx, m.At, r)
	}
	var b strings.Builder
	b.WriteString(d.say(lang, "desk.overview", map[string]any{"Count": len(all)}))
	for i, s := range all {
		if i == overviewMax {
			b.WriteString("\n\n" + d.say(lang, "desk.overview.more", map[string]any{"Count": len(all) - overviewMax}))
			break
		}
		line := d.overviewLine(lang, s)
		if s.Drill {
			line = d.say(lang, "g.drill", nil) + " " + line
		}
		b.WriteString("\n- " + line)
		tk, err := d.openToken(ctx, s.Ref, m.At)
		if err != nil {
			return adapters.Answer{}, err
		}
		r.Choices = append(r.Choices, adapters.Choice{Token: tk, Label: d.say(lang, "desk.overview.open", map[string]any{"Ref": string(s.Ref)})})
	}
	r.Text, r.Choices = b.String(), append(r.Choices, enter)
	return adapters.Answer{}, d.send(ctx, m.At, r)
}

func (d *Desk) overviewLine(lang string, s store.Signal) string {
	args := map[string]any{
		"Ref": string(s.Ref), "Urgency": d.say(lang, "desk.urgency."+string(s.Urgency), nil), "Date": d.o.Calendar.Moment(lang, s.ReadBy),
	}
	switch {
	case !s.Read.IsZero():
		args["Date"] = d.o.Calendar.Moment(lang, s.Read)
		return d.say(lang, "desk.overview.read", args)
	case d.o.Now().After(s.ReadBy):
		return d.say(lang, "desk.overview.late", args)
	}
	return d.say(lang, "desk.overview.new", args)
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
