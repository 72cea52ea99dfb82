package dialogue

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/meldroute/meldroute/store"
)

// cmd is something that can be typed or pressed at any turn.
type cmd string

// The commands.
const (
	cmdNone     cmd = ""
	cmdDanger   cmd = "danger"
	cmdReport   cmd = "report"
	cmdStop     cmd = "stop"
	cmdBack     cmd = "back"
	cmdHelp     cmd = "help"
	cmdContact  cmd = "contact"
	cmdCard     cmd = "card" // signalenkaart
	cmdMine     cmd = "mine"
	cmdStatus   cmd = "status"
	cmdAdd      cmd = "add"
	cmdWithdraw cmd = "withdraw"
	cmdClear    cmd = "clear"     // "duidelijk", to feedback (step 6)
	cmdAsks     cmd = "asks"      // "ik heb een vraag"
	cmdDisagree cmd = "disagrees" // "niet eens"
	cmdWords    cmd = "words"     // what the officer wrote
	cmdReveals  cmd = "reveals"   // who saw the reporter's name (P9)
	cmdEnter    cmd = "enter"     // a signal that came by phone or on paper; for readers only
	cmdDutch    cmd = "nl"
	cmdEnglish  cmd = "en"
)

// words are what people type for a command, folded: lower case, no accents.
var words = map[string]cmd{
	"spoed": cmdDanger, "112": cmdDanger, "gevaar": cmdDanger, "nu gevaar": cmdDanger, "noodgeval": cmdDanger,
	"emergency": cmdDanger, "danger": cmdDanger, "danger now": cmdDanger, "urgent": cmdDanger,
	"melden": cmdReport, "meld": cmdReport, "melding": cmdReport, "signaal melden": cmdReport, "report": cmdReport,
	"stop": cmdStop, "stoppen": cmdStop, "wis": cmdStop, "wis alles": cmdStop, "stop en wis alles": cmdStop, "cancel": cmdStop, "delete": cmdStop,
	"terug": cmdBack, "vorige": cmdBack, "vorige vraag": cmdBack, "back": cmdBack, "previous": cmdBack,
	"help": cmdHelp, "hulp": cmdHelp, "menu": cmdHelp, "meer": cmdHelp, "more": cmdHelp, "?": cmdHelp,
	"contact": cmdContact, "bellen": cmdContact, "call": cmdContact, "telefoon": cmdContact,
	"signalenkaart": cmdCard, "signalen": cmdCard, "signs": cmdCard, "kaart": cmdCard,
	"mijn signalen": cmdMine, "mijn signaal": cmdMine, "my signals": cmdMine, "mine": cmdMine,
	"status": cmdStatus, "aanvullen": cmdAdd, "aanvulling": cmdAdd, "add": cmdAdd,
	"intrekken": cmdWithdraw, "trek in": cmdWithdraw, "withdraw": cmdWithdraw,
	"duidelijk": cmdClear, "clear": cmdClear, "vraag": cmdAsks, "ik heb een vraag": cmdAsks, "question": cmdAsks,
	"lees bericht": cmdWords, "bericht": cmdWords, "berichten": cmdWords, "read message": cmdWords, "messages": cmdWords,
	"wie zag mijn naam": cmdReveals, "wie zag mijn naam?": cmdReveals, "who saw my name": cmdReveals, "who saw my name?": cmdReveals,
	"niet eens": cmdDisagree, "i do not agree": cmdDisagree,
	"invoeren": cmdEnter, "enter": cmdEnter,
	"nederlands": cmdDutch, "dutch": cmdDutch, "english": cmdEnglish, "engels": cmdEnglish,
}

var numberPattern = regexp.MustCompile(`(?i)\bM-?\s?([0-9A-HJKMNP-TV-Z]{5})\b`)

// maxCommand bounds what can be a command: longer text is a story.
const maxCommand = 60

// command reads what was typed as a command, with the reporter's number that
// may stand behind it ("status M-7K3QF").
func command(typed string) (cmd, store.Number) {
	if len(typed) > maxCommand {
		return cmdNone, ""
	}
	var n store.Number
	if m := numberPattern.FindStringSubmatchIndex(typed); m != nil {
		n = store.Number("M-" + strings.ToUpper(typed[m[2]:m[3]]))
		typed = typed[:m[0]] + typed[m[1]:]
	}
	folded := strings.Join(strings.FieldsFunc(strings.ToLower(typed), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(".,!/\"'", r)
	}), " ")
	return words[folded], n
}

// pressed is the token of a command as a button. It is no secret: it does in
// the presser's own dialogue what typing the word does.
func pressed(c cmd, n store.Number) string {
	if n == "" {
		return "cmd-" + string(c)
	}
	return "cmd-" + string(c) + "-" + string(n)
}

// commandOf reads such a token.
func commandOf(token string) (cmd, store.Number, bool) {
	rest, ok := strings.CutPrefix(token, "cmd-")
	if !ok {
		return cmdNone, "", false
	}
	c, n, _ := strings.Cut(rest, "-")
	for _, known := range words {
		if string(known) == c {
			return known, store.Number(n), true
		}
	}
	return cmdNone, "", false
}
