package desk

import (
	"slices"
	"strconv"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/flows/handling"
)

// leaked are the recalled hand-overs of which nobody recorded yet what was done
// about the data, by index.
func (w *work) leaked() []int {
	var out []int
	for i, h := range w.rec.Handovers {
		if h.Recall != nil && h.Leak == nil {
			out = append(out, i)
		}
	}
	return out
}

func leakFields(w *work) []adapters.Field {
	return []adapters.Field{w.choose("handed", adapters.One, w.handed(w.leaked())), w.field("leak", adapters.Area)}
}

func leakActs(w *work, in adapters.Values) ([]handling.Act, error) {
	i, err := strconv.Atoi(in.One("handed"))
	if err != nil || !slices.Contains(w.leaked(), i) {
		i = -1
	}
	return []handling.Act{handling.Leak{Stamp: w.by, Handover: i, Done: in.Text("leak")}}, nil
}

// handed makes options of hand-overs, by the partner's name.
func (w *work) handed(which []int) []adapters.Option {
	var out []adapters.Option
	for _, i := range which {
		out = append(out, adapters.Option{Value: strconv.Itoa(i), Label: w.partner(w.rec.Handovers[i].Partner)})
	}
	return out
}
