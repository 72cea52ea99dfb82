package flows_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/flows"
)

func is(step, q string, vals ...string) *flows.Cond {
	return &flows.Cond{Step: step, Question: q, Is: vals}
}

func buttons(id string, opts ...flows.Option) flows.Step {
	return flows.Step{ID: id, Say: flows.T(id), Questions: []flows.Question{{ID: "q", Kind: flows.One, Options: opts}}}
}

func to(id, step string) flows.Option {
	return flows.Option{ID: id, Label: flows.T(id), Goto: step}
}

func ends(id string, e flows.End) flows.Option {
	return flows.Option{ID: id, Label: flows.T(id), End: e}
}

func goes(id string) flows.Option { return flows.Option{ID: id, Label: flows.T(id)} }

// small is a lawful flow with one of everything.
func small() flows.Flow {
	again := to("more", "rows")
	again.Again = true
	aside := buttons("aside", ends("erase", flows.Erase), to("self", "aside"), goes("on"))
	aside.Aside = true
	change := buttons("change", goes("back"))
	change.Aside, change.Change = true, true
	review := buttons("review", ends("send", flows.File), to("change", "change"))
	review.Review = true
	line := flows.Question{ID: "name", Label: flows.T("name"), Kind: flows.Line, Max: 10}
	return flows.Flow{Name: "small", Parts: 2, Steps: []flows.Step{
		buttons("first", goes("a"), goes("b"), to("aside", "aside")),
		{ID: "rows", Part: 1, Title: flows.T("rows"), Rows: 3, Skip: true, Questions: []flows.Question{line}},
		{ID: "again", Part: 1, Title: flows.T("again"), Say: flows.T("again"), When: &flows.Cond{Not: is("rows", flows.Unknown, flows.Unknown)},
			Questions: []flows.Question{{ID: "q", Label: flows.T("again"), Kind: flows.One, Options: []flows.Option{again, goes("enough")}}}},
		{ID: "form", Part: 2, Title: flows.T("form"), When: is("first", "q", "a", "aside"), Questions: []flows.Question{
			{ID: "many", Label: flows.T("many"), Kind: flows.Many, Options: []flows.Option{goes("x"), {ID: "b", Label: flows.T("b"), When: is("first", "q", "a")}}},
			{ID: "late", Label: flows.T("late"), Kind: flows.Line, Max: 9, Optional: true, Must: is("form", "many", "x")},
			{ID: "early", Label: flows.T("early"), Kind: flows.Line, Max: 9, Optional: true, First: is("first", "q", "a")}}},
		review, change, aside,
	}}
}

// A lawful flow passes, keeps its version through Encode and Decode, and gets
// another version when anything of it changes.
func TestVersion(t *testing.T) {
	t.Parallel()
	f := small()
	if err := flows.Check(f); err != nil {
		t.Fatal(err)
	}
	b, err := flows.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	back, err := flows.Decode(b)
	if err != nil || !reflect.DeepEqual(back, f) || back.Version() != f.Version() {
		t.Errorf("the flow that came back differs (%v)", err)
	}
	back.Steps[0].Questions[0].Options[0].Label.NL = "x"
	if back.Version() == f.Version() {
		t.Error("a changed flow has the same version")
	}
	if _, err := flows.Decode([]byte(`{"name":"x","steps":[],"unheard_of":true}`)); err == nil {
		t.Error("a part that this program does not know was taken")
	}
}

