package flows_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
)

// A day that must be past is today or before, in this century; no other question
// is asked after it.
func TestNotYet(t *testing.T) {
	t.Parallel()
	st := flows.Step{Questions: []flows.Question{{ID: "day", Kind: flows.Date, Shape: flows.Past}, {ID: "other", Kind: flows.Date}}}
	for day, want := range map[string]string{"": "", "2026-11-25": "", "2000-01-01": "", "2026-11-26": "e.future", "1926-11-25": "e.date"} {
		got := st.NotYet(flows.Row{"day": private.List(day), "other": private.List("2099-01-01")}, "2026-11-25")
		if got["day"].Text.ID != want || len(got) > 1 {
			t.Errorf("%q: got %v, want %q", day, got, want)
		}
	}
}

// A number that passes the BSN's check is found however it is written, and
// numbers that merely resemble one are not (DOMAIN P2, P3).
func TestHasBSN(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"123456782":                          true,
		"111222333":                          true,
		"249566758":                          true,
		"123456789":                          false,
		"zij heeft 123 456 782 als nummer":   true,
		"123.45.67.82":                       true,
		"1234-56-782":                        true,
		"12 - 34 . 56 78 2":                  true,
		"nummer:123456782.":                  true,
		"１２３４５６７８２":                          true,
		"١٢٣٤٥٦٧٨٢":                          true,
		"𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟐":                          true,
		"123\u00a0456\u00a0782":              true,
		"123–456–782":                        true,
		"06-12345678 123456782":              true,
		"bel 0612345678 of 1234.56.782":      true,
		"1234567820":                         false,
		"12345678":                           false,
		"kvk 12345672":                       false,
		"bsn 12345672":                       true,
		"BSN: 1234 5672":                     true,
		"haar burgerservicenummer: 12345672": true,
		"sofinummer is 12345672":             true,
		"bsn 12345678":                       false, // not a BSN: the check fails
		"bsn is heel lang geleden gezegd, daarna 12345672": false,
		"+31 249566758":         false, // a phone number from abroad
		"+31 6 1234 5678":       false,
		"0031-249566758":        false,
		"0348 428911":           false,
		"123456782abc":          true,
		"123\n456782":           false,
		"NL91 ABNA 0417164300":  false,
		"op 12-03-2024 om 9.00": false,
		"":                      false,
	} {
		if got := flows.HasBSN(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// Postcodes are shown in one way; SA, SD and SS do not exist.
func TestReadPostcode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"3441AB": "3441 AB", "3441 ab": "3441 AB", " 3441  Ab ": "3441 AB", "3441SB": "3441 SB",
		"3441SA": "", "3441 sd": "", "3441SS": "", "0441AB": "", "3441A": "", "34411AB": "", "3441ABC": "", "": "",
	} {
		if got, ok := flows.ReadPostcode(in); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", in, got, ok, want)
		}
	}
}

func ask(q flows.Question) *flows.Flow {
	if q.Max == 0 && (q.Kind == flows.Line || q.Kind == flows.Area) {
		q.Max = 40
	}
	q.ID, q.Label = "q", flows.T("q")
	return &flows.Flow{Name: "x", Steps: []flows.Step{
		{ID: "s", Title: flows.T("s"), Questions: []flows.Question{q}},
		{ID: "end", Say: flows.T("end"), Questions: []flows.Question{{ID: "q", Kind: flows.One, Options: []flows.Option{{ID: "a", Label: flows.T("a"), End: flows.File}}}}},
	}}
}

