package roster

import (
	"slices"
	"time"

	"github.com/meldroute/meldroute/flows"
)

// Refusal is the error of an act that cannot be. It says why in words.
type Refusal struct{ Text flows.Text }

func (r *Refusal) Error() string { return "roster: refused: " + r.Text.ID }

func refuse(why string) error { return &Refusal{flows.T("roster.refuse." + why)} }

// Act is one change. The types below are all there are.
type Act interface {
	// may returns a *Refusal when it cannot be, on the day that it is done.
	may(r Roster, today string) error
	// do changes a copy that is its own.
	do(r *Roster, today string)
}

var _ = []Act{Absence{}, Return{}, Week{}, Leave{}, Rejoin{}, Hours{}, Advised{}, Worked{}}

// May returns nil when an act can be done today, else a *Refusal.
func May(r Roster, a Act, today string) error { return a.may(r, today) }

// Apply returns the roster with an act in it, or what May refuses. The one that
// it was given stays as it was.
func Apply(r Roster, a Act, today string) (Roster, error) {
	if err := a.may(r, today); err != nil {
		return r, err
	}
	next := Roster{slices.Clone(r.Absences), slices.Clone(r.Weeks), slices.Clone(r.Gone), slices.Clone(r.Hours), r.Version + 1}
	a.do(&next, today)
	next.forget(today)
	return next, nil
}

// kept is how many years of the past are kept: this year and the one before,
// which the yearly figures and the budget are about.
const kept = 1

// forget drops what is past and serves nothing any more.
func (r *Roster) forget(today string) {
	now, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return
	}
	first := time.Date(now.Year()-kept, 1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	r.Absences = slices.DeleteFunc(r.Absences, func(a Absence) bool { return a.Until != "" && a.Until < first })
	r.Weeks = slices.DeleteFunc(r.Weeks, func(w Week) bool { return w.Monday < first })
	r.Hours = slices.DeleteFunc(r.Hours, func(h Hours) bool { return h.Day < first })
}

// isDay reports whether a text is a day.
func isDay(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }

func (a Absence) may(r Roster, _ string) error {
	switch {
	case a.Person == "", r.Left(a.Person):
		return refuse("person")
	case !isDay(a.From), a.Until != "" && !isDay(a.Until):
		return refuse("day")
	case a.Until != "" && a.Until < a.From:
		return refuse("backwards")
	case a.Substitute == a.Person:
		return refuse("self")
	case r.Left(a.Substitute):
		return refuse("gone")
	case slices.ContainsFunc(r.Absences, func(b Absence) bool { return b.Person == a.Person && a.meets(b) }):
		return refuse("overlap")
	case a.circle(r):
		return refuse("circle")
	}
	return nil
}

// circle reports whether the substitutes would go round on some day. Chains
// only change where an absence begins.
func (a Absence) circle(r Roster) bool {
	r.Absences = append(slices.Clone(r.Absences), a)
	for _, b := range r.Absences {
		if a.on(b.From) && r.returns(a.Person, b.From) {
			return true
		}
	}
	return false
}

// returns reports whether the chain from a person on a day comes back to him.
func (r Roster) returns(person, day string) bool {
	at := person
	for range len(r.Absences) + len(r.Gone) + 1 {
		next, away := r.instead(at, day)
		if !away || next == "" {
			return false
		}
		if at = next; at == person {
			return true
		}
	}
	return false
}

func (a Absence) do(r *Roster, _ string) { r.Absences = append(r.Absences, a) }

// Return ends an absence, named by its person and first day: he is there today.
// One that has not begun never was.
type Return struct{ Person, From string }

func (a Return) find(r Roster) int {
	return slices.IndexFunc(r.Absences, func(b Absence) bool { return b.Person == a.Person && b.From == a.From })
}

func (a Return) may(r Roster, today string) error {
	if i := a.find(r); i < 0 || !isDay(today) || r.Absences[i].Until != "" && r.Absences[i].Until < today {
		return refuse("absence")
	}
	return nil
}

func (a Return) do(r *Roster, today string) {
	i := a.find(*r)
	if r.Absences[i].From >= today {
		r.Absences = slices.Delete(r.Absences, i, i+1)
		return
	}
	t, _ := time.Parse(time.DateOnly, today) // may said that it is one
	r.Absences[i].Until = t.AddDate(0, 0, -1).Format(time.DateOnly)
}

// A Week without a person is nobody's.
func (a Week) may(r Roster, today string) error {
	switch {
	case Monday(a.Monday) != a.Monday, a.Monday == "", a.Monday < Monday(today):
		return refuse("week")
	case a.Person != "" && r.Left(a.Person):
		return refuse("gone")
	}
	return nil
}

func (a Week) do(r *Roster, _ string) {
	r.Weeks = slices.DeleteFunc(r.Weeks, func(w Week) bool { return w.Monday == a.Monday })
	if a.Person != "" {
		r.Weeks = append(r.Weeks, a)
	}
}

