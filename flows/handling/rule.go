package handling

import "slices"

// RuleID is the number of a rule: R1 to R23, or P33 for the duty to record
// whether the person was informed.
type RuleID string

// Gate is something that must be recorded before a hand-over.
type Gate string

// ConfidantGate is the gate of R20: whether a vertrouwenspersoon can help.
const ConfidantGate Gate = "confidant"

// Kind says what a proposal asks of the officer.
type Kind string

// The kinds of a proposal.
const (
	HandingOver Kind = "handover"  // hand it over to the partner
	Question    Kind = "question"  // weigh it: report, ask for advice, or neither
	Through     Kind = "via"       // another partner brings it there, we never do
	Internal    Kind = "internal"  // something to do within the municipality
	Attention   Kind = "attention" // something to keep in mind; nothing to record
)

// The things to do within the municipality (Internal).
const (
	Permits     = "permits"      // R11: a Bibob check at the next request
	YouthAction = "youth_action" // R13: bring it to the aanpak jeugd
	AddressRule = "address"      // R5: who is registered, may one live there
	Hotels      = "hotels"       // R11, Attention
)

// Rule is one line of the meldroute.
type Rule struct {
	ID RuleID
	// Source is where the sentence stands: a step of Bijlage 2, or a line.
	Source string
	// Policy is the sentence of the policy, in its own words. It is a
	// quotation, and so not in the catalogs. R19 rests on a passage, not on a
	// sentence, and has none.
	Policy string
	// Derived rules are supported by the sentence and not prescribed by it.
	Derived bool
	Offers  []Offer
	Gates   []Gate
	// Duties are the keys of what it makes owed; see Owed.
	Duties []string
}

// Label is the id of the rule in few and plain words.
func (r Rule) Label() string { return ruleLabel(r.ID) }

// Offer is what a rule proposes when it applies.
type Offer struct {
	Kind Kind
	// Partners are codes, or for Internal and Attention the thing to do. Only
	// a choice has several.
	Partners []string
	Choice   bool   // the officer picks one of Partners, and says why (R8)
	Must     bool   // the policy says "altijd", "dan wordt", "dan neemt": owed
	Via      string // for Through: the partner who brings it there
	when     func(view) bool
}

func always(view) bool { return true }

func has(x Fact) func(view) bool { return func(v view) bool { return v.fact(x) } }

func to(partner string, when func(view) bool) Offer {
	return Offer{Kind: HandingOver, Partners: []string{partner}, when: when}
}

func must(partner string, when func(view) bool) Offer {
	o := to(partner, when)
	o.Must = true
	return o
}

func kind(k Kind, what string, when func(view) bool) Offer {
	return Offer{Kind: k, Partners: []string{what}, when: when}
}

func via(partner, through string, when func(view) bool) Offer {
	return Offer{Kind: Through, Partners: []string{partner}, Via: through, when: when}
}

func choice(when func(view) bool) Offer {
	return Offer{Kind: HandingOver, Partners: []string{Belle, PrettyWoman}, Choice: true, when: when}
}

// investigation is the standing line for sexual and criminal cases: AVIM, and
// through it the OM, to which a municipality never reports itself.
func investigation(when func(view) bool) []Offer {
	return []Offer{to(AVIM, when), via(OM, AVIM, when)}
}

func minor(v view) bool { return v.sexual() && v.aged(0, v.f.Params.AdultAt, false) }
func young(v view) bool {
	return v.sexual() && v.aged(v.f.Params.AdultAt, v.f.Params.YoungBelow, false)
}
func grown(v view) bool    { return v.sexual() && v.aged(v.f.Params.YoungBelow, 0, false) }
func ageOpen(v view) bool  { return v.sexual() && v.ageless() }
func labour(v view) bool   { return v.labour() }
func criminal(v view) bool { return v.criminal() }
func housing(v view) bool  { return v.f.Housing }

