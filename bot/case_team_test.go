package main_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// commands are the windows about the team, as they are typed, with what saves
// each.
var commands = []struct {
	word string
	fill []string
}{
	{"afwezig", []string{"from", "2026-11-23", "substitute", "nobody"}},
	{"uren", []string{"day", "2026-11-23", "minutes", "30", "work", "meeting"}},
	{"dienst", []string{"week", "2026-11-23", "duty", "web:coordinator"}},
	{"advies", []string{"minutes", "10", "subject", "signs"}},
	{"vertrek", []string{"to", "nobody", "who", "web:aandachtsfunctionaris-2"}},
}

func (c *clerk) types(word string) adapters.Answer {
	c.b.t.Helper()
	c.form = nil
	return c.does(typed(c.b.message(c.id), word))
}

// saves fills in a window about the team and returns what it said.
func (c *clerk) saves(word string, kv ...string) adapters.Answer {
	c.b.t.Helper()
	if c.types(word); c.form == nil {
		c.b.t.Fatalf("%s opens nothing for %s: %s", word, c.id, answered(c.last))
	}
	return c.fills(kv...)
}

// overview asks for one and returns it.
func (c *clerk) overview(words, at string) adapters.Reply {
	c.b.t.Helper()
	m := typed(c.b.message(c.id), words)
	if at != "" {
		m.At, _ = adapters.ParseAddress(at)
		m.Direct = false
	}
	c.does(m)
	all := c.b.chat.at(m.At.Key())
	for _, r := range slices.Backward(all) {
		if strings.HasPrefix(r.Key, "overview.") {
			return r
		}
	}
	c.b.t.Fatalf("%s is shown no overview: %s", c.id, answered(c.last))
	return adapters.Reply{}
}

func labels(r adapters.Reply) string {
	var out []string
	for _, c := range r.Choices {
		out = append(out, c.Label)
	}
	return strings.Join(out, "|")
}

// removes takes somebody out of the channel, or all but those named back in.
func (b *bureau) removes(who ...string) {
	b.r.room.become(func(r adapters.Room) (adapters.Room, error) {
		r.Members = slices.DeleteFunc(r.Members, func(m adapters.Member) bool { return slices.Contains(who, m.Address.Key()) })
		return r, nil
	})
}

// Whoever has no right gets "Niet gevonden." from every window about the team:
// typed, pressed, with a guess or with another's form; so does an officer who
// left the channel, and an officer in what is the coördinator's. Nothing changes.
func TestTeamRights(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T) (*bureau, map[string]*adapters.Form) {
		b := openBureau(t)
		forms := map[string]*adapters.Form{}
		for _, c := range commands {
			leader := b.clerk("coordinator")
			leader.types(c.word)
			forms[c.word] = leader.form
		}
		return b, forms
	}
	unchanged := func(t *testing.T, b *bureau) {
		t.Helper()
		if body, err := b.r.store.Register(context.Background(), "roster"); err != nil || !body.Empty() {
			t.Errorf("the roster was changed (%v)", err)
		}
	}
	for _, who := range []string{"medewerker-1", "teamcoordinator", "aandachtsfunctionaris-1"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			b, forms := open(t)
			c := b.clerk(who)
			if who == "aandachtsfunctionaris-1" {
				b.removes("web:" + who)
			}
			for _, x := range commands {
				if x.word != "advies" || who == "aandachtsfunctionaris-1" { // an employee's own word
					c.shut("typed "+x.word, typed(b.message(who), x.word))
				}
				for _, act := range []string{"", "back.0", "rejoin.0"} {
					c.shut(x.word+" "+act, filled(b.message(who), forms[x.word], act, x.fill...))
				}
			}
			for _, press := range []string{"desk-absent", "desk-hours", "desk-duty", "desk-advice", "desk-leave", "desk-overview", "desk-overview.late.0", "desk-leave.0"} {
				c.shut(press, pressed(b.message(who), press))
			}
			m := typed(b.message(who), "overzicht")
			m.At, m.Direct = b.channel(), false
			c.shut("in the channel", m)
			unchanged(t, b)
		})
	}
	t.Run("an employee's advies is his own", func(t *testing.T) {
		t.Parallel()
		b := openBureau(t)
		if b.r.desk.Mine(typed(b.message("medewerker-1"), "advies")) {
			t.Error("the desk takes it")
		}
	})
	t.Run("another officer's forms", func(t *testing.T) {
		t.Parallel()
		b, forms := open(t)
		c := b.clerk("aandachtsfunctionaris-1")
		for _, x := range commands {
			c.shut(x.word, filled(b.message(c.id), forms[x.word], "", x.fill...))
		}
		unchanged(t, b)
	})
	t.Run("what is the coördinator's", func(t *testing.T) {
		t.Parallel()
		b := openBureau(t)
		c := b.clerk("aandachtsfunctionaris-1")
		other := "web:aandachtsfunctionaris-2"
		c.types("afwezig")
		c.shut("absent for another", filled(b.message(c.id), c.form, "", "who", other, "from", "2026-11-23", "substitute", "nobody"))
		c.types("dienst")
		c.shut("duty", filled(b.message(c.id), c.form, "", "week", "2026-11-23", "duty", other))
		c.types("vertrek")
		c.shut("takes back", filled(b.message(c.id), c.form, "rejoin.0"))
		unchanged(t, b)
		leader := b.clerk("coordinator")
		leader.saves("afwezig", "who", other, "from", "2026-11-23", "substitute", "nobody")
		c.types("afwezig")
		c.shut("ends another's", filled(b.message(c.id), c.form, "back.0"))
	})
}

