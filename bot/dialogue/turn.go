package dialogue

import (
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
	"github.com/meldroute/meldroute/store"
)

// content is the dialogue's own part of a session.
type content struct {
	ID    string       `json:"id"` // names this dialogue's posts
	State flows.State  `json:"state"`
	Lang  string       `json:"lang"`
	Hint  string       `json:"hint"`  // the platform's language when it was last shown
	Place private.Text `json:"place"` // where it is held, as adapters.Address.Key
	// Nonce is drawn anew at each revision; every press and form of the
	// current question begins with it (D8).
	Nonce string       `json:"nonce"`
	Asked time.Time    `json:"asked"`
	Post  string       `json:"post"`  // key of the post that holds the question
	Above string       `json:"above"` // id of the text above the question, "" for none
	About store.Number `json:"about"` // the signal that a small flow is about
}

// turn computes what one message does to one dialogue. It is pure: it sees a
// View and a Message, and leaves effects, replies and an answer behind.
type turn struct {
	d    *Dialogue
	view store.View
	m    adapters.Message
	c    content
	flow *flows.Flow // nil without a session
	lang string
	// reads is whether he may read signals, once it was asked.
	reads right

	taken   bool // the message answered the question
	effects store.Effects
	answer  adapters.Answer
	say     []adapters.Reply
	// after runs once the turn has ended, for what must be looked up.
	after func(ctx context.Context, t *turn) error
}

func (d *Dialogue) turn(v store.View, m adapters.Message) *turn {
	return &turn{d: d, view: v, m: m}
}

func (t *turn) run() (store.Effects, error) {
	if err := t.load(); err != nil {
		return store.Effects{}, err
	}
	var err error
	switch {
	case t.m.Files > 0:
		t.tell("d.files", nil)
		t.answer.Stray = true
		err = errRefused
	case t.m.Filled != nil:
		err = t.filled(*t.m.Filled)
	case t.m.Press != "":
		err = t.press(t.m.Press)
	default:
		err = t.typed(t.m.Text.Reveal())
	}
	return t.effects, err
}

// load opens the session and settles the language.
func (t *turn) load() error {
	s := t.view.Session
	if s.Rev > 0 {
		if err := private.Decode([]byte(s.Content.Reveal()), &t.c); err != nil {
			return err
		}
		f, ok := t.d.book.get(s.Version)
		if !ok {
			return needs{flow: s.Version}
		}
		t.flow = f
		if f.Name == intake.EnterName && !t.mayEnter() {
			if t.reads == unasked {
				return needs{right: true}
			}
			t.flow, t.c = nil, content{} // his right was taken since
		}
	}
	if t.c.Hint != "" && t.m.Lang != "" && t.m.Lang != t.c.Hint {
		t.c.Lang = t.m.Lang // changed on the platform's own page
	}
	for _, l := range []string{t.c.Lang, t.view.Profile.Lang, t.m.Lang, t.d.o.Config.Municipality.Language, "nl"} {
		if l == "nl" || l == "en" {
			t.lang = l
			break
		}
	}
	return nil
}

// press takes a press on a choice.
func (t *turn) press(token string) error {
	if token == adapters.TokenDanger {
		return t.command(cmdDanger, "")
	}
	if c, n, ok := commandOf(token); ok {
		if c == cmdEnter && t.reads == unasked {
			return needs{right: true}
		}
		if c != cmdEnter || t.mayEnter() {
			return t.command(c, n)
		}
	}
	nonce, what, _ := strings.Cut(token, "-")
	if t.flow == nil || nonce != t.c.Nonce {
		return t.stale()
	}
	switch what {
	case "open":
		t.answer.Form = t.screen().form
		return errRefused
	case "back":
		return t.command(cmdBack, "")
	case "skip":
		return t.skip()
	}
	step := t.flow.At(t.c.State)
	i, err := strconv.Atoi(what)
	if err != nil || step.Asks() != flows.Buttons || i < 0 || i >= len(step.Questions[0].Options) {
		return t.stale()
	}
	q := step.Questions[0]
	return t.take(flows.Row{q.ID: private.List(q.Options[i].ID)})
}

// stale says that a press or form came too late. Nothing is written. A form may
// stay before somebody when its answer was lost: he is told where to go on.
func (t *turn) stale() error {
	t.answer.Notice = t.words("d.stale", nil)
	if t.m.Filled != nil {
		t.answer.Notice += " " + t.words("d.stale.form", nil)
		t.answer.Errors = map[string]string{"": t.answer.Notice}
	}
	if t.flow == nil {
		t.greetAgain()
	}
	return errRefused
}

// filled takes a submitted form.
func (t *turn) filled(f adapters.Filled) error {
	if t.flow == nil || f.Token != t.c.Nonce+"-form" {
		return t.stale()
	}
	switch act, which, _ := strings.Cut(f.Act, ":"); act {
	case "":
		row := flows.Row{}
		for _, q := range t.flow.At(t.c.State).Questions {
			if vs := f.Values[q.ID]; len(vs) > 0 {
				row[q.ID] = vs
			}
		}
		return t.take(row)
	case "skip":
		return t.skip()
	case "back":
		return t.command(cmdBack, "")
	case "stop":
		return t.command(cmdStop, "")
	case "choose": // an option of a step with one question, as an act
		return t.take(flows.Row{t.flow.At(t.c.State).Questions[0].ID: private.List(which)})
	case "change":
		return t.change(which)
	}
	return t.stale()
}

