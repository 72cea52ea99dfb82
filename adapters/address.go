package adapters

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/meldroute/meldroute/config/private"
)

// Address is a person or a place on a platform. ID is opaque to all but the
// platform's own adapter. It tells who somebody is: it prints and logs as the
// platform's name only.
type Address struct {
	Platform string
	ID       private.Text
}

// NewAddress makes an address of a platform's own id.
func NewAddress(platform, id string) Address {
	return Address{Platform: platform, ID: private.New(id)}
}

// ParseAddress reads "platform:id", as it stands in the configuration.
func ParseAddress(s string) (Address, error) {
	platform, id, ok := strings.Cut(s, ":")
	if !ok || platform == "" || id == "" {
		return Address{}, fmt.Errorf("adapters: address must read platform:id")
	}
	return NewAddress(platform, id), nil
}

// Key is the address as "platform:id": for comparing, hashing and sealing,
// never for showing or logging.
func (a Address) Key() string { return a.Platform + ":" + a.ID.Reveal() }

// IsZero reports whether there is no address.
func (a Address) IsZero() bool { return a == Address{} }

// String hides who it is.
func (a Address) String() string { return a.Platform + ":" + private.Mask }

// LogValue hides who it is.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }
