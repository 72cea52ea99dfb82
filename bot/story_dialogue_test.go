package main_test

import (
	"strings"
	"testing"
)

// Who doubts reads the signs and finds the right door for something else, and
// can still report.
func storyDoubt(t *testing.T, tell telling) {
	s := tell(t, "twijfel", covered, "kanariekooi")
	melder, officer := s.usual()
	melder.arrives()
	melder.presses("Ik twijfel")
	melder.presses("Signalen bekijken")
	melder.stands(melder.id, "Woont op de werkplek")
	melder.presses("Terug")
	melder.presses("Kaart voor een inwoner")
	melder.stands(melder.id, "bel Veilig Thuis, 0800-2000. Anoniem melden: bel 0800-7000.")
	melder.presses("Terug")
	melder.presses("Het is iets anders")
	for door, number := range map[string]string{
		"Mensensmokkel": "Politie: 0900-8844", "Een ander misdrijf": "Politie: 0900-8844", "Geweld thuis": "Veilig Thuis: 0800-2000",
		"Gedrag van een collega": "vertrouwenspersoon integriteit",
	} {
		quiet := *s
		melder.presses(door)
		melder.stands(melder.id, number)
		melder.presses("Terug")
		s.out.Reset()
		s.out.WriteString(quiet.out.String())
	}
	melder.presses("Mensensmokkel")
	melder.presses("Toch melden")
	brief(melder, "Er staat een kanariekooi voor elk raam.")("Nee")
	melder.chooses("Versturen")
	officer.pressesIn("desk", "Openen")
	officer.finds("Gezien of gehoord", "Er staat een kanariekooi voor elk raam.", "Urgentie", "normaal")
	s.ends()
}

// Advice is two presses, and nothing of it is kept. A number is named only
// where there is one.
func storyAdvice(t *testing.T, tell telling) {
	adviceWith(t, tell, "advies", covered+"helplines:\n  officer: {name: {nl: aandachtsfunctionaris, en: anti-trafficking officer}, number: 0348-000000}\n", "Bel de aandachtsfunctionaris: 0348-000000.")
}

func storyAdviceWithoutNumber(t *testing.T, tell telling) {
	adviceWith(t, tell, "advies-zonder-nummer", covered, "Noem nog geen namen.")
}

func adviceWith(t *testing.T, tell telling, name, config, says string) {
	s := tell(t, name, config)
	melder, officer := s.usual()
	melder.arrives()
	melder.presses("Ik twijfel")
	melder.presses("Alleen advies")
	melder.stands(melder.id, says)
	if strings.Contains(show(melder.list(melder.id)), "aandachtsfunctionaris: 0900-8844") {
		t.Error("the police's number is named as the officer's")
	}
	if melder.pressed != 2 || melder.forms != 0 {
		t.Errorf("got %d presses and %d forms, want 2 and 0", melder.pressed, melder.forms)
	}
	if got := show(officer.list("desk")); got != "" {
		t.Errorf("the desk learned of it: %s", got)
	}
	s.nothingKept()
	s.ends()
}

