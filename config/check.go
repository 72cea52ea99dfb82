package config

import (
	"sort"
	"strings"
)

// Level is how much a Finding matters.
type Level int

// Blocking: the bot would break a promise, so it must not go live like this.
// Warning: still to fill in or to confirm. Note: a choice to be aware of.
const (
	Note Level = iota
	Warning
	Blocking
)

// Finding is something that an operator should know or still has to do, in
// words. It holds nothing personal but the names of partners and roles.
type Finding struct {
	Level Level
	Text  string
}

// Check reports what is wrong or still to fill in, the gravest first; it is the
// part of `bot check` that needs the configuration only. Database, keys,
// channel and members are looked at by the program.
func Check(c Config) ([]Finding, error) {
	texts, err := LoadTexts(c.Texts)
	if err != nil {
		return nil, err
	}
	k := &checker{c: c, lang: c.Municipality.Language, texts: texts}
	k.people()
	k.terms()
	k.reminders()
	k.numbers()
	k.contacts()
	k.partners()
	k.days()
	k.copen()
	sort.SliceStable(k.findings, func(i, j int) bool { return k.findings[i].Level > k.findings[j].Level })
	return k.findings, nil
}

type checker struct {
	c        Config
	lang     string
	texts    *Texts
	findings []Finding
}

func (k *checker) find(l Level, id string, a args) {
	k.findings = append(k.findings, Finding{l, k.texts.Say(k.lang, id, a)})
}

func (k *checker) people() {
	r := k.c.Roles
	readers := 0
	for _, o := range r.Officers {
		if o.Reads == ReadsAll {
			readers++
		}
	}
	switch {
	case len(r.Officers) == 0:
		k.find(Blocking, "check.officer.none", nil)
	case readers == 0 && len(r.Coordinators) == 0:
		k.find(Blocking, "check.officer.readsnone", nil)
	case len(r.Officers) == 1:
		k.find(Warning, "check.officer.one", nil)
	}
	for _, p := range k.c.Readers() {
		if p.Person.Platform() != k.c.Desk.Channel.Platform() {
			k.find(Blocking, "check.elsewhere", args{"Name": p.Name})
		}
	}
	if len(r.Coordinators) == 0 {
		k.find(Blocking, "check.coordinator.none", nil)
	}
	if len(r.DPO) == 0 {
		k.find(Warning, "check.dpo.none", nil)
	}
}

// terms checks that a promised term is one that somebody is rostered for
// (DECISIONS A).
func (k *checker) terms() {
	f := k.c.Terms.FirstRead
	if k.c.AcuteCover.Always {
		who := map[Who]bool{}
		for _, o := range k.c.Roles.Officers {
			who[o.Person] = true
		}
		for _, p := range k.c.Roles.Coordinators {
			who[p.Person] = true
		}
		if len(who) < 2 {
			k.find(Blocking, "check.acute.nobody", nil)
		}
	} else {
		k.find(Note, "check.acute.office", nil)
	}
	if f.Acute.Workdays > 0 {
		k.find(Blocking, "check.acute.workdays", nil)
	}
	if slower(f.Acute, f.Soon) || slower(f.Soon, f.Normal) {
		k.find(Warning, "check.order", nil)
	}
}

// slower reports whether a is surely longer than b. A term in working days is
// longer than one of less than a day by the clock.
func slower(a, b Term) bool {
	if (a.Workdays > 0) == (b.Workdays > 0) {
		return a.Workdays > b.Workdays || a.Span > b.Span
	}
	return a.Workdays > 0 && b.Span.Duration().Hours() < 24 || b.Workdays > 0 && a.Span.Duration().Hours() > float64(24*(b.Workdays+4))
}

func (k *checker) numbers() {
	for _, h := range k.c.Helplines {
		a := args{"Name": h.Name.In(k.lang), "Code": h.Code, "Number": h.Number}
		switch {
		case h.Number == "":
			k.find(Warning, "check.number.empty", a)
		case !h.Confirmed:
			k.find(Warning, "check.number.unconfirmed", a)
		case h.Checked.IsZero() && h.Code != Emergency:
			k.find(Note, "check.number.checked", a)
		}
	}
}

// contacts demands that the municipality says who the vertrouwenspersoon is:
// without one the question before the police (R20) asks for nobody.
func (k *checker) contacts() {
	c := k.c.Contacts
	if strings.TrimSpace(c.Confidant.Name) == "" {
		k.find(Blocking, "check.confidant.none", nil)
	}
	if h, ok := k.c.Helpline(Integrity); ok && h.Number != "" && digits(h.Number) == digits(c.Confidant.Number) {
		k.find(Warning, "check.confidant.integrity", nil)
	}
	for _, x := range []struct {
		Contact
		code, role string
	}{{c.Confidant, "confidant", "check.role.confidant"}, {c.Coordinator, "coordinator", "check.role.coordinator"}} {
		a := args{"Name": k.texts.Say(k.lang, x.role, nil), "Code": x.code, "Number": x.Number}
		switch {
		case x.Number == "":
			k.find(Warning, "check.contact.empty", a)
		case !x.Confirmed:
			k.find(Warning, "check.contact.unconfirmed", a)
		}
	}
}

func digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}

func (k *checker) partners() {
	for _, p := range k.c.Partners {
		a := args{"Name": p.Name.In(k.lang), "Code": p.Code}
		switch {
		case p.Phone == "" && p.Mail == "" && p.Web == "":
			k.find(Warning, "check.partner.empty", a)
		case !p.Confirmed:
			k.find(Warning, "check.partner.unconfirmed", a)
		case p.Owner == "":
			k.find(Note, "check.partner.owner", a)
		case p.Checked.IsZero():
			k.find(Note, "check.partner.checked", a)
		}
	}
}

func (k *checker) days() {
	last := 0
	for _, d := range k.c.Calendar.Equated {
		last = max(last, d.Year)
	}
	if last == 0 {
		k.find(Note, "check.days.none", nil)
		return
	}
	k.find(Note, "check.days.until", args{"Year": last})
}

// LevelID is the text id of a level's name ("Fout", "Let op", "Weet").
func (l Level) LevelID() string {
	switch l {
	case Blocking:
		return "check.level.blocking"
	case Warning:
		return "check.level.warning"
	case Note:
	}
	return "check.level.note"
}
