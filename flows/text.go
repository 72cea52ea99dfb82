package flows

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem says why an answer was refused, in a text of the catalogs. It never
// holds what was answered.
type Problem struct {
	Text Text
	Args map[string]any
}

// Problems are by question id; "" is the form as a whole.
type Problems map[string]Problem

// Warning is about an answer that was taken, but that may hold more than is
// needed ("is dit nodig?").
type Warning struct {
	Question string
	Text     Text
	Args     map[string]any
}

// firstDay is the earliest day that is taken for one: older is a slip of the
// finger.
const firstDay = "2000-01-01"

// NotYet returns a problem for each day in an answer that must be Past and is
// after today (2026-11-24), or is no day of this century. It is asked beside
// Answer: this package has no clock.
func (s Step) NotYet(row Row, today string) Problems {
	out := Problems{}
	for _, q := range s.Questions {
		switch day := row.First(q.ID).Reveal(); {
		case q.Shape != Past || day == "":
		case day > today:
			out[q.ID] = Problem{Text: T("e.future")}
		case day < firstDay:
			out[q.ID] = Problem{Text: T("e.date")}
		}
	}
	return out
}

// clean normalises what a person typed: line ends become \n, invisible
// characters go (control, zero width, direction), and so does space around.
// ok is false for a NUL or broken UTF-8, which is never kept.
func clean(s string, lines bool) (out string, ok bool) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return "", false
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n' || r == '\t' || r == '\v' || r == '\f':
			return ' '
		case unicode.IsControl(r) || invisible(r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s), true
}

// invisible reports whether r shows nothing or turns the direction of what
// follows. The joiner U+200D stays out of names too: it only changes shapes.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || r == '\u034F' || r == '\u115F' || r == '\u1160' || r == '\u3164' ||
		(r >= '\uFE00' && r <= '\uFE0F') || (r >= 0xE0100 && r <= 0xE01EF)
}

// checkText cleans and checks one answer in words. Exactly one of its results
// counts: p when it is refused, else the text to keep.
func checkText(q Question, raw string) (text string, p *Problem, warn []Text) {
	if limit := 8 * (q.Max + 1000); q.Max > 0 && len(raw) > limit {
		return "", tooLong(q.Max), nil // not worth reading to its end
	}
	text, ok := clean(raw, q.Kind == Area)
	switch {
	case !ok:
		return "", &Problem{Text: T("e.bytes")}, nil
	case text == "":
		return "", nil, nil
	case HasBSN(text):
		return "", &Problem{Text: T("e.bsn")}, nil
	case q.Max > 0 && utf8.RuneCountInString(text) > q.Max:
		return "", tooLong(q.Max), nil
	}
	if text, p = checkForm(q, text); p != nil {
		return "", p, nil
	}
	if q.Kind == Line || q.Kind == Area {
		if looksLikeBirthDate(text) {
			warn = append(warn, T("w.birth"))
		}
		if hasIBAN(text) {
			warn = append(warn, T("w.iban"))
		}
	}
	if q.Shape == Plate && !looksLikePlate(text) {
		warn = append(warn, T("w.plate"))
	}
	return text, nil, warn
}

func tooLong(limit int) *Problem {
	return &Problem{Text: T("e.toolong"), Args: map[string]any{"Max": limit}}
}

// checkForm checks the shape that the question asks for.
func checkForm(q Question, text string) (string, *Problem) {
	switch {
	case q.Shape == Postcode:
		pc, ok := ReadPostcode(text)
		if !ok {
			return "", &Problem{Text: T("e.postcode")}
		}
		return pc, nil
	case q.Shape == KvK:
		digits := strip(text, " .-")
		if len(digits) != 8 || !allDigits(digits) {
			return "", &Problem{Text: T("e.kvk")}
		}
		return digits, nil
	case q.Kind == Phone && !looksLikePhone(text):
		return "", &Problem{Text: T("e.phone")}
	case q.Kind == Date && !looksLikeDate(text):
		return "", &Problem{Text: T("e.date")}
	}
	return text, nil
}

func strip(s, cut string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(cut, r) {
			return -1
		}
		return r
	}, s)
}

func allDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}
