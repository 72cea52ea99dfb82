package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"time"

	"github.com/meldroute/meldroute/config"
)

// routeCmd writes the meldroute on paper: the "uitgewerkte versie" that the
// policy asks for, with the names and numbers of the configuration.
type routeCmd struct {
	Lang string `enum:",nl,en" default:"" placeholder:"TAAL" help:"nl of en; anders de taal van de gemeente."`
}

//go:embed route.html
var routePage string

// Run writes one page of HTML that needs nothing else, to be printed.
func (c routeCmd) Run(e *env) error {
	texts, err := config.LoadTexts(e.config.Texts)
	if err != nil {
		return err
	}
	calendar, err := config.NewCalendar(e.config)
	if err != nil {
		return err
	}
	lang := c.Lang
	if lang == "" {
		lang = e.config.Municipality.Language
	}
	return route{c: e.config, texts: texts, lang: lang}.write(e.out, calendar.Date(time.Now()).String())
}

// route is the page as it is made.
type route struct {
	c     config.Config
	texts *config.Texts
	lang  string
}

// who is somebody on the page: a role, names, and how to reach them.
type who struct {
	Role   string
	Names  []string
	Ways   []way
	When   string // a partner is called in
	Police bool   // police can read what goes there (R20)
}

// way is one way to reach somebody, and whether anybody looked if it is right.
type way struct{ Text, Mark string }

func (r route) say(id string) string { return r.texts.Say(r.lang, id, nil) }

func (r route) write(w io.Writer, date string) error {
	type step struct{ N, Title, Text string }
	page := struct {
		Lang, Title, Made         string
		Steps                     []step
		People, Partners, Numbers []who
	}{
		Lang: r.lang, Title: r.texts.Say(r.lang, "route.title", map[string]any{"Municipality": r.c.Municipality.Name}),
		Made:   r.texts.Say(r.lang, "route.internal", map[string]any{"Date": date}),
		People: r.people(), Partners: r.partners(), Numbers: r.numbers(),
	}
	first := r.c.Terms.FirstRead
	args := map[string]any{"Acute": r.term(first.Acute), "Soon": r.term(first.Soon), "Normal": r.term(first.Normal)}
	for n := 1; n <= 6; n++ {
		id := fmt.Sprintf("route.%d", n)
		page.Steps = append(page.Steps, step{
			N: r.texts.Say(r.lang, "route.step", map[string]any{"N": n}), Title: r.say(id), Text: r.texts.Say(r.lang, id+".text", args),
		})
	}
	t, err := template.New("route").Funcs(template.FuncMap{"say": r.say}).Parse(routePage)
	if err != nil {
		return fmt.Errorf("meldroute: %w", err)
	}
	if err := t.Execute(w, page); err != nil {
		return fmt.Errorf("meldroute: %w", err)
	}
	return nil
}

// people are those within the municipality who have a part in the route.
func (r route) people() []who {
	names := func(ps []config.Person) []string {
		var out []string
		for _, p := range ps {
			if !slices.Contains(out, p.Name) {
				out = append(out, p.Name)
			}
		}
		return out
	}
	var officers []config.Person
	for _, o := range r.c.Roles.Officers {
		officers = append(officers, config.Person{Name: o.Name})
	}
	contact := func(role string, c config.Contact, more ...string) who {
		w := who{Role: r.say(role), Names: more, Ways: r.phone(c.Number, c.Confirmed)}
		if c.Name != "" {
			w.Names = append([]string{c.Name}, more...)
		}
		return w
	}
	helpline := func(role, code string, names ...string) who {
		h, _ := r.c.Helpline(code)
		return who{Role: r.say(role), Names: names, Ways: r.phone(h.Number, h.Confirmed)}
	}
	out := []who{
		helpline("route.officers", config.OfficerNo, names(officers)...),
		contact("route.coordinator", r.c.Contacts.Coordinator, names(r.c.Roles.Coordinators)...),
		contact("route.confidant", r.c.Contacts.Confidant),
	}
	if _, ok := r.c.Helpline(config.Integrity); ok {
		out = append(out, helpline("route.integrity", config.Integrity))
	}
	h, _ := r.c.Helpline(config.Care)
	out = append(out, helpline("route.care", config.Care, h.Name.In(r.lang)))
	if len(r.c.Roles.DPO) > 0 {
		out = append(out, who{Role: r.say("route.dpo"), Names: names(r.c.Roles.DPO)})
	}
	return out
}

// partners are those of Bijlage 1 ("ketenpartners: wanneer wie?").
func (r route) partners() []who {
	var out []who
	for _, p := range r.c.Partners {
		w := who{Role: p.Name.In(r.lang), Police: p.Police}
		if id := "route.when." + p.Code; r.texts.Has(id) { // not of one that the municipality added
			w.When = r.say(id)
		}
		for _, text := range []string{p.Phone, p.Mail, p.Web} {
			if text != "" {
				w.Ways = append(w.Ways, r.phone(text, p.Confirmed)...)
			}
		}
		if len(w.Ways) == 0 {
			w.Ways = r.phone("", false)
		}
		out = append(out, w)
	}
	return out
}

// numbers are the helplines that stand nowhere else on the page.
func (r route) numbers() []who {
	var out []who
	for _, h := range r.c.Helplines {
		_, partner := r.c.Partner(h.Code)
		if partner || slices.Contains([]string{config.OfficerNo, config.Care, config.Integrity}, h.Code) {
			continue
		}
		out = append(out, who{Role: h.Name.In(r.lang), Ways: r.phone(h.Number, h.Confirmed)})
	}
	return out
}

// phone is a number or address, marked where nobody confirmed it.
func (r route) phone(text string, confirmed bool) []way {
	switch {
	case text == "":
		return []way{{Mark: r.say("route.empty")}}
	case !confirmed:
		return []way{{text, r.say("route.unconfirmed")}}
	}
	return []way{{Text: text}}
}

// term writes a term in the language of the page.
func (r route) term(t config.Term) string {
	n, unit := t.Workdays, "workday"
	switch minutes := int(t.Span.Duration().Minutes()); {
	case n > 0:
	case minutes%60 == 0:
		n, unit = minutes/60, "hour"
	default:
		n, unit = minutes, "minute"
	}
	if n != 1 {
		unit += "s"
	}
	return r.texts.Say(r.lang, "route.term."+unit, map[string]any{"N": n})
}
