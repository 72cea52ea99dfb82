package main_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// holidays plans when officers are away, some without anybody who stands in.
func (y *year) holidays() {
	var away []string
	for _, p := range [][2]string{{first, second}, {second, first}, {coordinator, ""}} {
		d := begin.Add(y.rng.IntN(40))
		for d.Compare(turn) < 0 {
			last := d.Add(1 + y.rng.IntN(18))
			in := p[1]
			if y.rng.IntN(4) == 0 {
				in = ""
			}
			away = append(away, fmt.Sprintf("%s %s %s %s", p[0], in, d, last))
			d = last.Add(30 + y.rng.IntN(60))
		}
	}
	// In the second year nobody works, and from some day on they are away.
	for _, p := range []string{first, second} {
		away = append(away, fmt.Sprintf("%s  %s %s", p, gone, end))
	}
	y.desk.r.away(away...)
	body, err := y.both[0].Store.Register(y.Context(), roster.Register)
	if err != nil {
		y.Fatal(err)
	}
	if err := private.Decode([]byte(body.Reveal()), &y.model.roster); err != nil {
		y.Fatal(err)
	}
}

// report lets an employee report something.
func (y *year) report() {
	urgency := []string{"acute", "soon", "soon", "soon", "normal", "normal", "normal", "normal", "normal", "normal"}[y.rng.IntN(10)]
	y.filed(said{"urgency": urgency})
	y.silent[y.refs[len(y.refs)-1]] = y.rng.IntN(7) == 0
}

// filed lets the next employee send a report.
func (y *year) filed(in said) (who string, ref store.Reference) {
	who = y.employee()
	ref = store.Reference(y.desk.report(who, in))
	y.refs = append(y.refs, ref)
	y.people[ref] = who
	y.look(ref)
	return who, ref
}

func (y *year) employee() string {
	y.hired++
	return employee(y.hired - 1)
}

// draft lets an employee begin a report, and forget it.
func (y *year) draft() {
	who := y.employee()
	y.desk.r.begins(who)
	y.drafts = append(y.drafts, who)
}

// look tells the model what a signal owes now.
func (y *year) look(ref store.Reference) {
	s, err := y.both[0].Store.Card(y.Context(), ref)
	if err != nil {
		y.Fatal(err)
	}
	y.model.set(s, y.clock.now())
}

// work is what the officers do in half a day.
func (y *year) work(d config.Date, at config.Clock) {
	for _, id := range []string{"aandachtsfunctionaris-1", "aandachtsfunctionaris-2"} {
		me := "web:" + id
		if who, ok := y.model.roster.For(me, d.String()); !ok || who != me {
			continue
		}
		if at == 10*60 && y.rng.IntN(8) == 0 {
			y.later(id)
		}
		for i, ref := range y.refs {
			duty := y.model.duties[ref]
			if duty == nil || duty.holder != "" && duty.holder != me || y.rng.IntN(12) > 0 {
				continue
			}
			y.act(id, i, duty)
		}
	}
}

// opens is somebody who pressed a button that opens a signal.
func (y *year) opens(id string, ref store.Reference) *clerk {
	c := y.desk.clerk(id)
	token, err := y.both[0].Desk.OpenToken(y.Context(), ref, adapters.NewAddress("web", id))
	if err != nil {
		y.Fatal(err)
	}
	c.does(pressed(y.desk.message(id), token))
	return c
}

// act opens a signal and does something about what it owes.
func (y *year) act(id string, i int, duty *debt) {
	ref := y.refs[i]
	c := y.opens(id, ref)
	in := map[string]string{"way": "phone", "contact": "Meldpunt", "ground": "Eigen taak", "why": "Zo is het.", "system": "Eigen systeem", "note": "Gekeken."}
	task := map[string]string{"enrich": "lookups", "decide": "handover", "care": "handover", "ask": "answer", "feedback": "answer", "interim": "message",
		"firstword": "message", "lastword": "close", "rest": "note", "read": "take"}[duty.clock]
	switch {
	case duty.holder == "":
		task = "take"
	case duty.clock == "feedback" && y.silent[ref]:
		return // the partner says nothing
	case duty.clock == "feedback":
		in["answer"], in["told"] = "told", "Het loopt."
	case duty.clock == "ask":
		in["answer"] = "ask"
	case task == "message":
		in["template"] = "fb.enriching"
	case task == "close":
		in["reason"], in["help"], in["informed"], in["template"] = "action_taken", "reached", "yes", "fb.closed.action"
	case task == "handover":
		in["proposed"] = "moviera"
	}
	y.try(c, ref, task, in)
	if task == "take" && duty.holder == "" {
		duty.holder = "web:" + id
		y.told[ref]++ // that it was read
	}
}

// try chooses a task and fills in its forms as far as it is asked to: what is
// refused is refused.
func (y *year) try(c *clerk, ref store.Reference, task string, in map[string]string) {
	defer y.look(ref)
	if c.form == nil || !slices.ContainsFunc(c.form.Acts, func(a adapters.Act) bool { return a.Value == "task."+task }) {
		return
	}
	c.chooses("task." + task)
	for range 3 {
		f := c.form
		if f == nil || len(f.Fields) == 0 {
			return
		}
		var kv []string
		for _, x := range f.Fields {
			v := in[x.Name]
			switch {
			case v != "":
			case strings.HasPrefix(x.Name, "look_"):
				v = "notfound"
			case len(x.Value) > 0:
				v = x.Value[0].Reveal()
			case x.Optional:
				continue
			case len(x.Options) > 0:
				v = x.Options[0].Value
			default:
				v = "Tekst"
			}
			if len(x.Options) > 0 && !slices.ContainsFunc(x.Options, func(o adapters.Option) bool { return o.Value == v }) {
				continue
			}
			kv = append(kv, x.Name, v)
		}
		if a := c.fills(kv...); len(a.Errors) > 0 || a.Notice != "" {
			return
		}
		if last := c.form == nil || len(c.form.Fields) == 0; last && (task == "message" || task == "close") {
			y.told[ref]++
		}
	}
}

