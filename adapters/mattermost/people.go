package mattermost

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// personTime is how long it is remembered who somebody is. Whoever presses or
// submits is looked at anew.
const personTime = time.Minute

// maxPeople bounds who is remembered.
const maxPeople = 10_000

// person is an account.
type person struct {
	ID, username     string
	Name             private.Text
	Lang             string // "nl", "en" or "" for another language
	Bot, Guest, Gone bool
}

func newPerson(u *model.User) person {
	p := person{ID: u.Id, username: u.Username, Name: private.New(u.GetDisplayName(model.ShowFullName)), Bot: u.IsBot, Guest: u.IsGuest(), Gone: u.DeleteAt != 0}
	if lang, _, _ := strings.Cut(u.Locale, "-"); lang == "nl" || lang == "en" {
		p.Lang = lang
	}
	return p
}

// people remembers who is who, for a short while, and where each one's direct
// messages are, which never changes.
type people struct {
	client *client
	mu     sync.Mutex
	known  map[string]known
	direct map[string]string // channel by person
	self   *person           // the bot
}

type known struct {
	person
	until time.Time
}

func newPeople(c *client) *people {
	return &people{client: c, known: map[string]known{}, direct: map[string]string{}}
}

// me is the bot itself.
func (p *people) me(ctx context.Context) (person, error) {
	p.mu.Lock()
	self := p.self
	p.mu.Unlock()
	if self != nil {
		return *self, nil
	}
	return p.look(ctx)
}

// look asks anew who the bot is: the way to know whether its token still
// counts.
func (p *people) look(ctx context.Context) (person, error) {
	u, res, err := p.client.GetMe(ctx, "")
	if err != nil {
		return person{}, failed("get the bot", res, err)
	}
	me := newPerson(u)
	p.mu.Lock()
	p.self = &me
	p.mu.Unlock()
	return me, nil
}

// get says who somebody is, as known for at most personTime.
func (p *people) get(ctx context.Context, id string) (person, error) {
	p.mu.Lock()
	k, ok := p.known[id]
	p.mu.Unlock()
	if ok && time.Now().Before(k.until) {
		return k.person, nil
	}
	return p.fresh(ctx, id)
}

// fresh says who somebody is now. Whoever is not there is ErrGone.
func (p *people) fresh(ctx context.Context, id string) (person, error) {
	if !model.IsValidId(id) {
		return person{}, adapters.ErrGone
	}
	u, res, err := p.client.GetUser(ctx, id, "")
	if err = failed("get a user", res, err); status(err) == http.StatusNotFound {
		return person{}, fmt.Errorf("%w: %w", adapters.ErrGone, err)
	}
	if err != nil {
		return person{}, err
	}
	who := newPerson(u)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= maxPeople {
		clear(p.known)
	}
	p.known[id] = known{who, time.Now().Add(personTime)}
	return who, nil
}

// forget makes the next get ask anew.
func (p *people) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, id)
}

// channel is where somebody's direct messages with the bot are. It is ErrGone
// for who is not there, or was deactivated.
func (p *people) channel(ctx context.Context, id string) (string, error) {
	who, err := p.get(ctx, id)
	if err != nil {
		return "", err
	}
	if who.Gone || who.Bot {
		return "", adapters.ErrGone
	}
	p.mu.Lock()
	channel := p.direct[id]
	p.mu.Unlock()
	if channel != "" {
		return channel, nil
	}
	me, err := p.me(ctx)
	if err != nil {
		return "", err
	}
	c, res, err := p.client.CreateDirectChannel(ctx, me.ID, id)
	if err != nil {
		return "", failed("open a direct channel", res, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.direct) >= maxPeople {
		clear(p.direct)
	}
	p.direct[id] = c.Id
	return c.Id, nil
}

// partner is who reads a direct channel beside the bot: its name is both ids,
// in order. ok is false for a channel that is not one of the bot and a person.
func (p *people) partner(me, kind, name string) (id string, ok bool) {
	a, b, ok := strings.Cut(name, "__")
	if !ok || kind != string(model.ChannelTypeDirect) || a == b || !model.IsValidId(a) || !model.IsValidId(b) {
		return "", false
	}
	switch me {
	case a:
		return b, true
	case b:
		return a, true
	}
	return "", false
}
