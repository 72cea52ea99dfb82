package mattermost_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/adapters/mattermost"
	"github.com/meldroute/meldroute/adapters/mattermost/mattermosttest"
)

// tab is a client of one person that looks at his direct channel with the bot,
// as the web client does: events over a socket, the rest over REST.
type tab struct {
	t       *testing.T
	x       *house
	who     mattermosttest.User
	channel string

	mu      sync.Mutex
	changed chan struct{}
	notice  string
	noticed int64 // when, so that the newest counts
	dialog  *dialog
	last    func()
}

type dialog struct {
	model.OpenDialogRequest
	fields []adapters.Field
	acts   []adapters.Act
	values map[string][]string
	errors map[string]string
}

func openTab(t *testing.T, x *house, who mattermosttest.User) *tab {
	t.Helper()
	b := &tab{t: t, x: x, who: who, changed: make(chan struct{}), channel: x.server.Direct(t, who, x.bot).Id}
	conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(x.server.URL, "http")+"/api/v4/websocket",
		http.Header{"Authorization": {"Bearer " + who.Token}})
	if err != nil {
		t.Fatal(err)
	}
	var parts sync.WaitGroup
	hello := make(chan struct{})
	parts.Go(func() { b.follow(conn, sync.OnceFunc(func() { close(hello) })) })
	t.Cleanup(func() { _ = conn.Close(); parts.Wait() })
	select {
	case <-hello:
	case <-time.After(patience):
		t.Fatal("no socket for the person")
	}
	return b
}

func (b *tab) follow(conn *websocket.Conn, ready func()) {
	for {
		_, raw, err := conn.ReadMessage()
		if err != nil {
			return
		}
		ev, err := model.WebSocketEventFromJSON(strings.NewReader(string(raw)))
		if err != nil {
			continue
		}
		ready()
		b.update(func() {
			switch ev.EventType() {
			case model.WebsocketEventEphemeralMessage:
				var p model.Post
				_ = json.Unmarshal([]byte(ev.GetData()["post"].(string)), &p)
				b.notice, b.noticed = plain(p.Message), p.CreateAt
			case model.WebsocketEventOpenDialog:
				d := &dialog{}
				_ = json.Unmarshal([]byte(ev.GetData()["dialog"].(string)), &d.OpenDialogRequest)
				b.show(d)
			default:
			}
		})
	}
}

// show puts a dialog on the tab. What its elements stand for is known from the
// form that the handler gave.
func (b *tab) show(d *dialog) {
	b.x.handler.mu.Lock()
	f := b.x.handler.form
	b.x.handler.mu.Unlock()
	d.fields, d.acts, d.values = f.Fields, f.Acts, map[string][]string{}
	for i, fd := range f.Fields {
		for _, e := range d.Dialog.Elements {
			if e.Name == fmt.Sprint("f", i) && e.Default != "" {
				d.values[fd.Name] = []string{e.Default}
			}
		}
	}
	b.dialog = d
}

func (b *tab) update(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
	close(b.changed)
	b.changed = make(chan struct{})
}

// again remembers how what was just done comes again.
func (b *tab) again(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = f
}

func (b *tab) Type(text string) {
	p := b.post(text)
	h := b.x.handler
	id := "post:" + p.Id
	h.await(b.t, "the bot reads "+text, func() bool { return h.done[id] > 0 })
	// What could not be taken the bot brings again by itself.
	b.again(func() {
		n := h.handled(id)
		eventually(b.t, "the bot reads it again", func() bool { return h.handled(id) > n || b.taken(id) })
	})
}

// eventually waits for what gives no sign.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: not in time", what)
		}
	}
}

// taken reports whether the adapter is done with a message.
func (b *tab) taken(id string) bool {
	it, ok, _ := b.x.memory.Get(b.t.Context(), "taken/"+b.who.Id, "done/"+id)
	return ok && it.Key != ""
}

