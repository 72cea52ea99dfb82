package intake_test

import (
	"slices"
	"testing"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
)

// filled is a report with an answer to everything, ready to be sent.
func filled(t *testing.T, f *flows.Flow, about ...flows.Row) flows.State {
	t.Helper()
	s := intake.Report(flows.State{})
	rows := append([]flows.Row{
		row("what", "Verhaal", "when", "today", "seen", "external", "source", "Bron", "street", "Testweg", "number", "1", "postcode", "3441AB", "town", "Woerden", "place", "Schuur"),
		row("form", "other"),
		row("travel", "debts"),
		row("name", "Test", "looks", "lang"),
		row("more", "no"),
		row("organisation", "Bedrijf", "kvk", "12345678", "plate", "AB-12-CD", "phone", "0348 428911", "handle", "@test", "branch", "hotel"),
		row("housing", "yes"),
		row("urgency", "normal", "risk", "Baas"),
	}, about...)
	for _, r := range rows {
		next, _, problems := f.Answer(s, r)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", f.At(s).ID, problems)
		}
		s = next
	}
	if got := f.At(s).ID; got != "review" {
		t.Fatalf("at %s, want review", got)
	}
	return s
}

// What a reporter answered stands in the report, and what is the reporter's own
// (D5) stands in the source only: exactly the questions marked Source.
func TestReadKeepsTheReporterApart(t *testing.T) {
	t.Parallel()
	f := intake.Build(woerden())
	s := filled(t, &f, row("department", "boa", "teamlead", "yes", "involved", "colleague", "contact", "phone", "callback", "0348 428912", "time", "Ochtend"), row("who", "Collega"))
	r, src := intake.Read(&f, s)
	if src.Name.Reveal() != "Bron" || src.Way != "phone" || src.Phone.Reveal() != "0348 428912" || src.Time.Reveal() != "Ochtend" {
		t.Error("the source is not what was answered")
	}
	b, err := private.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range f.Steps {
		for _, q := range st.Questions {
			rows := s.Answers[st.ID]
			if len(rows) == 0 || q.Kind == flows.One || q.Kind == flows.Many {
				continue
			}
			for _, val := range rows[0][q.ID] {
				in := slices.Contains(quoted(b), val.Reveal())
				if in == q.Source {
					t.Errorf("%s.%s: in the report %v, marked as the reporter's own %v", st.ID, q.ID, in, q.Source)
				}
			}
		}
	}
}

// quoted are the strings in JSON.
func quoted(b []byte) []string {
	var out []string
	for len(b) > 0 {
		from := slices.Index(b, '"')
		if from < 0 {
			break
		}
		n := slices.Index(b[from+1:], '"')
		out = append(out, string(b[from+1:from+1+n]))
		b = b[from+n+2:]
	}
	return out
}

// Officers who are named as involved are left out; all of them when the
// reporter does not know which; nobody once that answer is taken back.
func TestLeaveOut(t *testing.T) {
	t.Parallel()
	f := intake.Build(woerden())
	about := row("department", "boa", "involved", "officer", "contact", "chat")
	for answer, want := range map[string][]string{"web:a2": {"web:a2"}, flows.Unknown: {"web:a1", "web:a2"}} {
		s := filled(t, &f, about, row("officers", answer))
		if r, _ := intake.Read(&f, s); !slices.Equal(r.LeaveOut, want) || r.Involved != "officer" {
			t.Errorf("%s: left out %v, want %v", answer, r.LeaveOut, want)
		}
		s, err := f.Goto(s, "about", 0)
		if err != nil {
			t.Fatal(err)
		}
		s, _, _ = f.Answer(s, row("department", "boa", "involved", "no", "contact", "chat"))
		if r, _ := intake.Read(&f, s); len(r.LeaveOut) != 0 {
			t.Errorf("left out %v after it was taken back", r.LeaveOut)
		}
	}
}

// SPOED halfway keeps what was answered: the acute words come first, the rest
// follows, and one who is involved stays left out.
func TestDangerHalfway(t *testing.T) {
	t.Parallel()
	f := intake.Build(woerden())
	s := filled(t, &f, row("department", "boa", "involved", "officer", "contact", "chat"), row("officers", "web:a1"))
	s = intake.Danger(s)
	if got := f.At(s).ID; got != "acute" {
		t.Fatalf("at %s, want acute", got)
	}
	s, res, _ := f.Answer(s, row("where", "Station", "what", "Nu"))
	r, _ := intake.Read(&f, s)
	if res.End != flows.File || !r.Acute || r.Urgency != flows.Acute || r.What.Reveal() != "Nu\n\nVerhaal" ||
		r.Place.Description.Reveal() != "Station\n\nSchuur" || !slices.Equal(r.LeaveOut, []string{"web:a1"}) {
		t.Error("the acute report is not what was answered")
	}
}

