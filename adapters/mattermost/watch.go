package mattermost

import (
	"context"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// watchTime is how long one look at the channel may take.
const watchTime = 10 * time.Second

// watch has the bot look at the desk's channel when something about it may have
// changed, and after every time in which that could not be heard.
func (r *run) watch(ctx context.Context) error {
	w, ok := r.handler.(adapters.Watcher)
	if !ok || r.opt.Channel == "" {
		return nil
	}
	for wait := (backoff{}); ; {
		select {
		case <-r.changed:
		case <-ctx.Done():
			return nil
		}
		for r.see(ctx, w) != nil {
			if !rest(ctx, wait.next()) {
				return nil
			}
		}
		wait = backoff{}
	}
}

func (r *run) see(ctx context.Context, w adapters.Watcher) error {
	ctx, cancel := context.WithTimeout(ctx, watchTime)
	defer cancel()
	err := w.Changed(ctx, adapters.NewAddress(Platform, r.opt.Channel))
	if err != nil && ctx.Err() == nil {
		r.opt.Log.Warn("mattermost: who reads the channel is not known", "err", err)
	}
	return err
}