func (b *tab) post(text string) *model.Post {
	p, _, err := b.who.Client.CreatePost(b.t.Context(), &model.Post{ChannelId: b.channel, Message: text})
	if err != nil {
		b.t.Fatalf("post: %v", err)
	}
	return p
}

// posts are those of the channel, oldest first.
func (b *tab) posts() []*model.Post {
	list, _, err := b.who.Client.GetPostsForChannel(b.t.Context(), b.channel, 0, 100, "", false, false)
	if err != nil {
		b.t.Errorf("posts: %v", err)
		return nil
	}
	var out []*model.Post
	for i := len(list.Order) - 1; i >= 0; i-- {
		out = append(out, list.Posts[list.Order[i]])
	}
	return out
}

// Press presses the newest button with this label, or reacts with the number
// that stands before it.
func (b *tab) Press(label string) {
	posts := b.posts()
	for i := len(posts) - 1; i >= 0; i-- {
		for _, at := range posts[i].Attachments() {
			for _, a := range at.Actions {
				if plain(a.Name) == label {
					b.press(posts[i].Id, a.Id)
					return
				}
			}
			for _, m := range keyRE.FindAllStringSubmatch(at.Text, -1) {
				if plain(m[2]) == label {
					b.react(posts[i].Id, m[1])
					return
				}
			}
		}
	}
	b.t.Errorf("no button %q", label)
}

func (b *tab) press(post, action string) {
	if _, err := b.who.Client.DoPostActionWithCookie(b.t.Context(), post, action, "", "", nil, ""); err != nil {
		b.t.Errorf("press: %v", err)
	}
	b.again(func() { b.press(post, action) })
}

// react is a press without a way in.
func (b *tab) react(post, key string) {
	names := []string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	n, _ := strconv.Atoi(key)
	h := b.x.handler
	h.mu.Lock()
	before := len(h.done)
	h.mu.Unlock()
	if _, _, err := b.who.Client.SaveReaction(b.t.Context(), &model.Reaction{UserId: b.who.Id, PostId: post, EmojiName: names[n-1]}); err != nil {
		b.t.Errorf("react: %v", err)
	}
	h.await(b.t, "the bot sees the reaction", func() bool { return len(h.done) > before })
	b.again(func() {})
}

// dialogState waits for a dialog and gives its state.
func (b *tab) dialogState() (state string) {
	eventually(b.t, "a dialog", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.dialog != nil {
			state, b.dialog = b.dialog.Dialog.State, nil
		}
		return state != ""
	})
	return state
}

func (b *tab) Fill(act string, values map[string][]string) {
	b.mu.Lock()
	d := b.dialog
	b.mu.Unlock()
	if d == nil {
		b.t.Error("no form is open")
		return
	}
	in := map[string]any{}
	for i, fd := range d.fields {
		v := values[fd.Name]
		switch {
		case fd.Kind == adapters.Many:
			for j, o := range fd.Options {
				in[fmt.Sprintf("f%do%d", i, j)] = strings.Contains(" "+strings.Join(v, " ")+" ", " "+o.Value+" ")
			}
		case len(v) > 0:
			in[fmt.Sprint("f", i)] = v[0]
		}
	}
	if len(d.acts) > 0 {
		in["act"] = "submit"
		for i, a := range d.acts {
			if a.Value == act {
				in["act"] = fmt.Sprint("a", i)
			}
		}
	}
	b.submit(d, in, values)
}

