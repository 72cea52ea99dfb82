package main_test

import "testing"

// The overview, and the windows about the team, are free of violations of WCAG
// 2.2 AA, on a desk and on a phone's width in the dark.
func TestBrowserShowsTheTeam(t *testing.T) {
	b := openBrowser(t)
	p := start(t, "")
	for _, who := range []string{"medewerker-1", "medewerker-2", "teamcoordinator"} {
		melder := p.open(who).watch()
		melder.says("")
		melder.presses("Nu gevaar")
		melder.fills(map[string]string{"Wat gebeurt er?": "Iemand wordt meegenomen."})
	}
	leader := p.open("coordinator").watch()
	for name, size := range map[string][2]int64{"team": {900, 900}, "team-telefoon": {390, 844}} {
		x := b.tab(name, p.url+"/p/coordinator", size[0], size[1], name != "team", 1)
		leader.says("overzicht")
		x.wait(`(document.querySelector('[data-show="coordinator"]').click(), true)`)
		x.sees("Nog bij niemand")
		x.looks("overzicht")
		for _, w := range []struct{ button, sees, close string }{
			{"Afwezig", "Wie vervangt je?", "Opslaan"}, {"Dienst", "Welke week?", "Sluiten"}, {"Uren", "Wat deed je?", "Sluiten"},
			{"Advies", "Waar ging het over?", "Sluiten"},
		} {
			x.press(w.button)
			x.sees(w.sees)
			x.looks(w.button)
			if w.close == "Opslaan" {
				x.pick("Wie vervangt?", "Niemand")
				x.press("Opslaan")
				x.wait(`!document.querySelector('dialog[open]')`)
				x.press(w.button)
				x.sees("zonder einde")
				x.looks(w.button)
				x.wait(`(() => {
					const b = [...document.querySelectorAll('dialog[open] button')].find(b => b.textContent.trim().startsWith('Ik ben er weer'));
					b?.click();
					return !!b;
				})()`)
				x.wait(`!document.querySelector('dialog[open]')`)
				continue
			}
			x.press(w.close)
		}
		x.press("Vertrek")
		x.sees("Wie vertrekt voorgoed?")
		x.pick("Wie?", "Aandachtsfunctionaris 2")
		x.press("Verder")
		x.sees("Open signalen")
		x.looks("Vertrek")
		x.press("Sluiten")
	}
}
