package main_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	main "github.com/meldroute/meldroute/bot"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
)

// gallery is the whole program, without a platform, in which somebody walks
// through every window that he finds. What he is shown is kept once: of what
// looks alike the longest.
type gallery struct {
	*screens
	program *main.Replica
	texts   *config.Texts
	handler adapters.Handler
	clock   *clock
	room    string              // where the tour is
	kept    map[string]*exhibit // by what it looks like
	pressed map[string]bool     // the buttons, by what they look like
	read    map[string]int      // of whose messages the buttons were looked at
	done    map[string]bool     // acts, by window
	seen    map[string]bool     // the windows, by their fields and ways out
}

// exhibit is something that is shown: a reply, a picture, or an answer, with the
// form that it answers.
type exhibit struct {
	room    string
	name    string
	reply   *adapters.Reply
	picture *adapters.Picture
	answer  adapters.Answer
	from    *adapters.Form // that was filled in
}

// easel is the platform of the gallery.
type easel struct{ g *gallery }

func (e *easel) Name() string            { return "web" }
func (e *easel) Limits() adapters.Limits { return platforms["slack"].limits }
func (e *easel) Send(ctx context.Context, to adapters.Address, r adapters.Reply) error {
	e.g.keep(exhibit{reply: &r})
	return e.g.screens.Send(ctx, to, r)
}

func (e *easel) SendPicture(_ context.Context, _ adapters.Address, p adapters.Picture) error {
	p.Key = "picture"
	e.g.keep(exhibit{picture: &p})
	return nil
}

func (e *easel) Room(ctx context.Context, at adapters.Address) (adapters.Room, error) {
	return e.g.screens.Room(ctx, at)
}

func (e *easel) Run(ctx context.Context, _ adapters.Handler) error {
	<-ctx.Done()
	return nil
}

// openGallery starts the program with a configuration whose words are as long,
// and as strange, as it takes.
func openGallery(t *testing.T, lang string) *gallery {
	t.Helper()
	dir := t.TempDir()
	c, err := config.Parse("g.yaml", []byte(galleryConfig(dir, lang)), nil)
	if err != nil {
		t.Fatal(err)
	}
	g := &gallery{clock: monday(), kept: map[string]*exhibit{}, pressed: map[string]bool{}, read: map[string]int{}, done: map[string]bool{}, seen: map[string]bool{}}
	g.program, err = main.NewReplica(t.Context(), c, true, g.clock.now, slog.New(slog.NewTextHandler(io.Discard, nil)),
		func(adapters.Adapter) adapters.Adapter { return &easel{g} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.program.Store.Close() })
	g.handler = g.program.Handler()
	if g.texts, err = config.LoadTexts(nil); err != nil {
		t.Fatal(err)
	}
	g.screens = &screens{t: t, lang: lang, store: g.program.Store, dialogue: g.program.Dialogue, desk: g.program.Desk, config: c,
		last: map[string][]adapters.Reply{}, shown: map[string]bool{}}
	return g
}

func galleryConfig(dir, lang string) string {
	long := func(s string) string { return odd(s, config.MaxChoice) }
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, `
municipality: {name: %q, language: %s}
data: {dir: %q}
operations: {listen: ""}
contacts:
  confidant: {name: %q, number: "0348 428911", confirmed: true}
  coordinator: {name: %q, number: "0348 428911", confirmed: true}
helplines:
  officer: {number: "0348 428911"}
copen:
  poll: true
  place: %q
  participants:
    - {municipality: Woerden, name: Coördinator, person: "web:coordinator", confirmed: true, bot: true}
    - {municipality: %q, name: %q, person: "web:medewerker-2", confirmed: true}
    - {municipality: Lopik, name: Aandachtsfunctionaris}
roles:
  officers:
    - {person: "web:aandachtsfunctionaris-1", name: %q, reads: all}
    - {person: "web:aandachtsfunctionaris-2", name: %q, reads: all}
departments:
`, "Woerden & <b>", lang, filepath.Join(dir, "data"), long("Vertrouwenspersoon"), long("Team OOV"), long("Gemeentehuis"), odd("IJsselstein", 36), odd("Gast", 36), long("Ineke"), long("Karel"))
	for i := range 20 {
		_, _ = fmt.Fprintf(&b, "  - {id: team%d, label: {nl: %q, en: %q}}\n", i, long(fmt.Sprint("Team ", i, " ")), long(fmt.Sprint("Unit ", i, " ")))
	}
	return b.String()
}

// What a platform could make something of; what cannot be seen, the configuration
// refuses.
const (
	strange   = "<!channel> 😀 *_~`בדיקהé&amp; <@U0INEKE> <https://x.example|y> **b** :tada: \\ \" ' "
	invisible = "\u202e\u200b"
)

