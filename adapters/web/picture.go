package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"strconv"

	"github.com/meldroute/meldroute/adapters"
)

// picture is kept within its post: it goes when the post goes.
type picture struct {
	Name   string `json:"name"`
	Alt    string `json:"alt"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	PNG    []byte `json:"png"`
}

func (p *picture) same(q *picture) bool {
	if p == nil || q == nil {
		return p == q
	}
	return p.Name == q.Name && p.Alt == q.Alt && bytes.Equal(p.PNG, q.PNG)
}

// id is the last part of its address: another picture has another.
func (p *picture) id() string {
	h := sha256.Sum256(p.PNG)
	return hex.EncodeToString(h[:16])
}

// src is its address on the page of a person, in a log that he reads.
func (p *picture) src(who, log string) string { return "/p/" + who + "/picture/" + log + "/" + p.id() }

var _ adapters.Pictures = (*Adapter)(nil)

// SendPicture is Send, with a picture in the post.
func (a *Adapter) SendPicture(ctx context.Context, to adapters.Address, p adapters.Picture) error {
	if err := p.Check(); err != nil {
		return fmt.Errorf("web: picture: %w", err)
	}
	r := adapters.Reply{Key: p.Key, Text: p.Text}
	if err := a.Limits().Reply(r); err != nil {
		return fmt.Errorf("web: picture: %w", err)
	}
	id, ok := a.place(to)
	if !ok {
		return fmt.Errorf("web: picture: %w", adapters.ErrGone)
	}
	with := botPost(r)
	with.Picture = &picture{Name: p.Name, Alt: p.Alt, PNG: p.PNG}
	with.Picture.Width, with.Picture.Height = p.Size()
	if err := a.book.put(ctx, id, with); err != nil {
		return fmt.Errorf("web: picture: %w", err)
	}
	return nil
}

// picture serves the picture of a post to who reads the log that it stands in.
func (s *server) picture(w http.ResponseWriter, r *http.Request, who visitor) {
	log := r.PathValue("log")
	for _, id := range s.logs(who) {
		if who.public(id) != log {
			continue
		}
		s.openLogs(r.Context(), []string{id})
		if p := s.book.picture(id, r.PathValue("picture")); p != nil {
			p.write(w)
			return
		}
	}
	s.missing(w, r)
}

// picture finds a picture in a log.
func (b *book) picture(log, id string) *picture {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.look(log).entries {
		if e.Picture != nil && e.Picture.id() == id {
			return e.Picture
		}
	}
	return nil
}

func (p *picture) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": p.Name}))
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Content-Length", strconv.Itoa(len(p.PNG)))
	_, _ = w.Write(p.PNG)
}
