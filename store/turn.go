package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/meldroute/meldroute/store/vault"
)

// ErrNoReason says that a reporter would have been shown without a journal
// line with the action ActionReporterShown and a reason (P9). Nothing was
// shown or written.
var ErrNoReason = errors.New("store: reporter without a reason")

// ActionReporterShown is the journal action that "Toon melder" demands.
const ActionReporterShown = "reporter.shown"

// tries is how often a turn is computed again when somebody else was first, or
// when a drawn reference exists.
const tries = 10

// errDraw ends a turn that files a signal and has no free reference yet.
var errDraw = errors.New("store: draw a reference")

// Turn takes in one event, whole or not at all: it loads what e asks, lets f
// compute, and writes all of its effects in one durable transaction (D1). When
// it returns, they are committed. f must be pure and do no I/O: it may run
// several times, and its error comes back as it is, with nothing written and
// the event not taken.
//
// Turns of one person run one after the other, as do those on one signal and
// one token. An event that was taken before is no error: the Outcome says so.
// ErrNotFound means that there is no e.Signal for whoever asks; an error that
// wraps vault.ErrOpen, that somebody changed what is kept; ErrDown, that it is
// not known to be written.
func (s *Store) Turn(ctx context.Context, e Event, f func(View) (Effects, error)) (Outcome, error) {
	out, erased, err := s.take(ctx, e, f)
	if erased {
		s.scrubbed(ctx)
	}
	return out, err
}

// take is Turn without what follows an erasure.
func (s *Store) take(ctx context.Context, e Event, f func(View) (Effects, error)) (out Outcome, erased bool, err error) {
	s, done := s.hold()
	defer done()
	t := s.newTurn(e, f)
	for range tries {
		err := s.d.Turn(ctx, t.prepare())
		switch {
		case t.failed != nil:
			return Outcome{}, false, t.failed
		case errors.Is(err, ErrDuplicate):
			return Outcome{Duplicate: true}, false, nil
		case errors.Is(err, errDraw):
			t.ref, t.number = s.draw(t.now)
			continue
		case errors.Is(err, ErrConflict):
			continue
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrNoReason):
			return Outcome{}, false, err
		case err != nil:
			return Outcome{}, false, fmt.Errorf("store: turn: %w", err)
		}
		return t.out, t.erased, nil
	}
	return Outcome{}, false, fmt.Errorf("store: turn: %w", ErrConflict)
}

// eventAD binds the id of a taken event to the name it was taken under.
func eventAD(name []byte) []byte { return vault.AD("inbox", string(name), "id") }

// turn is one Turn on its way: what it asks, and what came of it.
type turn struct {
	s *Store
	e Event
	f func(View) (Effects, error)

	now                              time.Time
	person, profile, token, inbox    [][]byte
	event                            []byte // its id, sealed, for a rotation
	sig                              access
	ref                              Reference // drawn, "" as long as nothing is filed
	number                           Number
	reads                            []Query
	atSession, atSignal, atToken, at int // where their rows are in what was read; -1 is not asked
	atRegisters, atDuty              int

	out    Outcome
	erased bool
	failed error // f's own error
}

func (s *Store) newTurn(e Event, f func(View) (Effects, error)) *turn {
	e.Signal = e.Signal.clean()
	t := &turn{s: s, e: e, f: f}
	if e.ID != "" {
		t.inbox = s.v.Names(labelInbox, e.ID)
		t.event = s.v.SealWorking([]byte(e.ID), eventAD(t.inbox[0]))
	}
	if !e.Person.Empty() {
		t.person = s.v.Names(labelSession, e.Person.Reveal())
		t.profile = s.v.Names(labelProfile, e.Person.Reveal())
	}
	if e.Token != "" {
		t.token = s.v.Names(labelToken, e.Token)
	}
	if e.Signal != "" {
		if e.AsReporter {
			t.sig = s.reporter(e.Person)
		} else {
			t.sig = s.viewer(e.Viewer)
		}
	}
	return t
}

