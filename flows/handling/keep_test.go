package handling_test

import (
	"testing"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
)

// Keeping longer and a legal hold want a reason, at any moment of a case, and
// count as no work on it; an extension lies ahead, a hold is lifted before it
// is put on again.
func TestKeep(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	none := private.Text{}
	was := d.record.Touched
	d.refused(handling.Hold{Stamp: anne, On: true, Why: none}, "why")
	d.refused(handling.Hold{Stamp: anne, Why: why}, "taken")
	d.do(handling.Hold{Stamp: anne, On: true, Why: why})
	d.refused(handling.Hold{Stamp: anne, On: true, Why: why}, "taken")
	if !d.record.OnHold() {
		t.Error("the hold does not stand")
	}
	d.do(handling.Hold{Stamp: anne, Why: why})
	d.refused(handling.Extend{Stamp: anne, Until: "2999-01-01", Why: none}, "why")
	for _, bad := range []string{"", "morgen", "2001-01-01", anne.At.Format("2006-01-02")} {
		d.refused(handling.Extend{Stamp: anne, Until: bad, Why: why}, "later")
	}
	d.do(handling.Extend{Stamp: anne, Until: "2999-01-01", Why: why})
	if d.record.OnHold() || len(d.record.Extended) != 1 || !d.record.Touched.Equal(was) {
		t.Errorf("the record is on hold %v, extended %d times", d.record.OnHold(), len(d.record.Extended))
	}
}

// The last contact with the reporter counts since the case was last reopened.
func TestContact(t *testing.T) {
	t.Parallel()
	r := handling.Record{Messages: []handling.Message{{Stamp: anne, Template: "fb.received"}}}
	if at, final := r.Contact(); final || at != anne {
		t.Errorf("got %v, %v", at, final)
	}
	r.Messages = append(r.Messages, handling.Message{Stamp: anne, Template: "fb.closed.privacy"})
	if _, final := r.Contact(); !final {
		t.Error("the last word was none")
	}
	r.Reopenings = []handling.Reopen{{Stamp: anne}}
	if at, final := r.Contact(); final || at.By != "" {
		t.Errorf("after reopening: %v, %v", at, final)
	}
}
