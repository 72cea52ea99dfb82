package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/web"
)

// What cannot be taken is refused in words, nothing of it reaches the handler.
func TestRefusals(t *testing.T) {
	t.Parallel()
	var taken atomic.Int64
	x := start(t, handler{handle: func(context.Context, adapters.Message) (adapters.Answer, error) {
		taken.Add(1)
		return adapters.Answer{}, nil
	}}, nil)
	with := func(name, value string) string {
		v, _ := url.ParseQuery(typed("hallo"))
		v.Set(name, value)
		return v.Encode()
	}
	for name, tc := range map[string]struct {
		path, body, kind string
		status           int
		words            string
	}{
		"NUL":               {"say", typed("a\x00b"), "", 400, "tekens die niet kunnen"},
		"NUL in a field":    {"form", with("token", "x") + "&f.what=a%00b", "", 400, "tekens die niet kunnen"},
		"NUL in a name":     {"form", with("token", "x") + "&f.wh%00at=ab", "", 400, "tekens die niet kunnen"},
		"broken UTF-8":      {"say", "id=" + goodID + "&at=sanne&lang=nl&text=%ff%fe", "", 400, "tekens die niet kunnen"},
		"surrogate":         {"say", "id=" + goodID + "&at=sanne&lang=nl&text=%ed%a0%80", "", 400, "tekens die niet kunnen"},
		"broken escape":     {"say", "id=" + goodID + "&at=sanne&lang=nl&text=%zz", "", 400, "kwam niet goed over"},
		"long text":         {"say", typed(strings.Repeat("a", 4001)), "", 413, "te lang"},
		"long body":         {"form", with("token", "x") + "&f.what=" + strings.Repeat("a", web.MaxBody), "", 413, "te lang"},
		"many fields":       {"form", with("token", "x") + strings.Repeat("&f.a=1", 1000), "", 413, "te lang"},
		"a file":            {"say", "--x\r\n", "multipart/form-data; boundary=x", 415, "alleen tekst"},
		"JSON":              {"say", "{}", "application/json", 415, "alleen tekst"},
		"no kind":           {"say", "x", ";", 415, "alleen tekst"},
		"short id":          {"say", with("id", "1"), "", 400, "kwam niet goed over"},
		"odd id":            {"say", with("id", goodID+"/.."), "", 400, "kwam niet goed over"},
		"odd language":      {"say", with("lang", "de"), "", 400, "kwam niet goed over"},
		"no token":          {"press", typed(""), "", 400, "kwam niet goed over"},
		"long token":        {"press", with("token", strings.Repeat("a", 300)), "", 400, "kwam niet goed over"},
		"the desk":          {"say", with("at", "desk"), "", 403, "niet schrijven"},
		"someone else":      {"say", with("at", "youssef"), "", 403, "niet schrijven"},
		"nothing":           {"say", "", "application/x-www-form-urlencoded", 400, "kwam niet goed over"},
		"an unknown act":    {"shout", typed("x"), "", 404, "is hier niet"},
		"token while typed": {"say", with("token", "x"), "", 400, "kwam niet goed over"},
	} {
		res, body := do(t, http.MethodPost, x.url("/p/sanne/"+tc.path), tc.body, func(r *http.Request) {
			if tc.kind != "" {
				r.Header.Set("Content-Type", tc.kind)
			}
		})
		if res.StatusCode != tc.status || !strings.Contains(body, tc.words) {
			t.Errorf("%s: got %d %s, want %d and %q", name, res.StatusCode, body, tc.status, tc.words)
		}
	}
	if n := taken.Load(); n != 0 {
		t.Errorf("%d refused acts were handled", n)
	}
	if res, body := do(t, http.MethodPost, x.url("/p/sanne/say?lang=en"), "x=%zz", nil); res.StatusCode != 400 || !strings.Contains(body, "come across") {
		t.Errorf("in English: got %d %s", res.StatusCode, body)
	}
}

// Whatever bytes come in, an act is whole and clean or it is refused.
func FuzzParseAct(f *testing.F) {
	const kind = "application/x-www-form-urlencoded"
	f.Add("say", kind, []byte(typed("hallo")))
	f.Add("press", kind+"; charset=utf-8", []byte("id="+goodID+"&at=sanne&lang=en&token=x"))
	f.Add("form", kind, []byte("id="+goodID+"&at=desk&lang=nl&token=x&act=back&f.a=%C3%A9&f.a=2&f.=3"))
	f.Add("form", kind, []byte("id="+goodID+"&at=desk&lang=nl&token=x&f.a=%00"))
	f.Add("say", "multipart/form-data", []byte("--"))
	f.Add("say", kind, []byte("a=%ff;&&=%"))
	f.Fuzz(func(t *testing.T, kind, contentType string, body []byte) {
		id, at, m, status := web.ParseAct(kind, contentType, body)
		if status != 0 {
			if status < 400 || status > 415 {
				t.Errorf("refused with %d", status)
			}
			return
		}
		clean := func(s string) {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Errorf("let through %q", s)
			}
		}
		if len(id) < 16 || len(id) > 64 || at == "" {
			t.Errorf("let through id %q at %q", id, at)
		}
		clean(m.Text.Reveal())
		clean(m.Press)
		if m.Filled != nil {
			clean(m.Filled.Token)
			clean(m.Filled.Act)
			for name, values := range m.Filled.Values {
				clean(name)
				for _, v := range values {
					clean(v.Reveal())
				}
			}
		}
	})
}

// Markup only takes marks and white space away.
func FuzzMarkup(f *testing.F) {
	for _, s := range []string{"", "a\n\nb", "- a\n- b\nc", "**a** b **c", "****", "** - **\n-  - x", "a**b**c**"} {
		f.Add(s)
	}
	strip := func(s string) string {
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '*' || r == '-' || unicode.IsSpace(r) }), "")
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // posts are JSON, and texts come from catalogs
		}
		got, bold := web.Markup(s)
		if strip(got) != strip(s) {
			t.Errorf("%q became %q", s, got)
		}
		if bold > strings.Count(s, "**")/2 {
			t.Errorf("%q has %d bold parts", s, bold)
		}
	})
}

// A mark of this run is read back; anything else is of another run.
func FuzzRevision(f *testing.F) {
	o := options(f, &adaptertest.Memory{})
	a, err := web.New(o)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(a.Mark(3))
	f.Add("-1")
	f.Add(a.Mark(-1))
	f.Add("x-9999999999999999999999")
	f.Fuzz(func(t *testing.T, mark string) {
		rev, ok := a.Revision(mark)
		if !ok && rev != 0 || rev < 0 {
			t.Errorf("%q: got %d, %v", mark, rev, ok)
		}
		if ok && strings.HasPrefix(mark, "-") {
			t.Errorf("%q passes", mark)
		}
	})
}
