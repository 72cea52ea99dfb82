package intake

import (
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
)

// Enter makes the report that an officer enters for somebody else: a signal
// that came by phone or on paper, or a case that was running already. It asks
// what Build asks, with the same checks, after a first form of its own. There is
// no 112 and no "Ik twijfel": nobody waits at the other end. What Build asks of
// the reporter himself is not asked.
func Enter(p Params) flows.Flow {
	p.Limits = p.Limits.withDefaults()
	f := flows.Flow{Name: EnterName, Parts: 7, Steps: []flows.Step{
		origin(p), told(p), form(p), signs(p), persons(p), more(), things(p), housing(p), urgency(p), giver(p), colleague(p),
	}}
	if len(p.Officers) > 0 {
		f.Steps = append(f.Steps, officers(p))
	}
	f.Steps = append(f.Steps, review(), change(), stop())
	return f
}

// origin asks how it came in, when, and from whom: that is kept with the
// reporter's seal (D5). No name is an answer too.
func origin(p Params) flows.Step {
	name := line("giver", p.Limits.Line)
	name.Source, name.Help = true, flows.T("q.giver.help")
	return flows.Step{ID: "origin", Part: 1, Title: flows.T("q.origin"), Say: flows.T("q.origin.say"), Questions: []flows.Question{
		one("how", option(flows.ByPhone, "q.how.phone"), option(flows.OnPaper, "q.how.paper"), option(flows.Running, "q.how.running")),
		{ID: "day", Kind: flows.Date, Shape: flows.Past, Label: flows.T("q.day"), Short: flows.T("q.day.short")},
		name,
		{ID: "giverphone", Kind: flows.Phone, Optional: true, Source: true, Label: flows.T("q.giverphone"), Short: flows.T("q.giverphone.short")},
	}}
}

// told is what was seen, as somebody told it to the officer.
func told(p Params) flows.Step {
	st := what(p)
	st.Say = flows.Text{} // it promises something to a reporter who reads along
	for i, q := range st.Questions {
		if q.ID == "seen" {
			st.Questions[i].Options[0] = option("giver", "q.seen.giver")
		}
	}
	return st
}

// giver is part 7 of who gave the signal: somebody from outside has no team.
func giver(p Params) flows.Step {
	st := about(p)
	st.Title = flows.T("q.giver.title")
	involved, _ := st.Question("involved")
	st.Questions = []flows.Question{involved}
	if len(p.Departments) > 0 {
		team := one("team", options(p.Departments)...)
		team.Optional = true
		st.Questions = append([]flows.Question{team}, st.Questions...)
	}
	return st
}

// Entry is what an officer says of how a signal came in.
type Entry struct {
	How   string // flows.ByPhone, flows.OnPaper, flows.Running
	Day   string // on which it was received: 2026-11-24
	Giver private.Text
}

// ReadEntry turns a finished dialogue of Enter into a report, what only the
// aandachtsfunctionaris may see of who gave it, and how it came in.
func ReadEntry(f *flows.Flow, s flows.State) (flows.Report, flows.Source, Entry) {
	r, src := Read(f, s)
	s = f.Prune(s)
	get := func(step string) flows.Row {
		if rows := s.Answers[step]; len(rows) > 0 {
			return rows[0]
		}
		return flows.Row{}
	}
	o := get("origin")
	r.Department = id(get("about"), "team")
	src.Way, src.Phone = "", o.First("giverphone")
	if !src.Phone.Empty() {
		src.Way = "phone"
	}
	return r, src, Entry{How: id(o, "how"), Day: o.First("day").Reveal(), Giver: o.First("giver")}
}
