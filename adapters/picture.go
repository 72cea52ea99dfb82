package adapters

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"strings"
)

// Pictures is the optional ability to show a picture in the chat. It is for
// charts of masked figures and for nothing else: a picture stays where it is
// posted, and holds nothing of a signal. A platform without it gets words.
type Pictures interface {
	// SendPicture shows p at an address of this platform, under the same rules
	// as Send: two with the same Key to the same address are visible once,
	// wherever the platform lets the adapter look before it repeats. It returns
	// ErrUnfit for what Check refuses, and ErrGone as Send does.
	SendPicture(ctx context.Context, to Address, p Picture) error
}

// Picture is a chart, as a message that stays in the chat.
type Picture struct {
	// Key names it for its address, among the keys of replies.
	Key string
	// Name is that of its file: letters, digits, "-" and "_", and ".png". It
	// says nothing of what is in it.
	Name string
	// Alt says in words all that the picture shows, for who does not see it.
	// Where a platform has no place for it, it stands under Text.
	Alt string
	// Text stands above the picture, as the text of a Reply.
	Text string
	PNG  []byte
}

// The bounds of a picture: in bytes, and in pixels to a side.
const (
	MaxPicture     = 1 << 20
	MaxPictureSide = 4000
)

// Check refuses what no platform shows: a picture that is none or too large, one
// without words, and a name that could be a path. The error wraps ErrUnfit.
func (p Picture) Check() error {
	stem, ok := strings.CutSuffix(p.Name, ".png")
	if !ok || stem == "" || len(stem) > 64 || strings.Trim(stem, plain) != "" {
		return fmt.Errorf("%w: picture without a plain name", ErrUnfit)
	}
	if strings.TrimSpace(p.Alt) == "" {
		return fmt.Errorf("%w: picture without words", ErrUnfit)
	}
	if len(p.PNG) > MaxPicture {
		return fmt.Errorf("%w: picture is %d bytes, at most %d", ErrUnfit, len(p.PNG), MaxPicture)
	}
	if w, h := p.Size(); w < 1 || h < 1 || w > MaxPictureSide || h > MaxPictureSide {
		return fmt.Errorf("%w: no PNG of at most %d pixels to a side", ErrUnfit, MaxPictureSide)
	}
	return nil
}

// plain are the characters of a name that can stand in an address as it is.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// Size is its measures in pixels; 0, 0 for what is no PNG.
func (p Picture) Size() (width, height int) {
	c, err := png.DecodeConfig(bytes.NewReader(p.PNG))
	if err != nil {
		return 0, 0
	}
	return c.Width, c.Height
}
