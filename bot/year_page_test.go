package main_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/mail/mailtest"
	"github.com/meldroute/meldroute/adapters/web"
	"github.com/meldroute/meldroute/config"
)

// wire lies between the replicas and the chat. Some of what is sent is lost
// before it arrives, and of some only the answer is lost: either is sent again.
type wire struct {
	*web.Adapter
	sent *chat // what arrived, for the buttons that reporters press

	mu   sync.Mutex
	day  string // on which it fails; "" is never
	once map[string]bool
	lost map[bool]int // before, and after it arrived
}

// The share of the first messages of a day to one person that are lost.
const lost = 8

func (w *wire) Send(ctx context.Context, to adapters.Address, r adapters.Reply) error {
	before, after := w.fails(to.Key())
	if before {
		return errBroken
	}
	if err := w.Adapter.Send(ctx, to, r); err != nil {
		return err
	}
	_ = w.sent.Send(ctx, to, r)
	if after {
		return errBroken
	}
	return nil
}

func (w *wire) fails(to string) (before, after bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := w.day + to
	h := sha256.Sum256([]byte(key))
	if w.day == "" || w.once[key] || h[0]%lost > 1 {
		return false, false
	}
	w.once[key] = true
	before = h[0]%lost == 0
	w.lost[before]++
	return before, !before
}

// breaks lets the wire fail on a day; "" mends it.
func (w *wire) breaks(day string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.day = day
}

// eyes are those of the people at the desk, each before his own page in the web
// chat as a browser keeps it open, and of whoever opens the mailboxes. What they
// see is read from the pages' HTML and from the letters.
type eyes struct {
	t     *testing.T
	heads map[string]string // first words of what is brought up, to their kind
	tasks map[string]string // words of a task, to their clock
	desk  []*watcher
	post  *mailtest.Server
	read  map[string]int // letters, by mailbox
	twice int            // letters that came before
	marks int
	stop  func()
}

// watcher is somebody before his page. The page is opened anew after each time
// that the program was down.
type watcher struct {
	*person
	known map[string]bool // what was on it before
	was   map[string][]string
}

// seen is something that appeared before somebody.
type seen struct {
	at, kind, text string
	lines          []string // "SIG-… clock" of each
	buttons        []string // references that can be opened
}

func newEyes(t *testing.T, c config.Config, post *mailtest.Server, desk ...string) *eyes {
	t.Helper()
	texts, err := config.LoadTexts(c.Texts)
	if err != nil {
		t.Fatal(err)
	}
	e := &eyes{t: t, heads: map[string]string{}, tasks: map[string]string{}, post: post, read: map[string]int{}, stop: func() {}}
	for id, kind := range heads {
		head, _, _ := strings.Cut(texts.Say("nl", id, map[string]any{"Count": 0, "When": 0}), "0")
		e.heads[strings.TrimSpace(head)] = kind
	}
	for name := range c.Terms.Clocks() {
		e.tasks[texts.Say("nl", "handling.clock."+name, nil)] = name
	}
	_, words, _ := strings.Cut(texts.Say("nl", "remind.erased", map[string]any{"Ref": "", "Date": "|"}), ": ")
	words, _, _ = strings.Cut(words, "|")
	e.tasks[words] = erased
	for _, id := range desk {
		e.desk = append(e.desk, &watcher{person: (&program{t: t}).open(id), known: map[string]bool{}, was: map[string][]string{}})
	}
	return e
}

func (e *eyes) at(id string) *watcher {
	return e.desk[slices.IndexFunc(e.desk, func(w *watcher) bool { return w.id == id })]
}

// open lets everybody open his page. What stood on it before the program was
// down stands there still, in the same order, and nothing else does.
func (e *eyes) open(url string, sent func(adapters.Reply)) {
	ctx, cancel := context.WithCancel(context.Background())
	var pages sync.WaitGroup
	for _, w := range e.desk {
		w.person = (&program{t: e.t, url: url}).open(w.id)
		pages.Go(func() { _ = w.stream(ctx) })
	}
	e.stop = func() { cancel(); pages.Wait() }
	e.catchUp(sent)
	for _, w := range e.desk {
		for log, was := range w.was {
			now := w.slots(log)
			if len(now) < min(len(was), 190) || !slices.Equal(now, was[len(was)-len(now):]) {
				e.t.Errorf("%s reads %d posts in %s after it was down, of the %d before, or others", w.id, len(now), log, len(was))
			}
		}
	}
}

