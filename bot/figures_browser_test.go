package main_test

import (
	"testing"
)

// The coördinator's figures, what he makes of them, and the charts in the channel
// are free of violations of WCAG 2.2 AA, on a desk and on a phone's width in the
// dark; the charts are there, and have their place before they are loaded.
func TestBrowserShowsTheFigures(t *testing.T) {
	b := openBrowser(t)
	p := start(t, "")
	for _, who := range []string{"medewerker-1", "medewerker-2", "teamcoordinator"} {
		melder := p.open(who).watch()
		melder.says("")
		melder.presses("Nu gevaar")
		melder.fills(map[string]string{"Wat gebeurt er?": "Iemand wordt meegenomen."})
	}
	for name, size := range map[string][2]int64{"cijfers": {1200, 900}, "cijfers-telefoon": {390, 844}} {
		x := b.tab(name, p.url+"/p/coordinator", size[0], size[1], name != "cijfers", 1)
		x.wait(`(document.querySelector('[data-show="coordinator"]')?.click(), true)`)
		p.open("coordinator").says("overzicht")
		x.sees("Vertrek")
		x.press("Cijfers")
		x.sees("precies. Deel ze niet.")
		x.looks("precies")
		x.press("Getraind per team")
		x.sees("geen namen")
		x.pick("Welk team?", "KCC")
		x.fill("Aantal mensen", "7")
		x.press("Opslaan")
		x.sees("Opgeslagen.")
		x.looks("getraind")
		x.press("Sluiten")
		x.press("Cijfers")
		x.sees("precies. Deel ze niet.")
		x.press("Cijfers delen")
		x.sees("Wat wil je?")
		x.pick("Wat wil je?", "Pagina om te tonen of te printen")
		x.press("Maken")
		x.sees("Haal het bestand op")
		x.looks("delen")
		x.pick("Wat wil je?", "Grafieken in het kanaal")
		x.press("Maken")
		x.sees("De grafieken staan in het kanaal.")
		x.wait(`(document.querySelector('[data-show="desk"]')?.click(), true)`)
		x.wait(`(() => {
			const all = [...document.querySelectorAll('.channel .picture img')];
			return all.length === 4 && all.every(i => i.complete && i.naturalWidth > 0 && i.alt.length > 40 && i.getBoundingClientRect().width > 250);
		})()`)
		x.wait(`(document.querySelector('.channel .picture').scrollIntoView(), true)`)
		x.looks("kanaal")
	}
}
