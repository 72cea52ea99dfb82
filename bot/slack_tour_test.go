package main_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/bot/copen"
	"github.com/meldroute/meldroute/bot/desk"
	"github.com/meldroute/meldroute/bot/dialogue"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
)

// says types something, and presses or fills in nothing.
func (g *gallery) says(who, text string) adapters.Answer {
	g.t.Helper()
	a := g.acts(who, "", adapters.Message{Text: private.New(text)})
	g.keep(exhibit{answer: a})
	return a
}

// presses the newest choice that holds, and reports whether there is one.
func (g *gallery) presses(who string, holds func(adapters.Choice) bool) (a adapters.Answer, ok bool) {
	g.t.Helper()
	for _, r := range slices.Backward(g.last["web:"+who]) {
		for _, c := range r.Choices {
			if holds(c) {
				a = g.acts(who, "", adapters.Message{Press: c.Token})
				g.keep(exhibit{answer: a})
				return a, true
			}
		}
	}
	return a, false
}

func under(key string) func(adapters.Choice) bool {
	return func(c adapters.Choice) bool { return c.Key == key }
}

// plays a walk through a flow, with texts as long and strange as they can be.
func (g *gallery) plays(who string, f flows.Flow, w walk, a adapters.Answer) adapters.Answer {
	g.t.Helper()
	s := flows.State{}
	for _, row := range w {
		st := f.At(s)
		row = maps.Clone(row)
		for _, q := range st.Questions {
			if row.First(q.ID).Reveal() == "Test" && len(q.Options) == 0 {
				row[q.ID] = private.List(odd(invisible, min(max(q.Max, 60), 3000)))
			}
		}
		if st.Asks() == flows.Buttons {
			q := st.Questions[0]
			n := slices.IndexFunc(q.Options, func(o flows.Option) bool { return o.ID == row.First(q.ID).Reveal() })
			a, _ = g.presses(who, under(fmt.Sprint(n+1)))
		} else {
			if a.Form == nil {
				a, _ = g.presses(who, func(c adapters.Choice) bool { return strings.HasSuffix(c.Token, "-open") })
			}
			if a.Form == nil {
				g.t.Fatalf("%s: no window at step %s", f.Name, st.ID)
			}
			if slices.ContainsFunc(a.Form.Fields, func(x adapters.Field) bool { return !x.Optional }) {
				g.in(who, a.Form, step{}) // what is said of nothing
			}
			if row.Skipped() {
				a = g.sendsIn(who, a.Form, "skip", nil)
			} else {
				a = g.sendsIn(who, a.Form, "", adapters.Values(row))
			}
		}
		if len(a.Errors) > 0 {
			g.t.Fatalf("%s: step %s went otherwise: %v", f.Name, st.ID, a.Errors)
		}
		s, _, _ = f.Answer(s, row)
	}
	return a
}

// sends what was filled in, where that is what the window is for.
func (g *gallery) sends(who string, a adapters.Answer) bool {
	if !offers(a.Form, "choose:send") {
		return false
	}
	g.in(who, a.Form, step{act: "choose:send"})
	return true
}

// passes lets time go by, and sends what is owed by then.
func (g *gallery) passes(d time.Duration) {
	g.t.Helper()
	g.clock.on(d)
	g.program.Upkeep(g.t.Context(), g.clock.now())
	g.program.Sweep(g.t.Context(), g.clock.now())
}

// leaves is the button of who leaves: after it he can do nothing any more.
const leaves = desk.Prefix + "leave"

// The people of the gallery.
const (
	guide    = "aandachtsfunctionaris-1"
	other    = "aandachtsfunctionaris-2"
	curator  = "coordinator"
	visitor  = "medewerker-1"
	reporter = "medewerker-3"
)

// tour sees all that there is.
func (g *gallery) tour() {
	g.t.Helper()
	for _, x := range []struct {
		room string
		see  func()
	}{
		{"melden", g.intakes}, {"vragen", g.commands}, {"bureau", g.bureau}, {"zaak", g.cases}, {"later", g.later}, {"vertrek", g.leaving},
	} {
		g.room = x.room
		x.see()
		g.passes(time.Minute)
		g.answers()
	}
}

// answers presses every button that somebody was shown and that nobody pressed.
func (g *gallery) answers() {
	g.t.Helper()
	for _, at := range slices.Sorted(maps.Keys(g.last)) {
		_, who, _ := strings.Cut(at, ":")
		all, from := slices.Clone(g.last[at]), g.read[at]
		g.read[at] = len(all)
		for _, r := range all[from:] {
			for _, c := range r.Choices {
				head, _, _ := strings.Cut(r.Text, "\n")
				k := alike(head + "|" + c.Label)
				if g.pressed[k] || g.pressed[who+c.Token] || who == "desk" || c.Token == leaves && g.room != "vertrek" || strings.HasPrefix(who, "melder-") && c.Key != "" && len(r.Choices) > 6 {
					continue
				}
				g.pressed[k], g.pressed[who+c.Token] = true, true
				g.wander(who, func() adapters.Answer { return g.acts(who, "", adapters.Message{Press: c.Token}) })
			}
		}
	}
}