// close ends the pages, before the program stops.
func (e *eyes) close(sent func(adapters.Reply)) {
	e.catchUp(sent)
	for _, w := range e.desk {
		for _, log := range []string{w.id, "desk"} {
			w.was[log] = w.slots(log)
		}
	}
	e.stop()
}

// mark is the key of a post that only says how far the pages have come.
const mark = "mark."

// slots are the places of a log, in order.
func (w *watcher) slots(log string) []string {
	var out []string
	for _, p := range w.list(log) {
		if !strings.Contains(p.slot, mark) {
			out = append(out, p.slot)
		}
	}
	return out
}

// catchUp waits until every page shows all that was sent: a stream is in order,
// so it is there when the mark is that sent puts in the channel now.
func (e *eyes) catchUp(sent func(adapters.Reply)) {
	e.t.Helper()
	e.marks++
	text := fmt.Sprintf("Tot hier: %d.", e.marks)
	sent(adapters.Reply{Key: mark + fmt.Sprint(e.marks), Over: mark + fmt.Sprint(e.marks-1), Text: text})
	for _, w := range e.desk {
		w.sees("desk", text)
	}
}

// news is what appeared since it was asked before.
func (e *eyes) news() []seen {
	e.t.Helper()
	var out []seen
	var channel []string // what the first of them reads there
	for i, w := range e.desk {
		mine := w.appeared(w.id)
		shared := w.appeared("desk")
		places := slices.Sorted(maps.Keys(shared))
		switch {
		case i == 0:
			channel = places
			maps.Copy(mine, shared)
		case !slices.Equal(channel, places):
			e.t.Errorf("in the channel %s reads %v, and %s %v", e.desk[0].id, channel, w.id, places)
		}
		for _, p := range mine {
			s := e.take("web:"+p.log, p.text)
			if p.picture {
				s.kind = "figures"
			}
			for _, c := range p.choices {
				if ref, ok := strings.CutPrefix(c.label, "Openen "); ok {
					s.buttons = append(s.buttons, ref)
				}
			}
			out = append(out, s)
		}
	}
	for _, box := range []string{chain, alarm} {
		letters := map[string]bool{}
		all := e.post.Box(strings.TrimPrefix(box, "mail:"))
		for i, l := range all {
			id := l.Header.Get("Message-Id") // a mailbox shows one of those with the same
			switch {
			case i < e.read[box]:
			case letters[id]:
				e.twice++
			default:
				out = append(out, e.take(box, l.Text))
			}
			letters[id] = true
		}
		e.read[box] = len(all)
	}
	return out
}

// appeared are the posts of others that are new in a log.
func (w *watcher) appeared(log string) map[string]post {
	out := map[string]post{}
	for _, p := range w.list(log) {
		if !w.known[p.slot] && !p.own && !strings.Contains(p.slot, mark) {
			out[p.slot] = p
		}
		w.known[p.slot] = true
	}
	return out
}

// heads are the first words of what is brought up, by kind.
var heads = map[string]string{
	"remind.daily": "daily", "remind.now": "duty", "remind.chain": "chain", "remind.nobody": "nobody", "remind.nobody.mail": "nobody",
	"remind.question": "round", "remind.rights": "round", "remind.contacts": "round", "desk.figures.ready": "round",
}

// take reads a message as a person does.
func (e *eyes) take(at, text string) seen {
	s := seen{at: at, kind: "other", text: text}
	for head, kind := range e.heads {
		if strings.HasPrefix(text, head) {
			s.kind = kind
		}
	}
	for _, i := range refPattern.FindAllStringIndex(text, -1) {
		longest, rest := "", strings.TrimPrefix(text[i[1]:], ": ")
		for words := range e.tasks {
			if strings.HasPrefix(rest, words) && len(words) > len(longest) {
				longest = words
			}
		}
		s.lines = append(s.lines, text[i[0]:i[1]]+" "+e.tasks[longest])
	}
	return s
}
