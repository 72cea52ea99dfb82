package intake

import "github.com/meldroute/meldroute/flows"

// The names of the flows.
const (
	Name         = "intake"
	EnterName    = "enter"
	AdditionName = "addition"
	CalledName   = "called"
	WithdrawName = "withdraw"
)

// StopStep asks whether to erase everything; it is reached with Goto.
const StopStep = "stop"

// Build makes the report of a signal: a first question that carries the danger,
// the acute form, seven parts, and a review. Beside it stand the answers to "Ik
// twijfel" and the question whether to erase all.
func Build(p Params) flows.Flow {
	p.Limits = p.Limits.withDefaults()
	f := flows.Flow{Name: Name, Parts: 7, Steps: []flows.Step{
		start(), acute(p), what(p), form(p), signs(p), persons(p), more(), things(p),
		housing(p), urgency(p), about(p), colleague(p),
	}}
	if len(p.Officers) > 0 {
		f.Steps = append(f.Steps, officers(p))
	}
	f.Steps = append(f.Steps, review(), change(), stop())
	f.Steps = append(f.Steps, doubts(p)...)
	return f
}

// start is the first message (P39): it says 112 before anything else.
func start() flows.Step {
	doubt := option("doubt", "q.start.doubt", "twijfel", "ik weet het niet zeker", "advies", "doubt", "advice")
	doubt.Goto = "doubt"
	return flows.Step{ID: "start", Say: flows.T("g.hello"), Questions: []flows.Question{{
		ID: "start", Kind: flows.One, Options: []flows.Option{
			option("danger", "q.start.danger", "gevaar", "spoed", "acuut", "danger", "urgent", "emergency", "112"),
			option("report", "q.start.report", "melding", "melden", "signaal", "report", "start"),
			doubt,
		},
	}}}
}

// acute is the one form after [Nu gevaar]. It ends the dialogue: whether 112
// was called is asked only then (Called).
func acute(p Params) flows.Step {
	return flows.Step{ID: "acute", When: is("start", "start", "danger"), End: flows.File,
		Title: flows.T("q.acute.title"), Say: flows.T("q.acute"), Questions: []flows.Question{
			{ID: "where", Kind: flows.Line, Optional: true, Max: p.Limits.Text, Label: flows.T("q.acute.where"), Short: flows.T("q.acute.where.short")},
			{ID: "what", Kind: flows.Area, Max: p.Limits.What, Label: flows.T("q.acute.what"), Short: flows.T("q.acute.what.short"), Missing: flows.T("e.what")},
		}}
}

func line(id string, limit int) flows.Question {
	return flows.Question{ID: id, Kind: flows.Line, Optional: true, Max: limit, Label: flows.T("q." + id), Short: flows.T("q." + id + ".short")}
}

func one(id string, opts ...flows.Option) flows.Question {
	return flows.Question{ID: id, Kind: flows.One, Options: opts, Label: flows.T("q." + id), Short: flows.T("q." + id + ".short")}
}

// what is part 1: what, when and where, and who saw it.
func what(p Params) flows.Step {
	story := flows.Question{ID: "what", Kind: flows.Area, Max: p.Limits.What, Label: flows.T("q.what"), Short: flows.T("q.what.short"),
		Help: flows.T("q.what.help"), Missing: flows.T("e.what")}
	postcode := line("postcode", 12)
	postcode.Shape = flows.Postcode
	source := line("source", p.Limits.Line)
	source.Source = true
	return flows.Step{ID: "what", Part: 1, Title: flows.T("q.what.title"), Say: flows.T("q.what.say"), Questions: []flows.Question{
		story,
		one("when", option("today", "q.when.today"), option("week", "q.when.week"), option("older", "q.when.older"),
			option("ongoing", "q.when.ongoing"), unknown(false)),
		line("street", p.Limits.Line), line("number", 20), postcode, line("town", p.Limits.Line), line("place", p.Limits.Text),
		one("seen", option("self", "q.seen.self"), option("colleague", "q.seen.colleague"), option("external", "q.seen.external")),
		source,
	}}
}

// form is part 2, the form of exploitation.
func form(p Params) flows.Step {
	q := flows.Question{ID: "form", Kind: flows.Many, Label: flows.T("q.form"), Short: flows.T("q.form.short")}
	for _, f := range p.Forms {
		q.Options = append(q.Options, flows.Option{ID: f.ID, Label: f.Label, Help: f.Help})
	}
	q.Options = append(q.Options, unknown(true))
	return flows.Step{ID: "form", Part: 2, Title: flows.T("q.form"), Questions: []flows.Question{q}}
}

