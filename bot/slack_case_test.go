package main_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters/slack/slacktest"
)

// Whole cases, from card to close, are handled in the private channel and in
// modals.
func TestSlackCases(t *testing.T) {
	t.Parallel()
	for name, play := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onSlack(t, func(t *testing.T, open opening) { play(t, open.tellCase) })
		})
	}
}

// tellCase begins a story of a whole case on Slack.
func (open opening) tellCase(t *testing.T, name string, plants ...string) (s *story, melder, officer *actor) {
	t.Helper()
	s = open.tell(t, "zaak-"+name, covered, plants...)
	melder, officer = s.usual()
	officer.arrives() // he has the chat open
	return s, melder, officer
}

// Two officers at one desk: the overview and who is absent, facts, a check and a
// measure of the municipality's own, the reporter who does not agree, a case that
// opens again, and an officer who turns out to be involved and finds it no more.
func TestSlackDesk(t *testing.T) {
	t.Parallel()
	onSlack(t, func(t *testing.T, open opening) {
		s := open.tell(t, "bureau", covered, "kwikstaartpad", "Rosse Grutto", "Kleine Karekiet")
		melder, one := s.usual()
		two := s.actor("Andere aandachtsfunctionaris", "aandachtsfunctionaris-2")
		melder.reports(tip{what: "Hij werkt nacht en dag op het kwikstaartpad.", form: "Gedwongen of heel slecht werk",
			person: []string{"Rol", "Misschien slachtoffer", "Naam", "Rosse Grutto", "Leeftijd", "23 of ouder"}, sleeps: "Nee", speed: "Deze week"})
		two.says("afwezig")
		two.fills("Eerste dag", today(), "Wie vervangt?", "Aandachtsfunctionaris 1")
		one.says("overzicht")
		one.stands(one.id, "Afwezig: Aandachtsfunctionaris 2.")
		one.presses("Open " + one.reference())
		one.chooses("Ik neem het")
		one.carries("Opgezocht", "Persoon", "Niet gevonden", "Organisatie", "Niet gevonden", "Adres", "Gevonden", "Waar zocht je?", "Eigen systeem", "Datum", today())
		one.carries("Feiten", "Wat klopt?", "Het slachtoffer vindt hulp met naam goed", "Samenvatting", "De Kleine Karekiet zag het zelf.")
		one.carries("Zelf gedaan", "Wat?", one.taskOption("Zelf gedaan", "Wat?", 0), "Datum", today())
		one.carries("Maatregel", "Welke maatregel?", one.taskOption("Maatregel", "Welke maatregel?", 0), "Waarop rust het?", "Artikel 3 van de wet", "Datum", today(), "Wie besloot het?", "De burgemeester")
		one.carries("Voorstel niet volgen", "Welk voorstel?", nla, "Waarom?", "Al bij hen bekend.")
		one.looksAt(care)
		one.reads("De Kleine Karekiet zag het zelf.")
		one.gives()
		one.lawful(care)
		one.hears(care, "Mag niets zeggen")
		one.finishes()
		melder.presses("Niet eens")
		one.stands(one.id, "reageert op jouw bericht")
		one.presses("Openen")
		one.finds("R22", "Geef de melder antwoord.")
		one.carries("Heropenen", "Waarom?", "De melder weet meer.")
		kept := one.keeps("desk", "Openen")
		one.chooses("Ik ben betrokken")
		one.fills("Waarom?", "Het is mijn buurman.")
		kept()
		one.refused("a case that he is involved in")
		one.says("overzicht")
		if got := show(one.list(one.id)[len(one.list(one.id))-1:]); strings.Contains(got, "SIG-") {
			t.Errorf("who is involved still sees it: %s", got)
		}
		two.says("afwezig")
		two.chooses(two.opened().act("Ik ben er weer"))
		two.says("overzicht")
		two.presses("Open " + one.reference())
		two.finds("Gezien of gehoord", "Hij werkt nacht en dag op het kwikstaartpad.")
		s.endsCase()
	})
}

