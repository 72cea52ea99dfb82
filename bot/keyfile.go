package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/vault"
)

// keyFile follows the key file of a running bot. A rotation changes it in place,
// or an operator or a secret mount puts another one there; either way the bot
// works with the new keys within seconds and needs no restart.
type keyFile struct {
	path  string
	store *store.Store
	log   *slog.Logger
	seen  stamp
}

// stamp tells one content of a file from the next without reading it.
type stamp struct {
	at   time.Time
	size int64
}

// follow takes a changed file over, and tells whoever rotates keys which ones
// this bot works with. A file that is not right is said once, and the bot goes
// on with the keys that it has.
func (k *keyFile) follow(ctx context.Context, _ time.Time) error {
	if err := k.take(ctx); err != nil {
		return err
	}
	return k.store.Announce(ctx)
}

func (k *keyFile) take(ctx context.Context) error {
	info, err := os.Stat(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a mount in the middle of a change; what it had still works
	}
	if err != nil {
		return err
	}
	now := stamp{info.ModTime(), info.Size()}
	if now == k.seen {
		return nil
	}
	v, err := vault.Open(k.path)
	if err == nil {
		err = k.store.Rekey(ctx, v)
	}
	switch {
	case err == nil && k.seen == (stamp{}): // the one that it started with
	case err == nil:
		k.log.Info("bot: key file taken over", "keys", v.ID())
	case errors.Is(err, store.ErrDown), ctx.Err() != nil:
		return err // again at the next tick
	default:
		k.log.Error("bot: the changed key file is not taken over, the old keys stay in use", "err", inWords(err))
	}
	k.seen = now
	return nil
}
