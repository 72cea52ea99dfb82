package web

import "github.com/meldroute/meldroute/adapters"

// For the tests of package web_test: the parsers, and the bounds they keep.
const (
	Keep       = keep
	MaxBody    = maxBody
	MaxWaiting = maxWaiting
)

// ParseAct returns the message of a body, or the status of its refusal.
func ParseAct(kind, contentType string, body []byte) (id, at string, m adapters.Message, status int) {
	a, no := parseAct(actKind(kind), contentType, body)
	if no != nil {
		return "", "", adapters.Message{}, no.status
	}
	return a.id, a.at, a.message, 0
}

// Markup returns the text of what markup reads, and how much of it is bold.
func Markup(text string) (plain string, bold int) {
	for _, b := range markup(text) {
		for _, item := range b.Items {
			for _, s := range item {
				plain += s.Text
				if s.Bold {
					bold++
				}
			}
		}
	}
	return plain, bold
}

// Revision reads a mark of a.
func (a *Adapter) Revision(mark string) (int64, bool) { return a.revision(mark) }

// Mark makes a mark of a.
func (a *Adapter) Mark(rev int64) string { return a.mark(rev) }
