package mattermost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// recordLife is how long it is known which post a reply became: longer than a
// card can be replaced.
const recordLife = 400 * 24 * time.Hour

// lookBack is how many of the latest posts are looked through for a reply of
// which it is not known whether it was posted.
const lookBack = 60

// record is what is kept of a reply, under the keyed name of its key.
type record struct {
	Posts   []string `json:"posts"`
	Sum     string   `json:"sum"`            // of what it shows
	Next    string   `json:"next,omitempty"` // the name of the reply in its place
	Choices []choice `json:"choices,omitempty"`
}

// choice is what a reaction can stand for.
type choice struct {
	Key   string `json:"key"`
	Token string `json:"token"`
}

// Send shows r in the direct channel of a person, or in the desk's channel. It
// is visible once, however often it is repeated: Memory knows what was posted,
// the latest posts are looked through where it does not, and the server takes
// what is posted twice at once as one.
func (a *Adapter) Send(ctx context.Context, to adapters.Address, r adapters.Reply) error {
	if err := a.Limits().Reply(r); err != nil {
		return fmt.Errorf("mattermost: send: %w", err)
	}
	for _, r := range traceOf(ctx).turn(to, r) {
		if err := a.send(ctx, to, r); err != nil {
			return fmt.Errorf("mattermost: send: %w", err)
		}
	}
	said(ctx, to, r)
	return nil
}

func (a *Adapter) send(ctx context.Context, to adapters.Address, r adapters.Reply) error {
	channel, err := a.place(ctx, to)
	if err == nil {
		err = a.label(ctx, channel, r.Choices)
	}
	if err != nil {
		return err
	}
	err = a.put(ctx, channel, a.draft(ctx, to, r))
	if err == nil && r.Over != "" && r.Change != "" {
		err = a.put(ctx, channel, a.change(r))
	}
	return err
}

// place is the channel of an address.
func (a *Adapter) place(ctx context.Context, to adapters.Address) (string, error) {
	id := to.ID.Reveal()
	switch {
	case to.Platform != Platform || !model.IsValidId(id):
		return "", adapters.ErrGone
	case id == a.opt.Channel:
		return id, nil
	}
	return a.people.channel(ctx, id)
}

// put shows a draft and keeps which posts it became.
func (a *Adapter) put(ctx context.Context, channel string, d draft) error {
	key, err := a.secret.get(ctx)
	if err != nil {
		return err
	}
	unlock, err := a.order.lock(ctx, channel)
	if err != nil {
		return err
	}
	defer unlock()
	d.name, d.channel = nameOf(key, "reply", channel, d.key), channel
	if d.under != "" {
		root, _, err := a.recall(ctx, channel, nameOf(key, "reply", channel, d.under))
		if err != nil || len(root.Posts) == 0 {
			return err // nothing stands there that can have a thread
		}
		d.root = root.Posts[0]
	}
	rec, known, err := a.recall(ctx, channel, d.name)
	if err != nil || known && (rec.Next != "" || rec.Sum == d.sum) {
		return err
	}
	over, prev, done := "", record{}, false
	if !known && d.over != "" {
		if over, prev, err = a.current(ctx, channel, nameOf(key, "reply", channel, d.over), d.name); err != nil {
			return err
		}
	}
	posts := rec.Posts
	switch {
	case over != "" && d.past == "":
		posts = prev.Posts
	case !known:
		if posts, done, err = a.found(ctx, channel, d, key); err != nil {
			return err
		}
	}
	if d.quiet && d.over != "" && len(posts) == 0 {
		done = true // a stub of what does not stand there is no news
	}
	if !done {
		if posts, err = a.show(ctx, channel, d, posts); err != nil {
			return err
		}
	}
	if over != "" && d.past != "" {
		if err := a.stub(ctx, prev.Posts, over, d.past); err != nil {
			return err
		}
	}
	if !known && d.over != "" { // also of what was not shown yet: it does not come any more
		prev.Next = d.name
		if err := a.keep(ctx, channel, cmp.Or(over, nameOf(key, "reply", channel, d.over)), prev); err != nil {
			return err
		}
	}
	return a.keep(ctx, channel, d.name, record{Posts: posts, Sum: d.sum, Choices: d.choices})
}