// odd is a text of n UTF-16 units that begins with s and goes on with all that is
// strange.
func odd(s string, n int) string {
	var b strings.Builder
	b.WriteString(s)
	left := n - 1 - len(utf16.Encode([]rune(s)))
	for _, r := range strings.Repeat(strange, n/len(strange)*2+2) {
		if left -= utf16.RuneLen(r); left < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "."
}

// Numbers and references, which are others every time.
var (
	reference = regexp.MustCompile(`(\b|\\n)(SIG-\d{4}|M)-[0-9A-HJKMNP-TV-Z]{5}\b`)
	digits    = regexp.MustCompile(`\d+`)
	days      = regexp.MustCompile(`(?i)\b((maan|dins|woens|donder|vrij|zater|zon|mon|tues|wednes|thurs|fri|satur|sun)(day|dag)|januar[iy]|februar[iy]|maart|march|april|mei|may|jun[ie]|jul[iy]|august(us)?|(septem|novem|decem)ber|o[kc]tober)\b`)
)

func plainly(s string) string {
	return reference.ReplaceAllStringFunc(s, func(s string) string { return digits.ReplaceAllString(s[:len(s)-5], "0") + "00000" })
}

// alike is the same for all texts that differ in numbers and days only.
func alike(s string) string {
	return days.ReplaceAllString(digits.ReplaceAllString(plainly(s), "0"), "D")
}

// keep keeps what is shown. Of a window with the same fields the fullest is kept,
// of all else one that looks like it.
func (g *gallery) keep(e exhibit) {
	var k string
	switch a := e.answer; {
	case e.reply != nil:
		e.name, _, _ = strings.Cut(e.reply.Text, "\n")
		e.name = "message " + e.name
		k = "message " + e.text()
	case e.picture != nil:
		e.name = "picture " + e.picture.Text
	case len(a.Errors) > 0:
		e.name = "errors " + strings.Join(slices.Sorted(maps.Values(a.Errors)), " ")
	case a.Form != nil:
		e.name = "window " + a.Form.Title
		k = e.name
		for _, x := range a.Form.Fields {
			k += "|" + x.Name
			for _, o := range x.Options {
				k += "," + o.Value
			}
		}
	case a.Notice != "":
		e.name = "notice " + a.Notice
	default:
		return // nothing is shown
	}
	e.name, k = alike(e.name), alike(cmp.Or(k, e.name))
	old, ok := g.kept[k]
	if !ok {
		e.room = g.room
		g.kept[k] = &e
	} else if len(e.text()) > len(old.text()) {
		e.room = old.room
		g.kept[k] = &e
	}
}

// text is all that can be read.
func (e *exhibit) text() string {
	switch {
	case e.reply != nil:
		s := e.reply.Text
		for _, c := range e.reply.Choices {
			s += "\n" + c.Label
		}
		return s
	case e.picture != nil:
		return e.picture.Text
	}
	return answered(e.answer)
}

// exhibits are what is kept, in order. Of messages that begin alike only those
// are shown that say something new: of a list the longest.
func (g *gallery) exhibits() (out []*exhibit) {
	texts := map[*exhibit]string{}
	for _, e := range g.kept {
		texts[e] = alike(e.text())
	}
	all := slices.SortedFunc(maps.Keys(texts), func(a, b *exhibit) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(len(texts[b]), len(texts[a])), cmp.Compare(texts[a], texts[b]))
	})
	said := map[string]bool{}
	for _, e := range all {
		adds := e.reply == nil
		if e.reply != nil {
			for line := range strings.SplitSeq(texts[e], "\n") {
				line = e.name + "|" + line
				adds = adds || !said[line]
				said[line] = true
			}
		}
		if adds {
			out = append(out, e)
		}
	}
	return out
}

// key is what makes a window another: its fields and its ways out.
func key(f *adapters.Form) string {
	k := f.Title
	for _, x := range f.Fields {
		k += "|" + x.Name
	}
	for _, a := range f.Acts {
		k += "|" + a.Value
	}
	return alike(k)
}

// step is one thing that is done in a window: an act, or with "" to fill it in.
type step struct {
	act  string
	fill int // 0 leaves all empty; else a way to fill it in
}

// does one thing in the whole program.
func (g *gallery) acts(who, at string, m adapters.Message) adapters.Answer {
	g.t.Helper()
	g.ids++
	m.ID, m.From, m.Lang, m.Direct = fmt.Sprintf("gallery-%d", g.ids), adapters.NewAddress("web", who), g.lang, at == ""
	m.Name, m.Sent, m.At = private.New(odd(who+invisible, 60)), g.clock.now(), m.From
	if at != "" {
		m.At = adapters.NewAddress("web", at)
	}
	if r := g.handler.Early(m); r != nil {
		g.keep(exhibit{reply: r})
	}
	a, err := g.handler.Handle(g.t.Context(), m)
	if err != nil {
		g.t.Fatalf("%s: %v", who, err)
	}
	return a
}

