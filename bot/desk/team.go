package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/meldroute/meldroute/adapters"
	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// kindTeam, with the name of a window, is the token of a window about the team
// in place of a signal.
const kindTeam = "team."

// window is one about the team: what it shows, and what saving it changes.
type window struct {
	name string
	// form is without token, title and way out.
	form func(x act) *adapters.Form
	// act is what was filled in, or the button that was pressed beside Submit.
	// Whoever may not gets store.ErrNotFound.
	act func(x act, in adapters.Values, button string) (roster.Act, error)
	// done says what came of it.
	done func(x act) string
	// tells plans notices to everybody at the desk.
	tells bool
}

func windows() []window {
	return []window{absentWindow(), hoursWindow(), dutyWindow(), adviceWindow()}
}

func windowNamed(name string) (window, bool) {
	i := slices.IndexFunc(windows(), func(w window) bool { return w.name == name })
	if i < 0 {
		return window{}, false
	}
	return windows()[i], true
}

// team is who is there.
func (d *Desk) team(ctx context.Context) (roster.Roster, error) {
	body, err := d.o.Store.Register(ctx, roster.Register)
	if err != nil {
		return roster.Roster{}, err
	}
	return rosterOf(body)
}

// reader is a viewer and who is there, for whoever may read now.
func (d *Desk) reader(ctx context.Context, who adapters.Address) (store.Viewer, roster.Roster, bool, error) {
	team, err := d.team(ctx)
	if err != nil {
		return store.Viewer{}, team, false, err
	}
	v, ok, err := d.viewer(ctx, who, team)
	return v, team, ok, err
}

// Viewer says who reads as a member of the desk now; ok is false for everybody
// else.
func (d *Desk) Viewer(ctx context.Context, who adapters.Address) (store.Viewer, bool, error) {
	v, _, ok, err := d.reader(ctx, who)
	return v, ok, err
}

func rosterOf(body private.Text) (r roster.Roster, err error) {
	if body.Empty() {
		return r, nil
	}
	if err := private.Decode([]byte(body.Reveal()), &r); err != nil {
		return r, fmt.Errorf("desk: roster: %w", err)
	}
	return r, nil
}

// saved is a roster as the effect of a turn.
func saved(r roster.Roster) (map[string]private.Text, error) {
	body, err := private.Encode(r)
	return map[string]private.Text{roster.Register: private.New(string(body))}, err
}

// readers are those who may read signals: listed, and not gone.
func (d *Desk) readers(team roster.Roster) []config.Person {
	return here(d.o.Config.Readers(), team)
}

// role are those of a role who did not leave. When all coördinatoren left, the
// officers stand in, as where there are none.
func (d *Desk) role(role store.Role, team roster.Roster) []config.Person {
	out := here(d.o.Config.Role(string(role)), team)
	if len(out) == 0 {
		out = here(d.o.Config.Role(string(store.ToOfficers)), team)
	}
	return out
}

func here(ps []config.Person, team roster.Roster) []config.Person {
	return slices.DeleteFunc(slices.Clone(ps), func(p config.Person) bool { return team.Left(string(p.Person)) })
}

// coordinates reports whether somebody is coördinator, or stands in.
func (d *Desk) coordinates(who string, team roster.Roster) bool {
	return slices.ContainsFunc(d.role(store.ToCoordinators, team), func(p config.Person) bool { return string(p.Person) == who })
}

func (x act) lang() string {
	if x.m.Lang == "" {
		return x.d.o.Config.Municipality.Language
	}
	return x.m.Lang
}

func (x act) say(id string, args map[string]any) string { return x.d.say(x.lang(), id, args) }

func (x act) self() string { return x.viewer.Person.Reveal() }

func (x act) leads() bool { return x.d.coordinates(x.self(), x.team) }

// today is the day at the municipality.
func (x act) today() string {
	return x.d.o.Now().In(x.d.o.Calendar.Location()).Format(time.DateOnly)
}

// day says a day of the roster in words, "" when there is none.
func (x act) day(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, x.d.o.Calendar.Location())
	if err != nil {
		return ""
	}
	return x.d.o.Calendar.Day(x.lang(), t)
}

// name is what somebody is called.
func (x act) name(who string) string {
	for _, r := range x.d.o.Config.Readers() {
		if string(r.Person) == who {
			return r.Name
		}
	}
	return x.say("desk.someone", nil)
}

// colleagues are the readers, without some.
func (x act) colleagues(without ...string) []adapters.Option {
	var out []adapters.Option
	for _, r := range x.d.readers(x.team) {
		if !slices.Contains(without, string(r.Person)) {
			out = append(out, adapters.Option{Value: string(r.Person), Label: r.Name})
		}
	}
	return out
}

func (x act) nobody() adapters.Option {
	return adapters.Option{Value: nobody, Label: x.say("people.nobody", nil)}
}

// field is one of a window about the team.
func (x act) field(name string, kind adapters.Kind) adapters.Field {
	label := x.say("people.t."+name, nil)
	return adapters.Field{Name: name, Label: label, Short: label, Kind: kind, Max: fieldMax[kind]}
}

func (x act) choose(name string, opts []adapters.Option, value string) adapters.Field {
	f := x.field(name, adapters.One)
	f.Options = opts
	if value != "" {
		f.Value = private.List(value)
	}
	return f
}

func (x act) dated(name string) adapters.Field {
	f := x.field(name, adapters.Date)
	f.Value = private.List(x.today())
	return f
}

// picked is the option that was filled in: "" for nobody, ok false for none of
// them.
func picked(opts []adapters.Option, value string) (who string, ok bool) {
	ok = has(opts, value)
	if value == nobody {
		value = ""
	}
	return value, ok
}