// Whoever was coördinator when he opened a window of somebody who leaves, and is
// not any more, gets what everybody without the right gets.
func TestTeamRightsOfBefore(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	leader := b.clerk("coordinator")
	leader.types("vertrek")
	first := leader.form
	leader.saves("vertrek", "who", "web:aandachtsfunctionaris-1")
	second := leader.form
	r := &b.r.config.Roles
	r.Officers = append(slices.Clone(r.Officers), config.Officer{Person: "web:coordinator", Name: "Was coördinator", Reads: config.ReadsAll})
	r.Coordinators = []config.Person{{Person: "web:aandachtsfunctionaris-2", Name: "Is coördinator"}}
	b.r.wire()
	leader.shut("the first window", filled(b.message(leader.id), first, "", "who", "web:aandachtsfunctionaris-1"))
	leader.shut("the second window", filled(b.message(leader.id), second, "", "to", "nobody"))
}

func (b *bureau) channel() adapters.Address {
	b.t.Helper()
	at, err := adapters.ParseAddress("web:desk")
	if err != nil {
		b.t.Fatal(err)
	}
	return at
}

// An absence, its substitute, a week of duty and hours are seen in the overview:
// with names in an officer's own dialogue, without them in the channel.
func TestTeamOverview(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	one, two, leader := b.clerk("aandachtsfunctionaris-1"), b.clerk("aandachtsfunctionaris-2"), b.clerk("coordinator")
	if a := leader.saves("dienst", "week", "2026-11-23", "duty", "web:aandachtsfunctionaris-1"); a.Notice != "Opgeslagen." {
		t.Errorf("duty: %s", answered(a))
	}
	one.saves("afwezig", "from", "2026-11-23", "until", "2026-11-27", "substitute", "web:aandachtsfunctionaris-2")
	if got := two.saves("afwezig", "from", "2026-11-24", "substitute", "web:aandachtsfunctionaris-1").Errors[""]; got != "Dan vervangen jullie elkaar. Kies een ander." {
		t.Errorf("a circle is answered %q", got)
	}
	one.saves("uren", "day", "2026-11-23", "minutes", "90", "work", "meeting")
	if a := one.saves("advies", "minutes", "15", "subject", "signs"); a.Notice != "Opgeslagen. Dit jaar werkte je 1 uur en 45 minuten aan de rol, van 60 uur." {
		t.Errorf("advice: %s", answered(a))
	}
	if n, err := b.r.store.Counts(context.Background(), "2026-2"); err != nil || n["advice"] != 1 || n["advice.signs"] != 1 {
		t.Errorf("counted %v (%v)", n, err)
	}
	one.takes(b.report("medewerker-1", nil))
	one.task("hours", "minutes", "20")
	own := one.overview("overzicht", "").Text
	for _, want := range []string{
		"Dienst deze week: Aandachtsfunctionaris 2.", "Afwezig: Aandachtsfunctionaris 1.", "Rol: 1 uur en 45 minuten, van 60 uur. Signalen: 0 uur en 20 minuten.", "Bij jou.",
	} {
		if !strings.Contains(own, want) {
			t.Errorf("the overview does not say %q but %q", want, own)
		}
	}
	one.types("uren")
	if got := one.tells("Het team in 2026"); got != "Rol: 1 uur en 45 minuten, van 120 uur. Signalen: 0 uur en 20 minuten." {
		t.Errorf("the team's hours: %q", got)
	}
	shown := two.overview("overzicht", "web:desk").Text
	for _, want := range []string{"Er heeft deze week iemand dienst.", "Afwezig: 1.", "Bij een collega."} {
		if !strings.Contains(shown, want) {
			t.Errorf("the channel does not say %q but %q", want, shown)
		}
	}
	if strings.Contains(shown, "Aandachtsfunctionaris") || strings.Contains(shown, "Rol:") {
		t.Errorf("the channel names somebody: %q", shown)
	}
	one.types("afwezig")
	if a := one.chooses("back.0"); a.Notice != "Opgeslagen." {
		t.Errorf("back: %s", answered(a))
	}
	if got := one.overview("overzicht", "").Text; strings.Contains(got, "Afwezig") || !strings.Contains(got, "Dienst deze week: Aandachtsfunctionaris 1.") {
		t.Errorf("back at work: %q", got)
	}
}

