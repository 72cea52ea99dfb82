package main_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
)

// seat is an ordinary user of Mattermost, who acts in its client only: posts,
// presses and dialogs.
type seat struct {
	*mattermosttest.Tab
	t      testing.TB
	w      *town
	id     string
	direct string
	dialog *mattermosttest.Dialog
	at     string // the channel that it was opened from
}

func (w *town) seat(t testing.TB, id string) *seat {
	t.Helper()
	u := w.person(id)
	return &seat{Tab: w.open(t, u), t: t, w: w, id: id, direct: w.server.Direct(t, u, w.bot).Id}
}

var _ client = (*seat)(nil)

// says posts to the bot, and waits until it was answered.
func (x *seat) says(text string) reply {
	x.t.Helper()
	x.await(func() error { _, err := x.Say(x.direct, text); return err })
	return reply{OK: true}
}

// await does what is not answered at once, and waits until the bot is done with
// it: it took a message, or asked something.
func (x *seat) await(act func() error) {
	x.t.Helper()
	before, _ := x.w.work()
	asked := x.asked()
	if err := act(); err != nil {
		x.t.Fatalf("%s: %v", x.id, err)
	}
	until(x.t, "the bot is done with what was typed", func() bool {
		handled, waiting := x.w.work()
		return waiting == 0 && (handled > before || x.asked() > asked)
	})
}

// asked is how many posts of the bot he can read in his own dialogue.
func (x *seat) asked() (n int) {
	x.t.Helper()
	for _, p := range x.read(x.id) {
		if !p.Own {
			n++
		}
	}
	return n
}

// presses presses the newest button with this label; where there are only
// numbers, he reacts with one.
func (x *seat) presses(log, label string) reply {
	x.t.Helper()
	for _, p := range slices.Backward(x.read(log)) {
		for _, b := range p.Buttons {
			if b.Label == label {
				return x.press(x.channel(log), p.ID, b.ID)
			}
		}
		for line := range strings.Lines(p.List) {
			if m := numbered.FindStringSubmatch(strings.TrimSpace(line)); m != nil && m[2] == label && m[1] != "" {
				x.await(func() error { return x.React(p.ID, emoji[m[1]]) })
				return reply{OK: true}
			}
		}
	}
	x.t.Fatalf("%s sees no button %q", x.id, label)
	return reply{}
}

// keeps the newest button with this label.
func (x *seat) keeps(log, label string) (press func() reply) {
	x.t.Helper()
	for _, p := range slices.Backward(x.read(log)) {
		for _, b := range p.Buttons {
			if b.Label == label {
				return func() reply { return x.press(x.channel(log), p.ID, b.ID) }
			}
		}
	}
	x.t.Fatalf("%s sees no button %q", x.id, label)
	return nil
}

