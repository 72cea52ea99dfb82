package desk

import (
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
)

// stale reports whether anything was recorded of the case since the window or
// form that is acted from was shown.
func (w *work) stale() bool {
	return w.view.Token != nil && w.view.Token.Rev != w.view.Case.Version
}

// overtaken refuses an act that would replace what a colleague recorded since.
func (w *work) overtaken() error {
	if !w.stale() {
		return nil
	}
	return &handling.Refusal{Text: flows.T("handling.refuse.taken")}
}

// seen is who had the case on the officer's screen, as far as the act needs it:
// when somebody has it and the screen is old, it is nobody, which is refused.
func (w *work) seen() string {
	if w.stale() {
		return ""
	}
	return w.rec.Holder
}