func (a Leave) may(r Roster, _ string) error {
	switch {
	case a.Person == "", r.Left(a.Person):
		return refuse("person")
	case a.To == a.Person:
		return refuse("self")
	case r.Left(a.To):
		return refuse("gone")
	case !isDay(a.Day):
		return refuse("day")
	}
	return nil
}

// do lets the successor stand in wherever the one who leaves did, and takes his
// own absences and weeks away. A substitute of the successor is nobody: nobody
// stands in for himself, or comes back to himself by way of others.
func (a Leave) do(r *Roster, today string) {
	r.Gone = append(r.Gone, a)
	for i, g := range r.Gone {
		if g.To == a.Person {
			r.Gone[i].To = a.To
		}
	}
	r.Absences = slices.DeleteFunc(r.Absences, func(b Absence) bool { return b.Person == a.Person })
	r.Weeks = slices.DeleteFunc(r.Weeks, func(w Week) bool { return w.Person == a.Person && w.Monday >= Monday(today) })
	var follow []Absence
	r.Absences = slices.DeleteFunc(r.Absences, func(b Absence) bool {
		if b.Substitute == a.Person {
			follow = append(follow, b)
			return true
		}
		return false
	})
	for _, b := range follow {
		if b.Substitute = a.To; b.Person == a.To || b.circle(*r) {
			b.Substitute = ""
		}
		r.Absences = append(r.Absences, b)
	}
}

// Rejoin takes back that somebody left.
type Rejoin struct{ Person string }

func (a Rejoin) may(r Roster, _ string) error {
	if !r.Left(a.Person) {
		return refuse("person")
	}
	return nil
}

func (a Rejoin) do(r *Roster, _ string) {
	r.Gone = slices.DeleteFunc(r.Gone, func(l Leave) bool { return l.Person == a.Person })
}

// longest is the most minutes of one day.
const longest = 24 * 60

// Hours replace what the person recorded of that day and work; no minutes take
// it away.
func (a Hours) may(r Roster, today string) error {
	switch {
	case a.Person == "", r.Left(a.Person):
		return refuse("person")
	case !isDay(a.Day), a.Day > today, !isDay(today), a.Day[:4] < today[:4]:
		return refuse("past")
	case a.Minutes < 0, a.Minutes > longest:
		return refuse("minutes")
	case a.Work != Cases && !slices.Contains(Works(), a.Work):
		return refuse("work")
	}
	return nil
}

func (a Hours) same(h Hours) bool {
	return h.Person == a.Person && h.Day == a.Day && h.Work == a.Work
}

func (a Hours) do(r *Roster, _ string) {
	r.Hours = slices.DeleteFunc(r.Hours, a.same)
	if a.Minutes > 0 {
		r.Hours = append(r.Hours, a)
	}
}

// plus is with the minutes that stand there already.
func (a Hours) plus(r Roster) Hours {
	if i := slices.IndexFunc(r.Hours, a.same); i >= 0 {
		a.Minutes += r.Hours[i].Minutes
	}
	return a
}

// Advised adds the minutes of advice without a case to those of today.
type Advised struct {
	Person  string
	Minutes int
	Subject string // one of Subjects; it is counted, not kept
}

func (a Advised) hours(today string) Hours {
	return Hours{Person: a.Person, Day: today, Minutes: a.Minutes, Work: Advice}
}

func (a Advised) may(r Roster, today string) error {
	switch {
	case a.Minutes < 1, a.Minutes > longest:
		return refuse("minutes")
	case !slices.Contains(Subjects(), a.Subject):
		return refuse("subject")
	}
	return a.hours(today).plus(r).may(r, today)
}

func (a Advised) do(r *Roster, today string) { a.hours(today).plus(*r).do(r, today) }

// Worked adds the minutes on a case to those of today. Which case is not told.
type Worked struct {
	Person  string
	Minutes int
}

func (a Worked) hours(today string) Hours {
	return Hours{Person: a.Person, Day: today, Minutes: a.Minutes, Work: Cases}
}

func (a Worked) may(r Roster, today string) error {
	if a.Minutes < 1 {
		return refuse("minutes")
	}
	return a.hours(today).plus(r).may(r, today)
}

func (a Worked) do(r *Roster, today string) { a.hours(today).plus(*r).do(r, today) }

// TextIDs are the ids of all texts that this package names.
func TextIDs() []string {
	var out []string
	put := func(group string, ends ...string) {
		for _, end := range ends {
			out = append(out, "roster."+group+"."+end)
		}
	}
	put("refuse", "person", "day", "backwards", "self", "gone", "overlap", "circle", "absence", "week", "past", "minutes", "work", "subject")
	put("work", Works()...)
	put("subject", Subjects()...)
	return out
}
