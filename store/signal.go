package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store/vault"
)

// matchesAtOnce bounds the earlier signals that a turn sees.
const matchesAtOnce = 50

// ownAtOnce bounds "mijn signalen".
const ownAtOnce = 50

// loaded is the signal of a turn, opened.
type loaded struct {
	Signal
	key    vault.Key
	report flows.Report // of a reporter: only the field "context"
	people people       // not for a reporter
}

// The reads of a signal, in the order of signalReads.
const (
	rowSignal = iota
	rowKey
	rowLeftOut
	rowFields
	rowReporter // and matches; not for a reporter
	rowMatches
	rowReads // with Event.Reads
)

// signalReads are the reads of the turn's signal. They are the same whether it
// exists or not, and whoever asks.
func (t *turn) signalReads() []Query {
	ref, a := t.e.Signal, t.sig
	qs := []Query{
		a.read(`s.ref = ?`, string(ref)).read(),
		a.of(ref, `t.sealed`, `keys`),
		a.of(ref, `t.who`, `leftout`),
	}
	if t.e.AsReporter {
		return append(qs, a.of(ref, `t.name, t.sealed`, `(SELECT * FROM fields WHERE name IN ('context', 'words'))`))
	}
	qs = append(qs, a.of(ref, `t.name, t.sealed`, `fields`))
	if t.e.Reporter {
		qs = append(qs, a.of(ref, `t.delivery, t.identity`, `reporters`))
	} else {
		qs = append(qs, a.of(ref, `t.signal`, `reporters`))
	}
	qs = append(qs, a.matches(ref))
	if len(t.e.Reads) > 0 {
		qs = append(qs, a.reads(ref, t.e.Reads))
	}
	return qs
}

// matches reads the earlier signals that share a mark with one, through the
// condition twice: on that one and on the others.
func (a access) matches(ref Reference) Query {
	q := ask(`SELECT DISTINCT m.class, s.ref FROM marks o
		JOIN marks m ON m.hash = o.hash AND m.signal <> o.signal
		JOIN signals s ON s.ref = m.signal
		WHERE o.signal = ? AND `, string(ref))
	a.where(q).add(` AND EXISTS (SELECT 1 FROM signals s WHERE s.ref = ? AND `, string(ref))
	return a.where(q).add(`) LIMIT ?`, matchesAtOnce).read()
}

// loadSignal opens the turn's signal for whoever asks.
func (w *writes) loadSignal(rows []Rows) error {
	if len(rows[rowSignal]) == 0 {
		return ErrNotFound
	}
	l := &loaded{Signal: w.sig.scan(rows[rowSignal][0])}
	var err error
	if l.key, err = w.s.openKey(l.Ref, rows[rowKey], rows[rowLeftOut]); err != nil {
		return err
	}
	w.loaded = l
	fields := byName(rows[rowFields])
	w.view.Case = &Case{Signal: l.Signal}
	if w.e.AsReporter {
		if w.e.Reporter {
			return errors.New("store: a reporter is not shown to a reporter")
		}
		if err = l.openReport(fields, "context"); err != nil {
			return err
		}
		return l.openWords(fields, w.view.Case)
	}
	if err := l.openCase(fields, w.view.Case); err != nil {
		return err
	}
	for _, r := range rows[rowMatches] {
		w.view.Matches = append(w.view.Matches, Match{Class: text(r[0]), Ref: Reference(text(r[1]))})
	}
	sortMatches(w.view.Matches)
	if len(w.e.Reads) > 0 {
		w.view.Reads = w.readings(rows[rowReads])
	}
	if w.e.Reporter && len(rows[rowReporter]) > 0 {
		r, err := w.s.openDelivery(l.Ref, blob(rows[rowReporter][0][0]))
		if err == nil {
			err = w.s.openIdentity(l.Ref, blob(rows[rowReporter][0][1]), &r)
		}
		if err != nil {
			return err
		}
		w.view.Reporter = &r
	}
	return nil
}

// openReport opens the named fields of the report, or all. Whether it is an
// exercise stands in an open column, which somebody could change by hand.
func (l *loaded) openReport(fields map[string][]byte, only ...string) (err error) {
	if l.report, err = openReport(l.key, l.Ref, fields, only...); err != nil {
		return err
	}
	if l.report.Drill != l.Drill {
		return fmt.Errorf("store: whether %s is an exercise: %w", l.Ref, vault.ErrOpen)
	}
	return nil
}

