package desk

import (
	"context"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/store"
)

func rectifyFields(w *work) []adapters.Field {
	return []adapters.Field{w.field("rectify", adapters.Area)}
}

// rectify adds to a case what an officer puts right or adds (P32), with date and
// author. What was there stays as it was until the case is erased. It moves no
// date: setting a record straight is no reason to keep it longer.
func (x act) rectify(ctx context.Context, text private.Text) (adapters.Answer, error) {
	if text.Empty() {
		return adapters.Answer{Errors: map[string]string{"rectify": x.d.say(x.m.Lang, "handling.refuse.why", nil)}}, nil
	}
	form, err := x.turn(ctx, func(v store.View) (store.Effects, error) {
		add := store.Addition{At: v.Now, Text: text, By: x.viewer.Person}
		return store.Effects{Add: &add, Journal: []store.Line{x.line("case.rectified")}, UseUp: true}, nil
	})
	if err == nil && form == nil {
		form, err = x.show(ctx)
	}
	return adapters.Answer{Form: form}, err
}
