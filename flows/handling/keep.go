package handling

import "github.com/meldroute/meldroute/config/private"

// Extend keeps a case after its time (P28). Until is the last day; how far it
// may reach is the municipality's to say.
type Extend struct {
	Stamp Stamp        `json:"stamp"`
	Until string       `json:"until"` // yyyy-mm-dd
	Why   private.Text `json:"why"`
}

// Hold keeps everything of a case for as long as it stands, whatever the dates
// say: a legal hold. Off lifts it.
type Hold struct {
	Stamp Stamp        `json:"stamp"`
	On    bool         `json:"on"`
	Why   private.Text `json:"why"`
}

func (a Extend) by() Stamp { return a.Stamp }
func (a Hold) by() Stamp   { return a.Stamp }

// OnHold reports whether the case is under a legal hold.
func (r Record) OnHold() bool { return len(r.Holds) > 0 && r.Holds[len(r.Holds)-1].On }

// mayKeep refuses an act without a reason, an extension into the past, and a
// hold that stands already.
func (r Record) mayKeep(act Act) *Refusal {
	switch a := act.(type) {
	case Extend:
		if a.Why.Empty() {
			return refuse("", "why")
		}
		if !day(a.Until) || happened(a.Until, a.Stamp) {
			return refuse("", "later")
		}
	case Hold:
		if a.Why.Empty() {
			return refuse("", "why")
		}
		if a.On == r.OnHold() {
			return refuse("", "taken")
		}
	}
	return nil
}

// Contact is when the reporter last heard something in this round: since the
// case was last reopened. final says that it was the last word.
func (r Record) Contact() (last Stamp, final bool) {
	for _, m := range r.Messages {
		if m.Round != len(r.Reopenings) {
			continue
		}
		t, _ := template(m.Template)
		last, final = m.Stamp, final || t.Final
	}
	return last, final
}
