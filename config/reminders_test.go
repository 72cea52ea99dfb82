package config_test

import (
	"strings"
	"testing"

	"github.com/meldroute/meldroute/config"
)

// A schedule that never fires, fires at an hour that the change of the clock
// skips, more than once a day, or names a time zone, is refused with the reason;
// so is everything else that would bring nothing up.
func TestRemindersRefused(t *testing.T) {
	t.Parallel()
	at := func(spec string) string {
		return "reminders:\n  rounds:\n    youth: {schedule: \"" + spec + "\"}"
	}
	for in, want := range map[string]string{
		at("0 10 30 2 *"):                                "m.yaml:3: reminders.rounds.youth.schedule: Deze dag bestaat niet.",
		at("0 2 1 * *"):                                  "rounds.youth.schedule: Kies een ander uur dan 2 uur.",
		at("0 1-3 1 * *"):                                "rounds.youth.schedule: Kies een ander uur dan 2 uur.",
		at("0 9,10 1 * *"):                               "rounds.youth.schedule: Dit komt vaker",
		at("*/5 9 1 * *"):                                "rounds.youth.schedule: Dit komt vaker",
		at("TZ=Europe/Amsterdam"):                        "rounds.youth.schedule: Zet geen tijdzone",
		at("CRON_TZ=UTC"):                                "rounds.youth.schedule: Zet geen tijdzone",
		at("elke maand"):                                 "rounds.youth.schedule: Dit is geen schema.",
		at("@monthly"):                                   "rounds.youth.schedule: Schrijf een schema uit",
		"reminders: {at: \"02:30\"}":                     "reminders.at: Kies een tijd binnen kantooruren.",
		"reminders: {at: \"17:00\"}":                     "reminders.at: Kies een tijd binnen kantooruren.",
		"reminders: {cap: 0}":                            "reminders.cap: Kies een getal van 1 tot en met 20.",
		"reminders: {snooze: {days: 0}}":                 "reminders.snooze.days: Kies een getal",
		"reminders: {snooze: {times: 11}}":               "reminders.snooze.times: Kies een getal",
		"reminders: {clocks: {leek: {}}}":                "Bedoel je leak?",
		"reminders: {chain_mail: ketenregie}":            "reminders.chain_mail: Dit is geen mailadres.",
		"reminders: {clocks: {first_word: {repeat: 0}}}": "reminders.clocks.first_word.repeat: Kies een getal van 1",
		"reminders: {rounds: {question: {schedule: \"0 10 1 * *\"}}}":                 "rounds.question.to: Dit gaat naar niemand.",
		"reminders: {rounds: {question: {schedule: \"0 10 1 * *\", to: [iedereen]}}}": "rounds.question.to[1]: Kies officers",
	} {
		_, err := config.Parse("m.yaml", []byte(in), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", in, err, want)
		}
	}
}

// Every term can be brought up, and the default does so.
func TestEveryClockHasAReminding(t *testing.T) {
	t.Parallel()
	c := config.Default()
	for name := range c.Terms.Clocks() {
		if r := c.Reminders.Clocks.Of(name); r.Repeat < 1 || r.Coordinator < 1 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r := c.Reminders.Clocks.Of("feedback"); r.Repeat != 10 || r.Coordinator != 30 || r.Chain != 30 {
		t.Errorf("feedback: %+v", r)
	}
	if got := c.Reminders.Clocks.Of("nieuw"); got.Repeat != 1 {
		t.Errorf("one that nobody knows: %+v", got)
	}
}

// Who would hear nothing is told by check.
func TestCheckReminders(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "De ketenregisseur hoort niets.",
		"reminders: {rounds: {contacts: {schedule: \"\"}}}": "Niemand kijkt elk jaar na",
	} {
		if got := strings.Join(findings(t, in)[config.Warning], "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
	quiet := findings(t, "mail: {host: mail.voorbeeld.nl, from: bot@voorbeeld.nl}\nreminders: {chain_mail: keten@voorbeeld.nl}")
	if got := strings.Join(quiet[config.Warning], "\n"); strings.Contains(got, "reminders.") {
		t.Errorf("got %q", got)
	}
}

// Working days are counted forward and back.
func TestWorkdaysBetween(t *testing.T) {
	t.Parallel()
	k, err := config.NewCalendar(config.Default())
	if err != nil {
		t.Fatal(err)
	}
	d := func(s string) (out config.Date) {
		if err := out.UnmarshalText([]byte(s)); err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, c := range []struct {
		from, to string
		n        int
	}{{"2026-12-23", "2026-12-29", 3}, {"2027-04-26", "2027-04-28", 1}, {"2028-02-28", "2028-03-01", 2}, {"2026-11-30", "2026-11-27", 0}, {"2026-01-01", "2026-12-31", 251}} {
		if got := k.Workdays(d(c.from), d(c.to)); got != c.n {
			t.Errorf("%s to %s: got %d, want %d", c.from, c.to, got, c.n)
		}
		if got := k.WorkdaysBefore(d(c.to), c.n); c.n > 0 && c.n < 200 && got != d(c.from) {
			t.Errorf("%d before %s: got %v, want %s", c.n, c.to, got, c.from)
		}
	}
	if got := k.Workday(d("2026-12-25")); got != d("2026-12-28") {
		t.Errorf("got %v", got)
	}
}
