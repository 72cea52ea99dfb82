package reminder_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meldroute/meldroute/bot/reminder"
	"github.com/meldroute/meldroute/store"
)

// shelf is a ledger in memory, with leases as the store's.
type shelf struct {
	mu      sync.Mutex
	open    map[store.NoticeID]*lent
	settled []store.NoticeID
	lost    bool // the lease passed to somebody else
}

type lent struct {
	store.Notice
	next time.Time
}

func newShelf(ns ...store.Notice) *shelf {
	s := &shelf{open: map[store.NoticeID]*lent{}}
	for _, n := range ns {
		s.open[n.NoticeID] = &lent{n, n.Due}
	}
	return s
}

func (s *shelf) Claim(_ context.Context, now time.Time, max int) ([]store.Notice, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []store.Notice
	for _, l := range s.open {
		if len(out) < max && !l.next.After(now) {
			l.Fence++
			l.Tries++
			l.next = now.Add(store.Lease)
			out = append(out, l.Notice)
		}
	}
	return out, time.Time{}, nil
}

func (s *shelf) held(n store.Notice) (*lent, error) {
	l := s.open[n.NoticeID]
	if l == nil || l.Fence != n.Fence || s.lost {
		return nil, store.ErrConflict
	}
	return l, nil
}

func (s *shelf) Renew(_ context.Context, n store.Notice, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.held(n)
	if err == nil {
		l.next = now.Add(store.Lease)
	}
	return err
}

func (s *shelf) Settle(_ context.Context, n store.Notice, done bool, again time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.held(n)
	switch {
	case err != nil:
		return err
	case done:
		delete(s.open, n.NoticeID)
		s.settled = append(s.settled, n.NoticeID)
	default:
		l.next = again
	}
	return nil
}

func due(kind string, n int) store.Notice {
	return store.Notice{NoticeID: store.NoticeID{Kind: kind, N: n}, To: store.ToConcerned}
}

func loop(s *shelf, f reminder.Deliver) *reminder.Loop {
	return &reminder.Loop{
		Ledger: s, Now: time.Now, Log: slog.New(slog.DiscardHandler), Changed: make(chan struct{}),
		Deliver: map[store.Role]reminder.Deliver{store.ToConcerned: f},
	}
}

// A delivery that outlasts its lease keeps it: no other replica says it too.
func TestLoopRenews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(due("daily", 1))
		said := 0
		l := loop(s, func(context.Context, store.Notice) error {
			said++
			<-time.After(5 * store.Lease)
			return nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { _ = l.Run(ctx) })
		}
		<-time.After(10 * store.Lease)
		cancel()
		both.Wait()
		if said != 1 || len(s.settled) != 1 {
			t.Errorf("said %d times, settled %v", said, s.settled)
		}
	})
}

// A delivery whose lease is lost all the same stops, and settles nothing.
func TestLoopStopsWithoutLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(due("daily", 1))
		var why error
		loop(s, func(ctx context.Context, _ store.Notice) error {
			s.mu.Lock()
			s.lost = true
			s.mu.Unlock()
			<-ctx.Done()
			why = ctx.Err()
			return why
		}).Sweep(t.Context(), time.Now())
		if !errors.Is(why, context.Canceled) || len(s.settled) != 0 {
			t.Errorf("it ended with %v, settled %v", why, s.settled)
		}
	})
}

// What had to wait for a long delivery before it is left to whoever has it now.
func TestLoopLeavesWhatItLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(due("a", 1), due("b", 1))
		said := 0
		loop(s, func(context.Context, store.Notice) error {
			said++
			<-time.After(store.Lease / 2)
			s.mu.Lock()
			for _, l := range s.open {
				l.Fence++ // another replica
			}
			s.mu.Unlock()
			return nil
		}).Sweep(t.Context(), time.Now())
		if said != 1 {
			t.Errorf("said %d times", said)
		}
	})
}

// What may not be said now is due when it may, without a wait that doubles.
func TestLoopLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(due("round.youth", 1))
		until := time.Now().Add(15 * time.Hour)
		var at time.Time
		l := loop(s, func(context.Context, store.Notice) error {
			if time.Now().Before(until) {
				return reminder.Later{Until: until}
			}
			at = time.Now()
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		_ = l.Run(ctx)
		if late := at.Sub(until); late < 0 || late > time.Minute {
			t.Errorf("said at %v, want %v", at, until)
		}
	})
}
