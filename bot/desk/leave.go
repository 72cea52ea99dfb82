package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// The windows of an officer who leaves: the coördinator first says who, and can
// take it back; then somebody gets what is open.
const (
	windowWho  = "leave"
	windowGone = "leave." // and who leaves
	rejoin     = "rejoin."
)

// openMax is how many signals of one officer are read at once.
const openMax = 100

// leave opens the window of somebody who leaves for good.
func (x act) leave(ctx context.Context) (adapters.Answer, error) {
	if !x.leads() {
		return x.leaveOf(ctx, x.self())
	}
	return x.opens(ctx, windowWho, func() (*adapters.Form, error) {
		f := &adapters.Form{
			Title: x.say("people.leave", nil), Intro: x.say("people.leave.intro", nil), Submit: x.say("d.next", nil),
			Fields: []adapters.Field{x.choose("who", x.colleagues(), "")},
		}
		for i, g := range x.team.Gone {
			f.Facts = append(f.Facts, adapters.Fact{Label: x.name(g.Person), Value: private.New(x.say("people.gone", map[string]any{"Day": x.day(g.Day)}))})
			f.Acts = append(f.Acts, adapters.Act{Value: rejoin + strconv.Itoa(i), Label: x.say("people.rejoin", map[string]any{"Name": x.name(g.Person)})})
		}
		return f, nil
	})
}

// leaveOf shows what is open of somebody, as far as the officer may know, and
// asks who gets it.
func (x act) leaveOf(ctx context.Context, who string) (adapters.Answer, error) {
	return x.opens(ctx, windowGone+who, func() (*adapters.Form, error) {
		list, err := x.d.o.Store.List(ctx, x.viewer, store.Pick{Which: store.PickMine, Holder: private.New(who), Max: openMax})
		if err != nil {
			return nil, err
		}
		open := make([]string, 0, len(list.Signals))
		for _, s := range list.Signals {
			if s.Closed.IsZero() {
				open = append(open, string(s.Ref))
			}
		}
		if len(open) == 0 {
			open = []string{x.say("people.leave.nothing", nil)}
		}
		return &adapters.Form{
			Title: x.say("people.leave", nil), Intro: x.say("people.leave.of", nil), Submit: x.say("people.leave.submit", nil),
			Facts: []adapters.Fact{
				{Label: x.say("people.t.who", nil), Value: private.New(x.name(who))},
				{Label: x.say("people.leave.open", nil), Value: private.New(strings.Join(open, ", "))},
			},
			Fields: []adapters.Field{x.choose("to", x.successors(who), "")},
		}, nil
	})
}

// successors are those who can get what is open of somebody: a colleague, or
// all.
func (x act) successors(who string) []adapters.Option {
	return append(x.colleagues(who), adapters.Option{Value: nobody, Label: x.say("people.leave.all", nil)})
}

// leaving is a window of somebody who leaves that came back.
func (x act) leaving(ctx context.Context, name string, in adapters.Values, button string) (adapters.Answer, error) {
	if n, ok := strings.CutPrefix(button, rejoin); ok && name == windowWho && x.leads() {
		return x.rejoins(ctx, n)
	}
	who, ok := strings.CutPrefix(name, windowGone)
	if button != "" || name != windowWho && !ok {
		return adapters.Answer{}, store.ErrNotFound
	}
	// The window must be his before anything is done or shown.
	_, err := x.change(ctx, func(act, store.View) (store.Effects, error) { return store.Effects{}, errLooked })
	if !errors.Is(err, errLooked) {
		return adapters.Answer{}, err
	}
	switch {
	case !ok && !x.leads(), ok && who != x.self() && !x.leads():
		return adapters.Answer{}, store.ErrNotFound
	case !ok && !has(x.colleagues(), in.One("who")):
		return x.answer(ctx, nil, told{x.say("people.choose", nil)})
	case !ok:
		return x.leaveOf(ctx, in.One("who"))
	}
	return x.goes(ctx, who, in)
}

// errLooked ends a turn that only looks whether a window is somebody's.
var errLooked = errors.New("desk: looked")

func (x act) rejoins(ctx context.Context, n string) (adapters.Answer, error) {
	_, err := x.change(ctx, func(y act, v store.View) (store.Effects, error) {
		if err := y.overtakenTeam(); err != nil {
			return store.Effects{}, err
		}
		i, err := strconv.Atoi(n)
		if err != nil || i < 0 || i >= len(y.team.Gone) {
			return store.Effects{}, store.ErrNotFound
		}
		e, _, err := y.applied(roster.Rejoin{Person: y.team.Gone[i].Person})
		e.Journal = []store.Line{y.about("team.rejoin")}
		return e, err
	})
	if err != nil {
		return x.answer(ctx, nil, err)
	}
	return adapters.Answer{Notice: x.say("people.saved", nil)}, nil
}