// later is what comes as time goes by: reminders, the Copen meeting, figures,
// erasure.
func (g *gallery) later() {
	g.t.Helper()
	met := false
	for range 14 {
		g.passes(31 * 24 * time.Hour)
		g.clock.on(-g.clock.now().Sub(g.clock.now().Truncate(24*time.Hour)) + 10*time.Hour)
		g.passes(time.Hour)
		g.answers()
		open := func() adapters.Answer { return g.acts(curator, "", adapters.Message{Press: copen.PressOpen}) }
		if a := open(); !met && offers(a.Form, "task.propose") {
			met = true
			g.meets(open)
		}
		g.wander(curator, open)
	}
}

// meets prepares a Copen meeting, and calls it off.
func (g *gallery) meets(open func() adapters.Answer) {
	g.t.Helper()
	g.task(curator, open, "task.propose")
	g.task(curator, open, "task.answers")
	g.task(curator, open, "task.action")
	g.task(curator, open, "task.done")
	g.task(curator, open, "task.talk")
	g.passes(time.Minute)
	g.answers()
	g.task(curator, open, "task.date", "date", g.tuesday(12))
	g.task(curator, open, "task.share")
	g.passes(time.Minute)
	g.task(curator, open, "task.cancel")
	g.task(curator, open, "task.date", "date", g.tuesday(2))
	g.passes(time.Minute)
}

func (g *gallery) leaving() {
	g.t.Helper()
	g.wander(curator, func() adapters.Answer { return g.says(curator, "vertrek") })
	g.says(guide, "overzicht")
}

// intakes are all screens of the flows, up to what is sent.
func (g *gallery) intakes() {
	g.t.Helper()
	f := intake.Build(dialogue.Params(g.config))
	g.reports(reporter)
	g.adds()
	// As long as this is the only one: the order of what is found is another every time.
	g.wander(curator, func() adapters.Answer { return g.says(curator, "inzage") })
	ways := walks(f, flows.State{})
	for i, key := range slices.Sorted(maps.Keys(ways)) {
		who := fmt.Sprintf("melder-%d", i)
		g.sends(who, g.plays(who, f, ways[key], g.says(who, "")))
		g.passes(time.Minute)
	}
	enter := intake.Enter(dialogue.Params(g.config))
	ways = walks(enter, flows.State{})
	for _, key := range slices.Sorted(maps.Keys(ways)) {
		g.passes(time.Minute)
		if !g.sends(guide, g.plays(guide, enter, ways[key], g.says(guide, "invoeren"))) {
			g.says(guide, "stop")
			g.presses(guide, under("1"))
		}
	}
}

// fullest is the walk to the review with the most answers, that is not acute.
func fullest(f flows.Flow) (out walk) {
	for seed := range 300 {
		r := rand.New(rand.NewPCG(uint64(seed), 2))
		s, way := flows.State{}, walk{}
		for range 40 {
			st := f.At(s)
			if st.Review {
				if len(way) > len(out) {
					out = slices.Clone(way)
				}
				break
			}
			row := wander(r, st)
			if row.Skipped() || row.First("urgency").Reveal() == "acute" || row.First("involved").Reveal() == "officer" {
				continue
			}
			next, res, problems := f.Answer(s, row)
			if len(problems) > 0 {
				continue
			}
			if res.End != flows.GoesOn {
				break
			}
			s, way = next, append(way, row)
		}
	}
	return out
}

// adds is what a reporter does with a signal that he sent.
func (g *gallery) adds() {
	g.t.Helper()
	a := g.says(reporter, "aanvullen")
	if a.Form == nil {
		a, _ = g.presses(reporter, func(c adapters.Choice) bool { return strings.HasPrefix(c.Label, "M-") })
	}
	if a.Form != nil {
		g.in(reporter, a.Form, step{fill: 4})
	}
	g.says(reporter, "intrekken")
	g.presses(reporter, func(c adapters.Choice) bool { return strings.HasPrefix(c.Label, "M-") })
	g.presses(reporter, under("2"))
}

// calls is what is asked of who is in danger.
func (g *gallery) calls(who string) {
	g.t.Helper()
	a := g.says(who, "spoed")
	if a.Form == nil {
		a, _ = g.presses(who, func(c adapters.Choice) bool { return strings.HasSuffix(c.Token, "-open") })
	}
	g.in(who, a.Form, step{fill: 4})
	g.presses(who, under("2"))
}

