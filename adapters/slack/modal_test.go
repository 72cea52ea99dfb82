package slack_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/adapters/adaptertest"
	"github.com/meldroute/meldroute/config/private"
)

func isGone(err error) bool { return errors.Is(err, adapters.ErrGone) }

// line is a form with one field.
func line(token string) *adapters.Form {
	return &adapters.Form{Token: token, Title: "Waar?", Submit: "Volgende", Fields: []adapters.Field{{Name: "where", Label: "Waar?", Kind: adapters.Line, Max: 100}}}
}

// A handler that takes longer than a trigger lives still gets its window: one
// that says to wait is there in time, and becomes the form, or says what came
// of it.
func TestSlowHandler(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		takes time.Duration
		a     adapters.Answer
		err   error
		want  string // callback, text
	}{
		"quick":         {100 * time.Millisecond, adapters.Answer{Form: line("form")}, nil, "form Waar?"},
		"slow":          {2 * time.Second, adapters.Answer{Form: line("form")}, nil, "form Waar?"},
		"very slow":     {20 * time.Second, adapters.Answer{Form: line("form")}, nil, "form Waar?"},
		"slow, nothing": {2 * time.Second, adapters.Answer{}, nil, "done Klaar."},
		"slow, words":   {2 * time.Second, adapters.Answer{Notice: "Al gedaan."}, nil, "done Al gedaan."},
		"slow, failed":  {2 * time.Second, adapters.Answer{}, errors.New("no"), "done Dit is niet gelukt."},
		"quick, words":  {0, adapters.Answer{Notice: "Al gedaan."}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &bot{}
				x := start(t, b, false, nil)
				question(t, x, sanne)
				b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
					<-time.After(tt.takes)
					return tt.a, tt.err
				})
				p := x.ws.Person(sanne)
				got := p.Press("Invullen")
				if want := tt.err == nil && tt.takes < 3*time.Second; got.OK != want {
					t.Errorf("acknowledged: %v, want %v", got.OK, want)
				}
				<-time.After(30 * time.Second)
				seen := ""
				if m := p.Modal(); m != nil {
					seen = m.Callback + " " + m.Text
				}
				if !strings.HasPrefix(seen, tt.want) || (tt.want == "") != (seen == "") {
					t.Errorf("got %q, want %q", seen, tt.want)
				}
				if tt.want == "" && p.Notices()[0].Text != "Al gedaan." {
					t.Error("the words are not seen")
				}
			})
		})
	}
}

// Where nothing was pressed a form waits behind a button: for who asked for it,
// for half an hour, however often it is opened. After a question with a button of
// its own there is no second one.
func TestFormWithoutTrigger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		f := line("form")
		f.Facts = []adapters.Fact{{Label: "Wie", Value: private.New("Zilvervos")}}
		b.shows(f)
		p := x.ws.Person(sanne)
		p.Type("afwezig")
		synctest.Wait()
		if got := x.ws.Posts(sanne); len(got) != 1 || got[0].Body != "Je formulier staat klaar." || strings.Contains(fmt.Sprint(x.ws.Metadata(sanne)), "Zilvervos") {
			t.Fatalf("got %v", got)
		}
		for range 2 {
			p.Press("Open het formulier")
			synctest.Wait()
			if m := p.Modal(); m == nil || !strings.Contains(m.Text, "Zilvervos") {
				t.Fatal("the form did not open")
			}
			p.CloseModal()
		}
		if n := len(b.messages()); n != 1 {
			t.Errorf("the handler was asked %d times", n)
		}
		<-time.After(31 * time.Minute)
		p.Press("Open het formulier")
		synctest.Wait()
		if p.Modal() != nil || len(p.Notices()) == 0 {
			t.Error("after half an hour it opens")
		}
		b.does(func(ctx context.Context, m adapters.Message) (adapters.Answer, error) {
			return adapters.Answer{Form: f}, x.adapter.Send(ctx, m.At, adapters.Reply{Key: "q", Text: "vraag", Choices: []adapters.Choice{{Token: "t", Label: "Invullen"}}})
		})
		p.Type("melden")
		synctest.Wait()
		if got := x.ws.Posts(sanne); len(got) != 2 || got[1].Body != "vraag" {
			t.Errorf("got %d messages", len(got))
		}
	})
}

