package desk

import (
	"slices"
	"strconv"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
)

// checkFields record what was done within the municipality, or with a partner
// besides a hand-over (R5, R11, R13).
func checkFields(w *work) []adapters.Field {
	return []adapters.Field{
		w.choose("check", adapters.One, w.options("check", handling.Permits, handling.YouthAction, handling.AddressRule, handling.BelleAlong, handling.RIECHelp)),
		w.dated("date"), optional(w.field("note", adapters.Area)),
	}
}

func checkActs(w *work, in adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Check{Stamp: w.by, Kind: in.One("check"), Date: in.One("date"), Note: in.Text("note")}}, nil
}

// measureFields record an administrative measure: the municipality is regisseur.
func measureFields(w *work) []adapters.Field {
	return []adapters.Field{
		w.choose("measure", adapters.One, w.options("measure", handling.Bibob, handling.HousingAct, handling.HousingPermit, handling.Closure, handling.Criminal)),
		w.field("basis", adapters.Line), w.dated("date"), w.field("decider", adapters.Line), optional(w.field("sleep", adapters.Line)),
	}
}

func measureActs(w *work, in adapters.Values) ([]handling.Act, error) {
	return []handling.Act{handling.Measure{
		Stamp: w.by, Kind: in.One("measure"), Ground: in.Text("basis"), Date: in.One("date"), Decider: in.Text("decider"), Sleep: in.Text("sleep"),
	}}, nil
}

// nobody is the choice of handing a case back to all.
const nobody = "nobody"

// giveFields give a case to a colleague who may see it, or back to all.
func giveFields(w *work) []adapters.Field {
	var opts []adapters.Option
	for _, r := range w.d.readers(w.team) {
		who := string(r.Person)
		if who == w.rec.Holder || slices.Contains(w.view.Case.LeftOut, private.New(who)) {
			continue
		}
		o := adapters.Option{Value: who, Label: r.Name}
		if _, away := w.team.Away(who, w.today()); away {
			o.Help = w.d.say(w.lang, "people.away", nil)
		}
		opts = append(opts, o)
	}
	opts = append(opts, adapters.Option{Value: nobody, Label: w.d.say(w.lang, "desk.holder.none", nil)})
	return []adapters.Field{w.choose("to", adapters.One, opts)}
}

func giveActs(w *work, in adapters.Values) ([]handling.Act, error) {
	to := in.One("to")
	if !slices.ContainsFunc(giveFields(w)[0].Options, func(o adapters.Option) bool { return o.Value == to }) {
		return nil, told{w.d.say(w.lang, "handling.refuse.choose", nil)}
	}
	if to == nobody {
		to = ""
	}
	return []handling.Act{handling.Take{Stamp: w.by, To: to, From: w.seen()}}, nil
}

func hoursFields(w *work) []adapters.Field {
	return []adapters.Field{w.field("minutes", adapters.Line)}
}

func hoursActs(w *work, in adapters.Values) ([]handling.Act, error) {
	n, err := strconv.Atoi(in.One("minutes"))
	if err != nil {
		n = 0 // no number is refused like one that cannot be
	}
	return []handling.Act{handling.Hours{Stamp: w.by, Minutes: n}}, nil
}
