package main_test

import "testing"

// stories are those that are told by every hand.
func stories() map[string]func(*testing.T, telling) {
	return map[string]func(*testing.T, telling){
		"twijfel": storyDoubt, "advies": storyAdvice, "advies-zonder-nummer": storyAdviceWithoutNumber,
		"terug-en-veranderen": storyBackAndChange, "verder-na-herstart": storyResume, "intrekken": storyWithdrawal,
		"opdrachten": storyCommands, "acuut": storyAcute, "acuut-zonder-dienst": storyAcuteAtNight, "minderjarig": storyMinor,
		"huisvesting": storyHousing, "spoed-halverwege": storyDangerHalfway, "collega": storyColleague,
		"aandachtsfunctionaris-betrokken": storyOfficerInvolved, "alle-aandachtsfunctionarissen-betrokken": storyOfficersInvolved,
		"iedereen-betrokken": storyEverybodyInvolved, "engels": storyEnglish,
	}
}

// Each story goes as its transcript says.
func TestStories(t *testing.T) {
	t.Parallel()
	for name, play := range stories() {
		t.Run(name, func(t *testing.T) { t.Parallel(); play(t, tell) })
	}
}

// What a nervous person can take (DECISIONS A): an acute report is at most two
// presses and one form, a normal one at most 20 acts and 300 words to read.
const (
	maxActs  = 20
	maxWords = 300
)

// Somebody in danger reads 112 at once, needs two presses and one form, and is
// told that nobody has read it yet until somebody has.
func storyAcute(t *testing.T, tell telling) {
	s := tell(t, "acuut", covered, "Zwartbrugkade", "schreeuwdeur", "opgeslotenzolder")
	melder, officer := s.usual()
	boss := s.actor("Coördinator", "coordinator")
	s.note("Iemand is in gevaar.")
	melder.arrives()
	melder.presses("Nu gevaar")
	melder.stands(melder.id, "Bel nu 112.")
	melder.fills("Waar is het?", "Zwartbrugkade 9", "Wat gebeurt er?", "Er klinkt een schreeuwdeur. Iemand zit op de opgeslotenzolder.")
	if melder.pressed+melder.openings > 2 || melder.forms > 1 {
		t.Errorf("got %d presses and %d forms, want at most 2 and 1", melder.pressed+melder.openings, melder.forms)
	}
	melder.stands(melder.id, "Niemand heeft dit nog gelezen.")
	officer.stands(officer.id, "wacht op jou. Urgentie: acuut.")
	officer.stands("desk", "Urgentie: acuut")
	melder.presses("Nog niet")
	melder.stands(melder.id, "Bel nu 112. Kun je niet veilig bellen? Ga eerst weg. Heb je al gebeld?")
	melder.presses("Ja")
	officer.pressesIn("desk", "Openen")
	officer.finds("Urgentie", "acuut", "112 gebeld", "Ja", "Plek", "Zwartbrugkade 9",
		"Gezien of gehoord", "Er klinkt een schreeuwdeur. Iemand zit op de opgeslotenzolder.")
	officer.chooses("Gelezen")
	melder.stands(melder.id, "Een aandachtsfunctionaris heeft je signaal gelezen.")
	officer.stands("desk", "Gelezen op")
	if got := show(boss.list(boss.id)); got != "" {
		t.Errorf("the coördinator was alarmed while all went well: %s", got)
	}
	s.ends()
}

// When nobody has duty, the receipt of an acute signal says that only 112 and
// the police answer.
func storyAcuteAtNight(t *testing.T, tell telling) {
	s := tell(t, "acuut-zonder-dienst", closed(), "kelderluikje")
	melder, officer := s.usual()
	melder.says("spoed")
	melder.fills("Wat gebeurt er?", "Achter het kelderluikje huilt iemand.")
	melder.stands(melder.id, "Nu heeft hier niemand dienst. Alleen 112 en 0900-8844 nemen nu op.")
	melder.says("gevaar is voorbij")
	officer.pressesIn("desk", "Openen")
	officer.finds("112 gebeld", "Gevaar is voorbij")
	s.ends()
}

