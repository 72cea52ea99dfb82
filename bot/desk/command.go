package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/store"
)

// command is what an officer can type in his own dialogue, or press under the
// overview.
type command string

// The commands. Those between the first and "leave" are names of windows.
const (
	cmdOverview command = "overview"
	cmdAbsent   command = "absent"
	cmdHours    command = "hours"
	cmdDuty     command = "duty"
	cmdAdvice   command = "advice"
	cmdLeave    command = "leave"
	cmdFigures  command = "figures"
	cmdRights   command = "rights"
	cmdDrill    command = "drill" // typed only
)

// typed is a command by the words for it, folded.
func typed(word string) (command, bool) {
	c, ok := map[string]command{
		"overzicht": cmdOverview, "overview": cmdOverview,
		"afwezig": cmdAbsent, "absent": cmdAbsent, "uren": cmdHours, "hours": cmdHours,
		"dienst": cmdDuty, "duty": cmdDuty, "advies": cmdAdvice, "advice": cmdAdvice, "vertrek": cmdLeave, "leave": cmdLeave,
		"cijfers": cmdFigures, "figures": cmdFigures, "rechten": cmdRights, "rights": cmdRights,
		"oefening": cmdDrill, "exercise": cmdDrill,
	}[word]
	return c, ok
}

// picks is what can be typed behind "overzicht".
func picks(words string) (store.Which, bool) {
	w, ok := map[string]store.Which{
		"": store.PickOpen, "te laat": store.PickLate, "late": store.PickLate, "nieuw": store.PickNew, "new": store.PickNew,
		"van mij": store.PickMine, "mijn": store.PickMine, "mine": store.PickMine, "van niemand": store.PickNobodys, "nobody": store.PickNobodys,
		"wacht op partner": store.PickPartner, "partner": store.PickPartner,
		"gesloten": store.PickDone, "closed": store.PickDone, "alles": store.PickEvery, "all": store.PickEvery,
		"meer": pickMore, "more": pickMore,
	}[words]
	return w, ok
}

// pickMore is the next page of what was shown last.
const pickMore store.Which = "more"

// skipMax is how far the overview can be paged.
const skipMax = 1000

// query is which part of the overview is asked for.
type query struct {
	Which store.Which
	Skip  int
}

// OverviewPress is the press that asks for the overview, for whoever puts that
// button elsewhere.
func OverviewPress() string { return query{}.press() }

// press is the token of a command as a button. It is no secret: who may see or
// do what is looked at anew.
func (q query) press() string {
	if q == (query{}) {
		return Prefix + string(cmdOverview)
	}
	return Prefix + string(cmdOverview) + "." + string(q.Which) + "." + strconv.Itoa(q.Skip)
}

// command reads what was typed or pressed as a command. The overview can be
// asked for in the channel too; all else is of an officer's own dialogue. An
// employee who types "advies" is helped by his own.
func (d *Desk) command(m adapters.Message) (c command, q query, ok bool) {
	if m.Filled != nil || !m.Direct && m.At != d.channel {
		return "", q, false
	}
	if m.Press != "" {
		return pressed(m.Press)
	}
	word, rest, _ := strings.Cut(strings.ToLower(strings.TrimSpace(m.Text.Reveal())), " ")
	if c, ok = typed(word); !ok || c != cmdOverview && (rest != "" || !m.Direct) {
		return "", q, false
	}
	if c == cmdAdvice {
		_, ok = d.listed(m.From.Key())
	}
	if c == cmdOverview {
		q.Which, ok = picks(strings.TrimSpace(rest))
	}
	return c, q, ok
}

func pressed(token string) (c command, q query, ok bool) {
	rest, ok := strings.CutPrefix(token, Prefix)
	if !ok {
		return "", q, false
	}
	part := strings.Split(rest, ".")
	for _, known := range append(screens(), cmdOverview, cmdAbsent, cmdHours, cmdDuty, cmdAdvice, cmdLeave) {
		if part[0] != string(known) {
			continue
		}
		if len(part) == 1 {
			return known, q, true
		}
		n, err := strconv.Atoi(part[len(part)-1])
		q = query{store.Which(part[1]), n}
		listed := q.Which == store.PickOpen || slices.Contains(filters(), q.Which)
		return known, q, known == cmdOverview && len(part) == 3 && err == nil && n >= 0 && n <= skipMax && listed
	}
	return "", q, false
}

// commands reports whether a message is a command of the desk.
func (d *Desk) commands(m adapters.Message) bool {
	_, _, ok := d.command(m)
	return ok
}

// command does what was asked, for whoever may.
func (x act) command(ctx context.Context, c command, q query) (adapters.Answer, error) {
	switch c {
	case cmdOverview:
		return x.overview(ctx, q)
	case cmdLeave:
		return x.leave(ctx)
	case cmdDrill:
		return x.begin(ctx)
	case cmdFigures:
		return x.figures(ctx)
	case cmdRights:
		return x.rights(ctx)
	case cmdAbsent, cmdHours, cmdDuty, cmdAdvice:
		if w, ok := windowNamed(string(c)); ok {
			return x.window(ctx, w)
		}
	}
	return adapters.Answer{}, store.ErrNotFound
}
