package main_test

import (
	"cmp"
	"crypto/rand"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden transcripts anew")

// hand is how an actor does things. It says what came of it.
type hand interface {
	says(text string) reply
	presses(log, label string) reply
	fills(f *form) reply
	chooses(label string) reply
}

// inThread begins what stands in the thread of a post.
const inThread = "(in de draad) "

// client is a hand at a platform's own screen.
type client interface {
	hand
	posts() map[string]post                       // all that he can read, as they stand now
	keeps(log, label string) (press func() reply) // a button, whatever becomes of its message
}

// hand is the actor's; nil for what a page does, without one.
func (a *actor) hand() hand {
	switch {
	case a.page != nil:
		return a.page
	case a.seat != nil:
		return a.seat
	}
	return nil
}

// story is one dialogue with the real program, written down as it goes: what
// each person does, and what each of them then sees. The transcript is compared
// with testdata/stories/NAME.golden.
type story struct {
	t       *testing.T
	p       *program
	town    *town   // it is told on Mattermost
	office  *office // it is told on Slack
	name    string
	plants  []string // unusual words that may be in a form and nowhere else
	out     strings.Builder
	cast    []*actor
	numbers map[string]string // a drawn number to its name in the transcript
	said    []string          // notices and errors
}

// actor is a person of a story.
type actor struct {
	*person
	s    *story
	name string
	logs []string // what he reads: his own dialogue, and the channel
	was  map[string]string

	page *page  // he uses the page itself, by keyboard
	seat client // he uses a platform's client; neither: what a page does, without one

	acts, pressed, forms int // a form is two acts: filling it in and sending it
	openings             int // presses that only open the form that comes next
	words                int // Dutch read so far, each line once
	read                 map[string]bool
}

// covered says that somebody has duty at every hour, so that the same is said
// at every hour.
const covered = "acute_cover:\n  always: true\n"

// telling begins a story with a hand of its own.
type telling func(t *testing.T, name, config string, plants ...string) *story

// tell begins a story over HTTP. Beside its plants, who reports must stay a
// secret.
func tell(t *testing.T, name, config string, plants ...string) *story {
	t.Helper()
	return &story{
		t: t, p: start(t, config), name: name, numbers: map[string]string{},
		plants: append(plants, "medewerker-1", "Medewerker balie"),
	}
}

// actor lets somebody play along; logs are channels that he follows too.
func (s *story) actor(name, id string, logs ...string) *actor {
	s.t.Helper()
	a := &actor{person: s.p.open(id), s: s, name: name, logs: append([]string{id}, logs...), was: map[string]string{}, read: map[string]bool{}}
	switch {
	case s.town != nil:
		a.seat = s.town.seat(s.t, id)
	case s.office != nil:
		a.seat = s.office.desktop(id)
	}
	a.look()
	a.news()
	s.cast = append(s.cast, a)
	return a
}

// usual are the people of nearly every story.
func (s *story) usual() (melder, officer *actor) {
	s.t.Helper()
	return s.actor("Melder", "medewerker-1"), s.actor("Aandachtsfunctionaris", "aandachtsfunctionaris-1", "desk")
}

// settles waits until nothing is under way.
func (s *story) settles() {
	s.t.Helper()
	if s.office != nil {
		s.office.settle()
		return
	}
	s.p.settle()
}

// restarts the program without any warning; on Slack it may say goodbye.
func (s *story) restarts() {
	s.t.Helper()
	if s.office != nil {
		s.office.restart()
	} else {
		s.p.kill()
		s.p.restart()
	}
	s.looks()
}

// --- what a person does ---

// arrives at the bot: a page speaks by itself, elsewhere he says hello.
func (a *actor) arrives() {
	a.s.t.Helper()
	word := ""
	if a.seat != nil {
		word = "hallo"
	}
	a.says(word)
}

func (a *actor) says(text string) {
	a.s.t.Helper()
	a.begin("typt: %s", cmp.Or(text, "(opent de chat)"))
	a.acts++
	if h := a.hand(); h != nil {
		a.took("say", func() reply { return h.says(text) })
		return
	}
	a.does("say", a.id, rand.Text(), url.Values{"text": {text}})
}

func (a *actor) presses(label string) { a.s.t.Helper(); a.pressesIn(a.id, label) }

// pressesIn presses the newest choice with this label.
func (a *actor) pressesIn(log, label string) {
	a.s.t.Helper()
	c, ok := a.choice(log, label)
	if !ok {
		a.s.t.Fatalf("%s has no choice %q in %s, but:\n%s\n%s", a.name, label, log, show(a.list(log)), a.s.out.String())
	}
	a.begin("drukt: %s", label)
	a.acts++
	a.pressed++
	if h := a.hand(); h != nil {
		a.took("press", func() reply { return h.presses(log, label) })
		return
	}
	a.does("press", log, rand.Text(), url.Values{"token": {c.token}})
}

// keeps a button that he has before him: what comes back presses it, whatever
// became of its message since.
func (a *actor) keeps(log, label string) (press func()) {
	a.s.t.Helper()
	c, ok := a.choice(log, label)
	if !ok {
		a.s.t.Fatalf("%s has no choice %q in %s to keep", a.name, label, log)
	}
	old := func() { a.does("press", log, rand.Text(), url.Values{"token": {c.token}}) }
	if a.seat != nil {
		kept := a.seat.keeps(log, label)
		old = func() { a.took("press", kept) }
	}
	return func() {
		a.s.t.Helper()
		a.begin("drukt: %s (oud)", label)
		old()
	}
}

// steals presses a button that stands before another.
func (a *actor) steals(from *actor, label string) {
	a.s.t.Helper()
	c, ok := from.choice(from.id, label)
	if !ok {
		a.s.t.Fatalf("%s has no choice %q", from.name, label)
	}
	a.begin("stuurt het token van ‘%s’", label)
	if a.s.office != nil {
		a.s.office.ws.Forward(a.s.office.person(from.id), a.s.office.person(a.id))
		a.took("press", func() reply { return a.seat.presses(a.id, label) })
		return
	}
	a.does("press", a.id, rand.Text(), url.Values{"token": {c.token}})
}

// choice is the newest choice with a label.
func (a *actor) choice(log, label string) (choice, bool) {
	for _, p := range slices.Backward(a.list(log)) {
		for _, c := range p.choices {
			if c.label == label {
				return c, true
			}
		}
	}
	return choice{}, false
}

// fills fills in the open form, "label", "value", …, and sends it. Options are
// named by label, several parted by "; ". What stands in the other fields is
// sent too, as a page does.
func (a *actor) fills(pairs ...string) {
	a.s.t.Helper()
	f := a.opened()
	var what []string
	for i := 0; i+1 < len(pairs); i += 2 {
		j := f.field(pairs[i])
		if j < 0 {
			a.s.t.Fatalf("the form %q has no field %q:\n%s", f.title, pairs[i], a.s.out.String())
		}
		f.fields[j].value = f.fields[j].read(a.s.t, pairs[i+1])
		what = append(what, pairs[i]+" = "+short(pairs[i+1]))
	}
	a.begin("vult in: %s", strings.Join(what, " | "))
	a.acts += 2
	a.forms++
	if h := a.hand(); h != nil {
		a.took("form", func() reply { return h.fills(f) })
		return
	}
	v := url.Values{"token": {f.token}, "act": {""}}
	for _, fd := range f.fields {
		v["f."+fd.name] = fd.value
	}
	a.does("form", a.id, rand.Text(), v)
}

// short keeps a transcript readable: of what is very long, its beginning.
func short(s string) string {
	s = strings.NewReplacer("\x00", `\0`, "\xff", `\xff`, "\n", " / ").Replace(s)
	if r := []rune(s); len(r) > 300 {
		return string(r[:20]) + fmt.Sprintf("… (%d tekens)", len(r))
	}
	return s
}

// chooses a way out of the open form that is not its submit button.
func (a *actor) chooses(label string) {
	a.s.t.Helper()
	if a.offered(label) {
		a.presses(label)
		return
	}
	f := a.opened()
	i := slices.IndexFunc(f.acts, func(c choice) bool { return c.label == label })
	if i < 0 {
		a.s.t.Fatalf("the form %q has no button %q: %v", f.title, label, f.acts)
	}
	a.begin("kiest in het venster: %s", label)
	a.acts++
	a.pressed++
	if h := a.hand(); h != nil {
		a.took("form", func() reply { return h.chooses(label) })
		return
	}
	a.does("form", a.id, rand.Text(), url.Values{"token": {f.token}, "act": {f.acts[i].token}})
}

func (a *actor) opened() *form {
	a.s.t.Helper()
	if a.form == nil && a.seat != nil {
		a.opens()
	}
	if a.form == nil {
		a.s.t.Fatalf("%s has no form open:\n%s", a.name, a.s.out.String())
	}
	return a.form
}

// does one thing under an id of its own, so that it can be brought again, and
// writes down what everybody then sees.
func (a *actor) does(kind, at, id string, v url.Values) reply {
	a.s.t.Helper()
	v.Set("id", id)
	v.Set("at", at)
	v.Set("lang", a.lang)
	return a.took(kind, func() reply {
		got, err := a.send(kind, v)
		if err != nil {
			a.s.t.Fatalf("%s %s: %v\n%s", a.name, kind, err, a.s.out.String())
		}
		return got
	})
}

// took writes down what an act came to.
func (a *actor) took(kind string, act func() reply) reply {
	a.s.t.Helper()
	a.form, a.notice, a.errors = a.keep(kind), "", nil
	before := a.form
	got := act()
	a.take(got)
	if !got.OK {
		a.form = before // the page keeps its form open
	}
	if got.early != "" {
		a.s.line("  meteen: %s", oneLine(got.early))
		a.counts(got.early)
	}
	a.s.after(a, got)
	return got
}

// look reads what stands on the page now.
func (a *actor) look() {
	a.s.t.Helper()
	if a.seat != nil {
		a.posts = a.seat.posts()
		return
	}
	a.person.look()
	if a.page != nil {
		a.page.shows(a.posts)
	}
}

// keep is the form that stays open under an act: typing and pressing in the
// chat close it.
func (a *actor) keep(kind string) *form {
	if kind == "form" {
		return a.form
	}
	return nil
}

// --- the end ---

var (
	drawn   = regexp.MustCompile(`\b(SIG-\d{4}|M)-[0-9A-HJKMNP-TV-Z]{5}\b`)
	moments = regexp.MustCompile(`(?:(?:zon|maan|dins|woens|donder|vrij|zater)dag \d{1,2} [a-z]+|(?:Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day \d{1,2} [A-Z][a-z]+)(?: (?:om \d\d\.\d\d uur|at \d\d:\d\d))?`)
	dates   = regexp.MustCompile(`\b(?:\d{1,2} [A-Za-z]+ 20\d\d|20\d\d-\d\d-\d\d)\b`)
)

// plain takes out of a transcript what differs every time.
func (s *story) plain(text string) string {
	text = moments.ReplaceAllStringFunc(text, func(m string) string {
		if strings.Contains(m, " om ") || strings.Contains(m, " at ") {
			return "(dag en tijd)"
		}
		return "(dag)"
	})
	text = dates.ReplaceAllString(text, "(datum)")
	return drawn.ReplaceAllStringFunc(text, func(m string) string {
		if s.numbers[m] == "" {
			kind := m[:strings.LastIndex(m, "-")]
			n := 1
			for _, had := range s.numbers {
				if strings.HasPrefix(had, kind[:1]) {
					n++
				}
			}
			s.numbers[m] = fmt.Sprintf("%s-%d", strings.SplitN(kind, "-", 2)[0], n)
		}
		return s.numbers[m]
	})
}

// ends compares the transcript and searches for the plants.
func (s *story) ends() {
	s.t.Helper()
	switch {
	case s.town != nil:
		s.town.sealed(s)
	case s.office != nil:
		s.office.sealed(s)
	default:
		s.sealed()
	}
	got := s.plain(strings.TrimLeft(s.out.String(), "\n"))
	file := filepath.Join("testdata", "stories", s.name+".golden")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if d := diff.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		s.t.Errorf("the story went otherwise (-want +got); -update writes it anew:\n%s", d)
	}
}

func newID() string { return rand.Text() }

func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// closed is a configuration in which nobody has duty today.
func closed() string {
	days := []string{}
	for d := -1; d <= 1; d++ {
		days = append(days, time.Now().AddDate(0, 0, d).Format(time.DateOnly))
	}
	return "calendar:\n  extra_free_days: [" + strings.Join(days, ", ") + "]\n"
}

func (s *story) metrics() string {
	s.t.Helper()
	if s.office != nil {
		return s.office.r.Metrics()
	}
	_, m := get(s.t, s.p.operations()+"/metrics")
	return m
}

// nothingKept fails unless the database holds no signal and no dialogue.
func (s *story) nothingKept() {
	s.t.Helper()
	m := s.metrics()
	// The two notices are what comes round: numbers and addresses, and figures.
	if !strings.Contains(m, "\nmeldroute_sessions 0\n") || !strings.Contains(m, "\nmeldroute_notices_open 2\n") {
		s.t.Errorf("something is kept: %s", m[strings.Index(m, "meldroute_"):])
	}
	for name, b := range s.files() {
		if drawn.Match(b) {
			s.t.Errorf("a number stands in %s", name)
		}
	}
}
