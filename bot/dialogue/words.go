package dialogue

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
)

// say fills a catalog text. Every text may name the numbers of the
// configuration: Police, Officer, Care, Municipality.
func (d *Dialogue) say(lang, id string, args map[string]any) string {
	all, ok := d.given[lang]
	if !ok {
		all = d.given["nl"]
	}
	if len(args) > 0 {
		all = maps.Clone(all)
		maps.Copy(all, args)
	}
	return d.o.Texts.Say(lang, id, all)
}

// give collects, once, what every text may name.
func (d *Dialogue) give(lang string) map[string]any {
	return map[string]any{
		"Police":       d.phone(config.Police),
		"Officer":      d.phone(config.OfficerNo),
		"Care":         d.phone(config.Care),
		"VeiligThuis":  d.phone("veilig_thuis"),
		"MMA":          d.phone("mma"),
		"Municipality": d.o.Config.Municipality.Name,
		"Phones":       d.Phones(lang),
		"Phone":        d.phone(config.OfficerNo),
	}
}

// text is a flow's text in words.
func (d *Dialogue) text(lang string, x flows.Text) string { return d.textWith(lang, x, nil) }

func (d *Dialogue) textWith(lang string, x flows.Text, args map[string]any) string {
	switch {
	case x.ID != "":
		return d.say(lang, x.ID, args)
	case lang == "en" && x.EN != "":
		return x.EN
	}
	return x.NL
}

// phone is a helpline's number, or the police's where it is still to fill in:
// a person is never sent to an empty number.
func (d *Dialogue) phone(code string) string {
	if h, ok := d.o.Config.Helpline(code); ok && h.Number != "" {
		return h.Number
	}
	h, _ := d.o.Config.Helpline(config.Police)
	return h.Number
}

// Phones lists the helplines that are filled in.
func (d *Dialogue) Phones(lang string) string {
	var lines []string
	for _, h := range d.o.Config.Helplines {
		if h.Number != "" {
			lines = append(lines, "- "+h.Name.In(lang)+": **"+h.Number+"**")
		}
	}
	return strings.Join(lines, "\n")
}

// signs is the signalenkaart: the indicators under their headings, to read.
func (d *Dialogue) signs(lang string) string {
	var b strings.Builder
	b.WriteString(d.say(lang, "d.card", nil))
	for _, g := range d.o.Config.IndicatorGroups {
		b.WriteString("\n\n**" + g.Label.In(lang) + "**")
		for _, i := range d.o.Config.Indicators {
			if i.Group == g.ID && i.OnlyWithForm == "" {
				b.WriteString("\n- " + i.Label.In(lang))
			}
		}
	}
	return b.String()
}

// date writes a day as people say it, in the municipality's time zone.
func (d *Dialogue) date(lang string, at time.Time) string { return d.o.Calendar.Day(lang, at) }

// begin are the choices for somebody without a dialogue.
func (d *Dialogue) begin(lang string) []adapters.Choice {
	cs := []adapters.Choice{
		{Token: adapters.TokenDanger, Label: d.say(lang, "d.menu.danger", nil), Tone: adapters.ToneDanger},
		{Token: adapters.TokenReport, Label: d.say(lang, "d.menu.report", nil), Tone: adapters.ToneMain},
		{Token: pressed(cmdMine, ""), Label: d.say(lang, "d.menu.mine", nil)},
		{Token: pressed(cmdHelp, ""), Label: d.say(lang, "d.menu.help", nil), Tone: adapters.ToneQuiet},
	}
	return cs
}

// filed are the choices under a receipt.
func (d *Dialogue) filed(lang string) []adapters.Choice {
	again := adapters.Choice{Token: adapters.TokenReport, Label: d.say(lang, "d.menu.again", nil), Tone: adapters.ToneQuiet}
	return slices.Insert(d.begin(lang)[2:], 1, again)
}

// more are the quiet choices under the first message.
func (d *Dialogue) more(lang string) []adapters.Choice {
	return []adapters.Choice{
		d.other(lang),
		{Token: pressed(cmdHelp, ""), Label: d.say(lang, "d.menu.more", nil), Tone: adapters.ToneQuiet},
	}
}

// other is the choice of the other language, in that language.
func (d *Dialogue) other(lang string) adapters.Choice {
	if lang == "en" {
		return adapters.Choice{Token: pressed(cmdDutch, ""), Label: "Nederlands", Tone: adapters.ToneQuiet}
	}
	return adapters.Choice{Token: pressed(cmdEnglish, ""), Label: "English", Tone: adapters.ToneQuiet}
}

// menu are all the commands as choices.
func (d *Dialogue) menu(lang string) []adapters.Choice {
	cs := d.begin(lang)[:3]
	for _, c := range []cmd{cmdCard, cmdContact, cmdAdd, cmdWithdraw, cmdStop} {
		cs = append(cs, adapters.Choice{Token: pressed(c, ""), Label: d.say(lang, "d.menu."+string(c), nil)})
	}
	return append(cs, d.other(lang))
}

// version is the flow version a session goes on with: the one it began with.
func (d *Dialogue) version(f *flows.Flow, s store.Session) string {
	if s.Rev > 0 && s.Flow == f.Name {
		return s.Version
	}
	return d.book.today[f.Name]
}
