package store

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
)

// marksAtMost bounds the marks of one report or addition.
const marksAtMost = 400

// mark is one normalised thing that two signals can share (D9). Only its keyed
// hash is kept. A shared mark is shown as a possible match and never merges
// anything, so the rules rather find too much than too little.
type mark struct{ class, form string }

// marker collects marks, each once.
type marker struct {
	seen map[mark]bool
	out  []mark
}

func (m *marker) add(class, form string) {
	k := mark{class, form}
	if form == "" || m.seen[k] || len(m.out) >= marksAtMost {
		return
	}
	if m.seen == nil {
		m.seen = map[mark]bool{}
	}
	m.seen[k] = true
	m.out = append(m.out, k)
}

// reportMarks are the marks of a report: of its fields, and of what its texts
// hold of the same kinds. The reporter's own details are not in it.
func reportMarks(r flows.Report) []mark {
	var m marker
	for _, p := range r.Persons {
		m.name(p.Name.Reveal())
	}
	m.place(r.Place)
	t := r.Things
	m.organisation(t.Organisation.Reveal())
	m.kvk(t.KvK.Reveal())
	m.plate(t.Plate.Reveal())
	m.phone(t.Phone.Reveal())
	m.handle(t.Handle.Reveal())
	texts := []private.Text{r.What, r.Risk, r.InvolvedWho, r.Place.Description, t.Organisation, t.Handle, t.Phone, t.Plate}
	for _, p := range r.Persons {
		texts = append(texts, p.Name, p.Looks)
	}
	m.texts(texts)
	return m.out
}

// textMarks are the marks that are recognised in a text.
func textMarks(ts ...private.Text) []mark {
	var m marker
	m.texts(ts)
	return m.out
}

// fold lowers a text, takes accents off and makes one space of everything that
// is neither letter nor digit.
func fold(s string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFKD.String(s) {
		r = unicode.ToLower(r)
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’':
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			if long, ok := letters[r]; ok {
				b.WriteString(long)
			} else {
				b.WriteRune(r)
			}
		default:
			space = true
		}
	}
	return b.String()
}

// letters are those that decomposition leaves whole.
var letters = map[rune]string{
	'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ð': "d", 'ı': "i", 'ħ': "h",
}

// small are the words of a name that do not tell people apart: prefixes of
// surnames and forms of address, folded. 't and 's are folded to t and s.
var small = words(`van von der den de het het t ter ten te tot in op aan bij s la le los las el al bin ben ibn abu
	di da do dos du del della af av zu zur dhr mevr mw mevrouw meneer mijnheer heer mr mrs ms dr drs ing ir`)

func words(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

// name marks a person's name in two forms, so that "J. de Vries", "de Vries,
// Jan" and "Jan de Vries" meet:
//
//   - all its words, folded, without small words, sorted: "jan vries";
//   - for each word of the surname, with the first letter of the first given
//     name: "j vries". The surname is what stands before a comma; else what
//     follows the last small word after a given name; else the last word. A
//     hyphen parts words, so that "Vries-Jansen" meets both.
//
// One word alone ("Roxana") is marked if it has three letters or more.
func (m *marker) name(s string) {
	before, after, comma := strings.Cut(s, ",")
	var given, sur []string
	if comma {
		sur, given = keep(fold(before)), keep(fold(after))
	} else {
		given, sur = parts(strings.Fields(fold(s)))
	}
	all := append(slices.Clone(given), sur...)
	switch {
	case len(all) == 0, len(all) == 1 && len([]rune(all[0])) < 3:
		return
	case len(given) > 0:
		first := string([]rune(given[0])[:1])
		for _, w := range sur {
			if len([]rune(w)) > 1 {
				m.add(MarkName, first+" "+w)
			}
		}
	}
	slices.Sort(all)
	m.add(MarkName, "= "+strings.Join(all, " "))
}

// keep are the words of a folded text that tell people apart.
func keep(s string) []string {
	return slices.DeleteFunc(strings.Fields(s), func(w string) bool { return small[w] })
}

// parts parts a name without a comma into given names and surname.
func parts(ws []string) (given, sur []string) {
	cut := -1
	for i, w := range ws {
		// A small word counts as the start of a surname only after a name.
		if small[w] && len(given) > 0 && i < len(ws)-1 {
			cut = i
		}
		if !small[w] {
			given = append(given, w)
		}
	}
	if cut >= 0 {
		given, sur = keep(strings.Join(ws[:cut], " ")), keep(strings.Join(ws[cut:], " "))
	}
	if cut < 0 || len(sur) == 0 || len(given) == 0 {
		all := keep(strings.Join(ws, " "))
		n := max(len(all)-1, 0)
		given, sur = all[:n], all[n:]
	}
	return given, sur
}

// legal are the words of an organisation's name that do not tell it apart.
var legal = words(`bv nv vof cv b v n f o holding stichting de het the van en`)

func (m *marker) organisation(s string) {
	ws := slices.DeleteFunc(strings.Fields(fold(s)), func(w string) bool { return legal[w] })
	slices.Sort(ws)
	if form := strings.Join(ws, " "); len(form) > 2 {
		m.add(MarkOrg, form)
	}
}

var (
	postcodes = regexp.MustCompile(`^\s*([1-9][0-9]{3})\s*([A-Za-z]{2})\s*$`)
	houseNo   = regexp.MustCompile(`^\s*([0-9]{1,5})\s*[-/ ]?\s*([0-9A-Za-z]{0,4})`)
)

// place marks an address in two forms, so that one with its postcode meets one
// without: postcode and number, and street, number and town.
func (m *marker) place(p flows.Place) {
	number := house(p.Number.Reveal())
	if number == "" {
		return
	}
	if c := postcodes.FindStringSubmatch(p.Postcode.Reveal()); c != nil {
		m.add(MarkPlace, postcode(c[1], c[2], number))
	}
	street, town := street(p.Street.Reveal()), squeeze(p.Town.Reveal())
	if street != "" && town != "" {
		m.add(MarkPlace, "street "+street+" "+number+" "+town)
	}
}

func postcode(digits, letters, number string) string {
	return "code " + digits + strings.ToUpper(letters) + " " + number
}

// house is a house number with its addition: "12-a" and "12 A" are "12A".
func house(s string) string {
	n := houseNo.FindStringSubmatch(s)
	if n == nil {
		return ""
	}
	return strings.TrimLeft(n[1], "0") + strings.ToUpper(n[2])
}

func squeeze(s string) string { return strings.ReplaceAll(fold(s), " ", "") }

// street writes out the usual ends.
func street(s string) string {
	s = squeeze(s)
	for short, long := range map[string]string{"str": "straat", "ln": "laan", "pl": "plein"} {
		if rest, ok := strings.CutSuffix(s, short); ok && rest != "" {
			return rest + long
		}
	}
	return s
}

// phone marks a number as E.164; without a country it is Dutch.
func (m *marker) phone(s string) {
	n, err := phonenumbers.Parse(s, "NL")
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return
	}
	m.add(MarkPhone, phonenumbers.Format(n, phonenumbers.E164))
}

