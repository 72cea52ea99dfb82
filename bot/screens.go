package main

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/bot/copen"
	"github.com/meldroute/meldroute/bot/desk"
	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

// rightsScreen is the review of rights (P16) as a coördinator reads it.
func rightsScreen(st *store.Store, c config.Config, texts *config.Texts) desk.Screen {
	return func(ctx context.Context, _ store.Person, lang string) (string, error) {
		lines, err := rights(ctx, st, c, texts, lang)
		return "- " + strings.Join(lines, "\n- "), err
	}
}

// figuresScreen is the figures as the desk knows them.
type figuresScreen struct {
	book   *figures.Book
	texts  *config.Texts
	config config.Config
}

var (
	_ desk.Figures  = figuresScreen{}
	_ desk.Training = figuresScreen{}
)

func (s figuresScreen) view(lang string) figures.View {
	return figures.View{Texts: s.texts, Lang: lang}
}

// Exact is up to now (rule 8 of the figures).
func (s figuresScreen) Exact(ctx context.Context, who store.Person, lang string) (string, []adapters.Fact, error) {
	e, err := s.book.Exact(ctx, who, s.book.Window(s.book.Latest()+1))
	intro, facts := e.Facts(s.view(lang))
	return intro, facts, err
}

func (s figuresScreen) Halves(ctx context.Context, lang string) ([]adapters.Option, error) {
	all, err := s.book.Halves(ctx)
	var out []adapters.Option
	for _, h := range all {
		out = append(out, adapters.Option{Value: h.String(), Label: s.view(lang).When(s.book.Window(h))})
	}
	return out, err
}

// pack is the pack of a half-year, and what is wrong with it told in words.
func (s figuresScreen) pack(ctx context.Context, who store.Person, half, lang string, told func(string) error) (figures.Pack, error) {
	to := s.book.Latest()
	if half != "" {
		if err := to.UnmarshalText([]byte(half)); err != nil {
			return figures.Pack{}, err
		}
	}
	p, err := s.book.Pack(ctx, who, to)
	if id, ok := figures.Text(err); ok {
		err = told(s.texts.Say(lang, id, nil))
	}
	return p, err
}

func (s figuresScreen) File(ctx context.Context, who store.Person, half, kind, lang string) (adapters.File, error) {
	p, err := s.pack(ctx, who, half, lang, desk.Told)
	if err != nil {
		return adapters.File{}, err
	}
	return figures.FileOf(p, map[string]string{desk.FilePage: figures.FilePage, desk.FileTable: figures.FileTable, desk.FileMerge: figures.FileMerge}[kind], s.view(lang))
}

// meeting is the page of a pack for the Copen meeting, as it was shown or is
// shown from now on.
func (s figuresScreen) meeting(ctx context.Context, half, lang string) (html []byte, name string, err error) {
	p, err := s.pack(ctx, store.Person{}, half, lang, copen.Told)
	if err != nil {
		return nil, "", err
	}
	var page bytes.Buffer
	err = figures.HTML(&page, p, s.view(lang))
	return page.Bytes(), "cijfers-" + half + ".html", err
}

// Charts are a post each; what they are of stands above the first.
func (s figuresScreen) Charts(ctx context.Context, who store.Person, half, lang string) (desk.Charts, error) {
	p, err := s.pack(ctx, who, half, lang, desk.Told)
	if err != nil {
		return desk.Charts{}, err
	}
	v := s.view(lang)
	all, err := figures.Charts(p, v)
	to := p.Window.To.String()
	c := desk.Charts{Half: to, When: v.When(p.Window)}
	for i, x := range all {
		one := adapters.Picture{Key: "figures." + to + "." + x.ID, Name: "cijfers-" + to + "-" + x.ID + ".png", Alt: x.Alt, PNG: x.PNG}
		if i == 0 {
			one.Text = v.Heading(p)
		}
		c.Pictures = append(c.Pictures, one)
	}
	return c, err
}

// Trained is of the half-year that runs and the one before it: whoever enters it
// does so soon after.
func (s figuresScreen) Trained(ctx context.Context, lang string) ([]desk.TrainedHalf, error) {
	all, err := s.book.Trained(ctx)
	var out []desk.TrainedHalf
	for _, h := range []figures.Half{s.book.Latest() + 1, s.book.Latest()} {
		x := desk.TrainedHalf{Option: adapters.Option{Value: h.String(), Label: s.view(lang).When(figures.Window{From: h, To: h})}}
		for _, d := range s.config.Departments {
			if n, ok := all[h][d.ID]; ok {
				x.Teams = append(x.Teams, adapters.Fact{Label: d.Label.In(lang), Value: private.New(strconv.Itoa(n))})
			}
		}
		out = append(out, x)
	}
	return out, err
}

func (s figuresScreen) Train(ctx context.Context, who store.Person, half, team string, n int) error {
	h, err := figures.ParseHalf(half)
	if err != nil {
		return err
	}
	return s.book.Train(ctx, who, h, team, n)
}
