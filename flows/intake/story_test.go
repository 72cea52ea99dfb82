package intake_test

import (
	"testing"

	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/flowtest"
	"github.com/meldroute/meldroute/flows/intake"
)

func play(t *testing.T, f flows.Flow, lang, file string) flows.State {
	t.Helper()
	p := flowtest.Player{Flow: f, Say: say(catalog(t, lang), lang), Words: words(t)}
	return p.Play(t, "testdata/"+file+".txt")
}

// The stories go as they are written down, and each reads as the report that
// its reporter meant.
func TestStories(t *testing.T) {
	t.Parallel()
	f := intake.Build(woerden())
	for _, story := range []struct {
		file, lang string
		want       func(r flows.Report, src flows.Source) bool
	}{
		{"normal", "nl", func(r flows.Report, src flows.Source) bool {
			return len(r.Persons) == 2 && r.Persons[0].Name.Reveal() == "Jan Testman" && r.Persons[1].Age == "unknown" &&
				r.Place.Postcode.Reveal() == "3441 AB" && r.Housing == "yes" && r.Things.KvK.Reveal() == "12345678" &&
				src.Way == "phone" && src.Phone.Reveal() == "06 12345678" && r.Urgency == flows.Soon && len(r.Indicators) == 3
		}},
		{"acute", "nl", func(r flows.Report, src flows.Source) bool {
			return r.Acute && r.Urgency == flows.Acute && r.Place.Description.Reveal() == "Testweg 1, Woerden" && src.Way == "chat"
		}},
		{"doubt", "nl", func(r flows.Report, _ flows.Source) bool { return r.What.Empty() }},
		{"change", "nl", func(r flows.Report, src flows.Source) bool {
			return r.Involved == "colleague" && len(r.LeaveOut) == 0 && src.Name.Reveal() == "Anna Bron" && r.Housing == "" &&
				r.InvolvedWho.Reveal() == "Team X" && len(r.Persons) == 0
		}},
		{"rows", "nl", func(r flows.Report, _ flows.Source) bool {
			return len(r.Persons) == 1 && r.Persons[0].Name.Reveal() == "B2" && r.Persons[0].Age == "minor"
		}},
		{"english", "en", func(r flows.Report, _ flows.Source) bool {
			return r.Urgency == flows.Normal && len(r.Indicators) == 1 && r.Forms[0] == "unknown" && r.Housing == "unknown"
		}},
	} {
		t.Run(story.file, func(t *testing.T) {
			t.Parallel()
			s := play(t, f, story.lang, story.file)
			if r, src := intake.Read(&f, s); !story.want(r, src) {
				t.Error("the report differs from the story")
			}
		})
	}
	if got := intake.ReadCalled(play(t, intake.Called(), "nl", "called")); got != "past" {
		t.Errorf("called: got %q, want past", got)
	}
}
