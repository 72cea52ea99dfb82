package intake

import "github.com/meldroute/meldroute/flows"

// doubts are the screens behind "Ik twijfel": the signs explained, advice
// without a case, the door for something else, a card for a resident. From each
// of them one can still report; nothing there is kept.
func doubts(p Params) []flows.Step {
	report := option("report", "q.doubt.report", "melden", "toch melden", "report")
	back := option("back", "g.back", "terug", "back")
	back.Goto = "doubt"

	signs := option("signs", "q.doubt.signs", "signalen", "signs")
	signs.Goto = "explain"
	advice := option("advice", "q.doubt.advice", "advies", "advice")
	advice.End = flows.Advice
	menu := []flows.Option{signs, advice}
	out := []flows.Step{aside("explain", flows.T("q.explain"), report, back)}
	out[0].Lists = "signs"
	if len(p.Doors) > 0 {
		other := option("other", "q.doubt.other", "anders", "other")
		other.Goto = "doors"
		menu = append(menu, other)
		out = append(out, doors(p, report, back)...)
	}
	if !p.Card.IsZero() {
		card := option("card", "q.doubt.card", "kaart", "card")
		card.Goto = "card"
		menu = append(menu, card)
		done := option("card", "g.done", "klaar", "done")
		done.End = flows.Door
		out = append(out, aside("card", p.Card, done, report, back))
	}
	menu = append(menu, report)
	return append([]flows.Step{aside("doubt", flows.T("q.doubt"), menu...)}, out...)
}

// doors are where something else goes. Each shows its text, and asks again
// whether to report.
func doors(p Params, report, back flows.Option) []flows.Step {
	var opts []flows.Option
	var steps []flows.Step
	for _, d := range p.Doors {
		id := "door." + d.ID
		opts = append(opts, flows.Option{ID: d.ID, Label: d.Label, Help: d.Help, Goto: id})
		done := flows.Option{ID: d.ID, Label: flows.T("g.done"), End: flows.Door, Also: []string{"klaar", "done"}}
		anyway := report
		anyway.Label = flows.T("q.doubt.anyway")
		upward := back
		upward.Goto = "doors"
		steps = append(steps, aside(id, d.Text, done, anyway, upward))
	}
	return append([]flows.Step{aside("doors", flows.T("q.doors"), append(opts, back)...)}, steps...)
}

func aside(id string, say flows.Text, opts ...flows.Option) flows.Step {
	return flows.Step{ID: id, Aside: true, Say: say, Questions: []flows.Question{{ID: "go", Kind: flows.One, Options: opts}}}
}