// Back, change, another row and "weet ik niet": at the end the desk has what
// was said last.
func storyBackAndChange(t *testing.T, tell telling) {
	s := tell(t, "terug-en-veranderen", covered, "Fuutje", "Meerkoetje", "Dodaarsje", "roestfiets", "lijmfabriek", "Aalscholvertje", "Zeearendje")
	melder, officer := s.usual()
	melder.arrives()
	melder.presses("Melden")
	melder.fills("Wat is gezien of gehoord?", "Eerst dacht ik aan een roestfiets.", "Wanneer?", "Vandaag", "Wie zag het?", "Ikzelf")
	melder.chooses("Terug")
	if got := melder.form.fields[0].value; len(got) != 1 || got[0] != "Eerst dacht ik aan een roestfiets." {
		t.Errorf("going back shows %q", got)
	}
	melder.fills("Wat is gezien of gehoord?", "Een jongen werkt in de lijmfabriek.", "Wanneer?", "Weet ik niet", "Wie zag het?", "Ikzelf")
	melder.fills("Waar denk je aan?", "Weet ik niet")
	melder.fills("Werk, reis en papieren", "Geen verblijfspapieren")
	melder.fills("Naam", "Fuutje", "Leeftijd", "Onder 18")
	melder.presses("Ja")
	melder.fills("Naam", "Meerkoetje", "Rol", "Misschien dader")
	melder.presses("Ja")
	melder.fills("Naam", "Aalscholvertje")
	melder.presses("Nee")
	melder.fills()
	melder.says("weet ik niet")
	melder.fills("Hoe snel?", "Weet ik niet")
	melder.fills("Jouw team", "Burgerzaken", "Gaat het over een collega?", "Een collega", "Hoe bereikbaar?", "Chat")
	melder.fills("Naam of team", "Zeearendje")
	melder.chooses("Verander: Over jou")
	melder.fills("Jouw team", "Burgerzaken", "Gaat het over een collega?", "Weet ik niet", "Hoe bereikbaar?", "Chat")
	melder.chooses("Verander: Persoon 2")
	melder.fills("Naam", "Dodaarsje", "Rol", "Misschien dader")
	melder.chooses("Verander: Persoon 3")
	melder.fills("Naam", "")
	melder.says("verander iets")
	melder.presses("Waar denk je aan?")
	melder.fills("Waar denk je aan?", "Gedwongen of heel slecht werk")
	melder.presses("Wis alles")
	melder.presses("Nee, ga verder")
	melder.says("versturen")
	officer.pressesIn("desk", "Openen")
	officer.finds("Gezien of gehoord", "Een jongen werkt in de lijmfabriek.", "Wanneer", "Weet ik niet", "Naam", "Fuutje", "Naam", "Dodaarsje",
		"Vorm", "Gedwongen of heel slecht werk", "Slecht wonen", "Weet ik niet", "Team van de melder", "Burgerzaken")
	officer.misses("Meerkoetje", "roestfiets", "Aalscholvertje", "Zeearendje")
	s.ends()
}

// The program is killed in the middle, twice: every answer is there, the open
// window still counts, and a typed command finds the place again.
func storyResume(t *testing.T, tell telling) {
	s := tell(t, "verder-na-herstart", covered, "Wielewaaltje", "betonmolentje")
	melder, officer := s.usual()
	melder.says("melden")
	melder.fills("Wat is gezien of gehoord?", "Hij slaapt naast het betonmolentje.", "Wanneer?", "Vandaag", "Wie zag het?", "Ikzelf")
	s.note("Het programma wordt gedood en start opnieuw. Het venster stond nog open.")
	s.restarts()
	melder.fills("Waar denk je aan?", "Iets anders")
	melder.chooses("Geen van deze")
	s.note("Het programma wordt nog eens gedood. De melder komt een andere dag terug en typt.")
	s.restarts()
	melder.says("Melden")
	melder.presses("Invullen")
	melder.fills("Naam", "Wielewaaltje")
	melder.says("nee")
	melder.presses("Weet ik niet")
	melder.fills("Hoe snel?", "Kan wachten")
	melder.fills("Jouw team", "Boa", "Gaat het over een collega?", "Nee", "Hoe bereikbaar?", "Chat")
	melder.chooses("Versturen")
	if got := len(officer.list("desk")); got != 1 {
		t.Errorf("the channel has %d cards, want 1", got)
	}
	officer.pressesIn("desk", "Openen")
	officer.finds("Gezien of gehoord", "Hij slaapt naast het betonmolentje.", "Naam", "Wielewaaltje", "Vorm", "Iets anders")
	s.note("De melder begint opnieuw: het team is onthouden.")
	melder.says("melden")
	brief(melder, "Nog iets bij het betonmolentje.")
	if f := melder.form.fields[0]; len(f.value) != 1 || f.value[0] != "boa" {
		t.Errorf("the team is not remembered: %+v", f)
	}
	s.ends()
}

