package web

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// posted is a link that stands in a message of the chat, where no window can be
// opened. When it is used or too old another message takes its place.
type posted struct {
	Who  adapters.Address
	Lang string
	Key  string
	End  time.Time
}

const scopePosted = "posted"

// sweepTime is how often links that are too old are looked for, and sweepLife
// how long one is remembered that could not be replaced.
const (
	sweepTime = 30 * time.Second
	sweepLife = 7 * 24 * time.Hour
)

// linkForm begins the token of a form that is a link and nothing else.
const linkForm = "link-"

func (p *Pages) note(ctx context.Context, l posted, token string) error {
	value, err := private.Encode(l)
	if err != nil {
		return err
	}
	_, _, err = p.opt.Memory.Put(ctx, adapters.Item{Scope: scopePosted, Key: token, Value: value, Until: l.End.Add(sweepLife)})
	if err != nil {
		return fmt.Errorf("keep a link: %w", err)
	}
	return nil
}

// retire takes a link out of the chat. Where that fails sweep does it later.
func (p *Pages) retire(ctx context.Context, token string) {
	it, ok, err := p.opt.Memory.Get(ctx, scopePosted, token)
	if err == nil && ok {
		err = p.replace(ctx, it)
	}
	if err != nil {
		p.log.Warn("web: a link stays in the chat for now", "error", err)
	}
}

func (p *Pages) replace(ctx context.Context, it adapters.Item) error {
	var l posted
	if err := private.Decode(it.Value, &l); err != nil {
		return err
	}
	chat, ok := p.chats[l.Who.Platform]
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
	defer cancel()
	err := chat.Send(ctx, l.Who, adapters.Reply{Key: l.Key + ".used", Over: l.Key, Text: p.say(l.Lang, "web.link.used", nil), Quiet: true})
	if err != nil && !errors.Is(err, adapters.ErrGone) {
		return err
	}
	return p.opt.Memory.Forget(ctx, scopePosted, it.Key)
}

// sweep replaces links that are too old, until ctx ends.
func (p *Pages) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepTime)
	defer tick.Stop()
	for {
		if err := p.sweepOnce(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("web: links that are too old stay in the chat for now", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *Pages) sweepOnce(ctx context.Context) (failed error) {
	for after := int64(0); ; {
		part, err := p.opt.Memory.List(ctx, scopePosted, after, keep)
		if err != nil {
			return err
		}
		for _, it := range part {
			after = it.Seq
			var l posted
			if private.Decode(it.Value, &l) != nil || p.opt.Now().Before(l.End) {
				continue
			}
			failed = errors.Join(failed, p.replace(ctx, it))
		}
		if len(part) < keep {
			return failed
		}
	}
}
