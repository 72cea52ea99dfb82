// Package reminder sends what is owed: it claims the notices that are due, one
// lease at a time, hands each to whoever can say it, and settles it. Who is
// owed what is decided where a notice is planned (bot/dialogue, bot/desk);
// what it says, in their Deliver.
package reminder

import (
	"context"
	"log/slog"
	"time"

	"github.com/meldroute/meldroute/store"
)

// Ledger is the part of the store that a Loop needs.
type Ledger interface {
	// Claim leases at most max notices that are due, for 60 s, and says when
	// the next one is due (zero: none is planned).
	Claim(ctx context.Context, now time.Time, max int) (claimed []store.Notice, next time.Time, err error)
	// Settle ends a claim: done, or due again later. store.ErrConflict says
	// that the lease has passed to somebody else.
	Settle(ctx context.Context, n store.Notice, done bool, again time.Time) error
}

// Deliver says one notice. It may be called again for the same notice: what it
// sends carries the notice's key, so that it is visible once.
type Deliver func(ctx context.Context, n store.Notice) error

// Loop is the one loop of outbox and reminders. Every replica runs one.
type Loop struct {
	Ledger  Ledger
	Deliver map[store.Role]Deliver
	Changed <-chan struct{} // a hint that something may be due
	Now     func() time.Time
	Log     *slog.Logger
	// Sent, when set, counts outcomes for the metrics: "sent", "again".
	Sent func(kind, outcome string)
}

const (
	batch    = 4                // at most this many deliveries fit in one lease
	longest  = 30 * time.Second // a hint may be missing
	backoff  = 2 * time.Second  // after the first failure, doubled at each
	slowest  = 5 * time.Minute
	delivery = 12 * time.Second
)

// Run sends what is due until ctx ends. What it could not finish is claimed
// again when its lease has passed.
func (l *Loop) Run(ctx context.Context) error {
	for {
		wait := l.once(ctx)
		timer := time.NewTimer(wait)
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

// once claims and sends until nothing is due, and says how long to wait.
func (l *Loop) once(ctx context.Context) time.Duration {
	for ctx.Err() == nil {
		claimed, next, err := l.Ledger.Claim(ctx, l.Now(), batch)
		if err != nil {
			if ctx.Err() == nil {
				l.Log.Error("reminder: nothing claimed", "err", err)
			}
			return backoff
		}
		for _, n := range claimed {
			l.send(ctx, n)
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

// send says one notice and settles it.
func (l *Loop) send(ctx context.Context, n store.Notice) {
	sctx, cancel := context.WithTimeout(ctx, delivery)
	defer cancel()
	err := l.Deliver[n.To](sctx, n)
	outcome, again := "sent", time.Time{}
	if err != nil {
		if ctx.Err() != nil {
			return // stopping: the lease passes
		}
		outcome, again = "again", l.Now().Add(pause(n.Tries))
		l.Log.Warn("reminder: not sent", "kind", n.Kind, "about", n.About, "tries", n.Tries, "err", err)
	}
	if err := l.Ledger.Settle(ctx, n, err == nil, again); err != nil && ctx.Err() == nil {
		l.Log.Error("reminder: not settled", "kind", n.Kind, "about", n.About, "err", err)
	}
	if l.Sent != nil {
		l.Sent(n.Kind, outcome)
	}
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