// found looks for a reply of which nothing is kept among the latest posts, or
// else for the one that it replaces. done says that it stands there as it is.
func (a *Adapter) found(ctx context.Context, channel string, d draft, key []byte) (posts []string, done bool, err error) {
	latest, err := a.look(ctx, channel)
	if err != nil {
		return nil, false, err
	}
	if posts, done = latest.find(d.name, d.sum); len(posts) > 0 || d.over == "" || d.past != "" {
		return posts, done, nil
	}
	posts, _ = latest.find(nameOf(key, "reply", channel, d.over), "")
	return posts, false, nil
}

// current follows the replies that took one another's place to the one that
// stands there now; name "" says that there is none.
func (a *Adapter) current(ctx context.Context, channel, name, self string) (string, record, error) {
	at, last := "", record{}
	for range 100 {
		rec, known, err := a.recall(ctx, channel, name)
		if err != nil || !known {
			return at, last, err
		}
		at, last = name, rec
		if rec.Next == "" || rec.Next == self {
			break
		}
		name = rec.Next
	}
	return at, last, nil
}

func (a *Adapter) recall(ctx context.Context, channel, name string) (rec record, ok bool, err error) {
	it, ok, err := a.opt.Memory.Get(ctx, "posts/"+channel, name)
	if err != nil || !ok {
		return rec, false, err
	}
	return rec, true, private.Decode(it.Value, &rec)
}

func (a *Adapter) keep(ctx context.Context, channel, name string, rec record) error {
	value, err := private.Encode(rec)
	if err != nil {
		return err
	}
	_, _, err = a.opt.Memory.Put(ctx, adapters.Item{Scope: "posts/" + channel, Key: name, Value: value, Until: a.opt.Now().Add(recordLife)})
	return err
}

// flash shows a draft once without keeping anything: what must be read also
// when nothing else works, and answers that are kept nowhere. A later put of
// the same key finds it.
func (a *Adapter) flash(ctx context.Context, channel string, d draft) error {
	key, err := a.secret.get(ctx)
	if err != nil {
		return err
	}
	unlock, err := a.order.lock(ctx, channel)
	if err != nil {
		return err
	}
	defer unlock()
	d.name, d.channel = nameOf(key, "reply", channel, d.key), channel
	latest, err := a.look(ctx, channel)
	if err != nil && refused(err) {
		return err
	}
	old, done := latest.find(d.name, d.sum)
	if done {
		return nil
	}
	_, err = a.show(ctx, channel, d, old)
	return err
}

// retire leaves a stub of what was shown under a key, if it is among the latest
// posts. A post that is deleted stays in sight as such, and makes people wonder.
func (a *Adapter) retire(ctx context.Context, channel, key, text string) error {
	name, err := a.secret.name(ctx, "reply", channel, key)
	if err != nil {
		return err
	}
	unlock, err := a.order.lock(ctx, channel)
	if err != nil {
		return err
	}
	defer unlock()
	latest, err := a.look(ctx, channel)
	if err != nil {
		return err
	}
	posts, _ := latest.find(name, "")
	return a.stub(ctx, posts, name, text)
}

// stub makes posts small, without choices. One that cannot be changed is no
// matter.
func (a *Adapter) stub(ctx context.Context, posts []string, name, text string) error {
	if len(posts) == 0 || posts[0] == "" {
		return nil
	}
	d := draft{name: name, sum: hash(text), texts: []string{markdown(text)}, quiet: true}
	if err := a.patch(ctx, posts[0], d, 0); err != nil && !refused(err) {
		return err
	}
	return a.delete(ctx, posts[1:])
}

// delete deletes posts of the bot. Those that are gone already are no matter.
func (a *Adapter) delete(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if id == "" {
			continue
		}
		res, err := a.client.DeletePost(ctx, id)
		if err = failed("delete a post", res, err); err != nil && !refused(err) {
			return err
		}
	}
	return nil
}

