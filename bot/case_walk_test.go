package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

// stroll is one random walk at the desk: random people do random things with
// whatever they hold, or another held, over the real store.
type stroll struct {
	b      *bureau
	rnd    *rand.Rand
	refs   []string
	people []*clerk // the first three have the right to read
	held   []*adapters.Form
	shut   bool           // the gate of R20 stays shut: nobody opens it in this walk
	did    map[string]int // what happened, to know that the walk reaches something
}

const mayRead = 3

// secretReporter is the name of the reporter of a walk.
const secretReporter = "krombekstrandloper"

func newStroll(t *testing.T, seed uint64) *stroll {
	t.Helper()
	b := openBureau(t)
	w := &stroll{b: b, rnd: rand.New(rand.NewPCG(seed, 1)), did: map[string]int{}}
	forms := []string{"sexual", "labour", "criminal", "other"}
	for i := range 2 {
		in := said{"form": forms[(int(seed)+i)%len(forms)], "capacity": "victim", "name": "Kraaiheide", "age": pickOf(w.rnd, "minor", "18_22", "23_plus")}
		w.refs = append(w.refs, b.report(secretReporter+fmt.Sprint(i), in))
	}
	// Somebody without a right stands in the channel too: both are needed.
	b.r.room.become(func(r adapters.Room) (adapters.Room, error) {
		r.Members = append(slices.Clone(r.Members), adapters.Member{Address: adapters.NewAddress("web", "medewerker-2")})
		return r, nil
	})
	w.shut = seed%2 == 0
	for _, id := range []string{"aandachtsfunctionaris-1", "aandachtsfunctionaris-2", "coordinator", "medewerker-2", "teamcoordinator", secretReporter + "0"} {
		w.people = append(w.people, b.clerk(id))
	}
	return w
}