// commands are what a reporter can type, before and after he reported.
func (g *gallery) commands() {
	g.t.Helper()
	for _, who := range []string{visitor, "melder-0", "melder-9", "melder-20"} {
		for _, text := range []string{"help", "contact", "signalenkaart", "mijn signalen", "status", "status M-ABCDE", "aanvullen", "intrekken", "spoed", "terug", "stop", "1", "iets anders", odd("", 300)} {
			g.says(who, text)
			g.presses(who, func(c adapters.Choice) bool { return strings.HasPrefix(c.Label, "M-") })
		}
	}
	g.calls("medewerker-4")
	g.keep(exhibit{answer: g.acts(visitor, "", adapters.Message{Files: 1})})
	g.keep(exhibit{answer: g.acts(visitor, "", adapters.Message{Press: "oud-1"})})
}

// cases are the windows of signals, each with all that can be done in it; one of
// them goes along the whole meldroute, and is opened again.
func (g *gallery) cases() {
	g.t.Helper()
	g.wander(guide, func() adapters.Answer { return g.says(guide, "oefening") })
	g.passes(time.Minute)
	cards := slices.Clone(g.last["web:desk"])
	cards = append(cards[:9], cards[len(cards)-1]) // the exercise is the last
	for _, r := range cards {
		if len(r.Choices) > 0 && strings.HasPrefix(r.Choices[0].Token, desk.Prefix) {
			g.wander(guide, g.card(r)(guide))
			g.passes(time.Minute)
		}
	}
	g.reports("medewerker-5")
	cards = g.last["web:desk"]
	g.works(g.card(cards[len(cards)-1]))
}

// card opens a signal from its card.
func (g *gallery) card(r adapters.Reply) func(who string) func() adapters.Answer {
	return func(who string) func() adapters.Answer {
		return func() adapters.Answer { return g.acts(who, "desk", adapters.Message{Press: r.Choices[0].Token}) }
	}
}

// reports sends the fullest report.
func (g *gallery) reports(who string) {
	g.t.Helper()
	f := intake.Build(dialogue.Params(g.config))
	if !g.sends(who, g.plays(who, f, fullest(f), g.says(who, ""))) {
		g.t.Error("the fullest report is not sent")
	}
	g.passes(time.Minute)
}

// task does what a window offers: it fills in what is asked, strangely but for
// what is said here, by field.
func (g *gallery) task(who string, open func() adapters.Answer, act string, kv ...string) adapters.Answer {
	g.t.Helper()
	a := open()
	g.keep(exhibit{answer: a})
	if !offers(a.Form, act) {
		g.t.Errorf("%s: %s cannot be done: %s", who, act, answered(a))
		return a
	}
	if a = g.in(who, a.Form, step{act: act}); a.Form == nil || a.Form.Submit == "" {
		return a
	}
	in := g.fill(a.Form, 1)
	for i := 0; i < len(kv); i += 2 {
		in[kv[i]] = private.List(kv[i+1])
	}
	if a = g.sendsIn(who, a.Form, "", in); len(a.Errors) > 0 {
		g.t.Errorf("%s: %s %v is refused: %v", who, act, kv, a.Errors)
	}
	return a
}

// works does the steps of the meldroute, up to the end.
func (g *gallery) works(open func(who string) func() adapters.Answer) {
	g.t.Helper()
	mine := open(guide)
	hands := func(kv ...string) {
		g.t.Helper()
		if a := g.task(guide, mine, "task.handover", kv...); a.Form != nil {
			if a = g.in(guide, a.Form, step{fill: 4}); len(a.Errors) > 0 {
				g.t.Errorf("%v is refused: %v", kv, a.Errors)
			}
		}
	}
	g.task(guide, mine, "task.take")
	g.task(guide, mine, "reporter")
	g.task(guide, mine, "task.lookups", "look_person", "notfound", "look_organisation", "notfound", "look_address", "notfound")
	g.task(guide, mine, "task.confidant", "confidant", "notpossible")
	hands("other", "nla")
	g.task(guide, mine, "task.answer", "handed", "0", "answer", "recall")
	g.task(guide, mine, "task.leak")
	g.task(guide, mine, "task.suggest")
	g.task(other, open(other), "task.agree")
	g.task(guide, mine, "task.message", "template", "fb.answer", "words", strings.Repeat("*a* & <b> `c` 😀 ", 100))
	g.passes(time.Minute)
	g.task(guide, mine, "task.close", "reason", "not_trafficking", "informed", "yes", "template", "fb.closed.nottrafficking")
	g.task(guide, mine, "task.reopen")
}

// bureau are the windows of those who work there.
func (g *gallery) bureau() {
	g.t.Helper()
	for _, what := range strings.Fields("overzicht uren dienst advies cijfers rechten copen inzage afwezig") {
		for _, who := range []string{guide, curator, visitor} {
			g.wander(who, func() adapters.Answer { return g.says(who, what) })
		}
	}
	for _, which := range strings.Fields("laat nieuw mijn niemand partner gesloten alles meer") {
		g.says(guide, "overzicht "+which)
		g.acts(guide, "desk", adapters.Message{Text: private.New("overzicht " + which)})
	}
}
