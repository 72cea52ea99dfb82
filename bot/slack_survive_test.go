package main_test

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/storetest"
)

// village is a Slack with a desk, and replicas of the program in processes of
// their own on one PostgreSQL.
type village struct {
	t        testing.TB
	ws       *slacktest.Workspace
	env      []string
	keys     string
	database string
	programs []*program
	acts     *port // what was acknowledged
	texts    func(id string) string
}

func newVillage(t testing.TB) *village {
	t.Helper()
	if runtime.GOOS == "darwin" {
		t.Skip("a program cannot be told whom to trust here")
	}
	place(t)
	texts, err := config.LoadTexts(config.Default().Texts)
	if err != nil {
		t.Fatal(err)
	}
	v := &village{
		t: t, ws: slacktest.New(t), keys: filepath.Join(t.TempDir(), "sleutels.json"), database: storetest.Postgres(t), acts: newPort(""),
		texts: func(id string) string { return texts.Say("nl", id, nil) },
	}
	v.ws.Scopes, v.ws.Retries, v.ws.Moves = slack.Scopes(), true, true
	v.ws.AddUser(slacktest.User{ID: ineke, Name: "Ineke", Locale: "nl-NL"})
	v.ws.AddChannel(slacktest.Channel{ID: meldpunt, Private: true, Members: []string{ineke, slacktest.Bot}})
	v.env = v.ws.Outside()
	return v
}

// start runs one more replica; listen is its address for HTTP, "" for Socket
// Mode.
func (v *village) start(listen string) *program {
	v.t.Helper()
	c := strings.Replace(slackConfig(v.t, v.t.TempDir(), listen != ""), "operations: {listen: \"\"}\n", covered, 1)
	c = strings.Replace(c, "127.0.0.1:0", listen, 1)
	before, after, _ := strings.Cut(c, "data: {dir: ")
	_, after, _ = strings.Cut(after, "\n")
	c = before + fmt.Sprintf("data: {key_file: %q, database: {url: %q}}\n", v.keys, v.database) + after
	p := start(v.t, c, v.env...)
	v.programs = append(v.programs, p)
	return p
}

// villager is an employee who reports through modals while replicas die: an act
// that was not taken, or after which nothing happens, he does again.
type villager struct {
	*slacktest.Person
	v     *village
	id    string
	marks []string // an unusual word of each report
	asked int      // times that he typed for help
	tries int      // times that he opened the form of the report
}

func (v *village) villager(n int) *villager {
	id := fmt.Sprintf("U0BEWONER%d", n)
	v.ws.AddUser(slacktest.User{ID: id, Name: fmt.Sprint("Bewoner ", n), Locale: "nl-NL"})
	return &villager{Person: v.ws.Person(id), v: v, id: id}
}

// patient is how long somebody looks at a screen that does not change.
const patient = 4 * time.Second

// answers are what he fills in, by block.
var answers = map[string]string{
	"f/when": "today", "f/seen": "self", "f/form": "other", "f/urgency": "normal", "f/department": "boa", "f/involved": "no", "f/contact": "chat",
}

// report walks a whole report, until the receipt is there, or he has waited for
// it: one that a replica was at when it was killed comes a minute later. begin is
// how he opens the form.
func (x *villager) report(begin func() slacktest.Result) {
	mark := x.mark()
	ctx, cancel := context.WithTimeout(context.Background(), stall)
	defer cancel()
	sent, waited := false, false
	for x.receipts() < len(x.marks) && (*long || !waited) {
		screen := x.screen()
		m, acted := x.Modal(), true
		var got slacktest.Result
		switch {
		case sent && (m == nil || m.Callback != "form"):
			acted, waited = false, true
		case x.ready(m):
			sent = true
			got = x.PressModal("choose:send")
		default:
			got = x.next(m, mark, begin)
		}
		if got.OK {
			x.v.acts.ack()
		}
		if got.OK || !acted {
			x.await(ctx, screen)
		} // else Slack says at once that it was not taken
		if ctx.Err() != nil {
			x.v.t.Errorf("%s: no receipt of %s; he sees %s", x.id, mark, x.screen())
			return
		}
	}
	x.CloseModal()
}