// typed takes what was typed: a command, or an answer by label or number.
// Free text is never taken in (promise 2).
func (t *turn) typed(text string) error {
	if strings.TrimSpace(text) == "" {
		return t.greet()
	}
	c, n := command(text)
	early := t.flow != nil && !t.m.Sent.IsZero() && t.m.Sent.Before(t.c.Asked)
	switch {
	case early && (c == cmdNone || c == cmdBack):
		// Typed before its question was asked: an answer to another one (D8).
		t.answer.Stray = c == cmdNone && story(text)
		t.tell("d.stale", nil)
		return t.repeat("")
	case c == cmdEnter && t.reads == unasked:
		return needs{right: true}
	case c == cmdEnter && !t.mayEnter(): // a word like any other
	case c != cmdNone:
		return t.command(c, n)
	}
	if t.flow == nil {
		t.answer.Stray = story(text)
		return t.greet()
	}
	if token, ok := t.shown(text); ok {
		return t.press(token)
	}
	if row, ok := t.match(text); ok {
		return t.take(row)
	}
	t.answer.Stray = story(text)
	if len([]rune(text)) > maxCommand {
		return t.repeat("d.freetext")
	}
	return t.repeat("d.hint")
}

// story reports whether a text may say something about somebody: more than a
// greeting, or a word that was typed wrong.
func story(text string) bool { return len(strings.Fields(text)) > 2 }

// shown reads what was typed as one of the choices under the question, by its
// key or its whole label in either language.
func (t *turn) shown(text string) (token string, ok bool) {
	text = strings.Trim(strings.TrimSpace(text), ".")
	in := *t
	for _, in.lang = range []string{t.lang, "nl", "en"} {
		for _, c := range in.screen().reply.Choices {
			if text == c.Key || strings.EqualFold(text, c.Label) {
				return c.Token, true
			}
		}
	}
	return "", false
}

// match reads a typed answer to the current step, when it can be typed. A form
// cannot, but that somebody does not know can.
func (t *turn) match(text string) (flows.Row, bool) {
	step := t.flow.At(t.c.State)
	words := func(x flows.Text) []string {
		return []string{t.d.text("nl", x), t.d.text("en", x)}
	}
	if row, ok := flows.MatchStep(step, text, words); ok {
		return row, true
	}
	if !step.Skip || strings.ContainsAny(text, "0123456789") {
		return nil, false
	}
	unknown := flows.Question{Kind: flows.One, Options: []flows.Option{{ID: flows.Unknown, Label: flows.T("g.unknown")}}}
	if _, ok := flows.Match(unknown, text, words); !ok {
		return nil, false
	}
	return flows.Row{flows.Unknown: private.List(flows.Unknown)}, true
}

// take gives the flow one answer.
func (t *turn) take(row flows.Row) error {
	step := t.flow.At(t.c.State)
	st, res, problems := t.flow.Answer(t.c.State, row)
	if len(problems) == 0 {
		problems = step.NotYet(row, t.d.o.Calendar.Date(t.view.Now).String())
	}
	if len(problems) > 0 {
		t.answer.Errors = map[string]string{}
		for q, p := range problems {
			t.answer.Errors[q] = t.d.textWith(t.lang, p.Text, p.Args)
		}
		if t.m.Filled == nil {
			return t.repeat("d.hint")
		}
		return errRefused
	}
	var warned []string
	for _, w := range res.Warnings {
		if text := t.d.textWith(t.lang, w.Text, w.Args); !slices.Contains(warned, text) {
			warned = append(warned, text)
		}
	}
	if len(warned) > 0 {
		t.answer.Notice = strings.Join(warned, "\n")
		t.tellText("warn", t.answer.Notice)
	}
	t.c.State, t.taken = st, true
	return t.advance(res)
}

func (t *turn) skip() error {
	st, res, ok := t.flow.Skip(t.c.State)
	if !ok {
		return t.stale()
	}
	t.c.State, t.taken = st, true
	return t.advance(res)
}

// change goes to an earlier answer from the review ("step" or "step/row").
func (t *turn) change(which string) error {
	step, row, _ := strings.Cut(which, "/")
	n, _ := strconv.Atoi(row)
	st, err := t.flow.Goto(t.c.State, step, n)
	if err != nil {
		return t.stale()
	}
	t.c.State = st
	return t.ask(true)
}

