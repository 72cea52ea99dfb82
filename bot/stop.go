package main

import (
	"context"
	"errors"
	"time"
)

// What a stop may take, whatever hangs: a commit waits for its outcome for longer
// than that, and so does whoever waits for it. What is left then ends with the
// process, as in a crash: nothing acknowledged is lost by it.
const (
	stopping = 8 * time.Second // all of it: whoever runs containers kills after 10
	grace    = 6 * time.Second // what still runs
	parting  = time.Second     // what is written last
)

// stop ends everything in order, once the parts were told to.
func (b *bot) stop(ctx context.Context, parts func()) error {
	end := time.Now().Add(stopping)
	_ = b.step(grace, "parts", func() error { parts(); return nil })
	err := b.step(parting, "last words", func() error {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), parting)
		defer cancel()
		return errors.Join(b.dialogue.Flush(last), b.apart(last, b.e.now()), b.store.Leave(last))
	})
	if err != nil {
		b.log.Warn("bot: at the stop not everything was written", "err", err)
	}
	return b.step(time.Until(end), "store", b.store.Close)
}

// step does one thing of a stop. What takes longer than it may is no error: it
// runs on, and the next thing is done beside it.
func (b *bot) step(most time.Duration, name string, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(most):
		b.log.Warn("bot: a stop takes too long", "step", name)
		return nil
	}
}
