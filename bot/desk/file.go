package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

// The act that asks for what a window shows as a file, and the kind of the link
// behind which it is fetched: with the kind of the window's own token, which
// says what it is.
const (
	actFile  = "file"
	kindFile = "file."
)

// textType is what a file of the desk is: plain text. Mail gateways hold back
// HTML attachments, every portal takes a text, it can run nothing, and it opens
// and prints everywhere.
const textType = "text/plain; charset=utf-8"

// document is what a window shows, as the text of a file: it is made when it
// is fetched, from the case as it is then, and kept nowhere (D16).
func (w *work) document(window string) (private.Text, error) {
	if partner, ok := strings.CutPrefix(window, kindShare); ok {
		fields, err := w.pack(partner)
		return w.letter(partner, fields), err
	}
	if window == kindTask+taskAnonymous {
		return w.page(), nil
	}
	return private.Text{}, store.ErrNotFound
}

// documented is such a window as it looks now.
func (w *work) documented(window string, tk store.Token) (*adapters.Form, error) {
	if partner, ok := strings.CutPrefix(window, kindShare); ok {
		fields, err := w.pack(partner)
		return w.shareForm(partner, fields, tk), err
	}
	return w.anonymous(tk), nil
}

// pages is the bot's own page for whoever acts; nil on a platform without one,
// where the text to copy takes its place.
func (w *work) pages() adapters.Pages {
	who, err := adapters.ParseAddress(w.by.By)
	if err != nil {
		return nil
	}
	return w.d.o.Pages[who.Platform]
}

// fileAct is the button of a file, where there is a page to fetch it from. It
// stands under the text to copy, in a form that has one.
func (w *work) fileAct() []adapters.Act {
	if w.pages() == nil {
		return nil
	}
	return []adapters.Act{{Value: actFile, Label: w.d.say(w.lang, "desk.act.file", nil), Under: fieldCopy}}
}

// offer shows the window again, as it was filled in, with a link to what it
// shows as a file.
func (x act) offer(ctx context.Context) (adapters.Answer, error) {
	var form *adapters.Form
	again, err := x.turn(ctx, func(v store.View) (store.Effects, error) {
		w, err := x.work(v)
		if err != nil {
			return store.Effects{}, err
		}
		kind := x.token.Kind
		if _, err = w.document(kind); err != nil || w.pages() == nil {
			return store.Effects{}, cmp.Or(w.inWords(err), store.ErrNotFound)
		}
		tk := x.form(kind, v)
		if form, err = w.documented(kind, tk); err != nil {
			return store.Effects{}, err
		}
		refill(form, x.m.Filled.Values)
		link := store.Link(store.Token{ID: Prefix, Kind: kindFile + kind, About: x.token.About, Person: x.viewer.Person, Rev: v.Case.Version}, v.Now)
		if form.Link, err = w.link(x.m.From, link); err != nil {
			return store.Effects{}, err
		}
		return store.Effects{Tokens: []store.Token{tk, link}, Journal: []store.Line{x.filed("file.offered", kind)}}, nil
	})
	return x.answer(ctx, cmp.Or(again, form), err)
}

// filed is the journal line of a file. Which file is sealed: the partner tells
// the form of exploitation.
func (x act) filed(action, window string) store.Line {
	l := x.line(action)
	l.Reason = private.New(window)
	return l
}

// refill puts what was filled in back into a form. What is there to copy is as
// it is now.
func refill(f *adapters.Form, in adapters.Values) {
	for i := range f.Fields {
		if v := in[f.Fields[i].Name]; len(v) > 0 && f.Fields[i].Name != fieldCopy {
			f.Fields[i].Value = slices.Clone(v)
		}
	}
}

