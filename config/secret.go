package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/meldroute/meldroute/config/private"
)

// maxSecret is more than any password or token is long, in bytes.
const maxSecret = 4096

// Secret is a password or token. The configuration holds the path of the file
// it stands in; its value is read once, by Load, and shows as "[afgeschermd]"
// wherever it turns up. The zero Secret is empty.
type Secret struct {
	file  string
	value string
}

// File returns the path that was configured; paths are no secret.
func (s Secret) File() string { return s.file }

// Reveal returns the value. Call it only where it is handed to what asks for it.
func (s Secret) Reveal() string { return s.value }

// Empty reports whether no secret is configured.
func (s Secret) Empty() bool { return s.value == "" }

// String returns private.Mask.
func (s Secret) String() string { return private.Mask }

// GoString returns private.Mask.
func (s Secret) GoString() string { return private.Mask }

// Format writes private.Mask for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, private.Mask) }

// LogValue returns private.Mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(private.Mask) }

// MarshalText returns private.Mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(private.Mask), nil }

// MarshalJSON returns private.Mask.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(private.Mask) }

// MarshalYAML returns private.Mask. Print writes the path instead.
func (s Secret) MarshalYAML() (any, error) { return private.Mask, nil }

// read fills in the value from the file. Its error holds no content.
func (s *Secret) read() error {
	f, err := os.Open(s.file)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return err
	}
	v := strings.TrimRight(string(b), "\r\n")
	if v == "" || len(b) > maxSecret || strings.ContainsAny(v, "\x00\r\n") {
		return errForm
	}
	s.value = v
	return nil
}
