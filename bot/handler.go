package main

import (
	"context"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/bot/copen"
	"github.com/meldroute/meldroute/store"
)

// handler brings each message to the reminders, the desk, the Copen meeting or
// the dialogue.
type handler struct{ b *bot }

func (b *bot) handler() adapters.Handler { return handler{b} }

var (
	_ adapters.Files   = handler{}
	_ adapters.Watcher = handler{}
)

// patience is how long one message may take.
const patience = 5 * time.Second

// Early is the dialogue's: 112 (P39).
func (h handler) Early(m adapters.Message) *adapters.Reply {
	if h.b.desk.Mine(m) || h.b.copen.Mine(m) || h.b.reminder.Mine(m) {
		return nil
	}
	return h.b.dialogue.Early(m)
}

// Handle takes one message and counts it.
func (h handler) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	// A database that hangs is told in words while the person still looks.
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var a adapters.Answer
	var err error
	switch {
	case h.b.reminder.Mine(m):
		a, err = h.b.reminder.Handle(ctx, m)
	case h.b.desk.Mine(m):
		a, err = h.b.desk.Handle(ctx, m)
	case h.b.copen.Mine(m):
		a, err = h.b.copen.Handle(ctx, m)
	default:
		a, err = h.b.dialogue.Handle(ctx, m)
	}
	h.b.ops.took(m.From.Platform, err)
	return a, err
}

// File hands out a file: the desk's, or of the Copen meeting.
func (h handler) File(ctx context.Context, c adapters.Claim) (adapters.File, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if strings.HasPrefix(c.Token, copen.Prefix) {
		return h.b.copen.File(ctx, c)
	}
	return h.b.desk.File(ctx, c)
}

// Changed has the desk look at its channel.
func (h handler) Changed(ctx context.Context, _ adapters.Address) error { return h.b.desk.Look(ctx) }

// memory lets an adapter keep things in the store: the floors do not know one
// another.
type memory struct{ m *store.Memory }

var _ adapters.Memory = memory{}

func (x memory) Get(ctx context.Context, scope, key string) (adapters.Item, bool, error) {
	it, ok, err := x.m.Get(ctx, scope, key)
	return adapters.Item(it), ok, err
}

func (x memory) Put(ctx context.Context, it adapters.Item) (int64, bool, error) {
	return x.m.Put(ctx, store.Item(it))
}

func (x memory) List(ctx context.Context, scope string, after int64, limit int) ([]adapters.Item, error) {
	items, err := x.m.List(ctx, scope, after, limit)
	out := make([]adapters.Item, len(items))
	for i, it := range items {
		out[i] = adapters.Item(it)
	}
	return out, err
}

func (x memory) Forget(ctx context.Context, scope, key string) error {
	return x.m.Forget(ctx, scope, key)
}
