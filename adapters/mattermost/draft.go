package mattermost

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
)

// maxPost is the longest post of a server that does not say another, in runes
// (server/public/model, post.go).
const maxPost = model.PostMessageMaxRunesV2

// propMark is the property of a post that says which reply it shows. Readers of
// the channel and the server's audit log see it: it tells them nothing.
const propMark = "meldroute"

// pressLife is how long a button can be pressed: as long as its post can stand.
const pressLife = recordLife

// mark is what propMark holds.
type mark struct {
	Name  string `json:"k"`
	Sum   string `json:"s"`
	Part  int    `json:"i"`
	Of    int    `json:"n"`
	Quiet bool   `json:"q,omitempty"`
	Note  bool   `json:"t,omitempty"` // an answer that is not part of the dialogue
}

func markOf(p *model.Post) (m mark) {
	if v := p.GetProp(propMark); v != nil {
		if b, err := json.Marshal(v); err == nil {
			_ = json.Unmarshal(b, &m) // what is none has no name
		}
	}
	return m
}

// draft is a reply on its way to be posts.
type draft struct {
	key, over string
	under     string // the key of the reply whose thread it stands in
	root      string // the first post of that reply
	name      string // the keyed name of key in its channel
	channel   string
	sum       string
	texts     []string // one for each post
	buttons   []adapters.Choice
	list      string // the choices, where they are typed
	choices   []choice
	quiet     bool
	past      string // what stays of what it replaces, when it is shown under all else
	note      bool
	urgent    bool
	picture   *adapters.Picture // in the last post
	form      string            // the state of a form that waits, which its button opens
}

// draft renders a reply for an address.
func (a *Adapter) draft(ctx context.Context, to adapters.Address, r adapters.Reply) draft {
	d := draft{key: r.Key, over: r.Over, quiet: r.Quiet, urgent: r.Urgent}
	if !r.Quiet && traceOf(ctx).sunk() {
		d.past = a.say(a.lang(ctx, to), "mattermost.filled")
	}
	all, _ := json.Marshal(struct {
		Text                   string
		Choices                []adapters.Choice
		Step, Of               int
		Urgent, Quiet, Buttons bool
	}{r.Text, r.Choices, r.Step, r.Of, r.Urgent, r.Quiet, a.opt.Callback.On()})
	d.sum = hash(string(all))
	text := markdown(r.Text)
	if r.Of > 0 {
		lang := cmp.Or(r.Lang, a.lang(ctx, to))
		text = "*" + a.opt.Say(lang, "mattermost.step", map[string]any{"Step": strconv.Itoa(r.Step), "Of": strconv.Itoa(r.Of)}) + "*\n\n" + text
	}
	d.texts = parts(text, int(a.longest.Load()))
	for _, c := range r.Choices {
		if c.Key != "" && c.Token != "" {
			d.choices = append(d.choices, choice{c.Key, c.Token})
		}
	}
	switch {
	case a.opt.Callback.On():
		d.buttons = r.Choices
	case to.ID.Reveal() != a.opt.Channel: // there nothing can be typed to the bot
		d.list = choiceList(r.Choices)
	}
	return d
}

// change is what a reply says that is new, for the thread of its post.
func (a *Adapter) change(r adapters.Reply) draft {
	return draft{key: "change." + r.Key, under: r.Key, texts: parts(markdown(r.Change), int(a.longest.Load())), sum: hash(r.Change)}
}

// choiceList are choices to type: by number where they have one.
func choiceList(choices []adapters.Choice) string {
	text := ""
	for _, c := range choices {
		if text != "" {
			text += "\n"
		}
		if c.Key != "" {
			text += "**" + literal(c.Key) + "** "
		} else {
			text += breaker + "· "
		}
		text += literal(c.Label)
	}
	return text
}

// note is an answer to one person, in his direct channel where nothing else can
// be: it replaces nothing and is kept nowhere.
func (a *Adapter) note(key, text string) draft {
	d := draft{key: "note." + key, note: true, texts: parts(markdown(text), int(a.longest.Load()))}
	d.sum = hash(text)
	return d
}

// lang is the language of whoever reads an address.
func (a *Adapter) lang(ctx context.Context, to adapters.Address) string {
	if id := to.ID.Reveal(); id != a.opt.Channel {
		if who, err := a.people.get(ctx, id); err == nil && who.Lang != "" {
			return who.Lang
		}
	}
	return a.opt.Lang
}

// props are the properties of part i of a draft: its mark and, on the last one,
// its choices.
func (a *Adapter) props(ctx context.Context, d draft, i int) (model.StringInterface, error) {
	props := model.StringInterface{
		propMark:   mark{Name: d.name, Sum: d.sum, Part: i, Of: len(d.texts), Quiet: d.quiet, Note: d.note},
		"from_bot": "true",
	}
	if i < len(d.texts)-1 {
		return props, nil
	}
	at := &model.MessageAttachment{Text: d.list}
	for n, c := range d.buttons {
		action, err := a.button(ctx, d, n, c)
		if err != nil {
			return nil, err
		}
		at.Actions = append(at.Actions, action)
	}
	if at.Text != "" || len(at.Actions) > 0 {
		props["attachments"] = []*model.MessageAttachment{at}
	}
	return props, nil
}

// press is what a button carries: sealed, for its channel.
type press struct {
	Token   string `json:"t"`
	Name    string `json:"k"`           // of the reply that it stands under
	Form    string `json:"f,omitempty"` // or the state of a form that waits
	Expires int64  `json:"x"`
}

// button is a choice as an action. Its id is letters and digits only: with any
// other character the server does not find it.
func (a *Adapter) button(ctx context.Context, d draft, n int, c adapters.Choice) (*model.PostAction, error) {
	plain, err := json.Marshal(press{Token: c.Token, Name: d.name, Form: d.form, Expires: a.opt.Now().Add(pressLife).Unix()})
	if err != nil {
		return nil, err
	}
	sealed, err := a.secret.seal(ctx, plain, "press", d.channel)
	if err != nil {
		return nil, err
	}
	address, err := a.callbackURL(ctx, pathPress)
	if err != nil {
		return nil, err
	}
	style := map[adapters.Tone]string{adapters.ToneMain: "primary", adapters.ToneDanger: "danger"}[c.Tone]
	return &model.PostAction{
		Id: "a" + strconv.Itoa(n), Type: model.PostActionTypeButton, Name: label(c.Label), Style: style,
		Integration: &model.PostActionIntegration{URL: address, Context: map[string]any{"s": sealed}},
	}, nil
}

// skew is how far the server's clock is ahead of ours: a message says when it
// was sent by the one, and is compared with what was asked by the other.
type skew struct{ ms atomic.Int64 }

// measure learns from a post that was made between two moments of ours.
func (s *skew) measure(began, ended time.Time, createAt int64) {
	s.ms.Store(createAt - began.Add(ended.Sub(began)/2).UnixMilli())
}

// ours is a moment of the server's clock by ours.
func (s *skew) ours(createAt int64) time.Time {
	return time.UnixMilli(createAt - s.ms.Load()).UTC()
}
