package main_test

import "testing"

// A signal that somebody is left out of never stood in the channel; when it is
// withdrawn, the channel does not learn that it was there either.
func TestWithdrawnDirectSignalStaysOutOfTheChannel(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	melder, officer := p.open("medewerker-1").watch(), p.open("aandachtsfunctionaris-1").watch()
	melder.says("")
	melder.presses("Melden")
	melder.fills(map[string]string{"Wat is gezien of gehoord?": "Iets.", "Wanneer?": "Vandaag", "Wie zag het?": "Ikzelf"})
	melder.fills(map[string]string{"Waar denk je aan?": "Iets anders"})
	melder.chooses("Geen van deze")
	melder.chooses("Weet ik niet")
	melder.chooses("Weet ik niet")
	for melder.form == nil {
		melder.presses("Weet ik niet")
	}
	melder.fills(map[string]string{"Hoe snel?": "Deze week"})
	melder.fills(map[string]string{"Jouw team": "Toezicht", "Gaat het over een collega?": "Een aandachtsfunctionaris", "Hoe bereikbaar?": "Chat"})
	melder.fills(map[string]string{"Over wie gaat het?": "Aandachtsfunctionaris 1"})
	melder.chooses("Versturen")
	melder.sees(melder.id, "Jouw code is")
	p.settle()
	melder.says("intrekken")
	code := melder.sees(melder.id, "Om welk signaal gaat het?").choices[0].label
	melder.presses(code)
	melder.presses("Ja, trek in")
	melder.sees(melder.id, "Je signaal is gewist")
	p.settle()
	if got := officer.look().list("desk"); len(got) != 0 {
		t.Errorf("the channel shows %d posts", len(got))
	}
}