// Text is cleaned and checked before it is kept: what is refused says which
// text, what is taken is kept as given here.
func TestAnswersInWords(t *testing.T) {
	t.Parallel()
	line, area := flows.Question{Kind: flows.Line}, flows.Question{Kind: flows.Area}
	shape := func(s flows.Shape) flows.Question { return flows.Question{Kind: flows.Line, Shape: s} }
	phone, date := flows.Question{Kind: flows.Phone}, flows.Question{Kind: flows.Date}
	for _, c := range []struct {
		q        flows.Question
		in, want string // want "!id" is a problem, "?id" a warning
	}{
		{line, "  a \t b  ", "a   b"},
		{line, "a\r\nb", "a b"},
		{area, "a\r\nb\rc\u2028d", "a\nb\nc\nd"},
		{line, "a\u200bb\u202ec\u0007d\ufeff", "abcd"},
		{line, "a\x00b", "!e.bytes"},
		{line, "a\xffb", "!e.bytes"},
		{line, "123\u200b456782", "!e.bsn"},
		{area, "zie 123456782", "!e.bsn"},
		{line, strings.Repeat("é", 40), strings.Repeat("é", 40)},
		{line, strings.Repeat("é", 41), "!e.toolong"},
		{line, strings.Repeat("x", 1<<20), "!e.toolong"},
		{line, " \u200b ", "!e.required"},
		{shape(flows.Postcode), "3441ab", "3441 AB"},
		{shape(flows.Postcode), "3441SS", "!e.postcode"},
		{line, "achter 3441SS", "achter 3441SS"},
		{shape(flows.KvK), "1234 56.78", "12345678"},
		{shape(flows.KvK), "1234567", "!e.kvk"},
		{shape(flows.KvK), "123456782", "!e.bsn"},
		{shape(flows.Plate), "AB-123-C", "AB-123-C"},
		{shape(flows.Plate), "een witte bus", "?w.plate"},
		{phone, "+31 (0)6 - 12345678", "+31 (0)6 - 12345678"},
		{phone, "bel maar", "!e.phone"},
		{phone, "12", "!e.phone"},
		{phone, "249566758", "!e.bsn"},
		{date, "2026-02-28", "2026-02-28"},
		{date, "2026-02-30", "!e.date"},
		{line, "geboren op 1-2-1990", "?w.birth"},
		{line, "geb. 03/04/2021", "?w.birth"},
		{line, "op 03-04-2024 gezien", "op 03-04-2024 gezien"},
		{line, "NL91 ABNA 0417 1643 00", "?w.iban"},
		{line, "nl91abna0417164300 en meer", "?w.iban"},
		{line, "NL91 ABNA 0417 1643 01", "NL91 ABNA 0417 1643 01"},
	} {
		f := ask(c.q)
		before := flows.State{}
		s, res, problems := f.Answer(before, flows.Row{"q": private.List(c.in)})
		got := ""
		switch {
		case len(problems) > 0:
			got = "!" + problems["q"].Text.ID
			if len(s.Answers) != 0 {
				t.Errorf("%.30q: refused, but kept", c.in)
			}
		case len(res.Warnings) > 0:
			got = "?" + res.Warnings[0].Text.ID
			if s.Answers["s"] == nil {
				t.Errorf("%.30q: warned, but not kept", c.in)
			}
		default:
			got = s.Answers["s"][0].First("q").Reveal()
		}
		if got != c.want {
			t.Errorf("%.30q as %s %s: got %.40q, want %.40q", c.in, c.q.Kind, c.q.Shape, got, c.want)
		}
	}
}

// FuzzAnswer: whatever is typed, what is kept is valid, visible, within its
// length and no BSN; cleaning it again changes nothing.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"x", "123456782", "a\x00", "\xff", "3441 ab", "NL91ABNA0417164300", "geb 1-2-1990", "\u202e١٢٣", "a\r\nb"} {
		f.Add(s)
	}
	flow := ask(flows.Question{Kind: flows.Area, Max: 200})
	f.Fuzz(func(t *testing.T, in string) {
		s, _, problems := flow.Answer(flows.State{}, flows.Row{"q": private.List(in)})
		if len(problems) > 0 {
			return
		}
		kept := s.Answers["s"][0].First("q").Reveal()
		if kept == "" || !utf8.ValidString(kept) || utf8.RuneCountInString(kept) > 200 || flows.HasBSN(kept) {
			t.Fatalf("kept %q", kept)
		}
		for _, r := range kept {
			if r != '\n' && unicode.Is(unicode.C, r) && !unicode.Is(unicode.Co, r) && unicode.In(r, unicode.Cc, unicode.Cf) {
				t.Fatalf("kept %U", r)
			}
		}
		again, _, _ := flow.Answer(flows.State{}, flows.Row{"q": private.List(kept)})
		if again.Answers["s"][0].First("q").Reveal() != kept {
			t.Fatal("cleaning is not done at once")
		}
	})
}
