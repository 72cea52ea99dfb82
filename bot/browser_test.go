package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/meldroute/meldroute/adapters/mail"
	"github.com/meldroute/meldroute/adapters/mail/mailtest"
)

// browser is headless Chromium; one person's page is one tab of it.
type browser struct {
	t   *testing.T
	ctx context.Context
	dir string // where the screenshots go
	axe string // the source of axe-core
	// windows are the kinds of window that were looked at.
	windows *windows
}

// windows are kinds of window, on a phone and at a desk.
type windows struct{ phone, desk sync.Map }

// openBrowser starts Chromium. On a laptop without it the test is skipped and
// says what to install; in CI that is a failure.
func openBrowser(t *testing.T, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	bin, err := exec.LookPath("chromium")
	if err != nil {
		missing("no chromium here: install it with `apt install chromium`")
	}
	axe, err := os.ReadFile(os.Getenv("MELDROUTE_AXE"))
	if err != nil {
		missing("no axe-core here: `npm install axe-core` and point MELDROUTE_AXE at its axe.min.js")
	}
	dir := os.Getenv("MELDROUTE_SCREENSHOTS")
	if dir == "" {
		dir = t.ArtifactDir()
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(bin), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "nl"))
	actx, stop := chromedp.NewExecAllocator(context.Background(), append(opts, more...)...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(actx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("chromium: %v", err)
	}
	return &browser{t: t, ctx: ctx, dir: dir, axe: string(axe), windows: &windows{}}
}

// tab is one page.
type tab struct {
	b    *browser
	ctx  context.Context
	name string
	n    int
}

func (b *browser) tab(name, url string, width, height int64, dark bool, scale float64) *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	// The first call opens the tab, which lives as long as its context.
	if err := chromedp.Do(ctx); err != nil {
		b.t.Fatalf("%s: %v", name, err)
	}
	x := &tab{b: b, ctx: ctx, name: name}
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	x.run(chromedp.EmulateViewport(width, height, chromedp.EmulateScale(scale)), chromedp.Navigate(url), chromedp.WaitReady(chromedp.CSS("body")))
	value(x, func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
	})
	return x
}

func (x *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	x.b.t.Helper()
	for _, a := range actions {
		value(x, a)
	}
}

// value runs one action and returns what it gives; when it fails, the test
// ends with what the page showed.
func value[T any](x *tab, a chromedp.Action[T]) T {
	x.b.t.Helper()
	ctx, cancel := context.WithTimeout(x.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		again, stop := context.WithTimeout(x.ctx, patience) // a browser that hangs must not take the test with it
		defer stop()
		body, _ := chromedp.Run(again, chromedp.Evaluate[string](`(document.querySelector('dialog[open]') || document.body).innerText`))
		x.b.t.Fatalf("%s: %v\nThe page shows:\n%s", x.name, err, body)
	}
	return v
}

// press clicks the last visible button with this label, as a person does.
func (x *tab) press(label string) {
	x.b.t.Helper()
	x.wait(fmt.Sprintf(`(() => {
		const open = document.querySelector('dialog[open]') || document;
		const all = [...open.querySelectorAll('button, a.choice')].filter(b => b.checkVisibility() && !b.disabled &&
			(b.querySelector(':scope > span')?.textContent ?? b.textContent).trim() === %q);
		if (!all.length) return false;
		all.at(-1).scrollIntoView({block: 'center'});
		all.at(-1).click();
		return true;
	})()`, label))
}

// fill types into the field of the open form that has this label.
func (x *tab) fill(label, text string) {
	x.b.t.Helper()
	x.wait(fmt.Sprintf(`(() => {
		const l = [...document.querySelectorAll('dialog[open] label')].find(l => l.textContent.trim().startsWith(%q));
		const f = l && document.getElementById(l.htmlFor);
		if (!f) return false;
		f.focus();
		return document.activeElement === f;
	})()`, label))
	x.run(chromedp.KeyEvent(text))
}

// pick chooses an option, by its label, under the heading of its group.
func (x *tab) pick(group, label string) {
	x.b.t.Helper()
	x.wait(fmt.Sprintf(`(() => {
		const g = [...document.querySelectorAll('dialog[open] fieldset')].find(f => f.querySelector('legend').textContent.trim().startsWith(%q));
		const l = g && [...g.querySelectorAll('label')].find(l => l.textContent.trim() === %q);
		if (!l) return false;
		l.click();
		return true;
	})()`, group, label))
}

