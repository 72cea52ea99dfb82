package web

import (
	"context"
	"errors"
	"sync"

	"github.com/meldroute/meldroute/adapters"
)

// maxWaiting is how many acts of one person may wait for their turn.
const maxWaiting = 8

// queue lets acts of one person be done one at a time.
type queue struct {
	turn chan struct{} // holds one token; who has it is acting
	wait chan struct{} // bounds who waits for it
}

func newQueue() queue { return queue{make(chan struct{}, 1), make(chan struct{}, maxWaiting)} }

// enter waits until it is this act's turn.
func (q queue) enter(ctx context.Context) (leave func(), err error) {
	select {
	case q.wait <- struct{}{}:
		defer func() { <-q.wait }()
	default:
		return nil, errors.New("web: too many acts are waiting")
	}
	select {
	case q.turn <- struct{}{}:
		return func() { <-q.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// queues are those of people who come and go.
type queues struct {
	mu  sync.Mutex
	all map[adapters.Address]*counted
}

type counted struct {
	queue
	users int
}

// enter waits until it is the turn of an act of this person.
func (q *queues) enter(ctx context.Context, who adapters.Address) (leave func(), err error) {
	q.mu.Lock()
	if q.all == nil {
		q.all = map[adapters.Address]*counted{}
	}
	c := q.all[who]
	if c == nil {
		c = &counted{queue: newQueue()}
		q.all[who] = c
	}
	c.users++
	q.mu.Unlock()
	gone := func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if c.users--; c.users == 0 {
			delete(q.all, who)
		}
	}
	turn, err := c.enter(ctx)
	if err != nil {
		gone()
		return nil, err
	}
	return func() { turn(); gone() }, nil
}
