package main_test

import (
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/bot/desk"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/store"
)

// Commands, errors, receipts, cards, direct messages, and the windows of the desk
// keep to the limits of the platforms, as the screens of a flow do.
func TestStoryPostsFit(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"nl", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			x := openScreens(t, lang)
			const who = "melder"
			for _, c := range []string{"help", "contact", "signalenkaart", "mijn signalen", "status", "status M-ABCDE", "aanvullen", "intrekken", "stop", "terug", "iets anders", strings.Repeat("lang ", 30)} {
				x.says(who, c)
			}
			x.says(who, "stop")
			x.says(who, "1")
			x.does(x.dialogue, who, adapters.Message{Files: 1})
			x.does(x.dialogue, who, adapters.Message{Press: "oud-1"})
			a := x.says(who, "spoed")
			a = x.does(x.dialogue, who, adapters.Message{Filled: &adapters.Filled{Token: a.Form.Token, Values: adapters.Values{"what": private.List(strings.Repeat("woord ", 330)), "where": private.List("hier")}}})
			x.says(who, "2")
			x.says(who, "1")
			x.owed()
			x.says(who, "mijn signalen")
			x.says(who, "aanvullen")
			c := x.choice(who, func(c adapters.Choice) bool { return strings.HasPrefix(c.Label, "M-") })
			a = x.does(x.dialogue, who, adapters.Message{Press: c.Token})
			x.does(x.dialogue, who, adapters.Message{Filled: &adapters.Filled{Token: a.Form.Token, Values: adapters.Values{"what": private.List("meer"), "aware": private.List("no")}}})
			x.owed()
			x.officer()
			x.owed()
			x.drill()
			x.says(who, "intrekken")
			c = x.choice(who, func(c adapters.Choice) bool { return strings.HasPrefix(c.Label, "M-") })
			x.does(x.dialogue, who, adapters.Message{Press: c.Token})
			x.says(who, "1")
			x.owed()
			t.Logf("%d texts", len(x.shown))
		})
	}
}

// owed sends what is owed, also what is due much later.
func (x *screens) owed() {
	x.t.Helper()
	ctx := x.t.Context()
	for range 5 {
		ns, _, err := x.store.Claim(ctx, time.Now().AddDate(0, 1, 0), 100)
		if err != nil {
			x.t.Fatal(err)
		}
		for _, n := range ns {
			deliver := x.desk.Deliver
			if n.To == store.ToReporter {
				deliver = x.dialogue.Deliver
			}
			if err := deliver(ctx, n); err != nil {
				x.t.Fatalf("%s: %v", n.Kind, err)
			}
			if err := x.store.Settle(ctx, n, true, time.Time{}); err != nil {
				x.t.Fatal(err)
			}
		}
	}
}

// drill begins an exercise and opens every form of it: its marks must fit too.
func (x *screens) drill() {
	x.t.Helper()
	const who = "aandachtsfunctionaris-2"
	x.does(x.desk, who, adapters.Message{Text: private.New("oefening")})
	x.owed()
	x.does(x.desk, who, adapters.Message{Text: private.New("overzicht")})
	mark := map[string]string{"nl": "OEFENING", "en": "EXERCISE"}[x.lang]
	for _, r := range x.last["web:desk"] {
		if !strings.HasPrefix(r.Text, mark) {
			continue
		}
		act := func(f *adapters.Form, act string, v flows.Row) adapters.Answer {
			return x.does(x.desk, who, adapters.Message{Filled: &adapters.Filled{Token: f.Token, Act: act, Values: adapters.Values(v)}})
		}
		opened := x.does(x.desk, who, adapters.Message{Press: r.Choices[0].Token, At: adapters.NewAddress("web", "desk")})
		x.tasks(act, act(opened.Form, "task.take", nil).Form)
		return
	}
	x.t.Fatal("the exercise has no card")
}

// officer opens the signal, reads it, and asks who reported it.
func (x *screens) officer() {
	x.t.Helper()
	const who = "aandachtsfunctionaris-1"
	card := x.choice("desk", func(c adapters.Choice) bool { return strings.HasPrefix(c.Token, desk.Prefix) })
	opened := x.does(x.desk, who, adapters.Message{Press: card.Token, At: adapters.NewAddress("web", "desk")})
	if opened.Form == nil || len(opened.Form.Acts) != 6 {
		x.t.Fatalf("the case does not open: %+v", opened)
	}
	act := func(f *adapters.Form, act string, v flows.Row) adapters.Answer {
		return x.does(x.desk, who, adapters.Message{Filled: &adapters.Filled{Token: f.Token, Act: act, Values: adapters.Values(v)}})
	}
	reason := act(opened.Form, "reporter", nil)
	act(reason.Form, "", nil)
	act(reason.Form, "", flows.Row{"reason": private.List(strings.Repeat("x", 501))})
	if got := act(reason.Form, "", flows.Row{"reason": private.List("nodig")}); got.Form == nil || len(got.Form.Facts) == 0 {
		x.t.Fatalf("the reporter is not shown: %+v", got)
	}
	act(opened.Form, "read", nil)
	act(opened.Form, "read", nil)
	x.tasks(act, act(opened.Form, "task.take", nil).Form)
	x.does(x.desk, "medewerker-1", adapters.Message{Press: card.Token})
}

// tasks opens the form of every task of steps 2 to 6, fills one in wrongly, and
// looks at a package for a partner.
func (x *screens) tasks(act func(*adapters.Form, string, flows.Row) adapters.Answer, window *adapters.Form) {
	x.t.Helper()
	if window == nil {
		x.t.Fatal("the case cannot be taken")
	}
	n := 0
	for _, a := range window.Acts {
		if !strings.HasPrefix(a.Value, "task.") || a.Value == "task.enddrill" {
			continue
		}
		n++
		f := act(window, a.Value, nil).Form
		if f == nil {
			x.t.Fatalf("%s has no form", a.Value)
		}
		act(f, "", nil)
		if a.Value == "task.handover" {
			share := act(f, "", flows.Row{"proposed": private.List("moviera")}).Form
			if share == nil || len(share.Fields) == 0 {
				x.t.Fatal("no package is shown")
			}
			act(share, "", nil)
		}
	}
	if n < 9 {
		x.t.Errorf("only %d tasks are offered", n)
	}
}
