package main_test

import "testing"

// Reporter and officer talk through the bot, in both directions and by forms
// only: what the officer writes is checked, is read in a window and stays out of
// the chat; a question comes back to the desk and is owed an answer. On request
// the reporter hears when his name was shown.
func caseTalk(t *testing.T, tell teller) {
	s, melder, officer := tell(t, "gesprek", "schuurpoort", "Kraaiheide", "Watersnip", "zaterdagmarkt")
	melder.reports(tip{what: "Er slaapt iemand achter de schuurpoort.", form: "Gedwongen of heel slecht werk",
		person: []string{"Rol", "Misschien slachtoffer", "Naam", "Kraaiheide", "Leeftijd", "23 of ouder"}, sleeps: "Nee", speed: "Deze week"})
	officer.begins()
	officer.chooses("Bericht aan melder")
	own := "Eigen woorden (vraag of antwoord)"
	officer.fills("Bericht", own)
	officer.halted("Kies een bericht dat hierbij past.")
	officer.fills("Bericht", own, "Eigen woorden", "Zag je Kraaiheide bij de NLA?")
	officer.halted("In je tekst staat een naam of een partner.", "- een naam", "- een partner")
	officer.fills("Bericht", own, "Eigen woorden", "Op welke dag was dat? Watersnip.")
	officer.lawful("own words")
	melder.stands(melder.id, "De aandachtsfunctionaris schreef je iets")
	melder.presses("Lees bericht")
	melder.reads("Op welke dag was dat? Watersnip.")
	melder.presses("Ik heb een vraag")
	melder.fills("Wat is er nieuw?", "Op een zaterdagmarkt. Moet ik nog iets doen?")
	officer.pressesIn("desk", "Openen")
	officer.finds("R22", "Geef de melder antwoord.")
	officer.reads("Op een zaterdagmarkt. Moet ik nog iets doen?")
	officer.carries("Bericht aan melder", "Bericht", own, "Eigen woorden", "Nee. Zoek zelf niet verder.")
	officer.misses("Geef de melder antwoord.")
	melder.presses("Lees bericht")
	melder.reads("Nee. Zoek zelf niet verder.")
	melder.reads("Op welke dag was dat? Watersnip.")
	melder.says("wie zag mijn naam?")
	melder.stands(melder.id, "Niemand liet zich je naam tonen.")
	officer.chooses("Toon melder")
	officer.fills("Waarom heb je de naam nodig?", "Ik wil hem spreken.")
	melder.says("wie zag mijn naam?")
	melder.stands(melder.id, "Je naam is getoond aan een aandachtsfunctionaris:")
	s.endsCase()
}
