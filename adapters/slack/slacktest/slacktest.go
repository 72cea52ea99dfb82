// Package slacktest is a strict Slack for tests: a workspace with people and
// channels, the part of the Web API that a bot like ours needs, Socket Mode and
// the HTTP transport, and the people's side of it (typing, pressing, filling in,
// looking).
//
// It refuses what Slack's documentation says that Slack refuses, and knows
// nothing of the adapter under test: no type and no limit is shared with it.
// Where the documentation is silent it takes the harder reading. What it could
// not be checked against is Slack itself.
//
// Its clock is that of package time, and it listens in memory, so that a test
// may move the clock with testing/synctest. What it stamps can be ahead of that.
package slacktest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The workspace's own names, and the app's.
const (
	Team      = "T0WERK"
	Bot       = "U0BOT"
	botID     = "B0BOT"
	app       = "A0APP"
	BotToken  = "xoxb-test-token"
	AppToken  = "xapp-test-token"
	Secret    = "8f742231b10e8888abcd99yyyzzz85a5"
	Host      = "slack.test"
	URL       = "http://" + Host + "/api/" // of the Web API
	ackWait   = 3 * time.Second            // for everything that Slack brings
	triggerOf = 3 * time.Second            // the life of a trigger
	pingEvery = 5 * time.Second
	showAfter = 100 * time.Millisecond // until the answer to a form is seen
)

// User is somebody in the workspace, or a stranger to it.
type User struct {
	ID, Name, Locale           string
	Guest, Stranger, Bot, Gone bool
	notices                    []Seen // shown to him alone, newest last
	modal                      *view
	home                       object
	direct                     string // his dialogue with the app
}

// Channel is a place in the workspace.
type Channel struct {
	ID                        string
	Private, Shared, Archived bool
	Members                   []string
	person                    string // with whom a direct dialogue is
	messages                  []*message
	tokens                    float64 // of the pace at which may be posted
	posted                    time.Time
}

type object = map[string]any

type message struct {
	ts, user, text string
	blocks         []any
	metadata       object
	subtype        string
	thread         string // the message in whose thread it stands
}

// Workspace is a Slack. Make it with New; set what is exported before an app
// connects.
type Workspace struct {
	t testing.TB
	// Retries lets events that were not acknowledged come again: at once, after
	// one minute and after five.
	Retries bool
	// Moves lets what is on a screen change between a look at it and an act: what
	// is gone then is not pressed, and the test goes on.
	Moves bool
	// Scopes are what the bot's token may do.
	Scopes []string
	// Now is the clock of what it stamps and signs; time.Now when nil.
	Now func() time.Time
	// Record, when set, is told of each message, view and answer that the app
	// sends and this workspace takes. It may ask the workspace nothing.
	Record func(Payload)

	server *http.Server
	pipe   *pipe
	door   *pipe // at which an HTTP app listens, where that is in memory
	client *http.Client
	stop   context.CancelFunc
	life   context.Context
	busy   sync.WaitGroup

	mu       sync.Mutex
	changed  chan struct{} // closed at the next change of what can be seen
	users    map[string]*User
	channels map[string]*Channel
	triggers map[string]*trigger
	views    map[string]*view
	files    map[string]*file
	limits   map[string][]time.Duration // calls of a method that are refused next
	lose     map[string]int             // calls of a method that are done, and whose answer is lost
	refuse   map[string]int             // calls of a method that fail
	busyFor  int                        // messages with a picture that come too soon
	revoked  bool                       // no token counts any more
	bare     bool                       // history comes without metadata
	calls    map[string]int
	last     int64 // in microseconds: of the newest timestamp
	count    int
	lost     int    // events that were never acknowledged
	token    string // of the bot
	problems []string
	kept     []string // what it was ever sent, without what stands in windows

	links   []*link
	tickets map[string]bool
	storm   string // why every new connection is told to go
	dials   []time.Time
	waiting map[string]*envelope
	hook    string // where HTTP goes; "" is Socket Mode
	secret  string
	caller  *http.Client
	outside bool // the app is in a process of its own
	sent    []*delivery
}

// New starts a workspace. It ends with t, which fails for everything that the
// app did and Slack would not take without a word.
func New(t testing.TB) *Workspace {
	w := &Workspace{
		t: t, pipe: newPipe(), changed: make(chan struct{}),
		Scopes: []string{"chat:write", "commands", "files:write", "groups:read", "im:history", "im:read", "im:write", "users:read"},
		users:  map[string]*User{}, channels: map[string]*Channel{}, triggers: map[string]*trigger{}, views: map[string]*view{},
		files: map[string]*file{}, limits: map[string][]time.Duration{}, lose: map[string]int{}, refuse: map[string]int{}, calls: map[string]int{},
		tickets: map[string]bool{}, waiting: map[string]*envelope{}, secret: Secret, token: BotToken,
	}
	w.life, w.stop = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/{method}", w.api)
	mux.HandleFunc("POST /upload/{id}", w.upload)
	mux.HandleFunc("GET /link", w.connect)
	w.server = &http.Server{Handler: mux}
	w.busy.Go(func() { _ = w.server.Serve(w.pipe) })
	w.client = &http.Client{Transport: &http.Transport{DialContext: w.Dial}}
	w.caller = &http.Client{Transport: &http.Transport{DialContext: w.knock}}
	w.AddUser(User{ID: Bot, Name: "Meldroute", Bot: true})
	t.Cleanup(w.close)
	return w
}