// A form of one person does not open for another, whatever he sends.
func TestFormIsBoundToAPerson(t *testing.T) {
	t.Parallel()
	b := &bot{}
	x := start(t, b, false, nil)
	b.shows(line("form"))
	x.ws.Person(sanne).Type("afwezig")
	(&tab{t: t, x: x, who: sanne, person: x.ws.Person(sanne)}).Await("the button", func(v adaptertest.View) bool { return len(v.Posts) == 1 })
	x.ws.Forward(sanne, youssef)
	p := x.ws.Person(youssef)
	p.Press("Open het formulier")
	(&tab{t: t, x: x, who: youssef, person: p}).Await("words", func(v adaptertest.View) bool { return v.Notice != "" })
	if p.Modal() != nil {
		t.Error("another person's form opened")
	}
}

// What is too large for an answer over a socket follows behind a small window,
// and is there behind a button when it did not.
func TestLargeForm(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := &bot{}
			x := start(t, b, false, nil)
			question(t, x, sanne)
			b.shows(line("form"))
			p := x.ws.Person(sanne)
			p.Press("Invullen")
			synctest.Wait()
			large := line("large")
			large.Title = "Groot"
			for i := range 40 {
				large.Facts = append(large.Facts, adapters.Fact{Label: fmt.Sprint("Feit ", i), Value: private.New(strings.Repeat("é", 900))})
			}
			b.shows(large)
			if lost {
				x.ws.Refuse("views.update", 1)
			}
			if err := p.Set("f/where", "hier"); err != nil {
				t.Fatal(err)
			}
			p.Submit()
			<-time.After(time.Second)
			if lost {
				if m := p.Modal(); m == nil || m.Callback != "wait" {
					t.Fatal("no small window")
				}
				p.PressModal("Open het formulier")
				synctest.Wait()
			}
			if m := p.Modal(); m == nil || m.Title != "Groot" || !strings.Contains(m.Text, "Feit 39") || len(m.JSON) < 40000 {
				t.Errorf("lost %v: the form is not there", lost)
			}
			if len(x.ws.Problems()) > 1 {
				t.Error("something was dropped")
			}
		})
	}
}

// A form sent twice, since its first answer was lost, is one event: the second
// answer counts. A button of a window that moved on does not bring it back.
func TestFormPressedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		question(t, x, sanne)
		first := line("one")
		first.Acts = []adapters.Act{{Value: "back", Label: "Terug"}}
		b.shows(first)
		p := x.ws.Person(sanne)
		p.Press("Invullen")
		synctest.Wait()
		_ = p.Set("f/where", "hier")
		b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
			<-time.After(4 * time.Second)
			return adapters.Answer{Form: line("two")}, nil
		})
		if p.Submit().OK || !p.Modal().Trouble {
			t.Fatal("it was answered in time")
		}
		<-time.After(5 * time.Second)
		b.shows(line("two"))
		p.Submit()
		synctest.Wait()
		all := b.messages()
		if n := len(all); n != 3 || all[1].ID != all[2].ID {
			t.Errorf("pressed again it is another event (%d)", n)
		}
		if m := p.Modal(); m.Metadata != "two" || len(m.Values["f/where"]) != 0 {
			t.Errorf("the next form: token %q, with %q in it", m.Metadata, m.Values)
		}
	})
}

