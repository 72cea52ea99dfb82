package store

// openWork opens what officers recorded of a signal, and who it is assigned to.
func (l *loaded) openWork(fields map[string][]byte, c *Case) error {
	if err := openField(l.key, l.Ref, fieldPeople, fields[fieldPeople], &l.people); err != nil {
		return err
	}
	c.Assigned = l.people.Assigned
	return openField(l.key, l.Ref, fieldHandling, fields[fieldHandling], &c.Handling)
}

// work writes what officers recorded, and who the signal is assigned to.
func (w *writes) work(eff Effects) error {
	if !eff.Handling.Empty() {
		if err := w.field(fieldHandling, eff.Handling); err != nil {
			return err
		}
	}
	if eff.Assign == nil {
		return nil
	}
	l := w.loaded
	if err := w.field(fieldPeople, people{l.people.LeftOut, *eff.Assign}); err != nil {
		return err
	}
	w.add(ask(`DELETE FROM assigned WHERE signal = ?`, string(l.Ref)), AnyRows)
	if who := names(w.s.v, labelAssigned, *eff.Assign); len(who) > 0 {
		w.add(ask(`INSERT INTO assigned (who, signal) VALUES `).rows(len(who), func(i int) []any {
			return []any{who[i], string(l.Ref)}
		}), int64(len(who)))
	}
	return nil
}

// field seals a field of the loaded signal anew.
func (w *writes) field(name string, v any) error {
	ref := w.loaded.Ref
	sealed, err := sealField(w.loaded.key, ref, name, v)
	if err != nil {
		return err
	}
	w.add(ask(`UPDATE fields SET sealed = ? WHERE signal = ? AND name = ?`, sealed, string(ref), name), 1)
	return nil
}
