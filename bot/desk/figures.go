package desk

import (
	"context"
	"errors"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// Figures is what a coördinator reads and hands out of the figures; it is made
// elsewhere. Half-years go by their id ("2026-1"); "" is the last that is over.
// Where a person can do something about an error, it is Told.
type Figures interface {
	// Exact is the exact table, for who's screen and nowhere else, and what
	// stands above it. That he read it is journaled.
	Exact(ctx context.Context, who store.Person, lang string) (intro string, facts []adapters.Fact, err error)
	// Halves are the half-years whose pack can be had, the newest first.
	Halves(ctx context.Context, lang string) ([]adapters.Option, error)
	// File makes a file of the masked pack of a half-year: FilePage, FileTable
	// or FileMerge. Making a pack for the first time makes it final.
	File(ctx context.Context, who store.Person, half, kind, lang string) (adapters.File, error)
	// Charts are the masked charts of that pack, for a channel.
	Charts(ctx context.Context, who store.Person, half, lang string) (Charts, error)
}

// The files of a pack.
const (
	FilePage  = "page"
	FileTable = "table"
	FileMerge = "merge"
)

// Charts are the charts of one pack.
type Charts struct {
	Half     string
	When     string // what it covers, in words
	Pictures []adapters.Picture
}

// Told ends what somebody asked for with words for him.
func Told(text string) error { return told{text} }

// The windows about the figures, and the acts of the first.
const (
	windowFigures = string(cmdFigures)
	windowShare   = "figures.share"
	windowTrained = "figures.trained"

	actShare   = "share"
	actTrained = "trained"

	shareCharts = "charts" // beside the files of a pack: to the channel
)

// handOut is what a link to a file of the figures stands for.
type handOut struct {
	Half string `json:"half"`
	Kind string `json:"kind"`
}

// FiguresPress is the press that opens the figures, for whoever puts that button
// elsewhere. It is no secret: who may is looked at anew.
func FiguresPress() string { return Prefix + windowFigures }

// figures shows the exact figures, and what can be done with them.
func (x act) figures(ctx context.Context) (adapters.Answer, error) {
	if !x.leads() {
		return adapters.Answer{}, store.ErrNotFound
	}
	return x.opens(ctx, windowFigures, func() (*adapters.Form, error) {
		intro, facts, err := x.d.o.Figures.Exact(ctx, x.viewer.Person, x.lang())
		f := &adapters.Form{Title: x.say("people.figures", nil), Intro: intro, Facts: facts, Acts: []adapters.Act{
			{Value: actShare, Label: x.say("people.figures.share", nil), Tone: adapters.ToneMain},
			{Value: actTrained, Label: x.say("people.figures.trained", nil)},
		}}
		return f, err
	})
}

// figured is a window about the figures that came back. Nothing of it is done
// twice when it comes twice: a link more, the same post, the same number.
func (x act) figured(ctx context.Context, name, button string) (adapters.Answer, error) {
	if !x.leads() {
		return adapters.Answer{}, store.ErrNotFound
	}
	if _, err := x.change(ctx, func(act, store.View) (store.Effects, error) { return store.Effects{}, errLooked }); !errors.Is(err, errLooked) {
		return adapters.Answer{}, err
	}
	var a adapters.Answer
	err := store.ErrNotFound
	switch {
	case name == windowFigures && button == actShare:
		a, err = x.sharing(ctx, nil, nil)
	case name == windowFigures && button == actTrained:
		a, err = x.training(ctx, "")
	case name == windowShare && button == "":
		a, err = x.hands(ctx, x.m.Filled.Values)
	case name == windowTrained && button == "":
		a, err = x.trains(ctx, x.m.Filled.Values)
	}
	if err != nil {
		return x.answer(ctx, nil, err)
	}
	return a, nil
}

// sharing opens the window in which a pack is handed out, as it was filled in
// and with a link, if there is one yet.
func (x act) sharing(ctx context.Context, in adapters.Values, link *adapters.Link) (adapters.Answer, error) {
	halves, err := x.d.o.Figures.Halves(ctx, x.lang())
	if err != nil {
		return adapters.Answer{}, err
	}
	return x.opens(ctx, windowShare, func() (*adapters.Form, error) {
		intro := x.say("people.figures.share.intro", nil)
		if !x.paged() {
			intro += " " + x.say("people.figures.nopage", nil)
		}
		f := &adapters.Form{
			Title: x.say("people.figures.share", nil), Intro: intro, Submit: x.say("people.figures.make", nil), Link: link,
			Fields: []adapters.Field{x.choose("half", halves, halves[0].Value), x.choose("what", x.shares(), "")},
		}
		refill(f, in)
		return f, nil
	})
}

// paged reports whether who acts can fetch a file.
func (x act) paged() bool { return x.d.asker(x.m.Lang, x.viewer).pages() != nil }

// shares is what a coördinator can make of a pack: files where he has a page to
// fetch them from (D16), and the charts for the channel.
func (x act) shares() []adapters.Option {
	kinds := []string{FilePage, FileTable, FileMerge, shareCharts}
	if !x.paged() {
		kinds = kinds[3:]
	}
	var out []adapters.Option
	for _, k := range kinds {
		out = append(out, adapters.Option{Value: k, Label: x.say("people.figures.as."+k, nil)})
	}
	return out
}

// hands gives what was asked for: a link to a file, or the charts in the channel.
func (x act) hands(ctx context.Context, in adapters.Values) (adapters.Answer, error) {
	halves, err := x.d.o.Figures.Halves(ctx, x.lang())
	if err != nil {
		return adapters.Answer{}, err
	}
	h := handOut{in.One("half"), in.One("what")}
	switch {
	case !has(halves, h.Half) || !has(x.shares(), h.Kind):
		return adapters.Answer{}, told{x.say("people.choose", nil)}
	case h.Kind == shareCharts:
		_, why, err := x.d.charts(ctx, x.viewer.Person, h.Half)
		if why != "" {
			return adapters.Answer{}, told{x.say("people.figures.unfit", map[string]any{"Why": x.say(why, nil)})}
		}
		return adapters.Answer{Notice: x.say("people.figures.posted", nil)}, err
	}
	// Made now, so that what is wrong is told here and not on the page.
	if _, err := x.d.o.Figures.File(ctx, x.viewer.Person, h.Half, h.Kind, x.lang()); err != nil {
		return adapters.Answer{}, err
	}
	body, err := private.Encode(h)
	if err != nil {
		return adapters.Answer{}, err
	}
	tk := store.Link(store.Token{ID: Prefix, Kind: kindFile + windowShare, Person: x.viewer.Person, Content: private.New(string(body))}, x.d.o.Now())
	link, err := x.d.asker(x.lang(), x.viewer).link(x.m.From, tk)
	if err != nil {
		return adapters.Answer{}, err
	}
	line := x.about("file.offered")
	line.Reason = private.New(windowShare)
	_, err = x.d.o.Store.Turn(ctx, store.Event{}, func(store.View) (store.Effects, error) {
		return store.Effects{Tokens: []store.Token{tk}, Journal: []store.Line{line}}, nil
	})
	if err != nil {
		return adapters.Answer{}, err
	}
	return x.sharing(ctx, in, link)
}

// fetchFigures hands out a file of a pack.
func (x act) fetchFigures(ctx context.Context, c adapters.Claim) (adapters.File, error) {
	if !x.leads() {
		return adapters.File{}, store.ErrNotFound
	}
	var h handOut
	if err := private.Decode([]byte(x.token.Content.Reveal()), &h); err != nil {
		return adapters.File{}, err
	}
	f, err := x.d.o.Figures.File(ctx, x.viewer.Person, h.Half, h.Kind, x.lang())
	if err != nil {
		return adapters.File{}, err
	}
	line := x.about("file.fetched")
	line.Reason = private.New(windowShare)
	err = x.d.o.Store.Redeem(ctx, store.Event{Person: x.viewer.Person, Token: x.token.ID}, c.Code.Reveal(), func(store.View) (store.Effects, error) {
		return store.Effects{Journal: []store.Line{line}}, nil
	})
	if err != nil {
		return adapters.File{}, err
	}
	return f, nil
}

// charts shows the charts of a half-year in the channel: as pictures, and where
// the platform has none in words. They stand there once, whoever asks how often.
// why says why the channel may not be posted in, as Unfit does.
func (d *Desk) charts(ctx context.Context, who store.Person, half string) (c Charts, why string, err error) {
	c, err = d.o.Figures.Charts(ctx, who, half, d.o.Config.Municipality.Language)
	if err != nil {
		return c, "", err
	}
	if why, err = d.Unfit(ctx); why != "" {
		return c, why, err
	}
	if to, ok := d.o.Pictures[d.channel.Platform]; ok {
		for _, p := range c.Pictures {
			if err := to.SendPicture(ctx, d.channel, p); err != nil {
				return c, "", err
			}
		}
	} else if err := d.send(ctx, d.channel, inWords(c)); err != nil {
		return c, "", err
	}
	line := store.Line{Action: "figures.posted", Person: who, Outcome: "ok"}
	if who.Empty() {
		line.Actor = "bot"
	}
	return c, "", d.journal(ctx, line)
}

// inWords is what the charts show, as one reply.
func inWords(c Charts) adapters.Reply {
	r := adapters.Reply{Key: "figures." + c.Half}
	for _, p := range c.Pictures {
		r.Text += strings.TrimSpace(p.Text+"\n\n"+p.Alt) + "\n\n"
	}
	r.Text = strings.TrimSpace(r.Text)
	return r
}

// ShowFigures shows the charts of the last half-year that is over in the channel,
// for the schedule. said is what the coördinatoren then read of half.
func (d *Desk) ShowFigures(ctx context.Context) (half, said string, err error) {
	lang := d.o.Config.Municipality.Language
	c, why, err := d.charts(ctx, store.Person{}, "")
	var no told
	switch {
	case errors.As(err, &no):
		return c.Half, d.say(lang, "desk.figures.failed", map[string]any{"Why": no.text}), nil
	case why != "":
		if err != nil {
			d.o.Log.Warn("desk: charts not posted", "err", err)
		}
		return c.Half, d.say(lang, "desk.figures.unfit", map[string]any{"When": c.When, "Why": d.say(lang, why, nil)}), nil
	}
	return c.Half, d.say(lang, "desk.figures.ready", map[string]any{"When": c.When}), err
}
