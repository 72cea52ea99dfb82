package store

import (
	"errors"
	"slices"

	"github.com/meldroute/meldroute/store/vault"
)

// openWork opens what officers recorded of a signal, and who it is assigned to.
func (l *loaded) openWork(fields map[string][]byte, c *Case) error {
	if err := openField(l.key, l.Ref, fieldPeople, fields[fieldPeople], &l.people); err != nil {
		return err
	}
	c.Assigned, c.LeftOut = l.people.Assigned, l.people.LeftOut
	if err := l.openWords(fields, c); err != nil {
		return err
	}
	return openField(l.key, l.Ref, fieldHandling, fields[fieldHandling], &c.Handling)
}

// openWords opens what was written to the reporter. A signal from before there
// were words has no such field.
func (l *loaded) openWords(fields map[string][]byte, c *Case) error {
	sealed, ok := fields[fieldWords]
	if !ok {
		return nil
	}
	return openField(l.key, l.Ref, fieldWords, sealed, &c.Words)
}

// work writes what officers recorded and said, and who the signal is assigned
// to.
func (w *writes) work(eff Effects) error {
	if eff.Say != nil {
		if err := w.field(fieldWords, append(slices.Clone(w.view.Case.Words), *eff.Say)); err != nil {
			return err
		}
	}
	if !eff.Handling.Empty() {
		if err := w.field(fieldHandling, eff.Handling); err != nil {
			return err
		}
	}
	if eff.Assign == nil && len(eff.LeaveOut) == 0 && eff.Holder == nil {
		return nil
	}
	if w.e.AsReporter {
		return errors.New("store: a reporter changes who has a signal")
	}
	who := w.loaded.people
	if eff.Assign != nil {
		who.Assigned = *eff.Assign
	}
	if eff.Holder != nil {
		who.Holder = *eff.Holder
	}
	if len(eff.LeaveOut) > 0 {
		who.LeftOut = append(slices.Clone(who.LeftOut), eff.LeaveOut...)
		who.Assigned = slices.DeleteFunc(slices.Clone(who.Assigned), func(p Person) bool { return slices.Contains(who.LeftOut, p) })
		if err := w.leaveOut(who.LeftOut); err != nil {
			return err
		}
	}
	if err := w.field(fieldPeople, who); err != nil {
		return err
	}
	ref := string(w.loaded.Ref)
	w.writeNames("assigned", ref, names(w.s.v, labelAssigned, who.Assigned))
	return nil
}

// leaveOut binds the signal's key to who is left out of it now (D4): whoever
// takes the new rows away by hand finds a key that does not open.
func (w *writes) leaveOut(all []Person) error {
	l, s := w.loaded, w.s
	left := names(s.v, labelLeftOut, all)
	wrapped, err := s.v.Wrap(l.key, keyAD(l.Ref, left))
	if err != nil {
		return err
	}
	ref := string(l.Ref)
	w.add(ask(`UPDATE keys SET key_id = ?, sealed = ? WHERE signal = ?`, int64(s.v.KeyID(vault.UseWrap)), wrapped, ref), 1)
	w.writeNames("leftout", ref, left)
	w.add(ask(`UPDATE signals SET direct = 1 WHERE ref = ?`, ref), 1)
	return nil
}

// field seals a field of the loaded signal anew.
func (w *writes) field(name string, v any) error {
	ref := w.loaded.Ref
	sealed, err := sealField(w.loaded.key, ref, name, v)
	if err != nil {
		return err
	}
	w.add(ask(`INSERT INTO fields (signal, name, sealed) VALUES (?, ?, ?)
		ON CONFLICT (signal, name) DO UPDATE SET sealed = excluded.sealed`, string(ref), name, sealed), 1)
	return nil
}
