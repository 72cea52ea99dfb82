package desk

import (
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
)

// caseForm shows a case: a window that is kept nowhere.
func (d *Desk) caseForm(lang string, v store.View, tk store.Token, w *work) *adapters.Form {
	if lang == "" {
		lang = d.o.Config.Municipality.Language
	}
	c := v.Case
	s := sheet{d: d, lang: lang}
	s.state(c, v.Matches, w.officer(c.Report.Origin.By))
	w.holding(&s)
	w.kept(&s)
	if w.rec.Holder != "" { // it was read: what is to be done goes first
		w.sheet(&s)
	}
	s.report(c.Report)
	s.persons(c.Report.Persons)
	s.things(c.Report.Things)
	s.rest(c.Report)
	for _, a := range c.Additions {
		if a.Reaction != "" {
			continue // among what was done
		}
		if a.By.Empty() {
			s.heading("desk.h.addition")
		} else {
			s.heading("desk.h.rectified")
			s.fact("desk.f.by", w.officer(a.By.Reveal()))
		}
		s.fact("desk.f.at", d.o.Calendar.Moment(lang, a.At))
		s.text("desk.f.text", a.Text)
		s.choice("desk.f.aware", a.Aware, nil)
	}
	if w.rec.Holder == "" {
		w.sheet(&s)
	}
	w.history(&s)
	w.leftOut(&s)
	return &adapters.Form{
		Token: tk.ID, Title: string(c.Ref), Intro: d.say(lang, "desk.case.intro", nil), Facts: s.facts, Sensitive: true,
	}
}

func (d *Desk) reasonForm(lang string, tk store.Token) *adapters.Form {
	return &adapters.Form{
		Token: tk.ID, Title: d.say(lang, "desk.reason.title", nil), Intro: d.say(lang, "desk.reason.intro", nil),
		Submit: d.say(lang, "desk.act.reporter", nil), Sensitive: true,
		Fields: []adapters.Field{{
			Name: "reason", Label: d.say(lang, "desk.reason.label", nil), Short: d.say(lang, "desk.reason.short", nil),
			Kind: adapters.Area, Max: reasonMax,
		}},
		Acts: []adapters.Act{{Value: actClose, Label: d.say(lang, "desk.act.close", nil), Tone: adapters.ToneQuiet}},
	}
}

func (d *Desk) reporterForm(lang string, r store.Reporter) *adapters.Form {
	if lang == "" {
		lang = d.o.Config.Municipality.Language
	}
	s := sheet{d: d, lang: lang}
	s.text("desk.f.name", r.Name)
	s.choice("desk.f.way", r.Source.Way, nil)
	s.text("desk.f.phone", r.Source.Phone)
	s.text("desk.f.time", r.Source.Time)
	s.text("desk.f.source", r.Source.Name)
	return &adapters.Form{
		Title: d.say(lang, "desk.reporter.title", nil), Intro: d.say(lang, "desk.reporter.intro", nil), Facts: s.facts, Sensitive: true,
	}
}

// sheet collects the facts of a case in the order of the form.
type sheet struct {
	d     *Desk
	lang  string
	facts []adapters.Fact
}

func (s *sheet) heading(id string) {
	s.facts = append(s.facts, adapters.Fact{Label: s.d.say(s.lang, id, nil)})
}

func (s *sheet) text(id string, v private.Text) {
	if !v.Empty() {
		s.facts = append(s.facts, adapters.Fact{Label: s.d.say(s.lang, id, nil), Value: v})
	}
}

func (s *sheet) fact(id, v string) { s.text(id, private.New(v)) }

// due is what must be done first, and by when; in another tone when it is late.
func (s *sheet) due(id, v string, by time.Time) {
	f := adapters.Fact{Label: s.d.say(s.lang, id, nil), Value: private.New(v), Tone: adapters.ToneMain}
	if s.d.o.Now().After(by) {
		f.Label, f.Tone = s.d.say(s.lang, "desk.f.late", nil), adapters.ToneDanger
	}
	s.facts = append(s.facts, f)
}

// choice shows an option by its label in the configuration, or, for options of
// the flow itself, by the words that the reporter chose from.
func (s *sheet) choice(id, option string, labels []config.Option) {
	if option == "" {
		return
	}
	s.fact(id, s.label(id, option, labels))
}

func (s *sheet) label(id, option string, labels []config.Option) string {
	for _, o := range labels {
		if o.ID == option {
			return o.Label.In(s.lang)
		}
	}
	for _, text := range []string{"q." + asked[strings.TrimPrefix(id, "desk.f.")] + "." + option, "g." + option} {
		if s.d.o.Texts.Has(text) {
			return s.d.say(s.lang, text, nil)
		}
	}
	return option // one that left the configuration since
}

