package store

import (
	"context"
	"slices"

	"github.com/meldroute/meldroute/store/vault"
)

// signals makes anew what belongs to signals: the wrapped key, whose associated
// data holds the names of who is left out, those names themselves, the marks and
// the reporter.
func (r *rewrap) signals(ctx context.Context) error {
	for after := ""; ; {
		end, err := r.page(ctx, after)
		if err != nil || end == "" {
			return err
		}
		refs, err := r.agedSignals(ctx, after, end)
		if err != nil {
			return err
		}
		for chunk := range slices.Chunk(refs, signalsAtOnce) {
			if err := r.remakeSignals(ctx, chunk); err != nil {
				return err
			}
		}
		after = end
	}
}

// page is the last of the next signals to look at; "" after all. However many
// there are, no statement reads more of them than these.
func (r *rewrap) page(ctx context.Context, after string) (string, error) {
	rows, err := r.s.d.Query(ctx, ask(`SELECT MAX(signal) FROM (SELECT signal FROM keys WHERE signal > ?
		ORDER BY signal LIMIT ?) page`, after, signalsAPage).read())
	if err != nil {
		return "", err
	}
	return text(rows[0][0][0]), nil
}

// agedSignals are those of a page of which something was made under an old key.
func (r *rewrap) agedSignals(ctx context.Context, after, end string) ([]string, error) {
	s := r.s
	q := ask(`SELECT k.signal FROM keys k WHERE k.signal > ? AND k.signal <= ?
		AND (EXISTS (SELECT 1 FROM keys t WHERE t.signal = k.signal AND `, after, end)
	s.aged(q, "keys")
	for _, table := range []string{"reporters", "leftout", "assigned", "marks"} {
		s.aged(q.add(`) OR EXISTS (SELECT 1 FROM `+table+` t WHERE t.signal = k.signal AND `), table)
	}
	s.aged(q.add(`) OR EXISTS (SELECT 1 FROM signals t WHERE t.ref = k.signal AND `), "signals")
	rows, err := s.d.Query(ctx, q.add(`)) ORDER BY k.signal`).read())
	if err != nil {
		return nil, err
	}
	refs := make([]string, len(rows[0]))
	for i, row := range rows[0] {
		refs[i] = text(row[0])
	}
	return refs, nil
}

// remakeSignals makes some signals anew in one transaction.
func (r *rewrap) remakeSignals(ctx context.Context, refs []string) error {
	s := r.s
	var locks [][]byte
	for _, ref := range refs {
		locks = append(locks, s.lock(Reference(ref))...)
	}
	before := r.out
	before.Stuck = slices.Clip(before.Stuck)
	return r.batch(ctx, Turn{Locks: locks, Reads: signalRows(refs), Compute: func(rows []Rows) ([]Stmt, error) {
		r.out = before
		var stmts []Stmt
		for _, a := range apart(rows) {
			mine, err := s.remadeSignal(a)
			if err != nil {
				s.log.Error("a signal does not open", "about", a.ref)
				r.out.Stuck = append(r.out.Stuck, a.ref)
				continue
			}
			r.out.Rows++
			stmts = append(stmts, mine...)
		}
		return stmts, nil
	}})
}

// signalRows reads what apart takes apart.
func signalRows(refs []string) []Query {
	return []Query{
		ask(`SELECT k.signal, k.sealed, s.holder FROM keys k JOIN signals s ON s.ref = k.signal WHERE k.signal IN ?`, refs).read(),
		ask(`SELECT signal, who FROM leftout WHERE signal IN ?`, refs).read(),
		ask(`SELECT signal, name, sealed FROM fields WHERE signal IN ?`, refs).read(),
		ask(`SELECT signal, delivery, identity FROM reporters WHERE signal IN ?`, refs).read(),
	}
}

// sealedSignal is a signal as it stands in the database.
type sealedSignal struct {
	ref      Reference
	key      []byte
	held     bool
	left     [][]byte
	fields   map[string][]byte
	reporter []any // delivery and identity; nil without
}