// Two at one roster: who acts on an older screen is told, and ends nobody
// else's absence.
func TestTeamOlderScreen(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	one, leader := b.clerk("aandachtsfunctionaris-1"), b.clerk("coordinator")
	one.saves("afwezig", "from", "2026-11-23", "substitute", "nobody")
	leader.types("afwezig")
	one.types("afwezig")
	one.chooses("back.0")
	b.clerk("aandachtsfunctionaris-2").saves("afwezig", "from", "2026-11-24", "substitute", "nobody")
	if a := leader.chooses("back.0"); a.Notice != overtaken {
		t.Errorf("the older screen is answered %s", answered(a))
	}
}

// The overview is filtered and paged, by button and by typing; in the channel
// it replaces itself and holds nothing that somebody is left out of.
func TestOverviewFilters(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	one := b.clerk("aandachtsfunctionaris-1")
	b.r.involved("medewerker-2")
	hidden := b.r.ref("medewerker-2")
	ref := ""
	for range 11 {
		ref = b.report("medewerker-1", nil)
	}
	one.takes(ref)
	listed := func(r adapters.Reply) int { return strings.Count(r.Text, "SIG-") }
	first := one.overview("overzicht", "")
	if listed(first) != 10 || !strings.Contains(labels(first), "|Meer|") || !strings.Contains(labels(first), "Nieuw (10)") || !strings.Contains(labels(first), "Van mij (1)") {
		t.Errorf("the first page holds %d: %s", listed(first), labels(first))
	}
	if strings.Contains(labels(first), "Te laat") || strings.Contains(labels(first), "Wacht op partner") {
		t.Errorf("an empty part is offered: %s", labels(first))
	}
	more := one.overview("overzicht meer", "")
	if listed(more) != 1 || strings.Contains(labels(more), "|Meer|") {
		t.Errorf("the second page holds %d: %s", listed(more), labels(more))
	}
	if r := one.overview("overzicht van mij", ""); listed(r) != 1 || !strings.Contains(r.Text, "Bij jou.") {
		t.Errorf("mine: %q", r.Text)
	}
	if r := one.overview("overzicht gesloten", ""); listed(r) != 0 || !strings.Contains(r.Text, "Hier staat nu niets.") {
		t.Errorf("closed: %q", r.Text)
	}
	b.clock.on(14 * 24 * time.Hour)
	if r := one.overview("overzicht te laat", ""); listed(r) != 10 || strings.Count(r.Text, "te laat**") != 10 {
		t.Errorf("late: %q", r.Text)
	}
	for _, c := range first.Choices {
		if c.Label == "Meer" {
			before := len(b.chat.at("web:" + one.id))
			one.does(pressed(b.message(one.id), c.Token))
			if after := len(b.chat.at("web:" + one.id)); after != before {
				t.Errorf("a press stacks overviews: %d, then %d", before, after)
			}
		}
	}
	count := func() (n int) {
		for _, r := range b.chat.at("web:desk") {
			if strings.HasPrefix(r.Key, "overview.") {
				n++
			}
		}
		return n
	}
	for _, words := range []string{"overzicht", "overzicht alles", "overzicht nieuw", "overzicht meer", "overzicht"} {
		if r := b.clerk("coordinator").overview(words, "web:desk"); strings.Contains(r.Text, hidden) {
			t.Errorf("%s shows the channel what somebody is left out of", words)
		}
		if n := count(); n != 1 {
			t.Errorf("after %s the channel has %d overviews", words, n)
		}
	}
	if a := one.does(b.inChannel(one.id, "overzicht van mij")); !strings.Contains(a.Notice, "eigen gesprek") {
		t.Errorf("mine in the channel: %s", answered(a))
	}
	b.removes("web:coordinator")
	b.r.room.become(func(r adapters.Room) (adapters.Room, error) { r.Private = false; return r, nil })
	if a := one.does(b.inChannel(one.id, "overzicht")); !strings.Contains(a.Notice, "Ik plaats nu niets in dit kanaal.") {
		t.Errorf("an unfit channel: %s", answered(a))
	}
}

