package web

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// The limits of a request. A body of 64 KiB holds the longest form; a typed
// message has the length of a reply.
const (
	maxBody   = 64 << 10
	maxPairs  = 1000
	maxTyped  = 4000 // runes
	maxToken  = 256  // bytes
	minID     = 16   // bytes: an id must not be guessed by another page
	maxID     = 64
	fieldMark = "f."
)

// actKind is the last part of the address that takes an act.
type actKind string

const (
	say   actKind = "say"
	press actKind = "press"
	form  actKind = "form"
)

// refusal is an act that was not taken: its status and the text that says why.
type refusal struct {
	status int
	text   string
}

// act is what a page sent. All of it is checked for form, none for meaning.
type act struct {
	id, at, lang string
	message      adapters.Message // Text, Press or Filled
}

// parseAct reads the body of an act: application/x-www-form-urlencoded, with
// the names id, at, lang, text, token and act, and the fields of a form as
// "f." and their name. Empty fields are left out.
func parseAct(kind actKind, contentType string, body []byte) (act, *refusal) {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil || media != "application/x-www-form-urlencoded" {
		// Also what a page with an attachment would send (P4).
		return act{}, &refusal{http.StatusUnsupportedMediaType, "web.refused.kind"}
	}
	if len(body) > maxBody || strings.Count(string(body), "&") >= maxPairs {
		return act{}, &refusal{http.StatusRequestEntityTooLarge, "web.refused.long"}
	}
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return act{}, &refusal{http.StatusBadRequest, "web.refused.broken"}
	}
	for name, values := range v {
		for _, s := range append([]string{name}, values...) {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				return act{}, &refusal{http.StatusBadRequest, "web.refused.bytes"}
			}
		}
	}
	a := act{id: v.Get("id"), at: v.Get("at"), lang: v.Get("lang")}
	token := v.Get("token")
	if !plainID(a.id) || len(a.id) < minID || len(a.id) > maxID || !plainID(a.at) || (a.lang != "nl" && a.lang != "en") ||
		len(token) > maxToken || (token == "") != (kind == say) {
		return act{}, &refusal{http.StatusBadRequest, "web.refused.broken"}
	}
	switch kind {
	case say:
		text := v.Get("text")
		if utf8.RuneCountInString(text) > maxTyped {
			return act{}, &refusal{http.StatusRequestEntityTooLarge, "web.refused.long"}
		}
		a.message.Text = private.New(text)
	case press:
		a.message.Press = token
	case form:
		a.message.Filled = &adapters.Filled{Token: token, Act: v.Get("act"), Values: fields(v)}
	}
	return a, nil
}

func fields(v url.Values) map[string][]private.Text {
	out := map[string][]private.Text{}
	for name, values := range v {
		field, ok := strings.CutPrefix(name, fieldMark)
		if !ok {
			continue
		}
		for _, s := range values {
			// Browsers send line ends as CR LF.
			if s = strings.ReplaceAll(s, "\r\n", "\n"); s != "" {
				out[field] = append(out[field], private.New(s))
			}
		}
	}
	return out
}
