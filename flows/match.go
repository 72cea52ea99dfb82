package flows

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/meldroute/meldroute/config/private"
)

// maxTyped is the longest text, in bytes, that can be the answer to a choice.
const maxTyped = 1000

// Words returns what a text says in each language that may be typed.
type Words func(Text) []string

// Match reads a typed answer to a question with choices: a label or its unique
// beginning, a number as shown ("1", "1 en 3", "1,4,9"), ja and nee, "weet ik
// niet", or another word of the option; in Dutch or English and any case. What
// could mean two things is no match.
func Match(q Question, typed string, words Words) (values []string, ok bool) {
	if !q.chosen() {
		return nil, false
	}
	m := matcher{many: q.Kind == Many}
	m.add(q, words)
	picks, ok := m.read(typed)
	for _, p := range picks {
		values = append(values, p.option)
	}
	return values, ok
}

// MatchStep reads a typed answer to a whole step of choices. The options of
// several questions are numbered on from one to the next, as they are shown.
// "Geen", "weet ik niet" and SkipLabel skip a step that may be skipped. Steps
// that ask for words are never matched: words go into a form.
func MatchStep(st Step, typed string, words Words) (row Row, ok bool) {
	m := matcher{many: true}
	for _, q := range st.Questions {
		if !q.chosen() || (q.Kind == One && len(st.Questions) > 1) {
			return nil, false
		}
		m.many = q.Kind == Many
		m.add(q, words)
	}
	picks, ok := m.read(typed)
	if !ok {
		if st.Skip && m.skips(st, typed, words) {
			return skipped(), true
		}
		return nil, false
	}
	row = Row{}
	for _, p := range picks {
		row[p.question] = append(row[p.question], private.New(p.option))
	}
	return row, true
}

// entry is one option as it can be typed.
type entry struct {
	question, option string
	alone            bool
	words            []string // folded labels
	also             []string // folded other words
}

type matcher struct {
	many    bool
	entries []entry
}

func (m *matcher) add(q Question, words Words) {
	for _, o := range q.Options {
		e := entry{question: q.ID, option: o.ID, alone: o.Alone}
		for _, w := range words(o.Label) {
			if w = fold(w); w != "" && o.Row > 0 {
				w += " " + strconv.Itoa(o.Row)
			}
			e.words = append(e.words, w)
		}
		for _, w := range o.Also {
			e.also = append(e.also, fold(w))
		}
		m.entries = append(m.entries, e)
	}
}

func (m *matcher) read(typed string) ([]entry, bool) {
	if len(typed) > maxTyped {
		return nil, false
	}
	if e, ok := m.one(fold(typed)); ok {
		return []entry{e}, true
	}
	if !m.many {
		return nil, false
	}
	picked, ok := m.several(typed, []*regexp.Regexp{strong, joined, digits})
	if !ok {
		return nil, false
	}
	var out []entry
	alone := false
	for i, e := range m.entries {
		if picked[i] {
			out = append(out, e)
			alone = alone || e.alone
		}
	}
	if alone && len(out) > 1 {
		return nil, false
	}
	return out, true
}

// What parts several answers: signs first, then words, then space between
// numbers.
var (
	strong = regexp.MustCompile(`[,;+&/\n]+`)
	joined = regexp.MustCompile(`(?i)\s+(?:en|and|plus|ook|also)\s+`)
	digits = regexp.MustCompile(`\s+`)
	counts = regexp.MustCompile(`^[\s0-9.)]+$`)
)

// several reads a list of answers. Every part must match.
func (m *matcher) several(typed string, seps []*regexp.Regexp) (map[int]bool, bool) {
	if i, ok := m.index(fold(typed)); ok {
		return map[int]bool{i: true}, true
	}
	if len(seps) == 0 {
		return nil, false
	}
	sep := seps[0]
	parts := []string{typed}
	if sep != digits || counts.MatchString(typed) {
		parts = sep.Split(strings.TrimSpace(typed), -1)
	}
	out := map[int]bool{}
	for _, p := range parts {
		if fold(p) == "" {
			if len(parts) == 1 {
				return nil, false
			}
			continue
		}
		picked, ok := m.several(p, seps[1:])
		if !ok {
			return nil, false
		}
		for i := range picked {
			out[i] = true
		}
	}
	return out, len(out) > 0
}

func (m *matcher) one(t string) (entry, bool) {
	if i, ok := m.index(t); ok {
		return m.entries[i], true
	}
	return entry{}, false
}

var number = regexp.MustCompile(`^(?:(?:nummer|nr|no|number|optie|option|antwoord|answer|keuze|choice) )?([0-9]{1,3})$`)

// index returns the one option that the folded text t means.
func (m *matcher) index(t string) (int, bool) {
	if t == "" {
		return 0, false
	}
	exact := map[int]bool{}
	if n := number.FindStringSubmatch(t); n != nil {
		if i, _ := strconv.Atoi(n[1]); i >= 1 && i <= len(m.entries) {
			exact[i-1] = true
		}
	}
	for i, e := range m.entries {
		if slices.Contains(e.words, t) || slices.Contains(e.also, t) || slices.Contains(meanings[e.option], t) {
			exact[i] = true
		}
	}
	if len(exact) > 0 {
		return only(exact)
	}
	if len([]rune(t)) < 2 {
		return 0, false
	}
	begins := map[int]bool{}
	for i, e := range m.entries {
		for _, w := range slices.Concat(e.words, e.also) {
			if strings.HasPrefix(w, t) {
				begins[i] = true
			}
		}
	}
	return only(begins)
}

func only(set map[int]bool) (int, bool) {
	if len(set) != 1 {
		return 0, false
	}
	for i := range set {
		return i, true
	}
	return 0, false
}

// meanings are other words for options by their id.
var meanings = map[string][]string{
	"yes":   {"ja", "j", "jawel", "jazeker", "yes", "y", "yep", "yeah"},
	"no":    {"nee", "n", "neen", "nope", "no"},
	"none":  noneWords,
	Unknown: unknownWords,
}

var (
	noneWords = []string{"geen", "geen van deze", "geen van allen", "niets", "niks", "none", "none of these", "nothing"}
	// "?" folds to nothing, so it is not among them.
	unknownWords = []string{"weet ik niet", "weet niet", "ik weet het niet", "weet het niet", "geen idee", "onbekend",
		"dont know", "i dont know", "i do not know", "do not know", "no idea", "unknown", "not sure"}
)

func (m *matcher) skips(st Step, typed string, words Words) bool {
	t := fold(typed)
	for _, w := range words(st.skipLabel()) {
		if t != "" && fold(w) == t {
			return true
		}
	}
	return slices.Contains(noneWords, t) || slices.Contains(unknownWords, t)
}
