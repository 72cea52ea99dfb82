package handling_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
)

// plant puts another word in every field that can hold one, and returns the
// words by path.
func plant(v reflect.Value, path string, words map[string]string) {
	word := fmt.Sprintf("geplant%dx", len(words))
	switch {
	case v.Type() == reflect.TypeFor[private.Text]():
		words[path] = word
		v.Set(reflect.ValueOf(private.New(word)))
	case v.Kind() == reflect.String:
		words[path] = word
		v.SetString(word)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		plant(v.Elem(), path, words)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				plant(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), words)
			}
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		plant(v.Index(0), path, words)
	}
}

// planted is a case with another word in every field of report and record, and
// with the gate open.
func planted(facts ...handling.Fact) (handling.Facts, handling.Record, map[string]string) {
	var rep flows.Report
	var rec handling.Record
	words := map[string]string{}
	plant(reflect.ValueOf(&rep).Elem(), "", words)
	plant(reflect.ValueOf(&rec).Elem(), "Record", words)
	rec.Facts, rec.Forms, rec.Ages = facts, nil, nil
	rep.Indicators = []string{words["Indicators"], "geplantziek", "geplantwerk"}
	words["Indicators.health"], words["Indicators.work"] = "geplantziek", "geplantwerk"
	p := params()
	p.Health, p.Work = []string{"geplantziek"}, []string{"geplantwerk"}
	return handling.FactsOf(rep, p), rec, words
}

