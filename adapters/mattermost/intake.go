package mattermost

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// event is something that a person did.
type event struct {
	adapters.Message        // as far as it is known: From, At and Name come later
	user             string // who did it
	channel          string // where it is answered
	addressed        bool   // it was meant for the bot
	again            bool   // a post: tried again when it could not be taken
	shared           bool   // every replica gets it
	claimed          bool   // and it is ours
	trigger          string // what opens a dialog, for a short while
	post             string // that was posted or reacted to
	emoji            string // of a reaction
	step             *step  // where it stands among the posts of its channel
	early            chan struct{}
	noted            bool           // it was said that it failed
	reply            chan<- outcome // who waits for the answer; nil for posts
}

// outcome is what became of an event.
type outcome struct {
	answer adapters.Answer
	sent   *trace // what was said with it
	err    error
}

// place is a channel as far as a message depends on it.
type place struct{ id, kind, name string }

// intake makes messages of posts: those that the socket brings, and those that
// were missed.
type intake struct {
	r    *run
	wake chan struct{}

	mu    sync.Mutex
	busy  bool // what was missed is being read: what comes meanwhile is read again
	more  bool // something came meanwhile
	known []string
	seen  map[string]bool
}

// maxSeen is how many posts are remembered as taken in.
const maxSeen = 5000

func newIntake(r *run) *intake {
	return &intake{r: r, wake: make(chan struct{}, 1), busy: true, seen: map[string]bool{}}
}

// kick has what was missed read.
func (in *intake) kick() {
	in.mu.Lock()
	in.busy, in.more = true, true
	in.mu.Unlock()
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// posted takes a post of the socket.
func (in *intake) posted(ev *model.WebSocketEvent) {
	in.mu.Lock()
	busy := in.busy
	in.more = in.more || busy
	in.mu.Unlock()
	if busy {
		return
	}
	data := ev.GetData()
	raw, _ := data["post"].(string)
	var p model.Post
	if json.Unmarshal([]byte(raw), &p) != nil {
		in.kick()
		return
	}
	text := func(name string) string { s, _ := data[name].(string); return s }
	at := place{id: p.ChannelId, kind: text("channel_type"), name: text("channel_name")}
	if !in.offer(&p, at, strings.Contains(text("mentions"), `"`+in.r.me.ID+`"`)) {
		in.kick() // too much waits: it is read again later
	}
}

// offer takes a post in, if it is one for the bot. False says that it cannot
// wait here now.
func (in *intake) offer(p *model.Post, at place, mentioned bool) bool {
	r := in.r
	who, direct := r.people.partner(r.me.ID, at.kind, at.name)
	read := direct || at.id == r.opt.Channel
	direct = direct && who == p.UserId
	mentioned = mentioned || direct || at.kind == string(model.ChannelTypeGroup)
	switch {
	case !read && !mentioned:
		return true // people among themselves
	case p.UserId == r.me.ID, p.Type != "", p.DeleteAt != 0,
		// Whoever sets these himself only keeps himself from being heard.
		p.GetProp("from_webhook") != nil, p.GetProp("from_bot") != nil, p.GetProp("from_plugin") != nil:
		if read {
			r.trails.done(r.trails.add(at.id, p.Id, p.CreateAt))
		}
		return true
	case !in.first(p.Id):
		return true
	}
	e := &event{
		user: p.UserId, channel: at.id, addressed: mentioned, again: true, shared: true, post: p.Id,
		Message: adapters.Message{
			ID: "post:" + p.Id, Direct: direct, Files: len(p.FileIds), Sent: r.skew.ours(p.CreateAt),
			Text: private.New(strings.TrimSpace(strings.ReplaceAll(p.Message, "@"+r.me.username, ""))),
		},
	}
	if read {
		e.step = r.trails.add(at.id, p.Id, p.CreateAt)
	}
	r.shout(e)
	if !r.lanes.push(r.life, e) {
		in.forget(p.Id)
		r.trails.remove(e.step)
		return false
	}
	return true
}

// first reports whether a post was not taken in before, and remembers it.
func (in *intake) first(id string) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.seen[id] {
		return false
	}
	in.seen[id] = true
	if in.known = append(in.known, id); len(in.known) > 2*maxSeen {
		for _, old := range in.known[:maxSeen] {
			delete(in.seen, old)
		}
		in.known = slices.Clone(in.known[maxSeen:])
	}
	return true
}

