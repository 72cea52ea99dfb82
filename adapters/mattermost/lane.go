package mattermost

import (
	"context"
	"sync"
	"time"
)

// The bounds of what waits.
const (
	maxWaiting = 200 // things of one person
	maxBusy    = 32  // people at once
)

// retries are the pauses before something that could not be taken is tried
// again. The person was told that it failed; after the last one it is left at
// that.
var retries = []time.Duration{
	time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute,
}

// lanes hand over what people do: of one person one thing at a time and in
// order, of different people side by side.
type lanes struct {
	// take handles one event. False says that it must be tried again; newest
	// is the last one of that person that waits for it.
	take func(ctx context.Context, e, newest *event) bool
	// drop is told that an event will not be tried again.
	drop func(e *event)

	mu    sync.Mutex
	all   map[string]*lane
	slots chan struct{} // who has one is busy
	parts sync.WaitGroup
	shut  bool
	busy  int // how many things are being handled
}

// lane is what one person did and is not handled yet.
type lane struct {
	queue []*event
	again []*event // posts that could not be taken, in order
	tries int      // of the first of them
	wake  chan struct{}
}

func newLanes() *lanes {
	return &lanes{all: map[string]*lane{}, slots: make(chan struct{}, maxBusy)}
}

// push adds an event, and is false when too many wait or the end is near.
func (l *lanes) push(ctx context.Context, e *event) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut {
		return false
	}
	p, ok := l.all[e.user]
	if !ok {
		p = &lane{wake: make(chan struct{}, 1)}
		l.all[e.user] = p
		l.parts.Go(func() { l.work(ctx, e.user, p) })
	}
	if len(p.queue)+len(p.again) >= maxWaiting {
		return false
	}
	p.queue = append(p.queue, e)
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return true
}

// close lets what is being handled end, and takes nothing more.
func (l *lanes) close() {
	l.mu.Lock()
	l.shut = true
	l.mu.Unlock()
}

// work handles what one person did, until nothing waits.
func (l *lanes) work(ctx context.Context, user string, p *lane) {
	for {
		batch := l.next(ctx, user, p)
		if batch == nil {
			return
		}
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		l.run(ctx, p, batch)
		<-l.slots
		l.mu.Lock()
		l.busy -= len(batch)
		l.mu.Unlock()
	}
}

// waiting is how many things came in and are not done.
func (l *lanes) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.busy
	for _, p := range l.all {
		n += len(p.queue) + len(p.again)
	}
	return n
}

// next is what is to be handled now: whatever came first, and before a post the
// posts that could not be taken earlier. It waits as long as some of those are
// to be tried again, and is nil when there is nothing more.
func (l *lanes) next(ctx context.Context, user string, p *lane) []*event {
	for {
		l.mu.Lock()
		if l.shut || ctx.Err() != nil || len(p.queue)+len(p.again) == 0 {
			delete(l.all, user)
			l.mu.Unlock()
			return nil
		}
		if len(p.queue) > 0 {
			e := p.queue[0]
			p.queue = p.queue[1:]
			batch := []*event{e}
			if e.again {
				batch, p.again = append(p.again, e), nil
			}
			l.busy += len(batch)
			l.mu.Unlock()
			return batch
		}
		pause := retries[min(p.tries, len(retries))-1]
		l.mu.Unlock()
		t := time.NewTimer(jitter(pause))
		select {
		case <-p.wake:
			t.Stop()
		case <-ctx.Done():
			t.Stop()
		case <-t.C:
			l.mu.Lock()
			batch := p.again
			p.again = nil
			l.busy += len(batch)
			l.mu.Unlock()
			return batch
		}
	}
}

func (l *lanes) run(ctx context.Context, p *lane, batch []*event) {
	for i, e := range batch {
		if l.take(ctx, e, batch[len(batch)-1]) {
			p.tries = 0
			continue
		}
		if !e.again {
			return
		}
		if p.tries++; p.tries > len(retries) {
			for _, e := range batch[i:] {
				l.drop(e)
			}
			p.tries = 0
			return
		}
		l.mu.Lock()
		p.again = batch[i:]
		l.mu.Unlock()
		return
	}
}
