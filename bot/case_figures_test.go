package main_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/bot/copen"
	"github.com/meldroute/meldroute/bot/figures"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
)

// sharing opens the window in which a coördinator hands out figures.
func (c *clerk) sharing() *adapters.Form {
	c.b.t.Helper()
	c.does(typed(c.b.message(c.id), "cijfers"))
	c.chooses("share")
	return c.form
}

// linked is the claim of the link in the open window.
func (c *clerk) linked() adapters.Claim {
	c.b.t.Helper()
	l := c.form.Link
	if l == nil || !coded.MatchString(l.Note) {
		c.b.t.Fatalf("no link: %s", answered(c.last))
	}
	return adapters.Claim{
		From: adapters.NewAddress("web", c.id), Token: l.URL[strings.LastIndex(l.URL, "/")+1:], Code: private.New(coded.FindString(l.Note)), Lang: "nl",
	}
}

// The coördinator fetches the pack of a half-year from his own window, as a page,
// a table and the file that can be joined: masked, each once, with a line in the
// journal. What was shown stays so, and the window says which half-years there
// are.
func TestFiguresAreFetched(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	for range 3 {
		b.report("medewerker-1", said{"form": "labour"})
	}
	b.clock.on(60 * 24 * time.Hour) // January
	boss := b.clerk("coordinator")
	exact := boss.does(typed(b.message(boss.id), "cijfers")).Form
	if exact == nil || !strings.Contains(answered(boss.last), "Alle signalen: 3") || exact.Submit != "" {
		t.Fatalf("the exact figures read %s", answered(boss.last))
	}
	boss.chooses("share")
	if got := boss.form.Fields[0].Options; len(got) != 1 || got[0] != (adapters.Option{Value: "2026-2", Label: "1 januari 2025 tot en met 31 december 2026"}) {
		t.Fatalf("the half-years are %v", got)
	}
	for kind, want := range map[string]struct{ name, kind, holds string }{
		"page":  {"cijfers-2026-2.html", "text/html; charset=utf-8", "<svg"},
		"table": {"cijfers-2026-2.csv", "text/csv; charset=utf-8", "form;labour;"},
		"merge": {"cijfers-2026-2.json", "application/json", `"municipalities"`},
	} {
		boss.sharing()
		boss.fills("half", "2026-2", "what", kind)
		if v := boss.form.Fields[1].Value; len(v) != 1 || v[0].Reveal() != kind {
			t.Errorf("%s: what was chosen is gone", kind)
		}
		claim := boss.linked()
		f, err := b.fetch(claim)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		body := f.Body.Reveal()
		if f.Name != want.name || f.Type != want.kind || !strings.Contains(body, want.holds) {
			t.Errorf("%s: got %s of type %s", kind, f.Name, f.Type)
		}
		if kind == "merge" {
			if p, err := figures.ReadPack(bytes.NewReader([]byte(body))); err != nil || p.Total.String() != "0-4" || p.Row("form", "labour").String() != "0-4" {
				t.Errorf("the pack is not masked: %v %v", p.Total, err)
			}
		}
		if _, err := b.fetch(claim); err != adapters.ErrNoFile {
			t.Errorf("%s: fetched twice: %v", kind, err)
		}
	}
	for line, want := range map[string]int{"file.offered ok": 3, "file.fetched ok": 3, "figures.shown ok": 1} {
		if got := b.lines(line); got != want {
			t.Errorf("%d lines %q, want %d", got, line, want)
		}
	}
	b.clock.on(365 * 24 * time.Hour)
	if got := boss.sharing().Fields[0].Options; len(got) != 3 || got[0].Value != "2027-2" || got[2].Value != "2026-2" {
		t.Errorf("a year later the half-years are %v", got)
	}
	newest := boss.form.Fields[0].Options[0].Value
	boss.fills("half", newest, "what", "page")
	boss.linked()
	if got := boss.sharing().Fields[0].Options; len(got) != 2 || got[0].Value != newest || got[1].Value != "2026-2" {
		t.Errorf("of what can no longer be made, this is offered: %v", got)
	}
}

