package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/meldroute/meldroute/adapters"
)

// keepPost is how long a message can be found by its key: longer than a button
// on a card works.
const keepPost = 400 * 24 * time.Hour

// The pace of posting in one channel: one a second, and a short burst
// (docs.slack.dev/apis/web-api/rate-limits).
const (
	pace  = time.Second
	burst = 4
)

// How long posting may take, how long it keeps other replicas off at most, and
// how often they look.
const (
	postTime   = 10 * time.Second
	claimTime  = postTime + 5*time.Second // clocks differ
	claimAgain = 100 * time.Millisecond
)

// metaType names the metadata by which a message is found again.
const metaType = "meldroute_message"

// book knows which message of Slack stands under which key. A key leads to a
// slot, a message, and stays there; a slot knows which key shows now. So what
// was replaced does not come back, however late it is sent again.
//
// One replica at a time posts under a key: the receipt of a report is shown by
// the one that took it, and is owed by all. What was begun is written down before
// it is posted. When the answer was lost,
// in this process or in one that died, the next try looks in the dialogue for
// the message's mark before it posts again. In a channel the bot may not read:
// there a message may come twice, after such a failure.
type book struct {
	a     *Adapter
	locks sync.Map // by channel: turn
	paces sync.Map // by channel: *bucket

	mu    sync.Mutex
	early map[string]slot // posted before anything was kept, by channel and key
}

// slot is a message, as it is kept.
type slot struct {
	TS   string `json:"ts"`
	Key  string `json:"key"`  // which shows now
	Hash string `json:"hash"` // of what it shows
}

// pointer is what is kept of a key.
type pointer struct {
	Slot  string    `json:"slot"`  // a timestamp, "" while it is being posted
	Since time.Time `json:"since"` // when that began
	Next  string    `json:"next"`  // the key that took its place before it was shown
	seq   int64     // its place in the memory
}

func (b *book) lock(ctx context.Context, channel string) (unlock func(), err error) {
	l, _ := b.locks.LoadOrStore(channel, newTurn())
	t := l.(turn)
	select {
	case t <- struct{}{}:
		return func() { <-t }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the channel: %w", context.Cause(ctx))
	}
}

// put shows c under key, in the place of over where that can be.
func (b *book) put(ctx context.Context, at spot, key, over string, c content) error {
	unlock, err := b.lock(ctx, at.channel)
	if err != nil {
		return err
	}
	defer unlock()
	p, err := b.pointer(ctx, at, key)
	if err != nil {
		return err
	}
	if p.Next != "" {
		return nil
	}
	if p.Slot == "" && over != "" {
		slot, err := b.replaced(ctx, at, over, key)
		if err != nil {
			return err
		}
		if slot != "" {
			done, err := b.change(ctx, at, slot, key, c, true)
			if done || err != nil {
				return err
			}
		}
	}
	if p.Slot != "" {
		if done, err := b.change(ctx, at, p.Slot, key, c, false); done || err != nil {
			return err
		}
	}
	return b.post(ctx, at, key, p.Slot, c)
}

// replaced finds the slot of a key that another takes the place of. Where it has
// none, no replica shows it any more: its own send may be late.
func (b *book) replaced(ctx context.Context, at spot, key, by string) (slot string, err error) {
	p, err := b.pointer(ctx, at, key)
	for range 100 {
		if err != nil || p.Next == "" || p.Next == by {
			break
		}
		key = p.Next
		p, err = b.pointer(ctx, at, key)
	}
	if err != nil || p.Slot != "" || p.Next == by {
		return p.Slot, err
	}
	done, err := b.claim(ctx, at, key)
	if err != nil {
		return "", err
	}
	defer done()
	if p, err = b.find(ctx, at, key); err != nil || p.Slot != "" {
		return p.Slot, err
	}
	_, err = b.set(ctx, "key/"+at.channel, key, pointer{Next: by})
	return "", err
}

// find is pointer, and looks for a post whose answer was lost. The key is claimed.
func (b *book) find(ctx context.Context, at spot, key string) (p pointer, err error) {
	p, err = b.pointer(ctx, at, key)
	if err == nil && p.Slot == "" && !p.Since.IsZero() && at.user != "" {
		p.Slot, err = b.look(ctx, at, p)
	}
	return p, err
}

