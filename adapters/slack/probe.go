package slack

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// Probe is a walk through a real workspace, to see there what no fake can
// prove. Somebody in it does what he is asked, one thing at a time. Nothing is
// kept in the store, and what was posted is removed at the end.
//
// It must not run beside a bot of the same app: Slack brings each act to one
// connection, and that may be the other.
type Probe struct {
	Person string        // his id
	Wait   time.Duration // for each thing that he is asked
	// Skip goes on without what is waited for.
	Skip <-chan struct{}
	// Ask is called with what he is to do now.
	Ask func(text string)
	// Tell is called with what came of each step, in order.
	Tell func(Step)
}

// Outcome is what came of a step.
type Outcome string

// The outcomes.
const (
	Held    Outcome = "held"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// Step is one thing that was looked at.
type Step struct {
	ID      string // of its text in the catalog
	Outcome Outcome
	// Seen is what was seen of it: counts, times and Slack's own codes.
	Seen string
}

// Why a step did not hold, besides what Slack answers.
var (
	errSkip = errors.New("skipped")
	errLate = errors.New("nothing came")
)

// unlike says that something else was seen than what should be.
type unlike string

func (u unlike) Error() string { return string(u) }

// event is something that happened while a step waits.
type event struct {
	act     *adapters.Message // what the person did
	method  string            // a call of the Web API, and what came of it
	err     error
	changed bool // who reads the channel may have changed
}

// walk is a Probe on its way.
type walk struct {
	Probe
	a      *Adapter
	at     spot // the person's dialogue, once it is open
	events chan event
	ended  chan struct{} // closed when the adapter has ended
	why    error         // why it did
	loose  []string      // what was posted beside the book, in the dialogue
	steps  []Step

	mu     sync.Mutex
	answer func(context.Context, adapters.Message) adapters.Answer // of the step that waits
}

// Run walks, with an adapter of o that has a memory of its own. It returns what
// came of each step; an error says that it was ended before its time.
func (p Probe) Run(ctx context.Context, o Options) ([]Step, error) {
	w := &walk{Probe: p, events: make(chan event, 256), ended: make(chan struct{})}
	ready, memory := make(chan string, 1), &scratch{from: time.Now().UnixMicro()}
	o.Memory, o.Ready = memory, func(how string) { ready <- how }
	var err error
	if w.a, err = New(o); err != nil {
		return nil, err
	}
	defer w.a.client.CloseIdleConnections()
	w.a.told = func(method string, err error) { w.happen(event{method: method, err: err}) }
	if !w.begin(ctx) {
		return w.steps, context.Cause(ctx)
	}
	run, stop := context.WithCancel(ctx)
	go func() {
		defer close(w.ended)
		w.why = w.a.Run(run, w)
	}()
	linked := w.step(ctx, "slack.probe.link", func(ctx context.Context) (string, error) {
		select {
		case how := <-ready:
			return how, nil
		case <-w.ended:
			return "", w.why
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	})
	if linked {
		w.all(ctx)
	}
	stop()
	<-w.ended
	w.clean(context.WithoutCancel(ctx), memory)
	return w.steps, context.Cause(ctx)
}

// part is a step that is to be done.
type part struct {
	id string
	do func(ctx context.Context) (seen string, err error)
}

// chain does parts that need one another: after one that did not hold the rest
// is skipped.
func (w *walk) chain(ctx context.Context, parts ...part) bool {
	w.drain()
	held := true
	for _, p := range parts {
		if !held && ctx.Err() == nil {
			w.tell(Step{ID: p.id, Outcome: Skipped, Seen: w.say("slack.probe.before")})
			continue
		}
		held = w.do(ctx, p)
	}
	return held
}

// step does one thing by itself.
func (w *walk) step(ctx context.Context, id string, do func(context.Context) (string, error)) bool {
	return w.chain(ctx, part{id, do})
}

// drain forgets what happened before.
func (w *walk) drain() {
	for len(w.events) > 0 {
		<-w.events
	}
}

// do does one thing, within its time, and tells what came of it.
func (w *walk) do(ctx context.Context, p part) bool {
	if ctx.Err() != nil {
		return false
	}
	within, cancel := context.WithTimeoutCause(ctx, w.Wait, errLate)
	defer cancel()
	got, err := p.do(within)
	s := Step{ID: p.id, Outcome: Held, Seen: got}
	var other unlike
	var no *failure
	switch {
	case ctx.Err() != nil:
		return false
	case err == nil:
	case errors.Is(err, errSkip):
		s.Outcome = Skipped
	case errors.As(err, &other):
		s.Outcome, s.Seen = Failed, string(other)
	case within.Err() != nil:
		s.Outcome, s.Seen = Failed, w.say("slack.probe.late")
	case errors.As(err, &no):
		s.Outcome, s.Seen = Failed, no.Error()
	default:
		s.Outcome, s.Seen = Failed, err.Error()
	}
	w.tell(s)
	return s.Outcome == Held
}

func (w *walk) tell(s Step) {
	w.steps = append(w.steps, s)
	w.Tell(s)
}

// ask asks the person to do something, which is answered by answer.
func (w *walk) ask(id string, answer func(context.Context, adapters.Message) adapters.Answer) {
	w.mu.Lock()
	w.answer = answer
	w.mu.Unlock()
	w.request(id)
}

// request asks the person to do something. To go on counts from then.
func (w *walk) request(id string) {
	select {
	case <-w.Skip:
	default:
	}
	w.Ask(w.say(id))
}

// until waits for something to happen. Of the calls that are waited for, one
// that failed ends it.
func (w *walk) until(ctx context.Context, ok func(event) bool) error {
	for {
		select {
		case e := <-w.events:
			if ok(e) {
				return e.err
			}
		case <-w.Skip:
			return errSkip
		case <-w.ended:
			return w.why
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func called(method string) func(event) bool { return func(e event) bool { return e.method == method } }

func acted(ok func(adapters.Message) bool) func(event) bool {
	return func(e event) bool { return e.act != nil && ok(*e.act) }
}

func filling(token string) func(adapters.Message) bool {
	return func(m adapters.Message) bool { return m.Filled != nil && m.Filled.Token == token }
}

func (w *walk) happen(e event) {
	select {
	case w.events <- e:
	default: // nobody waits for it
	}
}

// Early implements adapters.Handler.
func (w *walk) Early(adapters.Message) *adapters.Reply { return nil }

// Handle implements adapters.Handler. Anybody else is told that his act is not
// taken in, and to call when there is danger.
func (w *walk) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	if m.From != address(w.Person) {
		text := w.a.opt.Say(cmp.Or(m.Lang, w.a.opt.Lang), "slack.probe.other", nil)
		return adapters.Answer{Notice: text, Stray: m.Press == "" && m.Filled == nil}, nil
	}
	w.mu.Lock()
	answer := w.answer
	w.mu.Unlock()
	var got adapters.Answer
	if answer != nil {
		got = answer(ctx, m)
	}
	w.happen(event{act: &m})
	return got, nil
}

// Changed implements adapters.Watcher.
func (w *walk) Changed(context.Context, adapters.Address) error {
	w.happen(event{changed: true})
	return nil
}

// say gives a text of the catalog, with pairs of a name and a value.
func (w *walk) say(id string, args ...string) string {
	all := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		all[args[i]] = args[i+1]
	}
	return w.a.opt.Say(w.a.opt.Lang, id, all)
}

// clean removes what was posted for the person and in the channel: what stands
// in the book, and beside it.
func (w *walk) clean(ctx context.Context, memory *scratch) {
	w.step(ctx, "slack.probe.clean", func(ctx context.Context) (string, error) {
		n, left := 0, error(nil)
		for channel, list := range map[string][]string{
			w.at.channel:    append(memory.keys("slot/"+w.at.channel), w.loose...),
			w.a.opt.Channel: memory.keys("slot/" + w.a.opt.Channel),
		} {
			for _, ts := range list {
				switch err := w.remove(ctx, channel, ts); {
				case err == nil:
					n++
				case !failed(err, []string{"message_not_found"}):
					left = err
				}
			}
		}
		return w.say("slack.probe.gone", "N", strconv.Itoa(n)), left
	})
}

// remove removes a message of the bot's.
func (w *walk) remove(ctx context.Context, channel, ts string) error {
	return w.a.call(ctx, "chat.delete", func(ctx context.Context) error {
		_, _, err := w.a.api.DeleteMessageContext(ctx, channel, ts)
		return err
	})
}
