// Package mattermost is the chat of a Mattermost server, 9.10 to 11: direct
// messages with employees and the private channel of the
// aandachtsfunctionarissen, by a bot account.
//
// Messages come in over the bot's own WebSocket, so that it works with no way
// in from outside; what was missed is read over REST. Where an address for
// callbacks is configured there are buttons and dialogs too. It knows nothing
// of signals: the contract is package adapters, what every adapter must do is
// in adaptertest, the program that wires it is bot/serve.go.
package mattermost

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// Platform is the first part of every address of this adapter. A person is the
// id of his account, the channel is its id.
const Platform = "mattermost"

// Options is what New needs. URL, Token, Memory and Say are required.
type Options struct {
	// URL is the server's, https except on this machine.
	URL string
	// Token is the access token of the bot account.
	Token string
	// Channel is the id of the desk's private channel; "" for none.
	Channel string
	// Callback is the way in for buttons and dialogs; the zero value is none.
	Callback Callback
	// Typed has forms asked field by field where they cannot be opened, after
	// an honest warning that what is typed stays in Mattermost. Else the phone
	// numbers are named in their place.
	Typed  bool
	Memory adapters.Memory
	// Say gives the text of the catalog with this id, in "nl" or "en".
	Say func(lang, id string, args map[string]any) string
	// Lang is the language where the platform does not know one; "nl" when
	// empty.
	Lang string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	Log *slog.Logger
	// Ready is called once by Run when messages are taken in, with the
	// address of the server.
	Ready func(url string)
}

// Callback is where Mattermost brings presses and submitted dialogs.
type Callback struct {
	// Listen is host:port. TLS is the work of what stands in front, so that it
	// must be a loopback address unless Cert and Key are given.
	Listen string
	// URL is how the Mattermost server reaches it, without a path of ours.
	URL string
	// Cert and Key are files in PEM.
	Cert, Key string
	// Command is the token of the slash command, which the server brings to
	// URL + "/mattermost/command"; "" for none.
	Command string
}

// On reports whether there is a way in.
func (c Callback) On() bool { return c.Listen != "" }

// ErrToken says that the server does not take the token, or no longer: trying
// again does not help.
var ErrToken = errors.New("mattermost: the server does not accept the bot's token")

// New makes the adapter and refuses what cannot work, in words for the
// operator. It asks the server nothing.
func New(o Options) (*Adapter, error) {
	if o.Say == nil || o.Memory == nil {
		return nil, errors.New("mattermost: options need Say and Memory")
	}
	if o.Lang == "" {
		o.Lang = "nl"
	}
	refuse := func(id string) error { return fmt.Errorf("mattermost: %s", o.Say("nl", id, nil)) }
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.URL, o.Callback.URL = strings.TrimRight(o.URL, "/"), strings.TrimRight(o.Callback.URL, "/")
	switch {
	case !safe(o.URL):
		return nil, refuse("mattermost.error.url")
	case o.Token == "":
		return nil, refuse("mattermost.error.token")
	case o.Channel != "" && !model.IsValidId(o.Channel):
		return nil, refuse("mattermost.error.channel")
	case o.Callback.On() && (!safe(o.Callback.URL) || (o.Callback.Cert == "") != (o.Callback.Key == "")):
		return nil, refuse("mattermost.error.callback")
	case o.Callback.On() && o.Callback.Cert == "" && !loopback(o.Callback.Listen):
		return nil, refuse("mattermost.error.plain")
	}
	return newAdapter(o), nil
}

// safe reports whether a token may be sent to an address: https, or http on
// this machine.
func safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && local(u.Hostname())
}

// loopback reports whether nobody outside this machine reaches host:port.
func loopback(listen string) bool {
	host, port, ok := strings.Cut(listen, ":")
	if i := strings.LastIndexByte(listen, ':'); ok {
		host, port = strings.Trim(listen[:i], "[]"), listen[i+1:]
	}
	return ok && port != "" && local(host)
}

func local(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
