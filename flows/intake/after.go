package intake

import "github.com/meldroute/meldroute/flows"

// Addition is "aanvullen": more about a signal that was filed.
func Addition(p Params) flows.Flow {
	p.Limits = p.Limits.withDefaults()
	aware := one("aware", option("yes", "g.yes"), option("no", "g.no"), unknown(false))
	aware.Optional = true
	return flows.Flow{Name: AdditionName, Steps: []flows.Step{{ID: "addition", Title: flows.T("q.addition.title"), Say: flows.T("q.addition.say"), End: flows.File,
		Questions: []flows.Question{
			{ID: "what", Kind: flows.Area, Max: p.Limits.What, Label: flows.T("q.addition"), Short: flows.T("q.addition.short"), Missing: flows.T("e.what")},
			aware,
		}}}}
}

// Called asks after an acute report whether 112 was called. "Nog niet" shows
// the number again and asks again. It ends with File.
func Called() flows.Flow {
	yes, past := option("yes", "g.yes"), option("past", "q.called.past", "voorbij", "past")
	yes.End, past.End = flows.File, flows.File
	no := option("no", "q.called.no", "nee", "nog niet", "no", "not yet")
	no.Goto = "again"
	again := aside("again", flows.T("q.called.again"), yes, no, past)
	again.Questions[0].ID = "called"
	return flows.Flow{Name: CalledName, Steps: []flows.Step{
		{ID: "called", Say: flows.T("q.called"), Questions: []flows.Question{{ID: "called", Kind: flows.One, Options: []flows.Option{yes, no, past}}}},
		again,
	}}
}

// Withdraw asks whether to withdraw a signal. File means yes, Erase means that
// nothing happens. What withdrawing does depends on whether it was read.
func Withdraw() flows.Flow {
	yes, no := option("yes", "q.withdraw.yes"), option("no", "q.withdraw.no")
	yes.End, no.End = flows.File, flows.Erase
	return flows.Flow{Name: WithdrawName, Steps: []flows.Step{{ID: "withdraw", Say: flows.T("q.withdraw"),
		Questions: []flows.Question{{ID: "withdraw", Kind: flows.One, Options: []flows.Option{yes, no}}}}}}
}
