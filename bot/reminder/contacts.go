package reminder

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// registerContacts keeps on which day a partner or number was confirmed, by its
// key in the configuration.
const registerContacts = "contacts"

// contact is a partner or a number of the configuration.
type contact struct {
	key, name, reach, owner string
	checked                 config.Date
}

// perField is how many boxes a group holds on Slack.
const perField = 10

// known are the contacts that have something to check.
func (r *Reminder) known() []contact {
	c, lang := r.o.Config, r.o.Config.Municipality.Language
	var out []contact
	add := func(x contact, confirmed bool, reach ...string) {
		x.reach = strings.Join(slices.DeleteFunc(reach, func(s string) bool { return s == "" }), "\n")
		if !confirmed {
			x.checked = config.Date{}
		}
		if x.reach != "" {
			out = append(out, x)
		}
	}
	for _, p := range c.Partners {
		add(contact{key: "partners." + p.Code, name: p.Name.In(lang), owner: p.Owner, checked: p.Checked}, p.Confirmed, p.Phone, p.Mail, p.Web)
	}
	for _, h := range c.Helplines {
		if h.Code != config.Emergency {
			add(contact{key: "helplines." + h.Code, name: h.Name.In(lang), owner: h.Owner, checked: h.Checked}, h.Confirmed, h.Number)
		}
	}
	for _, x := range []struct {
		key string
		config.Contact
	}{{"confidant", c.Contacts.Confidant}, {"coordinator", c.Contacts.Coordinator}} {
		add(contact{key: "contacts." + x.key, name: cmp.Or(x.Name, x.key)}, x.Confirmed, x.Number)
	}
	return out
}

// confirmed is the register: a day by key.
func confirmed(body private.Text) (map[string]config.Date, error) {
	out := map[string]config.Date{}
	if body.Empty() {
		return out, nil
	}
	if err := json.Unmarshal([]byte(body.Reveal()), &out); err != nil {
		return nil, fmt.Errorf("reminder: register %s: %w", registerContacts, err)
	}
	return out, nil
}

// old are those contacts that nobody confirmed for a year, by the configuration
// or in the chat.
func (r *Reminder) old(known []contact, done map[string]config.Date, today config.Date) []contact {
	since := config.DateOf(today.At(0, time.UTC).AddDate(-1, 0, 0))
	return slices.DeleteFunc(known, func(x contact) bool {
		return x.checked.Compare(since) > 0 || done[x.key].Compare(since) > 0
	})
}

// unchecked are the contacts to ask about now.
func (r *Reminder) unchecked(ctx context.Context) ([]contact, error) {
	body, err := r.o.Store.Register(ctx, registerContacts)
	if err != nil {
		return nil, err
	}
	done, err := confirmed(body)
	return r.old(r.known(), done, r.o.Calendar.Date(r.o.Now())), err
}

// owners are whose task some of the contacts are, where that is an address.
func (r *Reminder) owners(of []contact) []store.Person {
	var out []store.Person
	for _, x := range of {
		if platform, _, ok := strings.Cut(x.owner, ":"); ok && r.o.Senders[platform] != nil {
			out = append(out, private.New(x.owner))
		}
	}
	return out
}

// withCheck puts the button "Nakijken" under a reply.
func (r *Reminder) withCheck(ctx context.Context, to store.Person, reply *adapters.Reply) error {
	at, err := adapters.ParseAddress(to.Reveal())
	if err != nil {
		return err
	}
	token, err := r.press(ctx, kindContacts, reply.Key, at)
	reply.Choices = []adapters.Choice{{Token: token, Label: r.say("", "remind.contacts.check", nil), Tone: adapters.ToneMain}}
	return err
}

// contacts opens the form in which they are confirmed, some at a time.
func (x act) contacts(ctx context.Context) (adapters.Answer, error) {
	r, lang := x.r, x.m.Lang
	due, err := r.unchecked(ctx)
	if err != nil {
		return adapters.Answer{}, err
	}
	if len(due) == 0 {
		return x.notice("remind.contacts.none", nil), nil
	}
	token, err := x.form(ctx, kindConfirm)
	if err != nil {
		return adapters.Answer{}, err
	}
	f := &adapters.Form{
		Token: token, Title: r.say(lang, "remind.contacts.title", nil), Intro: r.say(lang, "remind.contacts.intro", nil),
		Submit: r.say(lang, "remind.contacts.save", nil),
	}
	for i, c := range due[:min(len(due), 2*perField)] {
		if i%perField == 0 {
			name := []string{"right", "more"}[i/perField]
			label := r.say(lang, "remind.contacts."+name, nil)
			f.Fields = append(f.Fields, adapters.Field{Name: name, Label: label, Short: label, Kind: adapters.Many, Optional: true})
		}
		f.Facts = append(f.Facts, adapters.Fact{Label: c.name, Value: private.New(c.reach)})
		last := &f.Fields[len(f.Fields)-1]
		last.Options = append(last.Options, adapters.Option{Value: c.key, Label: c.name})
	}
	return adapters.Answer{Form: f}, nil
}

// confirm writes down what was right.
func (x act) confirm(ctx context.Context) (adapters.Answer, error) {
	r, left := x.r, 0
	e := store.Event{
		ID: x.m.From.Platform + "/" + x.m.ID, Person: private.New(x.m.From.Key()), Token: x.token, Registers: []string{registerContacts},
	}
	out, err := r.o.Store.Turn(ctx, e, func(v store.View) (store.Effects, error) {
		if v.Token == nil {
			return store.Effects{}, store.ErrNotFound
		}
		done, err := confirmed(v.Registers[registerContacts])
		if err != nil {
			return store.Effects{}, err
		}
		today := r.o.Calendar.Date(v.Now)
		for _, c := range r.known() {
			for _, field := range []string{"right", "more"} {
				if slices.Contains(x.m.Filled.Values[field], private.New(c.key)) {
					done[c.key] = today
				}
			}
		}
		left = len(r.old(r.known(), done, today))
		body, err := json.Marshal(done)
		return store.Effects{
			UseUp: true, Registers: map[string]private.Text{registerContacts: private.New(string(body))},
			Journal: []store.Line{{Action: "contacts.confirmed", Person: e.Person, Outcome: "ok"}},
		}, err
	})
	if err != nil {
		return adapters.Answer{}, err
	}
	if out.Duplicate {
		due, err := r.unchecked(ctx)
		return x.notice("remind.contacts.done", map[string]any{"Count": len(due)}), err
	}
	return x.notice("remind.contacts.done", map[string]any{"Count": left}), nil
}