// mark begins a report, with the word that it will hold.
func (x *villager) mark() string {
	mark := fmt.Sprintf("Vogelnaam%s%d", x.id, len(x.marks))
	x.marks, x.tries = append(x.marks, mark), 0
	return mark
}

// next does what comes next in a report that is not ready.
func (x *villager) next(m *slacktest.Modal, mark string, begin func() slacktest.Result) slacktest.Result {
	switch {
	case x.late(m):
		x.CloseModal()
		return slacktest.Result{}
	case m != nil && m.Callback == "form":
		return x.answer(m, mark)
	}
	if x.tries++; x.tries%2 == 0 && x.asks() {
		return x.Press("Invullen")
	}
	return begin()
}

// late reports whether what he sees was answered already.
func (x *villager) late(m *slacktest.Modal) bool {
	return m != nil && strings.Contains(fmt.Sprint(m.Body, m.Errors), x.v.texts("d.stale"))
}

// ready reports whether what he sees can be sent.
func (x *villager) ready(m *slacktest.Modal) bool {
	return m != nil && m.Callback == "form" && strings.Contains(m.JSON, `"choose:send"`) && !x.late(m)
}

// answer fills in the form that is open, or says that he does not know.
func (x *villager) answer(m *slacktest.Modal, mark string) slacktest.Result {
	known := false
	for _, block := range m.Inputs {
		value := answers[block]
		if block == "f/what" {
			value = "Iets met " + mark
		}
		if value != "" {
			known = true
			if x.Set(block, value) != nil {
				return slacktest.Result{} // another form came in its place
			}
		}
	}
	if known {
		return x.Submit()
	}
	return x.PressModal("skip")
}

