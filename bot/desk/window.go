package desk

import (
	"slices"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/store"
)

// window is the case as one officer sees it now: what must be done first and
// the acts for it at hand, then the case, and every other act under the step
// of the meldroute that it belongs to.
func (w *work) window(tk store.Token) *adapters.Form {
	f := w.d.caseForm(w.lang, w.view, tk, w)
	first, next := w.next()
	for _, t := range tasks() {
		if !t.when(w) {
			continue
		}
		a := adapters.Act{Value: actTask + t.name, Label: w.title(t.name), Group: groupOf(t.name)}
		if slices.Contains(next, t.name) {
			a.Group = ""
		}
		f.Acts = append(f.Acts, a)
	}
	for _, a := range w.linked() {
		a.Group = groupEnrich
		f.Acts = append(f.Acts, a)
	}
	if !w.view.Case.Keep.Anonymous {
		f.Acts = append(f.Acts, adapters.Act{Value: actReporter, Label: w.d.say(w.lang, "desk.act.reporter", nil), Group: groupOf(actReporter)})
	}
	f.Acts = append(f.Acts,
		adapters.Act{Value: actClose, Label: w.d.say(w.lang, "desk.act.close", nil), Group: groupOf(actClose), Tone: adapters.ToneQuiet})
	place := func(a adapters.Act) int {
		if a.Value == actTask+first {
			return -1
		}
		return slices.Index(groups, a.Group)
	}
	slices.SortStableFunc(f.Acts, func(a, b adapters.Act) int { return place(a) - place(b) })
	if f.Acts[0].Group == "" {
		f.Acts[0].Tone = adapters.ToneMain
	}
	if w.view.Case.Read.IsZero() { // to read a case is less than to take it
		at := slices.IndexFunc(f.Acts, func(a adapters.Act) bool { return a.Group != "" })
		f.Acts = slices.Insert(f.Acts, at, adapters.Act{Value: actRead, Label: w.d.say(w.lang, "desk.act.read", nil)})
	}
	for i, a := range f.Acts {
		if a.Group != "" {
			f.Acts[i].Group = w.d.say(w.lang, a.Group, nil)
		}
	}
	return f
}

// The groups of the acts, by the steps of the meldroute.
const (
	groupEnrich = "desk.g.enrich"
	groupShare  = "desk.g.share"
	groupHear   = "desk.g.hear"
	groupFile   = "desk.g.file"
)

// groups is their order: what is at hand, then the meldroute.
var groups = []string{"", groupEnrich, groupShare, groupHear, groupFile}

// groupOf is where an act stands that is not at hand.
func groupOf(act string) string {
	switch act {
	case "lookups", "facts", taskConfidant, "table", taskAnonymous:
		return groupEnrich
	case taskCalls:
		return "" // nobody looks for it
	case taskAcute, taskHandOver, "suggest", "agree", "depart", "check", "measure":
		return groupShare
	case "answer", "leak", taskMessage, "unreached", actReporter:
		return groupHear
	}
	return groupFile
}

// next are the tasks for what is owed, and the one with the next deadline. To
// close is one of them when nothing else is left; what it asks besides is asked
// there. What opens the gate of R20 is one too, as long as it is shut: the
// vertrouwenspersoon when a proposal waits for it, to act at once when the
// reporter says that it is acute.
func (w *work) next() (first string, all []string) {
	for _, d := range handling.Owed(w.fact, w.rec) {
		t := taskFor(d)
		all = append(all, t)
		if first == "" && d.Clock != "" && string(d.Clock) == w.view.Case.Clock {
			first = t
		}
	}
	if slices.ContainsFunc(all, func(t string) bool { return t != taskMessage && t != taskClose }) {
		all = slices.DeleteFunc(all, func(t string) bool { return t == taskClose })
	} else {
		first, all = taskClose, append(all, taskClose)
	}
	for _, p := range handling.Propose(w.fact, w.rec) {
		if len(p.After) > 0 && !p.Done && !p.Departed {
			all = append(all, taskConfidant)
		}
	}
	if w.view.Case.Urgency == flows.Acute && !w.rec.Open() {
		all = append(all, taskAcute)
	}
	return first, all
}

// taskFor is the task that does what is owed.
func taskFor(d handling.Duty) string {
	switch kind, _, _ := strings.Cut(d.Key, "."); kind {
	case "lookup":
		return "lookups"
	case "suspect":
		return "facts"
	case "care", "proposal":
		return taskHandOver
	case "ask", "await":
		return "answer"
	case "informed", "help":
		return taskClose
	case "reporter", "answer":
		return taskMessage
	default: // take, confidant, leak: the task has the duty's name
		return kind
	}
}
