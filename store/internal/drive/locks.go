package drive

import (
	"context"
	"slices"
	"sync"
)

// Locks are locks by name within this process. The zero value is ready.
type Locks struct {
	mu   sync.Mutex
	held map[string]*lock
}

// lock is one of them; whoever has put a value into the channel holds it.
type lock struct {
	ch   chan struct{}
	refs int // holder and waiters; at zero it is forgotten
}

// Take takes all locks, in one order for everybody so that nobody waits in a
// circle, and returns what gives them back. It gives up with ctx.Err() when
// ctx is done.
func (l *Locks) Take(ctx context.Context, keys [][]byte) (release func(), err error) {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = string(k)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	taken := 0
	release = func() {
		for _, n := range names[:taken] {
			l.drop(n, true)
		}
	}
	for _, n := range names {
		k := l.want(n)
		select {
		case k.ch <- struct{}{}:
			taken++
		case <-ctx.Done():
			l.drop(n, false)
			release()
			return nil, ctx.Err()
		}
	}
	return release, nil
}

// want counts a waiter in.
func (l *Locks) want(name string) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[string]*lock{}
	}
	k := l.held[name]
	if k == nil {
		k = &lock{ch: make(chan struct{}, 1)}
		l.held[name] = k
	}
	k.refs++
	return k
}

// drop counts a waiter out, or the holder, who also lets the next one in.
func (l *Locks) drop(name string, holder bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.held[name]
	if holder {
		<-k.ch
	}
	if k.refs--; k.refs == 0 {
		delete(l.held, name)
	}
}
