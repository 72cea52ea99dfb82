package config_test

import (
	"strings"
	"testing"

	"github.com/meldroute/meldroute/config"
)

func findings(t *testing.T, yaml string) map[config.Level][]string {
	t.Helper()
	c, err := config.Parse("m.yaml", []byte(yaml), nil)
	if err != nil {
		t.Fatal(err)
	}
	fs, err := config.Check(c)
	if err != nil {
		t.Fatal(err)
	}
	out := map[config.Level][]string{}
	last := config.Blocking
	for _, f := range fs {
		if f.Level > last {
			t.Error("the gravest does not come first")
		}
		last = f.Level
		out[f.Level] = append(out[f.Level], f.Text)
		if strings.HasPrefix(f.Text, "[") {
			t.Errorf("a text is missing: %s", f.Text)
		}
	}
	return out
}

// What is still to fill in or to confirm in the default is told. Who the
// vertrouwenspersoon is must be known before going live, and nothing else.
func TestCheckDefault(t *testing.T) {
	t.Parallel()
	got := findings(t, "")
	if b := got[config.Blocking]; len(b) != 1 || !strings.Contains(b[0], "contacts.confidant") {
		t.Errorf("got %v, want only the vertrouwenspersoon", b)
	}
	all := strings.Join(got[config.Warning], "\n")
	for _, want := range []string{
		"Vul het nummer van bedrijfsmaatschappelijk werk in (helplines.care).",
		"Vul het nummer van aandachtsfunctionaris in (helplines.officer).",
		"Bel 0900-8844 (Politie) om te zien of het klopt.",
		"Vul het nummer van de coördinator in (contacts.coordinator).",
		"Vul in hoe je Politie, AVIM bereikt (partners.avim).",
		"Kijk na of de gegevens van CoMensha kloppen.",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("missing %q in\n%s", want, all)
		}
	}
	if strings.Contains(all, "112 (Alarmnummer)") {
		t.Error("112 needs no confirmation")
	}
}

// Whoever says who the vertrouwenspersoon is may go live.
func TestCheckConfidant(t *testing.T) {
	t.Parallel()
	got := findings(t, "contacts: {confidant: {name: Vertrouwenspersoon A, number: 0348-428428, confirmed: true}}")
	if len(got[config.Blocking]) > 0 || strings.Contains(strings.Join(got[config.Warning], "\n"), "contacts.confidant") {
		t.Errorf("got %v", got)
	}
}

// What would break a promise is told as blocking.
func TestCheckBlocking(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"roles: {officers: []}":     "Er is geen aandachtsfunctionaris.",
		"roles: {coordinators: []}": "Er is geen coördinator.",
		"roles: {coordinators: [], officers: [{person: \"web:coordinator\", name: A, reads: assigned}]}":                                                               "Geen aandachtsfunctionaris leest alles.",
		"acute_cover: {always: true}\nroles: {coordinators: [{person: \"web:coordinator\", name: A}], officers: [{person: \"web:coordinator\", name: A, reads: all}]}": "Daar zijn minstens twee personen voor nodig.",
		"terms: {first_read: {acute: 1 werkdag}}": "De termijn voor acuut is in werkdagen.",
	} {
		if got := strings.Join(findings(t, yaml)[config.Blocking], "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", yaml, got, want)
		}
	}
}

// Terms out of order are told, and so is an officer who is alone.
func TestCheckWarnings(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"terms: {first_read: {soon: 5 werkdagen}}":                                                             "De termijnen kloppen niet.",
		"terms: {first_read: {acute: 200 uur}}":                                                                "De termijnen kloppen niet.",
		"terms: {first_read: {normal: 2 uur}}":                                                                 "De termijnen kloppen niet.",
		"roles: {officers: [{person: \"web:coordinator\", name: A, reads: all}]}":                              "Er is maar één aandachtsfunctionaris.",
		"helplines: {care: {number: 0348-428428}}":                                                             "Bel 0348-428428 (bedrijfsmaatschappelijk werk)",
		"contacts: {confidant: {name: A, number: 0348-428428}}":                                                "Bel 0348-428428 (de vertrouwenspersoon)",
		"contacts: {confidant: {name: A, number: 0348-428428}}\nhelplines: {integrity: {number: 0348 428428}}": "is ook dat van de vertrouwenspersoon integriteit",
		"municipality: {language: en}":                                                                         "There is no data protection officer",
	} {
		if got := strings.Join(findings(t, yaml)[config.Warning], "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", yaml, got, want)
		}
	}
}
