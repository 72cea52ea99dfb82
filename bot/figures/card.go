package figures

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// card is one chart with its table, or a list, or a table alone.
type card struct {
	ID, Title, Desc string
	Wide, Plain     bool
	Bars            []bar
	Columns         []column
	List, Notes     []string
	Table           sheet
}

func (c card) empty() bool { return c.Title == "" }

type sheet struct {
	Head []string
	Rows [][]string
}

// bar is a row of a chart: a name and a value above a bar over the whole width,
// so that it reads on a phone as on paper. Lengths are in per cent.
type bar struct {
	Name                         []nameLine
	Value                        string
	Sure, Perhaps, Limit         float64
	TextY, Y, LimitFrom, LimitTo int
}

// nameLine is a line of a name.
type nameLine struct {
	Text string
	Y    int
}

// The measures of bars, in pixels. A name that is longer than a phone is wide
// goes on.
const (
	barHeight  = 46
	lineHeight = 19
	lineLength = 29
)

// column stands in a trend. X and Width in per cent, the rest in pixels.
type column struct {
	Name, Value                           string
	X, Width, Middle                      float64
	Sure, SureY, Perhaps, PerhapsY, TextY int
}

// Height is that of the bars.
func (c card) Height() int {
	if len(c.Bars) == 0 {
		return 0
	}
	return c.Bars[len(c.Bars)-1].Y + 16
}

// add puts one more bar under the others.
func (c *card) add(name, value string, sure, perhaps float64) *bar {
	at := 0
	if n := len(c.Bars); n > 0 {
		at = c.Bars[n-1].Y + barHeight - 22
	}
	b := bar{Value: value, Sure: sure, Perhaps: perhaps, TextY: at + 15}
	for i, text := range wrap(name, lineLength) {
		b.Name = append(b.Name, nameLine{text, b.TextY + i*lineHeight})
	}
	b.Y = b.TextY + (len(b.Name)-1)*lineHeight + 7
	c.Bars = append(c.Bars, b)
	c.Table.Rows = append(c.Table.Rows, []string{name, value})
	return &c.Bars[len(c.Bars)-1]
}

