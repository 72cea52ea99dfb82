package config

import (
	"slices"
	"time"
)

// Copen is the half-yearly meeting of the aandachtsfunctionarissen of the
// municipalities in the Copen area (policy 3.1, T10). It belongs to the
// coördinator.
type Copen struct {
	// Schedule is when the meetings of a year are meant to be; one on a free
	// day moves to the next working day. Empty: there are none.
	Schedule Schedule `yaml:"schedule"`
	Length   Span     `yaml:"length"`
	Place    string   `yaml:"place"` // stands in the invitation
	// PlanWeeks before the meeting the coördinator is asked to plan it.
	PlanWeeks int `yaml:"plan_weeks"`
	// RemindWeeks and RemindWorkdays are how long before the meeting
	// everybody is reminded; the first of RemindWeeks asks for contributions.
	RemindWeeks    []int `yaml:"remind_weeks"`
	RemindWorkdays int   `yaml:"remind_workdays"`
	PackWeeks      int   `yaml:"pack_weeks"`    // before: the figures are ready
	MinutesWeeks   int   `yaml:"minutes_weeks"` // after: are the minutes there?
	AlarmDays      int   `yaml:"alarm_days"`    // without a meeting: an alarm
	// Poll asks the participants which date suits them; Quorum is how many
	// municipalities must be able to come then, 0 for any number.
	Poll         bool          `yaml:"poll"`
	Quorum       int           `yaml:"quorum"`
	Participants []Participant `yaml:"participants"`
}

// Participant is who comes from a municipality.
type Participant struct {
	Municipality string `yaml:"municipality" must:"true"`
	Name         string `yaml:"name" must:"true"`
	// Person is his address: in the chat, or mail: and a mail address. Empty:
	// still to fill in.
	Person    Who  `yaml:"person"`
	Confirmed bool `yaml:"confirmed"` // somebody asked, and it is right
	Bot       bool `yaml:"bot"`       // they have this bot too, and so a pack of their own
}

// Full is how the participant is called in a list.
func (p Participant) Full() string { return p.Municipality + ", " + p.Name }

// Municipalities are those of the participants, in their order, each once.
func (c Copen) Municipalities() []string {
	var out []string
	for _, p := range c.Participants {
		if !slices.Contains(out, p.Municipality) {
			out = append(out, p.Municipality)
		}
	}
	return out
}

// maxParticipants all fit in one form.
const maxParticipants = 20

// leastApart is how far apart two meetings of the schedule are at least.
const leastApart = 60 * 24 * time.Hour

func (v *validator) copen() {
	c := v.c.Copen
	v.schedule("copen.schedule", c.Schedule)
	if loc, err := v.c.Location(); err == nil {
		at := c.Schedule.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, loc))
		for range 12 {
			next := c.Schedule.Next(at)
			if !next.IsZero() && next.Sub(at) < leastApart {
				v.fail("copen.schedule", "config.copen.often", nil)
				break
			}
			at = next
		}
	}
	if c.Length <= 0 {
		v.fail("copen.length", "config.term.zero", nil)
	}
	for _, l := range []struct {
		key           string
		n, least, max int
	}{
		{"plan_weeks", c.PlanWeeks, 1, 26}, {"remind_workdays", c.RemindWorkdays, 1, 20}, {"pack_weeks", c.PackWeeks, 1, 8},
		{"minutes_weeks", c.MinutesWeeks, 1, 8}, {"alarm_days", c.AlarmDays, 30, 730}, {"quorum", c.Quorum, 0, len(c.Municipalities())},
	} {
		if l.n < l.least || l.n > l.max {
			v.fail("copen."+l.key, "config.range", args{"Least": l.least, "Most": l.max})
		}
	}
	if len(c.RemindWeeks) == 0 || len(c.RemindWeeks) > 4 {
		v.fail("copen.remind_weeks", "config.count", args{"Least": 1, "Most": 4})
	}
	last := c.PlanWeeks
	for _, n := range c.RemindWeeks {
		if n < 1 || n >= last {
			v.fail("copen.remind_weeks", "config.copen.weeks", nil)
			break
		}
		last = n
	}
	v.participants()
}

func (v *validator) participants() {
	ps := v.c.Copen.Participants
	if len(ps) > maxParticipants {
		v.fail("copen.participants", "config.count", args{"Least": 0, "Most": maxParticipants})
	}
	seen := map[Who]bool{}
	for i, p := range ps {
		key := indexed("copen.participants", i)
		v.filled(key+".municipality", p.Municipality)
		v.filled(key+".name", p.Name)
		v.option(key+".name", p.Full())
		switch {
		case p.Person == "":
			if p.Confirmed {
				v.fail(key+".confirmed", "config.copen.nobody", nil)
			}
		case p.Person.Platform() == "mail":
			if !mailbox(p.Person.ID()) {
				v.fail(key+".person", "config.mail", nil)
			} else if seen[p.Person] {
				v.fail(key+".person", "config.double", nil)
			}
		case !who.MatchString(string(p.Person)):
			v.fail(key+".person", "config.who", nil)
		case seen[p.Person]:
			v.fail(key+".person", "config.double", nil)
		default:
			v.somebody(key+".person", p.Person)
		}
		seen[p.Person] = true
	}
}

// copen tells who cannot be reached for the meeting.
func (k *checker) copen() {
	c := k.c.Copen
	if c.Schedule == "" {
		k.find(Note, "check.copen.off", nil)
		return
	}
	for _, p := range c.Participants {
		a := args{"Name": p.Municipality}
		switch {
		case p.Person == "":
			k.find(Warning, "check.copen.empty", a)
		case p.Person.Platform() == "mail" && !k.c.Mail.On():
			k.find(Warning, "check.copen.mail", a)
		case !p.Confirmed:
			k.find(Warning, "check.copen.unconfirmed", a)
		}
	}
}
