package config

import (
	"errors"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxChoice is the longest text of a choice, in characters: Slack's limit of 75
// for the text of an option.
const MaxChoice = 75

var (
	id    = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)
	who   = regexp.MustCompile(`^[a-z]+:[^\s:]{1,100}$`)
	phone = regexp.MustCompile(`^\+?[0-9][0-9 -]{1,19}$`)
)

// isID reports whether s can name an entry: lower case letters, digits, - and _,
// and not a word or a number to YAML.
func isID(s string) bool {
	return id.MatchString(s) && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz_") &&
		!slices.Contains([]string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}, s)
}

// Validate reports what contradicts itself or what no platform can do, as
// Problems, or nil. Load has done it already.
func (c Config) Validate() error {
	texts, err := LoadTexts(nil)
	if err != nil {
		return err
	}
	if ps := c.problems(texts); len(ps) > 0 {
		return ps
	}
	return nil
}

// validator collects what is wrong.
type validator struct {
	c        Config
	texts    *Texts
	problems Problems
}

func (v *validator) fail(key, id string, a args) {
	v.problems = append(v.problems, Problem{Key: key, Text: v.texts.Say("nl", id, a)})
}

func (c Config) problems(texts *Texts) Problems {
	v := &validator{c: c, texts: texts}
	v.basics()
	v.listens()
	v.mattermost()
	v.slack()
	v.page()
	v.mail()
	v.copen()
	v.roles()
	v.times()
	v.retention()
	v.reminders()
	v.lists()
	v.partners()
	v.helplines()
	v.contacts()
	v.overrides()
	return v.problems
}

func (v *validator) basics() {
	v.filled("municipality.name", v.c.Municipality.Name)
	if _, err := v.c.Location(); err != nil || v.c.Municipality.Timezone == "" || v.c.Municipality.Timezone == "Local" {
		v.fail("municipality.timezone", "config.timezone", nil)
	}
	v.oneOf("municipality.language", v.c.Municipality.Language, "nl", "en")
	v.filled("data.dir", v.c.Data.Dir)
	v.database()
	if w := v.c.Figures.Window; w != 6 && w != 12 && w != 24 {
		v.fail("figures.window", "config.oneof", args{"All": "6, 12, 24"})
	}
	for _, l := range []struct {
		key      string
		n, least int
		most     int
	}{
		// 3000 is what Slack takes in one text field.
		{"limits.what", v.c.Limits.What, 100, 3000},
		{"limits.text", v.c.Limits.Text, 50, 3000},
		{"limits.line", v.c.Limits.Line, 20, 150},
		{"limits.persons", v.c.Limits.Persons, 1, 20},
		{"backup.keep_keys_days", v.c.Backup.KeepKeys, 1, 365},
		{"desk.role_hours", v.c.Desk.RoleHours, 1, 2000},
		// Below five, one signal more or less shows (DECISIONS D).
		{"figures.step", v.c.Figures.Step, 5, 100},
		{"figures.police_rise", v.c.Figures.PoliceRise, 1, 1000},
	} {
		v.within(l.key, l.n, l.least, l.most)
	}
}

// database refuses a password in the address: it would be printed and logged.
func (v *validator) database() {
	db := v.c.Data.Database
	if db.URL == "" {
		if !db.Password.Empty() {
			v.fail("data.database.password_file", "config.database.nourl", nil)
		}
		return
	}
	u, err := url.Parse(db.URL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		v.fail("data.database.url", "config.database.url", nil)
		return
	}
	_, has := u.User.Password()
	for name := range u.Query() {
		has = has || strings.Contains(strings.ToLower(name), "pass")
	}
	if has {
		v.fail("data.database.url", "config.database.password", nil)
	}
}

func (v *validator) listens() {
	web, ops := v.c.Web, v.c.Operations
	v.oneOf("operations.log_level", ops.LogLevel, "debug", "info", "warn", "error")
	cb := v.c.Mattermost.Callback
	ports := map[string]bool{}
	for _, l := range []struct {
		on          bool
		key, listen string
	}{
		{web.Enabled, "web.listen", web.Listen},
		{v.c.Mattermost.Enabled && cb.Listen != "", "mattermost.callback.listen", cb.Listen},
		{v.c.Slack.Enabled && v.c.Slack.HTTP.Listen != "", "slack.http.listen", v.c.Slack.HTTP.Listen},
		{v.c.Page.On(), "page.listen", v.c.Page.Listen},
		{ops.Listen != "", "operations.listen", ops.Listen},
	} {
		if !l.on {
			continue
		}
		_, port, err := net.SplitHostPort(l.listen)
		if n, nerr := strconv.Atoi(port); err != nil || nerr != nil || n < 0 || n > 65535 {
			v.fail(l.key, "config.listen", nil)
		} else if n != 0 && ports[port] {
			v.fail(l.key, "config.ports", args{"Port": port})
		}
		ports[port] = true
	}
	switch {
	case web.Enabled:
		v.web()
	case !v.c.Mattermost.Enabled && !v.c.Slack.Enabled:
		v.fail("web.enabled", "config.web.off", nil)
	}
}