// wrap breaks a text between words.
func wrap(s string, most int) []string {
	var out []string
	for _, w := range strings.Fields(s) {
		if n := len(out); n > 0 && utf8.RuneCountInString(out[n-1])+1+utf8.RuneCountInString(w) <= most {
			out[n-1] += " " + w
		} else {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

// percent is short, for the page.
func percent(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n*1000/of) / 10
}

// chart is a table as bars.
func (v View) chart(p Pack, dim string) card {
	t, ok := p.table(dim)
	if !ok {
		return card{}
	}
	c := card{ID: "c-" + dim, Title: v.say("figures.t." + dim)}
	top := 1
	if len(t.Rows) == 1 { // alone it says something only beside all signals
		top = p.Total.Hi
	}
	v.fill(&c, t.Rows, top)
	return c
}

// fill draws rows as bars on a common scale, up to top at least.
func (v View) fill(c *card, rows []Row, top int) {
	top = max(top, 1)
	for _, r := range rows {
		top = max(top, r.Lo, r.Hi)
	}
	c.Table.Head = []string{"", v.say("figures.count")}
	var said []string
	for _, r := range rows {
		name, sure := r.Label.In(v.Lang), percent(r.Lo, top)
		perhaps := 100 - sure // hidden is not nothing: it may be anything
		if !r.Open {
			perhaps = percent(r.Hi, top) - sure
		}
		c.add(name, v.band(r.Band), sure, perhaps)
		said = append(said, name+": "+v.spoken(r.Band))
	}
	c.Desc = strings.Join(said, ". ") + "."
}

// rank is a list of what comes up most.
func (v View) rank(p Pack, dim string) card {
	if len(p.Municipalities) > 1 {
		return card{}
	}
	c := card{ID: "c-" + dim, Title: v.say("figures.t." + dim)}
	for _, r := range p.rank(dim).Rows {
		c.List = append(c.List, r.Label.In(v.Lang))
	}
	if len(c.List) == 0 {
		c.Notes = []string{v.say("figures.rank.none", "Step", p.Step)}
	}
	return c
}

// reported is whether signals led to a report.
func (v View) reported(p Pack) card {
	c := v.chart(p, DimReported)
	if s := v.share(p.Row(DimReported, "yes"), p.Total, 20); s != "" && !c.empty() {
		c.Notes = []string{v.say("figures.ofall", "Share", s)}
	}
	return c
}

// times is how long each step takes. Where the count is small, so is the word.
func (v View) times(p Pack) card {
	t, ok := p.table(DimStep)
	if !ok || len(p.Times) == 0 {
		return card{}
	}
	c := card{ID: "c-times", Title: v.say("figures.t.times"), Wide: true, Plain: true,
		Table: sheet{Head: []string{v.say("figures.step"), v.say("figures.half"), v.say("figures.signals")}}}
	for _, x := range p.Times {
		span := v.say("figures.toofew")
		if x.Span != "" {
			span = v.say("figures.span." + x.Span)
		}
		b, _ := t.row(x.Step)
		c.Table.Rows = append(c.Table.Rows, []string{v.say("figures.row." + DimStep + "." + x.Step), span, v.band(b)})
	}
	return c
}

// feedback is steps 5 and 6.
func (v View) feedback(p Pack) card {
	c := v.chart(p, DimFeedback)
	c.Wide = true
	for _, x := range []struct {
		id          string
		part, whole Band
	}{
		{"figures.feedback.got", p.Row(DimFeedback, "got"), p.Row(DimFeedback, "asked")},
		{"figures.feedback.told", p.Row(DimFeedback, "told"), p.Total},
	} {
		if s := v.share(x.part, x.whole, medianFrom); s != "" && !c.empty() {
			c.Notes = append(c.Notes, v.say(x.id, "Share", s))
		}
	}
	return c
}

// hours is the role against its budget, and the cases apart.
func (v View) hours(p Pack) card {
	h := p.Hours
	if h == nil {
		return card{}
	}
	c := card{ID: "c-hours", Title: v.say("figures.t.hours"), Wide: true}
	top := max(h.Role, h.Budget, h.Case, 1)
	rows := []struct {
		id string
		n  int
	}{{"role", h.Role}, {"case", h.Case}}
	c.Table.Head = []string{"", v.say("figures.count.hours")}
	var said []string
	for _, r := range rows {
		name, value := v.say("figures.hours."+r.id), v.say("figures.hidden")
		if r.n >= 0 {
			value = v.say("figures.hours", "Count", r.n)
		}
		if r.id == "role" {
			value = v.say("figures.hours.of", "Count", r.n, "Budget", h.Budget)
		}
		b := c.add(name, value, percent(max(r.n, 0), top), 0)
		if r.id == "role" {
			b.Limit, b.LimitFrom, b.LimitTo = min(99.7, percent(h.Budget, top)), b.Y-3, b.Y+16
		}
		said = append(said, name+": "+value)
	}
	c.Desc = strings.Join(said, ". ") + "."
	c.Notes = []string{v.say("figures.hours.text", "When", v.When(p.Window.lastYear()))}
	return c
}

// police is the trend of what the police registered.
func (v View) police(p Pack) card {
	if len(p.Police) == 0 {
		return card{}
	}
	const floor, tall = 200, 165
	c := card{ID: "c-police", Title: v.say("figures.t.police"), Wide: true,
		Table: sheet{Head: []string{v.say("figures.halfyear"), v.say("figures.police.all"), v.say("figures.police.minors")}}}
	top := 1
	for _, x := range p.Police {
		top = max(top, x.Registrations.Hi)
	}
	slot := 100 / float64(len(p.Police))
	var said []string
	for i, x := range p.Police {
		b := x.Registrations
		col := column{Name: x.Half.String(), Value: v.band(b), Sure: b.Lo * tall / top}
		col.X, col.Width, col.Middle = tenth((float64(i)+.2)*slot), tenth(.6*slot), tenth((float64(i)+.5)*slot)
		col.SureY = floor - col.Sure
		col.Perhaps = b.Hi*tall/top - col.Sure
		col.PerhapsY = col.SureY - col.Perhaps
		col.TextY = col.PerhapsY - 6
		c.Columns = append(c.Columns, col)
		c.Table.Rows = append(c.Table.Rows, []string{col.Name, col.Value, v.band(x.Minors)})
		said = append(said, fmt.Sprintf("%s: %s", col.Name, v.spoken(b)))
	}
	c.Desc = strings.Join(said, ". ") + "."
	return c
}

func tenth(x float64) float64 { return float64(int(x*10+.5)) / 10 }

// beside is each municipality's total (rule 7).
func (v View) beside(p Pack) card {
	c := card{ID: "c-beside", Title: v.say("figures.t.beside"), Wide: true}
	var rows []Row
	for _, b := range p.Beside {
		rows = append(rows, Row{RowName{b.Municipality, Label{NL: b.Municipality}}, b.Total})
	}
	v.fill(&c, rows, 1)
	return c
}