// What may not be kept is refused with words of its own, nothing of it is
// stored, and what was answered stays. What looks like too much is only asked
// about.
func TestStoryRefused(t *testing.T) {
	t.Parallel()
	s := tell(t, "geweigerd", covered, "111222333", "1112.22.333", "wapperbeer", "snoekbaars", "NL91ABNA0417164300", "12-03-1998", "vleermuiskast")
	melder, officer := s.usual()
	melder.says("melden")
	rest := []string{"Wanneer?", "Vandaag", "Wie zag het?", "Ikzelf"}
	first := "Wat is gezien of gehoord?"
	melder.fills(append(rest, first, "De wapperbeer heeft BSN 111222333.")...)
	melder.fills(append(rest, first, "Met streepjes: 1112.22.333.")...)
	melder.fills(append(rest, first, strings.Repeat("wapperbeer ", 200))...)
	melder.fills(append(rest, first, "Hij woont er.", "Postcode", "snoekbaars")...)
	melder.fills(append(rest, first, "Een \x00 wapperbeer.")...)
	melder.fills(append(rest, first, "Een \xff wapperbeer.")...)
	melder.fills(append(rest, first, "")...)
	melder.fills(append(rest, first, strings.Repeat("wapperbeer ", 7000))...)
	melder.fills(append(rest, first, "Hij werkt bij de vleermuiskast. Geboren op 12-03-1998.", "Postcode", "3441 AB")...)
	melder.stands(melder.id, "Je schreef misschien een geboortedatum op. Is dat nodig?")
	melder.fills("Waar denk je aan?", "Iets anders")
	melder.chooses("Geen van deze")
	melder.chooses("Weet ik niet")
	melder.fills("KVK-nummer", "1234567", "Telefoon", "vogel")
	melder.fills("KVK-nummer", "12345678", "Bedrijf", "Zij is van 12-03-1998", "Naam online", "NL91ABNA0417164300", "Telefoon", "")
	melder.stands(melder.id, "Je schreef misschien een rekeningnummer op. Is dat nodig?")
	melder.fills("Hoe snel?", "Kan wachten")
	melder.fills("Jouw team", "Boa", "Gaat het over een collega?", "Nee", "Hoe bereikbaar?", "Bellen")
	melder.fills("Jouw team", "Boa", "Gaat het over een collega?", "Nee", "Hoe bereikbaar?", "Bellen", "Jouw nummer", "0348428911")
	melder.chooses("Versturen")
	officer.pressesIn("desk", "Openen")
	officer.finds("Gezien of gehoord", "Hij werkt bij de vleermuiskast. Geboren op 12-03-1998.", "Postcode", "3441 AB", "KVK-nummer", "12345678")
	officer.misses("wapperbeer", "111222333", "snoekbaars", "1112.22.333")
	s.ends()
}

