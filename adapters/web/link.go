package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// The bounds of a link (D8).
const (
	linkLife = 10 * time.Minute
	maxCodes = 5
)

// codeLetters is how long a code is, in letters that are not taken for one
// another. With maxCodes tries it is guessed once in 200 million links, by
// somebody who has the link.
const (
	codeLetters = 6
	crockford   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// link is a form behind an address that was shown to one person in his chat,
// kept sealed in Memory in a scope of its own. Beside it stand the codes that
// were tried and, once it is used, by which session.
type link struct {
	Who  adapters.Address
	Name private.Text
	Lang string
	Form adapters.Form
	Code string
	End  time.Time
}

func scopeLink(token string) string { return "link/" + token }

const (
	keyLink = "link"
	keyUsed = "used"
)

// errNoLink says that a link gives nothing: there is none, it was used, it is
// too old, its code was wrong, or too often, or its person may not. Whoever
// asks is told the same.
var errNoLink = errors.New("web: no link")

// link keeps a form, and makes the form that the chat shows in its place: an
// address and a code, and nothing of what is behind it.
func (p *Pages) link(ctx context.Context, m adapters.Message, f adapters.Form) (*adapters.Form, error) {
	l := link{Who: m.From, Name: m.Name, Lang: p.lang(cmp.Or(f.Lang, m.Lang)), Form: f, Code: drawCode(), End: p.opt.Now().UTC().Add(linkLife)}
	value, err := private.Encode(l)
	if err != nil {
		return nil, err
	}
	token := rand.Text()
	if _, _, err := p.opt.Memory.Put(ctx, adapters.Item{Scope: scopeLink(token), Key: keyLink, Value: value, Until: l.End}); err != nil {
		return nil, fmt.Errorf("keep a link: %w", err)
	}
	key := "link." + rand.Text()
	if !p.chats[m.From.Platform].Limits().Forms { // it becomes a message
		if err := p.note(ctx, posted{Who: m.From, Lang: l.Lang, Key: key, End: l.End}, token); err != nil {
			return nil, err
		}
	}
	return &adapters.Form{
		Token: linkForm + rand.Text(), Title: p.say(l.Lang, "web.link.title", nil),
		Link: &adapters.Link{
			Label: p.say(l.Lang, "web.link.open", nil), URL: p.address("/f/"+token, l.Lang),
			Note: p.say(l.Lang, "web.link.note", map[string]any{"Code": l.Code[:3] + " " + l.Code[3:]}), Key: key,
		},
	}, nil
}

// lookalike reads the letters that no code has as the digits that were meant.
var lookalike = strings.NewReplacer("O", "0", "I", "1", "L", "1")

func drawCode() string {
	b := make([]byte, codeLetters)
	_, _ = rand.Read(b) // it never fails
	for i := range b {
		b[i] = crockford[b[i]%32]
	}
	return string(b)
}

// find reads a link that can still be used. Whose it is is for the caller to
// check.
func (p *Pages) find(ctx context.Context, token string) (l link, err error) {
	it, ok, err := p.opt.Memory.Get(ctx, scopeLink(token), keyLink)
	if err == nil && !ok {
		err = errNoLink
	}
	if err == nil {
		err = private.Decode(it.Value, &l)
	}
	if err == nil && !p.opt.Now().Before(l.End) {
		err = errNoLink
	}
	return l, err
}

// linked is what a browser gets that opens a link: the form, where it is signed
// in as the person already; else the page that asks for a code, the same for any
// address. A chat that looks at the link gets no further and uses nothing up.
func (x *host) linked(w http.ResponseWriter, r *http.Request) {
	s, ok, err := x.sessions.find(r)
	if err == nil && ok {
		err = x.enterLink(r.Context(), r.PathValue("token"), s)
		if err == nil {
			http.Redirect(w, r, "/form", http.StatusSeeOther)
			return
		}
	}
	if err != nil && !errors.Is(err, errNoLink) {
		x.log.Error("web: a link was not opened", "error", err)
	}
	x.render(w, "code.html", x.linkCode(lang(r), ""))
}

// enterLink uses a link in the browser of its own person. One that this browser
// has used already is no error.
func (x *host) enterLink(ctx context.Context, token string, s session) error {
	by, used, err := x.usedBy(ctx, token)
	switch {
	case err != nil:
		return err
	case used && by == s.id:
		return nil
	case used:
		return errNoLink
	}
	l, err := x.find(ctx, token)
	if err == nil && l.Who != s.Who {
		err = errNoLink
	}
	if err != nil {
		return err
	}
	return x.use(ctx, token, l, s)
}

// usedBy is the session that a link was used in.
func (x *host) usedBy(ctx context.Context, token string) (id string, used bool, err error) {
	it, used, err := x.opt.Memory.Get(ctx, scopeLink(token), keyUsed)
	return string(it.Value), used, err
}

// redeem takes the code of a link: the browser is signed in as its person, and
// goes on to the form.
func (x *host) redeem(w http.ResponseWriter, r *http.Request) {
	l := lang(r)
	typed, ok := code(w, r)
	if !ok {
		x.noLink(w, l, http.StatusBadRequest, "web.refused.broken")
		return
	}
	s, err := x.signIn(r, r.PathValue("token"), typed.Reveal())
	switch {
	case errors.Is(err, errNoLink):
		x.noLink(w, l, http.StatusNotFound, "web.link.missing")
	case err != nil:
		x.log.Error("web: a link was not opened", "error", err)
		x.noLink(w, l, http.StatusServiceUnavailable, "web.failed")
	default:
		x.sessions.give(w, s)
		http.Redirect(w, r, "/form", http.StatusSeeOther)
	}
}

// signIn uses a link, and keeps a session for its person in the place of the one
// that this browser had. Of several who try at once one succeeds.
func (x *host) signIn(r *http.Request, token, typed string) (session, error) {
	ctx := r.Context()
	l, err := x.find(ctx, token)
	if err != nil {
		return session{}, err
	}
	if err := x.try(ctx, token, l, typed); err != nil {
		return session{}, err
	}
	if !x.known(ctx, l.Who) {
		return session{}, errNoLink
	}
	if _, used, err := x.usedBy(ctx, token); err != nil || used {
		return session{}, cmp.Or(err, errNoLink)
	}
	s, err := x.sessions.open(ctx, session{Who: l.Who, Name: l.Name, Lang: l.Lang})
	if err != nil {
		return session{}, err
	}
	if err := x.use(ctx, token, l, s); err != nil {
		return session{}, errors.Join(err, x.sessions.forget(ctx, s.id))
	}
	if old, ok, err := x.sessions.find(r); err == nil && ok {
		x.leave(ctx, old)
	}
	return s, nil
}

// try compares a code with that of a link. Each try is counted before it is
// compared, so that many at once are no more tries than one after the other.
func (x *host) try(ctx context.Context, token string, l link, typed string) error {
	for n := range maxCodes {
		_, fresh, err := x.opt.Memory.Put(ctx, adapters.Item{Scope: scopeLink(token), Key: "try" + strconv.Itoa(n), Until: l.End})
		if err != nil {
			return fmt.Errorf("count a code: %w", err)
		}
		if !fresh {
			continue
		}
		typed = lookalike.Replace(strings.ToUpper(strings.Join(strings.Fields(typed), "")))
		if subtle.ConstantTimeCompare([]byte(typed), []byte(l.Code)) != 1 {
			return errNoLink
		}
		return nil
	}
	return errNoLink
}

// use opens the form of a link in a session and uses the link up: the form is
// kept first, and shown when it is certain that nobody else used the link.
func (x *host) use(ctx context.Context, token string, l link, s session) error {
	id, err := x.keepForm(ctx, s, opened{Form: l.Form, Lang: l.Lang})
	if err != nil {
		return err
	}
	_, fresh, err := x.opt.Memory.Put(ctx, adapters.Item{Scope: scopeLink(token), Key: keyUsed, Value: []byte(s.id), Until: l.End})
	if err == nil && !fresh {
		err = errNoLink
	}
	if err != nil {
		return err
	}
	x.retire(ctx, token)
	// What was behind it is kept with the session only.
	return errors.Join(x.point(ctx, s, id), x.opt.Memory.Forget(ctx, scopeLink(token), keyLink))
}

// linkCode asks for the code of a link; why it gave nothing is the id of a text.
func (x *host) linkCode(lang, why string) coded {
	t := x.texts(lang)
	c := coded{texts: t, Title: t.T("web.link.title"), Text: t.T("web.link.text"), Label: t.T("web.link.code"), Go: t.T("web.link.go")}
	if why != "" {
		c.Error = t.T(why)
	}
	return c
}

// noLink shows the page again, with why nothing came. After errNoLink these are
// the same bytes for every reason.
func (x *host) noLink(w http.ResponseWriter, lang string, status int, why string) {
	x.renderAs(w, status, "code.html", x.linkCode(lang, why))
}
