package main_test

import "testing"

// A report goes from the employee to the desk, is read there, and the employee
// hears of it.
func TestReportIsReadAndToldSo(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	melder, officer := p.open("medewerker-1").watch(), p.open("aandachtsfunctionaris-1").watch()
	dump := func() { if melder.form != nil { t.Logf("FORM %+v", *melder.form) } else { t.Logf("NOTICE %q %v\n%s", melder.notice, melder.errors, show(melder.list(melder.id))) } }
	melder.says("")
	melder.presses("Melden")
	melder.fills(map[string]string{"Wat is gezien of gehoord?": "Een man slaapt in de kas.", "Wanneer?": "Vandaag", "Wie zag het?": "Ikzelf", "Plaats": "Woerden"})
	dump()
	melder.fills(map[string]string{"Waar denk je aan?": "Iets anders"})
	dump()
	melder.chooses("Geen van deze")
	dump()
	melder.fills(map[string]string{"Naam": "Zilvervos"})
	dump()
	melder.presses("Nee")
	dump()
	melder.fills(map[string]string{"Kenteken": "AB-12-CD"})
	dump()
	if melder.form == nil { melder.presses("Nee") }
	dump()
	melder.fills(map[string]string{"Hoe snel?": "Deze week"})
	dump()
	melder.fills(map[string]string{"Jouw team": "Toezicht", "Gaat het over een collega?": "Nee", "Hoe bereikbaar?": "Chat"})
	dump()
	melder.chooses("Versturen")
	melder.sees(melder.id, "Jouw code is")
	dump()
	officer.sees("desk", "Nieuw signaal")
	officer.pressesIn("desk", "Openen")
	t.Logf("CASE %+v %q", officer.form, officer.notice)
	officer.chooses("Gelezen")
	t.Logf("%q", officer.notice)
	melder.sees(melder.id, "heeft je signaal gelezen")
	officer.sees("desk", "Gelezen op")
	dump()
}
