package mattermost

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// breaker is put after a character that would begin something: a mention, a
// hashtag, a link to a channel, an emoji, an address, an entity, a tag. It is a
// zero-width space: not seen, no letter for the server's parser of mentions,
// and known to every font.
const breaker = "\u200b"

// clean takes away what is not seen and could mislead: control characters,
// what turns the direction of text, zero-width characters and fillers.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Zs, r):
			return ' '
		case r == utf8.RuneError, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs),
			r == '\u034f' || r == '\u115f' || r == '\u1160' || r == '\u17b4' || r == '\u17b5' || r == '\u3164' || r == '\uffa0':
			return -1
		}
		return r
	}, s)
}

// literal is one line of text that Mattermost shows as it is. Its three readers
// of Markdown (web, mobile, mail) agree on a backslash before punctuation of
// the first group only; what is in the second begins nothing when something
// stands behind it.
func literal(line string) string {
	line = strings.TrimSpace(clean(line))
	var b strings.Builder
	runes := []rune(line)
	for i, r := range runes {
		switch {
		case strings.ContainsRune("\\`*_[]|>", r):
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '~' || r == '#':
			b.WriteRune('\\')
			b.WriteRune(r)
			b.WriteString(breaker)
		case strings.ContainsRune("@<&:;$", r) && !clock(runes, i):
			b.WriteRune(r)
			b.WriteString(breaker)
		default:
			b.WriteRune(r)
		}
	}
	return www(start(b.String()))
}

// clock reports whether the colon at i stands between two digits, as in a time,
// or a mark after which nothing can begin.
func clock(runes []rune, i int) bool {
	if i+1 == len(runes) || runes[i+1] == ' ' {
		return runes[i] != '@' // "@ all" is none, but readers differ
	}
	return runes[i] == ':' && i > 0 && digit(runes[i-1]) && digit(runes[i+1])
}

func digit(r rune) bool { return r >= '0' && r <= '9' }

// start takes its meaning from what makes a list, a heading or a rule at the
// beginning of a line.
func start(line string) string {
	if line == "" {
		return line
	}
	if strings.ContainsRune("-+=", rune(line[0])) {
		return breaker + line
	}
	n := len(line) - len(strings.TrimLeft(line, "0123456789"))
	if n > 0 && n < len(line) && (line[n] == '.' || line[n] == ')') {
		return line[:n] + "\\" + line[n:]
	}
	return line
}

// www breaks what is made a link without a scheme.
func www(line string) string {
	var b strings.Builder
	for {
		i := strings.Index(strings.ToLower(line), "www.")
		if i < 0 || i+4 > len(line) {
			b.WriteString(line)
			return b.String()
		}
		b.WriteString(line[:i+3] + breaker + ".")
		line = line[i+4:]
	}
}

// markdown writes the little that a reply's text may hold as Markdown:
// paragraphs parted by an empty line, lines that begin with "- " as a list, and
// **bold**. All else is text.
func markdown(text string) string {
	var b strings.Builder
	list, open := false, false // what the last line was
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(clean(line))
		item, isItem := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
			open = false
			continue
		case b.Len() == 0:
		case open && list == isItem:
			b.WriteByte('\n')
		default:
			b.WriteString("\n\n")
		}
		if isItem {
			b.WriteString("- ")
		}
		b.WriteString(spans(item))
		list, open = isItem, true
	}
	return b.String()
}

// spans writes a line with its pairs of "**". A mark without a partner is text.
func spans(line string) string {
	parts := strings.Split(line, "**")
	if n := len(parts); n%2 == 0 {
		parts = append(parts[:n-2], parts[n-2]+"**"+parts[n-1])
	}
	var b strings.Builder
	for i, s := range parts {
		text := literal(s)
		if text == "" {
			continue
		}
		if i%2 == 1 {
			text = "**" + text + "**"
		}
		// literal takes away the spaces around a part.
		if b.Len() > 0 && strings.HasPrefix(s, " ") || b.Len() > 0 && strings.HasSuffix(parts[i-1], " ") {
			b.WriteByte(' ')
		}
		b.WriteString(text)
	}
	return b.String()
}

// label is text that is shown without Markdown, on a button or as the name of a
// field. Mattermost makes emoji of it and nothing else.
func label(s string) string {
	s = strings.Join(strings.Fields(clean(s)), " ")
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		b.WriteRune(r)
		if r == ':' && !clock(runes, i) {
			b.WriteString(breaker)
		}
	}
	return b.String()
}

// cut shortens text to so many bytes, at a word where there is one, and marks
// that it did.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	const mark = "…"
	end := most - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	s = s[:end]
	if i := strings.LastIndexByte(s, ' '); i > len(s)/2 {
		s = s[:i]
	}
	return strings.TrimRight(s, " ,;:-"+breaker) + mark
}

// parts splits text that is longer than a post may be, in runes, between
// paragraphs, lines or words. Only bold can be open at a split, and is then
// lost for that span.
func parts(text string, most int) []string {
	var out []string
	for utf8.RuneCountInString(text) > most {
		end := len(string([]rune(text)[:most]))
		at := end
		for _, sep := range []string{"\n\n", "\n", " "} {
			if i := strings.LastIndex(text[:end], sep); i > end/2 {
				at = i
				break
			}
		}
		if at == end { // never between a backslash and what it escapes
			for at > 0 && text[at-1] == '\\' {
				at--
			}
		}
		out = append(out, strings.TrimRight(text[:at], " \n"))
		text = strings.TrimLeft(text[at:], " \n")
	}
	return append(out, text)
}