// A normal report about a minor, sexual exploitation: within the budget, and
// every answer on the desk.
func storyMinor(t *testing.T, tell telling) {
	s := tell(t, "minderjarig", covered, "Roodborstje", "lachspiegel", "Kwikstaart", "ZX-99-QQ", "sneeuwpopje88", "Hinkelpad", "Wezelbron", "parkietgroen")
	melder, officer := s.usual()
	melder.arrives()
	melder.presses("Melden")
	melder.fills(
		"Wat is gezien of gehoord?", "Een meisje van het Hinkelpad krijgt dure kleren. Ze praat over een lachspiegel.",
		"Wanneer?", "Nog steeds", "Straat", "Hinkelpad", "Huisnummer", "12", "Postcode", "3441ab", "Plaats", "Woerden",
		"Wie zag het?", "Iemand van buiten", "Wie vertelde het?", "Buurvrouw Wezelbron")
	melder.fills("Waar denk je aan?", "Gedwongen seks of sekswerk")
	melder.fills(
		"Thuis, geld en school", "Opeens veel geld of andere kleding; Slechter op school",
		"Over de persoon", "Klachten die door sekswerk kunnen komen")
	melder.fills("Rol", "Misschien slachtoffer", "Naam", "Mees Roodborstje", "Uiterlijk", "parkietgroen haar", "Leeftijd", "Onder 18")
	melder.presses("Ja")
	melder.fills("Rol", "Misschien dader", "Naam", "Kwikstaart")
	melder.presses("Nee")
	melder.fills("Kenteken", "ZX-99-QQ", "Naam online", "sneeuwpopje88", "Branche", "Thuis of online")
	melder.fills("Hoe snel?", "Deze week")
	melder.fills("Jouw team", "Sociaal domein", "Besproken met teamcoördinator?", "Nog niet", "Gaat het over een collega?", "Nee", "Hoe bereikbaar?", "Chat")
	words := melder.words
	melder.chooses("Versturen")
	t.Logf("%d acts, %d words", melder.acts, words)
	melder.stands(melder.id, "Bedankt. Jouw code is M-")
	officer.stands("desk", "Urgentie: spoed")
	officer.pressesIn("desk", "Openen")
	officer.finds("Wanneer", "Nog steeds", "Straat", "Hinkelpad", "Huisnummer", "12", "Postcode", "3441 AB", "Plaats", "Woerden",
		"Wie zag het", "Iemand van buiten", "Vorm", "Gedwongen seks of sekswerk",
		"Gezien", "De persoon heeft klachten die door sekswerk kunnen komen", "Gezien", "Het gaat slechter op school",
		"Naam", "Mees Roodborstje", "Leeftijd", "Onder 18", "Hoedanigheid", "Misschien dader", "Naam", "Kwikstaart",
		"Leeftijd", "Weet ik niet", "Kenteken", "ZX-99-QQ", "Online naam", "sneeuwpopje88", "Branche", "Thuis of online",
		"Melder: hoe snel", "Deze week", "Team van de melder", "Sociaal domein", "Besproken met teamcoördinator", "Nog niet")
	officer.misses("Wezelbron") // who told it is behind a reason
	s.ends()
}

// A report about labour and housing, as short as it can be told: the budget of
// acts and of words is kept, the housing question is asked.
func storyHousing(t *testing.T, tell telling) {
	s := tell(t, "huisvesting", covered, "kooibedloods", "Vosbergse", "Torenvalk")
	melder, officer := s.usual()
	melder.arrives()
	melder.presses("Melden")
	melder.fills("Wat is gezien of gehoord?", "Twaalf mannen slapen in een kooibedloods.", "Wanneer?", "Nog steeds", "Wie zag het?", "Ikzelf", "Of: welke plek?", "Vosbergse polder")
	melder.fills("Waar denk je aan?", "Gedwongen of heel slecht werk")
	melder.fills("Werk, reis en papieren", "Woont op de werkplek; Heeft paspoort niet zelf")
	melder.fills("Rol", "Werkgever", "Naam", "Torenvalk")
	melder.presses("Nee")
	melder.fills("Branche", "Land- en tuinbouw", "KVK-nummer", "1234.5678")
	melder.presses("Ja")
	melder.fills("Hoe snel?", "Vandaag", "Welk gevaar, voor wie?", "De Torenvalk wordt snel boos.")
	melder.fills("Jouw team", "Boa", "Gaat het over een collega?", "Nee", "Hoe bereikbaar?", "Bellen", "Jouw nummer", "0348 428911", "Wanneer bellen?", "ochtend")
	words := melder.words
	melder.chooses("Versturen")
	acts := melder.acts - melder.openings
	t.Logf("%d acts, %d presses to open a form, %d words", acts, melder.openings, words)
	if acts > maxActs || words > maxWords {
		t.Errorf("a normal report took %d acts and %d words, at most %d and %d", acts, words, maxActs, maxWords)
	}
	officer.pressesIn("desk", "Openen")
	officer.finds("Urgentie", "acuut", "Slecht wonen", "Ja", "Branche", "Land- en tuinbouw", "KVK-nummer", "12345678",
		"Plek", "Vosbergse polder", "Gevaar", "De Torenvalk wordt snel boos.", "Naam", "Torenvalk",
		"Gezien", "De persoon woont op de plek van het werk", "Gezien", "De persoon heeft het eigen paspoort niet zelf")
	s.ends()
}

