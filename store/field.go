package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store/vault"
)

// grains says in which sealed field each part of a flows.Report stands, by its
// JSON name. What is not named here goes to "more".
var grains = map[string]string{
	"acute": "told", "origin": "told", "what": "told", "when": "told", "seen": "told",
	"place": "place", "forms": "forms", "indicators": "indicators",
	"persons": "persons", "things": "things", "housing": "housing",
	"urgency": "risk", "speed": "risk", "risk": "risk",
	"department": "context", "teamlead": "context", "called": "context", "aware": "context", "drill": "context",
	"involved": "involved", "involved_who": "involved", "leave_out": "involved",
}

// reportFields are all fields of a report. Every signal has every one, empty
// or not: which question was asked would tell the form of exploitation.
var reportFields = []string{"told", "place", "forms", "indicators", "persons", "things", "housing", "risk", "context", "involved", "more"}

const (
	// fieldPeople holds who is left out and assigned, for a rotation of keys.
	fieldPeople = "people"
	// fieldHandling holds what officers recorded.
	fieldHandling = "handling"
	fieldWords    = "words" // what was written to the reporter
	// fieldAddition is followed by the version that the addition made.
	fieldAddition = "addition "
	// padTo hides the length of a field: a multiple of this many bytes.
	padTo = 256
)

// people are the persons behind a signal's names: in leftout, in assigned, and
// who has it.
type people struct {
	LeftOut  []Person `json:"left_out"`
	Assigned []Person `json:"assigned"`
	Holder   Person   `json:"holder"`
}

func fieldAD(ref Reference, name string) []byte { return vault.AD("fields", string(ref), name) }

// sealField seals a value under a signal's key.
func sealField(k vault.Key, ref Reference, name string, v any) ([]byte, error) {
	plain, err := private.Encode(v)
	if err != nil {
		return nil, err
	}
	return k.Seal(pad(plain), fieldAD(ref, name)), nil
}

// pad hides a length, with the spaces that JSON ignores at its end.
func pad(b []byte) []byte {
	if over := len(b) % padTo; over > 0 {
		b = append(b, bytes.Repeat([]byte{' '}, padTo-over)...)
	}
	return b
}

func openField(k vault.Key, ref Reference, name string, sealed []byte, v any) error {
	plain, err := k.Open(sealed, fieldAD(ref, name))
	if err != nil {
		return fmt.Errorf("store: field %s of %s: %w", name, ref, err)
	}
	return private.Decode(plain, v)
}

// split parts a report into its fields.
func split(r flows.Report) (map[string]map[string]json.RawMessage, error) {
	b, err := private.Encode(r)
	if err != nil {
		return nil, err
	}
	var whole map[string]json.RawMessage
	if err := private.Decode(b, &whole); err != nil {
		return nil, err
	}
	parts := map[string]map[string]json.RawMessage{}
	for _, f := range reportFields {
		parts[f] = map[string]json.RawMessage{}
	}
	for key, v := range whole {
		f, ok := grains[key]
		if !ok {
			f = "more"
		}
		parts[f][key] = v
	}
	return parts, nil
}

// sealReport seals the named fields of a report, or all.
func sealReport(k vault.Key, ref Reference, r flows.Report, only ...string) (map[string][]byte, error) {
	parts, err := split(r)
	if err != nil {
		return nil, err
	}
	if len(only) == 0 {
		only = reportFields
	}
	sealed := make(map[string][]byte, len(only))
	for _, f := range only {
		if sealed[f], err = sealField(k, ref, f, parts[f]); err != nil {
			return nil, err
		}
	}
	return sealed, nil
}

// openReport opens the named fields of a report, or all. One that is missing is
// as bad as one that does not open: somebody took it away.
func openReport(k vault.Key, ref Reference, fields map[string][]byte, only ...string) (flows.Report, error) {
	if len(only) == 0 {
		only = reportFields
	}
	whole := map[string]json.RawMessage{}
	for _, f := range only {
		var part map[string]json.RawMessage
		if err := openField(k, ref, f, fields[f], &part); err != nil {
			return flows.Report{}, err
		}
		for key, v := range part {
			whole[key] = v
		}
	}
	var r flows.Report
	b, err := json.Marshal(whole)
	if err == nil {
		err = private.Decode(b, &r)
	}
	if err != nil {
		return flows.Report{}, fmt.Errorf("store: report of %s: malformed", ref)
	}
	return r, nil
}

// openAdditions opens what was added, in order.
func openAdditions(k vault.Key, ref Reference, fields map[string][]byte) ([]Addition, error) {
	type numbered struct {
		n int64
		Addition
	}
	var all []numbered
	for name, sealed := range fields {
		rest, ok := strings.CutPrefix(name, fieldAddition)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(rest, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("store: field of %s: %w", ref, vault.ErrOpen)
		}
		a := numbered{n: n}
		if err := openField(k, ref, name, sealed, &a.Addition); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b numbered) int { return cmp.Compare(a.n, b.n) })
	out := make([]Addition, len(all))
	for i, a := range all {
		out[i] = a.Addition
	}
	return out, nil
}

func additionField(version int64) string { return fieldAddition + strconv.FormatInt(version, 10) }

// delivery and identity are the two sealed halves of a reporter (D5): what the
// bot opens to deliver, and what only "Toon melder" opens.
type delivery struct {
	Person Person `json:"person"`
	Place  Person `json:"place"`
	Lang   string `json:"lang"`
	Number Number `json:"number"`
}

type identity struct {
	Name   private.Text `json:"name"`
	Source flows.Source `json:"source"`
}

func (s *Store) sealReporter(ref Reference, r Reporter) (d, i []byte, err error) {
	b, err := private.Encode(delivery{r.Person, r.Place, r.Lang, r.Number})
	if err != nil {
		return nil, nil, err
	}
	d = s.v.SealReporter(pad(b), vault.AD("reporters", string(ref), "delivery"))
	if b, err = private.Encode(identity{r.Name, r.Source}); err != nil {
		return nil, nil, err
	}
	return d, s.v.SealReporter(pad(b), vault.AD("reporters", string(ref), "identity")), nil
}

func (s *Store) openDelivery(ref Reference, sealed []byte) (Reporter, error) {
	plain, err := s.v.OpenReporter(sealed, vault.AD("reporters", string(ref), "delivery"))
	if err != nil {
		return Reporter{}, fmt.Errorf("store: delivery of %s: %w", ref, err)
	}
	var d delivery
	if err := private.Decode(plain, &d); err != nil {
		return Reporter{}, err
	}
	return Reporter{Person: d.Person, Place: d.Place, Lang: d.Lang, Number: d.Number}, nil
}

func (s *Store) openIdentity(ref Reference, sealed []byte, r *Reporter) error {
	plain, err := s.v.OpenReporter(sealed, vault.AD("reporters", string(ref), "identity"))
	if err != nil {
		return fmt.Errorf("store: reporter of %s: %w", ref, err)
	}
	var i identity
	if err := private.Decode(plain, &i); err != nil {
		return err
	}
	r.Name, r.Source = i.Name, i.Source
	return nil
}

// at sets its time from the turn when the caller left it out.
func (a Addition) at(now time.Time) Addition {
	if a.At.IsZero() {
		a.At = now
	}
	return a
}
