package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/config"
	"go.yaml.in/yaml/v3"
)

// The embedded configuration loads without a problem, and so does no file.
func TestDefaultIsValid(t *testing.T) {
	t.Parallel()
	got, err := config.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := config.Default(); !reflect.DeepEqual(got, want) {
		t.Error("no file differs from the default")
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
	if got, want := len(got.Partners), 18; got != want {
		t.Errorf("partners: got %d, want %d", got, want)
	}
}

// Whatever is wrong is said with its line, in words, with the nearest key.
func TestProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"unknown key", "web:\n  lisen: x", "m.yaml:2: web: Onbekende sleutel lisen. Bedoel je listen?"},
		{"unknown top", "municpality: {}", "m.yaml:1: Onbekende sleutel municpality. Bedoel je municipality?"},
		{"swapped letters", "data: {dri: x}", "m.yaml:1: data: Onbekende sleutel dri. Bedoel je dir?"},
		{"far key", "desk: {zzzzzzzz: 1}", "m.yaml:1: desk: Onbekende sleutel zzzzzzzz. Hier mag: channel, role_hours."},
		{"key in a list", "departments:\n  - {id: a, label: {nl: A, en: A}, x: 1}", "m.yaml:2: departments[1]: Onbekende sleutel x. Hier mag: id, label."},
		{"number for text", "municipality: {name: 12}", "m.yaml:1: municipality.name: Hier hoort een tekst."},
		{"empty for text", "municipality:\n  name:", "m.yaml:2: municipality.name: Hier hoort een tekst."},
		{"text for bool", "web: {enabled: ja}", "m.yaml:1: web.enabled: Hier hoort true of false."},
		{"text for number", "limits: {what: veel}", "m.yaml:1: limits.what: Hier hoort een heel getal."},
		{"huge number", "limits: {what: 99999999999999999999}", "limits.what: Hier hoort een heel getal."},
		{"list for group", "web: []", "m.yaml:1: web: Hier hoort een groep"},
		{"group for list", "forms: {}", "m.yaml:1: forms: Hier hoort een lijst."},
		{"group for entries", "partners: []", "m.yaml:1: partners: Hier hoort een groep"},
		{"null for list", "forms:", "m.yaml:1: forms: Hier hoort een lijst."},
		{"document is a list", "- a", "m.yaml:1: Hier hoort een groep"},
		{"twice", "data: {dir: a}\nweb: {}\ndata: {dir: b}", "m.yaml:3: data: Deze sleutel staat er twee keer. De eerste staat op regel 1."},
		{"anchor", "data: &a {dir: x}", "m.yaml:1: data: Ankers"},
		{"self alias", "web: &a\n  people: *a", "Ankers"},
		{"merge", "data:\n  <<: {dir: x}", "m.yaml:2: data: Ankers"},
		{"two documents", "data: {dir: x}\n---\nweb: {}", "meer dan één document"},
		{"broken", "web: [", "Dit is geen geldige YAML"},
		{"must", "departments: [{id: a}]", "departments[1]: Hier ontbreekt label."},
		{"police must be said", "partners: {nieuw: {name: {nl: N, en: N}}}", "partners.nieuw: Hier ontbreekt police."},
		{"term", "terms: {first_read: {acute: snel}}", "terms.first_read.acute: Hier hoort een termijn."},
		{"term without a unit", "terms: {draft_keep: 3}", "terms.draft_keep: Hier hoort een termijn."},
		{"workdays by the clock", "terms: {card_delivery: 3 werkdagen}", "terms.card_delivery: Hier hoort een tijd."},
		{"span overflow", "terms: {draft_nudge: 9223372036854775807 uur}", "terms.draft_nudge: Hier hoort een tijd."},
		{"negative", "terms: {draft_nudge: -1 uur}", "terms.draft_nudge: Hier hoort een tijd."},
		{"zero term", "terms: {first_read: {soon: 0 uur}}", "terms.first_read.soon: Deze termijn is nul."},
		{"nudge after the end", "terms: {draft_keep: 1 uur}", "terms.draft_nudge: Dit bericht komt pas"},
		{"clock", "office_hours: {from: 25:00}", "office_hours.from: Hier hoort een tijdstip."},
		{"short clock", "office_hours: {from: \"8:30\"}", "office_hours.from: Hier hoort een tijdstip."},
		{"hours", "office_hours: {from: \"18:00\"}", "m.yaml:1: office_hours: De dag eindigt voordat"},
		{"date", "calendar: {extra_free_days: [2026-02-30]}", "calendar.extra_free_days[1]: Hier hoort een datum."},
		{"holiday", "calendar: {holidays: [carnaval]}", "calendar.holidays[1]: Deze feestdag ken ik niet."},
		{"control character", `municipality: {name: "a\0b"}`, "municipality.name: Hier staat een teken"},
		{"off loopback", "web:\n  listen: 0.0.0.0:8080", "m.yaml:2: web.listen: Zonder aanmelden mag de chat in de browser alleen op deze computer."},
		{"every address", "web: {listen: \":8080\"}", "web.listen: Zonder aanmelden mag"},
		{"a name", "web: {listen: \"example.org:80\"}", "web.listen: Zonder aanmelden mag"},
		{"no port", "web: {listen: 127.0.0.1}", "web.listen: Schrijf dit als adres:poort."},
		{"same port", "operations: {listen: \"127.0.0.1:8080\"}", "operations.listen: De poort 8080 is hier al bezet."},
		{"no platform", "web: {enabled: false}", "web.enabled: Dan is er geen chat."},
		{"timezone", "municipality: {timezone: Europe/Woerden}", "municipality.timezone: Deze tijdzone bestaat niet."},
		{"password in the address", "data: {database: {url: \"postgres://u:geheim@h/d\"}}", "data.database.url: Zet het wachtwoord niet in het adres."},
		{"password as a parameter", "data: {database: {url: \"postgres://u@h/d?password=geheim\"}}", "data.database.url: Zet het wachtwoord niet in het adres."},
		{"other database", "data: {database: {url: \"mysql://h/d\"}}", "data.database.url: Dit is geen adres van PostgreSQL."},
		{"secret missing", "data: {database: {password_file: /bestaat/niet}}", "m.yaml:1: data.database.password_file: Het bestand /bestaat/niet is niet te gebruiken. Het bestaat niet."},
		{"unknown officer", "roles:\n  officers:\n    - {person: \"web:wie\", name: Wie, reads: all}", "m.yaml:3: roles.officers[1].person: Deze persoon staat niet in web.people."},
		{"reads", "roles: {officers: [{person: \"web:coordinator\", name: W, reads: some}]}", "roles.officers[1].reads: Kies één van deze: all, assigned."},
		{"officer twice", "roles: {coordinators: [{person: \"web:coordinator\", name: A}, {person: \"web:coordinator\", name: B}]}", "roles.coordinators[2].person: Dit staat er twee keer."},
		{"channel", "desk: {channel: \"web:elders\"}", "desk.channel: Dit kanaal bestaat niet. Het kanaal van de chat is web:desk."},
		{"112 is fixed", "helplines: {emergency: {number: \"911\"}}", "helplines.emergency.number: Het alarmnummer is altijd 112."},
		{"112 stays", "helplines: {emergency: null}", "helplines: Hier ontbreekt emergency."},
		{"number as a number", "helplines: {care: {number: 112}}", "helplines.care.number: Hier hoort een tekst."},
		{"confirmed nothing", "helplines: {care: {confirmed: true}}", "helplines.care.confirmed: Er is geen nummer"},
		{"phone", "partners: {avim: {phone: bel maar}}", "partners.avim.phone: Dit is geen telefoonnummer."},
		{"mail", "partners: {avim: {mail: \"a b@c\"}}", "partners.avim.mail: Dit is geen mailadres."},
		{"mail without a sender", "mail: {host: mail.example.org}", "mail.from: Dit is geen mailadres."},
		{"mail in the open", "mail: {host: mail.example.org, from: a@example.org, tls: none}", "mail.tls: Zonder TLS mag mail alleen via deze computer."},
		{"mail by a port", "mail: {host: \"mail.example.org:25\", from: a@example.org}", "mail.host: Schrijf alleen de naam van de server."},
		{"mail by an unknown way", "mail: {tls: ssl}", "mail.tls: Kies één van deze: starttls, implicit, none."},
		{"mail from nobody", "mail: {host: mail.example.org, from: a@example.org, user: x}", "mail.user: Vul user en password_file allebei in"},
		{"alarms without mail", "mail: {alarms: [a@example.org]}", "mail.alarms: Er is geen mailserver."},
		{"an alarm to two at once", "mail: {host: h.example.org, from: a@example.org, alarms: [\"a@example.org, b@example.org\"]}", "mail.alarms[1]: Dit is geen mailadres."},
		{"an alarm twice", "mail: {host: h.example.org, from: a@example.org, alarms: [b@example.org, b@example.org]}", "mail.alarms[2]: Dit staat er twee keer."},
		{"a schedule of words", "copen: {schedule: elk jaar}", "copen.schedule: Dit is geen schema."},
		{"a schedule with a zone", "copen: {schedule: \"TZ=Europe/Amsterdam\"}", "copen.schedule: Zet geen tijdzone in een schema."},
		{"a schedule with a good zone", "copen: {schedule: \"CRON_TZ=Europe/Amsterdam 0 14 8 4 *\"}", "copen.schedule: Zet geen tijdzone in een schema."},
		{"a schedule by a name", "copen: {schedule: \"@yearly\"}", "copen.schedule: Schrijf een schema uit, zonder @."},
		{"a schedule at two", "copen: {schedule: \"0 2 8 4 *\"}", "copen.schedule: Kies een ander uur dan 2 uur."},
		{"a schedule at any hour", "copen: {schedule: \"0 * 8 4 *\"}", "copen.schedule: Kies een ander uur dan 2 uur."},
		{"a schedule that never fires", "copen: {schedule: \"0 14 30 2 *\"}", "copen.schedule: Deze dag bestaat niet."},
		{"a meeting every month", "copen: {schedule: \"0 14 8 * *\"}", "copen.schedule: Dit is te vaak."},
		{"reminders out of order", "copen: {remind_weeks: [2, 6]}", "copen.remind_weeks: Zet deze weken van veel naar weinig"},
		{"more than there are", "copen: {quorum: 6}", "copen.quorum: Kies een getal van 0 tot en met 5."},
		{"a participant without mail", "copen: {participants: [{municipality: Lopik, name: A, person: \"mail:lopik\"}]}", "copen.participants[1].person: Dit is geen mailadres."},
		{"a participant that nobody plays", "copen: {participants: [{municipality: Lopik, name: A, person: \"web:wie\"}]}", "copen.participants[1].person: Deze persoon staat niet in web.people."},
		{"nobody confirmed", "copen: {participants: [{municipality: Lopik, name: A, confirmed: true}]}", "copen.participants[1].confirmed: Er is nog geen adres"},
		{"site", "partners: {avim: {web: \"javascript:x\"}}", "partners.avim.web: Schrijf dit adres met https://"},
		{"door", "doors: {crime: {helpline: nergens}}", "doors.crime.helpline: Kies één van deze: emergency"},
		{"outside", "outside_door: {helpline: \"\"}", "outside_door.helpline: Kies één van deze"},
		{"group", "indicators: [{id: a, group: x, label: {nl: A, en: A}, policy: P}]", "indicators[1].group: Kies één van deze: person, home, travel."},
		{"long choice", "forms: [{id: a, label: {nl: \"" + strings.Repeat("a", 76) + "\", en: A}}]", "forms[1].label: Dit is te lang. Er passen 75 tekens."},
		{"reserved", "forms: [{id: unknown, label: {nl: A, en: A}}]", "forms[1].id: De naam unknown is van het programma zelf."},
		{"one language", "forms: [{id: a, label: {nl: A}}]", "forms[1].label: Vul dit in het Nederlands en in het Engels in."},
		{"empty list", "forms: []", "forms: Deze lijst heeft 1 tot 20 regels nodig."},
		{"same id", "forms: [{id: a, label: {nl: A, en: A}}, {id: a, label: {nl: A, en: A}}]", "forms[2].id: Dit staat er twee keer."},
		{"small step", "figures: {step: 4}", "figures.step: Kies een getal van 5 tot en met 100."},
		{"odd window", "figures: {window: 18}", "figures.window: Kies één van deze: 6, 12, 24."},
		{"limit", "limits: {persons: 0}", "limits.persons: Kies een getal van 1 tot en met 20."},
		{"unknown text", "texts: {bestaat.niet: {nl: x}}", "texts.bestaat.niet: Deze tekst bestaat niet."},
		{"lost placeholder", "texts: {config.ports: {nl: Poort}}", "texts.config.ports: Deze tekst moet precies deze plekken hebben: Port."},
		{"code in a text", "texts: {config.empty: {nl: \"{{printf .X}}\"}}", "texts.config.empty: In deze tekst mogen geen accolades staan."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("m.yaml", []byte(c.in), nil)
			var ps config.Problems
			if !errors.As(err, &ps) {
				t.Fatalf("got %v, want Problems", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
			if strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "[config.") {
				t.Errorf("a secret or a missing text in %v", err)
			}
		})
	}
}