// await waits until the screen is another than it was, as long as he is patient.
func (x *villager) await(ctx context.Context, was string) {
	t := time.NewTimer(patient)
	defer t.Stop()
	for {
		changed := x.v.ws.Changed()
		if x.screen() != was {
			return
		}
		select {
		case <-changed:
		case <-t.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// screen is what stands before him.
func (x *villager) screen() string {
	s := fmt.Sprint(len(x.v.ws.Posts(x.id)), " posts; ")
	if m := x.Modal(); m != nil {
		s += fmt.Sprint(m.ID, m.Callback, m.Metadata, m.Inputs, m.Errors, m.Body)
	}
	return s
}

func (x *villager) receipts() int { return x.reads("Jouw code is M-") }

// reads is how often a text stands in his dialogue.
func (x *villager) reads(text string) (n int) {
	for _, p := range x.v.ws.Posts(x.id) {
		n += strings.Count(p.Text, text)
	}
	return n
}

// home begins at the Home tab, always with the same button.
func (x *villager) home() slacktest.Result {
	if !slices.Contains(x.Home().Buttons, x.v.texts("slack.home.report")) {
		if got := x.OpenHome(); !got.OK {
			return got
		}
	}
	return x.PressHome(x.v.texts("slack.home.report"))
}

// chat begins with a word, and the button under the answer to it.
func (x *villager) chat() slacktest.Result {
	if x.asks() {
		return x.Press("Invullen")
	}
	return x.Type("melden")
}

// asks reports whether the newest post is a question with a form.
func (x *villager) asks() bool {
	posts := x.v.ws.Posts(x.id)
	n := len(posts)
	return n > 0 && slices.Contains(posts[n-1].Buttons, "Invullen")
}

// tell is all that he does.
func (x *villager) tell() {
	x.report(x.home)
	x.help()
	x.report(x.home)
	x.help()
	x.report(x.chat)
}

// help asks for help, which is shown once at most: when its event comes again
// the current question is.
func (x *villager) help() {
	x.asked++
	if x.Type("help").OK {
		x.v.acts.ack()
	}
}

// Two replicas on one PostgreSQL, killed and started again at any moment, while
// people report: what they type comes again when it was not acknowledged, what
// they press does not, and goes to any of the two. Each report that was sent is
// there once, and everything stands once in each dialogue.
func TestSlackReplicasKilled(t *testing.T) {
	t.Parallel()
	seeds, kills := uint64(1), 4
	if *long {
		seeds, kills = 10, 12
	}
	for name, http := range map[string]bool{"socket": false, "http": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for s := *seed; s < *seed+seeds; s++ {
				t.Run(fmt.Sprint("seed ", s), func(t *testing.T) { killed(t, http, mathrand.New(mathrand.NewPCG(s, 11)), kills) })
			}
		})
	}
}

func killed(t *testing.T, http bool, draw *mathrand.Rand, kills int) {
	v := newVillage(t)
	listen := []string{"", ""}
	if http {
		listen = []string{free(t), free(t)}
		v.ws.UseHTTP(newFront(t, listen).URL + slack.Path)
	}
	for _, l := range listen {
		v.start(l)
	}
	people := make([]*villager, 4)
	var all sync.WaitGroup
	for i := range people {
		people[i] = v.villager(i)
		all.Go(people[i].tell)
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	// Three reports are some 30 acts: the kills fall all over them.
	gap := 2 * len(people) * 30 / (2*kills + 1)
	did := 0
	for over := false; did < kills && !over; {
		select {
		case <-v.acts.after(1 + draw.IntN(gap)):
		case <-done:
			over = true
			continue
		}
		p := v.programs[draw.IntN(2)]
		p.kill()
		did++
		select {
		case <-v.acts.after(1 + draw.IntN(gap)):
		case <-done:
		}
		p.run()
	}
	<-done
	if did < 2 {
		t.Errorf("only %d kills", did)
	}
	v.account(people, did)
}

// account looks whether all is there, once.
func (v *village) account(people []*villager, kills int) {
	t := v.t
	want := 0
	for _, x := range people {
		want += len(x.marks)
	}
	if *long { // what a replica was at when it was killed is taken over after a minute
		until(t, "every card", func() bool { return len(v.cards()) == want })
	}
	for _, p := range v.programs {
		p.stop() // nothing more comes
	}
	for _, x := range people {
		seen := map[string]bool{}
		for _, m := range v.ws.Metadata(x.id) {
			if seen[m] && m != "null" { // 112 stands without a mark
				t.Errorf("a post stands twice before %s", x.id)
			}
			seen[m] = true
		}
		if n := x.receipts(); n > len(x.marks) || *long && n < len(x.marks) {
			t.Errorf("%s has %d receipts of %d reports", x.id, n, len(x.marks))
		}
		if n := x.reads("Je kunt altijd iets typen."); n > x.asked {
			t.Errorf("%s got help %d times, and asked %d times", x.id, n, x.asked)
		}
	}
	again := 0
	for _, n := range v.cards() {
		again += n - 1
	}
	if again > kills { // the bot may not read the channel: what was cut off there comes again
		t.Errorf("%d cards came again after %d kills", again, kills)
	}
	found, n := map[string]int{}, 0
	r := ground{keys: v.keys, open: onServerAt(v.database)}.replica(t, newChat(), &clock{at: time.Now()})
	err := r.store.Each(t.Context(), func(c store.Case) error {
		n++
		found[c.Report.What.Reveal()]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range people {
		for _, mark := range x.marks {
			if k := found["Iets met "+mark]; k != 1 {
				t.Errorf("%s is there %d times, want 1", mark, k)
			}
		}
	}
	if n != want {
		t.Errorf("%d signals, want %d", n, want)
	}
	for _, p := range v.ws.Problems() {
		// Each replica keeps the pace of a channel by itself, and waits when Slack says
		// that both together were too fast.
		if !strings.Contains(p, "too fast for one channel") {
			t.Errorf("slack: %s", p)
		}
	}
}

// cards are how often each signal stands in the channel.
func (v *village) cards() map[string]int {
	out := map[string]int{}
	for _, p := range v.ws.Posts(meldpunt) {
		if ref := refPattern.FindString(p.Text); ref != "" {
			out[ref]++
		}
	}
	return out
}