// goes hands over all that is open of somebody and lets him go. When it stops
// half way he is still there, and it can be done again.
func (x act) goes(ctx context.Context, who string, in adapters.Values) (adapters.Answer, error) {
	to, ok := picked(x.successors(who), in.One("to"))
	if !ok {
		return x.answer(ctx, nil, told{x.say("people.choose", nil)})
	}
	h, err := x.handsAll(ctx, who, to)
	if err == nil {
		err = h.last(ctx)
	}
	if err == nil {
		err = h.all(ctx)
	}
	if err == nil {
		_, err = x.change(ctx, func(y act, v store.View) (store.Effects, error) {
			e, after, err := y.applied(roster.Leave{Person: who, To: to, Day: y.today()})
			e.Journal = []store.Line{y.about("team.leave")}
			for kind, role := range map[string]store.Role{KindRoster: store.ToOfficers, KindGone: store.ToCoordinators} {
				e.Notices = append(e.Notices, store.Notice{NoticeID: store.NoticeID{Kind: kind, N: int(after.Version)}, To: role, Due: v.Now})
			}
			return e, err
		})
	}
	if err == nil {
		err = h.all(ctx) // what he took in between
	}
	var no told
	switch {
	case errors.As(err, &no), errors.Is(err, store.ErrNotFound):
		return x.answer(ctx, nil, err)
	case err != nil:
		x.d.o.Log.Error("desk: hand-over stopped half way", "err", err)
		return x.answer(ctx, nil, told{x.say("people.leave.half", nil)})
	}
	return adapters.Answer{Notice: x.say("people.leave.done", map[string]any{"Name": x.name(who), "Count": h.n})}, nil
}

// handing is the hand-over of all that is open of one officer. It reads by his
// right, since nothing of it is shown: who leaves may have what the coördinator
// is left out of.
type handing struct {
	x      act
	who    store.Viewer
	to     string
	others []store.Viewer // who can read besides him
	n      int            // how many were handed over
}

func (x act) handsAll(ctx context.Context, who, to string) (*handing, error) {
	v, ok := x.d.listed(who)
	if !ok || x.team.Left(who) {
		return nil, told{x.say("roster.refuse.person", nil)}
	}
	h := &handing{x: x, who: v, to: to}
	for _, r := range x.d.readers(x.team) {
		at, err := adapters.ParseAddress(string(r.Person))
		if err != nil {
			return nil, err
		}
		other, ok, err := x.d.viewer(ctx, at, x.team)
		if err != nil {
			return nil, err
		}
		if ok && string(r.Person) != who {
			h.others = append(h.others, other)
		}
	}
	return h, nil
}

// last refuses that the last one goes who can read the desk, or any signal.
func (h *handing) last(ctx context.Context) error {
	if !slices.ContainsFunc(h.others, func(v store.Viewer) bool { return v.All }) {
		return told{h.x.say("people.leave.last", nil)}
	}
	if h.to != "" && !slices.ContainsFunc(h.others, func(v store.Viewer) bool { return v.Person.Reveal() == h.to }) {
		return told{h.x.say("people.leave.outside", nil)}
	}
	return h.each(ctx, store.Pick{Which: store.PickEvery, Direct: true}, func(v store.View) (store.Effects, error) {
		if !slices.ContainsFunc(h.others, func(o store.Viewer) bool {
			return (o.All || slices.Contains(v.Case.Assigned, o.Person)) && !slices.Contains(v.Case.LeftOut, o.Person)
		}) {
			return store.Effects{}, told{h.x.say("people.leave.only", nil)}
		}
		return store.Effects{}, nil
	})
}

// all hands over every open signal, each with one line in the journal.
func (h *handing) all(ctx context.Context) error {
	return h.each(ctx, store.Pick{Which: store.PickMine, Holder: h.who.Person}, func(v store.View) (store.Effects, error) {
		w, err := h.x.work(v)
		if err != nil || w.rec.Closed() || w.rec.Holder != h.who.Person.Reveal() {
			return store.Effects{}, err
		}
		to := h.to
		if slices.Contains(v.Case.LeftOut, private.New(to)) {
			to = "" // he may not know of it: back to all
		}
		acts := []handling.Act{handling.Take{Stamp: w.by, To: to, From: w.rec.Holder}}
		if err := w.apply(acts...); err != nil {
			return store.Effects{}, err
		}
		return w.effects("give", acts)
	})
}

// each runs a turn on every signal of a part of the list.
func (h *handing) each(ctx context.Context, p store.Pick, f func(store.View) (store.Effects, error)) error {
	p.Max = openMax
	var refs []store.Reference
	for more := true; more; p.Skip += openMax {
		list, err := h.x.d.o.Store.List(ctx, h.who, p)
		if err != nil {
			return err
		}
		for _, s := range list.Signals {
			refs = append(refs, s.Ref)
		}
		more = list.More
	}
	for _, ref := range refs {
		changed := false
		_, err := h.x.d.o.Store.Turn(ctx, store.Event{Signal: ref, Viewer: h.who}, func(v store.View) (store.Effects, error) {
			e, err := f(v)
			changed = !e.Handling.Empty()
			return e, err
		})
		switch {
		case errors.Is(err, store.ErrNotFound): // erased meanwhile
		case err != nil:
			return err
		case changed:
			h.n++
		}
	}
	return nil
}
