package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

// task is something an officer can do on a case, from its window: a form, and
// the acts that come of it.
type task struct {
	name   string
	when   func(w *work) bool
	fields func(w *work) []adapters.Field // nil: no form
	acts   func(w *work, in adapters.Values) ([]handling.Act, error)
}

// The tasks that are more, or less, than acts on the record.
const (
	taskHandOver = "handover"
	taskInvolved = "involved"
	taskRectify  = "rectify"
	taskHours    = "hours"
	// taskAnonymous is only read.
	taskAnonymous = "anonymous"
	// These stand at hand in the window of a case.
	taskConfidant = "confidant"
	taskAcute     = "acute"
	taskMessage   = "message"
	taskClose     = "close"
	// taskCalls is a screen of its own, taskEndDrill erases.
	taskCalls    = "calls"
	taskEndDrill = "enddrill"
)

// tasks are the acts of steps 2 to 6 in the order of the meldroute.
func tasks() []task {
	open := func(w *work) bool { return w.rec.Holder != "" && !w.rec.Closed() }
	return []task{
		{name: "take", when: func(w *work) bool { return w.rec.Holder != w.by.By && !w.rec.Closed() }, acts: take},
		{name: "lookups", when: open, fields: lookupFields, acts: lookupActs},
		{name: "facts", when: open, fields: factFields, acts: factActs},
		{name: taskConfidant, when: open, fields: confidantFields, acts: confidantActs},
		{name: "table", when: open, fields: tableFields, acts: tableActs},
		{name: taskAnonymous, when: open, fields: func(*work) []adapters.Field { return nil }},
		{name: taskCalls, when: func(w *work) bool { return w.acute() }, fields: func(*work) []adapters.Field { return nil }},
		{name: taskAcute, when: open, fields: reason, acts: acuteActs},
		{name: taskHandOver, when: open, fields: partnerFields},
		{name: "suggest", when: open, fields: suggestFields, acts: suggestActs},
		{name: "agree", when: func(w *work) bool { return open(w) && len(w.pending()) > 0 }, fields: agreeFields, acts: agreeActs},
		{name: "depart", when: open, fields: departFields, acts: departActs},
		{name: "answer", when: func(w *work) bool { return open(w) && len(w.standing()) > 0 }, fields: answerFields, acts: answerActs},
		{name: "leak", when: func(w *work) bool { return open(w) && len(w.leaked()) > 0 }, fields: leakFields, acts: leakActs},
		{name: taskMessage, when: func(w *work) bool { return open(w) && !w.view.Case.Keep.Anonymous }, fields: messageFields, acts: messageActs},
		{name: "unreached", when: open, fields: reason, acts: unreachedActs},
		{name: "check", when: open, fields: checkFields, acts: checkActs},
		{name: "measure", when: open, fields: measureFields, acts: measureActs},
		{name: "give", when: open, fields: giveFields, acts: giveActs},
		{name: taskHours, when: open, fields: hoursFields, acts: hoursActs},
		{name: "note", when: open, fields: noteFields, acts: noteActs},
		{name: taskClose, when: open, fields: closeFields, acts: closeActs},
		{name: "keep", when: func(w *work) bool { return len(w.keepable()) > 0 }, fields: keepFields, acts: keepActs},
		{name: taskRectify, when: func(w *work) bool { return w.rec.Holder != "" }, fields: rectifyFields},
		{name: taskInvolved, when: func(w *work) bool { return true }, fields: reason},
		{name: taskEndDrill, when: func(w *work) bool { return w.mine() }},
		{name: "reopen", when: func(w *work) bool { return w.rec.Closed() }, fields: reason, acts: reopenActs},
	}
}

func taskNamed(name string) (task, bool) {
	for _, t := range tasks() {
		if t.name == name {
			return t, true
		}
	}
	return task{}, false
}

// one, many, line, area and day make fields with words of the catalog.
func (w *work) field(name string, kind adapters.Kind) adapters.Field {
	return adapters.Field{
		Name: name, Label: w.d.say(w.lang, "desk.t."+name, nil), Short: w.d.say(w.lang, "desk.t."+name, nil), Kind: kind, Max: fieldMax[kind],
	}
}

