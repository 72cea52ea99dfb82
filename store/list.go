package store

import (
	"context"
	"fmt"
	"slices"
)

// Which picks signals of the desk.
type Which string

// What can be picked. What is late, new or waits for a partner comes by its
// deadline, the earliest first. What is open, mine or nobody's is not closed, or
// still owes something: by deadline, and then what has none, newest first. What
// is done is closed, the last one first; PickEvery is all, newest first.
const (
	PickOpen    Which = ""
	PickLate    Which = "late"
	PickNew     Which = "new"
	PickMine    Which = "mine"
	PickNobodys Which = "nobodys"
	PickPartner Which = "partner"
	PickDone    Which = "done"
	PickEvery   Which = "every"
)

// ClockFeedback is the Clock of a signal that waits for a partner's answer (T5).
const ClockFeedback = "feedback"

// Pick is a part of the desk's list.
type Pick struct {
	Which Which
	// Channel asks for what may stand in the desk's channel, in place of what
	// the viewer may see: nobody is left out of it (D4). Nothing in it is his.
	Channel bool
	// Holder is whose signals PickMine picks, in place of the viewer's.
	Holder Person
	// Direct picks only those that somebody is left out of.
	Direct bool
	// Skip passes over the first, which are read all the same; Max is at most
	// 200, as is 0.
	Skip, Max int
}

// Listed is what List found.
type Listed struct {
	Signals []Signal
	More    bool // there are more behind these
	// Counts are how many there are of each kind but PickOpen, PickDone and
	// PickEvery; at most CountMax.
	Counts map[Which]int
}

// CountMax is how far List counts, so that its cost stays flat.
const CountMax = 100

const listMax = 200

// counted are the kinds that List counts.
var counted = []Which{PickLate, PickNew, PickMine, PickNobodys, PickPartner}

// List returns a part of the desk's list for a viewer.
func (s *Store) List(ctx context.Context, v Viewer, p Pick) (Listed, error) {
	s, done := s.hold()
	defer done()
	a := s.viewer(v)
	if p.Channel {
		a = access{channel: true}
	}
	l := listing{a: a, p: p, mine: a.mine, now: micros(s.clock())}
	if !p.Holder.Empty() {
		l.mine = s.v.Names(labelHolder, p.Holder.Reveal())
	}
	if p.Max <= 0 || p.Max > listMax {
		p.Max = listMax
	}
	p.Skip = max(p.Skip, 0)
	qs := l.parts(p.Skip + p.Max + 1)
	for _, w := range counted {
		qs = append(qs, l.count(w))
	}
	rows, err := s.d.Query(ctx, qs...)
	if err != nil {
		return Listed{}, fmt.Errorf("store: list: %w", err)
	}
	out := Listed{Counts: map[Which]int{}}
	counts := rows[len(rows)-len(counted):]
	for i, w := range counted {
		out.Counts[w] = int(num(counts[i][0][0]))
	}
	for _, r := range slices.Concat(rows[:len(rows)-len(counted)]...) {
		out.Signals = append(out.Signals, a.scan(r))
	}
	out.Signals = out.Signals[min(p.Skip, len(out.Signals)):]
	if len(out.Signals) > p.Max {
		out.Signals, out.More = out.Signals[:p.Max], true
	}
	return out, nil
}

// listing makes the statements of one List.
type listing struct {
	a    access
	p    Pick
	mine [][]byte
	now  int64
}

// where reads signals of a kind, without their order.
func (l listing) where(q *query, w Which) *query {
	l.a.where(q)
	if l.p.Direct {
		q.add(` AND s.direct = 1`)
	}
	switch w {
	case PickLate:
		q.add(` AND s.due > 0 AND s.due < ?`, l.now)
	case PickNew:
		q.add(` AND s.due > 0 AND s.clock = ?`, ClockRead)
	case PickPartner:
		q.add(` AND s.due > 0 AND s.clock = ?`, ClockFeedback)
	case PickMine:
		if len(l.mine) == 0 {
			return q.add(` AND 1 = 0`)
		}
		q.add(` AND s.holder IN ? AND (s.closed = 0 OR s.due > 0)`, l.mine)
	case PickNobodys:
		q.add(` AND s.holder IS NULL AND s.closed = 0`)
	case PickDone:
		q.add(` AND s.closed > 0`)
	case PickOpen, PickEvery:
	}
	return q
}

// parts are the statements whose rows, one after the other, are the list.
func (l listing) parts(limit int) []Query {
	read := func(more string) Query {
		q := ask(`SELECT ` + signalColumns + ` FROM signals s WHERE `)
		return l.where(q, l.p.Which).add(more+` LIMIT ?`, limit).read()
	}
	switch l.p.Which {
	case PickLate, PickNew, PickPartner:
		return []Query{read(` ORDER BY s.due, s.ref`)}
	case PickDone:
		return []Query{read(` ORDER BY s.closed DESC, s.ref`)}
	case PickEvery:
		return []Query{read(` ORDER BY s.received DESC, s.ref`)}
	default:
		return []Query{
			read(` AND s.due > 0 ORDER BY s.due, s.ref`),
			read(` AND s.due = 0 AND s.closed = 0 ORDER BY s.received DESC, s.ref`),
		}
	}
}

func (l listing) count(w Which) Query {
	return l.where(ask(`SELECT COUNT(*) FROM (SELECT 1 AS one FROM signals s WHERE `), w).add(` LIMIT ?) c`, CountMax).read()
}