// exposed reports whether others than this machine reach host:port.
func exposed(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && !loopback(host)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (v *validator) roles() {
	r := v.c.Roles
	seen := map[string]bool{}
	for i, o := range r.Officers {
		key := indexed("roles.officers", i)
		v.person(key, Person{o.Person, o.Name}, seen)
		v.oneOf(key+".reads", string(o.Reads), string(ReadsAll), string(ReadsAssigned))
		if o.Reads == ReadsAll && len(o.Departments) > 0 {
			v.fail(key+".departments", "config.officer.departments", nil)
		}
		for _, d := range o.Departments {
			v.known(key+".departments", d, ids(v.c.Departments))
		}
	}
	for _, l := range []struct {
		name string
		ps   []Person
	}{{"coordinators", r.Coordinators}, {"dpo", r.DPO}, {"admins", r.Admins}} {
		seen := map[string]bool{}
		for i, p := range l.ps {
			v.person(indexed("roles."+l.name, i), p, seen)
		}
	}
	ch := v.c.Desk.Channel
	switch trial := Who(platformWeb + ":" + v.c.Web.Channel.ID); {
	case !who.MatchString(string(ch)):
		v.fail("desk.channel", "config.who", nil)
	case v.c.Web.Enabled && ch.Platform() == platformWeb:
		if ch != trial {
			v.fail("desk.channel", "config.desk.unknown", args{"Channel": string(trial)})
		}
	default:
		v.there("desk.channel", ch)
	}
}

func (v *validator) person(key string, p Person, seen map[string]bool) {
	v.option(key+".name", p.Name)
	switch {
	case !who.MatchString(string(p.Person)):
		v.fail(key+".person", "config.who", nil)
		return
	case seen[string(p.Person)]:
		v.fail(key+".person", "config.double", nil)
	default:
		v.somebody(key+".person", p.Person)
	}
	seen[string(p.Person)] = true
}

func (v *validator) times() {
	if v.c.OfficeHours.From >= v.c.OfficeHours.To {
		v.fail("office_hours", "config.hours", nil)
	}
	known := holidays()
	seen := map[Holiday]bool{}
	for i, h := range v.c.Calendar.Holidays {
		if known[h] == nil {
			v.fail(indexed("calendar.holidays", i), "config.holiday", nil)
		} else if seen[h] {
			v.fail(indexed("calendar.holidays", i), "config.double", nil)
		}
		seen[h] = true
	}
	for _, l := range []struct {
		name string
		days []Date
	}{{"equated_days", v.c.Calendar.Equated}, {"extra_free_days", v.c.Calendar.Extra}, {"worked_days", v.c.Calendar.Worked}} {
		for i, d := range l.days {
			if d.IsZero() {
				v.fail(indexed("calendar."+l.name, i), "config.want.date", nil)
			}
		}
		// A year without a working day would have no deadlines.
		if len(l.days) > 200 {
			v.fail("calendar."+l.name, "config.toomanydays", args{"Most": 200})
		}
	}
	t := v.c.Terms
	term := func(name string, t Term) {
		if t.Workdays == 0 && t.Span <= 0 {
			v.fail("terms."+name, "config.term.zero", nil)
		}
	}
	terms := reflect.ValueOf(t)
	for i := range terms.NumField() {
		if by, ok := terms.Field(i).Interface().(ByUrgency); ok {
			name := terms.Type().Field(i).Tag.Get("yaml")
			term(name+".acute", by.Acute)
			term(name+".soon", by.Soon)
			term(name+".normal", by.Normal)
		}
	}
	term("card_delivery", Term{Span: t.CardDelivery})
	term("draft_keep", t.DraftKeep)
	term("draft_nudge", Term{Span: t.DraftNudge})
	if t.DraftKeep.Workdays == 0 && t.DraftKeep.Span <= t.DraftNudge {
		v.fail("terms.draft_nudge", "config.nudge", nil)
	}
}

func (v *validator) retention() {
	r := v.c.Retention
	if r.Extend > 12 { // P28: at most twelve months at a time
		v.fail("retention.extend", "config.months", args{"Most": 12})
	}
	if len(r.WarnDays) == 0 || len(r.WarnDays) > 5 {
		v.fail("retention.warn_days", "config.count", args{"Least": 1, "Most": 5})
	}
	for i, n := range r.WarnDays {
		if n < 1 || n > 90 || i > 0 && n >= r.WarnDays[i-1] {
			v.fail(indexed("retention.warn_days", i), "config.warn", args{"Most": 90})
		}
	}
}

func (v *validator) lists() {
	c := v.c
	for _, l := range []struct {
		key  string
		opts []Option
		most int
	}{
		{"departments", c.Departments, 20}, {"indicator_groups", c.IndicatorGroups, 6},
		{"capacities", c.Capacities, 20}, {"age_bands", c.AgeBands, 10}, {"branches", c.Branches, 40},
	} {
		v.options(l.key, l.opts, l.most)
	}
	groups := ids(c.IndicatorGroups)
	forms := make([]Option, len(c.Forms))
	for i, f := range c.Forms {
		forms[i] = Option{f.ID, f.Label}
		if f.FirstGroup != "" {
			v.known(indexed("forms", i)+".first_group", f.FirstGroup, groups)
		}
	}
	v.options("forms", forms, 20)
	if len(c.Indicators) == 0 || len(c.Indicators) > 40 {
		v.fail("indicators", "config.count", args{"Least": 1, "Most": 40})
	}
	seen := map[string]bool{}
	for i, s := range c.Indicators {
		key := indexed("indicators", i)
		v.ident(key+".id", s.ID, seen)
		v.label(key+".label", s.Label, 150)
		v.known(key+".group", s.Group, groups)
		if s.OnlyWithForm != "" {
			v.known(key+".only_with_form", s.OnlyWithForm, ids(forms))
		}
		v.filled(key+".policy", s.Policy)
		for _, lang := range languages {
			if utf8.RuneCountInString(s.Brief(lang)) > MaxChoice {
				v.fail(key+".short", "config.short", args{"Most": MaxChoice})
				break
			}
		}
	}
}

func (v *validator) options(key string, opts []Option, most int) {
	if len(opts) == 0 || len(opts) > most {
		v.fail(key, "config.count", args{"Least": 1, "Most": most})
	}
	seen := map[string]bool{}
	for i, o := range opts {
		v.ident(indexed(key, i)+".id", o.ID, seen)
		// The flow adds "weet ik niet" under this id.
		if o.ID == "unknown" {
			v.fail(indexed(key, i)+".id", "config.reserved", nil)
		}
		v.label(indexed(key, i)+".label", o.Label, MaxChoice)
	}
}

// overrides checks the municipality's own texts against the catalogs.
func (v *validator) overrides() {
	if len(v.c.Texts) == 0 {
		return
	}
	_, err := LoadTexts(v.c.Texts)
	for _, err := range split(err) {
		var bad *OverrideError
		switch {
		case !errors.As(err, &bad):
			v.fail("texts", "config.yaml", nil)
		case bad.Unknown:
			v.fail("texts."+bad.ID, "config.text.unknown", nil)
		case len(bad.Slots) == 0:
			v.fail("texts."+bad.ID, "config.text.noslots", nil)
		default:
			v.fail("texts."+bad.ID, "config.text.slots", args{"Slots": strings.Join(bad.Slots, ", ")})
		}
	}
}

func split(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

func (v *validator) filled(key, s string) {
	if strings.TrimSpace(s) == "" {
		v.fail(key, "config.empty", nil)
	}
}

// option is a name that people choose from.
func (v *validator) option(key, s string) {
	v.filled(key, s)
	if utf8.RuneCountInString(s) > MaxChoice {
		v.fail(key, "config.long", args{"Most": MaxChoice})
	}
}

func (v *validator) oneOf(key, s string, allowed ...string) {
	if !slices.Contains(allowed, s) {
		v.fail(key, "config.oneof", args{"All": strings.Join(allowed, ", ")})
	}
}

func (v *validator) known(key, s string, allowed []string) {
	if !slices.Contains(allowed, s) {
		v.fail(key, "config.oneof", args{"All": strings.Join(allowed, ", ")})
	}
}

func (v *validator) ident(key, s string, seen map[string]bool) {
	switch {
	case !isID(s):
		v.fail(key, "config.id", nil)
	case seen[s]:
		v.fail(key, "config.double", nil)
	}
	seen[s] = true
}

func (v *validator) label(key string, l Label, most int) {
	for _, s := range []string{l.NL, l.EN} {
		switch {
		case strings.TrimSpace(s) == "":
			v.fail(key, "config.label", nil)
			return
		case utf8.RuneCountInString(s) > most:
			v.fail(key, "config.long", args{"Most": most})
			return
		}
	}
}

func ids(opts []Option) []string {
	out := make([]string, len(opts))
	for i, o := range opts {
		out[i] = o.ID
	}
	return out
}
