package storetest

import (
	"context"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// What officers record is kept whole and sealed, and whoever it is assigned to
// finds the signal without reading all; a later assignment replaces it.
func testWork(h *house) {
	ref := h.file(filing())
	mine := store.Viewer{Person: second}
	h.refused(store.Event{Signal: ref, Viewer: mine}, store.Effects{}, store.ErrNotFound)
	record := private.New(`{"note":"` + "Zilverberk" + `"}`)
	to := []store.Person{second}
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Handling: record, Assign: &to})
	v := h.see(ref, mine)
	same(h, "handling", v.Case.Handling, record)
	same(h, "assigned", v.Case.Assigned, to)
	same(h, "report", v.Case.Report, filing().Report)
	if list := h.lists(mine, store.Pick{}); len(list) != 1 {
		h.Errorf("list is %v", list)
	}
	none := []store.Person{}
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Assign: &none})
	h.refused(store.Event{Signal: ref, Viewer: mine}, store.Effects{}, store.ErrNotFound)
	same(h, "handling", h.see(ref, all).Case.Handling, record)
	h.byHand(`DELETE FROM fields WHERE signal = ?1 AND name = 'handling'`, string(ref))
	h.refused(store.Event{Signal: ref, Viewer: all}, store.Effects{}, vault.ErrOpen)
}

// What an officer writes to the reporter is all of the content that the reporter
// opens; nobody else's signal opens so. A signal from before there were words
// takes them too.
func testWords(h *house) {
	ref := h.file(filing())
	own := store.Event{Signal: ref, Person: melder, AsReporter: true}
	one, two := store.Words{At: start, Text: private.New("Zilverberk")}, store.Words{At: start, Text: private.New("Zilverspar")}
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Say: &one})
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Say: &two})
	v, _ := h.turn(own, store.Effects{})
	same(h, "words", v.Case.Words, []store.Words{one, two})
	same(h, "report", v.Case.Report, flows.Report{})
	same(h, "handling", v.Case.Handling, private.Text{})
	same(h, "the officer's words", h.see(ref, all).Case.Words, []store.Words{one, two})
	h.refused(store.Event{Signal: ref, Person: other, AsReporter: true}, store.Effects{}, store.ErrNotFound)
	h.byHand(`DELETE FROM fields WHERE name = 'words'`)
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Say: &two})
	same(h, "words", h.see(ref, all).Case.Words, []store.Words{two})
}

// Who is left out later finds nothing from then on, also when it was assigned to
// him; others still read it whole, and the rows cannot be taken away by hand.
func testLeaveOutLater(h *house) {
	f := filing()
	f.Assign = []store.Person{second}
	ref := h.file(f)
	h.see(ref, store.Viewer{Person: second})
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{LeaveOut: []store.Person{second}})
	for _, v := range []store.Viewer{{Person: second, All: true}, {Person: second}} {
		h.refused(store.Event{Signal: ref, Viewer: v}, store.Effects{}, store.ErrNotFound)
	}
	v := h.see(ref, all)
	same(h, "report", v.Case.Report, f.Report)
	same(h, "left out", v.Case.LeftOut, []store.Person{second})
	if !v.Case.Direct || len(v.Case.Assigned) != 0 {
		h.Errorf("direct is %t, assigned to %d", v.Case.Direct, len(v.Case.Assigned))
	}
	h.byHand(`DELETE FROM leftout`)
	h.refused(store.Event{Signal: ref, Viewer: all}, store.Effects{}, vault.ErrOpen)
}

// A signal that was received before it is filed keeps its day; one that is read
// as it is filed has its next deadline at once. Its reporter has no chat: he is
// delivered nothing and owns nothing, and two of them do not look alike.
func testEntered(h *house) {
	f, due := filing(), start.Add(48*time.Hour)
	f.Received, f.Read, f.Deadline = start.Add(-72*time.Hour), true, store.Deadline{At: due, Clock: "enrich"}
	f.Reporter.Person, f.Reporter.Place = store.Person{}, store.Person{}
	by := store.Event{Person: officer}
	_, one := h.turn(by, store.Effects{File: f})
	h.turn(by, store.Effects{File: f})
	ref := one.Ref
	s := h.see(ref, all).Case.Signal
	if s.Status != store.Read || !s.Received.Equal(f.Received) || !s.Read.Equal(start) || !s.Due.Equal(due) || s.Clock != "enrich" {
		h.Errorf("an entered signal is %+v", s)
	}
	h.must(h.Deliver(h.ctx(), ref, func(_ context.Context, r store.Reporter) error {
		if !r.Place.Empty() || !r.Person.Empty() {
			h.Error("there is somewhere to deliver to")
		}
		return nil
	}))
	if own, err := h.Mine(h.ctx(), store.Person{}); err != nil || len(own) > 0 {
		h.Errorf("nobody owns %v, %v", own, err)
	}
	if n := h.number(`SELECT count(DISTINCT who) FROM reporters`); n != 2 {
		h.Error("entered signals have one reporter in common")
	}
}

