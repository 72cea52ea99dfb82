package figures

import (
	"fmt"

	"github.com/go-analyze/charts"
)

// Picture is one chart as a PNG, for the channel. Alt says in words what it
// shows.
type Picture struct {
	ID, Title, Alt string
	PNG            []byte
}

// The measures of a picture, in pixels. It is mostly seen on a telephone, at a
// third of its width: its smallest letters are still read there.
const (
	pictureWidth = 900
	pictureSide  = 36
	pictureHead  = 96
	pictureLine  = 40 // of a name
	pictureSmall = 34 // of a line beneath the title, or at the foot
	pictureBar   = 24
	pictureRow   = pictureBar + 28 // without its name

	nameLength  = 38 // runes on a line, beside a value
	smallLength = 64
)

// Charts draws the charts that a channel wants to see, those with something in
// them. They are made from the pack: masked like it.
func Charts(p Pack, v View) ([]Picture, error) {
	var out []Picture
	for _, dim := range []string{DimForm, DimKind, DimAge, DimGroup} {
		c := v.chart(p, dim)
		if c.empty() {
			continue
		}
		b, err := v.draw(p, c)
		if err != nil {
			return nil, fmt.Errorf("figures: picture %s: %w", dim, err)
		}
		out = append(out, Picture{ID: dim, Title: c.Title, Alt: c.Title + ". " + c.Desc, PNG: b})
	}
	return out, nil
}

// Heading stands above the charts of a pack in a channel.
func (v View) Heading(p Pack) string {
	return v.say("figures.post", "When", v.When(p.Window)) + "\n\n" + v.say("figures.why", "Most", p.Step-1)
}

// draw draws a card's bars as the page does.
func (v View) draw(p Pack, c card) ([]byte, error) {
	ink, soft := charts.ColorFromHex("#16262b"), charts.ColorFromHex("#52656b")
	sure, perhaps, track := charts.ColorFromHex("#0a6375"), charts.ColorFromHex("#9fc7cf"), charts.ColorFromHex("#e6edef")
	font := func(size float64, color charts.Color) charts.FontStyle {
		return charts.FontStyle{FontSize: size, FontColor: color, Font: charts.GetDefaultFont()}
	}
	name, small := font(23, ink), font(18, soft)
	under, why := v.under(p), wrap(v.say("figures.why", "Most", p.Step-1), smallLength)
	names := make([][]string, len(c.Bars))
	height := pictureHead + (len(under)+1+len(why))*pictureSmall + 44
	for i := range c.Bars {
		names[i] = wrap(c.Table.Rows[i][0], nameLength)
		height += len(names[i])*pictureLine + pictureRow
	}
	g := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: pictureWidth, Height: height})
	box := func(x1, y1, x2, y2 int, color charts.Color) {
		if x2 > x1 {
			g.FilledRect(x1, y1, x2, y2, color, color, 0)
		}
	}
	y := 0
	lines := func(all []string, step int, f charts.FontStyle) {
		for _, l := range all {
			g.Text(l, pictureSide, y, 0, f)
			y += step
		}
	}
	box(0, 0, pictureWidth, height, charts.ColorWhite)
	box(0, 0, pictureWidth, 8, sure)
	y = 66
	g.Text(c.Title, pictureSide, y, 0, font(32, ink))
	y = pictureHead + 10
	lines(under, pictureSmall, small)
	y += 22
	const right = pictureWidth - pictureSide
	at := func(per float64) int { return pictureSide + int(per*(right-pictureSide)/100) }
	for i, b := range c.Bars {
		g.Text(b.Value, right-g.MeasureText(b.Value, 0, name).Width(), y, 0, name)
		lines(names[i], pictureLine, name)
		top := y - pictureLine + 12
		box(pictureSide, top, right, top+pictureBar, track)
		box(at(b.Sure), top, at(b.Sure+b.Perhaps), top+pictureBar, perhaps)
		box(pictureSide, top, at(b.Sure), top+pictureBar, sure)
		y += pictureRow
	}
	y += 6
	x := pictureSide
	for _, k := range []struct {
		text  string
		color charts.Color
	}{{"figures.key.sure", sure}, {"figures.key.perhaps", perhaps}} {
		box(x, y-18, x+30, y+2, k.color)
		g.Text(v.say(k.text), x+42, y, 0, small)
		x += 42 + g.MeasureText(v.say(k.text), 0, small).Width() + 36
	}
	y += pictureSmall
	lines(why, pictureSmall, small)
	return g.Bytes()
}

// under is of whom and when, beneath the title.
func (v View) under(p Pack) []string {
	out := append(wrap(v.who(p), smallLength), v.When(p.Window))
	if p.Sample {
		out = append(out, v.say("figures.sample"))
	}
	return out
}
