package flows_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/flows"
)

// words are the texts of the tests: a literal in both languages.
func words(x flows.Text) []string {
	switch x.ID {
	case "g.unknown":
		return []string{"Weet ik niet", "I do not know"}
	case "":
		return []string{x.NL, x.EN}
	}
	return []string{x.ID}
}

func opt(id, nl, en string, also ...string) flows.Option {
	return flows.Option{ID: id, Label: flows.Text{NL: nl, EN: en}, Also: also}
}

var (
	ages = flows.Question{ID: "age", Kind: flows.One, Options: []flows.Option{
		opt("minor", "Jonger dan 18", "Younger than 18"), opt("18_22", "18 tot en met 22", "18 to 22"),
		opt("23_plus", "23 of ouder", "23 or older"), {ID: flows.Unknown, Label: flows.T("g.unknown")}}}
	yesno = flows.Question{ID: "yn", Kind: flows.One, Options: []flows.Option{
		opt("yes", "Ja, wis alles", "Yes, erase all"), opt("no", "Nee, ga verder", "No, go on", "verder")}}
	signs = flows.Question{ID: "signs", Kind: flows.Many, Options: []flows.Option{
		opt("money", "Opeens veel geld of andere kleding", "Suddenly much money or other clothes"),
		opt("isolated", "Geïsoleerd en afhankelijk", "Isolated and dependent"),
		opt("school", "Slechter op school", "Worse at school"),
		opt("slang", "Slecht geslapen", "Slept badly"),
		{ID: "none", Label: flows.Text{NL: "Geen van deze", EN: "None of these"}, Alone: true}}}
	travel = flows.Question{ID: "travel", Kind: flows.Many, Optional: true, Options: []flows.Option{
		opt("debts", "Heeft schulden", "Has debts"), opt("pass", "Geen paspoort", "No passport")}}
)

// What can be typed: label, number, yes and no, several at once, in both
// languages; and what could mean two things is not taken.
func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		q     flows.Question
		typed string
		want  string // ids with a space between, "" is no match
	}{
		{ages, "jonger dan 18", "minor"},
		{ages, "  JONGER   DAN 18! ", "minor"},
		{ages, "jong", "minor"},
		{ages, "2", "18_22"},
		{ages, "2.", "18_22"},
		{ages, "nummer 3", "23_plus"},
		{ages, "18", "18_22"},
		{ages, "23", "23_plus"},
		{ages, "18 to 22", "18_22"},
		{ages, "weet ik niet", flows.Unknown},
		{ages, "I don't know", flows.Unknown},
		{ages, "geen idee", flows.Unknown},
		{ages, "5", ""},
		{ages, "0", ""},
		{ages, "1 en 2", ""},
		{ages, "", ""},
		{ages, "?", ""},
		{yesno, "ja", "yes"},
		{yesno, "YES", "yes"},
		{yesno, "n", "no"},
		{yesno, "verder", "no"},
		{yesno, "nee, ga", "no"},
		{yesno, "ja nee", ""},
		{signs, "geisoleerd en afhankelijk", "isolated"},
		{signs, "Geïsoleerd", "isolated"},
		{signs, "slecht", ""},
		{signs, "slechter", "school"},
		{signs, "1 en 3", "money school"},
		{signs, "1,3,4", "money school slang"},
		{signs, "3 1", "money school"},
		{signs, "1, 2 and 4", "money isolated slang"},
		{signs, "1+1", "money"},
		{signs, "1,9", ""},
		{signs, "1-3", ""},
		{signs, "opeens veel geld, slechter op school", "money school"},
		{signs, "geïsoleerd en afhankelijk, 1", "money isolated"},
		{signs, "geen", "none"},
		{signs, "5, 1", ""},
		{signs, strings.Repeat("1,", 5000), ""},
	} {
		got, ok := flows.Match(c.q, c.typed, words)
		if strings.Join(got, " ") != c.want || ok != (c.want != "") {
			t.Errorf("%.40q: got %v, %v, want %q", c.typed, got, ok, c.want)
		}
	}
}

