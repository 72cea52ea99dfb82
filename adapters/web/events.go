package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The stream of a page. A beat tells the page that the line is alive; a write
// that takes longer than lineTime ends the stream, and the page comes back.
const (
	beat     = 15 * time.Second
	lineTime = 10 * time.Second
	openTime = time.Second
)

// events is the stream of what changed in a person's logs, as server-sent
// events. The mark of the last one, in Last-Event-ID or the query's after,
// says where to go on. "out" says that whoever sat there signed out: nothing comes
// after it. A mark of another run gets everything again, in one
// "sync": the page keeps what it has and changes what differs.
func (s *server) events(w http.ResponseWriter, r *http.Request, who visitor) {
	l := lang(r)
	after := r.Header.Get("Last-Event-ID")
	if after == "" {
		after = r.URL.Query().Get("after")
	}
	rev, known := s.revision(after)
	line := stream{w: w, rc: http.NewResponseController(w)}
	_ = line.rc.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	ids := s.logs(who)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	s.openLogs(r.Context(), ids)
	if line.send("beat", "", nil) != nil {
		return
	}
	left := who.out.wait()
	for {
		news, now, changed := s.book.since(rev, ids...)
		list := []shown{}
		for _, id := range ids {
			for _, e := range news[id] {
				list = append(list, s.shown(who, id, e, l))
			}
		}
		name := "posts"
		if !known {
			name = "sync"
		}
		if len(list) > 0 || !known {
			if !s.stays(line, r, who) || line.send(name, s.mark(now), list) != nil {
				return
			}
		}
		rev, known = now, true
		select {
		case <-changed:
		case <-left:
			left = who.out.wait()
			if !s.stays(line, r, who) {
				return
			}
		case <-tick.C:
			s.openLogs(r.Context(), ids)
			if !s.stays(line, r, who) || line.send("beat", "", nil) != nil {
				return
			}
		case <-r.Context().Done():
			return
		case <-s.stop:
			return
		}
	}
}

// openLogs reads what was not read before and reports whether all is there. A
// memory that hangs holds a page up for openTime at most: 112 stands on it.
func (s *server) openLogs(ctx context.Context, ids []string) bool {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	whole := true
	for _, id := range ids {
		if err := s.book.open(ctx, id); err != nil {
			s.opt.Log.Error("web: posts could not be read", "error", err)
			whole = false
		}
	}
	return whole
}

// mark names a revision of this run.
func (a *Adapter) mark(rev int64) string { return a.epoch + "-" + strconv.FormatInt(rev, 10) }

// revision reads a mark; ok is false when it is not of this run.
func (a *Adapter) revision(mark string) (rev int64, ok bool) {
	epoch, number, found := strings.Cut(mark, "-")
	if !found || epoch != a.epoch {
		return 0, false
	}
	rev, err := strconv.ParseInt(number, 10, 64)
	if err != nil || rev < 0 {
		return 0, false
	}
	return rev, true
}

// stream writes server-sent events.
type stream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (s stream) send(event, id string, data any) error {
	if err := s.rc.SetWriteDeadline(time.Now().Add(lineTime)); err != nil {
		return fmt.Errorf("web: stream: %w", err)
	}
	b, err := json.Marshal(data) // one line: JSON escapes line ends
	if err != nil {
		return fmt.Errorf("web: stream: %w", err)
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	if _, err := fmt.Fprintf(s.w, "event: %s\n%sdata: %s\n\n", event, id, b); err != nil {
		return fmt.Errorf("web: stream: %w", err)
	}
	return s.rc.Flush()
}