// Each way to break a flow is found, and named.
func TestCheckFindsWhatIsBroken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		broken func(f *flows.Flow)
		want   string
	}{
		"no name":           {func(f *flows.Flow) { f.Name = "" }, "needs a name"},
		"step twice":        {func(f *flows.Flow) { f.Steps[1].ID = "first" }, "there twice"},
		"odd id":            {func(f *flows.Flow) { f.Steps[0].ID = "A b" }, "malformed"},
		"question twice":    {func(f *flows.Flow) { f.Steps[3].Questions[1].ID = "many" }, "there twice"},
		"reserved question": {func(f *flows.Flow) { f.Steps[3].Questions[1].ID = flows.Unknown }, "taken"},
		"option twice":      {func(f *flows.Flow) { f.Steps[0].Questions[0].Options[1].ID = "a" }, "there twice"},
		"no title":          {func(f *flows.Flow) { f.Steps[3].Title = flows.Text{} }, "no title"},
		"nothing to say":    {func(f *flows.Flow) { f.Steps[0].Say = flows.Text{} }, "nothing to say"},
		"no label":          {func(f *flows.Flow) { f.Steps[3].Questions[0].Label = flows.Text{} }, "no label"},
		"option unlabelled": {func(f *flows.Flow) { f.Steps[0].Questions[0].Options[0].Label = flows.Text{} }, "no label"},
		"long label": {func(f *flows.Flow) {
			f.Steps[0].Questions[0].Options[0].Label = flows.Text{NL: strings.Repeat("é", 76)}
		}, "over 75"},
		"part out of range":  {func(f *flows.Flow) { f.Steps[1].Part = 3 }, "part 3 of 2"},
		"no options":         {func(f *flows.Flow) { f.Steps[3].Questions[0].Options = nil }, "no options"},
		"options on words":   {func(f *flows.Flow) { f.Steps[1].Questions[0].Options = []flows.Option{goes("a")} }, "options on line"},
		"no length":          {func(f *flows.Flow) { f.Steps[1].Questions[0].Max = 0 }, "at most 0"},
		"too long":           {func(f *flows.Flow) { f.Steps[1].Questions[0].Max = 3001 }, "at most 3001"},
		"unknown kind":       {func(f *flows.Flow) { f.Steps[1].Questions[0].Kind = "smell" }, `kind "smell"`},
		"goto nowhere":       {func(f *flows.Flow) { f.Steps[0].Questions[0].Options[2].Goto = "gone" }, "not there"},
		"goto in order":      {func(f *flows.Flow) { f.Steps[0].Questions[0].Options[2].Goto = "form" }, "asked in order"},
		"again without rows": {func(f *flows.Flow) { f.Steps[1].Rows = 0 }, "again goes with"},
		"goto and end":       {func(f *flows.Flow) { f.Steps[0].Questions[0].Options[2].End = flows.File }, "cannot be both"},
		"many leads on":      {func(f *flows.Flow) { f.Steps[3].Questions[0].Options[0].End = flows.File }, "one of many"},
		"odd end":            {func(f *flows.Flow) { f.Steps[3].End = "boom" }, `end "boom"`},
		"cond on later":      {func(f *flows.Flow) { f.Steps[1].When = is("form", "many", "x") }, "not before it"},
		"cond on itself":     {func(f *flows.Flow) { f.Steps[3].When = is("form", "many", "x") }, "not before it"},
		"cond on aside":      {func(f *flows.Flow) { f.Steps[3].When = is("aside", "q", "on") }, "aside"},
		"cond on nothing":    {func(f *flows.Flow) { f.Steps[3].When = is("gone", "q", "on") }, "not there"},
		"cond on no value":   {func(f *flows.Flow) { f.Steps[3].When = is("first", "q", "z") }, "not there"},
		"cond on words":      {func(f *flows.Flow) { f.Steps[3].When = is("rows", "name", "x") }, "no choice"},
		"cond of two parts":  {func(f *flows.Flow) { f.Steps[3].When = &flows.Cond{Not: is("first", "q", "a"), Step: "first"} }, "one part"},
		"empty cond":         {func(f *flows.Flow) { f.Steps[3].When = &flows.Cond{} }, "one part"},
		"required twice":     {func(f *flows.Flow) { f.Steps[3].Questions[1].Optional = false }, "required and"},
		"lists nothing":      {func(f *flows.Flow) { f.Steps[0].Lists = "gone" }, "lists step"},
		"never reached": {func(f *flows.Flow) {
			f.Steps[3].When = &flows.Cond{All: []flows.Cond{*is("first", "q", "a"), *is("first", "q", "b")}}
		}, "form is never reached"},
		"aside unlinked": {func(f *flows.Flow) {
			f.Steps[0].Questions[0].Options[2].Goto = ""
			f.Steps[6].Questions[0].Options[1].Goto = ""
		}, "aside is never reached"},
		"ends too early": {func(f *flows.Flow) { f.Steps[1].Skip = false; f.Steps[1].End = flows.File; f.Steps[2].When = nil }, "form is never reached"},
		"no end":         {func(f *flows.Flow) { f.Steps[4].Questions[0].Options = f.Steps[4].Questions[0].Options[1:] }, "no end can be reached"},
		"runs out": {func(f *flows.Flow) {
			f.Steps = f.Steps[:4]
			f.Steps[0].Questions[0].Options = f.Steps[0].Questions[0].Options[:2]
			f.Steps[3].When = is("first", "q", "a")
		}, "runs out"},
		"trap in an aside": {func(f *flows.Flow) { f.Steps[6].Questions[0].Options = f.Steps[6].Questions[0].Options[1:2] }, "from step aside no end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := small()
			c.broken(&f)
			if err := flows.Check(f); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}
