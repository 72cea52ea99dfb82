package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

const day = 24 * time.Hour

// keeps files a signal and keeps it for so long from the start.
func (h *house) keeps(f *store.Filing, k store.Retention) store.Reference {
	h.Helper()
	ref := h.file(f)
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Keep: &k})
	return ref
}

// counted is a tally that counts cases.
func counted(old private.Text, c store.Case) (private.Text, error) {
	n := 0
	if !old.Empty() {
		var err error
		if n, err = strconv.Atoi(old.Reveal()); err != nil {
			return private.Text{}, err
		}
	}
	if c.Report.What.Empty() {
		return private.Text{}, errors.New("a case without content")
	}
	return private.New(strconv.Itoa(n + 1)), nil
}

func (h *house) erases(now time.Time, want store.Erased) {
	h.Helper()
	got, err := h.EraseDue(h.ctx(), now, counted)
	h.must(err)
	if got != want {
		h.Errorf("at %s: erased %+v, want %+v", now.Format(time.DateOnly), got, want)
	}
}

func (h *house) gone(ref store.Reference, want bool) {
	h.Helper()
	_, err := h.Card(h.ctx(), ref)
	if got := errors.Is(err, store.ErrNotFound); got != want {
		h.Errorf("%s is gone: %v (%v)", ref, got, err)
	}
}

func (h *house) tallied(period string, want int) {
	h.Helper()
	got, err := h.Register(h.ctx(), store.TallyName(period))
	h.must(err)
	if n, _ := strconv.Atoi(got.Reveal()); n != want {
		h.Errorf("the tally of %s is %q, want %d", period, got.Reveal(), want)
	}
}

// What is due goes, each at its own moment and once, and adds itself to the
// tally of its half-year; what is held, extended or without a date stays. After
// downtime all that was missed goes. The journal stays whole.
func testEraseDue(h *house) {
	at := func(n int) time.Time { return start.Add(time.Duration(n) * day) }
	first, second := h.keeps(filing(), store.Retention{Until: at(10)}), h.keeps(filing(), store.Retention{Until: at(20)})
	open := h.file(filing())
	held := h.keeps(filing(), store.Retention{Until: at(10), Hold: true})
	longer := h.keeps(filing(), store.Retention{Until: at(10)})
	h.turn(store.Event{Signal: longer, Viewer: all}, store.Effects{Keep: &store.Retention{Until: at(300)}})
	drill := filing()
	drill.Drill = true
	h.keeps(drill, store.Retention{Until: at(30)})
	h.turn(store.Event{Signal: h.keeps(filing(), store.Retention{Until: at(30)}), Viewer: all}, store.Effects{Status: store.Withdrawn})
	h.pass(150 * day)
	later := h.keeps(filing(), store.Retention{Until: at(40)})

	h.erases(at(10).Add(-time.Microsecond), store.Erased{})
	h.erases(at(10), store.Erased{Signals: 1})
	h.gone(first, true)
	h.gone(second, false)
	h.erases(at(10), store.Erased{})
	h.tallied("2026-1", 1)
	h.erases(at(200), store.Erased{Signals: 4}) // three of them were missed
	h.gone(second, true)
	h.gone(later, true)
	for _, ref := range []store.Reference{open, held, longer} {
		h.gone(ref, false)
	}
	h.tallied("2026-1", 2) // neither the drill nor what was withdrawn
	h.tallied("2026-2", 1)
	h.turn(store.Event{Signal: held, Viewer: all}, store.Effects{Keep: &store.Retention{Until: at(10)}})
	h.erases(at(200), store.Erased{Signals: 1})

	ds, err := h.Destroyed(h.ctx())
	h.must(err)
	if rep := h.ProveDestroyed(ds); len(ds) != 6 || !rep.OK() || ds[0].Ref != first || ds[0].Ground != store.GroundTerm || ds[5].N != 6 {
		h.Errorf("records are %+v, %+v", ds, rep)
	}
	h.seal(6)
	if rep := h.verify(); !rep.OK() {
		h.Errorf("journal: %+v", rep)
	}
	if n := h.number(`SELECT COUNT(*) FROM journal WHERE action = 'signal.erased' AND actor = 'bot'`); n != 6 {
		h.Errorf("%d lines", n)
	}
}

