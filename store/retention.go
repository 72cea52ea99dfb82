package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/meldroute/meldroute/config/private"
)

// Retention is until when a signal is kept (P27). Whoever closes a case decides
// it; EraseDue keeps to it.
type Retention struct {
	// Until is from when it is erased, ReporterUntil from when it is no longer
	// kept who reported; zero is no date.
	Until, ReporterUntil time.Time
	// Hold keeps all of it, whatever the dates say.
	Hold bool
	// Anonymous says that who reported was removed. Only the store sets it.
	Anonymous bool
}

// due reports whether the signal is to be erased at now.
func (r Retention) due(now time.Time) bool {
	return !r.Hold && !r.Until.IsZero() && !now.Before(r.Until)
}

// reporterDue reports whether who reported is to be removed at now.
func (r Retention) reporterDue(now time.Time) bool {
	return !r.Hold && !r.Anonymous && !r.ReporterUntil.IsZero() && !now.Before(r.ReporterUntil)
}

// KindExpiring is the notice that brings up that a signal is erased soon (T11).
// As with KindDuty the store plans it in the transaction that writes the date,
// and ends it when the date changes or the signal is held. Its N grows.
const KindExpiring = "expiring"

// keep writes until when the loaded signal is kept, and removes who reported.
func (w *writes) keep(eff Effects) {
	ref := string(w.loaded.Ref)
	if k := eff.Keep; k != nil {
		w.add(ask(`UPDATE signals SET erase_at = ?, reporter_until = ?, hold = ? WHERE ref = ?`,
			micros(k.Until), micros(k.ReporterUntil), b2i(k.Hold), ref), 1)
		c := w.loaded.Signal
		if was := c.Keep; micros(k.Until) != micros(was.Until) || k.Hold != was.Hold {
			c.Keep = *k
			w.anew(KindExpiring, c)
		}
	}
	if eff.Anonymise {
		w.add(ask(`DELETE FROM reporters WHERE signal = ?`, ref), AnyRows)
		w.add(ask(`DELETE FROM notices WHERE about = ? AND role = ?`, ref, string(ToReporter)), AnyRows)
		w.add(ask(`DELETE FROM sessions WHERE about IN ?`, w.s.v.Names(labelAbout, ref)), AnyRows)
		w.add(ask(`UPDATE signals SET anonymous = 1 WHERE ref = ?`, ref), 1)
	}
}

// ErrHeld says that a signal is under a legal hold: it is not erased.
var ErrHeld = errors.New("store: under a legal hold")

// Tally adds a case to the figures that outlive it (D14): old is the register
// as it stands, what comes back replaces it. It is pure and may run twice.
type Tally func(old private.Text, c Case) (private.Text, error)

// TallyName is the register of the figures of what was received in a half-year
// (see Period) and is erased.
func TallyName(period string) string { return "tally." + period }

// Erased is what a run of EraseDue did.
type Erased struct {
	Signals   int // destroyed
	Reporters int // of which it is no longer kept who reported
}

// dueAtOnce is how many signals EraseDue looks up at a time.
const dueAtOnce = 200

const (
	actorBot      = "bot"
	actorOperator = "operator"
	actionErased  = "signal.erased"
)

// errNotDue ends a turn on a signal that is kept longer meanwhile.
var errNotDue = errors.New("store: not due")

// bot is how the program itself reads what it is to erase.
func bot() Viewer { return Viewer{Person: private.New(actorBot), All: true} }

// EraseDue erases what is past its time at now, and removes who reported where
// that is (P27, P29). Each signal goes in a transaction of its own, which adds
// it to the tally (nil: to none): after a crash, or beside another replica,
// what is left goes at the next call and nothing goes twice. A signal that
// cannot be erased is an error and holds up no other.
func (s *Store) EraseDue(ctx context.Context, now time.Time, tally Tally) (Erased, error) {
	var done Erased
	signals, err := s.eachDue(ctx, now, `erase_at`, ``, func(ref Reference, received time.Time) error {
		return s.erase(ctx, Signal{Ref: ref, Received: received}, tally, func(v View) (Effects, error) {
			if !v.Case.Keep.due(now) {
				return Effects{}, errNotDue
			}
			return Effects{Erase: GroundTerm, Journal: []Line{{Action: actionErased, Actor: actorBot, About: ref, Outcome: "ok"}}}, nil
		})
	})
	done.Signals = signals
	if signals > 0 {
		s.scrubbed(ctx)
	}
	reporters, err2 := s.eachDue(ctx, now, `reporter_until`, ` AND anonymous = 0`, func(ref Reference, _ time.Time) error {
		_, err := s.Turn(ctx, Event{Signal: ref, Viewer: bot()}, func(v View) (Effects, error) {
			if !v.Case.Keep.reporterDue(now) {
				return Effects{}, errNotDue
			}
			return Effects{Anonymise: true, Journal: []Line{{Action: "reporter.erased", Actor: actorBot, About: ref, Outcome: "ok"}}}, nil
		})
		return err
	})
	done.Reporters = reporters
	if err := errors.Join(err, err2); err != nil {
		return done, fmt.Errorf("store: erase: %w", err)
	}
	return done, nil
}

