package copen_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
	"github.com/meldroute/meldroute/store/postgres"
	"github.com/meldroute/meldroute/store/sqlite"
	"github.com/meldroute/meldroute/store/storetest"
	"github.com/meldroute/meldroute/store/vault"
)

// A meeting from the first question to its last action, as everybody reads it:
// those in the chat, and those who read mail.
func TestMeeting(t *testing.T) {
	t.Parallel()
	h := enter(t)
	h.day("2026-11-25")
	h.types(coordinator, "Copen")
	h.day("2027-01-28")
	h.press(coordinator, "Openen")
	h.task(coordinator, "Data voorstellen")
	h.fill(coordinator, "date1", "2027-03-29", "time", "14:00") // Easter Monday
	h.fill(coordinator, "date1", "2027-04-08", "date2", "2027-04-15", "time", "14.30")
	h.deliver()
	h.press(chatter, "Datum kiezen")
	h.fill(chatter, "dates", "1")
	h.press(coordinator, "Datum kiezen")
	h.fill(coordinator, "dates", "0|1")
	h.press(coordinator, "Openen")
	h.task(coordinator, "Datum vastleggen")
	h.fill(coordinator, "date", "2027-04-15", "time", "14:30")
	h.task(coordinator, "Terug")
	h.task(coordinator, "Antwoord invullen")
	h.fill(coordinator, "who", "2", "dates", "1")
	h.task(coordinator, "Datum vastleggen")
	h.fill(coordinator, "date", "2027-04-15", "time", "14:30")
	h.deliver()

	h.day("2027-03-04")
	h.press(chatter, "Iets inbrengen")
	h.fill(chatter, "talk", "Zilvervos en huisvesting")
	h.press(coordinator, "Openen")
	h.task(coordinator, "Datum vastleggen")
	h.fill(coordinator, "date", "2027-04-20", "time", "10:00")
	h.deliver()
	h.task(coordinator, "Afzeggen")
	h.fill(coordinator)
	h.deliver()
	h.task(coordinator, "Datum vastleggen")
	h.fill(coordinator, "date", "2027-04-22", "time", "10:00")
	h.deliver()
	for _, date := range []string{"2027-04-08", "2027-04-15"} {
		h.day(date)
	}
	h.press(coordinator, "Openen")
	h.task(coordinator, "Cijfers sturen")
	h.fill(coordinator)
	h.deliver()
	h.day("2027-04-20")
	h.day("2027-04-29")
	h.press(coordinator, "Openen")
	h.task(coordinator, "Verslag schrijven")
	h.fill(coordinator, "minutes", "Goudvos: we spraken over huisvesting")
	h.task(coordinator, "Actie toevoegen")
	h.fill(coordinator, "type", "policy", "what", "Bronsvos in het beleid zetten", "owner", "1", "due", "2027-05-20")
	h.task(coordinator, "Actie toevoegen")
	h.fill(coordinator, "type", "other", "what", "Zaal zoeken", "owner", "3", "due", "2027-05-20")
	h.deliver()
	h.press(chatter, "Verslag lezen")
	h.day("2027-05-20")
	h.press(chatter, "Actie is klaar")
	h.fill(chatter, "actions", "1")
	h.press(coordinator, "Openen")
	h.task(coordinator, "Actie is klaar")
	h.fill(coordinator, "actions", "2")
	h.day("2027-06-03")

	golden(t, "meeting", strings.Join(h.says, "\n")+"\n")
	h.sealed("Zilvervos", "Goudvos", "Bronsvos")
	h.calendars()
}