// held are the paths of the words that stand in a package.
func held(t *testing.T, fields []handling.Field, words map[string]string) []string {
	t.Helper()
	b, err := private.Encode(fields)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for path, word := range words {
		if strings.Contains(string(b), `"`+word+`"`) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

const (
	signs    = "Indicators Indicators.health Indicators.work "
	address  = "Place.Number Place.Postcode Place.Street Place.Town "
	place    = address + "Place.Description "
	person   = "Persons.Age Persons.Capacity Persons.Looks Persons.Name "
	business = "Things.Branch Things.KvK Things.Organisation "
	helped   = "Aware Forms Persons.Age Persons.Name Place.Town Record.Summary Things.Phone "
)

// allowed is what each partner may have when the victim agrees, written out
// beside the program's own list.
var allowed = map[string]string{
	"moviera":        helped + signs + "Things.Branch",
	"veilig_thuis":   "Aware Forms When Record.Summary Things.Phone " + signs + place + person,
	"pretty_woman":   helped,
	"belle":          helped,
	"woerden_wijzer": "Persons.Age Persons.Name Place.Town Record.Summary Things.Phone",
	"school_youth":   "Persons.Age Persons.Name Record.Summary",
	"housing_corp":   address,
	"avim":           "Forms Housing When Record.Summary Things.Handle Things.Phone Things.Plate " + signs + place + person + business,
	"police_copen":   "Forms When Record.Summary Things.Organisation Things.Plate " + place + person,
	"nla":            "Forms Housing When Record.Summary Indicators.work Things.Plate " + place + business,
	"integral_check": "Housing Record.Summary " + place + business,
	"riec":           "Forms When Record.Summary Place.Town Things.Plate " + business,
	"rto":            "Forms Record.Summary Place.Town Things.Plate " + business,
	"zvh":            "Forms Persons.Age Persons.Capacity Persons.Name Place.Town Record.Summary",
	"fairwork":       "", "sector": "", "om": "", "comensha": "",
	handling.OutsideCode(0): "Forms When Record.Summary Place.Town",
}

func sorted(s string) []string {
	out := strings.Fields(s)
	slices.Sort(out)
	return out
}

// With another word in every field, each partner's package holds exactly its
// allow-list: never the reporter, the source, notes, the department, the team
// lead or an involved colleague.
func TestPackageHoldsItsAllowList(t *testing.T) {
	t.Parallel()
	codes := []string{handling.OutsideCode(0)}
	for _, p := range partners() {
		codes = append(codes, p.Code)
	}
	f, r, words := planted(handling.Consent)
	if len(words) < 60 {
		t.Fatalf("only %d words were planted", len(words))
	}
	for _, code := range codes {
		want, ok := allowed[code]
		if !ok {
			t.Errorf("what %s may have is not decided", code)
		}
		fields, err := handling.Package(code, f, r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sorted(want), held(t, fields, words), cmp.Transformer("", func(x []string) string { return strings.Join(x, " ") })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", code, diff)
		}
		withheld := handling.Withheld(code, f, r)
		for _, x := range fields {
			if x.Name != handling.FieldIndicators && slices.Contains(withheld, x.Name) {
				t.Errorf("%s: %s is shared, and said to be withheld", code, x.Name)
			}
		}
		for _, name := range handling.Shareable() {
			shared := slices.ContainsFunc(fields, func(x handling.Field) bool { return x.Name == name })
			if !shared && name != handling.FieldShelter && !slices.Contains(withheld, name) {
				t.Errorf("%s: %s is not shared, and nobody says so", code, name)
			}
		}
		for _, name := range []handling.FieldName{handling.FieldReporter, handling.FieldNotes, handling.FieldVulnerability, handling.FieldWhat, handling.FieldInvolved,
			handling.FieldDepartment, handling.FieldTeamLead, handling.FieldSeen, handling.FieldRisk} {
			if !slices.Contains(withheld, name) {
				t.Errorf("%s: it does not say that %s is withheld", code, name)
			}
		}
	}
}

// Without consent, helpers get no identity: form, age, branch and whether
// shelter is needed.
func TestPackageWithoutConsent(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"moviera": "Forms Persons.Age Things.Branch", "belle": "Forms Persons.Age", "pretty_woman": "Forms Persons.Age",
		"woerden_wijzer": "Persons.Age", "school_youth": "Persons.Age"} {
		for _, facts := range [][]handling.Fact{nil, {handling.NoPerson}} {
			f, r, words := planted(facts...)
			fields, err := handling.Package(code, f, r)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(held(t, fields, words), " "); got != want {
				t.Errorf("%s: got %s, want %s", code, got, want)
			}
		}
	}
	f, r, _ := planted(handling.Shelter)
	fields, _ := handling.Package(handling.Care, f, r)
	if !slices.ContainsFunc(fields, func(x handling.Field) bool { return x.Name == handling.FieldShelter }) {
		t.Error("the zorgcoördinator is not told that shelter is needed")
	}
}

// The reporter's own words go only to those who need them, marked, and not at
// all once the officer wrote a summary.
func TestPackageWithTheReportersWords(t *testing.T) {
	t.Parallel()
	f, r, words := planted(handling.Consent)
	r.Summary = private.Text{}
	for _, p := range partners() {
		fields, err := handling.Package(p.Code, f, r)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Contains([]string{"moviera", "veilig_thuis", "avim", "police_copen"}, p.Code)
		if got := slices.Contains(held(t, fields, words), "What"); got != want {
			t.Errorf("%s has the reporter's words: %v, want %v", p.Code, got, want)
		}
		if got := slices.ContainsFunc(fields, func(x handling.Field) bool { return x.Raw }); got != want {
			t.Errorf("%s: marked %v, want %v", p.Code, got, want)
		}
		if got := slices.Contains(handling.Withheld(p.Code, f, r), handling.FieldWhat); got == want {
			t.Errorf("%s: the reporter's words are said to be withheld: %v", p.Code, got)
		}
	}
}

// The page for the local meeting leads to nobody, so it needs no gate.
func TestAnonymousPage(t *testing.T) {
	t.Parallel()
	f, r, words := planted(handling.Consent)
	r.Confidants, r.Acute = nil, nil
	if got, want := held(t, handling.Anonymous(f, r), words), sorted("Forms Housing Indicators Indicators.work Persons.Age Things.Branch When"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A partner that is not on the list gets nothing before a second officer
// agreed.
func TestPackageOutsideTheList(t *testing.T) {
	t.Parallel()
	f, r, _ := planted()
	r.Outside[0].Agreed = nil
	for _, code := range []string{handling.OutsideCode(0), handling.OutsideCode(1), "outside:00", "outside:-1", "nobody", ""} {
		if _, err := handling.Package(code, f, r); err == nil {
			t.Errorf("%q got a package", code)
		}
	}
}

// What a message says about somebody is found, however it is written; what any
// message may say is not.
func TestLeaks(t *testing.T) {
	t.Parallel()
	r := flows.Report{Persons: []flows.Person{{Name: private.New("J. de Vries-Kováč")}}, InvolvedWho: private.New("Karel")}
	r.Place = flows.Place{Street: private.New("Testdijk"), Postcode: private.New("3441 AB"), Number: private.New("1"), Description: private.New("achter de molen")}
	r.Things = flows.Things{Organisation: private.New("Zonnehof Massage B.V."), KvK: private.New("12345678"), Plate: private.New("AB-12-CD"),
		Phone: private.New("+31 6 12345678"), Handle: private.New("@zon_x")}
	for text, want := range map[string]string{
		"We spraken VRIES vandaag.": handling.LeakName, "met kovac gepraat": handling.LeakName, "vraag het karel": handling.LeakName,
		"Zonnehof is dicht": handling.LeakOrganisation, "een massage": handling.LeakOrganisation,
		"op de testdijk": handling.LeakAddress, "Achter de Molen.": handling.LeakAddress, "in 3441AB": handling.LeakNumber,
		"bel 06-12 34 56 78": handling.LeakNumber, "auto ab12cd": handling.LeakNumber, "KVK 1234.5678": handling.LeakNumber, "zie zon x": handling.LeakNumber,
		"de politie kijkt": handling.LeakPartner, "AVIM!": handling.LeakPartner, "Moviera helpt": handling.LeakPartner, "bel 088 3744744": handling.LeakPartner,
		"nederlandse arbeidsinspectie": handling.LeakPartner,
		"Je signaal loopt nog.":        "", "De weg is vrij.": "", "Er zijn 1 of 2 vragen, de rest komt in 2027.": "", "": "",
	} {
		got := handling.Leaks(private.New(text), r, partners())
		if (want == "") != (len(got) == 0) || want != "" && !slices.ContainsFunc(got, func(x handling.Leakage) bool { return x.Kind == want }) {
			t.Errorf("%q: got %d found, want %q", text, len(got), want)
		}
	}
	if got := handling.Leaks(private.New("Van alles, in de rest"), flows.Report{}, nil); len(got) != 0 {
		t.Error("an empty report leaks")
	}
}
