package slacktest

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"
)

// pipe is a listener in memory.
type pipe struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipe() *pipe { return &pipe{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipe) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	here, there := newWire(near), newWire(far)
	var err error
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		err = net.ErrClosed
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	_, _ = here.Close(), there.Close()
	return nil, err
}

// Accept implements net.Listener.
func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipe) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

// Addr implements net.Listener.
func (p *pipe) Addr() net.Addr { return &net.UnixAddr{Name: Host, Net: "pipe"} }

// wire is an end of a connection that holds what is written until it is read, as
// the network does: net.Pipe lets two ends that both write wait for each other.
type wire struct {
	net.Conn
	mu     sync.Mutex
	queue  [][]byte
	more   chan struct{} // holds a token when there is something in queue
	closed chan struct{}
	once   sync.Once
}

func newWire(c net.Conn) *wire {
	w := &wire{Conn: c, more: make(chan struct{}, 1), closed: make(chan struct{})}
	go w.pump()
	return w
}

// Write implements net.Conn.
func (w *wire) Write(b []byte) (int, error) {
	select {
	case <-w.closed:
		return 0, net.ErrClosed
	default:
	}
	w.mu.Lock()
	w.queue = append(w.queue, slices.Clone(b))
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

// Close implements net.Conn. What was written still arrives.
func (w *wire) Close() error {
	w.once.Do(func() {
		_ = w.SetReadDeadline(time.Unix(1, 0))
		_ = w.Conn.SetWriteDeadline(time.Now().Add(time.Second)) // who does not read must not keep us
		close(w.closed)
	})
	return nil
}

func (w *wire) pump() {
	defer func() { _, _ = w.Close(), w.Conn.Close() }()
	for last := false; !last; {
		select {
		case <-w.more:
		case <-w.closed:
			last = true
		}
		w.mu.Lock()
		all := w.queue
		w.queue = nil
		w.mu.Unlock()
		for _, b := range all {
			if _, err := w.Conn.Write(b); err != nil {
				return
			}
		}
	}
}

// SetWriteDeadline implements net.Conn: writing never waits here.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline implements net.Conn.
func (w *wire) SetDeadline(t time.Time) error { return w.SetReadDeadline(t) }
