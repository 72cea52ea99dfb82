package handling

import (
	"slices"
	"strings"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
)

// Template is feedback to the reporter (R22). Its text has no placeholders, so
// that it cannot leak.
type Template struct {
	ID    string // text id
	Final bool   // it says what came of the signal
	// Words templates are followed by words of the officer, checked by Leaks.
	Words bool
	// Closes are the reasons for closing that it fits.
	Closes []string
}

// Templates are the messages to a reporter, in the order of the screen.
func Templates() []Template {
	return []Template{
		{ID: "fb.received"},
		{ID: "fb.enriching"},
		{ID: "fb.handedover"},
		{ID: "fb.waiting"},
		{ID: "fb.answer", Words: true},
		{ID: "fb.closed.action", Final: true, Closes: []string{ActionTaken}},
		{ID: "fb.closed.toolittle", Final: true, Closes: []string{TooLittle}},
		{ID: "fb.closed.nottrafficking", Final: true, Closes: []string{NotTrafficking}},
		{ID: "fb.closed.together", Final: true, Closes: []string{Duplicate}},
		{ID: "fb.closed.moved", Final: true, Closes: []string{Moved}},
		{ID: "fb.closed.privacy", Final: true, Closes: ClosingReasons()},
	}
}

func template(id string) (Template, bool) {
	for _, t := range Templates() {
		if t.ID == id {
			return t, true
		}
	}
	return Template{}, false
}

// Found in a text for the reporter.
const (
	LeakName         = "name"         // of a person in the report
	LeakOrganisation = "organisation" // of a business
	LeakNumber       = "number"       // phone, plate, KvK, postcode, handle
	LeakAddress      = "address"
	LeakPartner      = "partner"
)

// Leakage is something in a text that a reporter must not be told.
type Leakage struct {
	Kind  string
	Words private.Text // what was found, for the officer who wrote it
}

// Leaks returns what in a text names somebody of the report, a place, a number,
// or a partner by one of its Names. It compares words: small and capital
// letters, marks and signs between them do not matter. It sees names, not what
// can be understood from the rest: the officer reads it too.
func Leaks(text private.Text, r flows.Report, partners []Partner) []Leakage {
	words := strings.Fields(flows.Fold(text.Reveal()))
	whole := strings.Join(words, "")
	var out []Leakage
	found := func(kind, what string) {
		x := Leakage{Kind: kind, Words: private.New(what)}
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	phrase := func(kind string, x string) {
		if p := strings.Fields(flows.Fold(x)); len(p) > 0 && sequence(words, p) {
			found(kind, x)
		}
	}
	each := func(kind string, x private.Text, least int) {
		for _, w := range strings.Fields(flows.Fold(x.Reveal())) {
			if len([]rune(w)) >= least && !slices.Contains(common, w) && slices.Contains(words, w) {
				found(kind, w)
			}
		}
		phrase(kind, x.Reveal())
	}
	number := func(kind string, x private.Text) {
		n := strings.ReplaceAll(flows.Fold(x.Reveal()), " ", "")
		n = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(n, "0031"), "31"), "0")
		if len(n) >= 5 && strings.Contains(whole, n) {
			found(kind, x.Reveal())
		}
	}
	for _, p := range r.Persons {
		each(LeakName, p.Name, 2)
	}
	each(LeakName, r.InvolvedWho, 2)
	each(LeakOrganisation, r.Things.Organisation, 3)
	each(LeakAddress, r.Place.Street, 4)
	phrase(LeakAddress, r.Place.Description.Reveal())
	phrase(LeakNumber, r.Things.Handle.Reveal())
	for _, n := range []private.Text{r.Things.Phone, r.Things.KvK, r.Things.Plate, r.Place.Postcode} {
		number(LeakNumber, n)
	}
	for _, p := range partners {
		for _, name := range p.Names {
			phrase(LeakPartner, name)
			if strings.ContainsAny(name, "0123456789") {
				number(LeakPartner, private.New(name))
			}
			for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return strings.ContainsRune(",()/;", r) }) {
				phrase(LeakPartner, part)
			}
		}
	}
	return out
}

// sequence reports whether p stands in words as a whole.
func sequence(words, p []string) bool {
	for i := 0; i+len(p) <= len(words); i++ {
		if slices.Equal(words[i:i+len(p)], p) {
			return true
		}
	}
	return false
}

// common are words that stand in names and say nothing by themselves.
var common = strings.Fields("van der den de het ten ter te el al la le da di of en bij in op aan bv nv vof cv en co and the " +
	"bedrijf holding groep group nederland woerden onbekend unknown weet ik niet geen naam man vrouw jongen meisje meneer mevrouw")
