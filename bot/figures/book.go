package figures

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/meldroute/meldroute/config"
	"github.com/meldroute/meldroute/config/private"
	"github.com/meldroute/meldroute/flows/handling"
	"github.com/meldroute/meldroute/flows/roster"
	"github.com/meldroute/meldroute/store"
)

// The registers of the figures; each half-year's tally has its own, see
// store.TallyName.
const (
	RegisterPacks   = "figures.packs"   // as shown, in their order
	RegisterEntered = "figures.entered" // Entered
)

// adviceCount is the counter of "alleen advies", kept by the dialogue.
const adviceCount = "advice"

// Options are what a Book works with.
type Options struct {
	Store  *store.Store
	Config config.Config
	Texts  *config.Texts
	Now    func() time.Time
}

// Book is the municipality's figures: what lives, what was erased, what people
// entered and the packs that were shown. It is safe for concurrent use.
type Book struct {
	o      Options
	shape  []Dimension
	params handling.Params
	group  map[string]string
}

// New makes a Book.
func New(o Options) *Book {
	return &Book{o: o, shape: Shape(o.Config, o.Texts), params: handling.DefaultParams(nil), group: GroupOf(o.Config)}
}

// Case is what is counted of a signal now; ok is false for what never counts.
func (b *Book) Case(c store.Case) (Case, bool, error) {
	return Of(c, b.params, b.group, b.o.Now())
}

// Tally adds a signal to the register of what was erased of its half-year, in
// the turn that destroys it (D14). What it is late with ends with it.
func (b *Book) Tally(old private.Text, c store.Case) (private.Text, error) {
	x, ok, err := b.Case(c)
	if !ok || err != nil {
		return old, err
	}
	t := NewTally(x.Half)
	if err := read(old, &t); err != nil {
		return private.Text{}, err
	}
	x.Late = false
	if err := t.Add(x); err != nil {
		return private.Text{}, err
	}
	return write(t)
}

var _ store.Tally = (*Book)(nil).Tally

// Latest is the last half-year that is over.
func (b *Book) Latest() Half { return HalfOf(b.o.Now()) - 1 }

// Window is what figures cover that end with a half-year.
func (b *Book) Window(to Half) Window { return WindowOf(to, b.o.Config.Figures.Window) }

// Exact makes the exact table of a window for a coördinator, and journals that
// he read it (rule 8). A half-year that still runs may be in it.
func (b *Book) Exact(ctx context.Context, who store.Person, w Window) (Exact, error) {
	in, err := b.input(ctx, w)
	if err != nil {
		return Exact{}, err
	}
	e := store.Event{Registers: []string{RegisterEntered, roster.Register}}
	_, err = b.o.Store.Turn(ctx, e, func(v store.View) (store.Effects, error) {
		in.Entered = Entered{}
		if err := errors.Join(read(v.Registers[RegisterEntered], &in.Entered), in.role(v.Registers[roster.Register])); err != nil {
			return store.Effects{}, err
		}
		return store.Effects{Journal: []store.Line{line("figures.read", who)}}, nil
	})
	return in.Count(), err
}

// Pack returns the pack that ends with a half-year: as it was shown, or made
// and kept now. who may be empty: the bot's own schedule.
func (b *Book) Pack(ctx context.Context, who store.Person, to Half) (Pack, error) {
	if to > b.Latest() {
		return Pack{}, fmt.Errorf("%w: %s", ErrRunning, to)
	}
	in, err := b.input(ctx, b.Window(to))
	if err != nil {
		return Pack{}, err
	}
	var p Pack
	e := store.Event{Registers: []string{RegisterEntered, RegisterPacks, roster.Register}}
	_, err = b.o.Store.Turn(ctx, e, func(v store.View) (store.Effects, error) {
		eff := store.Effects{Journal: []store.Line{line("figures.read", who)}}
		in.Older, in.Entered = nil, Entered{}
		err := errors.Join(read(v.Registers[RegisterPacks], &in.Older), read(v.Registers[RegisterEntered], &in.Entered), in.role(v.Registers[roster.Register]))
		if err != nil {
			return store.Effects{}, err
		}
		if i := slices.IndexFunc(in.Older, func(o Pack) bool { return o.Window.To == to }); i >= 0 {
			p = in.Older[i]
			return eff, nil
		}
		if n := len(in.Older); n > 0 && in.Older[n-1].Window.To > to {
			return store.Effects{}, fmt.Errorf("%w: %s", ErrOrder, in.Older[n-1].Window.To)
		}
		if p, err = Build(in); err != nil {
			return store.Effects{}, err
		}
		eff.Journal = append(eff.Journal, line("figures.shown", who))
		kept, err := write(append(in.Older, p))
		eff.Registers = map[string]private.Text{RegisterPacks: kept}
		return eff, err
	})
	return p, err
}

// Halves are the half-years whose pack can be had, the newest first: those that
// are over since the last that was shown, or else the last that is over, and
// those that were shown.
func (b *Book) Halves(ctx context.Context) ([]Half, error) {
	kept, err := b.o.Store.Register(ctx, RegisterPacks)
	if err != nil {
		return nil, err
	}
	var shown []Pack
	if err := read(kept, &shown); err != nil {
		return nil, err
	}
	out := []Half{}
	from := b.Latest()
	if n := len(shown); n > 0 {
		from = shown[n-1].Window.To + 1
	}
	for h := b.Latest(); h >= from; h-- {
		out = append(out, h)
	}
	for _, p := range slices.Backward(shown) {
		out = append(out, p.Window.To)
	}
	return out[:min(len(out), mostHalves)], nil
}

