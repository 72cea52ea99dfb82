package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
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
	if !ok || a.people[id] == nil {
		return "", fmt.Errorf("web: file: %w", adapters.ErrGone)
	}
	port := a.port.Load()
	if port == nil {
		return "", errors.New("web: file: no page yet")
	}
	if lang != "en" {
		lang = "nl"
	}
	return "http://" + net.JoinHostPort(a.host, *port) + "/p/" + id + "/file/" + url.PathEscape(token) + "?lang=" + lang, nil
}

// filePage shows the button behind which a file is fetched. It looks nothing
// up: whoever opens any link sees the same page, and uses nothing up (D16).
func (s *server) filePage(w http.ResponseWriter, r *http.Request, _ *seat) {
	s.render(w, "file.html", claimed{texts: s.texts(lang(r))})
}

// claimed is the page of a file, after a claim that gave nothing too.
type claimed struct {
	texts
	Error string
}

// file hands out the file, once the handler has committed that it did.
func (s *server) file(w http.ResponseWriter, r *http.Request, who *seat) {
	l := lang(r)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxClaim))
	v, broken := url.ParseQuery(string(body))
	if err != nil || broken != nil {
		s.noFile(w, l, http.StatusBadRequest, "web.refused.broken")
		return
	}
	leave, err := who.enter(r.Context())
	if err != nil {
		s.noFile(w, l, http.StatusTooManyRequests, "web.refused.busy")
		return
	}
	defer leave()
	f, err := s.fetch(r, who, v.Get("code"))
	switch {
	case errors.Is(err, adapters.ErrNoFile):
		s.noFile(w, l, http.StatusNotFound, "web.file.missing")
	case err != nil:
		s.opt.Log.Error("web: file was not handed out", "error", err)
		s.noFile(w, l, http.StatusServiceUnavailable, "web.failed")
	default:
		f.write(w)
	}
}

func (s *server) fetch(r *http.Request, who *seat, code string) (download, error) {
	files, ok := s.handler.(adapters.Files)
	if !ok {
		return download{}, adapters.ErrNoFile
	}
	f, err := files.File(r.Context(), adapters.Claim{
		From: adapters.NewAddress(Platform, who.ID), Token: r.PathValue("token"), Code: private.New(code), Lang: lang(r),
	})
	if err != nil {
		return download{}, err
	}
	return newDownload(f)
}

// noFile shows the page again, with why nothing came. After ErrNoFile these are
// the same bytes for every reason.
func (s *server) noFile(w http.ResponseWriter, lang string, status int, why string) {
	t := s.texts(lang)
	s.renderAs(w, status, "file.html", claimed{texts: t, Error: t.T(why)})
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
