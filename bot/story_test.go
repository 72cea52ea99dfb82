package main_test

import "testing"

// A report goes from the employee to the desk, is read there, and the employee
// hears of it.
func TestReportIsReadAndToldSo(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	melder, officer := p.open("medewerker-1").watch(), p.open("aandachtsfunctionaris-1").watch()
	melder.says("")
	melder.presses("Melden")
	t.Logf("%+v", melder.window())
	melder.fills(map[string]string{"Wat is gezien of gehoord?": "Een man slaapt in de kas.", "Wanneer?": "Vandaag", "Wie zag het?": "Ikzelf", "Plaats": "Woerden"})
	for melder.form != nil {
		t.Logf("%+v", melder.form)
		break
	}
	_ = officer
}
