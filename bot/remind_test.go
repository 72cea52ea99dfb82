package main_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

const (
	first  = "web:aandachtsfunctionaris-1"
	second = "web:aandachtsfunctionaris-2"
	chain  = "mail:keten@voorbeeld.nl"
	alarm  = "mail:alarm@voorbeeld.nl"
)

// day is a replica on which reminders are looked at, from Monday morning at ten
// on; more is configuration.
func day(t *testing.T, more string) *replica {
	t.Helper()
	c, err := config.Parse("m.yaml", []byte(more), nil)
	if err != nil {
		t.Fatal(err)
	}
	return onFile(t).configured(t, newChat(), monday(), c)
}

const mails = "mail: {host: mail.voorbeeld.nl, from: bot@voorbeeld.nl, alarms: [alarm@voorbeeld.nl]}\nreminders:\n  chain_mail: keten@voorbeeld.nl\n"

// local sets the clock to a time of the municipality, and lets the loop look.
func (r *replica) local(at string) {
	r.t.Helper()
	loc, err := r.config.Location()
	if err != nil {
		r.t.Fatal(err)
	}
	to, err := time.ParseInLocation("2006-01-02 15:04", at, loc)
	if err != nil {
		r.t.Fatal(err)
	}
	r.clock.on(to.Sub(r.clock.now()))
	r.sweep()
}

func (r *replica) sweep() {
	r.t.Helper()
	r.owed(r.store).Sweep(context.Background(), r.clock.now())
}

