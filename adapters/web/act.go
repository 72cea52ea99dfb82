package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// keepTime is how long an act waits for Memory to keep what it shows itself.
const keepTime = time.Second

// answer is one line of the answer to an act (application/x-ndjson). With an
// early reply there are two lines: the first is sent before the act is taken.
type answer struct {
	Early  *shown            `json:"early,omitempty"`
	Done   bool              `json:"done"`            // the last line
	OK     bool              `json:"ok"`              // taken
	Retry  bool              `json:"retry,omitempty"` // the same act, with the same id, may work later
	Notice string            `json:"notice,omitempty"`
	Errors map[string]string `json:"errors,omitempty"`
	Form   string            `json:"form,omitempty"`
}

// act takes what a person did and answers when it was handled.
func (s *server) act(kind actKind) func(http.ResponseWriter, *http.Request, visitor) {
	return func(w http.ResponseWriter, r *http.Request, who visitor) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			no := refusal{http.StatusBadRequest, "web.refused.broken"}
			if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
				no = refusal{http.StatusRequestEntityTooLarge, "web.refused.long"}
			}
			s.refuse(w, lang(r), no)
			return
		}
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		a, no := parseAct(kind, r.Header.Get("Content-Type"), body)
		at := who.ID
		if no == nil && a.at != who.path {
			if at = s.opt.Channel.ID; a.at != at || !who.reads {
				no = &refusal{http.StatusForbidden, "web.refused.place"}
			}
		}
		if no != nil {
			s.refuse(w, lang(r), *no)
			return
		}
		m := a.message
		m.ID, m.Lang, m.Sent = a.id, a.lang, s.opt.Now().UTC()
		m.From, m.At = adapters.NewAddress(Platform, who.ID), adapters.NewAddress(Platform, at)
		m.Name = private.New(who.Name)
		m.Direct = at == who.ID
		s.take(w, who, m)
	}
}

// take shows what must be seen at once, waits for the person's turn and hands
// the message over. An act goes on when its page is closed: it is finished or
// it is brought again.
func (s *server) take(w http.ResponseWriter, who visitor, m adapters.Message) {
	ctx, cancel := context.WithTimeout(s.life(), actTime)
	defer cancel()
	out := &lines{w: w}
	echo, early := s.early(m)
	if early != nil {
		out.early(s.shown(who, m.At.ID.Reveal(), *early, m.Lang))
	}
	leave, err := who.enter(ctx)
	if err != nil {
		out.last(http.StatusTooManyRequests, answer{Retry: true, Notice: s.opt.Say(m.Lang, "web.refused.busy", nil)})
		return
	}
	defer leave()
	s.keepShown(ctx, m, echo, early)
	got, err := handle(ctx, s.handler, m)
	if err != nil {
		s.opt.Log.Error("web: act was not taken", "act", m.ID, "error", err)
		if got.Notice == "" {
			got.Notice = s.opt.Say(m.Lang, "web.failed", nil)
		}
		out.last(http.StatusServiceUnavailable, answer{Retry: true, Notice: got.Notice, Errors: got.Errors})
		return
	}
	last := answer{OK: true, Notice: got.Notice, Errors: got.Errors}
	if got.Form != nil {
		if err := s.Limits().Form(*got.Form); err != nil {
			s.opt.Log.Warn("web: form is over its limits", "error", err) // a page can show it all the same
		}
		var b bytes.Buffer
		if err := s.writeForm(&b, sheet{Form: *got.Form, Lang: m.Lang, At: who.public(m.At.ID.Reveal()), Errors: got.Errors, Notice: got.Notice}); err != nil {
			s.opt.Log.Error("web: form was not rendered", "act", m.ID)
			out.last(http.StatusInternalServerError, answer{Retry: true, Notice: s.opt.Say(m.Lang, "web.failed", nil)})
			return
		}
		last.Form, last.Errors = b.String(), nil
	}
	out.last(http.StatusOK, last)
}

// early shows the choice that was pressed and what must be read at once. It
// never waits.
func (s *server) early(m adapters.Message) (echo, early *entry) {
	id := m.At.ID.Reveal()
	if label, ok := s.book.label(id, m.Press); ok && m.Press != "" && m.Direct {
		// A button that opens a form can be pressed again: shown once. The
		// press on danger is no secret and the same under every question.
		key := "own/" + m.Press
		if m.Press == adapters.TokenDanger {
			key = "own/" + m.ID
		}
		e := s.book.show(id, post{Key: key, Own: true, Text: label})
		echo = &e
	}
	if r := s.handler.Early(m); r != nil {
		e := s.book.show(id, botPost(*r))
		early = &e
	}
	return echo, early
}

// keepShown keeps what early showed. That it fails is no reason to stop: the
// handler decides what must be kept.
func (s *server) keepShown(ctx context.Context, m adapters.Message, shown ...*entry) {
	ctx, cancel := context.WithTimeout(ctx, keepTime)
	defer cancel()
	for _, e := range shown {
		if e == nil || e.saved {
			continue
		}
		if err := s.book.put(ctx, m.At.ID.Reveal(), e.post); err != nil {
			s.opt.Log.Warn("web: post was shown and not kept", "act", m.ID, "error", err)
		}
	}
}

// handle calls the handler and turns a panic into an error without content.
func handle(ctx context.Context, h adapters.Handler, m adapters.Message) (got adapters.Answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			got, err = adapters.Answer{}, fmt.Errorf("web: handler panicked (%T)", v)
		}
	}()
	return h.Handle(ctx, m)
}

// lines writes the answer to an act.
type lines struct {
	w     http.ResponseWriter
	begun bool
}

func (l *lines) early(p shown) {
	l.begin(http.StatusOK)
	l.write(answer{Early: &p})
	_ = http.NewResponseController(l.w).Flush()
}

// last ends the answer. After an early line the status can no longer say
// whether the act was taken: OK does.
func (l *lines) last(status int, a answer) {
	a.Done = true
	l.begin(status)
	l.write(a)
}

func (l *lines) begin(status int) {
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
		l.w.WriteHeader(status)
	}
}

func (l *lines) write(a answer) {
	// A client that is gone brings the act again.
	_ = json.NewEncoder(l.w).Encode(a)
}
