package main_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/handling"
)

// plantedReport is a report with a word of its own in every field, by the name that
// the package has for the field; what no partner gets has names too.
func plantedReport() (in said, words map[handling.FieldName]string) {
	in = said{
		"what": "appelvink", "when": "week", "street": "boomkruiperlaan", "number": "4173", "postcode": "3441 AB", "town": "dodaarsdorp", "place": "eidereend achter",
		"seen": "external", "source": "fitisvrouw", "form": "sexual; labour; criminal", "person": "companion; vague_injuries", "home": "isolation", "travel": "lives_at_work; debts",
		"capacity": "victim", "name": "geelgors", "looks": "heggenmus", "age": "minor",
		"organisation": "ijseend", "kvk": "87654321", "plate": "ZX-99-QQ", "phone": "06-98765432", "handle": "kneuknaam", "branch": "massage",
		"wonen": "Ja", "urgency": "soon", "risk": "matkopgevaar", "department": "supervision", "teamlead": "notyet",
		"involved": "colleague", "who": "nonnetje", "contact": "phone", "callback": "0348 428911", "time": "oeverlooptijd",
	}
	return in, map[handling.FieldName]string{
		handling.FieldWhat: "appelvink", handling.FieldStreet: "boomkruiperlaan", handling.FieldNumber: "4173", handling.FieldPostcode: "3441 AB",
		handling.FieldTown: "dodaarsdorp", handling.FieldPlace: "eidereend achter", handling.FieldPersonName: "geelgors", handling.FieldLooks: "heggenmus",
		handling.FieldOrganisation: "ijseend", handling.FieldKvK: "87654321", handling.FieldPlate: "ZX-99-QQ", handling.FieldPhone: "98765432",
		handling.FieldHandle: "kneuknaam", handling.FieldBranch: "Massagesalon", handling.FieldCapacity: "Misschien slachtoffer", handling.FieldAge: "Onder 18",
		handling.FieldForm: "Gedwongen seks of sekswerk", handling.FieldWhen: "Deze week", handling.FieldSummary: "pestvogelsamenvatting",
	}
}

// secrets are in no package: the reporter, the source, the team, the notes, the
// danger, and the reporter's own words once there is a summary.
var secrets = []string{"appelvink", "fitisvrouw", "matkopgevaar", "nonnetje", "428911", "oeverlooptijd", "Naam van medewerker", "medewerker-1", "Toezicht",
	"notitiewoord", "Iemand van buiten", "Nog niet"}

// With another planted word in every field of the report, what each partner is
// shown, the text to copy and the file hold exactly the partner's allow-list.
func TestCasePackages(t *testing.T) {
	t.Parallel()
	b := openBureau(t)
	in, words := plantedReport()
	ref := b.report("medewerker-1", in)
	for _, consent := range []bool{false, true} {
		c := b.clerk("aandachtsfunctionaris-1")
		c.opens(ref)
		if !consent {
			c.chooses("task.take")
			for _, w := range []string{"appelvink", "geelgors", "matkopgevaar", "nonnetje", "boomkruiperlaan"} {
				if !strings.Contains(answered(c.last), w) {
					t.Fatalf("the case itself lacks %q: the test shows nothing", w)
				}
			}
			c.confidant()
			c.task("note", "note", "notitiewoord")
		}
		facts := []string{"facts", "shelter", "summary", "pestvogelsamenvatting"}
		if consent {
			facts = append(facts, "facts", "consent")
		}
		c.task("facts", facts...)
		window := c.form
		for _, p := range b.r.config.Partners {
			c.form = window
			c.share(p.Code)
			c.holds(p.Code, consent, in, words)
		}
	}
}

