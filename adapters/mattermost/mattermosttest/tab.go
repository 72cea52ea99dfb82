package mattermosttest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// Tab is the open client of an ordinary user: what he reads comes over REST,
// what is shown to him alone and the dialogs that open over his socket.
type Tab struct {
	User
	t      testing.TB
	server *Server
	team   string

	mu      sync.Mutex
	changed chan struct{}
	heard   string // the last mark that came over the socket
	marks   int
	notices []string
	dialog  *Dialog
	posted  map[string]int // what others posted, by channel
}

// Post is a message as a client shows it.
type Post struct {
	ID      string
	Own     bool
	Thread  bool   // it stands under another
	Text    string // without its Markdown
	Raw     string
	Urgent  bool
	Props   map[string]any
	Buttons []Button
	List    string // what stands under it without buttons, without its Markdown
	Made    int64  // when, by the server's clock
}

// Button is one under a post.
type Button struct{ ID, Label string }

// Dialog is an open dialog.
type Dialog struct {
	Title, Intro, Submit string
	Elements             []Element

	url, callback, state string
}

// Element is a field of a dialog. Type is the server's: text, textarea, select,
// radio, bool.
type Element struct {
	Name, Type, Label, Placeholder, Help, Default string
	Optional                                      bool
	Max                                           int
	Options                                       []Option
}

// Option is one of the answers of an element.
type Option struct{ Value, Label string }

// Open opens a client that looks at a team, until the test ends. It comes back by itself after the
// server was away.
func (s *Server) Open(t testing.TB, u User, team *model.Team) *Tab {
	t.Helper()
	b := &Tab{User: u, t: t, server: s, team: team.Id, changed: make(chan struct{}), posted: map[string]int{}}
	ended := make(chan struct{})
	var parts sync.WaitGroup
	parts.Go(func() { b.follow(ended) })
	t.Cleanup(func() { close(ended); parts.Wait() })
	b.fence()
	return b
}

// Speak sets the language of a user's client.
func (s *Server) Speak(t testing.TB, u User, lang string) {
	t.Helper()
	ok[*model.User](t)(u.Client.PatchUser(t.Context(), u.Id, &model.UserPatch{Locale: &lang}))
}

func (b *Tab) follow(ended <-chan struct{}) {
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		if socket, err := model.NewWebSocketClient4("ws"+strings.TrimPrefix(b.server.URL, "http"), b.Token); err == nil {
			socket.Listen()
			b.listen(socket, ended)
		}
		select {
		case <-again.C:
		case <-ended:
			return
		}
	}
}

// listen reads a socket to its end.
func (b *Tab) listen(socket *model.WebSocketClient, ended <-chan struct{}) {
	for {
		select {
		case ev, open := <-socket.EventChannel:
			if !open {
				return
			}
			b.event(ev)
		case <-ended:
			socket.Close()
			for range socket.EventChannel { // what is not read would keep it from closing
			}
			return
		}
	}
}