// asked is the question of the intake behind a field, for its options' words.
var asked = map[string]string{
	"when": "when", "seen": "seen", "called": "called", "speed": "urgency", "teamlead": "teamlead",
	"involved": "involved", "way": "contact", "how": "how",
}

func (s *sheet) state(c *store.Case, matches []store.Match, by string) {
	switch {
	case c.Read.IsZero():
		s.due("desk.f.readby", s.d.o.Calendar.Moment(s.lang, c.ReadBy), c.ReadBy)
	case !c.Due.IsZero():
		s.due("desk.f.next", s.d.say(s.lang, "desk.next", map[string]any{
			"What": s.d.say(s.lang, "handling.clock."+c.Clock, nil), "Date": s.d.o.Calendar.Moment(s.lang, c.Due),
		}), c.Due)
	}
	s.fact("desk.f.urgency", s.d.say(s.lang, "desk.urgency."+string(c.Urgency), nil))
	o := c.Report.Origin
	if !o.Entered() {
		s.fact("desk.f.received", s.d.o.Calendar.Moment(s.lang, c.Received))
	} else { // of another day, perhaps of another year, nobody knows the hour
		s.fact("desk.f.received", s.d.o.Calendar.Date(c.Received).String())
		s.choice("desk.f.how", o.How, nil)
		s.fact("desk.f.entered", s.d.o.Calendar.Moment(s.lang, o.At)+", "+by)
	}
	s.fact("desk.f.status", s.d.say(s.lang, "desk.status."+string(c.Status), nil))
	for _, m := range matches {
		s.fact("desk.f.match", s.d.say(s.lang, "desk.match", map[string]any{
			"Ref": string(m.Ref), "What": s.d.say(s.lang, "desk.mark."+m.Class, nil),
		}))
	}
}

func (s *sheet) report(r flows.Report) {
	c := s.d.o.Config
	s.heading("desk.h.what")
	s.text("desk.f.what", r.What)
	s.choice("desk.f.when", r.When, nil)
	s.text("desk.f.street", r.Place.Street)
	s.text("desk.f.number", r.Place.Number)
	s.text("desk.f.postcode", r.Place.Postcode)
	s.text("desk.f.town", r.Place.Town)
	s.text("desk.f.place", r.Place.Description)
	s.choice("desk.f.seen", r.Seen, nil)
	s.choice("desk.f.called", r.Called, nil)
	if len(r.Forms)+len(r.Indicators) == 0 {
		return
	}
	s.heading("desk.h.signs")
	for _, f := range r.Forms {
		var labels []config.Option
		for _, cf := range c.Forms {
			labels = append(labels, config.Option{ID: cf.ID, Label: cf.Label})
		}
		s.choice("desk.f.form", f, labels)
	}
	for _, i := range r.Indicators {
		var labels []config.Option
		for _, ci := range c.Indicators {
			labels = append(labels, config.Option{ID: ci.ID, Label: ci.Label})
		}
		s.choice("desk.f.indicator", i, labels)
	}
}

func (s *sheet) persons(ps []flows.Person) {
	for _, p := range ps {
		s.heading("desk.h.person")
		s.choice("desk.f.capacity", p.Capacity, s.d.o.Config.Capacities)
		s.text("desk.f.name", p.Name)
		s.text("desk.f.looks", p.Looks)
		s.choice("desk.f.age", p.Age, s.d.o.Config.AgeBands)
	}
}

func (s *sheet) things(t flows.Things) {
	if t == (flows.Things{}) {
		return
	}
	s.heading("desk.h.things")
	s.text("desk.f.organisation", t.Organisation)
	s.text("desk.f.kvk", t.KvK)
	s.text("desk.f.plate", t.Plate)
	s.text("desk.f.phone", t.Phone)
	s.text("desk.f.handle", t.Handle)
	s.choice("desk.f.branch", t.Branch, s.d.o.Config.Branches)
}

func (s *sheet) rest(r flows.Report) {
	s.heading("desk.h.rest")
	s.choice("desk.f.housing", r.Housing, nil)
	s.choice("desk.f.speed", r.Speed, nil)
	s.text("desk.f.risk", r.Risk)
	s.choice("desk.f.department", r.Department, s.d.o.Config.Departments)
	s.choice("desk.f.teamlead", r.TeamLead, nil)
	s.choice("desk.f.involved", r.Involved, nil)
	s.text("desk.f.involvedwho", r.InvolvedWho)
}