func letterOrDigit(r rune) rune {
	if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		return unicode.ToUpper(r)
	}
	return -1
}

// plate marks a number plate, of any country, without its dashes.
func (m *marker) plate(s string) {
	p := strings.Map(letterOrDigit, s)
	if len(p) >= 4 && len(p) <= 10 && strings.ContainsAny(p, "0123456789") {
		m.add(MarkPlate, p)
	}
}

func (m *marker) kvk(s string) {
	if n := strings.Map(digit, s); len(n) == 8 {
		m.add(MarkKvK, n)
	}
}

func digit(r rune) rune {
	if r >= '0' && r <= '9' {
		return r
	}
	return -1
}

// handle marks an online name, with or without its @ or its site in front.
func (m *marker) handle(s string) {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimRight(s, "/")
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		s = s[i+1:]
	}
	if s = strings.TrimLeft(s, "@"); len(s) >= 3 && !strings.ContainsAny(s, " @") {
		m.add(MarkHandle, s)
	}
}

// What is recognised in texts. Dutch plates: RDW's series all have six letters
// and digits in three groups; with dashes in any case, without them only in
// capitals.
var (
	inPhone  = regexp.MustCompile(`(?:\+|00|\b0)[0-9](?:[ ()./-]{0,2}[0-9]){6,13}\b`)
	inMail   = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)
	inPlate  = regexp.MustCompile(`\b(?:[A-Za-z]{1,3}|[0-9]{1,3})-(?:[A-Za-z]{1,3}|[0-9]{1,3})-(?:[A-Za-z]{1,3}|[0-9]{1,3})\b`)
	inPlain  = regexp.MustCompile(`\b(?:[A-Z]{1,3}|[0-9]{1,3}) ?(?:[A-Z]{1,3}|[0-9]{1,3}) ?(?:[A-Z]{1,3}|[0-9]{1,3})\b`)
	inKvK    = regexp.MustCompile(`(?i)\b(?:kvk|k\.v\.k\.|kamer van koophandel)[^0-9]{0,20}([0-9][0-9 .]{6,10}[0-9])`)
	codeNo   = regexp.MustCompile(`\b([1-9][0-9]{3}) ?([A-Z]{2}|[a-z]{2})\b[ ,]{1,3}(?:(?:nr|nummer|huisnummer)\.? ?)?([0-9]{1,5}(?:[ -]?[A-Za-z]\b)?)`)
	noCode   = regexp.MustCompile(`\b([0-9]{1,5}(?:[ -]?[A-Za-z])?)[ ,]{1,3}([1-9][0-9]{3}) ?([A-Z]{2}|[a-z]{2})\b`)
	inHandle = regexp.MustCompile(`(?:^|[\s(:,])@([A-Za-z0-9._]{3,40})`)
)

func (m *marker) texts(ts []private.Text) {
	for _, t := range ts {
		m.text(t.Reveal())
	}
}

func (m *marker) text(s string) {
	if s == "" {
		return
	}
	for _, f := range inPhone.FindAllString(s, -1) {
		m.phone(f)
	}
	for _, f := range inMail.FindAllString(s, -1) {
		m.add(MarkMail, strings.ToLower(f))
	}
	for _, re := range []*regexp.Regexp{inPlate, inPlain} {
		for _, f := range re.FindAllString(s, -1) {
			if p := strings.Map(letterOrDigit, f); len(p) == 6 && mixed(p) {
				m.add(MarkPlate, p)
			}
		}
	}
	for _, f := range inKvK.FindAllStringSubmatch(s, -1) {
		m.kvk(f[1])
	}
	for _, f := range codeNo.FindAllStringSubmatch(s, -1) {
		m.add(MarkPlace, postcode(f[1], f[2], house(f[3])))
	}
	for _, f := range noCode.FindAllStringSubmatch(s, -1) {
		m.add(MarkPlace, postcode(f[2], f[3], house(f[1])))
	}
	for _, f := range inHandle.FindAllStringSubmatch(s, -1) {
		m.handle(strings.TrimRight(f[1], "."))
	}
}

func mixed(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ContainsFunc(s, unicode.IsLetter)
}
