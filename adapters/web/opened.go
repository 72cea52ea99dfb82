package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// formLife is how long a form stays open in a browser: its token lives no longer
// (D8).
const formLife = 30 * time.Minute

// opened is a form in a browser, kept sealed in Memory under its session. Once
// it was taken the form is no longer kept: what stays is what came of it, for
// when it is sent again.
type opened struct {
	Form   adapters.Form
	Lang   string
	Errors map[string]string
	Notice string
	Taken  bool
	Next   bool // another form followed
}

// keyNow is the id of the form that a session has in sight.
const keyNow = "now"

func scopeForms(s session) string { return "forms/" + s.id }

// keepForm keeps a form under a new id.
func (x *host) keepForm(ctx context.Context, s session, o opened) (id string, err error) {
	id = rand.Text()
	return id, x.keep(ctx, s, id, o)
}

func (x *host) keep(ctx context.Context, s session, id string, o opened) error {
	value, err := private.Encode(o)
	if err != nil {
		return err
	}
	_, _, err = x.opt.Memory.Put(ctx, adapters.Item{Scope: scopeForms(s), Key: id, Value: value, Until: x.opt.Now().Add(formLife)})
	if err != nil {
		return fmt.Errorf("keep a form: %w", err)
	}
	return nil
}

// point says which form a session has in sight; "" for none.
func (x *host) point(ctx context.Context, s session, id string) error {
	_, _, err := x.opt.Memory.Put(ctx, adapters.Item{Scope: scopeForms(s), Key: keyNow, Value: []byte(id), Until: x.opt.Now().Add(formLife)})
	if err != nil {
		return fmt.Errorf("keep a form: %w", err)
	}
	return nil
}

// pass puts another form in the place of the one with this id. One that was
// opened in another window stays in sight where no form follows.
func (x *host) pass(ctx context.Context, s session, id, next string) error {
	if next == "" {
		it, ok, err := x.opt.Memory.Get(ctx, scopeForms(s), keyNow)
		if err != nil || !ok || string(it.Value) != id {
			return err
		}
	}
	return x.point(ctx, s, next)
}

func (x *host) form(ctx context.Context, s session, id string) (o opened, ok bool, err error) {
	it, ok, err := x.opt.Memory.Get(ctx, scopeForms(s), id)
	if err != nil || !ok {
		return o, false, err
	}
	return o, true, private.Decode(it.Value, &o)
}

// inSight is the form that a session has in sight.
func (x *host) inSight(ctx context.Context, s session) (id string, o opened, ok bool, err error) {
	it, ok, err := x.opt.Memory.Get(ctx, scopeForms(s), keyNow)
	if err != nil || !ok || len(it.Value) == 0 {
		return "", o, false, err
	}
	id = string(it.Value)
	o, ok, err = x.form(ctx, s, id)
	return id, o, ok && !o.Taken, err
}

// leave ends a session and forgets its forms.
func (x *host) leave(ctx context.Context, s session) {
	err := errors.Join(x.sessions.forget(ctx, s.id), x.opt.Memory.Forget(ctx, scopeForms(s), ""))
	if err != nil {
		x.log.Warn("web: a session was not forgotten", "error", err)
	}
}

// out signs out.
func (x *host) out(w http.ResponseWriter, r *http.Request) {
	if s, ok, err := x.sessions.find(r); err == nil && ok {
		x.leave(r.Context(), s)
	}
	if err := x.sessions.end(r.Context(), w, r); err != nil {
		x.log.Error("web: a session was not ended", "error", err)
		x.tell(w, http.StatusServiceUnavailable, lang(r), "web.failed")
		return
	}
	x.tell(w, http.StatusOK, lang(r), "web.page.out")
}

// signedIn is the session of a request, if its person is still one of the
// chat's. Whoever is not is told where to begin; after is the text for who was
// signed in and is no longer.
func (x *host) signedIn(w http.ResponseWriter, r *http.Request, lang, after string) (session, bool) {
	s, ok, err := x.sessions.find(r)
	if err != nil {
		x.log.Error("web: a session was not read", "error", err)
		x.tell(w, http.StatusServiceUnavailable, lang, "web.failed")
		return s, false
	}
	if ok && !x.known(r.Context(), s.Who) {
		x.leave(r.Context(), s)
		ok = false
	}
	if !ok {
		x.tell(w, http.StatusForbidden, lang, after)
	}
	return s, ok
}

