package handling

import (
	"fmt"
	"io"
	"slices"

	"github.com/meldroute/meldroute/config/private"
)

// Field is one thing that a partner may read.
type Field struct {
	Name FieldName
	Row  int // of a person, from 1; else 0
	// Text is in words, Options are ids of the configuration: one of the two.
	Text    private.Text
	Options []string
	// Raw marks the reporter's own words: they may give away who reported, so
	// the officer writes a Summarise in their place where he can.
	Raw bool
}

// Format writes private.Mask: the choices say as much as the words.
func (Field) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, private.Mask) }

// FieldName is a field of a report or of the record; its label is
// "handling.field." and the name.
type FieldName string

// The fields that a partner can get.
const (
	FieldForm         FieldName = "form"
	FieldIndicators   FieldName = "indicator"
	FieldWhen         FieldName = "when"
	FieldSummary      FieldName = "summary"
	FieldStreet       FieldName = "street"
	FieldNumber       FieldName = "number"
	FieldPostcode     FieldName = "postcode"
	FieldTown         FieldName = "town"
	FieldPlace        FieldName = "place"
	FieldCapacity     FieldName = "capacity"
	FieldPersonName   FieldName = "name"
	FieldLooks        FieldName = "looks"
	FieldAge          FieldName = "age"
	FieldOrganisation FieldName = "organisation"
	FieldKvK          FieldName = "kvk"
	FieldPlate        FieldName = "plate"
	FieldPhone        FieldName = "phone"
	FieldHandle       FieldName = "handle"
	FieldBranch       FieldName = "branch"
	FieldHousing      FieldName = "housing"
	FieldShelter      FieldName = "shelter"
	FieldAware        FieldName = "aware"
)

// The fields that no partner ever gets.
const (
	FieldReporter      FieldName = "reporter" // and the source's name
	FieldNotes         FieldName = "notes"
	FieldVulnerability FieldName = "vulnerability"
	FieldWhat          FieldName = "what" // the reporter's own words, where they are not Raw
	FieldSeen          FieldName = "seen"
	FieldRisk          FieldName = "risk"
	FieldUrgency       FieldName = "urgency"
	FieldDepartment    FieldName = "department"
	FieldTeamLead      FieldName = "teamlead"
	FieldInvolved      FieldName = "involved" // and who
	FieldCalled        FieldName = "called"
)

// list is what one partner may read.
type list struct {
	fields     []FieldName
	raw        bool // the reporter's own words where there is no summary
	health     bool // also the indicators of health
	indicators bool // all indicators; else those of Params.Work, when FieldIndicators is listed
}

func fields(groups ...[]FieldName) []FieldName { return slices.Concat(groups...) }

// lists are the allow-lists, by partner. Who is not here gets nothing: one does
// not report to the OM or CoMensha directly, FairWork is a referral, and sector
// bodies never get personal data.
func lists() map[string]list {
	address := []FieldName{FieldStreet, FieldNumber, FieldPostcode, FieldTown}
	place := fields(address, []FieldName{FieldPlace})
	person := []FieldName{FieldCapacity, FieldPersonName, FieldLooks, FieldAge}
	business := []FieldName{FieldOrganisation, FieldKvK, FieldBranch}
	about := []FieldName{FieldForm, FieldWhen, FieldSummary}
	help := []FieldName{FieldForm, FieldSummary, FieldPersonName, FieldAge, FieldPhone, FieldTown, FieldAware}
	contact := []FieldName{FieldPlate, FieldPhone, FieldHandle}
	return map[string]list{
		Care:          {fields: fields(help, []FieldName{FieldIndicators, FieldBranch, FieldShelter}), raw: true, health: true, indicators: true},
		VeiligThuis:   {fields: fields(about, []FieldName{FieldIndicators, FieldPhone, FieldAware}, place, person), raw: true, health: true, indicators: true},
		PrettyWoman:   {fields: help},
		Belle:         {fields: help},
		WoerdenWijzer: {fields: []FieldName{FieldSummary, FieldPersonName, FieldAge, FieldPhone, FieldTown}},
		SchoolYouth:   {fields: []FieldName{FieldSummary, FieldPersonName, FieldAge}},
		HousingCorp:   {fields: address},
		AVIM:          {fields: fields(about, []FieldName{FieldIndicators, FieldHousing}, place, person, business, contact), raw: true, health: true, indicators: true},
		PoliceCopen:   {fields: fields(about, place, person, []FieldName{FieldOrganisation, FieldPlate}), raw: true},
		NLA:           {fields: fields(about, []FieldName{FieldIndicators, FieldHousing, FieldPlate}, place, business)},
		IntegralCheck: {fields: fields([]FieldName{FieldSummary, FieldHousing}, place, business)},
		RIEC:          {fields: fields(about, []FieldName{FieldTown, FieldPlate}, business)},
		RTO:           {fields: fields([]FieldName{FieldForm, FieldSummary, FieldTown, FieldPlate}, business)},
		ZVH:           {fields: []FieldName{FieldForm, FieldSummary, FieldCapacity, FieldPersonName, FieldAge, FieldTown}},
	}
}

// outsideList is for a partner that is not on the list: only what the officer
// wrote for partners.
var outsideList = []FieldName{FieldForm, FieldWhen, FieldSummary, FieldTown}

// helpers are those who get the identity of the person only with consent.
// Without it they get what bareList holds of their list.
func helpers() []string { return []string{Care, PrettyWoman, Belle, WoerdenWijzer, SchoolYouth} }

var bareList = []FieldName{FieldForm, FieldAge, FieldBranch, FieldShelter}

