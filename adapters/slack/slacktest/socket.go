package slacktest

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

// maxAck is the size from which Slack drops an acknowledgement without a word.
const maxAck = 20 * 1024

// maxLinks is how many connections an app may have.
const maxLinks = 10

// link is a Socket Mode connection.
type link struct {
	conn  *websocket.Conn
	write chan struct{} // holds one token while somebody writes
	ghost bool          // nothing passes any more, and neither end knows; guarded by Workspace.mu
}

// envelope is one that waits for its acknowledgement.
type envelope struct {
	over *link
	body chan json.RawMessage
}

func openConnection(w *Workspace, _ url.Values) (object, string, []string) {
	ticket := w.id("ticket")
	w.tickets[ticket] = true
	return object{"url": w.at("ws", "/link?ticket="+ticket)}, "", nil
}

// connect takes a new connection, and reads it until it ends.
func (w *Workspace) connect(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	ticket := r.URL.Query().Get("ticket")
	known, storm, full := w.tickets[ticket], w.storm, len(w.links) >= maxLinks
	delete(w.tickets, ticket)
	w.dials = append(w.dials, time.Now())
	w.mu.Unlock()
	if !known {
		rw.WriteHeader(http.StatusForbidden)
		return
	}
	conn, err := (&websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }, WriteBufferSize: 64 << 10}).Upgrade(rw, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	l := &link{conn: conn, write: make(chan struct{}, 1)}
	if full {
		storm = "too_many_websockets"
	}
	if storm != "" {
		l.send(object{"type": "disconnect", "reason": storm, "debug_info": object{}})
		return
	}
	w.mu.Lock()
	w.links = append(w.links, l)
	n := len(w.links)
	w.wake()
	w.mu.Unlock()
	l.send(object{"type": "hello", "num_connections": n, "connection_info": object{"app_id": app}, "debug_info": object{"host": "applink"}})
	ctx, stop := context.WithCancel(w.life)
	w.busy.Go(func() { w.ping(ctx, l) })
	w.read(l)
	stop()
	w.mu.Lock()
	w.links = slices.DeleteFunc(w.links, func(x *link) bool { return x == l })
	w.wake()
	w.mu.Unlock()
}

func (l *link) send(o object) {
	l.write <- struct{}{}
	defer func() { <-l.write }()
	_ = l.conn.SetWriteDeadline(time.Now().Add(pingEvery))
	_ = l.conn.WriteJSON(o)
}

func (w *Workspace) ping(ctx context.Context, l *link) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if w.dead(l) {
			continue
		}
		_ = l.conn.WriteControl(websocket.PingMessage, []byte("p"), time.Now().Add(time.Second))
	}
}

func (w *Workspace) dead(l *link) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return l.ghost
}

// read takes acknowledgements until the connection ends. One that comes over
// another connection than its envelope, or too late, or too large, does not
// count.
func (w *Workspace) read(l *link) {
	pong := l.conn.PingHandler()
	l.conn.SetPingHandler(func(s string) error {
		if w.dead(l) {
			return nil
		}
		return pong(s)
	})
	for {
		_, b, err := l.conn.ReadMessage()
		if err != nil {
			return
		}
		var ack struct {
			ID      string          `json:"envelope_id"`
			Payload json.RawMessage `json:"payload"`
		}
		w.mu.Lock()
		switch {
		case l.ghost:
		case len(b) >= maxAck:
			w.problem("an acknowledgement of %d bytes was dropped", len(b))
		case json.Unmarshal(b, &ack) != nil || ack.ID == "":
			w.problem("an acknowledgement without an envelope_id")
		default:
			if e := w.waiting[ack.ID]; e != nil && e.over == l {
				delete(w.waiting, ack.ID)
				e.body <- ack.Payload
			}
		}
		w.mu.Unlock()
	}
}

// open are the connections now.
func (w *Workspace) open() []*link {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.links)
}

// Connections is how many connections Slack believes to have.
func (w *Workspace) Connections() int { return len(w.open()) }

// Dials are the moments at which the app connected.
func (w *Workspace) Dials() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.dials)
}

// Haunt turns every connection of now into a ghost: Slack goes on sending over
// it and nothing arrives, pings neither.
func (w *Workspace) Haunt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.links {
		l.ghost = true
	}
}

// Break cuts every connection of now.
func (w *Workspace) Break() {
	for _, l := range w.open() {
		_ = l.conn.NetConn().Close()
	}
}

// Disconnect tells every connection to go, for a reason ("warning",
// "refresh_requested"), and closes it ten seconds later.
func (w *Workspace) Disconnect(reason string) {
	for _, l := range w.open() {
		l.send(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink"}})
		w.later(10*time.Second, func() { _ = l.conn.Close() })
	}
}

// Storm answers every new connection with disconnect, until it is called
// with "".
func (w *Workspace) Storm(reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.storm = reason
}

// later does something after a while, if the workspace is there then.
func (w *Workspace) later(d time.Duration, f func()) {
	w.busy.Go(func() {
		select {
		case <-time.After(d):
			f()
		case <-w.life.Done():
		}
	})
}

// push sends an envelope over one of the connections and waits for its
// acknowledgement. The envelope's id is filled in.
func (w *Workspace) push(env object) Result {
	w.mu.Lock()
	if len(w.links) == 0 {
		w.mu.Unlock()
		return Result{}
	}
	l := w.links[rand.IntN(len(w.links))]
	e := &envelope{over: l, body: make(chan json.RawMessage, 1)}
	id := w.id("envelope")
	w.waiting[id] = e
	env["envelope_id"] = id
	ghost := l.ghost
	w.mu.Unlock()
	if !ghost {
		l.send(env)
	}
	timer := time.NewTimer(ackWait)
	defer timer.Stop()
	select {
	case b := <-e.body:
		return Result{OK: true, Body: b}
	case <-timer.C:
	case <-w.life.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, id)
	return Result{}
}