// line is the journal's, of what is about no signal.
func (x act) about(action string) store.Line {
	return store.Line{Action: action, Person: x.viewer.Person, Outcome: "ok"}
}

// opens shows a window about the team, and journals it.
func (x act) opens(ctx context.Context, kind string, form func() (*adapters.Form, error)) (adapters.Answer, error) {
	f, err := form()
	if err != nil {
		return adapters.Answer{}, err
	}
	tk := store.Token{
		ID: Prefix + store.NewToken(), Kind: kindTeam + kind, Person: x.viewer.Person, Rev: x.team.Version, Expires: x.d.o.Now().Add(formLife),
	}
	f.Token, f.Sensitive = tk.ID, true
	f.Acts = append(f.Acts, adapters.Act{Value: actClose, Label: x.say("desk.act.close", nil), Tone: adapters.ToneQuiet})
	_, err = x.d.o.Store.Turn(ctx, store.Event{}, func(store.View) (store.Effects, error) {
		return store.Effects{Tokens: []store.Token{tk}, Journal: []store.Line{x.about("team.opened")}}, nil
	})
	return adapters.Answer{Form: f}, err
}

// window opens a window about the team.
func (x act) window(ctx context.Context, w window) (adapters.Answer, error) {
	return x.opens(ctx, w.name, func() (*adapters.Form, error) {
		f := w.form(x)
		f.Title, f.Intro = x.say("people."+w.name, nil), x.say("people."+w.name+".intro", nil)
		return f, nil
	})
}

// filled is a window about the team that came back.
func (x act) filled(ctx context.Context, name, button string) (adapters.Answer, error) {
	if x.m.Filled == nil {
		return adapters.Answer{}, store.ErrNotFound
	}
	if button == actClose {
		return adapters.Answer{}, nil
	}
	in := x.m.Filled.Values
	if w, ok := windowNamed(name); ok {
		return x.save(ctx, w, in, button)
	}
	switch name {
	case windowFigures, windowShare, windowTrained:
		return x.figured(ctx, name, button)
	}
	return x.leaving(ctx, name, in, button)
}

// save does what was filled in.
func (x act) save(ctx context.Context, w window, in adapters.Values, button string) (adapters.Answer, error) {
	var said string
	out, err := x.change(ctx, func(y act, v store.View) (store.Effects, error) {
		a, err := w.act(y, in, button)
		if err != nil {
			return store.Effects{}, err
		}
		e, after, err := y.applied(a)
		if err != nil {
			return store.Effects{}, err
		}
		if w.tells {
			e.Notices = []store.Notice{{NoticeID: store.NoticeID{Kind: KindRoster, N: int(after.Version)}, To: store.ToOfficers, Due: v.Now}}
		}
		if adv, ok := a.(roster.Advised); ok {
			e.Count = []string{"advice", "advice." + adv.Subject}
		}
		e.Journal = []store.Line{y.about("team." + w.name)}
		y.team = after
		said = w.done(y)
		return e, nil
	})
	if err != nil {
		return x.answer(ctx, nil, err)
	}
	if out.Duplicate {
		said = x.say("people.saved", nil)
	}
	return adapters.Answer{Notice: said}, nil
}

// change is a turn on the roster, by a window that is his.
func (x act) change(ctx context.Context, f func(y act, v store.View) (store.Effects, error)) (store.Outcome, error) {
	e := x.event()
	e.Registers = []string{roster.Register}
	return x.d.o.Store.Turn(ctx, e, func(v store.View) (store.Effects, error) {
		if v.Token == nil {
			return store.Effects{}, store.ErrNotFound
		}
		team, err := rosterOf(v.Registers[roster.Register])
		if err != nil {
			return store.Effects{}, err
		}
		y := x
		y.team = team
		if y.team.Left(x.self()) {
			return store.Effects{}, store.ErrNotFound
		}
		return f(y, v)
	})
}

// applied is an act on the roster as the effect of a turn, or words that refuse
// it.
func (x act) applied(a roster.Act) (store.Effects, roster.Roster, error) {
	after, err := roster.Apply(x.team, a, x.today())
	var no *roster.Refusal
	if errors.As(err, &no) {
		return store.Effects{}, after, told{x.say(no.Text.ID, nil)}
	}
	if err != nil {
		return store.Effects{}, after, err
	}
	regs, err := saved(after)
	return store.Effects{Registers: regs, UseUp: true}, after, err
}

// overtakenTeam refuses an act on a screen that is older than the roster.
func (x act) overtakenTeam() error {
	if x.token.Rev == x.team.Version {
		return nil
	}
	return told{x.say("handling.refuse.taken", nil)}
}

// worked counts minutes on a case among the hours of the year.
func (w *work) worked(minutes int, e *store.Effects) error {
	team, err := rosterOf(w.view.Registers[roster.Register])
	if err != nil {
		return err
	}
	after, err := roster.Apply(team, roster.Worked{Person: w.by.By, Minutes: minutes}, w.today())
	var no *roster.Refusal
	if errors.As(err, &no) {
		return &handling.Refusal{Text: no.Text}
	}
	if err == nil {
		e.Registers, err = saved(after)
	}
	return err
}

// changed tells the role of a notice that who is there has changed. Who and
// what stands in windows only.
func (d *Desk) changed(ctx context.Context, n store.Notice) error {
	people, err := d.people(ctx, n.To)
	if err != nil {
		return err
	}
	lang := d.o.Config.Municipality.Language
	return d.toEach(ctx, people, func(adapters.Address) (adapters.Reply, error) {
		return adapters.Reply{
			Key: key(n), Text: d.say(lang, "desk.notice."+n.Kind, nil),
			Choices: []adapters.Choice{{Token: query{}.press(), Label: d.say(lang, "desk.overview.button", nil), Tone: adapters.ToneQuiet}},
		}, nil
	})
}