// emoji are those that stand for a number.
var emoji = map[string]string{"1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "8": "eight", "9": "nine"}

func (x *seat) press(channel, post, button string) reply {
	x.t.Helper()
	notices, d, err := x.Press(post, button)
	if err != nil {
		x.t.Fatalf("%s cannot press: %v", x.id, err)
	}
	got := reply{OK: true, Notice: strings.Join(notices, "\n")}
	if d != nil {
		x.dialog, x.at = d, channel
		got.opened = formOf(d)
	}
	return got
}

func (x *seat) fills(f *form) reply {
	x.t.Helper()
	return x.submits(f, "submit")
}

func (x *seat) chooses(label string) reply {
	x.t.Helper()
	f := formOf(x.dialog)
	i := slices.IndexFunc(f.acts, func(c choice) bool { return c.label == label })
	return x.submits(f, f.acts[i].token)
}

// submits sends the open dialog as the client does: every element that it has.
func (x *seat) submits(f *form, act string) reply {
	x.t.Helper()
	in := map[string]any{}
	for _, e := range x.dialog.Elements {
		in[e.Name] = e.Default
		if e.Type == "bool" {
			in[e.Name] = e.Default == "true"
		}
		if e.Name == "act" {
			in[e.Name] = act
		}
	}
	for _, fd := range f.fields {
		switch {
		case fd.kind == "checkbox":
			for _, o := range fd.options {
				in[o.token] = slices.Contains(fd.value, o.token)
			}
		case len(fd.value) > 0:
			in[fd.name] = fd.value[0]
		}
	}
	errs, err := x.Submit(x.at, x.dialog, in)
	if err != nil {
		x.t.Fatalf("%s cannot send: %v", x.id, err)
	}
	got := reply{OK: len(errs) == 0, Errors: map[string]string{}}
	for name, text := range errs {
		name, _, _ = strings.Cut(name, "o")
		got.Errors[name] = mattermosttest.Plain(text)
	}
	return got
}

func (x *seat) channel(log string) string {
	if log == "desk" {
		return x.w.channel
	}
	return x.direct
}

// read are the posts of a log.
func (x *seat) read(log string) []mattermosttest.Post {
	x.t.Helper()
	posts, err := x.Posts(x.channel(log))
	if err != nil {
		x.t.Fatalf("%s cannot read: %v", x.id, err)
	}
	return posts
}

var (
	progress = regexp.MustCompile(`^((?:Stap|Step) \d+ (?:van|of) \d+)\n+`)
	numbered = regexp.MustCompile(`^(?:(\d+) |· )(.*)$`)
	inGroup  = regexp.MustCompile(`^(f\d+)o\d+$`)
	ofGroup  = regexp.MustCompile(` \d+/\d+$`)
	factLine = regexp.MustCompile(`^\*\*(.+?)\*\*(?:: (.*))?$`)
)

// posts are all that he can read, as they stand now.
func (x *seat) posts() map[string]post {
	x.t.Helper()
	logs := []string{x.id}
	if slices.Contains(readers, x.id) {
		logs = append(logs, "desk")
	}
	out := map[string]post{}
	for _, log := range logs {
		for i, m := range x.read(log) {
			mark, _ := m.Props["meldroute"].(map[string]any)
			p := post{log: log, slot: m.ID, order: i, own: m.Own, urgent: m.Urgent, quiet: mark["q"] == true}
			p.text = strings.ReplaceAll(m.Text, "\n\n", "\n")
			if s := progress.FindStringSubmatch(p.text); s != nil {
				p.step, p.text = s[1], strings.TrimPrefix(p.text, s[0])
			}
			if m.Thread {
				p.text = inThread + p.text
			}
			for _, b := range m.Buttons {
				p.choices = append(p.choices, choice{label: b.Label, token: m.ID + " " + b.ID})
			}
			for line := range strings.Lines(m.List) {
				if c := numbered.FindStringSubmatch(strings.TrimSpace(line)); c != nil {
					p.choices = append(p.choices, choice{key: c[1], label: c[2], token: m.ID + " " + c[1]})
				}
			}
			out[m.ID] = p
		}
	}
	return out
}

// formOf reads a dialog as it stands on the screen.
func formOf(d *mattermosttest.Dialog) *form {
	f := &form{title: mattermosttest.Plain(d.Title), submit: d.Submit}
	f.intro, f.facts = introOf(d.Intro)
	for _, e := range d.Elements {
		switch g := inGroup.FindStringSubmatch(e.Name); {
		case e.Name == "act":
			for _, o := range e.Options {
				if o.Value == "submit" {
					f.submit = o.Label
				} else {
					f.acts = append(f.acts, choice{label: o.Label, token: o.Value})
				}
			}
		case g != nil:
			if n := len(f.fields); n == 0 || f.fields[n-1].name != g[1] {
				f.fields = append(f.fields, field{name: g[1], kind: "checkbox", optional: true, label: ofGroup.ReplaceAllString(e.Label, ""), help: e.Help})
			}
			fd := &f.fields[len(f.fields)-1]
			fd.options = append(fd.options, choice{label: e.Placeholder, token: e.Name})
			if e.Default == "true" {
				fd.value = append(fd.value, e.Name)
			}
		default:
			fd := field{name: e.Name, kind: e.Type, label: e.Label, help: e.Help, optional: e.Optional}
			if e.Default != "" {
				fd.value = []string{e.Default}
			}
			for _, o := range e.Options {
				fd.options = append(fd.options, choice{label: o.Label, token: o.Value})
			}
			f.fields = append(f.fields, fd)
		}
	}
	return f
}

// introOf reads what stands above the fields: words, and facts by label.
func introOf(s string) (intro string, facts [][2]string) {
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\n")
		m := factLine.FindStringSubmatch(line)
		switch n := len(facts); {
		case m != nil:
			facts = append(facts, [2]string{mattermosttest.Plain(m[1]), mattermosttest.Plain(m[2])})
		case line == "":
		case n > 0:
			facts[n-1][1] = strings.TrimSpace(facts[n-1][1] + "\n" + mattermosttest.Plain(line))
		default:
			intro = strings.TrimSpace(intro + "\n" + mattermosttest.Plain(line))
		}
	}
	return intro, facts
}

// openers are the buttons that only open a form.
var openers = []string{"Invullen", "Fill in", "Bekijk antwoorden", "Open het formulier"}

// opens the form that waits: Mattermost before 11.1 opens none behind another.
func (a *actor) opens() {
	a.s.t.Helper()
	for _, p := range slices.Backward(a.list(a.id)) {
		for _, c := range p.choices {
			if slices.Contains(openers, c.label) {
				a.presses(c.label)
				a.pressed--
				a.openings++
				return
			}
		}
	}
}

// offered reports whether a way out of a form that is not open stands under the
// question too.
func (a *actor) offered(label string) bool {
	if a.seat == nil || a.form != nil {
		return false
	}
	posts := slices.DeleteFunc(a.list(a.id), func(p post) bool { return p.own || len(p.choices) == 0 })
	return len(posts) > 0 && slices.ContainsFunc(posts[len(posts)-1].choices, func(c choice) bool { return c.label == label })
}
