// Package config is what a municipality decides about Meldroute: people, texts,
// terms, partners, telephone numbers, working days. Default is the embedded
// woerden.yaml, which an operator can read as a document; Load lays a file over
// it that holds only what differs. The package also holds the text catalogs
// (Texts) and the working days (Calendar).
//
// It opens no database, no key and no channel: `bot check` looks at those
// elsewhere. Secrets are named by file and never stand in the YAML itself.
package config

import "time"

// Config is the whole configuration. Its value is made by Default, Load or
// Parse and is read-only after that: it may be shared between goroutines.
type Config struct {
	Municipality    Municipality     `yaml:"municipality"`
	Data            Data             `yaml:"data"`
	Web             Web              `yaml:"web"`
	Mattermost      Mattermost       `yaml:"mattermost"`
	Slack           Slack            `yaml:"slack"`
	Page            Page             `yaml:"page"`
	Mail            Mail             `yaml:"mail"`
	Operations      Operations       `yaml:"operations"`
	Roles           Roles            `yaml:"roles"`
	Desk            Desk             `yaml:"desk"`
	OfficeHours     OfficeHours      `yaml:"office_hours"`
	AcuteCover      AcuteCover       `yaml:"acute_cover"`
	Calendar        Days             `yaml:"calendar"`
	Terms           Terms            `yaml:"terms"`
	Journal         Journal          `yaml:"journal"`
	Backup          Backup           `yaml:"backup"`
	Retention       Retention        `yaml:"retention"`
	Copen           Copen            `yaml:"copen"`
	Reminders       Reminders        `yaml:"reminders"`
	Limits          Limits           `yaml:"limits"`
	Departments     []Option         `yaml:"departments"`
	Forms           []Form           `yaml:"forms"`
	IndicatorGroups []Option         `yaml:"indicator_groups"`
	Indicators      []Indicator      `yaml:"indicators"`
	Capacities      []Option         `yaml:"capacities"`
	AgeBands        []Option         `yaml:"age_bands"`
	Branches        []Option         `yaml:"branches"`
	Partners        []Partner        `yaml:"partners"` // keyed by code
	Contacts        Contacts         `yaml:"contacts"`
	Helplines       []Helpline       `yaml:"helplines"` // keyed by code
	Doors           []Door           `yaml:"doors"`     // keyed by code
	OutsideDoor     OutsideDoor      `yaml:"outside_door"`
	Figures         Figures          `yaml:"figures"`
	Texts           map[string]Label `yaml:"texts"` // text id to the municipality's own words
}

// Municipality names who runs the bot.
type Municipality struct {
	Name     string `yaml:"name"`
	Timezone string `yaml:"timezone"` // IANA name
	Language string `yaml:"language"` // nl or en: what a person gets who chose nothing
}

// Data says where things are kept.
type Data struct {
	Dir      string   `yaml:"dir"`      // for the SQLite database and the default key file
	KeyFile  FilePath `yaml:"key_file"` // empty: sleutels.json in Dir
	Database Database `yaml:"database"`
}

// Database is PostgreSQL when URL is filled in, else SQLite in Data.Dir.
type Database struct {
	URL      string `yaml:"url"`           // postgres://user@host/db, without a password
	Password Secret `yaml:"password_file"` // for PostgreSQL
}

// Operations is what the operator's own tools talk to.
type Operations struct {
	Listen   string `yaml:"listen"`    // host:port of /livez, /readyz, /metrics; empty is off
	LogLevel string `yaml:"log_level"` // debug, info, warn or error
}

// Roles says who may do what (DESIGN section 6). Rights need membership of the
// desk channel as well; that is checked at every act by bot/desk.
type Roles struct {
	Officers     []Officer `yaml:"officers"`
	Coordinators []Person  `yaml:"coordinators"` // read all, follow up alarms
	DPO          []Person  `yaml:"dpo"`          // FG: reads the journal, no content
	Admins       []Person  `yaml:"admins"`       // beheer: no content
}

// Officer is an aandachtsfunctionaris.
type Officer struct {
	Person      Who      `yaml:"person" must:"true"`
	Name        string   `yaml:"name" must:"true"` // shown where a reporter can name an officer as involved
	Reads       Reads    `yaml:"reads" must:"true"`
	Departments []string `yaml:"departments"` // with ReadsAssigned: also what came from these departments
}

// Reads is how far an officer's reading goes (DECISIONS B, "Who reads").
type Reads string

// An officer reads all signals, or those assigned to him and to his departments.
const (
	ReadsAll      Reads = "all"
	ReadsAssigned Reads = "assigned"
)

// Person is somebody with a role.
type Person struct {
	Person Who    `yaml:"person" must:"true"`
	Name   string `yaml:"name" must:"true"`
}