// The charts come in the channel once, however often and by whomever they are
// asked for; not in a channel where others read, which is told; and in words
// where the chat shows no pictures.
func TestFiguresInTheChannel(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	boss := b.clerk("coordinator")
	b.r.room.become(func(r adapters.Room) (adapters.Room, error) {
		r.Members = append(r.Members, adapters.Member{Address: adapters.NewAddress("web", "gast"), Guest: true})
		return r, nil
	})
	boss.sharing()
	if a := boss.fills("half", "2026-1", "what", "charts"); a.Errors[""] != "Ik zet nu niets in het kanaal. Er zit een gast in het kanaal." || len(b.chat.at(deskChannel)) != 0 {
		t.Errorf("with a guest: %s", answered(a))
	}
	b.r.room.become(nil)
	for range 2 {
		boss.sharing()
		if a := boss.fills("half", "2026-1", "what", "charts"); a.Notice != "De grafieken staan in het kanaal." || a.Form != nil {
			t.Errorf("got %s", answered(a))
		}
	}
	got := b.chat.at(deskChannel)
	if len(got) != 4 || !strings.HasPrefix(got[0].Text, "**De cijfers van 1 juli 2024 tot en met 30 juni 2026**\n\nKleine aantallen") || !strings.Contains(got[0].Text, "[Vorm van uitbuiting. Gedwongen seks of sekswerk: 0 tot en met 4.") {
		t.Fatalf("the channel shows %+v", got)
	}
	if n := b.lines("figures.posted ok"); n != 2 {
		t.Errorf("%d lines", n)
	}
	plain := openBureau(t)
	plain.r.pictured, plain.r.paged = false, false
	plain.r.wire()
	boss = plain.clerk("coordinator")
	if f := boss.sharing(); len(f.Fields[1].Options) != 1 || !strings.Contains(f.Intro, "Ik kan je hier geen bestand geven.") {
		t.Errorf("without a page: %s", answered(boss.last))
	}
	boss.fills("half", "2026-1", "what", "charts")
	got = plain.chat.at(deskChannel)
	if len(got) != 1 || strings.Count(got[0].Text, "0 tot en met 4") < 10 || !strings.Contains(got[0].Text, "\n\nLeeftijd. ") {
		t.Errorf("without pictures the channel reads %+v", got)
	}
}

// Only the coördinator does any of it, with rights that are looked at anew at
// each act; and what cannot be is told in words.
func TestFiguresAreForTheCoordinator(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	boss, other := b.clerk("coordinator"), b.clerk("aandachtsfunctionaris-1")
	form := boss.sharing()
	for i, m := range []adapters.Message{
		typed(b.message(other.id), "cijfers"), pressed(b.message(other.id), "desk-figures"), filled(b.message(other.id), form, "", "half", "2026-1", "what", "charts"),
	} {
		if a := other.does(m); a.Form != nil || a.Notice != "Niet gevonden." {
			t.Errorf("%d: an officer reads %s", i, answered(a))
		}
	}
	b.clock.on(31 * time.Minute)
	if a := boss.does(filled(b.message(boss.id), form, "", "half", "2026-1", "what", "page")); a.Form != nil || a.Notice != "Niet gevonden." {
		t.Errorf("with an old form: %s", answered(a))
	}
	form = boss.sharing()
	boss.fills("half", "2026-1", "what", "page")
	claim := boss.linked()
	for i, kv := range [][]string{{"half", "2025-2", "what", "page"}, {"half", "2026-2", "what", "page"}, {"half", "2026-1", "what", "exact"}, {"half", "2026-1"}, {}} {
		if a := boss.does(filled(b.message(boss.id), form, "", kv...)); a.Errors[""] != "Kies een antwoord uit de lijst." {
			t.Errorf("%d is taken: %s", i, answered(a))
		}
	}
	claims := map[string]adapters.Claim{"another": claim, "a wrong code": claim}
	c := claims["another"]
	c.From = adapters.NewAddress("web", "aandachtsfunctionaris-1")
	claims["another"] = c
	c = claims["a wrong code"]
	c.Code = private.New("AAA AAA")
	claims["a wrong code"] = c
	for what, c := range claims {
		if _, err := b.fetch(c); err != adapters.ErrNoFile {
			t.Errorf("%s: %v", what, err)
		}
	}
	b.r.config.Roles.Coordinators = append(b.r.config.Roles.Coordinators, config.Person{Person: second, Name: "Nog een"})
	b.r.wire()
	if a := b.clerk("aandachtsfunctionaris-2").does(filled(b.message("aandachtsfunctionaris-2"), form, "", "half", "2026-1", "what", "charts")); a.Notice != "Niet gevonden." {
		t.Errorf("with the form of another coördinator: %s", answered(a))
	}
	b.r.room.become(func(r adapters.Room) (adapters.Room, error) {
		r.Members = slices.DeleteFunc(r.Members, func(m adapters.Member) bool { return m.Address.Key() == coordinator })
		return r, nil
	})
	if a := boss.does(filled(b.message(boss.id), form, "", "half", "2026-1", "what", "charts")); a.Notice != "Niet gevonden." {
		t.Errorf("who left the channel reads %s", answered(a))
	}
	if _, err := b.fetch(claim); err != adapters.ErrNoFile {
		t.Errorf("who left the channel fetches: %v", err)
	}
	if n := len(b.chat.at(deskChannel)); n != 0 {
		t.Errorf("%d posts in the channel", n)
	}
	b.r.room.become(nil)
	if _, err := b.fetch(claim); err != nil {
		t.Errorf("the link was used up by who could not use it: %v", err)
	}
}

