package main_test

import (
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// tellCase begins a story of a whole case, from report to close. Its transcript
// stands in testdata/cases.
func tellCase(t *testing.T, name string, plants ...string) (s *story, melder, officer *actor) {
	t.Helper()
	s = tell(t, filepath.Join("..", "cases", name), covered, plants...)
	melder, officer = s.usual()
	officer.arrives() // he has the chat open
	return s, melder, officer
}

// teller begins a case: over HTTP, or in a browser.
type teller func(t *testing.T, name string, plants ...string) (s *story, melder, officer *actor)

// cases are the whole cases that are told, by the name of their transcript.
func cases() map[string]func(*testing.T, teller) {
	return map[string]func(*testing.T, teller){
		"arbeid-en-huisvesting":     caseLabourAndHousing,
		"minderjarig":               caseMinor,
		"jongvolwassen":             caseYoungAdult,
		"acuut":                     caseAcute,
		"crimineel":                 caseCriminal,
		"zacht-signaal":             caseSoftSignal,
		"geen-mensenhandel":         caseNotTrafficking,
		"te-weinig-heropend":        caseReopened,
		"geweigerd-en-teruggehaald": caseRefusedAndRecalled,
		"telefoon":                  caseByPhone,
		"liep-al":                   caseRunning,
		"oefening":                  caseDrill,
		"gesprek":                   caseTalk,
	}
}

// Each case goes from report to close as its transcript says.
func TestCaseStories(t *testing.T) {
	t.Parallel()
	for name, play := range cases() {
		t.Run(name, func(t *testing.T) { t.Parallel(); play(t, tellCase) })
	}
}

// iso is a date in a form: another one every day.
var iso = regexp.MustCompile(`\b20\d\d-\d\d-\d\d\b`)

// called is the time at which somebody was called.
var called = regexp.MustCompile(`(Gebeld )\d\d\.\d\d(?:, \d\d\.\d\d)*`)

// endsCase closes the book of a case.
func (s *story) endsCase() {
	s.t.Helper()
	text := iso.ReplaceAllString(s.out.String(), "(datum)")
	text = called.ReplaceAllString(text, "$1(tijd)")
	s.out.Reset()
	s.out.WriteString(text)
	if m := unsaid.FindString(text); m != "" || strings.Contains(text, "[handling.") || strings.Contains(text, "[fb.") {
		s.t.Errorf("a text could not be said: %q", m)
	}
	s.ends()
}

func today() string { return time.Now().Format(time.DateOnly) }
func later() string { return time.Now().AddDate(0, 0, 30).Format(time.DateOnly) }

// tip is what an employee reports, by label.
type tip struct {
	what, form            string
	signs, person, things []string
	sleeps                string // the answer to the question about housing, where it is asked
	speed                 string
}

// reports a signal.
func (a *actor) reports(x tip) {
	a.s.t.Helper()
	a.arrives()
	a.presses("Melden")
	a.fills("Wat is gezien of gehoord?", x.what, "Wanneer?", "Deze week", "Straat", "Voorbeeldlaan", "Huisnummer", "7", "Plaats", "Woerden", "Wie zag het?", "Ikzelf")
	a.fills("Waar denk je aan?", x.form)
	if len(x.signs) == 0 {
		a.chooses("Geen van deze")
	} else {
		a.fills(x.signs...)
	}
	if len(x.person) == 0 {
		a.chooses("Weet ik niet")
	} else {
		a.fills(x.person...)
		a.presses("Nee")
	}
	a.fills(x.things...)
	if x.sleeps != "" {
		a.presses(x.sleeps)
	}
	a.fills("Hoe snel?", x.speed)
	a.fills("Jouw team", "Toezicht", "Gaat het over een collega?", "Nee", "Hoe bereikbaar?", "Chat")
	a.chooses("Versturen")
}

// --- what an officer does ---

// begins opens the case, takes it and looks up what the municipality knows.
func (a *actor) begins() {
	a.s.t.Helper()
	a.pressesIn("desk", "Openen")
	a.chooses("Ik neem het")
	a.carries("Opgezocht", "Persoon", "Niet gevonden", "Organisatie", "Niet gevonden", "Adres", "Gevonden", "Waar zocht je?", "Eigen systeem", "Datum", today())
}

// carries out one task that is not refused.
func (a *actor) carries(task string, pairs ...string) {
	a.s.t.Helper()
	a.chooses(task)
	a.fills(pairs...)
	a.lawful(task)
}

func (a *actor) lawful(what string) {
	a.s.t.Helper()
	if len(a.errors) > 0 {
		a.s.t.Fatalf("%s is refused: %v\n%s", what, a.errors, a.s.out.String())
	}
}

// halted fails unless the last act was refused with these words, wherever they
// stand, or a platform's own client sent nothing for want of an answer.
func (a *actor) halted(words ...string) {
	a.s.t.Helper()
	all := strings.Join(slices.Collect(maps.Values(a.errors)), "\n")
	for _, w := range words {
		if !strings.Contains(all, w) && !strings.Contains(all, demanded) {
			a.s.t.Errorf("it was not refused with %q, but %v", w, a.errors)
		}
	}
}

func (a *actor) confidant() {
	a.s.t.Helper()
	a.carries("Vertrouwenspersoon", "Kan het?", "Het kan niet", "Waarom?", "Niemand spreekt de taal.")
}

// looksAt shows what a partner may read.
func (a *actor) looksAt(partner string) {
	a.s.t.Helper()
	a.chooses("Doorgeven")
	for _, f := range a.opened().fields {
		for _, o := range f.options {
			if o.label == partner {
				a.fills(f.label, partner)
				return
			}
		}
	}
	a.s.t.Fatalf("%s cannot be chosen", partner)
}

// fetches the file of the window that is on screen, which must hold this. Where
// the bot has no page, the same text stands in the window to copy.
func (a *actor) fetches(texts ...string) {
	a.s.t.Helper()
	if a.seat != nil && a.opened().act("Bestand") == "" {
		for _, text := range texts {
			text = strings.TrimPrefix(text, "\ufeff")
			if !a.opened().says(text) && !slices.ContainsFunc(a.form.fields, func(f field) bool { return strings.Contains(strings.Join(f.value, "\n"), text) }) {
				a.s.t.Errorf("the window lacks %q to copy: %+v", text, a.form)
			}
		}
		return
	}
	a.chooses("Bestand")
	f := a.opened()
	a.begin("haalt het bestand op")
	a.acts += 2
	fetch := fetchFile
	if a.page != nil {
		fetch = a.page.fetches
	}
	name, body := fetch(a.s.t, f.link, coded.FindString(f.note))
	a.s.line("  %s krijgt een bestand: %s\n    %s", a.name, name, strings.ReplaceAll(strings.TrimSpace(strings.TrimPrefix(body, "\ufeff")), "\r\n", "\n    "))
	for _, text := range texts {
		if !strings.Contains(body, text) {
			a.s.t.Errorf("the file lacks %q: %s", text, body)
		}
	}
}

// fetchFile does what the page of a file does.
func fetchFile(t *testing.T, link, code string) (name, body string) {
	t.Helper()
	resp, err := http.PostForm(link, url.Values{"code": {code}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	how, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
	if err != nil || how != "attachment" || resp.StatusCode != http.StatusOK {
		t.Fatalf("no file but %d: %v\n%s", resp.StatusCode, err, b)
	}
	return params["filename"], string(b)
}

// gives records the hand-over that is on screen.
func (a *actor) gives(more ...string) {
	a.s.t.Helper()
	a.fills(append([]string{"Hoe?", "Telefoon", "Met wie?", "Meldpunt", "Datum", today(), "Waarom mag het?", "Eigen taak", "Antwoord gevraagd vóór", later()}, more...)...)
}

func (a *actor) hands(partner string, more ...string) {
	a.s.t.Helper()
	a.looksAt(partner)
	a.gives(more...)
	a.lawful(partner)
}

func (a *actor) hears(partner, answer string, more ...string) {
	a.s.t.Helper()
	a.carries("Antwoord van partner", append([]string{"Welke partner?", partner, "Wat is er?", answer}, more...)...)
}

// finishes closes a case in which something was done.
func (a *actor) finishes() {
	a.s.t.Helper()
	a.carries("Afsluiten", "Waarom dicht?", "Er is iets gedaan", "Kreeg slachtoffer hulp?", "Ja, er is hulp", "Weet de persoon het?", "Ja", "Bericht", "Klaar: er is iets gedaan")
}

const (
	care  = "Zorgcoördinator mensenhandel (Moviera)"
	nla   = "Nederlandse Arbeidsinspectie"
	avim  = "Politie, AVIM"
	basis = "Politie, basisteam de Copen"
	check = "Integrale controle"
	young = "Pretty Woman (jongeren tot 23 jaar)"
	belle = "Belle (18 jaar en ouder)"
	safe  = "Veilig Thuis Utrecht, Meldpunt Mensenhandel"
	riec  = "RIEC Midden-Nederland, signalentafel"
)

// onlyOnce fails when an obligation of the open case stands in it twice: owed
// and proposed, or twice in either.
func (a *actor) onlyOnce() {
	a.s.t.Helper()
	owed, seen := "", map[[2]string]bool{}
	part := ""
	for _, f := range a.opened().facts {
		switch {
		case f[1] == "":
			part = f[0]
		case part == "Wat nog moet":
			owed += f[1] + "\n"
		case part == "Voorstel" && strings.Contains(owed, f[0]):
			a.s.t.Errorf("%s is owed and proposed", f[0])
		}
		if part == "Wat nog moet" || part == "Voorstel" {
			if f[1] != "" && seen[f] {
				a.s.t.Errorf("%q stands twice", f)
			}
			seen[f] = true
		}
	}
}

// Labour and housing: NLA, the zorgcoördinator without a name, and the integrale
// controle after the vertrouwenspersoon, within the acts there is time for.
func caseLabourAndHousing(t *testing.T, tell teller) {
	s, melder, officer := tell(t, "arbeid-en-huisvesting", "stapelbedloods", "Zilvervos", "Koperwiek")
	melder.reports(tip{what: "Drie mannen slapen in een stapelbedloods.", form: "Gedwongen of heel slecht werk", signs: []string{"Werk, reis en papieren", "Woont op de werkplek; Heeft schulden"},
		person: []string{"Rol", "Misschien slachtoffer", "Naam", "Zilvervos", "Leeftijd", "23 of ouder"}, things: []string{"Bedrijf", "Koperwiek", "Branche", "Land- en tuinbouw"}, sleeps: "Ja", speed: "Deze week"})
	officer.begins()
	officer.onlyOnce()
	officer.confidant()
	officer.looksAt(nla)
	officer.misses("Zilvervos", "Toezicht")
	officer.finds("Bedrijf", "Koperwiek")
	officer.gives()
	officer.looksAt(care)
	officer.misses("Zilvervos", "Voorbeeldlaan", "stapelbedloods")
	officer.gives()
	officer.looksAt(check)
	officer.gives()
	officer.halted("Waar slapen de bewoners vannacht?")
	officer.gives("Waar slapen bewoners?", "Bij familie")
	officer.lawful(check)
	for _, p := range []string{nla, care, check} {
		officer.hears(p, "Mag niets zeggen")
	}
	officer.finishes()
	officer.finds("Stand", "afgesloten")
	officer.stands("desk", "Afgesloten")
	melder.stands(melder.id, "Er is iets gedaan met je signaal")
	if n := officer.pressed + officer.forms; n > 26 { // one of them was refused
		t.Errorf("%d acts from card to close, at most 25", n-1)
	}
	s.endsCase()
}

// A minor in sexual exploitation: Pretty Woman, AVIM only after the
// vertrouwenspersoon, and the zorgcoördinator without the name.
func caseMinor(t *testing.T, tell teller) {
	s, melder, officer := tell(t, "minderjarig", "lachspiegel", "Roodborst", "parkietgroen")
	melder.reports(tip{what: "Ze praat over een lachspiegel.", form: "Gedwongen seks of sekswerk", signs: []string{"Thuis, geld en school", "Opeens veel geld of andere kleding"},
		person: []string{"Rol", "Misschien slachtoffer", "Naam", "Roodborst", "Uiterlijk", "parkietgroen haar", "Leeftijd", "Onder 18"}, speed: "Deze week"})
	officer.begins()
	officer.looksAt(avim)
	officer.halted("De politie kan dit lezen.")
	officer.fills("Volgens de regels", young) // the form is still open
	officer.misses("Roodborst", "parkietgroen")
	officer.gives()
	officer.lawful(young)
	officer.looksAt(care)
	officer.misses("Roodborst", "parkietgroen", "lachspiegel")
	officer.gives()
	officer.lawful(care)
	officer.confidant()
	officer.looksAt(avim)
	officer.finds("Naam", "Roodborst", "Uiterlijk", "parkietgroen haar")
	officer.gives()
	officer.lawful(avim)
	officer.carries("Voorstel niet volgen", "Welk voorstel?", safe, "Waarom?", "Al bij hen bekend.")
	for _, p := range []string{young, care, avim} {
		officer.hears(p, "Er is antwoord", "Wat zei de partner?", "Opgepakt.")
	}
	officer.finishes()
	melder.stands(melder.id, "Er is iets gedaan met je signaal")
	s.endsCase()
}

// A young adult: Belle or Pretty Woman is the officer's choice, with a reason.
func caseYoungAdult(t *testing.T, tell teller) {
	s, melder, officer := tell(t, "jongvolwassen", "spiegelkamer", "Wielewaal")
	melder.reports(tip{what: "Ze woont in de spiegelkamer.", form: "Gedwongen seks of sekswerk",
		person: []string{"Rol", "Misschien slachtoffer", "Naam", "Wielewaal", "Leeftijd", "18 tot 23"}, speed: "Deze week"})
	officer.begins()
	officer.carries("Feiten", "Wat klopt?", "Het slachtoffer vindt hulp met naam goed", "Samenvatting", "Een jonge vrouw wil weg.")
	officer.looksAt(belle)
	officer.finds("Naam", "Wielewaal", "Wat er speelt", "Een jonge vrouw wil weg.")
	officer.fetches("Naam: Wielewaal", "Wat er speelt: Een jonge vrouw wil weg.")
	officer.gives()
	officer.halted("Schrijf er een reden bij.")
	officer.gives("Waarom?", "Ze koos zelf voor Belle.")
	officer.lawful(belle)
	officer.looksAt(care)
	officer.finds("Naam", "Wielewaal")
	officer.gives()
	officer.lawful(care)
	for _, p := range []string{belle, care} {
		officer.hears(p, "Er is antwoord", "Wat zei de partner?", "Opgepakt.")
	}
	officer.finishes()
	s.endsCase()
}

// Acute: the officer's recorded act lifts the gate; the vertrouwenspersoon is
// owed afterwards, and nothing closes before that.
func caseAcute(t *testing.T, tell teller) {
	s, melder, officer := tell(t, "acuut", "kelderluik", "Grutto")
	melder.arrives()
	melder.presses("Nu gevaar")
	melder.fills("Waar is het?", "Voorbeeldlaan 7", "Wat gebeurt er?", "Grutto zit achter het kelderluik.")
	melder.presses("Ja")
	officer.begins()
	officer.looksAt(avim)
	officer.halted("De politie kan dit lezen.")
	officer.chooses("Niet opslaan") // back to the case
	officer.carries("Direct ingrijpen", "Waarom?", "Ze zit nu opgesloten.")
	officer.hands(avim)
	officer.hands(care)
	for _, p := range []string{avim, care} {
		officer.hears(p, "Mag niets zeggen")
	}
	officer.chooses("Afsluiten")
	end := []string{"Waarom dicht?", "Er is iets gedaan", "Kreeg slachtoffer hulp?", "Ja, er is hulp", "Weet de persoon het?", "Ja", "Bericht", "Klaar: er is iets gedaan"}
	officer.fills(end...)
	officer.halted("Schrijf op of een vertrouwenspersoon kan helpen.")
	officer.chooses("Niet opslaan") // back to the case
	officer.confidant()
	officer.finishes()
	melder.stands(melder.id, "Er is iets gedaan met je signaal")
	s.endsCase()
}

// Criminal exploitation: whether the "dader" may be a victim is asked, and the
// police come after the vertrouwenspersoon.
func caseCriminal(t *testing.T, tell teller) {
	s, melder, officer := tell(t, "crimineel", "bedelbus", "Kwartelkoning")
	melder.reports(tip{what: "Hij stapt elke dag uit de bedelbus.", form: "Gedwongen misdaad of bedelen",
		person: []string{"Rol", "Misschien dader", "Naam", "Kwartelkoning", "Leeftijd", "18 tot 23"}, speed: "Deze week"})
	officer.begins()
	officer.onlyOnce()
	officer.finds("R12", "Kan de ‘dader’ slachtoffer zijn? Schrijf het op.")
	officer.carries("Feiten", "Wat klopt?", "De ‘dader’ kan zelf slachtoffer zijn")
	officer.misses("Kan de ‘dader’ slachtoffer zijn? Schrijf het op.")
	officer.confidant()
	officer.hands(basis)
	officer.hands(avim)
	officer.hands(care)
	officer.hears(basis, "De partner neemt het niet aan", "Wat zei de partner?", "AVIM doet het.")
	for _, p := range []string{avim, care} {
		officer.hears(p, "Mag niets zeggen")
	}
	officer.finishes()
	s.endsCase()
}

// A soft signal of an unknown form: the question of RIEC is weighed, and
// departed from with a reason.
func caseSoftSignal(t *testing.T, tell teller) {
	s, melder, officer := tell(t, "zacht-signaal", "nachtgordijn")
	melder.reports(tip{what: "Het nachtgordijn is altijd dicht.", form: "Weet ik niet", sleeps: "Nee", speed: "Kan wachten"})
	officer.begins()
	officer.carries("Feiten", "Wat klopt?", "Er is geen persoon in beeld", "Wat klopt ook?", "Het is een zacht signaal")
	officer.chooses("Voorstel niet volgen")
	officer.fills("Welk voorstel?", riec)
	if len(officer.errors) == 0 {
		t.Error("a departure needs no reason")
	}
	officer.fills("Welk voorstel?", riec, "Waarom?", "Eerst zelf kijken bij het adres.")
	officer.lawful("departure")
	officer.carries("Notitie", "Soort", "Interpretatie", "Notitie", "Misschien een nachtploeg.")
	officer.hands(care)
	officer.hears(care, "Er is antwoord", "Wat zei de partner?", "Geregistreerd.")
	officer.carries("Afsluiten", "Waarom dicht?", "Te weinig informatie", "Waarom?", "Niemand gezien.", "Kreeg slachtoffer hulp?", "Er is geen slachtoffer bekend", "Bericht", "Klaar: te weinig informatie")
	melder.stands(melder.id, "We weten nu te weinig")
	s.endsCase()
}

// Not trafficking: closed on one screen, without a partner.
func caseNotTrafficking(t *testing.T, tell teller) {
	s, melder, officer := tell(t, "geen-mensenhandel", "stageplek", "Tureluur")
	melder.reports(tip{what: "Een jongen werkt lang op zijn stageplek.", form: "Gedwongen of heel slecht werk",
		person: []string{"Rol", "Misschien slachtoffer", "Naam", "Tureluur", "Leeftijd", "18 tot 23"}, sleeps: "Nee", speed: "Kan wachten"})
	officer.begins()
	officer.carries("Afsluiten", "Waarom dicht?", "Geen mensenhandel", "Waarom?", "Een gewone stage.", "Bericht", "Klaar: geen mensenhandel")
	officer.finds("Stand", "afgesloten")
	melder.stands(melder.id, "geen mensenhandel")
	if n := officer.pressed + officer.forms; n > 6 {
		t.Errorf("%d acts to close what is none, at most 6", n)
	}
	s.endsCase()
}

// Too little information: closed, opened again when more is known, and owed to
// the reporter anew.
func caseReopened(t *testing.T, tell teller) {
	s, melder, officer := tell(t, "te-weinig-heropend", "achterplaats", "Steltkluut")
	melder.reports(tip{what: "Lawaai op de achterplaats.", form: "Gedwongen of heel slecht werk", sleeps: "Nee", speed: "Kan wachten"})
	officer.begins()
	officer.carries("Voorstel niet volgen", "Welk voorstel?", nla, "Waarom?", "Geen bedrijf bekend.")
	officer.hands(care)
	officer.hears(care, "Mag niets zeggen")
	officer.carries("Afsluiten", "Waarom dicht?", "Te weinig informatie", "Waarom?", "Geen bedrijf, geen persoon.", "Kreeg slachtoffer hulp?", "Er is geen slachtoffer bekend", "Bericht", "Klaar: te weinig informatie")
	melder.stands(melder.id, "We weten nu te weinig")
	officer.carries("Heropenen", "Waarom?", "De naam Steltkluut dook op.")
	officer.finds("R22", "Vertel de melder wat er is gedaan.")
	officer.hands(nla)
	officer.hears(nla, "Er is antwoord", "Wat zei de partner?", "In onderzoek.")
	officer.finishes()
	officer.finds("Stand", "afgesloten")
	melder.stands(melder.id, "Er is iets gedaan met je signaal")
	s.endsCase()
}

// A partner refuses, another gets it by mistake: that hand-over is recalled,
// and the data leak is owed until what was done is written down.
func caseRefusedAndRecalled(t *testing.T, tell teller) {
	s, melder, officer := tell(t, "geweigerd-en-teruggehaald", "aspergeveld", "Bokje")
	melder.reports(tip{what: "Ze steken dag en nacht op het aspergeveld.", form: "Gedwongen of heel slecht werk",
		person: []string{"Rol", "Misschien slachtoffer", "Naam", "Bokje", "Leeftijd", "23 of ouder"}, things: []string{"Branche", "Land- en tuinbouw"}, sleeps: "Nee", speed: "Deze week"})
	officer.begins()
	officer.hands(nla)
	officer.hears(nla, "De partner neemt het niet aan", "Wat zei de partner?", "Te weinig uren.")
	officer.carries("Voorstel niet volgen", "Welk voorstel?", nla, "Waarom?", "De inspectie neemt het niet aan.")
	officer.hands("Woerden Wijzer", "Waarom?", "Ik dacht aan hulp dichtbij.")
	officer.hears("Woerden Wijzer", "Het ging naar de verkeerde", "Wat zei de partner?", "Zij zijn hier niet voor.")
	officer.finds("Nog te doen", "De gegevens gingen fout naar Woerden Wijzer. Meld het datalek en schrijf op wat je deed.")
	officer.hands(care)
	officer.hears(care, "Er is antwoord", "Wat zei de partner?", "Er is opvang.")
	officer.chooses("Afsluiten")
	end := []string{"Waarom dicht?", "Er is iets gedaan", "Kreeg slachtoffer hulp?", "Ja, er is hulp", "Weet de persoon het?", "Ja", "Bericht", "Klaar: er is iets gedaan"}
	officer.fills(end...)
	officer.halted("Meld het datalek")
	officer.chooses("Niet opslaan") // back to the case
	officer.carries("Datalek", "Welke partner?", "Woerden Wijzer", "Wat is er gedaan?", "Gewist door hen, gemeld bij de FG.")
	officer.finishes()
	officer.finds("Stand", "afgesloten")
	s.endsCase()
}
