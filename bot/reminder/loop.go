package reminder

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/meldroute/meldroute/store"
)

// Ledger is the part of the store that a Loop needs.
type Ledger interface {
	// Claim leases at most max notices that are due, for 60 s, and says when
	// the next one is due (zero: none is planned).
	Claim(ctx context.Context, now time.Time, max int) (claimed []store.Notice, next time.Time, err error)
	// Renew holds a claim for another 60 s; store.ErrConflict as Settle.
	Renew(ctx context.Context, n store.Notice, now time.Time) error
	// Settle ends a claim: done, or due again later. store.ErrConflict says
	// that the lease has passed to somebody else, or that it is no longer owed.
	Settle(ctx context.Context, n store.Notice, done bool, again time.Time) error
}

// Deliver says one notice. It may be called again for the same notice: what it
// sends carries the notice's key, so that it is visible once.
type Deliver func(ctx context.Context, n store.Notice) error

// Later is what a Deliver returns for what may not be sent now, but may at
// Until: nothing went wrong.
type Later struct{ Until time.Time }

// Error implements error.
func (Later) Error() string { return "reminder: not now" }

// Loop is the one loop of outbox and reminders. Every replica runs one.
type Loop struct {
	Ledger Ledger
	// Plan, when set, is called before each look at what is due: it plans what
	// follows from the time alone.
	Plan    func(ctx context.Context, now time.Time) error
	Deliver map[store.Role]Deliver
	Changed <-chan struct{} // a hint that something may be due
	Now     func() time.Time
	Log     *slog.Logger
	// Sent, when set, counts outcomes for the metrics: "sent", "again", "later".
	Sent func(kind, outcome string)
}

const (
	batch    = 4                // at most this many short deliveries fit in one lease
	longest  = 30 * time.Second // a hint may be missing
	backoff  = 2 * time.Second  // after the first failure, doubled at each
	slowest  = 5 * time.Minute
	delivery = 12 * time.Second // of one message
	round    = 15 * time.Minute // of one notice that is many messages
	renewal  = store.Lease / 3
)

// Run sends what is due until ctx ends. What it could not finish is claimed
// again when its lease has passed.
func (l *Loop) Run(ctx context.Context) error {
	for {
		timer := time.NewTimer(l.Sweep(ctx, l.Now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-l.Changed:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// Sweep plans and sends what is due at now, until nothing is, and says how long
// nothing will be.
func (l *Loop) Sweep(ctx context.Context, now time.Time) time.Duration {
	if l.Plan != nil {
		if err := l.Plan(ctx, now); err != nil && ctx.Err() == nil {
			l.Log.Error("reminder: nothing planned", "err", err)
		}
	}
	for ctx.Err() == nil {
		claimed, next, err := l.Ledger.Claim(ctx, now, batch)
		if err != nil {
			if ctx.Err() == nil {
				l.Log.Error("reminder: nothing claimed", "err", err)
			}
			return backoff
		}
		for _, n := range claimed {
			if l.mine(ctx, n, now) {
				l.send(ctx, n, now)
			}
		}
		if len(claimed) == batch {
			continue
		}
		if next.IsZero() {
			return longest
		}
		return min(max(next.Sub(l.Now()), 0)+time.Millisecond, longest)
	}
	return longest
}

// mine reports whether the lease on a claimed notice, that had to wait for those
// before it, still holds.
func (l *Loop) mine(ctx context.Context, n store.Notice, claimed time.Time) bool {
	now := l.Now()
	return now.Sub(claimed) < renewal || l.Ledger.Renew(ctx, n, now) == nil
}

// send says one notice and settles it.
func (l *Loop) send(ctx context.Context, n store.Notice, now time.Time) {
	err := l.deliver(ctx, n)
	outcome, again := "sent", time.Time{}
	var later Later
	switch {
	case errors.As(err, &later):
		outcome, again = "later", later.Until
	case err != nil && ctx.Err() != nil:
		return // stopping: the lease passes
	case err != nil:
		outcome, again = "again", now.Add(pause(n.Tries))
		l.Log.Warn("reminder: not sent", "kind", n.Kind, "about", n.About, "tries", n.Tries, "err", err)
	}
	err = l.Ledger.Settle(ctx, n, err == nil, again)
	if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrConflict) {
		l.Log.Error("reminder: not settled", "kind", n.Kind, "about", n.About, "err", err)
	}
	if l.Sent != nil {
		l.Sent(n.Kind, outcome)
	}
}

// deliver says one notice, and keeps its lease as long as that takes. When the
// lease is lost all the same it stops: somebody else says it.
func (l *Loop) deliver(ctx context.Context, n store.Notice) error {
	patience := delivery
	if n.To == store.ToConcerned {
		patience = round
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stop, stopped := make(chan struct{}), make(chan struct{})
	defer func() { close(stop); <-stopped }()
	go func() {
		defer close(stopped)
		tick := time.NewTicker(renewal)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if errors.Is(l.Ledger.Renew(ctx, n, l.Now()), store.ErrConflict) {
					cancel()
					return
				}
			}
		}
	}()
	return l.Deliver[n.To](ctx, n)
}

// pause is how long to wait before try number tries+1.
func pause(tries int) time.Duration {
	d := backoff
	for range tries {
		if d *= 2; d >= slowest {
			return slowest
		}
	}
	return d
}
