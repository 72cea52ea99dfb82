package intake_test

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/meldroute/meldroute/flows"
	"github.com/meldroute/meldroute/flows/intake"
)

func choice(id, nl, en string) intake.Choice {
	return intake.Choice{ID: id, Label: flows.Text{NL: nl, EN: en}}
}

func sign(group, id, nl, en string) intake.Indicator {
	return intake.Indicator{Choice: choice(id, nl, en), Group: group}
}

// woerden is a municipality with all there is to choose: the 18 signs of the
// policy (Bijlage 3), in the few words that the budget leaves.
func woerden() intake.Params {
	p := intake.Params{
		Departments: []intake.Choice{choice("social", "Sociaal domein", "Social domain"), choice("kcc", "KCC", "Customer contact"),
			choice("civil", "Burgerzaken", "Civil affairs"), choice("supervision", "Toezicht", "Supervision"),
			choice("boa", "Boa", "Boa"), choice("oov", "OOV", "Public order"), choice("other", "Ander team", "Other team")},
		Groups: []intake.Choice{choice("person", "Over de persoon", "About the person"),
			choice("home", "Thuis, geld en school", "Home, money and school"), choice("travel", "Werk, reis en papieren", "Work, travel and papers")},
		Forms: []intake.Form{
			{Choice: choice("sexual", "Gedwongen seks of sekswerk", "Forced sex or sex work"), FirstGroup: "home"},
			{Choice: choice("labour", "Gedwongen of heel slecht werk", "Forced or very bad work"), FirstGroup: "travel", Housing: true},
			{Choice: choice("criminal", "Gedwongen misdaad of bedelen", "Forced crime or begging"), FirstGroup: "home"},
			{Choice: choice("prostitution", "Illegale prostitutie", "Illegal prostitution")},
			{Choice: choice("other", "Iets anders", "Something else"), Housing: true},
		},
		Indicators: []intake.Indicator{
			sign("person", "companion", "Meestal begeleider erbij", "Usually a companion there"),
			sign("person", "vague_injuries", "Wonden of blauwe plekken, vage uitleg", "Vague about injuries or bruises"),
			sign("person", "threats", "Persoon of familie bedreigd", "Person or family threatened"),
			sign("person", "work_complaints", "Klachten door het werk", "Complaints from the work"),
			sign("person", "work_complaints_sexual", "Klachten die door sekswerk kunnen komen", "Complaints that may come from sex work"),
			sign("person", "psychosomatic", "Vaak pijn of slechte slaap, zonder oorzaak", "Often pain or bad sleep, without cause"),
			sign("person", "addiction", "Zichtbaar veel drugs of alcohol", "Visibly uses many drugs or much alcohol"),
			sign("person", "tattoo", "Tatoeage van andermans naam of teken", "Tattoo of someone's name or mark"),
			sign("home", "isolation", "Geïsoleerd of afhankelijk", "Isolated or dependent"),
			sign("home", "sudden_money", "Opeens veel geld of andere kleding", "Suddenly much money or other clothes"),
			sign("home", "behaviour_change", "Gedraagt zich anders", "Behaves differently"),
			sign("home", "extortion", "Afgeperst, bijvoorbeeld met filmpjes", "Blackmailed, for example with videos"),
			sign("home", "school_decline", "Slechter op school", "Worse at school"),
			sign("travel", "lives_at_work", "Woont op de werkplek", "Lives at the workplace"),
			sign("travel", "no_passport", "Heeft paspoort niet zelf", "Does not hold the passport"),
			sign("travel", "travel_arranged", "Reis niet zelf geregeld", "Did not arrange the journey"),
			sign("travel", "work_address_unknown", "Werkadres onbekend", "Work address unknown"),
			sign("travel", "debts", "Heeft schulden", "Has debts"),
			sign("travel", "undocumented", "Geen verblijfspapieren", "No residence papers"),
		},
		Capacities: []intake.Choice{choice("victim", "Misschien slachtoffer", "Perhaps a victim"), choice("suspect", "Misschien dader", "Perhaps a perpetrator"),
			choice("employer", "Werkgever", "Employer"), choice("owner", "Verhuurder", "Landlord"), choice("other", "Anders", "Other")},
		Ages: []intake.Choice{choice("minor", "Onder 18", "Under 18"), choice("18_22", "18 tot 23", "18 to 22"), choice("23_plus", "23 of ouder", "23 or older")},
		Branches: []intake.Choice{choice("massage", "Massagesalon", "Massage parlour"), choice("hotel", "Hotel", "Hotel"),
			choice("temp_agency", "Uitzendbureau", "Temp agency"), choice("catering", "Horeca", "Catering"), choice("agriculture", "Tuinbouw", "Horticulture"),
			choice("construction", "Bouw", "Construction"), choice("home_online", "Thuis of online", "Home or online"), choice("other", "Anders", "Other")},
		Officers: []intake.Officer{{ID: "web:a1", Name: "Aandachtsfunctionaris 1"}, {ID: "web:a2", Name: "Aandachtsfunctionaris 2"}},
		Doors: []intake.Door{
			{Choice: choice("smuggling", "Mensensmokkel", "People smuggling"), Text: flows.Text{NL: "Bel de politie.", EN: "Call the police."}},
			{Choice: choice("domestic", "Geweld thuis", "Violence at home"), Text: flows.Text{NL: "Bel Veilig Thuis.", EN: "Call Veilig Thuis."}},
		},
		Card: flows.Text{NL: "Nu gevaar: bel 112.", EN: "Danger now: call 112."},
	}
	for i := range p.Indicators {
		switch p.Indicators[i].ID {
		case "work_complaints_sexual":
			p.Indicators[i].OnlyWithForm = "sexual"
		case "lives_at_work":
			p.Indicators[i].Housing = true
		}
	}
	return p
}

// all are the flows of this package.
func all() []flows.Flow {
	return []flows.Flow{intake.Build(woerden()), intake.Enter(woerden()), intake.Addition(woerden()), intake.Called(), intake.Withdraw()}
}

// catalog reads the flat catalog of a language: lines of id: "text".
func catalog(t testing.TB, lang string) map[string]string {
	t.Helper()
	file, err := os.Open("../../config/texts/intake." + lang + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := map[string]string{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		id, quoted, ok := strings.Cut(lines.Text(), ": ")
		if !ok || strings.HasPrefix(id, "#") {
			continue
		}
		text, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatalf("%s %s: %v", lang, id, err)
		}
		out[id] = text
	}
	return out
}

// say turns texts into words of one language.
func say(cat map[string]string, lang string) func(flows.Text) string {
	return func(x flows.Text) string {
		switch {
		case x.ID != "":
			return cat[x.ID]
		case lang == "en":
			return x.EN
		}
		return x.NL
	}
}

// words are what may be typed for a text.
func words(t testing.TB) flows.Words {
	nl, en := say(catalog(t, "nl"), "nl"), say(catalog(t, "en"), "en")
	return func(x flows.Text) []string { return []string{nl(x), en(x)} }
}
