package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// says types a message in the officer's own dialogue, which a narrow page shows
// in place of the channel.
func (x *tab) says(text string) {
	x.b.t.Helper()
	x.wait(fmt.Sprintf(`(() => {
		document.querySelectorAll('dialog[open]').forEach(d => d.close());
		const talk = document.querySelector('section.talk:not(.channel)');
		const show = [...document.querySelectorAll('nav.switch button')].find(b => b.dataset.show === talk.dataset.log);
		if (show && show.checkVisibility()) show.click();
		const f = talk.querySelector('form.type');
		f.elements.text.value = %q;
		f.requestSubmit();
		return true;
	})()`, text))
}

// day fills in the date of the open form.
func (x *tab) day(label, date string) {
	x.b.t.Helper()
	x.wait(fmt.Sprintf(`(() => {
		const l = [...document.querySelectorAll('dialog[open] label')].find(l => l.textContent.trim().startsWith(%q));
		if (!l) return false;
		document.getElementById(l.htmlFor).value = %q;
		return true;
	})()`, label, date))
}

// An officer enters a signal, runs an exercise and calls about an acute signal,
// wide and on a phone; every screen is free of violations of WCAG 2.2 AA.
func TestBrowserEntryDrillAndCalls(t *testing.T) {
	b := openBrowser(t)
	for name, size := range map[string][2]int64{"invoer": {1000, 900}, "invoer-telefoon": {390, 844}} {
		p := start(t, "")
		melder := p.open("medewerker-1").watch()
		melder.says("")
		melder.presses("Nu gevaar")
		melder.fills(map[string]string{"Wat gebeurt er?": "Iemand wordt meegenomen."})
		x := b.tab(name, p.url+"/p/aandachtsfunctionaris-1", size[0], size[1], size[0] < 500, 1)
		x.sees("Urgentie")
		x.press("Openen")
		x.sees("meegenomen")
		x.press("Acuut: bellen")
		x.sees("In deze volgorde")
		x.looks("bellen")
		x.press("Gebeld: Coördinator")
		x.sees("Gebeld ")
		x.looks("gebeld")
		// Whom to call and every tap are on one screen; the way back may be below it.
		x.wait(`(() => { const all = [...document.querySelectorAll('dialog[open] button')].filter(b => b.textContent.includes('Gebeld')); return all.length > 2 && all.every(b => b.getBoundingClientRect().bottom <= innerHeight); })()`)
		x.press("Terug")
		x.sees("meegenomen")
		x.press("Ik neem het")
		x.sees("Wat nog moet")
		x.press("Sluiten")
		x.says("invoeren")
		x.sees("Op welke dag?")
		x.pick("Hoe kwam het binnen?", "Telefoon")
		x.day("Op welke dag?", time.Now().Format(time.DateOnly))
		x.looks("invoeren")
		x.press("Verder")
		x.sees("Wie zag het?")
		x.looks("invoeren-wat")
		x.says("oefening")
		x.sees("OEFENING")
		x.looks("oefening-kaart")
		x.wait(`([...document.querySelectorAll('section.channel .entry')].find(e => e.textContent.includes('OEFENING')).querySelector('button').click(), true)`)
		x.sees("Dit is niet echt")
		x.looks("oefening")
	}
}

// The meldroute is read on a wide screen and on a phone.
func TestBrowserRoute(t *testing.T) {
	b := openBrowser(t)
	file := filepath.Join(t.TempDir(), "meldroute.html")
	if err := os.WriteFile(file, []byte(written(t, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, width := range map[string]int64{"meldroute": 1000, "meldroute-telefoon": 390} {
		x := b.tab(name, "file://"+file, width, 1400, false, 1)
		x.sees("Bel 112")
		x.looks("blad")
	}
}