// What a button of a form says is wrong stands above the form, and what was
// filled in stays. A press that comes after the form moved on changes nothing.
func TestActInForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bot{}
		x := start(t, b, false, nil)
		question(t, x, sanne)
		f := line("one")
		f.Acts = []adapters.Act{{Value: "back", Label: "Terug"}, {Value: "file", Label: "Bestand", Under: "where"}}
		b.shows(f)
		p := x.ws.Person(sanne)
		p.Press("Invullen")
		synctest.Wait()
		_ = p.Set("f/where", "hier")
		for _, err := range []error{nil, errors.New("no")} {
			b.does(func(context.Context, adapters.Message) (adapters.Answer, error) {
				return adapters.Answer{Errors: map[string]string{"": "Dat kan nu niet."}}, err
			})
			if got := p.PressModal("back"); got.OK != (err == nil) {
				t.Errorf("acknowledged %v with error %v", got.OK, err)
			}
			<-time.After(5 * time.Second)
			m := p.Modal()
			if !strings.HasPrefix(m.Text, "Dat kan nu niet.") || strings.Count(m.Text, "Dat kan") != 1 || !slices.Equal(m.Values["f/where"], []string{"hier"}) {
				t.Errorf("the form: %q, with %q", m.Text, m.Values)
			}
		}
		got := b.messages()[1]
		if got.Filled == nil || got.Filled.Act != "back" || got.Filled.Token != "one" || got.Filled.Values.One("where") != "hier" {
			t.Errorf("got %+v", got.Filled)
		}
		if n := x.adapter.Waiting(); n != 0 {
			t.Errorf("%d acts wait", n)
		}
		slow := make(chan bool)
		b.does(func(_ context.Context, m adapters.Message) (adapters.Answer, error) {
			if len(b.messages()) == 4 {
				<-slow
				return adapters.Answer{Form: line("two")}, nil
			}
			return adapters.Answer{Errors: map[string]string{"": "Deze vraag is al voorbij."}}, nil
		})
		go p.PressModal("back")
		synctest.Wait()
		go p.PressModal("back")
		synctest.Wait()
		if n := x.adapter.Waiting(); n != 2 {
			t.Errorf("%d acts wait, want 2", n)
		}
		close(slow)
		<-time.After(5 * time.Second)
		if m := p.Modal(); m.Metadata != "two" || strings.Contains(m.Text, "voorbij") {
			t.Errorf("the second press brought back %q", m.Text)
		}
	})
}

