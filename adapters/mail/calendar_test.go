package mail_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters/mail"
)

var update = flag.Bool("update", false, "write the golden files anew")

func meeting() mail.Event {
	return mail.Event{
		UID: "copen-2027-1@example.org", Stamp: time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC),
		Start: time.Date(2027, 4, 14, 12, 0, 0, 0, time.UTC), End: time.Date(2027, 4, 14, 13, 30, 0, 0, time.UTC),
		Summary:   "Overleg aandachtsfunctionarissen de Copen",
		About:     "Ervaringen, cijfers; acties.\r\nLet op: geen namen of zaken, ook niet in de agenda van iemand anders — één regel die te lang is.\x07",
		Place:     "Gemeentehuis, kamer 1",
		Organizer: "meldroute@example.org",
	}
}

// An invitation, its change and its cancellation read as they are written down.
func TestCalendar(t *testing.T) {
	t.Parallel()
	invite, keep, change, cancel := meeting(), meeting(), meeting(), meeting()
	invite.Attendee = "aandachtsfunctionaris@example.net"
	change.Attendee, change.Sequence, change.Start, change.End = invite.Attendee, 1, change.Start.AddDate(0, 7, 0), change.End.AddDate(0, 7, 0)
	cancel.Attendee, cancel.Sequence, cancel.Cancelled = invite.Attendee, 2, true
	for name, e := range map[string]mail.Event{"invite": invite, "keep": keep, "change": change, "cancel": cancel} {
		got := mail.Calendar(e)
		file := "testdata/" + name + ".ics"
		if *update {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		wellFormed(t, name, string(got))
	}
}

// wellFormed checks the line breaks, the length of lines in bytes, and that
// another program reads back what was put in (RFC 5545, 3.1 and 3.3.11).
func wellFormed(t *testing.T, name, s string) {
	t.Helper()
	if strings.Contains(strings.ReplaceAll(s, "\r\n", ""), "\n") || !strings.HasSuffix(s, "\r\n") {
		t.Errorf("%s: a line that does not end with CRLF", name)
	}
	for line := range strings.SplitSeq(s, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("%s: a line of %d bytes: %q", name, len(line), line)
		}
	}
	c, err := ics.ParseCalendar(strings.NewReader(s))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	v := c.Events()[0]
	want := "Ervaringen, cijfers; acties.\nLet op: geen namen of zaken, ook niet in de agenda van iemand anders — één regel die te lang is."
	if got := v.GetProperty(ics.ComponentPropertyDescription).Value; got != want {
		t.Errorf("%s: got %q, want %q", name, got, want)
	}
}

// The hour is Amsterdam's in summer and in winter.
func TestCalendarHours(t *testing.T) {
	t.Parallel()
	for at, want := range map[time.Time]string{
		time.Date(2027, 4, 14, 12, 0, 0, 0, time.UTC):  "20270414T140000",
		time.Date(2027, 11, 17, 13, 0, 0, 0, time.UTC): "20271117T140000",
	} {
		e := meeting()
		e.Start, e.End = at, at.Add(time.Hour)
		if got := string(mail.Calendar(e)); !strings.Contains(got, "DTSTART;TZID=Europe/Amsterdam:"+want+"\r\n") {
			t.Errorf("%v: got %s", at, got)
		}
	}
}