// mostHalves is how many half-years there are to choose from.
const mostHalves = 8

// Enter changes what was entered of the police in a half-year.
func (b *Book) Enter(ctx context.Context, who store.Person, h Half, change func(*PoliceCount)) error {
	return b.enter(ctx, who, func(all *Entered) {
		if all.Police == nil {
			all.Police = map[Half]PoliceCount{}
		}
		x := all.Police[h]
		change(&x)
		all.Police[h] = x
	})
}

// Trained is how many people of each team were trained, as entered.
func (b *Book) Trained(ctx context.Context) (map[Half]map[string]int, error) {
	kept, err := b.o.Store.Register(ctx, RegisterEntered)
	if err != nil {
		return nil, err
	}
	var all Entered
	err = read(kept, &all)
	return all.Trained, err
}

// Train enters how many people of a team were trained in a half-year.
func (b *Book) Train(ctx context.Context, who store.Person, h Half, team string, n int) error {
	return b.enter(ctx, who, func(all *Entered) {
		if all.Trained == nil {
			all.Trained = map[Half]map[string]int{}
		}
		if all.Trained[h] == nil {
			all.Trained[h] = map[string]int{}
		}
		all.Trained[h][team] = n
	})
}

func (b *Book) enter(ctx context.Context, who store.Person, change func(*Entered)) error {
	e := store.Event{Registers: []string{RegisterEntered}}
	_, err := b.o.Store.Turn(ctx, e, func(v store.View) (store.Effects, error) {
		var all Entered
		if err := read(v.Registers[RegisterEntered], &all); err != nil {
			return store.Effects{}, err
		}
		change(&all)
		kept, err := write(all)
		return store.Effects{Registers: map[string]private.Text{RegisterEntered: kept}, Journal: []store.Line{line("figures.entered", who)}}, err
	})
	return err
}

// role takes the minutes of the role from the roster of the officers.
func (in *Input) role(register private.Text) error {
	var all roster.Roster
	if !register.Empty() {
		if err := private.Decode([]byte(register.Reveal()), &all); err != nil {
			return errors.New("figures: the roster is malformed")
		}
	}
	in.Role = map[Half]int{}
	for _, h := range all.Hours {
		if day, err := time.Parse(time.DateOnly, h.Day); err == nil && h.Work != roster.Cases {
			in.Role[HalfOf(day)] += h.Minutes
		}
	}
	return nil
}

func line(action string, who store.Person) store.Line {
	l := store.Line{Action: action, Person: who, Outcome: "ok"}
	if who.Empty() {
		l.Actor = "bot"
	}
	return l
}

// input gathers what is counted of a window, the registers of people apart.
func (b *Book) input(ctx context.Context, w Window) (Input, error) {
	in := Input{
		Municipality: b.o.Config.Municipality.Name, Window: w, Made: config.DateOf(b.o.Now()), Config: b.o.Config.Figures,
		Shape: b.shape, Advice: map[Half]int{}, RoleBudget: b.o.Config.Desk.RoleHours * len(b.o.Config.Roles.Officers),
	}
	var err error
	if in.Tallies, err = b.tallies(ctx, w); err != nil {
		return Input{}, err
	}
	for _, h := range w.Halves() {
		n, err := b.o.Store.Counts(ctx, h.String())
		if err != nil {
			return Input{}, err
		}
		in.Advice[h] = int(n[adviceCount])
	}
	return in, nil
}

// tries is how often tallies begins again because signals were erased meanwhile.
const tries = 5

// tallies counts what lives and what was erased of a window. A signal that is
// erased while it counts would be in both or in neither: then it counts anew.
func (b *Book) tallies(ctx context.Context, w Window) (map[Half]Tally, error) {
	for range tries {
		before, err := b.erased(ctx, w)
		if err != nil {
			return nil, err
		}
		out := map[Half]Tally{}
		for i, h := range w.Halves() {
			t := NewTally(h)
			if err := read(before[i], &t); err != nil {
				return nil, err
			}
			out[h] = t
		}
		err = b.o.Store.Each(ctx, func(c store.Case) error {
			t, in := out[HalfOf(c.Received)]
			x, ok, err := b.Case(c)
			if !in || !ok || err != nil {
				return err
			}
			err = t.Add(x)
			out[t.Half] = t
			return err
		})
		if err != nil {
			return nil, err
		}
		after, err := b.erased(ctx, w)
		if err != nil {
			return nil, err
		}
		if slices.Equal(before, after) {
			return out, nil
		}
	}
	return nil, errors.New("figures: signals are being erased, try again")
}

// erased are the registers of what was erased, by half-year of the window.
func (b *Book) erased(ctx context.Context, w Window) ([]private.Text, error) {
	var out []private.Text
	for _, h := range w.Halves() {
		t, err := b.o.Store.Register(ctx, store.TallyName(h.String()))
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// read opens a register; one that nobody wrote leaves v as it is.
func read(register private.Text, v any) error {
	if register.Empty() {
		return nil
	}
	if err := json.Unmarshal([]byte(register.Reveal()), v); err != nil {
		return errors.New("figures: a register is malformed")
	}
	return nil
}

func write(v any) (private.Text, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return private.Text{}, fmt.Errorf("figures: %w", err)
	}
	return private.New(string(b)), nil
}