func (b *bureau) inChannel(who, words string) adapters.Message {
	b.t.Helper()
	m := typed(b.message(who), words)
	m.At, m.Direct = b.channel(), false
	return m
}

// Before an officer leaves a signal he sees when he read it; afterwards the
// coördinator does, and no other officer.
func TestInvolvedEarlierReads(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	one, two, leader := b.clerk("aandachtsfunctionaris-1"), b.clerk("aandachtsfunctionaris-2"), b.clerk("coordinator")
	ref := b.report("medewerker-1", nil)
	one.opens(ref)
	b.clock.on(24 * time.Hour)
	one.opens(ref)
	one.chooses("task.involved")
	const days = "Gelezen op maandag 23 november; dinsdag 24 november"
	if got := one.tells("Jij las dit signaal"); got != days {
		t.Errorf("he sees %q", got)
	}
	one.fills("why", "Mijn buurman.")
	leader.opens(ref)
	if got := leader.part("Wie dit signaal niet meer mag zien"); len(got) != 1 || got[0].Label != "Aandachtsfunctionaris 1" || got[0].Value.Reveal() != days {
		t.Errorf("the coördinator sees %v", got)
	}
	two.opens(ref)
	if len(two.part("Wie dit signaal niet meer mag zien")) != 0 {
		t.Error("an officer sees who is left out")
	}
}

// A signal in which all but an officer who left are named goes out by the outside
// door, as one in which all are named: there is nobody to read it (D4).
func TestNobodyIsLeftWhenAnOfficerWent(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	leader := b.clerk("coordinator")
	leader.saves("vertrek", "who", "web:aandachtsfunctionaris-2")
	leader.fills("to", "nobody")
	b.r.names("medewerker-1", "web:aandachtsfunctionaris-1", "web:coordinator")
	if b.chat.count("web:medewerker-1", "Meld Misdaad Anoniem") == 0 {
		t.Error("the reporter is not shown the outside door")
	}
	if own, err := b.r.store.Mine(context.Background(), private.New("web:medewerker-1")); err != nil || len(own) != 0 {
		t.Errorf("filed for nobody: %v %v", own, err)
	}
}