func (b *Tab) event(ev *model.WebSocketEvent) {
	text := func(name string) string { s, _ := ev.GetData()[name].(string); return s }
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev.EventType() {
	case model.WebsocketEventEphemeralMessage:
		var p model.Post
		if json.Unmarshal([]byte(text("post")), &p) == nil {
			b.notices = append(b.notices, Plain(p.Message))
		}
	case model.WebsocketEventOpenDialog:
		var q model.OpenDialogRequest
		if json.Unmarshal([]byte(text("dialog")), &q) == nil {
			b.dialog = dialogOf(q)
		}
	case model.WebsocketEventPosted:
		var p model.Post
		if json.Unmarshal([]byte(text("post")), &p) == nil && p.UserId != b.Id {
			b.posted[p.ChannelId]++
		}
	case model.WebsocketEventPreferencesChanged:
		b.heard = text("preferences")
	default:
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

func dialogOf(q model.OpenDialogRequest) *Dialog {
	d := &Dialog{
		Title: q.Dialog.Title, Intro: q.Dialog.IntroductionText, Submit: q.Dialog.SubmitLabel,
		url: q.URL, callback: q.Dialog.CallbackId, state: q.Dialog.State,
	}
	for _, e := range q.Dialog.Elements {
		el := Element{
			Name: e.Name, Type: e.Type, Label: Plain(e.DisplayName), Placeholder: Plain(e.Placeholder), Help: Plain(e.HelpText),
			Default: e.Default, Optional: e.Optional, Max: e.MaxLength,
		}
		for _, o := range e.Options {
			el.Options = append(el.Options, Option{o.Value, Plain(o.Text)})
		}
		d.Elements = append(d.Elements, el)
	}
	return d
}

// fence waits until everything that was under way to this client is there: a
// setting of his own comes behind it, over the same socket.
func (b *Tab) fence() {
	b.t.Helper()
	b.mu.Lock()
	b.marks++
	mark := fmt.Sprintf("mark-%d", b.marks)
	b.mu.Unlock()
	limit := time.After(patience)
	again := time.NewTicker(2 * time.Second) // a mark that was sent while there was no socket
	defer again.Stop()
	send := func() {
		_, err := b.Client.UpdatePreferences(b.t.Context(), b.Id, model.Preferences{{UserId: b.Id, Category: "test", Name: "mark", Value: mark}})
		if err != nil {
			b.t.Logf("mark: %v", err)
		}
	}
	send()
	for {
		b.mu.Lock()
		there, changed := strings.Contains(b.heard, `"`+mark+`"`), b.changed
		b.mu.Unlock()
		if there {
			return
		}
		select {
		case <-changed:
		case <-again.C:
			send()
		case <-limit:
			b.t.Fatal("the socket of a client stays silent")
		}
	}
}

// take gives what was shown to this user alone since the last time.
func (b *Tab) take() (notices []string, d *Dialog) {
	b.t.Helper()
	b.fence()
	b.mu.Lock()
	defer b.mu.Unlock()
	notices, d = b.notices, b.dialog
	b.notices, b.dialog = nil, nil
	return notices, d
}

// Say posts.
func (b *Tab) Say(channel, text string) (id string, err error) {
	p, _, err := b.Client.CreatePost(b.t.Context(), &model.Post{ChannelId: channel, Message: text})
	if err != nil {
		return "", err
	}
	return p.Id, nil
}

// Hears does something and waits until somebody else's post in a channel comes
// over the socket.
func (b *Tab) Hears(channel string, act func() error) {
	b.t.Helper()
	b.mu.Lock()
	before := b.posted[channel]
	b.mu.Unlock()
	if err := act(); err != nil {
		b.t.Fatal(err)
	}
	limit := time.After(patience)
	for {
		b.mu.Lock()
		heard, changed := b.posted[channel] > before, b.changed
		b.mu.Unlock()
		if heard {
			return
		}
		select {
		case <-changed:
		case <-limit:
			b.t.Fatal("nobody posts")
		}
	}
}

// Press presses a button, and gives what was shown and what opened.
func (b *Tab) Press(post, button string) (notices []string, d *Dialog, err error) {
	b.t.Helper()
	if _, err := b.Client.DoPostActionWithCookie(b.t.Context(), post, button, "", "", nil, ""); err != nil {
		return nil, nil, err
	}
	notices, d = b.take()
	return notices, d, nil
}

// Submit sends a dialog. Errors are those of its elements, "" for the whole.
func (b *Tab) Submit(channel string, d *Dialog, values map[string]any) (errors map[string]string, err error) {
	res, _, err := b.Client.SubmitInteractiveDialog(b.t.Context(), model.SubmitDialogRequest{
		URL: d.url, CallbackId: d.callback, State: d.state, UserId: b.Id, ChannelId: channel, TeamId: b.team, Submission: values,
	})
	if err != nil {
		return nil, err
	}
	errors = map[string]string{}
	for name, text := range res.Errors {
		errors[name] = text
	}
	if res.Error != "" {
		errors[""] = res.Error
	}
	return errors, nil
}

// React reacts to a post.
func (b *Tab) React(post, emoji string) error {
	_, _, err := b.Client.SaveReaction(b.t.Context(), &model.Reaction{UserId: b.Id, PostId: post, EmojiName: emoji})
	return err
}

// Posts are the latest of a channel, oldest first.
func (b *Tab) Posts(channel string) ([]Post, error) {
	var out []Post
	for n := 0; ; n++ {
		list, _, err := b.Client.GetPostsForChannel(b.t.Context(), channel, n, 200, "", false, false)
		if err != nil {
			return nil, err
		}
		for _, id := range list.Order {
			if p := list.Posts[id]; p.Type == "" && p.DeleteAt == 0 {
				out = append(out, b.post(p))
			}
		}
		if len(list.Order) < 200 {
			break
		}
	}
	slices.SortFunc(out, func(a, b Post) int { return cmp.Or(cmp.Compare(a.Made, b.Made), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func (b *Tab) post(p *model.Post) Post {
	out := Post{
		ID: p.Id, Own: p.UserId == b.Id, Thread: p.RootId != "", Raw: p.Message, Text: Plain(p.Message), Made: p.CreateAt, Props: p.GetProps(),
		Urgent: p.Metadata != nil && p.Metadata.Priority != nil && p.Metadata.Priority.Priority != nil && *p.Metadata.Priority.Priority == model.PostPriorityUrgent,
	}
	for _, at := range p.Attachments() {
		out.List += Plain(at.Text)
		for _, a := range at.Actions {
			out.Buttons = append(out.Buttons, Button{a.Id, Plain(a.Name)})
		}
	}
	return out
}

var (
	escaped = regexp.MustCompile("\\\\([\\\\`*_{}\\[\\]()#+.!|>~-])")
	marks   = regexp.MustCompile(`\*\*?`)
)

// Plain is what a client shows of Markdown: no marks, nothing that is not seen.
func Plain(s string) string {
	var kept []string
	s = escaped.ReplaceAllStringFunc(s, func(m string) string {
		kept = append(kept, m[1:])
		return "\x00"
	})
	s = marks.ReplaceAllString(strings.ReplaceAll(s, "\u200b", ""), "")
	for _, k := range kept {
		s = strings.Replace(s, "\x00", k, 1)
	}
	return s
}