func (w *Workspace) close() {
	w.stop()
	_ = w.server.Close()
	for _, l := range w.open() {
		_ = l.conn.Close()
	}
	w.client.CloseIdleConnections()
	w.caller.CloseIdleConnections()
	w.busy.Wait()
	for _, p := range w.problems {
		w.t.Errorf("slack: %s", p)
	}
}

// Client reaches the workspace, and nothing else.
func (w *Workspace) Client() *http.Client { return w.client }

// Dial opens a connection to the workspace, whatever the address.
func (w *Workspace) Dial(ctx context.Context, _, _ string) (net.Conn, error) { return w.pipe.dial(ctx) }

// Listen is where an HTTP app may listen in memory, at any address.
func (w *Workspace) Listen() net.Listener {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.door = newPipe()
	return w.door
}

// knock opens a connection to an HTTP app.
func (w *Workspace) knock(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	door := w.door
	w.mu.Unlock()
	if door != nil {
		return door.dial(ctx)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// now is what the clock says.
func (w *Workspace) now() time.Time {
	if w.Now != nil {
		return w.Now()
	}
	return time.Now()
}

// AddUser lets somebody in.
func (w *Workspace) AddUser(u User) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users[u.ID] = &u
}

// ChangeUser changes somebody.
func (w *Workspace) ChangeUser(id string, change func(*User)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w.users[id])
}

// AddChannel makes a channel.
func (w *Workspace) AddChannel(c Channel) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.channels[c.ID] = &c
}

// ChangeChannel changes a channel.
func (w *Workspace) ChangeChannel(id string, change func(*Channel)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w.channels[id])
}

// RateLimit refuses the next call of a method with 429 and this Retry-After.
func (w *Workspace) RateLimit(method string, after time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limits[method] = append(w.limits[method], after)
}

// Lose does the next n calls of a method and breaks the connection before the
// answer.
func (w *Workspace) Lose(method string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lose[method] = n
}

// Renew gives the bot another token and takes back the one it had.
func (w *Workspace) Renew(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.token = token
}

// Refuse fails the next n calls of a method as Slack fails on a bad day.
func (w *Workspace) Refuse(method string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuse[method] = n
}

// Revoke ends the tokens, and cuts every connection of now.
func (w *Workspace) Revoke() {
	w.mu.Lock()
	w.revoked = true
	w.mu.Unlock()
	w.Break()
}

// Bare lets history come without the metadata of messages.
func (w *Workspace) Bare() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bare = true
}

// Busy lets the next n messages with a picture come before Slack has worked it.
func (w *Workspace) Busy(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busyFor = n
}

// Forward puts a copy of the app's newest message to one person before another:
// so that he can press what is not his.
func (w *Workspace) Forward(from, to string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.dm(w.users[from]).messages
	c := w.dm(w.users[to])
	m := *all[len(all)-1]
	m.ts = w.stamp()
	c.messages = append(c.messages, &m)
	w.wake()
}

// Calls is how often a method was called.
func (w *Workspace) Calls(method string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[method]
}

// Problems takes away, and returns, what Slack would not have taken: a test that
// provokes them asks for them.
func (w *Workspace) Problems() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.problems
	w.problems = nil
	return out
}

// problem is called with mu held.
func (w *Workspace) problem(format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// wake is called with mu held, when something that can be seen has changed.
func (w *Workspace) wake() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// Changed is closed when something that can be seen changes.
func (w *Workspace) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

// stamp is a new timestamp, later than all before; mu is held.
func (w *Workspace) stamp() string {
	w.last = max(w.last+1, w.now().UnixMicro())
	return fmt.Sprintf("%d.%06d", w.last/1e6, w.last%1e6)
}

// id is a new id; mu is held.
func (w *Workspace) id(prefix string) string {
	w.count++
	return prefix + "0" + strings.ToUpper(strconv.FormatInt(int64(w.count)+46655, 36))
}

// dm is the dialogue of a person with the app, opened when there is none; mu is
// held.
func (w *Workspace) dm(u *User) *Channel {
	if u.direct == "" {
		c := &Channel{ID: w.id("D"), Private: true, Members: []string{u.ID, Bot}, person: u.ID}
		w.channels[c.ID], u.direct = c, c.ID
	}
	return w.channels[u.direct]
}

func (c *Channel) has(user string) bool { return slices.Contains(c.Members, user) }

func (c *Channel) find(ts string) *message {
	for _, m := range c.messages {
		if m.ts == ts {
			return m
		}
	}
	return nil
}