// apart sorts what signalRows read by signal.
func apart(rows []Rows) []*sealedSignal {
	var out []*sealedSignal
	by := map[string]*sealedSignal{}
	for _, r := range rows[0] {
		a := &sealedSignal{ref: Reference(text(r[0])), key: blob(r[1]), held: r[2] != nil, fields: map[string][]byte{}}
		by[text(r[0])] = a
		out = append(out, a)
	}
	each := func(rows Rows, f func(a *sealedSignal, r []any)) {
		for _, r := range rows {
			if a := by[text(r[0])]; a != nil {
				f(a, r[1:])
			}
		}
	}
	each(rows[1], func(a *sealedSignal, r []any) { a.left = append(a.left, blob(r[0])) })
	each(rows[2], func(a *sealedSignal, r []any) { a.fields[text(r[0])] = blob(r[1]) })
	each(rows[3], func(a *sealedSignal, r []any) { a.reporter = r })
	return out
}

// remadeSignal returns the statements that make a signal's rows anew. The
// signal's own key, and all that it sealed, stay as they are.
func (s *Store) remadeSignal(a *sealedSignal) ([]Stmt, error) {
	k, err := s.v.Unwrap(a.key, keyAD(a.ref, a.left))
	if err != nil {
		return nil, err
	}
	defer k.Erase()
	var who people
	if err := openField(k, a.ref, fieldPeople, a.fields[fieldPeople], &who); err != nil {
		return nil, err
	}
	report, err := openReport(k, a.ref, a.fields)
	if err != nil {
		return nil, err
	}
	added, err := openAdditions(k, a.ref, a.fields)
	if err != nil {
		return nil, err
	}
	left := names(s.v, labelLeftOut, who.LeftOut)
	if len(left) != len(a.left) {
		return nil, vault.ErrOpen // names without persons: never guessed
	}
	wrapped, err := s.v.Wrap(k, keyAD(a.ref, left))
	if err != nil {
		return nil, err
	}
	w := &writes{turn: &turn{s: s}}
	ref := string(a.ref)
	w.add(ask(`UPDATE keys SET key_id = ?, sealed = ? WHERE signal = ?`, int64(s.v.KeyID(vault.UseWrap)), wrapped, ref), 1)
	w.writeNames("leftout", ref, left)
	w.writeNames("assigned", ref, names(s.v, labelAssigned, who.Assigned))
	if a.held {
		w.add(ask(`UPDATE signals SET holder = ? WHERE ref = ?`, w.holder(who.Holder), ref), 1)
	}
	var marks []mark
	if !report.Drill { // it never had any
		marks = reportMarks(report)
		for _, add := range added {
			marks = append(marks, textMarks(add.Text)...)
		}
	}
	w.add(ask(`DELETE FROM marks WHERE signal = ?`, ref), AnyRows)
	// Every replica knows the primary key by now, and writes under it.
	primary := *s
	primary.settled = true
	w.s = &primary
	w.marks(a.ref, marks)
	if a.reporter != nil {
		err = w.remadeReporter(a)
	}
	return w.stmts, err
}

// writeNames replaces the rows of a signal in leftout or assigned.
func (w *writes) writeNames(table, ref string, who [][]byte) {
	w.add(ask(`DELETE FROM `+table+` WHERE signal = ?`, ref), AnyRows)
	if len(who) == 0 {
		return
	}
	w.add(ask(`INSERT INTO `+table+` (signal, who) VALUES `).rows(len(who), func(i int) []any {
		return []any{ref, who[i]}
	}), int64(len(who)))
}

func (w *writes) remadeReporter(a *sealedSignal) error {
	s := w.s
	r, err := s.openDelivery(a.ref, blob(a.reporter[0]))
	if err == nil {
		err = s.openIdentity(a.ref, blob(a.reporter[1]), &r)
	}
	if err != nil {
		return err
	}
	d, i, err := s.sealReporter(a.ref, r)
	if err != nil {
		return err
	}
	w.add(ask(`UPDATE reporters SET who = ?, number = ?, delivery = ?, identity = ? WHERE signal = ?`,
		s.who(a.ref, r.Person), s.v.Name(labelNumber, string(r.Number)), d, i, string(a.ref)), 1)
	return nil
}
