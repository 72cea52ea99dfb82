package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// maxClaim is the longest body of a claim: a code.
const maxClaim = 1 << 10

// filePolicy is for what is fetched: should a browser show it all the same, it
// may do and load nothing.
const filePolicy = "default-src 'none'; sandbox"

var _ adapters.Pages = (*Adapter)(nil)

// FileLink is the page of the person's own seat with the token in its path. It
// returns ErrGone for who is no person, and an error before Run listens.
func (a *Adapter) FileLink(to adapters.Address, lang, token string) (string, error) {
	id, ok := a.place(to)
	if !ok || id == a.opt.Channel.ID {
		return "", fmt.Errorf("web: file: %w", adapters.ErrGone)
	}
	base, ok := a.address()
	if !ok {
		return "", errors.New("web: file: no page yet")
	}
	if lang != "en" {
		lang = "nl"
	}
	return base + "/p/" + a.seat(id).path + "/file/" + url.PathEscape(token) + "?lang=" + lang, nil
}

// filePage shows the button behind which a file is fetched. It looks nothing
// up: whoever opens any link sees the same page, and uses nothing up (D16).
func (x *site) filePage(w http.ResponseWriter, r *http.Request) {
	x.render(w, "code.html", x.fileCode(lang(r), ""))
}

// coded is the page that asks for a code from the chat, also after one that gave
// nothing.
type coded struct {
	texts
	Title, Text, Label, Go string
	Done                   string // shown once a file was asked for
	Error                  string
}

// fileCode asks for the code of a file; why nothing came is the id of a text.
func (x *site) fileCode(lang, why string) coded {
	t := x.texts(lang)
	c := coded{texts: t, Title: t.T("web.file.title"), Text: t.T("web.file.text"), Label: t.T("web.file.code"), Go: t.T("web.file.go"), Done: t.T("web.file.done")}
	if why != "" {
		c.Error = t.T(why)
	}
	return c
}

// code reads what was typed on such a page.
func code(w http.ResponseWriter, r *http.Request) (private.Text, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxClaim))
	v, broken := url.ParseQuery(string(body))
	return private.New(v.Get("code")), err == nil && broken == nil
}

// file hands out the file, once the handler has committed that it did.
func (s *server) file(w http.ResponseWriter, r *http.Request, who visitor) {
	s.handOut(w, r, s.handler, who.enter, adapters.Claim{From: adapters.NewAddress(Platform, who.ID), Token: r.PathValue("token")})
}

// handOut answers a claim of somebody whose turn enter waits for.
func (x *site) handOut(w http.ResponseWriter, r *http.Request, h adapters.Handler, enter func(context.Context) (func(), error), c adapters.Claim) {
	var ok bool
	c.Lang = lang(r)
	if c.Code, ok = code(w, r); !ok {
		x.noFile(w, c.Lang, http.StatusBadRequest, "web.refused.broken")
		return
	}
	leave, err := enter(r.Context())
	if err != nil {
		x.noFile(w, c.Lang, http.StatusTooManyRequests, "web.refused.busy")
		return
	}
	defer leave()
	f, err := fetch(r.Context(), h, c)
	switch {
	case errors.Is(err, adapters.ErrNoFile):
		x.noFile(w, c.Lang, http.StatusNotFound, "web.file.missing")
	case err != nil:
		x.log.Error("web: file was not handed out", "error", err)
		x.noFile(w, c.Lang, http.StatusServiceUnavailable, "web.failed")
	default:
		f.write(w)
	}
}

func fetch(ctx context.Context, h adapters.Handler, c adapters.Claim) (download, error) {
	files, ok := h.(adapters.Files)
	if !ok || c.From.IsZero() {
		return download{}, adapters.ErrNoFile
	}
	f, err := files.File(ctx, c)
	if err != nil {
		return download{}, err
	}
	return newDownload(f)
}

// noFile shows the page again, with why nothing came. After ErrNoFile these are
// the same bytes for every reason.
func (x *site) noFile(w http.ResponseWriter, lang string, status int, why string) {
	x.renderAs(w, status, "code.html", x.fileCode(lang, why))
}

// download is a file whose name and type may stand in a header.
type download struct {
	adapters.File
	kind, disposition string
}

// newDownload refuses a name that could be a path, run or say something, and a
// type that is none.
func newDownload(f adapters.File) (download, error) {
	kind, params, err := mime.ParseMediaType(f.Type)
	if err != nil {
		return download{}, errors.New("web: file without a media type")
	}
	stem, ending, ok := strings.Cut(f.Name, ".")
	if !ok || !plainID(stem) || !plainID(ending) {
		return download{}, errors.New("web: file without a plain name")
	}
	return download{
		File: f, kind: mime.FormatMediaType(kind, params),
		disposition: mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}),
	}, nil
}

func (d download) write(w http.ResponseWriter) {
	body := d.Body.Reveal()
	h := w.Header()
	h.Set("Content-Type", d.kind)
	h.Set("Content-Disposition", d.disposition)
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = io.WriteString(w, body)
}
