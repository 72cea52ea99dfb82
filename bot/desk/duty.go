package desk

import (
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// dutyWeeks is how many weeks ahead duty is planned.
const dutyWeeks = 8

// dutyWindow shows who is on duty in which week; the coördinator sets it.
func dutyWindow() window {
	return window{name: string(cmdDuty), form: dutyForm, act: dutyAct, tells: true, done: func(x act) string { return x.say("people.saved", nil) }}
}

// weeks are the Mondays that duty can be planned for.
func (x act) weeks() []adapters.Option {
	first, err := time.Parse(time.DateOnly, roster.Monday(x.today()))
	if err != nil {
		return nil
	}
	var out []adapters.Option
	for i := range dutyWeeks {
		monday := first.AddDate(0, 0, 7*i).Format(time.DateOnly)
		out = append(out, adapters.Option{Value: monday, Label: x.say("people.week", map[string]any{"Day": x.day(monday)})})
	}
	return out
}

func dutyForm(x act) *adapters.Form {
	f := &adapters.Form{}
	weeks := x.weeks()
	for _, w := range weeks {
		who := x.team.Planned(w.Value)
		if who == "" {
			continue
		}
		text := x.name(who)
		if _, away := x.team.Away(who, w.Value); away {
			text = x.say("people.week.away", map[string]any{"Name": text})
		}
		f.Facts = append(f.Facts, adapters.Fact{Label: w.Label, Value: private.New(text)})
	}
	if len(f.Facts) == 0 {
		f.Facts = []adapters.Fact{{Label: x.say("people.duty", nil), Value: private.New(x.say("people.duty.none", nil))}}
	}
	if x.leads() {
		f.Submit = x.say("desk.save", nil)
		f.Fields = []adapters.Field{x.choose("week", weeks, ""), x.choose("duty", append(x.colleagues(), x.nobody()), "")}
	}
	return f
}

func dutyAct(x act, in adapters.Values, button string) (roster.Act, error) {
	if !x.leads() || button != "" {
		return nil, store.ErrNotFound
	}
	who, ok := picked(append(x.colleagues(), x.nobody()), in.One("duty"))
	if !ok || !has(x.weeks(), in.One("week")) {
		return nil, told{x.say("people.choose", nil)}
	}
	return roster.Week{Monday: in.One("week"), Person: who}, nil
}
