package store

import (
	"context"
	"fmt"
	"time"
)

// KindDuty is the notice that brings up a signal's deadline. The store plans it
// in the transaction that writes the deadline, so that none can be forgotten,
// and ends it when the deadline changes or is met. Its N grows.
const KindDuty = "duty"

// KindDaily is the message that brings up the duties of one day: its N is the
// day, yyyymmdd (Day).
const KindDaily = "daily"

// Moment is when a deadline is brought up, and whether by itself (at once) or
// in the bundle of a day. A zero At is never.
type Moment struct {
	At    time.Time
	Apart bool
}

// Remind says when a signal's deadline is to be brought up next, later than
// after. fresh says that the deadline was set just then, else it was brought up.
// It must be pure.
type Remind func(s Signal, after time.Time, fresh bool) Moment

// plainRemind is what a Store does that was given no Remind: when it is due, and
// every day from then on.
func plainRemind(s Signal, after time.Time, _ bool) Moment {
	at := s.Due
	if late := after.Sub(at); late >= 0 {
		at = at.Add((late/(24*time.Hour) + 1) * 24 * time.Hour)
	}
	return Moment{At: at}
}

// Warn says when it is brought up next, later than after, that what is kept as r
// says is erased; zero is never again. fresh says that r was set just then. It
// must be pure.
type Warn func(r Retention, after time.Time, fresh bool) time.Time

// Duty is what is to be brought up about a signal: an open notice of KindDuty or
// KindExpiring, and the open columns of the signal.
type Duty struct {
	NoticeID
	Signal
	// At is when it is brought up, Snoozed how often the deadline was put off.
	At      time.Time
	Snoozed int
	// Holder is who has the signal, of the persons that were asked about.
	Holder Person
}

// Snooze puts off when the loaded signal's deadline is brought up next, in a
// bundle. It leaves the deadline itself.
type Snooze struct{ Until time.Time }

// Day is the number of a day: yyyymmdd.
func Day(t time.Time) int { return t.Year()*10000 + int(t.Month())*100 + t.Day() }

// What the column bundle holds besides a day.
const (
	byItself = 0
	waiting  = 1
)

// deadline ends the pending duty of a signal and plans the one of its new
// deadline.
func (w *writes) deadline(s Signal) {
	w.anew(KindDuty, s)
}

// anew ends what is pending of a kind, and plans what follows from the signal as
// it is now.
func (w *writes) anew(kind string, s Signal) {
	w.add(ask(`UPDATE notices SET done = 1 WHERE about = ? AND kind = ? AND done = 0`, string(s.Ref), kind), AnyRows)
	w.stmts = append(w.stmts, planDuty(kind, s.Ref, w.s.when(kind, s, w.now, true), 0)...)
}

// when is the next moment of a kind.
func (s *Store) when(kind string, c Signal, after time.Time, fresh bool) Moment {
	switch {
	case kind == KindExpiring && !c.Keep.Hold && !c.Keep.Until.IsZero():
		return Moment{At: s.warn(c.Keep, after, fresh)}
	case kind == KindDuty && !c.Due.IsZero():
		return s.remind(c, after, fresh)
	}
	return Moment{}
}

// planDuty plans the next occurrence. Whoever does holds the signal's lock.
func planDuty(kind string, ref Reference, m Moment, snoozed int) []Stmt {
	if m.At.IsZero() {
		return nil
	}
	bundle, due := waiting, micros(m.At)
	if m.Apart {
		bundle = byItself
	}
	return []Stmt{ask(`INSERT INTO notices (key, kind, about, n, role, due, next, tries, fence, done, bundle, snoozed)
		SELECT ? || CAST(m.n AS TEXT), ?, ?, m.n, ?, CAST(? AS BIGINT), CAST(? AS BIGINT), 0, 0, 0, CAST(? AS BIGINT), CAST(? AS BIGINT)
		FROM (SELECT COALESCE(MAX(n), 0) + 1 AS n FROM notices WHERE about = ? AND kind = ?) m`,
		kind+"|"+string(ref)+"|", kind, string(ref), string(ToConcerned), due, due, bundle, snoozed,
		string(ref), kind).write(1)}
}

const dutyColumns = `n.kind, n.n, n.next, n.snoozed, `

func readDuties(cond string, args ...any) Query {
	return ask(`SELECT `+dutyColumns+signalColumns+` FROM notices n JOIN signals s ON s.ref = n.about
		WHERE n.done = 0 AND `).add(cond, args...).read()
}