// All problems are told at once, each with its own line.
func TestProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Parse("m.yaml", []byte("web: {enabled: ja}\nlimits: {what: x}\nxyz: 1\n"), nil)
	var ps config.Problems
	if !errors.As(err, &ps) || len(ps) != 3 || ps[0].Line != 1 || ps[1].Line != 2 || ps[2].Line != 3 {
		t.Errorf("got %v, want three problems on three lines", err)
	}
}

// A file holds only what differs: groups and entries are laid over, lists are
// replaced whole, null takes an entry away, and the default stays as it was.
func TestOverlay(t *testing.T) {
	t.Parallel()
	got, err := config.Parse("m.yaml", []byte(`
municipality: {name: Oudewater}
branches: [{id: kas, label: {nl: Kas, en: Greenhouse}}]
helplines: {care: {number: 0348-111111, confirmed: true}}
partners:
  fairwork: null
  avim: {phone: 088-1234567}
  sekswerk: {name: {nl: Spot, en: Spot}, police: false}
texts: {config.empty: {nl: Dit is leeg.}}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	def := config.Default()
	care, _ := got.Helpline(config.Care)
	if got.Municipality.Name != "Oudewater" || got.Municipality.Language != "nl" || len(got.Branches) != 1 ||
		care.Number != "0348-111111" || care.Name.NL != "bedrijfsmaatschappelijk werk" {
		t.Errorf("got %+v", got)
	}
	if _, ok := got.Partner("fairwork"); ok {
		t.Error("fairwork is still there")
	}
	if avim, _ := got.Partner("avim"); avim.Phone != "088-1234567" || !avim.Police {
		t.Errorf("avim: got %+v", avim)
	}
	if last := got.Partners[len(got.Partners)-1]; last.Code != "sekswerk" {
		t.Errorf("a new partner comes last, got %s", last.Code)
	}
	if _, ok := def.Partner("fairwork"); !ok || len(def.Branches) != 13 {
		t.Error("the default changed")
	}
}

// What Print writes is read back to the same configuration.
func TestPrintRoundTrip(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "wachtwoord")
	if err := os.WriteFile(secret, []byte("zilvervos\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{
		"",
		"municipality: {name: \"yes: [#]\\n- x\"}",
		"partners: {fairwork: null, nla: {checked: 2026-11-23, web: \"https://x.nl\"}}\nhelplines: {mma2: {name: {nl: a, en: b}, number: \"0800\"}}",
		"terms: {draft_nudge: 90 seconden, draft_keep: 48 uur}\ntexts: {config.empty: {nl: Leeg!}}",
		"data: {database: {url: \"postgres://u@h/d\", password_file: \"" + secret + "\"}}\nroles: {dpo: [], officers: []}",
	} {
		want, err := config.Parse("m.yaml", []byte(in), nil)
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, want)
	}
}

func roundTrip(t *testing.T, want config.Config) {
	t.Helper()
	var out bytes.Buffer
	if err := want.Print(&out); err != nil {
		t.Fatal(err)
	}
	got, err := config.Parse("printed.yaml", out.Bytes(), nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("what came back differs:\n%s", out.String())
	}
}

// A secret is read from its file or from the file that the environment names,
// and shows nowhere.
func TestSecretIsNeverShown(t *testing.T) {
	t.Parallel()
	const planted = "zilvervos"
	path := filepath.Join(t.TempDir(), "wachtwoord")
	if err := os.WriteFile(path, []byte(planted+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string {
		return map[string]string{"MELDROUTE_DATA_DATABASE_PASSWORD_FILE": path, "MELDROUTE_DATA_KEY_FILE": "/elders/sleutels"}[name]
	}
	c, err := config.Parse("m.yaml", []byte("data: {database: {url: \"postgres://u@h/d\", password_file: /bestaat/niet}}"), env)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Data.Database.Password
	if s.Reveal() != planted || s.File() != path || c.Data.KeyFile != "/elders/sleutels" {
		t.Errorf("got %q from %q, key file %q", s.Reveal(), s.File(), c.Data.KeyFile)
	}
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("x", "secret", s, "config", c, "pointer", &s)
	for _, v := range []any{s, &s, c, &c, c.Data.Database} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&out, verb, v)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
		y, err := yaml.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(y)
	}
	if strings.Contains(out.String(), planted) || strings.Contains(out.String(), fmt.Sprintf("%x", planted)) {
		t.Error("the secret was shown")
	}
}

// A secret's file that is empty, has two lines or is huge is refused without a
// word of its content.
func TestSecretFileIsChecked(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "\n", "geheim\nmeer", strings.Repeat("geheim", 1000), "geheim\x00"} {
		path := filepath.Join(t.TempDir(), "s")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load("", func(string) string { return path })
		if err == nil || !strings.Contains(err.Error(), "Het moet één regel tekst zijn") || strings.Contains(err.Error(), "geheim") {
			t.Errorf("got %v", err)
		}
	}
}

// A file that cannot be read, or is too large, is an error and not a default.
func TestLoadFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "m.yaml")
	if _, err := config.Load(path, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want not exist", err)
	}
	if err := os.WriteFile(path, []byte("data: {dir: elders}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := config.Load(path, nil); err != nil || c.Data.Dir != "elders" {
		t.Errorf("got %q, %v", c.Data.Dir, err)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("#"), 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(path, nil); err == nil {
		t.Error("a huge file was read")
	}
}

// Any bytes are refused with problems or give a configuration that is valid and
// prints to itself.
func FuzzLoad(f *testing.F) {
	f.Add([]byte("web: {listen: \"127.0.0.1:0\"}"))
	f.Add([]byte("partners: {fairwork: null, x: {name: {nl: a, en: b}, police: true}}"))
	f.Add([]byte("texts: {config.empty: {nl: \"a\\nb\"}}\nterms: {draft_keep: 4 uur}"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("roles: {officers: [{person: \"web:coordinator\", name: \"\\u2028\", reads: assigned, departments: [boa]}]}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := config.Parse("f.yaml", in, nil)
		if err != nil {
			var ps config.Problems
			if !errors.As(err, &ps) || len(ps) == 0 {
				t.Fatalf("got %v, want Problems", err)
			}
			if strings.Contains(err.Error(), "[config.") {
				t.Errorf("a text is missing: %v", err)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		roundTrip(t, c)
	})
}