var fieldMax = map[adapters.Kind]int{adapters.Line: 120, adapters.Area: 2000}

func (w *work) choose(name string, kind adapters.Kind, opts []adapters.Option) adapters.Field {
	f := w.field(name, kind)
	f.Options = opts
	return f
}

func optional(f adapters.Field) adapters.Field {
	f.Optional = true
	return f
}

func (w *work) today() string {
	return w.view.Now.In(w.d.o.Calendar.Location()).Format(time.DateOnly)
}

func (w *work) dated(name string) adapters.Field {
	f := w.field(name, adapters.Date)
	f.Value = private.List(w.today())
	return f
}

func (w *work) yesno() []adapters.Option {
	return []adapters.Option{{Value: "yes", Label: w.d.say(w.lang, "g.yes", nil)}, {Value: "no", Label: w.d.say(w.lang, "g.no", nil)}}
}

func reason(w *work) []adapters.Field { return []adapters.Field{w.field("why", adapters.Area)} }

func take(w *work, _ adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Take{Stamp: w.by, To: w.by.By, From: w.seen()}}, nil
}

var subjects = []string{handling.LookPerson, handling.LookOrganisation, handling.LookAddress}

func lookupFields(w *work) []adapters.Field {
	var out []adapters.Field
	results := w.options("lookup", handling.Found, handling.NotFound, handling.Impossible)
	for _, s := range subjects {
		out = append(out, optional(w.choose("look_"+s, adapters.One, results)))
	}
	return append(out, w.field("system", adapters.Line), w.dated("date"))
}

func lookupActs(w *work, in adapters.Values) ([]handling.Act, error) {
	a := handling.LookUps{Stamp: w.by}
	for _, s := range subjects {
		if r := in.One("look_" + s); r != "" {
			a.Items = append(a.Items, handling.Lookup{Subject: s, Result: r, Source: in.Text("system"), Date: in.One("date")})
		}
	}
	return []handling.Act{a}, nil
}

func factFields(w *work) []adapters.Field {
	// In two groups: a group of checkboxes holds ten on Slack.
	groups := []adapters.Field{w.choose("facts", adapters.Many, nil), w.choose("more", adapters.Many, nil)}
	for i, f := range handling.AllFacts() {
		g := &groups[i*len(groups)/len(handling.AllFacts())]
		g.Options = append(g.Options, adapters.Option{Value: string(f), Label: w.d.say(w.lang, "handling.fact."+string(f), nil)})
		if slices.Contains(w.rec.Facts, f) {
			g.Value = append(g.Value, private.New(string(f)))
		}
	}
	var forms []config.Option
	for _, f := range w.d.o.Config.Forms {
		forms = append(forms, config.Option{ID: f.ID, Label: f.Label})
	}
	form := w.choose("forms", adapters.Many, w.labelled(forms))
	form.Value = private.List(w.rec.Forms...)
	age := w.choose("ages", adapters.Many, w.labelled(w.d.o.Config.AgeBands))
	age.Value = private.List(w.rec.Ages...)
	summary := optional(w.field("summary", adapters.Area))
	if !w.rec.Summary.Empty() {
		summary.Value = []private.Text{w.rec.Summary}
	}
	return []adapters.Field{optional(groups[0]), optional(groups[1]), optional(form), optional(age), summary}
}

func factActs(w *work, in adapters.Values) ([]handling.Act, error) {
	if err := w.overtaken(); err != nil {
		return nil, err
	}
	a := handling.SetFacts{Stamp: w.by, Forms: in.Many("forms"), Ages: in.Many("ages")}
	for _, f := range append(in.Many("facts"), in.Many("more")...) {
		a.Facts = append(a.Facts, handling.Fact(f))
	}
	acts := []handling.Act{a}
	if s := in.Text("summary"); !s.Empty() {
		acts = append(acts, handling.Summarise{Stamp: w.by, Text: s})
	}
	return acts, nil
}

func confidantFields(w *work) []adapters.Field {
	return append([]adapters.Field{
		w.choose("confidant", adapters.One, w.options("confidant", handling.Deployed, handling.NotPossible, handling.NotWanted)),
	}, reason(w)...)
}

func confidantActs(w *work, in adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Confidant{Stamp: w.by, Answer: in.One("confidant"), Why: in.Text("why")}}, nil
}

