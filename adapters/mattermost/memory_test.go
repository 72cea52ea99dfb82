package mattermost_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

var errMemory = errors.New("memory: broken for the test")

// memory is a Memory that outlives adapters and can be made to fail.
type memory struct {
	mu     sync.Mutex
	broken bool
	hang   bool // calls wait for the end of their context
	seq    int64
	ahead  atomic.Int64 // how far its clock is put forward
	items  []adapters.Item
}

func (m *memory) down(broken, hang bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken, m.hang = broken, hang
}

func (m *memory) enter(ctx context.Context) error {
	m.mu.Lock()
	if m.hang {
		m.mu.Unlock()
		<-ctx.Done()
		m.mu.Lock()
		return ctx.Err()
	}
	if m.broken {
		return errMemory
	}
	return nil
}

func (m *memory) past(it adapters.Item) bool {
	return !it.Until.IsZero() && it.Until.Before(time.Now().Add(time.Duration(m.ahead.Load())))
}

func (m *memory) find(scope, key string) int {
	return slices.IndexFunc(m.items, func(it adapters.Item) bool { return it.Scope == scope && it.Key == key })
}

func (m *memory) Get(ctx context.Context, scope, key string) (adapters.Item, bool, error) {
	err := m.enter(ctx)
	defer m.mu.Unlock()
	i := m.find(scope, key)
	if err != nil || i < 0 || m.past(m.items[i]) {
		return adapters.Item{}, false, err
	}
	return m.items[i], true, nil
}

func (m *memory) Put(ctx context.Context, it adapters.Item) (int64, bool, error) {
	err := m.enter(ctx)
	defer m.mu.Unlock()
	if err != nil {
		return 0, false, err
	}
	if i := m.find(it.Scope, it.Key); i >= 0 && m.past(m.items[i]) {
		m.items = slices.Delete(m.items, i, i+1)
	} else if i >= 0 {
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
	err := m.enter(ctx)
	defer m.mu.Unlock()
	var out []adapters.Item
	for _, it := range m.items {
		if err == nil && it.Scope == scope && it.Seq > after && !m.past(it) && len(out) < limit {
			out = append(out, it)
		}
	}
	return out, err
}

func (m *memory) Forget(ctx context.Context, scope, key string) error {
	err := m.enter(ctx)
	defer m.mu.Unlock()
	if err == nil {
		m.items = slices.DeleteFunc(m.items, func(it adapters.Item) bool { return it.Scope == scope && (key == "" || it.Key == key) })
	}
	return err
}

// lose forgets every scope that begins so, as after a crash before it was kept.
func (m *memory) lose(scope string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items = slices.DeleteFunc(m.items, func(it adapters.Item) bool { return strings.HasPrefix(it.Scope, scope) })
}

// scopes are the keys that are kept in scopes that begin so.
func (m *memory) scopes(scope string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, it := range m.items {
		if strings.HasPrefix(it.Scope, scope) {
			out = append(out, it.Key)
		}
	}
	return out
}

// values are what is kept in scopes that begin so.
func (m *memory) values(scope string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, it := range m.items {
		if strings.HasPrefix(it.Scope, scope) {
			out = append(out, string(it.Value))
		}
	}
	return out
}
