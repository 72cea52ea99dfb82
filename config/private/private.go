// Package private holds the one type for personal data. It prints, logs and
// marshals as "[afgeschermd]" wherever it turns up by accident.
//
// It is not encryption: sealing is the work of package store/vault. It imports
// the standard library only, so that every other package may import it.
package private

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Mask is what a Text shows in place of its content.
const Mask = "[afgeschermd]"

// Text is a piece of personal data or free text. Keep it in exported fields
// only, and never as a map key: there fmt reads past its methods.
type Text struct{ s string }

// New makes a Text of s.
func New(s string) Text { return Text{s} }

// List makes a Text of each of ss.
func List(ss ...string) []Text {
	out := make([]Text, len(ss))
	for i, s := range ss {
		out[i] = Text{s}
	}
	return out
}

// Reveal returns the content. Call it only where the content goes to the
// person it is meant for, is compared, or is sealed.
func (t Text) Reveal() string { return t.s }

// Empty reports whether there is nothing in it.
func (t Text) Empty() bool { return t.s == "" }

// String returns Mask.
func (t Text) String() string { return Mask }

// GoString returns Mask.
func (t Text) GoString() string { return Mask }

// Format writes Mask for every verb.
func (t Text) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, Mask) }

// LogValue returns Mask.
func (t Text) LogValue() slog.Value { return slog.StringValue(Mask) }

// MarshalText returns Mask.
func (t Text) MarshalText() ([]byte, error) { return []byte(Mask), nil }

// MarshalJSON returns Mask. Encode is the way to the content.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(Mask) }

// UnmarshalJSON reads content, as written by Encode.
func (t *Text) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &t.s) }
