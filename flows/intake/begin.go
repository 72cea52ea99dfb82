package intake

import (
	"maps"

	"github.com/meldroute/meldroute/flows"
)

// Danger answers the first question with [Nu gevaar], whatever was asked: the
// acute form comes next. "SPOED" does this at any turn; what was answered
// before is kept and filed with it.
func Danger(s flows.State) flows.State { return begin(s, "danger") }

// Report answers the first question with [Melden]: part 1, or the first part
// that is still open, comes next.
func Report(s flows.State) flows.State { return begin(s, "report") }

// Names reports whether an officer was named as involved (D4).
func Names(s flows.State) bool { return len(s.Answers["officers"]) > 0 }

// Choosing reports whether the person is still at the first question or at the
// screens behind "Ik twijfel": nothing of a report was answered.
func Choosing(s flows.State) bool {
	for step := range s.Answers {
		if step != "start" {
			return false
		}
	}
	chosen := first(s)
	return chosen == "" || (chosen == "doubt" && s.At != "")
}

func begin(s flows.State, with string) flows.State {
	next := flows.State{Answers: maps.Clone(s.Answers)}
	if next.Answers == nil {
		next.Answers = map[string][]flows.Row{}
	}
	next.Answers["start"] = []flows.Row{{"start": value(with)}}
	return next
}

// first is the answer to the first question.
func first(s flows.State) string {
	if rows := s.Answers["start"]; len(rows) > 0 {
		return id(rows[0], "start")
	}
	return ""
}