// scanDuty reads a row of readDuties. who are the names of those asked about.
func scanDuty(r []any, who map[string]Person) Duty {
	s := access{}.scan(r[4:])
	return Duty{
		NoticeID: NoticeID{Kind: text(r[0]), About: s.Ref, N: int(num(r[1]))}, Signal: s,
		At: fromMicros(num(r[2])), Snoozed: int(num(r[3])), Holder: who[string(blob(r[16]))],
	}
}

// Bundle plans the message of a day (see Day) when anything waits for it at
// now, and fixes what stands in it: what comes up later waits for the next. It
// reports whether it did. There is one bundle a day, and none as long as an
// earlier one is not settled.
func (s *Store) Bundle(ctx context.Context, now time.Time, day int) (bool, error) {
	at, done := micros(now), false
	wait := ask(`SELECT 1 FROM notices WHERE done = 0 AND bundle = 1 AND next <= ? LIMIT 1`, at).read()
	rows, err := s.d.Query(ctx, wait)
	if err == nil && len(rows[0]) > 0 {
		id := NoticeID{Kind: KindDaily, N: day}
		err = s.d.Turn(ctx, Turn{
			Locks: [][]byte{lockNotices},
			Reads: []Query{wait, ask(`SELECT 1 FROM notices WHERE about = '' AND kind = ? AND (done = 0 OR n = ?) LIMIT 1`, KindDaily, day).read()},
			Compute: func(rows []Rows) ([]Stmt, error) {
				if done = len(rows[0]) > 0 && len(rows[1]) == 0; !done {
					return nil, nil
				}
				return []Stmt{
					ask(`UPDATE notices SET bundle = ? WHERE done = 0 AND bundle = 1 AND next <= ?`, day, at).write(AnyRows),
					ask(`INSERT INTO notices (key, kind, about, n, role, due, next, tries, fence, done) VALUES `).
						rows(1, func(int) []any {
							return []any{id.key(), id.Kind, "", day, string(ToConcerned), at, at, int64(0), int64(0), int64(0)}
						}).write(1),
				}, nil
			},
		})
	}
	if err != nil {
		return false, fmt.Errorf("store: bundle: %w", err)
	}
	return done, nil
}

// Bundled returns the duties in a day's bundle that are still owed, the earliest
// deadline or erasure first. who are the persons among whom holders are looked
// for.
func (s *Store) Bundled(ctx context.Context, day int, who []Person) ([]Duty, error) {
	return s.duties(ctx, who, `n.bundle > 1 AND n.bundle = ?
		ORDER BY CASE n.kind WHEN ? THEN s.erase_at ELSE s.due END, s.ref`, day, KindExpiring)
}

// Duty returns one duty that is still owed; none when it is not.
func (s *Store) Duty(ctx context.Context, id NoticeID, who []Person) ([]Duty, error) {
	return s.duties(ctx, who, `n.key = ?`, id.key())
}

// Pending returns when the deadlines of signals are brought up next, the earliest
// first.
func (s *Store) Pending(ctx context.Context, refs []Reference, who []Person) ([]Duty, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	about := make([]string, len(refs))
	for i, ref := range refs {
		about[i] = string(ref)
	}
	return s.duties(ctx, who, `n.about IN ? AND n.kind = ? ORDER BY s.due, s.ref`, about, KindDuty)
}

func (s *Store) duties(ctx context.Context, who []Person, cond string, args ...any) ([]Duty, error) {
	s, done := s.hold()
	defer done()
	rows, err := s.d.Query(ctx, readDuties(cond, args...))
	if err != nil {
		return nil, fmt.Errorf("store: duties: %w", err)
	}
	names := map[string]Person{}
	for _, p := range who {
		for _, n := range s.v.Names(labelHolder, p.Reveal()) {
			names[string(n)] = p
		}
	}
	out := make([]Duty, len(rows[0]))
	for i, r := range rows[0] {
		out[i] = scanDuty(r, names)
	}
	return out, nil
}

// atOnce is how many duties one transaction of Brought ends: it holds a lock for
// each.
const atOnce = 100

