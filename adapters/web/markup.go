package web

import "strings"

// block is a paragraph or a list of a text; a paragraph's items are its lines.
type block struct {
	List  bool
	Items [][]span
}

// span is a run of text, all bold or all plain.
type span struct {
	Bold bool
	Text string
}

// markup reads the little that a reply's text may hold: paragraphs parted by
// an empty line, lines that begin with "- " as a list, and **bold**. All else
// is text, and is escaped by the template.
func markup(text string) []block {
	var out []block
	open := false // whether the last block can still grow
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		item, list := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
			open = false
			continue
		case !open || out[len(out)-1].List != list:
			out = append(out, block{List: list})
		}
		open = true
		last := &out[len(out)-1]
		last.Items = append(last.Items, spans(item))
	}
	return out
}

// spans parts a line at its pairs of "**". A mark without a partner is text.
func spans(line string) []span {
	parts := strings.Split(line, "**")
	if n := len(parts); n%2 == 0 {
		parts = append(parts[:n-2], parts[n-2]+"**"+parts[n-1])
	}
	var out []span
	for i, s := range parts {
		if s != "" {
			out = append(out, span{Bold: i%2 == 1, Text: s})
		}
	}
	return out
}
