package config

import (
	"maps"
	"math/bits"
	"slices"
)

// Reminders is when people are reminded of what they owe (DOMAIN chapter 4),
// and what the municipality wants to be reminded of beside that.
type Reminders struct {
	At     Clock  `yaml:"at"`  // of the one message a day
	Cap    int    `yaml:"cap"` // lines in one message
	Snooze Snooze `yaml:"snooze"`
	Clocks Clocks `yaml:"clocks"`
	// ChainMail reaches the ketenregisseur: reference and kind, nothing else.
	ChainMail string `yaml:"chain_mail"`
	Rounds    Rounds `yaml:"rounds"`
}

// Snooze limits how a deadline is put off in the reminders: how often, and for
// how many working days at most each time.
type Snooze struct {
	Times int `yaml:"times"`
	Days  int `yaml:"days"`
}

// Clocks is a Reminding for each of Terms.Clocks.
type Clocks struct {
	Read      Reminding `yaml:"read"`
	Enrich    Reminding `yaml:"enrich"`
	Decide    Reminding `yaml:"decide"`
	Care      Reminding `yaml:"care"`
	Ask       Reminding `yaml:"ask"`
	Feedback  Reminding `yaml:"feedback"`
	FirstWord Reminding `yaml:"first_word"`
	LastWord  Reminding `yaml:"last_word"`
	Interim   Reminding `yaml:"interim"`
	Rest      Reminding `yaml:"rest"`
	Confidant Reminding `yaml:"confidant"`
	Leak      Reminding `yaml:"leak"`
}

// Reminding is when a deadline is brought up, in working days: so many before,
// on the day itself, and then every Repeat. Substitute, Coordinator and Chain
// are how late it is when the other aandachtsfunctionarissen, the coördinatoren
// and the ketenregisseur hear of it too; 0 is never.
type Reminding struct {
	Before      int `yaml:"before"`
	Repeat      int `yaml:"repeat"`
	Substitute  int `yaml:"substitute"`
	Coordinator int `yaml:"coordinator"`
	Chain       int `yaml:"chain"`
}

// Of returns the Reminding of a clock, by its name in Terms.Clocks. One that
// nobody knows is brought up each day.
func (c Clocks) Of(clock string) Reminding {
	if r, ok := c.all()[clock]; ok {
		return r
	}
	return Reminding{Repeat: 1, Coordinator: 1}
}

func (c Clocks) all() map[string]Reminding {
	return map[string]Reminding{
		"read": c.Read, "enrich": c.Enrich, "decide": c.Decide, "care": c.Care, "ask": c.Ask, "feedback": c.Feedback,
		"firstword": c.FirstWord, "lastword": c.LastWord, "interim": c.Interim, "rest": c.Rest, "confidant": c.Confidant, "leak": c.Leak,
	}
}

// Rounds are the reminders that come round. Each is off without a schedule.
type Rounds struct {
	Question Round `yaml:"question"` // a question of one minute
	Meeting  Round `yaml:"meeting"`  // a kit for the werkoverleg
	Youth    Round `yaml:"youth"`    // R13: the officer's part in the aanpak jeugd
	Offer    Round `yaml:"offer"`    // the zorgaanbod, brought to the attention of others
	Rights   Round `yaml:"rights"`   // P16: the review of rights
	Contacts Round `yaml:"contacts"` // do names, numbers and addresses still hold?
	Figures  Round `yaml:"figures"`  // the charts of the last half-year, in the desk's channel
}

// All are the rounds by name.
func (r Rounds) All() map[string]Round {
	return map[string]Round{
		"question": r.Question, "meeting": r.Meeting, "youth": r.Youth, "offer": r.Offer, "rights": r.Rights, "contacts": r.Contacts, "figures": r.Figures,
	}
}

// Round is something that comes round, at most once a day, and to whom it goes:
// "officers", "coordinators" or the address of a channel.
type Round struct {
	Schedule Schedule `yaml:"schedule"`
	To       []string `yaml:"to"`
}

// The roles that a Round can name.
const (
	RoleOfficers     = "officers"
	RoleCoordinators = "coordinators"
)

// reminders checks that everything is brought up, at an hour that people work.
func (v *validator) reminders() {
	r := v.c.Reminders
	if r.At < v.c.OfficeHours.From || r.At >= v.c.OfficeHours.To {
		v.fail("reminders.at", "config.reminders.at", nil)
	}
	for _, n := range []struct {
		key            string
		n, least, most int
	}{
		{"cap", r.Cap, 1, 20}, {"snooze.times", r.Snooze.Times, 0, 10}, {"snooze.days", r.Snooze.Days, 1, 20},
	} {
		v.within("reminders."+n.key, n.n, n.least, n.most)
	}
	names := map[string]string{"firstword": "first_word", "lastword": "last_word"}
	clocks := r.Clocks.all()
	for _, clock := range slices.Sorted(maps.Keys(clocks)) {
		c, name := clocks[clock], clock
		if long, ok := names[clock]; ok {
			name = long
		}
		key := "reminders.clocks." + name
		v.within(key+".before", c.Before, 0, 20)
		v.within(key+".repeat", c.Repeat, 1, 60)
		v.within(key+".substitute", c.Substitute, 0, 250)
		v.within(key+".coordinator", c.Coordinator, 0, 250)
		v.within(key+".chain", c.Chain, 0, 250)
	}
	if r.ChainMail != "" && !mailbox(r.ChainMail) {
		v.fail("reminders.chain_mail", "config.mail", nil)
	}
	v.rounds()
}

func (v *validator) rounds() {
	all := v.c.Reminders.Rounds.All()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r, key := all[name], "reminders.rounds."+name
		for i, to := range r.To {
			if !slices.Contains([]string{RoleOfficers, RoleCoordinators}, to) && !who.MatchString(to) {
				v.fail(indexed(key+".to", i), "config.round.to", nil)
			}
		}
		if r.Schedule == "" {
			continue
		}
		v.schedule(key+".schedule", r.Schedule)
		const star = 1 << 63
		if p, err := r.Schedule.parse(); err == nil && (bits.OnesCount64(p.Hour&^star) > 1 || bits.OnesCount64(p.Minute&^star) > 1) {
			v.fail(key+".schedule", "config.round.often", nil)
		}
		if name == "figures" && slices.ContainsFunc(r.To, func(to string) bool { return to != RoleCoordinators }) {
			v.fail(key+".to", "config.round.coordinators", nil)
		}
		if len(r.To) == 0 {
			v.fail(key+".to", "config.round.nobody", nil)
		}
	}
}

func (v *validator) within(key string, n, least, most int) {
	if n < least || n > most {
		v.fail(key, "config.range", args{"Least": least, "Most": most})
	}
}

// reminders tells who would not hear of what is late.
func (k *checker) reminders() {
	r := k.c.Reminders
	chain := false
	for _, c := range r.Clocks.all() {
		chain = chain || c.Chain > 0
	}
	if chain && (r.ChainMail == "" || !k.c.Mail.On()) {
		k.find(Warning, "check.reminders.chain", nil)
	}
	if r.Rounds.Contacts.Schedule == "" {
		k.find(Warning, "check.reminders.contacts", nil)
	}
}
