package intake

import (
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
)

// Read turns a finished dialogue of Build into a report and what only the
// aandachtsfunctionaris may see of the reporter (D5). Answers that no longer
// count, because a later one made their question disappear, are left out.
func Read(f *flows.Flow, s flows.State) (flows.Report, flows.Source) {
	s = f.Prune(s)
	get := func(step string) flows.Row {
		if rows := s.Answers[step]; len(rows) > 0 && !rows[0].Skipped() {
			return rows[0]
		}
		return flows.Row{}
	}
	w, about, things := get("what"), get("about"), get("things")
	r := flows.Report{
		What: w.First("what"), When: id(w, "when"), Seen: id(w, "seen"),
		Place: flows.Place{Street: w.First("street"), Number: w.First("number"), Postcode: w.First("postcode"),
			Town: w.First("town"), Description: w.First("place")},
		Forms:      get("form").Strings("form"),
		Indicators: indicators(f, get("signs")),
		Persons:    people(s.Answers["persons"]),
		Things: flows.Things{Organisation: things.First("organisation"), KvK: things.First("kvk"), Plate: things.First("plate"),
			Phone: things.First("phone"), Handle: things.First("handle"), Branch: id(things, "branch")},
		Housing: id(get("housing"), "housing"), Urgency: fast(id(get("urgency"), "urgency")), Speed: id(get("urgency"), "urgency"), Risk: get("urgency").First("risk"),
		Department: id(about, "department"), TeamLead: id(about, "teamlead"), Involved: id(about, "involved"),
		InvolvedWho: get("colleague").First("who"),
	}
	r.LeaveOut = leaveOut(f, get("officers"))
	if a := get("acute"); len(a) > 0 {
		r.Acute, r.Urgency = true, flows.Acute
		r.What = join(a.First("what"), r.What)
		r.Place.Description = join(a.First("where"), r.Place.Description)
	}
	src := flows.Source{Name: w.First("source"), Way: id(about, "contact"), Phone: about.First("callback"), Time: about.First("time")}
	if src.Way == "" {
		src.Way = "chat"
	}
	return r, src
}

// ReadAddition returns the text of an Addition and whether the person knows of
// the report: yes, no, unknown, or "" when that was not answered.
func ReadAddition(s flows.State) (text private.Text, aware string) {
	if rows := s.Answers["addition"]; len(rows) > 0 {
		return rows[0].First("what"), id(rows[0], "aware")
	}
	return private.Text{}, ""
}

// ReadCalled returns what is known of 112 in a dialogue of Called, also when
// it is not at its end: yes, no (not yet), past, or "".
func ReadCalled(s flows.State) string {
	for _, step := range []string{"again", "called"} {
		if rows := s.Answers[step]; len(rows) > 0 {
			return id(rows[0], "called")
		}
	}
	return ""
}

func value(id string) []private.Text { return private.List(id) }

// id is the option chosen in a question.
func id(r flows.Row, question string) string { return r.First(question).Reveal() }

// fast reads the urgency. Who does not know is not told that it can wait.
func fast(chosen string) flows.Urgency {
	switch chosen {
	case "acute":
		return flows.Acute
	case "normal":
		return flows.Normal
	}
	return flows.Soon
}

func indicators(f *flows.Flow, r flows.Row) []string {
	st, _ := f.Step("signs")
	var out []string
	for _, q := range st.Questions {
		out = append(out, r.Strings(q.ID)...)
	}
	return out
}

// people reads the rows of persons. An age that was not given is unknown, which
// counts as possibly minor.
func people(rows []flows.Row) []flows.Person {
	var out []flows.Person
	for _, r := range rows {
		if r.Skipped() {
			continue
		}
		p := flows.Person{Capacity: id(r, "capacity"), Name: r.First("name"), Looks: r.First("looks"), Age: id(r, "age")}
		if p.Age == "" {
			p.Age = flows.Unknown
		}
		if p.Capacity == "" {
			p.Capacity = flows.Unknown
		}
		out = append(out, p)
	}
	return out
}

// leaveOut returns the officers named as involved; all of them when the
// reporter does not know which one it is.
func leaveOut(f *flows.Flow, r flows.Row) []string {
	named := r.Strings("officers")
	if len(named) != 1 || named[0] != flows.Unknown {
		return named
	}
	st, _ := f.Step("officers")
	var all []string
	for _, q := range st.Questions {
		for _, o := range q.Options {
			if o.ID != flows.Unknown {
				all = append(all, o.ID)
			}
		}
	}
	return all
}

// join puts the acute words before those of a report that was under way.
func join(a, b private.Text) private.Text {
	switch {
	case a.Empty():
		return b
	case b.Empty():
		return a
	}
	return private.New(a.Reveal() + "\n\n" + b.Reveal())
}