// owes makes a signal that has a deadline, so many hours from now, and who has
// it ("" is nobody).
func (r *replica) owes(holder, clock string, hours int, more ...func(*store.Filing)) store.Reference {
	r.t.Helper()
	ctx, now := context.Background(), r.clock.now()
	f := &store.Filing{Urgency: flows.Normal, ReadBy: now.Add(1000 * time.Hour), Reporter: store.Reporter{Person: private.New("web:melder")}}
	for _, m := range more {
		m(f)
	}
	out, err := r.store.Turn(ctx, store.Event{}, func(store.View) (store.Effects, error) { return store.Effects{File: f}, nil })
	if err != nil {
		r.t.Fatal(err)
	}
	who := private.New(holder)
	if holder == "" {
		who = store.Person{}
	}
	e := store.Event{Signal: out.Ref, Viewer: store.Viewer{Person: private.New("bot"), All: true}}
	_, err = r.store.Turn(ctx, e, func(store.View) (store.Effects, error) {
		return store.Effects{Holder: &who, Deadline: &store.Deadline{At: now.Add(time.Duration(hours) * time.Hour), Clock: clock}}, nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out.Ref
}

// away records absences: person, substitute ("" is nobody), from, until.
func (r *replica) away(lines ...string) {
	r.t.Helper()
	var to roster.Roster
	for _, l := range lines {
		f := strings.Split(l, " ")
		to.Absences = append(to.Absences, roster.Absence{Person: f[0], Substitute: f[1], From: f[2], Until: f[3]})
	}
	body, err := private.Encode(to)
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = r.store.Turn(context.Background(), store.Event{Registers: []string{roster.Register}}, func(store.View) (store.Effects, error) {
		return store.Effects{Registers: map[string]private.Text{roster.Register: private.New(string(body))}}, nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// told fails unless a reference stands so many times at each address.
func (r *replica) told(ref store.Reference, want map[string]int) {
	r.t.Helper()
	for at, n := range want {
		if got := r.chat.count(at, string(ref)); got != n {
			r.t.Errorf("%s stands %d times at %s, want %d:\n%v", ref, got, at, n, r.chat.at(at))
		}
	}
}

// last is the newest reply at an address.
func (r *replica) last(at string) adapters.Reply {
	r.t.Helper()
	all := r.chat.at(at)
	if len(all) == 0 {
		r.t.Fatalf("nothing stands at %s", at)
	}
	return all[len(all)-1]
}

// press presses a button of the newest reply at an address, as its person.
func (r *replica) press(at, label, id string) adapters.Answer {
	r.t.Helper()
	for _, c := range r.last(at).Choices {
		if c.Label == label {
			_, who, _ := strings.Cut(at, ":")
			a, err := r.reminder.Handle(context.Background(), pressed(r.message(who, id), c.Token))
			if err != nil {
				r.t.Fatal(err)
			}
			return a
		}
	}
	r.t.Fatalf("no button %q under %+v", label, r.last(at))
	return adapters.Answer{}
}

// One message a day holds all that waits for a person, at nine: of each the
// reference, what, and since or before when; it is his who has the signal, or
// of all. What is met is gone from it, and what is late comes back.
func TestReminderOfTheDay(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	mine, all, done := r.owes(first, "enrich", 31), r.owes("", "decide", 79), r.owes(first, "care", 31) // due Tuesday, Thursday, Tuesday at 17:00
	r.sweep()
	r.local("2026-11-24 08:59")
	for _, at := range []string{first, second, coordinator, deskChannel} {
		if got := r.chat.at(at); len(got) != 0 {
			t.Fatalf("before nine, %s reads %v", at, got)
		}
	}
	r.meets(done)
	r.local("2026-11-24 09:00")
	r.told(mine, map[string]int{first: 1, second: 0, coordinator: 0})
	r.told(all, map[string]int{first: 1, second: 1, coordinator: 0})
	r.told(done, map[string]int{first: 0, second: 0})
	got := r.last(first)
	want := "Dit wacht op jou.\n\n- **" + string(mine) + "**: opzoeken en uitzoeken (stap 3). Vóór dinsdag 24 november om 17.00 uur.\n" +
		"- **" + string(all) + "**: beslissen aan wie het gaat (stap 4). Vóór donderdag 26 november om 17.00 uur."
	if got.Text != want || len(got.Choices) != 3 || got.Choices[0].Label != "Openen "+string(mine) || got.Choices[2].Label != "Later" {
		t.Errorf("got %q %v,\nwant %q", got.Text, got.Choices, want)
	}
	for range 20 {
		r.clock.on(7 * time.Minute)
		r.sweep()
	}
	r.told(mine, map[string]int{first: 1})
	r.local("2026-11-25 09:00")
	r.told(mine, map[string]int{first: 1})
	r.told(all, map[string]int{first: 1, second: 1})
	r.local("2026-11-26 09:00") // Thursday: the day of the one, and the other is two working days late
	r.told(all, map[string]int{first: 2, second: 2})
	r.told(mine, map[string]int{first: 2, second: 0, coordinator: 1})
	if got := r.last(first).Text; !strings.Contains(got, "Te laat sinds dinsdag 24 november om 17.00 uur.") {
		t.Errorf("got %q", got)
	}
	r.meets(mine)
	r.local("2026-12-31 16:00")
	r.told(mine, map[string]int{first: 2, coordinator: 1})
}

// meets ends what a signal owes.
func (r *replica) meets(ref store.Reference) {
	r.t.Helper()
	e := store.Event{Signal: ref, Viewer: store.Viewer{Person: private.New("bot"), All: true}}
	_, err := r.store.Turn(context.Background(), e, func(store.View) (store.Effects, error) {
		return store.Effects{Deadline: &store.Deadline{}}, nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// An exercise is brought up as everything is, and marked as one.
func TestReminderMarksExercises(t *testing.T) {
	t.Parallel()
	r := day(t, mails)
	ref := r.owes(first, "feedback", 31, func(f *store.Filing) { f.Drill = true })
	r.local("2027-01-29 09:00")
	r.told(ref, map[string]int{first: 1, coordinator: 1, chain: 0})
	if got := r.last(first).Text; !strings.Contains(got, "- OEFENING **"+string(ref)) {
		t.Errorf("got %q", got)
	}
}

// "Openen" under a bundle opens the case for its reader, and for nobody else.
func TestReminderOpens(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	ref := r.owes(first, "enrich", 31)
	r.local("2026-11-24 09:00")
	open := func(who, at string) adapters.Answer {
		m := r.message(who, "open-"+who)
		m.At = adapters.NewAddress("web", at)
		a, err := r.desk.Handle(context.Background(), pressed(m, r.last(first).Choices[0].Token))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := open("aandachtsfunctionaris-1", "aandachtsfunctionaris-1"); a.Form == nil || a.Form.Title != string(ref) {
		t.Errorf("got %+v", a)
	}
	if a := open("medewerker-1", "aandachtsfunctionaris-1"); a.Form != nil {
		t.Error("an employee opens it")
	}
}

// Who is away is not told: who stands in for him is, along the chain. When it
// ends at nobody the others are; and when there is no officer at all the
// coördinatoren get the lines and an alarm, of which the mail says nothing.
func TestReminderAbsence(t *testing.T) {
	t.Parallel()
	r := day(t, mails)
	mine, all := r.owes(first, "enrich", 31), r.owes("", "enrich", 31)
	r.away(first+" "+second+" 2026-11-24 2026-11-24", second+"  2026-11-26 2026-11-26", first+"  2026-11-26 2026-11-26", first+"  2026-11-30 2026-11-30")
	r.local("2026-11-24 09:00")
	r.told(mine, map[string]int{first: 0, second: 1, coordinator: 0, alarm: 0})
	r.told(all, map[string]int{first: 0, second: 1})
	if n := strings.Count(r.last(second).Text, string(all)); n != 1 {
		t.Errorf("%d lines of one signal", n)
	}
	r.local("2026-11-26 09:00") // nobody is there
	r.told(mine, map[string]int{first: 0, second: 1, coordinator: 1})
	if got := r.last(coordinator); got.Text != "Er is vandaag geen aandachtsfunctionaris. Er wachten signalen: 2. Regel een vervanger." || !got.Urgent {
		t.Errorf("the alarm says %q", got.Text)
	}
	if got := r.chat.at(alarm); len(got) != 1 || strings.Contains(got[0].Text, "SIG-") || strings.ContainsAny(got[0].Text, "0123456789") {
		t.Errorf("by mail: %v", got)
	}
	r.local("2026-11-30 09:00") // the holder has nobody who stands in for him
	r.told(mine, map[string]int{first: 0, second: 2})
	if n := len(r.chat.at(alarm)); n != 1 {
		t.Errorf("%d alarms", n)
	}
}

// Who is left out of a signal never reads its reference, whoever is away and
// however late it is (D4); and who reads only what is assigned to him, no other.
func TestReminderLeavesOut(t *testing.T) {
	t.Parallel()
	r := day(t, mails+"roles:\n  officers:\n    - {person: \"web:aandachtsfunctionaris-1\", name: A, reads: all}\n"+
		"    - {person: \"web:aandachtsfunctionaris-2\", name: B, reads: all}\n    - {person: \"web:teamcoordinator\", name: C, reads: assigned}\n")
	leave := func(who ...string) func(*store.Filing) {
		return func(f *store.Filing) { f.LeaveOut = private.List(who...) }
	}
	secret := r.owes(first, "leak", 31, leave(first, coordinator))
	other := r.owes("", "care", 31, func(f *store.Filing) { f.Assign = private.List("web:teamcoordinator") })
	alone := r.owes("", "care", 31, leave(second))
	r.away(second+" "+first+" 2026-11-25 2026-11-27", first+" "+second+" 2026-11-30 2026-12-31")
	for _, at := range []string{"2026-11-24 09:00", "2026-11-25 09:00", "2026-11-26 09:00", "2026-11-27 09:00", "2026-11-30 09:00", "2026-12-01 09:00"} {
		r.local(at)
	}
	r.told(secret, map[string]int{first: 0, coordinator: 0, "web:teamcoordinator": 0, second: 3})
	r.told(other, map[string]int{"web:teamcoordinator": 6, coordinator: 5})
	r.told(alone, map[string]int{second: 0, "web:teamcoordinator": 0, first: 4, coordinator: 5})
	for _, mail := range []string{chain, alarm} {
		for _, p := range r.chat.at(mail) {
			if strings.Contains(p.Text, "SIG-") {
				t.Errorf("%s reads %q", mail, p.Text)
			}
		}
	}
}

// Nobody is flooded: a message holds the ten earliest, counts the rest and leads
// to the overview; after weeks without the program all of it comes at once, in
// one message.
func TestReminderCap(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	refs := make([]store.Reference, 25)
	for i := range refs {
		refs[i] = r.owes(first, "feedback", 31+i)
	}
	r.local("2026-12-15 11:40")
	got := r.chat.at(first)
	if len(got) != 1 || strings.Count(got[0].Text, "SIG-") != 10 || !strings.HasSuffix(got[0].Text, "En nog 15. Kijk in het overzicht.") {
		t.Fatalf("got %d messages: %+v", len(got), got)
	}
	for i := range 10 {
		if got[0].Choices[i].Label != "Openen "+string(refs[i]) {
			t.Errorf("line %d is not the earliest: %v", i, got[0].Choices[i].Label)
		}
	}
	if c := got[0].Choices; len(c) != 12 || c[10].Label != "Overzicht" || c[11].Label != "Later" {
		t.Errorf("buttons: %v", c)
	}
	r.local("2026-12-16 09:00")
	if got := r.chat.at(first); len(got) != 1 {
		t.Errorf("%d messages the day after", len(got))
	}
}

// A partner who stays silent is brought up every ten working days and never
// closed; after three times the coördinator and the ketenregisseur hear of it,
// the latter by reference and kind alone. A case at rest comes back weekly.
func TestReminderEscalates(t *testing.T) {
	t.Parallel()
	r := day(t, mails)
	silent, rest := r.owes(first, "feedback", 31), r.owes(second, "rest", 31)
	at := map[string][3]int{ // first, coördinator, ketenregisseur
		"2026-11-24": {1, 0, 0}, "2026-12-08": {2, 0, 0}, "2026-12-22": {3, 0, 0}, "2027-01-06": {3, 0, 0}, "2027-01-07": {4, 1, 1}, "2027-01-21": {5, 2, 2},
	}
	k, err := config.NewCalendar(r.config)
	if err != nil {
		t.Fatal(err)
	}
	for d := (config.Date{Year: 2026, Month: 11, Day: 24}); d.Compare(config.Date{Year: 2027, Month: 1, Day: 23}) < 0; d = k.AddWorkdays(d, 1) {
		r.local(d.String() + " 09:00")
		if want, ok := at[d.String()]; ok {
			r.told(silent, map[string]int{first: want[0], second: 0, coordinator: want[1], chain: want[2]})
		}
	}
	r.told(rest, map[string]int{first: 0, second: 9, coordinator: 8, chain: 0})
	if got, want := r.last(chain).Text, "Deze signalen wachten al lang.\n\n- "+string(silent)+": antwoord van een partner (stap 5)"; got != want {
		t.Errorf("the ketenregisseur reads %q, want %q", got, want)
	}
	if s, err := r.store.Card(context.Background(), silent); err != nil || s.Due.IsZero() || s.Status == store.Closed {
		t.Errorf("a silent partner was closed: %+v %v", s, err)
	}
}

// What is acute and has hours is told when it is due, at once, to officers and
// coördinatoren; other things wait for the bundle, and for working hours.
func TestReminderAcute(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	quick := func(f *store.Filing) { f.Urgency, f.ReadBy = flows.Acute, r.clock.now().Add(time.Hour) }
	r.clock.on(3 * time.Hour)
	ref := r.owes("", store.ClockRead, 1, quick)
	calm := r.owes("", "care", 1)
	r.clock.on(time.Hour)
	r.sweep()
	r.told(ref, map[string]int{first: 1, second: 1, coordinator: 1})
	r.told(calm, map[string]int{first: 0})
	if got := r.last(first); !got.Urgent || !strings.HasPrefix(got.Text, "Dit kan niet wachten.") || len(got.Choices) != 1 {
		t.Errorf("got %+v", got)
	}
	r.clock.on(time.Hour)
	r.sweep()
	r.local("2026-11-24 07:00")
	r.told(ref, map[string]int{first: 1})
	r.local("2026-11-24 09:00")
	r.told(ref, map[string]int{first: 2, second: 2, coordinator: 2})
	r.told(calm, map[string]int{first: 1})
}

// "Later" puts off one thing at a time, within the limits, for who has the task:
// never what is acute or not read, never the deadline, and with a line in the
// journal each time.
func TestReminderLater(t *testing.T) {
	t.Parallel()
	r := day(t, "")
	ref, unread := r.owes(first, "care", 31), r.owes("", store.ClockRead, 31)
	r.local("2026-11-24 09:00")
	form := r.press(first, "Later", "p1").Form
	if form == nil || len(form.Fields) != 2 || len(form.Fields[0].Options) != 1 || form.Fields[0].Options[0].Value != string(ref) || len(form.Fields[1].Options) != 5 {
		t.Fatalf("got %+v", form)
	}
	send := func(who, id string, f *adapters.Form, ref store.Reference, days string) adapters.Answer {
		t.Helper()
		a, err := r.reminder.Handle(context.Background(), filled(r.message(who, id), f, "", "which", string(ref), "days", days))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for i, bad := range []adapters.Answer{
		send("aandachtsfunctionaris-2", "b1", form, ref, "2"), send("aandachtsfunctionaris-1", "b2", form, unread, "2"),
		send("aandachtsfunctionaris-1", "b3", form, ref, "6"), send("aandachtsfunctionaris-1", "b4", form, ref, "-1"),
		send("aandachtsfunctionaris-1", "b5", form, "SIG-2026-AAAAA", "1"),
	} {
		if len(bad.Errors) == 0 {
			t.Errorf("%d was taken: %+v", i, bad)
		}
	}
	if a := send("aandachtsfunctionaris-1", "f1", form, ref, "2"); len(a.Errors) > 0 || a.Notice != "Ik herinner je er later aan." {
		t.Fatalf("got %+v", a)
	}
	if a := send("aandachtsfunctionaris-1", "f2", form, ref, "2"); len(a.Errors) == 0 {
		t.Error("the form was used twice")
	}
	r.local("2026-11-25 09:00")
	r.told(ref, map[string]int{first: 1})
	r.told(unread, map[string]int{first: 2})
	for _, c := range r.last(first).Choices {
		if c.Label == "Later" {
			t.Error("what is not read can be put off")
		}
	}
	r.local("2026-11-26 09:00")
	r.told(ref, map[string]int{first: 2})
	send("aandachtsfunctionaris-1", "f3", r.press(first, "Later", "p2").Form, ref, "1")
	r.local("2026-11-27 09:00")
	r.told(ref, map[string]int{first: 3})
	for _, c := range r.last(first).Choices {
		if c.Label == "Later" {
			t.Error("it was put off twice, and can be again")
		}
	}
	if s, err := r.store.Card(context.Background(), ref); err != nil || !s.Due.Equal(monday().now().Add(31*time.Hour)) {
		t.Errorf("the deadline moved: %+v %v", s, err)
	}
	rows, err := r.driver.Query(context.Background(), store.Query{SQL: `SELECT COUNT(*) FROM journal WHERE action = 'case.snoozed'`})
	if err != nil || rows[0][0][0] != int64(2) {
		t.Errorf("%v lines in the journal (%v)", rows, err)
	}
}