// show puts a draft in the place of old posts, as far as there are any, and
// posts the rest of it. What is left of the old ones is deleted.
func (a *Adapter) show(ctx context.Context, channel string, d draft, old []string) ([]string, error) {
	var posts []string
	for i := range d.texts {
		id := ""
		if i < len(old) && d.picture == nil { // a picture is not changed in its place
			id = old[i]
		}
		if id != "" {
			err := a.patch(ctx, id, d, i)
			switch {
			case err == nil:
				posts = append(posts, id)
				continue
			case !refused(err):
				return nil, err
			case d.quiet: // a stub of what cannot be changed is no news
				posts = append(posts, id)
				continue
			}
		}
		id, err := a.create(ctx, channel, d, i)
		if err != nil {
			return nil, err
		}
		posts = append(posts, id)
	}
	left := slices.DeleteFunc(slices.Clone(old), func(id string) bool { return slices.Contains(posts, id) })
	return posts, a.delete(ctx, left)
}

func (a *Adapter) patch(ctx context.Context, id string, d draft, i int) error {
	props, err := a.props(ctx, d, i)
	if err != nil {
		return err
	}
	_, res, err := a.client.PatchPost(ctx, id, &model.PostPatch{Message: &d.texts[i], Props: &props})
	return failed("change a post", res, err)
}

// pendingCode is what the server says while the same post is being made.
const pendingCode = "api.post.deduplicate_create_post.pending"

// create posts a part of a draft. Where it is not known whether it was posted,
// it is looked for before it is posted again.
func (a *Adapter) create(ctx context.Context, channel string, d draft, i int) (string, error) {
	props, err := a.props(ctx, d, i)
	if err != nil {
		return "", err
	}
	post := &model.Post{
		ChannelId: channel, RootId: d.root, Message: d.texts[i], Props: props,
		PendingPostId: fmt.Sprintf("%s:%d", d.name, i),
	}
	if d.urgent && i == 0 {
		post.Metadata = &model.PostMetadata{Priority: &model.PostPriority{Priority: model.NewPointer(model.PostPriorityUrgent)}}
	}
	if d.picture != nil && i == len(d.texts)-1 {
		if post.FileIds, err = a.upload(ctx, channel, d.picture); err != nil {
			return "", err
		}
	}
	for try := 1; ; try++ {
		began := a.opt.Now()
		made, res, err := a.client.CreatePost(ctx, post)
		if err == nil {
			a.skew.measure(began, a.opt.Now(), made.CreateAt)
			return made.Id, nil
		}
		err = failed("post", res, err)
		var f *failure
		switch {
		case post.Metadata != nil && (refused(err) || status(err) == http.StatusNotImplemented):
			post.Metadata = nil // a server without priorities, or without the licence
			continue
		case refused(err), errors.Is(err, ErrToken), try == most:
			return "", err
		case errors.As(err, &f) && f.code == pendingCode, status(err) == 0, status(err) >= 500:
			if sleep(ctx, jitter(100*time.Millisecond<<try)) != nil {
				return "", err
			}
		}
		latest, lerr := a.look(ctx, channel)
		if lerr != nil {
			return "", err
		}
		if id := latest.at(d.name, i); id != "" {
			return id, nil
		}
	}
}

// latest is the bot's own latest posts in a channel, oldest first.
type latest []*model.Post

func (a *Adapter) look(ctx context.Context, channel string) (latest, error) {
	me, err := a.people.me(ctx)
	if err != nil {
		return nil, err
	}
	list, res, err := a.client.GetPostsForChannel(ctx, channel, 0, lookBack, "", false, false)
	if err != nil {
		return nil, failed("look for a post", res, err)
	}
	var out latest
	for _, id := range list.Order {
		if p := list.Posts[id]; p != nil && p.UserId == me.ID && p.DeleteAt == 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

// at is the id of part i of a reply.
func (l latest) at(name string, i int) string {
	for _, p := range l {
		if m := markOf(p); m.Name == name && m.Part == i {
			return p.Id
		}
	}
	return ""
}

// find are the posts of a reply; done says that all of it stands there and
// shows what has this sum.
func (l latest) find(name, sum string) (posts []string, done bool) {
	done = true
	of := 0
	for _, p := range l {
		if m := markOf(p); m.Name == name {
			of = max(of, m.Of)
			done = done && m.Sum == sum
		}
	}
	for i := range of {
		id := l.at(name, i)
		done = done && id != ""
		posts = append(posts, id)
	}
	return posts, done && of > 0
}
