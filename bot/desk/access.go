package desk

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
)

// The forms of a request for access (P31): what is searched for, what was found
// with the limits on it, and the overview to hand out. Who reported is not
// searched: only "Toon melder" opens that (promise 3).
const (
	kindAccess      = "access"
	kindAccessFound = "access.found"
	kindAccessMade  = "access.made"

	pressAccess = "access" // no secret: who may is looked at anew
	limitField  = "limit." // and a reference
)

// accessMost is how many signals one request shows, so that its form fits on
// every platform.
const accessMost = 20

// request is what a request for access goes on with from form to form. It is
// sealed in their tokens; what was found is looked up anew each time.
type request struct {
	Term   private.Text                     `json:"term"`
	Limits map[store.Reference]private.Text `json:"limits,omitempty"` // why a signal is left out
}

// hit is a signal in which the term was found, and what it says about it.
type hit struct {
	ref   store.Reference
	facts []adapters.Fact
}

// asksAccess reports whether somebody begins a request for access: typed in his
// own dialogue, or by the button there.
func (d *Desk) asksAccess(m adapters.Message) bool {
	if !m.Direct || m.Filled != nil {
		return false
	}
	if m.Press != "" {
		return m.Press == Prefix+pressAccess
	}
	switch strings.ToLower(strings.TrimSpace(m.Text.Reveal())) {
	case "inzage", "access request":
		return true
	}
	return false
}

// accessBegin opens the form of a request, for a coördinator. What is typed is
// also answered with a button: not every platform opens a form without a press.
func (x act) accessBegin(ctx context.Context) (adapters.Answer, error) {
	d, m, v := x.d, x.m, x.viewer
	if !x.leads() {
		return adapters.Answer{}, store.ErrNotFound
	}
	w := &work{d: d, lang: m.Lang}
	tk := store.Token{ID: Prefix + store.NewToken(), Kind: kindAccess, Person: v.Person, Expires: d.o.Now().Add(formLife)}
	if err := d.o.Store.Issue(ctx, tk); err != nil {
		return adapters.Answer{}, err
	}
	form := w.accessForm(tk, "desk.access.search")
	form.Fields = []adapters.Field{w.field("term", adapters.Line), w.field("request", adapters.Line)}
	if m.Press != "" {
		return adapters.Answer{Form: form}, nil
	}
	return adapters.Answer{Form: form}, d.send(ctx, m.At, adapters.Reply{
		Key: "access." + m.ID, Text: d.say(m.Lang, "desk.access", nil),
		Choices: []adapters.Choice{{Token: Prefix + pressAccess, Label: d.say(m.Lang, "desk.access.open", nil), Tone: adapters.ToneMain}},
	})
}

// accessForm is an empty form of a request.
func (w *work) accessForm(tk store.Token, submit string) *adapters.Form {
	f := &adapters.Form{
		Token: tk.ID, Title: w.d.say(w.lang, "desk.access.title", nil), Sensitive: true,
		Acts: []adapters.Act{{Value: actClose, Label: w.d.say(w.lang, "desk.act.close", nil), Tone: adapters.ToneQuiet}},
	}
	if submit != "" {
		f.Submit = w.d.say(w.lang, submit, nil)
	}
	f.Intro = w.d.say(w.lang, "desk."+tk.Kind+".intro", nil)
	return f
}

// access goes on with a request, form by form.
func (x act) access(ctx context.Context, act string) (adapters.Answer, error) {
	if !x.leads() || x.m.Filled == nil {
		return adapters.Answer{}, store.ErrNotFound
	}
	in := x.m.Filled.Values
	var r request
	if !x.token.Content.Empty() {
		if err := private.Decode([]byte(x.token.Content.Reveal()), &r); err != nil {
			return adapters.Answer{}, err
		}
	}
	switch {
	case act == actClose:
		return adapters.Answer{}, nil
	case act == actFile && x.token.Kind == kindAccessMade:
		return x.accessFile(ctx, r)
	case act != "":
		return adapters.Answer{}, store.ErrNotFound
	case x.token.Kind == kindAccess:
		return x.accessSearch(ctx, in)
	case x.token.Kind == kindAccessFound:
		return x.accessMake(ctx, in, r)
	}
	return adapters.Answer{}, store.ErrNotFound
}