// Desk is where the officers work.
type Desk struct {
	Channel Who `yaml:"channel"` // platform:id of the private channel
	// RoleHours are the hours of the role in a year, for each officer, without
	// cases (DECISIONS C).
	RoleHours int `yaml:"role_hours"`
}

// OfficeHours are the hours in which people read, on working days.
type OfficeHours struct {
	From Clock `yaml:"from"`
	To   Clock `yaml:"to"`
}

// AcuteCover says whether somebody is rostered for acute signals at all hours.
// When not Always, a reporter outside OfficeHours reads that only 112 and
// 0900-8844 answer (DECISIONS A).
type AcuteCover struct {
	Always bool `yaml:"always"`
}

// Days are the municipality's free days; see Calendar.
type Days struct {
	Holidays []Holiday `yaml:"holidays"`        // the public holidays that are free
	Equated  []Date    `yaml:"equated_days"`    // equated with a holiday by decree (Atw art. 3)
	Extra    []Date    `yaml:"extra_free_days"` // closed besides
	Worked   []Date    `yaml:"worked_days"`     // worked although in a list above or in a weekend
}

// Terms are what reporters are promised and officers are reminded of
// (DOMAIN chapter 4; the policy names none).
type Terms struct {
	FirstRead ByUrgency `yaml:"first_read"` // T1: read by an officer; the receipt names the date
	Enrich    ByUrgency `yaml:"enrich"`     // T2, from receipt: step 3 is done
	Decide    ByUrgency `yaml:"decide"`     // T3, from receipt: step 4 is decided
	Care      ByUrgency `yaml:"care"`       // T4, from the first hand-over: the zorgcoördinator knows
	Feedback  ByUrgency `yaml:"feedback"`   // T5, from the hand-over: what a partner is asked for
	FirstWord ByUrgency `yaml:"first_word"` // T6: the reporter's question is answered
	LastWord  ByUrgency `yaml:"last_word"`  // T7, from the last act: the reporter hears what came of it
	Interim   ByUrgency `yaml:"interim"`    // T7, from the last message: the reporter hears that it goes on
	Rest      ByUrgency `yaml:"rest"`       // T8: no act for this long
	Confidant ByUrgency `yaml:"confidant"`  // R20, from an acute act: the vertrouwenspersoon question afterwards
	Leak      ByUrgency `yaml:"leak"`       // from a recall: what was done about the data
	Ask       ByUrgency `yaml:"ask"`        // R21, from a hand-over without a date: feedback is asked

	CardDelivery Span `yaml:"card_delivery"` // an acute card not delivered by then alarms a second person
	DraftKeep    Term `yaml:"draft_keep"`    // T9: a draft is erased this long after its last act
	DraftNudge   Span `yaml:"draft_nudge"`   // T9: the one nudge about a draft
}

// ByUrgency is a term per urgency.
type ByUrgency struct {
	Acute  Term `yaml:"acute"`
	Soon   Term `yaml:"soon"`
	Normal Term `yaml:"normal"`
}

// Of returns the term of an urgency: acute, soon or normal. Any other counts
// as soon, so that an urgency nobody knows is not left waiting.
func (f ByUrgency) Of(urgency string) Term {
	switch urgency {
	case "acute":
		return f.Acute
	case "normal":
		return f.Normal
	}
	return f.Soon
}

// Clocks are the terms that a signal can have next, by the name that the rules
// of the meldroute give them.
func (t Terms) Clocks() map[string]ByUrgency {
	return map[string]ByUrgency{
		"read": t.FirstRead, "enrich": t.Enrich, "decide": t.Decide, "care": t.Care, "feedback": t.Feedback, "firstword": t.FirstWord,
		"lastword": t.LastWord, "interim": t.Interim, "rest": t.Rest, "confidant": t.Confidant, "leak": t.Leak, "ask": t.Ask,
	}
}

// Journal says where the end of the journal's chain is kept, a line a day, apart
// from the database (D10).
type Journal struct {
	HeadFile FilePath `yaml:"head_file"` // empty: logboek-einde.txt beside the key file
}

// Backup is what `bot backup` and `bot restore` go by (D13).
type Backup struct {
	KeepKeys      int      `yaml:"keep_keys_days"` // files with the keys of signals are thrown away after this
	DestroyedFile FilePath `yaml:"destroyed_file"` // empty: vernietigd.txt beside the key file
}

// Figures are the municipality's choices about counting (DOMAIN chapter 5, as
// corrected by its decisions, chapter D).
type Figures struct {
	Step       int `yaml:"step"`        // k: what is below it is hidden, what is above it is rounded down to a multiple
	Window     int `yaml:"window"`      // months that a pack covers: 6, 12 or 24
	PoliceRise int `yaml:"police_rise"` // per cent a year from which a rise of police registrations is an advice
}

