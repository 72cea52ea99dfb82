package slack

import (
	"fmt"
	"unicode/utf16"

	"github.com/meldroute/meldroute/adapters"
)

// What Slack takes, from the documentation of Block Kit (docs.slack.dev/
// reference/block-kit) and the comments in @slack/types 3.2.0. Lengths are
// counted in UTF-16 units, the hardest reading of "characters".
const (
	maxReply    = 4000 // our own; a message takes more
	maxBlocks   = 50   // in a message
	maxModal    = 100  // blocks in a modal
	maxText     = 3000 // one text
	maxHeader   = 150
	maxButtons  = 25  // in an actions block
	maxChoices  = 100 // our own: four such blocks
	maxButton   = 75  // its text
	maxValue    = 2000
	maxURL      = 3000
	maxTitle    = 24   // of a modal, its submit and its close
	maxLabel    = 2000 // of an input, and its hint
	maxOption   = 75   // text, description and value of an option
	maxGroup    = 10   // options of checkboxes and radio buttons
	maxSelect   = 100  // options of a select
	maxInput    = 3000 // what can be typed in one
	maxMetadata = 3000 // private_metadata
	maxID       = 255  // block_id, action_id, callback_id
	maxAlt      = 2000
	maxView     = 250 << 10 // of JSON
	// maxAck is for answers over a socket: Slack drops those of 20 480 bytes
	// without a word. The envelope needs some of it.
	maxAck = 20<<10 - 512
)

// units is the length of a text.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

// cut shortens a text to n units, with a mark where it was cut.
func cut(s string, n int) string {
	if units(s) <= n {
		return s
	}
	got, r := 1, []rune(s)
	for i, c := range r {
		if got += utf16.RuneLen(c); got > n {
			return string(r[:i]) + "…"
		}
	}
	return s
}

// chunks parts a text in pieces of at most n units.
func chunks(s string, n int) []string {
	var out []string
	r, from, got := []rune(s), 0, 0
	for i, c := range r {
		if got+utf16.RuneLen(c) > n {
			out = append(out, string(r[from:i]))
			from, got = i, 0
		}
		got += utf16.RuneLen(c)
	}
	return append(out, string(r[from:]))
}

// within refuses what is over a limit, without what it is.
func within(what string, got, most int) error {
	if got > most {
		return fmt.Errorf("%w: %s is %d, at most %d", adapters.ErrUnfit, what, got, most)
	}
	return nil
}
