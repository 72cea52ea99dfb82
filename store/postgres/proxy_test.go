package postgres_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
)

// proxy stands between a driver and its server, counts how often the driver
// waits for an answer, and can break the connections in between.
type proxy struct {
	mu     sync.Mutex
	trips  int
	lose   int // the answer after so many more trips is lost; 0 is never
	stuck  bool
	conns  map[net.Conn]bool
	server string
}

// newProxy starts a proxy for a database of storetest.Postgres and returns it
// with the address to use.
func newProxy(t testing.TB, direct string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{conns: map[net.Conn]bool{}, server: filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432")}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.cut()
		running.Wait()
	})
	u.Host, u.RawQuery = l.Addr().String(), "user=postgres&sslmode=disable"
	return p, u.String()
}

// serve carries one connection.
func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	p.mu.Lock()
	p.conns[client], p.conns[server] = true, true
	p.mu.Unlock()
	var both sync.WaitGroup
	lost := make(chan struct{})
	both.Go(func() {
		defer server.Close()
		p.forward(server, bufio.NewReader(client), lost)
	})
	both.Go(func() {
		defer client.Close()
		b := make([]byte, 64<<10)
		for {
			n, err := server.Read(b)
			select {
			case <-lost:
				return
			default:
			}
			if n > 0 && !p.silent() {
				_, _ = client.Write(b[:n])
			}
			if err != nil {
				return
			}
		}
	})
	both.Wait()
	p.mu.Lock()
	delete(p.conns, client)
	delete(p.conns, server)
	p.mu.Unlock()
}

// forward passes on what the driver says, message by message, and counts those
// after which it waits: Sync, simple Query and Flush (PostgreSQL's manual,
// chapter "Message Formats").
func (p *proxy) forward(to io.Writer, from *bufio.Reader, lost chan struct{}) {
	for first := true; ; first = false {
		head := make([]byte, 5)
		if first {
			head = head[:4] // the start has no type
		}
		if _, err := io.ReadFull(from, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[len(head)-4:])-4)
		if _, err := io.ReadFull(from, body); err != nil {
			return
		}
		if !first && (head[0] == 'S' || head[0] == 'Q' || head[0] == 'H') && p.trip() {
			close(lost)
		}
		if _, err := to.Write(append(head, body...)); err != nil {
			return
		}
	}
}

// trip counts, and says whether the answer is to be lost.
func (p *proxy) trip() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trips++
	if p.lose == 0 {
		return false
	}
	p.lose--
	return p.lose == 0
}

func (p *proxy) silent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stuck
}

// set changes what the proxy does.
func (p *proxy) set(f func(*proxy)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

// count runs f and returns how often the driver waited meanwhile.
func (p *proxy) count(f func()) int {
	p.set(func(p *proxy) { p.trips = 0 })
	f()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trips
}

// cut breaks all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}
