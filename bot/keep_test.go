package main_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// closes takes a case along the shortest lawful way to its end, on the clock's
// day.
func (c *clerk) closes(ref, reason, word string) {
	c.b.t.Helper()
	today, later := c.b.clock.now().Format(time.DateOnly), c.b.clock.now().AddDate(0, 1, 0).Format(time.DateOnly)
	c.takes(ref)
	c.task("lookups", "look_person", "notfound", "look_organisation", "notfound", "look_address", "notfound", "system", "Eigen systeem", "date", today)
	if reason != "not_trafficking" {
		c.confidant()
		c.share("moviera")
		if a := c.fills("way", "phone", "contact", "Meldpunt", "date", today, "ground", "Eigen taak", "feedback", later); len(a.Errors) > 0 {
			c.b.t.Fatalf("not handed over: %s", answered(a))
		}
		c.task("answer", "handed", "0", "answer", "maynotsay")
	}
	kv := []string{"reason", reason, "why", "Zo is het.", "help", "novictim", "informed", "yes"}
	if word != "" {
		kv = append(kv, "template", word)
	}
	c.task("close", kv...)
}

// erases does what upkeep does at the clock's time.
func (b *bureau) erases() store.Erased {
	b.t.Helper()
	done, err := b.r.store.EraseDue(context.Background(), b.clock.now(), nil)
	err = errors.Join(err, b.r.store.Sweep(context.Background(), b.clock.now()))
	if err != nil {
		b.t.Fatal(err)
	}
	return done
}

func (b *bureau) gone(ref string) bool {
	b.t.Helper()
	_, err := b.r.store.Card(context.Background(), store.Reference(ref))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		b.t.Fatal(err)
	}
	return err != nil
}

// months is the last day of a term in months, worked out in another way than
// the program does: the day after is tried, month by month.
func months(from time.Time, n int) time.Time {
	y, m := from.Year(), int(from.Month())+n
	for d := from.Day(); ; d-- {
		if t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, from.Location()); t.Day() == d {
			return t
		}
	}
}

// In a year of closings every signal goes on the day after its term, none early
// and none twice; what is held or was extended stays; what was missed while the
// program stood still goes at its next run. At the end the journal is whole and
// every erasure has its record.
func TestKeepYear(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	b.clock.at = time.Date(2026, 8, 31, 9, 0, 0, 0, time.UTC)
	loc, err := b.r.config.Location()
	if err != nil {
		t.Fatal(err)
	}
	terms := map[string]int{"not_trafficking": 6, "insufficient_info": 6, "duplicate": 6, "moved_municipality": 24, "action_taken": 24}
	reasons := []string{"not_trafficking", "insufficient_info", "action_taken", "duplicate", "not_trafficking", "moved_municipality"}
	type kept struct {
		ref  string
		last time.Time // the last day; zero is for ever
	}
	var all []kept
	c, boss := b.clerk("aandachtsfunctionaris-1"), b.clerk("coordinator")
	for i := range 14 {
		reason := reasons[i%len(reasons)]
		ref := b.report(fmt.Sprint("melder-", i), said{"what": "Iets."})
		c.closes(ref, reason, "fb.closed.privacy")
		k := kept{ref, months(b.clock.now().In(loc), terms[reason])}
		switch i {
		case 3:
			k.last = months(b.clock.now().In(loc), 12)
			c.opens(ref)
			c.task("keep", "keep", "extend", "keepuntil", k.last.Format(time.DateOnly), "why", "Er loopt nog iets.")
		case 5, 7:
			boss.opens(ref)
			boss.task("keep", "keep", "hold", "why", "De rechter vraagt erom.")
			if k.last = (time.Time{}); i == 7 {
				boss.task("keep", "keep", "release", "why", "Klaar.")
				k.last = months(b.clock.now().In(loc), terms[reason])
			}
		}
		all = append(all, k)
		b.clock.on(26*24*time.Hour + 7*time.Hour) // other hours, over both changes of the clock
	}
	open := b.report("melder-open", said{"what": "Nog open."})
	b.clock.at = months(all[0].last, 0).Add(-36 * time.Hour).UTC() // back, before the first goes
	down := func(day int) bool { return day > 100 && day < 140 || day > 300 && day < 333 || day > 500 && day < 560 }
	erased := 0
	for day := range 1000 {
		if down(day) {
			b.clock.on(24 * time.Hour)
			continue
		}
		erased += b.erases().Signals
		today := b.clock.now().In(loc)
		for _, k := range all {
			want := !k.last.IsZero() && !today.Before(k.last.AddDate(0, 0, 1))
			if got := b.gone(k.ref); got != want {
				t.Fatalf("on %s %s, kept until %s, is gone: %v", today.Format(time.DateTime), k.ref, k.last.Format(time.DateOnly), got)
			}
		}
		b.clock.on(24 * time.Hour)
	}
	if erased != 13 || b.gone(open) {
		t.Errorf("%d erased, want 13 and not the one that is open", erased)
	}
	ds, err := b.r.store.Destroyed(context.Background())
	if err != nil || len(ds) != 13 || !b.r.store.ProveDestroyed(ds).OK() {
		t.Errorf("%d records, %v", len(ds), err)
	}
	if n := b.lines("signal.erased ok"); n != 13 {
		t.Errorf("%d lines", n)
	}
	if rep, err := b.r.store.VerifyJournal(context.Background()); err != nil || !rep.OK() {
		t.Errorf("the journal is not whole: %+v %v", rep, err)
	}
}

