package mattermost

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost/server/public/model"
)

// The times of a socket. The server pings every 60 s by itself.
const (
	helloTime = 10 * time.Second // until the server is heard for the first time
	beatTime  = 30 * time.Second // between our own pings
	deafTime  = 75 * time.Second // without hearing anything
	dialTime  = 10 * time.Second
)

// maxFrame is the longest event: a post with its properties (300 kB, the
// server's limit of a request) and what goes with it.
const maxFrame = 2 << 20

// Errors that end a connection.
var (
	errGap  = errors.New("events are missing")
	errDeaf = errors.New("the server did not greet")
)

// socket is a line of the bot to the server, over as many connections as it
// takes. A new connection goes on where the last one ended as long as the
// server still has what was missed; otherwise lost is called.
type socket struct {
	address string // ws or wss
	token   string
	// event is given every event in order. It must not wait.
	event func(*model.WebSocketEvent)
	// begin is called when the server is heard; lost says that events were
	// missed which it no longer has.
	begin func(lost bool)
	// clock is told the server's time between two moments of ours.
	clock func(began time.Time, serverTime int64)

	hello, deaf time.Duration

	id   string // the connection's, as the server calls it
	next int64  // the sequence number of the next event
}

// newSocket is the socket of a server's address.
func newSocket(address, token string) *socket {
	return &socket{
		address: "ws" + strings.TrimPrefix(address, "http") + model.APIURLSuffix + "/websocket", token: token,
		hello: helloTime, deaf: deafTime,
	}
}

// connect holds one connection until it ends, and says why it did. heard is
// whether the server was.
func (s *socket) connect(ctx context.Context) (heard bool, err error) {
	dialer := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: dialTime, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		NetDialContext: (&net.Dialer{Timeout: dialTime, KeepAlive: 15 * time.Second}).DialContext,
	}
	to := s.address + "?" + url.Values{"connection_id": {s.id}, "sequence_number": {strconv.FormatInt(s.next, 10)}}.Encode()
	conn, res, err := dialer.DialContext(ctx, to, http.Header{"Authorization": {"Bearer " + s.token}})
	if res != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		if res != nil {
			return false, &failure{op: "open the socket", status: res.StatusCode}
		}
		return false, fmt.Errorf("open the socket: %w", bare(err))
	}
	var parts sync.WaitGroup
	defer parts.Wait()
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	conn.SetReadLimit(maxFrame)
	_ = conn.SetReadDeadline(time.Now().Add(s.hello))
	done := make(chan struct{})
	defer close(done)
	pinged := make(chan time.Time, 1)
	parts.Go(func() { beat(conn, done, pinged) })
	return s.read(conn, pinged)
}

// beat asks for a sign of life at once and every beatTime: a connection that is
// taken up again is not greeted.
func beat(conn *websocket.Conn, done <-chan struct{}, pinged chan<- time.Time) {
	tick := time.NewTicker(beatTime)
	defer tick.Stop()
	for n := int64(1); ; n++ {
		select {
		case pinged <- time.Now():
		default: // the last one was not answered: deafTime decides
		}
		_ = conn.SetWriteDeadline(time.Now().Add(dialTime))
		if conn.WriteJSON(model.WebSocketRequest{Seq: n, Action: "ping"}) != nil {
			_ = conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-done:
			return
		}
	}
}

// frame is what tells an event from an answer to a ping.
type frame struct {
	Event  string `json:"event"`
	Reply  int64  `json:"seq_reply"`
	Status string `json:"status"`
	Data   struct {
		ServerTime float64 `json:"server_time"`
	} `json:"data"`
}

func (s *socket) read(conn *websocket.Conn, pinged <-chan time.Time) (heard bool, err error) {
	for {
		_, b, err := conn.ReadMessage()
		if err != nil {
			if !heard {
				err = errors.Join(errDeaf, bare(err))
			}
			return heard, bare(err)
		}
		var f frame
		if json.Unmarshal(b, &f) != nil && f.Event == "" {
			continue // nothing that concerns us
		}
		switch {
		case f.Reply > 0 && f.Status != model.StatusOk:
			return heard, ErrToken
		case f.Reply > 0:
			select {
			case at := <-pinged:
				s.clock(at, int64(f.Data.ServerTime))
			default:
			}
			if !heard && s.id != "" { // taken up where it was
				s.begin(false)
			}
			heard = heard || s.id != ""
		case f.Event != "":
			if err := s.take(b, &heard); err != nil {
				return heard, err
			}
		}
		if heard {
			_ = conn.SetReadDeadline(time.Now().Add(s.deaf))
		}
	}
}

// take hands on one event, in its turn.
func (s *socket) take(b []byte, heard *bool) error {
	ev, err := model.WebSocketEventFromJSON(bytes.NewReader(b))
	if err != nil {
		return errGap // what it was is not known
	}
	if ev.EventType() == model.WebsocketEventHello {
		id, _ := ev.GetData()["connection_id"].(string)
		if id != s.id || !*heard {
			lost := id != s.id
			s.id, s.next = id, ev.GetSequence()+1
			*heard = true
			s.begin(lost)
		}
		return nil
	}
	if !*heard && s.id == "" {
		return nil // it was not said yet which connection this is
	}
	if ev.GetSequence() != s.next {
		s.id, s.next = "", 0
		return errGap
	}
	if !*heard {
		*heard = true
		s.begin(false)
	}
	s.next++
	s.event(ev)
	return nil
}

// bare is a network's error without the address, which can hold an id.
func bare(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