// eachDue does f on every signal whose date in a column is past, and counts.
func (s *Store) eachDue(ctx context.Context, now time.Time, column, and string, f func(Reference, time.Time) error) (n int, err error) {
	var errs []error
	at, last := int64(0), ""
	for ctx.Err() == nil {
		rows, err := s.d.Query(ctx, ask(`SELECT ref, received, `+column+` FROM signals WHERE `+column+` > 0 AND hold = 0`+and+` AND `+column+` <= ?
			AND (`+column+`, ref) > (?, ?) ORDER BY `+column+`, ref LIMIT ?`, micros(now), at, last, dueAtOnce).read())
		if err != nil {
			return n, errors.Join(append(errs, err)...)
		}
		for _, r := range rows[0] {
			last, at = text(r[0]), num(r[2])
			switch err := f(Reference(last), fromMicros(num(r[1]))); {
			case err == nil:
				n++
			case errors.Is(err, ErrNotFound), errors.Is(err, errNotDue): // somebody else was first
			case ctx.Err() == nil:
				errs = append(errs, fmt.Errorf("%s: %w", last, err))
			}
		}
		if len(rows[0]) < dueAtOnce {
			break
		}
	}
	return n, errors.Join(append(errs, ctx.Err())...)
}

// erase destroys one signal when f says so, and adds it to the tally. It does
// not scrub. f's registers are those that it asks for besides.
func (s *Store) erase(ctx context.Context, c Signal, tally Tally, f func(View) (Effects, error), registers ...string) error {
	s, done := s.hold()
	defer done()
	name := TallyName(Period(c.Received))
	_, _, err := s.take(ctx, Event{Signal: c.Ref, Viewer: bot(), Registers: append(registers, name)}, func(v View) (Effects, error) {
		e, err := f(v)
		if err != nil || tally == nil || v.Case.Drill || v.Case.Status == Withdrawn {
			return e, err // neither a drill nor what was withdrawn is in any figure
		}
		sum, err := tally(v.Registers[name], *v.Case)
		if e.Registers == nil {
			e.Registers = map[string]private.Text{}
		}
		e.Registers[name] = sum
		return e, err
	})
	return err
}

// registerOrders keeps why signals were erased on the order of the FG: that
// must outlive them and their keys.
const registerOrders = "erase orders"

// Orders are the reasons of the orders to erase, by signal.
func (s *Store) Orders(ctx context.Context) (map[Reference]private.Text, error) {
	body, err := s.Register(ctx, registerOrders)
	if err != nil {
		return nil, err
	}
	return orders(body)
}

func orders(body private.Text) (map[Reference]private.Text, error) {
	out := map[Reference]private.Text{}
	if body.Empty() {
		return out, nil
	}
	return out, private.Decode([]byte(body.Reveal()), &out)
}

// EraseNow erases one signal on the order of the FG, whatever its date. The
// reason is kept for ever beside the destruction record, and so must hold
// nothing of the signal. It is ErrNotFound when there is none, and ErrHeld under
// a legal hold.
func (s *Store) EraseNow(ctx context.Context, ref Reference, reason private.Text, tally Tally) error {
	c, err := s.Card(ctx, ref)
	if err != nil {
		return err
	}
	err = s.erase(ctx, c, tally, func(v View) (Effects, error) {
		if v.Case.Keep.Hold {
			return Effects{}, ErrHeld
		}
		all, err := orders(v.Registers[registerOrders])
		if err != nil {
			return Effects{}, err
		}
		all[c.Ref] = reason
		body, err := private.Encode(all)
		return Effects{
			Erase: GroundOrder, Registers: map[string]private.Text{registerOrders: private.New(string(body))},
			Journal: []Line{{Action: actionErased, Actor: actorOperator, About: c.Ref, Outcome: "ok"}},
		}, err
	}, registerOrders)
	if err != nil {
		return err
	}
	s.scrubbed(ctx)
	return nil
}

// Expiring returns the signals that are erased before an instant, the first of
// them first, a thousand at most; those on hold are left out.
func (s *Store) Expiring(ctx context.Context, before time.Time) ([]Signal, error) {
	rows, err := s.d.Query(ctx, ask(`SELECT `+signalColumns+` FROM signals s
		WHERE s.erase_at > 0 AND s.hold = 0 AND s.erase_at <= ? ORDER BY s.erase_at, s.ref LIMIT 1000`, micros(before)).read())
	if err != nil {
		return nil, fmt.Errorf("store: expiring: %w", err)
	}
	out := make([]Signal, len(rows[0]))
	for i, r := range rows[0] {
		out[i] = access{}.scan(r)
	}
	return out, nil
}

// Scan opens every live signal that a viewer may see, one after the other, in
// the order of their references. f's error ends it and comes back as it is. It
// is for what an index cannot answer (D9); reading leaves no journal line: who
// shows anything of it writes one.
func (s *Store) Scan(ctx context.Context, v Viewer, f func(Case) error) error {
	s, done := s.hold()
	defer done()
	a := s.viewer(v)
	for last := ""; ; {
		rows, err := s.d.Query(ctx, a.read(`s.ref > ? ORDER BY s.ref LIMIT ?`, last, dueAtOnce).read())
		if err != nil {
			return fmt.Errorf("store: scan: %w", err)
		}
		for _, r := range rows[0] {
			last = text(r[0])
			c, err := s.openCase(ctx, Reference(last), v)
			switch {
			case errors.Is(err, ErrNotFound):
				continue // erased meanwhile
			case err != nil:
				return fmt.Errorf("store: scan: %w", err)
			}
			if err := f(c); err != nil {
				return err
			}
		}
		if len(rows[0]) < dueAtOnce {
			return nil
		}
	}
}

// openCase opens one signal outside a turn.
func (s *Store) openCase(ctx context.Context, ref Reference, v Viewer) (Case, error) {
	s, done := s.hold()
	defer done()
	t := s.newTurn(Event{Signal: ref, Viewer: v}, nil)
	rows, err := s.d.Query(ctx, t.signalReads()...)
	if err != nil {
		return Case{}, err
	}
	w := &writes{turn: t}
	defer w.forget()
	if err := w.loadSignal(rows); err != nil {
		return Case{}, err
	}
	return *w.view.Case, nil
}
