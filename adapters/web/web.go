// Package web is the chat in the browser. Behind the sign-in of the municipality
// it is a chat for everybody. Without it, it is the embedded default, for trying
// Meldroute on this machine with Go and nothing else: it serves pages of several
// people side by side, on a loopback address only, since whoever sits at this
// machine can be anybody.
//
// It is one process; two of them must not share a Memory.
// It knows nothing of signals: the contract is package adapters, what every
// adapter must do is in adaptertest, the program that wires it is bot/run.go.
//
// Posts are kept through Memory and survive a restart. What a person typed or
// filled in is never kept here: the browser shows it until the page is left.
//
// Beside another chat, Pages are the bot's own pages for its people: forms and
// files of which nothing passes through that chat. Those can be several.
package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// Platform is the first part of every address of this adapter.
const Platform = "web"

// Options is what New needs. Memory, Say, and SignIn or at least one person are
// required.
type Options struct {
	// Listen is host:port; port 0 takes a free one. It is on a loopback
	// interface, unless there is SignIn and a certificate.
	Listen string
	// People are those who can be played, without SignIn.
	People []Person
	// SignIn says who people are.
	SignIn *SignIn
	// URL is how browsers reach it, behind SignIn: a scheme and a host. When it
	// is empty that is where it listens.
	URL string
	// Cert and Key are files in PEM. Without them TLS, where URL says that there
	// is, is the work of what stands in front.
	Cert, Key string
	// Channel is the desk's private channel; without an ID there is none.
	Channel Place
	// Readers are the ids of the people who read the channel.
	Readers []string
	Memory  adapters.Memory
	// Say gives the text of the catalog with this id, in "nl" or "en".
	Say func(lang, id string, args map[string]any) string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	Log *slog.Logger
	// Ready is called once by Run when it listens, with the address to open.
	Ready func(url string)
	// Idle is how long a page may stay untouched before it clears itself;
	// 30 minutes when 0 (P21).
	Idle time.Duration
}

// Person is somebody who can be played.
type Person struct {
	// ID is 1 to 64 of a-z, A-Z, 0-9, "-" and "_": it stands in addresses
	// of pages.
	ID   string
	Name string
	// Role is employee, officer, coordinator or teamcoordinator.
	Role string
}

// Place is a channel.
type Place struct{ ID, Name string }

// Adapter is the web chat. Make it with New.
type Adapter struct {
	*site
	opt      Options
	host     string
	base     *url.URL // of Options.URL, nil without one
	door     *door    // nil in the trial
	sessions *sessions
	book     *book
	epoch    string                 // names this run: revisions of another run mean nothing
	port     atomic.Pointer[string] // where Run listens

	mu    sync.Mutex
	seats map[string]*seat
}

var (
	_ adapters.Adapter = (*Adapter)(nil)
	_ adapters.Rooms   = (*Adapter)(nil)
)

