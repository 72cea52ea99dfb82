package web_test

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/png"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/web"
)

var imgRE = regexp.MustCompile(`<img src="([^"]*)" alt="([^"]*)"`)

// seen is the picture of a post, as a browser fetches it.
func (b *tab) seen(post string) *adaptertest.Picture {
	m := imgRE.FindStringSubmatch(post)
	if m == nil {
		return nil
	}
	res, err := b.client.Get(b.x.url(html.UnescapeString(m[1])))
	if err != nil {
		return nil // the program is being started again
	}
	defer func() { _ = res.Body.Close() }()
	png, _ := io.ReadAll(res.Body)
	return &adaptertest.Picture{Alt: html.UnescapeString(m[2]), PNG: png}
}

// drawn is a picture for the channel.
func drawn(t *testing.T, key string) adapters.Picture {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 90, 60))); err != nil {
		t.Fatal(err)
	}
	return adapters.Picture{Key: key, Name: "cijfers-form.png", Alt: "Vorm: 5 tot en met 9.", Text: "cijfers", PNG: b.Bytes()}
}

// A picture is shown in its measures, comes as a picture and nothing else, also
// to a page that was open before a restart, and only to who reads where it stands.
func TestPictureIsForReaders(t *testing.T) {
	t.Parallel()
	x := start(t, nobody{}, nil)
	p := drawn(t, "p")
	if err := x.adapter.SendPicture(t.Context(), adapters.NewAddress("web", "desk"), p); err != nil {
		t.Fatal(err)
	}
	_, page := do(t, http.MethodGet, x.url("/p/ineke"), "", nil)
	src := find(imgRE, page)
	if !strings.HasPrefix(src, "/p/ineke/picture/desk/") || !strings.Contains(page, `alt="Vorm: 5 tot en met 9." width="90" height="60"`) {
		t.Fatalf("the page shows %q", src)
	}
	onlyOurs(t, "page", page)
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	x.run()
	res, body := do(t, http.MethodGet, x.url(src), "", nil)
	if res.StatusCode != http.StatusOK || body != string(p.PNG) {
		t.Errorf("got %d, %d bytes", res.StatusCode, len(body))
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Content-Disposition": "inline; filename=cijfers-form.png", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, path := range []string{
		strings.Replace(src, "ineke", "sanne", 1), strings.Replace(src, "desk", "ineke", 1), strings.Replace(src, "desk", "nowhere", 1), src + "0", "/p/ineke/picture/desk/x",
	} {
		if res, body := do(t, http.MethodGet, x.url(path), "", nil); res.StatusCode != http.StatusNotFound || body == string(p.PNG) {
			t.Errorf("%s: got %d", path, res.StatusCode)
		}
	}
}

// A picture goes with its post: when another takes its place, when a reply does,
// and when the log is full.
func TestPictureGoesWithItsPost(t *testing.T) {
	t.Parallel()
	x := start(t, nobody{}, nil)
	to := adapters.NewAddress("web", "sanne")
	for _, key := range []string{"old", "over"} {
		if err := x.adapter.SendPicture(t.Context(), to, drawn(t, key)); err != nil {
			t.Fatal(err)
		}
	}
	other := drawn(t, "old")
	other.PNG = append(other.PNG, 0)
	if err := x.adapter.SendPicture(t.Context(), to, other); err != nil {
		t.Fatal(err)
	}
	_, page := do(t, http.MethodGet, x.url("/p/sanne"), "", nil)
	if _, body := do(t, http.MethodGet, x.url(find(imgRE, page)), "", nil); body != string(other.PNG) {
		t.Error("another picture under its key is not shown")
	}
	held := func() (n int) {
		for _, it := range x.memory.Kept("") {
			n += strings.Count(string(it.Value), `"png"`)
		}
		return n
	}
	if n := held(); n != 2 {
		t.Fatalf("%d pictures are kept", n)
	}
	send(t, x, "sanne", adapters.Reply{Key: "new", Over: "over", Text: "anders"})
	if n := held(); n != 1 {
		t.Errorf("replaced, and %d are kept", n)
	}
	for i := range web.Keep {
		send(t, x, "sanne", adapters.Reply{Key: fmt.Sprint("k", i), Text: "x"})
	}
	if n := held(); n != 0 {
		t.Errorf("the log is full, and %d are kept", n)
	}
}