// prepare lays out one run.
func (t *turn) prepare() Turn {
	t.now, t.failed = t.s.clock(), nil
	t.reads = t.reads[:0]
	t.atSession, t.atSignal, t.atToken, t.at, t.atRegisters, t.atDuty = -1, -1, -1, -1, -1, -1
	d := Turn{At: micros(t.now), Compute: t.compute}
	if t.inbox != nil {
		d.Once, d.Older, d.Sealed = t.inbox[0], t.inbox[1:], t.event
	}
	if len(t.inbox) > 1 {
		// Of replicas whose primary keys differ each takes the event under
		// another name: the names that they share make them take turns.
		d.Locks = append(d.Locks, t.inbox...)
	}
	// The names under every enabled key: replicas whose primary keys differ
	// in the middle of a rotation still share a lock.
	if t.person != nil {
		d.Locks = append(d.Locks, t.person...)
		t.atSession = t.ask(readSession(t.person), readProfile(t.profile))
	}
	if t.e.Signal != "" {
		d.Locks = append(d.Locks, t.s.lock(t.e.Signal)...)
		t.atSignal = t.ask(t.signalReads()...)
	}
	if t.e.Duty {
		t.atDuty = t.ask(readDuties(`n.about = ? AND n.kind = ?`, string(t.e.Signal), KindDuty))
	}
	if t.token != nil {
		d.Locks = append(d.Locks, t.token...)
		t.atToken = t.ask(readToken(t.token))
	}
	if len(t.e.Registers) > 0 {
		for _, name := range t.e.Registers {
			d.Locks = append(d.Locks, t.s.v.Names(labelRegister, name)...)
		}
		t.atRegisters = t.ask(readRegisters(t.e.Registers))
	}
	if t.ref != "" {
		d.Locks = append(d.Locks, t.s.lock(t.ref)...)
		d.Locks = append(d.Locks, t.s.v.Names(labelNumber, string(t.number))...)
		t.at = t.ask(t.s.readTaken(t.ref, t.number)...)
	}
	d.Reads = t.reads
	return d
}

// ask adds reads and says where their rows will be.
func (t *turn) ask(qs ...Query) int {
	t.reads = append(t.reads, qs...)
	return len(t.reads) - len(qs)
}

// lock are the locks of a signal.
func (s *Store) lock(ref Reference) [][]byte { return s.v.Names(labelLock, string(ref)) }

// compute opens what was read, computes, and seals what is to be written.
func (t *turn) compute(rows []Rows) ([]Stmt, error) {
	t.out, t.erased, t.failed = Outcome{}, false, nil // of an earlier run
	w := &writes{turn: t, view: View{Now: t.now}}
	defer w.forget()
	if err := w.load(rows); err != nil {
		return nil, err
	}
	eff, err := t.f(w.view)
	if err != nil {
		t.failed = err
		return nil, err
	}
	if eff.File != nil {
		if t.at < 0 || taken(rows[t.at:t.at+3]) {
			return nil, errDraw
		}
		fill(&eff, t.ref)
	}
	if t.e.Reporter && !reasoned(eff.Journal, t.e.Signal) {
		return nil, ErrNoReason
	}
	if err := w.all(eff); err != nil {
		return nil, err
	}
	return w.stmts, nil
}

// fill gives a filed signal's reference to what is about it.
func fill(eff *Effects, ref Reference) {
	eff.Notices = append([]Notice(nil), eff.Notices...)
	for i := range eff.Notices {
		if eff.Notices[i].About == "" {
			eff.Notices[i].About = ref
		}
	}
	eff.Journal = append([]Line(nil), eff.Journal...)
	for i := range eff.Journal {
		if eff.Journal[i].About == "" {
			eff.Journal[i].About = ref
		}
	}
	eff.Tokens = append([]Token(nil), eff.Tokens...)
	for i := range eff.Tokens {
		if eff.Tokens[i].About == "" {
			eff.Tokens[i].About = ref
		}
	}
}