// sees waits until the page shows a text.
func (x *tab) sees(text string) {
	x.b.t.Helper()
	x.wait(fmt.Sprintf(`document.body.innerText.includes(%q)`, text))
}

// wait polls the page until a condition holds.
func (x *tab) wait(js string) {
	x.b.t.Helper()
	x.run(chromedp.Poll[chromedp.Void](js, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(patience)))
}

// looks takes a screenshot and lets axe-core look for violations of WCAG 2.2
// A and AA.
func (x *tab) looks(what string) {
	x.b.t.Helper()
	x.n++
	x.picture(fmt.Sprintf("%02d-%s", x.n, what))
	x.audit(what)
	wide := value(x, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`))
	if wide {
		x.b.t.Errorf("%s, %s: has to be scrolled sideways", x.name, what)
	}
}

// picture keeps what is in sight.
func (x *tab) picture(what string) {
	x.b.t.Helper()
	file := filepath.Join(x.b.dir, x.name+"-"+what+".png")
	if err := os.WriteFile(file, value(x, chromedp.CaptureScreenshot()), 0o644); err != nil {
		x.b.t.Fatal(err)
	}
}

// audit lets axe-core look for violations of WCAG 2.2 A and AA.
func (x *tab) audit(what string) {
	x.b.t.Helper()
	x.run(chromedp.Evaluate[chromedp.Void](x.b.axe + ";0"))
	found := value(x, chromedp.Evaluate[string](`axe.run(document, {
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']
	}).then(r => JSON.stringify(r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.target.join(' ')).join(', '))))`,
		chromedp.EvalAwaitPromise))
	var violations []string
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		x.b.t.Fatal(err)
	}
	for _, v := range violations {
		x.b.t.Errorf("%s, %s: %s", x.name, what, v)
	}
}

// report plays a whole report on the page.
func (x *tab) report(look func(what string)) {
	look("begin")
	x.press("Melden")
	x.sees("Wat is gezien of gehoord?")
	look("stap1")
	x.fill("Wat is gezien of gehoord?", "Een man slaapt in de loods en mag niet weg.")
	x.pick("Wanneer?", "Deze week")
	x.fill("Straat", "Voorbeeldstraat")
	x.fill("Huisnummer", "12")
	x.fill("Postcode", "9999")
	x.pick("Wie zag het?", "Ikzelf")
	x.press("Verder")
	x.sees("Deze postcode klopt niet")
	look("fout")
	x.fill("Postcode", " ZZ")
	x.press("Verder")
	x.sees("Stap 2 van 7")
	look("stap2")
	x.pick("Waar denk je aan?", "Gedwongen of heel slecht werk")
	x.press("Verder")
	x.sees("Over de persoon")
	look("stap3")
	x.pick("Werk, reis en papieren", "Woont op de werkplek")
	x.press("Verder")
	x.sees("Uiterlijk")
	look("stap4")
	x.pick("Rol", "Misschien slachtoffer")
	x.fill("Naam", "Zilvervos")
	x.press("Verder")
	x.sees("Nog iemand?")
	look("nog-iemand")
	x.press("Nee")
	x.sees("Kenteken")
	x.press("Weet ik niet")
	x.sees("onveilig")
	x.press("Ja")
	x.sees("Hoe snel?")
	x.pick("Hoe snel?", "Deze week")
	x.press("Verder")
	x.sees("Jouw team")
	look("stap7")
	x.pick("Jouw team", "Toezicht")
	x.pick("Gaat het over een collega?", "Nee")
	x.pick("Hoe bereikbaar?", "Chat")
	x.press("Verder")
	x.sees("Klopt alles?")
	look("nakijken")
	x.press("Versturen")
	x.sees("Jouw code is")
	look("ontvangen")
}

// A report is played from both sides in a real browser, wide and light, and
// every screen is free of violations of WCAG 2.2 AA.
func TestBrowserPlaysAReportFromBothSides(t *testing.T) {
	b := openBrowser(t)
	p := start(t, "")
	melder := b.tab("melder", p.url+"/p/medewerker-1", 900, 900, false, 1)
	officer := b.tab("officier", p.url+"/p/aandachtsfunctionaris-1", 1280, 800, false, 1)
	melder.report(melder.looks)
	officer.sees("Nieuw signaal")
	officer.looks("kaart")
	officer.press("Openen")
	officer.sees("mag niet weg")
	officer.looks("zaak")
	officer.press("Toon melder")
	officer.sees("Waarom heb je de naam nodig?")
	officer.fill("Waarom heb je de naam nodig?", "Terugbellen over het adres.")
	officer.press("Toon melder")
	officer.sees("Geef deze naam niet door")
	officer.looks("melder")
	officer.press("Sluiten")
	officer.press("Openen")
	officer.sees("mag niet weg")
	officer.press("Ik neem het")
	officer.sees("Wat nog moet")
	officer.looks("genomen")
	officer.wait(`(document.querySelector('dialog[open]').scrollTop = 1e6, true)`)
	officer.looks("einde")
	melder.sees("heeft je signaal gelezen")
	melder.looks("gelezen")
	for _, task := range []string{"Opgezocht", "Feiten", "Vertrouwenspersoon", "Bericht aan melder", "Afsluiten"} {
		officer.press(task)
		officer.sees("Niet opslaan")
		officer.looks("taak")
		officer.press("Niet opslaan")
		officer.sees("Wat nog moet")
	}
	officer.press("Doorgeven")
	officer.sees("Volgens de regels")
	officer.pick("Volgens de regels", "Nederlandse Arbeidsinspectie")
	officer.looks("partner")
	officer.press("Verder")
	officer.sees("Dit mag de partner weten")
	officer.looks("pakket")
}

// The same report works on a phone's width in the dark, and the stage with
// people side by side is free of violations too, also enlarged to 200 %.
func TestBrowserOnAPhoneAndSideBySide(t *testing.T) {
	b := openBrowser(t)
	p := start(t, "")
	phone := b.tab("telefoon", p.url+"/p/medewerker-2", 390, 844, true, 1)
	phone.report(phone.looks)
	for name, size := range map[string][2]int64{"podium": {1280, 800}, "podium-200": {640, 400}, "podium-telefoon": {390, 844}} {
		stage := b.tab(name, p.url+"/", size[0], size[1], false, 1)
		stage.wait(`document.querySelectorAll('iframe').length > 0`)
		stage.looks("zij-aan-zij")
	}
}

// "Nu gevaar" shows 112 at once, also when the program is gone, and the page
// goes on by itself when it is back.
func TestBrowserShowsDangerWithoutTheProgram(t *testing.T) {
	b := openBrowser(t)
	p := start(t, "")
	x := b.tab("gevaar", p.url+"/p/medewerker-1", 390, 844, false, 1)
	x.sees("Bel 112")
	x.wait(`[...document.querySelectorAll('button')].some(b => b.textContent.includes('Nu gevaar'))`)
	p.kill()
	x.press("Nu gevaar")
	x.wait(`document.querySelector('[data-alarm]')?.checkVisibility() === true`)
	x.looks("zonder-bot")
}

// The window of the meeting, its tasks and what a participant sees are free of
// violations of WCAG 2.2 AA, wide and on a phone.
func TestBrowserPlansCopen(t *testing.T) {
	b := openBrowser(t)
	s := mailtest.Serve(t, mail.Plain)
	p := start(t, meetingOf(s))
	planned(p.open("coordinator").watch())
	for name, size := range map[string][2]int64{"copen": {900, 900}, "copen-telefoon": {390, 844}} {
		chief := b.tab(name, p.url+"/p/coordinator", size[0], size[1], name != "copen", 1)
		chief.wait(`(() => { // on a narrow page the channel is in front
			document.querySelector('[data-show=coordinator]')?.click();
			return document.body.innerText.includes('heeft nog geen datum');
		})()`)
		chief.press("Openen")
		chief.sees("Voorstel agenda")
		chief.looks("venster")
		chief.wait(`(document.querySelector('dialog[open] .form-foot').scrollIntoView(), true)`)
		chief.looks("knoppen")
		for _, task := range []string{"Data voorstellen", "Datum vastleggen", "Inbreng invullen", "Actie toevoegen"} {
			chief.press(task)
			chief.sees("Terug")
			chief.looks("taak")
			chief.press("Terug")
			chief.sees("Voorstel agenda")
		}
		chief.press("Data voorstellen")
		chief.sees("Datum 4")
		chief.press("Bewaren")
		chief.sees("Wie kan wanneer")
		chief.looks("gevraagd")
		chief.press("Sluiten")
		guest := b.tab(name+"-gast", p.url+"/p/medewerker-2", size[0], size[1], name != "copen", 1)
		guest.press("Datum kiezen")
		guest.sees("Kan op")
		guest.looks("peiling")
	}
}