// sealed proves that what people wrote stands in no message, mail, log or
// journal line.
func (h *hall) sealed(words ...string) {
	h.t.Helper()
	var all strings.Builder
	for _, replies := range h.chat.sent {
		for _, r := range replies {
			all.WriteString(r.Text)
			for _, c := range r.Choices {
				all.WriteString(c.Label)
			}
		}
	}
	for _, m := range []string{mailer, mailer2} {
		for _, l := range h.mail.Box(m) {
			all.WriteString(l.Raw)
			for _, p := range l.Parts {
				all.WriteString(p.Data)
			}
		}
	}
	if _, err := h.store.SealJournal(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	lines, err := h.store.Journal(h.t.Context(), 0, 1000)
	if err != nil || len(lines) < 20 {
		h.t.Fatalf("got %d lines of the journal (%v)", len(lines), err)
	}
	for _, l := range lines {
		all.WriteString(l.Action + l.Actor + l.About + l.Outcome)
	}
	for _, w := range words {
		if strings.Contains(all.String()+h.log.String(), w) {
			h.t.Errorf("%s stands in the open", w)
		}
	}
}

// calendars proves what a mail program does with the invitations: one meeting
// that is moved, called off, and another one after that.
func (h *hall) calendars() {
	h.t.Helper()
	field := func(s, name string) string {
		return regexp.MustCompile(`(?m)^` + name + `[:;]([^\r]*)`).FindStringSubmatch(s)[1]
	}
	var got []string
	for _, l := range h.mail.Box(mailer) {
		for _, p := range l.Parts {
			if p.Name == "overleg.ics" {
				s := strings.ReplaceAll(p.Data, "\r\n ", "")
				got = append(got, strings.Join([]string{field(s, "METHOD"), field(s, "UID"), field(s, "SEQUENCE"), field(s, "DTSTART;TZID=Europe/Amsterdam"), field(s, "STATUS")}, " "))
				if !strings.Contains(s, "mailto:"+mailer) || strings.Contains(s, mailer2) {
					h.t.Errorf("the invitation is not for its reader alone: %s", s)
				}
			}
		}
	}
	want := []string{
		"REQUEST copen-2027-04-0 0 20270415T143000 CONFIRMED",
		"REQUEST copen-2027-04-0 1 20270420T100000 CONFIRMED",
		"CANCEL copen-2027-04-0 2 20270420T100000 CANCELLED",
		"REQUEST copen-2027-04-1 0 20270422T100000 CONFIRMED",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("invitations (-want +got):\n%s", diff)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// Whoever is no coördinator, or was one, reads the same words whatever he
// sends, and each leaves a line in the journal.
func TestRights(t *testing.T) {
	t.Parallel()
	h := enter(t)
	h.day("2027-01-20")
	h.day("2027-07-30")
	h.press(coordinator, "Openen")
	window := h.form.Token
	press := h.chat.last[coordinator].Choices[0].Token
	h.task(coordinator, "Datum vastleggen")
	h.fill(coordinator, "date", "2027-10-08", "time", "14:00")
	h.deliver()
	own := h.chat.last[coordinator].Choices[0].Token
	h.task(coordinator, "Datum vastleggen")
	form := h.form
	h.left[second] = true
	same := adapters.Answer{Notice: "Niet gevonden."}
	tries := 0
	for _, who := range []string{stranger, chatter, second} {
		for name, change := range map[string]func(*adapters.Message){
			"the word":          func(m *adapters.Message) { m.Text = private.New("copen") },
			"the window":        func(m *adapters.Message) { m.Press = press },
			"an unknown press":  func(m *adapters.Message) { m.Press = "copen-" + store.NewToken() },
			"another's button":  func(m *adapters.Message) { m.Press = own },
			"another's window":  func(m *adapters.Message) { m.Filled = &adapters.Filled{Token: window, Act: "task.date"} },
			"another's form":    func(m *adapters.Message) { m.Filled = &adapters.Filled{Token: form.Token} },
			"an act of nothing": func(m *adapters.Message) { m.Filled = &adapters.Filled{Token: form.Token, Act: "task.x"} },
		} {
			got := h.as(who, change)
			tries++
			got.Errors = nil // of a form they are the same words
			if diff := cmp.Diff(same, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", who, name, diff)
			}
		}
	}
	if _, err := h.store.SealJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines, err := h.store.Journal(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, l := range lines {
		if l.Action == "copen.refused" && l.Outcome == "refused" {
			refused++
		}
	}
	if refused != tries {
		t.Errorf("got %d lines of refusals, want %d", refused, tries)
	}
	h.left[coordinator] = true // his own form does not count any more
	h.form = form
	if a := h.fill(coordinator, "date", "2027-10-08", "time", "14:00"); a.Errors[""] != "Niet gevonden." {
		t.Errorf("who left the channel: got %+v", a)
	}
}

// What was filled in before a colleague changed something is refused in words,
// and a form that was sent twice counts once.
func TestStaleAndTwice(t *testing.T) {
	t.Parallel()
	h := asked(t)
	mine := h.form
	h.press(second, "Openen")
	h.task(second, "Datum vastleggen")
	sent := h.form
	h.fill(second, "date", "2027-04-09", "time", "14:00")
	again := adapters.Filled{Token: sent.Token, Values: map[string][]private.Text{"date": private.List("2027-04-09"), "time": private.List("14:00")}}
	h.n-- // the same message once more
	h.as(second, func(m *adapters.Message) { m.Filled = &again })
	h.form = mine
	if a := h.fill(coordinator, "date", "2027-04-12", "time", "14:00"); a.Errors[""] != "Dit is intussen veranderd. Ga terug en open het opnieuw." {
		t.Errorf("an old form: got %+v", a)
	}
	h.deliver()
	if n := len(h.mail.Box(mailer)); n != 1 {
		t.Errorf("got %d invitations, want 1", n)
	}
}

// A meeting that did not take place leaves no minutes to write and tells nobody;
// it does not count as one for the alarm.
func TestMissed(t *testing.T) {
	t.Parallel()
	h := asked(t)
	h.fill(coordinator, "date", "2027-04-08", "time", "14:00")
	h.deliver()
	h.day("2027-04-15")
	mails := len(h.mail.Box(mailer))
	h.press(coordinator, "Openen")
	h.task(coordinator, "Ging niet door")
	a := h.fill(coordinator)
	for _, act := range a.Form.Acts {
		if act.Label == "Verslag schrijven" || act.Label == "Ging niet door" {
			t.Errorf("still there: %s", act.Label)
		}
	}
	h.day("2027-04-22")
	if got := len(h.mail.Box(mailer)); got != mails {
		t.Errorf("got %d mails more", got-mails)
	}
	h.day("2027-06-24") // 210 days after the bot began
	if r := h.chat.last[coordinator]; !r.Urgent || !strings.HasPrefix(r.Text, "Er is al meer dan 210 dagen geen Copen-overleg geweest.") {
		t.Errorf("got %+v", r)
	}
}

// Dates on which nobody works, and what is no date, are refused with the reason.
func TestDatesAreWorkingDays(t *testing.T) {
	t.Parallel()
	h := asked(t)
	for _, c := range []struct{ date, time, want string }{
		{"2027-04-10", "14:00", "zaterdag 10 april is een vrije dag. Kies een werkdag."},
		{"2027-03-29", "14:00", "maandag 29 maart is een vrije dag. Kies een werkdag."}, // Easter Monday
		{"2027-04-09", "20:00", "Dan werken mensen niet. Kies een tijd binnen kantooruren."},
		{"2027-01-27", "14:00", "woensdag 27 januari kan niet. Kies een moment in het komende jaar."},
		{"2028-06-09", "14:00", "vrijdag 9 juni kan niet. Kies een moment in het komende jaar."},
		{"morgen", "14:00", "Kies een datum die nog komt."},
		{"2027-04-09", "twee uur", "Schrijf de tijd zo: 14:00."},
	} {
		if a := h.fill(coordinator, "date", c.date, "time", c.time); a.Errors[""] != c.want {
			t.Errorf("%s %s: got %q, want %q", c.date, c.time, a.Errors[""], c.want)
		}
	}
}

// A mailbox that does not exist keeps nothing from the others, and the
// coördinatoren are told, once; one that is full is tried again.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	h := asked(t)
	h.mail.Lock()
	h.mail.Refuse = func(rcpt string) error {
		switch rcpt {
		case mailer:
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no"}
		case mailer2:
			return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "full"}
		}
		return nil
	}
	h.mail.Unlock()
	h.fill(coordinator, "date", "2027-04-09", "time", "14:00")
	h.deliver()
	h.mail.Lock()
	h.mail.Refuse = func(rcpt string) error {
		if rcpt == mailer {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no"}
		}
		return nil
	}
	h.mail.Unlock()
	h.day("2027-01-29")
	h.day("2027-02-01")
	told := 0
	for _, r := range h.chat.sent[coordinator] {
		if strings.Contains(r.Text, "De deelnemer van Montfoort is niet te bereiken.") {
			told++
		}
	}
	if told != 1 || len(h.mail.Box(mailer2)) != 1 {
		t.Errorf("told %d times, and %d mails where there was no room first; want 1 and 1", told, len(h.mail.Box(mailer2)))
	}
	if got := h.chat.last[chatter].Text; !strings.Contains(got, "vrijdag 9 april") {
		t.Errorf("the others: got %q", got)
	}
}

// The invitation and the figures are fetched from the bot's own page, once, by
// who may have them, with the code.
func TestFiles(t *testing.T) {
	t.Parallel()
	h := asked(t)
	h.fill(coordinator, "date", "2027-04-09", "time", "14:00")
	h.deliver()
	fetch := func(who, token, code string) (adapters.File, error) {
		from, err := adapters.ParseAddress(who)
		if err != nil {
			t.Fatal(err)
		}
		return h.c.File(t.Context(), adapters.Claim{From: from, Token: token, Code: private.New(code), Lang: "nl"})
	}
	h.press(chatter, "In mijn agenda")
	token, code := h.link()
	for _, c := range []struct{ who, token, code string }{{stranger, token, code}, {coordinator, token, code}, {chatter, token, "AAA AAA"}, {chatter, "copen-x", code}} {
		if _, err := fetch(c.who, c.token, c.code); !errors.Is(err, adapters.ErrNoFile) {
			t.Errorf("%s with %q: got %v", c.who, c.code, err)
		}
	}
	f, err := fetch(chatter, token, code)
	if err != nil || !strings.Contains(f.Body.Reveal(), "DTSTART;TZID=Europe/Amsterdam:20270409T140000") || !strings.Contains(f.Type, "PUBLISH") {
		t.Errorf("got %v %s", err, f.Body.Reveal())
	}
	if _, err := fetch(chatter, token, code); !errors.Is(err, adapters.ErrNoFile) {
		t.Errorf("a second time: got %v", err)
	}
	h.press(coordinator, "Openen")
	h.a = h.task(coordinator, "Cijfers bekijken")
	token, code = h.link()
	if f, err := fetch(coordinator, token, code); err != nil || f.Body.Reveal() != "<p>cijfers 2026-2</p>" || f.Name != "cijfers.html" {
		t.Errorf("figures: got %v %+v", err, f)
	}
}

// Two replicas that look at once, however often, say everything once.
func TestReplicas(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) func() store.Driver{
		"sqlite": func(t *testing.T) func() store.Driver {
			file := filepath.Join(t.TempDir(), "db")
			return func() store.Driver {
				d, err := sqlite.Open(t.Context(), file)
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
		},
		"postgres": func(t *testing.T) func() store.Driver {
			url := storetest.Postgres(t)
			return func() store.Driver {
				d, err := postgres.Open(t.Context(), url)
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := filepath.Join(t.TempDir(), "keys")
			if err := vault.Create(keys); err != nil {
				t.Fatal(err)
			}
			driver := open(t)
			a := enterOn(t, keys, driver)
			b := enterOn(t, keys, driver)
			b.chat.note = func(string, adapters.Reply) {}
			a.day("2026-11-25")
			for _, date := range []string{"2027-01-28", "2027-02-25", "2027-03-25", "2027-04-06"} {
				a.mu.Lock()
				a.at = a.at.AddDate(0, 0, 1)
				a.mu.Unlock()
				var both sync.WaitGroup
				for _, h := range []*hall{a, b, a, b} {
					both.Go(func() {
						if err := h.c.Sweep(t.Context(), day(t, date)); err != nil {
							t.Error(err)
						}
					})
				}
				both.Wait()
				a.day(date)
			}
			var got []string
			for _, r := range a.chat.sent[coordinator] {
				got = append(got, r.Text)
			}
			const want = "Het Copen-overleg heeft nog geen datum. Het staat in het schema op donderdag 8 april. Kies een datum."
			if diff := cmp.Diff([]string{want, want, want, want}, got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

// Figures that cannot be made are told in words where they are asked for, and
// nothing is sent or offered of them.
func TestFiguresThatCannotBe(t *testing.T) {
	t.Parallel()
	h := asked(t)
	h.fill(coordinator, "date", "2027-04-09", "time", "14:00")
	h.deliver()
	h.press(coordinator, "Openen")
	window, mails := h.form, len(h.mail.Box(mailer))
	h.unfit = "De stap is veranderd."
	if a := h.task(coordinator, "Cijfers bekijken"); a.Errors[""] != h.unfit || a.Form != nil {
		t.Errorf("to look at: %+v", a)
	}
	h.form = window
	h.task(coordinator, "Cijfers sturen")
	if a := h.fill(coordinator); a.Errors[""] != h.unfit || a.Form != nil {
		t.Errorf("to send: %+v", a)
	}
	h.deliver()
	h.unfit = ""
	if n := len(h.mail.Box(mailer)) - mails; n != 0 {
		t.Errorf("%d mails were sent", n)
	}
	if a := h.fill(coordinator); len(a.Errors) > 0 {
		t.Errorf("again: %+v", a)
	}
	h.deliver()
	h.unfit = "De stap is veranderd."
	if a := h.press(chatter, "Cijfers bekijken"); a.Notice != h.unfit || a.Form != nil {
		t.Errorf("to a participant: %+v", a)
	}
}
