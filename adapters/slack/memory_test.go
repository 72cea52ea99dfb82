package slack_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

var errMemory = errors.New("memory: broken for the test")

// memory is a Memory that outlives adapters and can be made to fail.
type memory struct {
	mu     sync.Mutex
	broken bool
	fail   func(op string) bool // fails one call; called with mu held
	seq    int64
	items  []adapters.Item
}

func (m *memory) down(broken bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = broken
}

// enter takes mu.
func (m *memory) enter(ctx context.Context, op string) error {
	m.mu.Lock()
	m.items = slices.DeleteFunc(m.items, func(it adapters.Item) bool { return !it.Until.IsZero() && !it.Until.After(time.Now()) })
	if m.broken || m.fail != nil && m.fail(op) {
		return errMemory
	}
	return ctx.Err()
}

func (m *memory) find(scope, key string) int {
	return slices.IndexFunc(m.items, func(it adapters.Item) bool { return it.Scope == scope && it.Key == key })
}

func (m *memory) Get(ctx context.Context, scope, key string) (adapters.Item, bool, error) {
	err := m.enter(ctx, "get")
	defer m.mu.Unlock()
	i := m.find(scope, key)
	if err != nil || i < 0 {
		return adapters.Item{}, false, err
	}
	return m.items[i], true, nil
}

func (m *memory) Put(ctx context.Context, it adapters.Item) (int64, bool, error) {
	err := m.enter(ctx, "put")
	defer m.mu.Unlock()
	if err != nil {
		return 0, false, err
	}
	if i := m.find(it.Scope, it.Key); i >= 0 {
		it.Seq = m.items[i].Seq
		m.items[i] = it
		return it.Seq, false, nil
	}
	m.seq++
	it.Seq = m.seq
	m.items = append(m.items, it)
	return it.Seq, true, nil
}

func (m *memory) List(ctx context.Context, scope string, after int64, limit int) ([]adapters.Item, error) {
	err := m.enter(ctx, "list")
	defer m.mu.Unlock()
	var out []adapters.Item
	for _, it := range m.items {
		if err == nil && it.Scope == scope && it.Seq > after && len(out) < limit {
			out = append(out, it)
		}
	}
	return out, err
}

func (m *memory) Forget(ctx context.Context, scope, key string) error {
	err := m.enter(ctx, "forget")
	defer m.mu.Unlock()
	if err == nil {
		m.items = slices.DeleteFunc(m.items, func(it adapters.Item) bool { return it.Scope == scope && (key == "" || it.Key == key) })
	}
	return err
}

func (m *memory) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items = nil
}
