package desk

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

// involved leaves the officer out of the signal from now on (D4): "ik ben
// betrokken". It leaves the channel; those who may know read it in a direct
// message. The reason is sealed in the journal. When nobody would be left to
// read it, nothing changes: a colleague must be made a reader first.
func (x act) involved(ctx context.Context, why private.Text) (adapters.Answer, error) {
	_, err := x.turn(ctx, func(v store.View) (store.Effects, error) {
		w, err := x.work(v)
		if err != nil {
			return store.Effects{}, err
		}
		if why.Empty() {
			return store.Effects{}, told{x.d.say(w.lang, "handling.refuse.why", nil)}
		}
		if !w.others() {
			return store.Effects{}, told{x.d.say(w.lang, "desk.involved.last", nil)}
		}
		var acts []handling.Act
		if w.rec.Holder == w.by.By {
			acts = append(acts, handling.Take{Stamp: w.by, From: w.rec.Holder})
		}
		if err := w.apply(acts...); err != nil {
			return store.Effects{}, err
		}
		e, err := w.effects(taskInvolved, nil)
		if err != nil {
			return store.Effects{}, err
		}
		e.Status, e.UseUp = "", true
		e.LeaveOut = []store.Person{x.viewer.Person}
		e.Journal[0].Reason = why
		e.Notices = append(e.Notices, w.leaves()...)
		return e, nil
	})
	var no told
	if errors.As(err, &no) {
		return x.answer(ctx, nil, err)
	}
	return adapters.Answer{Notice: x.d.say(x.m.Lang, "desk.involved.done", nil)}, err
}

// others reports whether anybody else could still read the signal.
func (w *work) others() bool {
	for _, r := range w.d.readers(w.team) {
		p := private.New(string(r.Person))
		if string(r.Person) != w.by.By && !slices.Contains(w.view.Case.LeftOut, p) {
			return true
		}
	}
	return false
}

// leaves are the notices of a signal that leaves the channel: its card is
// replaced, and those who may know get it in a direct message.
func (w *work) leaves() []store.Notice {
	ref, now := w.view.Case.Ref, w.view.Now
	plan := func(kind string, n int, to store.Role) store.Notice {
		return store.Notice{NoticeID: store.NoticeID{Kind: kind, About: ref, N: n}, To: to, Due: now}
	}
	out := []store.Notice{plan(KindUrgent, 2+len(w.view.Case.LeftOut), store.ToOfficers)}
	if !w.view.Case.Direct {
		out = append(out, plan(KindMoved, w.shown(), store.ToChannel))
	}
	return out
}

// shown is the occurrence of the card that stands in the channel.
func (w *work) shown() int {
	switch changed := len(w.rec.Closings) + len(w.rec.Reopenings); {
	case changed > 0:
		return 2 + changed
	case !w.view.Case.Read.IsZero():
		return 2
	}
	return 1
}

// read is when the officer read the signal before, for him to see before he
// leaves it: days only.
func (w *work) read() []adapters.Fact {
	return []adapters.Fact{{Label: w.d.say(w.lang, "people.read.own", nil), Value: w.days(w.by.By)}}
}

// leftOut tells the coördinator who is left out of a signal, and when they read
// it before.
func (w *work) leftOut(s *sheet) {
	if len(w.view.Case.LeftOut) == 0 || !w.d.coordinates(w.by.By, w.team) {
		return
	}
	s.heading("people.read.leftout")
	for _, p := range w.view.Case.LeftOut {
		s.facts = append(s.facts, adapters.Fact{Label: w.officer(p.Reveal()), Value: w.days(p.Reveal())})
	}
}

// days are those on which somebody read the signal.
func (w *work) days(who string) private.Text {
	var days []string
	for _, r := range slices.Backward(w.view.Reads) {
		day := w.d.o.Calendar.Day(w.lang, r.At)
		if r.Person.Reveal() == who && !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	if len(days) == 0 {
		return private.New(w.d.say(w.lang, "people.read.never", nil))
	}
	return private.New(w.d.say(w.lang, "people.read.days", map[string]any{"Days": strings.Join(days, "; ")}))
}
