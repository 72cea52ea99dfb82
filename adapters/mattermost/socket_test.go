package mattermost_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/meldroute/meldroute/adapters/mattermost"
)

// script is a server of sockets that sends these lines to whoever comes, in one
// connection after the other, and then says nothing or ends.
func script(t *testing.T, end bool, connections ...[]string) (url string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	up := websocket.Upgrader{}
	done := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := up.Upgrade(w, r, nil)
		if err != nil || r.Header.Get("Authorization") != "Bearer token" {
			t.Errorf("a socket without the token, or none: %v", err)
			return
		}
		defer conn.Close()
		*asked = append(*asked, r.URL.RawQuery)
		for _, line := range connections[len(*asked)-1] {
			if conn.WriteMessage(websocket.TextMessage, []byte(line)) != nil {
				return
			}
		}
		if !end {
			<-done
		}
	}))
	t.Cleanup(func() { close(done); srv.Close() })
	return srv.URL, asked
}

const (
	hello1 = `{"event":"hello","data":{"connection_id":"one"},"seq":0}`
	hello2 = `{"event":"hello","data":{"connection_id":"two"},"seq":0}`
	pong   = `{"status":"OK","data":{"text":"pong","server_time":1000},"seq_reply":1}`
	denied = `{"status":"FAIL","seq_reply":1}`
)

func event(seq string) string { return `{"event":"posted","data":{},"seq":` + seq + `}` }

// A line is taken up at the event after the last one that was heard, and what
// was lost is told: by another line, or by an event that is not the next.
func TestSocket(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lines [][]string
		want  []string
		asked []string
	}{
		"greeted": {
			[][]string{{hello1, event("1"), event("2")}},
			[]string{"begin lost", "posted 1", "posted 2"},
			[]string{"connection_id=&sequence_number=0"},
		},
		"taken up": {
			[][]string{{hello1, event("1")}, {pong, event("2")}, {event("3"), pong}},
			[]string{"begin lost", "posted 1", "begin", "posted 2", "begin", "posted 3"},
			[]string{"connection_id=&sequence_number=0", "connection_id=one&sequence_number=2", "connection_id=one&sequence_number=3"},
		},
		"another line": {
			[][]string{{hello1, event("1")}, {hello2, event("1")}, {pong, hello1, event("1")}},
			[]string{"begin lost", "posted 1", "begin lost", "posted 1", "begin", "begin lost", "posted 1"},
			[]string{"connection_id=&sequence_number=0", "connection_id=one&sequence_number=2", "connection_id=two&sequence_number=2"},
		},
		"one missing": {
			[][]string{{hello1, event("1"), event("3")}, {hello2}},
			[]string{"begin lost", "posted 1", "begin lost"},
			[]string{"connection_id=&sequence_number=0", "connection_id=&sequence_number=0"},
		},
		"noise": {
			[][]string{{"{", "[]", `"x"`, event("7"), hello1, pong, `{"event":"","seq":1}`, event("1")}},
			[]string{"begin lost", "posted 1"},
			[]string{"connection_id=&sequence_number=0"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, asked := script(t, true, tc.lines...)
			s := mattermost.NewSocket(url, "token", time.Minute, time.Minute)
			for range tc.lines {
				_, _ = s.Connect(t.Context())
			}
			if !slices.Equal(s.Seen, tc.want) {
				t.Errorf("got %q, want %q", s.Seen, tc.want)
			}
			if !slices.Equal(*asked, tc.asked) {
				t.Errorf("asked %q, want %q", *asked, tc.asked)
			}
		})
	}
}

// A server that says nothing is given up in time: at first, and later.
func TestSocketDeaf(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{"no greeting": nil, "silence": {hello1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := script(t, false, lines)
			s := mattermost.NewSocket(url, "token", 50*time.Millisecond, 50*time.Millisecond)
			heard, err := s.Connect(t.Context())
			if err == nil || heard != (lines != nil) {
				t.Errorf("got heard %v, %v", heard, err)
			}
		})
	}
}

// A token that is not taken is seen in the answer to a ping. No error of a line
// holds its address or the token.
func TestSocketDenied(t *testing.T) {
	t.Parallel()
	url, _ := script(t, true, []string{denied})
	if _, err := mattermost.NewSocket(url, "token", time.Minute, time.Minute).Connect(t.Context()); err == nil || err.Error() != mattermost.ErrToken.Error() {
		t.Errorf("got %v, want ErrToken", err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }))
	defer srv.Close()
	for _, at := range []string{srv.URL, "http://127.0.0.1:1"} {
		_, err := mattermost.NewSocket(at, "geheim-token", time.Minute, time.Minute).Connect(t.Context())
		if err == nil || strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "connection_id") {
			t.Errorf("got %v, want an error without the address", err)
		}
	}
}

// Whatever a server sends, the reader takes it or leaves it.
func FuzzSocket(f *testing.F) {
	for _, s := range []string{hello1, pong, denied, event("1"), `{"event":"posted","data":{"post":"{"},"seq":1}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if !json.Valid([]byte(line)) {
			t.Skip()
		}
		mattermost.Take(line)
	})
}
