package main_test

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/web"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// hidden stands in every text that is not to be seen in the chat.
const hidden = "zilvervos"

// Whatever an employee does, in any order, over restarts: the dialogue never
// panics and never fails without words, one act files one signal at most and a
// repeat none, nothing that was typed stands in the chat, there is always a
// choice that works, and in the end a signal can be filed.
func TestAnySequenceOfActsIsLawful(t *testing.T) {
	t.Parallel()
	if *long {
		_ = flag.Set("rapid.checks", "3000")
	}
	k, c := monday(), newChat()
	r := onFile(t).replica(t, c, k)
	rapid.Check(t, func(rt *rapid.T) {
		p := &player{rt: rt, r: r, who: strings.ToLower(rand.Text()[:10])}
		for range rapid.IntRange(0, 30).Draw(rt, "acts") {
			p.act()
		}
		p.ends()
	})
}

// player is an employee who does anything.
type player struct {
	rt    *rapid.T
	r     *replica
	who   string
	lang  string
	n     int
	forms []*adapters.Form   // that were ever opened, the newest last
	past  []adapters.Message // what was sent
	filed int
}

func (p *player) message() adapters.Message {
	p.n++
	m := p.r.message(p.who, fmt.Sprint(p.who, "-", p.n))
	if p.lang != "" {
		m.Lang = p.lang
	}
	p.r.clock.on(time.Second)
	return m
}

var (
	typings = []string{
		"", "hallo", "SPOED", "melden", "stop", "terug", "help", "contact", "signalenkaart", "mijn signalen", "status", "aanvullen", "intrekken",
		"english", "nederlands", "ja", "nee", "weet ik niet", "1", "2", "3", "1, 2", "99", "wis alles", "klaar", "versturen", "Doorgaan met 3",
		"yes", "no", "danger", "report", "back", "more", "status M-00000", "aanvullen M-ZZZZZ", "twijfel", "advies", "iets anders",
		"ik zag " + hidden, hidden, strings.Repeat(hidden+" ", 100), hidden + "\x00", hidden + "\xff", "\u202e" + hidden, "-1", "1" + hidden,
	}
	fillings = []string{
		hidden, hidden + " in de kas", "123456782 " + hidden, "", " ", "geb. 1-2-1990 " + hidden, "NL91ABNA0417164300 " + hidden,
		"0348 428911", "3441 AB", "12345678", "AB-12-CD", strings.Repeat(hidden, 1000), hidden + "\x00", hidden + "\xff", "@" + hidden,
	}
	tokens = []string{
		"", "x", "-", "gevaar", "cmd-", "cmd-danger", "cmd-report", "cmd-stop", "cmd-back", "cmd-help", "cmd-contact", "cmd-card", "cmd-mine",
		"cmd-status", "cmd-add", "cmd-withdraw", "cmd-nl", "cmd-en", "cmd-add-M-00000", "cmd-withdraw-x", "cmd-status-" + hidden, "cmd-none", "desk-x",
		"-open", "-0", "-form", "-skip", hidden + "-0", hidden,
	}
	formActs = []string{"", "skip", "back", "stop", "choose:", "choose:send", "choose:stop", "choose:" + hidden, "change:what", "change:persons/1", "change:persons/-9",
		"change:persons/" + hidden, "change:" + hidden, "change:about", hidden}
)

func (p *player) pick(what string, from []string) string {
	return rapid.SampledFrom(from).Draw(p.rt, what)
}

// act does one thing and looks whether all is lawful after it.
func (p *player) act() {
	switch p.pick("act", []string{"type", "press", "press", "fill", "fill", "fill", "fill", "old form", "forge", "repeat", "restart", "lang", "later", "read", "files", "public", "random"}) {
	case "type":
		p.send(typed(p.message(), p.pick("text", typings)))
	case "random":
		p.send(typed(p.message(), rapid.StringN(0, 80, 300).Draw(p.rt, "text")))
	case "press":
		if all := p.choices(); len(all) > 0 {
			p.send(pressed(p.message(), p.pick("choice", all)))
		}
	case "forge":
		p.send(pressed(p.message(), p.pick("token", tokens)+p.pick("tail", []string{"", "", "-0", "-form", "9"})))
	case "fill":
		if len(p.forms) > 0 {
			p.fill(p.forms[len(p.forms)-1])
		}
	case "old form":
		if len(p.forms) > 0 {
			p.fill(rapid.SampledFrom(p.forms).Draw(p.rt, "form"))
		}
	case "repeat":
		if len(p.past) > 0 {
			p.again(rapid.SampledFrom(p.past).Draw(p.rt, "past"))
		}
	case "restart":
		p.r.wire()
		if err := p.r.dialogue.Resume(context.Background()); err != nil {
			p.rt.Fatalf("resume: %v", err)
		}
		p.lawful()
	case "lang":
		p.lang = p.pick("lang", []string{"nl", "en", ""})
	case "later":
		p.later()
	case "read":
		p.read()
	case "files":
		m := p.message()
		m.Files = 2
		p.send(m)
	case "public":
		m := typed(p.message(), hidden)
		m.Direct, m.At = false, adapters.NewAddress("web", "kantine")
		p.send(m)
	}
}

