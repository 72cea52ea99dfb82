package main_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
)

// ends makes a signal that is kept up to and with a day.
func (r *replica) ends(holder, last string, more ...func(*store.Filing)) store.Reference {
	r.t.Helper()
	ref := r.owes(holder, "rest", 1000, more...)
	r.meets(ref)
	r.keeps(ref, last, false)
	return ref
}

func (r *replica) keeps(ref store.Reference, last string, hold bool) {
	r.t.Helper()
	k, err := config.NewCalendar(r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	var d config.Date
	if err := d.UnmarshalText([]byte(last)); err != nil {
		r.t.Fatal(err)
	}
	e := store.Event{Signal: ref, Viewer: store.Viewer{Person: private.New("bot"), All: true}}
	_, err = r.store.Turn(context.Background(), e, func(store.View) (store.Effects, error) {
		return store.Effects{Keep: &store.Retention{Until: k.EndOf(d), Hold: hold}}, nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// days looks at nine on every day up to and with a last one.
func (r *replica) days(last string) {
	r.t.Helper()
	loc, err := r.config.Location()
	if err != nil {
		r.t.Fatal(err)
	}
	for at := r.clock.now().In(loc).AddDate(0, 0, 1); at.Format(time.DateOnly) <= last; at = at.AddDate(0, 0, 1) {
		r.local(at.Format(time.DateOnly) + " 09:00")
	}
}

// That a signal is erased soon stands among what waits for a person, twice; not
// when it is held, kept longer or gone, and never as something that can be put
// off, is late, or goes to the ketenregisseur.
func TestReminderBeforeErasure(t *testing.T) {
	t.Parallel()
	r := day(t, mails)
	ref, held, longer, gone := r.ends(first, "2027-01-15"), r.ends(first, "2027-01-15"), r.ends(first, "2027-01-15"), r.ends(first, "2026-12-28")
	shared := r.ends("", "2027-01-15", func(f *store.Filing) { f.Urgency, f.Drill = flows.Acute, true })
	due := r.owes(first, "decide", 590) // 18 December
	r.keeps(held, "2027-01-15", true)
	r.keeps(longer, "2027-06-15", false)
	if _, err := r.store.EraseDue(context.Background(), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), nil); err != nil {
		t.Fatal(err)
	}
	r.days("2026-12-16") // thirty days before
	got := r.last(first)
	want := []string{"Dit wacht op jou.", "", "- **" + string(due) + "**: beslissen aan wie het gaat (stap 4). Vóór vrijdag 18 december om 00.00 uur."}
	for _, ref := range []store.Reference{ref, shared} {
		want = append(want, "- **"+string(ref)+"**: bewaar ik tot en met 15 januari 2027. Daarna wis ik het. Langer nodig? Open het en kies ‘Bewaren’.")
	}
	want[4] = strings.Replace(want[4], "- ", "- OEFENING ", 1)
	if lines := strings.Split(got.Text, "\n"); ref < shared && !slices.Equal(lines, want) || len(lines) != 5 || got.Urgent {
		t.Errorf("got %q,\nwant %q", lines, want)
	}
	if c := got.Choices; len(c) != 4 || c[1].Label != "Openen "+string(min(ref, shared)) || c[3].Label != "Later" {
		t.Errorf("buttons: %v", c)
	}
	if f := r.press(first, "Later", "p1").Form; f == nil || len(f.Fields[0].Options) != 1 || f.Fields[0].Options[0].Value != string(due) {
		t.Errorf("what can wait: %+v", f)
	}
	r.meets(due)
	r.days("2027-01-31")
	r.told(ref, map[string]int{first: 2, second: 0, coordinator: 0, chain: 0})
	r.told(shared, map[string]int{first: 2, second: 2, coordinator: 0, chain: 0, deskChannel: 0})
	for _, ref := range []store.Reference{held, longer, gone} {
		r.told(ref, map[string]int{first: 0, second: 0, coordinator: 0})
	}
	r.keeps(held, "2027-01-15", false) // what is left of its term
	r.days("2027-02-03")
	r.told(held, map[string]int{first: 1, second: 0})
}

// A warning goes to who is there: to who stands in for its holder, and when no
// officer is there to the coördinatoren, with an alarm. What reached nobody waits
// for the next day, and what was missed while nothing ran is said once.
func TestReminderErasureAbsence(t *testing.T) {
	t.Parallel()
	r := day(t, mails)
	ref := r.ends(first, "2027-01-15")
	r.away(first+" "+second+" 2026-12-16 2026-12-16", first+"  2027-01-08 2027-01-08", second+"  2027-01-08 2027-01-08")
	r.days("2026-12-31")
	r.told(ref, map[string]int{first: 0, second: 1, coordinator: 0})
	r.days("2027-01-07")
	r.chat.fail(func(string) error { return errBroken })
	r.days("2027-01-08")
	r.chat.fail(nil)
	r.local("2027-01-08 10:00")
	r.told(ref, map[string]int{first: 0, second: 1, coordinator: 1})
	if got := r.last(coordinator).Text; !strings.HasPrefix(got, "Er is vandaag geen aandachtsfunctionaris. Er wachten signalen: 1.") {
		t.Errorf("the alarm says %q", got)
	}
	r.days("2027-01-31")
	r.told(ref, map[string]int{first: 0, second: 1, coordinator: 1})

	away := r.ends(first, "2027-05-12")
	r.days("2027-04-09")
	r.chat.fail(func(string) error { return errBroken })
	r.days("2027-04-12") // thirty days before
	r.local("2027-04-12 18:00")
	r.chat.fail(nil)
	r.days("2027-04-13")
	r.told(away, map[string]int{first: 1})
	missed := r.ends(first, "2027-08-31")
	r.local("2027-08-27 09:00") // nothing ran when both came
	r.days("2027-08-31")
	r.told(missed, map[string]int{first: 1})
	r.told(away, map[string]int{first: 2}) // its last one was missed, and was said then
}

// Warnings do not drown among deadlines: they come first when not everything fits,
// and those that do not fit wait for the next day.
func TestReminderErasureCap(t *testing.T) {
	t.Parallel()
	r := day(t, mails)
	var ends []store.Reference
	for range 13 {
		r.owes(first, "feedback", 31)
		ends = append(ends, r.ends(first, "2026-12-24"))
	}
	slices.Sort(ends)
	stands := func(refs []store.Reference, want int) {
		t.Helper()
		for _, ref := range refs {
			r.told(ref, map[string]int{first: want})
		}
	}
	r.local("2026-11-24 09:00")
	stands(ends[:10], 1)
	stands(ends[10:], 0)
	if got := r.last(first).Text; strings.Count(got, "SIG-") != 10 || !strings.HasSuffix(got, "En nog 16. Kijk in het overzicht.") {
		t.Errorf("got %q", got)
	}
	r.local("2026-11-25 09:00")
	stands(ends, 1)
	r.local("2026-11-26 09:00")
	stands(ends, 1)
	if got := append(r.chat.at(coordinator), r.chat.at(alarm)...); len(got) != 0 {
		t.Errorf("an alarm: %v", got)
	}
}