// A half-year for which no pack can be made is told in words.
func TestFiguresThatCannotBe(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	boss := b.clerk("coordinator")
	boss.sharing()
	boss.fills("half", "2026-1", "what", "page")
	b.r.config.Figures.Step = 6
	b.r.wire()
	b.clock.on(60 * 24 * time.Hour) // January
	boss.sharing()
	const why = "De stap is veranderd. Dat kan pas als het eerste halfjaar uit het venster is."
	if a := boss.fills("half", "2026-2", "what", "table"); a.Errors[""] != why {
		t.Errorf("got %s", answered(a))
	}
	if _, _, err := b.r.meeting(t.Context(), "2026-2", "nl"); !errors.Is(err, copen.Told(why)) {
		t.Errorf("for the Copen meeting: %v", err)
	}
}

// How many people of a team were trained is entered as a number, changed by
// entering it again, and shown to the coördinator alone.
func TestTraining(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	boss := b.clerk("coordinator")
	boss.does(typed(b.message(boss.id), "cijfers"))
	boss.chooses("trained")
	form := boss.form
	if got := form.Fields[0].Options; len(got) != 2 || got[0].Value != "2026-2" || got[1].Value != "2026-1" {
		t.Fatalf("got %v", got)
	}
	for _, n := range []string{"", "-1", "2.5", "Jan en Piet", "10001", "9999999999999999999999"} {
		if a := boss.does(filled(b.message(boss.id), form, "", "halfyear", "2026-2", "team", "kcc", "trained", n)); len(a.Errors) != 1 || a.Form != nil {
			t.Errorf("%q is taken: %s", n, answered(a))
		}
	}
	boss.does(typed(b.message(boss.id), "cijfers"))
	boss.chooses("trained")
	form = boss.form
	for _, x := range [][]string{{"2025-2", "kcc"}, {"2026-2", "weg"}} {
		if a := boss.does(filled(b.message(boss.id), form, "", "halfyear", x[0], "team", x[1], "trained", "3")); len(a.Errors) != 1 {
			t.Errorf("%v is taken: %s", x, answered(a))
		}
	}
	boss.form = form
	boss.fills("halfyear", "2026-1", "team", "kcc", "trained", "4")
	boss.fills("halfyear", "2026-2", "team", "kcc", "trained", "9")
	if a := boss.fills("halfyear", "2026-2", "team", "kcc", "trained", "3"); a.Notice != "Opgeslagen." || !strings.Contains(answered(a), "KCC: 3\n1 januari 2026 tot en met 30 juni 2026: \nKCC: 4") {
		t.Errorf("got %s", answered(a))
	}
	if v := boss.form.Fields[0].Value; len(v) != 1 || v[0].Reveal() != "2026-2" {
		t.Error("the half-year has to be chosen anew")
	}
	if a := boss.does(typed(b.message(boss.id), "cijfers")); !strings.Contains(answered(a), "Getraind per team: \nKCC: 7") {
		t.Errorf("the exact figures read %s", answered(a))
	}
	boss.chooses("share")
	boss.fills("half", "2026-1", "what", "page")
	if f, err := b.fetch(boss.linked()); err != nil || strings.Contains(f.Body.Reveal(), "etraind") {
		t.Errorf("it is in the pack (%v)", err)
	}
	if n := b.lines("figures.entered ok"); n != 3 {
		t.Errorf("%d lines", n)
	}
	other := b.clerk("aandachtsfunctionaris-1")
	if a := other.does(filled(b.message(other.id), form, "", "halfyear", "2026-2", "team", "kcc", "trained", "1")); a.Notice != "Niet gevonden." {
		t.Errorf("an officer enters it: %s", answered(a))
	}
}