func (b *tab) submit(d *dialog, in map[string]any, values map[string][]string) {
	res, _, err := b.who.Client.SubmitInteractiveDialog(b.t.Context(), model.SubmitDialogRequest{
		URL: d.URL, CallbackId: d.Dialog.CallbackId, State: d.Dialog.State, UserId: b.who.Id,
		ChannelId: b.channel, TeamId: b.x.team.Id, Submission: in,
	})
	b.again(func() { b.submit(d, in, values) })
	if err != nil {
		b.t.Errorf("submit: %v", err)
		return
	}
	b.update(func() {
		if res.Error == "" && len(res.Errors) == 0 {
			b.dialog = nil
			return
		}
		d.values, d.errors = values, map[string]string{}
		for name, text := range res.Errors {
			i, _ := strconv.Atoi(strings.TrimPrefix(strings.Split(name, "o")[0], "f"))
			d.errors[d.fields[i].Name] = text
		}
		if b.dialog = d; res.Error != "" {
			d.errors[""] = res.Error
			b.notice, b.noticed = res.Error, time.Now().UnixMilli()
		}
	})
}

func (b *tab) Redeliver() {
	b.mu.Lock()
	f := b.last
	b.mu.Unlock()
	f()
}

func (b *tab) view() adaptertest.View {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := adaptertest.View{Notice: b.notice}
	at := b.noticed
	for _, p := range b.posts() {
		if p.UserId != b.x.bot.Id || p.Type != "" {
			continue
		}
		mark, _ := p.GetProp(mattermost.PropMark).(map[string]any)
		if mark["t"] == true {
			if when := max(p.CreateAt, p.EditAt); when >= at {
				v.Notice, at = plain(p.Message), when
			}
			continue
		}
		post := adaptertest.Post{Text: plain(p.Message), Quiet: mark["q"] == true}
		for _, at := range p.Attachments() {
			for _, a := range at.Actions {
				post.Choices = append(post.Choices, plain(a.Name))
			}
			for _, m := range choiceRE.FindAllStringSubmatch(at.Text, -1) {
				post.Choices = append(post.Choices, plain(m[1]))
			}
		}
		for _, id := range p.FileIds {
			png, _, err := b.who.Client.GetFile(b.t.Context(), id)
			if err != nil {
				b.t.Errorf("file: %v", err)
			}
			post.Picture = &adaptertest.Picture{PNG: png}
		}
		v.Posts = append(v.Posts, post)
	}
	if d := b.dialog; d != nil {
		v.Form = &adaptertest.Form{Title: plain(d.Dialog.Title), Text: plain(d.Dialog.IntroductionText), Values: d.values, Errors: d.errors}
		if m := linkRE.FindStringSubmatch(d.Dialog.IntroductionText); m != nil {
			v.Form.Link = m[1]
		}
	}
	return v
}

func (b *tab) Await(what string, ok func(adaptertest.View) bool) adaptertest.View {
	b.t.Helper()
	limit := time.After(patience)
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		v := b.view()
		if ok(v) {
			return v
		}
		select {
		case <-changed:
		case <-limit:
			b.t.Fatalf("%s: not seen; posts %+v, notice %q, form %v; log %s", what, v.Posts, v.Notice, v.Form != nil, b.x.log)
		}
	}
}

var (
	keyRE    = regexp.MustCompile(`(?m)^\*\*(\d+)\*\* (.*)$`)
	choiceRE = regexp.MustCompile(`(?m)^(?:\*\*\d+\*\*|\x{200b}·) (.*)$`)
	linkRE   = regexp.MustCompile(`\[[^\]]*\]\(([^)]*)\)`)
	escapeRE = regexp.MustCompile("\\\\([\\\\`*_{}\\[\\]()#+.!|>~-])")
	markRE   = regexp.MustCompile(`\*\*?|(?m)^- `)
)

// plain is what a client shows of Markdown, white space collapsed.
func plain(s string) string {
	var kept []string
	s = escapeRE.ReplaceAllStringFunc(s, func(m string) string {
		kept = append(kept, m[1:])
		return "\x00"
	})
	s = markRE.ReplaceAllString(strings.ReplaceAll(s, mattermost.Breaker, ""), "")
	for _, k := range kept {
		s = strings.Replace(s, "\x00", k, 1)
	}
	return strings.Join(strings.Fields(s), " ")
}
