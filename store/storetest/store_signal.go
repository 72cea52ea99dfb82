package storetest

import (
	"context"
	"errors"
	"regexp"
	"sync"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// A filed signal has both numbers, comes back whole to who may see it, and ends
// the session; what is about it gets its reference.
func testFiling(h *house) {
	h.turn(store.Event{Person: melder}, store.Effects{Session: session(1)})
	f := filing()
	tok := store.NewToken()
	_, out := h.turn(store.Event{ID: "e1", Person: melder}, store.Effects{
		End: true, File: f,
		Journal: []store.Line{{Action: "signal.filed", Actor: "melder", Outcome: "ok", Reason: private.New("Zilvervos")}},
		Notices: []store.Notice{{NoticeID: store.NoticeID{Kind: "card", N: 1}, To: store.ToChannel, Due: start}},
		Tokens:  []store.Token{{ID: tok, Kind: "open"}},
	})
	if !regexp.MustCompile(`^SIG-2026-[0-9A-HJKMNP-TV-Z]{5}$`).MatchString(string(out.Ref)) ||
		!regexp.MustCompile(`^M-[0-9A-HJKMNP-TV-Z]{5}$`).MatchString(string(out.Number)) {
		h.Errorf("numbers are %s and %s", out.Ref, out.Number)
	}
	if n := h.number(`SELECT COUNT(*) FROM sessions`); n != 0 {
		h.Errorf("%d sessions left", n)
	}
	v := h.see(out.Ref, all)
	same(h, "report", v.Case.Report, f.Report)
	want := store.Signal{Ref: out.Ref, Status: store.Received, Urgency: flows.Acute, Received: start, ReadBy: f.ReadBy, Due: f.ReadBy, Clock: store.ClockRead, Version: 1}
	same(h, "signal", v.Case.Signal, want)
	card, err := h.Card(h.ctx(), out.Ref)
	h.must(err)
	same(h, "card", card, want)
	mine, err := h.Mine(h.ctx(), melder)
	h.must(err)
	same(h, "mine", mine, []store.Own{{Number: out.Number, Ref: out.Ref, Received: start, Status: store.Received}})
	if mine, err = h.Mine(h.ctx(), other); err != nil || len(mine) != 0 {
		h.Errorf("another's are %v, %v", mine, err)
	}
	claimed, _, err := h.Claim(h.ctx(), start, 10)
	h.must(err)
	if len(claimed) != 1 || claimed[0].About != out.Ref {
		h.Errorf("claimed %+v", claimed)
	}
	got, err := h.Token(h.ctx(), tok)
	h.must(err)
	if got.About != out.Ref {
		h.Errorf("token is about %q", got.About)
	}
	if n := h.number(`SELECT COUNT(*) FROM journal WHERE about = ?1`, string(out.Ref)); n != 1 {
		h.Errorf("%d journal lines", n)
	}
}

// Sixty-four people file at once in two replicas: as many signals, references
// and numbers, and no error.
func testFilingsAtOnce(h *house) {
	stores := []*store.Store{h.Store, h.open()}
	var mu sync.Mutex
	refs, numbers := map[store.Reference]bool{}, map[store.Number]bool{}
	parallel(64, func(i int) {
		f := filing()
		f.Reporter = reporter(private.New("web:" + string(rune('a'+i))))
		_, out, err := turnOn(h.ctx(), stores[i%2], store.Event{ID: string(rune('a' + i)), Person: f.Reporter.Person}, store.Effects{File: f})
		if err != nil {
			h.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		refs[out.Ref], numbers[out.Number] = true, true
	})
	if n := h.number(`SELECT COUNT(*) FROM signals`); n != 64 || len(refs) != 64 || len(numbers) != 64 {
		h.Errorf("%d signals, %d references, %d numbers", n, len(refs), len(numbers))
	}
}

// Status, reading and additions change a signal, each turn by one version.
func testChange(h *house) {
	ref := h.file(filing())
	e := store.Event{Signal: ref, Viewer: all}
	at := h.pass(time.Hour)
	h.turn(e, store.Effects{Status: store.Read, Read: true})
	h.pass(time.Hour)
	h.turn(e, store.Effects{Read: true})
	own := store.Event{Signal: ref, Person: melder, AsReporter: true}
	for _, s := range []string{"Zilvervos is weg", "Kattebos ook", "3", "4", "5", "6", "7", "8", "9"} {
		h.turn(own, store.Effects{Add: &store.Addition{Text: private.New(s), Aware: "no"}})
	}
	v := h.see(ref, all)
	if v.Case.Status != store.Read || !v.Case.Read.Equal(at) || v.Case.Version != 12 {
		h.Errorf("signal is %+v", v.Case.Signal)
	}
	if n := len(v.Case.Additions); n != 9 {
		h.Fatalf("%d additions", n)
	}
	same(h, "addition", v.Case.Additions[0], store.Addition{At: h.clock(), Text: private.New("Zilvervos is weg"), Aware: "no"})
	same(h, "the last addition", v.Case.Additions[8].Text, private.New("9"))
}

// A reporter gets no content of his own signal, and can still say whether 112
// was called; nobody else can.
func testCalled(h *house) {
	ref := h.file(filing())
	own := store.Event{Signal: ref, Person: melder, AsReporter: true}
	v, _ := h.turn(own, store.Effects{Called: "yes"})
	same(h, "what a reporter sees", v.Case.Report, flows.Report{})
	if len(v.Matches) != 0 || v.Reporter != nil {
		h.Error("a reporter sees more than his signal")
	}
	want := report()
	want.Called = "yes"
	same(h, "report", h.see(ref, all).Case.Report, want)
	h.refused(store.Event{Signal: ref, Person: other, AsReporter: true}, store.Effects{Called: "yes"}, store.ErrNotFound)
	h.refused(store.Event{Signal: ref, AsReporter: true}, store.Effects{}, store.ErrNotFound)
	h.refused2(store.Event{Signal: ref, Person: melder, AsReporter: true, Reporter: true}, store.Effects{})
}

// The reporter is shown only with a journal line that says why; otherwise
// nothing is written.
func testReporter(h *house) {
	ref := h.file(filing())
	e := store.Event{Signal: ref, Viewer: all, Reporter: true}
	line := store.Line{Action: store.ActionReporterShown, Person: officer, About: ref, Outcome: "ok"}
	h.refused(e, store.Effects{}, store.ErrNoReason)
	h.refused(e, store.Effects{Journal: []store.Line{line}}, store.ErrNoReason)
	line.Reason = private.New("belafspraak Zilvervos")
	about := line
	about.About = "SIG-2026-00000"
	h.refused(e, store.Effects{Journal: []store.Line{about}}, store.ErrNoReason)
	about.About = ""
	h.refused(e, store.Effects{Journal: []store.Line{about}}, store.ErrNoReason)
	action := line
	action.Action = "signal.opened"
	h.refused(e, store.Effects{Journal: []store.Line{action}}, store.ErrNoReason)
	if n := h.number(`SELECT COUNT(*) FROM journal`); n != 0 {
		h.Errorf("%d lines of refused turns", n)
	}
	v, _ := h.turn(e, store.Effects{Journal: []store.Line{line}})
	want := reporter(melder)
	mine, err := h.Mine(h.ctx(), melder)
	h.must(err)
	want.Number = mine[0].Number
	same(h, "reporter", *v.Reporter, want)
	if h.see(ref, all).Reporter != nil {
		h.Error("a reporter that nobody asked for")
	}
	shown, err := h.Reveals(h.ctx(), melder)
	h.must(err)
	same(h, "reveals", shown, []store.Reveal{{Number: want.Number, At: start}})
	if shown, err = h.Reveals(h.ctx(), other); err != nil || len(shown) != 0 {
		h.Errorf("another's reveals are %v, %v", shown, err)
	}
}

// Deliver opens where to reach the reporter and nothing of who it is.
func testDeliver(h *house) {
	ref := h.file(filing())
	own := &taker{}
	h.is(h.Deliver(h.ctx(), "SIG-2026-00000", own.deliver), store.ErrNotFound)
	h.must(h.Deliver(h.ctx(), ref, own.deliver))
	want := reporter(melder)
	want.Name, want.Source = private.Text{}, flows.Source{}
	want.Number = own.got.Number
	same(h, "delivery", own.got, want)
	own.err = store.ErrDown
	if err := h.Deliver(h.ctx(), ref, own.deliver); err != store.ErrDown {
		h.Errorf("got %v, want the function's own error", err)
	}
}

// Who sees everything sees what he is not left out of; who is assigned sees
// that; a viewer without a person sees nothing.
func testViewers(h *house) {
	f := filing()
	f.Assign = []store.Person{second, second}
	one := h.file(f)
	two := h.file(filing())
	sees := func(v store.Viewer, want ...store.Reference) {
		h.Helper()
		list := h.lists(v, store.Pick{})
		if len(list) != len(want) {
			h.Errorf("list has %d signals, want %d", len(list), len(want))
		}
		for _, ref := range []store.Reference{one, two} {
			_, _, err := turnOn(h.ctx(), h.Store, store.Event{Signal: ref, Viewer: v}, store.Effects{})
			may := false
			for _, w := range want {
				may = may || w == ref
			}
			if may != (err == nil) {
				h.Errorf("%s: %v", ref, err)
			}
		}
	}
	sees(all, one, two)
	sees(store.Viewer{Person: second}, one)
	sees(store.Viewer{Person: second, All: true}, one, two)
	sees(store.Viewer{Person: melder})
	sees(store.Viewer{All: true})
	sees(store.Viewer{})
}

// An officer who is left out finds nothing: in lists, cases, matches; assigned
// or not.
func testLeftOut(h *house) {
	f := filing()
	f.LeaveOut, f.Assign = []store.Person{second, second}, []store.Person{second}
	ref := h.file(f)
	for _, v := range []store.Viewer{{Person: second, All: true}, {Person: second}} {
		h.refused(store.Event{Signal: ref, Viewer: v}, store.Effects{}, store.ErrNotFound)
		if list := h.lists(v, store.Pick{}); len(list) != 0 {
			h.Errorf("list is %v", list)
		}
	}
	v := h.see(ref, all)
	same(h, "report", v.Case.Report, f.Report)
	if !v.Case.Direct {
		h.Error("the signal is not direct")
	}
	may, err := h.Allowed(h.ctx(), ref, []store.Person{second, officer, other})
	h.must(err)
	same(h, "allowed", may, []store.Person{officer, other})
	_, err = h.Allowed(h.ctx(), "SIG-2026-00000", nil)
	h.is(err, store.ErrNotFound)
}

// Who changes by hand who is left out gets nothing: the key no longer opens.
func testLeftOutByHand(h *house) {
	f := filing()
	f.LeaveOut = []store.Person{second}
	ref := h.file(f)
	plain := h.file(filing())
	row := h.rows(`SELECT who FROM leftout`)
	h.byHand(`DELETE FROM leftout`)
	h.refused(store.Event{Signal: ref, Viewer: store.Viewer{Person: second, All: true}}, store.Effects{}, vault.ErrOpen)
	_, err := h.Allowed(h.ctx(), ref, []store.Person{second})
	h.is(err, vault.ErrOpen)
	h.byHand(`INSERT INTO leftout (signal, who) VALUES (?1, ?2)`, string(plain), row[0][0])
	h.refused(store.Event{Signal: plain, Viewer: all}, store.Effects{}, vault.ErrOpen)
	h.byHand(`DELETE FROM leftout`)
	h.byHand(`INSERT INTO leftout (signal, who) VALUES (?1, ?2)`, string(ref), row[0][0])
	h.see(ref, all)
	h.see(plain, all)
}

// A field, key or reporter that was taken away, swapped or copied from another
// place does not open.
func testFieldsByHand(h *house) {
	for _, sql := range []string{
		`DELETE FROM fields WHERE signal = ?1 AND name = 'risk'`,
		`UPDATE fields SET name = 'x' WHERE signal = ?1 AND name = 'risk'`,
		`UPDATE fields SET sealed = (SELECT sealed FROM fields f WHERE f.signal = ?2 AND f.name = 'risk') WHERE signal = ?1 AND name = 'risk'`,
		`UPDATE fields SET sealed = (SELECT sealed FROM fields f WHERE f.signal = ?1 AND f.name = 'told') WHERE signal = ?1 AND name = 'risk' AND ?2 <> ''`,
		`UPDATE keys SET sealed = (SELECT sealed FROM keys f WHERE f.signal = ?2) WHERE signal = ?1`,
		`DELETE FROM keys WHERE signal = ?1`,
	} {
		one, two := h.file(filing()), h.file(filing())
		args := []any{string(one), string(two)}
		if !regexp.MustCompile(`\?2`).MatchString(sql) {
			args = args[:1]
		}
		h.byHand(sql, args...)
		h.refused(store.Event{Signal: one, Viewer: all}, store.Effects{}, vault.ErrOpen)
		h.see(two, all)
	}
	one, two := h.file(filing()), h.file(filing())
	h.byHand(`UPDATE reporters SET delivery = (SELECT delivery FROM reporters r WHERE r.signal = ?2) WHERE signal = ?1`, string(one), string(two))
	h.is(h.Deliver(h.ctx(), one, new(taker).deliver), vault.ErrOpen)
}

// What does not exist, is erased, or is not his to see, is one and the same
// error.
func testNotFoundIsOne(h *house) {
	f := filing()
	f.LeaveOut = []store.Person{officer}
	hidden, erased := h.file(f), h.file(filing())
	h.turn(store.Event{Signal: erased, Viewer: all}, store.Effects{Erase: store.GroundWithdrawn})
	var errs []string
	for _, ref := range []store.Reference{hidden, erased, "SIG-2026-00000", "x'--", "\x00", "\xff"} {
		_, card := h.Card(h.ctx(), ref)
		_, allowed := h.Allowed(h.ctx(), ref, nil)
		deliver := h.Deliver(h.ctx(), ref, new(taker).deliver)
		if ref != hidden && (card != store.ErrNotFound || allowed != store.ErrNotFound || deliver != store.ErrNotFound) {
			h.Errorf("%q: %v, %v, %v", ref, card, allowed, deliver)
		}
		_, _, err := turnOn(h.ctx(), h.Store, store.Event{Signal: ref, Viewer: all}, store.Effects{})
		if err != store.ErrNotFound {
			h.Errorf("%s: %v", ref, err)
			continue
		}
		errs = append(errs, err.Error())
	}
	same(h, "errors", errs, []string{errs[0], errs[0], errs[0], errs[0], errs[0], errs[0]})
}

// Signals that share a name, place, phone, plate, number or handle, however
// written and wherever, are offered to each other.
func testMatches(h *house) {
	base := func(r flows.Report) store.Reference {
		f := filing()
		f.Report = r
		return h.file(f)
	}
	first := base(report())
	for class, r := range map[string]flows.Report{
		store.MarkName:   {Persons: []flows.Person{{Name: private.New("NACHTEGAAL, J.")}}},
		store.MarkPlace:  {Place: flows.Place{Street: private.New("zwaluwstaartln"), Number: private.New("17"), Town: private.New("woerden")}},
		store.MarkPhone:  {What: private.New("belde +31 348 123456 steeds")},
		store.MarkPlate:  {Risk: private.New("reed weg in ab-123-c")},
		store.MarkKvK:    {Place: flows.Place{Description: private.New("KvK nummer 1234 5678")}},
		store.MarkHandle: {Things: flows.Things{Handle: private.New("https://chat.example/IJSVOGEL/")}},
		store.MarkOrg:    {Things: flows.Things{Organisation: private.New("de bonte SPECHT b.v.")}},
	} {
		ref := base(r)
		same(h, class, h.see(ref, all).Matches, []store.Match{{Class: class, Ref: first}})
		h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Erase: store.GroundWithdrawn})
	}
	if m := h.see(first, all).Matches; len(m) != 0 {
		h.Errorf("matches of erased signals: %v", m)
	}
	late := base(flows.Report{})
	h.turn(store.Event{Signal: late, Person: melder, AsReporter: true},
		store.Effects{Add: &store.Addition{Text: private.New("het was 3441AB 17, bel 0348 123 456")}})
	same(h, "after an addition", h.see(late, all).Matches,
		[]store.Match{{Class: store.MarkPhone, Ref: first}, {Class: store.MarkPlace, Ref: first}})
}

