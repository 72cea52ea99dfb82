package web

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// keep is how many posts of a dialogue or channel are kept and shown.
const keep = 200

// maxPast bounds the keys that a post remembers having replaced.
const maxPast = 50

// firstNew is the order of the first post of this run. Posts of earlier runs
// come before it, also when they could be read only later.
const firstNew = 1 << 20

// post is one entry of a log, as it is kept. It holds no personal data: texts
// of replies have none, and a person's own entries are labels of choices.
type post struct {
	Key     string            `json:"key"`
	Past    []string          `json:"past,omitempty"` // keys that it replaced
	Own     bool              `json:"own,omitempty"`  // pressed by a person
	Text    string            `json:"text"`
	Choices []adapters.Choice `json:"choices,omitempty"`
	Step    int               `json:"step,omitempty"`
	Of      int               `json:"of,omitempty"`
	Urgent  bool              `json:"urgent,omitempty"`
	Quiet   bool              `json:"quiet,omitempty"`
	Picture *picture          `json:"picture,omitempty"`
	At      time.Time         `json:"at"`

	over string
}

func botPost(r adapters.Reply) post {
	return post{Key: r.Key, Text: r.Text, Choices: r.Choices, Step: r.Step, Of: r.Of, Urgent: r.Urgent, Quiet: r.Quiet, over: r.Over}
}

// same reports whether two posts show the same.
func (p post) same(q post) bool {
	return p.Key == q.Key && p.Text == q.Text && p.Step == q.Step && p.Of == q.Of &&
		p.Urgent == q.Urgent && p.Quiet == q.Quiet && p.Picture.same(q.Picture) && slices.Equal(p.Choices, q.Choices)
}

// entry is a place in a log. It keeps its place while what it shows changes.
type entry struct {
	slot  string // the key under which it is kept: that of its first post
	order int    // place in the log
	rev   int64  // when it last changed
	saved bool
	post
}

// logbook is the posts at one address.
type logbook struct {
	scope string
	write chan struct{} // holds one token; who has it changes the log, and waits for Memory
	// Below is guarded by book.mu.
	loaded  bool
	entries []entry
	used    time.Time // when somebody last looked
}

func (l *logbook) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case l.write <- struct{}{}:
		return func() { <-l.write }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the log: %w", context.Cause(ctx))
	}
}

// book is all logs, each made when it is first asked for. Reading never waits
// for Memory.
type book struct {
	memory adapters.Memory
	now    func() time.Time

	mu      sync.Mutex
	logs    map[string]*logbook
	rev     int64
	next    int
	changed chan struct{} // closed at the next change
}

func newBook(m adapters.Memory, now func() time.Time) *book {
	return &book{memory: m, now: now, logs: map[string]*logbook{}, next: firstNew, changed: make(chan struct{})}
}

// log is the log with an id.
func (b *book) log(id string) *logbook {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.look(id)
}

// look is log, for who holds b.mu.
func (b *book) look(id string) *logbook {
	l := b.logs[id]
	if l == nil {
		l = &logbook{scope: "web/posts/" + id, write: make(chan struct{}, 1)}
		b.logs[id] = l
	}
	l.used = b.now()
	return l
}

// put shows p in a log and keeps it. A key that is there already changes
// nothing unless what it shows is new; a key that was replaced stays replaced.
func (b *book) put(ctx context.Context, id string, p post) error {
	l := b.log(id)
	unlock, err := l.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := b.load(ctx, l); err != nil {
		return err
	}
	e, change := b.place(l, p)
	if !change {
		return nil
	}
	if err := b.save(ctx, l, e); err != nil {
		return err
	}
	e.saved = true
	b.publish(l, e)
	return b.trim(ctx, l)
}

// show shows p at once, before anything is kept: for what must be read also
// when nothing else works. It never waits. A later put of the same key keeps
// it in its place.
func (b *book) show(id string, p post) entry {
	l := b.log(id)
	e, change := b.place(l, p)
	if change && !e.saved {
		e = b.publish(l, e)
	}
	return e
}

// place finds where p belongs. change is false when there is nothing to do.
func (b *book) place(l *logbook, p post) (e entry, change bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.At = b.now().UTC().Truncate(time.Second)
	for _, old := range l.entries {
		if slices.Contains(old.Past, p.Key) {
			return old, false
		}
		if old.Key == p.Key {
			change = !old.same(p) || !old.saved
			p.At, p.Past, p.Own = old.At, old.Past, old.Own
			old.post, old.saved = p, old.saved && !change
			return old, change
		}
	}
	for _, old := range l.entries {
		if p.over != "" && (old.Key == p.over || slices.Contains(old.Past, p.over)) {
			p.Past = append(slices.Clone(old.Past), old.Key)
			p.Past = p.Past[max(0, len(p.Past)-maxPast):]
			old.post, old.saved = p, false
			return old, true
		}
	}
	if p.over != "" {
		p.Past = []string{p.over} // it may come yet
	}
	return entry{slot: p.Key, post: p}, true
}