// bareFor reports whether a partner gets no identity.
func bareFor(v view, partner string) bool {
	if slices.Contains(helpers(), partner) {
		return v.bare()
	}
	// These get nothing that leads to a person.
	return slices.Contains([]string{FairWork, Sector, OM, CoMensha}, partner)
}

// allow is the allow-list of a partner in a case.
func allow(v view, partner string) list {
	l, ok := lists()[partner]
	if _, outside := v.r.outside(partner); outside {
		l, ok = list{fields: outsideList}, true
	}
	if ok && bareFor(v, partner) {
		kept := []FieldName{}
		for _, name := range l.fields {
			if slices.Contains(bareList, name) {
				kept = append(kept, name)
			}
		}
		l = list{fields: kept}
	}
	return l
}

// Package returns what a partner may read of a case, for the officer to send by
// his own secure means: exactly the filled fields of the partner's allow-list.
// The reporter, notes and vulnerability are in none. It refuses, with a
// *Refusal, to make a package for a partner whose gate is shut (R20).
func Package(partner string, f Facts, r Record) ([]Field, error) {
	v := look(f, r)
	if _, known := f.Params.partner(partner); !known {
		if out, ok := r.outside(partner); !ok || out.Agreed == nil {
			return nil, refuse("", "partner")
		}
	}
	if x := v.gate(partner); x != nil {
		return nil, x
	}
	return v.shared(allow(v, partner)), nil
}

func (v view) shared(l list) []Field {
	var out []Field
	for _, x := range v.all(l) {
		if slices.Contains(l.fields, x.Name) {
			out = append(out, x)
		}
	}
	return out
}

// all are the filled fields that can be shared at all, those of l in the
// measure that l has.
func (v view) all(l list) []Field {
	var out []Field
	text := func(name FieldName, row int, x private.Text) {
		if !x.Empty() {
			out = append(out, Field{Name: name, Row: row, Text: x})
		}
	}
	option := func(name FieldName, row int, ids ...string) {
		ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
		if len(ids) > 0 {
			out = append(out, Field{Name: name, Row: row, Options: ids})
		}
	}
	rep := v.f.report
	option(FieldForm, 0, v.forms...)
	option(FieldIndicators, 0, v.indicators(l)...)
	option(FieldWhen, 0, rep.When)
	if text(FieldSummary, 0, v.r.Summary); v.r.Summary.Empty() && l.raw && !rep.What.Empty() {
		out = append(out, Field{Name: FieldSummary, Text: rep.What, Raw: true})
	}
	text(FieldStreet, 0, rep.Place.Street)
	text(FieldNumber, 0, rep.Place.Number)
	text(FieldPostcode, 0, rep.Place.Postcode)
	text(FieldTown, 0, rep.Place.Town)
	text(FieldPlace, 0, rep.Place.Description)
	for i, p := range rep.Persons {
		option(FieldCapacity, i+1, p.Capacity)
		text(FieldPersonName, i+1, p.Name)
		text(FieldLooks, i+1, p.Looks)
		option(FieldAge, i+1, p.Age)
	}
	if len(v.r.Ages) > 0 {
		option(FieldAge, 0, v.r.Ages...)
	}
	text(FieldOrganisation, 0, rep.Things.Organisation)
	text(FieldKvK, 0, rep.Things.KvK)
	option(FieldBranch, 0, rep.Things.Branch)
	text(FieldPlate, 0, rep.Things.Plate)
	text(FieldPhone, 0, rep.Things.Phone)
	text(FieldHandle, 0, rep.Things.Handle)
	option(FieldHousing, 0, rep.Housing)
	if v.fact(Shelter) {
		option(FieldShelter, 0, "yes")
	}
	option(FieldAware, 0, rep.Aware)
	return out
}

// indicators are those of the report that a list may have.
func (v view) indicators(l list) []string {
	var out []string
	for _, id := range v.f.report.Indicators {
		switch {
		case l.indicators && (l.health || !slices.Contains(v.f.Params.Health, id)),
			!l.indicators && slices.Contains(v.f.Params.Work, id):
			out = append(out, id)
		}
	}
	return out
}

// Withheld returns what a partner does not get of this case, for the preview:
// the filled fields outside its list, and what no partner gets.
func Withheld(partner string, f Facts, r Record) []FieldName {
	v := look(f, r)
	l := allow(v, partner)
	var out []FieldName
	put := func(name FieldName, filled bool) {
		if filled && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	rep := f.report
	for _, x := range v.all(list{raw: true, health: true, indicators: true}) {
		put(x.Name, !slices.Contains(l.fields, x.Name) && !x.Raw)
	}
	// The signs count as withheld when some of them are.
	put(FieldIndicators, len(v.indicators(l)) < len(rep.Indicators))
	raw := r.Summary.Empty() && l.raw && slices.Contains(l.fields, FieldSummary)
	put(FieldWhat, !rep.What.Empty() && !raw)
	put(FieldSeen, rep.Seen != "")
	put(FieldRisk, !rep.Risk.Empty())
	put(FieldUrgency, rep.Urgency != "")
	put(FieldCalled, rep.Called != "")
	put(FieldDepartment, rep.Department != "")
	put(FieldTeamLead, rep.TeamLead != "")
	put(FieldInvolved, rep.Involved != "" || !rep.InvolvedWho.Empty())
	put(FieldReporter, true)
	put(FieldNotes, true)
	put(FieldVulnerability, true)
	return out
}

// Anonymous returns the page for the local meeting without traceable data: the
// form, the branch, the ages and the signs that say nothing of health. It needs
// no gate (R20), since nothing in it leads to anybody.
func Anonymous(f Facts, r Record) []Field {
	l := list{fields: []FieldName{FieldForm, FieldBranch, FieldIndicators, FieldAge, FieldWhen, FieldHousing}, indicators: true}
	return look(f, r).shared(l)
}