// An urgency that the reporter does not know is not taken for one that can
// wait; an age that was not given is unknown.
func TestUnknownIsNotHarmless(t *testing.T) {
	t.Parallel()
	f := intake.Build(woerden())
	s := filled(t, &f, row("department", "boa", "involved", "no", "contact", "chat"))
	s, _ = f.Goto(s, "urgency", 0)
	s, _, _ = f.Answer(s, row("urgency", flows.Unknown))
	if r, _ := intake.Read(&f, s); r.Urgency != flows.Soon || r.Persons[0].Age != flows.Unknown {
		t.Errorf("urgency %q, age %q", r.Urgency, r.Persons[0].Age)
	}
}

// Housing is asked where it can matter, and only there; the half of a sign that
// is about sex work only with that form; the likely group comes first.
func TestWhatIsAskedWhen(t *testing.T) {
	t.Parallel()
	f := intake.Build(woerden())
	for _, c := range []struct {
		form, sign string
		housing    bool
		first      string
		sexual     bool
	}{
		{"labour", "debts", true, "travel", false},
		{flows.Unknown, "debts", true, "person", false},
		{"other", "debts", true, "person", false},
		{"sexual", "debts", false, "home", true},
		{"sexual", "lives_at_work", true, "home", true},
		{"criminal", "debts", false, "home", false},
		{"prostitution", "debts", false, "person", false},
	} {
		s := intake.Report(flows.State{})
		for _, r := range []flows.Row{row("what", "x", "when", "today", "seen", "self"), row("form", c.form)} {
			s, _, _ = f.Answer(s, r)
		}
		signs := f.At(s)
		person, _ := signs.Question("person")
		if _, ok := person.Option("work_complaints_sexual"); ok != c.sexual || signs.Questions[0].ID != c.first {
			t.Errorf("%s: first %s, sexual half %v", c.form, signs.Questions[0].ID, ok)
		}
		for _, r := range []flows.Row{row("travel", c.sign), {}, {}} {
			s, _, _ = f.Answer(s, r)
		}
		if got := f.At(s).ID == "housing"; got != c.housing {
			t.Errorf("%s and %s: at %s", c.form, c.sign, f.At(s).ID)
		}
	}
}

// Only somebody who answered nothing of a report is still choosing.
func TestChoosing(t *testing.T) {
	t.Parallel()
	f := intake.Build(woerden())
	doubt, _, _ := f.Answer(flows.State{}, row("start", "doubt"))
	onward, _, _ := f.Answer(doubt, row("go", "report"))
	for _, c := range []struct {
		s    flows.State
		want bool
	}{{flows.State{}, true}, {doubt, true}, {onward, false}, {intake.Report(doubt), false}, {intake.Danger(doubt), false}} {
		if got := intake.Choosing(c.s); got != c.want {
			t.Errorf("at %s: got %v", f.At(c.s).ID, got)
		}
	}
	if got := f.At(intake.Report(doubt)).ID; got != "what" {
		t.Errorf("reporting begins at %s", got)
	}
}

// The small flows say what was answered.
func TestSmallFlows(t *testing.T) {
	t.Parallel()
	add := intake.Addition(woerden())
	s, res, problems := add.Answer(flows.State{}, row("what", "Meer", "aware", "no"))
	if text, aware := intake.ReadAddition(s); res.End != flows.File || len(problems) > 0 || text.Reveal() != "Meer" || aware != "no" {
		t.Errorf("addition: end %q, aware %q, %v", res.End, aware, problems)
	}
	called := intake.Called()
	s, _, _ = called.Answer(flows.State{}, row("called", "no"))
	if got := intake.ReadCalled(s); got != "no" {
		t.Errorf("called: %q", got)
	}
	withdraw := intake.Withdraw()
	for answer, want := range map[string]flows.End{"yes": flows.File, "no": flows.Erase} {
		if _, res, _ := withdraw.Answer(flows.State{}, row("withdraw", answer)); res.End != want {
			t.Errorf("withdraw %s: %q", answer, res.End)
		}
	}
}
