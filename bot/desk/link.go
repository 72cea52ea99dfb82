package desk

import (
	"context"
	"slices"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/store"
)

// actLinked, with a reference, opens an earlier signal that shares a mark with
// the case on screen (step 3). They are linked and never merged.
const actLinked = "linked."

// linkedMost is how many earlier signals a window has a button for; all of them
// stand in it as text.
const linkedMost = 5

// linked are the buttons to the earlier signals of a case, each once.
func (w *work) linked() []adapters.Act {
	var out []adapters.Act
	for _, m := range w.view.Matches {
		a := adapters.Act{Value: actLinked + string(m.Ref), Label: w.d.say(w.lang, "desk.overview.open", map[string]any{"Ref": string(m.Ref)})}
		if !slices.Contains(out, a) && len(out) < linkedMost {
			out = append(out, a)
		}
	}
	return out
}

// link opens an earlier signal from the window of a case, for whoever may see
// both. Reading it is journaled as any reading is.
func (x act) link(ctx context.Context, ref store.Reference) (adapters.Answer, error) {
	again, err := x.turn(ctx, func(v store.View) (store.Effects, error) {
		if !slices.ContainsFunc(v.Matches, func(m store.Match) bool { return m.Ref == ref }) {
			return store.Effects{}, store.ErrNotFound
		}
		return store.Effects{}, nil
	})
	if err != nil || again != nil {
		return adapters.Answer{Form: again}, err
	}
	x.token.About = ref
	form, err := x.show(ctx)
	return adapters.Answer{Form: form}, err
}

// linkedTo reads such an act.
func linkedTo(act string) (store.Reference, bool) {
	ref, ok := strings.CutPrefix(act, actLinked)
	return store.Reference(ref), ok
}
