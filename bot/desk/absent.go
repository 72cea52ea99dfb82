package desk

import (
	"strconv"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// back is the button that ends an absence, with its place in the roster.
const back = "back."

// absentWindow says from when until when somebody is absent and who stands in;
// the coördinator can do it for another.
func absentWindow() window {
	return window{name: string(cmdAbsent), form: absentForm, act: absentAct, tells: true, done: func(x act) string { return x.say("people.saved", nil) }}
}

func absentForm(x act) *adapters.Form {
	f := &adapters.Form{Submit: x.say("desk.save", nil)}
	for i, a := range x.team.Absences {
		if a.Until != "" && a.Until < x.today() {
			continue
		}
		args := map[string]any{"Name": x.name(a.Person), "From": x.day(a.From), "Until": x.day(a.Until), "Substitute": x.say("people.nobody", nil)}
		if a.Substitute != "" {
			args["Substitute"] = x.name(a.Substitute)
		}
		id := "people.absence"
		if a.Until == "" {
			id = "people.absence.open"
		}
		f.Facts = append(f.Facts, adapters.Fact{Label: x.name(a.Person), Value: private.New(x.say(id, args))})
		label := x.say("people.back", args)
		switch {
		case a.Person == x.self():
			label = x.say("people.back.own", args)
		case !x.leads():
			continue
		}
		f.Acts = append(f.Acts, adapters.Act{Value: back + strconv.Itoa(i), Label: label})
	}
	if x.leads() {
		f.Fields = append(f.Fields, x.choose("who", x.colleagues(), x.self()))
	}
	f.Fields = append(f.Fields, x.dated("from"), optional(x.field("until", adapters.Date)),
		x.choose("substitute", x.substitutes(), ""))
	return f
}

// substitutes are those who can stand in.
func (x act) substitutes() []adapters.Option {
	if x.leads() {
		return append(x.colleagues(), x.nobody())
	}
	return append(x.colleagues(x.self()), x.nobody())
}

func absentAct(x act, in adapters.Values, button string) (roster.Act, error) {
	if n, ok := strings.CutPrefix(button, back); ok {
		return x.returned(n)
	}
	if button != "" {
		return nil, store.ErrNotFound
	}
	a := roster.Absence{Person: x.self(), From: in.One("from"), Until: in.One("until")}
	if who := in.One("who"); who != "" && who != a.Person {
		if !x.leads() || !has(x.colleagues(), who) {
			return nil, store.ErrNotFound
		}
		a.Person = who
	}
	var ok bool
	if a.Substitute, ok = picked(x.substitutes(), in.One("substitute")); !ok && in.One("substitute") != a.Person {
		return nil, told{x.say("people.choose", nil)}
	} else if !ok {
		a.Substitute = a.Person // refused in words
	}
	return a, nil
}

// returned ends the absence that the officer saw, when nothing changed since.
func (x act) returned(n string) (roster.Act, error) {
	i, err := strconv.Atoi(n)
	if err != nil || i < 0 {
		return nil, store.ErrNotFound
	}
	if err := x.overtakenTeam(); err != nil {
		return nil, err
	}
	if i >= len(x.team.Absences) {
		return nil, store.ErrNotFound
	}
	a := x.team.Absences[i]
	if a.Person != x.self() && !x.leads() {
		return nil, store.ErrNotFound
	}
	return roster.Return{Person: a.Person, From: a.From}, nil
}