// shown shows the form that the browser has open. Nothing of it stands in the
// address, and no cache keeps it.
func (x *host) shown(w http.ResponseWriter, r *http.Request) {
	s, ok := x.signedIn(w, r, lang(r), "web.page.none")
	if !ok {
		return
	}
	id, o, ok, err := x.inSight(r.Context(), s)
	switch {
	case err != nil:
		x.log.Error("web: a form was not read", "error", err)
		x.tell(w, http.StatusServiceUnavailable, s.Lang, "web.failed")
	case !ok:
		x.tell(w, http.StatusOK, s.Lang, "web.page.none")
	default:
		x.begin(w, o.Lang, nil).form(http.StatusOK, sheet{Form: o.Form, ID: id, Lang: o.Lang, Errors: o.Errors, Notice: o.Notice})
	}
}

// filled takes a form that was submitted: what came of it is the answer, and
// another form is where the browser goes on to.
func (x *host) filled(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	a, no := parseAct(form, r.Header.Get("Content-Type"), body)
	if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
		no = &refusal{http.StatusRequestEntityTooLarge, "web.refused.long"}
	} else if err != nil {
		no = &refusal{http.StatusBadRequest, "web.refused.broken"}
	}
	if no != nil {
		x.tell(w, no.status, lang(r), no.text)
		return
	}
	s, ok := x.signedIn(w, r, a.lang, "web.page.over")
	if !ok {
		return
	}
	// It goes on when the page is closed: what was begun is finished.
	ctx, cancel := context.WithTimeout(x.life(), actTime)
	defer cancel()
	leave, err := x.enter(ctx, s.Who)
	if err != nil {
		x.tell(w, http.StatusTooManyRequests, s.Lang, "web.refused.busy")
		return
	}
	defer leave()
	o, ok, err := x.form(ctx, s, a.id)
	switch {
	case err != nil:
		x.log.Error("web: a form was not read", "error", err)
		x.tell(w, http.StatusServiceUnavailable, s.Lang, "web.failed")
	case !ok:
		x.tell(w, http.StatusGone, s.Lang, "web.page.over")
	case o.Taken:
		x.result(w, r, x.begin(w, o.Lang, nil), o)
	default:
		x.take(ctx, w, r, s, o, a)
	}
}

// take hands over what was filled in. What must be read at once is shown before
// that (P39).
func (x *host) take(ctx context.Context, w http.ResponseWriter, r *http.Request, s session, o opened, a act) {
	a.message.Filled.Token = o.Form.Token
	m := adapters.Message{
		ID: "page:" + named(a), From: s.Who, At: s.Who, Direct: true, Name: s.Name, Lang: o.Lang,
		Filled: a.message.Filled, Sent: x.opt.Now().UTC(),
	}
	early := x.handler.Early(m)
	out := x.begin(w, o.Lang, early)
	x.alsoInChat(ctx, s.Who, early)
	got, err := handle(ctx, x.handler, m)
	if got.Notice == got.Errors[""] {
		got.Notice = ""
	}
	again := sheet{Form: o.Form, ID: a.id, Lang: o.Lang, Errors: got.Errors, Notice: got.Notice, Values: m.Filled.Values}
	switch {
	case err != nil:
		x.log.Error("web: act was not taken", "act", m.ID, "error", err)
		if got.Notice == "" && len(got.Errors) == 0 {
			again.Notice = x.say(o.Lang, "web.failed", nil)
		}
		out.form(http.StatusServiceUnavailable, again)
	case got.Form == nil && len(got.Errors) > 0:
		out.form(http.StatusUnprocessableEntity, again)
	default:
		x.result(w, r, out, x.taken(ctx, s, a.id, o, got))
	}
}

// named is the id of an act: sent again it is the same, and what was corrected
// is another.
func named(a act) string {
	plain, err := private.Encode(struct {
		ID, Act string
		Values  adapters.Values
	}{a.id, a.message.Filled.Act, a.message.Filled.Values})
	if err != nil {
		return a.id // values are texts: it does not fail
	}
	sum := sha256.Sum256(plain)
	return hex.EncodeToString(sum[:16])
}

