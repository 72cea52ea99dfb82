// Package slack is the bot in a Slack workspace: direct messages, modals and
// the desk's private channel, over Socket Mode or HTTP.
//
// Socket Mode needs no address that the internet can reach, and is the default;
// over HTTP every request is signed. Both bring the same acts to one place. The
// socket loop is our own: that of slack-go dials without end when Slack sends
// it away, and leaves a gap at each refresh. What Slack cannot do is decided
// here once: it cannot take back what a person typed (so he is told how to),
// open a modal without a press (so a button waits), or show more than ten
// checkboxes (so they stand in groups).
//
// It knows nothing of signals: the contract is package adapters, what every
// adapter must do is in adaptertest, a strict Slack for the tests in slacktest.
// Nothing outside this package may import slack-go.
package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// Platform is the first part of every address of this adapter; the rest is the
// id of a person or a channel.
const Platform = "slack"

// Options is what New needs. BotToken, Memory and Say are required, and AppToken
// for Socket Mode or Listen and Secret for HTTP.
type Options struct {
	BotToken string // xoxb-…
	AppToken string // xapp-…, with connections:write
	// Listen is host:port for HTTP, where Path takes everything. Secret is the
	// app's signing secret.
	Listen, Secret string
	// Listener takes the requests in place of a port of Listen's, when set.
	Listener net.Listener
	// Cert and Key are files in PEM; without them TLS is the work of what stands
	// in front.
	Cert, Key string
	// Team is the workspace's id; any other is refused.
	Team string
	// Channel is the id of the desk's private channel; "" for none.
	Channel string
	Memory  adapters.Memory
	// Say gives the text of the catalog with this id, in "nl" or "en".
	Say func(lang, id string, args map[string]any) string
	// Lang is the language of who has another than those.
	Lang string
	// Home is what the Home tab says besides its buttons: helplines and the like,
	// as the text of a Reply, the same for all. Nil: nothing more.
	Home func(lang string) string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	Log *slog.Logger
	// Ready is called once by Run when acts are taken, with how.
	Ready func(how string)
	// API is the Web API's address; Slack's own when "".
	API string
	// Dial opens connections; the system's own way, by its proxy, when nil.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// callTime is how long one call of the Web API may take: slack-go's own client
// has no end to it.
const callTime = 10 * time.Second

// Adapter is a Slack workspace. Make it with New.
type Adapter struct {
	opt    Options
	client *http.Client
	api    *slack.Client
	people *people
	book   *book
	wait   waits // of methods, after a 429
	// told is called after each call of the Web API; nil but in a probe.
	told func(method string, err error)

	links   atomic.Int32 // ways in that are open: connections, or one for HTTP
	peers   atomic.Int32 // connections of the app, this one among them, as Slack counted last
	waiting atomic.Int32 // acts that came in and are not done
	direct  sync.Map     // the dialogue of each person: user id to channel id

	asking turn     // guards self, also while Slack is called
	self   identity // once it is known
}

var (
	_ adapters.Adapter  = (*Adapter)(nil)
	_ adapters.Rooms    = (*Adapter)(nil)
	_ adapters.Pictures = (*Adapter)(nil)
	_ adapters.Linked   = (*Adapter)(nil)
	_ adapters.Queue    = (*Adapter)(nil)
)

// New makes the adapter and refuses what cannot work, in words for the operator.
// It asks Slack nothing.
func New(o Options) (*Adapter, error) {
	if o.Say == nil || o.Memory == nil {
		return nil, errors.New("slack: options need Say and Memory")
	}
	refuse := func(id string) error { return fmt.Errorf("slack: %s", o.Say("nl", id, nil)) }
	switch {
	case !strings.HasPrefix(o.BotToken, "xoxb-"):
		return nil, refuse("slack.error.bot")
	case o.Listen == "" && !strings.HasPrefix(o.AppToken, "xapp-"):
		return nil, refuse("slack.error.app")
	case o.Listen != "" && o.Secret == "":
		return nil, refuse("slack.error.secret")
	}
	o.API = cmp.Or(o.API, slack.APIURL)
	if o.Dial == nil && !strings.HasPrefix(o.API, "https://") {
		return nil, errors.New("slack: the Web API is reached over https only")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Lang = cmp.Or(o.Lang, "nl")
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: o.Dial, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: callTime, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 8,
	}
	a := &Adapter{opt: o, asking: newTurn(), client: &http.Client{Timeout: callTime, Transport: transport}}
	// Its debugging prints what people wrote: it is off, and what it would log
	// goes nowhere.
	a.api = slack.New(o.BotToken, slack.OptionHTTPClient(a.client), slack.OptionAPIURL(o.API),
		slack.OptionAppLevelToken(o.AppToken), slack.OptionDebug(false), slack.OptionLog(log.New(io.Discard, "", 0)))
	a.people = &people{a: a, known: map[string]person{}}
	a.book = &book{a: a, early: map[string]slot{}}
	return a, nil
}

// Name is "slack".
func (a *Adapter) Name() string { return Platform }

// Linked reports whether a connection is open; over HTTP, whether it listens.
func (a *Adapter) Linked() bool { return a.links.Load() > 0 }

// Waiting is how many acts came in and are not done.
func (a *Adapter) Waiting() int { return int(a.waiting.Load()) }

// Limits are those of limits.go. Longer titles of forms stand in the form.
func (a *Adapter) Limits() adapters.Limits {
	return adapters.Limits{
		Text: maxReply, Choices: maxChoices, ChoiceLabel: maxButton,
		FormTitle: maxHeader, FieldLabel: maxLabel, OptionLabel: maxOption, Options: maxSelect, Fields: 60, FieldText: maxInput,
		Forms: true, NextForm: true,
	}
}

// Send posts r, or changes what stands under its key. It returns ErrGone for
// who is not in the workspace.
func (a *Adapter) Send(ctx context.Context, to adapters.Address, r adapters.Reply) error {
	if err := a.send(ctx, to, r); err != nil {
		return fmt.Errorf("slack: send: %w", err)
	}
	return nil
}

func (a *Adapter) send(ctx context.Context, to adapters.Address, r adapters.Reply) error {
	if err := a.Limits().Reply(r); err != nil {
		return err
	}
	at, err := a.place(ctx, to)
	if err != nil {
		return err
	}
	c, err := a.render(r, a.langAt(ctx, at, r))
	if err != nil {
		return err
	}
	if err := a.book.put(ctx, at, r.Key, r.Over, c); err != nil {
		return err
	}
	if at.user == "" && r.Over != "" && r.Change != "" {
		if err := a.change(ctx, at, r); err != nil {
			return err
		}
	}
	if x, ok := ctx.Value(offering{}).(*act); ok && len(r.Choices) > 0 && to == x.m.At {
		x.offered = true
	}
	return nil
}

// change says what is new in the thread of the channel's message.
func (a *Adapter) change(ctx context.Context, at spot, r adapters.Reply) error {
	p, err := a.book.pointer(ctx, at, r.Key)
	if err != nil || p.Slot == "" {
		return err
	}
	c, err := newContent(rich(r.Change), strip(r.Change))
	if err != nil {
		return err
	}
	c.thread = p.Slot
	return a.book.put(ctx, at, r.Key+".change", "", c)
}

// langAt is the language of what the adapter itself says in a reply.
func (a *Adapter) langAt(ctx context.Context, at spot, r adapters.Reply) string {
	switch {
	case r.Lang != "":
		return r.Lang
	case at.user == "", r.Of == 0 && !r.Urgent:
		return a.opt.Lang
	}
	return a.people.lang(ctx, at.user)
}

// spot is where something is posted.
type spot struct {
	channel string
	user    string // whose dialogue it is; "" for a channel
}

// place finds the channel of an address, and opens a person's dialogue.
func (a *Adapter) place(ctx context.Context, to adapters.Address) (spot, error) {
	id := to.ID.Reveal()
	switch {
	case to.Platform != Platform || id == "":
		return spot{}, adapters.ErrGone
	case !isUser(id):
		return spot{channel: id}, nil
	}
	if c, ok := a.direct.Load(id); ok {
		return spot{channel: c.(string), user: id}, nil
	}
	var c *slack.Channel
	err := a.call(ctx, "conversations.open", func(ctx context.Context) (err error) {
		c, _, _, err = a.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{id}})
		return err
	})
	if err != nil {
		return spot{}, err
	}
	a.direct.Store(id, c.ID)
	return spot{channel: c.ID, user: id}, nil
}