// Every kind of field has its place: what fits no input, or is one option too
// many, is shown all the same.
func TestForm(t *testing.T) {
	t.Parallel()
	b := &bot{}
	x := start(t, b, false, nil)
	question(t, x, sanne)
	opts := func(n int) (out []adapters.Option) {
		for i := range n {
			out = append(out, adapters.Option{Value: fmt.Sprint("o", i), Label: fmt.Sprint("Optie ", i)})
		}
		return out
	}
	help := strings.Repeat("lang ", 20)
	f := &adapters.Form{
		Token: "form", Title: "Een titel die niet past in de balk van een venster", Intro: "Geen **BSN**.\n- een\n- twee", Submit: "Verstuur nu meteen het hele formulier", Step: 2, Of: 7,
		Link: &adapters.Link{Label: "Haal op", URL: "https://meld.example/f", Note: "Code: 7K3 QPX"},
		Facts: []adapters.Fact{
			{Label: "Wat"}, {Label: "Naam", Value: private.New("J. *de* _Vries_ <@U0SANNE> :tada:")},
			{Label: "Te laat", Value: private.New("gisteren"), Tone: adapters.ToneDanger},
		},
		Fields: []adapters.Field{
			{Name: "many", Label: "Signalen :tada: *x*", Kind: adapters.Many, Options: opts(23), Value: private.List("o3", "o15")},
			{Name: "list", Label: "Team", Kind: adapters.One, Options: opts(40), Value: private.List("o7")},
			{Name: "few", Label: "Gezien?", Kind: adapters.One, Optional: true, Options: []adapters.Option{{Value: "yes", Label: "Ja", Help: "kort"}, {Value: "no", Label: strings.Repeat("nee ", 30), Help: help}}},
			{Name: "copy", Label: "Tekst", Kind: adapters.Area, Optional: true, Value: private.List(strings.Repeat("kopie ", 900))},
			{Name: "when", Label: "Wanneer", Kind: adapters.Date, Value: private.List("2026-11-23")},
			{Name: "bad", Label: "Dag", Kind: adapters.Date, Optional: true, Value: private.List("morgen")},
			{Name: "story", Label: "Verhaal", Help: "Eén zin.", Kind: adapters.Area, Max: 10000},
		},
		Acts: []adapters.Act{{Value: "a", Label: "Eerst", Tone: adapters.ToneMain}, {Value: "b", Label: "Later", Group: "Meer"}},
	}
	b.shows(f)
	tab := &tab{t: t, x: x, who: sanne, person: x.ws.Person(sanne)}
	tab.Press("Invullen")
	tab.Await("the form", func(v adaptertest.View) bool { return v.Form != nil })
	m := tab.person.Modal()
	wantInputs := []string{"f/many", "f/many#2", "f/many#3", "f/list", "f/few", "f/when", "f/bad", "f/story"}
	if diff := cmp.Diff(wantInputs, m.Inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string][]string{"f/many": {"o3"}, "f/many#2": {"o15"}, "f/list": {"o7"}, "f/when": {"2026-11-23"}}, m.Values); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	for _, want := range []string{
		"Een titel die niet past", "Stap 2 van 7", "Geen BSN.", "Code: 7K3 QPX", "J. *de* _Vries_ <@U0SANNE> :tada:", strings.TrimSpace(help), strings.Repeat("kopie ", 480), "Meer", "Eén zin.", "Signalen :tada: *x*",
	} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("%q is not seen", want)
		}
	}
	if strings.Index(m.Text, "❗ Te laat: gisteren") > strings.Index(m.Text, "Naam:") || strings.Contains(m.Text, "[[") {
		t.Errorf("what is due does not stand first, or something was made of the words: %q", m.Text)
	}
	if m.Submit != "Verstuur nu meteen het …" || m.Link != f.Link.URL || !slices.Equal(m.Buttons, []string{"Haal op", "Eerst", "Later"}) {
		t.Errorf("buttons: %q, submit %q, link %q", m.Buttons, m.Submit, m.Link)
	}
	if strings.Contains(m.JSON, "7K3QP") || m.Metadata != "form" {
		t.Error("more than the token rides along")
	}
	tab.Fill("", map[string][]string{"many": {"o1", "o22"}, "list": {"o39"}, "when": {"2026-11-24"}, "story": {"Zilvervos"}})
	got := b.messages()[len(b.messages())-1].Filled.Values
	if !slices.Equal(got.Many("many"), []string{"o1", "o22"}) || got.One("list") != "o39" || got.One("when") != "2026-11-24" || got.One("story") != "Zilvervos" || len(got) != 4 {
		t.Errorf("filled in: %d fields, many %q", len(got), got.Many("many"))
	}
}

// A form that is only read asks for nothing; one that Slack cannot hold is
// refused in words.
func TestFormToRead(t *testing.T) {
	t.Parallel()
	b := &bot{}
	x := start(t, b, false, nil)
	question(t, x, sanne)
	b.shows(&adapters.Form{Token: "r", Title: "Lees", Fields: []adapters.Field{{Name: "copy", Label: "Tekst", Kind: adapters.Area, Value: private.List("Zilvervos")}}})
	tab := &tab{t: t, x: x, who: sanne, person: x.ws.Person(sanne)}
	tab.Press("Invullen")
	tab.Await("the form", func(v adaptertest.View) bool { return v.Form != nil && strings.Contains(v.Form.Text, "Zilvervos") })
	if m := tab.person.Modal(); m.Submit != "" || len(m.Inputs) != 0 {
		t.Error("there is something to fill in")
	}
	tab.person.CloseModal()
	huge := line("huge")
	for range 61 {
		huge.Fields = append(huge.Fields, huge.Fields[0])
	}
	b.shows(huge)
	tab.Press("Invullen")
	tab.Await("words", func(v adaptertest.View) bool { return v.Form == nil && strings.HasPrefix(v.Notice, "Dit past niet") })
	if strings.Contains(x.log.String(), "Zilvervos") {
		t.Error("content in the log")
	}
}