// fill answers a form: well mostly, or anyhow.
func (p *player) fill(f *adapters.Form) {
	act := ""
	switch p.pick("how", []string{"submit", "submit", "submit", "way out", "any"}) {
	case "way out":
		if len(f.Acts) > 0 {
			act = rapid.SampledFrom(f.Acts).Draw(p.rt, "way").Value
		}
	case "any":
		act = p.pick("form act", formActs)
	}
	m := filled(p.message(), f, act)
	wild := rapid.IntRange(0, 4).Draw(p.rt, "wild") == 0
	for _, fd := range f.Fields {
		m.Filled.Values[fd.Name] = p.value(fd, wild)
	}
	p.send(m)
}

func (p *player) value(fd adapters.Field, wild bool) []private.Text {
	switch {
	case wild:
		return []private.Text{private.New(p.pick("value", fillings))}
	case len(fd.Options) > 0:
		return []private.Text{private.New(rapid.SampledFrom(fd.Options).Draw(p.rt, fd.Name).Value)}
	case fd.Name == "callback":
		return []private.Text{private.New("0348 428911")}
	case fd.Optional:
		return nil
	}
	return []private.Text{private.New(hidden)}
}

// choices are the tokens of all that stands in the chat, the newest thrice.
func (p *player) choices() []string {
	var all []string
	for _, r := range p.r.chat.at("web:" + p.who) {
		for _, c := range r.Choices {
			all = append(all, c.Token)
		}
		if len(r.Choices) > 0 {
			all = append(all, r.Choices[len(r.Choices)-1].Token, r.Choices[0].Token)
		}
	}
	return all
}

// send does a new act.
func (p *player) send(m adapters.Message) {
	p.past = append(p.past, m)
	p.handle(m, 1)
}

// again sends an act a second time: where it had an effect, it has no other.
func (p *player) again(m adapters.Message) {
	ctx := context.Background()
	before, err := p.r.store.Session(ctx, p.me())
	if err != nil {
		p.rt.Fatal(err)
	}
	p.handle(m, 0)
	after, err := p.r.store.Session(ctx, p.me())
	if err != nil {
		p.rt.Fatal(err)
	}
	if after.Rev < before.Rev {
		p.rt.Fatal("a repeat ended the dialogue")
	}
}

// handle takes one act and looks at everything that came of it.
func (p *player) handle(m adapters.Message, most int) {
	said := p.said()
	if early := p.r.dialogue.Early(m); early != nil {
		p.clean("the early reply", early.Text)
		if err := p.r.chat.Send(context.Background(), m.At, *early); err != nil {
			p.rt.Fatal(err)
		}
	}
	a, err := p.r.dialogue.Handle(context.Background(), m)
	if err != nil {
		p.rt.Fatalf("%s: %v", kindOf(m), err)
	}
	if a.Form != nil {
		p.forms = append(p.forms, a.Form)
		if err := (&web.Adapter{}).Limits().Form(*a.Form); err != nil {
			p.rt.Fatal(err)
		}
		if a.Form.Token == "" || a.Form.Title == "" {
			p.rt.Fatal("a form without a token or a title")
		}
	}
	p.clean("the notice", a.Notice)
	for _, e := range a.Errors {
		p.clean("an error", e)
		if e == "" {
			p.rt.Fatal("an error without words")
		}
	}
	if a.Form == nil && a.Notice == "" && len(a.Errors) == 0 && p.said() == said {
		p.rt.Fatalf("%s was answered with silence", kindOf(m))
	}
	if own := p.own(); own < p.filed-1 || own > p.filed+most {
		p.rt.Fatalf("%d signals after %d, and at most %d more is lawful", own, p.filed, most)
	} else {
		p.filed = own
	}
	p.lawful()
}

func kindOf(m adapters.Message) string {
	switch {
	case m.Filled != nil:
		return "form " + m.Filled.Act
	case m.Press != "":
		return "press " + m.Press
	}
	return fmt.Sprintf("text %q", m.Text.Reveal())
}

// asking is the token of a choice of a question.
var asking = regexp.MustCompile(`^[A-Z2-7]{26}-`)