// openKey opens a signal's key, which is bound to who is left out of it (D4).
func (s *Store) openKey(ref Reference, key, left Rows) (vault.Key, error) {
	if len(key) == 0 {
		return vault.Key{}, fmt.Errorf("store: key of %s: %w", ref, vault.ErrOpen)
	}
	k, err := s.v.Unwrap(blob(key[0][0]), keyAD(ref, column(left)))
	if err != nil {
		return vault.Key{}, fmt.Errorf("store: key of %s: %w", ref, err)
	}
	return k, nil
}

// byName is the sealed fields of a signal by their name.
func byName(rows Rows) map[string][]byte {
	out := make(map[string][]byte, len(rows))
	for _, r := range rows {
		out[text(r[0])] = blob(r[1])
	}
	return out
}

// openCase opens the whole content of a signal: not who reported it.
func (l *loaded) openCase(fields map[string][]byte, c *Case) error {
	var err error
	if err = l.openReport(fields); err != nil {
		return err
	}
	c.Report = l.report
	if c.Additions, err = openAdditions(l.key, l.Ref, fields); err != nil {
		return err
	}
	return l.openWork(fields, c)
}

// change writes what changes the loaded signal.
func (w *writes) change(eff Effects) error {
	if eff.Status == "" && !eff.Read && eff.Add == nil && eff.Called == "" && eff.Handling.Empty() && eff.Assign == nil &&
		len(eff.LeaveOut) == 0 && eff.Say == nil && eff.Holder == nil && eff.Deadline == nil && eff.Keep == nil && !eff.Anonymise || eff.Erase != "" {
		return nil
	}
	l := w.loaded
	if l == nil {
		return errors.New("store: a change without a signal")
	}
	n := l.Signal
	n.Version++
	if eff.Status != "" {
		n.Status = eff.Status
	}
	if eff.Read && n.Read.IsZero() {
		n.Read = w.now
	}
	if n.Closed.IsZero() && n.Status == Closed {
		n.Closed = w.now
	} else if n.Status != Closed {
		n.Closed = time.Time{}
	}
	if eff.Deadline != nil {
		n.Due, n.Clock = eff.Deadline.At, eff.Deadline.Clock
	}
	w.add(ask(`UPDATE signals SET status = ?, read_at = ?, version = ?, due = ?, clock = ?, closed = ? WHERE ref = ? AND version = ?`,
		string(n.Status), micros(n.Read), n.Version, micros(n.Due), n.Clock, micros(n.Closed), string(l.Ref), l.Version), 1)
	if micros(n.Due) != micros(l.Due) || n.Clock != l.Clock {
		w.deadline(n)
	}
	w.keep(eff)
	if eff.Holder != nil {
		w.add(ask(`UPDATE signals SET holder = ? WHERE ref = ?`, w.holder(*eff.Holder), string(l.Ref)), 1)
	}
	if eff.Called != "" {
		r := l.report
		r.Called = eff.Called
		sealed, err := sealReport(l.key, l.Ref, r, "context")
		if err != nil {
			return err
		}
		w.add(ask(`UPDATE fields SET sealed = ? WHERE signal = ? AND name = 'context'`,
			sealed["context"], string(l.Ref)), 1)
	}
	if err := w.work(eff); err != nil {
		return err
	}
	if eff.Add == nil {
		return nil
	}
	sealed, err := sealField(l.key, l.Ref, additionField(n.Version), eff.Add.at(w.now))
	if err != nil {
		return err
	}
	w.add(ask(`INSERT INTO fields (signal, name, sealed) VALUES (?, ?, ?)`,
		string(l.Ref), additionField(n.Version), sealed), 1)
	if !l.Drill {
		w.marks(l.Ref, textMarks(eff.Add.Text))
	}
	return nil
}

// holder is the name of who has a signal, nil for nobody.
func (w *writes) holder(p Person) any {
	if p.Empty() {
		return nil
	}
	return w.s.v.Name(labelHolder, p.Reveal())
}

// erase destroys the loaded signal: what is left is a tombstone and its journal
// lines, whose reasons die with the key (P18, P30).
func (w *writes) erase(eff Effects) error {
	if eff.Erase == "" {
		return nil
	}
	if w.loaded == nil {
		return errors.New("store: an erasure without a signal")
	}
	ref := string(w.loaded.Ref)
	w.stmts = append(w.stmts, w.s.destroy(w.loaded.Ref)...)
	w.add(ask(`DELETE FROM signals WHERE ref = ? AND version = ?`, ref, w.loaded.Version), 1)
	w.add(ask(`INSERT INTO erased (ref, at, ground) VALUES (?, ?, ?)`, ref, micros(w.now), string(eff.Erase)), 1)
	w.erased = true
	return nil
}

