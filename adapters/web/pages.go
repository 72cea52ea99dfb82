package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// PagesOptions is what NewPages needs. Listen, URL, Memory and Say are required.
type PagesOptions struct {
	// Listen is host:port. TLS is the work of what stands in front, so that it
	// must be a loopback address unless Cert and Key are given.
	Listen string
	// URL is how browsers reach it, without a path.
	URL string
	// Cert and Key are files in PEM.
	Cert, Key string
	Memory    adapters.Memory
	// Say gives the text of the catalog with this id, in "nl" or "en".
	Say func(lang, id string, args map[string]any) string
	// Lang is the language of who has another than those; "nl" when empty.
	Lang string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	Log *slog.Logger
	// Idle is how long somebody stays signed in without an act, and a page open
	// before it clears itself; 30 minutes when 0 (P21).
	Idle time.Duration
	// Ready is called once by Run when it listens, with where.
	Ready func(address string)
}

// Pages are the bot's own pages for people of a chat: their forms, where
// nothing of them may pass through the chat, and their files (D16). A chat
// shows a link to them and a code. The link works once, for who has both; the
// browser is then signed in as that person, for a while.
type Pages struct {
	*site
	opt      PagesOptions
	sessions *sessions
	turns    queues
	key      key
	chats    map[string]Chat
}

// Chat is a platform that Pages stand beside.
type Chat interface {
	adapters.Adapter
	adapters.Rooms
	adapters.Pictures
	adapters.Linked
	adapters.Queue
}

// NewPages makes the pages and refuses what cannot work, in words for the
// operator.
func NewPages(o PagesOptions) (*Pages, error) {
	if o.Say == nil || o.Memory == nil {
		return nil, errors.New("web: pages need Say and Memory")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Lang, o.Idle = cmp.Or(o.Lang, "nl"), cmp.Or(o.Idle, 30*time.Minute)
	refuse := func(id string) error { return fmt.Errorf("web: %s", o.Say("nl", id, nil)) }
	base, err := url.Parse(o.URL)
	switch {
	case err != nil, base.Host == "", base.Scheme != "https" && base.Scheme != "http", base.User != nil, strings.Trim(base.Path, "/") != "", base.RawQuery != "", base.Fragment != "":
		return nil, refuse("web.error.url")
	case base.Scheme == "http" && !onLoopback(base.Hostname()):
		return nil, refuse("web.error.plain")
	case (o.Cert == "") != (o.Key == ""):
		return nil, refuse("web.error.pair")
	}
	if host, _, err := net.SplitHostPort(o.Listen); err != nil || o.Cert == "" && !onLoopback(host) {
		return nil, refuse("web.error.plain")
	}
	o.URL = strings.TrimRight(o.URL, "/")
	secure := base.Scheme == "https"
	return &Pages{
		site:     &site{say: o.Say, log: o.Log, listen: o.Listen, cert: o.Cert, key: o.Key, ours: hostOf(base), secure: secure},
		opt:      o,
		sessions: &sessions{memory: o.Memory, now: o.Now, idle: o.Idle, secure: secure, name: "meldroute-form"},
		key:      key{memory: o.Memory},
		chats:    map[string]Chat{},
	}, nil
}

// Beside makes of a chat one with these pages: it has files, and where forms is
// true all forms stand on the page. It is called before Run.
func (p *Pages) Beside(c Chat, forms bool) adapters.Adapter {
	p.chats[c.Name()] = c
	return &beside{Chat: c, p: p, forms: forms}
}

// beside is a chat with pages.
type beside struct {
	Chat
	p     *Pages
	forms bool
}

var (
	_ Chat           = (*beside)(nil)
	_ adapters.Pages = (*beside)(nil)
)

// Limits are the chat's, and those of a page for forms that stand there.
func (b *beside) Limits() adapters.Limits {
	l := b.Chat.Limits()
	if b.forms {
		reply := l
		l = pageLimits
		l.Text, l.Choices, l.ChoiceLabel = reply.Text, reply.Choices, reply.ChoiceLabel
	}
	return l
}

// Run is the chat's. Acts of one person are taken one at a time, wherever he
// does them.
func (b *beside) Run(ctx context.Context, h adapters.Handler) error {
	return b.Chat.Run(ctx, taker{b, h})
}

// FileLink is a page with who may fetch the file sealed in its address. It
// returns ErrGone for an address of another platform, and an error before the
// first act.
func (b *beside) FileLink(to adapters.Address, lang, token string) (string, error) {
	if to.Platform != b.Name() {
		return "", fmt.Errorf("web: file: %w", adapters.ErrGone)
	}
	sealed, err := b.p.key.seal(ticket{To: to, Token: token})
	if err != nil {
		return "", fmt.Errorf("web: file: %w", err)
	}
	return b.p.address("/d/"+sealed, lang), nil
}

func (p *Pages) address(path, lang string) string {
	if lang != "en" {
		lang = "nl"
	}
	return p.opt.URL + path + "?lang=" + lang
}

// taker is the bot as a chat with pages sees it.
type taker struct {
	b *beside
	adapters.Handler
}

// Handle takes a message in its turn, and gives in the place of a form the link
// to it.
func (t taker) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	p := t.b.p
	leave, err := p.enter(ctx, m.From)
	if err != nil {
		return adapters.Answer{}, err
	}
	defer leave()
	if m.Filled != nil && strings.HasPrefix(m.Filled.Token, linkForm) {
		return adapters.Answer{}, nil // he closed it
	}
	got, err := t.Handler.Handle(ctx, m)
	if !t.b.forms || got.Form == nil {
		return got, err
	}
	link, failed := p.link(ctx, m, *got.Form)
	if failed != nil {
		p.log.Error("web: a link was not kept", "act", m.ID, "error", failed)
		got.Notice = cmp.Or(got.Notice, p.say(p.lang(m.Lang), "web.failed", nil))
	}
	got.Form = link
	return got, err
}

