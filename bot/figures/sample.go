package figures

import (
	"math/rand/v2"
	"time"

	"github.com/meldroute/meldroute/config"
)

// Sample is a pack of invented figures, for who wants to see the page before
// there are any: the same for the same municipality and window.
func Sample(c config.Config, t *config.Texts, w Window) (Pack, error) {
	in := Input{
		Municipality: c.Municipality.Name, Window: w, Made: config.DateOf((w.To + 1).First()), Config: c.Figures, Shape: Shape(c, t),
		Tallies: map[Half]Tally{}, Advice: map[Half]int{}, Entered: Entered{Police: map[Half]PoliceCount{}},
		Role: map[Half]int{}, RoleBudget: c.Desk.RoleHours * max(1, len(c.Roles.Officers)),
	}
	r := rand.New(rand.NewPCG(uint64(w.To), uint64(len(c.Municipality.Name)))) //nolint:gosec // invented figures: they must be the same each time
	for _, h := range w.Halves() {
		tally := NewTally(h)
		for range 10 + r.IntN(7) {
			if err := tally.Add(sampleCase(in.Shape, h, r)); err != nil {
				return Pack{}, err
			}
		}
		in.Tallies[h], in.Advice[h] = tally, 2+r.IntN(4)
		in.Role[h] = in.RoleBudget * (22 + r.IntN(9))
	}
	for i := range trendHalves {
		h := w.To - Half(trendHalves-1-i)
		in.Entered.Police[h] = PoliceCount{Vice: 5 + i + r.IntN(4), Images: 3 + i*i/4, Minors: 2 + i/2}
	}
	p, err := Build(in)
	p.Sample = true
	return p, err
}

// sampleCase invents one case. The first rows of a table come up most.
func sampleCase(shape []Dimension, h Half, r *rand.Rand) Case {
	c := Case{Half: h, Cells: map[string][]string{}, Times: map[string]time.Duration{}, Minutes: 30 * r.IntN(12)}
	c.Reported = r.IntN(10) < 6
	for _, d := range shape {
		switch d.ID {
		case DimStep, DimFeedback, DimReported:
			continue
		case DimKind, DimHelp:
			if !c.Reported {
				continue
			}
		case DimHousing:
			if r.IntN(3) > 0 {
				continue
			}
		}
		for i := 0; i == 0 || d.Multi && i < 3 && r.IntN(3) == 0; i++ {
			at := min(r.IntN(len(d.Rows)), r.IntN(len(d.Rows)))
			c.cell(d.ID, d.Rows[at].ID)
		}
	}
	day := 24 * time.Hour
	c.took(StepRead, time.Duration(1+r.IntN(60))*time.Hour)
	if c.Reported {
		c.cell(DimReported, "yes")
		c.cell(DimFeedback, "asked")
		c.took(StepDecided, time.Duration(2+r.IntN(16))*day)
		if r.IntN(5) > 0 {
			c.cell(DimFeedback, "got")
		}
	}
	c.took(StepFirstWord, time.Duration(1+r.IntN(9))*day)
	if r.IntN(8) > 0 {
		c.cell(DimFeedback, "told")
		c.took(StepLastWord, time.Duration(20+r.IntN(60))*day)
	}
	return c
}