// An exercise leaves no marks, nor does what is added to it: no real signal says
// that it shares something with one. Its reporter sees that it is one. A row that
// is changed by hand, either way, no longer opens for anybody.
func testDrill(h *house) {
	f := filing()
	f.Drill = true
	drill, live := h.file(f), h.file(filing())
	own := store.Event{Signal: drill, Person: melder, AsReporter: true}
	h.turn(own, store.Effects{Add: &store.Addition{Text: private.New("bel 0348 123 456")}})
	for _, ref := range []store.Reference{drill, live} {
		if v := h.see(ref, all); len(v.Matches) > 0 || v.Case.Report.Drill != v.Case.Drill {
			h.Errorf("%s: matches %v, drill %v", ref, v.Matches, v.Case.Report.Drill)
		}
	}
	mine, err := h.Mine(h.ctx(), melder)
	h.must(err)
	for _, o := range mine {
		if o.Drill != (o.Ref == drill) {
			h.Errorf("the reporter reads of %s: drill %v", o.Ref, o.Drill)
		}
	}
	h.byHand(`UPDATE signals SET drill = 1 - drill`)
	for _, ref := range []store.Reference{drill, live} {
		h.refused(store.Event{Signal: ref, Viewer: all}, store.Effects{}, vault.ErrOpen)
		h.refused(store.Event{Signal: ref, Person: melder, AsReporter: true}, store.Effects{}, vault.ErrOpen)
	}
}

// A deadline and a holder change a signal; who has it is told from everybody
// else, and who may not see it is not told at all. Closing is dated, reopening
// takes the date away.
func testDeadline(h *house) {
	f := filing()
	f.Drill = true
	ref, to, due := h.file(f), second, h.clock().Add(time.Hour)
	e := store.Event{Signal: ref, Viewer: all}
	if s := h.see(ref, all).Case.Signal; s.Held || s.Mine || !s.Drill {
		h.Errorf("a new exercise is %+v", s)
	}
	h.turn(e, store.Effects{Holder: &to, Deadline: &store.Deadline{At: due, Clock: "enrich"}, Status: store.Closed})
	mine := store.Viewer{Person: second, All: true}
	if s := h.see(ref, mine).Case.Signal; !s.Held || !s.Mine || !s.Due.Equal(due) || s.Clock != "enrich" || !s.Closed.Equal(h.clock()) {
		h.Errorf("the holder sees %+v", s)
	}
	if s := h.see(ref, all).Case.Signal; !s.Held || s.Mine {
		h.Errorf("another sees %+v", s)
	}
	list, err := h.List(h.ctx(), mine, store.Pick{})
	h.must(err)
	if len(list.Signals) != 1 || !list.Signals[0].Mine {
		h.Errorf("the holder's list is %+v", list)
	}
	nobody := store.Person{}
	h.turn(e, store.Effects{Holder: &nobody, Deadline: &store.Deadline{}, Status: store.Read})
	if s := h.see(ref, mine).Case.Signal; s.Held || s.Mine || !s.Due.IsZero() || s.Clock != "" || !s.Closed.IsZero() {
		h.Errorf("given back: %+v", s)
	}
}

// A register is kept sealed under its name, changed by one turn at a time in all
// replicas, and only by a turn that loaded it; it opens under no other name.
func testRegisters(h *house) {
	stores := []*store.Store{h.Store, h.open()}
	parallel(20, func(i int) {
		_, err := stores[i%2].Turn(h.ctx(), store.Event{Registers: []string{"team", "copen"}}, func(v store.View) (store.Effects, error) {
			return store.Effects{Registers: map[string]private.Text{"team": private.New(v.Registers["team"].Reveal() + "x")}}, nil
		})
		if err != nil {
			h.Error(err)
		}
	})
	got, err := h.Register(h.ctx(), "team")
	h.must(err)
	same(h, "register", got, private.New("xxxxxxxxxxxxxxxxxxxx"))
	if got, err = h.Register(h.ctx(), "copen"); err != nil || !got.Empty() {
		h.Errorf("a register that nobody wrote: %v", err)
	}
	_, _, err = turnOn(h.ctx(), h.Store, store.Event{}, store.Effects{Registers: map[string]private.Text{"team": private.New("y")}})
	if err == nil {
		h.Error("a register was written unseen")
	}
	h.byHand(`UPDATE registers SET name = 'copen' WHERE name = 'team'`)
	_, err = h.Register(h.ctx(), "copen")
	h.is(err, vault.ErrOpen)
}
