package main_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	main "github.com/meldroute/meldroute/bot"

	"github.com/meldroute/meldroute/adapters/slack"
	"github.com/meldroute/meldroute/adapters/slack/slacktest"
	"github.com/meldroute/meldroute/config"
)

// A report and a case on the bot's own page, by keyboard alone, on a phone in
// the dark in English and at a desk in Dutch: every screen is free of violations
// of WCAG 2.2 AA, and so are the pages for who has no link, no code and no form.
func TestBrowserFillsInOnThePage(t *testing.T) {
	b := openBrowser(t)
	host := free(t)
	conf := strings.Replace(slackConfig(t, t.TempDir(), false), "enabled: true\n", "enabled: true\n  free_text: web\n", 1)
	c, err := config.Parse("s.yaml", []byte(conf+fmt.Sprintf("page: {listen: %q, url: \"http://%s\"}\n", host, host)), nil)
	if err != nil {
		t.Fatal(err)
	}
	ws := slacktest.New(t)
	ws.Scopes = slack.Scopes()
	ws.AddUser(slacktest.User{ID: sanne, Name: "Sanne", Locale: "nl-NL"})
	ws.AddUser(slacktest.User{ID: "U0YOUSSEF", Name: "Youssef", Locale: "en-GB"})
	ws.AddUser(slacktest.User{ID: ineke, Name: "Ineke", Locale: "nl-NL"})
	ws.AddChannel(slacktest.Channel{ID: meldpunt, Private: true, Members: []string{ineke, slacktest.Bot}})
	out := newPageConsole()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- main.ServeSlack(ctx, c, out, slog.New(slog.DiscardHandler), func(o *slack.Options) { o.API, o.Dial = slacktest.URL, ws.Dial })
	}()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	<-out.page
	<-out.on
	link := func(p *slacktest.Person) (url, code string) {
		t.Helper()
		awaits(t, ws, "the link", func() bool { m := p.Modal(); return m != nil && m.Link != "" })
		m := p.Modal()
		return m.Link, checkRE.FindString(m.Text)
	}
	tab := func(name, url string, phone bool) *page {
		w, h := int64(deskWidth), int64(deskHeight)
		if phone {
			w, h = phoneWidth, phoneHeight
		}
		return &page{tab: b.tab(name, url, w, h, phone, 1), opened: true}
	}
	enters := func(x *page, code string) {
		t.Helper()
		x.reaches("the code", `document.getElementById('code')`)
		x.types("000000" + kb.Enter)
		x.lands(`return document.getElementById('why') !== null`)
		x.looks("verkeerde-code")
		x.reaches("the code", `document.getElementById('code')`)
		x.types(code + kb.Enter)
		x.lands(`return location.pathname === '/form'`)
	}
	for lang, who := range map[string]string{"nl": sanne, "en": "U0YOUSSEF"} {
		p := ws.Person(who)
		p.Command("/signaal", "")
		url, code := link(p)
		x := tab("pagina-"+lang, url, lang == "en")
		x.looks("code")
		enters(x, code)
		x.byKeyboard(lang)
		p.CloseModal()
	}
	officer := ws.Person(ineke)
	awaits(t, ws, "the cards", func() bool { return len(ws.Posts(meldpunt)) == 2 })
	officer.PressIn(meldpunt, "Openen")
	url, code := link(officer)
	x := tab("pagina-zaak-telefoon", url, true)
	enters(x, code)
	x.looks("zaak")
	x = tab("pagina-zaak", url, false) // the same browser: it needs no code
	x.looks("zaak")
	x.reaches("the act", `[...document.querySelectorAll('button')].find((b) => label(b) === 'Bewaren')`)
	x.types(kb.Enter)
	x.lands(`return document.body.innerText.includes('Niet opslaan')`)
	x.looks("taak")
	none := tab("pagina-niets", "http://"+host+"/", true)
	none.looks("niets")
}

// lands waits until a script is true on the page that the browser goes to.
func (p *page) lands(js string, args ...any) {
	p.b.t.Helper()
	js = "(() => {" + eye + fmt.Sprintf(js, args...) + "})()"
	p.soon("the next page", func() bool {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		defer cancel()
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js))
		return err == nil && ok // between two pages there is nothing to ask
	})
}

// byKeyboard goes through a report on the page.
func (p *page) byKeyboard(lang string) {
	p.b.t.Helper()
	step := 0
	sends := func(sel string) {
		p.b.t.Helper()
		id := read[string](p, `return document.querySelector('form.form [name=id]')?.value ?? ''`)
		p.reaches(sel, fmt.Sprintf(`document.querySelector(%q)`, sel))
		p.types(kb.Enter)
		p.lands(`return document.readyState === 'complete' && !document.querySelector('[aria-busy]') && (document.querySelector('form.form [name=id]')?.value !== %q || !!document.querySelector('.summary:not([hidden])'))`, id)
	}
	look := func() {
		step++
		p.looks(fmt.Sprintf("stap%d", step))
	}
	next := `.form-foot button.main`
	picks := func(name, option string) {
		p.b.t.Helper()
		p.reaches(name, fmt.Sprintf(`document.querySelector('[name="f.%s"]')`, name))
		n := read[int](p, `return [...document.querySelectorAll('[name="f.%s"]')].findIndex((o) => o.value === %q)`, name, option)
		p.types(" " + strings.Repeat(kb.ArrowDown, n))
		p.until(`return document.querySelectorAll('[name="f.%s"]')[%d].checked`, name, n)
	}
	look()
	sends(next)
	p.until(`return document.activeElement.classList.contains('summary')`)
	p.looks("fout")
	p.reaches("what", `document.querySelector('[name="f.what"]')`)
	p.types("Een man slaapt in de loods en mag niet weg.")
	picks("when", "today")
	picks("seen", "self")
	sends(next)
	look()
	p.reaches("form", `document.querySelector('[name="f.form"][value="other"]')`)
	p.types(" ")
	sends(next)
	for range 3 {
		look()
		sends(`button[value="skip"]`)
	}
	look()
	picks("urgency", "acute")
	sends(next)
	look()
	picks("department", "boa")
	picks("involved", "no")
	picks("contact", "chat")
	sends(next)
	look()
	sends(`button[value="choose:send"]`)
	p.lands(`return document.getElementById('said') !== null && document.body.innerText.includes(%q)`, map[string]string{"nl": "Klaar", "en": "Done"}[lang])
	look()
}
