// Package adaptertest is what every adapter must do, as tests. A platform's
// own test says how a person types, presses, fills in and looks on that
// platform; Test does the rest, the same for all.
//
// It is not the test of a platform's own doings (headers, reconnecting,
// signatures): those stand beside the adapter.
package adaptertest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
)

// patience is how long something may take to be seen. It is only waited out
// by a test that fails.
const patience = 10 * time.Second

// Open starts the adapter under test with handler h and waits until it takes
// messages. What it starts ends with t.
type Open func(t *testing.T, h adapters.Handler) *Platform

// Platform is a running adapter and the people who use it.
type Platform struct {
	Adapter adapters.Adapter
	// People have a direct dialogue each.
	People [2]adapters.Address
	// Unknown is an address of this platform that nobody has.
	Unknown adapters.Address
	// Tab opens a window on the person's dialogue; several may be open.
	Tab func(t *testing.T, person adapters.Address) Tab
	// Restart ends Run and starts a new adapter over the same memory. Open
	// tabs stay open.
	Restart func(t *testing.T) adapters.Adapter
	// Stop ends the context of Run and returns what Run returned.
	Stop func() error
	// Fetch opens the page of a file, types a code and presses its button.
	// Nil where the adapter has no Pages.
	Fetch func(t *testing.T, url, code string) Fetched
	// Break makes the memory fail, or work again.
	Break func(on bool)
}

// Tab is a window of a person.
type Tab interface {
	Hand
	Eye
}

// Hand is what a person can do. Each returns when the platform has answered.
type Hand interface {
	Type(text string)
	// Press presses the newest button with this label.
	Press(label string)
	// Fill fills in the open form and leaves it by the act with this value,
	// or by its Submit when act is "".
	Fill(act string, values map[string][]string)
	// Redeliver brings the last of these again, as the same event.
	Redeliver()
}

// Eye is what a person can see.
type Eye interface {
	// Await returns the first view for which ok holds. It fails the test,
	// naming what, when there is none in time.
	Await(what string, ok func(View) bool) View
}

// View is what is on a tab now.
type View struct {
	Posts  []Post // in order, without what the person himself did
	Form   *Form  // the open form, nil when there is none
	Notice string
}

// Post is a message as it is seen: marks taken away, white space collapsed.
type Post struct {
	Text    string
	Choices []string
	Quiet   bool
	Picture *Picture // nil when it has none
}

// Form is an open form as it is seen.
type Form struct {
	Title, Text string
	Link        string              // the address that it offers to open
	Values      map[string][]string // what stands in its fields
	Errors      map[string]string
}

// Test runs the whole contract against the adapter that open starts. Each part
// opens its own.
func Test(t *testing.T, open Open) {
	for name, f := range map[string]func(*testing.T, Open){
		"Send": testSend, "Over": testOver, "Gone": testGone, "Limits": testLimits, "Hostile": testHostile,
		"Message": testMessage, "Press": testPress, "Serial": testSerial, "Tabs": testTabs,
		"Failure": testFailure, "Early": testEarly, "EarlyAlone": testEarlyAlone,
		"Form": testForm, "FormErrors": testFormErrors, "FormFailure": testFormFailure,
		"File": testFile, "Picture": testPicture, "PictureUnfit": testPictureUnfit, "Restart": testRestart, "Stop": testStop,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, open)
		})
	}
}

// TestOneWay runs what holds for a platform that takes nothing in, such as
// mail: Platform needs no Restart, and its Tab is only looked through.
func TestOneWay(t *testing.T, open Open) {
	for name, f := range map[string]func(*testing.T, Open){
		"Once": testOnce, "Gone": testGone, "Limits": testLimits, "Stop": testStop,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, open)
		})
	}
}

// bot is the handler of the tests. Its functions may be changed while it runs.
type bot struct {
	mu     sync.Mutex
	early  func(adapters.Message) *adapters.Reply
	handle func(context.Context, adapters.Message) (adapters.Answer, error)
	got    []adapters.Message
}

func (b *bot) Early(m adapters.Message) *adapters.Reply {
	b.mu.Lock()
	f := b.early
	b.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(m)
}

func (b *bot) Handle(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
	b.mu.Lock()
	b.got = append(b.got, m)
	f := b.handle
	b.mu.Unlock()
	if f == nil {
		return adapters.Answer{}, nil
	}
	return f(ctx, m)
}

func (b *bot) does(f func(context.Context, adapters.Message) (adapters.Answer, error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handle = f
}

// messages are what the handler was given, oldest first.
func (b *bot) messages() []adapters.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]adapters.Message(nil), b.got...)
}

// last is the newest message; without one the test fails.
func (b *bot) last(t *testing.T) adapters.Message {
	t.Helper()
	all := b.messages()
	if len(all) == 0 {
		t.Fatal("the handler was given nothing")
	}
	return all[len(all)-1]
}

func send(t *testing.T, a adapters.Adapter, to adapters.Address, r adapters.Reply) {
	t.Helper()
	if err := a.Send(t.Context(), to, r); err != nil {
		t.Fatalf("send: %v", err)
	}
}

func texts(v View) []string {
	var out []string
	for _, p := range v.Posts {
		out = append(out, p.Text)
	}
	return out
}

// sees reports that the newest post reads text.
func sees(text string) func(View) bool {
	return func(v View) bool { return len(v.Posts) > 0 && v.Posts[len(v.Posts)-1].Text == text }
}