// enter waits for the turn of somebody's act.
func (p *Pages) enter(ctx context.Context, who adapters.Address) (leave func(), err error) {
	if _, err := p.key.load(ctx); err != nil {
		p.log.Warn("web: there are no files yet", "error", err) // said when one is asked for
	}
	return p.turns.enter(ctx, who)
}

// Changed tells the bot that who reads a place may have changed.
func (t taker) Changed(ctx context.Context, at adapters.Address) error {
	if w, ok := t.Handler.(adapters.Watcher); ok {
		return w.Changed(ctx, at)
	}
	return nil
}

func (p *Pages) lang(known string) string {
	if known == "nl" || known == "en" {
		return known
	}
	return p.opt.Lang
}

// host is one run of the pages.
type host struct {
	*Pages
	handler adapters.Handler
	life    func() context.Context // ends when acts must end
}

// Run serves the pages until ctx ends. It returns an error when it cannot
// listen. Acts that were taken in are finished first, for at most 3 s.
func (p *Pages) Run(ctx context.Context, h adapters.Handler) error {
	x := &host{Pages: p, handler: h}
	var swept sync.WaitGroup
	defer swept.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	swept.Go(func() { x.sweep(ctx) })
	return p.serve(ctx, served{
		routes: func(life context.Context, at net.Addr) http.Handler {
			x.life = func() context.Context { return life }
			if p.opt.Ready != nil {
				p.opt.Ready(at.String())
			}
			return x.routes()
		},
		ready:  func() {},
		ending: func() {},
	})
}

func (x *host) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{name}", x.asset)
	mux.HandleFunc("GET /f/{token}", x.linked)
	mux.HandleFunc("POST /f/{token}", x.redeem)
	mux.HandleFunc("GET /form", x.shown)
	mux.HandleFunc("POST /form", x.filled)
	mux.HandleFunc("POST /out", x.out)
	mux.HandleFunc("GET /d/{ticket}", x.filePage)
	mux.HandleFunc("POST /d/{ticket}", x.file)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { x.tell(w, http.StatusOK, lang(r), "web.page.none") })
	mux.HandleFunc("/", x.missing)
	return mux
}

// file hands out the file of a ticket to who has its code.
func (x *host) file(w http.ResponseWriter, r *http.Request) {
	t, err := x.key.open(r.Context(), r.PathValue("ticket"))
	if err != nil && !errors.Is(err, errForged) {
		x.log.Error("web: file was not handed out", "error", err)
		x.noFile(w, lang(r), http.StatusServiceUnavailable, "web.failed")
		return
	}
	enter := func(ctx context.Context) (func(), error) { return x.enter(ctx, t.To) }
	x.handOut(w, r, x.handler, enter, adapters.Claim{From: t.To, Token: t.Token})
}

// known reports whether the chat still knows somebody as one of its own. Where
// it cannot be asked, he is who he was.
func (p *Pages) known(ctx context.Context, who adapters.Address) bool {
	chat, ok := p.chats[who.Platform]
	if !ok {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	room, err := chat.Room(ctx, who)
	switch {
	case errors.Is(err, adapters.ErrGone):
		return false
	case err != nil:
		p.log.Warn("web: the chat did not say who somebody is", "platform", who.Platform, "error", err)
		return true
	}
	for _, m := range room.Members {
		if m.Address == who {
			return !m.Guest && !m.Bot
		}
	}
	return false
}

// askTime is how long a chat may take to say who somebody is.
const askTime = 2 * time.Second