// destroy takes away what a signal leaves no trace of; its own row is the
// caller's.
func (s *Store) destroy(of Reference) []Stmt {
	ref := string(of)
	var out []Stmt
	for _, table := range []string{"keys", "fields", "marks", "reporters", "leftout", "assigned"} {
		out = append(out, ask(`DELETE FROM `+table+` WHERE signal = ?`, ref).write(AnyRows))
	}
	about := s.v.Names(labelAbout, ref)
	return append(out, ask(`DELETE FROM notices WHERE about = ?`, ref).write(AnyRows),
		ask(`DELETE FROM tokens WHERE about IN ?`, about).write(AnyRows),
		ask(`DELETE FROM sessions WHERE about IN ?`, about).write(AnyRows))
}

// Mine returns what a reporter may see of his own signals, newest first, 50 at
// most (P10).
func (s *Store) Mine(ctx context.Context, p Person) ([]Own, error) {
	s, done := s.hold()
	defer done()
	if p.Empty() {
		return nil, nil // a signal without a reporter is nobody's
	}
	rows, err := s.d.Query(ctx, ask(`SELECT s.ref, s.received, s.status, r.delivery, s.drill FROM reporters r
		JOIN signals s ON s.ref = r.signal WHERE r.who IN ?
		ORDER BY s.received DESC, s.ref LIMIT ?`, s.v.Names(labelOwn, p.Reveal()), ownAtOnce).read())
	if err != nil {
		return nil, fmt.Errorf("store: own signals: %w", err)
	}
	out := make([]Own, 0, len(rows[0]))
	for _, r := range rows[0] {
		ref := Reference(text(r[0]))
		d, err := s.openDelivery(ref, blob(r[3]))
		if err != nil {
			return nil, err
		}
		out = append(out, Own{Number: d.Number, Ref: ref, Received: fromMicros(num(r[1])), Status: Status(text(r[2])), Drill: num(r[4]) == 1})
	}
	return out, nil
}

// Reveal is one time that a reporter was shown to somebody.
type Reveal struct {
	Number Number // the reporter's own number of the signal
	At     time.Time
}

// Reveals returns when a reporter was shown, over all of his signals, newest
// first, 50 at most (P9). To whom and why stays in the journal.
func (s *Store) Reveals(ctx context.Context, p Person) ([]Reveal, error) {
	s, done := s.hold()
	defer done()
	if p.Empty() {
		return nil, nil // as in Mine
	}
	rows, err := s.d.Query(ctx, ask(`SELECT r.signal, r.delivery, j.at FROM reporters r
		JOIN journal j ON j.about = r.signal WHERE r.who IN ? AND j.action = ?
		ORDER BY j.at DESC, j.id DESC LIMIT ?`, s.v.Names(labelOwn, p.Reveal()), ActionReporterShown, ownAtOnce).read())
	if err != nil {
		return nil, fmt.Errorf("store: reveals: %w", err)
	}
	out := make([]Reveal, 0, len(rows[0]))
	for _, r := range rows[0] {
		d, err := s.openDelivery(Reference(text(r[0])), blob(r[1]))
		if err != nil {
			return nil, err
		}
		out = append(out, Reveal{Number: d.Number, At: fromMicros(num(r[2]))})
	}
	return out, nil
}

// Deliver opens where to reach a signal's reporter, for as long as f runs (D5).
// Name and Source are not opened. ErrNotFound means that there is no reporter
// any more. f's error comes back as it is.
func (s *Store) Deliver(ctx context.Context, ref Reference, f func(context.Context, Reporter) error) error {
	r, err := s.reach(ctx, ref.clean())
	if err != nil {
		return err
	}
	return f(ctx, r)
}

// reach opens where to reach a signal's reporter.
func (s *Store) reach(ctx context.Context, ref Reference) (Reporter, error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx, ask(`SELECT delivery FROM reporters WHERE signal = ?`, string(ref)).read())
	if err != nil {
		return Reporter{}, fmt.Errorf("store: deliver: %w", err)
	}
	if len(rows[0]) == 0 {
		return Reporter{}, ErrNotFound
	}
	return s.openDelivery(ref, blob(rows[0][0][0]))
}