// pointer finds a key. One that was posted before anything was kept is kept now.
func (b *book) pointer(ctx context.Context, at spot, key string) (p pointer, err error) {
	if p.seq, err = b.get(ctx, "key/"+at.channel, key, &p); err != nil {
		return p, err
	}
	b.mu.Lock()
	e, ok := b.early[at.channel+" "+key]
	b.mu.Unlock()
	if !ok || e.TS == "" {
		return p, nil
	}
	p.Slot = e.TS
	if err := b.keep(ctx, at, e); err != nil {
		return p, err
	}
	b.mu.Lock()
	delete(b.early, at.channel+" "+key)
	b.mu.Unlock()
	return p, nil
}

// change shows c in a message. done is false when Slack no longer lets it be
// changed: then it is shown anew.
func (b *book) change(ctx context.Context, at spot, ts, key string, c content, over bool) (done bool, err error) {
	var s slot
	if _, err := b.get(ctx, "slot/"+at.channel, ts, &s); err != nil {
		return false, err
	}
	switch {
	case !over && s.TS != "" && s.Key != key:
		return true, nil // it was replaced, and does not come back
	case s.Key == key && s.Hash == c.hash:
		return true, b.keep(ctx, at, s)
	}
	err = b.a.call(ctx, "chat.update", func(ctx context.Context) error {
		_, _, _, err := b.a.api.UpdateMessageContext(ctx, at.channel, ts, c.shown()...)
		return err
	})
	if failed(err, unchangeable) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, b.keep(ctx, at, slot{TS: ts, Key: key, Hash: c.hash})
}

// post posts c, unless it turns out that somebody did: then the key leads to
// another slot than was seen. While Slack asks to wait nobody is kept off.
func (b *book) post(ctx context.Context, at spot, key, seen string, c content) error {
	if err := b.bucket(at.channel).take(ctx); err != nil {
		return err
	}
	for {
		for _, method := range []string{"chat.postMessage", "chat.update", "conversations.history"} {
			if err := b.a.wait.pass(ctx, method); err != nil {
				return err
			}
		}
		if err := b.once(ctx, at, key, seen, c); !errors.Is(err, errLater) {
			return err
		}
	}
}

// once is post for one turn. It returns errLater when Slack asks to wait for
// longer than the turn lasts.
func (b *book) once(ctx context.Context, at spot, key, seen string, c content) error {
	done, err := b.claim(ctx, at, key)
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, postTime)
	defer cancel()
	p, err := b.find(ctx, at, key)
	if err != nil || p.Next != "" {
		return err
	}
	if p.Slot != seen {
		if done, err := b.change(ctx, at, p.Slot, key, c, false); done || err != nil {
			return err
		}
	}
	seq, err := b.set(ctx, "key/"+at.channel, key, pointer{Since: b.a.opt.Now().UTC()})
	if err != nil {
		return err
	}
	ts, err := b.send(ctx, at, append(c.posted(), withMark(seq)))
	if err != nil {
		return err
	}
	return b.keep(ctx, at, slot{TS: ts, Key: key, Hash: c.hash})
}

// claim waits until no other replica posts under a key, and keeps them off until
// done is called; when this one dies, for claimTime.
func (b *book) claim(ctx context.Context, at spot, key string) (done func(), err error) {
	m, it := b.a.opt.Memory, adapters.Item{Scope: "post/" + at.channel, Key: key}
	for {
		_, held, err := m.Get(ctx, it.Scope, key)
		free := false
		if err == nil && !held {
			it.Until = b.a.opt.Now().Add(claimTime)
			_, free, err = m.Put(ctx, it)
		}
		if err != nil {
			return nil, fmt.Errorf("memory: %w", err)
		}
		if free {
			return func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
				defer cancel()
				_ = m.Forget(ctx, it.Scope, key) // it ends by itself
			}, nil
		}
		if err := sleep(ctx, claimAgain); err != nil {
			return nil, fmt.Errorf("wait for another replica: %w", err)
		}
	}
}

// now posts at once, without its turn and whether or not anything can be kept:
// for what must be read also when nothing else works. A later put of its key
// finds it.
func (b *book) now(ctx context.Context, at spot, key string, c content) error {
	name := at.channel + " " + key
	b.mu.Lock()
	_, ok := b.early[name]
	if !ok {
		b.early[name] = slot{} // being posted
	}
	b.mu.Unlock()
	if ok || b.shown(ctx, at, key) {
		return nil
	}
	ts, err := b.send(ctx, at, c.posted())
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		delete(b.early, name)
		return err
	}
	b.early[name] = slot{TS: ts, Key: key, Hash: c.hash}
	return nil
}

// shown reports whether it is known, within a moment, that a key was posted.
func (b *book) shown(ctx context.Context, at spot, key string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var p pointer
	if _, err := b.get(ctx, "key/"+at.channel, key, &p); err != nil || p.Slot == "" {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.early, at.channel+" "+key)
	return true
}

