package adaptertest

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config/private"
)

// sample is a form with every kind of field.
func sample(token string) *adapters.Form {
	return &adapters.Form{
		Token: token, Title: "Wat heb je gezien?", Intro: "Geen BSN.", Submit: "Volgende", Step: 1, Of: 7,
		Facts: []adapters.Fact{{Label: "Eerder"}, {Label: "Wat", Value: private.New(hostile[0])}},
		Fields: []adapters.Field{
			{Name: "what", Label: "Wat is er?", Short: "Wat", Kind: adapters.Area, Max: 500, Value: private.List(hostile[6])},
			{Name: "where", Label: "Waar?", Short: "Waar", Kind: adapters.Line, Max: 100, Optional: true},
			{Name: "when", Label: "Wanneer?", Short: "Wanneer", Kind: adapters.Date, Optional: true},
			{Name: "call", Label: "Telefoon", Short: "Telefoon", Kind: adapters.Phone, Optional: true},
			{Name: "self", Label: "Zelf gezien?", Short: "Zelf gezien", Kind: adapters.One, Options: []adapters.Option{
				{Value: "yes", Label: "Ja"}, {Value: "no", Label: "Nee", Help: "Iemand vertelde het."}}},
			{Name: "signs", Label: "Welke signalen?", Short: "Signalen", Kind: adapters.Many, Optional: true, Options: []adapters.Option{
				{Value: "a", Label: "Is bang"}, {Value: "b", Label: "Heeft geen papieren"}, {Value: "none", Label: "Geen van deze", Alone: true}}},
		},
		Acts: []adapters.Act{{Value: "back", Label: "Terug"}},
	}
}

// opened sends a question with a button that opens the form, and presses it.
func opened(t *testing.T, p *Platform, b *bot, f *adapters.Form) Tab {
	t.Helper()
	tab := p.Tab(t, p.People[0])
	b.does(func(context.Context, adapters.Message) (adapters.Answer, error) { return adapters.Answer{Form: f}, nil })
	send(t, p.Adapter, p.People[0], adapters.Reply{Key: "q", Text: "vraag", Choices: []adapters.Choice{{Token: "open-the-form", Label: "Invullen"}}})
	tab.Await("the question", sees("vraag"))
	tab.Press("Invullen")
	return tab
}

func reveal(f *adapters.Filled) map[string][]string {
	out := map[string][]string{}
	for name, values := range f.Values {
		for _, v := range values {
			out[name] = append(out[name], v.Reveal())
		}
	}
	return out
}

// A form is shown as text, delivers what was filled in with its token, and is
// followed by the next one or closed. Nothing of it becomes a post.
func testForm(t *testing.T, open Open) {
	b := &bot{}
	p := open(t, b)
	if !p.Adapter.Limits().Forms {
		t.Skip("no forms here")
	}
	tab := opened(t, p, b, sample("form-one"))
	v := tab.Await("the form", func(v View) bool { return v.Form != nil })
	if v.Form.Title != "Wat heb je gezien?" || !strings.Contains(v.Form.Text, hostile[0]) {
		t.Errorf("form is not shown as it is: %q", v.Form.Text)
	}
	if diff := cmp.Diff([]string{hostile[6]}, v.Form.Values["what"]); diff != "" {
		t.Errorf("what stood in it (-want +got):\n%s", diff)
	}
	b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
		return adapters.Answer{Form: &adapters.Form{Token: "form-two", Title: "En dan?", Submit: "Klaar", Acts: []adapters.Act{{Value: "back", Label: "Terug"}}}}, nil
	})
	want := map[string][]string{"what": {"Zilvervos & \"co\"\nregel <2>"}, "when": {"2026-11-23"}, "self": {"yes"}, "signs": {"a", "b"}}
	tab.Fill("", want)
	m := b.last(t)
	if m.Filled == nil || m.Filled.Token != "form-one" || m.Filled.Act != "" || !m.Text.Empty() || m.Press != "" {
		t.Fatal("the form was not delivered by its token alone")
	}
	if diff := cmp.Diff(want, reveal(m.Filled)); diff != "" {
		t.Errorf("filled in (-want +got):\n%s", diff)
	}
	if p.Adapter.Limits().NextForm {
		tab.Await("the next form", func(v View) bool { return v.Form != nil && v.Form.Title == "En dan?" })
		b.does(nil)
		tab.Fill("back", nil)
		if m := b.last(t); m.Filled == nil || m.Filled.Token != "form-two" || m.Filled.Act != "back" {
			t.Error("the act was not delivered")
		}
	}
	v = tab.Await("no form", func(v View) bool { return v.Form == nil })
	for _, post := range v.Posts {
		if strings.Contains(post.Text, "Zilvervos") {
			t.Error("what was filled in became a post")
		}
	}
}

// A form with errors stays open with what was filled in.
func testFormErrors(t *testing.T, open Open) {
	b := &bot{}
	p := open(t, b)
	if !p.Adapter.Limits().Forms {
		t.Skip("no forms here")
	}
	tab := opened(t, p, b, sample("form-one"))
	tab.Await("the form", func(v View) bool { return v.Form != nil })
	wrong := map[string]string{"what": "Dit lijkt een <BSN>. Haal het weg.", "": "Kijk nog eens."}
	b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
		return adapters.Answer{Errors: wrong}, nil
	})
	filled := map[string][]string{"what": {"Zilvervos"}, "self": {"no"}}
	tab.Fill("", filled)
	v := tab.Await("the errors", func(v View) bool { return v.Form != nil && len(v.Form.Errors) == 2 })
	if diff := cmp.Diff(wrong, v.Form.Errors); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	for name, want := range filled {
		if diff := cmp.Diff(want, v.Form.Values[name]); diff != "" {
			t.Errorf("%s was not kept (-want +got):\n%s", name, diff)
		}
	}
	first := b.last(t).ID
	b.does(nil)
	filled["what"] = []string{"Zilvervos, zonder nummer"}
	tab.Fill("", filled)
	tab.Await("no form", func(v View) bool { return v.Form == nil })
	if b.last(t).ID == first {
		t.Error("a corrected form came as the same event")
	}
}

// A form that could not be taken stays open and can be brought again.
func testFormFailure(t *testing.T, open Open) {
	b := &bot{}
	p := open(t, b)
	if !p.Adapter.Limits().Forms {
		t.Skip("no forms here")
	}
	tab := opened(t, p, b, sample("form-one"))
	tab.Await("the form", func(v View) bool { return v.Form != nil })
	b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
		return adapters.Answer{Notice: "Ik kan nu niets opslaan."}, errHandler
	})
	tab.Fill("", map[string][]string{"what": {"Zilvervos"}, "self": {"yes"}})
	v := tab.Await("the failure", func(v View) bool { return v.Form != nil && v.Notice == "Ik kan nu niets opslaan." })
	if diff := cmp.Diff([]string{"Zilvervos"}, v.Form.Values["what"]); diff != "" {
		t.Errorf("not kept (-want +got):\n%s", diff)
	}
	id := b.last(t).ID
	b.does(nil)
	tab.Redeliver()
	tab.Await("no form", func(v View) bool { return v.Form == nil })
	if m := b.last(t); m.ID != id || m.Filled == nil || m.Filled.Values["what"][0].Reveal() != "Zilvervos" {
		t.Error("brought again, it is another event")
	}
}
