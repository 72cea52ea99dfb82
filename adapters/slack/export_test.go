package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// NewReceiver is the HTTP side of a run without its network.
func NewReceiver(t testing.TB, a *Adapter, h adapters.Handler) func(kind string, body []byte, head http.Header) int {
	s := newServer(a, h)
	if err := s.begin(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	return func(kind string, body []byte, head http.Header) int {
		r := httptest.NewRequest(http.MethodPost, Path, bytes.NewReader(body))
		r.Header = head
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		s.request(w, r)
		return w.Code
	}
}

// Decode reads what is needed of an interaction; DecodeAll reads all of it, as
// slack-go does.
func Decode(payload []byte) error    { return json.Unmarshal(payload, new(interaction)) }
func DecodeAll(payload []byte) error { return json.Unmarshal(payload, new(slack.InteractionCallback)) }

// Modal is the view of a form as JSON.
func (a *Adapter) Modal(f adapters.Form, lang string) ([]byte, error) {
	v, err := a.modal(f, lang)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// Blocks are the blocks of a reply as JSON.
func (a *Adapter) Blocks(r adapters.Reply, lang string) ([]byte, error) {
	c, err := a.render(r, lang)
	if err != nil {
		return nil, err
	}
	return json.Marshal(c.blocks)
}
