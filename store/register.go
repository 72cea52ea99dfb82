package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store/vault"
)

// A register is a record about no signal: who is absent, the hours of the role,
// the meetings. It is one text under a name, sealed for working use; only
// whoever wrote it knows its form. Turns that load the same register run one
// after the other.

func readRegisters(names []string) Query {
	return ask(`SELECT name, version, sealed FROM registers WHERE name IN ?`, names).read()
}

// registerAD binds a register to its name and version.
func registerAD(name string, version int64) []byte {
	return vault.AD("registers", name, fmt.Sprint(version))
}

func (s *Store) openRegister(r []any) (name string, version int64, body private.Text, err error) {
	name, version = text(r[0]), num(r[1])
	if err := s.openInto(&body, blob(r[2]), registerAD(name, version)); err != nil {
		return "", 0, private.Text{}, fmt.Errorf("store: register %s: %w", name, err)
	}
	return name, version, body, nil
}

func (s *Store) sealRegister(name string, version int64, body private.Text) ([]byte, error) {
	plain, err := private.Encode(body)
	if err != nil {
		return nil, err
	}
	return s.v.SealWorking(pad(plain), registerAD(name, version)), nil
}

// loadRegisters opens the turn's registers.
func (w *writes) loadRegisters(rows Rows) error {
	w.versions, w.view.Registers = map[string]int64{}, map[string]private.Text{}
	for _, r := range rows {
		name, version, body, err := w.s.openRegister(r)
		if err != nil {
			return err
		}
		w.versions[name], w.view.Registers[name] = version, body
	}
	return nil
}

// registers writes what changed of the loaded registers.
func (w *writes) registers(eff Effects) error {
	for _, name := range slices.Sorted(maps.Keys(eff.Registers)) {
		body := eff.Registers[name]
		if !slices.Contains(w.e.Registers, name) {
			return fmt.Errorf("store: register %s was not loaded", name)
		}
		seen := w.versions[name]
		sealed, err := w.s.sealRegister(name, seen+1, body)
		if err != nil {
			return err
		}
		w.add(ask(`INSERT INTO registers (name, version, sealed) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET version = excluded.version, sealed = excluded.sealed WHERE registers.version = ?`,
			name, seen+1, sealed, seen), 1)
	}
	return nil
}

// Register returns one register as it stands; one that nobody wrote is empty.
func (s *Store) Register(ctx context.Context, name string) (private.Text, error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx, readRegisters([]string{name}))
	if err != nil {
		return private.Text{}, fmt.Errorf("store: register %s: %w", name, err)
	}
	if len(rows[0]) == 0 {
		return private.Text{}, nil
	}
	_, _, body, err := s.openRegister(rows[0][0])
	return body, err
}