// Brought ends a day's bundle. The duties that were brought up are done and the
// next occurrence of each is planned, both in one transaction; one whose
// deadline changed meanwhile is left alone. The others in the bundle wait for
// the next. today is what Bundle is asked next: a bundle that was sent on a
// later day than its own takes that day's place.
func (s *Store) Brought(ctx context.Context, day, today int, sent []NoticeID) error {
	for len(sent) > 0 {
		some := sent[:min(len(sent), atOnce)]
		if err := s.brought(ctx, some); err != nil {
			return err
		}
		sent = sent[len(some):]
	}
	err := s.d.Turn(ctx, Turn{Locks: [][]byte{lockNotices}, Compute: func([]Rows) ([]Stmt, error) {
		stmts := []Stmt{ask(`UPDATE notices SET bundle = 1 WHERE done = 0 AND bundle > 1 AND bundle = ?`, day).write(AnyRows)}
		if id := (NoticeID{Kind: KindDaily, N: today}); today != day {
			now := micros(s.clock())
			stmts = append(stmts, ask(`INSERT INTO notices (key, kind, about, n, role, due, next, tries, fence, done) VALUES `).
				rows(1, func(int) []any {
					return []any{id.key(), id.Kind, "", today, string(ToConcerned), now, now, int64(0), int64(0), int64(1)}
				}).add(` ON CONFLICT (key) DO NOTHING`).write(AnyRows))
		}
		return stmts, nil
	}})
	if err != nil {
		return fmt.Errorf("store: end of a bundle: %w", err)
	}
	return nil
}

func (s *Store) brought(ctx context.Context, ids []NoticeID) error {
	s, done := s.hold()
	defer done()
	keys, locks := make([]string, len(ids)), [][]byte{}
	for i, id := range ids {
		keys[i] = id.key()
		locks = append(locks, s.lock(id.About)...)
	}
	err := s.d.Turn(ctx, Turn{
		Locks:   locks,
		Reads:   []Query{readDuties(`n.key IN ?`, keys)},
		Compute: func(rows []Rows) ([]Stmt, error) { return s.next(rows[0]), nil },
	})
	if err != nil {
		return fmt.Errorf("store: duties brought up: %w", err)
	}
	return nil
}

// next ends duties that were brought up and plans what follows.
func (s *Store) next(rows Rows) []Stmt {
	var stmts []Stmt
	for _, r := range rows {
		d := scanDuty(r, nil)
		stmts = append(stmts, ask(`UPDATE notices SET done = 1 WHERE key = ? AND done = 0`, d.key()).write(1))
		stmts = append(stmts, planDuty(d.Kind, d.Ref, s.when(d.Kind, d.Signal, s.clock(), false), d.Snoozed)...)
	}
	return stmts
}

// snooze plans the next occurrence of the loaded duty at another time.
func (w *writes) snooze(eff Effects) error {
	if eff.Snooze == nil {
		return nil
	}
	d := w.view.Duty
	if d == nil {
		return fmt.Errorf("store: a snooze without a duty")
	}
	w.add(ask(`UPDATE notices SET done = 1 WHERE key = ? AND done = 0`, d.key()), 1)
	w.stmts = append(w.stmts, planDuty(d.Kind, d.Ref, Moment{At: eff.Snooze.Until}, d.Snoozed+1)...)
	return nil
}

// Planned returns the open notices of some kinds that are about no signal.
func (s *Store) Planned(ctx context.Context, kinds []string) ([]Notice, error) {
	rows, err := s.d.Query(ctx, ask(`SELECT kind, n, due FROM notices WHERE about = '' AND kind IN ? AND done = 0 ORDER BY n`, kinds).read())
	if err != nil {
		return nil, fmt.Errorf("store: planned: %w", err)
	}
	out := make([]Notice, len(rows[0]))
	for i, r := range rows[0] {
		out[i] = Notice{NoticeID: NoticeID{Kind: text(r[0]), N: int(num(r[1]))}, Due: fromMicros(num(r[2]))}
	}
	return out, nil
}

// Reading returns those of viewers who may read a signal, in their order: what
// brings a reference to somebody goes through it (D4). Like Allowed it proves
// that nobody changed by hand who is left out.
func (s *Store) Reading(ctx context.Context, ref Reference, viewers []Viewer) ([]Person, error) {
	s, done := s.hold()
	defer done()
	persons := make([]Person, len(viewers))
	all := map[Person]bool{}
	for i, v := range viewers {
		persons[i] = v.Person
		all[v.Person] = all[v.Person] || v.All
	}
	persons, err := s.Allowed(ctx, ref, persons)
	if err != nil {
		return nil, err
	}
	rows, err := s.d.Query(ctx, ask(`SELECT who FROM assigned WHERE signal = ?`, string(ref)).read())
	if err != nil {
		return nil, fmt.Errorf("store: reading: %w", err)
	}
	assigned := map[string]bool{}
	for _, who := range column(rows[0]) {
		assigned[string(who)] = true
	}
	var out []Person
	for _, p := range persons {
		if all[p] || anyOf(assigned, s.v.Names(labelAssigned, p.Reveal())) {
			out = append(out, p)
		}
	}
	return out, nil
}
