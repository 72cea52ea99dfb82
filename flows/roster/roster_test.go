package roster_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/meldroute/meldroute/flows/roster"
)

const today = "2026-11-25" // a Wednesday

// after applies acts that must all be taken.
func after(t *testing.T, acts ...roster.Act) roster.Roster {
	t.Helper()
	var r roster.Roster
	for _, a := range acts {
		var err error
		if r, err = roster.Apply(r, a, today); err != nil {
			t.Fatalf("%T %+v: %v", a, a, err)
		}
	}
	return r
}

// The chain of substitutes is followed on the days of each absence, both ends
// included, to who is there or to nobody.
func TestChain(t *testing.T) {
	t.Parallel()
	r := after(t,
		roster.Absence{Person: "anne", Substitute: "bert", From: "2026-11-20", Until: "2026-11-30"},
		roster.Absence{Person: "bert", Substitute: "cees", From: "2026-11-30"},
		roster.Absence{Person: "cees", From: "2027-01-01"},
		roster.Absence{Person: "anne", Substitute: "bert", From: "2027-01-01", Until: "2027-01-01"},
	)
	for _, c := range []struct{ person, day, want string }{
		{"anne", "2026-11-19", "anne"}, {"anne", "2026-11-20", "bert"}, {"anne", "2026-11-30", "cees"}, {"anne", "2026-12-01", "anne"},
		{"bert", "2026-11-29", "bert"}, {"bert", "2026-12-31", "cees"}, {"anne", "2027-01-01", ""}, {"bert", "2027-06-01", ""},
		{"dirk", "2027-01-01", "dirk"}, {"", "2026-11-25", ""},
	} {
		got, ok := r.For(c.person, c.day)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("for %q on %s: got %q %v, want %q", c.person, c.day, got, ok, c.want)
		}
	}
}

// Whoever has the week is on duty from Monday to Sunday, or who stands in for
// him.
func TestDuty(t *testing.T) {
	t.Parallel()
	r := after(t,
		roster.Week{Monday: "2026-11-23", Person: "anne"}, roster.Week{Monday: "2026-11-30", Person: "anne"},
		roster.Week{Monday: "2026-11-30", Person: "bert"}, roster.Week{Monday: "2026-12-07", Person: "bert"}, roster.Week{Monday: "2026-12-07"},
		roster.Absence{Person: "anne", Substitute: "cees", From: "2026-11-27"},
	)
	for day, want := range map[string]string{
		"2026-11-22": "", "2026-11-23": "anne", "2026-11-26": "anne", "2026-11-29": "cees", "2026-11-30": "bert", "2026-12-06": "bert", "2026-12-07": "",
	} {
		if got := r.OnDuty(day); got != want {
			t.Errorf("on %s: got %q, want %q", day, got, want)
		}
	}
	if got := r.Planned("2026-11-29"); got != "anne" {
		t.Errorf("planned: got %q", got)
	}
	if len(r.Absent("2026-11-26")) != 0 || len(r.Absent("2026-11-27")) != 1 {
		t.Error("who is absent is wrong")
	}
}

// A return ends an absence the day before, and takes one that has not begun
// away.
func TestReturn(t *testing.T) {
	t.Parallel()
	r := after(t, roster.Absence{Person: "anne", Substitute: "bert", From: "2026-11-20"}, roster.Return{Person: "anne", From: "2026-11-20"},
		roster.Absence{Person: "bert", From: "2026-12-01"}, roster.Return{Person: "bert", From: "2026-12-01"},
		roster.Absence{Person: "cees", From: today}, roster.Return{Person: "cees", From: today})
	want := []roster.Absence{{Person: "anne", Substitute: "bert", From: "2026-11-20", Until: "2026-11-24"}}
	if !slices.Equal(r.Absences, want) {
		t.Errorf("got %+v, want %+v", r.Absences, want)
	}
}

// Whoever leaves is followed by his successor wherever he stood in, never so
// that somebody stands in for himself; he can come back.
func TestLeave(t *testing.T) {
	t.Parallel()
	r := after(t,
		roster.Absence{Person: "bert", Substitute: "anne", From: "2026-11-20"}, // her successor: nobody is left
		roster.Absence{Person: "cees", Substitute: "anne", From: "2026-11-20"},
		roster.Absence{Person: "anne", Substitute: "dirk", From: "2026-12-20"},
		roster.Week{Monday: "2026-11-30", Person: "anne"},
		roster.Leave{Person: "anne", To: "bert", Day: today},
	)
	if !r.Left("anne") || r.Left("bert") || len(r.Weeks) != 0 {
		t.Errorf("got %+v", r)
	}
	for _, p := range []string{"anne", "bert", "cees"} {
		if got, ok := r.For(p, today); ok {
			t.Errorf("for %s: got %q", p, got)
		}
	}
	r, err := roster.Apply(r, roster.Return{Person: "bert", From: "2026-11-20"}, today)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"anne", "cees"} {
		if got, _ := r.For(p, today); got != "bert" {
			t.Errorf("for %s: got %q", p, got)
		}
	}
	if r, err = roster.Apply(r, roster.Leave{Person: "bert", To: "dirk", Day: today}, today); err != nil {
		t.Fatal(err)
	}
	if got, _ := r.For("anne", today); got != "dirk" {
		t.Errorf("after two left: got %q", got)
	}
	if r, err = roster.Apply(r, roster.Rejoin{Person: "anne"}, today); err != nil || r.Left("anne") {
		t.Errorf("came back: %v", err)
	}
}

