package dialogue

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
	"github.com/meldroute/meldroute/store"
)

// book holds the flows by version: those of today's configuration, and older
// ones that sessions began with.
type book struct {
	store   *store.Store
	today   map[string]string // flow name to version
	mu      sync.RWMutex
	version map[string]*flows.Flow
}

func newBook(ctx context.Context, st *store.Store, c config.Config) (*book, error) {
	b := &book{store: st, today: map[string]string{}, version: map[string]*flows.Flow{}}
	for _, f := range []flows.Flow{intake.Build(Params(c)), intake.Enter(Params(c)), intake.Addition(Params(c)), intake.Called(), intake.Withdraw()} {
		v := f.Version()
		if err := b.check(ctx, f, v); err != nil {
			return nil, fmt.Errorf("dialogue: flow %s: %w", f.Name, err)
		}
		body, err := flows.Encode(f)
		if err != nil {
			return nil, fmt.Errorf("dialogue: flow %s: %w", f.Name, err)
		}
		if err := st.PutFlow(ctx, v, f.Name, body); err != nil {
			return nil, fmt.Errorf("dialogue: keep flow %s: %w", f.Name, err)
		}
		b.today[f.Name], b.version[v] = v, &f
	}
	return b, nil
}

// check walks a flow that was never put before: each step reachable, each way
// ends. One that the store holds has passed.
func (b *book) check(ctx context.Context, f flows.Flow, version string) error {
	switch _, err := b.store.Flow(ctx, version); {
	case errors.Is(err, store.ErrNotFound):
		return flows.Check(f)
	default:
		return err
	}
}

// get returns a flow that is at hand; ok false means that fetch must load it.
func (b *book) get(version string) (f *flows.Flow, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	f, ok = b.version[version]
	return f, ok
}

func (b *book) fetch(ctx context.Context, version string) error {
	body, err := b.store.Flow(ctx, version)
	if err != nil {
		return fmt.Errorf("dialogue: flow of an older version: %w", err)
	}
	f, err := flows.Decode(body)
	if err != nil {
		return fmt.Errorf("dialogue: flow of an older version: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.version[version] = &f
	return nil
}
