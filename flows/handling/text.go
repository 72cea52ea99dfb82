package handling

import "slices"

// TextIDs are the ids of all texts that this package names, for screens and
// for tests. Groups of choices are "handling.", the group and the choice.
func TextIDs() []string {
	var out []string
	put := func(group string, ends ...string) {
		for _, end := range ends {
			out = append(out, "handling."+group+"."+end)
		}
	}
	for _, r := range Rules() {
		out = append(out, r.Label())
	}
	for _, x := range AllFacts() {
		put("fact", string(x))
	}
	for _, t := range Templates() {
		out = append(out, t.ID)
	}
	put("duty", "take", "confidant", "lookup.person", "lookup.organisation", "lookup.address", "suspect", "care", "care.bare",
		"proposal", "ask", "await", "leak", "informed", "help", "reporter", "answer", "rest")
	for _, c := range Clocks() {
		put("clock", string(c))
	}
	put("refuse", "stamp", "reporter", "open", "closed", "taken", "take", "partner", "second", "via", "confidant", "contact", "ground",
		"date", "later", "sleep", "why", "choose", "owed", "template", "leak", "proposal", "care", "handover", "source")
	put("gate", string(ConfidantGate))
	put("kind", string(HandingOver), string(Question), string(Through), string(Internal), string(Attention))
	put("check", Permits, YouthAction, AddressRule, BelleAlong, RIECHelp)
	put("attention", Hotels)
	put("lookup", LookPerson, LookOrganisation, LookAddress, Found, NotFound, Impossible)
	put("confidant", Deployed, NotPossible, NotWanted)
	put("way", WayPhone, WaySecureMail, WayPortal, WayTalk)
	put("answer", Told, MayNotSay, Silent)
	put("table", Local, District, Regional, Signals)
	put("measure", Bibob, HousingAct, HousingPermit, Closure, Criminal)
	put("reaction", Clear, Asks, More, Disagrees)
	put("help", Reached, NotReached, NoVictim)
	put("close", ClosingReasons()...)
	put("note", Headings()...)
	put("leak", LeakName, LeakOrganisation, LeakNumber, LeakAddress, LeakPartner)
	put("act", "acute", "sleep", "bare", "raw", "departed", "consent")
	for _, s := range []Status{Received, Taken, Enriched, HandedOver, Awaiting, Answered, Closed} {
		put("status", string(s))
	}
	for _, f := range append(Shareable(), FieldReporter, FieldNotes, FieldVulnerability, FieldWhat, FieldSeen, FieldRisk, FieldUrgency,
		FieldDepartment, FieldTeamLead, FieldInvolved, FieldCalled) {
		put("field", string(f))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Shareable are the fields that some partner can get.
func Shareable() []FieldName {
	return []FieldName{FieldForm, FieldIndicators, FieldWhen, FieldSummary, FieldStreet, FieldNumber, FieldPostcode, FieldTown, FieldPlace,
		FieldCapacity, FieldPersonName, FieldLooks, FieldAge, FieldOrganisation, FieldKvK, FieldPlate, FieldPhone, FieldHandle, FieldBranch,
		FieldHousing, FieldShelter, FieldAware}
}