func (in *intake) forget(id string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.seen, id)
}

// catchUp reads what was missed whenever it is asked to, until ctx ends. As
// long as it does, what the socket brings is left for it to read.
func (in *intake) catchUp(ctx context.Context) error {
	for wait := (backoff{}); ; {
		select {
		case <-in.wake:
		case <-ctx.Done():
			return nil
		}
		for in.goOn() {
			err := in.missed(ctx)
			if err == nil || ctx.Err() != nil {
				wait = backoff{}
				continue
			}
			in.r.opt.Log.Warn("mattermost: what was missed is not read yet", "err", err)
			in.mu.Lock()
			in.more = true
			in.mu.Unlock()
			if !rest(ctx, wait.next()) {
				return nil
			}
		}
		in.r.ready.Do(func() {
			if in.r.opt.Ready != nil && ctx.Err() == nil {
				in.r.opt.Ready(in.r.opt.URL)
			}
		})
	}
}

// goOn reports whether there is more to read; if not, the socket is listened to
// again.
func (in *intake) goOn() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.busy, in.more = in.more, false
	return in.busy
}

// page is how many posts are asked for at once, and maxMissed how many are read
// of one channel when it is not known where to begin.
const (
	page      = 200
	maxMissed = 10_000
)

// missed reads every channel in which something was posted since it was read
// last: direct channels, also those that were opened meanwhile, and the desk's.
func (in *intake) missed(ctx context.Context) error {
	r := in.r
	channels, err := r.channels(ctx)
	if err != nil {
		return err
	}
	for _, c := range channels {
		if c.LastPostAt <= r.trails.at(c.Id).At {
			continue
		}
		if err := in.read(ctx, place{c.Id, string(c.Type), c.Name}); err != nil {
			return err
		}
	}
	return nil
}

// channels are those that are read: direct ones, and the desk's.
func (r *run) channels(ctx context.Context) ([]*model.Channel, error) {
	all, res, err := r.client.GetChannelsForUserWithLastDeleteAt(ctx, r.me.ID, 0)
	if err != nil {
		return nil, failed("list the channels", res, err)
	}
	return slices.DeleteFunc(all, func(c *model.Channel) bool {
		_, direct := r.people.partner(r.me.ID, string(c.Type), c.Name)
		return !direct && c.Id != r.opt.Channel
	}), nil
}

// read takes in what was posted in a channel after its cursor, oldest first.
func (in *intake) read(ctx context.Context, at place) error {
	r := in.r
	from := r.trails.at(at.id)
	for from.Post != "" {
		list, res, err := r.client.GetPostsAfter(ctx, at.id, from.Post, 0, page, "", false, false)
		if err != nil {
			return failed("read what was missed", res, err)
		}
		posts := inOrder(list)
		if len(posts) == 0 {
			break
		}
		if err := in.all(ctx, posts, at); err != nil {
			return err
		}
		last := posts[len(posts)-1]
		if len(posts) < page {
			return nil
		}
		from = cursor{last.Id, last.CreateAt}
	}
	// There is no cursor yet, or its post is gone for good.
	var posts []*model.Post
	for n := 0; len(posts) < maxMissed; n++ {
		list, res, err := r.client.GetPostsForChannel(ctx, at.id, n, page, "", false, false)
		if err != nil {
			return failed("read what was missed", res, err)
		}
		part := inOrder(list)
		posts = append(part, posts...)
		if len(part) < page || part[0].CreateAt <= from.At {
			break
		}
	}
	posts = slices.DeleteFunc(posts, func(p *model.Post) bool { return p.CreateAt <= from.At })
	return in.all(ctx, posts, at)
}

// inOrder are the posts of a page, oldest first.
func inOrder(list *model.PostList) []*model.Post {
	var out []*model.Post
	for _, id := range list.Order {
		if p := list.Posts[id]; p != nil {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b *model.Post) int { return int(a.CreateAt - b.CreateAt) })
	return out
}

// all takes posts in, each when there is room for it.
func (in *intake) all(ctx context.Context, posts []*model.Post, at place) error {
	for _, p := range posts {
		for !in.offer(p, at, strings.Contains(p.Message, "@"+in.r.me.username)) {
			if err := sleep(ctx, 50*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}