// signs is part 3: the indicators in their groups on one screen, the likely
// group first. What is not seen is an answer too.
func signs(p Params) flows.Step {
	st := flows.Step{ID: "signs", Part: 3, Title: flows.T("q.signs"), Skip: true, SkipLabel: flows.T("q.signs.none")}
	for _, g := range p.Groups {
		q := flows.Question{ID: g.ID, Kind: flows.Many, Optional: true, Label: g.Label, Short: g.Label, Help: g.Help}
		var first []string
		for _, f := range p.Forms {
			if f.FirstGroup == g.ID {
				first = append(first, f.ID)
			}
		}
		if len(first) > 0 {
			q.First = is("form", "form", first...)
		}
		for _, i := range p.Indicators {
			if i.Group != g.ID {
				continue
			}
			o := flows.Option{ID: i.ID, Label: i.Label, Help: i.Help}
			if i.OnlyWithForm != "" {
				o.When = is("form", "form", i.OnlyWithForm)
			}
			q.Options = append(q.Options, o)
		}
		if len(q.Options) > 0 {
			st.Questions = append(st.Questions, q)
		}
	}
	return st
}

// persons is part 4, a row for each person. Age is per person and never asked
// as a date of birth (P1).
func persons(p Params) flows.Step {
	ages := append(options(p.Ages), unknown(false))
	capacity, age := one("capacity", options(p.Capacities)...), one("age", ages...)
	capacity.Optional, age.Optional = true, true
	return flows.Step{ID: "persons", Part: 4, Rows: p.Limits.Persons, Skip: true, Title: flows.T("q.persons"),
		Questions: []flows.Question{capacity, line("name", p.Limits.Line), line("looks", p.Limits.Text), age}}
}

func more() flows.Step {
	again := option("yes", "g.yes")
	again.Goto, again.Again = "persons", true
	return flows.Step{ID: "more", Part: 4, Title: flows.T("q.more"), Say: flows.T("q.more"), When: &flows.Cond{Not: is("persons", flows.Unknown, flows.Unknown)},
		Questions: []flows.Question{{ID: "more", Kind: flows.One, Label: flows.T("q.more"), Options: []flows.Option{
			again, option("no", "g.no", "klaar", "verder", "done"),
		}}}}
}

// things are fields and not prose: the look-ups of step 3 of the meldroute,
// the blind index and the partners need them apart.
func things(p Params) flows.Step {
	kvk, plate, handle := line("kvk", 20), line("plate", 20), line("handle", p.Limits.Line)
	kvk.Shape, plate.Shape, handle.Shape = flows.KvK, flows.Plate, flows.Handle
	branch := one("branch", options(p.Branches)...)
	branch.Optional = true
	st := flows.Step{ID: "things", Part: 4, Skip: true, Title: flows.T("q.things"), Questions: []flows.Question{
		line("organisation", p.Limits.Line), kvk, plate,
		{ID: "phone", Kind: flows.Phone, Optional: true, Label: flows.T("q.phone"), Short: flows.T("q.phone.short")},
		handle,
	}}
	if len(p.Branches) > 0 {
		st.Questions = append(st.Questions, branch)
	}
	return st
}

// housing is part 5, asked only where it can matter.
func housing(p Params) flows.Step {
	forms := []string{flows.Unknown}
	for _, f := range p.Forms {
		if f.Housing {
			forms = append(forms, f.ID)
		}
	}
	when := []flows.Cond{*is("form", "form", forms...)}
	for _, g := range p.Groups {
		var ids []string
		for _, i := range p.Indicators {
			if i.Housing && i.Group == g.ID {
				ids = append(ids, i.ID)
			}
		}
		if len(ids) > 0 {
			when = append(when, *is("signs", g.ID, ids...))
		}
	}
	return flows.Step{ID: "housing", Part: 5, Title: flows.T("q.housing.title"), Say: flows.T("q.housing"), When: either(when),
		Questions: []flows.Question{{ID: "housing", Kind: flows.One, Label: flows.T("q.housing"),
			Options: []flows.Option{option("yes", "g.yes"), option("no", "g.no"), unknown(false)}}}}
}

