package slack

import (
	"context"
	"slices"
	"sync"

	"github.com/meldroute/meldroute/adapters"
)

// scratch is a Memory that is gone when the program ends: a probe keeps nothing
// in the store.
type scratch struct {
	from  int64 // where its numbers begin: beyond those of the store, which mark messages too
	mu    sync.Mutex
	items []adapters.Item
}

func (s *scratch) find(scope, key string) int {
	return slices.IndexFunc(s.items, func(it adapters.Item) bool { return it.Scope == scope && it.Key == key })
}

// Get implements adapters.Memory.
func (s *scratch) Get(_ context.Context, scope, key string) (it adapters.Item, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(scope, key); i >= 0 {
		return s.items[i], true, nil
	}
	return it, false, nil
}

// Put implements adapters.Memory.
func (s *scratch) Put(_ context.Context, it adapters.Item) (seq int64, fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(it.Scope, it.Key); i >= 0 {
		it.Seq = s.items[i].Seq
		s.items[i] = it
		return it.Seq, false, nil
	}
	it.Seq = s.from + int64(len(s.items)) + 1
	s.items = append(s.items, it)
	return it.Seq, true, nil
}

// List implements adapters.Memory.
func (s *scratch) List(_ context.Context, scope string, after int64, limit int) ([]adapters.Item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []adapters.Item
	for _, it := range s.items {
		if it.Scope == scope && it.Seq > after && len(out) < limit {
			out = append(out, it)
		}
	}
	return out, nil
}

// Forget implements adapters.Memory. What is forgotten leaves its place empty,
// so that no number is given twice.
func (s *scratch) Forget(_ context.Context, scope, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, it := range s.items {
		if it.Scope == scope && (key == "" || it.Key == key) {
			s.items[i] = adapters.Item{Seq: it.Seq}
		}
	}
	return nil
}

// keys are the keys of a scope, in order.
func (s *scratch) keys(scope string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, it := range s.items {
		if it.Scope == scope {
			out = append(out, it.Key)
		}
	}
	return out
}
