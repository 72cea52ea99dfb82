package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// ErrMemory is what a broken Memory returns.
var ErrMemory = errors.New("memory: broken for the test")

var _ adapters.Memory = (*Memory)(nil)

// Memory is a Memory that outlives adapters and can be made to fail.
type Memory struct {
	// Now is its clock, nil for that of the machine. What is past its Until is
	// not there.
	Now func() time.Time

	mu           sync.Mutex
	broken, hung bool
	seq          int64
	items        []adapters.Item
}

// Break makes every call fail, or work again.
func (m *Memory) Break(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = on
}

// Hang makes every call wait for the end of its context, or work again.
func (m *Memory) Hang(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hung = on
}

// Lose forgets all scopes that begin so, as after a crash before they were kept.
func (m *Memory) Lose(scope string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items = slices.DeleteFunc(m.items, func(it adapters.Item) bool { return strings.HasPrefix(it.Scope, scope) })
}

// Kept is what is kept in the scopes that begin so, oldest first.
func (m *Memory) Kept(scope string) []adapters.Item {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.items), func(it adapters.Item) bool { return !strings.HasPrefix(it.Scope, scope) })
}

// Holds reports whether a text is kept in the scopes that begin so.
func (m *Memory) Holds(scope, text string) bool {
	return slices.ContainsFunc(m.Kept(scope), func(it adapters.Item) bool {
		return strings.Contains(it.Scope+" "+it.Key, text) || bytes.Contains(it.Value, []byte(text))
	})
}

// Get implements adapters.Memory.
func (m *Memory) Get(ctx context.Context, scope, key string) (adapters.Item, bool, error) {
	err := m.enter(ctx)
	defer m.mu.Unlock()
	i := m.find(scope, key)
	if err != nil || i < 0 {
		return adapters.Item{}, false, err
	}
	return m.items[i], true, nil
}

// Put implements adapters.Memory.
func (m *Memory) Put(ctx context.Context, it adapters.Item) (int64, bool, error) {
	err := m.enter(ctx)
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

// List implements adapters.Memory.
func (m *Memory) List(ctx context.Context, scope string, after int64, limit int) ([]adapters.Item, error) {
	err := m.enter(ctx)
	defer m.mu.Unlock()
	var out []adapters.Item
	for _, it := range m.items {
		if err == nil && it.Scope == scope && it.Seq > after && len(out) < limit {
			out = append(out, it)
		}
	}
	return out, err
}

// Forget implements adapters.Memory.
func (m *Memory) Forget(ctx context.Context, scope, key string) error {
	err := m.enter(ctx)
	defer m.mu.Unlock()
	if err == nil {
		m.items = slices.DeleteFunc(m.items, func(it adapters.Item) bool { return it.Scope == scope && (key == "" || it.Key == key) })
	}
	return err
}

// enter takes mu, also when it fails, and throws away what is past.
func (m *Memory) enter(ctx context.Context) error {
	m.mu.Lock()
	if m.hung {
		m.mu.Unlock()
		<-ctx.Done()
		m.mu.Lock()
	}
	if m.broken {
		return ErrMemory
	}
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	m.items = slices.DeleteFunc(m.items, func(it adapters.Item) bool { return !it.Until.IsZero() && !it.Until.After(now()) })
	return ctx.Err()
}

func (m *Memory) find(scope, key string) int {
	return slices.IndexFunc(m.items, func(it adapters.Item) bool { return it.Scope == scope && it.Key == key })
}

// Log is a log that a test reads while it is written.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is all that was written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