// The options of several questions are numbered on, and "geen van deze" skips
// a step that may be skipped. Words for a form are never matched.
func TestMatchStep(t *testing.T) {
	t.Parallel()
	st := flows.Step{ID: "s", Skip: true, SkipLabel: flows.Text{NL: "Niets gezien", EN: "Saw nothing"},
		Questions: []flows.Question{{ID: "signs", Kind: flows.Many, Options: signs.Options[:4]}, travel}}
	for typed, want := range map[string]string{
		"1, 5":                  "money|debts",
		"6":                     "|pass",
		"schulden":              "",
		"heeft schulden":        "|debts",
		"geen paspoort":         "|pass",
		"slechter op school, 6": "school|pass",
		"weet ik niet":          "skip",
		"niets gezien":          "skip",
		"geen":                  "|pass", // the beginning of one label
		"7":                     "",
	} {
		row, ok := flows.MatchStep(st, typed, words)
		got := strings.Join(row.Strings("signs"), " ") + "|" + strings.Join(row.Strings("travel"), " ")
		switch {
		case !ok:
			got = ""
		case row.Skipped():
			got = "skip"
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
	st.Questions = append(st.Questions, flows.Question{ID: "what", Kind: flows.Area})
	if _, ok := flows.MatchStep(st, "1", words); ok {
		t.Error("a step that asks for words was matched")
	}
}

// FuzzMatch: a match is made of options, each once, in their order; one of One;
// never "Geen van deze" beside others; and the same in capitals.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{"1", "1 en 3", "ja", "geen", "1,4,9", "Opeens veel geld of andere kleding", "weet ik niet", "2)", "en en", ",,,", "１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for _, q := range []flows.Question{ages, yesno, signs} {
			got, ok := flows.Match(q, typed, words)
			if !ok {
				if got != nil {
					t.Fatal("values without a match")
				}
				continue
			}
			last := -1
			for _, id := range got {
				at := slices.IndexFunc(q.Options, func(o flows.Option) bool { return o.ID == id })
				if at <= last {
					t.Fatalf("%q: %v is not a list of options in order", typed, got)
				}
				last = at
			}
			if len(got) == 0 || (q.Kind == flows.One && len(got) > 1) || (len(got) > 1 && slices.Contains(got, "none")) {
				t.Fatalf("%q: %v", typed, got)
			}
			again, _ := flows.Match(q, "  "+typed+" ", words)
			if !slices.Equal(got, again) {
				t.Fatalf("%q: %v, and with space around it %v", typed, got, again)
			}
		}
	})
}

// A label that is the number of another option is never taken.
func TestMatchNeverGuesses(t *testing.T) {
	t.Parallel()
	q := flows.Question{ID: "q", Kind: flows.One, Options: []flows.Option{opt("a", "2", "two"), opt("b", "Drie", "three"), opt("c", "Drie", "3")}}
	for _, typed := range []string{"2", "drie"} {
		if got, ok := flows.Match(q, typed, words); ok {
			t.Errorf("%q could mean two things, got %v", typed, got)
		}
	}
	if got, _ := flows.Match(q, "3", words); !slices.Equal(got, []string{"c"}) {
		t.Errorf("3 is the number and the label of one option, got %v", got)
	}
}

// Every label matches its own option and nothing else.
func TestEveryLabelMatchesItself(t *testing.T) {
	t.Parallel()
	for _, q := range []flows.Question{ages, yesno, signs} {
		for _, o := range q.Options {
			for _, w := range words(o.Label) {
				if got, _ := flows.Match(q, strings.ToUpper(w), words); !slices.Equal(got, []string{o.ID}) {
					t.Errorf("%q: got %v, want %s", w, got, o.ID)
				}
			}
		}
	}
}
