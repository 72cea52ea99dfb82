package flows

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// HasBSN reports whether text holds what looks like a citizen service number,
// which must not be kept (DOMAIN P2, P3): exactly nine digits that pass the
// BSN's own check, with spaces, dots and dashes between them allowed; or eight
// digits with "bsn", "burgerservice" or "sofi" in the 20 characters before.
// Eight digits alone are not: one KvK number in eleven would be refused.
//
// A number hides between others ("06-12345678 123456782"), so runs are looked
// at with every separator, with one kind and with none. A run after a country
// code is a phone number.
func HasBSN(text string) bool {
	rs := []rune(text)
	for i, r := range rs {
		if d := digit(r); d >= 0 {
			rs[i] = rune('0' + d)
		}
	}
	for _, between := range []func(rune) bool{isGap, isSpace, isDot, isDash, isNone} {
		if bsnInRuns(rs, between) {
			return true
		}
	}
	return false
}

func bsnInRuns(rs []rune, between func(rune) bool) bool {
	for i := 0; i < len(rs); {
		if !isASCIIDigit(rs[i]) {
			i++
			continue
		}
		start, end := i, i+1
		digits := []rune{rs[i]}
		for j := i + 1; j < len(rs) && (isASCIIDigit(rs[j]) || between(rs[j])); j++ {
			if isASCIIDigit(rs[j]) {
				digits, end = append(digits, rs[j]), j+1
			}
		}
		i = end
		if abroad(rs[:start]) {
			continue
		}
		switch len(digits) {
		case 9:
			if elfproef(digits) {
				return true
			}
		case 8:
			if namesBSN(rs[:start]) && elfproef(append([]rune{'0'}, digits...)) {
				return true
			}
		}
	}
	return false
}

// elfproef is the check of the BSN: weights 9 down to 2 and -1, divisible by 11.
func elfproef(nine []rune) bool {
	sum := 0
	for i, r := range nine[:8] {
		sum += int(r-'0') * (9 - i)
	}
	return (sum-int(nine[8]-'0'))%11 == 0
}

var callingCode = regexp.MustCompile(`(\+|00)[1-9][0-9]{0,2}[ .\-()\x{a0}]*$`)

// abroad reports whether what stands before a number ends in a country code.
func abroad(before []rune) bool {
	return callingCode.MatchString(string(before[max(0, len(before)-12):]))
}

// namesBSN reports whether a word for it ends in the 20 characters before. A
// longer word may begin before those: "burgerservicenummer: " alone is 21.
func namesBSN(before []rune) bool {
	for _, word := range []string{"bsn", "burgerservice", "sofi"} {
		near := before[max(0, len(before)-20-len(word)+1):]
		if strings.Contains(strings.ToLower(string(near)), word) {
			return true
		}
	}
	return false
}

func isASCIIDigit(r rune) bool { return r >= '0' && r <= '9' }
func isSpace(r rune) bool      { return r != '\n' && unicode.IsSpace(r) }
func isDot(r rune) bool        { return r == '.' || r == '·' || r == '•' }
func isDash(r rune) bool       { return unicode.Is(unicode.Pd, r) || r == '−' || r == '_' }
func isGap(r rune) bool        { return isSpace(r) || isDot(r) || isDash(r) }
func isNone(rune) bool         { return false }

// digit returns the value of a decimal digit of any script, else -1. Unicode
// keeps the ten digits of a script together, in order.
func digit(r rune) int {
	if isASCIIDigit(r) {
		return int(r - '0')
	}
	if r < 0x80 || !unicode.Is(unicode.Nd, r) {
		return -1
	}
	if r >= 0x1D7CE && r <= 0x1D7FF { // mathematical digits: five sets in a row
		return int(r-0x1D7CE) % 10
	}
	for d := 0; d < 10; d++ {
		if zero := r - rune(d); !unicode.Is(unicode.Nd, zero-1) {
			return d
		}
	}
	return int(r-'0') % 10
}

var (
	postcode = regexp.MustCompile(`^([1-9][0-9]{3}) ?([A-Z]{2})$`)
	phoneSet = regexp.MustCompile(`^\+?[0-9 ().\-/]+$`)
	dates    = regexp.MustCompile(`\b(?:[0-3]?[0-9][-/. ](?:[01]?[0-9]|[a-z]{3,9}\.?)[-/. ](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9])\b`)
	born     = regexp.MustCompile(`\b(?:geb\.?|geboren|geboortedatum|geboortedag|born|birthday|date of birth|dob)\b`)
	year     = regexp.MustCompile(`(?:19|20)[0-9]{2}`)
	iban     = regexp.MustCompile(`(?i)\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}\b`)
	plate    = regexp.MustCompile(`^[A-Z0-9]{4,10}$`)
)

// ReadPostcode reads a Dutch postcode and returns it as "1234 AB". SA, SD and SS
// are not given out.
func ReadPostcode(s string) (string, bool) {
	m := postcode.FindStringSubmatch(strings.ToUpper(strings.Join(strings.Fields(s), " ")))
	if m == nil || m[2] == "SA" || m[2] == "SD" || m[2] == "SS" {
		return "", false
	}
	return m[1] + " " + m[2], true
}

// looksLikePhone is loose: 8 digits (abroad, or a number without its area) to
// 15 (E.164), or 3 to 7 when it is an extension or a short number.
func looksLikePhone(s string) bool {
	n := len(strip(s, "+ ().-/"))
	return phoneSet.MatchString(s) && n >= 3 && n <= 15
}

func looksLikeDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// looksLikePlate takes every plate of the Netherlands and most from abroad.
func looksLikePlate(s string) bool {
	return plate.MatchString(strings.ToUpper(strip(s, " -·.")))
}

// lastIncidentYear parts dates of birth from dates on which something
// happened: there is no clock here, and whoever was born after it is not yet
// old enough to be told apart.
const lastIncidentYear = 2019

func looksLikeBirthDate(text string) bool {
	low := strings.ToLower(text)
	for _, at := range dates.FindAllStringIndex(low, -1) {
		date := low[at[0]:at[1]]
		y, _ := strconv.Atoi(year.FindString(date))
		if y <= lastIncidentYear || born.MatchString(low[max(0, at[0]-30):at[0]]) {
			return true
		}
	}
	return false
}

// hasIBAN looks for an account number: country, check digits and mod 97 = 1
// (ISO 13616). What follows it in the text may have been read along, so it is
// also tried shorter.
func hasIBAN(text string) bool {
	for _, m := range iban.FindAllString(text, -1) {
		s := strings.ToUpper(strip(m, " -"))
		for n := min(len(s), 34); n >= 15; n-- {
			if mod97(s[4:n]+s[:4]) == 1 {
				return true
			}
		}
	}
	return false
}

func mod97(s string) int {
	rest := 0
	for _, r := range s {
		if isASCIIDigit(r) {
			rest = (rest*10 + int(r-'0')) % 97
		} else {
			rest = (rest*100 + int(r-'A') + 10) % 97
		}
	}
	return rest
}