func (w *work) link(to adapters.Address, tk store.Token) (*adapters.Link, error) {
	url, err := w.pages().FileLink(to, w.lang, tk.ID)
	if err != nil {
		return nil, err
	}
	code := tk.Code[:3] + " " + tk.Code[3:]
	return &adapters.Link{
		Label: w.d.say(w.lang, "desk.file.open", nil), URL: url, Note: w.d.say(w.lang, "desk.file.note", map[string]any{"Code": code}),
	}, nil
}

var _ adapters.Files = (*Desk)(nil)

// File hands out what a link stands for, to whoever may see it now: his rights
// and the rules are asked anew. Whoever may not leaves a journal line.
func (d *Desk) File(ctx context.Context, c adapters.Claim) (adapters.File, error) {
	f, err := d.fetch(ctx, c)
	var no *handling.Refusal
	switch {
	case errors.Is(err, store.ErrNotFound), errors.As(err, &no):
		if err := d.journal(ctx, refusal(c.From)); err != nil {
			d.o.Log.Error("desk: refusal not journaled", "err", err)
		}
		return adapters.File{}, adapters.ErrNoFile
	case err != nil && ctx.Err() == nil:
		d.o.Log.Error("desk: file failed", "platform", c.From.Platform, "err", err)
	}
	return f, err
}

func (d *Desk) fetch(ctx context.Context, c adapters.Claim) (adapters.File, error) {
	v, team, ok, err := d.reader(ctx, c.From)
	if err != nil || !ok {
		return adapters.File{}, cmp.Or(err, store.ErrNotFound)
	}
	tk, err := d.o.Store.Token(ctx, c.Token)
	if err != nil {
		return adapters.File{}, err
	}
	window, ok := strings.CutPrefix(tk.Kind, kindFile)
	if !ok {
		return adapters.File{}, store.ErrNotFound
	}
	x := act{d: d, m: adapters.Message{From: c.From, Lang: c.Lang}, token: tk, viewer: v, team: team, drill: new(bool)}
	switch window {
	case kindAccess:
		return x.fetchAccess(ctx, c)
	case windowShare:
		return x.fetchFigures(ctx, c)
	}
	var f adapters.File
	ev := store.Event{Person: v.Person, Signal: tk.About, Viewer: v, Token: tk.ID}
	err = d.o.Store.Redeem(ctx, ev, c.Code.Reveal(), func(v store.View) (store.Effects, error) {
		w, err := x.work(v)
		if err != nil {
			return store.Effects{}, err
		}
		text, err := w.document(window)
		if err != nil {
			return store.Effects{}, err
		}
		f = textFile(tk.About, text)
		if v.Case.Drill {
			f.Name = w.say(flows.T("g.drill"), "") + "-" + f.Name
		}
		return store.Effects{Journal: []store.Line{x.filed("file.fetched", window)}}, nil
	})
	return f, err
}

// textFile is a text as a file that Windows opens too: marked as UTF-8, with its
// line ends. Its name is the reference and nothing else.
func textFile(ref store.Reference, text private.Text) adapters.File {
	return adapters.File{
		Name: string(ref) + ".txt", Type: textType,
		Body: private.New("\ufeff" + strings.ReplaceAll(text.Reveal(), "\n", "\r\n") + "\r\n"),
	}
}

// fetchAccess hands out the overview of a request for access.
func (x act) fetchAccess(ctx context.Context, c adapters.Claim) (adapters.File, error) {
	d, v, tk := x.d, x.viewer, x.token
	text, err := x.accessDocument(ctx)
	if err != nil {
		return adapters.File{}, err
	}
	err = d.o.Store.Redeem(ctx, store.Event{Person: v.Person, Token: tk.ID}, c.Code.Reveal(), func(store.View) (store.Effects, error) {
		line := store.Line{Action: "file.fetched", Person: v.Person, Outcome: "ok", Reason: private.New(kindAccess)}
		return store.Effects{Journal: []store.Line{line}}, nil
	})
	if err != nil {
		return adapters.File{}, err
	}
	return textFile("inzage", text), nil
}