// While the channel is not what it must be, nothing is posted there: the
// coördinator is told why at once, and the officers are told of a new signal
// themselves. Who does not belong there and presses the card finds nothing; an
// officer goes on in windows of his own, unless nobody can tell who is in the
// channel. When it is mended, all goes on.
func TestSlackChannel(t *testing.T) {
	t.Parallel()
	change := func(o *office, f func(*slacktest.Channel)) { o.ws.ChangeChannel(meldpunt, f) }
	joins := func(o *office, who string) {
		change(o, func(c *slacktest.Channel) { c.Members = append(c.Members, who) })
		o.ws.Person(who).Event("member_joined_channel", map[string]any{"channel": meldpunt, "channel_type": "G"})
	}
	leaves := func(o *office, who string) {
		change(o, func(c *slacktest.Channel) {
			c.Members = slices.DeleteFunc(c.Members, func(m string) bool { return m == who })
		})
		o.ws.Person(who).Event("member_left_channel", map[string]any{"channel": meldpunt, "channel_type": "G"})
	}
	for name, tc := range map[string]struct {
		happens, mended func(o *office)
		says            string
		stranger        string // who came in
		blind           bool   // it is not known who is in the channel
	}{
		"openbaar": { // Slack tells nobody: it is seen by looking
			func(o *office) {
				change(o, func(c *slacktest.Channel) { c.Private = false })
				o.passes(15 * time.Minute)
			},
			func(o *office) { change(o, func(c *slacktest.Channel) { c.Private = true }) }, "Het kanaal is niet besloten.", "", true},
		"gedeeld": {
			func(o *office) {
				change(o, func(c *slacktest.Channel) { c.Shared = true })
				o.ws.Person(o.person("coordinator")).Event("channel_shared", map[string]any{"channel": meldpunt, "connected_team_id": "T0ANDER"})
			},
			func(o *office) { change(o, func(c *slacktest.Channel) { c.Shared = false }) }, "Het kanaal is niet besloten.", "", false},
		"gast": {
			func(o *office) {
				o.ws.ChangeUser(o.person("gast"), func(u *slacktest.User) { u.Guest = true })
				joins(o, o.person("gast"))
			},
			func(o *office) { leaves(o, o.person("gast")) }, "Er zit een gast in het kanaal.", "gast", false},
		"onbekende": {
			func(o *office) { joins(o, o.person("medewerker-2")) },
			func(o *office) { leaves(o, o.person("medewerker-2")) }, "Er zit iemand in het kanaal die daar niet hoort.", "medewerker-2", false},
		"archief": {
			func(o *office) {
				change(o, func(c *slacktest.Channel) { c.Archived = true })
				o.ws.Person(o.person("coordinator")).Event("group_archive", map[string]any{"channel": meldpunt})
			},
			func(o *office) { change(o, func(c *slacktest.Channel) { c.Archived = false }) }, "Ik kan niet zien wie er meelezen.", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onSlack(t, func(t *testing.T, open opening) {
				s := open.tell(t, "kanaal-"+name, covered, "graszangerhof", "snorhoek")
				melder, officer := s.usual()
				boss := s.actor("Coördinator", "coordinator")
				s.quietly(func() { brief(melder, "Het gaat om de graszangerhof.")("Nee") })
				melder.chooses("Versturen")
				opens := officer.keeps("desk", "Openen")
				s.note("Het kanaal is niet meer zoals het moet: %s.", name)
				tc.happens(s.office)
				s.looks()
				boss.stands(boss.id, "Ik plaats niets meer in het kanaal van de aandachtsfunctionarissen. "+tc.says)
				posted := len(s.office.ws.Posts(meldpunt))
				s.quietly(func() {
					melder.says("melden")
					brief(melder, "Het gaat om de snorhoek.")("Nee")
				})
				melder.chooses("Versturen")
				melder.stands(melder.id, "Bedankt. Jouw code is M-")
				officer.stands(officer.id, "Het kanaal is niet veilig, daarom krijg je het hier.")
				opens()
				if (officer.form == nil) != tc.blind || tc.blind && officer.notice == "" {
					t.Errorf("the card of an officer: opened %v, notice %q", officer.form != nil, officer.notice)
				}
				if tc.stranger != "" {
					stranger := s.actor("Wie er niet hoort", tc.stranger)
					stranger.begin("drukt: Openen")
					stranger.took("press", func() reply { return stranger.seat.presses("desk", "Openen") })
					if stranger.form != nil || stranger.notice == "" {
						t.Errorf("who does not belong there opens the card: %q", stranger.notice)
					}
				}
				if n := len(s.office.ws.Posts(meldpunt)); n != posted {
					t.Errorf("%d posts came in the channel", n-posted)
				}
				s.note("Het kanaal is weer zoals het moet.")
				tc.mended(s.office)
				s.office.passes(15 * time.Minute)
				s.looks()
				opens()
				officer.finds("Gezien of gehoord", "Het gaat om de graszangerhof.")
				s.ends()
			})
		})
	}
}

// Who left the channel finds nothing at the next act, also in a window that is
// still open.
func TestSlackMemberLeft(t *testing.T) {
	t.Parallel()
	onSlack(t, func(t *testing.T, open opening) {
		s := open.tell(t, "vertrokken-lid", covered, "waterhoenkade")
		melder, officer := s.usual()
		s.quietly(func() { brief(melder, "Het gaat om de waterhoenkade.")("Nee") })
		melder.chooses("Versturen")
		officer.pressesIn("desk", "Openen")
		s.note("De aandachtsfunctionaris gaat uit het kanaal. Het venster staat nog open.")
		gone := s.office.person(officer.id)
		s.office.ws.ChangeChannel(meldpunt, func(c *slacktest.Channel) {
			c.Members = slices.DeleteFunc(c.Members, func(m string) bool { return m == gone })
		})
		officer.seat.(*desktop).Event("member_left_channel", map[string]any{"channel": meldpunt, "channel_type": "G"})
		officer.chooses("Ik neem het")
		officer.halted("Niet gevonden.")
		officer.says("overzicht")
		officer.refused("an overview")
		s.ends()
	})
}

// taskOption is the nth option of a field of a task.
func (a *actor) taskOption(task, label string, n int) string {
	a.s.t.Helper()
	a.chooses(task)
	option := a.opened().option(label, n)
	a.chooses("Niet opslaan")
	return option
}