// A match never tells of a signal that the viewer may not see.
func testMatchesViewer(h *house) {
	f := filing()
	f.LeaveOut = []store.Person{second}
	hidden := h.file(f)
	open := h.file(filing())
	if m := h.see(open, store.Viewer{Person: second, All: true}).Matches; len(m) != 0 {
		h.Errorf("a left-out officer sees matches %v", m)
	}
	for _, m := range h.see(open, all).Matches {
		if m.Ref != hidden {
			h.Errorf("match %v", m)
		}
	}
	if len(h.see(open, all).Matches) == 0 {
		h.Error("no matches for who may see both")
	}
}

// The list has what is not read first, most urgent term first.
func testList(h *house) {
	var refs []store.Reference
	for i := range 3 {
		f := filing()
		f.ReadBy = start.Add(time.Duration(3-i) * time.Hour)
		refs = append(refs, h.file(f))
		h.pass(time.Minute)
	}
	h.turn(store.Event{Signal: refs[2], Viewer: all}, store.Effects{Read: true, Status: store.Read, Deadline: &store.Deadline{}})
	same(h, "list", h.lists(all, store.Pick{}), []store.Reference{refs[1], refs[0], refs[2]})
	got, err := h.List(h.ctx(), all, store.Pick{Max: 2})
	if h.must(err); len(got.Signals) != 2 || !got.More {
		h.Errorf("two of three: %d, more: %t", len(got.Signals), got.More)
	}
	same(h, "the rest", h.lists(all, store.Pick{Skip: 1, Max: 2}), []store.Reference{refs[0], refs[2]})
	if got, err = h.List(h.ctx(), all, store.Pick{Skip: 1, Max: 2}); err != nil || got.More {
		h.Errorf("more behind the last: %v", err)
	}
}