// reasoned says whether the lines give a reason for showing a reporter.
func reasoned(lines []Line, ref Reference) bool {
	for _, l := range lines {
		if l.Action == ActionReporterShown && l.About == ref && !l.Reason.Empty() {
			return true
		}
	}
	return false
}

// writes is one computation: what it saw, opened, and what it writes.
type writes struct {
	*turn
	view    View
	session sessionRow
	// versions of the registers that were read.
	versions map[string]int64
	loaded   *loaded
	token    tokenRow
	filed    vault.Key
	stmts    []Stmt
}

// forget overwrites the keys of signals in memory.
func (w *writes) forget() {
	w.filed.Erase()
	if w.loaded != nil {
		w.loaded.key.Erase()
	}
}

func (w *writes) add(q *query, want int64) { w.stmts = append(w.stmts, q.write(want)) }

// load opens what was read into the view.
func (w *writes) load(rows []Rows) error {
	if i := w.atSession; i >= 0 {
		w.session.Person = w.e.Person
		if len(rows[i]) > 0 {
			row, err := w.s.openSession(rows[i][0])
			if err != nil {
				return err
			}
			w.session = row
		}
		w.view.Session = w.session.Session
		p, err := w.s.openProfile(rows[i+1])
		if err != nil {
			return err
		}
		w.view.Profile = p
	}
	if i := w.atSignal; i >= 0 {
		if err := w.loadSignal(rows[i:]); err != nil {
			return err
		}
	}
	if i := w.atDuty; i >= 0 && len(rows[i]) > 0 {
		d := scanDuty(rows[i][0], nil)
		w.view.Duty = &d
	}
	if i := w.atRegisters; i >= 0 {
		if err := w.loadRegisters(rows[i]); err != nil {
			return err
		}
	}
	if i := w.atToken; i >= 0 && len(rows[i]) > 0 {
		row, err := w.s.openToken(w.e.Token, rows[i][0])
		if err != nil {
			return err
		}
		if row.valid(w.now) && row.bound(w.e) {
			w.token = row
			w.view.Token = &row.Token
		}
	}
	return nil
}

// all turns effects into statements.
func (w *writes) all(eff Effects) error {
	for _, step := range []func(Effects) error{
		w.dialogue, w.file, w.change, w.tokens, w.journal, w.snooze, w.erase, w.notices, w.counts, w.registers,
	} {
		if err := step(eff); err != nil {
			return err
		}
	}
	return nil
}

// dialogue writes session and profile.
func (w *writes) dialogue(eff Effects) error {
	if (eff.Session != nil || eff.End || eff.Profile != nil) && w.person == nil {
		return errors.New("store: a session or profile without a person")
	}
	switch {
	case eff.End:
		if w.session.who != nil {
			w.add(ask(`DELETE FROM sessions WHERE person = ? AND rev = ?`, w.session.who, w.session.Rev), 1)
		}
	case eff.Session != nil:
		n := *eff.Session
		if n.Rev != w.session.Rev && n.Rev != w.session.Rev+1 {
			return fmt.Errorf("store: session goes from revision %d to %d", w.session.Rev, n.Rev)
		}
		n.Person = w.e.Person
		w.stmts = append(w.stmts, w.s.writeSession(w.session, w.person[0], n, w.now))
	}
	if eff.Profile == nil {
		return nil
	}
	if *eff.Profile == (Profile{}) {
		w.add(ask(`DELETE FROM profiles WHERE person IN ?`, w.profile), AnyRows)
		return nil
	}
	st, err := w.s.writeProfile(w.profile, keptProfile{eff.Profile.Lang, eff.Profile.Department, w.e.Person}, w.now)
	w.stmts = append(w.stmts, st...)
	return err
}

// counts adds one to each counter of this half-year.
func (w *writes) counts(eff Effects) error {
	for _, name := range eff.Count {
		w.add(ask(`INSERT INTO counts (name, period, n) VALUES (?, ?, 1)
			ON CONFLICT (name, period) DO UPDATE SET n = counts.n + 1`, name, Period(w.now)), 1)
	}
	return nil
}
