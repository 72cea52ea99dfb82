package intake_test

import (
	"bytes"
	"testing"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
)

// entered answers the flow of an officer who enters a signal, to its end.
func entered(t *testing.T, origin, about flows.Row) (*flows.Flow, flows.State) {
	t.Helper()
	f := intake.Enter(woerden())
	s := flows.State{}
	for _, r := range []flows.Row{
		origin,
		row("what", "Verhaal", "when", "week", "seen", "giver", "street", "Testweg"),
		row("form", "sexual"), row("home", "isolation"),
		row("capacity", "victim", "age", "minor"), row("more", "no"),
		row("organisation", "Bedrijf"), row("urgency", "soon"), about,
	} {
		next, _, problems := f.Answer(s, r)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", f.At(s).ID, problems)
		}
		s = next
	}
	if got := f.At(s).ID; got != "review" {
		t.Fatalf("at %s, want review", got)
	}
	_, res, _ := f.Answer(s, row("review", "send"))
	if res.End != flows.File {
		t.Errorf("the flow ends with %q", res.End)
	}
	return &f, s
}

// What an officer enters reads as the report that a reporter would have sent,
// with how it came in apart, and who gave it in the source and nowhere else.
func TestEntryReads(t *testing.T) {
	t.Parallel()
	f, s := entered(t, row("how", flows.ByPhone, "day", "2026-11-20", "giver", "Zeearend", "giverphone", "0348 428911"), row("team", "boa", "involved", "no"))
	r, src, e := intake.ReadEntry(f, s)
	if e.How != flows.ByPhone || e.Day != "2026-11-20" || e.Giver.Reveal() != "Zeearend" {
		t.Error("how it came in is not what was answered")
	}
	if src.Way != "phone" || src.Phone.Reveal() != "0348 428911" {
		t.Error("how to reach who gave it is not what was answered")
	}
	if r.What.Reveal() != "Verhaal" || r.Seen != "giver" || r.Department != "boa" || r.Urgency != flows.Soon || len(r.Persons) != 1 || r.Acute {
		t.Error("the report is not what was answered")
	}
	b, err := private.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, own := range []string{"Zeearend", "428911"} {
		if bytes.Contains(b, []byte(own)) {
			t.Errorf("the report holds %s, who gave it", own)
		}
	}
}

// Nobody has to give a name, and somebody from outside has no team.
func TestEntryWithoutAName(t *testing.T) {
	t.Parallel()
	f, s := entered(t, row("how", flows.OnPaper, "day", "2026-11-20"), row("involved", "unknown"))
	if r, src, e := intake.ReadEntry(f, s); !e.Giver.Empty() || src != (flows.Source{}) || r.Department != "" {
		t.Error("something is known of who gave it")
	}
}

// An officer is not asked what is the reporter's own, is not told of 112, and
// names who is involved as everybody does (D4).
func TestEntryAsksWhatMakesSense(t *testing.T) {
	t.Parallel()
	f := intake.Enter(woerden())
	for _, st := range f.Steps {
		for _, q := range st.Questions {
			switch q.ID {
			case "start", "contact", "callback", "time", "teamlead", "department":
				t.Errorf("step %s asks %s", st.ID, q.ID)
			}
		}
	}
	g, s := entered(t, row("how", flows.Running, "day", "2026-01-05"), row("involved", "no"))
	s, err := g.Goto(s, "about", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []flows.Row{row("involved", "officer"), row("officers", "web:a1")} {
		next, _, problems := g.Answer(s, r)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		s = next
	}
	if r, _, _ := intake.ReadEntry(g, s); len(r.LeaveOut) != 1 || r.LeaveOut[0] != "web:a1" {
		t.Error("the officer who is involved is not left out")
	}
}
