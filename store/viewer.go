package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store/vault"
)

const signalColumns = `s.ref, s.status, s.urgency, s.received, s.read_by, s.read_at, s.direct, s.version,
	s.due, s.clock, s.drill, s.closed, s.holder, s.erase_at, s.reporter_until, s.hold, s.anonymous`

// access is by what right somebody reads signals: it is the condition that
// every read of signals, and of what belongs to one, is put through (D4). What
// it lets through is decided by the database, so that neither key nor content
// of a signal leaves it for somebody who may not see it.
type access struct {
	left, assigned, own [][]byte
	mine                [][]byte // his names as a holder
	all                 bool
	channel             bool // everybody in the channel
}

// viewer returns the condition for a viewer. A viewer without a person sees
// nothing: nobody reads in nobody's name.
func (s *Store) viewer(v Viewer) access {
	if v.Person.Empty() {
		return access{}
	}
	p := v.Person.Reveal()
	a := access{left: s.v.Names(labelLeftOut, p), mine: s.v.Names(labelHolder, p), all: v.All}
	if !v.All {
		a.assigned = s.v.Names(labelAssigned, p)
	}
	return a
}

// reporter returns the condition for the reporter of a signal. He is not held
// back by being left out: he gets no content through it.
func (s *Store) reporter(p Person) access {
	if p.Empty() {
		return access{}
	}
	return access{own: s.v.Names(labelOwn, p.Reveal())}
}

// where adds the condition on signals s.
func (a access) where(q *query) *query {
	switch {
	case a.own != nil:
		return q.add(`s.ref IN (SELECT signal FROM reporters WHERE who IN ?)`, a.own)
	case a.channel:
		return q.add(`s.direct = 0`)
	case a.left == nil:
		return q.add(`1 = 0`)
	}
	q.add(`NOT EXISTS (SELECT 1 FROM leftout l WHERE l.signal = s.ref AND l.who IN ?)`, a.left)
	if !a.all {
		q.add(` AND s.ref IN (SELECT signal FROM assigned WHERE who IN ?)`, a.assigned)
	}
	return q
}

// read reads signals through a condition.
func (a access) read(cond string, args ...any) *query {
	return a.where(ask(`SELECT `+signalColumns+` FROM signals s WHERE `)).add(` AND `+cond, args...)
}

// of reads from a table what belongs to a signal, through the same condition.
func (a access) of(ref Reference, columns, table string) Query {
	q := ask(`SELECT `+columns+` FROM `+table+` t WHERE t.signal = ? AND EXISTS
		(SELECT 1 FROM signals s WHERE s.ref = ? AND `, string(ref), string(ref))
	return a.where(q).add(`)`).read()
}

// scan reads a signal as the one who asks sees it.
func (a access) scan(r []any) Signal {
	holder := blob(r[12])
	return Signal{
		Ref: Reference(text(r[0])), Status: Status(text(r[1])), Urgency: flows.Urgency(text(r[2])),
		Received: fromMicros(num(r[3])), ReadBy: fromMicros(num(r[4])), Read: fromMicros(num(r[5])),
		Direct: num(r[6]) == 1, Version: num(r[7]), Due: fromMicros(num(r[8])), Clock: text(r[9]), Drill: num(r[10]) == 1,
		Closed: fromMicros(num(r[11])), Held: len(holder) > 0,
		Keep: Retention{
			Until: fromMicros(num(r[13])), ReporterUntil: fromMicros(num(r[14])), Hold: num(r[15]) == 1, Anonymous: num(r[16]) == 1,
		},
		Mine: slices.ContainsFunc(a.mine, func(n []byte) bool { return bytes.Equal(n, holder) }),
	}
}

// Card returns a signal's open columns for the bot's own cards, which hold
// nothing else. Everything that a person asks for goes through a Viewer.
func (s *Store) Card(ctx context.Context, ref Reference) (Signal, error) {
	ref = ref.clean()
	rows, err := s.d.Query(ctx, ask(`SELECT `+signalColumns+` FROM signals s WHERE s.ref = ?`, string(ref)).read())
	if err != nil {
		return Signal{}, fmt.Errorf("store: card: %w", err)
	}
	if len(rows[0]) == 0 {
		return Signal{}, ErrNotFound
	}
	return access{}.scan(rows[0][0]), nil
}

// Allowed returns those of persons who are not left out of a signal (D4), in
// their order. It proves that nobody changed by hand who is: then the key does
// not open, and the error wraps vault.ErrOpen.
func (s *Store) Allowed(ctx context.Context, ref Reference, persons []Person) ([]Person, error) {
	s, done := s.hold()
	defer done()
	ref = ref.clean()
	rows, err := s.d.Query(ctx,
		ask(`SELECT sealed FROM keys WHERE signal = ?`, string(ref)).read(),
		ask(`SELECT who FROM leftout WHERE signal = ?`, string(ref)).read())
	if err != nil {
		return nil, fmt.Errorf("store: allowed: %w", err)
	}
	if len(rows[0]) == 0 {
		return nil, ErrNotFound
	}
	left := column(rows[1])
	k, err := s.v.Unwrap(blob(rows[0][0][0]), keyAD(ref, left))
	if err != nil {
		return nil, fmt.Errorf("store: who is left out of %s: %w", ref, err)
	}
	k.Erase()
	out := map[string]bool{}
	for _, w := range left {
		out[string(w)] = true
	}
	var may []Person
	for _, p := range persons {
		if !anyOf(out, s.v.Names(labelLeftOut, p.Reveal())) {
			may = append(may, p)
		}
	}
	return may, nil
}

func anyOf(set map[string]bool, names [][]byte) bool {
	for _, n := range names {
		if set[string(n)] {
			return true
		}
	}
	return false
}

// column returns the first column of rows.
func column(rows Rows) [][]byte {
	out := make([][]byte, len(rows))
	for i, r := range rows {
		out[i] = blob(r[0])
	}
	return out
}

// keyAD binds a signal's key to the signal and to who is left out of it, so
// that it does not open after a row was taken away or added by hand (D4).
func keyAD(ref Reference, left [][]byte) []byte {
	sorted := make([]string, len(left))
	for i, w := range left {
		sorted[i] = string(w)
	}
	slices.Sort(sorted)
	// Names have one length, so that nothing can move between them.
	return vault.AD("keys", string(ref), strings.Join(sorted, ""))
}
