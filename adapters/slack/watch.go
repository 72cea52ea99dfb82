package slack

import (
	"context"
	"encoding/json"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// watchTime is how long one look at the channel may take.
const watchTime = 10 * time.Second

// look has the bot look at the channel soon.
func (s *server) look() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// watch has the bot look at the desk's channel when something about it may have
// changed, and after every time in which that could not be heard.
func (s *server) watch(ctx context.Context) {
	w, ok := s.handler.(adapters.Watcher)
	if !ok || s.opt.Channel == "" {
		return
	}
	for wait := (backoff{}); ; {
		select {
		case <-s.changed:
		case <-ctx.Done():
			return
		}
		for s.see(ctx, w) != nil {
			if sleep(ctx, wait.next()) != nil {
				return
			}
		}
		wait = backoff{}
	}
}

func (s *server) see(ctx context.Context, w adapters.Watcher) error {
	ctx, cancel := context.WithTimeout(ctx, watchTime)
	defer cancel()
	err := w.Changed(ctx, address(s.opt.Channel))
	if err != nil && ctx.Err() == nil {
		s.opt.Log.Warn("slack: who reads the channel is not known", "err", err)
	}
	return err
}

// change takes in that somebody was changed, and reports whether that can matter
// to a room: Slack also tells of every new status, of everybody.
func (p *people) change(user json.RawMessage) bool {
	var u struct {
		ID      string `json:"id"`
		Deleted bool   `json:"deleted"`
		Bot     bool   `json:"is_bot"`
		Guest   bool   `json:"is_restricted"`
		Single  bool   `json:"is_ultra_restricted"`
	}
	if json.Unmarshal(user, &u) != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	was, known := p.known[u.ID]
	if !known || was.gone == u.Deleted && was.bot == u.Bot && was.guest == (u.Guest || u.Single) {
		return false
	}
	delete(p.known, u.ID)
	return true
}