func tableFields(w *work) []adapters.Field {
	return []adapters.Field{
		w.choose("table", adapters.One, w.options("table", handling.Local, handling.District, handling.Regional, handling.Signals)),
		w.dated("date"),
		w.choose("traceable", adapters.One, w.yesno()),
		w.field("why", adapters.Area),
		optional(w.field("present", adapters.Line)),
		optional(w.field("decided", adapters.Area)),
	}
}

func tableActs(w *work, in adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Table{
		Stamp: w.by, Kind: in.One("table"), Date: in.One("date"), Traceable: in.One("traceable") != "no",
		Why: in.Text("why"), Present: in.Text("present"), Decided: in.Text("decided"),
	}}, nil
}

func acuteActs(w *work, in adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Acute{Stamp: w.by, Why: in.Text("why")}}, nil
}

func reopenActs(w *work, in adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Reopen{Stamp: w.by, Why: in.Text("why")}}, nil
}

func departFields(w *work) []adapters.Field {
	var opts []adapters.Option
	for _, p := range handling.Propose(w.fact, w.rec) {
		if !p.Done && !p.Departed && p.Kind != handling.Attention {
			opts = append(opts, adapters.Option{Value: p.Key, Label: w.proposed(p)})
		}
	}
	return append([]adapters.Field{w.choose("proposal", adapters.One, opts)}, reason(w)...)
}

func departActs(w *work, in adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Departure{Stamp: w.by, Key: in.One("proposal"), Why: in.Text("why")}}, nil
}

// standing are the hand-overs that still count, by index.
func (w *work) standing() []int {
	var out []int
	for i, h := range w.rec.Handovers {
		if h.Standing() {
			out = append(out, i)
		}
	}
	return out
}

func answerFields(w *work) []adapters.Field {
	var opts []adapters.Option
	for _, i := range w.standing() {
		opts = append(opts, adapters.Option{Value: strconv.Itoa(i), Label: w.partner(w.rec.Handovers[i].Partner)})
	}
	return []adapters.Field{
		w.choose("handed", adapters.One, opts),
		w.choose("answer", adapters.One, w.options("answer", handling.Told, handling.MayNotSay, handling.Silent, "refused", "recall", "ask")),
		optional(w.field("told", adapters.Area)),
		w.asked("by"),
	}
}

// asked is the day before which a partner is asked to answer (T5), filled in.
func (w *work) asked(name string) adapters.Field {
	f := optional(w.field(name, adapters.Date))
	due := w.d.o.Config.Due(w.d.o.Calendar, string(handling.ClockFeedback), string(w.view.Case.Urgency), w.view.Now)
	f.Value = private.List(due.In(w.d.o.Calendar.Location()).Format(time.DateOnly))
	return f
}

func answerActs(w *work, in adapters.Values) ([]handling.Act, error) {
	i, err := strconv.Atoi(in.One("handed"))
	if err != nil {
		i = -1
	}
	text := in.Text("told")
	switch kind := in.One("answer"); kind {
	case "refused":
		return []handling.Act{handling.Refuse{Stamp: w.by, Handover: i, Why: text}}, nil
	case "recall":
		return []handling.Act{handling.Recall{Stamp: w.by, Handover: i, Why: text}}, nil
	case "ask":
		return []handling.Act{handling.Ask{Stamp: w.by, Handover: i, By: w.until(in.One("by"))}}, nil
	default:
		return []handling.Act{handling.Answer{Stamp: w.by, Handover: i, Kind: kind, Text: text}}, nil
	}
}

// until is the end of a day that was filled in; zero when there is none.
func (w *work) until(date string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, date, w.d.o.Calendar.Location())
	if err != nil {
		return time.Time{}
	}
	return t.Add(24*time.Hour - time.Second).UTC()
}

// templates are the messages to the reporter that say, or do not say, what came
// of the signal.
func (w *work) templates(final bool) []adapters.Option {
	var out []adapters.Option
	for _, t := range handling.Templates() {
		if t.Final == final {
			out = append(out, adapters.Option{Value: t.ID, Label: w.d.say(w.lang, "desk."+t.ID, nil), Help: w.d.say(w.lang, t.ID, nil)})
		}
	}
	return out
}