// urgency is part 6. It alarms people and does no more (R2, R20).
func urgency(p Params) flows.Step {
	return flows.Step{ID: "urgency", Part: 6, Title: flows.T("q.urgency"), Questions: []flows.Question{
		one("urgency", option("acute", "q.urgency.acute", "vandaag nog", "today still"), option("soon", "q.urgency.soon"),
			option("normal", "q.urgency.normal"), unknown(false)),
		{ID: "risk", Kind: flows.Area, Optional: true, Max: p.Limits.Text, Label: flows.T("q.risk"), Short: flows.T("q.risk.short")},
	}}
}

// about is part 7: the reporter's team, who is involved, how to reach the
// reporter. The teamcoördinator never blocks (step 1 of the meldroute).
func about(p Params) flows.Step {
	involved := []flows.Option{option("no", "g.no"), option("colleague", "q.involved.colleague")}
	if len(p.Officers) > 0 {
		involved = append(involved, option("officer", "q.involved.officer"))
	}
	involved = append(involved, unknown(false))
	teamlead := one("teamlead", option("yes", "g.yes"), option("notyet", "q.teamlead.notyet", "nee", "no"))
	teamlead.Optional = true
	st := flows.Step{ID: "about", Part: 7, Title: flows.T("q.about")}
	if len(p.Departments) > 0 {
		st.Questions = append(st.Questions, one("department", options(p.Departments)...))
	}
	callback := flows.Question{ID: "callback", Kind: flows.Phone, Optional: true, Source: true,
		Label: flows.T("q.callback"), Short: flows.T("q.callback.short"), Must: is("about", "contact", "phone"), Missing: flows.T("e.callback")}
	at := line("time", p.Limits.Line)
	at.Source = true
	contact := one("contact", option("chat", "q.contact.chat"), option("phone", "q.contact.phone"))
	contact.Source = true
	st.Questions = append(st.Questions, teamlead, one("involved", involved...), contact, callback, at)
	return st
}

func colleague(p Params) flows.Step {
	return flows.Step{ID: "colleague", Part: 7, Skip: true, Title: flows.T("q.colleague"), When: is("about", "involved", "colleague"),
		Questions: []flows.Question{line("who", p.Limits.Line)}}
}

// officers asks who is left out of this signal (D4). "Weet ik niet" leaves out
// all of them.
func officers(p Params) flows.Step {
	q := flows.Question{ID: "officers", Kind: flows.Many, Label: flows.T("q.officers"), Short: flows.T("q.officers.short")}
	for _, o := range p.Officers {
		q.Options = append(q.Options, flows.Option{ID: o.ID, Label: flows.Text{NL: o.Name, EN: o.Name}})
	}
	q.Options = append(q.Options, unknown(true))
	return flows.Step{ID: "officers", Part: 7, Title: flows.T("q.officers"), Say: flows.T("q.officers.say"),
		When: is("about", "involved", "officer"), Questions: []flows.Question{q}}
}

func review() flows.Step {
	send := option("send", "r.submit", "verstuur", "ja", "klopt", "send", "yes")
	send.End = flows.File
	alter := option("change", "r.change", "verander", "wijzig", "nee", "change", "no")
	alter.Goto = "change"
	erase := option("stop", "g.stop", "stop", "wis", "delete")
	erase.Goto = StopStep
	return flows.Step{ID: "review", Review: true, Title: flows.T("r.title"), Say: flows.T("r.title"),
		Questions: []flows.Question{{ID: "review", Kind: flows.One, Options: []flows.Option{send, alter, erase}}}}
}

// change lists what can be changed; the engine fills in the places.
func change() flows.Step {
	return flows.Step{ID: "change", Aside: true, Change: true, Title: flows.T("r.which"), Say: flows.T("r.which"),
		Questions: []flows.Question{{ID: "change", Kind: flows.One, Options: []flows.Option{option("back", "g.back", "terug", "back")}}}}
}

// stop is reached from the review, and by the word stop from anywhere.
func stop() flows.Step {
	yes := option("yes", "q.stop.yes", "wis", "delete")
	yes.End = flows.Erase
	return flows.Step{ID: StopStep, Aside: true, Title: flows.T("q.stop"), Say: flows.T("q.stop"),
		Questions: []flows.Question{{ID: "stop", Kind: flows.One, Options: []flows.Option{yes, option("no", "q.stop.no", "verder", "terug", "go on", "back")}}}}
}