// Sending twice, the same event again, a press on an old question: one signal,
// and each time words that say so. What is asked with choices can be typed.
func TestStoryTwice(t *testing.T) {
	t.Parallel()
	s := tell(t, "dubbel-en-getypt", covered, "kolibrietje", "Tureluurtje")
	melder, officer := s.usual()
	melder.says("hallo")
	old, _ := melder.choice(melder.id, "Melden")
	melder.says("2.")
	s.note("De melder drukt nog eens op de oude knop ‘Melden’.")
	melder.begin("drukt: Melden (oud)")
	melder.does("press", melder.id, newID(), values("token", old.token))
	melder.stale()
	melder.presses("Invullen")
	melder.says("Er was een Tureluurtje bij.")
	melder.says("Dit is een lang verhaal dat in het formulier hoort, over een Tureluurtje en een kolibrietje.")
	melder.stands(melder.id, "Schrijf dit niet in de chat, maar in het formulier.")
	melder.presses("Invullen")
	first := *melder.form
	melder.fills("Wat is gezien of gehoord?", "Ik zag een kolibrietje.", "Wanneer?", "Vandaag", "Wie zag het?", "Ikzelf")
	s.note("De melder stuurt het formulier van stap 1 nog eens.")
	melder.begin("verstuurt een oud formulier")
	melder.does("form", melder.id, newID(), values("token", first.token, "act", "", "f.what", "Iets heel anders.", "f.when", "today", "f.seen", "self"))
	melder.stale()
	melder.says("2, illegal prostitution")
	melder.says("NONE OF THESE")
	melder.says("i don't know")
	melder.says("weet ik niet")
	melder.begin("drukt: Melden (oud)")
	melder.does("press", melder.id, newID(), values("token", old.token))
	melder.stale()
	melder.says("YES")
	melder.presses("Invullen")
	melder.fills("Hoe snel?", "Kan wachten")
	melder.fills("Jouw team", "Boa", "Gaat het over een collega?", "Nee", "Hoe bereikbaar?", "Chat")
	f, id := *melder.form, newID()
	send := values("token", f.token, "act", "choose:send")
	melder.begin("verstuurt")
	melder.does("form", melder.id, id, send)
	for _, again := range []string{id, id, newID()} {
		melder.begin("verstuurt nog eens (dezelfde gebeurtenis: %t)", again == id)
		melder.does("form", melder.id, again, send)
	}
	if got := len(officer.list("desk")); got != 1 {
		t.Errorf("the channel has %d cards, want 1", got)
	}
	melder.says("mijn signalen")
	if got := strings.Count(melder.list(melder.id)[len(melder.list(melder.id))-1].text, "M-"); got != 1 {
		t.Errorf("the reporter has %d signals, want 1", got)
	}
	officer.pressesIn("desk", "Openen")
	officer.finds("Gezien of gehoord", "Ik zag een kolibrietje.", "Slecht wonen", "Ja",
		"Vorm", "Gedwongen of heel slecht werk", "Vorm", "Illegale prostitutie")
	s.ends()
}

// stale fails unless the last act came too late, and the person was told so.
func (a *actor) stale() {
	a.s.t.Helper()
	if !strings.HasPrefix(a.notice, "Deze vraag is al voorbij. Er is niets veranderd.") {
		a.s.t.Errorf("a stale act says %q, errors %v", a.notice, a.errors)
	}
}

// A signal withdrawn before it was read is gone; after that it is a request.
func storyWithdrawal(t *testing.T, tell telling) {
	s := tell(t, "intrekken", covered, "sperwerhok", "buizerdnest")
	melder, officer := s.usual()
	brief(melder, "Het gaat om het sperwerhok.")("Nee")
	melder.chooses("Versturen")
	opened := officer.keeps("desk", "Openen")
	melder.says("intrekken")
	melder.presses(melder.number())
	melder.presses("Nee, laat staan")
	melder.stands(melder.id, "Je signaal blijft staan.")
	if strings.Contains(show(melder.list(melder.id)), "Alles is gewist") {
		t.Error("a signal that stays is said to be erased")
	}
	melder.says("intrekken " + melder.number())
	melder.says("ja")
	melder.stands(melder.id, "Je signaal is gewist. Niemand heeft het gelezen.")
	officer.stands("desk", "is ingetrokken voordat iemand het las. Het is gewist.")
	s.note("De aandachtsfunctionaris drukt op de knop van de kaart die er niet meer is.")
	opened()
	if officer.notice != "Niet gevonden." || officer.form != nil {
		t.Errorf("an erased signal opens: %q %v", officer.notice, officer.form)
	}
	melder.says("mijn signalen")
	melder.stands(melder.id, "Je hebt geen signalen die nog lopen.")
	s.note("Een tweede signaal wordt eerst gelezen.")
	brief(melder, "Het gaat om het buizerdnest.")("Nee")
	melder.chooses("Versturen")
	officer.pressesIn("desk", "Openen")
	officer.chooses("Gelezen")
	melder.says("intrekken")
	melder.presses(melder.number())
	melder.presses("Ja, trek in")
	melder.stands(melder.id, "Je signaal is al gelezen.")
	officer.stands(officer.id, "De melder wil signaal "+officer.reference()+" intrekken.")
	melder.says("status")
	melder.stands(melder.id, "je vroeg om het in te trekken")
	officer.pressesIn(officer.id, "Openen")
	officer.finds("Stand", "de melder wil het intrekken", "Gezien of gehoord", "Het gaat om het buizerdnest.")
	s.ends()
}