// The window says until when a closed case is kept. An officer keeps it longer
// with a reason, at most twelve months ahead; a legal hold is the coördinator's
// alone, and stands in the window with its reason. Reopening takes the date
// away.
func TestKeepLonger(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	ref := b.report("medewerker-1", said{"what": "Iets."})
	c, boss := b.clerk("aandachtsfunctionaris-1"), b.clerk("coordinator")
	c.closes(ref, "not_trafficking", "fb.closed.nottrafficking")
	if got := c.tells("Bewaren"); got != "Tot en met 23 mei 2027. Daarna wis ik alles." {
		t.Errorf("the window says %q", got)
	}
	if got := c.tells("Naam van de melder"); got != "Tot en met 23 februari 2027. Daarna wis ik naam en adres." {
		t.Errorf("the window says %q", got)
	}
	for _, bad := range []string{"2027-05-23", "2027-11-24", "2026-01-01", "2099-01-01"} {
		if got := c.refused("keep", "keep", "extend", "keepuntil", bad, "why", "Nodig."); got != "Kies een dag na 23 mei 2027, en uiterlijk 23 november 2027." {
			t.Errorf("%s: %q", bad, got)
		}
	}
	c.refused("keep", "keep", "extend", "keepuntil", "2027-11-23", "why", " ")
	c.chooses("task.keep")
	if len(c.form.Fields[0].Options) != 1 {
		t.Errorf("an officer is offered %v", c.form.Fields[0].Options)
	}
	if a := c.does(filled(b.message(c.id), c.form, "", "keep", "hold", "why", "Mag niet.")); a.Form != nil || answered(a) == "" {
		t.Error("an officer puts a legal hold")
	}
	c.opens(ref)
	c.task("keep", "keep", "extend", "keepuntil", "2027-11-23", "why", "Kanariegeel.")
	if got := c.tells("Bewaren"); !strings.HasPrefix(got, "Tot en met 23 november 2027.") {
		t.Errorf("the window says %q", got)
	}
	boss.opens(ref)
	boss.task("keep", "keep", "hold", "why", "Purperreiger.")
	if got := boss.tells("Niet wissen"); got != "Sinds 23 november 2026, door Coördinator (OOV): Purperreiger." || boss.tells("Bewaren") != "" {
		t.Errorf("the window says %q", got)
	}
	b.clock.on(800 * 24 * time.Hour)
	if done := b.erases(); done != (store.Erased{}) {
		t.Errorf("erased %+v under a hold", done)
	}
	boss.opens(ref)
	boss.task("keep", "keep", "release", "why", "De zaak is klaar.")
	if got := boss.tells("Bewaren"); got != "Tot en met 2 maart 2029. Daarna wis ik alles." {
		t.Errorf("after the hold: %q", got)
	}
	if b.erases(); b.gone(ref) {
		t.Error("erased at once after a hold")
	}
	boss.opens(ref)
	boss.task("reopen", "why", "Er kwam iets bij.")
	if got := boss.tells("Bewaren"); got != "" {
		t.Errorf("after reopening: %q", got)
	}
	b.clock.on(800 * 24 * time.Hour)
	if done := b.erases(); done.Signals != 0 {
		t.Errorf("an open case is erased: %+v", done)
	}
	if n := b.lines("case.keep ok"); n != 3 {
		t.Errorf("%d lines, want 3", n)
	}
}

