package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"sync"
)

// seat is a person at work.
type seat struct {
	Person
	queue
	path  string // names him in addresses of pages, and in pages
	reads bool   // the channel
	begin string // id of the act that opens an empty dialogue, the same in every tab
	out   bell   // rings when he signs out somewhere
}

func (a *Adapter) newSeat(p Person, path string) *seat {
	return &seat{
		Person: p, path: path, reads: a.opt.Channel.ID != "" && slices.Contains(a.opt.Readers, p.ID),
		queue: newQueue(), begin: rand.Text(),
	}
}

// seat is that of who has an id: of who is played, or, behind a sign-in, of
// anybody, also before he came. It is nil for an id that nobody can have.
func (a *Adapter) seat(id string) *seat {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.seats[id]
	if s == nil && a.door != nil && plainID(id) && id != a.opt.Channel.ID {
		s = a.newSeat(Person{ID: id}, a.door.path(id))
		a.seats[id] = s
	}
	return s
}

// path names somebody in addresses. Those end up in histories and in logs of what
// stands in front, where an id of his would tell who he is: it is a pseudonym,
// the same after a restart.
func (d *door) path(id string) string {
	h := hmac.New(sha256.New, []byte(d.Secret.Reveal()))
	h.Write([]byte("page|" + id))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:16])
}

// visitor is somebody on his own page.
type visitor struct {
	*seat
	Name string // as it is shown
}

// public is how a log is called on his page.
func (v visitor) public(log string) string {
	if log == v.ID {
		return v.path
	}
	return log
}

// bell wakes all who wait for it.
type bell struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait is closed at the next ring.
func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
