package desk

import (
	"strconv"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// hoursWindow records hours of the role, apart from cases, against the yearly
// budget (DECISIONS C).
func hoursWindow() window {
	return window{name: string(cmdHours), form: hoursForm, act: hoursAct, done: spentSoFar}
}

func hoursForm(x act) *adapters.Form {
	return &adapters.Form{
		Submit: x.say("desk.save", nil), Facts: x.spent(),
		Fields: []adapters.Field{x.dated("day"), x.field("minutes", adapters.Line), x.choose("work", x.words("work", roster.Works()), "")},
	}
}

// spent are the two counters of this year, the officer's own and the team's.
func (x act) spent() []adapters.Fact {
	all := x.team.Spent(x.year())
	var team roster.Spent
	for _, s := range all {
		team.Role, team.Cases = team.Role+s.Role, team.Cases+s.Cases
	}
	var out []adapters.Fact
	for _, s := range []struct {
		whose  string
		spent  roster.Spent
		budget int
	}{
		{"own", all[x.self()], x.d.o.Config.Desk.RoleHours},
		{"team", team, x.d.o.Config.Desk.RoleHours * len(here(x.d.o.Config.Role(string(store.ToOfficers)), x.team))},
	} {
		out = append(out, adapters.Fact{Label: x.say("people.hours."+s.whose, map[string]any{"Year": x.year()}),
			Value: private.New(x.say("people.hours.spent", map[string]any{
				"Role": x.time(s.spent.Role), "Budget": s.budget, "Cases": x.time(s.spent.Cases),
			}))})
	}
	return out
}

// words are options with their words in the catalog "roster".
func (x act) words(group string, ids []string) []adapters.Option {
	var out []adapters.Option
	for _, id := range ids {
		out = append(out, adapters.Option{Value: id, Label: x.say("roster."+group+"."+id, nil)})
	}
	return out
}

// minutes is the number that was filled in; none is refused like one that
// cannot be.
func (x act) minutes(in adapters.Values) int {
	n, err := strconv.Atoi(in.One("minutes"))
	if err != nil {
		return -1
	}
	return n
}

func hoursAct(x act, in adapters.Values, button string) (roster.Act, error) {
	if button != "" {
		return nil, store.ErrNotFound
	}
	a := roster.Hours{Person: x.self(), Day: in.One("day"), Minutes: x.minutes(in), Work: in.One("work")}
	if a.Work == roster.Cases {
		a.Work = "" // those come from the cases
	}
	return a, nil
}

// spentSoFar is what the officer reads when hours were saved.
func spentSoFar(x act) string {
	own := x.team.Spent(x.year())[x.self()]
	return x.say("people.hours.done", map[string]any{"Role": x.time(own.Role), "Budget": x.d.o.Config.Desk.RoleHours})
}

// adviceWindow records advice without a case: minutes and a subject, no data of
// a person. It is counted, and its minutes are hours of the role.
func adviceWindow() window {
	return window{name: string(cmdAdvice), form: adviceForm, act: adviceAct, done: spentSoFar}
}

func adviceForm(x act) *adapters.Form {
	return &adapters.Form{
		Submit: x.say("desk.save", nil),
		Fields: []adapters.Field{x.field("minutes", adapters.Line), x.choose("subject", x.words("subject", roster.Subjects()), "")},
	}
}

func adviceAct(x act, in adapters.Values, button string) (roster.Act, error) {
	if button != "" {
		return nil, store.ErrNotFound
	}
	return roster.Advised{Person: x.self(), Minutes: x.minutes(in), Subject: in.One("subject")}, nil
}