// holds compares a package on screen with the allow-list.
func (c *clerk) holds(partner string, consent bool, in said, words map[handling.FieldName]string) {
	t := c.b.t
	t.Helper()
	allowed := c.b.allowed(partner, consent, in)
	shown := ""
	for _, f := range c.part("Dit mag de partner weten") {
		shown += f.Label + ": " + f.Value.Reveal() + "\n"
	}
	letter := ""
	for _, f := range c.form.Fields {
		if f.Name == "copy" {
			letter = f.Value[0].Reveal()
		}
	}
	for where, text := range map[string]string{"what is shown": shown, "the text to copy": letter, "the file": c.file()} {
		for field, word := range words {
			if got, want := strings.Contains(text, word), slices.Contains(allowed, field); got != want {
				t.Errorf("%s (consent %v): %s holds %s: %v, want %v", partner, consent, where, field, got, want)
			}
		}
		for _, secret := range secrets {
			if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
				t.Errorf("%s: %s holds %q", partner, where, secret)
			}
		}
	}
	for field, list := range mayHave(consent) {
		if got, want := strings.Contains(shown, words[field]), slices.Contains(strings.Fields(list), partner); got != want {
			t.Errorf("%s (consent %v) is shown %s: %v, the policy says %v", partner, consent, field, got, want)
		}
	}
	kept := c.tells("Niet")
	for _, field := range []string{"Wie het meldde", "Jouw notities", "Kwetsbaarheid", "Gevaar volgens de melder", "Team van de melder", "De woorden van de melder"} {
		if !strings.Contains(kept, field) {
			t.Errorf("%s: the preview does not say that %q stays: %s", partner, field, kept)
		}
	}
}

// mayHave is who may have what leads to a person, a house or a business, set
// down apart from the rules: helpers get the person only with consent.
func mayHave(consent bool) map[handling.FieldName]string {
	out := map[handling.FieldName]string{
		handling.FieldPersonName:   "avim police_copen veilig_thuis zvh",
		handling.FieldPhone:        "avim veilig_thuis",
		handling.FieldStreet:       "avim police_copen veilig_thuis nla integral_check housing_corp",
		handling.FieldOrganisation: "avim police_copen nla integral_check riec rto",
		handling.FieldHandle:       "avim",
	}
	if consent {
		out[handling.FieldPersonName] += " moviera pretty_woman belle woerden_wijzer school_youth"
		out[handling.FieldPhone] += " moviera pretty_woman belle woerden_wijzer"
	}
	return out
}

// allowed is the allow-list of a partner for this report, as the rules have it.
func (b *bureau) allowed(partner string, consent bool, in said) []handling.FieldName {
	b.t.Helper()
	var ps []handling.Partner
	for _, p := range config.Default().Partners {
		ps = append(ps, handling.Partner{Code: p.Code, Police: p.Police})
	}
	p := func(name string) private.Text { return private.New(in[name]) }
	rep := flows.Report{
		What: p("what"), When: in["when"], Seen: in["seen"], Forms: strings.Split(in["form"], "; "), Housing: "yes", Urgency: "soon", Risk: p("risk"),
		Place:      flows.Place{Street: p("street"), Number: p("number"), Postcode: p("postcode"), Town: p("town"), Description: p("place")},
		Indicators: []string{"companion", "vague_injuries", "isolation", "lives_at_work", "debts"},
		Persons:    []flows.Person{{Capacity: "victim", Name: p("name"), Looks: p("looks"), Age: "minor"}},
		Things:     flows.Things{Organisation: p("organisation"), KvK: p("kvk"), Plate: p("plate"), Phone: p("phone"), Handle: p("handle"), Branch: "massage"},
	}
	rec := handling.Record{Facts: []handling.Fact{handling.Shelter}, Summary: p("what"), Confidants: []handling.Confidant{{}}}
	if consent {
		rec.Facts = append(rec.Facts, handling.Consent)
	}
	fields, err := handling.Package(partner, handling.FactsOf(rep, handling.DefaultParams(ps)), rec)
	if err != nil {
		b.t.Fatalf("%s: %v", partner, err)
	}
	var out []handling.FieldName
	for _, f := range fields {
		out = append(out, f.Name)
	}
	return out
}