// alsoInChat leaves what was shown at once in the chat.
func (x *host) alsoInChat(ctx context.Context, to adapters.Address, early *adapters.Reply) {
	chat, ok := x.chats[to.Platform]
	if early == nil || !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if err := chat.Send(ctx, to, *early); err != nil {
		x.log.Warn("web: what was shown at once is not in the chat", "platform", to.Platform, "error", err)
	}
}

// taken keeps what came of a form, and the next one.
func (x *host) taken(ctx context.Context, s session, id string, o opened, got adapters.Answer) opened {
	next := ""
	if got.Form != nil {
		if err := pageLimits.Form(*got.Form); err != nil {
			x.log.Warn("web: form is over its limits", "error", err) // a page can show it all the same
		}
		var err error
		next, err = x.keepForm(ctx, s, opened{Form: *got.Form, Lang: o.Lang, Errors: got.Errors, Notice: got.Notice})
		if err != nil {
			x.log.Error("web: the next form was not kept", "error", err)
			got.Notice, next = x.say(o.Lang, "web.page.lost", nil), ""
		}
	}
	done := opened{Lang: o.Lang, Notice: got.Notice, Taken: true, Next: next != ""}
	if err := errors.Join(x.pass(ctx, s, id, next), x.keep(ctx, s, id, done)); err != nil {
		x.log.Error("web: not kept that a form was taken", "error", err)
		if done.Next {
			done.Next, done.Notice = false, x.say(o.Lang, "web.page.lost", nil)
		}
	}
	return done
}

// result shows what came of a form that was taken.
func (x *host) result(w http.ResponseWriter, r *http.Request, out *writing, o opened) {
	switch {
	case !o.Next:
		out.words(http.StatusOK, "web.page.done.title", o.Notice, x.say(o.Lang, "web.page.done", nil))
	case !out.begun:
		http.Redirect(w, r, "/form", http.StatusSeeOther)
	default:
		out.words(http.StatusOK, "web.page.next.title", "", "")
	}
}

// tell is a page of words alone.
func (x *host) tell(w http.ResponseWriter, status int, lang, text string) {
	x.begin(w, lang, nil).words(status, "web.page.title", x.say(lang, text, nil), "")
}

// writing is a page that is being written: its top may have been sent.
type writing struct {
	x     *host
	w     http.ResponseWriter
	begun bool
	view  formPage
}

// formPage is what the page of a form needs.
type formPage struct {
	texts
	Early []block // what must be read at once
	Idle  int64   // milliseconds after which it clears itself
	Title string
	Words []block
	More  string
	Next  bool // a form follows, behind a button
	Sheet string
}

// begin begins a page. What must be read at once is sent at once.
func (x *host) begin(w http.ResponseWriter, lang string, early *adapters.Reply) *writing {
	out := &writing{x: x, w: w, view: formPage{texts: x.texts(lang), Idle: x.opt.Idle.Milliseconds()}}
	if early != nil {
		out.begun = true
		out.view.Early = markup(early.Text)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusOK)
		out.part("form.top")
		_ = http.NewResponseController(w).Flush()
	}
	return out
}

// form ends the page with a form.
func (o *writing) form(status int, s sheet) {
	var b bytes.Buffer
	if err := o.x.writeForm(&b, s); err != nil {
		o.x.log.Error("web: form was not rendered")
		o.words(http.StatusInternalServerError, "web.page.title", o.x.say(s.Lang, "web.failed", nil), "")
		return
	}
	o.view.Title, o.view.Sheet = s.Title, b.String()
	o.end(status)
}

// words ends the page with words.
func (o *writing) words(status int, title, text, more string) {
	o.view.Title, o.view.Words, o.view.More = o.view.T(title), markup(text), more
	o.view.Next = title == "web.page.next.title"
	o.end(status)
}

func (o *writing) end(status int) {
	if !o.begun {
		o.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		o.w.WriteHeader(status)
		o.part("form.top")
	}
	o.part("form.end")
}

func (o *writing) part(name string) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, o.view); err != nil {
		o.x.log.Error("web: page was not rendered", "page", name)
		return
	}
	_, _ = o.w.Write(b.Bytes())
}