// taker takes what is delivered.
type taker struct {
	got store.Reporter
	err error
}

func (r *taker) deliver(_ context.Context, to store.Reporter) error {
	r.got = to
	return r.err
}

// Each hands over every live signal once, the ones of which everybody is left
// out too, and no reporter; what was erased is not among them.
func testEach(h *house) {
	want := map[store.Reference]bool{}
	for range 250 { // more than one page
		want[h.file(filing())] = true
	}
	out := filing()
	out.LeaveOut, out.Drill = []store.Person{officer, second}, true
	hidden, gone := h.file(out), h.file(filing())
	want[hidden] = true
	record := private.New("Zilverberk")
	third := h.file(filing())
	want[third] = true
	h.turn(store.Event{Signal: third, Viewer: all}, store.Effects{Handling: record})
	h.turn(store.Event{Signal: gone, Viewer: all}, store.Effects{Erase: store.GroundOrder})
	h.must(h.Store.Each(h.ctx(), func(c store.Case) error {
		if !want[c.Ref] {
			h.Errorf("%s came twice, or is no live signal", c.Ref)
		}
		delete(want, c.Ref)
		report := filing().Report
		report.Drill = c.Ref == hidden
		same(h, "report", c.Report, report)
		same(h, "drill", c.Drill, c.Ref == hidden)
		if c.Ref == third {
			same(h, "handling", c.Handling, record)
		}
		return nil
	}))
	same(h, "left over", len(want), 0)
	stop := errors.New("enough")
	h.is(h.Store.Each(h.ctx(), func(store.Case) error { return stop }), stop)
	h.byHand(`DELETE FROM leftout WHERE signal = ?1`, string(hidden))
	h.is(h.Store.Each(h.ctx(), func(store.Case) error { return nil }), vault.ErrOpen)
}