// New makes the adapter and refuses what cannot work, in words for the
// operator. Without SignIn an address off loopback is refused; with it, one
// that would be reached without TLS.
func New(o Options) (*Adapter, error) {
	if o.Say == nil || o.Memory == nil {
		return nil, errors.New("web: options need Say and Memory")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Idle == 0 {
		o.Idle = 30 * time.Minute
	}
	host, err := reach(o)
	if err != nil {
		return nil, err
	}
	a := &Adapter{opt: o, host: host, seats: map[string]*seat{}, epoch: rand.Text()[:10], book: newBook(o.Memory, o.Now)}
	a.site = &site{say: o.Say, log: o.Log, listen: o.Listen, ours: a.here}
	if o.SignIn != nil {
		return a, a.guarded()
	}
	return a, a.played()
}

// guarded makes a chat behind SignIn.
func (a *Adapter) guarded() error {
	o := a.opt
	a.cert, a.key = o.Cert, o.Key
	if o.URL != "" {
		u, err := url.Parse(o.URL)
		if err != nil {
			return errors.New("web: URL is no address")
		}
		a.base, a.ours, a.secure = u, hostOf(u), u.Scheme == "https"
	}
	a.sessions = &sessions{memory: o.Memory, now: o.Now, idle: o.Idle, secure: a.secure}
	a.door = newDoor(*o.SignIn, o.Now)
	if len(o.People) > 0 || o.SignIn.Secret.Empty() {
		return errors.New("web: SignIn needs a secret, and nobody who is played")
	}
	if o.Channel.ID != "" && !plainID(o.Channel.ID) {
		return a.badID(o.Channel.ID)
	}
	for _, id := range o.Readers {
		if o.Channel.ID == "" || a.seat(id) == nil {
			return a.badReader(id)
		}
	}
	return nil
}

// played makes the trial.
func (a *Adapter) played() error {
	o := a.opt
	for _, p := range o.People {
		if !plainID(p.ID) || a.seats[p.ID] != nil || p.ID == o.Channel.ID {
			return a.badID(p.ID)
		}
		a.seats[p.ID] = a.newSeat(p, p.ID)
	}
	if o.Channel.ID != "" && !plainID(o.Channel.ID) {
		return a.badID(o.Channel.ID)
	}
	for _, id := range o.Readers {
		if o.Channel.ID == "" || a.seats[id] == nil {
			return a.badReader(id)
		}
	}
	if len(a.seats) == 0 {
		return fmt.Errorf("web: %s", o.Say("nl", "web.error.people", nil))
	}
	return nil
}

func (a *Adapter) badID(id string) error {
	return fmt.Errorf("web: %s", a.opt.Say("nl", "web.error.id", map[string]any{"ID": id}))
}

func (a *Adapter) badReader(id string) error {
	return fmt.Errorf("web: %s", a.opt.Say("nl", "web.error.reader", map[string]any{"ID": id}))
}

// Name is "web".
func (a *Adapter) Name() string { return Platform }

// Limits are our own: a page can show anything, but nobody reads it. A field
// of 10 000 runes fits the request limit of 64 KiB.
func (a *Adapter) Limits() adapters.Limits { return pageLimits }

var pageLimits = adapters.Limits{
	Text: 4000, Choices: 25, ChoiceLabel: 80,
	FormTitle: 100, FieldLabel: 300, OptionLabel: 75, Options: 100, Fields: 100, FieldText: 10000,
	Forms: true, NextForm: true,
}

// Send keeps r in the dialogue or channel at to and shows it on every open
// page. It returns ErrGone for an address that nobody can have.
func (a *Adapter) Send(ctx context.Context, to adapters.Address, r adapters.Reply) error {
	if err := a.Limits().Reply(r); err != nil {
		return fmt.Errorf("web: send: %w", err)
	}
	id, ok := a.place(to)
	if !ok {
		return fmt.Errorf("web: send: %w", adapters.ErrGone)
	}
	if err := a.book.put(ctx, id, botPost(r)); err != nil {
		return fmt.Errorf("web: send: %w", err)
	}
	return nil
}

// Room says who reads the channel, or that a dialogue is read by one person.
func (a *Adapter) Room(_ context.Context, at adapters.Address) (adapters.Room, error) {
	id, ok := a.place(at)
	if !ok {
		return adapters.Room{}, fmt.Errorf("web: room: %w", adapters.ErrGone)
	}
	room := adapters.Room{Private: true}
	if id != a.opt.Channel.ID {
		room.Members = []adapters.Member{{Address: at}}
		return room, nil
	}
	for _, id := range a.opt.Readers {
		room.Members = append(room.Members, adapters.Member{Address: adapters.NewAddress(Platform, id)})
	}
	return room, nil
}

// place is the id of the log at an address of ours.
func (a *Adapter) place(at adapters.Address) (string, bool) {
	if at.Platform != Platform {
		return "", false
	}
	id := at.ID.Reveal()
	return id, id != "" && id == a.opt.Channel.ID || a.seat(id) != nil
}

// plainID reports whether id can stand in an address of a page as it is.
func plainID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	return strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// reach returns the host of o.Listen, if nobody outside this machine can reach
// it, or only over TLS and behind a sign-in.
func reach(o Options) (string, error) {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return "", fmt.Errorf("web: %s", o.Say("nl", "web.error.listen", map[string]any{"Listen": o.Listen}))
	}
	if !onLoopback(host) && (o.SignIn == nil || o.Cert == "") {
		return "", fmt.Errorf("web: %s", o.Say("nl", "web.error.loopback", map[string]any{"Listen": o.Listen}))
	}
	return host, nil
}

// onLoopback reports whether only this machine reaches a host. Names other than
// localhost are not looked up: what they resolve to can change.
func onLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback() && ip.Zone() == ""
}
