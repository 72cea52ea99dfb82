package adaptertest

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters"
)

// Picture is the picture of a post, as it is seen and as it is heard.
type Picture struct {
	Alt string // "" where the platform has no place for it
	PNG []byte
}

// chart is a picture of one colour.
func chart(t *testing.T, width, height int, c color.Color) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		img.Set(i%width, i/width, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pictures(t *testing.T, a adapters.Adapter) adapters.Pictures {
	t.Helper()
	p, ok := a.(adapters.Pictures)
	if !ok {
		t.Skip("no pictures here")
	}
	return p
}

func sendPicture(t *testing.T, a adapters.Adapter, to adapters.Address, p adapters.Picture) {
	t.Helper()
	if err := pictures(t, a).SendPicture(t.Context(), to, p); err != nil {
		t.Fatalf("send picture: %v", err)
	}
}

// Two pictures with one key are one post, which stands in its order with its
// words, survives a restart and is nobody else's. Its words are words only.
func testPicture(t *testing.T, open Open) {
	p := open(t, &bot{})
	pictures(t, p.Adapter)
	at, tab := p.People[0], p.Tab(t, p.People[0])
	one := adapters.Picture{Key: "b", Name: "cijfers-form.png", Alt: `Vorm: 5 tot en met 9 "werk" <b>.`, Text: "De **cijfers** <i>", PNG: chart(t, 90, 60, color.NRGBA{10, 99, 117, 255})}
	send(t, p.Adapter, at, adapters.Reply{Key: "a", Text: "vooraf"})
	sendPicture(t, p.Adapter, at, one)
	sendPicture(t, p.Adapter, at, one)
	send(t, p.Adapter, at, adapters.Reply{Key: "c", Text: "daarna"})
	looks := func(what string, tab Tab, last string) {
		t.Helper()
		v := tab.Await(what, sees(last))
		var with []Post
		for _, post := range v.Posts {
			if post.Picture != nil {
				with = append(with, post)
			}
		}
		if len(with) != 1 || len(v.Posts) < 2 || v.Posts[1].Picture == nil {
			t.Fatalf("%s: got %d pictures in %q", what, len(with), texts(v))
		}
		got := with[0]
		if !strings.HasPrefix(got.Text, "De cijfers <i>") || got.Picture.Alt != one.Alt && (got.Picture.Alt != "" || !strings.Contains(got.Text, one.Alt)) {
			t.Errorf("%s: it reads %q, and for who does not see it %q", what, got.Text, got.Picture.Alt)
		}
		if !bytes.Equal(got.Picture.PNG, one.PNG) {
			t.Errorf("%s: another picture, of %d bytes", what, len(got.Picture.PNG))
		}
	}
	looks("the picture", tab, "daarna")
	a := p.Restart(t)
	sendPicture(t, a, at, one) // repeated after a crash
	send(t, a, at, adapters.Reply{Key: "d", Text: "later"})
	looks("an open tab after a restart", tab, "later")
	looks("a new tab", p.Tab(t, at), "later")
	if other := p.Tab(t, p.People[1]).Await("anything", func(View) bool { return true }); len(other.Posts) != 0 {
		t.Errorf("another person sees %q", texts(other))
	}
	if err := pictures(t, a).SendPicture(t.Context(), p.Unknown, one); !errors.Is(err, adapters.ErrGone) {
		t.Errorf("a picture for nobody: got %v, want ErrGone", err)
	}
}

// What is no picture of use is refused whole, without its words in the error;
// one at the bounds is not.
func testPictureUnfit(t *testing.T, open Open) {
	p := open(t, &bot{})
	to := pictures(t, p.Adapter)
	good := adapters.Picture{Key: "ok", Name: "a.png", Alt: "Zilvervos", Text: "cijfers", PNG: chart(t, adapters.MaxPictureSide, 1, color.White)}
	long := strings.Repeat("é", p.Adapter.Limits().Text)
	for name, change := range map[string]func(*adapters.Picture){
		"no bytes":   func(p *adapters.Picture) { p.PNG = nil },
		"no png":     func(p *adapters.Picture) { p.PNG = []byte("<svg onload='x'>") },
		"large":      func(p *adapters.Picture) { p.PNG = append(slices.Clone(p.PNG), make([]byte, adapters.MaxPicture)...) },
		"wide":       func(p *adapters.Picture) { p.PNG = chart(t, adapters.MaxPictureSide+1, 1, color.White) },
		"no words":   func(p *adapters.Picture) { p.Alt = " " },
		"no name":    func(p *adapters.Picture) { p.Name = ".png" },
		"a path":     func(p *adapters.Picture) { p.Name = "../a.png" },
		"other kind": func(p *adapters.Picture) { p.Name = "a.html" },
		"a header":   func(p *adapters.Picture) { p.Name = "a\r\nX: y.png" },
		"long text":  func(p *adapters.Picture) { p.Text = long + "é" },
	} {
		bad := good
		change(&bad)
		bad.Key = name
		if err := to.SendPicture(t.Context(), p.People[0], bad); !errors.Is(err, adapters.ErrUnfit) || strings.Contains(err.Error(), "Zilvervos") || strings.Contains(err.Error(), "éé") {
			t.Errorf("%s: got %v, want ErrUnfit without its words", name, err)
		}
	}
	if err := to.SendPicture(t.Context(), p.People[0], good); err != nil {
		t.Errorf("a picture at the bounds: %v", err)
	}
	v := p.Tab(t, p.People[0]).Await("the one", func(v View) bool {
		return len(v.Posts) > 0 && strings.HasPrefix(v.Posts[len(v.Posts)-1].Text, "cijfers")
	})
	if diff := cmp.Diff(1, len(v.Posts)); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
}
