// Package roster is who of the desk is there: absences with their substitutes,
// who is on duty in which week, who left for good, and the hours of the role
// (DECISIONS C). It is pure: it does no I/O and has no clock. A Roster is data
// that the store keeps sealed, in the register Register; Apply is the one way to
// change it.
//
// Who may do what is decided in bot/desk, what a signal owes in flows/handling.
// Days are written "2006-01-02", in the municipality's time zone; persons are
// opaque here.
package roster

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Register is the name of the store's register that holds the roster.
const Register = "roster"

// Roster is everything that is known of who is there. Its zero value is a desk
// where everybody is, and nobody has a week of duty.
type Roster struct {
	Absences []Absence `json:"absences,omitempty"`
	Weeks    []Week    `json:"weeks,omitempty"`
	Gone     []Leave   `json:"gone,omitempty"`
	Hours    []Hours   `json:"hours,omitempty"`
	// Version counts the changes, so that who acts on an older screen is told.
	Version int64 `json:"version"`
}

// Absence is a time in which somebody is not there, both days included.
type Absence struct {
	Person     string `json:"person"`
	Substitute string `json:"substitute,omitempty"` // "" is nobody
	From       string `json:"from"`
	Until      string `json:"until,omitempty"` // "" is open
}

// on reports whether it is about a day.
func (a Absence) on(day string) bool { return a.From <= day && (a.Until == "" || day <= a.Until) }

// meets reports whether two absences share a day.
func (a Absence) meets(b Absence) bool { return a.on(b.From) || b.on(a.From) }

// Week is who is on duty in a week, by its Monday.
type Week struct {
	Monday string `json:"monday"`
	Person string `json:"person"`
}

// Leave is somebody who left for good.
type Leave struct {
	Person string `json:"person"`
	To     string `json:"to,omitempty"` // who stands in from then on; "" is nobody
	Day    string `json:"day"`
}

// Hours are minutes of one person, day and kind of work.
type Hours struct {
	Person  string `json:"person"`
	Day     string `json:"day"`
	Minutes int    `json:"minutes"`
	Work    string `json:"work"` // one of Works, or Cases
}

// Advice is the work of advice without a case; Cases are all cases together,
// which is no work of the role.
const (
	Advice = "advice"
	Cases  = "cases"
)

// Works are the kinds of work of the role.
func Works() []string {
	return []string{"meeting", "network", "training", "awareness", "policy", Advice, "other"}
}

// Subjects are what advice without a case can be about: no data of a person.
func Subjects() []string { return []string{"signs", "report", "talk", "door", "other"} }

// Monday is the first day of the week of a day, "" for no day.
func Monday(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7).Format(time.DateOnly)
}

// For follows the chain of substitutes from a person to who is there on a day.
// ok is false when the chain ends at nobody.
func (r Roster) For(person, day string) (who string, ok bool) {
	for range len(r.Absences) + len(r.Gone) + 1 {
		next, away := r.instead(person, day)
		switch {
		case !away:
			return person, person != ""
		case next == "":
			return "", false
		}
		person = next
	}
	return "", false // a circle, which Apply never makes
}

// instead is who stands in for somebody who is away on a day.
func (r Roster) instead(person, day string) (who string, away bool) {
	for _, l := range r.Gone {
		if l.Person == person {
			return l.To, true
		}
	}
	if a, ok := r.Away(person, day); ok {
		return a.Substitute, true
	}
	return "", false
}

// Away is the absence of a person on a day.
func (r Roster) Away(person, day string) (Absence, bool) {
	for _, a := range r.Absences {
		if a.Person == person && a.on(day) {
			return a, true
		}
	}
	return Absence{}, false
}

// Absent are the absences on a day.
func (r Roster) Absent(day string) []Absence {
	var out []Absence
	for _, a := range r.Absences {
		if a.on(day) {
			out = append(out, a)
		}
	}
	return out
}

// Left reports whether a person left for good.
func (r Roster) Left(person string) bool {
	return slices.ContainsFunc(r.Gone, func(l Leave) bool { return l.Person == person })
}

// Planned is who has the week of a day, whether there or not; "" is nobody.
func (r Roster) Planned(day string) string {
	monday := Monday(day)
	for _, w := range r.Weeks {
		if w.Monday == monday {
			return w.Person
		}
	}
	return ""
}

// OnDuty is who is on duty on a day: who has its week, or stands in; "" is
// nobody.
func (r Roster) OnDuty(day string) string {
	who, _ := r.For(r.Planned(day), day)
	return who
}

// Spent are minutes: of the role, and of cases apart (DECISIONS C).
type Spent struct{ Role, Cases int }

// Spent are the minutes of a year, by person.
func (r Roster) Spent(year int) map[string]Spent {
	out := map[string]Spent{}
	for _, h := range r.Hours {
		if !strings.HasPrefix(h.Day, fmt.Sprintf("%04d-", year)) {
			continue
		}
		x := out[h.Person]
		if h.Work == Cases {
			x.Cases += h.Minutes
		} else {
			x.Role += h.Minutes
		}
		out[h.Person] = x
	}
	return out
}
