package figures

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-analyze/charts"
)

// Picture is one chart as a PNG, for the channel. Alt says in words what it
// shows.
type Picture struct {
	ID, Title, Alt string
	PNG            []byte
}

// The measures of a picture, in pixels.
const (
	pictureWidth = 900
	pictureSide  = 36
	pictureHead  = 118
	pictureRow   = 58
	pictureFoot  = 62
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

// draw draws a card's bars as the page does.
func (v View) draw(p Pack, c card) ([]byte, error) {
	ink, soft := charts.ColorFromHex("#16262b"), charts.ColorFromHex("#52656b")
	sure, perhaps, track := charts.ColorFromHex("#0a6375"), charts.ColorFromHex("#9fc7cf"), charts.ColorFromHex("#e6edef")
	font := func(size float64, color charts.Color) charts.FontStyle {
		return charts.FontStyle{FontSize: size, FontColor: color, Font: charts.GetDefaultFont()}
	}
	height := pictureHead + len(c.Bars)*pictureRow + pictureFoot
	g := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: pictureWidth, Height: height})
	g.FilledRect(0, 0, pictureWidth, height, charts.ColorWhite, charts.ColorWhite, 0)
	g.FilledRect(0, 0, pictureWidth, 6, sure, sure, 0)
	g.Text(c.Title, pictureSide, 54, 0, font(23, ink))
	under := v.who(p) + " · " + v.when(p.Window)
	if p.Sample {
		under = v.say("figures.sample") + " · " + under
	}
	g.Text(cut(under, 100), pictureSide, 86, 0, font(13, soft))
	wide := pictureWidth - 2*pictureSide
	at := func(per float64) int { return pictureSide + int(per*float64(wide)/100) }
	for i, b := range c.Bars {
		y := pictureHead + i*pictureRow
		value := font(15, ink)
		box := g.MeasureText(b.Value, 0, value)
		g.Text(cut(c.Table.Rows[i][0], 70), pictureSide, y+18, 0, font(15, ink))
		g.Text(b.Value, pictureWidth-pictureSide-box.Width(), y+18, 0, value)
		g.FilledRect(pictureSide, y+27, pictureWidth-pictureSide, y+43, track, track, 0)
		if b.Perhaps > 0 {
			g.FilledRect(at(b.Sure), y+27, at(b.Sure+b.Perhaps), y+43, perhaps, perhaps, 0)
		}
		if b.Sure > 0 {
			g.FilledRect(pictureSide, y+27, at(b.Sure), y+43, sure, sure, 0)
		}
	}
	y := height - 24
	g.FilledRect(pictureSide, y-11, pictureSide+22, y+1, sure, sure, 0)
	g.Text(v.say("figures.key.sure"), pictureSide+30, y, 0, font(12, soft))
	g.FilledRect(pictureSide+92, y-11, pictureSide+114, y+1, perhaps, perhaps, 0)
	g.Text(v.say("figures.key.perhaps"), pictureSide+122, y, 0, font(12, soft))
	g.Text(v.say("figures.why", "Most", p.Step-1), pictureSide+212, y, 0, font(12, soft))
	return g.Bytes()
}

// cut ends a text that does not fit.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
}