// Hours count by person and year; the same day and work is replaced, advice is
// added, and what is two years old is forgotten.
func TestHours(t *testing.T) {
	t.Parallel()
	r := after(t,
		roster.Hours{Person: "anne", Day: "2026-01-01", Minutes: 600, Work: "meeting"}, roster.Hours{Person: "anne", Day: "2026-01-01", Minutes: 60, Work: "meeting"},
		roster.Hours{Person: "anne", Day: today, Minutes: 30, Work: "training"}, roster.Hours{Person: "anne", Day: today, Work: "training"},
		roster.Advised{Person: "anne", Minutes: 10, Subject: "signs"}, roster.Advised{Person: "anne", Minutes: 5, Subject: "talk"},
		roster.Hours{Person: "bert", Day: today, Minutes: 90, Work: "policy"}, roster.Worked{Person: "anne", Minutes: 20}, roster.Worked{Person: "anne", Minutes: 15},
	)
	if got := r.Spent(2026); got["anne"] != (roster.Spent{Role: 75, Cases: 35}) || got["bert"] != (roster.Spent{Role: 90}) || len(got) != 2 {
		t.Errorf("got %v", got)
	}
	for day, want := range map[string]int{"2027-12-31": 75, "2028-01-01": 0} {
		next, err := roster.Apply(r, roster.Week{Monday: "2028-01-03", Person: "anne"}, day)
		if err != nil || next.Spent(2026)["anne"].Role != want {
			t.Errorf("on %s: got %v %v, want %d", day, next.Spent(2026), err, want)
		}
	}
}

// What cannot be is refused, with a text of the catalogs.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := after(t,
		roster.Absence{Person: "anne", Substitute: "bert", From: "2026-11-20", Until: "2026-12-10"}, roster.Absence{Person: "bert", Substitute: "cees", From: "2026-12-01"},
		roster.Absence{Person: "fred", From: "2026-11-01", Until: "2026-11-02"}, roster.Leave{Person: "ella", Day: today},
	)
	for _, c := range []struct {
		act  roster.Act
		want string
	}{
		{roster.Absence{From: today}, "person"}, {roster.Absence{Person: "ella", From: today}, "person"},
		{roster.Absence{Person: "cees", From: "gisteren"}, "day"}, {roster.Absence{Person: "cees", From: today, Until: "2026-02-30"}, "day"},
		{roster.Absence{Person: "cees", From: today, Until: "2026-11-24"}, "backwards"},
		{roster.Absence{Person: "cees", Substitute: "cees", From: today}, "self"}, {roster.Absence{Person: "cees", Substitute: "ella", From: today}, "gone"},
		{roster.Absence{Person: "anne", From: "2026-12-10"}, "overlap"}, {roster.Absence{Person: "anne", From: "2026-11-01", Until: "2026-11-20"}, "overlap"},
		{roster.Absence{Person: "cees", Substitute: "anne", From: "2026-12-10"}, "circle"}, {roster.Absence{Person: "cees", Substitute: "bert", From: today}, "circle"},
		{roster.Return{Person: "anne", From: today}, "absence"}, {roster.Return{Person: "fred", From: "2026-11-01"}, "absence"},
		{roster.Week{Monday: "2026-11-24", Person: "anne"}, "week"}, {roster.Week{Monday: "2026-11-16", Person: "anne"}, "week"}, {roster.Week{Person: "anne"}, "week"},
		{roster.Week{Monday: "2026-11-30", Person: "ella"}, "gone"},
		{roster.Leave{Person: "ella", Day: today}, "person"}, {roster.Leave{Person: "anne", To: "anne", Day: today}, "self"},
		{roster.Leave{Person: "anne", To: "ella", Day: today}, "gone"}, {roster.Leave{Person: "anne", Day: "nu"}, "day"}, {roster.Rejoin{Person: "anne"}, "person"},
		{roster.Hours{Person: "ella", Day: today, Minutes: 1, Work: "meeting"}, "person"}, {roster.Hours{Person: "anne", Day: "2026-11-26", Minutes: 1, Work: "meeting"}, "past"},
		{roster.Hours{Person: "anne", Day: "2025-12-31", Minutes: 1, Work: "meeting"}, "past"}, {roster.Hours{Person: "anne", Day: "x", Minutes: 1, Work: "meeting"}, "past"},
		{roster.Hours{Person: "anne", Day: today, Minutes: -1, Work: "meeting"}, "minutes"}, {roster.Hours{Person: "anne", Day: today, Minutes: 1441, Work: "meeting"}, "minutes"},
		{roster.Hours{Person: "anne", Day: today, Minutes: 1, Work: "rest"}, "work"},
		{roster.Worked{Person: "anne"}, "minutes"}, {roster.Worked{Person: "anne", Minutes: 1441}, "minutes"}, {roster.Worked{Person: "ella", Minutes: 1}, "person"},
		{roster.Advised{Person: "anne", Subject: "signs"}, "minutes"}, {roster.Advised{Person: "anne", Minutes: 1, Subject: "x"}, "subject"},
	} {
		next, err := roster.Apply(r, c.act, today)
		var no *roster.Refusal
		if !errors.As(err, &no) || no.Text.ID != "roster.refuse."+c.want || len(next.Absences) != len(r.Absences) {
			t.Errorf("%T %+v: got %v, want %s", c.act, c.act, err, c.want)
		}
	}
	// The chain of others ends where theirs does: no circle on these days.
	for _, a := range []roster.Act{
		roster.Absence{Person: "cees", Substitute: "anne", From: "2026-12-11"}, roster.Absence{Person: "cees", Substitute: "bert", From: "2026-11-01", Until: "2026-11-30"},
	} {
		if err := roster.May(r, a, today); err != nil {
			t.Errorf("%+v: %v", a, err)
		}
	}
}