// Who has the case is warned 30 and 7 days before, in the message of the day, with
// the reference and the date and nothing else, and a button that opens it; when
// the case is kept longer, at its new dates only.
func TestKeepWarns(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	loop := b.r.loop()
	ref := b.report("medewerker-1", said{"what": "Iets."})
	c := b.clerk("aandachtsfunctionaris-1")
	c.closes(ref, "not_trafficking", "fb.closed.nottrafficking") // kept until 23 May 2027, a Sunday
	loop.run(t, b.clock)
	warned := func(date string) int {
		return b.chat.count(first, "Dit wacht op jou.\n\n- **"+ref+"**: bewaar ik tot en met "+date+". Daarna wis ik het.")
	}
	var on []string
	was := 0
	for b.clock.now().Before(time.Date(2027, 5, 20, 0, 0, 0, 0, time.UTC)) {
		b.clock.on(6 * time.Hour)
		loop.run(t, b.clock)
		if n := warned("23 mei 2027"); n != was {
			on, was = append(on, b.clock.now().Format("01-02 15")), n
		}
	}
	if want := []string{"04-23 09", "05-14 09"}; !slices.Equal(on, want) { // 15 and 16 May are no working days
		t.Errorf("warned on %v, want %v", on, want)
	}
	last := b.r.last(first)
	c.does(pressed(b.message(c.id), last.Choices[0].Token))
	if c.form == nil || c.form.Title != ref || len(last.Choices) != 1 || last.Urgent {
		t.Fatalf("the button opens %+v; the message is %+v", c.form, last)
	}
	c.task("keep", "keep", "extend", "keepuntil", "2027-08-31", "why", "Nodig.")
	b.clock.on(95*24*time.Hour + 8*time.Hour)
	loop.run(t, b.clock)
	if got := warned("31 augustus 2027"); got != 1 || warned("23 mei 2027") != 2 {
		t.Errorf("%d warnings for the new date, %d for the old", got, warned("23 mei 2027"))
	}
}

// Three months after the last word nothing is kept of who reported; the case
// stays, and nothing on screen can reach or show the reporter any more. What he
// says in between starts the time anew, and he read that beforehand.
func TestKeepReporter(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	loop := b.r.loop()
	const who = "medewerker-1"
	ref := b.report(who, said{"what": "Iets."})
	c := b.clerk("aandachtsfunctionaris-1")
	c.closes(ref, "action_taken", "fb.closed.action")
	loop.run(t, b.clock)
	if n := b.chat.count("web:"+who, "Hoor ik 3 maanden niets meer? Dan wis ik je naam."); n != 1 {
		t.Fatalf("told %d times beforehand", n)
	}
	b.clock.on(80 * 24 * time.Hour)
	if _, err := b.r.dialogue.Handle(context.Background(), pressed(b.message(who), b.button(who, "Duidelijk"))); err != nil {
		t.Fatal(err)
	}
	b.clock.on(80 * 24 * time.Hour) // 2 May: kept until 11 May
	if done := b.erases(); done != (store.Erased{}) {
		t.Fatalf("erased %+v", done)
	}
	b.clock.on(10 * 24 * time.Hour)
	if done := b.erases(); done != (store.Erased{Reporters: 1}) {
		t.Fatalf("erased %+v", done)
	}
	mine, err := b.r.store.Mine(context.Background(), private.New("web:"+who))
	if err != nil || len(mine) != 0 {
		t.Errorf("mine are %v, %v", mine, err)
	}
	c.opens(ref)
	if c.offers("reporter") || c.tells("Naam van de melder") != "Gewist. De melder is niet meer te bereiken." {
		t.Errorf("the window says %q", c.tells("Naam van de melder"))
	}
	if c.tells("Gezien of gehoord") != "Iets." {
		t.Error("the case is gone")
	}
	c.task("reopen", "why", "Er kwam iets bij.")
	if c.offers("task.message") {
		t.Error("a message can be sent to nobody")
	}
	loop.run(t, b.clock)
}

// What a reporter adds to an old signal keeps it three months at least. A draft
// about a signal goes with it (P30); one about another stays.
func TestKeepDialogue(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	loop := b.r.loop()
	const who = "medewerker-1"
	ref := b.report(who, said{"what": "Iets."})
	c := b.clerk("aandachtsfunctionaris-1")
	c.closes(ref, "not_trafficking", "fb.closed.nottrafficking") // kept until 23 May 2027
	loop.run(t, b.clock)
	adds := func(fill bool) {
		t.Helper()
		a, err := b.r.dialogue.Handle(context.Background(), pressed(b.message(who), b.button(who, "Aanvullen")))
		if err != nil || a.Form == nil {
			t.Fatalf("no form: %v %+v", err, a)
		}
		if fill {
			a, err = b.r.dialogue.Handle(context.Background(), filled(b.message(who), a.Form, "", "what", "Nog iets.", "aware", "no"))
			if err != nil || len(a.Errors) > 0 {
				t.Fatalf("not added: %v %+v", err, a)
			}
		}
	}
	b.clock.on(85 * 24 * time.Hour) // 16 February
	adds(true)
	b.clock.on(85 * 24 * time.Hour) // 12 May
	adds(true)                      // to 12 August
	c.opens(ref)
	if got := c.tells("Bewaren"); got != "Tot en met 12 augustus 2027. Daarna wis ik alles." {
		t.Errorf("the window says %q", got)
	}
	b.clock.on(91 * 24 * time.Hour) // 11 August
	adds(false)                     // begun, not sent
	b.clock.on(2 * 24 * time.Hour)
	draft := func() int64 {
		s, err := b.r.store.Session(context.Background(), private.New("web:"+who))
		if err != nil {
			t.Fatal(err)
		}
		return s.Rev
	}
	if draft() == 0 {
		t.Fatal("there is no draft: the test shows nothing")
	}
	if done := b.erases(); done.Signals != 1 || draft() != 0 {
		t.Errorf("erased %+v, the draft is at %d", done, draft())
	}
	if _, err := b.r.dialogue.Handle(context.Background(), typed(b.message(who), "mijn signalen")); err != nil {
		t.Error(err)
	}
}