// lawful looks at the chat: no content, within the limits, a choice that works,
// and no question that is over.
func (p *player) lawful() {
	replies := p.r.chat.at("web:" + p.who)
	for _, r := range replies {
		p.clean("a reply", r.Text)
		if err := (&web.Adapter{}).Limits().Reply(r); err != nil {
			p.rt.Fatal(err)
		}
		if r.Text == "" || strings.Contains(r.Text, "<no value>") || strings.Contains(r.Text, "{{") {
			p.rt.Fatalf("a reply says %q", r.Text)
		}
		keys := map[string]bool{}
		for _, c := range r.Choices {
			p.clean("a choice", c.Label)
			if c.Label == "" || c.Token == "" || c.Key != "" && keys[c.Key] {
				p.rt.Fatalf("choice %+v under %q", c, r.Text)
			}
			keys[c.Key] = true
		}
	}
	s, err := p.r.store.Session(context.Background(), p.me())
	if err != nil {
		p.rt.Fatal(err)
	}
	var c struct{ Nonce, Post string }
	if s.Rev > 0 {
		if err := private.Decode([]byte(s.Content.Reveal()), &c); err != nil || c.Nonce == "" {
			p.rt.Fatalf("the session holds no nonce: %v", err)
		}
	}
	works := len(replies) == 0
	for _, r := range replies {
		for _, ch := range r.Choices {
			if asking.MatchString(ch.Token) && r.Key != c.Post {
				p.rt.Fatalf("a question that is over can still be pressed: %+v, and %q is asked", r, c.Post)
			}
			works = works || s.Rev == 0 && strings.HasPrefix(ch.Token, "cmd-") || s.Rev > 0 && strings.HasPrefix(ch.Token, c.Nonce)
		}
	}
	if !works {
		p.rt.Fatalf("no choice of the chat works, session at revision %d:\n%v", s.Rev, replies)
	}
}

func (p *player) clean(what, text string) {
	if strings.Contains(strings.ToLower(text), hidden) {
		p.rt.Fatalf("%s holds what was typed: %q", what, text)
	}
}

// later lets time go by: notices are sent, drafts are nudged and erased.
func (p *player) later() {
	ctx, r := context.Background(), p.r
	r.clock.on(time.Duration(rapid.SampledFrom([]int{1, 130, 6000}).Draw(p.rt, "minutes")) * time.Minute)
	if err := r.dialogue.Drafts(ctx, r.clock.now()); err != nil {
		p.rt.Fatal(err)
	}
	for {
		claimed, _, err := r.store.Claim(ctx, r.clock.now(), 100)
		if err != nil {
			p.rt.Fatal(err)
		}
		for _, n := range claimed {
			deliver := r.desk.Deliver
			if n.To == store.ToReporter {
				deliver = r.dialogue.Deliver
			}
			if err := deliver(ctx, n); err != nil {
				p.rt.Fatalf("%s: %v", n.Kind, err)
			}
			if err := r.store.Settle(ctx, n, true, time.Time{}); err != nil {
				p.rt.Fatal(err)
			}
		}
		if len(claimed) == 0 {
			break
		}
	}
	for _, at := range []string{deskChannel, coordinator, "web:aandachtsfunctionaris-1"} {
		for _, reply := range r.chat.at(at) {
			p.clean("a post at "+at, reply.Text)
		}
	}
	p.lawful()
}

// read lets an officer read the newest signal.
func (p *player) read() {
	ctx := context.Background()
	own, err := p.r.store.Mine(ctx, p.me())
	if err != nil {
		p.rt.Fatal(err)
	}
	if len(own) == 0 {
		return
	}
	v := store.Viewer{Person: private.New("web:aandachtsfunctionaris-1"), All: true}
	_, err = p.r.store.Turn(ctx, store.Event{Signal: own[0].Ref, Viewer: v}, func(v store.View) (store.Effects, error) {
		if !v.Case.Read.IsZero() {
			return store.Effects{}, nil
		}
		return store.Effects{Read: true, Status: store.Read}, nil
	})
	if err != nil && !strings.Contains(err.Error(), "not found") { // he may be left out
		p.rt.Fatal(err)
	}
}

// ends stops what is going on and reports, which files one signal.
func (p *player) ends() {
	p.lang = ""
	p.send(typed(p.message(), "stop"))
	for range 3 {
		if !p.open() {
			break
		}
		replies := p.r.chat.at("web:" + p.who)
		for i := len(replies) - 1; i >= 0; i-- {
			if n := len(replies[i].Choices); n > 0 {
				p.send(pressed(p.message(), replies[i].Choices[0].Token))
				break
			}
		}
	}
	if p.open() {
		p.rt.Fatal("stop does not end the dialogue")
	}
	before := p.filed
	p.send(pressed(p.message(), adapters.TokenDanger))
	p.send(filled(p.message(), p.forms[len(p.forms)-1], "", "what", hidden))
	if p.filed != before+1 {
		p.rt.Fatalf("%d signals, want %d", p.filed, before+1)
	}
	p.send(typed(p.message(), "ja"))
	if p.open() {
		p.rt.Fatal("the question about 112 stays")
	}
}

func (p *player) open() bool {
	s, err := p.r.store.Session(context.Background(), p.me())
	if err != nil {
		p.rt.Fatal(err)
	}
	return s.Rev > 0
}

func (p *player) me() store.Person { return private.New("web:" + p.who) }

// own is how many signals the player has.
func (p *player) own() int {
	own, err := p.r.store.Mine(context.Background(), p.me())
	if err != nil {
		p.rt.Fatal(err)
	}
	return len(own)
}

// said is how often something was sent to the player, also again.
func (p *player) said() int { return p.r.chat.sent("web:" + p.who) }
