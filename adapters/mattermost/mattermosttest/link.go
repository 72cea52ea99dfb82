package mattermosttest

import (
	"io"
	"net"
	"sync"
)

// Link is a way to a server that a test can break.
type Link struct {
	URL string

	listener net.Listener
	target   func() string // "" is nowhere
	mu       sync.Mutex
	changed  *sync.Cond
	cut      bool
	hung     bool
	open     map[net.Conn]bool
	parts    sync.WaitGroup
}

func newLink(target func() string) (*Link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Link{URL: "http://" + listener.Addr().String(), listener: listener, target: target, open: map[net.Conn]bool{}}
	l.changed = sync.NewCond(&l.mu)
	l.parts.Go(l.accept)
	return l, nil
}

// Cut breaks every connection, and each new one at once, until Mend.
func (l *Link) Cut() { l.set(true, false) }

// Hang lets nothing through and breaks nothing, until Mend: what a firewall
// does that drops packets.
func (l *Link) Hang() { l.set(false, true) }

// Mend makes the link whole again.
func (l *Link) Mend() { l.set(false, false) }

// Drop breaks the connections that are open, and no new one.
func (l *Link) Drop() {
	l.Cut()
	l.Mend()
}

func (l *Link) set(cut, hung bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.hung = cut, hung
	if cut {
		for c := range l.open {
			c.Close()
		}
	}
	l.changed.Broadcast()
}

func (l *Link) close() {
	l.listener.Close()
	l.Cut()
	l.parts.Wait()
}

func (l *Link) accept() {
	for {
		c, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.parts.Go(func() { l.carry(c) })
	}
}

// carry joins a connection to one of the server.
func (l *Link) carry(from net.Conn) {
	defer from.Close()
	if !l.hold(from) {
		return
	}
	defer l.release(from)
	to, err := net.Dial("tcp", l.target())
	if err != nil {
		return
	}
	defer to.Close()
	if !l.hold(to) {
		return
	}
	defer l.release(to)
	var ways sync.WaitGroup
	ways.Go(func() { l.copy(to, from) })
	ways.Go(func() { l.copy(from, to) })
	ways.Wait()
}

// hold notes an open connection; it is refused while the link is cut.
func (l *Link) hold(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.cut {
		l.open[c] = true
	}
	return !l.cut
}

func (l *Link) release(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// copy carries one way, and closes both when it ends.
func (l *Link) copy(to, from net.Conn) {
	_, _ = io.Copy(gate{l, to}, from)
	to.Close()
	from.Close()
}

// gate waits while the link hangs.
type gate struct {
	l  *Link
	to net.Conn
}

func (g gate) Write(p []byte) (int, error) {
	g.l.mu.Lock()
	for g.l.hung {
		g.l.changed.Wait()
	}
	g.l.mu.Unlock()
	return g.to.Write(p)
}
