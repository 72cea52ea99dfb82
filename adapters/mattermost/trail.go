package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/meldroute/meldroute/adapters"
)

// cursor is how far a channel was read: everything up to this post is handled.
type cursor struct {
	Post string `json:"post"`
	At   int64  `json:"at"`
}

// step is a post that is being handled.
type step struct {
	channel string
	cursor
	done bool
}

// trails knows of every channel how far it was read. Posts of several people in
// one channel are handled side by side: a cursor passes those that are done.
type trails struct {
	r      *run
	mu     sync.Mutex
	begin  int64 // what was posted before the bot first ran is not for it
	kept   map[string]cursor
	open   map[string][]*step
	behind map[string]bool // kept cursors that are older than kept
}

// Where cursors are kept.
const (
	scopeCursor = "cursor"
	keyBegin    = "begin"
)

func newTrails(r *run) *trails {
	return &trails{r: r, kept: map[string]cursor{}, open: map[string][]*step{}, behind: map[string]bool{}}
}

// load reads what is kept.
func (t *trails) load(ctx context.Context) error {
	memory := t.r.opt.Memory
	for after := int64(0); ; {
		items, err := memory.List(ctx, scopeCursor, after, page)
		if err != nil {
			return fmt.Errorf("read the cursors: %w", err)
		}
		t.mu.Lock()
		for _, it := range items {
			var c cursor
			if json.Unmarshal(it.Value, &c) == nil {
				t.kept[it.Key] = c
			}
			after = it.Seq
		}
		t.mu.Unlock()
		if len(items) < page {
			break
		}
	}
	t.mu.Lock()
	t.begin = t.kept[keyBegin].At
	t.mu.Unlock()
	if t.begin == 0 {
		return t.first(ctx)
	}
	return nil
}

// first notes, by the server's clock, that the bot never ran before.
func (t *trails) first(ctx context.Context) error {
	channels, err := t.r.channels(ctx)
	if err != nil {
		return err
	}
	begin := int64(1)
	for _, c := range channels {
		begin = max(begin, c.LastPostAt)
	}
	t.mu.Lock()
	t.begin = begin
	t.kept[keyBegin], t.behind[keyBegin] = cursor{At: begin}, true
	t.mu.Unlock()
	return t.flush(ctx)
}

// at is how far a channel was read.
func (t *trails) at(channel string) cursor {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c, ok := t.kept[channel]; ok {
		return c
	}
	return cursor{At: t.begin}
}

// add notes a post that is about to be handled.
func (t *trails) add(channel, post string, at int64) *step {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &step{channel: channel, cursor: cursor{post, at}}
	t.open[channel] = append(t.open[channel], s)
	return s
}

// remove forgets a post that was not taken in.
func (t *trails) remove(s *step) {
	if s == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open[s.channel] = slices.DeleteFunc(t.open[s.channel], func(o *step) bool { return o == s })
}

// done moves the cursor of a channel past a post, when all before it are done.
func (t *trails) done(s *step) {
	if s == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s.done = true
	open := t.open[s.channel]
	for len(open) > 0 && open[0].done {
		if open[0].At >= t.kept[s.channel].At {
			t.kept[s.channel], t.behind[s.channel] = open[0].cursor, true
		}
		open = open[1:]
	}
	if t.open[s.channel] = open; len(open) == 0 {
		delete(t.open, s.channel)
	}
}

// flush keeps the cursors that moved.
func (t *trails) flush(ctx context.Context) error {
	t.mu.Lock()
	moved := slices.Collect(maps.Keys(t.behind))
	clear(t.behind)
	t.mu.Unlock()
	var errs []error
	for _, channel := range moved {
		t.mu.Lock()
		value, err := json.Marshal(t.kept[channel])
		t.mu.Unlock()
		if err == nil {
			_, _, err = t.r.opt.Memory.Put(ctx, adapters.Item{Scope: scopeCursor, Key: channel, Value: value})
		}
		if err != nil {
			errs = append(errs, err)
			t.mu.Lock()
			t.behind[channel] = true
			t.mu.Unlock()
		}
	}
	return errors.Join(errs...)
}
