package figures

// trendHalves is how many half-years the trend of the police shows.
const trendHalves = 8

// Entered is what the coördinator enters by hand.
type Entered struct {
	Police map[Half]PoliceCount `json:"police"`
	// Trained is how many people of each team were trained, by half-year: a
	// count, no names (DECISIONS D). It is on the coördinator's screen and in no
	// pack: a team is a handful of colleagues whom others know, and whoever was at
	// the course knows the count, so that masking it would hide little and "0-4"
	// beside the name of a team would still say who lags behind.
	Trained map[Half]map[string]int `json:"trained,omitempty"`
}

// trained are the people of each team that were trained in a window.
func (e Entered) trained(w Window) map[string]int {
	out := map[string]int{}
	for _, h := range w.Halves() {
		for team, n := range e.Trained[h] {
			out[team] += n
		}
	}
	return out
}

// PoliceCount is the police's registrations (policy: "als we merken dat dit
// soort registraties sterk toenemen, werken we aan gerichte communicatie").
type PoliceCount struct {
	Vice   int `json:"vice"`   // zeden
	Images int `json:"images"` // beeldmateriaal
	Minors int `json:"minors"` // of these, about minors
}

// Registrations are all of them.
func (p PoliceCount) Registrations() int { return p.Vice + p.Images }

// trend are the half-years up to one of which the police's figures are known.
func (e Entered) trend(to Half) []Half {
	var out []Half
	for h := to - trendHalves + 1; h <= to; h++ {
		if _, known := e.Police[h]; known {
			out = append(out, h)
		}
	}
	return out
}

// Rises reports whether the registrations of the year that ends with a
// half-year are so many per cent above those of the year before, and by step or
// more: one on top of one is no trend. It is an advice to the coördinator, and
// no more (DECISIONS D).
func (e Entered) Rises(to Half, percent, step int) bool {
	year := func(last Half) (int, bool) {
		a, known := e.Police[last-1]
		b, too := e.Police[last]
		return a.Registrations() + b.Registrations(), known && too
	}
	now, known := year(to)
	before, knownBefore := year(to - 2)
	return known && knownBefore && now-before >= step && now*100 >= before*(100+percent)
}
