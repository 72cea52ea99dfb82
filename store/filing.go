package store

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store/vault"
)

// readTaken reads whether drawn numbers are in use: by a signal, an erased one,
// or a reporter.
func (s *Store) readTaken(ref Reference, n Number) []Query {
	return []Query{
		ask(`SELECT 1 FROM signals WHERE ref = ?`, string(ref)).read(),
		ask(`SELECT 1 FROM erased WHERE ref = ?`, string(ref)).read(),
		ask(`SELECT 1 FROM reporters WHERE number IN ?`, s.v.Names(labelNumber, string(n))).read(),
	}
}

func taken(rows []Rows) bool {
	for _, r := range rows {
		if len(r) > 0 {
			return true
		}
	}
	return false
}

// file writes a new signal under a key of its own.
func (w *writes) file(eff Effects) error {
	if eff.File == nil {
		return nil
	}
	f := *eff.File
	ref, s := w.ref, w.s
	left := names(s.v, labelLeftOut, f.LeaveOut)
	var err error
	if w.filed, err = vault.NewKey(); err != nil {
		return fmt.Errorf("store: file: %w", err)
	}
	wrapped, err := s.v.Wrap(w.filed, keyAD(ref, left))
	if err != nil {
		return fmt.Errorf("store: file: %w", err)
	}
	f.Report.Drill = f.Drill
	fields, err := sealReport(w.filed, ref, f.Report)
	if err != nil {
		return fmt.Errorf("store: file: %w", err)
	}
	fields[fieldPeople], err = sealField(w.filed, ref, fieldPeople, people{LeftOut: f.LeaveOut, Assigned: f.Assign})
	if err != nil {
		return fmt.Errorf("store: file: %w", err)
	}
	if fields[fieldHandling], err = sealField(w.filed, ref, fieldHandling, private.Text{}); err != nil {
		return fmt.Errorf("store: file: %w", err)
	}
	begun := f.state(w.now)
	w.add(ask(`INSERT INTO signals (ref, status, urgency, received, read_by, read_at, direct, version, due, clock, drill)
		VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)`,
		string(ref), string(begun.Status), string(f.Urgency), micros(begun.Received), micros(begun.ReadBy), micros(begun.Read),
		b2i(len(left) > 0), micros(begun.Due), begun.Clock, b2i(begun.Drill)), 1)
	begun.Ref = ref
	w.deadline(begun)
	w.add(ask(`INSERT INTO keys (signal, key_id, sealed) VALUES (?, ?, ?)`,
		string(ref), int64(s.v.KeyID(vault.UseWrap)), wrapped), 1)
	if fields[fieldWords], err = sealField(w.filed, ref, fieldWords, []Words{}); err != nil {
		return fmt.Errorf("store: file: %w", err)
	}
	all := append(slices.Clone(reportFields), fieldPeople, fieldHandling, fieldWords)
	w.add(ask(`INSERT INTO fields (signal, name, sealed) VALUES `).rows(len(all), func(i int) []any {
		return []any{string(ref), all[i], fields[all[i]]}
	}), int64(len(all)))
	if len(left) > 0 {
		w.add(ask(`INSERT INTO leftout (signal, who) VALUES `).rows(len(left), func(i int) []any {
			return []any{string(ref), left[i]}
		}), int64(len(left)))
	}
	if assigned := names(s.v, labelAssigned, f.Assign); len(assigned) > 0 {
		w.add(ask(`INSERT INTO assigned (who, signal) VALUES `).rows(len(assigned), func(i int) []any {
			return []any{assigned[i], string(ref)}
		}), int64(len(assigned)))
	}
	if !f.Drill { // nothing real is found in an exercise
		w.marks(ref, reportMarks(f.Report))
	}
	return w.fileReporter(f.Reporter)
}

// fileReporter seals who reported, apart from the signal (D5).
func (w *writes) fileReporter(r Reporter) error {
	r.Number = w.number
	d, i, err := w.s.sealReporter(w.ref, r)
	if err != nil {
		return fmt.Errorf("store: file: %w", err)
	}
	w.add(ask(`INSERT INTO reporters (signal, who, number, delivery, identity) VALUES (?, ?, ?, ?, ?)`,
		string(w.ref), w.s.who(w.ref, r.Person), w.s.v.Name(labelNumber, string(r.Number)), d, i), 1)
	w.out.Ref, w.out.Number = w.ref, w.number
	return nil
}

// who is the name under which a reporter finds his own signals. One without a
// chat has a name that nobody finds, another for every signal.
func (s *Store) who(ref Reference, p Person) []byte {
	if p.Empty() {
		return s.v.Name(labelOwn, "", string(ref))
	}
	return s.v.Name(labelOwn, p.Reveal())
}

// names are the pseudonyms of persons, each once.
func names(v *vault.Vault, l vault.Label, ps []Person) [][]byte {
	seen := map[string]bool{}
	var out [][]byte
	for _, p := range ps {
		n := v.Name(l, p.Reveal())
		if !p.Empty() && !seen[string(n)] {
			seen[string(n)] = true
			out = append(out, n)
		}
	}
	return out
}

// marks writes the blind index of a signal (D9), under every enabled key: then
// two signals share one whichever key was primary when they came. Once all have
// theirs under the primary key, the older ones are left to be retired.
func (w *writes) marks(ref Reference, ms []mark) {
	type row struct {
		hash  []byte
		class string
	}
	var rows []row
	for _, m := range ms {
		for _, h := range w.s.markNames(m) {
			rows = append(rows, row{h, m.class})
		}
	}
	if len(rows) == 0 {
		return
	}
	w.add(ask(`INSERT INTO marks (hash, signal, class) VALUES `).rows(len(rows), func(i int) []any {
		return []any{rows[i].hash, string(ref), rows[i].class}
	}).add(` ON CONFLICT (hash, signal) DO NOTHING`), AnyRows)
}

func (s *Store) markNames(m mark) [][]byte {
	names := s.v.Names(labelMark, m.class, m.form)
	if !s.settled {
		return names
	}
	return slices.DeleteFunc(names, func(n []byte) bool { return begins(n, s.v.Prefixes(vault.UseIndex)) })
}

// begins says whether b begins with one of prefixes.
func begins(b []byte, prefixes [][]byte) bool {
	return slices.ContainsFunc(prefixes, func(p []byte) bool { return bytes.HasPrefix(b, p) })
}

func sortMatches(ms []Match) {
	slices.SortFunc(ms, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Ref, a.Ref), cmp.Compare(a.Class, b.Class))
	})
}