// accessSearch decrypts and scans what is live (D9), and shows it with a field
// for the limit of art. 41 UAVG per signal. The search and each signal that is
// shown are journaled; the term is not, the reason is sealed.
func (x act) accessSearch(ctx context.Context, in adapters.Values) (adapters.Answer, error) {
	wrong := func(field, id string) (adapters.Answer, error) {
		return adapters.Answer{Errors: map[string]string{field: x.d.say(x.m.Lang, id, map[string]any{"Most": accessMost})}}, x.d.o.Store.Fail(ctx, x.token.ID)
	}
	r, why := request{Term: in.Text("term")}, in.Text("request")
	if _, ok := flows.NewTerm(r.Term.Reveal()); !ok {
		return wrong("term", "desk.access.short")
	}
	if why.Empty() {
		return wrong("request", "handling.refuse.why")
	}
	hits, err := x.d.hits(ctx, x.m.Lang, x.viewer, r.Term)
	if err != nil {
		return adapters.Answer{}, err
	}
	if len(hits) > accessMost {
		return wrong("term", "desk.access.many")
	}
	lines := []store.Line{{Action: "access.searched", Person: x.viewer.Person, Outcome: "ok", Reason: why}}
	for _, h := range hits {
		lines = append(lines, store.Line{Action: "access.shown", Person: x.viewer.Person, About: h.ref, Outcome: "ok"})
	}
	return x.accessNext(ctx, kindAccessFound, r, lines, func(w *work, tk store.Token) *adapters.Form {
		if len(hits) == 0 {
			f := w.accessForm(tk, "")
			f.Intro = w.d.say(w.lang, "desk.access.none", nil)
			return f
		}
		f := w.accessForm(tk, "desk.access.make")
		for _, h := range hits {
			f.Facts = append(append(f.Facts, adapters.Fact{Label: string(h.ref)}), h.facts...)
			f.Fields = append(f.Fields, adapters.Field{
				Name: limitField + string(h.ref), Label: w.d.say(w.lang, "desk.access.limit", map[string]any{"Ref": string(h.ref)}),
				Short: string(h.ref), Kind: adapters.Area, Optional: true, Max: reasonMax,
			})
		}
		return f
	})
}

// accessMake makes the overview. Why a signal is limited is kept with it,
// sealed: it is decided per signal.
func (x act) accessMake(ctx context.Context, in adapters.Values, r request) (adapters.Answer, error) {
	hits, err := x.d.hits(ctx, x.m.Lang, x.viewer, r.Term)
	if err != nil {
		return adapters.Answer{}, err
	}
	r.Limits = map[store.Reference]private.Text{}
	for _, h := range hits {
		line := store.Line{Action: "access.given", Person: x.viewer.Person, About: h.ref, Outcome: "ok"}
		if why := in.Text(limitField + string(h.ref)); !why.Empty() {
			line.Outcome, line.Reason, r.Limits[h.ref] = "limited", why, why
		}
		ev := store.Event{Signal: h.ref, Viewer: x.viewer}
		if _, err := x.d.o.Store.Turn(ctx, ev, func(store.View) (store.Effects, error) { return store.Effects{Journal: []store.Line{line}}, nil }); err != nil {
			return adapters.Answer{}, err
		}
	}
	text := x.d.accessText(x.m.Lang, r, hits)
	return x.accessNext(ctx, kindAccessMade, r, nil, func(w *work, tk store.Token) *adapters.Form { return w.accessMade(tk, text) })
}

// accessMade shows the overview to copy, with a button for the file where there
// is a page to fetch it from.
func (w *work) accessMade(tk store.Token, text private.Text) *adapters.Form {
	f := w.accessForm(tk, "")
	copied := optional(w.field(fieldCopy, adapters.Area))
	copied.Value, copied.Max = []private.Text{text}, 0
	f.Fields, f.Acts = []adapters.Field{copied}, append(w.fileAct(), f.Acts...)
	return f
}

// accessNext uses up a form and opens the next.
func (x act) accessNext(ctx context.Context, kind string, r request, lines []store.Line, show func(*work, store.Token) *adapters.Form) (adapters.Answer, error) {
	body, err := private.Encode(r)
	if err != nil {
		return adapters.Answer{}, err
	}
	var form *adapters.Form
	out, err := x.d.o.Store.Turn(ctx, x.event(), func(v store.View) (store.Effects, error) {
		if v.Token == nil {
			return store.Effects{}, store.ErrNotFound
		}
		tk := store.Token{
			ID: Prefix + store.NewToken(), Kind: kind, Person: x.viewer.Person, Expires: v.Now.Add(formLife), Content: private.New(string(body)),
		}
		w := x.d.asker(x.m.Lang, x.viewer)
		w.view = v
		form = show(w, tk)
		return store.Effects{Tokens: []store.Token{tk}, UseUp: true, Journal: lines}, nil
	})
	if out.Duplicate { // the answer was lost, and with it what nobody keeps
		return adapters.Answer{Notice: x.d.say(x.m.Lang, "desk.access.again", nil)}, err
	}
	return adapters.Answer{Form: form}, err
}

// asker is a coördinator without a case.
func (d *Desk) asker(lang string, v store.Viewer) *work {
	w := &work{d: d, lang: lang}
	w.by.By = v.Person.Reveal()
	return w
}