// Replicas that run at once erase each signal once, and count it once.
func testEraseReplicas(h *house) {
	const n = 24
	for range n {
		h.keeps(filing(), store.Retention{Until: start.Add(day), ReporterUntil: start.Add(2 * day)})
	}
	for range n {
		h.keeps(filing(), store.Retention{ReporterUntil: start.Add(day)})
	}
	now := start.Add(day)
	sum := store.Erased{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, st := range []*store.Store{h.Store, h.open(), h.open()} {
		all.Go(func() {
			got, err := st.EraseDue(h.ctx(), now, counted)
			if err != nil {
				h.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			sum.Signals += got.Signals
			sum.Reporters += got.Reporters
		})
	}
	all.Wait()
	if sum != (store.Erased{Signals: n, Reporters: n}) {
		h.Errorf("erased %+v, want %d of each", sum, n)
	}
	h.tallied("2026-1", n)
	h.must(h.Sweep(h.ctx(), now))
	ds, err := h.Destroyed(h.ctx())
	h.must(err)
	if rep := h.ProveDestroyed(ds); len(ds) != n || !rep.OK() {
		h.Errorf("%d records, %+v", len(ds), rep)
	}
}

// A tally that fails leaves its signal as it was, and the others go.
func testEraseTallyFails(h *house) {
	bad, good := h.keeps(filing(), store.Retention{Until: start}), h.keeps(filing(), store.Retention{Until: start.Add(1)})
	broken := errors.New("broken")
	got, err := h.EraseDue(h.ctx(), start.Add(day), func(old private.Text, c store.Case) (private.Text, error) {
		if c.Ref == bad {
			return private.Text{}, broken
		}
		return counted(old, c)
	})
	h.is(err, broken)
	if got.Signals != 1 {
		h.Errorf("erased %+v", got)
	}
	h.gone(bad, false)
	h.gone(good, true)
	h.see(bad, all)
	h.tallied("2026-1", 1)
	h.erases(start.Add(day), store.Erased{Signals: 1})
	h.tallied("2026-1", 2)
}

// Of who reported, nothing is left once that is over: no name, address or
// contact wish, no "mijn signalen", nothing that he is owed and no draft of
// his. The case stays.
func testEraseReporter(h *house) {
	ref := h.keeps(filing(), store.Retention{Until: start.Add(99 * day), ReporterUntil: start.Add(9 * day)})
	kept := h.keeps(filing(), store.Retention{ReporterUntil: start.Add(9 * day), Hold: true})
	s := session(1)
	s.About = ref
	h.turn(store.Event{Person: melder, Signal: ref, AsReporter: true}, store.Effects{Session: s, Notices: []store.Notice{
		{NoticeID: store.NoticeID{Kind: "feedback", About: ref}, To: store.ToReporter, Due: start},
		{NoticeID: store.NoticeID{Kind: "card", About: ref}, To: store.ToChannel, Due: start},
	}})
	h.erases(start.Add(9*day-1), store.Erased{})
	h.erases(start.Add(9*day), store.Erased{Reporters: 1})
	h.erases(start.Add(9*day), store.Erased{})
	h.is(h.Deliver(h.ctx(), ref, new(taker).deliver), store.ErrNotFound)
	h.must(h.Deliver(h.ctx(), kept, new(taker).deliver))
	mine, err := h.Mine(h.ctx(), melder)
	h.must(err)
	if len(mine) != 1 || mine[0].Ref != kept {
		h.Errorf("mine are %v", mine)
	}
	for sql, want := range map[string]int64{
		`SELECT COUNT(*) FROM reporters`: 1, `SELECT COUNT(*) FROM sessions`: 0, `SELECT COUNT(*) FROM notices WHERE kind <> 'duty'`: 1,
	} {
		if n := h.number(sql); n != want {
			h.Errorf("%s: %d, want %d", sql, n, want)
		}
	}
	v := h.see(ref, all)
	if !v.Case.Keep.Anonymous || v.Case.Report.What.Empty() {
		h.Errorf("the case is %+v", v.Case.Keep)
	}
	line := store.Line{Action: store.ActionReporterShown, Person: officer, About: ref, Outcome: "ok", Reason: private.New("x")}
	shown, _ := h.turn(store.Event{Signal: ref, Viewer: all, Reporter: true}, store.Effects{Journal: []store.Line{line}})
	if shown.Reporter != nil {
		h.Error("who reported is still shown")
	}
	h.erases(start.Add(99*day), store.Erased{Signals: 1})
}

// On the order of the FG a signal goes at once, with its draft; the order stays in
// the journal. A legal hold is not passed over, and what is not there
// is not found.
func testEraseNow(h *house) {
	held, ref := h.keeps(filing(), store.Retention{Hold: true}), h.file(filing())
	s := session(1)
	s.About = ref
	h.turn(store.Event{Person: melder}, store.Effects{Session: s})
	h.turn(store.Event{Person: other}, store.Effects{Session: session(1)})
	why := private.New("besluit 12")
	h.is(h.EraseNow(h.ctx(), held, why, counted), store.ErrHeld)
	h.is(h.EraseNow(h.ctx(), "SIG-2026-00000", why, counted), store.ErrNotFound)
	h.must(h.EraseNow(h.ctx(), ref, why, counted))
	h.is(h.EraseNow(h.ctx(), ref, why, counted), store.ErrNotFound)
	h.gone(held, false)
	h.tallied("2026-1", 1)
	if n := h.number(`SELECT COUNT(*) FROM sessions`); n != 1 {
		h.Errorf("%d drafts, want that of another", n)
	}
	ds, err := h.Destroyed(h.ctx())
	h.must(err)
	if len(ds) != 1 || ds[0].Ground != store.GroundOrder || ds[0].Ref != ref {
		h.Errorf("records are %+v", ds)
	}
	reasons, err := h.Orders(h.ctx())
	h.must(err)
	if len(reasons) != 1 || reasons[ref].Reveal() != "besluit 12" {
		h.Errorf("the reasons of %d orders are kept", len(reasons))
	}
	h.seal(1)
	if rep := h.verify(); !rep.OK() {
		h.Errorf("journal: %+v", rep)
	}
}

// stuck is a driver whose log cannot be emptied.
type stuck struct{ store.Driver }

func (stuck) Truncate(context.Context) error { return errors.New("a reader is in the way") }

// As long as the database's own files may hold a key, nothing says that it was
// destroyed; after a crash the next sweep finishes it.
func testEraseCrash(h *house) {
	ref := h.keeps(filing(), store.Retention{Until: start})
	st := h.openOn(stuck{h.driver()})
	got, err := st.EraseDue(h.ctx(), start, counted)
	h.must(err)
	if got.Signals != 1 {
		h.Fatalf("erased %+v", got)
	}
	h.gone(ref, true)
	unsigned := func() int64 {
		n, err := h.Unsigned(h.ctx())
		h.must(err)
		return n
	}
	ds, err := h.Destroyed(h.ctx())
	h.must(err)
	if len(ds) != 0 || unsigned() != 1 {
		h.Fatalf("signed too early: %+v, %d unsigned", ds, unsigned())
	}
	if st.Sweep(h.ctx(), start) == nil {
		h.Error("a log that is not empty is not told")
	}
	h.erases(start, store.Erased{})
	h.must(h.Sweep(h.ctx(), start))
	if ds, err = h.Destroyed(h.ctx()); err != nil || len(ds) != 1 || unsigned() != 0 {
		h.Errorf("records are %+v (%v), %d unsigned", ds, err, unsigned())
	}
}

// meddler is a driver beside which something happens after its first reads.
type meddler struct {
	store.Driver
	once *sync.Once
	do   func()
}

func (m meddler) Query(ctx context.Context, qs ...store.Query) ([]store.Rows, error) {
	rows, err := m.Driver.Query(ctx, qs...)
	if len(qs) == 1 {
		m.once.Do(m.do)
	}
	return rows, err
}

// What is put on hold, or kept longer, between the look and the erasure stays.
func testEraseOvertaken(h *house) {
	past := store.Retention{Until: start, ReporterUntil: start}
	held, longer := h.keeps(filing(), past), h.keeps(filing(), past)
	st := h.openOn(meddler{h.driver(), new(sync.Once), func() {
		h.turn(store.Event{Signal: held, Viewer: all}, store.Effects{Keep: &store.Retention{Until: start, ReporterUntil: start, Hold: true}})
		h.turn(store.Event{Signal: longer, Viewer: all}, store.Effects{Keep: &store.Retention{Until: start.Add(day)}})
	}})
	got, err := st.EraseDue(h.ctx(), start, counted)
	h.must(err)
	if got != (store.Erased{}) {
		h.Errorf("erased %+v", got)
	}
	h.gone(held, false)
	h.gone(longer, false)
}

// A destruction record that was changed or taken away shows.
func testDestroyedTampered(h *house) {
	for range 4 {
		h.keeps(filing(), store.Retention{Until: start})
	}
	h.erases(start, store.Erased{Signals: 4})
	ds, err := h.Destroyed(h.ctx())
	h.must(err)
	ds[1].Ground = store.GroundOrder
	if rep := h.ProveDestroyed(ds); fmt.Sprint(rep.Changed) != "[2]" {
		h.Errorf("a changed copy: %+v", rep)
	}
	h.byHand(`UPDATE erased SET at = at + 1 WHERE n = 1`)
	h.byHand(`DELETE FROM erased WHERE n IN (2, 3)`)
	ds, err = h.Destroyed(h.ctx())
	h.must(err)
	if rep := h.ProveDestroyed(ds); rep.OK() || fmt.Sprint(rep.Changed, rep.Missing) != "[1] [{2 3}]" {
		h.Errorf("changed by hand: %+v", rep)
	}
}

// After the daily run the database's own files, and every table, hold nothing
// of a signal but its reference: not its key, no sealed version of any field,
// no mark, token, notice, name of its reporter or draft.
func testEraseDueBytes(h *house) {
	keep, ref := h.file(filing()), plant(h)
	var pieces [][]byte
	collect := func() {
		for _, sql := range []string{
			`SELECT sealed FROM keys WHERE signal = ?1`, `SELECT sealed FROM fields WHERE signal = ?1`, `SELECT hash FROM marks WHERE signal = ?1`,
			`SELECT who FROM leftout WHERE signal = ?1`, `SELECT who FROM assigned WHERE signal = ?1`, `SELECT number FROM reporters WHERE signal = ?1`,
			`SELECT delivery FROM reporters WHERE signal = ?1`, `SELECT identity FROM reporters WHERE signal = ?1`,
		} {
			for _, r := range h.rows(sql, string(ref)) {
				pieces = append(pieces, r[0].([]byte))
			}
		}
		for _, r := range h.rows(`SELECT t.hash FROM tokens t JOIN sessions s ON s.about = t.about UNION ALL SELECT t.sealed FROM tokens t JOIN sessions s ON s.about = t.about`) {
			pieces = append(pieces, r[0].([]byte))
		}
		for _, r := range h.rows(`SELECT sealed FROM sessions WHERE about IS NOT NULL UNION ALL SELECT about FROM sessions WHERE about IS NOT NULL`) {
			pieces = append(pieces, r[0].([]byte))
		}
	}
	s := session(2)
	s.About = ref
	h.turn(store.Event{Person: other}, store.Effects{Session: s})
	tok := store.Token{ID: store.NewToken(), Kind: "case", About: ref, Person: officer}
	for i := range 4 { // each seals the record anew, and adds
		tok.ID = store.NewToken()
		h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{
			Handling: private.New(fmt.Sprintf("Zilvervos, versie %d", i)), Add: &store.Addition{Text: private.New("06-1234567" + strconv.Itoa(i))},
			Tokens: []store.Token{tok}, Holder: &officer,
			Notices: []store.Notice{{NoticeID: store.NoticeID{Kind: "added", About: ref, N: i}, To: store.ToOfficers, Due: start}},
		})
		collect()
	}
	h.turn(store.Event{Signal: ref, Viewer: all}, store.Effects{Keep: &store.Retention{Until: start}})
	others := map[string]bool{}
	for _, r := range h.rows(`SELECT hash FROM marks WHERE signal = ?1 UNION ALL SELECT who FROM reporters WHERE signal = ?1`, string(keep)) {
		others[string(r[0].([]byte))] = true
	}
	h.erases(start, store.Erased{Signals: 1})

	tables, files := h.dump(), h.files()
	searched := 0
	for i, p := range pieces {
		if others[string(p)] {
			continue // another signal has it too
		}
		searched++
		if bytes.Contains(tables, piece(p)) {
			h.Errorf("piece %d is still in a table", i)
		}
		if bytes.Contains(files, piece(p)) {
			h.Errorf("piece %d is still in a file", i)
		}
	}
	if searched < 80 {
		h.Fatalf("searched for %d pieces only", searched)
	}
	for sql, want := range map[string]int64{
		`SELECT COUNT(*) FROM notices WHERE about = ?1`: 0, `SELECT COUNT(*) FROM erased WHERE ref = ?1 AND signature IS NOT NULL`: 1,
		`SELECT COUNT(*) FROM journal WHERE about = ?1`: 3, `SELECT COUNT(*) FROM signals WHERE ref = ?1`: 0,
	} {
		if n := h.number(sql, string(ref)); n != want {
			h.Errorf("%s: %d, want %d", sql, n, want)
		}
	}
	h.see(keep, all)
}

// Scan opens every live signal of a viewer, once and in order, and nothing that
// he is left out of.
func testScan(h *house) {
	want := map[store.Reference]bool{}
	for range 5 {
		want[h.file(filing())] = true
	}
	f := filing()
	f.LeaveOut = []store.Person{officer}
	h.file(f)
	last := store.Reference("")
	h.must(h.Scan(h.ctx(), all, func(c store.Case) error {
		if !want[c.Ref] || c.Ref <= last || c.Report.What.Empty() {
			h.Errorf("got %s after %s", c.Ref, last)
		}
		delete(want, c.Ref)
		last = c.Ref
		return nil
	}))
	if len(want) > 0 {
		h.Errorf("missing are %v", want)
	}
	none := errors.New("enough")
	h.is(h.Scan(h.ctx(), all, func(store.Case) error { return none }), none)
	h.must(h.Scan(h.ctx(), store.Viewer{Person: second}, func(c store.Case) error { return none }))
}
