package postgres

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// hear gives a hint for every commit of a notice that PostgreSQL tells of, and
// one whenever it starts to listen, since something may have been missed. It
// comes back after every failure, until ctx ends.
func (db *DB) hear(ctx context.Context, cfg *pgx.ConnConfig) {
	const shortest, longest = 100 * time.Millisecond, 30 * time.Second
	for wait := shortest; ctx.Err() == nil; wait = min(2*wait, longest) {
		if db.hearOnce(ctx, cfg.Copy()) {
			wait = shortest
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait/2 + rand.N(wait)): //nolint:gosec // jitter
		}
	}
}

// hearOnce listens on one connection until it breaks, and says whether it
// listened at all.
func (db *DB) hearOnce(ctx context.Context, cfg *pgx.ConnConfig) bool {
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return false
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = c.Close(ctx)
	}()
	if _, err := c.Exec(ctx, "LISTEN "+channel); err != nil {
		return false
	}
	for {
		db.hint()
		// A connection that a firewall forgot is noticed by asking.
		quiet, cancel := context.WithTimeout(ctx, time.Minute)
		_, err := c.WaitForNotification(quiet)
		cancel()
		if err != nil && (ctx.Err() != nil || c.IsClosed() || c.Ping(ctx) != nil) {
			return true
		}
	}
}