// The catalogs hold exactly the texts that the package names.
func TestTextsExist(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"nl", "en"} {
		b, err := os.ReadFile("../../config/texts/roster." + lang + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(string(b)) {
			if id, _, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(id, "roster.") {
				got = append(got, id)
			}
		}
		want := roster.TextIDs()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", lang, got, want)
		}
	}
}

// Whatever acts are tried in whatever order: nobody's chain goes round, it ends
// at somebody who is there or at nobody, and nobody who left is reached.
func TestRosterProperties(t *testing.T) {
	t.Parallel()
	people := []string{"anne", "bert", "cees", "dirk", "ella"}
	rapid.Check(t, func(t *rapid.T) {
		person := func() string { return rapid.SampledFrom(people).Draw(t, "person") }
		maybe := func() string { return rapid.SampledFrom(append(people, "")).Draw(t, "maybe") }
		day := func() string {
			return time.Date(2026, 11, rapid.IntRange(1, 40).Draw(t, "day"), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		}
		var r roster.Roster
		for range rapid.IntRange(1, 40).Draw(t, "acts") {
			var a roster.Act
			switch rapid.IntRange(0, 9).Draw(t, "act") {
			case 0, 1, 2, 3, 4:
				x := roster.Absence{Person: person(), Substitute: maybe(), From: day()}
				if rapid.Bool().Draw(t, "ends") {
					x.Until = day()
				}
				a = x
			case 5:
				x := roster.Return{Person: person(), From: day()}
				if len(r.Absences) > 0 {
					b := rapid.SampledFrom(r.Absences).Draw(t, "absence")
					x = roster.Return{Person: b.Person, From: b.From}
				}
				a = x
			case 6, 7:
				a = roster.Week{Monday: roster.Monday(day()), Person: maybe()}
			case 8:
				a = roster.Leave{Person: person(), To: maybe(), Day: day()}
			case 9:
				a = roster.Rejoin{Person: person()}
			}
			before := fmt.Sprint(r)
			next, err := roster.Apply(r, a, day())
			if fmt.Sprint(r) != before {
				t.Fatalf("%T changed the roster it was given", a)
			}
			r = next
			if err == nil {
				sound(t, r, people)
			}
		}
	})
}

func sound(t *rapid.T, r roster.Roster, people []string) {
	for n := range 50 {
		day := time.Date(2026, 10, 25+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		for _, p := range people {
			seen := map[string]bool{}
			for at := p; at != ""; {
				if seen[at] {
					t.Fatalf("on %s the chain from %s goes round: %+v", day, p, r)
				}
				seen[at] = true
				next := ""
				for _, l := range r.Gone {
					if l.Person == at {
						next = l.To
					}
				}
				if a, ok := r.Away(at, day); ok && !r.Left(at) {
					next = a.Substitute
				}
				at = next
			}
			who, ok := r.For(p, day)
			if _, away := r.Away(who, day); ok && (away || r.Left(who) || !seen[who]) {
				t.Fatalf("on %s %s stands in for %s: %+v", day, who, p, r)
			}
		}
		if who := r.OnDuty(day); who != "" && r.Left(who) {
			t.Fatalf("on %s %s is on duty, who left", day, who)
		}
	}
}