// What a reporter withdrew after it was read, and nobody closed, goes too; in
// no figure.
func TestKeepWithdrawn(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	loop := b.r.loop()
	const who = "medewerker-1"
	ref := b.report(who, said{"what": "Iets."})
	c := b.clerk("aandachtsfunctionaris-1")
	c.takes(ref)
	loop.run(t, b.clock)
	handle := func(text, press string) {
		t.Helper()
		m := typed(b.message(who), text)
		if press != "" {
			m = pressed(b.message(who), b.button(who, press))
		}
		if _, err := b.r.dialogue.Handle(context.Background(), m); err != nil {
			t.Fatal(err)
		}
	}
	handle("intrekken", "")
	handle("", b.number(who))
	handle("", "Ja, trek in")
	c.opens(ref)
	if got := c.tells("Bewaren"); got != "Tot en met 23 mei 2027. Daarna wis ik alles." {
		t.Fatalf("the window says %q", got)
	}
	b.clock.on(10 * 24 * time.Hour)
	c.opens(ref)
	c.task("note", "note", "Gebeld.")
	if got := c.tells("Bewaren"); got != "Tot en met 3 juni 2027. Daarna wis ik alles." {
		t.Errorf("after an act: %q", got)
	}
	b.clock.on(200 * 24 * time.Hour)
	_, err := b.r.store.EraseDue(context.Background(), b.clock.now(), func(old private.Text, _ store.Case) (private.Text, error) {
		t.Error("what was withdrawn is counted")
		return old, nil
	})
	if err != nil || !b.gone(ref) {
		t.Errorf("gone: %v, %v", b.gone(ref), err)
	}
}

// A correction stands beside what it is about, with date and author; the text
// itself stays (P32).
func TestKeepRectified(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	ref := b.report("medewerker-1", said{"what": "Hij heet Koolmees."})
	c := b.clerk("aandachtsfunctionaris-1")
	c.closes(ref, "not_trafficking", "fb.closed.nottrafficking")
	was := c.tells("Bewaren")
	c.chooses("task.rectify")
	if a := c.fills("rectify", "  "); len(a.Errors) == 0 {
		t.Error("an empty correction is taken")
	}
	c.opens(ref)
	c.task("rectify", "rectify", "Hij heet Pimpelmees.")
	part := c.part("Verbetering")
	if len(part) < 3 || part[0].Value.Reveal() != "Aandachtsfunctionaris 1" || part[2].Value.Reveal() != "Hij heet Pimpelmees." {
		t.Errorf("the correction is %v", part)
	}
	if c.tells("Gezien of gehoord") != "Hij heet Koolmees." || c.tells("Bewaren") != was {
		t.Errorf("the case says %q, kept %q", c.tells("Gezien of gehoord"), c.tells("Bewaren"))
	}
	if n := b.lines("case.rectified ok"); n != 1 {
		t.Errorf("%d lines", n)
	}
}

// button is the token of the newest choice with a label in somebody's dialogue.
func (b *bureau) button(who, label string) string {
	b.t.Helper()
	for _, r := range slices.Backward(b.chat.at("web:" + who)) {
		for _, c := range r.Choices {
			if c.Label == label {
				return c.Token
			}
		}
	}
	b.t.Fatalf("%s has no choice %q", who, label)
	return ""
}

// number is the newest number that a reporter was given.
func (b *bureau) number(who string) string {
	b.t.Helper()
	for _, r := range slices.Backward(b.chat.at("web:" + who)) {
		for _, c := range r.Choices {
			if strings.HasPrefix(c.Label, "M-") {
				return c.Label
			}
		}
	}
	b.t.Fatalf("%s has no number", who)
	return ""
}
