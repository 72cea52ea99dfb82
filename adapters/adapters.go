// Package adapters is the contract between the bot and a chat platform.
//
// An adapter turns what happens on its platform into a Message, hands it to a
// Handler, and shows the Replies and Forms that it is given. It knows nothing
// of signals, flows or the store. The platforms are the child packages (web,
// mattermost, slack, mail); what every one of them must do is in adaptertest;
// who sends what is decided in bot/dialogue, bot/desk and bot/reminder.
package adapters

import (
	"context"
	"errors"
	"time"

	"github.com/meldroute/meldroute/config/private"
)

// Errors of Send and Room. Any other error may go away by trying again.
var (
	// ErrGone says that the address will never take a message: trying again
	// does not help.
	ErrGone = errors.New("adapters: address is gone")
	// ErrUnfit says that a reply or form does not fit the platform's limits.
	ErrUnfit = errors.New("adapters: does not fit this platform")
)

// Adapter is one chat platform. Its methods are safe for concurrent use.
type Adapter interface {
	Sender
	// Name is the platform's name, the first part of its addresses.
	Name() string
	// Limits says what the platform can show.
	Limits() Limits
	// Run takes in messages and hands each to h until ctx ends; it reconnects
	// by itself and catches up on what it missed. It returns nil when ctx has
	// ended and an error when going on is of no use (a revoked token).
	// Messages of one person are handed over one at a time, in order; those
	// of different people side by side.
	Run(ctx context.Context, h Handler) error
}

// Sender shows replies.
type Sender interface {
	// Send shows r at an address of this platform. Two sends with the same
	// Key to the same address are visible once, wherever the platform lets
	// the adapter look before it repeats.
	Send(ctx context.Context, to Address, r Reply) error
}

// Rooms is the optional ability to say who reads a place.
type Rooms interface {
	// Room looks at a place afresh. An error means that nobody knows: treat
	// the room as unfit. ErrGone says that it is not there, or no longer for
	// the bot; any other error may go away.
	Room(ctx context.Context, at Address) (Room, error)
}

// Queue is the optional ability to say how much there is to do.
type Queue interface {
	// Waiting is how many acts came in and are not done.
	Waiting() int
}

// Room is a place that several people read. The bot itself is left out.
type Room struct {
	Private bool
	Members []Member
}

// Member is somebody who reads a room.
type Member struct {
	Address    Address
	Guest, Bot bool
}

// Handler is the bot, as an adapter sees it.
type Handler interface {
	// Early returns what the person must read at once, before anything is
	// stored: the 112 message (P39). It does no I/O and never blocks. The
	// adapter shows it before it calls Handle, also when nothing else works.
	// Nil, nearly always, means nothing.
	Early(m Message) *Reply
	// Handle takes one message. An error means: not taken, do not
	// acknowledge, the platform may bring it again. The Answer counts even
	// beside an error: it then says in words that it went wrong.
	Handle(ctx context.Context, m Message) (Answer, error)
}

// Message is something that a person did: typed, pressed or filled in.
type Message struct {
	ID     string       // the platform's id of this event, the same when it is delivered again
	From   Address      // the person, by immutable platform id
	Name   private.Text // the person's display name, where the platform tells it
	At     Address      // where it happened; replies in a direct dialogue go here
	Direct bool         // only the person and the bot read At
	Lang   string       // "nl" or "en" where the platform knows, else ""
	Text   private.Text // what was typed
	Files  int          // how many attachments came along; they are never fetched (P4)
	Press  string       // the Token of the choice that was pressed
	Filled *Filled      // the form that was submitted
	Sent   time.Time    // by the platform's clock
}

// Filled is a submitted form.
type Filled struct {
	Token  string
	Act    string // the Value of the Act used in place of Submit, "" for Submit
	Values Values
}

// Answer is what the person who acted gets back at once, seen by nobody else
// and kept nowhere. Messages that stay are sent through Sender.
type Answer struct {
	// Errors says in words what is wrong, by field name ("" for the whole
	// form). The form stays open with what was filled in.
	Errors map[string]string
	// Form is opened, in place of the form that was just submitted.
	Form *Form
	// Notice is a short text such as "Deze vraag is al beantwoord."
	Notice string
	// Stray says that what was typed, or came along with it, was not taken in
	// and may hold anything: where it stays in sight, the person is told how to
	// remove it.
	Stray bool
}

// TokenDanger is the one press that is no secret and needs no store: whoever
// presses it reads 112 first and then begins the acute path of his own
// dialogue. Every first message carries it (P39).
const TokenDanger = "gevaar"

// TokenReport is the press that begins a report, for where a platform has
// places of its own to begin: a command, a Home tab. It is no secret: it does in
// the presser's own dialogue what typing the word does.
const TokenReport = "cmd-report"