// Rules is the route of steps 2 to 6 as a table, to be held against the policy.
func Rules() []Rule {
	confidant := []Gate{ConfidantGate}
	return []Rule{
		{ID: "R1", Source: "Bijlage 2, stap 4", Policy: "Er wordt altijd een melding gedaan bij de Zorgcoördinator mensenhandel.",
			Offers: []Offer{must(Care, always)}, Duties: []string{"care"}},
		{ID: "R2", Source: "Bijlage 2, stap 4", Policy: "Indien het een zeer ernstig signaal betreft waarop direct ingrijpen noodzakelijk is, dan wordt bij de politie de AVIM in kennis gesteld.",
			Offers: []Offer{must(AVIM, func(v view) bool { return len(v.r.Acute) > 0 })}, Duties: []string{"proposal", "confidant"}},
		{ID: "R3", Source: "Bijlage 2, stap 4", Policy: "Gaat het om arbeidsuitbuiting, dan neemt de aandachtsfunctionaris contact op met de Nederlandse Arbeidsinspectie (NLA).",
			Offers: []Offer{must(NLA, labour)}, Duties: []string{"proposal"}},
		{ID: "R4", Source: "regel 494", Policy: "FairWork en CoMensha, beide landelijke partijen die zich inzetten voor slachtoffers", Derived: true,
			Offers: []Offer{to(FairWork, func(v view) bool { return v.labour() && v.fact(OwnHelp) }), to(Sector, func(v view) bool { return v.labour() && v.fact(SectorHelp) })}},
		{ID: "R5", Source: "regel 304", Policy: "Signalen hierover worden meegenomen in integrale controles (waarbij onder andere de politie, de omgevingsdienst en de arbeidsinspectie aanwezig zijn)",
			Offers: []Offer{to(IntegralCheck, housing), kind(Internal, AddressRule, housing)}, Gates: confidant},
		{ID: "R6", Source: "regel 499", Policy: "woningbouwverenigingen ook een rol spelen", Derived: true, Offers: []Offer{to(HousingCorp, has(HousingAssociation))}},
		{ID: "R7", Source: "regel 481", Policy: "Pretty Woman is er voor ambulante begeleiding van jongeren (tot 23 jaar)",
			Offers: append(investigation(minor), to(PrettyWoman, minor)), Gates: confidant},
		{ID: "R8", Source: "regel 365", Policy: "Pretty Woman (jongeren) en Belle (meerderjarigen)",
			Offers: append(investigation(young), choice(young)), Gates: confidant},
		{ID: "R9", Source: "regel 479", Policy: "Belle doet dit voor de doelgroep 18+",
			Offers: append(investigation(grown), to(Belle, grown)), Gates: confidant},
		{ID: "R10", Source: "regel 365", Policy: "Pretty Woman (jongeren) en Belle (meerderjarigen)", Derived: true,
			Offers: append(investigation(ageOpen), choice(ageOpen)), Gates: confidant},
		{ID: "R11", Source: "regel 277-282", Policy: "kan een Bibob-toets worden uitgevoerd",
			Offers: []Offer{
				kind(Internal, Permits, func(v view) bool { return v.fact(Permit) || slices.Contains(v.f.Params.Bibob, v.f.Branch) }),
				kind(Attention, Hotels, func(v view) bool { return slices.Contains(v.f.Params.Attention, v.f.Branch) }),
			}},
		{ID: "R12", Source: "regel 297", Policy: "sommige ‘criminelen’ eigenlijk slachtoffer zijn van mensenhandel",
			Offers: append(investigation(criminal), to(PoliceCopen, criminal)), Gates: confidant, Duties: []string{"suspect"}},
		{ID: "R13", Source: "regel 298", Policy: "Dit wordt geborgd door de inzet van de aandachtsfunctionaris bij de aanpak jeugd",
			Offers: []Offer{
				kind(Internal, YouthAction, func(v view) bool { return v.criminal() && v.aged(0, v.f.Params.YouthBelow, true) }),
				to(WoerdenWijzer, has(LocalTeam)), to(SchoolYouth, has(School)),
			}, Gates: confidant},
		{ID: "R14", Source: "regel 475", Policy: "Veilig Thuis is het officiële meldpunt voor slachtoffers en daders van mensenhandel in de regio.",
			Offers: []Offer{kind(Question, VeiligThuis, func(v view) bool { return v.f.HasPerson || v.fact(Sighted) || v.sexual() || v.criminal() })}},
		{ID: "R15", Source: "regel 339", Policy: "RIEC faciliteert de regionale signalentafel mensenhandel, hier delen de partners … zachte signalen", Derived: true,
			Offers: []Offer{kind(Question, RIEC, func(v view) bool { return v.otherForm() || v.fact(Soft) })}, Gates: confidant},
		{ID: "R16", Source: "regel 458", Policy: "Bij signalen van uitbuiting die niet mono- of multidisciplinair kunnen worden opgepakt, kunnen partners dit samen doen onder het RIEC convenant",
			Offers: []Offer{to(RIEC, has(Network)), to(RTO, has(Network))}, Gates: confidant},
		{ID: "R17", Source: "regel 502", Policy: "Zorg en Veiligheidshuis … complexe casuïstiek", Derived: true, Offers: []Offer{to(ZVH, has(Complex))}, Gates: confidant},
		{ID: "R18", Source: "regel 366", Policy: "Specialistische opvang is bovenregionaal/landelijk opgezet en de zorgcoördinator kan in samenwerking met … CoMensha bemiddelen",
			Offers: []Offer{via(CoMensha, Care, has(Shelter))}},
		{ID: "R19", Source: "regel 77-82", Derived: true, Offers: []Offer{kind(Question, AVIM, has(OnlySmuggling))}, Gates: confidant},
		{ID: "R20", Source: "Bijlage 2, stap 3", Policy: "We schakelen politie in nadat we de mogelijkheid hebben onderzocht om een vertrouwenspersoon in te zetten.",
			Gates: confidant, Duties: []string{"confidant"}},
		{ID: "R21", Source: "Bijlage 2, stap 5", Policy: "De aandachtsfunctionaris vraagt bij de overdracht van het signaal terugkoppeling aan de betrokken instantie.", Duties: []string{"ask", "await"}},
		{ID: "R22", Source: "Bijlage 2, stap 6", Policy: "De aandachtsfunctionaris koppelt terug richting de gemeenteambtenaar die het signaal heeft afgegeven over wat er met het signaal gedaan is en legt dit voor de eigen administratie vast.",
			Duties: []string{"reporter", "answer"}},
		{ID: "R23", Source: "Bijlage 2, stap 3", Policy: "De aandachtsfunctionaris gaat na of de betrokken persoon, organisatie of het adres reeds in het eigen gemeentelijke systeem voorkomt zodat het signaal eventueel verrijkt kan worden met andere informatie.",
			Duties: []string{"lookup.person", "lookup.organisation", "lookup.address"}},
	}
}
