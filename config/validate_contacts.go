package config

import (
	"net/url"
	"unicode/utf8"
)

func (v *validator) partners() {
	for _, p := range v.c.Partners {
		key := "partners." + p.Code
		v.label(key+".name", p.Name, MaxChoice)
		if p.Phone != "" && !phone.MatchString(p.Phone) {
			v.fail(key+".phone", "config.phone", nil)
		}
		if p.Mail != "" && !mailbox(p.Mail) {
			v.fail(key+".mail", "config.mail", nil)
		}
		if u, err := url.Parse(p.Web); p.Web != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
			v.fail(key+".web", "config.web.address", nil)
		}
	}
}

func (v *validator) helplines() {
	for _, need := range []string{Emergency, Police, Care, OfficerNo} {
		if _, ok := v.c.Helpline(need); !ok {
			v.fail("helplines", "config.helpline.needed", args{"Code": need})
		}
	}
	for _, h := range v.c.Helplines {
		key := "helplines." + h.Code
		v.label(key+".name", h.Name, MaxChoice)
		if h.Number != "" && !phone.MatchString(h.Number) {
			v.fail(key+".number", "config.phone", nil)
		}
		if h.Code == Emergency && h.Number != "112" {
			v.fail(key+".number", "config.helpline.112", nil)
		}
		if h.Number == "" && h.Confirmed {
			v.fail(key+".confirmed", "config.helpline.empty", nil)
		}
	}
	for _, d := range v.c.Doors {
		key := "doors." + d.Code
		v.label(key+".label", d.Label, MaxChoice)
		v.label(key+".text", d.Text, v.c.Limits.Text)
		v.helpline(key+".helpline", d.Helpline, true)
	}
	v.label("outside_door.name", v.c.OutsideDoor.Name, MaxChoice)
	v.helpline("outside_door.helpline", v.c.OutsideDoor.Helpline, false)
}

func (v *validator) contacts() {
	for _, l := range []struct {
		key string
		c   Contact
	}{{"contacts.confidant", v.c.Contacts.Confidant}, {"contacts.coordinator", v.c.Contacts.Coordinator}} {
		key, c := l.key, l.c
		if utf8.RuneCountInString(c.Name) > MaxChoice {
			v.fail(key+".name", "config.long", args{"Most": MaxChoice})
		}
		if c.Number != "" && !phone.MatchString(c.Number) {
			v.fail(key+".number", "config.phone", nil)
		}
		if c.Number == "" && c.Confirmed {
			v.fail(key+".confirmed", "config.helpline.empty", nil)
		}
	}
}

func (v *validator) helpline(key, code string, optional bool) {
	if code == "" && optional {
		return
	}
	codes := make([]string, len(v.c.Helplines))
	for i, h := range v.c.Helplines {
		codes[i] = h.Code
	}
	v.known(key, code, codes)
}