// SPOED in the middle of part 4 goes to the acute form, and what was answered
// before is filed with it.
func storyDangerHalfway(t *testing.T, tell telling) {
	s := tell(t, "spoed-halverwege", covered, "wasserijkelder", "Pimpelmees", "brandtrapje")
	melder, officer := s.usual()
	melder.says("melden")
	melder.fills("Wat is gezien of gehoord?", "Vrouwen werken dag en nacht in de wasserijkelder.", "Wanneer?", "Deze week", "Wie zag het?", "Een collega")
	melder.fills("Waar denk je aan?", "Weet ik niet")
	melder.chooses("Geen van deze")
	melder.fills("Naam", "Pimpelmees", "Leeftijd", "18 tot 23")
	melder.says("SPOED")
	melder.fills("Waar is het?", "brandtrapje achter", "Wat gebeurt er?", "Ze wordt nu geslagen.")
	melder.presses("Ja")
	officer.pressesIn("desk", "Openen")
	officer.finds("Urgentie", "acuut", "Naam", "Pimpelmees", "Leeftijd", "18 tot 23", "Wanneer", "Deze week",
		"Gezien of gehoord", "Ze wordt nu geslagen.\nVrouwen werken dag en nacht in de wasserijkelder.", "Plek", "brandtrapje achter", "112 gebeld", "Ja")
	s.ends()
}

// A colleague is involved: it is a field, and everybody at the desk reads it.
func storyColleague(t *testing.T, tell telling) {
	s := tell(t, "collega", covered, "plantsoenloket", "Boomklever")
	melder, officer := s.usual()
	short := brief(melder, "Een collega haalt meisjes op bij het plantsoenloket.")
	short("Een collega")
	melder.fills("Naam of team", "Boomklever")
	melder.chooses("Versturen")
	officer.pressesIn("desk", "Openen")
	officer.finds("Gaat over een collega", "Een collega", "Welke collega", "Boomklever")
	s.ends()
}

// brief is a report with as little as can be; what comes back fills in part 7.
func brief(a *actor, what string) func(involved string) {
	a.s.t.Helper()
	if a.form == nil {
		a.says("melden")
	}
	a.fills("Wat is gezien of gehoord?", what, "Wanneer?", "Weet ik niet", "Wie zag het?", "Ikzelf")
	a.fills("Waar denk je aan?", "Iets anders")
	a.chooses("Geen van deze")
	a.chooses("Weet ik niet")
	a.fills()
	a.fills("Hoe snel?", "Kan wachten")
	return func(involved string) {
		a.s.t.Helper()
		a.fills("Jouw team", "Toezicht", "Gaat het over een collega?", involved, "Hoe bereikbaar?", "Chat")
	}
}