// advance goes on after an answer.
func (t *turn) advance(res flows.Result) error {
	switch res.End {
	case flows.GoesOn:
		switch left, ok, err := t.nobodyLeft(); {
		case err != nil:
			return err
		case ok:
			return t.leave("d.outside", left)
		}
		return t.ask(true)
	case flows.File:
		return t.file()
	case flows.Erase:
		return t.leave(t.stopped(), nil)
	case flows.Door:
		return t.leave("d.bye", nil)
	case flows.Advice:
		t.effects.Count = []string{"advice"}
		if h, ok := t.d.o.Config.Helpline(config.OfficerNo); !ok || h.Number == "" {
			return t.leave("d.advice.nonumber", nil)
		}
		return t.leave("d.advice", nil)
	}
	return t.stale()
}

// stopped says what stopping means: a report that is not sent is erased, a
// signal that was filed stays.
func (t *turn) stopped() string {
	if t.reporting() {
		return "d.stopped"
	}
	return "d.withdraw.kept"
}

// ask asks the next question in the place of the answered one; open also opens
// its form for whoever just acted.
func (t *turn) ask(open bool) error {
	if t.c.ID == "" {
		t.c.ID = rand.Text()[:12]
		t.c.Place = private.New(t.m.At.Key())
	}
	t.c.Lang, t.c.Hint = t.lang, t.m.Lang
	t.c.Nonce, t.c.Asked, t.c.Above = rand.Text(), t.view.Now, ""
	// Below a form stands nothing: the question moves on in its place.
	form, err := t.pose(t.m.Filled != nil)
	if open {
		t.answer.Form = form
	}
	return err
}

// repeat asks the current question once more, at the end of the chat, below a
// text of the catalog. What was asked before leads there: its choices and a form
// of it that is open still count. So nothing stays at the end that is over.
func (t *turn) repeat(above string) error {
	t.c.Above = above
	_, err := t.pose(false)
	return err
}

// pose writes the session with the question as it stands, in a post of its own or
// in the place of the last one, and returns its form.
func (t *turn) pose(inPlace bool) (*adapters.Form, error) {
	now, last := t.view.Now, t.c.Post
	rev := t.view.Session.Rev + 1
	t.c.Post = t.c.ID + "." + strconv.FormatInt(rev, 10)
	sc := t.screen()
	switch {
	case last == "":
	case inPlace:
		sc.reply.Over = last
	default:
		t.say = append(t.say, adapters.Reply{Key: last + ".past", Over: last, Text: t.past(), Quiet: true})
	}
	t.say = append(t.say, sc.reply)
	body, err := private.Encode(t.c)
	if err != nil {
		return nil, err
	}
	terms := t.d.o.Config.Terms
	t.effects.Session = &store.Session{
		Flow: t.flow.Name, Version: t.d.version(t.flow, t.view.Session), Rev: rev, Shown: t.view.Session.Shown,
		Content: private.New(string(body)),
		Nudge:   now.Add(terms.DraftNudge.Duration()),
		Expires: t.d.o.Calendar.Deadline(now, terms.DraftKeep),
	}
	switch {
	case t.c.About == "":
	case t.view.Case != nil:
		t.effects.Session.About = t.view.Case.Ref
	default:
		t.effects.Session.About = t.view.Session.About
	}
	return sc.form, nil
}

// past is what stays of a question: that it was answered, never with what.
func (t *turn) past() string {
	if t.taken {
		return t.words("d.done.step", nil)
	}
	return t.words("d.past", nil)
}

// leave ends the dialogue, keeps nothing, and says so in the place of the last
// question.
func (t *turn) leave(id string, args map[string]any) error {
	t.effects.Session, t.effects.End = nil, t.view.Session.Rev > 0
	t.say = append(t.say,
		adapters.Reply{Key: t.c.ID + ".end", Over: t.c.Post, Text: t.words("d.ended", nil), Quiet: true},
		adapters.Reply{Key: "end." + t.m.ID, Text: t.words(id, args), Choices: t.d.begin(t.lang)})
	return nil
}

// start begins a flow afresh; state may hold its first answers.
func (t *turn) start(name string, state flows.State, about store.Number) error {
	f, ok := t.d.book.get(t.d.book.today[name])
	if !ok {
		return needs{flow: t.d.book.today[name]}
	}
	t.flow = f
	t.c = content{State: state, About: about, Post: t.c.Post}
	return t.ask(false)
}

// greet shows the first message, or the current question of a draft.
func (t *turn) greet() error {
	if t.flow != nil {
		return t.repeat("")
	}
	if t.d.nobody() {
		t.tell("d.nobody", nil)
		return errRefused
	}
	return t.start(intake.Name, flows.State{}, "")
}

// greetAgain offers to begin, without writing anything.
func (t *turn) greetAgain() {
	t.say = append(t.say, adapters.Reply{Key: "begin." + t.m.ID, Text: t.words("d.begin", nil), Choices: t.d.begin(t.lang)})
}

// tell says one text of the catalog.
func (t *turn) tell(id string, args map[string]any) { t.tellText(id, t.words(id, args)) }

func (t *turn) tellText(key, text string) {
	t.say = append(t.say, adapters.Reply{Key: key + "." + t.m.ID, Text: text})
}

func (t *turn) words(id string, args map[string]any) string { return t.d.say(t.lang, id, args) }