func pickOf[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// step lets somebody do something.
func (w *stroll) step() {
	i := w.rnd.IntN(len(w.people))
	if w.rnd.IntN(3) > 0 {
		i = w.rnd.IntN(mayRead)
	}
	c := w.people[i]
	switch w.rnd.IntN(10) {
	case 0:
		w.b.clock.on(time.Duration(w.rnd.IntN(20)) * time.Minute)
	case 1:
		w.opensAny(c, i < mayRead)
	case 2:
		if len(w.held) > 0 { // what he, or somebody else, held once
			f := w.held[w.rnd.IntN(len(w.held))]
			w.take(c, i < mayRead, filled(w.b.message(c.id), f, w.act(f), w.fields(f)...))
		}
	default:
		if c.form == nil || len(c.form.Acts) == 0 {
			w.opensAny(c, i < mayRead)
			return
		}
		w.take(c, i < mayRead, filled(w.b.message(c.id), c.form, w.act(c.form), w.fields(c.form)...))
	}
}

// act picks a way out of a form; the reporter is not asked for, since behind
// that door he may be seen.
func (w *stroll) act(f *adapters.Form) string {
	if len(f.Fields) > 0 && w.rnd.IntN(4) > 0 {
		return ""
	}
	a := pickOf(w.rnd, f.Acts...).Value
	useful := []string{"task.take", "task.lookups", "task.confidant", "task.acute", "task.handover", "task.answer", "task.message", "task.close", "task.reopen"}
	if len(f.Fields) == 0 && w.rnd.IntN(3) > 0 {
		for range 20 {
			if slices.Contains(useful, a) {
				break
			}
			a = pickOf(w.rnd, f.Acts...).Value
		}
	}
	if w.shut && (a == "task.confidant" || a == "task.acute") {
		return "task.handover"
	}
	if a == "reporter" || a == "task.involved" && w.rnd.IntN(20) > 0 {
		return "close"
	}
	return a
}

// fields fills in a form: mostly whole, sometimes not.
func (w *stroll) fields(f *adapters.Form) []string {
	var kv []string
	whole := w.rnd.IntN(3) == 0
	for _, x := range f.Fields {
		if !whole && (w.rnd.IntN(20) == 0 || x.Optional && w.rnd.IntN(2) == 0) {
			continue
		}
		switch {
		case x.Kind == adapters.Date && (x.Name == "feedback" || x.Name == "by"):
			kv = append(kv, x.Name, pickOf(w.rnd, "2026-12-30", "2026-12-30", "2026-11-20"))
		case len(x.Options) > 0:
			kv = append(kv, x.Name, pickOf(w.rnd, x.Options...).Value)
		case x.Kind == adapters.Date:
			kv = append(kv, x.Name, pickOf(w.rnd, "2026-11-20", "2026-11-23", "2026-11-23", "gisteren"))
		default:
			kv = append(kv, x.Name, pickOf(w.rnd, "45", "Een zin over wat er is gedaan.", "Een vraag?"))
		}
	}
	return kv
}

// opensAny opens a signal from the overview, or tries to.
func (w *stroll) opensAny(c *clerk, may bool) {
	w.opens(c, may, pickOf(w.rnd, w.refs...))
}

func (w *stroll) opens(c *clerk, may bool, ref string) {
	w.take(c, may, typed(w.b.message(c.id), "overzicht"))
	who := c.id
	if !may {
		who = w.people[0].id
	}
	for _, r := range slices.Backward(w.b.chat.at("web:" + who)) {
		for _, x := range r.Choices {
			if x.Label == "Open "+ref {
				w.take(c, may, pressed(w.b.message(c.id), x.Token))
				return
			}
		}
	}
}

// take does one thing and looks at every case.
func (w *stroll) take(c *clerk, may bool, m adapters.Message) {
	t := w.b.t
	t.Helper()
	lines, versions := len(w.b.journal()), w.versions()
	a, err := w.b.r.desk.Handle(context.Background(), m)
	if err != nil {
		t.Fatalf("%s: %v", c.id, err)
	}
	switch {
	case a.Notice == nobody:
		c.form = nil // it is too old: he opens it anew
	case len(a.Errors) == 0:
		c.form = a.Form
	}
	if a.Form != nil {
		w.held = append(w.held, a.Form)
	}
	shown := answered(a)
	if strings.Contains(strings.ToLower(shown), secretReporter) {
		t.Fatalf("the reporter is shown to %s: %s", c.id, shown)
	}
	now := w.versions()
	changed := 0
	for ref, v := range now {
		if v != versions[ref] {
			changed++
		}
	}
	wrote := len(w.b.journal()) - lines
	switch {
	case !may && (a.Notice != nobody || a.Form != nil || changed > 0 || wrote != 1):
		t.Fatalf("%s, who has no right, got %q, changed %d cases and left %d lines", c.id, shown, changed, wrote)
	case changed > 1 || changed == 1 && wrote == 0:
		t.Fatalf("%s changed %d cases and left %d lines", c.id, changed, wrote)
	case a.Form != nil && strings.HasPrefix(a.Form.Title, "SIG-") && wrote == 0 && m.Filled == nil:
		t.Fatalf("%s read a case and left no line", c.id)
	}
	for _, ref := range w.refs {
		w.lawful(ref)
	}
	for _, who := range w.people {
		for _, r := range w.b.chat.at("web:" + who.id) {
			if strings.Contains(strings.ToLower(r.Text), secretReporter) || strings.Contains(r.Text, "Kraaiheide") {
				t.Fatalf("%s reads %q in the chat", who.id, r.Text)
			}
		}
	}
}

// ends closes what can be closed: from every state the shortest way.
func (w *stroll) ends() {
	c := w.people[0]
	for _, ref := range w.refs {
		for _, kv := range [][]string{
			{"task.take"}, {"task.lookups", "look_person", "notfound", "look_organisation", "notfound", "look_address", "found", "system", "Eigen systeem", "date", "2026-11-23"},
			{"task.close", "reason", handling.NotTrafficking, "why", "Een gewone stage.", "informed", "yes", "template", "fb.closed.nottrafficking"},
		} {
			c.form = nil
			w.opens(c, true, ref)
			if c.form == nil {
				break // he is left out by now
			}
			w.take(c, true, filled(w.b.message(c.id), c.form, kv[0]))
			if len(kv) > 1 && c.form != nil {
				w.take(c, true, filled(w.b.message(c.id), c.form, "", kv[1:]...))
			}
		}
	}
}

func (w *stroll) versions() map[string]int64 {
	out := map[string]int64{}
	for _, ref := range w.refs {
		s, err := w.b.r.store.Card(context.Background(), store.Reference(ref))
		if err != nil {
			w.b.t.Fatal(err)
		}
		out[ref] = s.Version
	}
	return out
}

// lawful fails when a case stands in a forbidden state.
func (w *stroll) lawful(ref string) {
	t := w.b.t
	t.Helper()
	var c store.Case
	e := store.Event{Signal: store.Reference(ref), Viewer: store.Viewer{Person: private.New("bot"), All: true}}
	if _, err := w.b.r.store.Turn(context.Background(), e, func(v store.View) (store.Effects, error) {
		c = *v.Case
		return store.Effects{}, nil
	}); err != nil {
		t.Fatal(err)
	}
	var rec handling.Record
	if !c.Handling.Empty() {
		if err := private.Decode([]byte(c.Handling.Reveal()), &rec); err != nil {
			t.Fatal(err)
		}
	}
	var ps []handling.Partner
	for _, p := range w.b.r.config.Partners {
		ps = append(ps, handling.Partner{Code: p.Code, Police: p.Police})
	}
	params := handling.DefaultParams(ps)
	opened := opensAt(rec)
	for _, h := range rec.Handovers {
		w.did["handover"]++
		if params.Police(h.Partner) && (opened.IsZero() || h.HandOver.Stamp.At.Before(opened)) {
			t.Fatalf("%s went to %s before the gate of R20", ref, h.Partner)
		}
	}
	for _, x := range rec.Tables {
		if x.Traceable && (opened.IsZero() || x.Stamp.At.Before(opened)) {
			t.Fatalf("%s stood on a table, traceable, before the gate of R20", ref)
		}
	}
	if rec.Closed() {
		w.did["closed"]++
		for _, d := range handling.Owed(handling.FactsOf(c.Report, params), rec) {
			if d.Key != "answer" {
				t.Fatalf("%s is closed and owes %s", ref, d.Key)
			}
		}
	}
	if rec.Closed() != (c.Status == store.Closed) || c.Held != (rec.Holder != "") {
		t.Fatalf("%s: the record says closed %t and held %t, the open columns %s and %t", ref, rec.Closed(), rec.Holder != "", c.Status, c.Held)
	}
}

// opensAt is when the gate of R20 opened; zero: it is shut.
func opensAt(r handling.Record) (first time.Time) {
	var all []time.Time
	for _, x := range r.Confidants {
		all = append(all, x.Stamp.At)
	}
	for _, x := range r.Acute {
		all = append(all, x.Stamp.At)
	}
	if len(all) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(all, time.Time.Compare)
}

// Whatever people do at the desk, in any order and with whatever they hold of
// one another, no case comes in a forbidden state: nothing goes to the police
// before the gate, nothing closes with something owed, nobody without the right
// acts or reads, the reporter is shown to nobody, and every act leaves a line.
func TestCaseWalk(t *testing.T) {
	t.Parallel()
	walks, steps := 6, 150
	if *long {
		walks, steps = 500, 400
	}
	did := map[string]int{}
	for seed := range uint64(walks) {
		w := newStroll(t, seed)
		for range steps {
			w.step()
		}
		w.ends()
		for k, n := range w.did {
			did[k] += n
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%v", did)
	if did["handover"] == 0 || did["closed"] == 0 {
		t.Errorf("the walks reached %v: too little", did)
	}
}