// publish puts e in its place, wakes the pages and returns e with its order.
func (b *book) publish(l *logbook, e entry) entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rev++
	e.rev = b.rev
	if i := slices.IndexFunc(l.entries, func(old entry) bool { return old.slot == e.slot }); i >= 0 {
		e.order = l.entries[i].order
		l.entries[i] = e
	} else {
		b.next++
		e.order = b.next
		l.entries = append(l.entries, e)
	}
	b.wake()
	return e
}

func (b *book) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// load reads a log once; what was shown meanwhile comes after it. The caller
// holds l.write.
func (b *book) load(ctx context.Context, l *logbook) error {
	b.mu.Lock()
	loaded := l.loaded
	b.mu.Unlock()
	if loaded {
		return nil
	}
	var items []adapters.Item
	for after := int64(0); ; {
		part, err := b.memory.List(ctx, l.scope, after, keep)
		if err != nil {
			return fmt.Errorf("read posts: %w", err)
		}
		items = append(items, part...)
		if len(part) < keep {
			break
		}
		after = part[len(part)-1].Seq
	}
	var old []entry
	for i, it := range items {
		var p post
		// What another version wrote and this one cannot read is not shown.
		if json.Unmarshal(it.Value, &p) == nil {
			old = append(old, entry{slot: it.Key, order: i, saved: true, post: p})
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	l.loaded = true
	b.rev++
	for i := range old {
		old[i].rev = b.rev
	}
	fresh := slices.DeleteFunc(l.entries, func(e entry) bool {
		return slices.ContainsFunc(old, func(o entry) bool { return o.slot == e.slot })
	})
	l.entries = append(old, fresh...)
	b.wake()
	return nil
}

func (b *book) save(ctx context.Context, l *logbook, e entry) error {
	value, err := json.Marshal(e.post)
	if err != nil {
		return fmt.Errorf("keep post: %w", err)
	}
	if _, _, err := b.memory.Put(ctx, adapters.Item{Scope: l.scope, Key: e.slot, Value: value}); err != nil {
		return fmt.Errorf("keep post: %w", err)
	}
	return nil
}

// trim forgets the oldest posts above keep. The caller holds l.write.
func (b *book) trim(ctx context.Context, l *logbook) error {
	for {
		b.mu.Lock()
		var oldest string
		if len(l.entries) > keep {
			oldest = l.entries[0].slot
		}
		b.mu.Unlock()
		if oldest == "" {
			return nil
		}
		if err := b.memory.Forget(ctx, l.scope, oldest); err != nil {
			return fmt.Errorf("forget post: %w", err)
		}
		b.mu.Lock()
		l.entries = slices.DeleteFunc(l.entries, func(e entry) bool { return e.slot == oldest })
		b.mu.Unlock()
	}
}

// open makes sure that a log is read. Where Memory fails, what was shown in
// this run is still there.
func (b *book) open(ctx context.Context, id string) error {
	l := b.log(id)
	unlock, err := l.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return b.load(ctx, l)
}

// since returns what changed in the logs after a revision, in order, and the
// revision it is at now; changed is closed at the next change.
func (b *book) since(rev int64, ids ...string) (news map[string][]entry, now int64, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	news = map[string][]entry{}
	for _, id := range ids {
		for _, e := range b.look(id).entries {
			if e.rev > rev {
				news[id] = append(news[id], e)
			}
		}
	}
	return news, b.rev, b.changed
}

// label is what stands on the button with this token in a log.
func (b *book) label(id, token string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range slices.Backward(b.look(id).entries) {
		for _, c := range e.Choices {
			if c.Token == token {
				return c.Label, true
			}
		}
	}
	return "", false
}

// rest lets go of the posts that nobody looked at since a time. They are read
// again when somebody does; what Memory does not hold stays.
func (b *book) rest(since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.logs {
		if !l.used.Before(since) || slices.ContainsFunc(l.entries, func(e entry) bool { return !e.saved }) {
			continue
		}
		select {
		case l.write <- struct{}{}:
			l.loaded, l.entries = false, nil
			<-l.write
		default: // somebody is about to look
		}
	}
}
