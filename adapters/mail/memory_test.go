package mail_test

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mail"
	"github.com/meldroute/meldroute/adapters/mail/mailtest"
)

// memory is a Memory that outlives adapters and can be made to fail.
type memory struct {
	mu     sync.Mutex
	items  map[string]adapters.Item
	broken error
}

func (m *memory) Get(_ context.Context, scope, key string) (adapters.Item, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it, ok := m.items[scope+"/"+key]
	return it, ok, m.broken
}

func (m *memory) Put(_ context.Context, it adapters.Item) (int64, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.items == nil {
		m.items = map[string]adapters.Item{}
	}
	m.items[it.Scope+"/"+it.Key] = it
	return 1, true, m.broken
}

func (m *memory) List(context.Context, string, int64, int) ([]adapters.Item, error) {
	return nil, nil
}
func (m *memory) Forget(context.Context, string, string) error { return nil }

// say gives the name of a text in place of its words.
func say(lang, id string, args map[string]any) string {
	return fmt.Sprint(lang, " ", id, cmp.Or(args["Municipality"], any("")))
}

// open makes an adapter for a server.
func open(t *testing.T, s *mailtest.Server, way string, change func(*mail.Options)) *mail.Adapter {
	t.Helper()
	o := mail.Options{
		Host: "127.0.0.1", Port: s.Port, TLS: way, User: mailtest.User, Password: mailtest.Password, From: "meldroute@example.org",
		Municipality: "Woerden", Lang: "nl", Memory: &memory{}, Say: say, Roots: s.Roots,
		Now: func() time.Time { return time.Date(2027, 4, 14, 12, 0, 0, 0, time.UTC) },
	}
	if way == mail.Plain {
		o.User, o.Password = "", ""
	}
	if change != nil {
		change(&o)
	}
	a, err := mail.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