// Reply is a message that stays in the chat. Its texts hold no personal data
// and no free text (promise 2).
type Reply struct {
	// Key names the reply for its address: sent twice, it is visible once.
	Key string
	// Over is the Key of an earlier reply at the same address, which this
	// one replaces in its place. Where that cannot be, it is shown anew. Either
	// way the earlier one does not come any more, also when its own send is late.
	Over string
	// Change is what changed, in one line, when this reply replaces another.
	// Where a post has a thread it stands there, so that the post gathers its
	// history; elsewhere Text says it.
	Change string
	// Text is plain, with paragraphs parted by an empty line, lines that
	// begin with "- " as a list, and **bold**. Adapters escape all else.
	Text    string
	Choices []Choice
	// Step and Of are the progress ("Stap 3 van 7"); Of 0 means none.
	Step, Of int
	// Lang is the language of Text, "nl" or "en", for what an adapter adds to
	// it; "" leaves that to the adapter.
	Lang string
	// Urgent asks for the platform's own mark of importance.
	Urgent bool
	// Quiet is for what replaces an answered question: shown small.
	Quiet bool
}

// Choice is a button under a reply.
type Choice struct {
	// Token is an opaque capability; nothing else rides on a button (D8).
	Token string
	Label string
	// Key is what can be typed in its place: "1", "2", …
	Key  string
	Tone Tone
}

// Tone is how strongly a choice is shown.
type Tone string

// The tones of a choice.
const (
	TonePlain  Tone = ""
	ToneMain   Tone = "main"   // the way on
	ToneDanger Tone = "danger" // 112, erase
	ToneQuiet  Tone = "quiet"  // back, help
)

// Form is a window that one person fills in: a Slack modal, a Mattermost
// dialog, an HTML form. What is typed in it never becomes a message.
type Form struct {
	// Token is an opaque capability, bound to person, step and revision.
	Token        string
	Title, Intro string
	Submit       string // label of the button; "" for a form that is only read
	Step, Of     int
	Lang         string // as of a Reply
	// Link is shown above all else. Where a form cannot hold one, its label,
	// address and note stand in the intro.
	Link      *Link
	Facts     []Fact // shown above the fields, to be read
	Fields    []Field
	Acts      []Act // other ways out of the form
	Sensitive bool  // holds content: shown to this person only, never cached
}

// Fact is a line to read: a label and its value. Without a value it is a
// heading.
type Fact struct {
	Label string
	Value private.Text
	// Tone marks what must be done first (ToneMain), or is too late already
	// (ToneDanger). Where facts all look the same, these stand first.
	Tone Tone
}

// Act is a button of a form beside Submit. Fields need not be valid for it.
type Act struct {
	Value, Label string
	Tone         Tone
	// Group is the heading under which acts stand together, one group after
	// the other. In a form with groups, acts without one are at hand: they
	// stand with the facts that have a Tone. Where there is no room for
	// headings, all acts stand in their order.
	Group string
	// Under is the name of the field that it stands under; where that cannot
	// be, it stands with the others.
	Under string
}

// Field is one question of a form.
type Field struct {
	Name  string
	Label string
	Short string // a label of at most 24 bytes, for Mattermost dialogs
	Help  string
	Kind  Kind
	// Optional fields may stay empty.
	Optional bool
	Max      int // runes, for Line and Area
	Options  []Option
	Value    []private.Text // what stands in it at first
}

// Kind is how a field is filled in.
type Kind string

// The kinds of a field.
const (
	Line  Kind = "line"  // one line of text
	Area  Kind = "area"  // several lines
	One   Kind = "one"   // one of Options
	Many  Kind = "many"  // any of Options
	Date  Kind = "date"  // yyyy-mm-dd
	Phone Kind = "phone" // one line, a phone number
)

// Option is one possible answer of One and Many.
type Option struct {
	Value string
	Label string // at most 75 runes, so that it fits everywhere
	Help  string
	// Alone clears the other options of Many ("Geen van deze").
	Alone bool
}

// Item is something that an adapter keeps: a cursor, a post, a replay key.
type Item struct {
	Scope, Key string
	Value      []byte
	// Seq orders the items of a scope; set by Put, never by the caller.
	Seq int64
	// Until is when it may be forgotten; zero keeps it.
	Until time.Time
}

// Memory is what an adapter may keep between runs, for all replicas. It is
// sealed by the store; scopes and keys are hashed. run.go hands it in.
type Memory interface {
	// Get returns ok false when there is nothing, or it is past its Until.
	Get(ctx context.Context, scope, key string) (it Item, ok bool, err error)
	// Put writes an item; fresh is false when the key was there already and
	// its value is replaced. The item keeps its first Seq.
	Put(ctx context.Context, it Item) (seq int64, fresh bool, err error)
	// List returns a scope's items with Seq > after, in order of Seq, at
	// most limit.
	List(ctx context.Context, scope string, after int64, limit int) ([]Item, error)
	// Forget removes an item, or with key "" a whole scope.
	Forget(ctx context.Context, scope, key string) error
}