// isUser reports whether an id is a person's: those of channels begin with C, G
// or D.
func isUser(id string) bool { return id != "" && (id[0] == 'U' || id[0] == 'W') }

func address(id string) adapters.Address { return adapters.NewAddress(Platform, id) }

// identity is who the bot is.
type identity struct{ user, team string }

// who checks once that the token is of the workspace that is configured.
func (a *Adapter) who(ctx context.Context) (identity, error) {
	defer a.asking.take()()
	if a.self != (identity{}) {
		return a.self, nil
	}
	var r *slack.AuthTestResponse
	err := a.call(ctx, "auth.test", func(ctx context.Context) (err error) {
		r, err = a.api.AuthTestContext(ctx)
		return err
	})
	if err != nil {
		return identity{}, err
	}
	if !strings.HasPrefix(r.TeamID, "T") || a.opt.Team != "" && r.TeamID != a.opt.Team {
		return identity{}, fmt.Errorf("%w: the token is %w, or of a whole organisation", errFatal, errTeam)
	}
	a.self = identity{r.UserID, r.TeamID}
	return a.self, nil
}

// Run takes acts until ctx ends. It returns an error when going on is of no use:
// a token that is not valid, or not of this workspace.
func (a *Adapter) Run(ctx context.Context, h adapters.Handler) error {
	defer a.client.CloseIdleConnections()
	s := newServer(a, h)
	if err := s.begin(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("slack: %w", err)
	}
	watching, stop := context.WithCancel(ctx)
	s.begins(func() { s.watch(watching) })
	var err error
	if a.opt.Listen != "" {
		err = s.serve(ctx)
	} else {
		err = s.sockets(ctx)
	}
	stop() // also when it ended by itself: end waits for the watch
	s.end()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("slack: %w", err)
	}
	return nil
}