// accessFile shows the overview once more with a link to it as a file (D16).
func (x act) accessFile(ctx context.Context, r request) (adapters.Answer, error) {
	if x.d.asker(x.m.Lang, x.viewer).pages() == nil {
		return adapters.Answer{}, store.ErrNotFound
	}
	hits, err := x.d.hits(ctx, x.m.Lang, x.viewer, r.Term)
	if err != nil {
		return adapters.Answer{}, err
	}
	text := x.d.accessText(x.m.Lang, r, hits)
	var failed error
	line := store.Line{Action: "file.offered", Person: x.viewer.Person, Outcome: "ok", Reason: private.New(kindAccess)}
	var link store.Token
	a, err := x.accessNext(ctx, kindAccessMade, r, []store.Line{line}, func(w *work, tk store.Token) *adapters.Form {
		f := w.accessMade(tk, text)
		link = store.Link(store.Token{ID: Prefix, Kind: kindFile + kindAccess, Person: x.viewer.Person, Content: tk.Content}, w.view.Now)
		f.Link, failed = w.link(x.m.From, link)
		return f
	})
	if err = errors.Join(err, failed); err != nil || a.Form == nil {
		return a, err
	}
	return a, x.d.o.Store.Issue(ctx, link)
}

// accessDocument is the overview as a file, made when it is fetched, from what
// is live then.
func (x act) accessDocument(ctx context.Context) (private.Text, error) {
	d, lang, v, tk := x.d, x.m.Lang, x.viewer, x.token
	if !x.leads() {
		return private.Text{}, store.ErrNotFound
	}
	var r request
	if err := private.Decode([]byte(tk.Content.Reveal()), &r); err != nil {
		return private.Text{}, err
	}
	hits, err := d.hits(ctx, lang, v, r.Term)
	return d.accessText(lang, r, hits), err
}

// hits are the signals that a term is found in, with what they say about it: of
// a report the part that it stands in (a person, a place, a text), of what
// officers recorded the entry.
func (d *Desk) hits(ctx context.Context, lang string, v store.Viewer, term private.Text) ([]hit, error) {
	t, ok := flows.NewTerm(term.Reveal())
	if !ok {
		return nil, store.ErrNotFound
	}
	var out []hit
	err := d.o.Store.Scan(ctx, v, func(c store.Case) error {
		one := act{d: d, m: adapters.Message{Lang: lang}, viewer: v}
		w, err := one.work(store.View{Now: d.o.Now(), Case: &c})
		if err != nil {
			return err
		}
		h := hit{ref: c.Ref}
		for _, part := range w.parts() {
			var text strings.Builder
			for _, f := range part {
				text.WriteString(" " + f.Value.Reveal())
			}
			if t.In(text.String()) {
				h.facts = append(h.facts, part...)
			}
		}
		if len(h.facts) > 0 {
			out = append(out, h)
		}
		return nil
	})
	return out, err
}

// parts is all content of a case in parts that belong together.
func (w *work) parts() [][]adapters.Fact {
	s := sheet{d: w.d, lang: w.lang}
	c := w.view.Case
	s.report(c.Report)
	s.persons(c.Report.Persons)
	s.things(c.Report.Things)
	s.rest(c.Report)
	for _, a := range c.Additions {
		s.heading("desk.h.addition")
		s.text("desk.f.text", a.Text)
	}
	var out [][]adapters.Fact
	for _, f := range s.facts {
		if f.Value.Empty() {
			out = append(out, nil)
			continue
		}
		last := len(out) - 1
		out[last] = append(out[last], f)
	}
	past := sheet{d: w.d, lang: w.lang}
	past.text("desk.t.summary", w.rec.Summary)
	w.history(&past)
	for _, f := range past.facts {
		if !f.Value.Empty() {
			out = append(out, []adapters.Fact{f})
		}
	}
	return slices.DeleteFunc(out, func(p []adapters.Fact) bool { return len(p) == 0 })
}

// accessText is the overview to hand out, with apart from it what is limited:
// that part stays within.
func (d *Desk) accessText(lang string, r request, hits []hit) private.Text {
	var given, limited strings.Builder
	for _, h := range hits {
		if why, ok := r.Limits[h.ref]; ok {
			limited.WriteString("\n\n" + string(h.ref) + "\n" + d.say(lang, "desk.access.limited", map[string]any{"Why": why.Reveal()}))
			continue
		}
		given.WriteString("\n\n" + string(h.ref))
		for _, f := range h.facts {
			given.WriteString("\n" + f.Label + ": " + strings.ReplaceAll(f.Value.Reveal(), "\n", "\n  "))
		}
	}
	text := d.say(lang, "desk.access.head", map[string]any{
		"Municipality": d.o.Config.Municipality.Name, "Date": d.o.Calendar.Date(d.o.Now()).Long(lang), "Term": r.Term.Reveal(),
	}) + given.String()
	if limited.Len() > 0 {
		text += "\n\n" + d.say(lang, "desk.access.within", nil) + limited.String()
	}
	return private.New(text)
}
