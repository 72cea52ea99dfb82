package desk

import (
	"cmp"
	"context"
	"strconv"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/store"
)

// Training is how many people of each team were trained: a count, no names.
type Training interface {
	// Trained says what was entered, the newest half-year first.
	Trained(ctx context.Context, lang string) ([]TrainedHalf, error)
	// Train enters a number, which takes the place of the one before it.
	Train(ctx context.Context, who store.Person, half, team string, n int) error
}

// TrainedHalf is a half-year for which can be entered how many were trained.
type TrainedHalf struct {
	adapters.Option
	Teams []adapters.Fact // the teams that have a number
}

// mostTrained is the largest number that can be entered.
const mostTrained = 10_000

// training opens the window in which the coördinator enters it, with what he
// entered last.
func (x act) training(ctx context.Context, half string) (adapters.Answer, error) {
	all, err := x.d.o.Training.Trained(ctx, x.lang())
	if err != nil {
		return adapters.Answer{}, err
	}
	return x.opens(ctx, windowTrained, func() (*adapters.Form, error) {
		f := &adapters.Form{
			Title: x.say("people.figures.trained", nil), Intro: x.say("people.figures.trained.intro", nil), Submit: x.say("desk.save", nil),
			Fields: []adapters.Field{x.choose("halfyear", halfOptions(all), cmp.Or(half, all[0].Value)), x.choose("team", x.teams(), ""), x.field("trained", adapters.Line)},
		}
		for _, h := range all {
			if len(h.Teams) > 0 {
				f.Facts = append(append(f.Facts, adapters.Fact{Label: h.Label}), h.Teams...)
			}
		}
		return f, nil
	})
}

func halfOptions(all []TrainedHalf) []adapters.Option {
	var out []adapters.Option
	for _, h := range all {
		out = append(out, h.Option)
	}
	return out
}

func (x act) teams() []adapters.Option {
	var out []adapters.Option
	for _, d := range x.d.o.Config.Departments {
		out = append(out, adapters.Option{Value: d.ID, Label: d.Label.In(x.lang())})
	}
	return out
}

// trains takes a number, and shows the window for the next.
func (x act) trains(ctx context.Context, in adapters.Values) (adapters.Answer, error) {
	all, err := x.d.o.Training.Trained(ctx, x.lang())
	if err != nil {
		return adapters.Answer{}, err
	}
	half, team := in.One("halfyear"), in.One("team")
	n, err := strconv.Atoi(in.One("trained"))
	switch {
	case !has(halfOptions(all), half) || !has(x.teams(), team):
		return adapters.Answer{}, told{x.say("people.choose", nil)}
	case err != nil || n < 0 || n > mostTrained:
		return adapters.Answer{}, told{x.say("people.figures.number", map[string]any{"Most": mostTrained})}
	}
	if err := x.d.o.Training.Train(ctx, x.viewer.Person, half, team, n); err != nil {
		return adapters.Answer{}, err
	}
	a, err := x.training(ctx, half)
	a.Notice = x.say("people.saved", nil)
	return a, err
}
