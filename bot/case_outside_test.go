package main_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/flows/handling"
)

// Nothing goes to a partner outside the list before a second officer agreed,
// and before the vertrouwenspersoon question: who is not on the list counts as
// one where police can read.
func TestCasePartnerOutsideTheList(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	ref := b.report("medewerker-1", victim("labour", "23_plus"))
	one, two := b.clerk("aandachtsfunctionaris-1"), b.clerk("aandachtsfunctionaris-2")
	one.takes(ref)
	one.task("suggest", "outsider", "Stichting Ooievaar", "why", "Zij spreken de taal.")
	one.chooses("task.handover")
	for _, f := range one.form.Fields {
		for _, o := range f.Options {
			if strings.HasPrefix(o.Value, "outside:") {
				t.Error("a partner that nobody agreed to is offered")
			}
		}
	}
	if a := one.does(filled(b.message(one.id), one.form, "", "other", "outside:0")); len(a.Errors) == 0 {
		t.Fatal("a partner that nobody agreed to can be picked")
	}
	one.opens(ref)
	for _, act := range one.form.Acts {
		if act.Value == "task.agree" {
			t.Error("an officer may agree to his own partner")
		}
	}
	two.opens(ref)
	two.task("agree", "agree", "0")
	one.opens(ref)
	one.chooses("task.handover")
	if a := one.fills("other", "outside:0"); !strings.Contains(a.Errors[""], "vertrouwenspersoon") {
		t.Errorf("the gate of R20 stands open: %v", a.Errors)
	}
	one.opens(ref)
	one.confidant()
	one.chooses("task.handover")
	if a := one.fills("other", "outside:0"); a.Form == nil {
		t.Errorf("no package after a second officer agreed: %v", a.Errors)
	}
}

// The page for a meeting holds nothing that leads to a person, an address or an
// organisation, and needs no vertrouwenspersoon.
func TestCasePageForAMeeting(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	in, words := plantedReport()
	c := b.clerk("aandachtsfunctionaris-1")
	c.takes(b.report("medewerker-1", in))
	c.chooses("task.anonymous")
	if c.form == nil || len(c.form.Facts) == 0 {
		t.Fatal("there is no page")
	}
	page := strings.ToLower(answered(c.last))
	may := []handling.FieldName{handling.FieldForm, handling.FieldBranch, handling.FieldAge, handling.FieldWhen}
	for name, w := range words {
		if slices.Contains(may, name) {
			continue
		}
		if strings.Contains(page, strings.ToLower(w)) {
			t.Errorf("the page holds %q", w)
		}
	}
}