// An officer is involved: no card, no direct message and no case for that one,
// a direct message for the others.
func storyOfficerInvolved(t *testing.T, tell telling) {
	s := tell(t, "aandachtsfunctionaris-betrokken", covered, "nachtslotkamer")
	melder, named := s.usual()
	other := s.actor("Andere aandachtsfunctionaris", "aandachtsfunctionaris-2")
	boss := s.actor("Coördinator", "coordinator")
	brief(melder, "Hij verkoopt sleutels van de nachtslotkamer.")("Een aandachtsfunctionaris")
	melder.fills("Over wie gaat het?", "Aandachtsfunctionaris 1")
	melder.chooses("Versturen")
	melder.stands(melder.id, "Bedankt. Jouw code is M-")
	other.stands(other.id, "wacht op jou")
	for _, log := range []string{named.id, "desk"} {
		if got := show(named.list(log)); got != "" {
			t.Errorf("who is involved learns of it in %s: %s", log, got)
		}
	}
	s.note("De betrokkene drukt op een knop die hij ergens zag.")
	named.steals(other, "Openen")
	if named.notice != "Niet gevonden." || named.form != nil {
		t.Errorf("who is involved got notice %q and form %v", named.notice, named.form)
	}
	other.pressesIn(other.id, "Openen")
	other.finds("Gaat over een collega", "Een aandachtsfunctionaris", "Gezien of gehoord", "Hij verkoopt sleutels van de nachtslotkamer.")
	other.chooses("Gelezen")
	melder.stands(melder.id, "heeft je signaal gelezen")
	if got := show(boss.list(boss.id)); got != "" {
		t.Errorf("the coördinator was alarmed: %s", got)
	}
	s.ends()
}

// Every officer is involved: the coördinator, who reads all, is told at once.
func storyOfficersInvolved(t *testing.T, tell telling) {
	s := tell(t, "alle-aandachtsfunctionarissen-betrokken", covered, "sleuteldoosje")
	melder, named := s.usual()
	boss := s.actor("Coördinator", "coordinator")
	brief(melder, "Ze delen een sleuteldoosje.")("Een aandachtsfunctionaris")
	melder.fills("Over wie gaat het?", "Aandachtsfunctionaris 1; Aandachtsfunctionaris 2")
	melder.chooses("Versturen")
	boss.stands(boss.id, "wacht op jou")
	boss.pressesIn(boss.id, "Openen")
	boss.finds("Gezien of gehoord", "Ze delen een sleuteldoosje.")
	if got := show(named.list(named.id)) + show(named.list("desk")); got != "" {
		t.Errorf("who is involved learns of it: %s", got)
	}
	s.ends()
}

// Everybody who could read it is involved: the outside door, and nothing kept.
func storyEverybodyInvolved(t *testing.T, tell telling) {
	s := tell(t, "iedereen-betrokken", covered, "zilverlepelaar")
	melder, named := s.usual()
	brief(melder, "Het gaat om de zilverlepelaar.")("Een aandachtsfunctionaris")
	melder.fills("Over wie gaat het?", "Weet ik niet")
	melder.stands(melder.id, "Ga naar Meld Misdaad Anoniem: 0800-7000.")
	if got := show(named.list(named.id)) + show(named.list("desk")); got != "" {
		t.Errorf("the desk learned of it: %s", got)
	}
	melder.says("mijn signalen")
	melder.stands(melder.id, "Je hebt geen signalen die nog lopen.")
	s.nothingKept()
	s.ends()
}

// A whole report in English, by the word; and the page's own switch back.
func storyEnglish(t *testing.T, tell telling) {
	s := tell(t, "engels", covered, "copperkettle", "Goldfinch", "quietbasement")
	melder, officer := s.usual()
	melder.says("English")
	melder.says("report")
	melder.fills("What was seen or heard?", "A copperkettle in the quietbasement.", "When?", "Today", "Who saw it?", "I did")
	melder.fills("What do you think of?", "Forced crime or begging")
	melder.chooses("None of these")
	melder.fills("Name", "Goldfinch", "Age", "23 or older")
	melder.presses("No")
	melder.fills()
	melder.fills("How fast?", "This week")
	melder.fills("Your team", "Supervision", "Is it about a colleague?", "I do not know", "How to reach you?", "Chat")
	melder.chooses("Send")
	melder.stands(melder.id, "Your code is M-")
	officer.pressesIn("desk", "Openen")
	officer.finds("Vorm", "Gedwongen misdaad of bedelen", "Naam", "Goldfinch", "Leeftijd", "23 of ouder", "Gaat over een collega", "Weet ik niet")
	officer.chooses("Gelezen")
	melder.stands(melder.id, "anti-trafficking officer")
	melder.says("Nederlands")
	if melder.seat != nil { // there the client's own language counts
		s.ends()
		return
	}
	s.note("De melder zet de pagina op Engels, en weer terug.")
	melder.says("melden")
	melder.lang = "en"
	melder.presses("Terug")
	melder.stands(melder.id, "Is there danger now?")
	melder.lang = "nl"
	melder.presses("Report")
	melder.stands(melder.id, "Alleen aandachtsfunctionarissen lezen dit.")
	s.ends()
}