// in does a step in an open form.
func (g *gallery) in(who string, f *adapters.Form, s step) adapters.Answer {
	g.t.Helper()
	in := adapters.Values{}
	g.done[alike(f.Title+"|"+s.act)] = true
	if s.act == "" && s.fill > 0 {
		in = g.fill(f, s.fill)
	}
	return g.sendsIn(who, f, s.act, in)
}

// sendsIn sends a form in.
func (g *gallery) sendsIn(who string, f *adapters.Form, act string, in adapters.Values) adapters.Answer {
	g.t.Helper()
	a := g.acts(who, "", adapters.Message{Filled: &adapters.Filled{Token: f.Token, Act: act, Values: in}})
	g.keep(exhibit{answer: a, from: f})
	return a
}

// fill fills in a form as strangely as it takes: 1 leaves options out that may be
// left out, 2 and 3 choose of the first and the last question of those, 4 of all.
func (g *gallery) fill(f *adapters.Form, way int) adapters.Values {
	v := adapters.Values{}
	var free []string // questions with options that may be left out
	for _, x := range f.Fields {
		if len(x.Options) > 0 && x.Optional {
			free = append(free, x.Name)
		}
	}
	for _, x := range f.Fields {
		switch n := len(x.Options); {
		case n > 0 && x.Optional && (way == 1 || way == 2 && x.Name != free[0] || way == 3 && x.Name != free[len(free)-1]):
		case n > 0:
			v[x.Name] = private.List(x.Options[(way-1)*7%n].Value)
		case x.Kind == adapters.Date && slices.Contains([]string{"date", "day", "from"}, x.Name):
			v[x.Name] = private.List(g.clock.now().Format(time.DateOnly))
		case x.Kind == adapters.Date:
			v[x.Name] = private.List(g.tuesday(3 + len(v)))
		case x.Kind == adapters.Phone:
			v[x.Name] = private.List("0348 428911")
		case x.Name == "time":
			v[x.Name] = private.List("14:00")
		case slices.Contains([]string{"minutes", "trained"}, x.Name):
			v[x.Name] = private.List("45")
		default:
			most := x.Max
			if most == 0 {
				most = 200
			}
			v[x.Name] = private.List(odd(invisible, min(most, 3000)))
		}
	}
	return v
}

// tuesday is one some weeks on, which is a working day.
func (g *gallery) tuesday(weeks int) string {
	at := g.clock.now()
	return at.AddDate(0, 0, int(time.Tuesday-at.Weekday())+7*weeks).Format(time.DateOnly)
}

// wander opens a window, does what can be done in it, and goes on from all that
// it comes upon, until nothing is new: what was seen in another window is not,
// and an act of the same window is done once.
func (g *gallery) wander(who string, open func() adapters.Answer) {
	g.t.Helper()
	queue := [][]step{nil}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		f := g.follow(who, open, path)
		if f == nil || g.seen[key(f)] || len(path) > 5 {
			continue
		}
		g.seen[key(f)] = true
		more := []step{}
		for _, x := range f.Acts {
			more = append(more, step{act: x.Value})
		}
		if f.Submit != "" {
			more = append(more, step{})
			if n := len(path); n == 0 || path[n-1].act != "task.involved" { // what leaves him out of all that follows
				more = append(more, step{fill: 1}, step{fill: 2}, step{fill: 3}, step{fill: 4})
			}
		}
		for _, s := range more {
			queue = append(queue, append(slices.Clone(path), s))
		}
	}
}

// follow opens a window and goes from there along a path to the window at its
// end, which is nil where it does not come that far, or where it was before.
func (g *gallery) follow(who string, open func() adapters.Answer, path []step) *adapters.Form {
	g.t.Helper()
	a := open()
	g.keep(exhibit{answer: a})
	for i, s := range path {
		f := a.Form
		last := i == len(path)-1
		switch {
		case f == nil, s.act == "" && f.Submit == "", last && s.act != "" && (!offers(f, s.act) || g.done[alike(f.Title+"|"+s.act)]):
			return nil
		case s.act != "" && !offers(f, s.act):
			continue // it was done already
		}
		if a = g.in(who, f, s); len(a.Errors) > 0 {
			return f
		}
	}
	return a.Form
}

// offers reports whether something can be done in a window.
func offers(f *adapters.Form, act string) bool {
	return f != nil && slices.ContainsFunc(f.Acts, func(x adapters.Act) bool { return x.Value == act })
}
