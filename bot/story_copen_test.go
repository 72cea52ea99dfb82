package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/adapters/mail"
	"github.com/meldroute/meldroute/adapters/mail/mailtest"
)

// meetingOf is the configuration of a Copen meeting with a poll, and somebody
// who reads mail.
func meetingOf(s *mailtest.Server) string {
	return fmt.Sprintf(`mail: {host: 127.0.0.1, port: %d, tls: none, from: meldroute@example.org}
copen:
  poll: true
  place: Gemeentehuis
  participants:
    - {municipality: Woerden, name: Coördinator, person: "web:coordinator", confirmed: true, bot: true}
    - {municipality: IJsselstein, name: Aandachtsfunctionaris, person: "web:medewerker-2", confirmed: true}
    - {municipality: Montfoort, name: Aandachtsfunctionaris, person: "mail:montfoort@example.org", confirmed: true}
    - {municipality: Lopik, name: Aandachtsfunctionaris}
`, s.Port)
}

// The coördinator plans the meeting in the running program: who is in the chat
// is asked there, who is not reads mail from a real server, and nobody else
// gets in.
func TestCopen(t *testing.T) {
	t.Parallel()
	s := mailtest.Serve(t, mail.Plain)
	p := start(t, meetingOf(s))
	chief, guest, other := p.open("coordinator").watch(), p.open("medewerker-2").watch(), p.open("medewerker-1").watch()
	planned(chief)
	chief.presses("Openen")
	chief.chooses("Data voorstellen")
	date := chief.window().fields[0].value[0] // as the schedule means it
	chief.fills(map[string]string{"Datum 1": date, "Tijd": "14:00"})
	if len(chief.errors) > 0 {
		t.Fatalf("the date of the schedule is refused: %v", chief.errors)
	}
	guest.presses("Datum kiezen")
	guest.fills(map[string]string{"Kan op": guest.window().fields[0].options[0].label})
	if guest.notice != "Dank je. Het staat erbij." {
		t.Errorf("an answer: got %q", guest.notice)
	}
	chief.chooses("Datum vastleggen")
	chief.fills(map[string]string{"Datum": date, "Tijd": "14:00"})
	guest.sees(guest.id, "Het Copen-overleg is op")
	letters := s.Await("montfoort@example.org", 2, patience)
	if len(letters) != 2 || !strings.Contains(letters[1].Raw, "method=REQUEST") || !strings.Contains(letters[1].Raw, "Gemeentehuis") {
		t.Fatalf("got %d mails", len(letters))
	}
	chief.chooses("Cijfers sturen")
	chief.fills(nil)
	letters = s.Await("montfoort@example.org", 3, patience)
	if len(letters) != 3 {
		t.Fatalf("no figures came: %d mails", len(letters))
	}
	if parts := letters[2].Parts; !strings.HasPrefix(parts[len(parts)-1].Name, "cijfers-") || !strings.Contains(parts[len(parts)-1].Data, "<svg") {
		t.Errorf("the figures: got %q", parts[len(parts)-1].Name)
	}
	guest.presses("In mijn agenda")
	if f := guest.window(); !strings.Contains(f.title, "In mijn agenda") {
		t.Errorf("got %+v", f)
	}
	other.says("copen")
	if other.notice != "Niet gevonden." {
		t.Errorf("an employee who types copen reads %q", other.notice)
	}
	for _, x := range other.list(other.id) {
		if strings.Contains(x.text, "overleg") {
			t.Errorf("an employee read %q", x.text)
		}
	}
}

// planned waits until the bot has looked at its schedule.
func planned(chief *person) {
	chief.t.Helper()
	until(chief.t, "the meeting stands in the schedule", func() bool {
		chief.says("copen")
		return strings.Contains(chief.sees(chief.id, "overleg").text, "heeft nog geen datum")
	})
}