func (b *book) send(ctx context.Context, at spot, o []slack.MsgOption) (ts string, err error) {
	err = b.a.call(ctx, "chat.postMessage", func(ctx context.Context) (err error) {
		_, ts, err = b.a.api.PostMessageContext(ctx, at.channel, o...)
		return err
	})
	if at.user != "" && failed(err, []string{"channel_not_found"}) {
		b.a.direct.Delete(at.user) // it is opened anew the next time
	}
	return ts, err
}

// shown is what a message shows, new or changed.
func (c content) shown() []slack.MsgOption {
	return []slack.MsgOption{slack.MsgOptionText(c.text, true), slack.MsgOptionBlocks(c.blocks...)}
}

// posted is shown with what is said of a new message alone.
func (c content) posted() []slack.MsgOption {
	out := append(c.shown(), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if c.thread != "" {
		out = append(out, slack.MsgOptionTS(c.thread))
	}
	return out
}

// mark names a message in its metadata, which other apps may read: by the place
// of its key in the memory, which all replicas know and which says nothing of
// the key.
func mark(seq int64) string { return strconv.FormatInt(seq, 10) }

func withMark(seq int64) slack.MsgOption {
	return slack.MsgOptionMetadata(slack.SlackMetadata{EventType: metaType, EventPayload: map[string]any{"k": mark(seq)}})
}

// look finds a message of a dialogue by its mark, "" when it was not posted.
func (b *book) look(ctx context.Context, at spot, p pointer) (ts string, err error) {
	err = b.a.history(ctx, at, p.Since, func(m slack.Message) bool {
		if p.marks(m) {
			ts = m.Timestamp
		}
		return ts == ""
	})
	return ts, err
}

// marks reports whether a message has the mark of this key.
func (p pointer) marks(m slack.Message) bool {
	return m.Metadata.EventType == metaType && m.Metadata.EventPayload["k"] == mark(p.seq)
}

// history shows the messages of a dialogue to f, newest first, until it returns
// false.
func (a *Adapter) history(ctx context.Context, at spot, since time.Time, f func(slack.Message) bool) error {
	in := &slack.GetConversationHistoryParameters{
		ChannelID: at.channel, Limit: 200, IncludeAllMetadata: true,
		Oldest: strconv.FormatInt(since.Add(-time.Minute).Unix(), 10), // clocks differ
	}
	for {
		var page *slack.GetConversationHistoryResponse
		err := a.call(ctx, "conversations.history", func(ctx context.Context) (err error) {
			page, err = a.api.GetConversationHistoryContext(ctx, in)
			return err
		})
		if err != nil {
			return err
		}
		for _, m := range page.Messages {
			if !f(m) {
				return nil
			}
		}
		if in.Cursor = page.ResponseMetaData.NextCursor; in.Cursor == "" {
			return nil
		}
	}
}

// keep writes down which message shows a key: the slot first, since a key that
// leads to a slot of another key counts as replaced.
func (b *book) keep(ctx context.Context, at spot, s slot) error {
	_, err := b.set(ctx, "slot/"+at.channel, s.TS, s)
	if err == nil {
		_, err = b.set(ctx, "key/"+at.channel, s.Key, pointer{Slot: s.TS})
	}
	return err
}

func (b *book) get(ctx context.Context, scope, key string, v any) (seq int64, err error) {
	it, ok, err := b.a.opt.Memory.Get(ctx, scope, key)
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	if ok && json.Unmarshal(it.Value, v) != nil {
		return 0, errors.New("memory: what was kept cannot be read")
	}
	return it.Seq, nil
}

func (b *book) set(ctx context.Context, scope, key string, v any) (seq int64, err error) {
	value, err := json.Marshal(v)
	if err == nil {
		seq, _, err = b.a.opt.Memory.Put(ctx, adapters.Item{Scope: scope, Key: key, Value: value, Until: b.a.opt.Now().Add(keepPost)})
	}
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	return seq, nil
}

// bucket lets so many through at once, and then one each second.
type bucket struct {
	mu   sync.Mutex
	full time.Time // when it is full again
}

func (b *book) bucket(channel string) *bucket {
	x, _ := b.paces.LoadOrStore(channel, &bucket{})
	return x.(*bucket)
}

// take waits for a turn.
func (t *bucket) take(ctx context.Context) error {
	t.mu.Lock()
	now := time.Now()
	if t.full.Before(now) {
		t.full = now
	}
	wait := t.full.Sub(now) - (burst-1)*pace
	t.full = t.full.Add(pace)
	t.mu.Unlock()
	return sleep(ctx, wait)
}