// Every command does what it says, typed or pressed, in a report and outside it.
func storyCommands(t *testing.T, tell telling) {
	s := tell(t, "opdrachten", covered+"helplines:\n  care: {name: {nl: maatschappelijk werk, en: social work}, number: 0348-111111}\n", "lepelaarplas", "reigernest")
	melder, officer := s.usual()
	for _, c := range []struct{ says, reads string }{
		{"help", "Je kunt altijd iets typen."}, {"contact", "Praat je liever met een mens?"}, {"signalenkaart", "Let op deze signalen."},
		{"mijn signalen", "Je hebt geen signalen die nog lopen."}, {"status", "Je hebt geen signalen die nog lopen."},
		{"aanvullen", "Je hebt geen signalen die nog lopen."}, {"stop", "Er is nu niets om te stoppen."},
	} {
		melder.says(c.says)
		melder.stands(melder.id, c.reads)
	}
	melder.says("melden")
	melder.fills("Wat is gezien of gehoord?", "Bij de lepelaarplas.", "Wanneer?", "Vandaag", "Wie zag het?", "Ikzelf")
	melder.says("signalenkaart")
	melder.says("aanvullen")
	melder.stands(melder.id, "Je bent nog aan het melden.")
	melder.says("terug")
	melder.says("stop")
	melder.stands(melder.id, "Wil je echt alles wissen?")
	melder.presses("Ja, wis alles")
	melder.stands(melder.id, "Je bent gestopt. Alles is gewist.")
	s.nothingKept()
	brief(melder, "Toch: bij de lepelaarplas.")("Nee")
	melder.chooses("Versturen")
	melder.stands(melder.id, "Zit het je dwars? Bel 0348-111111.")
	melder.says("mijn signalen")
	melder.stands(melder.id, "ontvangen, nog niet gelezen")
	melder.presses("Aanvullen")
	melder.presses(melder.number())
	melder.fills("Wat is er nieuw?", "Ook een reigernest. BSN 111222333")
	melder.fills("Wat is er nieuw?", "Ook een reigernest.", "Weet de persoon dat je dit meldt?", "Nee")
	melder.stands(melder.id, "Bedankt. Je aanvulling is verstuurd.")
	officer.stands(officer.id, "De melder vult signaal "+officer.reference()+" aan.")
	melder.says("status M-ABCDE")
	melder.stands(melder.id, "Deze code ken ik niet bij jou.")
	officer.pressesIn("desk", "Openen")
	officer.finds("Gezien of gehoord", "Toch: bij de lepelaarplas.", "Tekst", "Ook een reigernest.", "Persoon weet ervan", "Nee")
	s.ends()
}

// Where nobody can receive signals, the bot says so with numbers before it asks
// anything.
func TestStoryNobody(t *testing.T) {
	t.Parallel()
	s := tell(t, "niemand", "roles:\n  officers: []\n  coordinators: []\n")
	melder := s.actor("Melder", "medewerker-1")
	melder.arrives()
	melder.stands(melder.id, "Hier kan nu niemand signalen lezen.")
	melder.stands(melder.id, "0900-8844")
	melder.says("melden")
	melder.says("SPOED")
	melder.stands(melder.id, "Bel nu 112.")
	if melder.form != nil {
		t.Error("something is asked")
	}
	s.nothingKept()
	s.ends()
}