// Limits are lengths in characters (runes), and the number of persons.
type Limits struct {
	What    int `yaml:"what"`    // what was seen or heard
	Text    int `yaml:"text"`    // other free text
	Line    int `yaml:"line"`    // one line: names, addresses
	Persons int `yaml:"persons"` // rows of persons in one signal
}

// Option is one of a list that the municipality may change.
type Option struct {
	ID    string `yaml:"id" must:"true"`
	Label Label  `yaml:"label" must:"true"`
}

// Form is a form of exploitation. "Weet ik niet" is added by the flow.
type Form struct {
	ID         string `yaml:"id" must:"true"`
	Label      Label  `yaml:"label" must:"true"`
	FirstGroup string `yaml:"first_group"` // the indicator group shown first with this form; empty: as listed
	Housing    bool   `yaml:"housing"`     // asks the housing question of step 5
}

// Indicator is a sign of Bijlage 3 of the policy.
type Indicator struct {
	ID           string `yaml:"id" must:"true"`
	Group        string `yaml:"group" must:"true"` // id in IndicatorGroups
	Label        Label  `yaml:"label" must:"true"`
	Short        Label  `yaml:"short"`              // at most 75 characters; needed when Label is longer
	OnlyWithForm string `yaml:"only_with_form"`     // offered only when this form was chosen
	Housing      bool   `yaml:"housing"`            // asks the housing question of step 5
	Policy       string `yaml:"policy" must:"true"` // the policy's own words, for the officer
}

// Brief returns Short where there is one, else Label.
func (i Indicator) Brief(lang string) string {
	if s := i.Short.In(lang); s != "" {
		return s
	}
	return i.Label.In(lang)
}

// Partner is an organisation of Bijlage 1 ("ketenpartners: wanneer wie?").
type Partner struct {
	Code   string `yaml:"-" key:"true"`
	Name   Label  `yaml:"name" must:"true"`
	Police bool   `yaml:"police" must:"true"` // R20: police can read what goes here
	// Also are other words for it. A message to a reporter names none of them.
	Also      []string `yaml:"also"`
	Phone     string   `yaml:"phone"`
	Mail      string   `yaml:"mail"`
	Web       string   `yaml:"web"`
	Confirmed bool     `yaml:"confirmed"` // somebody called or wrote and it was right
	Checked   Date     `yaml:"checked"`   // when
	Owner     string   `yaml:"owner"`     // whose task it is to keep this right
}

// Contacts are whom the aandachtsfunctionarissen call besides partners. No
// reporter is shown them.
type Contacts struct {
	// Confidant is the vertrouwenspersoon for victims (R20): not the one for
	// integrity within the municipality.
	Confidant   Contact `yaml:"confidant"`
	Coordinator Contact `yaml:"coordinator"`
}

// Contact is somebody to call.
type Contact struct {
	Name      string `yaml:"name"`
	Number    string `yaml:"number"` // empty: still to fill in
	Confirmed bool   `yaml:"confirmed"`
}

// Helpline is a number that reporters are shown.
type Helpline struct {
	Code      string `yaml:"-" key:"true"`
	Name      Label  `yaml:"name" must:"true"`
	Number    string `yaml:"number" must:"true"` // as it is dialled and shown; empty: still to fill in
	Confirmed bool   `yaml:"confirmed"`
	Checked   Date   `yaml:"checked"` // when
	Owner     string `yaml:"owner"`   // whose task it is to keep this right
}

// Helplines that the program names itself. Validate demands that they exist;
// Emergency is always 112.
const (
	Emergency = "emergency"
	Police    = "police"
	Care      = "care"    // for the reporter: bedrijfsmaatschappelijk werk
	OfficerNo = "officer" // the officers' own number
	Integrity = "integrity"
)

// Door is where something goes that is not human trafficking.
type Door struct {
	Code     string `yaml:"-" key:"true"`
	Label    Label  `yaml:"label" must:"true"`
	Text     Label  `yaml:"text" must:"true"`
	Helpline string `yaml:"helpline"` // code in Helplines; empty: Text says it all
}

// OutsideDoor is where the reporter is sent when no officer is left for a
// signal, because all are involved in it (D4).
type OutsideDoor struct {
	Name     Label  `yaml:"name"`
	Helpline string `yaml:"helpline"`
}

// Location returns the municipality's time zone.
func (c Config) Location() (*time.Location, error) {
	return time.LoadLocation(c.Municipality.Timezone)
}

// Helpline returns the helpline with this code. Number may be empty: still to
// fill in.
func (c Config) Helpline(code string) (Helpline, bool) {
	for _, h := range c.Helplines {
		if h.Code == code {
			return h, true
		}
	}
	return Helpline{}, false
}

// Partner returns the partner with this code.
func (c Config) Partner(code string) (Partner, bool) {
	for _, p := range c.Partners {
		if p.Code == code {
			return p, true
		}
	}
	return Partner{}, false
}
