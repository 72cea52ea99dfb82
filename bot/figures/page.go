package figures

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/meldroute/meldroute/config"
)

//go:embed page.html
var pageHTML string

// View says how a pack is written.
type View struct {
	Texts *config.Texts
	Lang  string // "nl" or "en"
}

func (v View) say(id string, args ...any) string {
	named := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		name, _ := args[i].(string)
		named[name] = args[i+1]
	}
	return v.Texts.Say(v.Lang, id, named)
}

// band is what people read of a band: "5–9".
func (v View) band(b Band) string {
	switch {
	case b.Hidden():
		return v.say("figures.hidden")
	case b.Open:
		return v.say("figures.open", "Count", b.Lo)
	}
	return fmt.Sprintf("%d–%d", b.Lo, b.Hi)
}

// spoken is a band in a sentence, for who listens.
func (v View) spoken(b Band) string {
	if b.Open {
		return v.band(b)
	}
	return v.say("figures.between", "From", b.Lo, "To", b.Hi)
}

// share is "22–48%", or "" when it is not shown.
func (v View) share(part, whole Band, least int) string {
	lo, hi, ok := Share(part, whole, least)
	if !ok {
		return ""
	}
	return v.say("figures.share", "From", lo, "To", hi)
}

// HTML writes a pack as one page that needs nothing else: no script, no font,
// no address.
func HTML(w io.Writer, p Pack, v View) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"say":  func(id string) string { return v.say(id) },
		"keep": func(s string) string { return strings.ReplaceAll(s, "–", "\u2060–\u2060") }, // "10–14" stays on one line
	}).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("figures: page: %w", err)
	}
	if err := t.Execute(w, v.page(p)); err != nil {
		return fmt.Errorf("figures: page: %w", err)
	}
	return nil
}

// page is what the template reads.
type page struct {
	Lang, Who, When    string
	Hidden, Rule, Made string
	Sample             bool
	Tiles              []tile
	Sections           []section
}

type tile struct{ Name, Value, Note string }

type section struct {
	Title, Text string
	Cards       []card
}

func (v View) page(p Pack) page {
	out := page{
		Lang: v.Lang, Who: v.who(p), When: v.When(p.Window), Sample: p.Sample,
		Hidden: v.say("figures.why", "Most", p.Step-1), Rule: v.say("figures.foot.rule", "Step", p.Step),
		Made: v.say("figures.foot.made", "Date", p.Made),
	}
	out.Tiles = v.tiles(p)
	s := func(id string, cards ...card) {
		var some []card
		for _, c := range cards {
			if !c.empty() {
				some = append(some, c)
			}
		}
		if len(some) > 0 {
			out.Sections = append(out.Sections, section{v.say("figures.s." + id), v.say("figures.s." + id + ".text"), some})
		}
	}
	if len(p.Beside) > 0 {
		s("beside", v.beside(p))
	}
	s("what", v.chart(p, DimForm), v.rank(p, DimSign), v.rank(p, DimSignGroup), v.chart(p, DimHousing), v.chart(p, DimDepartment))
	s("report", v.reported(p), v.chart(p, DimKind), v.chart(p, DimReason), v.chart(p, DimHelp))
	s("groups", v.chart(p, DimAge), v.chart(p, DimGroup))
	s("time", v.times(p), v.feedback(p))
	s("hours", v.hours(p))
	s("police", v.police(p))
	return out
}

func (v View) who(p Pack) string {
	if n := len(p.Municipalities); n > 1 {
		return v.say("figures.who.many", "Names", strings.Join(p.Municipalities[:n-1], ", "), "Last", p.Municipalities[n-1])
	}
	return v.say("figures.who", "Name", p.Municipalities[0])
}

// When is a window in words: "1 juli 2024 tot en met 30 juni 2026".
func (v View) When(w Window) string {
	part := func(h Half) string { return h.String()[5:] }
	return v.say("figures.when",
		"From", v.say("figures.first."+part(w.From), "Year", w.From.Year()), "To", v.say("figures.last."+part(w.To), "Year", w.To.Year()))
}

// tiles are the four things that a meeting asks first.
func (v View) tiles(p Pack) []tile {
	reported, told := p.Row(DimReported, "yes"), p.Row(DimFeedback, "told")
	out := []tile{
		{v.say("figures.tile.signals"), v.band(p.Total), v.say("figures.tile.advice", "Count", v.band(p.Advice))},
		{v.say("figures.tile.reported"), v.band(reported), v.part(reported, p.Total, 20)},
		{v.say("figures.tile.told"), v.band(told), v.part(told, p.Total, medianFrom)},
	}
	if h := p.Hours; h != nil {
		out = append(out, tile{v.say("figures.tile.hours"), v.say("figures.hours", "Count", h.Role), v.say("figures.tile.budget", "Count", h.Budget)})
	}
	return out
}

func (v View) part(part, whole Band, least int) string {
	if s := v.share(part, whole, least); s != "" {
		return v.say("figures.ofall", "Share", s)
	}
	return ""
}