func messageFields(w *work) []adapters.Field {
	own := optional(w.field("words", adapters.Area))
	own.Max = w.d.o.Config.Limits.Text
	return []adapters.Field{w.choose("template", adapters.One, append(w.templates(false), w.templates(true)...)), own}
}

func messageActs(w *work, in adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Message{Stamp: w.by, Template: in.One("template"), Text: in.Text("words")}}, nil
}

func noteFields(w *work) []adapters.Field {
	return []adapters.Field{
		optional(w.choose("heading", adapters.One, w.options("note", handling.Headings()...))), w.field("note", adapters.Area),
	}
}

func noteActs(w *work, in adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Note{Stamp: w.by, Heading: in.One("heading"), Text: in.Text("note")}}, nil
}

// closeFields close a case on one screen: reason, whether the victim reached
// help, whether the person knows, and the last word to the reporter.
func closeFields(w *work) []adapters.Field {
	return []adapters.Field{
		w.choose("reason", adapters.One, w.options("close", handling.ClosingReasons()...)),
		optional(w.field("why", adapters.Area)),
		optional(w.choose("help", adapters.One, w.options("help", handling.Reached, handling.NotReached, handling.NoVictim))),
		optional(w.field("helpwhy", adapters.Line)),
		optional(w.choose("informed", adapters.One, w.yesno())),
		optional(w.field("informedwhy", adapters.Line)),
		optional(w.choose("template", adapters.One, w.templates(true))),
	}
}

func closeActs(w *work, in adapters.Values) ([]handling.Act, error) {
	var acts []handling.Act
	if a := in.One("help"); a != "" {
		acts = append(acts, handling.Help{Stamp: w.by, Answer: a, Why: in.Text("helpwhy")})
	}
	if a := in.One("informed"); a != "" {
		acts = append(acts, handling.Informed{Stamp: w.by, Yes: a == "yes", Why: in.Text("informedwhy")})
	}
	return append(acts, handling.Close{Stamp: w.by, Reason: in.One("reason"), Why: in.Text("why"), Message: in.One("template")}), nil
}

// taskForm is the window in which a task is filled in.
func (w *work) taskForm(t task, tk store.Token) *adapters.Form {
	f := &adapters.Form{
		Token: tk.ID, Title: w.title(t.name), Intro: w.d.say(w.lang, "desk.task."+t.name+".intro", nil),
		Submit: w.d.say(w.lang, "desk.save", nil), Fields: t.fields(w), Sensitive: true,
		Acts: []adapters.Act{{Value: actClose, Label: w.d.say(w.lang, "desk.act.cancel", nil), Tone: adapters.ToneQuiet}},
	}
	switch {
	case t.name == taskInvolved:
		f.Facts = w.read()
	case t.name == taskHandOver: // another form comes first
		f.Submit = w.d.say(w.lang, "d.next", nil)
	case t.name == taskConfidant:
		f.Facts = []adapters.Fact{{Label: w.callee(handling.ConfidantPerson), Value: private.New(w.contact(w.d.o.Config.Contacts.Confidant))}}
	case (t.name == taskMessage || t.name == taskClose) && w.view.Case.Report.Origin.Entered():
		f.Intro += "\n\n" + w.d.say(w.lang, "desk.entered.tell", nil)
	}
	return f
}

// fill opens the form of a task.
func (x act) fill(ctx context.Context, t task) (adapters.Answer, error) {
	if t.fields == nil {
		return x.do(ctx, t, nil)
	}
	var form *adapters.Form
	again, err := x.turn(ctx, func(v store.View) (store.Effects, error) {
		w, err := x.work(v)
		if err != nil {
			return store.Effects{}, err
		}
		if !t.when(w) {
			return store.Effects{}, store.ErrNotFound
		}
		tk := x.form(kindTask+t.name, v)
		switch t.name {
		case taskAnonymous:
			form = w.anonymous(tk)
		case taskCalls:
			form = w.calls(tk)
		default:
			form = w.taskForm(t, tk)
		}
		return store.Effects{Tokens: []store.Token{tk}}, nil
	})
	return adapters.Answer{Form: cmp.Or(again, form)}, err
}