// An officer leaves: all that is open of his goes to a colleague in one go, one
// line of the journal each, and he finds nothing from then on, although the
// configuration still names him. What the colleague is left out of goes to all.
func TestOfficerGoes(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	one, two, leader := b.clerk("aandachtsfunctionaris-1"), b.clerk("aandachtsfunctionaris-2"), b.clerk("coordinator")
	ref := b.report("medewerker-1", nil)
	one.takes(ref)
	hidden := b.report("medewerker-2", nil)
	two.opens(hidden)
	two.chooses("task.involved")
	two.fills("why", "Mijn buurman.")
	one.takes(hidden)
	before := b.lines("case.give ok")
	leader.saves("vertrek", "who", "web:aandachtsfunctionaris-1")
	if got := leader.tells("Open signalen"); !strings.Contains(got, ref) || !strings.Contains(got, hidden) {
		t.Errorf("open: %q", got)
	}
	if a := leader.fills("to", "web:aandachtsfunctionaris-2"); !strings.Contains(a.Notice, "Overgedragen signalen: 2.") {
		t.Fatalf("leaving: %s", answered(a))
	}
	if got := b.lines("case.give ok") - before; got != 2 {
		t.Errorf("%d lines in the journal, want 2", got)
	}
	two.opens(ref)
	if got := two.tells("Bij"); got != "Aandachtsfunctionaris 2" {
		t.Errorf("it is with %q", got)
	}
	leader.opens(hidden)
	if got := leader.tells("Bij"); got != "Nog niemand" {
		t.Errorf("what the colleague may not know is with %q", got)
	}
	one.shut("after leaving", typed(b.message(one.id), "overzicht"))
	if why, err := b.r.desk.Unfit(context.Background()); why != "desk.unfit.member" || err != nil {
		t.Errorf("the channel with who left in it: %q %v", why, err)
	}
	// It was a mistake.
	leader.types("vertrek")
	if a := leader.chooses("rejoin.0"); a.Notice != "Opgeslagen." {
		t.Errorf("takes back: %s", answered(a))
	}
	one.opens(ref)
}

// The last one who can read the desk, or a signal, cannot go: in words, with
// what must be done first.
func TestLastOfficerStays(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	one, two, leader := b.clerk("aandachtsfunctionaris-1"), b.clerk("aandachtsfunctionaris-2"), b.clerk("coordinator")
	ref := b.report("medewerker-1", nil)
	for _, c := range []*clerk{two, leader} {
		c.opens(ref)
		c.chooses("task.involved")
		c.fills("why", "Mijn buurman.")
	}
	const only = "Niemand anders kan een van de signalen lezen. Zorg eerst voor een collega die dat wel kan."
	if got := one.saves("vertrek", "to", "nobody").Errors[""]; got != only {
		t.Errorf("the last one of a signal: %q", got)
	}
	leader.saves("vertrek", "who", "web:aandachtsfunctionaris-1")
	if strings.Contains(answered(leader.last), ref) {
		t.Error("who is left out learns of the signal")
	}
	if got := leader.fills("to", "nobody").Errors[""]; got != only || strings.Contains(got, ref) {
		t.Errorf("the last one of a signal, by the coördinator: %q", got)
	}
	if a := two.saves("vertrek", "to", "web:coordinator"); !strings.Contains(a.Notice, "is vertrokken") {
		t.Fatalf("the second: %s", answered(a))
	}
	b.removes("web:coordinator", "web:aandachtsfunctionaris-2")
	if got := one.saves("vertrek", "to", "nobody").Errors[""]; got != "Dit is de laatste die alles kan lezen. Zorg eerst voor een collega die dat ook kan." {
		t.Errorf("the last one of the desk: %q", got)
	}
	one.opens(ref)
}

// Whoever reads only what is assigned to him can go too, and what he leaves is
// found by who reads all.
func TestAssignedOfficerGoes(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	b.r.config.Roles.Officers[1].Reads, b.r.config.Roles.Officers[1].Departments = config.ReadsAssigned, []string{"boa"}
	b.r.wire()
	two := b.clerk("aandachtsfunctionaris-2")
	ref := b.report("medewerker-1", nil)
	two.takes(ref)
	if a := two.saves("vertrek", "to", "nobody"); !strings.Contains(a.Notice, "Overgedragen signalen: 1.") {
		t.Fatalf("leaving: %s", answered(a))
	}
	list, err := b.r.store.List(context.Background(), store.Viewer{Person: private.New("web:coordinator"), All: true}, store.Pick{Which: store.PickNobodys})
	if err != nil || len(list.Signals) != 1 || string(list.Signals[0].Ref) != ref {
		t.Errorf("what nobody has: %v %v", list.Signals, err)
	}
}