// later puts off one thing of an officer's newest bundle, by the button that
// stands on his page.
func (y *year) later(id string) {
	y.eyes.catchUp(y.mark)
	w := y.eyes.at(id)
	for _, p := range slices.Backward(w.list(id)) {
		i := slices.IndexFunc(p.choices, func(c choice) bool { return c.label == "Later" })
		if i < 0 {
			continue
		}
		w.act("press", id, url.Values{"token": {p.choices[i].token}})
		if w.form == nil {
			return
		}
		which := ""
		for _, ref := range y.refs { // in the order of the year, which the seed decides
			if slices.ContainsFunc(w.form.fields[0].options, func(o choice) bool { return o.token == string(ref) }) {
				which = string(ref)
				break
			}
		}
		days := 1 + y.rng.IntN(3)
		w.act("form", id, url.Values{"token": {w.form.token}, "f.which": {which}, "f.days": {fmt.Sprint(days)}})
		if len(w.errors) > 0 {
			y.Errorf("putting off is refused: %v", w.errors)
		}
		y.model.snooze(store.Reference(which), y.clock.now(), days)
		y.model.total["put off"]++
		return
	}
}

// leave lets a signal come to where a clock is what it owes next, and stay there.
func (y *year) leave(clock handling.Clock) {
	id, today := "aandachtsfunctionaris-1", y.k.Date(y.clock.now())
	labour, soon := victim("labour", "23_plus"), said{"urgency": "soon"}
	who, ref := y.filed(map[handling.Clock]said{
		handling.ClockCare: labour, handling.ClockLeak: labour, handling.ClockDecide: soon, handling.ClockRest: soon,
	}[clock])
	c := y.opens(id, ref)
	looked := func() {
		c.task("lookups", "look_person", "notfound", "look_organisation", "notfound", "look_address", "notfound", "system", "Eigen systeem", "date", today.String())
	}
	hands := func(partner, answer string) {
		c.share(partner)
		a := c.fills("way", "phone", "contact", "Meldpunt", "date", today.String(), "ground", "Eigen taak", "feedback", answer)
		if len(a.Errors) > 0 || a.Notice != "" {
			y.Fatalf("the hand-over is refused: %s", answered(a))
		}
	}
	day, far := today.Add(2).String(), today.Add(150).String()
	stays := func() { looked(); hands("moviera", far) }
	acts := map[handling.Clock]func(){
		handling.ClockDecide:    looked,
		handling.ClockCare:      func() { hands("nla", far) },
		handling.ClockAsk:       func() { hands("moviera", "") },
		handling.ClockFeedback:  func() { hands("moviera", day) },
		handling.ClockInterim:   stays,
		handling.ClockRest:      stays,
		handling.ClockConfidant: func() { c.task("acute", "why", "Direct ingrijpen.") },
		handling.ClockLastWord: func() {
			looked()
			hands("moviera", day)
			c.task("answer", "handed", "0", "answer", "told", "told", "Het loopt.")
		},
		handling.ClockLeak: func() {
			hands("nla", far)
			c.task("answer", "handed", "0", "answer", "recall", "told", "Het verkeerde loket.")
		},
		handling.ClockFirstWord: func() {
			looked()
			c.task("message", "template", "fb.enriching")
			y.told[ref]++
			y.sweep(y.clock.now())
			y.reacts(who, "Ik heb een vraag")
		},
	}
	if clock != handling.ClockRead {
		c.chooses("task.take")
		y.model.duties[ref].holder = "web:" + id
		y.told[ref]++ // that it was read
	}
	if do := acts[clock]; do != nil {
		do()
	}
	y.look(ref)
	if got := y.model.duties[ref].clock; got != string(clock) {
		y.Errorf("a signal is left with %q, want %q", got, clock)
	}
}

// reacts lets a reporter press a button under the newest message that has it.
func (y *year) reacts(who, label string) {
	for _, r := range slices.Backward(y.chat.at("web:" + who)) {
		for _, c := range r.Choices {
			if c.Label != label {
				continue
			}
			if _, err := y.desk.r.dialogue.Handle(y.Context(), pressed(y.desk.message(who), c.Token)); err != nil {
				y.Fatal(err)
			}
			return
		}
	}
	y.Fatalf("%s has no button %q", who, label)
}

// reporters looks at the page of each reporter: the code of his signal and each
// message about it stand there once (T0, T6, T7). Of a draft he was told once that
// it is not sent, and reads that it is gone (T9).
func (y *year) reporters(url string) {
	count := func(who, text string, want int) {
		n := 0
		for _, p := range (&program{t: y, url: url}).open(who).look().list(who) {
			if !p.own && strings.Contains(p.text, text) {
				n++
			}
		}
		if n != want {
			y.Errorf("%s reads %q %d times, want %d", who, text, n, want)
		}
	}
	for ref, who := range y.people {
		count(who, "Jouw code is M-", 1)
		count(who, "Het gaat om code", y.told[ref])
	}
	for _, who := range y.drafts {
		if n := y.chat.keys("web:"+who, "nudge."); n != 1 {
			y.Errorf("%s was reminded %d times of a draft, want once", who, n)
		}
		count(who, "nog niet verstuurd", 0) // what came of it stands in its place
		count(who, "Ik heb je antwoorden gewist", 1)
	}
}
